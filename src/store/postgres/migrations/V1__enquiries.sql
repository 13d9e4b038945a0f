-- What usher keeps in PostgreSQL. Times are milliseconds since 1970 in UTC, as in the records. No column holds personal data but
-- `record`, and there it is sealed.

-- One row per enquiry: its record, by the one codec, and what it is found by.
CREATE TABLE enquiry (
    id          uuid     PRIMARY KEY,
    revision    bigint   NOT NULL CHECK (revision > 0),
    open        boolean  NOT NULL,
    court       text     NOT NULL,
    deadline_ms bigint   NOT NULL,
    due_ms      bigint,
    open_alerts smallint NOT NULL,
    live_alerts smallint NOT NULL,
    record      bytea    NOT NULL
);
CREATE INDEX enquiry_due ON enquiry (due_ms, id) WHERE open AND due_ms IS NOT NULL;
CREATE INDEX enquiry_open ON enquiry (deadline_ms, id) WHERE open;
CREATE INDEX enquiry_open_court ON enquiry (court, deadline_ms, id) WHERE open;
CREATE INDEX enquiry_alerting ON enquiry (deadline_ms, id) WHERE open AND live_alerts > 0;
CREATE INDEX enquiry_closed ON enquiry (id) WHERE NOT open;
CREATE INDEX enquiry_closed_court ON enquiry (court, id) WHERE NOT open;

-- The responders that have or had a check, with what their listings go by.
CREATE TABLE enquiry_responder (
    enquiry     uuid    NOT NULL,
    responder   text    NOT NULL,
    open        boolean NOT NULL,
    deadline_ms bigint  NOT NULL,
    PRIMARY KEY (enquiry, responder)
);
CREATE INDEX enquiry_responder_open ON enquiry_responder (responder, deadline_ms, enquiry) WHERE open;
CREATE INDEX enquiry_responder_closed ON enquiry_responder (responder, enquiry) WHERE NOT open;

-- Checks that wait, nearest deadline first.
CREATE TABLE queue (
    responder   text     NOT NULL,
    deadline_ms bigint   NOT NULL,
    enquiry     uuid     NOT NULL,
    number      smallint NOT NULL,
    PRIMARY KEY (responder, deadline_ms, enquiry, number)
);
CREATE INDEX queue_enquiry ON queue (enquiry);

-- One row per group commit, numbered without a gap in the order of commits: who commits holds the row of `feed_head`.
CREATE TABLE feed (
    entry  bigint PRIMARY KEY CHECK (entry > 0),
    commit uuid   NOT NULL,
    bytes  bytea  NOT NULL
);
CREATE TABLE feed_head (
    one   boolean PRIMARY KEY DEFAULT true CHECK (one),
    entry bigint  NOT NULL
);
INSERT INTO feed_head (entry) VALUES (0);

-- The brokers that are there, each until it tells nothing more; made and dropped with them.
CREATE TABLE broker (
    id       uuid   PRIMARY KEY,
    until_ms bigint NOT NULL,
    beat     bytea  NOT NULL
);

-- Which feed entries hold events of an enquiry.
CREATE TABLE history (
    enquiry uuid   NOT NULL,
    entry   bigint NOT NULL,
    PRIMARY KEY (enquiry, entry)
);

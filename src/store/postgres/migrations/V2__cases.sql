-- Cases: records like enquiries, in the same table, found by the same columns. `kind` is 0 for an enquiry, 1 for a case.
ALTER TABLE enquiry ADD COLUMN kind smallint NOT NULL DEFAULT 0;

-- Listings of cases pass by the enquiries, which are many more.
CREATE INDEX case_open ON enquiry (deadline_ms, id) WHERE open AND kind = 1;
CREATE INDEX case_open_court ON enquiry (court, deadline_ms, id) WHERE open AND kind = 1;
CREATE INDEX case_alerting ON enquiry (deadline_ms, id) WHERE open AND live_alerts > 0 AND kind = 1;
CREATE INDEX case_closed ON enquiry (id) WHERE NOT open AND kind = 1;
CREATE INDEX case_closed_court ON enquiry (court, id) WHERE NOT open AND kind = 1;

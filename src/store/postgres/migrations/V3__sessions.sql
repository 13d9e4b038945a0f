-- Sessions of the console: bytes under the digest of a secret, for a time. They come and go; no record knows of them.
CREATE TABLE session (
    key        bytea  PRIMARY KEY,
    subject    bytea  NOT NULL,
    expires_ms bigint NOT NULL,
    bytes      bytea  NOT NULL
);
CREATE INDEX session_subject ON session (subject);
CREATE INDEX session_expires ON session (expires_ms);

-- Closed records by their deadline: what a day's hearings came to.
CREATE INDEX enquiry_ended ON enquiry (deadline_ms, id) WHERE NOT open;

-- All that one request or one job led to is undone, and shown, as one.
CREATE INDEX event_by_correlation ON event (correlation_id);

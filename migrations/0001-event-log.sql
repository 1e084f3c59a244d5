-- The log: what happened, in order, for good. The triggers hold that against every program that opens the file.
PRAGMA application_id = 0x44446573;

CREATE TABLE event (
    position       INTEGER PRIMARY KEY,
    stream         TEXT    NOT NULL,
    version        INTEGER NOT NULL,
    type           TEXT    NOT NULL,
    schema         INTEGER NOT NULL,
    recorded_at    INTEGER NOT NULL,
    event_id       BLOB    NOT NULL,
    command_id     TEXT    NOT NULL,
    causation      INTEGER,
    correlation_id TEXT    NOT NULL,
    actor          TEXT    NOT NULL,
    data           TEXT    NOT NULL,
    private        TEXT,
    salt           BLOB    CHECK ((salt IS NULL) = (private IS NULL)),
    data_hash      BLOB    NOT NULL,
    private_hash   BLOB    CHECK (length(private_hash) = 32 AND (private IS NULL OR private_hash IS NOT NULL)),
    hash           BLOB    NOT NULL,
    UNIQUE (stream, version)
) STRICT;

CREATE INDEX event_by_type ON event (type);

-- The others act so often that the newest events have one of theirs.
CREATE INDEX event_by_rare_actor ON event (actor) WHERE actor <> 'user' AND actor <> 'desk' AND actor <> 'worker';

CREATE INDEX forgetting ON event (position) WHERE type = 'DataForgotten';

-- A command's events lie side by side, from first to last, so that one row finds them all. A row that was replaced
-- is found by `verify`, as the events say what it must be: a trigger would cost every append.
CREATE TABLE command (
    command_id TEXT    NOT NULL PRIMARY KEY,
    first      INTEGER NOT NULL CHECK (first > 0),
    last       INTEGER NOT NULL CHECK (last >= first)
) STRICT, WITHOUT ROWID;

-- INSERT OR REPLACE removes a row without asking the delete trigger: no key may ever meet one that is there.
CREATE TRIGGER event_is_next BEFORE INSERT ON event
WHEN NEW.position IS NOT (SELECT coalesce(max(position), 0) + 1 FROM event)
    OR NEW.version IS NOT (SELECT coalesce(max(version), 0) + 1 FROM event WHERE stream = NEW.stream)
BEGIN
    SELECT raise(ABORT, 'an event takes the next position, and the next version of its stream');
END;

CREATE TRIGGER event_is_kept BEFORE DELETE ON event
BEGIN
    SELECT raise(ABORT, 'an event is never deleted');
END;

-- The one exception: what a later DataForgotten event names loses its private part.
CREATE TRIGGER event_is_final BEFORE UPDATE ON event
WHEN NEW.private IS NOT NULL
    OR (
        NEW.position, NEW.stream, NEW.version, NEW.type, NEW.schema, NEW.recorded_at, NEW.event_id, NEW.command_id,
        NEW.causation, NEW.correlation_id, NEW.actor, NEW.data, NEW.data_hash, NEW.private_hash, NEW.hash
    ) IS NOT (
        OLD.position, OLD.stream, OLD.version, OLD.type, OLD.schema, OLD.recorded_at, OLD.event_id, OLD.command_id,
        OLD.causation, OLD.correlation_id, OLD.actor, OLD.data, OLD.data_hash, OLD.private_hash, OLD.hash
    )
    OR NOT EXISTS (
        SELECT 1 FROM event AS forgetting, json_each(forgetting.data, '$.positions') AS named
        WHERE forgetting.type = 'DataForgotten' AND forgetting.position > OLD.position AND named.value = OLD.position
    )
BEGIN
    SELECT raise(ABORT, 'an event is never changed');
END;

CREATE TRIGGER command_is_kept BEFORE DELETE ON command
BEGIN
    SELECT raise(ABORT, 'a command is never deleted');
END;

CREATE TRIGGER command_is_final BEFORE UPDATE ON command
BEGIN
    SELECT raise(ABORT, 'a command is never changed');
END;

-- How far each reactor has come; the one table here whose rows change.
CREATE TABLE reactor (
    name     TEXT    NOT NULL PRIMARY KEY,
    position INTEGER NOT NULL CHECK (position >= 0)
) STRICT, WITHOUT ROWID;

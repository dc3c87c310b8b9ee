-- What must stay true: each row says that a sentence was added or taken back. The last row about a sentence counts.
CREATE TABLE sentence_changes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    sentence TEXT NOT NULL CHECK (sentence <> ''), -- as it is written: 10.9.0.0/16 must never reach `shop/svc-a`
    change TEXT NOT NULL CHECK (change IN ('added', 'takenBack')),
    caller_id TEXT NOT NULL,
    caller_name TEXT NOT NULL,
    reason TEXT NOT NULL CHECK (reason <> ''),
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX sentence_changes_by_sentence ON sentence_changes (sentence, id);

CREATE TRIGGER sentence_changes_kept BEFORE UPDATE ON sentence_changes
    BEGIN SELECT RAISE(ABORT, 'what was said about sentences is append-only'); END;
CREATE TRIGGER sentence_changes_not_deleted BEFORE DELETE ON sentence_changes
    BEGIN SELECT RAISE(ABORT, 'what was said about sentences is append-only'); END;

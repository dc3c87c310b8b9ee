-- A revision of what the whole cluster shares is of no Service: what it changed has a row of its own.
CREATE TABLE revision_baselines (
    revision INTEGER PRIMARY KEY REFERENCES revisions (id),
    before TEXT NOT NULL, -- JSON
    after TEXT NOT NULL -- JSON
) STRICT;
CREATE TRIGGER revision_baselines_kept BEFORE UPDATE ON revision_baselines
    BEGIN SELECT RAISE(ABORT, 'revisions are append-only'); END;
CREATE TRIGGER revision_baselines_not_deleted BEFORE DELETE ON revision_baselines
    BEGIN SELECT RAISE(ABORT, 'revisions are append-only'); END;

-- What the cluster cannot hold: plans, runs with their journal, and the history. Times are microseconds since 1970-01-01 00:00 UTC.

-- The one cluster this database belongs to.
CREATE TABLE cluster (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    uid TEXT NOT NULL CHECK (uid <> ''), -- of the Namespace kube-system
    name TEXT NOT NULL,
    first_seen INTEGER NOT NULL
) STRICT;

CREATE TABLE plans (
    digest TEXT PRIMARY KEY CHECK (length(digest) = 64),
    plan TEXT NOT NULL -- JSON
) STRICT;

-- One row each time somebody asked for a plan: the same plan can be asked for more than once.
CREATE TABLE plan_requests (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    plan TEXT NOT NULL REFERENCES plans (digest),
    caller_id TEXT NOT NULL,
    caller_name TEXT NOT NULL,
    at INTEGER NOT NULL,
    roll_back_to INTEGER REFERENCES revisions (id)
) STRICT;
CREATE INDEX plan_requests_by_plan ON plan_requests (plan, id);

CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    plan TEXT NOT NULL REFERENCES plans (digest),
    plan_as_run TEXT NOT NULL, -- JSON: of the same digest, with the resourceVersions of the moment in which the run began
    service TEXT NOT NULL, -- NAMESPACE/NAME
    caller_id TEXT NOT NULL,
    caller_name TEXT NOT NULL,
    reason TEXT NOT NULL CHECK (reason <> ''),
    access_before TEXT, -- JSON; null where the Service was not guarded
    started INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('running', 'interrupted', 'reverting', 'done', 'putBack', 'failed', 'reverted')),
    message TEXT NOT NULL DEFAULT '',
    ended INTEGER,
    CHECK ((ended IS NULL) = (state IN ('running', 'interrupted', 'reverting')))
) STRICT;
-- One run at a time.
CREATE UNIQUE INDEX runs_one_open ON runs ((ended IS NULL)) WHERE ended IS NULL;
CREATE INDEX runs_by_plan ON runs (plan, id);

-- The journal. A row is written before a request is sent, and completed, once, when its outcome is known.
CREATE TABLE journal (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run INTEGER NOT NULL REFERENCES runs (id),
    step INTEGER NOT NULL, -- position in the plan, from 0
    direction TEXT NOT NULL CHECK (direction IN ('forward', 'back')),
    sent INTEGER NOT NULL,
    outcome TEXT CHECK (outcome IN ('landed', 'refused', 'notSent', 'kept', 'unclear')),
    answered INTEGER,
    message TEXT NOT NULL DEFAULT '',
    object TEXT, -- JSON: the object as the API server answered it
    CHECK ((answered IS NULL) = (outcome IS NULL))
) STRICT;
CREATE INDEX journal_by_run ON journal (run, id);

CREATE TABLE revisions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run INTEGER NOT NULL UNIQUE REFERENCES runs (id),
    plan TEXT NOT NULL REFERENCES plans (digest),
    service TEXT NOT NULL,
    summary TEXT NOT NULL,
    caller_id TEXT NOT NULL,
    caller_name TEXT NOT NULL,
    reason TEXT NOT NULL,
    at INTEGER NOT NULL,
    access_before TEXT,
    access_after TEXT,
    host_endpoints TEXT NOT NULL -- JSON: on which HostEndpoints
) STRICT;
CREATE INDEX revisions_by_service ON revisions (service, id);

CREATE TABLE revision_objects (
    revision INTEGER NOT NULL REFERENCES revisions (id),
    position INTEGER NOT NULL,
    object TEXT NOT NULL, -- JSON: its key
    role TEXT NOT NULL, -- JSON
    before TEXT, -- JSON; null where it did not exist
    after TEXT, -- JSON; null where it was deleted
    PRIMARY KEY (revision, position)
) STRICT, WITHOUT ROWID;

-- Append-only: what happened is not rewritten.
CREATE TRIGGER cluster_kept BEFORE UPDATE ON cluster BEGIN SELECT RAISE(ABORT, 'the cluster of a history is not changed'); END;
CREATE TRIGGER cluster_not_deleted BEFORE DELETE ON cluster BEGIN SELECT RAISE(ABORT, 'the cluster of a history is not changed'); END;
CREATE TRIGGER plans_kept BEFORE UPDATE ON plans BEGIN SELECT RAISE(ABORT, 'plans are append-only'); END;
CREATE TRIGGER plans_not_deleted BEFORE DELETE ON plans BEGIN SELECT RAISE(ABORT, 'plans are append-only'); END;
CREATE TRIGGER plan_requests_kept BEFORE UPDATE ON plan_requests BEGIN SELECT RAISE(ABORT, 'plan requests are append-only'); END;
CREATE TRIGGER plan_requests_not_deleted BEFORE DELETE ON plan_requests
    BEGIN SELECT RAISE(ABORT, 'plan requests are append-only'); END;
CREATE TRIGGER revisions_kept BEFORE UPDATE ON revisions BEGIN SELECT RAISE(ABORT, 'revisions are append-only'); END;
CREATE TRIGGER revisions_not_deleted BEFORE DELETE ON revisions BEGIN SELECT RAISE(ABORT, 'revisions are append-only'); END;
CREATE TRIGGER revision_objects_kept BEFORE UPDATE ON revision_objects BEGIN SELECT RAISE(ABORT, 'revisions are append-only'); END;
CREATE TRIGGER revision_objects_not_deleted BEFORE DELETE ON revision_objects
    BEGIN SELECT RAISE(ABORT, 'revisions are append-only'); END;
CREATE TRIGGER runs_not_deleted BEFORE DELETE ON runs BEGIN SELECT RAISE(ABORT, 'runs are kept'); END;
CREATE TRIGGER runs_ended BEFORE UPDATE ON runs WHEN old.ended IS NOT NULL
    BEGIN SELECT RAISE(ABORT, 'a run that has ended is not changed'); END;
CREATE TRIGGER runs_facts BEFORE UPDATE OF id, plan, plan_as_run, service, caller_id, caller_name, reason, access_before, started ON runs
    BEGIN SELECT RAISE(ABORT, 'who, when and why of a run are not changed'); END;
CREATE TRIGGER journal_not_deleted BEFORE DELETE ON journal BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER journal_answered BEFORE UPDATE ON journal WHEN old.outcome IS NOT NULL
    BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER journal_facts BEFORE UPDATE OF id, run, step, direction, sent ON journal
    BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;

-- A run can change several Services: what a revision did to each of them has a row of its own.
CREATE TABLE revision_services (
    revision INTEGER NOT NULL REFERENCES revisions (id),
    position INTEGER NOT NULL,
    service TEXT NOT NULL, -- NAMESPACE/NAME
    access_before TEXT, -- JSON; null where it was not guarded
    access_after TEXT, -- JSON; null where it is guarded no more
    host_endpoints TEXT NOT NULL, -- JSON: on which HostEndpoints
    PRIMARY KEY (revision, position)
) STRICT, WITHOUT ROWID;
INSERT INTO revision_services SELECT id, 0, service, access_before, access_after, host_endpoints FROM revisions;
CREATE INDEX revision_services_by_service ON revision_services (service, revision);
CREATE TRIGGER revision_services_kept BEFORE UPDATE ON revision_services
    BEGIN SELECT RAISE(ABORT, 'revisions are append-only'); END;
CREATE TRIGGER revision_services_not_deleted BEFORE DELETE ON revision_services
    BEGIN SELECT RAISE(ABORT, 'revisions are append-only'); END;

DROP INDEX revisions_by_service;
ALTER TABLE revisions DROP COLUMN service;
ALTER TABLE revisions DROP COLUMN access_before;
ALTER TABLE revisions DROP COLUMN access_after;
ALTER TABLE revisions DROP COLUMN host_endpoints;

-- Which of the revision's Services an object was written for, by position.
ALTER TABLE revision_objects ADD COLUMN part INTEGER NOT NULL DEFAULT 0;

-- The access of each Service as a run found it: a JSON list. In runs from before, the access itself or null.
DROP TRIGGER runs_facts;
ALTER TABLE runs DROP COLUMN service;
CREATE TRIGGER runs_facts BEFORE UPDATE OF id, plan, plan_as_run, caller_id, caller_name, reason, access_before, started ON runs
    BEGIN SELECT RAISE(ABORT, 'who, when and why of a run are not changed'); END;

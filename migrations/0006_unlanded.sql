-- Who could reach what before and after, as the plan said it when it was applied: JSON; null where it could not be told. The cluster moves on,
-- and what a revision did to reachability cannot be told from it later.
ALTER TABLE runs ADD COLUMN reach TEXT;
DROP TRIGGER runs_facts;
CREATE TRIGGER runs_facts BEFORE UPDATE OF id, plan, plan_as_run, caller_id, caller_name, reason, access_before, started, reach ON runs
    BEGIN SELECT RAISE(ABORT, 'who, when and why of a run are not changed'); END;

-- Runs that did not land are shown among the revisions: without this every run is read, with its plan.
CREATE INDEX runs_unlanded ON runs (id) WHERE state IN ('failed', 'putBack', 'reverted');

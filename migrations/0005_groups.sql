-- Whether a later revision is of the same client group is asked of every row of the history: without this, all objects of all later ones are read.
CREATE INDEX revision_groups ON revision_objects (object, revision) WHERE role = '"clientGroup"';

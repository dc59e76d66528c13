-- allocated: it is that of one log group or the like, and counts to the limit of those.
ALTER TABLE dataset ADD COLUMN allocated BOOLEAN NOT NULL DEFAULT FALSE;

-- A small picture of a run's answer, JSON that others make and read; empty if there is none.
ALTER TABLE workspace_run ADD COLUMN sketch TEXT NOT NULL DEFAULT '';

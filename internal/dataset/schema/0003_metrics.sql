-- metrics: what came first were data points of metrics.
ALTER TABLE dataset ADD COLUMN metrics BOOLEAN NOT NULL DEFAULT FALSE;

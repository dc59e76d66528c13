-- What the sender of a metric says of it. metric: its kind, "sum(cumulative,monotonic)",
-- empty for what is no metric.
ALTER TABLE dataset_column ADD COLUMN metric TEXT NOT NULL DEFAULT '';
ALTER TABLE dataset_column ADD COLUMN metric_unit TEXT NOT NULL DEFAULT '';
ALTER TABLE dataset_column ADD COLUMN metric_description TEXT NOT NULL DEFAULT '';

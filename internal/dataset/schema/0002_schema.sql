-- What people say about datasets and their fields. Times are Unix nanoseconds.
ALTER TABLE dataset ADD COLUMN description TEXT NOT NULL DEFAULT '';
ALTER TABLE dataset ADD COLUMN expand_json_depth INTEGER NOT NULL DEFAULT 0;
ALTER TABLE dataset ADD COLUMN deletable BOOLEAN NOT NULL DEFAULT FALSE;

-- type: as somebody set it, empty where the data decides.
-- removed: somebody deleted it, and no event has had it since.
CREATE TABLE dataset_column (
    environment TEXT    NOT NULL,
    dataset     TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    type        TEXT    NOT NULL,
    description TEXT    NOT NULL,
    hidden      BOOLEAN NOT NULL,
    removed     BOOLEAN NOT NULL,
    created     BIGINT  NOT NULL,
    updated     BIGINT  NOT NULL,
    PRIMARY KEY (environment, dataset, name)
);

-- meaning: trace_id, duration_ms, …; name: a column or calculated field.
-- Meanings without a row have the first of their usual columns that there is.
CREATE TABLE dataset_definition (
    environment TEXT NOT NULL,
    dataset     TEXT NOT NULL,
    meaning     TEXT NOT NULL,
    name        TEXT NOT NULL,
    PRIMARY KEY (environment, dataset, meaning)
);

-- dataset: a slug, or __all__ for every dataset of the environment.
CREATE TABLE dataset_calculated_field (
    environment TEXT   NOT NULL,
    dataset     TEXT   NOT NULL,
    id          TEXT   NOT NULL,
    alias       TEXT   NOT NULL,
    expression  TEXT   NOT NULL,
    description TEXT   NOT NULL,
    created     BIGINT NOT NULL,
    updated     BIGINT NOT NULL,
    PRIMARY KEY (environment, dataset, alias)
);

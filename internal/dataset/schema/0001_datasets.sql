-- Datasets of each environment and the colour slots of services. Times are
-- Unix nanoseconds, 0 is never.
CREATE TABLE dataset (
    environment  TEXT   NOT NULL,
    slug         TEXT   NOT NULL,
    name         TEXT   NOT NULL,
    created      BIGINT NOT NULL,
    last_written BIGINT NOT NULL,
    PRIMARY KEY (environment, slug)
);

-- rows: spans, logs and errors seen, roughly; it says which services are busy.
CREATE TABLE dataset_service (
    name  TEXT    NOT NULL PRIMARY KEY,
    slot  INTEGER NOT NULL,
    seen  BIGINT  NOT NULL,
    rows  BIGINT  NOT NULL
);

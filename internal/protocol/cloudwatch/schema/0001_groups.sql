-- Log groups and streams. Times are Unix milliseconds, as the service has them,
-- 0 is never; arrivals are event.FieldArrival. dataset is the slug of the dataset
-- that the group has to itself.
CREATE TABLE cloudwatch_group (
    environment TEXT    NOT NULL,
    region      TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    dataset     TEXT    NOT NULL,
    created     BIGINT  NOT NULL,
    class       TEXT    NOT NULL,
    retention   INTEGER NOT NULL, -- days, 0: for ever
    kms_key     TEXT    NOT NULL,
    protected   BOOLEAN NOT NULL,
    bearer      BOOLEAN NOT NULL,
    PRIMARY KEY (environment, region, name),
    UNIQUE (environment, dataset)
);

-- arrival: of the newest line; after: lines that arrived up to then were in an
-- earlier stream of the name, or in one that is gone.
CREATE TABLE cloudwatch_stream (
    environment TEXT    NOT NULL,
    dataset     TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    created     BIGINT  NOT NULL,
    first_event BIGINT  NOT NULL,
    last_event  BIGINT  NOT NULL,
    arrival     BIGINT  NOT NULL,
    bytes       BIGINT  NOT NULL,
    after       BIGINT  NOT NULL,
    gone        BOOLEAN NOT NULL,
    PRIMARY KEY (environment, dataset, name)
);

-- Bytes that were put into a group, by the day of the lines' own times.
CREATE TABLE cloudwatch_day (
    environment TEXT    NOT NULL,
    dataset     TEXT    NOT NULL,
    day         INTEGER NOT NULL, -- since 1970
    bytes       BIGINT  NOT NULL,
    PRIMARY KEY (environment, dataset, day)
);

-- resource: an ARN's last part, "log-group:/a" or "destination:b".
CREATE TABLE cloudwatch_tag (
    environment TEXT NOT NULL,
    region      TEXT NOT NULL,
    resource    TEXT NOT NULL,
    name        TEXT NOT NULL,
    value       TEXT NOT NULL,
    PRIMARY KEY (environment, region, resource, name)
);

-- One row: up to which write of the journal the sums above are right.
CREATE TABLE cloudwatch_followed (
    id  INTEGER NOT NULL PRIMARY KEY,
    seq BIGINT  NOT NULL
);

INSERT INTO cloudwatch_followed (id, seq) VALUES (1, 0);

-- Bundles of source maps that may be put, by the signature in their URL. Times are
-- Unix nanoseconds.
CREATE TABLE rollbar_bundle (
    signature   TEXT   NOT NULL PRIMARY KEY,
    environment TEXT   NOT NULL,
    version     TEXT   NOT NULL,
    prefix      TEXT   NOT NULL,
    expires     BIGINT NOT NULL
);

-- Jobs of RQL. result is gzipped JSON, empty before the job succeeded.
CREATE TABLE rollbar_rql_job (
    id          INTEGER NOT NULL PRIMARY KEY,
    environment TEXT    NOT NULL,
    query       TEXT    NOT NULL,
    hash        TEXT    NOT NULL,
    status      TEXT    NOT NULL,
    problem     TEXT    NOT NULL,
    created     BIGINT  NOT NULL,
    modified    BIGINT  NOT NULL,
    result      BLOB    NOT NULL
);
CREATE INDEX rollbar_rql_job_by_environment ON rollbar_rql_job (environment, id);
CREATE INDEX rollbar_rql_job_by_time ON rollbar_rql_job (created);

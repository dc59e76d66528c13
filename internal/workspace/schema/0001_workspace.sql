-- What people keep beside the events: questions, their answers, names for them,
-- markers on charts, and who asked what. Times are Unix nanoseconds but where
-- a column says seconds. dataset is a slug, or __all__ for the environment.

-- A question never changes and is never deleted; digest is the SHA-256 of spec.
CREATE TABLE workspace_query (
    id          TEXT   NOT NULL PRIMARY KEY,
    environment TEXT   NOT NULL,
    dataset     TEXT   NOT NULL,
    spec        TEXT   NOT NULL,
    digest      TEXT   NOT NULL,
    created     BIGINT NOT NULL,
    UNIQUE (environment, dataset, digest)
);

-- An answer never changes once ended. state: 0 under way, 1 done, 2 failed.
-- body is the answer as JSON, packed with zstd; size is what the row counts for.
CREATE TABLE workspace_result (
    id          TEXT    NOT NULL PRIMARY KEY,
    environment TEXT    NOT NULL,
    dataset     TEXT    NOT NULL,
    query_id    TEXT    NOT NULL,
    spec        TEXT    NOT NULL,
    state       INTEGER NOT NULL,
    failure     TEXT    NOT NULL,
    asked       BIGINT  NOT NULL,
    ended       BIGINT  NOT NULL,
    size        BIGINT  NOT NULL,
    body        BYTEA
);
CREATE INDEX workspace_result_asked ON workspace_result (asked);
CREATE INDEX workspace_result_state ON workspace_result (state);

CREATE TABLE workspace_annotation (
    id          TEXT   NOT NULL PRIMARY KEY,
    environment TEXT   NOT NULL,
    dataset     TEXT   NOT NULL,
    query_id    TEXT   NOT NULL REFERENCES workspace_query (id),
    name        TEXT   NOT NULL,
    description TEXT   NOT NULL,
    source      TEXT   NOT NULL,
    created     BIGINT NOT NULL,
    updated     BIGINT NOT NULL
);
CREATE INDEX workspace_annotation_dataset ON workspace_annotation (environment, dataset, created);
CREATE INDEX workspace_annotation_query ON workspace_annotation (query_id);

-- start_time and end_time are Unix seconds; an end of 0 is none.
CREATE TABLE workspace_marker (
    id          TEXT   NOT NULL PRIMARY KEY,
    environment TEXT   NOT NULL,
    dataset     TEXT   NOT NULL,
    start_time  BIGINT NOT NULL,
    end_time    BIGINT NOT NULL,
    message     TEXT   NOT NULL,
    type        TEXT   NOT NULL,
    url         TEXT   NOT NULL,
    created     BIGINT NOT NULL,
    updated     BIGINT NOT NULL
);
CREATE INDEX workspace_marker_dataset ON workspace_marker (environment, dataset, start_time);

-- The colour of the markers of a type.
CREATE TABLE workspace_marker_setting (
    id          TEXT   NOT NULL PRIMARY KEY,
    environment TEXT   NOT NULL,
    dataset     TEXT   NOT NULL,
    type        TEXT   NOT NULL,
    color       TEXT   NOT NULL,
    created     BIGINT NOT NULL,
    updated     BIGINT NOT NULL,
    UNIQUE (environment, dataset, type)
);

-- Who asked what. owner is a key's id, empty for everyone in open mode;
-- result_id is empty unless the answer was kept.
CREATE TABLE workspace_run (
    id          TEXT   NOT NULL PRIMARY KEY,
    environment TEXT   NOT NULL,
    dataset     TEXT   NOT NULL,
    owner       TEXT   NOT NULL,
    owner_name  TEXT   NOT NULL,
    spec        TEXT   NOT NULL,
    digest      TEXT   NOT NULL,
    query_text  TEXT   NOT NULL,
    result_id   TEXT   NOT NULL,
    at          BIGINT NOT NULL,
    elapsed     BIGINT NOT NULL,
    answer_rows BIGINT NOT NULL
);
CREATE INDEX workspace_run_at ON workspace_run (environment, at);

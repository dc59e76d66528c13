-- Errors by item. Times are Unix nanoseconds. environment is Oriel's (a Rollbar
-- project), error_environment is where an error happened ("production").

-- Up to where the journal is followed, and the numbers given out last.
CREATE TABLE item_followed (
    id              INTEGER NOT NULL PRIMARY KEY,
    seq             BIGINT  NOT NULL,
    last_item       BIGINT  NOT NULL,
    last_occurrence BIGINT  NOT NULL,
    last_notice     BIGINT  NOT NULL
);
INSERT INTO item_followed (id, seq, last_item, last_occurrence, last_notice) VALUES (1, 0, 0, 0, 0);

CREATE TABLE item_project (
    environment  TEXT   NOT NULL PRIMARY KEY,
    id           BIGINT NOT NULL UNIQUE,
    last_counter BIGINT NOT NULL,
    created      BIGINT NOT NULL
);

-- body is the item with its sums, as JSON.
CREATE TABLE item (
    id   BIGINT NOT NULL PRIMARY KEY,
    body TEXT   NOT NULL
);

-- Which fingerprints belong to which item.
CREATE TABLE item_fingerprint (
    environment       TEXT   NOT NULL,
    error_environment TEXT   NOT NULL,
    fingerprint       TEXT   NOT NULL,
    item              BIGINT NOT NULL,
    PRIMARY KEY (environment, error_environment, fingerprint)
);

-- Occurrences by time. width is 60, 3600 or 86400 seconds, bucket the time divided by it.
CREATE TABLE item_count (
    item   BIGINT  NOT NULL,
    width  INTEGER NOT NULL,
    bucket BIGINT  NOT NULL,
    n      BIGINT  NOT NULL,
    PRIMARY KEY (item, width, bucket)
);

CREATE TABLE item_person (
    item     BIGINT NOT NULL,
    person   TEXT   NOT NULL,
    username TEXT   NOT NULL,
    email    TEXT   NOT NULL,
    first_at BIGINT NOT NULL,
    last_at  BIGINT NOT NULL,
    n        BIGINT NOT NULL,
    PRIMARY KEY (item, person)
);

-- What an item did in a version. how: 1 new in it, 2 reactivated in it, 4 repeated.
CREATE TABLE item_version (
    item     BIGINT  NOT NULL,
    version  TEXT    NOT NULL,
    first_id BIGINT  NOT NULL,
    first_at BIGINT  NOT NULL,
    last_id  BIGINT  NOT NULL,
    last_at  BIGINT  NOT NULL,
    n        BIGINT  NOT NULL,
    how      INTEGER NOT NULL,
    PRIMARY KEY (item, version)
);
CREATE INDEX item_version_by_version ON item_version (version);

CREATE TABLE item_release (
    id                BIGINT NOT NULL PRIMARY KEY,
    environment       TEXT   NOT NULL,
    error_environment TEXT   NOT NULL,
    version           TEXT   NOT NULL,
    body              TEXT   NOT NULL,
    UNIQUE (environment, error_environment, version)
);

CREATE TABLE item_deploy (
    id          BIGINT NOT NULL PRIMARY KEY,
    environment TEXT   NOT NULL,
    started     BIGINT NOT NULL,
    body        TEXT   NOT NULL
);
CREATE INDEX item_deploy_by_time ON item_deploy (environment, started);

-- What was done to an item, by whom; kind "comment" is what people wrote.
CREATE TABLE item_activity (
    id    BIGINT NOT NULL PRIMARY KEY,
    item  BIGINT NOT NULL,
    at    BIGINT NOT NULL,
    actor TEXT   NOT NULL,
    kind  TEXT   NOT NULL,
    body  TEXT   NOT NULL
);
CREATE INDEX item_activity_by_item ON item_activity (item, id);

-- Every version of the settings of a project.
CREATE TABLE item_setting (
    environment TEXT   NOT NULL,
    kind        TEXT   NOT NULL,
    version     BIGINT NOT NULL,
    at          BIGINT NOT NULL,
    author      TEXT   NOT NULL,
    body        TEXT   NOT NULL,
    PRIMARY KEY (environment, kind, version)
);

CREATE TABLE item_view (
    id          BIGINT NOT NULL PRIMARY KEY,
    environment TEXT   NOT NULL,
    name        TEXT   NOT NULL,
    body        TEXT   NOT NULL,
    UNIQUE (environment, name)
);

-- What is to be told and was not yet taken over by who delivers it.
CREATE TABLE item_notice (
    id   BIGINT NOT NULL PRIMARY KEY,
    body TEXT   NOT NULL
);

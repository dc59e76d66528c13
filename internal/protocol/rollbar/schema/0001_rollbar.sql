-- What Rollbar's front end keeps. Times are Unix nanoseconds.

-- What tokens may and how often, where it is not what their kind says. scopes is
-- Rollbar's names with commas, empty for those of the kind; sizes are seconds.
CREATE TABLE rollbar_token (
    key_id       TEXT   NOT NULL PRIMARY KEY,
    scopes       TEXT   NOT NULL,
    window_size  BIGINT NOT NULL,
    window_count BIGINT NOT NULL,
    window_start BIGINT NOT NULL,
    used         BIGINT NOT NULL
);

-- How items of an environment are taken, as JSON.
CREATE TABLE rollbar_setting (
    environment TEXT   NOT NULL PRIMARY KEY,
    body        TEXT   NOT NULL,
    changed     BIGINT NOT NULL,
    author      TEXT   NOT NULL
);

-- Posts that were turned away, for a day. environment is empty where nobody knows
-- whose they were.
CREATE TABLE rollbar_rejected (
    id          INTEGER NOT NULL PRIMARY KEY,
    environment TEXT    NOT NULL,
    at          BIGINT  NOT NULL,
    bytes       BIGINT  NOT NULL,
    body        TEXT    NOT NULL
);
CREATE INDEX rollbar_rejected_at ON rollbar_rejected (at);

-- Session replays, a row for each post. error_environment is the app's
-- ("production"); body is what was posted, gzipped.
CREATE TABLE rollbar_replay (
    id                INTEGER NOT NULL PRIMARY KEY,
    environment       TEXT    NOT NULL,
    error_environment TEXT    NOT NULL,
    session           TEXT    NOT NULL,
    replay            TEXT    NOT NULL,
    at                BIGINT  NOT NULL,
    bytes             BIGINT  NOT NULL,
    body              BLOB    NOT NULL
);
CREATE INDEX rollbar_replay_by_id ON rollbar_replay (environment, replay);
CREATE INDEX rollbar_replay_at ON rollbar_replay (at);

-- Items that were dropped over the limit of their token, by the hour.
CREATE TABLE rollbar_dropped (
    environment       TEXT   NOT NULL,
    error_environment TEXT   NOT NULL,
    fingerprint       TEXT   NOT NULL,
    hour              BIGINT NOT NULL,
    n                 BIGINT NOT NULL,
    PRIMARY KEY (environment, error_environment, fingerprint, hour)
);

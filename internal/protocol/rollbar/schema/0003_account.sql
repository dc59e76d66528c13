-- Teams of the account, beside those that are always there. Members are the
-- workspace's, projects are environments.
CREATE TABLE rollbar_team (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    name         TEXT NOT NULL UNIQUE,
    access_level TEXT NOT NULL
);

CREATE TABLE rollbar_team_member (
    team   BIGINT NOT NULL,
    member BIGINT NOT NULL,
    PRIMARY KEY (team, member)
);

CREATE TABLE rollbar_team_project (
    team        BIGINT NOT NULL,
    environment TEXT   NOT NULL,
    PRIMARY KEY (team, environment)
);

CREATE TABLE rollbar_invite (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    team     BIGINT NOT NULL,
    email    TEXT   NOT NULL,
    status   TEXT   NOT NULL,
    created  BIGINT NOT NULL,
    redeemed BIGINT NOT NULL
);

-- Removals of all that is kept about a person. environment is empty for all of them.
CREATE TABLE rollbar_people_job (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    environment TEXT   NOT NULL,
    field       TEXT   NOT NULL,
    value       TEXT   NOT NULL,
    state       TEXT   NOT NULL,
    created     BIGINT NOT NULL
);

-- Teams, environments and keys. Times are Unix nanoseconds, 0 is never.
CREATE TABLE auth_team (
    id      TEXT   NOT NULL PRIMARY KEY,
    slug    TEXT   NOT NULL UNIQUE,
    name    TEXT   NOT NULL,
    created BIGINT NOT NULL
);

CREATE TABLE auth_environment (
    id      TEXT   NOT NULL PRIMARY KEY,
    team_id TEXT   NOT NULL REFERENCES auth_team (id),
    slug    TEXT   NOT NULL,
    name    TEXT   NOT NULL,
    created BIGINT NOT NULL,
    UNIQUE (team_id, slug)
);

-- hash: hex SHA-256 of what a client sends; empty for aws.
-- sealed: base64 of nonce and AES-GCM text of an aws secret; empty for the others.
CREATE TABLE auth_key (
    id             TEXT    NOT NULL PRIMARY KEY,
    kind           TEXT    NOT NULL,
    name           TEXT    NOT NULL,
    environment_id TEXT    NOT NULL REFERENCES auth_environment (id),
    hash           TEXT    NOT NULL,
    sealed         TEXT    NOT NULL,
    permissions    TEXT    NOT NULL,
    disabled       BOOLEAN NOT NULL,
    created        BIGINT  NOT NULL,
    expires        BIGINT  NOT NULL,
    last_used      BIGINT  NOT NULL
);

CREATE INDEX auth_key_hash ON auth_key (hash);

-- One row: grows with each change that running servers must notice.
CREATE TABLE auth_change (
    id     INTEGER NOT NULL PRIMARY KEY,
    number BIGINT  NOT NULL
);

INSERT INTO auth_change (id, number) VALUES (1, 1);

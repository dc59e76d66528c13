-- What people define beside groups: filters, saved queries, policies, tables. kind
-- is the word that stands for it in an ARN where it has one; owner is the name of
-- the group that it belongs to, and with which it goes, or empty. Times are Unix
-- milliseconds.
CREATE TABLE cloudwatch_resource (
    environment TEXT   NOT NULL,
    region      TEXT   NOT NULL,
    kind        TEXT   NOT NULL,
    owner       TEXT   NOT NULL,
    name        TEXT   NOT NULL,
    created     BIGINT NOT NULL,
    updated     BIGINT NOT NULL,
    body        TEXT   NOT NULL, -- JSON
    PRIMARY KEY (environment, region, kind, owner, name)
);

-- What people define in X-Ray: groups, policies, tags and settings of an
-- environment, which are the same in all regions. kind says what it is; name is
-- unique within. Times are Unix nanoseconds.
CREATE TABLE xray_setting (
    environment TEXT   NOT NULL,
    kind        TEXT   NOT NULL,
    name        TEXT   NOT NULL,
    created     BIGINT NOT NULL,
    updated     BIGINT NOT NULL,
    body        TEXT   NOT NULL, -- JSON
    PRIMARY KEY (environment, kind, name)
);

-- Queries in Logs Insights QL and what they gave. Times are Unix milliseconds,
-- but for those of the range, which are seconds, as they were sent. body is the
-- rows, zstd over JSON, null until the query has ended.
CREATE TABLE cloudwatch_query (
    id          TEXT   NOT NULL PRIMARY KEY,
    environment TEXT   NOT NULL,
    region      TEXT   NOT NULL,
    created     BIGINT NOT NULL,
    ended       BIGINT NOT NULL, -- 0: not yet
    status      TEXT   NOT NULL, -- the service's word
    caller      TEXT   NOT NULL, -- ARN
    groups_json TEXT   NOT NULL, -- names of the groups
    query       TEXT   NOT NULL,
    range_start BIGINT NOT NULL,
    range_end   BIGINT NOT NULL,
    statistics  TEXT   NOT NULL, -- JSON
    size        BIGINT NOT NULL, -- of the body
    body        BYTEA
);

CREATE INDEX cloudwatch_query_created ON cloudwatch_query (created);

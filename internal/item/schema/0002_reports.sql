-- What was reported in the last minutes, so that a second report of it by another
-- SDK is known after a restart too: a row for each write, see twins_kept.go.
CREATE TABLE item_report (
    id    INTEGER NOT NULL PRIMARY KEY,
    at    BIGINT  NOT NULL,
    notes BLOB    NOT NULL
);

-- Source maps by the minified file they are of. Times are Unix nanoseconds.
-- environment is Oriel's (a Rollbar project); url has no scheme.
CREATE TABLE symbol_map (
    id          INTEGER NOT NULL PRIMARY KEY,
    environment TEXT    NOT NULL,
    version     TEXT    NOT NULL,
    url         TEXT    NOT NULL,
    variant     TEXT    NOT NULL, -- how the URL came about: as sent, joined or resolved
    hash        TEXT    NOT NULL, -- SHA-256 of the map, which is a file; empty where there is none
    bytes       BIGINT  NOT NULL, -- of the map
    stored      BIGINT  NOT NULL, -- of its file and those of its sources
    debug_id    TEXT    NOT NULL,
    sources     TEXT    NOT NULL, -- JSON: path of a source beside the map to its hash
    code        TEXT    NOT NULL, -- why there is no map
    problem     TEXT    NOT NULL, -- the same in words
    uploaded    BIGINT  NOT NULL,
    matched     BIGINT  NOT NULL, -- 0 for never
    matched_by  TEXT    NOT NULL,
    UNIQUE (environment, version, url)
);

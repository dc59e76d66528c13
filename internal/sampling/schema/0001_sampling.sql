-- Sampling rules of X-Ray's SDKs, and what clients reported of them. Times are
-- Unix nanoseconds. The rule named Default is here only once it was changed.

CREATE TABLE sampling_rule (
    environment TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    priority    INTEGER NOT NULL,
    rule        TEXT    NOT NULL, -- the whole rule as JSON
    PRIMARY KEY (environment, name)
);

-- When the rules of an environment last changed: a rule that was removed leaves
-- no time of its own.
CREATE TABLE sampling_change (
    environment TEXT   NOT NULL PRIMARY KEY,
    changed     BIGINT NOT NULL
);

-- Sums over all clients in windows of ten seconds. started is the window's first
-- Unix second.
CREATE TABLE sampling_window (
    environment TEXT   NOT NULL,
    rule        TEXT   NOT NULL,
    started     BIGINT NOT NULL,
    requests    BIGINT NOT NULL,
    sampled     BIGINT NOT NULL,
    borrowed    BIGINT NOT NULL,
    PRIMARY KEY (environment, rule, started)
);

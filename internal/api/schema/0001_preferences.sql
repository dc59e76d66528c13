-- What a person chose in the UI: theme, density, columns. One row per key; the
-- empty owner is everyone in open mode.
CREATE TABLE preferences (
  owner TEXT PRIMARY KEY,
  body  TEXT NOT NULL
);

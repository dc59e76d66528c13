-- People that things can be assigned to. They are not those who sign in.
CREATE TABLE workspace_member (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    name    TEXT    NOT NULL UNIQUE,
    email   TEXT    NOT NULL,
    created BIGINT  NOT NULL
);

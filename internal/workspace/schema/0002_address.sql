-- What a page shows, where its address would be too long for a link. id is made
-- of the content, so that the same is kept once. used is when it was last kept.
CREATE TABLE workspace_address (
    environment TEXT   NOT NULL,
    id          TEXT   NOT NULL,
    params      TEXT   NOT NULL,
    used        BIGINT NOT NULL,
    PRIMARY KEY (environment, id)
);
CREATE INDEX workspace_address_used ON workspace_address (environment, used);

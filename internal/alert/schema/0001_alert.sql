-- Who is told of what. Times are Unix nanoseconds. environment is Oriel's.
CREATE TABLE alert_channel (
    environment TEXT NOT NULL,
    channel     TEXT NOT NULL,
    body        TEXT NOT NULL,
    PRIMARY KEY (environment, channel)
);

-- body is the rule as JSON, with how its deliveries go.
CREATE TABLE alert_rule (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    environment TEXT NOT NULL,
    channel     TEXT NOT NULL,
    body        TEXT NOT NULL
);

-- What is to be delivered, and what was. due is 0 once it is over.
CREATE TABLE alert_delivery (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    environment TEXT   NOT NULL,
    rule        BIGINT NOT NULL,
    due         BIGINT NOT NULL,
    body        TEXT   NOT NULL
);
CREATE INDEX alert_delivery_by_rule ON alert_delivery (rule, id);
CREATE INDEX alert_delivery_due ON alert_delivery (due);

-- Up to which notice deliveries were made.
CREATE TABLE alert_taken (
    id     INTEGER NOT NULL PRIMARY KEY,
    notice BIGINT  NOT NULL
);
INSERT INTO alert_taken (id, notice) VALUES (1, 0);

-- Addresses of other tools, made of what an occurrence holds.
CREATE TABLE alert_link (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    environment TEXT NOT NULL,
    name        TEXT NOT NULL,
    template    TEXT NOT NULL
);

-- +goose Up

-- Addresses from which mails came back. Of an address only a keyed hash is kept.
CREATE TABLE mail_returns (
    address_hash bytea PRIMARY KEY,
    failures     integer     NOT NULL,
    status       text        NOT NULL, -- RFC 3463
    last_at      timestamptz NOT NULL,
    stopped_at   timestamptz           -- since when no mail goes there
);

CREATE INDEX mail_returns_last ON mail_returns (last_at);
CREATE INDEX mail_returns_stopped ON mail_returns (stopped_at) WHERE stopped_at IS NOT NULL;

-- +goose Up

-- Answers of forms at linked portals that the person wants to keep, until they take them over here or discard them. data is
-- sealed. entry_id is the id at the portal that sent them, so that the same proposal is there once.
CREATE TABLE account_proposals (
    id         uuid        PRIMARY KEY,
    account_id uuid        NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    origin     text        NOT NULL,
    entry_id   uuid        NOT NULL,
    from_name  text        NOT NULL,
    purpose    jsonb       NOT NULL,
    data       bytea       NOT NULL,
    at         timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT account_proposals_once UNIQUE (origin, entry_id)
);

CREATE INDEX account_proposals_account_id ON account_proposals (account_id, id);
CREATE INDEX account_proposals_expires_at ON account_proposals (expires_at);

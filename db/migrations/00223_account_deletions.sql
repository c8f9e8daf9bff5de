-- +goose Up

-- Accounts that are to be deleted, and when.
CREATE TABLE account_deletions (
    account_id   uuid        PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    requested_at timestamptz NOT NULL,
    due_at       timestamptz NOT NULL
);

CREATE INDEX account_deletions_due_at ON account_deletions (due_at);

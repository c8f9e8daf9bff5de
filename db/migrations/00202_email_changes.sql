-- +goose Up

-- Changes of mail addresses that wait for a confirmation. Only the token's SHA-256 is kept; sealed holds the new address.
CREATE TABLE account_email_changes (
    token_hash bytea       PRIMARY KEY,
    account_id uuid        NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    sealed     bytea       NOT NULL,
    expires_at timestamptz NOT NULL
);

CREATE INDEX account_email_changes_account_id ON account_email_changes (account_id);
CREATE INDEX account_email_changes_expires_at ON account_email_changes (expires_at);

-- Browsers that an account was signed in with, by the SHA-256 of a cookie that stays: a sign-in with another one is told
-- to the owner.
CREATE TABLE known_devices (
    account_id   uuid        NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    token_hash   bytea       NOT NULL,
    last_seen_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, token_hash)
);

CREATE INDEX known_devices_last_seen_at ON known_devices (last_seen_at);

-- +goose Up

-- What local accounts prove themselves with, beside the password.

-- Passkeys (Web Authentication). credential_id and record are as the authenticator and the library give them; record is
-- sealed. name is by which the person knows it.
CREATE TABLE passkeys (
    id            uuid        PRIMARY KEY,
    account_id    uuid        NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    credential_id bytea       NOT NULL,
    record        bytea       NOT NULL,
    name          text        NOT NULL,
    synced        boolean     NOT NULL,
    created_at    timestamptz NOT NULL,
    last_used_at  timestamptz
);

CREATE UNIQUE INDEX passkeys_credential_id ON passkeys (credential_id);
CREATE INDEX passkeys_account_id ON passkeys (account_id, id);

-- Passkey ceremonies under way. browser is the SHA-256 of the cookie of the browser that began it, or names the session
-- that adds a passkey.
CREATE TABLE passkey_ceremonies (
    id         uuid        PRIMARY KEY,
    browser    bytea       NOT NULL,
    sealed     bytea       NOT NULL,
    expires_at timestamptz NOT NULL
);

CREATE INDEX passkey_ceremonies_expires_at ON passkey_ceremonies (expires_at);

-- Secrets of one-time codes (RFC 6238). last_step is the time step of the code used last: no code counts twice.
CREATE TABLE one_time_codes (
    account_id   uuid        PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    secret       bytea       NOT NULL,
    confirmed_at timestamptz,
    last_step    bigint      NOT NULL DEFAULT 0
);

-- Recovery codes, each good once. Only a keyed hash is kept.
CREATE TABLE recovery_codes (
    account_id uuid  NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    hash       bytea NOT NULL,
    PRIMARY KEY (account_id, hash)
);

-- Sign-ins whose password was right and whose second factor is still to be proved, by the SHA-256 of the browser's cookie.
CREATE TABLE pending_factors (
    token_hash bytea       PRIMARY KEY,
    account_id uuid        NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    attempts   integer     NOT NULL DEFAULT 0,
    expires_at timestamptz NOT NULL
);

CREATE INDEX pending_factors_expires_at ON pending_factors (expires_at);
CREATE INDEX pending_factors_account_id ON pending_factors (account_id);

-- By what a session proved itself: Authentication Method References (RFC 8176), separated by spaces.
ALTER TABLE sessions ADD COLUMN methods text NOT NULL DEFAULT 'pwd';
ALTER TABLE oidc_auth_requests ADD COLUMN methods text NOT NULL DEFAULT '';
ALTER TABLE oidc_families ADD COLUMN methods text NOT NULL DEFAULT '';

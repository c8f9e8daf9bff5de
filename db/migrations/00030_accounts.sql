-- +goose Up

-- Local accounts: citizens at an account home, staff at their own portal. email is in lower case. profile is sealed
-- (names, birth date, addresses). roles are separated by spaces; a citizen has none.
CREATE TABLE accounts (
    id            uuid        PRIMARY KEY,
    email         text        NOT NULL,
    password_hash text        NOT NULL,
    roles         text        NOT NULL DEFAULT '',
    profile       bytea       NOT NULL,
    revision      bigint      NOT NULL DEFAULT 1,
    created_at    timestamptz NOT NULL,
    confirmed_at  timestamptz NOT NULL,
    disabled_at   timestamptz
);

CREATE UNIQUE INDEX accounts_email ON accounts (email);

-- Registrations whose mail has not been confirmed. Only the token's SHA-256 is kept; sealed holds what becomes the account.
CREATE TABLE account_registrations (
    token_hash bytea       PRIMARY KEY,
    email      text        NOT NULL,
    sealed     bytea       NOT NULL,
    expires_at timestamptz NOT NULL
);

CREATE INDEX account_registrations_email ON account_registrations (email);
CREATE INDEX account_registrations_expires_at ON account_registrations (expires_at);

-- Tokens sent by mail to set a new password. Only their SHA-256 is kept.
CREATE TABLE account_resets (
    token_hash bytea       PRIMARY KEY,
    account_id uuid        NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    expires_at timestamptz NOT NULL
);

CREATE INDEX account_resets_account_id ON account_resets (account_id);
CREATE INDEX account_resets_expires_at ON account_resets (expires_at);

-- Who may read what of a person, and what for. recipient is a client id (a linked portal's entity id); purpose is a
-- service's id, or begins with "signin" for signing in at a provider. items and purpose_title stay as they were shown.
CREATE TABLE consents (
    id             uuid        PRIMARY KEY,
    account_id     uuid        NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    recipient      text        NOT NULL,
    recipient_name text        NOT NULL,
    purpose        text        NOT NULL,
    purpose_title  jsonb       NOT NULL,
    items          text        NOT NULL,
    given_at       timestamptz NOT NULL,
    withdrawn_at   timestamptz
);

CREATE UNIQUE INDEX consents_active ON consents (account_id, recipient, purpose) WHERE withdrawn_at IS NULL;
CREATE INDEX consents_account_id ON consents (account_id, id);

-- Every read of a person's data by others. Rows are written once and never changed.
CREATE TABLE accesses (
    id            uuid        PRIMARY KEY,
    account_id    uuid        NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    at            timestamptz NOT NULL,
    who           text        NOT NULL,
    who_name      text        NOT NULL,
    purpose       text        NOT NULL,
    purpose_title jsonb       NOT NULL,
    items         text        NOT NULL,
    ground        text        NOT NULL
);

CREATE INDEX accesses_account_id ON accesses (account_id, id);

-- Leaky buckets that slow down guessing. key is a keyed hash over what is counted: no address is kept.
CREATE TABLE account_buckets (
    key   bytea            PRIMARY KEY,
    level double precision NOT NULL,
    at    timestamptz      NOT NULL
);

CREATE INDEX account_buckets_at ON account_buckets (at);

-- +goose Up

-- Sessions of browsers. Only the SHA-256 of the cookie's value is kept. account_id is set for local accounts; issuer and
-- subject name a citizen as this portal knows them. sealed holds the displayed name and the account home's tokens.
CREATE TABLE sessions (
    id           uuid        PRIMARY KEY,
    token_hash   bytea       NOT NULL,
    account_id   uuid,
    issuer       text        NOT NULL DEFAULT '',
    subject      text        NOT NULL DEFAULT '',
    roles        text        NOT NULL DEFAULT '',
    trust_level  text        NOT NULL,
    sealed       bytea       NOT NULL,
    browser      text        NOT NULL DEFAULT '',
    auth_time    timestamptz NOT NULL,
    created_at   timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL
);

CREATE UNIQUE INDEX sessions_token_hash ON sessions (token_hash);
CREATE INDEX sessions_account_id ON sessions (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX sessions_person ON sessions (issuer, subject) WHERE subject <> '';
CREATE INDEX sessions_expires_at ON sessions (expires_at);

-- Access tokens that the account home gave for one purpose, apart from the session's own.
CREATE TABLE session_purposes (
    session_id uuid        NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    purpose    text        NOT NULL,
    sealed     bytea       NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (session_id, purpose)
);

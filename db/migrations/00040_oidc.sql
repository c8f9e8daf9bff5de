-- +goose Up

-- What a client asked for at the authorization endpoint, until it is answered and the code is redeemed. Scopes are
-- separated by spaces. code_hash, account_id and what follows are set once the person has agreed.
CREATE TABLE oidc_auth_requests (
    id             uuid        PRIMARY KEY,
    client_id      text        NOT NULL,
    redirect_uri   text        NOT NULL,
    scopes         text        NOT NULL,
    state          text        NOT NULL,
    nonce          text        NOT NULL,
    code_challenge text        NOT NULL,
    ask_consent    boolean     NOT NULL,
    fresh_after    timestamptz,
    created_at     timestamptz NOT NULL,
    expires_at     timestamptz NOT NULL,
    code_hash      bytea,
    account_id     uuid,
    session_id     uuid,
    auth_time      timestamptz,
    trust_level    text        NOT NULL DEFAULT ''
);

CREATE UNIQUE INDEX oidc_auth_requests_code_hash ON oidc_auth_requests (code_hash) WHERE code_hash IS NOT NULL;
CREATE INDEX oidc_auth_requests_account_id ON oidc_auth_requests (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX oidc_auth_requests_session_id ON oidc_auth_requests (session_id) WHERE session_id IS NOT NULL;
CREATE INDEX oidc_auth_requests_expires_at ON oidc_auth_requests (expires_at);

-- A token family: all tokens that came from one code, or from one client's own credentials. Ending it ends them all.
-- purpose is what the person consented to: a service's id when the family may read the profile for it, or signing in.
CREATE TABLE oidc_families (
    id          uuid        PRIMARY KEY,
    client_id   text        NOT NULL,
    account_id  uuid,
    session_id  uuid,
    scopes      text        NOT NULL,
    purpose     text        NOT NULL DEFAULT '',
    trust_level text        NOT NULL DEFAULT '',
    auth_time   timestamptz,
    code_hash   bytea,
    created_at  timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    ended_at    timestamptz
);

CREATE UNIQUE INDEX oidc_families_code_hash ON oidc_families (code_hash) WHERE code_hash IS NOT NULL;
CREATE INDEX oidc_families_account_id ON oidc_families (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX oidc_families_session_id ON oidc_families (session_id) WHERE session_id IS NOT NULL;
CREATE INDEX oidc_families_expires_at ON oidc_families (expires_at);

-- Refresh tokens, by SHA-256. A used one stays until its family ends, so that a second use is noticed.
CREATE TABLE oidc_refresh_tokens (
    token_hash bytea       PRIMARY KEY,
    family_id  uuid        NOT NULL REFERENCES oidc_families (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    used_at    timestamptz
);

CREATE INDEX oidc_refresh_tokens_family_id ON oidc_refresh_tokens (family_id);

-- Pairwise subjects and the way back to the account.
CREATE TABLE oidc_subjects (
    client_id  text NOT NULL,
    subject    text NOT NULL,
    account_id uuid NOT NULL,
    PRIMARY KEY (client_id, subject)
);

CREATE INDEX oidc_subjects_account_id ON oidc_subjects (account_id);

-- Ids of client assertions that were used (RFC 7523), kept until they would have run out.
CREATE TABLE oidc_assertions (
    client_id  text        NOT NULL,
    jti        text        NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (client_id, jti)
);

CREATE INDEX oidc_assertions_expires_at ON oidc_assertions (expires_at);

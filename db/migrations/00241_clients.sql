-- +goose Up

-- Applications that administrators have registered: they sign people in with this portal, or fetch on their own behalf.
-- purpose says to people what for, by language. auth_method is client_secret, private_key_jwt or none. jwks holds public
-- keys; jwks_uri is where they are read. scopes are separated by spaces. One that is not active gets no tokens.
CREATE TABLE oidc_clients (
    id            text        PRIMARY KEY,
    kind          text        NOT NULL, -- web, native, machine, provider
    name          text        NOT NULL,
    url           text        NOT NULL DEFAULT '',
    privacy_url   text        NOT NULL DEFAULT '',
    purpose       jsonb       NOT NULL DEFAULT '{}',
    auth_method   text        NOT NULL,
    jwks          jsonb,
    jwks_uri      text        NOT NULL DEFAULT '',
    scopes        text        NOT NULL,
    redirect_uris text[]      NOT NULL DEFAULT '{}',
    after_logout  text[]      NOT NULL DEFAULT '{}',
    logout_uri    text        NOT NULL DEFAULT '',
    active        boolean     NOT NULL DEFAULT true,
    revision      bigint      NOT NULL DEFAULT 1,
    created_at    timestamptz NOT NULL,
    changed_at    timestamptz NOT NULL
);

CREATE INDEX oidc_clients_name ON oidc_clients (lower(name), id);

-- Secrets of applications, by SHA-256: 256 random bits each. A former one is good until expires_at, so that it can be changed
-- without a gap.
CREATE TABLE oidc_client_secrets (
    id         uuid        PRIMARY KEY,
    client_id  text        NOT NULL REFERENCES oidc_clients (id) ON DELETE CASCADE,
    hash       bytea       NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz
);

CREATE INDEX oidc_client_secrets_client_id ON oidc_client_secrets (client_id, id);

-- Keys that sign this portal's tokens. sealed is the private key, null for the one that came from the portal's own keys.
-- The newest one with active_from in the past signs; all are published, until published_until.
CREATE TABLE oidc_signing_keys (
    id              text        PRIMARY KEY,
    sealed          bytea,
    public          jsonb       NOT NULL,
    created_at      timestamptz NOT NULL,
    active_from     timestamptz NOT NULL,
    published_until timestamptz
);

-- Where a session has signed the person in, so that all of them learn when it ends (OpenID Connect Back-Channel Logout 1.0).
CREATE TABLE oidc_visits (
    session_id uuid        NOT NULL,
    client_id  text        NOT NULL,
    account_id uuid        NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (session_id, client_id)
);

CREATE INDEX oidc_visits_account_id ON oidc_visits (account_id, client_id);
CREATE INDEX oidc_visits_expires_at ON oidc_visits (expires_at);
CREATE INDEX oidc_families_client_id ON oidc_families (client_id, id);
CREATE INDEX oidc_auth_requests_client_id ON oidc_auth_requests (client_id);

-- How the account home names the session there that this one came from.
ALTER TABLE sessions ADD COLUMN home_session text NOT NULL DEFAULT '';
CREATE INDEX sessions_home_session ON sessions (home_session) WHERE home_session <> '';

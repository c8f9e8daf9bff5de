-- +goose Up

-- Sign-ins at identity providers under way, and what came of them. browser is the SHA-256 of the cookie of the browser that
-- began. sealed holds what was asked for and, once it is answered, what the identity provider said of the person. stage:
-- begun, answered (by the identity provider), arrived (in the browser that began).
CREATE TABLE identity_flows (
    id         uuid        PRIMARY KEY,
    browser    bytea       NOT NULL,
    provider   text        NOT NULL,
    stage      text        NOT NULL,
    sealed     bytea       NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);

CREATE INDEX identity_flows_expires_at ON identity_flows (expires_at);

-- Assertions that were taken: none counts twice, in whatever process. Kept until they would have run out.
CREATE TABLE identity_assertions (
    provider   text        NOT NULL,
    id         text        NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (provider, id)
);

CREATE INDEX identity_assertions_expires_at ON identity_assertions (expires_at);

-- Which identity signs in to which account. subject is a keyed hash of the identifier that the identity provider gives (bPK2 of
-- the BundID): it is recognised, and not kept. items are the data that the person had taken over last.
CREATE TABLE identity_links (
    id            uuid        PRIMARY KEY,
    account_id    uuid        NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    provider      text        NOT NULL,
    subject       bytea       NOT NULL,
    level         text        NOT NULL,
    linked_at     timestamptz NOT NULL,
    last_used_at  timestamptz,
    items         text        NOT NULL DEFAULT '',
    taken_over_at timestamptz
);

CREATE UNIQUE INDEX identity_links_subject ON identity_links (provider, subject);
CREATE UNIQUE INDEX identity_links_account_id ON identity_links (account_id, provider);

-- Accounts that were made by a national account may have no mail address that is confirmed, and may be an organisation's.
ALTER TABLE accounts ALTER COLUMN email DROP NOT NULL;
ALTER TABLE accounts ADD COLUMN kind text NOT NULL DEFAULT 'person';

-- By which identity provider a session's trust level was proved (empty: by the account's own credentials), and when.
ALTER TABLE sessions ADD COLUMN level_by text NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN level_at timestamptz;

-- The trust level that a client asked for (acr_values).
ALTER TABLE oidc_auth_requests ADD COLUMN needed_level text NOT NULL DEFAULT '';

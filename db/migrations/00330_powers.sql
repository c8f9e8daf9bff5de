-- +goose Up

-- Powers of attorney, at the account home. principal_id grants, representative_id holds it once somebody has accepted. sealed holds how the
-- principal calls the other person and where the invitation went; address names that address without telling it. token_hash is that of
-- the invitation's token. valid_until is the first moment at which it no longer counts. trust_level is that of the principal's sign-in when they
-- confirmed. services and groups are [{"id", "title": {language: title}}].
CREATE TABLE powers (
    id                   uuid        PRIMARY KEY,
    principal_id         uuid        NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    representative_id    uuid        REFERENCES accounts (id) ON DELETE CASCADE,
    kind                 text        NOT NULL,
    state                text        NOT NULL,
    sealed               bytea       NOT NULL,
    services             jsonb       NOT NULL,
    groups               jsonb       NOT NULL,
    items                text        NOT NULL DEFAULT '',
    last_day             date        NOT NULL,
    valid_until          timestamptz NOT NULL,
    trust_level          text        NOT NULL DEFAULT '',
    representative_level text        NOT NULL DEFAULT '',
    address              bytea       NOT NULL,
    token_hash           bytea,
    token_until          timestamptz NOT NULL,
    created_at           timestamptz NOT NULL,
    accepted_at          timestamptz,
    confirmed_at         timestamptz,
    ended_at             timestamptz,
    ended_by             text        NOT NULL DEFAULT '',
    CONSTRAINT powers_not_for_oneself CHECK (representative_id IS NULL OR representative_id <> principal_id)
);

CREATE INDEX powers_principal ON powers (principal_id, created_at DESC);
CREATE INDEX powers_representative ON powers (representative_id, created_at DESC) WHERE representative_id IS NOT NULL;
CREATE UNIQUE INDEX powers_token ON powers (token_hash) WHERE token_hash IS NOT NULL;
CREATE INDEX powers_address ON powers (address, created_at);

-- What a power was used for: the act, the portal where, and the service.
CREATE TABLE power_uses (
    id             uuid        PRIMARY KEY,
    power_id       uuid        NOT NULL REFERENCES powers (id) ON DELETE CASCADE,
    at             timestamptz NOT NULL,
    act            text        NOT NULL,
    portal         text        NOT NULL,
    service_title  jsonb       NOT NULL,
    application_id uuid        NOT NULL
);

CREATE INDEX power_uses_power ON power_uses (power_id, at DESC);

-- For whom a session acts: the power, whose name and end are in what is sealed.
ALTER TABLE sessions ADD COLUMN acting_power uuid;
CREATE INDEX sessions_acting ON sessions (acting_power) WHERE acting_power IS NOT NULL;

-- Applications made by a power of attorney: the person who acted is issuer and subject, the one for whom is principal_issuer and
-- principal_subject (from submission on). The one who acted sees it while the power counts.
ALTER TABLE applications
    ADD COLUMN power_id          uuid,
    ADD COLUMN power_until       timestamptz,
    ADD COLUMN power_ended_at    timestamptz,
    ADD COLUMN principal_issuer  text NOT NULL DEFAULT '',
    ADD COLUMN principal_subject text NOT NULL DEFAULT '';

CREATE INDEX applications_principal ON applications (principal_issuer, principal_subject, changed_at DESC, id DESC) WHERE principal_subject <> '';
CREATE INDEX applications_power ON applications (power_id) WHERE power_id IS NOT NULL;

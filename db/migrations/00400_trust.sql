-- +goose Up

-- The portal's own keys in its association: fed signs entity statements (OpenID Federation 1.0), sig messages, enc is what
-- others encrypt to. sealed is the private key; it is null for the first sig and enc, which are in the portal's keys, and for
-- those whose time is over. The newest one with active_from in the past is used; all are published until published_until, and
-- the public ones are kept for good, as receipts are verified with them.
CREATE TABLE federation_keys (
    id              text        PRIMARY KEY,
    use             text        NOT NULL CHECK (use IN ('fed', 'sig', 'enc')),
    sealed          bytea,
    public          jsonb       NOT NULL,
    created_at      timestamptz NOT NULL,
    active_from     timestamptz NOT NULL,
    published_until timestamptz,
    revoked_at      timestamptz -- withdrawn at once, as it has become known
);

-- The association that this portal has asked to join, or belongs to; without a row it is one of its own. pins are the
-- fingerprints of the anchor's keys: first the one that an administrator compared, then what the anchor announces with it.
-- name, kind, areas and roles are what was asked for, and once it is a member what was granted.
CREATE TABLE federation_association (
    singleton boolean     PRIMARY KEY DEFAULT true CHECK (singleton),
    anchor    text        NOT NULL,
    pins      text[]      NOT NULL,
    title     text        NOT NULL DEFAULT '', -- of the association
    state     text        NOT NULL CHECK (state IN ('asked', 'member', 'declined', 'removed', 'left')),
    reason    text        NOT NULL DEFAULT '',
    name      text        NOT NULL,
    kind      text        NOT NULL,
    areas     text[]      NOT NULL,
    roles     text[]      NOT NULL,
    listed    text[]      NOT NULL DEFAULT '{}', -- members, as the anchor listed them last
    listed_at timestamptz,
    failure   text        NOT NULL DEFAULT '', -- why the anchor could not be read last
    asked_at  timestamptz NOT NULL,
    since     timestamptz NOT NULL             -- of the state
);

-- Those who have asked this portal, the anchor, to be members, and what has become of it. jwks are their federation keys.
CREATE TABLE federation_members (
    id         uuid        PRIMARY KEY,
    entity     text        NOT NULL UNIQUE,
    state      text        NOT NULL CHECK (state IN ('asked', 'member', 'declined', 'removed', 'left')),
    name       text        NOT NULL,
    kind       text        NOT NULL,
    areas      text[]      NOT NULL,
    roles      text[]      NOT NULL,
    jwks       jsonb       NOT NULL,
    words      text        NOT NULL DEFAULT '', -- of those who asked
    reason     text        NOT NULL DEFAULT '', -- of those who decided
    asked_at   timestamptz NOT NULL,
    decided_at timestamptz
);

CREATE INDEX federation_members_state ON federation_members (state, asked_at);

-- What others have said, signed: their configurations and what the anchor says of them.
CREATE TABLE federation_statements (
    issuer     text        NOT NULL,
    subject    text        NOT NULL,
    text       text        NOT NULL,
    fetched_at timestamptz NOT NULL,
    PRIMARY KEY (issuer, subject)
);

-- Why an entity's statements could not be read last; no row when all is well.
CREATE TABLE federation_statement_failures (
    entity    text        PRIMARY KEY,
    failure   text        NOT NULL,
    failed_at timestamptz NOT NULL
);

-- Counts changes of the tables above, so that every process notices.
CREATE TABLE federation_trust_revision (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    revision bigint  NOT NULL
);
INSERT INTO federation_trust_revision (revision) VALUES (1);

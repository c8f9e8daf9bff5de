-- +goose Up

-- What administrators have set for a provider in place of the configuration, and when it was last heard of. basis is a hash of what the
-- configuration said then: when that changes, it counts again. The secrets are sealed; the former one signs beside the present one for a while.
CREATE TABLE provider_settings (
    provider        text        PRIMARY KEY,
    basis           text        NOT NULL DEFAULT '',
    delivery_url    text        NOT NULL DEFAULT '',
    secret          bytea,
    former          bytea,
    former_until    timestamptz,
    fetched_at      timestamptz
);

-- Why the last attempt to push failed, as a code of the contract, and what the provider answered to it.
ALTER TABLE deliveries ADD COLUMN fault text NOT NULL DEFAULT '';
ALTER TABLE deliveries ADD COLUMN answer_status smallint;
ALTER TABLE deliveries ADD COLUMN answer_ms integer;

-- +goose Up

-- Deliveries that go to an authority by FIT-Connect. state is new until the content was sent (sent_at is set before, so that it is never sent
-- as two submissions), then sent, submitted, forwarded, and at the end accepted, rejected or lost. metadata and data are compact JWEs for the
-- destination, kept until then so that the same ones are sent again. uploads has hash and authentication tag of each attachment that is there.
CREATE TABLE fit_connect_submissions (
    delivery_id    uuid        PRIMARY KEY REFERENCES deliveries (id) ON DELETE CASCADE,
    leika_key      text        NOT NULL,
    office         jsonb       NOT NULL DEFAULT '{}', -- name of the competent unit by language
    state          text        NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'sent', 'submitted', 'forwarded', 'accepted', 'rejected', 'lost')),
    destination_id uuid,
    key_id         text        NOT NULL DEFAULT '',
    submission_id  uuid        UNIQUE,
    case_id        uuid,
    uploads        jsonb       NOT NULL DEFAULT '{}',
    metadata       text        NOT NULL DEFAULT '',
    data           text        NOT NULL DEFAULT '',
    sent_at        timestamptz,
    decided_at     timestamptz,
    problems       jsonb       NOT NULL DEFAULT '[]' -- of a rejection
);

-- Credentials of an OAuth client that administrators have set in place of the configured ones; the secret is sealed.
ALTER TABLE provider_settings ADD COLUMN client_id text NOT NULL DEFAULT '';
ALTER TABLE provider_settings ADD COLUMN client_secret bytea;

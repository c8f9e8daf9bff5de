-- +goose Up

-- Applications at the portal where they were started. issuer and subject name the person. data is sealed, and NULL once the
-- content is only at the competent portal. revision grows with every change of draft or state.
CREATE TABLE applications (
    id              uuid        PRIMARY KEY,
    issuer          text        NOT NULL, -- entity id of the person's account home
    subject         text        NOT NULL,
    state           text        NOT NULL,
    revision        bigint      NOT NULL,
    number          text,
    offer_id        uuid        NOT NULL,
    service_id      uuid        NOT NULL,
    organisation_id uuid        NOT NULL,
    form_id         uuid        NOT NULL,
    form_version    integer     NOT NULL,
    portal_id       text        NOT NULL, -- entity id of the competent portal
    portal          jsonb       NOT NULL,
    place           jsonb       NOT NULL,
    service_title   jsonb       NOT NULL,
    authority_name  jsonb       NOT NULL,
    needed_level    text        NOT NULL, -- trust level that the service asks for
    trust_level     text        NOT NULL DEFAULT '', -- of the sign-in at submission
    language        text        NOT NULL,
    step            text        NOT NULL DEFAULT '',
    data            bytea,
    content_hash    text        NOT NULL DEFAULT '',
    receipt         text        NOT NULL DEFAULT '',
    arrived_at      timestamptz,
    authority_at    timestamptz, -- of the authority's event that set the state
    created_at      timestamptz NOT NULL,
    changed_at      timestamptz NOT NULL,
    submitted_at    timestamptz,
    CONSTRAINT applications_number UNIQUE (number)
);

CREATE INDEX applications_person ON applications (issuer, subject, changed_at DESC, id DESC);
CREATE INDEX applications_person_state ON applications (issuer, subject, state, changed_at DESC, id DESC);
CREATE INDEX applications_drafts ON applications (changed_at) WHERE state = 'draft';

-- The timeline. text is sealed. id is that of the event at the portal where it happened, so that the same event is kept
-- once; position is the order of arrival here.
CREATE TABLE application_events (
    application_id uuid        NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
    id             uuid        NOT NULL,
    position       bigint      GENERATED ALWAYS AS IDENTITY,
    at             timestamptz NOT NULL,
    kind           text        NOT NULL,
    by             text        NOT NULL,
    name           text        NOT NULL DEFAULT '',
    text           bytea,
    PRIMARY KEY (application_id, id)
);

-- Files of applications. The name is sealed. ready is false while a file is being uploaded; delete_at is when the file goes
-- from the object store, deleted_at when it has gone: what was handed in stays named here.
CREATE TABLE application_attachments (
    id             uuid        PRIMARY KEY,
    application_id uuid        NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
    ready          boolean     NOT NULL,
    field          text        NOT NULL,
    name           bytea       NOT NULL,
    media_type     text        NOT NULL,
    size           bigint      NOT NULL, -- bytes; while it is being uploaded, what is set aside for it
    sha256         text        NOT NULL DEFAULT '',
    created_at     timestamptz NOT NULL,
    fetched_at     timestamptz, -- when the competent portal had been given all of it
    delete_at      timestamptz,
    deleted_at     timestamptz
);

CREATE INDEX application_attachments_application ON application_attachments (application_id, created_at);
CREATE INDEX application_attachments_due ON application_attachments (delete_at) WHERE delete_at IS NOT NULL AND deleted_at IS NULL;

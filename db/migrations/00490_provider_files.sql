-- +goose Up

-- Files of deliveries. given = false: attachments of the application, for the provider; their names are in the sealed content. given = true:
-- documents of the provider, for the citizen. state is pending until the file is in the object store, then ready, or parked when that
-- failed for good. told_at is when a status or message named a document. delete_at is when the file goes from the object store.
CREATE TABLE delivery_files (
    delivery_id uuid        NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
    id          uuid        NOT NULL,
    given       boolean     NOT NULL,
    state       text        NOT NULL CHECK (state IN ('pending', 'ready', 'parked')),
    name        bytea, -- sealed
    media_type  text        NOT NULL,
    size        bigint      NOT NULL, -- bytes; of a document that is being uploaded, what is set aside for it
    sha256      text        NOT NULL DEFAULT '',
    mismatches  integer     NOT NULL DEFAULT 0,
    created_at  timestamptz NOT NULL,
    told_at     timestamptz,
    delete_at   timestamptz,
    deleted_at  timestamptz,
    PRIMARY KEY (delivery_id, id)
);
CREATE INDEX delivery_files_given ON delivery_files (id) WHERE given;
CREATE INDEX delivery_files_due ON delivery_files (delete_at) WHERE delete_at IS NOT NULL AND deleted_at IS NULL;

-- Documents that came with an event of the authority or a provider, at the portal where the person applied. id is made from the application
-- and remote_id, which the competent portal calls the file. The name is sealed.
CREATE TABLE application_documents (
    id             uuid        PRIMARY KEY,
    application_id uuid        NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
    event_id       uuid        NOT NULL,
    position       integer     NOT NULL,
    remote_id      uuid        NOT NULL,
    state          text        NOT NULL CHECK (state IN ('pending', 'ready', 'parked')),
    name           bytea       NOT NULL,
    media_type     text        NOT NULL,
    size           bigint      NOT NULL,
    sha256         text        NOT NULL,
    mismatches     integer     NOT NULL DEFAULT 0,
    created_at     timestamptz NOT NULL
);
CREATE INDEX application_documents_application ON application_documents (application_id, position);

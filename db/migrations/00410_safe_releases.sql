-- +goose Up

-- What a person lets a portal read of their safe, each for one application. recipient is the portal's entity id; purpose is what it is for, by
-- language, as the portal calls it. read_at is when it was first read.
CREATE TABLE safe_releases (
    id          uuid        PRIMARY KEY,
    document_id uuid        NOT NULL REFERENCES safe_documents (id) ON DELETE CASCADE,
    recipient   text        NOT NULL,
    purpose     jsonb       NOT NULL,
    created_at  timestamptz NOT NULL,
    ends_at     timestamptz NOT NULL,
    read_at     timestamptz
);

CREATE INDEX safe_releases_document ON safe_releases (document_id);
CREATE INDEX safe_releases_end ON safe_releases (ends_at);

-- Letters that were put into the safe: source names the message, so that each lies there once.
ALTER TABLE safe_documents ADD COLUMN source uuid;
CREATE UNIQUE INDEX safe_documents_source ON safe_documents (account_id, source) WHERE source IS NOT NULL AND deleted_at IS NULL;

-- Files of applications that are documents of a safe: release_id is by what they are read at the account home, here is whether that was done;
-- origin is sealed and says where they come from.
ALTER TABLE application_attachments ADD COLUMN release_id uuid;
ALTER TABLE application_attachments ADD COLUMN here boolean NOT NULL DEFAULT true;
ALTER TABLE application_attachments ADD COLUMN origin bytea;

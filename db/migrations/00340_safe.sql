-- +goose Up

-- Documents of the safe, at the account home. sealed holds name, kind, date of validity and hash; wrapped holds the key of the file, wrapped
-- by the master key that master names. Until a file has arrived (ready), size is what was set aside for it. deleted_at is when the person has
-- deleted it; delete_at is when row and file go.
CREATE TABLE safe_documents (
    id         uuid        PRIMARY KEY,
    account_id uuid        NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    ready      boolean     NOT NULL,
    sealed     bytea       NOT NULL,
    media_type text        NOT NULL,
    size       bigint      NOT NULL,
    wrapped    bytea       NOT NULL,
    master     text        NOT NULL,
    created_at timestamptz NOT NULL,
    deleted_at timestamptz,
    delete_at  timestamptz
);

CREATE INDEX safe_documents_account ON safe_documents (account_id, created_at DESC, id DESC);
CREATE INDEX safe_documents_delete ON safe_documents (delete_at) WHERE delete_at IS NOT NULL;
CREATE INDEX safe_documents_master ON safe_documents (master);

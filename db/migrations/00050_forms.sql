-- +goose Up

-- Form definitions, this portal's own and those read from others. A version never changes once it is there, for drafts and
-- cases refer to it; what its owner has taken back is kept for them, and is not offered any more.
CREATE TABLE forms (
    id           uuid        NOT NULL,
    version      integer     NOT NULL CHECK (version > 0),
    owner        text        NOT NULL, -- entity id of the portal
    definition   jsonb       NOT NULL, -- title, schema, layout
    digest       bytea       NOT NULL, -- SHA-256 over the definition in canonical JSON
    created_at   timestamptz NOT NULL,
    withdrawn_at timestamptz,
    PRIMARY KEY (id, version)
);


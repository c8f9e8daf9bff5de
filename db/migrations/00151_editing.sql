-- +goose Up

-- What editors write. An entry of this portal has a row here once an editor has touched it. draft is the entry as it is being
-- written, which may be incomplete; base and base_digest are what was released when it was begun. authors are the accounts
-- that changed the draft: none of them counts as the second pair of eyes. revision goes up with each act.
CREATE TABLE catalog_editing (
    kind           text COLLATE "C" NOT NULL,
    entry_id       text COLLATE "C" NOT NULL,
    revision       bigint           NOT NULL DEFAULT 0,
    title          text             NOT NULL DEFAULT '',   -- of the draft, for lists
    languages      text[]           NOT NULL DEFAULT '{}', -- in which the draft's title is there
    draft          json,
    base           json,
    base_digest    bytea,
    state          text COLLATE "C" NOT NULL DEFAULT 'none', -- of the draft: none, writing, returned, review, scheduled
    authors        uuid[]           NOT NULL DEFAULT '{}',
    note           text             NOT NULL DEFAULT '',
    changed_at     timestamptz,
    changed_name   text             NOT NULL DEFAULT '',
    submitted_at   timestamptz,
    submitted_name text             NOT NULL DEFAULT '',
    release_at     timestamptz, -- of a release at a date
    released_by    uuid,        -- who decided that
    released_name  text             NOT NULL DEFAULT '',
    withdrawn_at   timestamptz,
    deleted_at     timestamptz,
    PRIMARY KEY (kind, entry_id)
);

CREATE INDEX catalog_editing_state ON catalog_editing (state) WHERE state <> 'none';

-- What was released, withdrawn, discarded or deleted, by whom. content is never changed; it is empty where there was nothing.
CREATE TABLE catalog_versions (
    kind         text COLLATE "C" NOT NULL,
    entry_id     text COLLATE "C" NOT NULL,
    number       integer          NOT NULL,
    action       text COLLATE "C" NOT NULL, -- imported, released, withdrawn, discarded, deleted
    at           timestamptz      NOT NULL,
    by_name      text             NOT NULL DEFAULT '',
    reviewed_for text             NOT NULL DEFAULT '', -- who had handed it in
    authors      uuid[]           NOT NULL DEFAULT '{}',
    note         text             NOT NULL DEFAULT '',
    content      json,
    digest       bytea,
    PRIMARY KEY (kind, entry_id, number)
);

CREATE TABLE catalog_comments (
    id       uuid             NOT NULL PRIMARY KEY, -- UUIDv7
    kind     text COLLATE "C" NOT NULL,
    entry_id text COLLATE "C" NOT NULL,
    at       timestamptz      NOT NULL,
    by_name  text             NOT NULL DEFAULT '',
    what     text COLLATE "C" NOT NULL, -- comment, submitted, returned, approved, notReleased
    text     text             NOT NULL DEFAULT ''
);

CREATE INDEX catalog_comments_entry ON catalog_comments (kind, entry_id, id);

-- Imported entries that editors have changed. base is what the source said then, ours what the editors made of it (null: they
-- took it off the portal), imported what the source says now (null: it no longer has it). The entry's row holds the two merged;
-- conflicts names where both differ from base, and there the editors' words stand.
CREATE TABLE catalog_corrections (
    kind      text COLLATE "C" NOT NULL,
    entry_id  text COLLATE "C" NOT NULL,
    source    text             NOT NULL,
    base      json,
    ours      json,
    imported  json,
    conflicts text[]           NOT NULL DEFAULT '{}',
    PRIMARY KEY (kind, entry_id)
);

CREATE INDEX catalog_corrections_source ON catalog_corrections (source, kind);

-- How this portal edits: one row.
CREATE TABLE catalog_editing_settings (
    only_one         boolean  NOT NULL PRIMARY KEY DEFAULT true CHECK (only_one),
    revision         bigint   NOT NULL DEFAULT 1,
    four_eyes        boolean  NOT NULL DEFAULT false,
    languages        text[]   NOT NULL DEFAULT '{de,en}',
    stale_after_days integer  NOT NULL DEFAULT 365,
    warn_days_before integer  NOT NULL DEFAULT 60
);

INSERT INTO catalog_editing_settings DEFAULT VALUES;

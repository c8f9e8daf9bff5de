-- +goose Up

-- Where this portal's entries come from: other systems that it collects from, by a schedule. secrets is sealed (settings that
-- nobody is shown again). cursor is from where the next run begins; empty: at the beginning.
CREATE TABLE catalog_sources (
    id           uuid             NOT NULL PRIMARY KEY, -- UUIDv7
    revision     bigint           NOT NULL DEFAULT 1,
    kind         text COLLATE "C" NOT NULL,
    name         text             NOT NULL,
    settings     json             NOT NULL,
    secrets      bytea,
    enabled      boolean          NOT NULL,
    complete     boolean          NOT NULL, -- each run begins at the beginning
    every        text COLLATE "C" NOT NULL, -- never, hour, day, week
    at           text COLLATE "C" NOT NULL, -- HH:MM in Germany
    weekday      smallint         NOT NULL, -- 1 is Monday
    next_run_at  timestamptz,
    cursor       text             NOT NULL DEFAULT '',
    succeeded_at timestamptz,
    created_at   timestamptz      NOT NULL
);

CREATE INDEX catalog_sources_due ON catalog_sources (next_run_at) WHERE enabled;

-- Runs. origin is the name under which the catalog keeps where entries come from (catalog_*.source): no two runs of one are
-- under way. stage names the staged records. fence goes up each time that someone takes the run up: whoever had it before
-- finds out that it is no longer theirs.
CREATE TABLE catalog_import_runs (
    id           uuid             NOT NULL PRIMARY KEY, -- UUIDv7
    source_id    uuid REFERENCES catalog_sources ON DELETE SET NULL,
    origin       text             NOT NULL,
    title        text             NOT NULL,
    action       text COLLATE "C" NOT NULL, -- import, undo
    undoes       uuid,
    undone       boolean          NOT NULL DEFAULT false,
    state        text COLLATE "C" NOT NULL, -- waiting, reading, applying, held, checked, done, failed, cancelled
    by_command   boolean          NOT NULL DEFAULT false, -- outside the queue of jobs
    dry_run      boolean          NOT NULL DEFAULT false,
    complete     boolean          NOT NULL DEFAULT false, -- what the run does not name is gone
    forced       boolean          NOT NULL DEFAULT false, -- somebody has said that it is right
    cancelled    boolean          NOT NULL DEFAULT false, -- somebody wants it to end
    fence        bigint           NOT NULL DEFAULT 0,
    stage        uuid             NOT NULL,
    file         text             NOT NULL DEFAULT '', -- in the object store
    started_by   uuid,             -- the account
    started_name text             NOT NULL DEFAULT '',
    begin_cursor text             NOT NULL DEFAULT '',
    cursor       text             NOT NULL DEFAULT '',
    next_cursor  text             NOT NULL DEFAULT '',
    collected    boolean          NOT NULL DEFAULT false, -- all is staged
    entries_read bigint           NOT NULL DEFAULT 0,
    applied      bigint           NOT NULL DEFAULT 0,
    counts       json             NOT NULL DEFAULT '{}',
    skipped      bigint           NOT NULL DEFAULT 0,
    warnings     bigint           NOT NULL DEFAULT 0,
    differences  bigint           NOT NULL DEFAULT 0,
    had          bigint           NOT NULL DEFAULT 0, -- entries of the origin before
    lost         bigint           NOT NULL DEFAULT 0, -- of them, how many the run would delete
    kept         boolean          NOT NULL DEFAULT true,  -- what it changed, to be compared and undone
    swept        boolean          NOT NULL DEFAULT false, -- nothing is staged any more, and no file kept
    failure      text COLLATE "C" NOT NULL DEFAULT '',
    detail       text             NOT NULL DEFAULT '',
    created_at   timestamptz      NOT NULL,
    started_at   timestamptz,
    alive_at     timestamptz,
    finished_at  timestamptz
);

CREATE UNIQUE INDEX catalog_import_runs_one ON catalog_import_runs (origin) WHERE state IN ('waiting', 'reading', 'applying', 'held');
CREATE INDEX catalog_import_runs_source ON catalog_import_runs (source_id, id DESC);
CREATE INDEX catalog_import_runs_origin ON catalog_import_runs (origin, id DESC);
CREATE INDEX catalog_import_runs_sweep ON catalog_import_runs (finished_at) WHERE NOT swept;
CREATE INDEX catalog_import_runs_kept ON catalog_import_runs (id) WHERE kept AND differences > 0;

-- What a run has read and not yet applied, in order.
CREATE TABLE catalog_import_staged (
    stage    uuid             NOT NULL,
    kind     text COLLATE "C" NOT NULL,
    key      text COLLATE "C" NOT NULL, -- the entry's, or # and the position where there is none
    position bigint           NOT NULL,
    payload  text             NOT NULL, -- JSON, as it was read
    deleted  boolean          NOT NULL,
    place    text             NOT NULL, -- file or address
    line     integer          NOT NULL,
    skip     text             NOT NULL,
    warnings text[]           NOT NULL,
    PRIMARY KEY (stage, kind, key)
);

CREATE INDEX catalog_import_staged_order ON catalog_import_staged (stage, position);

-- What a run skipped, and what it left out of entries: the first thousand of each.
CREATE TABLE catalog_import_notes (
    run_id  uuid             NOT NULL REFERENCES catalog_import_runs ON DELETE CASCADE,
    number  bigint           NOT NULL,
    skipped boolean          NOT NULL,
    place   text             NOT NULL,
    line    integer          NOT NULL,
    text    text             NOT NULL,
    PRIMARY KEY (run_id, number)
);

-- What a run changed, or would change, entry by entry: what they were before, for people to compare and to undo it.
CREATE TABLE catalog_import_changes (
    run_id uuid             NOT NULL REFERENCES catalog_import_runs ON DELETE CASCADE,
    number bigint           NOT NULL,
    kind   text COLLATE "C" NOT NULL,
    key    text COLLATE "C" NOT NULL,
    title  text             NOT NULL,
    parts  text[]           NOT NULL, -- names of what differs
    before json,
    after  json,
    source text             NOT NULL, -- where before came from
    digest bytea,                     -- of after
    PRIMARY KEY (run_id, number)
);

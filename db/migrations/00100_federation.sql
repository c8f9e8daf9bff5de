-- +goose Up

-- Linked portals as seen from here: whether they can be reached. Who is a member is not kept here.
CREATE TABLE federation_peers (
    id            text        PRIMARY KEY,
    failures      integer     NOT NULL DEFAULT 0,       -- attempts in a row that did not reach it
    retry_at      timestamptz NOT NULL DEFAULT 'epoch', -- nothing is sent before, while failures > 0
    last_contact  timestamptz,
    last_error    text        NOT NULL DEFAULT '',
    last_error_at timestamptz,
    woken_at      timestamptz NOT NULL DEFAULT 'epoch', -- when its queue was last made due at once
    enqueued_at   timestamptz NOT NULL DEFAULT 'epoch'  -- when a job was last asked for because messages lay waiting
);

-- A lane holds the messages to one portal about one subject (an application, say), which arrive in order. last_seq is
-- the number given last, delivered_seq that of the message delivered last.
CREATE TABLE federation_outbox_lanes (
    recipient     text   NOT NULL,
    subject       uuid   NOT NULL,
    last_seq      bigint NOT NULL,
    delivered_seq bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (recipient, subject)
);

-- Messages to linked portals. head marks the earliest of its lane that is not settled: only that one may be sent.
-- leased_until keeps two processes from sending the same message at the same time.
CREATE TABLE federation_outbox (
    id           uuid        PRIMARY KEY,
    recipient    text        NOT NULL,
    kind         text        NOT NULL,
    subject      uuid        NOT NULL,
    seq          bigint      NOT NULL,
    content_hash bytea       NOT NULL,
    payload      bytea,                                   -- sealed; gone once delivered
    state        text        NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'delivered', 'parked', 'refused')),
    head         boolean     NOT NULL,
    attempts     integer     NOT NULL DEFAULT 0,
    since        timestamptz NOT NULL,                    -- from when on delivery was tried
    next_at      timestamptz NOT NULL,
    leased_until timestamptz NOT NULL DEFAULT 'epoch',
    last_error   text        NOT NULL DEFAULT '',
    created_at   timestamptz NOT NULL,
    settled_at   timestamptz,
    receipt      text        NOT NULL DEFAULT '',
    resent_as    uuid,                                    -- a refused message goes out again under another id
    UNIQUE (recipient, subject, seq)
);

CREATE INDEX federation_outbox_due ON federation_outbox (recipient, next_at) WHERE head AND state = 'queued';
CREATE INDEX federation_outbox_since ON federation_outbox (since) WHERE head AND state = 'queued';
CREATE INDEX federation_outbox_open ON federation_outbox (recipient, state, since) WHERE state <> 'delivered';

-- The number of the last message that arrived, by sender and subject.
CREATE TABLE federation_inbox_lanes (
    sender   text   NOT NULL,
    subject  uuid   NOT NULL,
    last_seq bigint NOT NULL,
    PRIMARY KEY (sender, subject)
);

-- Messages that arrived: a repeated one is answered from here. No content.
CREATE TABLE federation_inbox (
    sender       text        NOT NULL,
    id           uuid        NOT NULL,
    kind         text        NOT NULL,
    subject      uuid        NOT NULL,
    seq          bigint      NOT NULL,
    content_hash bytea       NOT NULL,
    outcome      text        NOT NULL CHECK (outcome IN ('accepted', 'refused')),
    receipt      text        NOT NULL DEFAULT '', -- of an accepted one
    refusal      jsonb,                           -- of a refused one: code and words
    arrived_at   timestamptz NOT NULL,
    PRIMARY KEY (sender, id)
);

-- The message log: a hash chain over what was sent and received. Headers and hashes, no content.
CREATE TABLE federation_log (
    seq          bigint      PRIMARY KEY,
    at           timestamptz NOT NULL,
    direction    text        NOT NULL CHECK (direction IN ('sent', 'received')),
    outcome      text        NOT NULL CHECK (outcome IN ('accepted', 'refused')),
    peer         text        NOT NULL,
    message_id   uuid        NOT NULL,
    kind         text        NOT NULL,
    subject_hash bytea       NOT NULL,
    content_hash bytea       NOT NULL,
    receipt      text        NOT NULL,
    prev_hash    bytea       NOT NULL,
    hash         bytea       NOT NULL
);

CREATE INDEX federation_log_message ON federation_log (message_id);

-- The end of the chain, signed by the portal. Its row is also the lock under which entries are appended.
CREATE TABLE federation_log_head (
    one       boolean PRIMARY KEY DEFAULT true CHECK (one),
    seq       bigint  NOT NULL,
    hash      bytea   NOT NULL,
    signature text    NOT NULL
);

INSERT INTO federation_log_head (seq, hash, signature) VALUES (0, '', '');

-- +goose StatementBegin
CREATE FUNCTION federation_log_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the message log is only appended to' USING ERRCODE = 'restrict_violation';
END $$;
-- +goose StatementEnd

CREATE TRIGGER federation_log_append_only BEFORE UPDATE OR DELETE ON federation_log
    FOR EACH ROW EXECUTE FUNCTION federation_log_refuse();
CREATE TRIGGER federation_log_no_truncate BEFORE TRUNCATE ON federation_log
    FOR EACH STATEMENT EXECUTE FUNCTION federation_log_refuse();

-- +goose StatementBegin
CREATE FUNCTION federation_log_head_forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR NEW.seq <= OLD.seq THEN
        RAISE EXCEPTION 'the message log is only appended to' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd

CREATE TRIGGER federation_log_head_forward BEFORE UPDATE OR DELETE ON federation_log_head
    FOR EACH ROW EXECUTE FUNCTION federation_log_head_forward();

-- This portal's catalog as others read it: the latest state of each entry, ordered by the transaction that wrote it.
-- Readers get only rows of transactions below the oldest that still runs, so that no later commit falls behind them.
CREATE SEQUENCE federation_feed_seq;

CREATE TABLE federation_feed (
    kind       text        NOT NULL,
    id         text        NOT NULL,
    xid        bigint      NOT NULL,
    seq        bigint      NOT NULL,
    payload    text,                  -- JSON; empty when the entry is deleted
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (kind, id)
);

CREATE INDEX federation_feed_order ON federation_feed (xid, seq);
CREATE INDEX federation_feed_deleted ON federation_feed (changed_at) WHERE payload IS NULL;

-- The epoch in which (xid, seq) keep their meaning: another one begins when the database was restored or moved. Cursors
-- below the horizon may miss deletions that are no longer kept.
CREATE TABLE federation_feed_epoch (
    one     boolean PRIMARY KEY DEFAULT true CHECK (one),
    epoch   text    NOT NULL,
    origin  text    NOT NULL,
    horizon bigint  NOT NULL DEFAULT 0
);

-- How far the catalogs of linked portals have been read. A snapshot in progress has a generation of its own: entries
-- that it did not touch are gone at its end.
CREATE TABLE federation_replicas (
    owner      text        PRIMARY KEY,
    cursor     text        NOT NULL DEFAULT '',
    generation bigint      NOT NULL DEFAULT 0,
    snapshot   boolean     NOT NULL DEFAULT false,
    entries    bigint      NOT NULL DEFAULT 0,
    pulled_at  timestamptz,
    failed_at  timestamptz,
    failure    text        NOT NULL DEFAULT ''
);

CREATE TABLE federation_replica_entries (
    owner      text   NOT NULL,
    kind       text   NOT NULL,
    id         text   NOT NULL,
    generation bigint NOT NULL,
    PRIMARY KEY (owner, kind, id)
);

-- +goose Up

-- How the links were doing: a row for each portal and stretch of time, in three steps (60 s for an hour, 900 s for a day, 7200 s
-- for a week), so that what is kept does not grow. Queues and delays are the greatest seen, messages are added up.
CREATE TABLE federation_samples (
    step        integer     NOT NULL, -- seconds
    at          timestamptz NOT NULL, -- beginning of the stretch
    peer        text        NOT NULL,
    waiting     integer     NOT NULL, -- messages that were not delivered
    message_lag integer     NOT NULL, -- seconds that the oldest of them had waited
    catalog_lag integer     NOT NULL, -- seconds since the portal's catalog was read
    sent        integer     NOT NULL,
    received    integer     NOT NULL,
    away        boolean     NOT NULL,
    PRIMARY KEY (step, at, peer)
);

-- How far the message log has been counted. Its row is also the lock under which samples are taken, one at a time.
CREATE TABLE federation_sampled (
    singleton boolean     PRIMARY KEY DEFAULT true CHECK (singleton),
    log_seq   bigint      NOT NULL,
    at        timestamptz NOT NULL
);
INSERT INTO federation_sampled (log_seq, at) SELECT seq, 'epoch' FROM federation_log_head;

-- What is wrong with a link. One that has not lasted yet is not raised; one that is over for long enough has an end.
CREATE TABLE federation_alerts (
    id       bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind     text        NOT NULL,
    peer     text        NOT NULL,
    since    timestamptz NOT NULL,
    raised   boolean     NOT NULL DEFAULT false, -- it has lasted, and whoever is to be told was told
    quiet_at timestamptz,                        -- since when it has not been seen
    ended_at timestamptz
);
CREATE UNIQUE INDEX federation_alerts_open ON federation_alerts (kind, peer) WHERE ended_at IS NULL;
CREATE INDEX federation_alerts_ended ON federation_alerts (ended_at) WHERE ended_at IS NOT NULL;

-- When the certificate of a portal's address runs out, as seen while its catalog was read.
ALTER TABLE federation_replicas ADD COLUMN certificate_until timestamptz;

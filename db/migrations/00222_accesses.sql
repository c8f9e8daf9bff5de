-- +goose Up

-- Reads at linked portals come by message: origin and entry_id keep each once. who_kind says who read; reference and
-- application_id name the application that it was about.
ALTER TABLE accesses
    ADD COLUMN who_kind       text NOT NULL DEFAULT 'portal',
    ADD COLUMN origin         text NOT NULL DEFAULT '',
    ADD COLUMN entry_id       uuid,
    ADD COLUMN reference      text NOT NULL DEFAULT '',
    ADD COLUMN application_id uuid,
    ADD COLUMN objected_at    timestamptz;

CREATE UNIQUE INDEX accesses_once ON accesses (origin, entry_id) WHERE entry_id IS NOT NULL;

-- When a clerk last read a case or its files, so that reading on within a quarter of an hour is told to the person once. The audit
-- has every read.
CREATE TABLE case_reads (
    case_id uuid        NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
    reader  text        NOT NULL,
    item    text        NOT NULL,
    at      timestamptz NOT NULL,
    PRIMARY KEY (case_id, reader, item)
);

-- When a provider's fetching of a delivery was last told to the person.
ALTER TABLE deliveries ADD COLUMN accessed_at timestamptz;

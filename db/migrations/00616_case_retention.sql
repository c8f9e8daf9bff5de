-- +goose Up

-- When a case was closed: decided or withdrawn. Null for those that were closed before, and by programs of the version before; for them the last
-- change counts.
ALTER TABLE cases ADD COLUMN closed_at timestamptz;

-- What is due for deletion, by competence, as each has a period of its own.
CREATE INDEX cases_kept ON cases (organisation_id, service_id, (coalesce(closed_at, changed_at))) WHERE NOT open;

-- How long closed cases are kept: of the portal, of a service, or of a service at one office. Null: nothing is set here. changed_at stays with a row
-- that was taken back, as what is due earlier than before is kept for some days more.
CREATE TABLE case_rules (
    id          uuid        PRIMARY KEY,
    service_id  uuid,
    unit        uuid,
    keep_months integer     CHECK (keep_months BETWEEN 1 AND 600),
    changed_at  timestamptz NOT NULL,
    CONSTRAINT case_rules_competence UNIQUE NULLS NOT DISTINCT (service_id, unit),
    CONSTRAINT case_rules_office CHECK (unit IS NULL OR service_id IS NOT NULL)
);

-- What keeps a case from being deleted. reason is sealed.
CREATE TABLE case_holds (
    case_id uuid        PRIMARY KEY REFERENCES cases (id) ON DELETE CASCADE,
    reason  bytea       NOT NULL,
    set_by  uuid        NOT NULL, -- an account of this portal
    at      timestamptz NOT NULL
);

-- What stays of a deleted case: nobody is named. Figures count it.
CREATE TABLE case_remains (
    id              uuid        PRIMARY KEY,
    number          text        NOT NULL,
    content_hash    text        NOT NULL,
    state           text        NOT NULL,
    service_id      uuid        NOT NULL,
    service_title   jsonb       NOT NULL,
    organisation_id uuid        NOT NULL,
    received_at     timestamptz NOT NULL,
    decided_at      timestamptz,
    deleted_at      timestamptz NOT NULL
);

CREATE INDEX case_remains_received ON case_remains (received_at);

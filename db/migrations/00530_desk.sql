-- +goose Up

-- Who has a case, and when it should be done. A case is open while there is something to do on it.
ALTER TABLE cases
    ADD COLUMN assignee   uuid, -- an account of this portal
    ADD COLUMN due_on     date,
    ADD COLUMN decided_at timestamptz, -- when it was granted or refused
    ADD COLUMN open       boolean NOT NULL GENERATED ALWAYS AS (state IN ('received', 'inProgress', 'question')) STORED;

UPDATE cases
SET due_on = (received_at AT TIME ZONE 'Europe/Berlin')::date + 28,
    decided_at = (SELECT max(e.at) FROM case_events e WHERE e.case_id = cases.id AND e.kind IN ('granted', 'refused'));

ALTER TABLE cases ALTER COLUMN due_on SET NOT NULL;

-- The inbox by person, by service, by date, and what nobody has; everywhere and in a unit.
CREATE INDEX cases_assignee ON cases (assignee, received_at DESC, id DESC) WHERE assignee IS NOT NULL;
CREATE INDEX cases_assignee_due ON cases (assignee, due_on, id) WHERE open AND assignee IS NOT NULL;
CREATE INDEX cases_service ON cases (service_id, received_at DESC, id DESC);
CREATE INDEX cases_due ON cases (due_on, id) WHERE open;
CREATE INDEX cases_unit_due ON cases (organisation_id, due_on, id) WHERE open;
CREATE INDEX cases_open ON cases (received_at DESC, id DESC) WHERE open;
CREATE INDEX cases_unit_open ON cases (organisation_id, received_at DESC, id DESC) WHERE open;
CREATE INDEX cases_free_everywhere ON cases (received_at DESC, id DESC) WHERE open AND assignee IS NULL;
CREATE INDEX cases_free ON cases (organisation_id, received_at DESC, id DESC) WHERE open AND assignee IS NULL;

-- Counting by state, for the same.
CREATE INDEX cases_assignee_state ON cases (assignee, state) WHERE assignee IS NOT NULL;
CREATE INDEX cases_service_state ON cases (service_id, state);
CREATE INDEX cases_due_state ON cases (state, due_on) WHERE open;
CREATE INDEX cases_free_state ON cases (state) WHERE open AND assignee IS NULL;

-- Internal notes. text is sealed. They are never changed.
CREATE TABLE case_notes (
    id      uuid        PRIMARY KEY, -- made in the order of time
    case_id uuid        NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
    at      timestamptz NOT NULL,
    author  uuid        NOT NULL, -- an account of this portal
    text    bytea       NOT NULL
);

CREATE INDEX case_notes_case ON case_notes (case_id, id);

-- Text templates of clerks: of one organisational unit or, without one, of the portal.
CREATE TABLE case_templates (
    id    uuid PRIMARY KEY,
    unit  uuid,
    use   text NOT NULL, -- question, granted, refused, note
    title text NOT NULL,
    text  text NOT NULL
);

CREATE INDEX case_templates_unit ON case_templates (unit);

-- What a clerk has narrowed the inbox by, and saved.
CREATE TABLE case_views (
    account_id uuid  PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    views      jsonb NOT NULL
);

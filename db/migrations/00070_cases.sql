-- +goose Up

-- The clerk's side of an application. content is sealed: the answers and the names of the files. applicant_name is the
-- authority's own data and plain, so that clerks can search for it; search holds number, name and titles, folded.
CREATE TABLE cases (
    id                uuid        PRIMARY KEY,
    origin            text        NOT NULL, -- entity id of the portal where it was applied for
    application_id    uuid        NOT NULL,
    number            text        NOT NULL,
    state             text        NOT NULL,
    service_id        uuid        NOT NULL,
    service_title     jsonb       NOT NULL,
    organisation_id   uuid        NOT NULL,
    organisation_name jsonb       NOT NULL,
    applicant_name    text        NOT NULL,
    ars               text        NOT NULL,
    form_id           uuid        NOT NULL,
    form_version      integer     NOT NULL,
    language          text        NOT NULL,
    trust_level       text        NOT NULL,
    content_hash      text        NOT NULL,
    content           bytea       NOT NULL,
    search            text        NOT NULL,
    submitted_at      timestamptz NOT NULL,
    received_at       timestamptz NOT NULL,
    complete_at       timestamptz, -- when all attachments were here
    changed_at        timestamptz NOT NULL,
    version           integer     NOT NULL DEFAULT 1,
    CONSTRAINT cases_application UNIQUE (origin, application_id)
);

-- The inbox, newest first, of all states and of one; the second one also counts.
CREATE INDEX cases_received ON cases (received_at DESC, id DESC);
CREATE INDEX cases_state_received ON cases (state, received_at DESC, id DESC);
CREATE INDEX cases_search ON cases USING gin (search gin_trgm_ops);

-- The timeline of a case. text is sealed. id is that of the event at the portal where it happened, so that the same
-- event is kept once; position is the order of arrival here.
CREATE TABLE case_events (
    case_id  uuid        NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
    id       uuid        NOT NULL,
    position bigint      GENERATED ALWAYS AS IDENTITY,
    at       timestamptz NOT NULL,
    kind     text        NOT NULL,
    by       text        NOT NULL,
    name     text        NOT NULL DEFAULT '',
    text     bytea,
    PRIMARY KEY (case_id, id)
);

CREATE INDEX case_events_order ON case_events (case_id, position);

-- Files of a case; their names are in the sealed content. state is pending until the file has been fetched from the
-- portal of origin, then available, or parked when that failed for good.
CREATE TABLE case_attachments (
    case_id  uuid    NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
    id       uuid    NOT NULL,
    size     bigint  NOT NULL,
    sha256   text    NOT NULL,
    state    text    NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    PRIMARY KEY (case_id, id)
);

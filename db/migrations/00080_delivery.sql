-- +goose Up

-- Applications handed to a regional provider's software. content is sealed: the answers and what is known of the files.
CREATE TABLE deliveries (
    id             uuid        PRIMARY KEY, -- UUIDv7: in the order of arrival
    provider       text        NOT NULL,
    origin         text        NOT NULL, -- entity id of the portal where it was applied for
    application_id uuid        NOT NULL,
    number         text        NOT NULL,
    service_id     uuid        NOT NULL,
    service_title  jsonb       NOT NULL,
    ars            text        NOT NULL,
    language       text        NOT NULL,
    submitted_at   timestamptz NOT NULL,
    content        bytea       NOT NULL,
    content_hash   text        NOT NULL,
    state          text        NOT NULL,
    reference      text        NOT NULL DEFAULT '', -- the provider's own number
    attempts       integer     NOT NULL DEFAULT 0,
    last_error     text        NOT NULL DEFAULT '',
    created_at     timestamptz NOT NULL,
    changed_at     timestamptz NOT NULL,
    delivered_at   timestamptz,
    cancelled_at   timestamptz,
    CONSTRAINT deliveries_application UNIQUE (origin, application_id)
);

-- A provider's list, oldest first, of all states and of one.
CREATE INDEX deliveries_provider ON deliveries (provider, id);
CREATE INDEX deliveries_provider_state ON deliveries (provider, state, id);

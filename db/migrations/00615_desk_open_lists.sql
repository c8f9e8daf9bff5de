-- +goose Up

-- The open cases of the whole portal, in the order of what is due and of time for each state, hold whatever else is asked of them: what is
-- overdue, what nobody has.
CREATE INDEX cases_open_due ON cases (state, due_on, id) INCLUDE (organisation_id, assignee, service_id, received_at) WHERE open;
CREATE INDEX cases_open_received ON cases (state, received_at DESC, id DESC) INCLUDE (organisation_id, assignee, service_id, due_on) WHERE open;

-- Those of a service and of a person hold it, too.
DROP INDEX cases_service_state, cases_assignee_state;
CREATE INDEX cases_service_state ON cases (service_id, state, received_at DESC, id DESC) INCLUDE (organisation_id, assignee, due_on);
CREATE INDEX cases_assignee_state ON cases (assignee, state, received_at DESC, id DESC) INCLUDE (organisation_id, service_id, due_on) WHERE assignee IS NOT NULL;

-- Of which services a unit has cases: a search for words of titles need not look for others.
CREATE INDEX cases_unit_service ON cases (organisation_id, service_id);

-- +goose Up

-- Each list of cases is in the order of time for each state: everywhere, in a unit, of a service, of a person. The last two answer from
-- the index alone which of them are in a unit. The others go first, so that nothing new is written into them.
DROP INDEX cases_search, cases_received, cases_unit_received, cases_service, cases_service_state, cases_assignee, cases_assignee_due,
    cases_assignee_state, cases_open, cases_unit_open, cases_due, cases_unit_due, cases_due_state, cases_free, cases_free_everywhere, cases_free_state;

-- What a case is found by. search holds number and name, folded; services are found by their titles first. words holds its words, which are
-- searched by their beginnings, and whole what lists are narrowed by, so that a search reads no cases of others: unit, service, assignee
-- and state. The characters between words are those of server/cases/search.go.
ALTER TABLE cases
    ALTER COLUMN search TYPE text USING lower(regexp_replace(normalize(replace(lower(number || ' ' || replace(number, '-', '') || ' ' || applicant_name), 'ß', 'ss'), NFD), '[\u0300-\u036f]', '', 'g')),
    ADD COLUMN words tsvector NOT NULL GENERATED ALWAYS AS (array_to_tsvector(array_remove(string_to_array(
        translate(search, E' \t\r\n!"#$%&''()*+,-./:;<=>?@[\\]^_`{|}~\u00a0\u00b7\u2013\u2014\u2018\u2019\u201a\u201c\u201d\u201e', repeat(' ', 50)), ' '), '')
        || ARRAY['#' || organisation_id, '+' || service_id, '@' || coalesce(assignee::text, ''), '=' || state])) STORED;

-- Few new cases wait unsorted, as each search reads those.
CREATE INDEX cases_words ON cases USING gin (words) WITH (gin_pending_list_limit = 256);

CREATE INDEX cases_service_state ON cases (service_id, state, received_at DESC, id DESC) INCLUDE (organisation_id);
CREATE INDEX cases_assignee_state ON cases (assignee, state, received_at DESC, id DESC) INCLUDE (organisation_id, service_id) WHERE assignee IS NOT NULL;

-- The open ones are so few that one index answers whatever is asked of them, without reading the cases: what is due, what nobody has,
-- who has how many.
CREATE INDEX cases_open ON cases (organisation_id, due_on, id) INCLUDE (state, assignee, service_id, received_at) WHERE open;

-- An index answers alone where a page has been vacuumed since it was written. The default waits until a fifth of all cases has changed.
ALTER TABLE cases SET (autovacuum_vacuum_scale_factor = 0.005, autovacuum_vacuum_insert_scale_factor = 0.005);

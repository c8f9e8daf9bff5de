-- +goose Up

-- Roles for one organisational unit. In accounts.roles and sessions.roles, which stay words separated by spaces, a role alone is for
-- the whole portal, as all were so far; one with a unit's id behind @ (clerk@0198…) is for that unit and the units below it.
-- Programs of the version before know no such words, and give no right by them.
CREATE INDEX accounts_staff_roles ON accounts USING gin (string_to_array(roles, ' ')) WHERE roles <> '';

-- The inbox of a unit, newest first, and how many cases it has of each state.
CREATE INDEX cases_unit_received ON cases (organisation_id, received_at DESC, id DESC);
CREATE INDEX cases_unit_state ON cases (organisation_id, state, received_at DESC, id DESC);

-- In which unit something was done, for those who audit single ones; null where it concerns none, or the whole portal.
ALTER TABLE audit_entries ADD COLUMN unit uuid;
CREATE INDEX audit_entries_unit ON audit_entries (unit, id DESC) WHERE unit IS NOT NULL;

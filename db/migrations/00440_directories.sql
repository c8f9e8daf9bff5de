-- +goose Up

-- Staff who sign in by their authority's directory (OpenID Connect). directory is its id in the list of identity providers; empty for a
-- local account. roles stay what somebody has in all: of somebody from a directory, what it gave at the last sign-in (directory_roles) and
-- what administrators gave here (local_roles). Without any, nobody signs in to such an account, which is no citizen's either.
ALTER TABLE accounts ADD COLUMN directory text NOT NULL DEFAULT '';
ALTER TABLE accounts ADD COLUMN directory_roles text NOT NULL DEFAULT '';
ALTER TABLE accounts ADD COLUMN local_roles text NOT NULL DEFAULT '';

-- The list of staff: by address, those without one first.
CREATE INDEX accounts_staff_listed ON accounts ((COALESCE(email, '')), id) WHERE roles <> '' OR directory <> '';

-- By which directory a session was begun, and a sign-in whose second factor is still to be proved here; with what was proved there.
ALTER TABLE sessions ADD COLUMN directory text NOT NULL DEFAULT '';
ALTER TABLE pending_factors ADD COLUMN directory text NOT NULL DEFAULT '';
ALTER TABLE pending_factors ADD COLUMN methods text NOT NULL DEFAULT 'pwd';

-- +goose Up

-- For those who read the audit trail: of one actor, one kind of act, or one object, the newest first.
CREATE INDEX audit_entries_actor ON audit_entries (actor, id DESC);
CREATE INDEX audit_entries_action ON audit_entries (action COLLATE "C", id DESC);
CREATE INDEX audit_entries_object ON audit_entries (object, id DESC);

-- Those who work here, by address.
CREATE INDEX accounts_staff ON accounts (email) WHERE roles <> '';

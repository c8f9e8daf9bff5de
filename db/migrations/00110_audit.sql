-- +goose Up

-- Who did what at this portal. Rows are added and never changed; they name ids and words of the program, and no
-- content. actor is an account's id, a person's identifier at their account home, a client's or a member's id.
CREATE TABLE audit_entries (
    id         uuid        PRIMARY KEY, -- UUIDv7: in the order of time
    at         timestamptz NOT NULL,
    actor_kind text        NOT NULL,
    actor      text        NOT NULL,
    issuer     text        NOT NULL DEFAULT '', -- the account home of a person
    action     text        NOT NULL,
    object     text        NOT NULL,
    detail     text        NOT NULL DEFAULT '',
    request_id text        NOT NULL DEFAULT ''
);

-- +goose StatementBegin
CREATE FUNCTION audit_entries_are_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit entries are only ever added';
END
$$;
-- +goose StatementEnd

CREATE TRIGGER audit_entries_are_kept BEFORE UPDATE OR DELETE ON audit_entries
    FOR EACH ROW EXECUTE FUNCTION audit_entries_are_kept();
CREATE TRIGGER audit_entries_are_not_emptied BEFORE TRUNCATE ON audit_entries
    FOR EACH STATEMENT EXECUTE FUNCTION audit_entries_are_kept();

-- +goose Up

-- Decisions on paper, as they went out: content is sealed, sha256 is of the PDF. opened_at is when the person first opened it at the portal where they applied.
CREATE TABLE case_decisions (
    case_id   uuid        PRIMARY KEY REFERENCES cases (id) ON DELETE CASCADE,
    id        uuid        NOT NULL UNIQUE, -- by which the portal of origin fetches it
    at        timestamptz NOT NULL,
    name      text        NOT NULL,
    size      bigint      NOT NULL,
    sha256    text        NOT NULL,
    content   bytea       NOT NULL,
    opened_at timestamptz
);

-- +goose StatementBegin
CREATE FUNCTION case_decision_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.opened_at IS NOT NULL
        OR (NEW.case_id, NEW.id, NEW.at, NEW.name, NEW.size, NEW.sha256, NEW.content) IS DISTINCT FROM (OLD.case_id, OLD.id, OLD.at, OLD.name, OLD.size, OLD.sha256, OLD.content) THEN
        RAISE EXCEPTION 'a decision that went out is not changed' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER case_decisions_are_kept BEFORE UPDATE ON case_decisions FOR EACH ROW EXECUTE FUNCTION case_decision_is_kept();

-- When the person first opened a document at the portal where they applied.
ALTER TABLE application_documents ADD COLUMN opened_at timestamptz;

-- +goose Up

-- What the authority asks for with a question, and what people answer beside words: sealed JSON. reminded_at: of a question with a day until which it waits.
ALTER TABLE application_events ADD COLUMN more bytea, ADD COLUMN reminded_at timestamptz;

-- The answer with which a file was sent that the authority has asked for (field begins with #); until then it is there for the person only.
ALTER TABLE application_attachments ADD COLUMN event_id uuid;

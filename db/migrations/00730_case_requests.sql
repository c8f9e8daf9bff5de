-- +goose Up

-- What a question asks for beside its words, or what an answer brought; sealed.
ALTER TABLE case_events ADD COLUMN more bytea;

-- When a file was announced that came with an answer. Null: it is one of the application.
ALTER TABLE case_attachments ADD COLUMN announced_at timestamptz;

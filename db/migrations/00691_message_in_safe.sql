-- +goose Up

-- What became of a message in the safe: its state, and which files are still being fetched.
ALTER TABLE mailbox_messages ADD COLUMN safe jsonb;

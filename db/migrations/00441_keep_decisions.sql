-- +goose Up

-- What people want done with messages at their account home. keep_decisions: decisions are put into the documents safe as they come.
CREATE TABLE mailbox_settings (
    account_id     uuid    PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    keep_decisions boolean NOT NULL
);

-- When a message was put into the safe by itself: once, also when the person has deleted it there since.
ALTER TABLE mailbox_messages ADD COLUMN kept_at timestamptz;

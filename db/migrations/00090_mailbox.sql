-- +goose Up

-- Messages to people who have their account here. content is sealed: subject, sender, text and link. A message that
-- its reader deletes loses its content; that it came, and when it was first read, stays.
CREATE TABLE mailbox_messages (
    id            uuid        PRIMARY KEY,
    account_id    uuid        NOT NULL,
    origin        text        NOT NULL, -- entity id of the sending portal
    message_id    uuid        NOT NULL, -- its id there
    content       bytea,
    at            timestamptz NOT NULL, -- as the sender says, never after received_at
    received_at   timestamptz NOT NULL,
    first_read_at timestamptz,
    deleted_at    timestamptz,
    CONSTRAINT mailbox_messages_once UNIQUE (origin, message_id)
);

-- A person's mailbox, newest first, and the number of what they have not read.
CREATE INDEX mailbox_messages_account ON mailbox_messages (account_id, received_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX mailbox_messages_unread ON mailbox_messages (account_id) WHERE first_read_at IS NULL AND deleted_at IS NULL;

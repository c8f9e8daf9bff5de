-- +goose Up

-- Test deliveries reach providers and nobody else. tried_since is from when on a push is tried, when it was begun again.
ALTER TABLE deliveries ADD COLUMN test boolean NOT NULL DEFAULT false;
ALTER TABLE deliveries ADD COLUMN tried_since timestamptz;

-- What providers and citizens write to each other about a delivery; sealed.
CREATE TABLE delivery_messages (
    id          uuid        PRIMARY KEY, -- UUIDv7: in their order
    delivery_id uuid        NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
    at          timestamptz NOT NULL,
    by          text        NOT NULL CHECK (by IN ('provider', 'citizen')),
    question    boolean     NOT NULL DEFAULT false,
    content     bytea       NOT NULL
);
CREATE INDEX delivery_messages_delivery ON delivery_messages (delivery_id, id);

-- +goose Up

-- Addresses at which a provider has said that it takes nothing more (410 Gone). Nothing is pushed there again until the
-- provider has another address.
CREATE TABLE delivery_gone (
    provider text        NOT NULL,
    url      text        NOT NULL,
    gone_at  timestamptz NOT NULL,
    PRIMARY KEY (provider, url)
);

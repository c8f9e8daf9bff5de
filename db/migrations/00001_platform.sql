-- +goose Up

-- Similarity and accents for search in names. Both are trusted: the owner of the database may create them.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS unaccent;

-- Answers to requests that carried an Idempotency-Key. A row is written in the transaction of what the request did;
-- scope names who asked and what for, request_hash tells a repeated request from a different one with the same key.
-- status and response are empty while the first request is still running.
CREATE TABLE idempotency_keys (
    scope        text        NOT NULL,
    key          text        NOT NULL,
    request_hash bytea       NOT NULL,
    status       integer,
    response     bytea,
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (scope, key)
);

CREATE INDEX idempotency_keys_created_at ON idempotency_keys (created_at);

-- +goose Up

-- Whose data was deleted here, sealed: a backup that is restored has them again, and this list, kept outside, deletes them once more.
CREATE TABLE account_erasures (
    id        uuid        PRIMARY KEY,
    sealed    bytea       NOT NULL,
    erased_at timestamptz NOT NULL
);

CREATE INDEX account_erasures_erased_at ON account_erasures (erased_at, id);

-- +goose Up

-- For whom an application is made: sealed, empty for people who act for themselves.
ALTER TABLE applications ADD COLUMN acts_for bytea;

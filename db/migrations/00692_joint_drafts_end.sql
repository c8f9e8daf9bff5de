-- +goose Up

-- When those who make a draft together were told that it runs out soon; once for each time that it was changed.
ALTER TABLE applications ADD COLUMN warned_at timestamptz;

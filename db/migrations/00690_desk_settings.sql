-- +goose Up

-- How a clerk works at the desk, beside the views that they have saved.
ALTER TABLE case_views
    ALTER COLUMN views SET DEFAULT '[]',
    ADD COLUMN shortcuts boolean NOT NULL DEFAULT true; -- whether single keys lead through cases

-- +goose Up

-- Whether a decision waits until a second clerk agrees. Null: nothing is set here.
ALTER TABLE case_rules ADD COLUMN four_eyes boolean;

-- Decisions that wait. content is sealed. One that a program of the version before has left at a closed case counts no more.
CREATE TABLE case_proposals (
    case_id     uuid        PRIMARY KEY REFERENCES cases (id) ON DELETE CASCADE,
    content     bytea       NOT NULL,
    proposed_by uuid        NOT NULL, -- an account of this portal
    at          timestamptz NOT NULL
);

-- +goose Up

-- Who stands in for a clerk, for some days.
CREATE TABLE case_deputies (
    account_id uuid PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    deputy_id  uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    first_day  date NOT NULL,
    last_day   date NOT NULL,
    CHECK (first_day <= last_day AND account_id <> deputy_id)
);

CREATE INDEX case_deputies_deputy ON case_deputies (deputy_id);
CREATE INDEX case_deputies_end ON case_deputies (last_day);

-- On which day somebody was told last of cases that are due.
CREATE TABLE case_reminders (
    account_id uuid PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    day        date NOT NULL
);

-- +goose Up

-- Fees that the authority sets later, within a range, of applications that have arrived: what of the offer counted then. least and most, in cents, are what
-- the person was shown. ended says why there is nothing to set any more.
CREATE TABLE payment_fees_to_set (
    origin             text        NOT NULL,
    application_id     uuid        NOT NULL,
    application_number text        NOT NULL,
    organisation_id    uuid        NOT NULL,
    budget_account     text        NOT NULL,
    purpose            jsonb       NOT NULL, -- {language: text}
    legal_basis        jsonb       NOT NULL,
    creditor           jsonb       NOT NULL,
    least              bigint      NOT NULL CHECK (least >= 0),
    most               bigint      NOT NULL CHECK (most BETWEEN 1 AND 99999900),
    ended              text        NOT NULL DEFAULT '' CHECK (ended IN ('', 'set', 'withdrawn')),
    created_at         timestamptz NOT NULL,
    PRIMARY KEY (origin, application_id),
    CHECK (least <= most)
);

-- Items and reason of a fee that was set so, sealed: they may tell of somebody's circumstances.
ALTER TABLE payments ADD COLUMN assessed bytea;

-- +goose Up

-- What is owed, for the list of open items (the longest due first) and its sum.
CREATE INDEX payments_owed ON payments (due_at, id) INCLUDE (amount) WHERE state IN ('created', 'started', 'failed', 'cancelled', 'expired');

-- Money at the provider that this portal has not ordered (stray) is kept until it is given back: it has a booking and a refund, and no payment.
ALTER TABLE ledger_bookings
    ALTER COLUMN payment_id DROP NOT NULL,
    ADD CONSTRAINT ledger_bookings_of_payments CHECK (payment_id IS NOT NULL OR kind IN ('stray', 'refund'));
ALTER TABLE payment_refunds
    ALTER COLUMN payment_id DROP NOT NULL,
    ADD COLUMN transaction_id text, -- at the provider, of a stray
    DROP CONSTRAINT payment_refunds_kind_check,
    ADD CONSTRAINT payment_refunds_kind_check CHECK (kind IN ('fee', 'surplus', 'stray')),
    ADD CONSTRAINT payment_refunds_of_payments CHECK ((kind = 'stray') = (payment_id IS NULL) AND (kind = 'stray') = (transaction_id IS NOT NULL));
CREATE UNIQUE INDEX payment_refunds_stray ON payment_refunds (transaction_id) WHERE kind = 'stray';

-- Differences to the provider's list that the treasury has cleared up outside of the portal, with what it was. ours and theirs, in cents, are what each side had
-- then, 0 for nothing: a difference that changes is another one.
CREATE TABLE payment_differences (
    transaction_id text        NOT NULL,
    kind           text        NOT NULL,
    ours           bigint      NOT NULL,
    theirs         bigint      NOT NULL,
    note           text        NOT NULL,
    by             text        NOT NULL, -- an account of staff
    at             timestamptz NOT NULL,
    PRIMARY KEY (transaction_id, kind, ours, theirs)
);

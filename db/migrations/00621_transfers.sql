-- +goose Up

-- What of a fee has come so far. While it is owed, that is what came in parts, by transfer.
ALTER TABLE payments ADD COLUMN received bigint NOT NULL DEFAULT 0, ADD CONSTRAINT payments_received CHECK (received BETWEEN 0 AND amount);
DROP INDEX payments_owed;
CREATE INDEX payments_owed ON payments (due_at, id) INCLUDE (amount, received) WHERE state IN ('created', 'started', 'failed', 'cancelled', 'expired');

-- Files with account statements that were read in. Figures are of the entries in them: taken are those that were not known before.
CREATE TABLE payment_statements (
    id       uuid        PRIMARY KEY,
    file     text        NOT NULL,
    entries  integer     NOT NULL,
    taken    integer     NOT NULL,
    matched  integer     NOT NULL,
    credits  bigint      NOT NULL,
    debits   bigint      NOT NULL,
    by       text        NOT NULL, -- an account of staff
    at       timestamptz NOT NULL
);
CREATE INDEX payment_statements_at ON payment_statements (at DESC, id DESC);

-- Money that has come to the account, once for an entry of its statements. used of it pays a fee, given is given back or will be; the rest has still to be cleared up.
-- content is sealed: who it is from, and what they wrote.
CREATE TABLE payment_transfers (
    id         uuid        PRIMARY KEY,
    account    text        NOT NULL, -- IBAN of the portal
    entry      text        NOT NULL, -- the bank's reference, with its day
    day        date        NOT NULL,
    amount     bigint      NOT NULL CHECK (amount > 0),
    content    bytea       NOT NULL,
    payment_id uuid        REFERENCES payments (id),
    used       bigint      NOT NULL DEFAULT 0 CHECK (used >= 0),
    given      bigint      NOT NULL DEFAULT 0 CHECK (given >= 0),
    version    integer     NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    UNIQUE (account, entry),
    CHECK (used + given <= amount),
    CHECK ((payment_id IS NULL) = (used = 0))
);
CREATE INDEX payment_transfers_day ON payment_transfers (day DESC, id DESC);
CREATE INDEX payment_transfers_open ON payment_transfers (day DESC, id DESC) WHERE used + given < amount;
CREATE INDEX payment_transfers_payment ON payment_transfers (payment_id) WHERE payment_id IS NOT NULL;

-- Money to give back leaves where it came in.
ALTER TABLE payment_refunds
    ADD COLUMN source      text NOT NULL DEFAULT 'provider' CHECK (source IN ('provider', 'bank', 'cash')),
    ADD COLUMN transfer_id uuid REFERENCES payment_transfers (id);
CREATE INDEX payment_refunds_transfer ON payment_refunds (transfer_id) WHERE transfer_id IS NOT NULL;

ALTER TABLE ledger_lines
    DROP CONSTRAINT ledger_lines_account_check,
    ADD CONSTRAINT ledger_lines_account_check CHECK (account IN ('receivable', 'provider', 'bank', 'cash', 'suspense', 'loss') OR account LIKE 'revenue:_%');
ALTER TABLE ledger_bookings
    DROP CONSTRAINT ledger_bookings_of_payments,
    ADD CONSTRAINT ledger_bookings_of_payments CHECK (payment_id IS NOT NULL OR kind IN ('stray', 'refund', 'transfer'));

-- +goose Up

-- Numbers of Kassenzeichen; gaps do no harm.
CREATE SEQUENCE payment_reference_numbers MINVALUE 1 MAXVALUE 999999999 CYCLE;

-- Fees that are asked for applications, at the portal whose money it is. amount and everything else that is money is in cents of euros.
-- shown is what the person was shown before they submitted, tariff what this portal reckoned; amount, the smaller one, is asked. reference is the
-- Kassenzeichen, budget_account the Haushaltsstelle. refunded is what was given back of amount.
CREATE TABLE payments (
    id                 uuid        PRIMARY KEY, -- version 4: it is in the address to which a provider sends people back
    origin             text        NOT NULL,
    application_id     uuid        NOT NULL,
    application_number text        NOT NULL,
    organisation_id    uuid        NOT NULL,
    reference          text        NOT NULL,
    budget_account     text        NOT NULL,
    purpose            jsonb       NOT NULL, -- {language: text}
    legal_basis        jsonb       NOT NULL,
    creditor           jsonb       NOT NULL,
    currency           text        NOT NULL DEFAULT 'EUR' CHECK (currency = 'EUR'),
    amount             bigint      NOT NULL CHECK (amount BETWEEN 1 AND 99999900),
    shown              bigint      NOT NULL,
    tariff             bigint      NOT NULL,
    state              text        NOT NULL CHECK (state IN
        ('created', 'started', 'paid', 'failed', 'cancelled', 'expired', 'withdrawn', 'refundAsked', 'refunded', 'writtenOff')),
    version            integer     NOT NULL, -- grows with every change
    refunded           bigint      NOT NULL DEFAULT 0 CHECK (refunded BETWEEN 0 AND amount),
    method             text        NOT NULL DEFAULT '',
    created_at         timestamptz NOT NULL,
    changed_at         timestamptz NOT NULL,
    due_at             timestamptz NOT NULL,
    paid_at            timestamptz,
    UNIQUE (origin, application_id),
    UNIQUE (reference)
);
CREATE INDEX payments_changed ON payments (changed_at DESC, id DESC);
CREATE INDEX payments_state ON payments (state, changed_at DESC, id DESC);

-- What happened to a payment, step by step. what is a stable word, by is the account of staff, empty for the portal itself.
CREATE TABLE payment_steps (
    payment_id uuid        NOT NULL REFERENCES payments (id),
    n          integer     NOT NULL,
    at         timestamptz NOT NULL,
    state      text        NOT NULL,
    what       text        NOT NULL,
    attempt_id uuid,
    by         text        NOT NULL DEFAULT '',
    PRIMARY KEY (payment_id, n)
);

-- Transactions at the provider. id is the requestId that the provider is given. Of one payment one is under way at most. redirect is
-- the address of the provider's page, sealed; callback is the hash of the token in the address for the provider's notifications.
CREATE TABLE payment_attempts (
    id             uuid        PRIMARY KEY,
    payment_id     uuid        NOT NULL REFERENCES payments (id),
    state          text        NOT NULL CHECK (state IN ('created', 'open', 'paid', 'failed', 'cancelled', 'expired', 'lost')),
    amount         bigint      NOT NULL CHECK (amount > 0),
    received       bigint      NOT NULL DEFAULT 0 CHECK (received >= 0),
    transaction_id text,
    redirect       bytea,
    callback       bytea       NOT NULL,
    token          bytea       NOT NULL,
    problem        text        NOT NULL DEFAULT '',
    created_at     timestamptz NOT NULL,
    expires_at     timestamptz,
    asked_at       timestamptz,
    asks           integer     NOT NULL DEFAULT 0,
    final          boolean     NOT NULL DEFAULT false
);
CREATE UNIQUE INDEX payment_attempts_under_way ON payment_attempts (payment_id) WHERE state IN ('created', 'open');
CREATE UNIQUE INDEX payment_attempts_transaction ON payment_attempts (transaction_id) WHERE transaction_id IS NOT NULL;
CREATE UNIQUE INDEX payment_attempts_callback ON payment_attempts (callback);
CREATE INDEX payment_attempts_payment ON payment_attempts (payment_id, created_at);
CREATE INDEX payment_attempts_not_final ON payment_attempts (created_at) WHERE NOT final;

-- Money to give back: of a fee, or a surplus that nobody owed. asked_by is the account of staff, empty for the portal itself.
CREATE TABLE payment_refunds (
    id          uuid        PRIMARY KEY,
    payment_id  uuid        NOT NULL REFERENCES payments (id),
    attempt_id  uuid        REFERENCES payment_attempts (id),
    kind        text        NOT NULL CHECK (kind IN ('fee', 'surplus')),
    amount      bigint      NOT NULL CHECK (amount > 0),
    reason      text        NOT NULL,
    state       text        NOT NULL CHECK (state IN ('asked', 'approved', 'executed', 'refused')),
    asked_by    text        NOT NULL,
    asked_at    timestamptz NOT NULL,
    approved_by text        NOT NULL DEFAULT '',
    approved_at timestamptz,
    ended_by    text        NOT NULL DEFAULT '',
    ended_at    timestamptz
);
CREATE INDEX payment_refunds_payment ON payment_refunds (payment_id, asked_at);
CREATE INDEX payment_refunds_open ON payment_refunds (asked_at) WHERE state IN ('asked', 'approved');
CREATE UNIQUE INDEX payment_refunds_surplus ON payment_refunds (attempt_id) WHERE kind = 'surplus';

-- The ledger: double entry. Lines of a booking are debit where positive and credit where negative, and sum to nothing. kind and reference make an
-- event booked once.
CREATE TABLE ledger_bookings (
    id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind       text        NOT NULL,
    reference  text        NOT NULL,
    payment_id uuid        NOT NULL REFERENCES payments (id),
    day        date        NOT NULL,
    at         timestamptz NOT NULL,
    UNIQUE (kind, reference)
);
CREATE INDEX ledger_bookings_day ON ledger_bookings (day, id);
CREATE INDEX ledger_bookings_payment ON ledger_bookings (payment_id);

CREATE TABLE ledger_lines (
    booking_id bigint   NOT NULL REFERENCES ledger_bookings (id),
    n          smallint NOT NULL,
    account    text     NOT NULL CHECK (account IN ('receivable', 'provider', 'suspense', 'loss') OR account LIKE 'revenue:_%'),
    amount     bigint   NOT NULL CHECK (amount <> 0),
    PRIMARY KEY (booking_id, n)
);

-- A closed day takes no bookings any more. balances are those of all accounts at its end.
CREATE TABLE ledger_closings (
    day       date        PRIMARY KEY,
    bookings  bigint      NOT NULL,
    balances  jsonb       NOT NULL,
    closed_by text        NOT NULL,
    at        timestamptz NOT NULL
);

-- +goose StatementBegin
CREATE FUNCTION payments_are_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is only ever added to', TG_TABLE_NAME;
END $$;
-- +goose StatementEnd
CREATE TRIGGER payment_steps_are_kept BEFORE UPDATE OR DELETE ON payment_steps FOR EACH ROW EXECUTE FUNCTION payments_are_kept();
CREATE TRIGGER payment_steps_are_not_emptied BEFORE TRUNCATE ON payment_steps FOR EACH STATEMENT EXECUTE FUNCTION payments_are_kept();
CREATE TRIGGER ledger_bookings_are_kept BEFORE UPDATE OR DELETE ON ledger_bookings FOR EACH ROW EXECUTE FUNCTION payments_are_kept();
CREATE TRIGGER ledger_bookings_are_not_emptied BEFORE TRUNCATE ON ledger_bookings FOR EACH STATEMENT EXECUTE FUNCTION payments_are_kept();
CREATE TRIGGER ledger_lines_are_kept BEFORE UPDATE OR DELETE ON ledger_lines FOR EACH ROW EXECUTE FUNCTION payments_are_kept();
CREATE TRIGGER ledger_lines_are_not_emptied BEFORE TRUNCATE ON ledger_lines FOR EACH STATEMENT EXECUTE FUNCTION payments_are_kept();
CREATE TRIGGER ledger_closings_are_kept BEFORE UPDATE OR DELETE ON ledger_closings FOR EACH ROW EXECUTE FUNCTION payments_are_kept();
CREATE TRIGGER ledger_closings_are_not_emptied BEFORE TRUNCATE ON ledger_closings FOR EACH STATEMENT EXECUTE FUNCTION payments_are_kept();

-- A booking is complete at the end of its transaction: two lines at least, and their sum is 0.
-- +goose StatementBegin
CREATE FUNCTION ledger_booking_balances() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    booking bigint;
    lines   bigint;
    total   numeric;
BEGIN
    IF TG_TABLE_NAME = 'ledger_bookings' THEN booking := NEW.id; ELSE booking := NEW.booking_id; END IF;
    SELECT count(*), coalesce(sum(amount), 0) INTO lines, total FROM ledger_lines WHERE booking_id = booking;
    IF lines < 2 OR total <> 0 THEN
        RAISE EXCEPTION 'booking % does not balance: % lines, sum %', booking, lines, total USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE CONSTRAINT TRIGGER ledger_bookings_balance AFTER INSERT ON ledger_bookings DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION ledger_booking_balances();
CREATE CONSTRAINT TRIGGER ledger_lines_balance AFTER INSERT ON ledger_lines DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION ledger_booking_balances();

-- Lines come with their booking, in its transaction, and bookings not into closed days.
-- +goose StatementBegin
CREATE FUNCTION ledger_line_is_of_this_transaction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM ledger_bookings WHERE id = NEW.booking_id AND xmin = pg_current_xact_id()::xid) THEN
        RAISE EXCEPTION 'booking % is complete', NEW.booking_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION ledger_day_is_open() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM ledger_closings WHERE day >= NEW.day) THEN
        RAISE EXCEPTION 'day % is closed', NEW.day USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER ledger_lines_with_their_booking BEFORE INSERT ON ledger_lines FOR EACH ROW EXECUTE FUNCTION ledger_line_is_of_this_transaction();
CREATE TRIGGER ledger_bookings_in_open_days BEFORE INSERT ON ledger_bookings FOR EACH ROW EXECUTE FUNCTION ledger_day_is_open();

-- The person's side, at the portal where they applied: what a portal asks of them. version is that of the payment there, so that an older message
-- changes nothing. content is sealed: purpose, reference, creditor, address of the provider's page.
CREATE TABLE payment_claims (
    id             uuid        PRIMARY KEY, -- that of the payment
    portal         text        NOT NULL,
    application_id uuid        NOT NULL,
    person_issuer  text        NOT NULL,
    person_subject text        NOT NULL,
    state          text        NOT NULL,
    version        integer     NOT NULL,
    revision       integer     NOT NULL, -- grows with every change, here too
    amount         bigint      NOT NULL CHECK (amount > 0),
    refunded       bigint      NOT NULL DEFAULT 0,
    content        bytea       NOT NULL,
    wanted_at      timestamptz, -- when the person last asked to pay
    created_at     timestamptz NOT NULL,
    changed_at     timestamptz NOT NULL,
    due_at         timestamptz NOT NULL,
    paid_at        timestamptz
);
CREATE INDEX payment_claims_person ON payment_claims (person_issuer, person_subject, created_at DESC, id DESC);
CREATE INDEX payment_claims_application ON payment_claims (application_id);

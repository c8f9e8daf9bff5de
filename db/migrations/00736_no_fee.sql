-- +goose Up

-- A fee that the authority was to set, and asks no more ('none').
ALTER TABLE payment_fees_to_set DROP CONSTRAINT payment_fees_to_set_ended_check;
ALTER TABLE payment_fees_to_set ADD CONSTRAINT payment_fees_to_set_ended_check CHECK (ended IN ('', 'set', 'withdrawn', 'none')) NOT VALID;
ALTER TABLE payment_fees_to_set VALIDATE CONSTRAINT payment_fees_to_set_ended_check;

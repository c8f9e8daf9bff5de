-- +goose Up

-- A fee that the authority has reduced or waived (reduced_to = 0; then nothing is asked, and amount is what was asked last). reduced_from is what was asked at first,
-- reduction the reason, sealed: it may tell of somebody's circumstances.
ALTER TABLE payments
    ADD COLUMN reduced_from bigint,
    ADD COLUMN reduced_to   bigint,
    ADD COLUMN reduction    bytea,
    ADD CONSTRAINT payments_reduced CHECK ((reduced_from IS NULL) = (reduction IS NULL) AND (reduced_from IS NULL) = (reduced_to IS NULL)
        AND (reduced_from IS NULL OR (reduced_to >= 0 AND reduced_to < reduced_from)));

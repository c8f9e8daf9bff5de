-- +goose Up

-- Payment services that administrators have set, for the portal (without a unit) or an organisational unit. One that was replaced stays for what was
-- begun there. secret is sealed: a client secret, a password, or the key of the certificate.
CREATE TABLE payment_services (
    id              uuid        PRIMARY KEY,
    organisation_id uuid,
    url             text        NOT NULL,
    originator_id   text        NOT NULL,
    end_point_id    text        NOT NULL,
    list_url        text        NOT NULL,
    authentication  text        NOT NULL CHECK (authentication IN ('oauth', 'basic', 'certificate')),
    token_url       text        NOT NULL,
    client_id       text        NOT NULL,
    certificate     text        NOT NULL,
    secret          bytea,
    holder          text        NOT NULL,
    iban            text        NOT NULL,
    bic             text        NOT NULL,
    changed_at      timestamptz NOT NULL,
    ended_at        timestamptz
);
-- What two rows had at one place would be booked twice.
CREATE UNIQUE INDEX payment_services_place ON payment_services (url, originator_id, end_point_id);
CREATE UNIQUE INDEX payment_services_unit ON payment_services (organisation_id) NULLS NOT DISTINCT WHERE ended_at IS NULL;

-- Without a service it is the configured one. An id of a transaction is one at its service.
ALTER TABLE payment_attempts ADD COLUMN service_id uuid REFERENCES payment_services (id);
CREATE UNIQUE INDEX payment_attempts_transaction_of ON payment_attempts (transaction_id, service_id) NULLS NOT DISTINCT WHERE transaction_id IS NOT NULL;
DROP INDEX payment_attempts_transaction;
CREATE INDEX payment_attempts_service ON payment_attempts (service_id) WHERE service_id IS NOT NULL;

ALTER TABLE payment_refunds ADD COLUMN service_id uuid REFERENCES payment_services (id); -- of a stray
CREATE UNIQUE INDEX payment_refunds_stray_of ON payment_refunds (transaction_id, service_id) NULLS NOT DISTINCT WHERE kind = 'stray';
DROP INDEX payment_refunds_stray;
CREATE INDEX payment_refunds_service ON payment_refunds (service_id) WHERE service_id IS NOT NULL;

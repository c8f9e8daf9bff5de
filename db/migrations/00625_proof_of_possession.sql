-- +goose Up

-- Thumbprint (RFC 7638) of the key that tokens are bound to (RFC 9449), or that a code is asked for with; empty: to none.
ALTER TABLE oidc_auth_requests ADD COLUMN proof_key text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE oidc_families ADD COLUMN proof_key text COLLATE "C" NOT NULL DEFAULT '';

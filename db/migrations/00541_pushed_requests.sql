-- +goose Up

-- Authorization requests that clients have pushed and browsers not brought yet (RFC 9126).
CREATE TABLE oidc_pushed_requests (
    uri_hash   bytea       PRIMARY KEY,
    client_id  text        NOT NULL,
    sealed     bytea       NOT NULL,
    expires_at timestamptz NOT NULL
);

CREATE INDEX oidc_pushed_requests_expires_at ON oidc_pushed_requests (expires_at);

-- +goose Up

-- When somebody was told last that the certificate of an office that gets applications by encrypted mail runs out.
ALTER TABLE provider_settings ADD COLUMN certificate_warned_at timestamptz;

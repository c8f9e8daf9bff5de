-- +goose Up

-- How one can object to decisions on one service: of text templates for serviceRemedy only, which the version before does not know and leaves alone.
ALTER TABLE case_templates ADD COLUMN service_id uuid;
ALTER TABLE case_templates ADD CONSTRAINT case_templates_service CHECK ((use = 'serviceRemedy') = (service_id IS NOT NULL));

-- +goose Up

-- The receipt that this portal has signed for an application goes into the exported file of its case.
CREATE INDEX federation_inbox_submitted ON federation_inbox (sender, subject) WHERE kind = 'application.submitted' AND outcome = 'accepted';

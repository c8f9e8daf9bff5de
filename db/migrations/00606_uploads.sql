-- +goose Up

-- Uploads in parts. received is how much has arrived of a file; NULL for one that came in one request. fingerprint is what its client knows it
-- again by. An upload is an attachment that is not ready; delete_at is when it runs out.
ALTER TABLE application_attachments ADD COLUMN received bigint;
ALTER TABLE application_attachments ADD COLUMN fingerprint bytea; -- sealed

-- What has arrived of an upload, in the order of start. object is the part's name in the object store.
CREATE TABLE application_upload_parts (
    upload_id uuid   NOT NULL REFERENCES application_attachments (id) ON DELETE CASCADE,
    start     bigint NOT NULL,
    size      bigint NOT NULL,
    object    text   NOT NULL,
    PRIMARY KEY (upload_id, start)
);

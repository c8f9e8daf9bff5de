-- +goose Up

-- What the virus scanner said of an attachment: nothing against it (''), not asked yet (pending: nobody is given the file), or something was
-- found (refused: the file is gone).
ALTER TABLE application_attachments ADD COLUMN verdict text NOT NULL DEFAULT '' CHECK (verdict IN ('', 'pending', 'refused'));

-- Files that came from elsewhere and in which something was found are refused, and gone.
ALTER TABLE delivery_files DROP CONSTRAINT delivery_files_state_check;
ALTER TABLE delivery_files ADD CONSTRAINT delivery_files_state_check CHECK (state IN ('pending', 'ready', 'parked', 'refused'));
ALTER TABLE application_documents DROP CONSTRAINT application_documents_state_check;
ALTER TABLE application_documents ADD CONSTRAINT application_documents_state_check CHECK (state IN ('pending', 'ready', 'parked', 'refused'));

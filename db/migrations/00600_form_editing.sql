-- +goose Up

-- What editors write of this portal's own forms. draft is title, schema and layout, and may leave the form profile; base is the
-- version that was the newest when it was begun, 0 where there was none. authors are the accounts that changed the draft: none of
-- them counts as the second pair of eyes. revision goes up with each act.
CREATE TABLE form_editing (
    form_id        uuid             NOT NULL PRIMARY KEY,
    revision       bigint           NOT NULL DEFAULT 0,
    draft          jsonb,
    base           integer          NOT NULL DEFAULT 0,
    state          text COLLATE "C" NOT NULL DEFAULT 'none', -- of the draft: none, writing, review
    authors        uuid[]           NOT NULL DEFAULT '{}',
    note           text             NOT NULL DEFAULT '',
    changed_at     timestamptz,
    changed_name   text             NOT NULL DEFAULT '',
    submitted_at   timestamptz,
    submitted_name text             NOT NULL DEFAULT ''
);

-- Who released a version, and why. A version that came by an import has no row.
CREATE TABLE form_releases (
    form_id      uuid        NOT NULL,
    version      integer     NOT NULL,
    at           timestamptz NOT NULL,
    by_name      text        NOT NULL DEFAULT '',
    reviewed_for text        NOT NULL DEFAULT '', -- who had handed it in
    note         text        NOT NULL DEFAULT '',
    PRIMARY KEY (form_id, version)
);

CREATE INDEX forms_owner ON forms (owner, id, version DESC);

-- Which services are applied for with a form.
CREATE INDEX catalog_competences_form ON catalog_competences ((payload->'onlineService'->>'formId'))
    WHERE payload->'onlineService'->>'type' = 'form';

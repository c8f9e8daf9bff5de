-- +goose Up

-- Lists of the editors are in the order of their German titles, where ä counts as a: by an index, however many entries there are.

-- The German of a text by language, else the English, else any.
-- +goose StatementBegin
CREATE FUNCTION catalog_german(texts json) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(texts->>'de', (SELECT value FROM json_each_text(texts) ORDER BY key = 'en' DESC, key LIMIT 1), '')
$$;
-- +goose StatementEnd

-- What a title is ordered by.
-- +goose StatementBegin
CREATE FUNCTION catalog_order(title text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT left(translate(lower(title), 'äöüß', 'aous'), 300)
$$;
-- +goose StatementEnd

CREATE INDEX catalog_services_own_order ON catalog_services
    ((catalog_order(catalog_german(title)) COLLATE "C"), (id::text COLLATE "C")) WHERE owner = '';
CREATE INDEX catalog_organisations_own_order ON catalog_organisations
    ((catalog_order(catalog_german(name)) COLLATE "C"), (id::text COLLATE "C")) WHERE owner = '';
CREATE INDEX catalog_online_services_own_order ON catalog_online_services
    ((catalog_order(catalog_german(payload->'title')) COLLATE "C"), (id::text COLLATE "C")) WHERE owner = '';
CREATE INDEX catalog_editing_order ON catalog_editing
    (kind, (catalog_order(title) COLLATE "C"), entry_id) WHERE draft IS NOT NULL OR deleted_at IS NOT NULL OR withdrawn_at IS NOT NULL;

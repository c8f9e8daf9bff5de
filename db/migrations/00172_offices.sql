-- +goose Up

-- Words by which an office is looked up: of its names and its town, folded like name_key.
ALTER TABLE catalog_organisations
    ADD COLUMN words tsvector NOT NULL GENERATED ALWAYS AS (
        to_tsvector('simple'::regconfig, lower(replace(translate(
            coalesce(name ->> 'de', '') || ' ' || coalesce(name ->> 'en', '') || ' ' || coalesce(payload #>> '{address,city}', ''),
            'ÄÖÜäöüéèáàçñ', 'AOUaoueeaacn'), 'ß', 'ss')))
    ) STORED;

CREATE INDEX catalog_organisations_words ON catalog_organisations USING gin (words);
CREATE INDEX catalog_organisations_alike ON catalog_organisations USING gin (name_key gin_trgm_ops);

-- Who does something in an area.
CREATE INDEX catalog_competences_area ON catalog_competences (area, organisation_id);

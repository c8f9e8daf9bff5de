-- +goose Up

-- What a competence says beside unit, service and area. role is the code of its source (01 zuständige Stelle, 03
-- Ansprechpunkt; others are kept). valid_from and valid_to are the beginning and the end of all its times of validity, open
-- where there is none. terms repeats from the payload for whom and when it is valid; null where it is for everybody, always.
ALTER TABLE catalog_competences
    ADD COLUMN role       text COLLATE "C" NOT NULL DEFAULT '01',
    ADD COLUMN valid_from timestamptz,
    ADD COLUMN valid_to   timestamptz,
    ADD COLUMN terms      json;

-- What a unit does.
CREATE INDEX catalog_competences_organisation ON catalog_competences (organisation_id, service_id);

-- Units by name, as people look them up: folded, so that Ä stands with A. administers are the areas whose administration a
-- unit is, ARS without padding.
ALTER TABLE catalog_organisations
    ADD COLUMN name_key text COLLATE "C" NOT NULL GENERATED ALWAYS AS (
        lower(replace(translate(coalesce(name ->> 'de', name ->> 'en', ''), 'ÄÖÜäöüéèáàçñ', 'AOUaoueeaacn'), 'ß', 'ss'))
    ) STORED,
    ADD COLUMN administers text[] COLLATE "C" NOT NULL DEFAULT '{}';

CREATE INDEX catalog_organisations_name ON catalog_organisations (name_key, id);
CREATE INDEX catalog_organisations_parent ON catalog_organisations (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX catalog_organisations_administers ON catalog_organisations USING gin (administers) WHERE administers <> '{}';

-- Inhabited municipalities by position, for drawing what lies around one.
CREATE INDEX places_position ON places (lat, lon) WHERE level = 'gemeinde' AND population > 0;

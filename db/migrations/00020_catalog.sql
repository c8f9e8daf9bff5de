-- +goose Up

-- The catalog: public services, offices, who is competent where, and life situations. Rows of this portal have an empty
-- owner; rows read from a linked portal have its entity id and are never mixed with the portal's own: a row changes only
-- by its owner, and joins between the tables ask for the same owner.
--
-- payload is the entry as it is imported, exchanged and answered from; the other columns repeat what queries need.
-- digest is of the payload, to tell changed from unchanged. source names the import that an own row came from. copied_at
-- is when the row was last read from its owner.

CREATE TABLE catalog_services (
    id         uuid             NOT NULL PRIMARY KEY,
    owner      text COLLATE "C" NOT NULL,
    source     text             NOT NULL,
    leika_key  text COLLATE "C" NOT NULL, -- empty where there is none
    title      json             NOT NULL, -- by language
    teaser     json             NOT NULL,
    payload    json             NOT NULL,
    digest     bytea            NOT NULL,
    copied_at  timestamptz
);

CREATE INDEX catalog_services_leika_key ON catalog_services (leika_key) WHERE leika_key <> '';
CREATE INDEX catalog_services_owner ON catalog_services (owner, source);

CREATE TABLE catalog_organisations (
    id        uuid             NOT NULL PRIMARY KEY,
    owner     text COLLATE "C" NOT NULL,
    source    text             NOT NULL,
    parent_id uuid, -- may not be known
    name      json             NOT NULL,
    payload   json             NOT NULL,
    digest    bytea            NOT NULL,
    copied_at timestamptz
);

CREATE INDEX catalog_organisations_owner ON catalog_organisations (owner, source);

-- Competence (Zuständigkeit): this unit does this service in this area. area is an ARS without padding, empty for the
-- whole country; it covers every place whose ARS begins with it.
CREATE TABLE catalog_competences (
    id              uuid             NOT NULL PRIMARY KEY,
    owner           text COLLATE "C" NOT NULL,
    source          text             NOT NULL,
    service_id      uuid             NOT NULL,
    organisation_id uuid             NOT NULL,
    area            text COLLATE "C" NOT NULL,
    online          boolean          NOT NULL,
    payload         json             NOT NULL,
    digest          bytea            NOT NULL,
    copied_at       timestamptz
);

CREATE INDEX catalog_competences_service ON catalog_competences (service_id, area);
CREATE INDEX catalog_competences_owner ON catalog_competences (owner, source);

-- Life and business situations. Portals use the same ids, so the owner belongs to the key.
CREATE TABLE catalog_categories (
    id        text COLLATE "C" NOT NULL,
    owner     text COLLATE "C" NOT NULL,
    source    text             NOT NULL,
    position  integer          NOT NULL,
    payload   json             NOT NULL,
    digest    bytea            NOT NULL,
    copied_at timestamptz,
    PRIMARY KEY (owner, id)
);

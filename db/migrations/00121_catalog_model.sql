-- +goose Up

-- What is different about a service in some areas (LeistungSpezialisierung), and online services that stand on their own with
-- the areas that they are for. Rows belong to their owner as in the other tables of the catalog; areas are ARS without padding,
-- the empty one is the whole country.

CREATE TABLE catalog_specialisations (
    id         uuid             NOT NULL PRIMARY KEY,
    owner      text COLLATE "C" NOT NULL,
    source     text             NOT NULL,
    service_id uuid             NOT NULL, -- may not be known
    areas      text[] COLLATE "C" NOT NULL,
    payload    json             NOT NULL,
    digest     bytea            NOT NULL,
    copied_at  timestamptz
);

CREATE INDEX catalog_specialisations_service ON catalog_specialisations (service_id);
CREATE INDEX catalog_specialisations_owner ON catalog_specialisations (owner, source);

CREATE TABLE catalog_online_services (
    id        uuid             NOT NULL PRIMARY KEY,
    owner     text COLLATE "C" NOT NULL,
    source    text             NOT NULL,
    payload   json             NOT NULL,
    digest    bytea            NOT NULL,
    copied_at timestamptz
);

CREATE INDEX catalog_online_services_owner ON catalog_online_services (owner, source);

CREATE TABLE catalog_online_competences (
    id                uuid             NOT NULL PRIMARY KEY,
    owner             text COLLATE "C" NOT NULL,
    source            text             NOT NULL,
    service_id        uuid             NOT NULL,
    online_service_id uuid             NOT NULL,
    areas             text[] COLLATE "C" NOT NULL,
    payload           json             NOT NULL,
    digest            bytea            NOT NULL,
    copied_at         timestamptz
);

CREATE INDEX catalog_online_competences_service ON catalog_online_competences (service_id);
CREATE INDEX catalog_online_competences_owner ON catalog_online_competences (owner, source);

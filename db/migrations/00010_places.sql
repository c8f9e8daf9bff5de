-- +goose Up

-- The places of Germany, from the register of municipalities. ars is the Amtlicher Regionalschlüssel without padding:
-- 2 digits Land, 3 Regierungsbezirk, 5 Kreis, 9 Gemeindeverband, 12 Gemeinde; a place lies in those whose key is a prefix
-- of its own. Collation "C" throughout, so that prefixes use the index.
--
-- name_key is the name folded for search (lower case, umlauts and accents gone, "Stadt" and the like left out),
-- short_key the same without what stands in brackets or behind a comma. typos holds hashes of short_key with one letter
-- left out, for each letter: two words that differ by one slip share one of them. Both indexes on words are written at once
-- (fastupdate off): an import is rare, and a search must not pay for it.
CREATE TABLE places (
    ars          text COLLATE "C"  NOT NULL PRIMARY KEY,
    ags          text              NOT NULL,
    level        text              NOT NULL CHECK (level IN ('land', 'regierungsbezirk', 'kreis', 'gemeindeverband', 'gemeinde')),
    kind         text              NOT NULL,
    name         text              NOT NULL,
    name_key     text COLLATE "C"  NOT NULL,
    short_key    text COLLATE "C"  NOT NULL,
    typos        integer[]         NOT NULL,
    postal_codes text[]            NOT NULL,
    population   integer,
    area_km2     double precision,
    lat          double precision,
    lon          double precision,
    digest       bytea             NOT NULL -- of the line it came from, to tell changed from unchanged
);

CREATE INDEX places_name_prefix ON places (name_key) WHERE level = 'gemeinde';
CREATE INDEX places_name_trigrams ON places USING gin (name_key gin_trgm_ops) WITH (fastupdate = off) WHERE level = 'gemeinde';
CREATE INDEX places_typos ON places USING gin (typos) WITH (fastupdate = off) WHERE level = 'gemeinde';

-- Postal codes of municipalities; one postal code may lie in several.
CREATE TABLE place_postal_codes (
    postal_code text COLLATE "C" NOT NULL,
    ars         text COLLATE "C" NOT NULL REFERENCES places (ars) ON DELETE CASCADE,
    PRIMARY KEY (postal_code, ars)
);

CREATE INDEX place_postal_codes_ars ON place_postal_codes (ars);

-- Keys that are no longer in use (a municipality was merged or renamed), and the place that took over.
CREATE TABLE place_successors (
    ars       text COLLATE "C" NOT NULL PRIMARY KEY CHECK (ars ~ '^[0-9]{12}$'),
    successor text COLLATE "C" NOT NULL REFERENCES places (ars) ON DELETE CASCADE,
    since     date
);

CREATE INDEX place_successors_successor ON place_successors (successor);

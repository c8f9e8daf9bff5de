-- +goose Up

-- What people say here and what the catalog calls it, beside what the search knows anyway. revision goes up with each change.
CREATE TABLE catalog_search_synonyms (
    id           uuid        NOT NULL PRIMARY KEY,
    revision     bigint      NOT NULL DEFAULT 1,
    says         text[]      NOT NULL,
    means        text[]      NOT NULL,
    changed_at   timestamptz NOT NULL,
    changed_name text        NOT NULL DEFAULT ''
);

CREATE INDEX catalog_search_synonyms_words ON catalog_search_synonyms ((lower(says[1])) COLLATE "C", id);

-- Searches that found nothing. digest is a keyed hash of the words; the words themselves are written only once a search has come
-- several times on several days, and never where they look like a name, a number or an address. searches counts minutes in which it
-- came, days the days.
CREATE TABLE catalog_missed_searches (
    id        uuid    NOT NULL PRIMARY KEY,
    digest    bytea   NOT NULL UNIQUE,
    words     text,
    searches  bigint  NOT NULL,
    days      integer NOT NULL,
    first_day date    NOT NULL,
    last_day  date    NOT NULL
);

CREATE INDEX catalog_missed_searches_often ON catalog_missed_searches (searches DESC, id) WHERE words IS NOT NULL;
CREATE INDEX catalog_missed_searches_old ON catalog_missed_searches (last_day);

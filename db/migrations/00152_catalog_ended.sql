-- +goose Up

-- Services that are no longer there, so that who follows an old address is told so, and led on. Titles only. A row stays when its
-- service comes back: the service itself is looked for first. What is older than two years is forgotten.
CREATE TABLE catalog_ended (
    id        uuid             NOT NULL PRIMARY KEY,
    owner     text COLLATE "C" NOT NULL,
    leika_key text COLLATE "C" NOT NULL,
    title     json             NOT NULL,
    ended_at  timestamptz      NOT NULL DEFAULT now()
);

CREATE INDEX catalog_ended_at ON catalog_ended (ended_at);

-- +goose StatementBegin
CREATE FUNCTION catalog_services_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO catalog_ended (id, owner, leika_key, title)
        SELECT id, owner, leika_key, title FROM gone
        ON CONFLICT (id) DO UPDATE SET owner = excluded.owner, leika_key = excluded.leika_key, title = excluded.title, ended_at = excluded.ended_at;
    DELETE FROM catalog_ended WHERE id IN (
        SELECT id FROM catalog_ended WHERE ended_at < now() - interval '2 years' LIMIT 1000 FOR UPDATE SKIP LOCKED);
    RETURN NULL;
END
$$;
-- +goose StatementEnd

CREATE TRIGGER catalog_services_ended AFTER DELETE ON catalog_services
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION catalog_services_ended();

-- +goose Up

-- The beginning and the end of all times of validity of an online service, open where there is none, as competences have them.
ALTER TABLE catalog_online_services
    ADD COLUMN valid_from timestamptz,
    ADD COLUMN valid_to   timestamptz;

UPDATE catalog_online_services o
SET valid_from = CASE WHEN NOT v.always THEN v.first END, valid_to = CASE WHEN NOT v.forever THEN v.last END
FROM (
    SELECT id, min((p ->> 'from')::timestamptz) AS first, bool_or(p ->> 'from' IS NULL) AS always,
        max((p ->> 'to')::timestamptz) AS last, bool_or(p ->> 'to' IS NULL) AS forever
    FROM catalog_online_services
    CROSS JOIN LATERAL json_array_elements(CASE WHEN json_typeof(payload -> 'validity') = 'array' THEN payload -> 'validity' ELSE '[]' END) AS p
    GROUP BY id
) v
WHERE v.id = o.id;

-- For which services an online service takes applications.
CREATE INDEX catalog_online_competences_online_service ON catalog_online_competences (online_service_id);

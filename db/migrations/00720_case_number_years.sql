-- +goose Up

-- When the cases came in whose numbers begin alike up to their year (MEP-26): a search for that begins there. All cases of a year fit it, and in a list
-- over all years they are far from its beginning.
CREATE INDEX cases_number_year ON cases (lower(split_part(number, '-', 1) || '-' || split_part(number, '-', 2)), received_at);

-- +goose Up

-- How often services were read, by week (its Monday): sums only, nothing about who read them. Rows are kept for a bit more
-- than a year, so that what is needed at a time of the year is known when it comes round again.
CREATE TABLE catalog_views (
    week       date    NOT NULL,
    service_id uuid    NOT NULL,
    views      bigint  NOT NULL,
    PRIMARY KEY (week, service_id)
);

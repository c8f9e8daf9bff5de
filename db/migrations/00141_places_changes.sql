-- +goose Up

-- Other systems name a place by its AGS; of a place that was replaced, it follows from the key.
CREATE INDEX places_ags ON places (ags);
CREATE INDEX place_successors_ags ON place_successors ((left(ars, 5) || right(ars, 3)));

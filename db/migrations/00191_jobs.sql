-- +goose Up

-- Whoever inserts jobs wakes their queues after the commit: a NOTIFY inside makes transactions commit one after another.
DROP TRIGGER IF EXISTS wake_job_queues ON river_job;
DROP FUNCTION IF EXISTS wake_job_queues();

-- Nothing here looks for jobs by their arguments or metadata, and every change of a job wrote both.
DROP INDEX IF EXISTS river_job_args_index;
DROP INDEX IF EXISTS river_job_metadata_index;

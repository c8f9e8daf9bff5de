-- +goose Up

-- Wakes the queues of inserted jobs when the transaction commits. The job queue itself notifies at most once in a while
-- for each queue and process; where that one notification is lost to a rollback, or sent before another transaction
-- commits, the other's job would wait for the next poll. The text is the same, so one transaction sends it once.
-- +goose StatementBegin
CREATE FUNCTION wake_job_queues() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify(TG_TABLE_SCHEMA || '.river_insert', '{"queue": ' || to_json(queue) || '}')
    FROM (SELECT DISTINCT queue FROM inserted WHERE state = 'available') AS queues;
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER wake_job_queues AFTER INSERT ON river_job
    REFERENCING NEW TABLE AS inserted
    FOR EACH STATEMENT EXECUTE FUNCTION wake_job_queues();

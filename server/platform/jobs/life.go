package jobs

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"

	"portalverbund/db"
)

// lifeClass is the first half of the advisory locks that show which processes live; the second is a hash of the id.
const lifeClass = 0x6a6f6273 // "jobs"

// lookEvery is how often a process looks after the others, and after jobs that lie waiting.
const lookEvery = time.Second

// waitsFor is how long a job may be due before its queue is woken once more: jobs are this quick when all is well.
const waitsFor = 200 * time.Millisecond

// life shows the others that this process lives, and looks after those who don't any more, and after jobs that nobody takes up
// although they are due: one question for all queues, in place of a poll by each.
type life struct {
	config    *pgx.ConnConfig
	log       *slog.Logger
	id        string
	queues    []string // that this process works on
	deadAfter time.Duration
	conn      *pgx.Conn
	missing   map[string]time.Time // process → since when it is gone
}

// startLife takes this process's lock on a connection of its own, before any job runs.
func startLife(ctx context.Context, database *db.DB, log *slog.Logger, id string, queues []string, deadAfter time.Duration) (stop func(), err error) {
	l := &life{
		config: database.Pool().Config().ConnConfig, log: log, id: id, queues: queues, deadAfter: deadAfter,
		missing: map[string]time.Time{},
	}
	if err := l.connect(ctx); err != nil {
		return nil, err
	}
	running, cancel := context.WithCancel(context.WithoutCancel(ctx)) // jobs may still run when ctx has ended
	done := make(chan struct{})
	go func() {
		defer close(done)
		l.run(running)
	}()
	return func() {
		cancel()
		<-done
	}, nil
}

func (l *life) connect(ctx context.Context) error {
	conn, err := pgx.ConnectConfig(ctx, l.config)
	if err != nil {
		return fmt.Errorf("show that this process lives: %w", err)
	}
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock_shared($1, hashtext($2))", lifeClass, l.id); err != nil {
		_ = conn.Close(ctx)
		return fmt.Errorf("show that this process lives: %w", err)
	}
	l.conn = conn
	return nil
}

func (l *life) run(ctx context.Context) {
	defer func() { l.close(context.WithoutCancel(ctx)) }()
	ticker := time.NewTicker(min(l.deadAfter/2, lookEvery))
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if err := l.look(ctx); err != nil && ctx.Err() == nil {
			l.log.WarnContext(ctx, "jobs: lost the connection that shows that this process lives", "error", describe(err))
			l.close(ctx)
		}
	}
}

func (l *life) close(ctx context.Context) {
	if l.conn != nil {
		ctx, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		_ = l.conn.Close(ctx)
		l.conn = nil
	}
}

// look wakes queues with jobs that lie waiting, finds processes that have jobs running or lead, but hold no lock, and takes over
// after them.
func (l *life) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if l.conn == nil {
		l.missing = map[string]time.Time{} // the others lost theirs too, perhaps
		return l.connect(ctx)
	}
	var dead []string
	if err := l.conn.QueryRow(ctx, lookAround, lifeClass, l.id, l.queues, waitsFor).Scan(&dead); err != nil {
		return err
	}
	missing := make(map[string]time.Time, len(dead))
	for _, id := range dead {
		since, known := l.missing[id]
		if !known {
			since = time.Now()
		}
		if known && time.Since(since) >= l.deadAfter {
			if err := l.takeOver(ctx, id); err != nil {
				return err
			}
			continue
		}
		missing[id] = since
	}
	l.missing = missing
	return nil
}

func (l *life) takeOver(ctx context.Context, id string) error {
	if _, err := l.conn.Exec(ctx, endLeadership, id); err != nil {
		return err
	}
	var rescued int
	if err := l.conn.QueryRow(ctx, rescueJobs, id).Scan(&rescued); err != nil {
		return err
	}
	l.log.WarnContext(ctx, "jobs: a process ended without a word, its jobs run again", "process", id, "jobs", rescued)
	return nil
}

// lookAround wakes the queues ($3) with jobs that have been due for a while ($4): a notification was lost, or a short pause after a
// failure is over. It names the processes other than this one ($2) that run jobs or lead, without a lock ($1: lifeClass) that
// shows that they live.
const lookAround = `
WITH alive AS (
	SELECT objid FROM pg_locks
	WHERE locktype = 'advisory' AND classid = $1::integer::oid AND objsubid = 2 AND granted
		AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
), claimed AS (
	SELECT attempted_by[array_upper(attempted_by, 1)] AS id FROM river_job WHERE state = 'running'
	UNION
	SELECT leader_id FROM river_leader
), woken AS (
	SELECT pg_notify(current_schema() || '.river_insert', json_build_object('queue', queue)::text)
	FROM unnest($3::text[]) AS queue
	WHERE EXISTS (SELECT FROM river_job j WHERE j.state = 'available' AND j.queue = queue.queue AND j.scheduled_at <= now() - $4::interval)
)
SELECT ARRAY(
	SELECT id FROM claimed
	WHERE id IS NOT NULL AND id <> $2 AND hashtext(id)::oid NOT IN (SELECT objid FROM alive)
) FROM (SELECT count(*) FROM woken) AS done`

// endLeadership does what a leader ($1) does when it resigns: the others elect a new one at once.
const endLeadership = `
WITH gone AS (
	DELETE FROM river_leader WHERE leader_id = $1 RETURNING leader_id
)
SELECT pg_notify(current_schema() || '.river_leadership',
	json_build_object('leader_id', leader_id, 'action', 'resigned')::text)
FROM gone`

// rescueJobs makes the running jobs of a process ($1) available again, or gives up those that had their last attempt,
// and wakes their queues.
const rescueJobs = `
WITH rescued AS (
	UPDATE river_job SET
		state = CASE WHEN attempt < max_attempts THEN 'available' ELSE 'discarded' END::river_job_state,
		finalized_at = CASE WHEN attempt < max_attempts THEN NULL ELSE now() END,
		scheduled_at = now(),
		errors = array_append(errors, jsonb_build_object(
			'at', now(), 'attempt', attempt, 'error', 'the process that ran the job ended', 'trace', ''))
	WHERE state = 'running' AND attempted_by[array_upper(attempted_by, 1)] = $1
	RETURNING queue
), woken AS (
	SELECT pg_notify(current_schema() || '.river_insert', json_build_object('queue', queue)::text)
	FROM (SELECT DISTINCT queue FROM rescued) queues
)
SELECT (SELECT count(*) FROM rescued) + 0 * (SELECT count(*) FROM woken)`

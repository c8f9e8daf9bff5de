package jobs

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/riverqueue/river"
)

// insertChannel is where River listens for new jobs, in the schema of its tables. Its own notifications are limited to one
// in a while for each queue and process; where that one is sent before another transaction commits, the other's job would
// wait for the next look. So every insertion gives a hint of its own. Should that get lost, the look after jobs that lie waiting remains (life.go).
const insertChannel = ".river_insert"

// insertJobs adds jobs as River does. River's own statement gives all of every row back and so has to be waited for; this one
// goes with the next of the transaction.
const insertJobs = `
	INSERT INTO river_job (kind, args, queue, max_attempts, priority, state, scheduled_at, tags)
	SELECT kind, args, queue, max_attempts, priority, CASE WHEN scheduled_at > now() THEN 'scheduled' ELSE 'available' END::river_job_state,
		coalesce(scheduled_at, now()), '{}'
	FROM unnest($1::text[], $2::jsonb[], $3::text[], $4::smallint[], $5::smallint[], $6::timestamptz[])
		AS job (kind, args, queue, max_attempts, priority, scheduled_at)`

// rows gives the arguments of insertJobs. plain is false when a job asks for more than it can do.
func (c *Client) rows(jobs []river.InsertManyParams) (arguments []any, queues map[string]bool, plain bool, err error) {
	n := len(jobs)
	kinds, args, names := make([]string, n), make([][]byte, n), make([]string, n)
	attempts, priorities, times := make([]int16, n), make([]int16, n), make([]*time.Time, n)
	queues = map[string]bool{}
	for i, job := range jobs {
		var own, given river.InsertOpts
		if with, ok := job.Args.(river.JobArgsWithInsertOpts); ok {
			own = with.InsertOpts()
		}
		if job.InsertOpts != nil {
			given = *job.InsertOpts
		}
		if special(own) || special(given) {
			return nil, nil, false, nil
		}
		if args[i], err = json.Marshal(job.Args); err != nil {
			return nil, nil, false, fmt.Errorf("write arguments: %w", err)
		}
		kinds[i], names[i] = job.Args.Kind(), cmp.Or(given.Queue, own.Queue, river.QueueDefault)
		attempts[i] = int16(cmp.Or(given.MaxAttempts, own.MaxAttempts, c.opts.MaxAttempts))
		priorities[i] = int16(cmp.Or(given.Priority, own.Priority, river.PriorityDefault))
		for _, at := range []time.Time{own.ScheduledAt, given.ScheduledAt} {
			if !at.IsZero() {
				times[i] = &at
			}
		}
		queues[names[i]] = true
	}
	return []any{kinds, args, names, attempts, priorities, times}, queues, true, nil
}

// special says whether only River itself can insert a job: one that must be unique, or has tags or metadata, or waits.
func special(o river.InsertOpts) bool {
	return o.Pending || len(o.Tags) > 0 || len(o.Metadata) > 0 || o.UniqueOpts.ByArgs || o.UniqueOpts.ByPeriod > 0 || o.UniqueOpts.ByQueue || len(o.UniqueOpts.ByState) > 0
}

func (c *Client) insertSpecial(ctx context.Context, jobs []river.InsertManyParams) (err error) {
	if tx, ok := c.db.PgxTx(ctx); ok {
		_, err = c.inserter.InsertManyTx(ctx, tx, jobs)
	} else {
		_, err = c.inserter.InsertMany(ctx, jobs)
	}
	return err
}

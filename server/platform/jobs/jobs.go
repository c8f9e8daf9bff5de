// Package jobs runs background work on the portal's database: a thin layer over River.
//
// A job is inserted in the transaction of what causes it, so it exists if and only if its cause was committed, and runs
// at least once: a worker must bear being run again. It is taken up within milliseconds after the commit, by any process
// of the portal.
//
// What becomes of the jobs of a process that was killed: every process holds an advisory lock, which PostgreSQL gives
// back the moment the process is gone. The others, or the same one started again, see that and make its running jobs
// available again after DeadAfter (2 s). The time limit of a job and River's own rescue of stuck jobs are the net below.
package jobs

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"portalverbund/db"
)

// Options tune a Client. The zero value is fit for a portal on a small machine.
type Options struct {
	// Workers is how many jobs of the default queue run at once in this process. Default 8.
	Workers int
	// JobTimeout ends the context of a job that runs longer, unless its worker names another limit. Default 1 min.
	JobTimeout time.Duration
	// MaxAttempts is how often a job is tried, unless it says otherwise itself. Default 25.
	MaxAttempts int
	// DeadAfter is how long a process must be gone before its running jobs are given to others. Default 2 s.
	DeadAfter time.Duration
	// PollInterval is how often each queue is looked at whatever comes. Default 10 s: jobs come by notification, and one question
	// each second for all queues finds those whose notification was lost.
	PollInterval time.Duration
}

func (o Options) withDefaults() Options {
	if o.Workers == 0 {
		o.Workers = 8
	}
	if o.JobTimeout == 0 {
		o.JobTimeout = time.Minute
	}
	if o.MaxAttempts == 0 {
		o.MaxAttempts = 25
	}
	if o.DeadAfter == 0 {
		o.DeadAfter = 2 * time.Second
	}
	if o.PollInterval == 0 {
		o.PollInterval = 10 * time.Second
	}
	return o
}

// Client inserts jobs and, once started, runs them. Register workers, queues and periodic jobs before Start.
type Client struct {
	db       *db.DB
	log      *slog.Logger
	opts     Options
	inserter *river.Client[pgx.Tx]
	workers  *river.Workers
	queues   map[string]river.QueueConfig
	periodic []*river.PeriodicJob
	sweeps   map[string]func(context.Context) (int64, error)

	mu       sync.Mutex
	runner   *river.Client[pgx.Tx]
	stopLife func()
}

// New makes a client that can insert jobs at once, before and without Start.
func New(database *db.DB, log *slog.Logger, opts Options) (*Client, error) {
	opts = opts.withDefaults()
	inserter, err := river.NewClient(riverpgxv5.New(database.Pool()), &river.Config{
		Logger:      quiet(log),
		MaxAttempts: opts.MaxAttempts,
	})
	if err != nil {
		return nil, fmt.Errorf("jobs: %w", err)
	}
	return &Client{
		db: database, log: log, opts: opts, inserter: inserter, workers: river.NewWorkers(),
		queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: opts.Workers}},
		sweeps: map[string]func(context.Context) (int64, error){},
	}, nil
}

// Register adds the worker for one kind of job. Like http.Handle it panics when the kind has a worker already.
func Register[T river.JobArgs](c *Client, worker river.Worker[T]) {
	river.AddWorker(c.workers, worker)
}

// Queue adds a queue of its own, of which so many jobs run at once in this process: so that slow work (mail, peers that
// don't answer) does not hold up the rest. A job names its queue in its InsertOpts.
func (c *Client) Queue(name string, workers int) {
	c.queues[name] = river.QueueConfig{MaxWorkers: workers}
}

// Periodic adds a job that one of the portal's processes inserts by its schedule, as river.NewPeriodicJob describes it.
func (c *Client) Periodic(job *river.PeriodicJob) {
	c.periodic = append(c.periodic, job)
}

// Insert adds a job in the transaction that ctx carries, else in one of its own. opts may be nil.
func (c *Client) Insert(ctx context.Context, args river.JobArgs, opts *river.InsertOpts) error {
	return c.InsertMany(ctx, []river.InsertManyParams{{Args: args, InsertOpts: opts}})
}

// InsertMany adds several jobs in one statement, in the transaction that ctx carries, else in one of its own.
func (c *Client) InsertMany(ctx context.Context, jobs []river.InsertManyParams) error {
	if len(jobs) == 0 {
		return nil
	}
	rows, queues, plain, err := c.rows(jobs)
	if err == nil && plain {
		err = c.db.Later(ctx, "insert job "+jobs[0].Args.Kind(), insertJobs, rows...)
	} else if err == nil {
		err = c.insertSpecial(ctx, jobs)
	}
	if err != nil {
		return fmt.Errorf("insert job %s: %w", jobs[0].Args.Kind(), err)
	}
	for queue := range queues {
		c.db.Hint(ctx, insertChannel, `{"queue": "`+queue+`"}`)
	}
	return nil
}

// Complete marks a job as done in the transaction that ctx carries: with it, the effects of a job in the database happen
// exactly once, even if the process is killed right after the commit.
func Complete[T river.JobArgs](ctx context.Context, c *Client, job *river.Job[T]) error {
	tx, ok := c.db.PgxTx(ctx)
	if !ok {
		return errors.New("complete job: no transaction")
	}
	if _, err := river.JobCompleteTx[*riverpgxv5.Driver](ctx, tx, job); err != nil {
		return fmt.Errorf("complete job %s: %w", job.Kind, err)
	}
	return nil
}

// Start begins to run jobs, until Stop or until ctx ends.
func (c *Client) Start(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.runner != nil {
		return errors.New("jobs: started already")
	}
	id := "portal-" + randomHex()
	reindexed, err := c.reindexed(ctx)
	if err != nil {
		return err
	}
	runner, err := river.NewClient(riverpgxv5.New(c.db.Pool()), &river.Config{
		ID:                   id,
		Logger:               quiet(c.log),
		ErrorHandler:         errorLog{c.log},
		Workers:              c.workers,
		Queues:               maps.Clone(c.queues),
		PeriodicJobs:         c.periodic,
		MaxAttempts:          c.opts.MaxAttempts,
		RetryPolicy:          backoff{},
		JobTimeout:           c.opts.JobTimeout,
		RescueStuckJobsAfter: c.opts.JobTimeout + time.Minute,
		FetchCooldown:        min(20*time.Millisecond, c.opts.PollInterval),
		FetchPollInterval:    c.opts.PollInterval,
		ReindexerIndexNames:  reindexed,
	})
	if err != nil {
		return fmt.Errorf("jobs: %w", err)
	}
	stopLife, err := startLife(ctx, c.db, c.log, id, slices.Sorted(maps.Keys(c.queues)), c.opts.DeadAfter)
	if err != nil {
		return fmt.Errorf("start jobs: %w", err)
	}
	if err := runner.Start(ctx); err != nil {
		stopLife()
		return fmt.Errorf("start jobs: %w", err)
	}
	c.runner, c.stopLife = runner, stopLife
	return nil
}

// Stop takes up no more jobs and waits for those that run. When ctx ends earlier, their contexts are cancelled and they
// become available to other processes; what doesn't heed its context within a second is left behind, with an error.
func (c *Client) Stop(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.runner == nil {
		return nil
	}
	err := c.runner.Stop(ctx)
	if err != nil {
		hard, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		if err = c.runner.StopAndCancel(hard); err != nil {
			err = fmt.Errorf("stop jobs: %w", err)
		}
	}
	c.stopLife()
	c.runner = nil
	return err
}

// dropped names the indexes of River that our migrations took away.
// reindexed are the indexes that are rebuilt now and then: none where the role that works has no right to.
func (c *Client) reindexed(ctx context.Context) ([]string, error) {
	may, err := c.db.Maintains(ctx, "river_job")
	if err != nil {
		return nil, fmt.Errorf("start jobs: %w", err)
	}
	if !may {
		return []string{}, nil
	}
	return slices.DeleteFunc(river.ReindexerIndexNamesDefault(), func(name string) bool { return slices.Contains(dropped(), name) }), nil
}

func dropped() []string { return []string{"river_job_args_index", "river_job_metadata_index"} }

func randomHex() string {
	b := make([]byte, 8)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

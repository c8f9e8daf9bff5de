package jobs

import (
	"context"
	"fmt"
	"time"

	"github.com/riverqueue/river"
)

// SweepBatch is how many rows one statement of a sweep deletes at most: many at a time, without holding locks for long.
const SweepBatch = 5000

const (
	sweepEvery  = 10 * time.Minute
	sweepRounds = 100 // what is then left waits for the next time
)

// Sweep has one of the portal's processes delete what has run out in a room, every ten minutes. sweep deletes up to SweepBatch
// rows of each of its tables and says how many it were; it is called again while there may be more. Like Register it panics
// when the room has a sweep already.
func (c *Client) Sweep(room string, sweep func(context.Context) (deleted int64, err error)) {
	if _, known := c.sweeps[room]; known {
		panic("jobs: two sweeps of " + room)
	}
	if len(c.sweeps) == 0 {
		Register(c, &sweepWorker{rooms: c.sweeps})
	}
	c.sweeps[room] = sweep
	c.Periodic(river.NewPeriodicJob(river.PeriodicInterval(sweepEvery),
		func() (river.JobArgs, *river.InsertOpts) { return sweepArgs{Room: room}, nil }, nil))
}

type sweepArgs struct {
	Room string `json:"room"`
}

// Kind names the job.
func (sweepArgs) Kind() string { return "sweep" }

type sweepWorker struct {
	river.WorkerDefaults[sweepArgs]
	rooms map[string]func(context.Context) (int64, error)
}

// Work deletes what has run out in the room.
func (w *sweepWorker) Work(ctx context.Context, job *river.Job[sweepArgs]) error {
	sweep := w.rooms[job.Args.Room]
	if sweep == nil {
		return river.JobCancel(fmt.Errorf("no sweep of %q", job.Args.Room))
	}
	for range sweepRounds {
		if deleted, err := sweep(ctx); err != nil || deleted < SweepBatch {
			return err
		}
	}
	return nil
}

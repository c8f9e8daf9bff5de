package jobs

import (
	"context"
	"errors"
	"testing"

	"github.com/riverqueue/river"
)

func TestSweep_GoesOnWhileABatchWasFull(t *testing.T) {
	left, calls := int64(2*SweepBatch+7), 0
	w := &sweepWorker{rooms: map[string]func(context.Context) (int64, error){"room": func(context.Context) (int64, error) {
		deleted := min(left, SweepBatch)
		left, calls = left-deleted, calls+1
		return deleted, nil
	}}}
	if err := w.Work(t.Context(), &river.Job[sweepArgs]{Args: sweepArgs{Room: "room"}}); err != nil || left != 0 || calls != 3 {
		t.Fatalf("%d left after %d calls, %v", left, calls, err)
	}
}

func TestSweep_RoomThatIsGone_IsNotTriedAgain(t *testing.T) {
	err := (&sweepWorker{}).Work(t.Context(), &river.Job[sweepArgs]{Args: sweepArgs{Room: "gone"}})
	if cancelled := new(river.JobCancelError); !errors.As(err, &cancelled) {
		t.Fatalf("got %v, want the job cancelled", err)
	}
}

package idempotency

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"portalverbund/db/dbtest"
	"portalverbund/server/platform/problem"
)

type thing struct{ Name string }

func TestDo_SameKeyTwice_OneEffectSameAnswer(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	var effects atomic.Int32
	do := func() (thing, error) {
		return Do(t.Context(), d, "make/clara", "key-1", thing{"in"}, func(context.Context) (thing, error) {
			effects.Add(1)
			return thing{"out"}, nil
		})
	}
	var wait sync.WaitGroup
	for range 10 {
		wait.Go(func() {
			got, err := do()
			if err != nil || got.Name != "out" {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
	wait.Wait()
	require.EqualValues(t, 1, effects.Load())
}

func TestDo_SameKeyOtherRequest_Refused(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	fn := func(context.Context) (thing, error) { return thing{"out"}, nil }
	_, err := Do(t.Context(), d, "s", "key", thing{"a"}, fn)
	require.NoError(t, err)
	_, err = Do(t.Context(), d, "s", "key", thing{"b"}, fn)
	require.True(t, problem.Is(err, "idempotency-key-reused"), "%v", err)
	got, err := Do(t.Context(), d, "another scope", "key", thing{"b"}, fn)
	require.NoError(t, err)
	require.Equal(t, "out", got.Name)
}

func TestDo_Fails_KeyIsFreeAgain(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	boom := errors.New("boom")
	_, err := Do(t.Context(), d, "s", "key", thing{}, func(context.Context) (thing, error) { return thing{}, boom })
	require.ErrorIs(t, err, boom)
	got, err := Do(t.Context(), d, "s", "key", thing{}, func(context.Context) (thing, error) { return thing{"out"}, nil })
	require.NoError(t, err)
	require.Equal(t, "out", got.Name)
}

func TestSweep_OldKeys_Gone(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	_, err := Do(t.Context(), d, "s", "key", thing{}, func(context.Context) (thing, error) { return thing{}, nil })
	require.NoError(t, err)
	n, err := Sweep(t.Context(), d, time.Now(), 100)
	require.NoError(t, err)
	require.Zero(t, n)
	n, err = Sweep(t.Context(), d, time.Now().Add(Keep+time.Minute), 100)
	require.NoError(t, err)
	require.EqualValues(t, 1, n)
}

func TestDoReading_WhatIsReadFirst_IsThereInEachTransaction(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	var owns []bool
	do := func(key string) {
		own := false
		read := func(batch *pgx.Batch) { // sees what the transaction has written: the key
			batch.Queue("SELECT EXISTS (SELECT FROM idempotency_keys WHERE key = $1 AND xmin = pg_current_xact_id()::xid)", key).
				QueryRow(func(row pgx.Row) error { return row.Scan(&own) })
		}
		_, err := DoReading(t.Context(), d, "s", key, thing{}, read, func(context.Context) (thing, error) {
			owns = append(owns, own)
			return thing{}, nil
		})
		require.NoError(t, err)
	}
	do("first")
	do("second")
	do("first") // does nothing any more
	require.Equal(t, []bool{true, true}, owns)
}

package db_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"portalverbund/db/dbtest"
)

// A statement that is not even begun, as its caller has left, makes database/sql let go of the connection at once. Rolling back on it
// after that would be a second user of it, at which pgx ends the process.
func TestTx_CallerLeavesBetweenStatements_ConnectionIsLeftAlone(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 100 {
				ctx, leave := context.WithCancel(t.Context())
				err := d.Tx(ctx, func(ctx context.Context) error {
					if err := d.From(ctx).Exec("CREATE TEMPORARY TABLE left_behind (id int) ON COMMIT DROP").Error; err != nil {
						return err
					}
					leave()
					return d.From(ctx).Exec("SELECT 1").Error
				})
				if !errors.Is(err, context.Canceled) {
					t.Errorf("got %v, want that the caller has left", err)
				}
			}
		})
	}
	all.Wait()
	if err := d.Tx(t.Context(), func(ctx context.Context) error { return d.From(ctx).Exec("SELECT 1").Error }); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

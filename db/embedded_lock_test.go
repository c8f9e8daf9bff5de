//go:build linux || darwin || freebsd || netbsd || openbsd

package db

import (
	"context"
	"os/exec"
	"sync"
	"testing"
)

// Children that are being started share the lock from fork to exec: the folder is free all the same.
func TestLockFolder_ChildrenStartedMeanwhile_FreeWhenGivenBack(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	var starters sync.WaitGroup
	for range 4 {
		starters.Go(func() {
			for ctx.Err() == nil {
				_ = exec.CommandContext(ctx, "true").Run()
			}
		})
	}
	defer starters.Wait()
	defer cancel()
	folder := t.TempDir()
	for range 500 {
		lock, err := lockFolder(folder)
		if err != nil {
			t.Fatal(err)
		}
		unlockFolder(lock)
	}
}

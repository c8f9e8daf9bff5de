package sources

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"portalverbund/server/catalog/adapter"
	"portalverbund/server/platform/problem"
)

// CommandOptions say how a command imports.
type CommandOptions struct {
	Complete bool // the file or folder is all that there is under its name
	DryRun   bool
	Force    bool          // also if most would be deleted, or what is to be undone has been changed since
	Progress func(run Run) // hears from time to time how far it is; may be nil
	Every    time.Duration // how often; default 1 s
}

// RunPath imports a file or folder of this machine, in this process, and gives the run as it ended.
func (s *Service) RunPath(ctx context.Context, path string, o CommandOptions) (Run, error) {
	source, origin, err := s.fromPath(ctx, path, o.Complete)
	if err != nil {
		return Run{}, err
	}
	run, err := s.newRun(ctx, origin, origin)
	if err != nil {
		return Run{}, err
	}
	run.ByCommand, run.DryRun, run.Complete, run.Forced = true, o.DryRun, source.complete, o.Force
	return s.runHere(ctx, run, func(context.Context, Run) (adapter.Source, error) { return source, nil }, o)
}

// UndoPath undoes the last import of a file or folder.
func (s *Service) UndoPath(ctx context.Context, path string, o CommandOptions) (Run, error) {
	_, origin, err := s.fromPath(ctx, path, false)
	if err != nil {
		return Run{}, err
	}
	last, err := s.store.lastOf(ctx, origin)
	if errors.Is(err, pgx.ErrNoRows) {
		return Run{}, fmt.Errorf("undo import of %s: there is none that can be undone", origin)
	}
	if err != nil {
		return Run{}, err
	}
	undo, err := s.newUndo(ctx, last.ID, o.Force)
	if err != nil {
		return Run{}, err
	}
	undo.ByCommand = true
	return s.runHere(ctx, undo, nil, o)
}

// runHere works on a run without the queue of jobs.
func (s *Service) runHere(ctx context.Context, run Run, open opener, o CommandOptions) (Run, error) {
	err := s.store.insertRun(ctx, run)
	if problem.Is(err, "import-running") { // perhaps of a command that was killed
		if err := s.store.endDead(ctx, s.now()); err != nil {
			return Run{}, err
		}
		err = s.store.insertRun(ctx, run)
	}
	if err != nil {
		return Run{}, err
	}
	taken, _, err := s.store.take(ctx, run.ID, s.now())
	if err != nil {
		return Run{}, err
	}
	watching, stop := context.WithCancel(ctx)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		s.watch(watching, run, o)
	}()
	err = s.work(ctx, taken, open, true)
	stop()
	<-watched
	if ctx.Err() != nil { // nobody goes on with it
		ended, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		return Run{}, errors.Join(ctx.Err(), s.end(ended, taken, StateCancelled, "", nil))
	}
	if err != nil {
		return Run{}, err
	}
	ended, err := s.Run(ctx, run.ID)
	if err == nil && ended.State == StateHeld { // nobody is there to decide, and it must not be in the way of the next
		err = s.store.set(ctx, ended, `state = 'failed', finished_at = $3`, s.now())
	}
	return ended, err
}

// watch tells how far a run is.
func (s *Service) watch(ctx context.Context, run Run, o CommandOptions) {
	if o.Progress == nil {
		return
	}
	if o.Every == 0 {
		o.Every = time.Second
	}
	ticker := time.NewTicker(o.Every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if now, err := s.Run(ctx, run.ID); err == nil {
			o.Progress(now)
		}
	}
}

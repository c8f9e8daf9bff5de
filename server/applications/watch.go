package applications

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"

	"portalverbund/server/platform/notify"
)

const (
	// heartbeat keeps proxies from closing a stream in which nothing happens, and finds out that the reader has gone.
	heartbeat = 15 * time.Second
	// watchTime ends a stream; the browser opens it anew by itself, and is asked again who it is.
	watchTime = time.Hour
	// writeTime is what a reader may take for one line.
	writeTime = 30 * time.Second
)

// Watching is a person watching one of their applications.
type Watching struct {
	Present func() (etag string, err error) // reads the application's ETag
	Changes <-chan string                   // hints: new ETags; notify.Lost says that some are missing
	Stop    func()
}

// Watch begins to watch one of the caller's applications, until Stop. problem.NotFound for others'.
func (s *Service) Watch(ctx context.Context, id uuid.UUID) (Watching, error) {
	caller, err := person(ctx)
	if err != nil {
		return Watching{}, err
	}
	present := func() (string, error) {
		a, err := s.find(ctx, presentVisible, id, caller.Person.Issuer, caller.Person.Subject)
		return a.ETag(), err
	}
	if _, err := present(); err != nil {
		return Watching{}, err
	}
	changes, stop := s.hub.Subscribe(Topic(id))
	return Watching{Present: present, Changes: changes, Stop: stop}, nil
}

// watch sends the changes of an application as server-sent events (text/event-stream): an event "changed" whose data is the
// ETag, the present one first, until the reader leaves.
type watch struct {
	Watching
	ctx  context.Context
	beat time.Duration
}

// VisitWatchApplicationResponse writes the stream.
func (v watch) VisitWatchApplicationResponse(w http.ResponseWriter) error {
	defer v.Stop()
	etag, err := v.Present() // after subscribing: nothing is missed in between
	if err != nil {
		return err
	}
	header := w.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Accel-Buffering", "no") // proxies pass on at once
	w.WriteHeader(http.StatusOK)
	control := http.NewResponseController(w)
	send := func(text string) bool {
		_ = control.SetWriteDeadline(time.Now().Add(writeTime)) // not every writer can
		_, err := fmt.Fprint(w, text)
		return err == nil && control.Flush() == nil
	}
	for text, more := "retry: 2000\n\n"+changedEvent(etag), true; more && send(text); {
		text, more = v.next(&etag)
	}
	return nil
}

// next waits for what is to be sent next; false at the end. With every heartbeat it looks for itself: a hint may have got
// lost. sent is the ETag that the reader knows.
func (v watch) next(sent *string) (text string, more bool) {
	select {
	case <-v.ctx.Done():
		return "", false
	case <-time.After(v.beat):
		etag, err := v.Present()
		if err == nil && etag == *sent {
			return ": still here\n\n", true
		}
		*sent = etag
		return changedEvent(etag), err == nil
	case etag, open := <-v.Changes:
		if open && etag == notify.Lost {
			var err error
			etag, err = v.Present()
			open = err == nil
		}
		*sent = etag
		return changedEvent(etag), open
	}
}

func changedEvent(etag string) string { return "event: changed\ndata: " + etag + "\n\n" }

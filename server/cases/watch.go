package cases

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/notify"
)

const (
	// heartbeat keeps proxies from closing a stream in which nothing happens.
	heartbeat = 25 * time.Second
	// watchFor ends a stream; the browser opens it anew by itself, and is asked again who it is.
	watchFor = 15 * time.Minute
)

// watch sends the ids of changed cases as server-sent events, until the reader leaves. The nil id says that any case may
// have changed: at the start, and whenever a change may have been missed.
type watch struct {
	ctx   context.Context
	s     *Service
	reach httpx.Reach // of the clerk; read anew when the browser opens the stream anew
}

// VisitWatchCasesResponse writes the stream.
func (v watch) VisitWatchCasesResponse(w http.ResponseWriter) error {
	ctx, cancel := context.WithTimeout(v.ctx, watchFor)
	defer cancel()
	changes, unsubscribe := v.s.hub.Subscribe(Topic)
	defer unsubscribe()
	send := notify.Stream(w)
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for line := "retry: 1000\n" + notify.Changed(uuid.Nil.String()); ; {
		if line != "" && !send(line) {
			return nil // the reader has gone, which is no error
		}
		select {
		case <-ctx.Done():
			return nil
		case <-beat.C:
			line = notify.StillHere
		case id, ok := <-changes:
			if !ok {
				return nil
			}
			line = v.about(id) // nothing, where it is not for this clerk
		}
	}
}

// about gives the event for a message on Topic; none where the case is not for this clerk.
func (v watch) about(message string) string {
	if message == notify.Lost {
		return notify.Changed(uuid.Nil.String())
	}
	id, unit, _ := strings.Cut(message, " ")
	if in, err := uuid.Parse(unit); !v.reach.Everywhere && (err != nil || !v.reach.Has(in)) {
		return ""
	}
	return notify.Changed(id)
}

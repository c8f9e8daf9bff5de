package notify

import (
	"context"
	"net/http"
	"time"
)

const (
	// heartbeat keeps proxies from closing a stream in which nothing happens, and finds out that the reader has gone.
	heartbeat = 15 * time.Second
	// streamTime ends a stream; the browser opens it anew by itself, and is asked again who it is.
	streamTime = time.Hour
	// writeTime is what a reader may take for one line.
	writeTime = 30 * time.Second
)

// Events tells a reader of the changes of one thing as server-sent events (text/event-stream): an event "changed" whose data says what is there, the
// present first, until the reader leaves, the thing is not there any more, or an hour has passed.
type Events struct {
	present func() (string, error)
	changes <-chan string
	stop    func()
	ctx     context.Context
	beat    time.Duration
}

// Watch begins to watch the thing that a topic tells of. present reads what is there (an ETag, a revision); its error is the caller's, and
// nothing is watched then.
func (h *Hub) Watch(ctx context.Context, topic string, present func() (string, error)) (Events, error) {
	if _, err := present(); err != nil {
		return Events{}, err
	}
	changes, unsubscribe := h.Subscribe(topic)
	limited, cancel := context.WithTimeout(ctx, streamTime)
	return Events{present: present, changes: changes, stop: func() { cancel(); unsubscribe() }, ctx: limited, beat: heartbeat}, nil
}

// Stop ends watching; who writes the stream need not.
func (e Events) Stop() { e.stop() }

// Write writes the stream.
func (e Events) Write(w http.ResponseWriter) error {
	defer e.Stop()
	known, err := e.present() // after subscribing: nothing is missed in between
	if err != nil {
		return err
	}
	send := Stream(w)
	for text, more := "retry: 2000\n\n"+Changed(known), true; more && send(text); {
		text, more = e.next(&known)
	}
	return nil
}

// next waits for what is to be sent next; false at the end. With every heartbeat it looks for itself: a hint may have got lost. known is what the
// reader knows.
func (e Events) next(known *string) (text string, more bool) {
	select {
	case <-e.ctx.Done():
		return "", false
	case <-time.After(e.beat):
		present, err := e.present()
		if err == nil && present == *known {
			return StillHere, true
		}
		*known = present
		return Changed(present), err == nil
	case present, open := <-e.changes:
		if open && present == Lost {
			var err error
			present, err = e.present()
			open = err == nil
		}
		*known = present
		return Changed(present), open
	}
}

// StillHere is the comment of a heartbeat.
const StillHere = ": still here\n\n"

// Changed is an event that says what is there now.
func Changed(data string) string { return "event: changed\ndata: " + data + "\n\n" }

// Stream begins a stream of server-sent events. What it gives sends a part of it through all buffers, and says whether the reader is still there.
func Stream(w http.ResponseWriter) (send func(text string) bool) {
	header := w.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Accel-Buffering", "no") // proxies pass on at once
	w.WriteHeader(http.StatusOK)
	control := http.NewResponseController(w)
	return func(text string) bool {
		_ = control.SetWriteDeadline(time.Now().Add(writeTime)) // not every writer can
		_, err := w.Write([]byte(text))
		return err == nil && control.Flush() == nil
	}
}

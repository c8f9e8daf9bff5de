package notify

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

var errGone = errors.New("gone")

// watching is a stream of which a test says what it sees.
func watching(ctx context.Context, changes <-chan string, present func() (string, error)) (Events, *bool) {
	stopped := false
	return Events{present: present, changes: changes, stop: func() { stopped = true }, ctx: ctx, beat: time.Hour}, &stopped
}

func TestEvents_Stream_SaysThePresentTheChangesAndEndsWithTheHub(t *testing.T) {
	t.Parallel()
	changes := make(chan string, 3)
	changes <- `"2"`
	changes <- Lost
	close(changes)
	seen := []string{`"1"`, `"7"`}
	w, stopped := watching(t.Context(), changes, func() (string, error) { next := seen[0]; seen = seen[1:]; return next, nil })
	recorder := httptest.NewRecorder()
	if err := w.Write(recorder); err != nil {
		t.Fatal(err)
	}
	want := "retry: 2000\n\nevent: changed\ndata: \"1\"\n\nevent: changed\ndata: \"2\"\n\nevent: changed\ndata: \"7\"\n\n"
	if recorder.Body.String() != want || !recorder.Flushed || !*stopped {
		t.Errorf("stream %q, flushed %v, stopped %v", recorder.Body, recorder.Flushed, *stopped)
	}
}

func TestEvents_NothingHappens_HeartbeatsUntilTheEnd(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	w, stopped := watching(ctx, make(chan string), func() (string, error) { return `"1"`, nil })
	w.beat = 5 * time.Millisecond
	recorder := httptest.NewRecorder()
	if err := w.Write(recorder); err != nil {
		t.Fatal(err)
	}
	if beats := strings.Count(recorder.Body.String(), ": still here\n\n"); beats < 3 || !*stopped {
		t.Errorf("%d heartbeats, stopped %v", beats, *stopped)
	}
}

func TestEvents_HintGotLost_HeartbeatFindsTheChange(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	looks := 0
	w, _ := watching(ctx, make(chan string), func() (string, error) {
		if looks++; looks == 5 {
			cancel()
		}
		return fmt.Sprintf(`"%d"`, min(looks, 3)), nil
	})
	w.beat = time.Millisecond
	recorder := httptest.NewRecorder()
	if err := w.Write(recorder); err != nil {
		t.Fatal(err)
	}
	for _, etag := range []string{`"1"`, `"2"`, `"3"`} {
		if n := strings.Count(recorder.Body.String(), Changed(etag)); n != 1 {
			t.Errorf("%s was told %d times: %q", etag, n, recorder.Body)
		}
	}
}

func TestEvents_ThingGone_Ends(t *testing.T) {
	t.Parallel()
	changes := make(chan string, 1)
	changes <- Lost
	first := true
	w, stopped := watching(t.Context(), changes, func() (string, error) {
		if first {
			first = false
			return `"1"`, nil
		}
		return "", errGone
	})
	recorder := httptest.NewRecorder()
	if err := w.Write(recorder); err != nil {
		t.Fatal(err)
	}
	if strings.Count(recorder.Body.String(), "changed") != 1 || !*stopped {
		t.Errorf("stream %q, stopped %v", recorder.Body, *stopped)
	}
	w, _ = watching(t.Context(), changes, func() (string, error) { return "", errGone })
	if err := w.Write(httptest.NewRecorder()); !errors.Is(err, errGone) {
		t.Errorf("err = %v, want errGone", err)
	}
}

// broken is a reader that has gone.
type broken struct{ *httptest.ResponseRecorder }

func (broken) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestEvents_ReaderHasGone_Ends(t *testing.T) {
	t.Parallel()
	w, stopped := watching(t.Context(), make(chan string), func() (string, error) { return `"1"`, nil })
	if err := w.Write(broken{httptest.NewRecorder()}); err != nil || !*stopped {
		t.Errorf("err = %v, stopped %v", err, *stopped)
	}
}

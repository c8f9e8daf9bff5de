package federation

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// readings answers one reading after another, each when it is let go.
type readings struct {
	began chan context.Context
	goOn  chan feedLines
}

func (r readings) read(ctx context.Context, _ pageKey) (feedLines, error) {
	r.began <- ctx
	select {
	case lines := <-r.goOn:
		return lines, nil
	case <-ctx.Done():
		return feedLines{}, ctx.Err()
	}
}

func TestSharedPages_WhoComesWhileOneIsRead_GetsTheNextTogether(t *testing.T) {
	t.Parallel()
	var pages sharedPages
	r := readings{make(chan context.Context), make(chan feedLines)}
	ask := func(got chan<- string) {
		lines, err := pages.read(t.Context(), pageKey{"e.1.1", 10}, r.read)
		if err != nil {
			t.Error(err)
		}
		got <- string(lines.zipped)
	}
	first, later := make(chan string, 1), make(chan string, 20)
	go ask(first)
	<-r.began
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() { ask(later) })
	}
	until(t, "all wait", func() bool {
		pages.mu.Lock()
		defer pages.mu.Unlock()
		p := pages.next[pageKey{"e.1.1", 10}]
		return p != nil && p.waiting == 20
	})
	r.goOn <- feedLines{zipped: []byte("old")}
	require.Equal(t, "old", <-first)
	<-r.began
	r.goOn <- feedLines{zipped: []byte("new")}
	all.Wait()
	for range 20 {
		require.Equal(t, "new", <-later, "what was read before they asked may be past what they were told of")
	}
}

func TestSharedPages_OneLeaves_TheOthersGetIt_AllLeave_ItEnds(t *testing.T) {
	t.Parallel()
	var pages sharedPages
	r := readings{make(chan context.Context), make(chan feedLines)}
	key := pageKey{"", 10}
	leaving, leave := context.WithCancel(t.Context())
	left, stayed := make(chan error, 1), make(chan string, 1)
	go func() { _, err := pages.read(leaving, key, r.read); left <- err }()
	<-r.began
	leave()
	require.ErrorIs(t, <-left, context.Canceled)

	leaving, leave = context.WithCancel(t.Context())
	go func() { _, err := pages.read(leaving, key, r.read); left <- err }()
	reading := <-r.began
	go func() {
		lines, err := pages.read(t.Context(), key, r.read)
		if err != nil {
			t.Error(err)
		}
		stayed <- string(lines.zipped)
	}()
	until(t, "the other waits", func() bool {
		pages.mu.Lock()
		defer pages.mu.Unlock()
		return pages.next[key] != nil
	})
	leave()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	<-reading.Done()
	<-r.began
	r.goOn <- feedLines{zipped: []byte("x")}
	require.Equal(t, "x", <-stayed)
	until(t, "nothing is kept", func() bool {
		pages.mu.Lock()
		defer pages.mu.Unlock()
		return len(pages.next) == 0 && len(pages.busy) == 0
	})
}

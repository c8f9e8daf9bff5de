package federation

import (
	"context"
	"sync"
)

// pageKey is what members ask for; whoever asks for the same gets the same lines.
type pageKey struct {
	after string
	limit int
}

// sharedPages lets members that ask for the same at the same time share one reading: after a change, all do. Whoever comes while one is
// read waits for the next, as that one may be past what the newcomer has been told of.
type sharedPages struct {
	mu   sync.Mutex
	next map[pageKey]*sharedPage // have not begun
	busy map[pageKey]bool        // are being read
}

type sharedPage struct {
	waiting int
	ctx     context.Context //nolint:containedctx // ends when nobody waits any longer
	cancel  context.CancelFunc
	done    chan struct{}
	lines   feedLines
	err     error
}

// read gives what read reads for a key, in a reading that begins after the call.
func (s *sharedPages) read(ctx context.Context, key pageKey, read func(context.Context, pageKey) (feedLines, error)) (feedLines, error) {
	p := s.join(ctx, key, read)
	select {
	case <-p.done:
		return p.lines, p.err
	case <-ctx.Done():
		s.leave(key, p)
		return feedLines{}, ctx.Err()
	}
}

func (s *sharedPages) join(ctx context.Context, key pageKey, read func(context.Context, pageKey) (feedLines, error)) *sharedPage {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.next == nil {
		s.next, s.busy = map[pageKey]*sharedPage{}, map[pageKey]bool{}
	}
	p := s.next[key]
	if p == nil {
		p = &sharedPage{done: make(chan struct{})}
		p.ctx, p.cancel = context.WithTimeout(context.WithoutCancel(ctx), pageTimeout) // for others too, when this one leaves
		s.next[key] = p
		if !s.busy[key] {
			s.busy[key] = true
			go s.run(key, read)
		}
	}
	p.waiting++
	return p
}

func (s *sharedPages) leave(key pageKey, p *sharedPage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.waiting--; p.waiting > 0 {
		return
	}
	p.cancel()
	if s.next[key] == p {
		delete(s.next, key)
	}
}

// run reads until nobody waits.
func (s *sharedPages) run(key pageKey, read func(context.Context, pageKey) (feedLines, error)) {
	for {
		s.mu.Lock()
		p := s.next[key]
		delete(s.next, key)
		if p == nil {
			delete(s.busy, key)
		}
		s.mu.Unlock()
		if p == nil {
			return
		}
		p.lines, p.err = read(p.ctx, key)
		p.cancel()
		close(p.done)
	}
}

package catalog

import (
	"sync"
	"time"
)

const latelyKept = 4096 // keys

// lately remembers what was looked up, as long as an answer may be remembered: who searches names the same place again and again.
// Nobody may change what it gives.
type lately[T any] struct {
	now func() time.Time

	mu    sync.Mutex
	byKey map[string]latest[T]
}

type latest[T any] struct {
	value T
	until time.Time
}

func newLately[T any](now func() time.Time) *lately[T] {
	return &lately[T]{now: now, byKey: map[string]latest[T]{}}
}

// of gives what is known under the key, else looks it up. Errors are not remembered.
func (l *lately[T]) of(key string, look func() (T, error)) (T, error) {
	now := l.now()
	l.mu.Lock()
	known, ok := l.byKey[key]
	l.mu.Unlock()
	if ok && now.Before(known.until) {
		return known.value, nil
	}
	value, err := look()
	if err != nil {
		return value, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.byKey) >= latelyKept {
		clear(l.byKey)
	}
	l.byKey[key] = latest[T]{value, now.Add(answerAge)}
	return value, nil
}

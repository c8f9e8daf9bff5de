package federation

import (
	"context"
	"sync"
)

// workQueue holds names of things to be done. A name waits at most once and is worked on by one worker at a time; added
// while it is worked on, it is worked on once more. So the last request is never lost, and many make one.
type workQueue struct {
	mu      sync.Mutex
	order   []string
	waiting map[string]bool
	running map[string]bool
	more    chan struct{}
}

func newWorkQueue() *workQueue {
	return &workQueue{waiting: map[string]bool{}, running: map[string]bool{}, more: make(chan struct{}, 1)}
}

// add asks for work on names.
func (q *workQueue) add(names ...string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, name := range names {
		if !q.waiting[name] {
			q.waiting[name] = true
			q.order = append(q.order, name)
		}
	}
	q.signal()
}

// run works with several workers until ctx ends, and returns when all have ended.
func (q *workQueue) run(ctx context.Context, workers int, work func(ctx context.Context, name string)) {
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for {
				name, ok := q.next()
				if ok {
					work(ctx, name)
					q.done(name)
				}
				if ctx.Err() != nil {
					return
				}
				if ok {
					continue
				}
				select {
				case <-ctx.Done():
					return
				case <-q.more:
				}
			}
		})
	}
	all.Wait()
}

// next takes the first name that nobody works on.
func (q *workQueue) next() (string, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i, name := range q.order {
		if q.running[name] {
			continue
		}
		q.order = append(q.order[:i], q.order[i+1:]...)
		delete(q.waiting, name)
		q.running[name] = true
		if len(q.order) > 0 {
			q.signal()
		}
		return name, true
	}
	return "", false
}

func (q *workQueue) done(name string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.running, name)
	if len(q.order) > 0 {
		q.signal()
	}
}

// signal wakes one worker; that one wakes the next.
func (q *workQueue) signal() {
	select {
	case q.more <- struct{}{}:
	default:
	}
}

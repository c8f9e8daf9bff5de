package catalog

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"portalverbund/server/platform/httpx"
)

const (
	answersBytes = 4 << 20
	answerBytes  = 256 << 10 // larger ones are made each time
	answerAge    = 10 * time.Second
)

// answers remembers what was answered, as JSON, until the catalog changes. Should news of a change be late, an answer is
// made anew after ten seconds all the same.
type answers struct {
	now func() time.Time

	mu         sync.Mutex
	generation uint64
	size       int
	byKey      map[string]answer
}

// answer is the body of a response.
type answer struct {
	body     []byte
	etag     string
	language string
	until    time.Time
}

func newAnswers(now func() time.Time) *answers {
	return &answers{now: now, byKey: map[string]answer{}}
}

// forget drops everything: something has changed.
func (a *answers) forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.generation++
	a.size = 0
	clear(a.byKey)
}

// current is a number that is another one after each change.
func (a *answers) current() uint64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.generation
}

// of gives the answer for the key parts in the language of ctx, made now or before. What is made while something changes is
// answered, but not remembered.
func (a *answers) of(ctx context.Context, parts []string, make func() (value any, language string, err error)) (answer, error) {
	key := httpx.LanguageOf(ctx) + "\x00" + strings.Join(parts, "\x00")
	a.mu.Lock()
	known, ok := a.byKey[key]
	generation := a.generation
	a.mu.Unlock()
	if ok && a.now().Before(known.until) {
		return known, nil
	}
	value, language, err := make()
	if err != nil {
		return answer{}, err
	}
	body, err := json.Marshal(value)
	if err != nil {
		return answer{}, fmt.Errorf("write answer: %w", err)
	}
	sum := sha256.Sum256(body)
	made := answer{body: body, etag: `"` + hex.EncodeToString(sum[:12]) + `"`, language: language, until: a.now().Add(answerAge)}
	a.remember(key, made, generation)
	return made, nil
}

func (a *answers) remember(key string, made answer, generation uint64) {
	size := len(made.body) + len(key)
	if size > answerBytes {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.generation != generation {
		return
	}
	if before, ok := a.byKey[key]; ok {
		a.size -= len(before.body) + len(key)
	}
	if a.size+size > answersBytes {
		clear(a.byKey)
		a.size = 0
	}
	a.byKey[key] = made
	a.size += size
}

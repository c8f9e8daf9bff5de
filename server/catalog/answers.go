package catalog

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"portalverbund/server/platform/httpx"
)

const (
	answersBytes = 4 << 20
	answerBytes  = 256 << 10 // larger ones are made each time
	answerAge    = 10 * time.Second
	rowsKept     = 4096 // of what lists show of services, some 4 MB
)

// answers remembers what was answered, as JSON, until the catalog changes. Should news of a change be late, an answer is
// made anew after ten seconds all the same.
type answers struct {
	now func() time.Time

	mu         sync.Mutex
	generation uint64
	size       int
	byKey      map[string]answer
	rows       map[uuid.UUID]keptRow // what lists show of services
}

// keptRow is what lists show of a service, and how long it may be answered.
type keptRow struct {
	row   summaryRow
	until time.Time
}

// answer is the body of a response.
type answer struct {
	body     []byte
	etag     string
	language string
	until    time.Time
}

func newAnswers(now func() time.Time) *answers {
	return &answers{now: now, byKey: map[string]answer{}, rows: map[uuid.UUID]keptRow{}}
}

// forget drops everything: something has changed.
func (a *answers) forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.generation++
	a.size = 0
	clear(a.byKey)
	clear(a.rows)
}

// rowsOf gives what lists show of services, in their order, as far as they exist: as it was read lately, else as read finds it.
func (a *answers) rowsOf(ids []uuid.UUID, read func(ids []uuid.UUID) ([]summaryRow, error)) ([]summaryRow, error) {
	known, missing, generation := a.knownRows(ids)
	if len(missing) > 0 {
		rows, err := read(missing)
		if err != nil {
			return nil, err
		}
		a.keepRows(rows, generation)
		for _, r := range rows {
			known[slices.Index(ids, r.ID)] = r
		}
	}
	return slices.DeleteFunc(known, func(r summaryRow) bool { return r.ID == uuid.Nil }), nil
}

// knownRows gives a row for each id, empty where it is missing.
func (a *answers) knownRows(ids []uuid.UUID) (known []summaryRow, missing []uuid.UUID, generation uint64) {
	known = make([]summaryRow, len(ids))
	now := a.now()
	a.mu.Lock()
	defer a.mu.Unlock()
	for i, id := range ids {
		if kept, ok := a.rows[id]; ok && now.Before(kept.until) {
			known[i] = kept.row
		} else {
			missing = append(missing, id)
		}
	}
	return known, missing, a.generation
}

func (a *answers) keepRows(rows []summaryRow, generation uint64) {
	until := a.now().Add(answerAge)
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.generation != generation {
		return
	}
	if len(a.rows)+len(rows) > rowsKept {
		clear(a.rows)
	}
	for _, r := range rows {
		a.rows[r.ID] = keptRow{r, until}
	}
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

package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"portalverbund/server/platform/notify"
)

const (
	buildBatch    = 1000
	checkEvery    = 5 * time.Minute
	retryAfter    = time.Second
	calm          = 300 * time.Millisecond // after the last of several large changes, before they are followed
	longestWait   = 30 * time.Second       // for calm
	longestRest   = 20 * time.Second       // after large changes were followed, before others are; else twice the time that took
	namedServices = 150                    // in one message; for more, everything is compared
	tidyAfter     = 500                    // changes, each of which leaves something behind in the index
	tidyShare     = 0.25                   // of the services changed since the index was built
)

// message tells what has changed: these services, or all, or only offices and categories.
type message struct {
	All      bool        `json:"all,omitempty"`
	Written  int         `json:"written,omitempty"` // with all: services that were written or deleted
	Synonyms bool        `json:"synonyms,omitempty"`
	Beside   bool        `json:"beside,omitempty"` // offices, life situations or online services
	Services []uuid.UUID `json:"services,omitempty"`
}

// announce tells all processes of the portal what a transaction has changed, when it commits.
func (s *Service) announce(ctx context.Context, t *touched) error {
	s.store.db.AfterCommit(ctx, s.offers.forget)
	if s.hub == nil || len(t.services) == 0 && !t.other {
		return nil
	}
	if err := s.store.servicesOf(ctx, t); err != nil {
		return err
	}
	m := message{All: t.all(), Beside: t.other}
	if m.All {
		m.Written = t.written
	} else {
		for id := range t.services {
			m.Services = append(m.Services, id)
		}
	}
	text, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("tell of changes: %w", err)
	}
	return s.hub.Publish(ctx, Topic, string(text))
}

// Run builds the search index and keeps it and the remembered answers true, until ctx ends. Answers that need the index wait
// for it.
func (s *Service) Run(ctx context.Context) error {
	var messages <-chan string
	if s.hub != nil {
		subscribed, cancel := s.hub.Subscribe(Topic)
		defer cancel()
		messages = subscribed
	}
	for s.rebuild(ctx) != nil {
		if !pause(ctx, retryAfter) {
			return nil
		}
	}
	check := time.NewTicker(checkEvery)
	defer check.Stop()
	var pending message
	var large pace
	var due <-chan time.Time // of a large change
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-check.C:
			pending.All = true
		case text := <-messages:
			large.note(pending.take(text))
		case <-due:
		}
		for more := true; more; { // what came meanwhile is followed in one go
			select {
			case text := <-messages:
				large.note(pending.take(text))
			default:
				more = false
			}
		}
		s.answers.forget()
		s.offers.forget()
		if few := pending.few(); !few.nothing() && !s.followOrCompare(ctx, few) {
			return nil
		}
		due = nil
		if pending.All {
			if wait := time.Until(large.due()); wait > 0 {
				due = time.After(wait)
			} else {
				begun := time.Now()
				if !s.followOrCompare(ctx, pending) {
					return nil
				}
				pending, large = message{}, pace{rested: time.Now().Add(min(2*time.Since(begun), longestRest))}
			}
		}
		s.answers.forget() // those that were made of the old index meanwhile
	}
}

// pace says when large changes are followed: when no more of them have come for a while, as each may make a new index necessary. So the
// catalog of a linked portal that is read for the first time is in the index once, at its end.
type pace struct {
	begun, last time.Time // of the large changes that wait
	rested      time.Time
}

func (p *pace) note(large bool) {
	if !large {
		return
	}
	p.last = time.Now()
	if p.begun.IsZero() {
		p.begun = p.last
	}
}

func (p *pace) due() time.Time {
	at := p.last.Add(calm)
	if end := p.begun.Add(longestWait); end.Before(at) {
		at = end
	}
	if p.rested.After(at) {
		at = p.rested
	}
	return at
}

// followOrCompare makes the index true after a change, by comparing everything where that fails. It says whether to go on.
func (s *Service) followOrCompare(ctx context.Context, m message) bool {
	err := s.follow(ctx, m)
	if err == nil || ctx.Err() != nil {
		return true
	}
	s.log.ErrorContext(ctx, "search index: follow a change", "error", err)
	if !pause(ctx, retryAfter) {
		return false
	}
	if err := s.follow(ctx, message{All: true}); err != nil && ctx.Err() == nil {
		s.log.ErrorContext(ctx, "search index: compare with the database", "error", err)
	}
	return true
}

// take adds what a message says; one that says nothing readable, or that messages got lost, says that everything may have changed. It
// says whether that is a large change.
func (m *message) take(text string) (large bool) {
	var more message
	if text == notify.Lost || json.Unmarshal([]byte(text), &more) != nil {
		more = message{All: true}
	}
	if !more.All && !more.Synonyms && len(more.Services) == 0 {
		more.Beside = true
	}
	m.All, m.Synonyms, m.Beside = m.All || more.All, m.Synonyms || more.Synonyms, m.Beside || more.Beside
	m.Services = append(m.Services, more.Services...)
	m.Written += more.Written
	return more.All
}

func (m message) nothing() bool { return !m.All && !m.Synonyms && !m.Beside && len(m.Services) == 0 }

// few takes out what somebody may be looking for already, as few things have changed: that does not wait until many others, such as the
// catalog of a linked portal that is being read, are in the index.
func (m *message) few() message {
	few := message{Synonyms: m.Synonyms, Beside: m.Beside && !m.All, Services: m.Services}
	*m = message{All: m.All, Written: m.Written, Beside: m.Beside && m.All}
	return few
}

func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// follow makes the index true after a change.
func (s *Service) follow(ctx context.Context, m message) error {
	x, err := s.search.current(ctx)
	if err != nil {
		return err
	}
	if m.All {
		if x.worn(m.Written) {
			return s.rebuild(ctx) // whatever else has changed
		}
		if m.Services, err = s.differing(ctx, x); err != nil {
			return err
		}
		m.Beside, m.Synonyms = true, true
	}
	if m.Synonyms {
		if err := s.followSynonyms(ctx); err != nil {
			return err
		}
	}
	if m.Beside {
		if err := s.followBeside(ctx); err != nil {
			return err
		}
	}
	if x.worn(len(m.Services)) {
		return s.rebuild(ctx)
	}
	for from := 0; from < len(m.Services); from += buildBatch {
		if err := s.refresh(ctx, x, m.Services[from:min(from+buildBatch, len(m.Services))]); err != nil {
			return err
		}
	}
	return nil
}

// followBeside makes what is found beside services true.
func (s *Service) followBeside(ctx context.Context) error {
	t, err := s.search.beside(ctx)
	if err != nil {
		return err
	}
	if t.worn() {
		t = newThings()
	}
	if err := s.followThings(ctx, t); err != nil {
		return err
	}
	s.search.installBeside(t)
	return nil
}

// worn says whether building anew is better than taking in so many changes.
func (x *index) worn(changes int) bool {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.changes > tidyAfter || changes > buildBatch/10 && float64(changes) > tidyShare*float64(len(x.documents))
}

// refresh reads services and takes in what they are now.
func (s *Service) refresh(ctx context.Context, x *index, ids []uuid.UUID) error {
	rows, err := s.store.servicesByID(ctx, ids)
	if err != nil {
		return err
	}
	there := make(map[uuid.UUID]bool, len(rows))
	for _, r := range rows {
		there[r.ID] = true
	}
	var gone []uuid.UUID
	for _, id := range ids {
		if !there[id] {
			gone = append(gone, id)
		}
	}
	return x.replace(rows, gone)
}

// differing compares the index with the database and gives the services that are not the same in both.
func (s *Service) differing(ctx context.Context, x *index) ([]uuid.UUID, error) {
	known := x.versions()
	var differ []uuid.UUID
	var after uuid.UUID
	for {
		rows, err := s.store.versions(ctx, after, 10*buildBatch)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			if known, ok := known[r.ID]; !ok || known != versionOf(r.Version) {
				differ = append(differ, r.ID)
			}
			delete(known, r.ID)
		}
		if len(rows) < 10*buildBatch {
			break
		}
		after = rows[len(rows)-1].ID
	}
	for id := range known {
		differ = append(differ, id)
	}
	return differ, nil
}

func (x *index) versions() map[uuid.UUID]version {
	x.mu.RLock()
	defer x.mu.RUnlock()
	versions := make(map[uuid.UUID]version, len(x.documents))
	for id, d := range x.documents {
		versions[id] = d.version
	}
	return versions
}

// rebuild makes a new index of everything in the database and installs it.
func (s *Service) rebuild(ctx context.Context) error {
	x, err := s.build(ctx)
	if err != nil {
		if ctx.Err() == nil {
			s.log.ErrorContext(ctx, "search index: build", "error", err)
		}
		return err
	}
	if err := s.followSynonyms(ctx); err != nil {
		return fmt.Errorf("search index: %w", err)
	}
	t := newThings()
	if err := s.followThings(ctx, t); err != nil {
		return fmt.Errorf("search index: offices: %w", err)
	}
	if err := s.learnLands(ctx); err != nil {
		return fmt.Errorf("holidays: %w", err)
	}
	s.search.installBeside(t)
	s.search.install(x)
	return nil
}

// build makes an index. Services are read while those before them are being written.
func (s *Service) build(ctx context.Context) (*index, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	batches := make(chan []*wording, 2)
	failed := make(chan error, 1)
	go func() {
		defer close(batches)
		failed <- s.readAll(ctx, batches)
	}()
	x := newIndex(newLexicon())
	places, err := s.placeNames(ctx)
	if err != nil {
		return nil, err
	}
	x.places = places
	x.nearby = nearbyOf(x.places, s.home)
	w := newWriter(x)
	w.whole = &compounds{known: map[string]int32{}, foreign: map[string]bool{}}
	for batch := range batches {
		for _, f := range batch {
			w.write(f)
		}
	}
	if err := <-failed; err != nil {
		return nil, err
	}
	w.takeApart()
	x.finish()
	return x, nil
}

// readAll reads all services, in batches.
func (s *Service) readAll(ctx context.Context, batches chan<- []*wording) error {
	var after uuid.UUID
	for {
		rows, err := s.store.services(ctx, after, buildBatch)
		if err != nil {
			return err
		}
		batch, err := readRows(rows)
		if err != nil {
			return err
		}
		select {
		case batches <- batch:
		case <-ctx.Done():
			return ctx.Err()
		}
		if len(rows) < buildBatch {
			return nil
		}
		after = rows[len(rows)-1].ID
	}
}

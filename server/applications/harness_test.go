package applications_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/db"
	"portalverbund/db/dbtest"
	"portalverbund/server/applications"
	"portalverbund/server/platform/blob"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/jobs"
	"portalverbund/server/platform/keys"
	"portalverbund/server/platform/notify"
	"portalverbund/server/platform/problem"
	"portalverbund/server/platform/scan"
)

const (
	self   = "http://localhost:8081"
	county = "http://localhost:8080"
	meppen = "034540035035"
)

// setup is a Service with everything that it asks of other rooms.
type setup struct {
	s       *applications.Service
	h       *applications.Handlers
	db      *db.DB
	store   *blob.Store
	folder  string
	jobs    *jobs.Client
	hub     *notify.Hub
	clock   *clock
	others  *others
	clara   context.Context
	stefan  context.Context
	offerID uuid.UUID
}

type options struct {
	portal  string // the competent one
	random  io.Reader
	scanner *scan.Scanner
}

func newSetup(t *testing.T) *setup { return newSetupWith(t, options{}) }

func newSetupWith(t *testing.T, o options) *setup {
	t.Helper()
	if o.portal == "" {
		o.portal = county
	}
	if o.random == nil {
		o.random = rand.Reader
	}
	x := &setup{db: dbtest.New(t), folder: filepath.Join(t.TempDir(), "objects"), clock: &clock{at: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)}, offerID: uuid.New()}
	set, err := keys.New(true)
	if err != nil {
		t.Fatal(err)
	}
	if x.store, err = blob.New(t.Context(), x.folder, set.Derive("blob")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.store.Close() })
	log := slog.New(slog.DiscardHandler)
	if x.jobs, err = jobs.New(x.db, log, jobs.Options{PollInterval: 20 * time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	x.hub = notify.New(x.db, log)
	x.others = newOthers(x.offerID, o.portal)
	x.s, err = applications.New(applications.Config{
		DB: x.db, Keys: set, Store: x.store, Jobs: x.jobs, Hub: x.hub, Offers: x.others, Forms: x.others, Places: x.others, Delivery: x.others,
		Mailbox: x.others, Portals: x.others, Powers: x.others, Documents: x.others, Mail: x.others, Papers: x.others, Scanner: o.scanner, NumberPrefix: "MEP", PublicURL: self + "/", Now: x.clock.now, Random: o.random,
	})
	if err != nil {
		t.Fatal(err)
	}
	x.h = applications.NewHandlers(x.s)
	applications.Register(x.jobs, x.s)
	x.clara, x.stefan = as(t, "clara", "de"), as(t, "stefan", "de")
	return x
}

// as is the context of a request of a person.
func as(t *testing.T, subject, language string) context.Context {
	t.Helper()
	return httpx.WithLanguage(httpx.WithCaller(t.Context(), callerOf(subject)), language)
}

func callerOf(subject string) httpx.Caller {
	return httpx.Caller{
		Kind: httpx.SessionCaller, Person: httpx.Person{Issuer: county, Subject: subject}, DisplayName: "Name von " + subject, TrustLevel: "low", CSRFToken: "right",
	}
}

func (x *setup) runJobs(t *testing.T) {
	t.Helper()
	if err := x.jobs.Start(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := x.jobs.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
}

func (x *setup) listen(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	t.Cleanup(cancel)
	if err := x.hub.Start(ctx); err != nil {
		t.Fatal(err)
	}
}

// draft starts a draft of Clara's.
func (x *setup) draft(t *testing.T) applications.Application {
	t.Helper()
	a, err := x.s.Create(x.clara, uuid.NewString(), types.NewApplication{OfferId: x.offerID, Ars: meppen})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// filled starts a draft that can be submitted, with one file.
func (x *setup) filled(t *testing.T) applications.Application {
	t.Helper()
	a := x.draft(t)
	file := x.upload(t, a.ID, pdf("proof"))
	return x.save(t, a, answers(file.Id))
}

func (x *setup) save(t *testing.T, a applications.Application, data map[string]any) applications.Application {
	t.Helper()
	saved, err := x.s.SaveDraft(x.clara, a.ID, a.ETag(), types.DraftChange{Data: data})
	if err != nil {
		t.Fatal(err)
	}
	return saved
}

func (x *setup) upload(t *testing.T, id uuid.UUID, content []byte) types.Attachment {
	t.Helper()
	file, err := x.s.AddAttachment(x.clara, id, upload("lageplan.pdf", content))
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// submitted is an application of Clara's that was handed over.
func (x *setup) submitted(t *testing.T) applications.Application {
	t.Helper()
	a, err := x.s.Submit(x.clara, x.filled(t).ID, uuid.NewString())
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (x *setup) get(t *testing.T, id uuid.UUID) applications.Application {
	t.Helper()
	a, err := x.s.Get(x.clara, id)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// count counts rows.
func (x *setup) count(t *testing.T, query string, args ...any) (n int) {
	t.Helper()
	if err := x.db.From(t.Context()).Raw("SELECT count(*) FROM "+query, args...).Scan(&n).Error; err != nil {
		t.Fatal(err)
	}
	return n
}

// objects counts the files in the object store.
func (x *setup) objects(t *testing.T) int {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(x.folder, "applications", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return len(found)
}

// answers are all that the form asks for.
func answers(files ...uuid.UUID) map[string]any {
	list := []any{}
	for _, id := range files {
		list = append(list, id.String())
	}
	return map[string]any{
		"applicant": map[string]any{"givenName": "Clara", "familyName": "Beispiel"},
		"evidence":  map[string]any{"reason": "Umzug", "files": list},
	}
}

func pdf(text string) []byte { return []byte("%PDF-1.7\n" + text) }

func upload(name string, content []byte) applications.Upload {
	return applications.Upload{Name: name, Field: "/evidence/files", Length: int64(len(content)), Content: bytes.NewReader(content)}
}

func wantProblem(t *testing.T, err error, status int, code string) {
	t.Helper()
	var p *problem.Error
	if !errors.As(err, &p) || p.Status != status || p.Code != code {
		t.Errorf("err = %v, want %d %s", err, status, code)
	}
}

func kinds(a applications.Application) (all []types.EventKind) {
	for _, e := range a.Timeline {
		all = append(all, e.Kind)
	}
	return all
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	deadline := time.After(60 * time.Second)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-deadline:
			t.Fatalf("waited in vain: %s", what)
		case <-tick.C:
		}
	}
}

type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(time.Millisecond) // so that no two things happen at once
	return c.at
}

// atLeast moves on to a time, unless it is past.
func (c *clock) atLeast(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.at.Before(at) {
		c.at = at
	}
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

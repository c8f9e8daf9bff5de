package catalog

import (
	"context"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"portalverbund/server/platform/notify"
)

// heard gives what a message says.
func heard(text string) (m message) {
	m.take(text)
	return m
}

// runs gives a portal whose index is kept true by the database's notifications, as in operation.
func running(t *testing.T, before ...string) *portal {
	t.Helper()
	p := newPortal(t)
	hub := notify.New(p.db, slog.New(slog.DiscardHandler))
	if err := hub.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.hub = hub
	if len(before) > 0 {
		p.imports(t, before...)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return p
}

// eventually waits until the search answers as wanted.
func (p *portal) eventually(t *testing.T, q string, want ...int) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		list, err := p.List(t.Context(), ListQuery{Words: q})
		if err != nil {
			t.Fatal(err)
		}
		var got, wanted []string
		for _, i := range list.Items {
			got = append(got, i.Id.String())
		}
		for _, n := range want {
			wanted = append(wanted, num(n).String())
		}
		if strings.Join(got, " ") == strings.Join(wanted, " ") {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%q finds %q, want %q", q, got, wanted)
		}
		time.Sleep(time.Millisecond) // until the condition holds
	}
}

// write changes the catalog without building the index anew.
func (p *portal) write(t *testing.T, lines ...string) {
	t.Helper()
	if _, err := p.Import(t.Context(), "test", strings.NewReader(strings.Join(lines, "\n")), ImportOptions{}); err != nil {
		t.Fatal(err)
	}
}

func TestRun_ChangeInTheDatabase_IsFoundByItself(t *testing.T) {
	t.Parallel()
	p := running(t, service(1, "", "Hund anmelden"))
	p.eventually(t, "hund", 1)
	p.write(t, service(2, "", "Katze anmelden"))
	p.eventually(t, "katze", 2)
	p.write(t, service(1, "", "Pferd anmelden"))
	p.eventually(t, "pferd", 1)
	p.eventually(t, "hund")
	if _, err := p.Import(t.Context(), "test", strings.NewReader(service(1, "", "Pferd anmelden")), ImportOptions{Complete: true}); err != nil {
		t.Fatal(err)
	}
	p.eventually(t, "katze")
}

func TestRun_ManyChanges_AllAreFound(t *testing.T) {
	t.Parallel()
	p := running(t, service(1, "", "Hund anmelden"))
	var lines []string
	for n := range 2 * namedServices {
		lines = append(lines, service(n+10, "", fmt.Sprintf("Leistung Nummer %d", n)))
	}
	p.write(t, lines...)
	p.eventually(t, fmt.Sprint(namedServices+7), namedServices+17)
}

func TestRun_ManySingleChanges_IndexIsTidiedUp(t *testing.T) {
	t.Parallel()
	p := running(t, service(1, "", "Hund anmelden"))
	p.eventually(t, "hund", 1)
	first, err := p.search.current(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	first.mu.Lock()
	first.changes = tidyAfter + 1
	first.mu.Unlock()
	p.write(t, service(2, "", "Katze anmelden"))
	p.eventually(t, "katze", 2)
	deadline := time.Now().Add(time.Minute)
	for {
		now, err := p.search.current(t.Context())
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("still the old index, %v", err)
		}
		if now != first {
			return
		}
		time.Sleep(time.Millisecond) // until the condition holds
	}
}

func TestRun_LostMessages_ComparisonFindsWhatChanged(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.imports(t, service(1, "", "Hund anmelden"), service(2, "", "Katze anmelden"), organisation(100, "Amt"), service(3, "", "Pferd anmelden"))
	hub := p.hub
	p.hub = nil // nobody is told
	p.write(t, service(1, "", "Esel anmelden"), service(4, "", "Ziege anmelden"), competence(200, 3, 100, inMeppen))
	if _, err := p.db.Pool().Exec(t.Context(), "DELETE FROM catalog_services WHERE id = $1", num(2)); err != nil {
		t.Fatal(err)
	}
	p.hub = hub
	x := p.search.index
	differ, err := p.differing(t.Context(), x)
	if err != nil || len(differ) != 4 {
		t.Errorf("%d services differ, %v", len(differ), err)
	}
	if err := p.follow(t.Context(), heard(notify.Lost)); err != nil {
		t.Fatal(err)
	}
	for q, want := range map[string][]int{"esel": {1}, "hund": nil, "ziege": {4}, "katze": nil, "pferd": {3}} {
		p.eventually(t, q, want...)
	}
	if differ, err := p.differing(t.Context(), p.search.index); err != nil || len(differ) != 0 {
		t.Errorf("%d services still differ, %v", len(differ), err)
	}
	if len(p.search.index.documents[num(3)].claims) != 1 {
		t.Error("the new competence is missing")
	}
}

func TestRun_Replication_IsFoundAndRemembersNothingOutdated(t *testing.T) {
	t.Parallel()
	p := running(t, service(1, dog, "Hund anmelden"))
	h := NewHandlers(p.Service)
	p.eventually(t, "hund", 1)
	before := get(t, h, num(1))
	if !strings.Contains(before, `"variants":[]`) {
		t.Errorf("before: %s", before)
	}
	p.replicates(t, landkrs, service(2, dog, "Hunde anmelden"))
	deadline := time.Now().Add(answerAge / 2) // must not merely run out
	for !strings.Contains(get(t, h, num(1)), num(2).String()) {
		if time.Now().After(deadline) {
			t.Fatalf("the outdated answer is still given")
		}
		time.Sleep(time.Millisecond) // until the condition holds
	}
}

func TestMessage_ManyInOneGo_NothingIsLostAndFewDoNotWaitForMany(t *testing.T) {
	few, all := `{"services":["`+num(1).String()+`"]}`, `{"all":true,"written":400,"beside":true}`
	for _, c := range []struct {
		name      string
		texts     []string
		few, rest message
	}{
		{"nothing", nil, message{}, message{}},
		{"a service", []string{few}, message{Services: []uuid.UUID{num(1)}}, message{}},
		{"offices", []string{`{}`}, message{Beside: true}, message{}},
		{"many", []string{all, all}, message{}, message{All: true, Beside: true, Written: 800}},
		{"messages got lost", []string{notify.Lost}, message{}, message{All: true}},
		{"not readable", []string{`{"services":["x"]}`}, message{}, message{All: true}},
		{"many, and a service behind them", []string{all, few}, message{Services: []uuid.UUID{num(1)}}, message{All: true, Beside: true, Written: 400}},
		{"synonyms and many", []string{`{"synonyms":true}`, all}, message{Synonyms: true}, message{All: true, Beside: true, Written: 400}},
	} {
		var m message
		large := false
		for _, text := range c.texts {
			large = m.take(text) || large
		}
		if nothing := m.nothing(); nothing != (len(c.texts) == 0) || large != c.rest.All {
			t.Errorf("%s: nothing %v, large %v", c.name, nothing, large)
		}
		if got := m.few(); !reflect.DeepEqual(got, c.few) || !reflect.DeepEqual(m, c.rest) {
			t.Errorf("%s: %+v do not wait, %+v do", c.name, got, m)
		}
	}
}

func TestPace_LargeChangesFollowOneAnother_OnceAtTheirEndButNotForever(t *testing.T) {
	var p pace
	p.note(false)
	if !p.begun.IsZero() {
		t.Error("a small change counts")
	}
	p.note(true)
	if at := p.due(); at != p.last.Add(calm) {
		t.Errorf("due %v after the first", at.Sub(p.last))
	}
	p.begun = p.last.Add(-longestWait)
	p.note(true)
	if at := p.due(); at.After(p.last) {
		t.Errorf("due only %v after the last, however long they go on", at.Sub(p.last))
	}
	p.rested = p.last.Add(time.Second)
	if at := p.due(); at != p.rested {
		t.Errorf("due %v before it has rested", p.rested.Sub(at))
	}
}

func TestVersions_WithoutStatistics_OwnersRowsAreNotReadForEachService(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	for _, statement := range []string{
		`INSERT INTO catalog_services (id, owner, source, leika_key, title, teaser, payload, digest)
			SELECT gen_random_uuid(), 'https://a.example', '', '', '{}', '{}', '{}', '' FROM generate_series(1, 10000)`,
		`INSERT INTO catalog_competences (id, owner, source, service_id, organisation_id, area, online, payload, digest)
			SELECT gen_random_uuid(), owner, '', id, id, '', false, json_build_object('note', repeat('x', 250)), '' FROM catalog_services`,
	} {
		if _, err := p.db.Pool().Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	for _, query := range []string{versionsQuery, servicesQuery} {
		rows, err := p.db.Pool().Query(t.Context(), "EXPLAIN "+query, num(0), 1000)
		if err != nil {
			t.Fatal(err)
		}
		plan, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		if text := strings.Join(plan, "\n"); strings.Contains(text, "_owner") || !strings.Contains(text, "catalog_competences_service") {
			t.Errorf("competences are not read by their service:\n%s", text)
		}
	}
}

package finding_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	api "portalverbund/api/search"
	"portalverbund/api/types"
	"portalverbund/db"
	"portalverbund/db/dbtest"
	"portalverbund/server/audit"
	"portalverbund/server/catalog"
	"portalverbund/server/catalog/finding"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/notify"
	"portalverbund/server/platform/problem"
)

type portals struct{}

func (portals) Self() types.PortalReference {
	return types.PortalReference{Id: "https://meppen.example", Name: "Meppen"}
}
func (p portals) Members() []types.PortalReference { return []types.PortalReference{p.Self()} }

type places struct{}

func (places) Former(context.Context, []string) (map[string][]string, error) { return nil, nil }

func (places) Place(_ context.Context, ars string) (types.Place, error) {
	return types.Place{Ars: ars, Name: "Meppen, Stadt", Level: types.Gemeinde}, nil
}

// process is one of several processes of a portal.
type process struct {
	*finding.Service
	catalog *catalog.Service
}

// processes starts processes of one portal on one database, with a small catalog.
func processes(t *testing.T, d *db.DB, n int) []process {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var list []process
	for range n {
		hub := notify.New(d, slog.New(slog.DiscardHandler))
		if err := hub.Start(ctx); err != nil {
			t.Fatal(err)
		}
		c := catalog.New(catalog.Config{DB: d, Portals: portals{}, Places: places{}, Hub: hub, Area: []string{"034540035035"}})
		list = append(list, process{finding.New(finding.Config{DB: d, Catalog: c, Audit: audit.New(d, time.Now)}), c})
	}
	if _, err := list[0].catalog.Import(ctx, "test", strings.NewReader(service(1, "Hund anmelden")+"\n"+service(2, "Babyausstattung: Zuschuss")), catalog.ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, n)
	for _, p := range list {
		go func() { done <- p.catalog.Run(ctx) }()
	}
	t.Cleanup(func() {
		cancel()
		for range n {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	})
	return list
}

func id(n int) uuid.UUID { return uuid.MustParse(fmt.Sprintf("00000000-0000-7000-8000-%012d", n)) }

func service(n int, title string) string {
	return fmt.Sprintf(`{"kind":"service","id":%q,"title":{"de":%q},"teaser":{"de":"Kurz"},"updatedAt":"2026-01-02T03:04:05Z","trustLevel":"low"}`, id(n), title)
}

func editor(ctx context.Context) context.Context {
	return httpx.WithCaller(ctx, httpx.Caller{Kind: httpx.SessionCaller, AccountID: id(900), DisplayName: "Anna", Roles: []string{"editor"}})
}

func finds(t *testing.T, p process, words string) []string {
	t.Helper()
	list, err := p.catalog.List(t.Context(), catalog.ListQuery{Words: words})
	if err != nil {
		t.Fatal(err)
	}
	var titles []string
	for _, i := range list.Items {
		titles = append(titles, i.Title)
	}
	return titles
}

// within waits until all processes find what they should, at most a second.
func within(t *testing.T, list []process, words string, want ...string) {
	t.Helper()
	begun := time.Now()
	for _, p := range list {
		for !slices.Equal(finds(t, p, words), want) {
			if time.Since(begun) > time.Second {
				t.Fatalf("after a second %q finds %q, want %q", words, finds(t, p, words), want)
			}
			time.Sleep(time.Millisecond)
		}
	}
	t.Logf("%q in all processes after %s", words, time.Since(begun))
}

func TestSynonym_Added_Changed_Removed_InAllProcessesWithinASecond(t *testing.T) {
	t.Parallel()
	list := processes(t, dbtest.New(t), 2)
	within(t, list, "maxi-cosi")
	ctx := editor(t.Context())
	added, err := list[0].Add(ctx, "key-00000001", []string{" Maxi-Cosi ", "maxi-cosi"}, []string{"Babyausstattung"})
	if err != nil || len(added.Says) != 1 || added.Says[0] != "Maxi-Cosi" || added.ChangedBy != "Anna" {
		t.Fatalf("%+v, %v", added, err)
	}
	within(t, list, "maxi-cosi", "Babyausstattung: Zuschuss")
	if again, err := list[1].Add(ctx, "key-00000001", []string{" Maxi-Cosi ", "maxi-cosi"}, []string{"Babyausstattung"}); err != nil || again.ID != added.ID {
		t.Errorf("the same key: %+v, %v", again, err)
	}
	if _, err := list[0].Change(ctx, added.ID, `"9"`, []string{"bello"}, []string{"hund"}); !problem.Is(err, "changed-meanwhile") {
		t.Errorf("another revision: %v", err)
	}
	changed, err := list[1].Change(ctx, added.ID, added.ETag(), []string{"Bello"}, []string{"Hund anmelden"})
	if err != nil || changed.Revision != 2 {
		t.Fatalf("%+v, %v", changed, err)
	}
	within(t, list, "bello", "Hund anmelden")
	within(t, list, "maxi-cosi")
	if err := list[0].Remove(ctx, added.ID, added.ETag()); !problem.Is(err, "changed-meanwhile") {
		t.Errorf("removed by an old revision: %v", err)
	}
	if err := list[0].Remove(ctx, added.ID, changed.ETag()); err != nil {
		t.Fatal(err)
	}
	within(t, list, "bello")
	if _, err := list[0].Change(ctx, added.ID, changed.ETag(), []string{"a1"}, []string{"b1"}); !problem.Is(err, "synonym-unknown") {
		t.Errorf("a synonym that has gone: %v", err)
	}
}

func TestSynonym_BadWords_EachIsNamed(t *testing.T) {
	t.Parallel()
	p := processes(t, dbtest.New(t), 1)[0]
	ctx := editor(t.Context())
	for _, c := range []struct {
		says, means []string
		pointers    []string
	}{
		{[]string{"der die das"}, []string{"hund"}, []string{"/says/0"}},
		{[]string{"hund", "***"}, []string{"\x00x"}, []string{"/says/1", "/means/0"}},
		{[]string{"ein zwei drei vier fünf sechs sieben"}, []string{"hund"}, []string{"/says/0"}},
		{nil, []string{"hund"}, []string{"/says"}},
	} {
		for _, try := range []func() error{
			func() error { _, err := p.Add(ctx, uuid.NewString(), c.says, c.means); return err },
			func() error { _, err := p.Try(ctx, uuid.Nil, c.says, c.means); return err },
		} {
			err := try()
			var pointers []string
			for _, f := range problem.From(err).Fields {
				pointers = append(pointers, f.Pointer)
			}
			if !problem.Is(err, "invalid") || !slices.Equal(pointers, c.pointers) {
				t.Errorf("%q = %q: %v at %q", c.says, c.means, err, pointers)
			}
		}
	}
}

func TestTry_BeforeAndAfter_NothingIsKept(t *testing.T) {
	t.Parallel()
	p := processes(t, dbtest.New(t), 1)[0]
	effects, err := p.Try(editor(t.Context()), uuid.Nil, []string{"maxi-cosi"}, []string{"babyausstattung"})
	if err != nil || len(effects) != 1 || len(effects[0].Before) != 0 || len(effects[0].After) != 1 || effects[0].After[0].Id != id(2) {
		t.Fatalf("%+v, %v", effects, err)
	}
	if found := finds(t, p, "maxi-cosi"); len(found) != 0 {
		t.Errorf("a trial is kept: %q", found)
	}
}

func TestHandlers_Pages_AndOnlyEditors(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	p := processes(t, d, 1)[0]
	h := finding.NewHandlers(p.Service)
	ctx := editor(t.Context())
	for i := range 5 {
		if _, err := p.Add(ctx, uuid.NewString(), []string{fmt.Sprintf("Wort%c", 'E'-i)}, []string{"hund"}); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Pgx(ctx).Exec(ctx, `INSERT INTO catalog_missed_searches (id, digest, words, searches, days, first_day, last_day)
			VALUES ($1, $2, $3, $4, 2, now(), now())`, id(500+i), []byte{byte(i)}, fmt.Sprintf("wort%d", i), 3+i%2); err != nil {
			t.Fatal(err)
		}
	}
	limit := 2
	var words, missed []string
	for cursor := new(string); cursor != nil; {
		r, err := h.ListSearchSynonyms(ctx, api.ListSearchSynonymsRequestObject{Params: types.ListSearchSynonymsParams{Limit: &limit, Cursor: cursor}})
		if err != nil {
			t.Fatal(err)
		}
		list := types.SearchSynonymList(r.(api.ListSearchSynonyms200JSONResponse))
		for _, s := range list.Items {
			words = append(words, s.Says[0])
		}
		if cursor = list.NextCursor; list.Total != 5 || list.BuiltIn < 100 {
			t.Errorf("%+v", list)
		}
	}
	for cursor := new(string); cursor != nil; {
		r, err := h.ListMissedSearches(ctx, api.ListMissedSearchesRequestObject{Params: types.ListMissedSearchesParams{Limit: &limit, Cursor: cursor}})
		if err != nil {
			t.Fatal(err)
		}
		list := types.MissedSearchList(r.(api.ListMissedSearches200JSONResponse))
		for _, s := range list.Items {
			missed = append(missed, s.Words)
		}
		cursor = list.NextCursor
	}
	if !slices.Equal(words, []string{"WortA", "WortB", "WortC", "WortD", "WortE"}) || !slices.Equal(missed, []string{"wort1", "wort3", "wort0", "wort2", "wort4"}) {
		t.Errorf("%q, %q", words, missed)
	}
	if err := p.Dismiss(ctx, id(501)); err != nil {
		t.Fatal(err)
	}
	if err := p.Dismiss(ctx, id(501)); !problem.Is(err, "search-unknown") {
		t.Errorf("dismissed twice: %v", err)
	}
	bad := "!!!"
	if _, err := h.ListMissedSearches(ctx, api.ListMissedSearchesRequestObject{Params: types.ListMissedSearchesParams{Cursor: &bad}}); !problem.Is(err, "cursor-invalid") {
		t.Errorf("bad cursor: %v", err)
	}
	if _, err := h.ExplainSearch(t.Context(), api.ExplainSearchRequestObject{Params: types.ExplainSearchParams{Q: "hund"}}); !problem.Is(err, "role-missing") {
		t.Errorf("no role: %v", err)
	}
	if r, err := h.ExplainSearch(ctx, api.ExplainSearchRequestObject{Params: types.ExplainSearchParams{Q: "hund"}}); err != nil || types.SearchExplanation(r.(api.ExplainSearch200JSONResponse)).Total != 1 {
		t.Errorf("%+v, %v", r, err)
	}
}

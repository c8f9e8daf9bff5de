package catalog

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	api "portalverbund/api/catalog"
	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
)

func get(t *testing.T, h *Handlers, id uuid.UUID) string {
	t.Helper()
	r, err := h.GetService(t.Context(), api.GetServiceRequestObject{ServiceId: id})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	if err := r.VisitGetServiceResponse(w); err != nil {
		t.Fatal(err)
	}
	return w.Body.String()
}

func TestGetService_ETag_NotSentAgain(t *testing.T) {
	t.Parallel()
	p := town(t)
	h := NewHandlers(p.Service)
	ask := func(language, match string) *httptest.ResponseRecorder {
		request := httptest.NewRequest(http.MethodGet, "/", nil)
		request.Header.Set("If-None-Match", match)
		ctx := httpx.WithLanguage(httpx.WithRequest(t.Context(), request), language)
		r, err := h.GetService(ctx, api.GetServiceRequestObject{ServiceId: num(11)})
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		if err := r.VisitGetServiceResponse(w); err != nil {
			t.Fatal(err)
		}
		return w
	}
	first := ask("de", "")
	etag := first.Header().Get("ETag")
	var body types.Service
	if err := json.Unmarshal(first.Body.Bytes(), &body); err != nil || first.Code != http.StatusOK || body.Id != num(11) || etag == "" {
		t.Fatalf("%d %s %s %v", first.Code, etag, first.Body, err)
	}
	for _, match := range []string{etag, "W/" + etag, `"other", ` + etag, "*"} {
		if w := ask("de", match); w.Code != http.StatusNotModified || w.Body.Len() != 0 {
			t.Errorf("If-None-Match %s: %d %s", match, w.Code, w.Body)
		}
	}
	if w := ask("en", etag); w.Code != http.StatusOK || w.Header().Get("Content-Language") != "en" || !strings.Contains(w.Body.String(), "Mayor") {
		t.Errorf("another language: %d %s", w.Code, w.Body)
	}
}

func TestHandlers_AllOperations_AnswerAsTheContractSays(t *testing.T) {
	t.Parallel()
	p := town(t)
	h := NewHandlers(p.Service)
	ctx := t.Context()
	words, ars, limit := "hund", inMeppen, 5
	list, err := h.ListServices(ctx, api.ListServicesRequestObject{Params: types.ListServicesParams{Q: &words, Ars: &ars, Limit: &limit}})
	check(t, err, func(w http.ResponseWriter) error { return list.VisitListServicesResponse(w) }, `"total":1`)
	found, err := h.SearchCatalog(ctx, api.SearchCatalogRequestObject{Params: types.SearchCatalogParams{Q: &words, Ars: &ars}})
	check(t, err, func(w http.ResponseWriter) error { return found.VisitSearchCatalogResponse(w) }, `"kind":"place"`)
	all, err := h.SuggestSearch(ctx, api.SuggestSearchRequestObject{Params: types.SuggestSearchParams{Q: "hu"}})
	check(t, err, func(w http.ResponseWriter) error { return all.VisitSuggestSearchResponse(w) }, `"kind":"service"`)
	suggested, err := h.SuggestServices(ctx, api.SuggestServicesRequestObject{Params: types.SuggestServicesParams{Q: "hu"}})
	check(t, err, func(w http.ResponseWriter) error { return suggested.VisitSuggestServicesResponse(w) }, `"title":"Hund anmelden"`)
	offers, err := h.ListOffers(ctx, api.ListOffersRequestObject{ServiceId: num(1), Params: types.ListOffersParams{Ars: &ars}})
	check(t, err, func(w http.ResponseWriter) error { return offers.VisitListOffersResponse(w) }, `"resolution":"found"`)
	categories, err := h.ListCategories(ctx, api.ListCategoriesRequestObject{})
	check(t, err, func(w http.ResponseWriter) error { return categories.VisitListCategoriesResponse(w) }, `"services":2`)
	organisation, err := h.GetOrganisation(ctx, api.GetOrganisationRequestObject{OrganisationId: num(101)})
	check(t, err, func(w http.ResponseWriter) error { return organisation.VisitGetOrganisationResponse(w) }, `"name":"Steueramt"`)
}

func check(t *testing.T, err error, visit func(http.ResponseWriter) error, want string) {
	t.Helper()
	if err != nil {
		t.Error(err)
		return
	}
	w := httptest.NewRecorder()
	if err := visit(w); err != nil || w.Header().Get("Content-Type") != "application/json" || !strings.Contains(w.Body.String(), want) {
		t.Errorf("%v %v %s, want %s", err, w.Header(), w.Body, want)
	}
}

func TestAnswers_RememberedUntilTheCatalogChangesOrTheyAreOld(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	a := newAnswers(func() time.Time { return now })
	made := 0
	ask := func(part string) string {
		t.Helper()
		got, err := a.of(t.Context(), []string{part}, func() (any, string, error) { made++; return made, "", nil })
		if err != nil {
			t.Fatal(err)
		}
		return string(got.body)
	}
	for _, want := range []string{"1", "1"} {
		if got := ask("x"); got != want {
			t.Errorf("%s: not remembered", got)
		}
	}
	if ask("y") != "2" {
		t.Error("another question has the same answer")
	}
	a.forget()
	if ask("x") != "3" {
		t.Error("not forgotten")
	}
	now = now.Add(answerAge)
	if ask("x") != "4" {
		t.Error("remembered for too long")
	}
	// What is made of the state before a change must not be remembered after it.
	if _, err := a.of(t.Context(), []string{"z"}, func() (any, string, error) { a.forget(); return "old", "", nil }); err != nil {
		t.Fatal(err)
	}
	if ask("z") == `"old"` {
		t.Error("the outdated answer was remembered")
	}
	wrong := errors.New("wrong")
	if _, err := a.of(t.Context(), []string{"e"}, func() (any, string, error) { return nil, "", wrong }); !errors.Is(err, wrong) {
		t.Errorf("%v", err)
	}
	if ask("e") == "null" {
		t.Error("an error was remembered")
	}
}

func TestAnswers_ManyQuestions_MemoryStaysBounded(t *testing.T) {
	t.Parallel()
	a := newAnswers(time.Now)
	text := strings.Repeat("x", 100<<10)
	for range 3 * answersBytes / len(text) {
		key := uuid.NewString()
		if _, err := a.of(t.Context(), []string{key}, func() (any, string, error) { return text, "", nil }); err != nil {
			t.Fatal(err)
		}
		size := 0
		for key, known := range a.byKey {
			size += len(key) + len(known.body)
		}
		if size != a.size || size > answersBytes {
			t.Fatalf("%d bytes are kept, counted as %d", size, a.size)
		}
	}
}

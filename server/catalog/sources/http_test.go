package sources

import (
	"context"
	"testing"

	"github.com/google/uuid"

	api "portalverbund/api/sources"
	"portalverbund/api/types"
	"portalverbund/server/catalog/infodienste"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

func as(ctx context.Context, role, language string) context.Context {
	caller := httpx.Caller{Kind: httpx.SessionCaller, Roles: []string{role}}
	return httpx.WithLanguage(httpx.WithCaller(ctx, caller), language)
}

func TestHTTP_SourceSetUpAndRun_SecretsAreNeverShown(t *testing.T) {
	t.Parallel()
	b := newFinderBench(t)
	h := NewHandlers(b.Service)
	admin := as(t.Context(), "admin", "en")
	kinds, err := h.ListSourceKinds(admin, api.ListSourceKindsRequestObject{})
	if err != nil {
		t.Fatal(err)
	}
	fields := 0
	for _, k := range kinds.(api.ListSourceKinds200JSONResponse).Items {
		if k.Id == infodienste.ID {
			for _, f := range k.Fields {
				if fields++; f.Name == "apiKey" && (f.Type != types.FieldSecret || f.Label != "API key" || !f.Required) {
					t.Errorf("%+v", f)
				}
			}
		}
	}
	if fields == 0 {
		t.Error("the Infodienste are not among the kinds")
	}
	settings := types.SourceSettings{"url": b.url + "/infodienste", "areasUrl": b.url + "/gebiete", "apiKey": "key", "areaIds": "10345", "rate": "10000"}
	body := types.NewSource{Kind: infodienste.ID, Name: "Behördenfinder", Settings: settings, Enabled: true, Schedule: types.SourceSchedule{Every: types.EveryDay, At: "03:00", Weekday: 1}}
	created, err := h.CreateSource(admin, api.CreateSourceRequestObject{Params: types.CreateSourceParams{IdempotencyKey: "create-1"}, Body: &body})
	if err != nil {
		t.Fatal(err)
	}
	source := created.(api.CreateSource201JSONResponse)
	if _, shown := source.Body.Settings["apiKey"]; shown || len(source.Body.SecretsSet) != 1 || source.Body.NextRunAt == nil || source.Headers.ETag == "" {
		t.Errorf("%+v", source)
	}
	started, err := h.StartImportRun(admin, api.StartImportRunRequestObject{SourceId: source.Body.Id, Params: types.StartImportRunParams{IdempotencyKey: "start-01"}, Body: &types.ImportStart{DryRun: true}})
	if err != nil {
		t.Fatal(err)
	}
	id := started.(api.StartImportRun202JSONResponse).Id
	b.run(t, id)
	read, err := h.GetImportRun(admin, api.GetImportRunRequestObject{RunId: id})
	run := read.(api.GetImportRun200JSONResponse)
	if err != nil || run.State != types.ImportChecked || !run.CanApply || len(run.Counts) == 0 || run.Counts[0].Kind != "competence" || run.Counts[0].Added != 6 {
		t.Errorf("%+v, %v", run, err)
	}
	notes, err := h.ListImportNotes(admin, api.ListImportNotesRequestObject{RunId: id})
	if n := notes.(api.ListImportNotes200JSONResponse); err != nil || len(n.Items) < 2 || n.Items[0].Place == nil {
		t.Errorf("%+v, %v", notes, err)
	}
	added := types.OnlyAdded
	differences, err := h.ListImportDifferences(admin, api.ListImportDifferencesRequestObject{RunId: id, Params: types.ListImportDifferencesParams{Outcome: &added}})
	if d := differences.(api.ListImportDifferences200JSONResponse); err != nil || len(d.Items) == 0 || d.Items[0].Outcome != types.ImportAdded {
		t.Errorf("%+v, %v", differences, err)
	}
}

func TestHTTP_BadSettings_NamedAtTheirFields(t *testing.T) {
	t.Parallel()
	b := newFinderBench(t)
	body := types.NewSource{Kind: infodienste.ID, Name: " ", Settings: types.SourceSettings{"url": "ftp://x"}, Schedule: types.SourceSchedule{Every: types.EveryDay, At: "99:00", Weekday: 1}}
	_, err := NewHandlers(b.Service).CreateSource(as(t.Context(), "admin", "de"), api.CreateSourceRequestObject{Params: types.CreateSourceParams{IdempotencyKey: "create-1"}, Body: &body})
	pointers := map[string]bool{}
	for _, f := range problem.From(err).Fields {
		pointers[f.Pointer] = true
	}
	for _, want := range []string{"/name", "/schedule/at", "/settings/url", "/settings/apiKey", "/settings/areaIds"} {
		if !pointers[want] {
			t.Errorf("%s is not named: %v", want, err)
		}
	}
}

func TestHTTP_EditorsRead_OnlyAdministratorsChange(t *testing.T) {
	t.Parallel()
	h := NewHandlers(newFinderBench(t).Service)
	editor, clerk := as(t.Context(), "editor", "de"), as(t.Context(), "clerk", "de")
	if _, err := h.ListSources(editor, api.ListSourcesRequestObject{}); err != nil {
		t.Error(err)
	}
	if _, err := h.ListSources(clerk, api.ListSourcesRequestObject{}); !problem.Is(err, "role-missing") {
		t.Errorf("a clerk: %v", err)
	}
	if _, err := h.DeleteSource(editor, api.DeleteSourceRequestObject{SourceId: uuid.New()}); !problem.Is(err, "role-missing") {
		t.Errorf("an editor: %v", err)
	}
}

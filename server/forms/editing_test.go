package forms

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

// neighbours are the rooms of a form editor, and people at it: Anna and Ben write and release, Carl only writes, Dora writes for one
// unit only.
type neighbours struct {
	mu                    sync.Mutex
	acts                  []string
	fourEyes              bool
	uses                  map[uuid.UUID][]types.FormUse
	anna, ben, carl, dora context.Context
}

func (n *neighbours) Record(_ context.Context, action, object, detail string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.acts = append(n.acts, action+" "+object+" "+detail)
	return nil
}
func (n *neighbours) FourEyes(context.Context) (bool, error) { return n.fourEyes, nil }
func (n *neighbours) FormUses(context.Context, []uuid.UUID) (map[uuid.UUID][]types.FormUse, error) {
	return n.uses, nil
}

func desk(t *testing.T) (*Service, *publications, *neighbours) {
	t.Helper()
	s, published := stored(t)
	n := &neighbours{uses: map[uuid.UUID][]types.FormUse{}}
	s.Connect(Rooms{Audit: n, Review: n, Services: n})
	person := func(name string, c httpx.Caller) context.Context {
		c.Kind, c.AccountID, c.DisplayName = httpx.SessionCaller, uuid.New(), name
		return httpx.WithCaller(t.Context(), c)
	}
	n.anna = person("Anna", httpx.Caller{Roles: []string{roleEditor, rolePublisher}})
	n.ben = person("Ben", httpx.Caller{Roles: []string{roleEditor, rolePublisher}})
	n.carl = person("Carl", httpx.Caller{Roles: []string{roleEditor}})
	n.dora = person("Dora", httpx.Caller{UnitRoles: []httpx.UnitRole{{Role: roleEditor, Unit: uuid.New()}, {Role: rolePublisher, Unit: uuid.New()}}})
	return s, published, n
}

func refused(t *testing.T, err error, code string) {
	t.Helper()
	if !problem.Is(err, code) {
		t.Errorf("err = %v, want %s", err, code)
	}
}

func done(t *testing.T, e Edited, err error) Edited {
	t.Helper()
	if err != nil {
		t.Fatalf("%v %+v", err, problem.From(err).Fields)
	}
	return e
}

// question is the content of a form that asks one question, with a label.
func question(t *testing.T, label string) types.FormContent {
	t.Helper()
	var c types.FormContent
	err := json.Unmarshal([]byte(`{"title": {"de": "Fund anzeigen"},
		"schema": {"type": "object", "properties": {"find": {"type": "object", "properties": {"what": {"type": "string", "minLength": 1, "maxLength": 20}}, "required": ["what"]}}, "required": ["find"]},
		"layout": {"steps": [{"id": "find", "title": {"de": "Der Fund"}, "fields": [{"name": "what", "kind": "text", "label": {"de": "`+label+`"}}]}]}}`), &c)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestEditing_FromNothingToTheSecondVersion_DraftsKeepTheirs(t *testing.T) {
	t.Parallel()
	s, published, n := desk(t)
	e := done(t, s.mustCreate(t, n.anna, types.NewForm{}), nil)
	if e.State != types.EditorialStateNew || !e.HasDraft || len(e.Findings) == 0 {
		t.Fatalf("new form = %+v", e)
	}
	pointers := map[string]string{}
	for _, f := range e.Findings {
		pointers[f.Pointer] = f.Code
	}
	if pointers["/title"] != "text-missing" || pointers["/layout/steps"] != "no-steps" {
		t.Errorf("findings = %v", pointers)
	}
	_, err := s.Release(n.anna, e.Id, e.ETag(), "")
	refused(t, err, "form-invalid")

	unfinished := question(t, "")
	saved, err := s.Save(n.anna, e.Id, e.ETag(), unfinished, 0)
	e = done(t, saved, err)
	if len(e.Findings) != 1 || e.Findings[0].Pointer != "/layout/steps/0/fields/0/label" || e.Content.Layout.Steps[0].Id != "find" {
		t.Errorf("findings = %+v", e.Findings)
	}
	_, _, err = s.Try(n.anna, e.Id, map[string]any{})
	refused(t, err, "form-invalid")

	saved, err = s.Save(n.anna, e.Id, e.ETag(), question(t, "Was haben Sie gefunden?"), 0)
	e = done(t, saved, err)
	answers, found, err := s.Try(n.carl, e.Id, map[string]any{"find": map[string]any{"what": strings.Repeat("x", 21)}})
	if err != nil || len(found) != 1 || found[0].Pointer != "/find/what" || found[0].Code != "maxLength" || answers["find"] == nil {
		t.Errorf("tried: %v, %+v", err, found)
	}
	if _, err := s.Form(t.Context(), e.Id, 0); !problem.Is(err, "form-unknown") {
		t.Errorf("a working copy is offered: %v", err)
	}
	saved, err = s.Release(n.anna, e.Id, e.ETag(), "Erste Fassung")
	e = done(t, saved, err)
	if e.State != types.EditorialStateReleased || value(e.Version) != 1 || e.HasDraft || !slices.Contains(published.made, "form "+e.Id.String()) {
		t.Errorf("released = %+v, published %v", e, published.made)
	}

	saved, err = s.Save(n.anna, e.Id, e.ETag(), question(t, "Was haben Sie gefunden?"), 0)
	e = done(t, saved, err)
	_, err = s.Release(n.anna, e.Id, e.ETag(), "")
	refused(t, err, "form-unchanged")
	saved, err = s.Save(n.anna, e.Id, e.ETag(), question(t, "Was ist es?"), 0)
	e = done(t, saved, err)
	if e.State != types.EditorialStateChanged || e.Released.Layout.Steps[0].Fields[0].Label["de"] != "Was haben Sie gefunden?" {
		t.Errorf("changed = %+v", e)
	}
	saved, err = s.Release(n.anna, e.Id, e.ETag(), "Kürzer")
	e = done(t, saved, err)
	newest, err := s.Form(t.Context(), e.Id, 0)
	if err != nil || newest.Version != 2 || newest.Layout.Steps[0].Fields[0].Label["de"] != "Was ist es?" {
		t.Errorf("newest = %+v, %v", newest, err)
	}
	running, err := s.Form(t.Context(), e.Id, 1)
	if err != nil || running.Layout.Steps[0].Fields[0].Label["de"] != "Was haben Sie gefunden?" {
		t.Errorf("a running draft sees %+v, %v", running, err)
	}
	versions, err := s.Versions(n.carl, e.Id, 0, 10)
	if err != nil || len(versions) != 2 || versions[0].Number != 2 || value(versions[0].Note) != "Kürzer" || value(versions[1].By) != "Anna" {
		t.Errorf("versions = %+v, %v", versions, err)
	}
	first, err := s.Version(n.carl, e.Id, 1)
	if err != nil || first.Content.Layout.Steps[0].Fields[0].Label["de"] != "Was haben Sie gefunden?" {
		t.Errorf("version 1 = %+v, %v", first, err)
	}
	_, err = s.Version(n.carl, e.Id, 3)
	refused(t, err, "version-unknown")
}

func (s *Service) mustCreate(t *testing.T, ctx context.Context, wanted types.NewForm) Edited {
	t.Helper()
	e, err := s.Create(ctx, uuid.NewString(), wanted)
	return done(t, e, err)
}

func TestEditing_OfAnotherPortal_IsNotTouched(t *testing.T) {
	t.Parallel()
	s, published, n := desk(t)
	if err := s.Replicate(t.Context(), other, []types.CatalogEntry{entryOf(t, dogs(1))}); err != nil {
		t.Fatal(err)
	}
	id := uuid.MustParse(formID)
	for name, act := range map[string]func() error{
		"read":     func() error { _, err := s.Edited(n.anna, id); return err },
		"save":     func() error { _, err := s.Save(n.anna, id, `"0"`, question(t, "Was?"), 0); return err },
		"discard":  func() error { return s.Discard(n.anna, id, `"0"`) },
		"try":      func() error { _, _, err := s.Try(n.anna, id, nil); return err },
		"submit":   func() error { _, err := s.Submit(n.anna, id, `"0"`, ""); return err },
		"reopen":   func() error { _, err := s.Reopen(n.anna, id, `"0"`, ""); return err },
		"release":  func() error { _, err := s.Release(n.anna, id, `"0"`, ""); return err },
		"withdraw": func() error { _, err := s.Withdraw(n.anna, id, `"0"`, ""); return err },
		"versions": func() error { _, err := s.Versions(n.anna, id, 0, 10); return err },
		"version":  func() error { _, err := s.Version(n.anna, id, 1); return err },
	} {
		if err := act(); !problem.Is(err, "form-unknown") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if list, _, err := s.Own(n.anna, OwnQuery{Limit: 10}); err != nil || len(list) != 0 || len(n.acts)+len(published.made) != 0 {
		t.Errorf("own = %+v, %v; acts %v", list, err, n.acts)
	}
	copied := s.mustCreate(t, n.anna, types.NewForm{CopyOf: &id})
	if copied.Id == id || copied.Title != "Hund anmelden (Kopie)" || len(copied.Findings) != 0 {
		t.Errorf("copy = %+v", copied)
	}
	e, err := s.Release(n.anna, copied.Id, copied.ETag(), "")
	if done(t, e, err); value(e.Version) != 1 {
		t.Errorf("copy = %+v", e)
	}
	if theirs, err := s.Form(t.Context(), id, 0); err != nil || theirs.Owner.Id != other || theirs.Title["de"] != "Hund anmelden" {
		t.Errorf("theirs = %+v, %v", theirs, err)
	}
}

func TestEditing_RolesAndTheSecondPairOfEyes(t *testing.T) {
	t.Parallel()
	s, _, n := desk(t)
	n.fourEyes = true
	mustImport(t, s, dogs(1))
	id := uuid.MustParse(formID)
	e, err := s.Edited(n.carl, id)
	done(t, e, err)
	if !e.Rights.Edit || e.Rights.Releases || e.Rights.Release || e.State != types.EditorialStateReleased {
		t.Errorf("rights = %+v", e.Rights)
	}
	changed := e.Content
	changed.Title = types.LocalizedText{"de": "Hund anmelden oder abmelden"}
	_, err = s.Save(n.dora, id, e.ETag(), changed, 0)
	refused(t, err, "role-missing")
	_, err = s.Edited(n.dora, id)
	refused(t, err, "role-missing")
	saved, err := s.Save(n.anna, id, e.ETag(), changed, 0)
	e = done(t, saved, err)
	_, err = s.Release(n.carl, id, e.ETag(), "")
	refused(t, err, "role-missing")
	_, err = s.Release(n.ben, id, e.ETag(), "")
	refused(t, err, "review-needed")
	_, err = s.Release(n.anna, id, e.ETag(), "")
	refused(t, err, "four-eyes")
	saved, err = s.Submit(n.anna, id, e.ETag(), "Bitte ansehen")
	e = done(t, saved, err)
	_, err = s.Save(n.anna, id, e.ETag(), changed, 0)
	refused(t, err, "draft-fixed")
	_, err = s.Release(n.anna, id, e.ETag(), "")
	refused(t, err, "four-eyes")
	saved, err = s.Reopen(n.ben, id, e.ETag(), "Titel kürzen")
	e = done(t, saved, err)
	if value(e.Note) != "Titel kürzen" || e.State != types.EditorialStateChanged {
		t.Errorf("returned = %+v", e)
	}
	saved, err = s.Submit(n.anna, id, e.ETag(), "")
	e = done(t, saved, err)
	saved, err = s.Release(n.ben, id, e.ETag(), "")
	e = done(t, saved, err)
	versions, err := s.Versions(n.ben, id, 0, 5)
	if err != nil || value(versions[0].By) != "Ben" || value(versions[0].ReviewedFor) != "Anna" || versions[1].By != nil {
		t.Errorf("versions = %+v, %v", versions, err)
	}
	for _, wanted := range []string{"form.draft", "form.submit", "form.reopen", "form.release"} {
		if !slices.ContainsFunc(n.acts, func(act string) bool { return strings.HasPrefix(act, wanted+" form:"+formID) }) {
			t.Errorf("%s is not in the audit: %v", wanted, n.acts)
		}
	}
	if e.HasDraft {
		t.Errorf("released = %+v", e)
	}
}

func TestEditing_TwoAtOnce_OneIsToldOfTheOther(t *testing.T) {
	t.Parallel()
	s, _, n := desk(t)
	e := s.mustCreate(t, n.anna, types.NewForm{})
	results := make(chan error, 2)
	for _, ctx := range []context.Context{n.anna, n.ben} {
		go func() {
			_, err := s.Save(ctx, e.Id, e.ETag(), question(t, "Was?"), 0)
			results <- err
		}()
	}
	first, second := <-results, <-results
	if first == nil {
		first, second = second, first
	}
	if second != nil || problem.From(first).Status != 412 {
		t.Errorf("errors = %v, %v", first, second)
	}
	e, err := s.Edited(n.anna, e.Id)
	done(t, e, err)
	if err := s.Discard(n.anna, e.Id, e.ETag()); err != nil {
		t.Fatal(err)
	}
	_, err = s.Edited(n.anna, e.Id)
	refused(t, err, "form-unknown")

	mustImport(t, s, dogs(1))
	id := uuid.MustParse(formID)
	e, err = s.Edited(n.anna, id)
	done(t, e, err)
	changed := e.Content
	changed.Title = types.LocalizedText{"de": "Hund"}
	saved, err := s.Save(n.anna, id, e.ETag(), changed, 0)
	e = done(t, saved, err)
	mustImport(t, s, json.RawMessage(strings.Replace(string(dogs(2)), "Register a dog", "Dogs", 1)))
	_, err = s.Release(n.anna, id, e.ETag(), "")
	refused(t, err, "released-meanwhile")
	_, err = s.Save(n.anna, id, e.ETag(), changed, 1)
	if problem.From(err).Status != 412 {
		t.Errorf("base of yesterday: %v", err)
	}
	saved, err = s.Save(n.anna, id, e.ETag(), changed, 2)
	e = done(t, saved, err)
	saved, err = s.Release(n.anna, id, e.ETag(), "")
	if e = done(t, saved, err); value(e.Version) != 3 {
		t.Errorf("released = %+v", e)
	}
}

func TestEditing_Withdraw_NotWhileUsed_AndOfferedAgain(t *testing.T) {
	t.Parallel()
	s, published, n := desk(t)
	mustImport(t, s, dogs(1))
	id := uuid.MustParse(formID)
	n.uses[id] = []types.FormUse{{ServiceId: uuid.New(), Title: "Hundesteuer"}}
	_, err := s.Withdraw(n.anna, id, `"0"`, "")
	refused(t, err, "form-used")
	if !strings.Contains(problem.From(err).Detail.De, "Hundesteuer") {
		t.Errorf("detail = %q", problem.From(err).Detail.De)
	}
	delete(n.uses, id)
	e, err := s.Withdraw(n.anna, id, `"0"`, "Wird nicht gebraucht")
	done(t, e, err)
	if e.State != types.EditorialStateWithdrawn || !e.HasDraft || published.last != nil {
		t.Errorf("withdrawn = %+v, published %v", e, published.last)
	}
	if _, err := s.Form(t.Context(), id, 0); !problem.Is(err, "form-unknown") {
		t.Errorf("still offered: %v", err)
	}
	if _, err := s.Form(t.Context(), id, 1); err != nil {
		t.Errorf("a running draft has lost its form: %v", err)
	}
	list, _, err := s.Own(n.carl, OwnQuery{Words: "hund an", Limit: 10})
	if err != nil || len(list) != 1 || list[0].State != types.EditorialStateWithdrawn || list[0].Title != "Hund anmelden" {
		t.Errorf("list = %+v, %v", list, err)
	}
	saved, err := s.Release(n.anna, id, e.ETag(), "")
	if e = done(t, saved, err); value(e.Version) != 1 || e.State != types.EditorialStateReleased {
		t.Errorf("offered again = %+v", e)
	}
	s.mustCreate(t, n.anna, types.NewForm{Title: &types.LocalizedText{"de": "Aal angeln"}})
	list, next, err := s.Own(n.carl, OwnQuery{Limit: 1})
	if err != nil || len(list) != 1 || list[0].Title != "Aal angeln" || next == "" {
		t.Fatalf("list = %+v, %q, %v", list, next, err)
	}
	list, next, err = s.Own(n.carl, OwnQuery{Limit: 1, Cursor: next})
	if err != nil || len(list) != 1 || list[0].Id != id || next != "" {
		t.Errorf("list = %+v, %q, %v", list, next, err)
	}
}

func TestUpload_SchemaOfAnotherProgram_BecomesAForm(t *testing.T) {
	t.Parallel()
	var schema map[string]any
	if err := json.Unmarshal([]byte(`{"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Stand anmelden", "type": "object", "required": ["familyName", "kind"],
		"properties": {"familyName": {"type": "string", "title": "Name"}, "kind": {"enum": ["flea", "food"]}, "power": {"type": "boolean"}, "day": {"type": "string", "format": "date"},
			"helpers": {"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string"}}}}, "pick": {"anyOf": [{"type": "string"}]}}}`), &schema); err != nil {
		t.Fatal(err)
	}
	c, err := contentOf(schema)
	if err != nil {
		t.Fatal(err)
	}
	kinds := ""
	for _, f := range c.Layout.Steps[0].Fields {
		kinds += f.Name + ":" + string(f.Kind) + " "
	}
	if c.Title["de"] != "Stand anmelden" || kinds != "familyName:text kind:radio day:date helpers:group pick:text power:radio " {
		t.Errorf("form = %q, %s", c.Title["de"], kinds)
	}
	found := unstored().findings(uuid.New(), c)
	if len(found) != 1 || found[0].Pointer != "/schema/properties/answers/properties/pick/anyOf" || found[0].Code != "keyword" {
		t.Errorf("findings = %+v", found)
	}
	for _, bad := range []string{`{}`, `{"type": "string"}`, `{"type": "object", "properties": 7}`} {
		var schema map[string]any
		if err := json.Unmarshal([]byte(bad), &schema); err != nil {
			t.Fatal(err)
		}
		if _, err := contentOf(schema); problem.From(err).Status != 422 {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

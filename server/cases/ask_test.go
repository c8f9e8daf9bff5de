package cases_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	openapi "github.com/oapi-codegen/runtime/types"

	"portalverbund/api/types"
	"portalverbund/server/cases"
	"portalverbund/server/platform/problem"
	"portalverbund/server/platform/scan/scantest"
)

// asked puts a question that asks for a document and for two answers to the citizen of a case, and gives what it asks for.
func (x setup) asked(t *testing.T, id uuid.UUID) types.RequestedInformation {
	t.Helper()
	q := types.CaseQuestion{Text: "Uns fehlt noch etwas.", Documents: &[]types.DocumentRequest{{Label: "Haftpflichtversicherung"}}, Fields: &[]string{"/person/ort", "/hund/geburt"}}
	c, err := x.s.Ask(x.clerk, id, uuid.NewString(), q)
	if err != nil {
		t.Fatal(err)
	}
	return requestOf(t, c)
}

// file is a file of the portal of origin, for a document that was asked for.
// requestOf is what the last question of a case asks for; "received" may have come after it.
func requestOf(t *testing.T, c cases.Case) types.RequestedInformation {
	t.Helper()
	for _, e := range slices.Backward(c.Timeline) {
		if e.Requested != nil {
			return *e.Requested
		}
	}
	t.Fatal("nothing was asked for")
	return types.RequestedInformation{}
}

func (x setup) file(field, content string) types.Attachment {
	id, hash := uuid.New(), sha256.Sum256([]byte(content))
	x.set(func() { x.files[id] = []byte(content) })
	return types.Attachment{Id: id, Name: "police.pdf", Field: field, MediaType: "application/pdf", Size: int64(len(content)), Sha256: strings.ToUpper(hex.EncodeToString(hash[:]))}
}

func answerWith(files []types.Attachment, values ...types.CorrectedAnswer) types.TimelineEvent {
	return types.TimelineEvent{Id: uuid.New(), At: time.Now().UTC().Truncate(time.Microsecond), Kind: types.Message, By: types.EventAuthorCitizen, Attachments: &files, Values: &values}
}

func (x setup) answer(t *testing.T, app types.MessageApplication, e types.TimelineEvent) {
	t.Helper()
	if err := x.s.ApplyCitizenEvent(t.Context(), origin, app.ApplicationId, e); err != nil {
		t.Fatal(err)
	}
}

// dogs is an application with answers for the form that is known.
func (x setup) dogs(files ...[]byte) types.MessageApplication {
	app := x.application(files...)
	app.FormId, app.Language = x.offerID, "de"
	app.Data = map[string]any{
		"person": map[string]any{"strasse": "Am Kanal", "nr": "2", "plz": "49716", "ort": "Meppen"}, "applicant": map[string]any{"givenName": "Clara", "familyName": "Beispiel"},
		"hund": map[string]any{"geburt": "2054-05-02", "weitere": []any{map[string]any{"name": "Rex"}}},
	}
	return app
}

func TestAsk_ForDocumentsAndAnswers_OnceWithIdsOfTheServer(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	id := x.open(t, x.dogs())
	hint, spaces := " Der Schein genügt. ", "  "
	until := openapi.Date{Time: time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 1, 0)}
	q := types.CaseQuestion{
		Text: " Uns fehlt etwas. ", Documents: &[]types.DocumentRequest{{Label: " Seltenerschein ", Hint: &hint}, {Label: "Foto", Hint: &spaces}},
		Fields: &[]string{"/hund/geburt", "/hund/weitere/0/name", "/hund/weitere"}, Until: &until,
	}
	var c cases.Case
	for range 2 {
		var err error
		if c, err = x.s.Ask(x.clerk, id, "the-key-1", q); err != nil || c.State != types.CaseStateQuestion || c.Version != 2 {
			t.Fatalf("%+v, %v", c, err)
		}
	}
	if len(x.reported) != 1 {
		t.Fatalf("the citizen is told %d times", len(x.reported))
	}
	for _, e := range []types.TimelineEvent{x.reported[0], c.Timeline[2], x.read(t, id).Timeline[2]} {
		r := e.Requested
		if e.Kind != types.Question || *e.Text != "Uns fehlt etwas." || r == nil || len(r.Documents) != 2 || !slices.Equal(r.Fields, *q.Fields) || !r.Until.Time.Equal(until.Time) {
			t.Fatalf("asked %+v", e)
		}
		first, second := r.Documents[0], r.Documents[1]
		if first.Label != "Seltenerschein" || *first.Hint != "Der Schein genügt." || second.Hint != nil || first.Id == second.Id || first.Id.Version() != 7 || first.Id != x.reported[0].Requested.Documents[0].Id {
			t.Errorf("documents %+v", r.Documents)
		}
	}
	if x.count(t, "SELECT count(*) FROM case_events e WHERE encode(more, 'escape') LIKE '%Seltener%'") != 0 || x.count(t, "SELECT count(*) FROM case_events WHERE more IS NOT NULL") != 1 {
		t.Error("what is asked for is not sealed")
	}
	other := q
	other.Fields = nil
	_, err := x.s.Ask(x.clerk, id, "the-key-1", other)
	wantStatus(t, err, http.StatusUnprocessableEntity, "idempotency-key-reused")
	if c, err = x.s.Ask(x.clerk, id, "the-key-2", types.CaseQuestion{Text: "Seit wann?", Documents: &[]types.DocumentRequest{}, Fields: &[]string{}}); err != nil || c.Timeline[3].Requested != nil {
		t.Errorf("words alone ask for %+v, %v", c.Timeline[3].Requested, err)
	}
	if c, err = x.s.Ask(x.clerk, id, "the-key-3", types.CaseQuestion{Text: "Seit wann?", Until: &until}); err != nil || c.Timeline[4].Requested == nil {
		t.Fatalf("a day alone: %+v, %v", c.Timeline[4], err)
	}
	if text, _ := json.Marshal(c.Timeline[4].Requested); !strings.Contains(string(text), `"documents":[],"fields":[]`) {
		t.Errorf("%s", text)
	}
}

func TestAsk_UntilADay_CaseIsNotDueBeforeTheDayAfter(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	id := x.open(t, x.dogs())
	today := time.Now().UTC().Truncate(24 * time.Hour)
	usual := x.read(t, id).DueOn
	for key, c := range map[string]struct{ until, due time.Time }{
		"the-key-1": {today.AddDate(0, 0, 3), usual}, "the-key-2": {usual.AddDate(0, 0, 7), usual.AddDate(0, 0, 8)},
	} {
		until := openapi.Date{Time: c.until}
		got, err := x.s.Ask(x.clerk, id, key, types.CaseQuestion{Text: "Seit wann?", Until: &until})
		if err != nil || key == "the-key-2" && !got.DueOn.Equal(c.due) || got.DueOn.Before(c.due) {
			t.Errorf("until %s it is due on %s, want %s, %v", c.until, got.DueOn, c.due, err)
		}
	}
}

func TestAsk_WhatIsWrong_IsSaidAtItsField(t *testing.T) {
	t.Parallel()
	c := &clock{now: time.Date(2026, 11, 30, 23, 30, 0, 0, time.UTC)} // in Germany it is the first of December already
	x := newSetupAt(t, c.Now)
	known, unknown := x.open(t, x.dogs()), x.open(t, x.application())
	on := func(text string) *openapi.Date { return &openapi.Date{Time: *day(text)} }
	for name, tt := range map[string]struct {
		id uuid.UUID
		q  types.CaseQuestion
		at []string
	}{
		"spaces":                 {known, types.CaseQuestion{Text: " \n"}, []string{"/text"}},
		"label of spaces":        {known, types.CaseQuestion{Text: "x", Documents: &[]types.DocumentRequest{{Label: "a"}, {Label: " "}}}, []string{"/documents/1/label"}},
		"label twice":            {known, types.CaseQuestion{Text: "x", Documents: &[]types.DocumentRequest{{Label: "Schein"}, {Label: " schein"}}}, []string{"/documents/1/label"}},
		"today":                  {known, types.CaseQuestion{Text: "x", Until: on("2026-12-01")}, []string{"/until"}},
		"in more than a year":    {known, types.CaseQuestion{Text: "x", Until: on("2027-12-02")}, []string{"/until"}},
		"no such field":          {known, types.CaseQuestion{Text: "x", Fields: &[]string{"/person/ort", "/person/land"}}, []string{"/fields/1"}},
		"no such step":           {known, types.CaseQuestion{Text: "x", Fields: &[]string{"/land/ort"}}, []string{"/fields/0"}},
		"a step":                 {known, types.CaseQuestion{Text: "x", Fields: &[]string{"/person", "", "person/ort"}}, []string{"/fields/0", "/fields/1", "/fields/2"}},
		"a file":                 {known, types.CaseQuestion{Text: "x", Fields: &[]string{"/hund/foto", "/hund/mitFoto"}}, []string{"/fields/0", "/fields/1"}},
		"calculated":             {known, types.CaseQuestion{Text: "x", Fields: &[]string{"/hund/steuer"}}, []string{"/fields/0"}},
		"twice":                  {known, types.CaseQuestion{Text: "x", Fields: &[]string{"/person/ort", "/person/ort"}}, []string{"/fields/1"}},
		"no such item":           {known, types.CaseQuestion{Text: "x", Fields: &[]string{"/hund/weitere/1/name", "/hund/mitFoto/0/name", "/hund/weitere/00/name", "/hund/weitere/0", "/hund/weitere/name"}}, []string{"/fields/0", "/fields/1", "/fields/2", "/fields/3", "/fields/4"}},
		"form that is gone":      {unknown, types.CaseQuestion{Text: "x", Fields: &[]string{"/dog/name"}}, []string{"/fields/0"}},
		"all at once":            {known, types.CaseQuestion{Documents: &[]types.DocumentRequest{{}}, Fields: &[]string{"/x/y"}, Until: on("2026-11-01")}, []string{"/text", "/documents/0/label", "/fields/0", "/until"}},
		"tomorrow, which is all": {known, types.CaseQuestion{Text: "x", Until: on("2026-12-02")}, nil},
		"a year, which is all":   {known, types.CaseQuestion{Text: "x", Until: on("2027-12-01")}, nil},
	} {
		_, err := x.s.Ask(x.clerk, tt.id, uuid.NewString(), tt.q)
		var got []string
		if err != nil {
			wantStatus(t, err, http.StatusUnprocessableEntity, "invalid")
			for _, f := range problem.From(err).Fields {
				got = append(got, f.Pointer)
				if f.Code == "" || (f.Code == "field" || f.Pointer == "/until") && (f.Message.De == "" || f.Message.En == "") {
					t.Errorf("%s: %+v", name, f)
				}
			}
		}
		if !slices.Equal(got, tt.at) {
			t.Errorf("%s: %v, want %v", name, got, tt.at)
		}
	}
	if got := x.told(t, "report"); len(got) != 2 {
		t.Errorf("the citizen is told %+v", got)
	}
}

func TestAnswer_WithFilesAndValues_TakenOnce(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	x.run()
	app := x.dogs([]byte("%PDF-1.7 Impfpass"))
	id := x.open(t, app)
	available := func(n int) func() bool {
		return func() bool { return x.count(t, "SELECT count(*) FROM case_attachments WHERE state = 'available'") == n }
	}
	waitFor(t, "the file of the application", available(1))
	field := "#" + x.asked(t, id).Documents[0].Id.String()
	second := x.asked(t, id) // the newest question counts; what the one before asked for can be sent still
	e := answerWith([]types.Attachment{x.file(field, "%PDF-1.7 Police")}, types.CorrectedAnswer{Pointer: "/hund/geburt", Value: "2024-05-02"}, types.CorrectedAnswer{Pointer: "/person/ort"})
	e.Requested = &second // which no citizen does
	for range 2 {
		x.answer(t, app, e)
	}
	waitFor(t, "the file of the answer", available(2))
	c := x.read(t, id)
	last := c.Timeline[len(c.Timeline)-1]
	if c.State != types.CaseStateInProgress || c.Version != 4 || len(c.Timeline) != 5 || last.Text != nil || last.Requested != nil || len(*last.Attachments) != 1 || len(*last.Values) != 2 {
		t.Fatalf("%+v", c)
	}
	sent := (*e.Attachments)[0]
	if f := (*last.Attachments)[0]; f.Id != sent.Id || f.Name != "police.pdf" || f.Field != field || f.Sha256 != strings.ToLower(sent.Sha256) || f.Size != sent.Size || !*f.Available {
		t.Errorf("file %+v", f)
	}
	if values := *last.Values; values[0].Value != "2024-05-02" || values[1].Value != nil {
		t.Errorf("values %+v", values)
	}
	if len(c.Attachments) != 2 || c.Attachments[1].Field != field || c.Data["hund"].(map[string]any)["geburt"] != "2054-05-02" {
		t.Errorf("case %+v", c)
	}
	d, err := x.s.Attachment(x.clerk, id, sent.Id)
	if err != nil || d.Name != "police.pdf" || string(read(t, d.Content)) != "%PDF-1.7 Police" {
		t.Fatalf("%+v, %v", d, err)
	}
	_ = d.Content.Close()                                  // it was only read
	if reports := x.told(t, "report"); len(reports) != 3 { // received, and two questions: it is not received anew
		t.Errorf("the citizen is told %+v", reports)
	}
	if x.count(t, "SELECT count(*) FROM case_events e WHERE encode(more, 'escape') LIKE '%2024-05-02%'") != 0 || x.count(t, "SELECT count(*) FROM cases WHERE encode(content, 'escape') LIKE '%police%'") != 0 {
		t.Error("an answer is not sealed")
	}
}

func TestAnswer_NotWhatWasAskedFor_NothingOfItIsTaken(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	app, other := x.dogs([]byte("a")), x.dogs()
	id, elsewhere := x.open(t, app), x.open(t, other)
	field, foreign := "#"+x.asked(t, id).Documents[0].Id.String(), "#"+x.asked(t, elsewhere).Documents[0].Id.String()
	there := x.file(field, "there")
	x.answer(t, app, answerWith([]types.Attachment{there}))
	file := func(change func(*types.Attachment)) types.TimelineEvent {
		a, b := x.file(field, "new"), x.file(field, "newer")
		change(&b)
		return answerWith([]types.Attachment{a, b})
	}
	before := x.read(t, id)
	rows := func() int {
		return x.count(t, "SELECT (SELECT count(*) FROM case_events) + (SELECT count(*) FROM case_attachments) + (SELECT count(*) FROM river_job)")
	}
	had := rows()
	many := make([]types.Attachment, 99) // with two that are there: one too many
	for i := range many {
		many[i] = x.file(field, fmt.Sprint(i))
	}
	twice := x.file(field, "twice")
	values := make([]types.CorrectedAnswer, 21)
	for i := range values {
		values[i].Pointer = "/person/ort"
	}
	withdrawal := answerWith([]types.Attachment{x.file(field, "new")})
	withdrawal.Kind = types.Withdrawn
	for name, e := range map[string]types.TimelineEvent{
		"document of another case":     file(func(a *types.Attachment) { a.Field = foreign }),
		"a field of the form":          file(func(a *types.Attachment) { a.Field = "/hund/foto" }),
		"no field":                     file(func(a *types.Attachment) { a.Field = "" }),
		"file that is there":           file(func(a *types.Attachment) { a.Id = there.Id }),
		"file of the application":      file(func(a *types.Attachment) { a.Id = app.Attachments[0].Id }),
		"hash is no hash":              file(func(a *types.Attachment) { a.Sha256 = "zz" }),
		"huge":                         file(func(a *types.Attachment) { a.Size = 1 << 40 }),
		"the same file twice":          answerWith([]types.Attachment{twice, twice}),
		"more files than a case takes": answerWith(many),
		"value that was not asked for": answerWith(nil, types.CorrectedAnswer{Pointer: "/person/ort", Value: "x"}, types.CorrectedAnswer{Pointer: "/person/plz", Value: "x"}),
		"below one that was":           answerWith(nil, types.CorrectedAnswer{Pointer: "/person/ort/x", Value: "x"}),
		"value twice":                  answerWith(nil, types.CorrectedAnswer{Pointer: "/person/ort", Value: "x"}, types.CorrectedAnswer{Pointer: "/person/ort", Value: "y"}),
		"many values":                  answerWith(nil, values...),
		"a long value":                 answerWith(nil, types.CorrectedAnswer{Pointer: "/person/ort", Value: strings.Repeat("x", 64<<10)}),
		"with a withdrawal":            withdrawal,
	} {
		t.Log(name)
		wantStatus(t, x.s.ApplyCitizenEvent(t.Context(), origin, app.ApplicationId, e), http.StatusUnprocessableEntity, "event-answer")
	}
	wantStatus(t, x.s.ApplyCitizenEvent(t.Context(), origin, app.ApplicationId, answerWith(nil)), http.StatusUnprocessableEntity, "event-text")
	wantStatus(t, x.s.ApplyCitizenEvent(t.Context(), "https://lathen.example", app.ApplicationId, answerWith([]types.Attachment{x.file(field, "new")})), http.StatusNotFound, "case-unknown")
	if now := x.read(t, id); rows() != had || now.Version != before.Version || len(now.Attachments) != len(before.Attachments) {
		t.Errorf("something is taken: %+v", now)
	}
	x.answer(t, app, answerWith(many[1:])) // as many as a case takes
}

func TestAnswer_CrossesWithTheDecision_IsKeptAndChangesNothing(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	app := x.dogs()
	id := x.open(t, app)
	field := "#" + x.asked(t, id).Documents[0].Id.String()
	if _, err := x.s.Decide(x.clerk, id, "the-key-1", granted("Ja.")); err != nil {
		t.Fatal(err)
	}
	x.answer(t, app, answerWith([]types.Attachment{x.file(field, "late")}))
	if c := x.read(t, id); c.State != types.CaseStateGranted || len(c.Attachments) != 1 {
		t.Errorf("%+v", c)
	}
}

func TestAnswer_ItsFileIsNotThereYet_TheApplicationIsReceivedWithoutIt(t *testing.T) {
	t.Parallel()
	c := &clock{now: time.Now().UTC()}
	x := newSetupAt(t, c.Now)
	app := x.dogs([]byte("Impfpass"))
	id := x.open(t, app)
	field := "#" + x.asked(t, id).Documents[0].Id.String()
	c.set(c.Now().Add(cases.FetchFor + time.Hour)) // the two weeks of a file begin when it is announced
	young, old := x.file(field, "never given"), x.file(field, "nor this")
	x.set(func() { delete(x.files, young.Id); delete(x.files, old.Id) })
	x.answer(t, app, answerWith([]types.Attachment{young, old}))
	if err := x.d.From(t.Context()).Exec("UPDATE case_attachments SET announced_at = announced_at - interval '15 days' WHERE id = ?", old.Id).Error; err != nil {
		t.Fatal(err)
	}
	x.run()
	waitFor(t, "received", func() bool { return len(x.told(t, "report")) == 2 })
	waitFor(t, "asked for in vain", func() bool {
		return x.count(t, "SELECT count(*) FROM river_job WHERE kind = 'cases.fetch' AND finalized_at IS NULL AND cardinality(errors) > 0") == 1
	})
	waitFor(t, "given up", func() bool { return x.read(t, id).Attachments[2].State == cases.AttachmentParked })
	got := x.read(t, id)
	if got.Attachments[1].State != cases.AttachmentPending || !slices.ContainsFunc(got.Timeline, func(e types.TimelineEvent) bool {
		return e.By == types.EventAuthorPortal && strings.Contains(*e.Text, "police.pdf")
	}) {
		t.Errorf("state %s, %+v", got.Attachments[1].State, got.Timeline)
	}
}

func TestAnswer_HarmfulFile_IsDeletedAndSaid(t *testing.T) {
	t.Parallel()
	x, _ := newChecked(t)
	app := x.dogs()
	id := x.open(t, app)
	field := "#" + x.asked(t, id).Documents[0].Id.String()
	x.answer(t, app, answerWith([]types.Attachment{x.file(field, "%PDF-1.7 "+string(scantest.EICAR()))}))
	x.run()
	waitFor(t, "refused", func() bool { return x.read(t, id).Attachments[0].State == cases.AttachmentRefused })
	events := x.read(t, id).Timeline
	if f := (*events[3].Attachments)[0]; *f.Available || f.Check == nil || *f.Check != types.CheckRefused || !strings.Contains(*events[4].Text, "police.pdf") {
		t.Errorf("%+v", events)
	}
}

func TestDelete_FilesOfAnswers_GoToo(t *testing.T) {
	t.Parallel()
	c := &clock{now: atNoon(2026, 11, 30)}
	x := newSetupAt(t, c.Now)
	x.run()
	app := x.dogs()
	id := x.open(t, app)
	x.answer(t, app, answerWith([]types.Attachment{x.file("#"+x.asked(t, id).Documents[0].Id.String(), "Police")}))
	waitFor(t, "the file", func() bool { return x.read(t, id).Attachments[0].State == cases.AttachmentAvailable })
	if _, err := x.s.Close(x.clerk, id, "the-key-1", "Erledigt."); err != nil {
		t.Fatal(err)
	}
	c.set(atNoon(2037, 1, 1))
	x.deleteDue(t, 1)
	waitFor(t, "the file is gone", func() bool {
		return x.count(t, "SELECT count(*) FROM river_job WHERE kind = 'cases.delete_files' AND state = 'completed'") == 1
	})
	if x.count(t, "SELECT count(*) FROM case_remains WHERE state = 'closed'") != 1 {
		t.Error("nothing remains")
	}
}

func TestDecision_GoesToTheAddressAndNameThatWereCorrected(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	app := x.dogs()
	id := x.open(t, app)
	fields := []string{"/person/ort", "/person/plz", "/person/strasse", "/person/nr", "/applicant/familyName"}
	if _, err := x.s.Ask(x.clerk, id, "the-key-1", types.CaseQuestion{Text: "Wohin?", Fields: &fields}); err != nil {
		t.Fatal(err)
	}
	x.answer(t, app, answerWith(nil, types.CorrectedAnswer{Pointer: "/person/ort", Value: "Haren"}, types.CorrectedAnswer{Pointer: "/person/plz", Value: "49733"}))
	x.answer(t, app, answerWith(nil, types.CorrectedAnswer{Pointer: "/person/strasse", Value: "Postfach 7"}, types.CorrectedAnswer{Pointer: "/person/nr"},
		types.CorrectedAnswer{Pointer: "/person/ort", Value: "Haren (Ems)"}, types.CorrectedAnswer{Pointer: "/applicant/familyName", Value: "Neumann"}))
	draft, err := x.s.PrepareDecision(x.clerk, id)
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "recipient", draft.Recipient, []string{"Clara Neumann", "Postfach 7", "49733 Haren (Ems)"})
}

func TestDecision_OfAnOrganisation_KeepsItsName(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	app := x.dogs()
	app.ApplicantName, app.ActsFor = "Hundeschule GmbH", &types.ActsFor{Name: "Hundeschule GmbH", Person: "Clara Beispiel"}
	id := x.open(t, app)
	fields := []string{"/applicant/familyName"}
	if _, err := x.s.Ask(x.clerk, id, "the-key-1", types.CaseQuestion{Text: "Wer?", Fields: &fields}); err != nil {
		t.Fatal(err)
	}
	x.answer(t, app, answerWith(nil, types.CorrectedAnswer{Pointer: "/applicant/familyName", Value: "Neumann"}))
	draft, err := x.s.PrepareDecision(x.clerk, id)
	if err != nil || draft.Recipient[0] != "Hundeschule GmbH" {
		t.Errorf("%+v, %v", draft.Recipient, err)
	}
}

func TestExport_Answers_StandApartFromWhatWasSubmitted(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	x.run()
	app := x.dogs([]byte("%PDF-1.7 Impfpass"))
	id := x.open(t, app)
	hint, until := "Der Schein genügt.", openapi.Date{Time: time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 1, 0)}
	c, err := x.s.Ask(x.clerk, id, "the-key-1", types.CaseQuestion{
		Text: "Uns fehlt etwas.", Documents: &[]types.DocumentRequest{{Label: "Versicherung <neu>", Hint: &hint}}, Fields: &[]string{"/hund/geburt", "/hund/weitere", "/hund/weitere/0/name"}, Until: &until,
	})
	if err != nil {
		t.Fatal(err)
	}
	field := "#" + requestOf(t, c).Documents[0].Id.String()
	e := answerWith([]types.Attachment{x.file(field, "%PDF-1.7 Police")}, types.CorrectedAnswer{Pointer: "/hund/geburt", Value: "2024-05-02"},
		types.CorrectedAnswer{Pointer: "/hund/weitere", Value: []any{map[string]any{"name": "Bello"}}}, types.CorrectedAnswer{Pointer: "/hund/weitere/0/name"})
	e.At = time.Date(2026, 11, 28, 9, 0, 0, 0, time.UTC)
	x.answer(t, app, e)
	waitFor(t, "the files", func() bool {
		return x.count(t, "SELECT count(*) FROM case_attachments WHERE state = 'available'") == 2
	})
	entries := x.exported(t, id)
	var manifest struct {
		Message string
		Files   []struct{ ID, Name, Title, SHA256, Requested string }
	}
	if err := json.Unmarshal(entries["manifest.json"], &manifest); err != nil || len(manifest.Files) != 4 {
		t.Fatalf("%s, %v", entries["manifest.json"], err)
	}
	sent := (*e.Attachments)[0]
	file := manifest.Files[3]
	if file.ID != sent.Id.String() || file.Title != "police.pdf" || file.Requested != "Versicherung <neu>" || manifest.Files[2].Requested != "" || string(entries[file.Name]) != "%PDF-1.7 Police" {
		t.Errorf("manifest %+v", manifest.Files)
	}
	type exported struct{ ID, Requested, File string }
	var data struct {
		ContentHash              string
		Data, CorrectedData      map[string]any
		Attachments, AnswerFiles []exported
		Timeline                 []types.TimelineEvent
	}
	if err := json.Unmarshal(entries[manifest.Files[1].Name], &data); err != nil {
		t.Fatal(err)
	}
	submitted, _ := json.Marshal(app.Data)
	if same, _ := json.Marshal(data.Data); data.ContentHash != "aa" || !bytes.Equal(same, submitted) {
		t.Errorf("what was submitted has become %s", same)
	}
	wantEqual(t, "attachments", data.Attachments, []exported{{app.Attachments[0].Id.String(), "", app.Attachments[0].Id.String() + ".pdf"}})
	wantEqual(t, "files of answers", data.AnswerFiles, []exported{{sent.Id.String(), "Versicherung <neu>", sent.Id.String() + ".pdf"}})
	answered := slices.IndexFunc(data.Timeline, func(one types.TimelineEvent) bool { return one.Id == e.Id }) // "received" may come after it
	if data.CorrectedData["hund"].(map[string]any)["geburt"] != "2024-05-02" || answered < 0 || len(*data.Timeline[answered].Values) != 3 {
		t.Errorf("data %+v", data)
	}
	page := string(entries[manifest.Files[0].Name])
	last := 0
	for _, want := range []string{
		"2054-05-02", "Impfpass", "<dt>Unterlage erbeten</dt><dd>Versicherung &lt;neu&gt; (Der Schein genügt.)</dd>", "<dt>Angabe erbeten</dt><dd>Geburtsdatum</dd>", "<dd>Hund 1, Rufname</dd>",
		"Antwort erbeten bis</dt><dd>" + until.Format("02.01.2006"), "<dt>Berichtigt: Geburtsdatum</dt><dd>2024-05-02</dd>", "<dt>Berichtigt: Weitere Hunde, Hund 1, Rufname</dt><dd>Bello</dd>",
		"<dt>Berichtigt: Hund 1, Rufname</dt><dd>entfällt</dd>", `Versicherung &lt;neu&gt;: <a href="` + sent.Id.String() + `.pdf">police.pdf</a>`,
	} {
		at := strings.Index(page[last:], want)
		if at < 0 {
			t.Fatalf("the page does not show %q in its place:\n%s", want, page)
		}
		last += at
	}
	if head := page[:strings.Index(page, "Verlauf und Nachrichten")]; strings.Contains(head, "police.pdf") || strings.Contains(head, "2024-05-02") {
		t.Error("it stands among what was submitted")
	}
	if message := string(entries[manifest.Message]); !strings.Contains(message, "Angefordert: Versicherung &lt;neu&gt;; SHA-256: "+file.SHA256) || !strings.Contains(message, "2026-11-28T09:00:00Z") {
		t.Errorf("message %s", message)
	}
}

func TestWriteAndClose_ByState(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	write := func(id uuid.UUID) (cases.Case, error) {
		return x.s.Write(x.clerk, id, uuid.NewString(), "Wir melden uns.")
	}
	end := func(id uuid.UUID) (cases.Case, error) {
		return x.s.Close(x.clerk, id, uuid.NewString(), "Der Sperrmüll ist abgeholt.")
	}
	decide := func(id uuid.UUID) (cases.Case, error) {
		return x.s.Decide(x.clerk, id, uuid.NewString(), granted("Ja."))
	}
	ask := func(id uuid.UUID) (cases.Case, error) { return x.s.Ask(x.clerk, id, uuid.NewString(), words("Wann?")) }
	withdraw := func(id uuid.UUID) (cases.Case, error) {
		var application uuid.UUID
		err := x.d.From(t.Context()).Raw("SELECT application_id FROM cases WHERE id = ?", id).Row().Scan(&application)
		e := types.TimelineEvent{Id: uuid.New(), At: time.Now(), Kind: types.Withdrawn, By: types.EventAuthorCitizen}
		return cases.Case{}, errors.Join(err, x.s.ApplyCitizenEvent(t.Context(), origin, application, e))
	}
	type step = func(uuid.UUID) (cases.Case, error)
	for name, tt := range map[string]struct {
		before []step
		last   step
		legal  bool
		state  types.CaseState
		event  types.EventKind
	}{
		"write at once":          {nil, write, true, types.CaseStateReceived, types.Message},
		"write after a question": {[]step{ask}, write, true, types.CaseStateQuestion, types.Message},
		"write after a decision": {[]step{decide}, write, true, types.CaseStateGranted, types.Message},
		"write after closing":    {[]step{end}, write, true, types.CaseStateClosed, types.Message},
		"write after withdrawal": {[]step{withdraw}, write, false, types.CaseStateWithdrawn, types.Withdrawn},
		"close at once":          {nil, end, true, types.CaseStateClosed, types.Closed},
		"close with a question":  {[]step{ask}, end, true, types.CaseStateClosed, types.Closed},
		"close twice":            {[]step{end}, end, false, types.CaseStateClosed, types.Closed},
		"close after a decision": {[]step{decide}, end, false, types.CaseStateGranted, types.Granted},
		"close after withdrawal": {[]step{withdraw}, end, false, types.CaseStateWithdrawn, types.Withdrawn},
		"decide after closing":   {[]step{end}, decide, false, types.CaseStateClosed, types.Closed},
		"ask after closing":      {[]step{end}, ask, false, types.CaseStateClosed, types.Closed},
	} {
		id := x.open(t, x.application())
		for _, s := range tt.before {
			if _, err := s(id); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		before, told := x.read(t, id), len(x.told(t, "report"))
		_, err := tt.last(id)
		c := x.read(t, id)
		if !tt.legal {
			t.Log(name)
			wantStatus(t, err, http.StatusConflict, "case-state")
		} else if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		did := map[bool]int{true: 1}[tt.legal]
		if last := c.Timeline[len(c.Timeline)-1]; c.State != tt.state || last.Kind != tt.event || c.Version != before.Version+did || len(x.told(t, "report")) != told+did {
			t.Errorf("%s: %+v", name, c)
		}
		if tt.legal && tt.event == types.Message && c.ChangedAt.Before(before.ChangedAt) || (before.DeleteOn != nil) && !c.DeleteOn.Equal(*before.DeleteOn) {
			t.Errorf("%s: to be deleted on %v, was %v", name, c.DeleteOn, before.DeleteOn)
		}
	}
}

func TestWriteAndClose_OncePerKey_InTheAudit_OfAnotherUnitUnknown(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	app := x.application()
	id := x.open(t, app)
	_, stranger := x.hire(t, "Fred Fremd", uuid.New())
	_, err := x.s.Write(stranger, id, "the-key-0", "x")
	wantStatus(t, err, http.StatusNotFound, "case-unknown")
	_, err = x.s.Close(stranger, id, "the-key-0", "x")
	wantStatus(t, err, http.StatusNotFound, "case-unknown")
	_, err = x.s.Ask(stranger, id, "the-key-0", types.CaseQuestion{Text: "x", Documents: &[]types.DocumentRequest{{Label: "x"}}})
	wantStatus(t, err, http.StatusNotFound, "case-unknown")
	for range 2 {
		if c, err := x.s.Write(x.clerk, id, "the-key-1", "Bis Freitag."); err != nil || c.Version != 2 {
			t.Fatalf("%+v, %v", c, err)
		}
	}
	for range 2 {
		if c, err := x.s.Close(x.clerk, id, "the-key-1", "Abgeholt."); err != nil || c.Version != 3 || c.DeleteOn == nil {
			t.Fatalf("%+v, %v", c, err)
		}
	}
	_, err = x.s.Close(x.clerk, id, "the-key-1", "Anders.")
	wantStatus(t, err, http.StatusUnprocessableEntity, "idempotency-key-reused")
	wantEqual(t, "reports", x.told(t, "report"), []said{
		{"report", origin, "message by authority Tax office", "Bis Freitag.", app.ApplicationId}, {"report", origin, "closed by authority Tax office", "Abgeholt.", app.ApplicationId},
	})
	var acts []string
	for _, s := range x.told(t, "audit") {
		acts = append(acts, s.Kind+" "+s.Body)
	}
	wantEqual(t, "audit", acts, []string{"case.message case:" + id.String() + " ", "case.close case:" + id.String() + " closed"})
	if x.count(t, "SELECT count(*) FROM cases WHERE closed_at IS NOT NULL AND decided_at IS NULL") != 1 {
		t.Error("not closed, or decided")
	}
}

func TestWriteAndClose_WhileADecisionWaits_AreRefused_AndClosingNeedsNobodyElse(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	x.askFourEyes(t)
	id, free := x.open(t, x.application()), x.open(t, x.application())
	if _, err := x.s.Decide(x.clerk, id, "the-key-1", granted("Ja.")); err != nil {
		t.Fatal(err)
	}
	_, err := x.s.Close(x.clerk, id, "the-key-2", "Erledigt.")
	wantStatus(t, err, http.StatusConflict, "decision-waits")
	_, err = x.s.Write(x.clerk, id, "the-key-3", "Bald.")
	wantStatus(t, err, http.StatusConflict, "decision-waits")
	if c, err := x.s.Close(x.clerk, free, "the-key-4", "Erledigt."); err != nil || c.State != types.CaseStateClosed || c.Proposal != nil {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestStatistics_ClosedWithoutADecision_IsReceivedAndNoLongerOpen(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	id := x.open(t, x.application())
	x.open(t, x.application())
	if _, err := x.s.Close(x.clerk, id, "the-key-1", "Erledigt."); err != nil {
		t.Fatal(err)
	}
	st, err := x.s.Statistics(x.clerk, cases.Period{})
	if f := st.Total; err != nil || f.Received != 2 || f.Open != 1 || f.Closed != 1 || f.Overdue+f.Granted+f.Refused+f.Withdrawn != 0 || f.MedianDays != nil {
		t.Errorf("%+v, %v", f, err)
	}
	l, err := x.s.List(x.clerk, cases.Filter{Limit: 10, State: types.CaseStateClosed})
	if err != nil || len(l.Items) != 1 || l.Items[0].ID != id {
		t.Errorf("%+v, %v", l, err)
	}
}

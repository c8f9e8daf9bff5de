package cases_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	api "portalverbund/api/cases"
	"portalverbund/api/types"
	"portalverbund/server/cases"
	"portalverbund/server/platform/httpx"
)

func TestHandlers_NobodyButClerks(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	id := x.open(t, x.application())
	key, text := types.IdempotencyKey("the-key-1"), types.MessageText{Text: "x"}
	for name, caller := range map[string]httpx.Caller{
		"nobody":  {},
		"citizen": {Kind: httpx.SessionCaller, AccountID: uuid.New()},
		"editor":  {Kind: httpx.SessionCaller, AccountID: uuid.New(), Roles: []string{"editor"}},
	} {
		ctx := httpx.WithCaller(t.Context(), caller)
		calls := map[string]func() error{
			"list":  func() error { _, err := x.h.ListCases(ctx, api.ListCasesRequestObject{}); return err },
			"watch": func() error { _, err := x.h.WatchCases(ctx, api.WatchCasesRequestObject{}); return err },
			"get":   func() error { _, err := x.h.GetCase(ctx, api.GetCaseRequestObject{CaseId: id}); return err },
			"start": func() error {
				_, err := x.h.StartCase(ctx, api.StartCaseRequestObject{CaseId: id, Params: types.StartCaseParams{IdempotencyKey: key}})
				return err
			},
			"ask": func() error {
				_, err := x.h.AskQuestion(ctx, api.AskQuestionRequestObject{CaseId: id, Params: types.AskQuestionParams{IdempotencyKey: key}, Body: &types.CaseQuestion{Text: "x"}})
				return err
			},
			"message": func() error {
				_, err := x.h.WriteCaseMessage(ctx, api.WriteCaseMessageRequestObject{CaseId: id, Params: types.WriteCaseMessageParams{IdempotencyKey: key}, Body: &text})
				return err
			},
			"close": func() error {
				_, err := x.h.CloseCase(ctx, api.CloseCaseRequestObject{CaseId: id, Params: types.CloseCaseParams{IdempotencyKey: key}, Body: &text})
				return err
			},
			"decide": func() error {
				_, err := x.h.DecideCase(ctx, api.DecideCaseRequestObject{CaseId: id, Params: types.DecideCaseParams{IdempotencyKey: key}, Body: &types.Decision{Text: "x"}})
				return err
			},
			"plan": func() error {
				_, err := x.h.PlanCase(ctx, api.PlanCaseRequestObject{CaseId: id, Body: &types.CasePlan{Assignee: ptr("me")}})
				return err
			},
			"note": func() error {
				_, err := x.h.NoteCase(ctx, api.NoteCaseRequestObject{CaseId: id, Params: types.NoteCaseParams{IdempotencyKey: key}, Body: &text})
				return err
			},
			"colleagues": func() error { _, err := x.h.ListColleagues(ctx, api.ListColleaguesRequestObject{}); return err },
			"views":      func() error { _, err := x.h.ListCaseViews(ctx, api.ListCaseViewsRequestObject{}); return err },
			"save views": func() error {
				_, err := x.h.SaveCaseViews(ctx, api.SaveCaseViewsRequestObject{Body: &types.CaseViewList{}})
				return err
			},
			"settings": func() error { _, err := x.h.GetDeskSettings(ctx, api.GetDeskSettingsRequestObject{}); return err },
			"save settings": func() error {
				_, err := x.h.SaveDeskSettings(ctx, api.SaveDeskSettingsRequestObject{Body: &types.DeskSettings{}})
				return err
			},
			"templates": func() error { _, err := x.h.ListCaseTemplates(ctx, api.ListCaseTemplatesRequestObject{}); return err },
			"write template": func() error {
				_, err := x.h.CreateCaseTemplate(ctx, api.CreateCaseTemplateRequestObject{Params: types.CreateCaseTemplateParams{IdempotencyKey: key}, Body: &types.CaseTemplateText{}})
				return err
			},
			"change template": func() error {
				_, err := x.h.ChangeCaseTemplate(ctx, api.ChangeCaseTemplateRequestObject{TemplateId: id, Body: &types.CaseTemplateText{}})
				return err
			},
			"delete template": func() error {
				_, err := x.h.DeleteCaseTemplate(ctx, api.DeleteCaseTemplateRequestObject{TemplateId: id})
				return err
			},
			"statistics": func() error { _, err := x.h.GetCaseStatistics(ctx, api.GetCaseStatisticsRequestObject{}); return err },
			"table": func() error {
				_, err := x.h.ExportCaseStatistics(ctx, api.ExportCaseStatisticsRequestObject{})
				return err
			},
			"file": func() error {
				_, err := x.h.GetCaseAttachment(ctx, api.GetCaseAttachmentRequestObject{CaseId: id, AttachmentId: uuid.New()})
				return err
			},
		}
		for operation, call := range calls {
			t.Run(name+" "+operation, func(t *testing.T) { wantStatus(t, call(), http.StatusForbidden, "role-missing") })
		}
	}
}

func TestGetCase_InTheClerksLanguage_EachReadRecorded(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	app := x.application()
	app.Ars = "034549999999"
	id := x.open(t, app)
	for i, language := range []string{"de", "en"} {
		answer, err := x.h.GetCase(httpx.WithLanguage(x.clerk, language), api.GetCaseRequestObject{CaseId: id})
		if err != nil {
			t.Fatal(err)
		}
		got := answer.(api.GetCase200JSONResponse)
		if want := []string{"Hund anmelden", "Register a dog"}[i]; got.Body.ServiceTitle != want {
			t.Errorf("title %q, want %q", got.Body.ServiceTitle, want)
		}
		if got.Headers.ETag != `"1"` || got.Body.Origin.Name != "Stadt Meppen" || got.Body.Place.Ars != app.Ars {
			t.Errorf("case %+v", got)
		}
	}
	account := httpx.CallerOf(x.clerk).AccountID.String()
	read := said{"audit", account, "case.read", "case:" + id.String() + " ", uuid.Nil}
	wantEqual(t, "audit", x.told(t, "audit"), []said{read, read})
}

func TestAskQuestion_OnlySpaces_NamesTheField(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	id := x.open(t, x.application())
	_, err := x.h.AskQuestion(x.clerk, api.AskQuestionRequestObject{
		CaseId: id, Params: types.AskQuestionParams{IdempotencyKey: "the-key-1"}, Body: &types.CaseQuestion{Text: " \n "},
	})
	wantStatus(t, err, http.StatusUnprocessableEntity, "invalid")
}

// watched is a reader of the inbox's changes.
func watched(t *testing.T, x setup) (lines <-chan string, leave func()) {
	t.Helper()
	return watchedBy(t, x, httpx.CallerOf(x.clerk))
}

func watchedBy(t *testing.T, x setup, who httpx.Caller) (lines <-chan string, leave func()) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer, err := x.h.WatchCases(httpx.WithCaller(r.Context(), who), api.WatchCasesRequestObject{})
		if err != nil {
			t.Error(err)
			return
		}
		if err := answer.VisitWatchCasesResponse(w); err != nil {
			t.Error(err)
		}
	}))
	ctx, cancel := context.WithCancel(context.Background())
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	if kind := response.Header.Get("Content-Type"); kind != "text/event-stream" {
		t.Errorf("content type %q", kind)
	}
	got := make(chan string, 100)
	go func() {
		defer close(got)
		defer func() { _ = response.Body.Close() }()
		scanner := bufio.NewScanner(response.Body)
		for scanner.Scan() {
			if data, ok := strings.CutPrefix(scanner.Text(), "data: "); ok {
				got <- data
			}
		}
	}()
	t.Cleanup(func() { cancel(); server.Close() })
	return got, func() { cancel(); server.Close() }
}

func next(t *testing.T, lines <-chan string) string {
	t.Helper()
	select {
	case line := <-lines:
		return line
	case <-time.After(20 * time.Second):
		t.Fatal("no event")
		return ""
	}
}

func TestWatchCases_NewAndChangedCasesAreTold(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	lines, leave := watched(t, x)
	if first := next(t, lines); first != uuid.Nil.String() {
		t.Errorf("first event %q", first)
	}
	id := x.open(t, x.application())
	if got := next(t, lines); got != id.String() {
		t.Errorf("opened: event %q, want %s", got, id)
	}
	if _, err := x.s.Start(x.clerk, id, "the-key-1"); err != nil {
		t.Fatal(err)
	}
	if got := next(t, lines); got != id.String() {
		t.Errorf("started: event %q, want %s", got, id)
	}
	leave() // returns only when the handler has ended
}

func clerkOf(unit uuid.UUID) httpx.Caller {
	return httpx.Caller{Kind: httpx.SessionCaller, AccountID: uuid.New(), UnitRoles: []httpx.UnitRole{{Role: "clerk", Unit: unit}}}
}

func TestWatchCases_OfAnotherUnit_NothingIsTold(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	others, _ := watchedBy(t, x, clerkOf(uuid.New()))
	theirs, _ := watchedBy(t, x, clerkOf(x.above))
	next(t, others)
	next(t, theirs)
	for range 3 {
		id := x.open(t, x.application())
		if got := next(t, theirs); got != id.String() {
			t.Errorf("the unit above: event %q, want %s", got, id)
		}
	}
	select {
	case got := <-others:
		t.Errorf("another unit is told of %s", got)
	default:
	}
}

func TestCases_OfAnotherUnit_AnswerAsNone(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	id := x.open(t, x.application())
	for unit, want := range map[uuid.UUID]int{x.offerID: 1, x.above: 1, uuid.New(): 0} {
		ctx := httpx.WithCaller(t.Context(), clerkOf(unit))
		for _, search := range []string{"", "clara"} {
			list, err := x.s.List(ctx, cases.Filter{Limit: 5, Search: search})
			if err != nil || len(list.Items) != want || list.Counts[types.CaseStateReceived]+list.Counts[types.CaseStateQuestion] != want {
				t.Errorf("%v %+v, want %d", err, list, want)
			}
		}
		if _, err := x.s.Read(ctx, id); (err == nil) != (want == 1) {
			t.Errorf("read: %v", err)
		}
		if _, err := x.s.Ask(ctx, id, "key-"+unit.String(), words("Wie heißt der Hund?")); (err == nil) != (want == 1) {
			t.Errorf("ask: %v", err)
		}
	}
	lost := httpx.CallerOf(x.clerk)
	if _, err := x.s.Start(x.clerk, x.open(t, x.application()), "the-key-9"); err != nil {
		t.Fatal(err)
	}
	lost.Roles, lost.UnitRoles = nil, []httpx.UnitRole{{Role: "clerk", Unit: uuid.New()}}
	_, err := x.s.Ask(httpx.WithCaller(t.Context(), lost), id, "the-key-8", words("Und jetzt?"))
	wantStatus(t, err, http.StatusNotFound, "case-unknown")
}

func TestAttachment_Viewed_OnlyWhatItsContentIs(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	png := append([]byte("\x89PNG\r\n\x1a\n"), make([]byte, 100)...)
	app := x.application(png, []byte("<script>alert(1)</script>"), []byte("%P")) // all of them are called PDFs
	id := x.open(t, app)
	x.run()
	waitFor(t, "received", func() bool { return len(x.told(t, "report")) > 0 })
	yes := true
	for i, want := range []struct{ mediaType, disposition string }{
		{"image/png", "inline; filename="}, {"application/octet-stream", "attachment; filename="}, {"application/octet-stream", "attachment; filename="},
	} {
		get := api.GetCaseAttachmentRequestObject{CaseId: id, AttachmentId: app.Attachments[i].Id, Params: types.GetCaseAttachmentParams{View: &yes}}
		answer, err := x.h.GetCaseAttachment(httpx.WithRequest(x.clerk, httptest.NewRequest(http.MethodGet, "/", nil)), get)
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		if err := answer.VisitGetCaseAttachmentResponse(w); err != nil {
			t.Fatal(err)
		}
		for name, begins := range map[string]string{
			"Content-Type": want.mediaType, "Content-Disposition": want.disposition, "Content-Security-Policy": "default-src 'none'; ", "X-Content-Type-Options": "nosniff",
		} {
			if got := w.Header().Get(name); !strings.HasPrefix(got, begins) {
				t.Errorf("file %d, %s: %s, want %s", i, name, got, begins)
			}
		}
		if i == 0 && !bytes.Equal(w.Body.Bytes(), png) {
			t.Error("the content is not whole")
		}
	}
}

func TestAttachments_FetchedCheckedAndDownloaded(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	content := bytes.Repeat([]byte("0123456789abcdef"), 20_000)
	app := x.application(content, []byte{})
	x.set(func() { x.breakAt = 100_000 })
	id := x.open(t, app)
	get := api.GetCaseAttachmentRequestObject{CaseId: id, AttachmentId: app.Attachments[0].Id}
	_, err := x.h.GetCaseAttachment(x.clerk, get)
	wantStatus(t, err, http.StatusConflict, "attachment-pending")
	if len(x.told(t, "report")) != 0 {
		t.Error("reported as received before all is here")
	}
	x.run()
	waitFor(t, "received", func() bool { return len(x.told(t, "report")) > 0 })
	wantEqual(t, "reports", x.told(t, "report"), []said{{"report", origin, "received by authority Tax office", "", app.ApplicationId}})
	resumed := false
	x.set(func() {
		for _, offset := range x.offsets {
			resumed = resumed || offset == 100_000
		}
	})
	if !resumed {
		t.Error("the broken transfer began anew")
	}
	request := httptest.NewRequest(http.MethodGet, "/", nil)
	answer, err := x.h.GetCaseAttachment(httpx.WithRequest(x.clerk, request), get)
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	if err := answer.VisitGetCaseAttachmentResponse(w); err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(w.Result().Body)
	if w.Code != http.StatusOK || sha256.Sum256(body) != sha256.Sum256(content) {
		t.Errorf("status %d, %d bytes", w.Code, len(body))
	}
	for name, want := range map[string]string{
		"Content-Type":           "application/octet-stream",
		"X-Content-Type-Options": "nosniff",
		"Content-Disposition":    `attachment; filename="Impfpass f_r _Waldi_.pdf"; filename*=utf-8''Impfpass%20f%C3%BCr%20%E2%80%9EWaldi%E2%80%9C.pdf`,
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	last := x.told(t, "audit")
	if got := last[len(last)-1]; got.Kind != "case.attachment.read" || !strings.Contains(got.Body, app.Attachments[0].Id.String()) {
		t.Errorf("audit %+v", got)
	}
	get.AttachmentId = uuid.New()
	_, err = x.h.GetCaseAttachment(x.clerk, get)
	wantStatus(t, err, http.StatusNotFound, "attachment-unknown")
	get.CaseId = uuid.New()
	_, err = x.h.GetCaseAttachment(x.clerk, get)
	wantStatus(t, err, http.StatusNotFound, "case-unknown")
}

func TestAttachments_OriginAway_FetchedWhenItIsBack(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	x.set(func() { x.away = true })
	id := x.open(t, x.application([]byte("Inhalt")))
	x.run()
	waitFor(t, "a failed attempt", func() bool {
		var n int
		return x.d.From(t.Context()).Raw("SELECT count(*) FROM river_job WHERE array_length(errors, 1) > 0").Scan(&n).Error == nil && n == 1
	})
	x.set(func() { x.away = false })
	waitFor(t, "the file", func() bool { return x.read(t, id).Attachments[0].State == "available" })
}

func TestAttachments_NotWhatWasAnnounced_ParkedAndSaid(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{"other content": "XXXXXX", "longer": "Inhalt und mehr", "shorter": "Inh"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := newSetup(t)
			app := x.application([]byte("Inhalt"))
			file := app.Attachments[0].Id
			x.set(func() { x.files[file] = []byte(content) })
			id := x.open(t, app)
			// Four attempts are behind it, so that this one is the last.
			if err := x.d.From(t.Context()).Exec("UPDATE case_attachments SET attempts = 4").Error; err != nil {
				t.Fatal(err)
			}
			x.run()
			waitFor(t, "parked", func() bool { return x.read(t, id).Attachments[0].State == "parked" })
			c := x.read(t, id)
			if last := c.Timeline[len(c.Timeline)-1]; last.By != types.EventAuthorPortal || !strings.Contains(*last.Text, "Impfpass") {
				t.Errorf("timeline %+v", c.Timeline)
			}
			if len(x.told(t, "report")) != 0 {
				t.Error("reported as received completely")
			}
			_, err := x.h.GetCaseAttachment(x.clerk, api.GetCaseAttachmentRequestObject{CaseId: id, AttachmentId: file})
			wantStatus(t, err, http.StatusConflict, "attachment-missing")
		})
	}
}

func TestAttachments_NeverGiven_ParkedAfterTwoWeeks(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	x.set(func() { x.away = true })
	id := x.open(t, x.application([]byte("Inhalt")))
	if err := x.d.From(t.Context()).Exec("UPDATE cases SET received_at = received_at - interval '15 days'").Error; err != nil {
		t.Fatal(err)
	}
	x.run()
	waitFor(t, "parked", func() bool { return x.read(t, id).Attachments[0].State == "parked" })
}

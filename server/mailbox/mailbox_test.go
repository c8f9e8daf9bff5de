package mailbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	api "portalverbund/api/mailbox"
	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

func TestReceive_TheSameMessageTwice_KeptOnce(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	account := uuid.New()
	x.accounts[other+" pairwise"] = account
	m := message("Frage")
	m.Person = "pairwise"
	link := other + "/antraege/1"
	m.Link = &link
	payload, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := x.receive(t.Context(), other, payload); err != nil {
			t.Fatal(err)
		}
	}
	l := x.list(t, x.owner(account), types.ListMessagesParams{})
	if len(l.Items) != 1 || l.Unread != 1 || l.Items[0].Subject != "Frage" || l.Items[0].Sender != m.Sender || l.Items[0].Read {
		t.Fatalf("mailbox %+v", l)
	}
	// Deleted by its reader, it does not come back with a late repetition.
	if _, err := x.h.DeleteMessage(x.owner(account), api.DeleteMessageRequestObject{MessageId: l.Items[0].Id}); err != nil {
		t.Fatal(err)
	}
	if err := x.receive(t.Context(), other, payload); err != nil {
		t.Fatal(err)
	}
	if l := x.list(t, x.owner(account), types.ListMessagesParams{}); len(l.Items) != 0 || l.Unread != 0 {
		t.Errorf("mailbox after deleting %+v", l)
	}
}

func TestReceive_NotFitToBeShown_IsRefused(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	x.accounts[other+" pairwise"] = uuid.New()
	elsewhere, inside, lookalike := "https://phish.example/x", other+"/antraege/1", other+".phish.example/x"
	for name, tt := range map[string]struct {
		change func(*types.MessageMailbox)
		status int
		code   string
	}{
		"stranger":       {func(m *types.MessageMailbox) { m.Person = "nobody" }, http.StatusNotFound, "account-unknown"},
		"no subject":     {func(m *types.MessageMailbox) { m.Subject = " " }, http.StatusUnprocessableEntity, "message-invalid"},
		"long text":      {func(m *types.MessageMailbox) { m.Text = strings.Repeat("x", 30001) }, http.StatusUnprocessableEntity, "message-invalid"},
		"no id":          {func(m *types.MessageMailbox) { m.Id = uuid.Nil }, http.StatusUnprocessableEntity, "message-invalid"},
		"link elsewhere": {func(m *types.MessageMailbox) { m.Link = &elsewhere }, http.StatusUnprocessableEntity, "message-invalid"},
		"lookalike link": {func(m *types.MessageMailbox) { m.Link = &lookalike }, http.StatusUnprocessableEntity, "message-invalid"},
	} {
		m := message("Frage")
		m.Person, m.Link = "pairwise", &inside
		tt.change(&m)
		payload, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		err = x.receive(t.Context(), other, payload)
		if p := problem.From(err); err == nil || p.Status != tt.status || p.Code != tt.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	wantStatus(t, x.receive(t.Context(), other, json.RawMessage(`[]`)), http.StatusUnprocessableEntity, "message-invalid")
}

func TestNotify_GoesToTheAccountHome(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	account := uuid.New()
	if err := x.s.Notify(t.Context(), httpx.Person{Issuer: self, Subject: account.String()}, message("Hier")); err != nil {
		t.Fatal(err)
	}
	if l := x.list(t, x.owner(account), types.ListMessagesParams{}); len(l.Items) != 1 || l.Items[0].Subject != "Hier" {
		t.Errorf("mailbox %+v", l)
	}
	if err := x.s.Notify(t.Context(), httpx.Person{Issuer: other, Subject: "pairwise"}, message("Dort")); err != nil {
		t.Fatal(err)
	}
	if x.to != other || len(x.sent) != 1 || x.sent[0].Person != "pairwise" || x.sent[0].Subject != "Dort" {
		t.Errorf("sent to %s: %+v", x.to, x.sent)
	}
}

func TestNotify_TransactionFails_NeitherMessageNorNotice(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	account := uuid.New()
	_ = x.d.Tx(t.Context(), func(ctx context.Context) error {
		if err := x.s.Notify(ctx, httpx.Person{Issuer: self, Subject: account.String()}, message("Frage")); err != nil {
			t.Error(err)
		}
		return errors.New("the event could not be kept")
	})
	if l := x.list(t, x.owner(account), types.ListMessagesParams{}); len(l.Items) != 0 {
		t.Errorf("mailbox %+v", l)
	}
	var waiting int
	if err := x.d.From(t.Context()).Raw("SELECT count(*) FROM river_job").Scan(&waiting).Error; err != nil || waiting != 0 {
		t.Errorf("%d jobs, %v", waiting, err)
	}
}

func TestNotice_NamesTheSender_UnlessReadAlready(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	account := uuid.New()
	person := httpx.Person{Issuer: self, Subject: account.String()}
	if err := x.s.Notify(t.Context(), person, message("gelesen")); err != nil {
		t.Fatal(err)
	}
	read := x.list(t, x.owner(account), types.ListMessagesParams{}).Items[0].Id
	if _, err := x.h.GetMessage(x.owner(account), api.GetMessageRequestObject{MessageId: read}); err != nil {
		t.Fatal(err)
	}
	if err := x.s.Notify(t.Context(), person, message("neu")); err != nil {
		t.Fatal(err)
	}
	x.run()
	done := func() bool {
		var n int
		return x.d.From(t.Context()).Raw("SELECT count(*) FROM river_job WHERE state = 'completed'").Scan(&n).Error == nil && n == 2
	}
	waitFor(t, "both jobs", done)
	if x.noticed() != 1 || x.notices[0] != "Stadt Meppen · Steueramt" {
		t.Errorf("notices %v", x.notices)
	}
}

func TestGetMessage_FirstReadIsKept(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	account := uuid.New()
	m := message("Bescheid")
	if err := x.s.Notify(t.Context(), httpx.Person{Issuer: self, Subject: account.String()}, m); err != nil {
		t.Fatal(err)
	}
	id := x.list(t, x.owner(account), types.ListMessagesParams{}).Items[0].Id
	var first time.Time
	for i := range 2 {
		answer, err := x.h.GetMessage(x.owner(account), api.GetMessageRequestObject{MessageId: id})
		if err != nil {
			t.Fatal(err)
		}
		got := answer.(api.GetMessage200JSONResponse)
		if got.Text != m.Text || got.Link == nil || *got.Link != *m.Link || got.FirstReadAt == nil || !got.At.Equal(m.At) {
			t.Fatalf("message %+v", got)
		}
		if i == 0 {
			first = *got.FirstReadAt
		} else if !got.FirstReadAt.Equal(first) {
			t.Errorf("first read at %v, then at %v", first, *got.FirstReadAt)
		}
	}
	if l := x.list(t, x.owner(account), types.ListMessagesParams{}); l.Unread != 0 || !l.Items[0].Read {
		t.Errorf("mailbox %+v", l)
	}
}

func TestMessage_AnotherPersons_IsUnknown(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	account, stranger := uuid.New(), uuid.New()
	if err := x.s.Notify(t.Context(), httpx.Person{Issuer: self, Subject: account.String()}, message("Privat")); err != nil {
		t.Fatal(err)
	}
	id := x.list(t, x.owner(account), types.ListMessagesParams{}).Items[0].Id
	_, err := x.h.GetMessage(x.owner(stranger), api.GetMessageRequestObject{MessageId: id})
	wantStatus(t, err, http.StatusNotFound, "message-unknown")
	_, err = x.h.DeleteMessage(x.owner(stranger), api.DeleteMessageRequestObject{MessageId: id})
	wantStatus(t, err, http.StatusNotFound, "message-unknown")
	if l := x.list(t, x.owner(stranger), types.ListMessagesParams{}); len(l.Items) != 0 || l.Unread != 0 {
		t.Errorf("stranger sees %+v", l)
	}
	if l := x.list(t, x.owner(account), types.ListMessagesParams{}); len(l.Items) != 1 || l.Items[0].Read {
		t.Errorf("owner sees %+v", l)
	}
	_, err = x.h.ListMessages(httpx.WithCaller(t.Context(), httpx.Caller{Kind: httpx.TokenCaller, ClientID: "integrator"}), api.ListMessagesRequestObject{})
	wantStatus(t, err, http.StatusForbidden, "no-person")
}

func TestListMessages_PagesNewestFirst(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	account := uuid.New()
	want := []string{"fünf", "vier", "drei", "zwei", "eins"}
	for i := range want {
		if err := x.s.Notify(t.Context(), httpx.Person{Issuer: self, Subject: account.String()}, message(want[len(want)-1-i])); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	limit := 2
	params := types.ListMessagesParams{Limit: &limit}
	for {
		l := x.list(t, x.owner(account), params)
		for _, m := range l.Items {
			got = append(got, m.Subject)
		}
		if l.Unread != 5 {
			t.Errorf("unread %d", l.Unread)
		}
		if l.NextCursor == nil {
			break
		}
		params.Cursor = l.NextCursor
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("got %v, want %v", got, want)
	}
	nonsense := "nonsense"
	_, err := x.h.ListMessages(x.owner(account), api.ListMessagesRequestObject{Params: types.ListMessagesParams{Cursor: &nonsense}})
	wantStatus(t, err, http.StatusBadRequest, "cursor-invalid")
}

func TestMailbox_ContentIsSealedAtRest_AndGoneWhenDeleted(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	account := uuid.New()
	if err := x.s.Notify(t.Context(), httpx.Person{Issuer: self, Subject: account.String()}, message("Seltener Betreff")); err != nil {
		t.Fatal(err)
	}
	count := func(condition string) (n int) {
		if err := x.d.From(t.Context()).Raw("SELECT count(*) FROM mailbox_messages m WHERE " + condition).Scan(&n).Error; err != nil {
			t.Fatal(err)
		}
		return n
	}
	if count("m::text LIKE '%Seltener%' OR encode(content, 'escape') LIKE '%Seltener%'") != 0 {
		t.Error("the subject is readable in the database")
	}
	id := x.list(t, x.owner(account), types.ListMessagesParams{}).Items[0].Id
	if err := x.s.Delete(t.Context(), account, id); err != nil {
		t.Fatal(err)
	}
	if count("content IS NULL AND deleted_at IS NOT NULL") != 1 {
		t.Error("the content is still there, or the record is gone")
	}
}

func TestMailbox_FromAnotherPortal_IsReadAtTheAccountHome(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	id, cursor, limit := uuid.New(), "a b&c", 5
	x.answers["/api/v1/mailbox?cursor=a+b%26c&limit=5"] = types.MailboxList{Items: []types.MailboxSummary{{Id: id, Subject: "Von dort"}}, Unread: 3}
	x.answers["/api/v1/mailbox/"+id.String()] = types.MailboxMessage{Id: id, Subject: "Von dort", Text: "Text"}
	if l := x.list(t, visitor(), types.ListMessagesParams{Limit: &limit, Cursor: &cursor}); l.Unread != 3 || len(l.Items) != 1 || l.Items[0].Id != id {
		t.Errorf("list %+v", l)
	}
	answer, err := x.h.GetMessage(visitor(), api.GetMessageRequestObject{MessageId: id})
	if err != nil || answer.(api.GetMessage200JSONResponse).Text != "Text" {
		t.Errorf("message %+v, %v", answer, err)
	}
	if _, err := x.h.DeleteMessage(visitor(), api.DeleteMessageRequestObject{MessageId: id}); err != nil {
		t.Error(err)
	}
	if last := x.asked[len(x.asked)-1]; last != "DELETE /api/v1/mailbox/"+id.String() {
		t.Errorf("asked %v", x.asked)
	}
}

func TestMailbox_AccountHomeAway_SaysSo(t *testing.T) {
	t.Parallel()
	for name, away := range map[string]error{"no answer": errors.New("connection refused"), "out of order": problem.Internal(errors.New("x"))} {
		x := newSetup(t)
		x.away = away
		_, err := x.h.ListMessages(visitor(), api.ListMessagesRequestObject{})
		if p := problem.From(err); p.Status != http.StatusServiceUnavailable || p.Code != "account-home-away" || p.Detail.De == "" || p.Detail.En == "" {
			t.Errorf("%s: %v", name, err)
		}
		x.away = problem.NotFound("message-unknown", "unbekannt", "unknown")
		_, err = x.h.GetMessage(visitor(), api.GetMessageRequestObject{MessageId: uuid.New()})
		wantStatus(t, err, http.StatusNotFound, "message-unknown")
	}
}

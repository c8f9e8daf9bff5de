package applications_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	api "portalverbund/api/applications"
	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
)

// tokens proves a caller by the name in the Authorization header.
type tokens struct{}

func (tokens) Session(*http.Request) (httpx.Caller, bool, error) { return httpx.Caller{}, false, nil }

func (tokens) Token(r *http.Request) (httpx.Caller, error) {
	c := callerOf(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	c.Kind, c.Scopes = httpx.TokenCaller, []string{"applications:read", "applications:write"}
	return c, nil
}

func (tokens) Member(context.Context, string) (httpx.Caller, error) {
	return httpx.Caller{}, errors.New("no member")
}

// serve answers over HTTP, with all that the contract asks before a handler runs.
func (x *setup) serve(t *testing.T) *httptest.Server {
	t.Helper()
	doc, err := types.GetSwagger()
	if err != nil {
		t.Fatal(err)
	}
	contract, err := httpx.NewContract(doc)
	if err != nil {
		t.Fatal(err)
	}
	s, err := httpx.New(httpx.Config{Origin: self, RequestTimeout: 10 * time.Second, MaxConcurrent: 50}, contract, tokens{}, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	api.RegisterHandlers(s.Echo, api.NewStrictHandler(x.h, nil))
	server := httptest.NewServer(s.Echo)
	t.Cleanup(server.Close)
	return server
}

type reply struct {
	*http.Response
	body []byte
}

// is says whether the status is the one wanted.
func (r reply) is(status int) bool { return r.StatusCode == status }

func (r reply) into(t *testing.T, v any) {
	t.Helper()
	if err := json.Unmarshal(r.body, v); err != nil {
		t.Fatalf("%s: %v", r.body, err)
	}
}

func call(t *testing.T, server *httptest.Server, method, path string, body any, headers ...string) reply {
	t.Helper()
	var content io.Reader
	switch b := body.(type) {
	case nil:
	case io.Reader:
		content = b
	default:
		text, err := json.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		content = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, content)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer clara")
	request.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{response, text}
}

func TestHTTP_FromDraftToReceipt_AsTheContractSays(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	server := x.serve(t)
	created := call(t, server, "POST", "/api/v1/applications", types.NewApplication{OfferId: x.offerID, Ars: meppen}, "Idempotency-Key", "create-key", "Accept-Language", "en")
	var a types.Application
	created.into(t, &a)
	if !created.is(201) || created.Header.Get("ETag") != `"1"` || a.State != "draft" || a.ServiceTitle != "Register a dog" || !a.ContentKept || a.DeleteAt == nil ||
		a.Errors == nil || (*a.Errors)[0].Message != "Please" || a.Number != nil {
		t.Fatalf("%d %s", created.StatusCode, created.body)
	}
	path := "/api/v1/applications/" + a.Id.String()
	uploaded := call(t, server, "POST", path+"/attachments?name=H%C3%BCndin.PDF&field=%2Fevidence%2Ffiles", bytes.NewReader(pdf("x")), "Content-Type", "application/octet-stream")
	var file types.Attachment
	uploaded.into(t, &file)
	if !uploaded.is(201) || file.Name != "Hündin.pdf" || file.MediaType != "application/pdf" {
		t.Fatalf("%d %s", uploaded.StatusCode, uploaded.body)
	}
	saved := call(t, server, "PATCH", path, types.DraftChange{Data: answers(file.Id)}, "If-Match", `"1"`)
	if !saved.is(200) || saved.Header.Get("ETag") != `"2"` {
		t.Fatalf("%d %s", saved.StatusCode, saved.body)
	}
	if stale := call(t, server, "PATCH", path, types.DraftChange{Data: answers()}, "If-Match", `"1"`); !stale.is(412) {
		t.Errorf("stale: %d %s", stale.StatusCode, stale.body)
	}
	if early := call(t, server, "GET", path+"/receipt", nil); !early.is(409) {
		t.Errorf("receipt of a draft: %d %s", early.StatusCode, early.body)
	}
	submitted := call(t, server, "POST", path+"/submit", nil, "Idempotency-Key", "submit-key")
	a = types.Application{}
	submitted.into(t, &a)
	if !submitted.is(200) || submitted.Header.Get("ETag") != `"3"` || a.State != "submitted" || a.Number == nil || a.DeleteAt != nil || a.Errors != nil || len(a.Timeline) != 2 {
		t.Fatalf("%d %s", submitted.StatusCode, submitted.body)
	}
	var receipt types.Receipt
	call(t, server, "GET", path+"/receipt", nil).into(t, &receipt)
	if receipt.Number != *a.Number || len(receipt.ContentHash) != 64 || len(receipt.Attachments) != 1 || receipt.SignedReceipt != nil {
		t.Errorf("receipt %+v", receipt)
	}
	got := call(t, server, "GET", path+"/attachments/"+file.Id.String(), nil)
	if !got.is(200) || !bytes.Equal(got.body, pdf("x")) || got.Header.Get("Content-Disposition") != `attachment; filename="H_ndin.pdf"; filename*=utf-8''H%C3%BCndin.pdf` ||
		got.Header.Get("Content-Type") != "application/octet-stream" || got.Header.Get("X-Content-Type-Options") != "nosniff" || got.ContentLength != int64(len(got.body)) {
		t.Errorf("download %d %v", got.StatusCode, got.Header)
	}
	answered := call(t, server, "POST", path+"/messages", types.MessageText{Text: "Hallo"}, "Idempotency-Key", "answer-key")
	if !answered.is(201) || !bytes.Contains(answered.body, []byte(`"by":"citizen"`)) {
		t.Errorf("answer %d %s", answered.StatusCode, answered.body)
	}
	withdrawn := call(t, server, "POST", path+"/withdraw", nil, "Idempotency-Key", "withdraw-key")
	if !withdrawn.is(200) || !bytes.Contains(withdrawn.body, []byte(`"state":"withdrawn"`)) || withdrawn.Header.Get("ETag") == "" {
		t.Errorf("withdraw %d %s", withdrawn.StatusCode, withdrawn.body)
	}
	var list types.ApplicationList
	call(t, server, "GET", "/api/v1/applications?limit=1&state=withdrawn", nil).into(t, &list)
	if len(list.Items) != 1 || list.Items[0].Id != a.Id || list.NextCursor != nil || list.Items[0].AuthorityName != "Steueramt" {
		t.Errorf("list %+v", list)
	}
	if deleted := call(t, server, "DELETE", path, nil); !deleted.is(409) {
		t.Errorf("delete %d %s", deleted.StatusCode, deleted.body)
	}
}

func TestHTTP_UploadTooLargeOrForbidden_IsRefused(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	server := x.serve(t)
	path := "/api/v1/applications/" + x.draft(t).ID.String() + "/attachments?field=/evidence/files&name=a.pdf"
	const binary = "application/octet-stream"
	announced := call(t, server, "POST", path, bytes.NewReader(make([]byte, 10<<20+1)), "Content-Type", binary)
	if !announced.is(413) {
		t.Errorf("announced: %d %s", announced.StatusCode, announced.body)
	}
	if r := call(t, server, "POST", path, strings.NewReader("<html>"), "Content-Type", binary); !r.is(415) {
		t.Errorf("web page: %d %s", r.StatusCode, r.body)
	}
	if x.objects(t) != 0 || x.count(t, "application_attachments") != 0 {
		t.Error("something of it was kept")
	}
}

// follow reads server-sent events.
func follow(t *testing.T, ctx context.Context, server *httptest.Server, id uuid.UUID, token string) (status int, lines <-chan string) {
	t.Helper()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("%s/api/v1/applications/%s/events", server.URL, id), nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	received := make(chan string, 100)
	go func() {
		defer close(received)
		defer func() { _ = response.Body.Close() }()
		scanner := bufio.NewScanner(response.Body)
		for scanner.Scan() {
			if scanner.Text() != "" {
				received <- scanner.Text()
			}
		}
	}()
	if response.StatusCode == http.StatusOK && response.Header.Get("Content-Type") != "text/event-stream" {
		t.Errorf("content type %q", response.Header.Get("Content-Type"))
	}
	return response.StatusCode, received
}

func wantLine(t *testing.T, lines <-chan string, want string) {
	t.Helper()
	deadline := time.After(5 * time.Second)
	for {
		select {
		case got, open := <-lines:
			if got == want {
				return
			}
			if !open {
				t.Fatalf("the stream ended before %q", want)
			}
		case <-deadline:
			t.Fatalf("no line %q", want)
		}
	}
}

func TestWatch_ChangeOfTheState_IsSeenWithinASecond(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	x.listen(t)
	server := x.serve(t)
	a := x.submitted(t)
	ctx, leave := context.WithCancel(t.Context())
	status, lines := follow(t, ctx, server, a.ID, "clara")
	if status != 200 {
		t.Fatalf("status %d", status)
	}
	wantLine(t, lines, "data: "+a.ETag())
	start := time.Now()
	x.apply(t, a.ID, event(types.Question, 5))
	wantLine(t, lines, "event: changed")
	wantLine(t, lines, "data: "+x.get(t, a.ID).ETag())
	if took := time.Since(start); took > time.Second {
		t.Errorf("seen after %v", took)
	}
	leave()
	for range lines { // ends
	}
}

func TestWatch_AnothersApplication_IsUnknown(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	if status, _ := follow(t, t.Context(), x.serve(t), x.submitted(t).ID, "stefan"); status != 404 {
		t.Errorf("status %d, want 404", status)
	}
}

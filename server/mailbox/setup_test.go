package mailbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	api "portalverbund/api/mailbox"
	"portalverbund/api/types"
	"portalverbund/db"
	"portalverbund/db/dbtest"
	"portalverbund/server/mailbox"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/jobs"
	"portalverbund/server/platform/keys"
	"portalverbund/server/platform/mail"
	"portalverbund/server/platform/problem"
)

const (
	self  = "https://landkreis.example"
	other = "https://meppen.example"
)

// rooms plays all that the mailbox asks of others.
type rooms struct {
	mu       sync.Mutex
	accounts map[string]uuid.UUID // by portal and pairwise subject
	notices  []string             // sender names
	sent     []types.MessageMailbox
	to       string
	answers  map[string]any // of the account home, by path
	away     error          // what the account home answers instead
	asked    []string
	kept     []string
	entered  []string // access logs
	refusal  error    // of the safe
	notYet   bool     // documents are still on their way to the sending portal
	receive  func(context.Context, string, json.RawMessage) error
}

func (r *rooms) AccountOf(_ context.Context, clientID, subject string) (uuid.UUID, error) {
	if id, ok := r.accounts[clientID+" "+subject]; ok {
		return id, nil
	}
	return uuid.Nil, problem.NotFound("account-unknown", "unbekannt", "unknown")
}

func (r *rooms) Notice(_ context.Context, _ uuid.UUID, senderName string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.notices = append(r.notices, senderName)
	return nil
}

func (r *rooms) noticed() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.notices)
}

func (r *rooms) Get(_ context.Context, path string, into any) error {
	r.asked = append(r.asked, "GET "+path)
	if r.away != nil {
		return r.away
	}
	body, err := json.Marshal(r.answers[path])
	if err != nil {
		return err
	}
	return json.Unmarshal(body, into)
}

func (r *rooms) Delete(_ context.Context, path string) error {
	r.asked = append(r.asked, "DELETE "+path)
	return r.away
}

func (r *rooms) Ask(_ context.Context, method, path string, _, _ any) error {
	r.asked = append(r.asked, method+" "+path)
	return r.away
}

// RecordAccess notes what is entered in whose access log.
func (r *rooms) RecordAccess(_ context.Context, person httpx.Person, m types.MessageAccess) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.entered = append(r.entered, person.Subject+" "+m.Who+" "+string(m.Kind)+" "+(*m.Purpose)["de"])
	return nil
}

// KeepLetter notes what is put into whose safe.
func (r *rooms) KeepLetter(_ context.Context, account, _ uuid.UUID, name, sender string, _ time.Time, content io.Reader) (types.SafeDocument, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.refusal != nil {
		return types.SafeDocument{}, r.refusal
	}
	body, err := io.ReadAll(content)
	r.kept = append(r.kept, account.String()+" "+name+" "+sender+" "+string(body[:5]))
	return types.SafeDocument{Name: name}, err
}

// OpenDocument gives a file that names where it comes from, unless the sending portal does not have it yet.
func (r *rooms) OpenDocument(_ context.Context, portal string, id uuid.UUID) (io.ReadCloser, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.notYet {
		return nil, problem.NotFound("document-unknown", "unbekannt", "unknown")
	}
	return io.NopCloser(strings.NewReader("%PDF- " + portal + " " + id.String())), nil
}

func (r *rooms) Send(_ context.Context, to, kind string, _ uuid.UUID, payload any) (uuid.UUID, error) {
	if kind != mailbox.Kind {
		return uuid.Nil, errors.New("kind " + kind)
	}
	r.to, r.sent = to, append(r.sent, payload.(types.MessageMailbox))
	return uuid.New(), nil
}

func (r *rooms) Handle(kind string, fn func(context.Context, string, json.RawMessage) error) {
	if kind == mailbox.Kind {
		r.receive = fn
	}
}

type setup struct {
	*rooms
	d   *db.DB
	s   *mailbox.Service
	h   *mailbox.Handlers
	run func()
}

func newSetup(t *testing.T) setup {
	t.Helper()
	d := dbtest.New(t)
	set, err := keys.New(true)
	if err != nil {
		t.Fatal(err)
	}
	client, err := jobs.New(d, slog.New(slog.DiscardHandler), jobs.Options{PollInterval: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	r := &rooms{accounts: map[string]uuid.UUID{}, answers: map[string]any{}}
	s := mailbox.New(mailbox.Config{DB: d, Keys: set, Jobs: client, Self: self, Subjects: r, Home: r, Mails: r, Messages: r, Now: time.Now})
	s.KeepIn(r, r, r, "Landkreis Emsland")
	mailbox.Register(client, s)
	client.Queue(mail.QueueName, 2)
	return setup{r, d, s, mailbox.NewHandlers(s), func() {
		if err := client.Start(context.WithoutCancel(t.Context())); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			defer cancel()
			if err := client.Stop(ctx); err != nil {
				t.Error(err)
			}
		})
	}}
}

func (x setup) owner(account uuid.UUID) context.Context {
	return httpx.WithCaller(context.Background(), httpx.Caller{
		Kind: httpx.SessionCaller, AccountID: account, Person: httpx.Person{Issuer: self, Subject: account.String()},
	})
}

func visitor() context.Context {
	return httpx.WithCaller(context.Background(), httpx.Caller{Kind: httpx.SessionCaller, Person: httpx.Person{Issuer: "https://home.example", Subject: "pairwise"}})
}

func message(subject string) types.MessageMailbox {
	link := self + "/antraege/1"
	return types.MessageMailbox{
		Id: uuid.New(), Subject: subject, Sender: "Stadt Meppen · Steueramt", At: time.Now().UTC().Truncate(time.Second), Text: "Seit wann halten Sie den Hund?", Link: &link,
	}
}

func (x setup) list(t *testing.T, ctx context.Context, params types.ListMessagesParams) types.MailboxList {
	t.Helper()
	answer, err := x.h.ListMessages(ctx, api.ListMessagesRequestObject{Params: params})
	if err != nil {
		t.Fatal(err)
	}
	return types.MailboxList(answer.(api.ListMessages200JSONResponse))
}

func wantStatus(t *testing.T, err error, status int, code string) {
	t.Helper()
	var p *problem.Error
	if !errors.As(err, &p) || p.Status != status || p.Code != code {
		t.Errorf("error %v, want %d %s", err, status, code)
	}
}

func waitFor(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for !condition() {
		select {
		case <-deadline:
			t.Fatalf("waited in vain: %s", what)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// Package mailbox keeps the messages to people (Postfach) at their account home, and shows them at every linked portal by
// reading them there at the moment of need.
package mailbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/db"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/jobs"
	"portalverbund/server/platform/keys"
	"portalverbund/server/platform/paging"
	"portalverbund/server/platform/problem"
)

// Kind is the message by which a portal puts something into the mailbox at the account home.
const Kind = "mailbox.message"

// The longest texts that are taken, in characters.
const (
	maxSubject = 1000
	maxSender  = 500
	maxText    = 30000
	maxLink    = 2000
)

// Message is a message in a person's mailbox.
type Message struct {
	ID          uuid.UUID
	Subject     string
	Sender      string
	Text        string
	Link        string // address of the application at the sending portal; may be empty
	At          time.Time
	FirstReadAt *time.Time
	Documents   []types.EventDocument // that came with it, at the sending portal
	Safe        *types.MessageSafe    // what became of it there; nil: nobody has put it there

	origin string // the sending portal
}

// List is a page of a mailbox, newest first.
type List struct {
	Items  []Message // without text
	Unread int       // in the whole mailbox
	Next   string    // empty at the end
}

// Subjects knows which account a linked portal means.
type Subjects interface {
	// AccountOf finds the account behind a pairwise subject; problem.NotFound when there is none.
	AccountOf(ctx context.Context, clientID, subject string) (uuid.UUID, error)
}

// Home reads at the account home of the caller, with their access token. Answers of 400 and above come as problem.Error;
// any other error means that the account home could not be reached.
type Home interface {
	Get(ctx context.Context, path string, into any) error
	Delete(ctx context.Context, path string) error
	Ask(ctx context.Context, method, path string, body, into any) error
}

// Safe keeps documents of people. KeepLetter puts a letter there, a PDF, once for each message.
type Safe interface {
	KeepLetter(ctx context.Context, account, message uuid.UUID, name, sender string, at time.Time, content io.Reader) (types.SafeDocument, error)
}

// Papers opens documents that came with messages, at the portal that sent them. An error may mean that it does not have them yet.
type Papers interface {
	OpenDocument(ctx context.Context, portal string, id uuid.UUID) (io.ReadCloser, error)
}

// Mails tells a person by mail that there is a message, and from whom, but not what it says. The mail server has the mail when it returns;
// problem.NotFound when there is no such account.
type Mails interface {
	Notice(ctx context.Context, accountID uuid.UUID, senderName string) error
}

// Messages sends signed messages to linked portals, in ctx's transaction.
type Messages interface {
	Send(ctx context.Context, to, kind string, subject uuid.UUID, payload any) (messageID uuid.UUID, err error)
	Handle(kind string, fn func(ctx context.Context, from string, payload json.RawMessage) error)
}

// Config is what a Service works with. All of it is needed.
type Config struct {
	DB       *db.DB
	Keys     *keys.Set
	Jobs     *jobs.Client
	Self     string // entity id of this portal
	Subjects Subjects
	Home     Home
	Mails    Mails
	Messages Messages
	Now      func() time.Time
}

// Service holds the rules of the mailbox.
type Service struct {
	db       *db.DB
	keys     *keys.Set
	jobs     *jobs.Client
	self     string
	subjects Subjects
	home     Home
	mails    Mails
	messages Messages
	safe     Safe
	papers   Papers
	accesses AccessLog
	name     string // of this portal
	now      func() time.Time
}

// KeepIn tells the Service where people keep documents, where those come from that came with messages, where people read what was done for
// them, and as whom it does so.
func (s *Service) KeepIn(safe Safe, papers Papers, accesses AccessLog, name string) {
	s.safe, s.papers, s.accesses, s.name = safe, papers, accesses, name
}

// New makes a Service and takes the messages of its Kind.
func New(c Config) *Service {
	s := &Service{
		db: c.DB, keys: c.Keys, jobs: c.Jobs, self: c.Self, subjects: c.Subjects, home: c.Home, mails: c.Mails, messages: c.Messages,
		now: func() time.Time { return c.Now().UTC().Truncate(time.Microsecond) }, // as the database keeps it
	}
	s.messages.Handle(Kind, s.Receive)
	return s
}

// Notify puts a message into a person's mailbox, in ctx's transaction: here when their account is here, else by a message
// to their account home. The same message (by its id) is there once.
func (s *Service) Notify(ctx context.Context, person httpx.Person, m types.MessageMailbox) error {
	m.Person = person.Subject
	if person.Issuer != s.self {
		if _, err := s.messages.Send(ctx, person.Issuer, Kind, m.Id, m); err != nil {
			return fmt.Errorf("send to mailbox: %w", err)
		}
		return nil
	}
	account, err := uuid.Parse(person.Subject)
	if err != nil {
		return fmt.Errorf("person %q has no account here", person.Subject)
	}
	return s.keep(ctx, s.self, account, m)
}

// Receive takes a message from a linked portal for a person whose account is here. It is refused for good when nobody
// here is meant, or when it is not fit to be shown.
func (s *Service) Receive(ctx context.Context, from string, payload json.RawMessage) error {
	var m types.MessageMailbox
	if err := json.Unmarshal(payload, &m); err != nil {
		return problem.Unprocessable("message-invalid", "Die Nachricht ist nicht lesbar.", "The message cannot be read.").Because(err)
	}
	account, err := s.subjects.AccountOf(ctx, from, m.Person)
	if err != nil {
		return fmt.Errorf("find account: %w", err)
	}
	return s.keep(ctx, from, account, m)
}

// keep stores a message once, and starts the job that sends the notice.
func (s *Service) keep(ctx context.Context, from string, account uuid.UUID, m types.MessageMailbox) error {
	if err := check(from, m); err != nil {
		return err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("make id: %w", err)
	}
	now := s.now()
	r := row{ID: id, AccountID: account, Origin: from, MessageID: m.Id, At: m.At.UTC(), ReceivedAt: now}
	if r.At.After(now) {
		r.At = now // a clock that is ahead
	}
	sealed := content{Subject: m.Subject, Sender: m.Sender, Text: m.Text}
	if m.Link != nil {
		sealed.Link = *m.Link
	}
	if m.Documents != nil {
		sealed.Documents = *m.Documents
	}
	if r.Content, err = s.seal(id, sealed); err != nil {
		return fmt.Errorf("seal message: %w", err)
	}
	return s.db.Tx(ctx, func(ctx context.Context) error {
		if err := s.insertLater(ctx, r); err != nil {
			return err
		}
		if err := s.startKeeping(ctx, id, m); err != nil {
			return err
		}
		return s.jobs.Insert(ctx, noticeArgs{MessageID: id}, nil) // finds nothing when the message came before, by another id
	})
}

// check refuses what is not fit to be shown. A link must lead to the portal that sent it: a message is no way to lead
// people elsewhere.
func check(from string, m types.MessageMailbox) error {
	refused := func(what string) error {
		return problem.Unprocessable("message-invalid", "Die Nachricht ist nicht vollständig.", "The message is not complete.").Because(errors.New(what))
	}
	fits := func(text string, limit int) bool {
		return strings.TrimSpace(text) != "" && utf8.RuneCountInString(text) <= limit
	}
	switch {
	case m.Id == uuid.Nil, m.At.IsZero():
		return refused("id or time")
	case !fits(m.Subject, maxSubject), !fits(m.Sender, maxSender), !fits(m.Text, maxText):
		return refused("subject, sender or text")
	case m.Link != nil && (len(*m.Link) > maxLink || !strings.HasPrefix(*m.Link, from+"/")):
		return refused("link to another portal")
	case m.Documents != nil && !fitting(*m.Documents):
		return refused("documents")
	}
	return nil
}

var errUnknown = problem.NotFound("message-unknown", "Diese Nachricht gibt es nicht.", "There is no such message.")

// local gives the caller's account when it is at this portal.
func (s *Service) local(ctx context.Context) (account uuid.UUID, here bool, err error) {
	c := httpx.CallerOf(ctx)
	if c.Person.Issuer != "" && c.Person.Issuer != s.self {
		return uuid.Nil, false, nil
	}
	if c.AccountID == uuid.Nil {
		return uuid.Nil, false, problem.Forbidden("no-person", "Dieser Zugang gehört zu keiner Person.", "This client acts for no person.")
	}
	return c.AccountID, true, nil
}

// List gives a page of an account's mailbox.
func (s *Service) List(ctx context.Context, account uuid.UUID, limit int, cursor string) (List, error) {
	rows, err := s.page(ctx, account, limit, cursor)
	if err != nil {
		return List{}, err
	}
	var l List
	if l.Unread, err = s.unread(ctx, account); err != nil {
		return List{}, err
	}
	if len(rows) > limit {
		rows = rows[:limit]
		l.Next = paging.Cursor(rows[limit-1].ReceivedAt, rows[limit-1].ID)
	}
	for _, r := range rows {
		m, err := s.message(r)
		if err != nil {
			return List{}, err
		}
		m.Text, m.Link, m.Documents = "", "", nil
		l.Items = append(l.Items, m)
	}
	return l, nil
}

// Read gives a message of an account and records when it was first read; problem.NotFound also for another's.
func (s *Service) Read(ctx context.Context, account, id uuid.UUID) (Message, error) {
	r, err := s.open(ctx, account, id)
	if err != nil {
		return Message{}, err
	}
	return s.message(r)
}

// Delete takes a message out of an account's mailbox; problem.NotFound also for another's. That it came stays on record,
// its content does not.
func (s *Service) Delete(ctx context.Context, account, id uuid.UUID) error {
	return s.remove(ctx, account, id)
}

// Keep puts a message of an account into its safe as a PDF. Doing so again answers the same document; problem.NotFound also for another's. Files
// that came with it and that the sending portal does not have yet follow by a job.
func (s *Service) Keep(ctx context.Context, account, id uuid.UUID) (types.SafeDocument, error) {
	m, err := s.Read(ctx, account, id)
	if err != nil {
		return types.SafeDocument{}, err
	}
	kept, err := s.keepAsLetter(ctx, account, m)
	if err != nil {
		return kept, err
	}
	missing, err := s.keepDocuments(ctx, account, m)
	if err != nil {
		return kept, err
	}
	return kept, s.db.Tx(ctx, func(ctx context.Context) error {
		if err := s.noteInSafe(ctx, id, inSafe(missing)); err != nil || fetching(m.Safe) {
			return err // of what is being fetched there is a job already
		}
		if _, err := s.noteKept(ctx, id); err != nil || len(missing) == 0 { // what would be done by itself need not be done
			return err
		}
		return s.jobs.Insert(ctx, keepArgs{MessageID: id, DocumentsOnly: true, Asked: true}, nil)
	})
}

// keepAsLetter puts a message into the safe as a PDF in the language of ctx.
func (s *Service) keepAsLetter(ctx context.Context, account uuid.UUID, m Message) (types.SafeDocument, error) {
	content, err := letter(m, httpx.LanguageOf(ctx))
	if err != nil {
		return types.SafeDocument{}, err
	}
	name := strings.NewReplacer(": ", " – ", ":", "–", "/", "-", `\`, "-").Replace(m.Subject) // as a file can be called
	return s.safe.KeepLetter(ctx, account, m.ID, name, m.Sender, m.At, bytes.NewReader(content))
}

// notice tells a person by mail about a message that they have neither read nor deleted yet.
func (s *Service) notice(ctx context.Context, id uuid.UUID) error {
	r, err := s.readAny(ctx, id)
	if problem.Is(err, errUnknown.Code) {
		return nil
	}
	if err != nil || r.FirstReadAt != nil || r.DeletedAt != nil {
		return err
	}
	m, err := s.message(r)
	if err != nil {
		return err
	}
	err = s.mails.Notice(ctx, r.AccountID, m.Sender)
	if err != nil && problem.From(err).Status == http.StatusNotFound {
		return nil // the account is gone
	}
	if err != nil {
		return fmt.Errorf("send notice: %w", err)
	}
	return nil
}

const path = "/api/v1/mailbox"

// passOn gives on what the account home answered, or says that it cannot be reached.
func passOn(err error) error {
	if err == nil {
		return nil
	}
	var p *problem.Error
	if errors.As(err, &p) && p.Status < http.StatusInternalServerError {
		return p
	}
	return problem.Unavailable("account-home-away", "Ihr Postfach ist gerade nicht erreichbar.", "Your mailbox cannot be reached at the moment.").
		With(problem.Text{
			De: "Ihre Nachrichten sind sicher bei Ihrem Konto gespeichert. Bitte versuchen Sie es in ein paar Minuten noch einmal.",
			En: "Your messages are safe with your account. Please try again in a few minutes.",
		}).Because(err)
}

func listPath(limit int, cursor string) string {
	query := url.Values{"limit": {strconv.Itoa(limit)}}
	if cursor != "" {
		query.Set("cursor", cursor)
	}
	return path + "?" + query.Encode()
}

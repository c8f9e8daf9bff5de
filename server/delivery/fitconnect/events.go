package fitconnect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/uuid"
)

// Kinds of events of a submission.
const (
	EventCreated   = "create"
	EventSubmitted = "submit"
	EventNotified  = "notify"
	EventForwarded = "forward"
	EventRejected  = "reject"
	EventAccepted  = "accept"
	EventDeleted   = "delete"
)

const (
	eventPrefix = "https://schema.fitko.de/fit-connect/events/"
	eventSuffix = "-submission"
	eventType   = "secevent+jwt"
	eventPage   = 500 // at most, of the service
	maxEvents   = 5000
	maxProblems = 20
	clockSkew   = time.Minute
)

// Event is one signed entry of the log of a submission, verified.
type Event struct {
	ID            uuid.UUID
	Kind          string
	At            time.Time
	ByDestination bool // and not by the service
	Tags          Tags
	Problems      []Problem // of a rejection
}

// Tags are the authentication tags of what was submitted.
type Tags struct {
	Metadata    string               `json:"metadata"`
	Data        string               `json:"data"`
	Attachments map[uuid.UUID]string `json:"attachments"`
}

// Equal says whether two tell of the same content.
func (t Tags) Equal(other Tags) bool {
	if t.Metadata != other.Metadata || t.Data != other.Data || len(t.Attachments) != len(other.Attachments) {
		return false
	}
	for id, tag := range t.Attachments {
		if other.Attachments[id] != tag {
			return false
		}
	}
	return true
}

// Problem is why a submission was rejected.
type Problem struct {
	Type  string `json:"type"`
	Title string `json:"title"`
}

// Subject names what a log is read of.
type Subject struct {
	Announced
	Destination uuid.UUID
}

// Events reads the log of a case: what is about this submission and signed by who may say it, each once, oldest first. refused counts
// entries that are forged or cannot be read; they have no effect.
func (c *Client) Events(ctx context.Context, of Subject) (events []Event, refused int, err error) {
	keys := map[string]any{}
	seen := map[uuid.UUID]bool{}
	for offset := 0; offset < maxEvents; offset += eventPage {
		var page struct {
			Log []string `json:"eventLog"`
		}
		query := "?offset=" + strconv.Itoa(offset) + "&limit=" + strconv.Itoa(eventPage)
		err := c.do(ctx, call{step: "events", method: http.MethodGet, url: c.o.SubmissionURL + "/v2/cases/" + of.CaseID.String() + "/events" + query}, &page)
		if err != nil {
			return nil, 0, err
		}
		for _, token := range page.Log {
			e, ours, err := c.event(ctx, token, of, keys)
			switch {
			case isUntrue(err):
				refused++
			case err != nil:
				return nil, 0, err
			case ours && !seen[e.ID]:
				seen[e.ID] = true
				events = append(events, e)
			}
		}
		if len(page.Log) < eventPage {
			break
		}
	}
	slices.SortStableFunc(events, func(a, b Event) int { return a.At.Compare(b.At) })
	return events, refused, nil
}

// claims are those of a security event token (RFC 8417).
type claims struct {
	ID       uuid.UUID                  `json:"jti"`
	Issuer   string                     `json:"iss"`
	IssuedAt int64                      `json:"iat"`
	Subject  string                     `json:"sub"`
	Case     string                     `json:"txn"`
	Events   map[string]json.RawMessage `json:"events"`
}

// event reads one entry; ours is false for one that is about something else. keys are those found before.
func (c *Client) event(ctx context.Context, token string, of Subject, keys map[string]any) (e Event, ours bool, err error) {
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.PS512})
	if err != nil || len(signed.Signatures) != 1 {
		return e, false, untrue("not a token signed with PS512")
	}
	header := signed.Signatures[0].Protected
	var said claims
	if err := json.Unmarshal(signed.UnsafePayloadWithoutVerification(), &said); err != nil {
		return e, false, untrue("claims cannot be read")
	}
	if typ, _ := header.ExtraHeaders[jose.HeaderType].(string); typ != eventType || header.KeyID == "" {
		return e, false, untrue("wrong type, or no key")
	}
	key, err := c.eventKey(ctx, said.Issuer, header.KeyID, of, keys)
	if err != nil {
		return e, false, err
	}
	if _, err := signed.Verify(key); err != nil {
		return e, false, untrue("signature")
	}
	if said.Subject != "submission:"+of.SubmissionID.String() {
		return e, false, nil // another submission, or a reply, of the case
	}
	return read(said, of, c.o.Now())
}

// eventKey finds the key of who signed: of the destination itself, or of the service.
func (c *Client) eventKey(ctx context.Context, issuer, kid string, of Subject, keys map[string]any) (any, error) {
	id := issuer + " " + kid
	if key, known := keys[id]; known {
		return key, nil
	}
	var key any
	var err error
	switch {
	case issuer == of.Destination.String():
		var jwk jose.JSONWebKey
		jwk, err = c.destinationKey(ctx, of.Destination, kid, string(jose.PS512), opVerify)
		key = jwk.Key
	case strings.HasPrefix(issuer, "https://"), c.o.AllowLoopback && strings.HasPrefix(issuer, "http://"):
		key, err = c.serviceKey(ctx, c.o.SubmissionURL+wellKnownJWK, kid) // never at the address that the token names
	default:
		return nil, untrue("signed by somebody else")
	}
	if err != nil {
		return nil, err
	}
	keys[id] = key
	return key, nil
}

// read makes an event of claims whose signature is valid.
func read(said claims, of Subject, now time.Time) (e Event, ours bool, err error) {
	if len(said.Events) != 1 || said.ID == uuid.Nil || said.IssuedAt <= 0 || said.Case != "case:"+of.CaseID.String() {
		return e, false, untrue("claims")
	}
	e = Event{ID: said.ID, At: time.Unix(said.IssuedAt, 0).UTC(), ByDestination: said.Issuer == of.Destination.String()}
	if e.At.After(now.Add(clockSkew)) {
		return e, false, untrue("from the future")
	}
	var more struct {
		Tags     Tags      `json:"authenticationTags"`
		Problems []Problem `json:"problems"`
	}
	for name, payload := range said.Events {
		kind, known := strings.CutPrefix(name, eventPrefix)
		kind, about := strings.CutSuffix(kind, eventSuffix)
		if !known || !about {
			return e, false, nil // of a later version
		}
		e.Kind = kind
		if len(payload) > 0 && json.Unmarshal(payload, &more) != nil {
			return e, false, untrue("event cannot be read")
		}
	}
	e.Tags, e.Problems = more.Tags, more.Problems[:min(len(more.Problems), maxProblems)]
	for i, p := range e.Problems {
		e.Problems[i] = Problem{Type: shorten(p.Type), Title: p.Title}
	}
	if e.Kind == EventAccepted && !e.ByDestination || (e.Kind == EventCreated || e.Kind == EventSubmitted) && e.ByDestination {
		return e, false, untrue("signed by who may not say so")
	}
	return e, true, nil
}

// untrueError is for an entry that has no effect.
type untrueError struct{ what string }

func (e *untrueError) Error() string { return fmt.Sprintf("entry of the event log: %s", e.what) }

// Unwrap makes it a matter of signatures.
func (*untrueError) Unwrap() error { return ErrSignature }

func untrue(what string) error { return &untrueError{what} }

// isUntrue says whether an error is about an entry, and not about reading it.
func isUntrue(err error) bool {
	var answer *StatusError
	return errors.Is(err, ErrSignature) || errors.Is(err, ErrKey) || errors.As(err, &answer) && answer.Step == "key" && answer.Status == http.StatusNotFound
}

// Package fitconnect hands applications over to authorities by FIT-Connect, the transport of the German administration (FITKO): it finds
// the destination that is competent for a service at a place, encrypts for its key, submits, and reads the signed log of what became of it.
//
// It speaks the Submission API 2 and the Routing API 1 as a sender does, keeps nothing, and decides nothing about applications: package
// delivery does. Sources: docs.fitko.de/fit-connect, RFC 7516 (JWE), 7517 (JWK), 8417 (security event tokens), 9457 (problems).
package fitconnect

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"portalverbund/server/platform/outbound"
)

// Limits and times.
const (
	// MaxAttachment is how large an attachment may be, in bytes, unless the settings say less. Go's AES-GCM has no interface for streams: an
	// attachment is in memory once while it is encrypted.
	MaxAttachment = 200 << 20

	callTimeout   = 30 * time.Second
	uploadTimeout = 20 * time.Minute
	maxAnswer     = 8 << 20
	maxProblem    = 64 << 10
	keysFor       = time.Hour   // keys of the service and of the routing are remembered
	keysAgain     = time.Minute // until they are asked for again because of a key that is not among them
	longestWait   = 24 * time.Hour
)

// Reasons why something cannot be handed over or believed.
var (
	ErrCredentials = errors.New("FIT-Connect takes the credentials not")
	ErrRouting     = errors.New("FIT-Connect names no destination that can be used")
	ErrKey         = errors.New("key of the destination cannot be trusted")
	ErrSignature   = errors.New("signature is not valid")
	ErrTooLarge    = errors.New("attachment is too large for FIT-Connect")
)

// StatusError is an answer that is no success.
type StatusError struct {
	Step   string
	Status int
	Type   string        // last part of the problem's type, as the service names it
	After  time.Duration // that the service asks to wait; 0: it does not say
}

func (e *StatusError) Error() string {
	text := fmt.Sprintf("%s: answered with status %d", e.Step, e.Status)
	if e.Type != "" {
		text += " (" + e.Type + ")"
	}
	return text
}

// Pin names the destination for a service in an area, where routing does not know it.
type Pin struct {
	LeikaKey    string `json:"leikaKey"`    // 14 digits
	ARS         string `json:"ars"`         // 12 digits, of the area
	Destination string `json:"destination"` // UUID
}

// Settings are what an operator states of a connection.
type Settings struct {
	TokenURL      string            `json:"tokenUrl"`
	SubmissionURL string            `json:"submissionUrl"` // before /v2
	RoutingURL    string            `json:"routingUrl"`    // before /routes; empty: destinations are stated
	RoutingIssuer string            `json:"routingIssuer"` // the Self-Service-Portal that signs addresses
	Hosts         []string          `json:"hosts"`         // further names of the submission API in signed addresses
	Scope         string            `json:"scope"`
	ClientID      string            `json:"clientId"`
	ClientSecret  string            `json:"clientSecret"`
	Roots         string            `json:"roots"`       // PEM file with the roots of the administration's PKI
	Revocation    string            `json:"revocation"`  // off: not asked; empty: whoever the certificates name for it is asked
	Uncertified   bool              `json:"uncertified"` // FITKO's test environment: keys without certificates
	Destinations  []Pin             `json:"destinations"`
	Schemas       map[string]string `json:"schemas"`       // data schema by LeiKa key, where a destination takes several
	MaxAttachment int64             `json:"maxAttachment"` // bytes; 0: MaxAttachment
}

// Options are what a Client works with.
type Options struct {
	Settings
	Pool          *x509.CertPool // roots; nil only when Uncertified
	Credentials   func(ctx context.Context) (id, secret string, err error)
	Revoked       func(ctx context.Context, chain []*x509.Certificate) error // says why a certificate must not be used; nil: not asked
	AllowLoopback bool                                                       // also plain http to this machine; never in production
	Now           func() time.Time
}

// Client speaks with one FIT-Connect. It may be used by many at once.
type Client struct {
	o     Options
	http  *http.Client
	mu    sync.Mutex
	token *oauth2.Token
	keys  map[string]heldKeys // by address
}

// New makes a Client, and says what is wrong with the settings.
func New(o Options) (*Client, error) {
	for name, text := range map[string]string{"tokenUrl": o.TokenURL, "submissionUrl": o.SubmissionURL, "routingUrl": o.RoutingURL, "routingIssuer": o.RoutingIssuer} {
		optional := name == "routingUrl" || name == "routingIssuer" && o.RoutingURL == ""
		if optional && text == "" {
			continue
		}
		if err := checkURL(text, o.AllowLoopback); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	switch {
	case o.RoutingURL == "" && len(o.Destinations) == 0:
		return nil, errors.New("routingUrl or destinations must be given")
	case o.Pool == nil && !o.Uncertified:
		return nil, errors.New("roots must be given, so that keys of destinations can be checked")
	case o.MaxAttachment < 0 || o.MaxAttachment > MaxAttachment:
		return nil, fmt.Errorf("maxAttachment must be %d at most", MaxAttachment)
	}
	if o.MaxAttachment == 0 {
		o.MaxAttachment = MaxAttachment
	}
	o.SubmissionURL, o.RoutingURL, o.RoutingIssuer = strings.TrimRight(o.SubmissionURL, "/"), strings.TrimRight(o.RoutingURL, "/"), strings.TrimRight(o.RoutingIssuer, "/")
	return &Client{
		o: o, keys: map[string]heldKeys{},
		http: outbound.Client(outbound.Options{Timeout: uploadTimeout, AllowLoopback: o.AllowLoopback, MaxResponse: maxAnswer}), // most calls have less time
	}, nil
}

func checkURL(text string, loopback bool) error {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" || u.RawQuery != "" || u.Scheme != "https" && (!loopback || u.Scheme != "http") {
		return errors.New("an address with https is needed")
	}
	return nil
}

// MaxAttachment says how large an attachment may be, in bytes.
func (c *Client) MaxAttachment() int64 { return c.o.MaxAttachment }

// Forget drops the access token, because the credentials are others now.
func (c *Client) Forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.token = nil
}

// access gives a valid access token, one that is not refused.
func (c *Client) access(ctx context.Context, refused string) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.token.Valid() && c.token.AccessToken != refused {
		return c.token.AccessToken, nil
	}
	id, secret, err := c.o.Credentials(ctx)
	if err != nil {
		return "", err
	}
	if id == "" || secret == "" {
		return "", fmt.Errorf("%w: none are set", ErrCredentials)
	}
	ask := clientcredentials.Config{ClientID: id, ClientSecret: secret, TokenURL: c.o.TokenURL, AuthStyle: oauth2.AuthStyleInParams}
	if c.o.Scope != "" {
		ask.Scopes = strings.Fields(c.o.Scope)
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	token, err := ask.Token(context.WithValue(ctx, oauth2.HTTPClient, c.http))
	var answer *oauth2.RetrieveError
	switch {
	case errors.As(err, &answer) && answer.Response != nil: // its text may repeat what was sent
		status := &StatusError{Step: "token", Status: answer.Response.StatusCode}
		if status.Status >= http.StatusInternalServerError || status.Status == http.StatusTooManyRequests {
			return "", status
		}
		return "", errors.Join(ErrCredentials, status)
	case err != nil:
		return "", fmt.Errorf("token: %w", err)
	}
	c.token = token
	return token.AccessToken, nil
}

// call is one request.
type call struct {
	step, method, url string
	open              bool // without an access token
	contentType       string
	body              func() io.Reader
	length            int64
	timeout           time.Duration
}

func inJSON(value any) (func() io.Reader, int64, error) {
	data, err := json.Marshal(value)
	if err != nil {
		return nil, 0, err
	}
	return func() io.Reader { return bytes.NewReader(data) }, int64(len(data)), nil
}

// do makes a request and reads the answer into a value, nil for one that is not wanted. When the access token is refused it asks for
// another one, once.
func (c *Client) do(ctx context.Context, r call, into any) error {
	ctx, cancel := context.WithTimeout(ctx, max(r.timeout, callTimeout))
	defer cancel()
	refused := ""
	for {
		token := ""
		if !r.open {
			var err error
			if token, err = c.access(ctx, refused); err != nil {
				return err
			}
		}
		err := c.once(ctx, r, token, into)
		var answer *StatusError
		if r.open || refused != "" || !errors.As(err, &answer) || answer.Status != http.StatusUnauthorized {
			return err
		}
		refused = token
	}
}

func (c *Client) once(ctx context.Context, r call, token string, into any) error {
	var body io.Reader
	if r.body != nil {
		body = r.body()
	}
	request, err := http.NewRequestWithContext(ctx, r.method, r.url, body)
	if err != nil {
		return fmt.Errorf("%s: %w", r.step, err)
	}
	if r.body != nil {
		request.ContentLength = r.length
		request.Header.Set("Content-Type", r.contentType)
	}
	request.Header.Set("Accept", "application/json, application/problem+json")
	request.Header.Set("User-Agent", "Portalverbund")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return fmt.Errorf("%s: %w", r.step, err)
	}
	defer func() { _ = response.Body.Close() }() // it was only read
	if response.StatusCode < http.StatusOK || response.StatusCode >= http.StatusMultipleChoices {
		return refusal(r.step, response, c.o.Now())
	}
	if into == nil {
		_, _ = io.Copy(io.Discard, response.Body) // so that the connection can be used again
		return nil
	}
	if err := json.NewDecoder(response.Body).Decode(into); err != nil {
		return fmt.Errorf("%s: read answer: %w", r.step, err)
	}
	return nil
}

// refusal reads an answer that is no success: never its words, which may repeat what was sent.
func refusal(step string, response *http.Response, now time.Time) error {
	e := &StatusError{Step: step, Status: response.StatusCode}
	if kind, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type")); strings.HasSuffix(kind, "json") {
		var p struct {
			Type string `json:"type"`
		}
		if json.NewDecoder(io.LimitReader(response.Body, maxProblem)).Decode(&p) == nil && p.Type != "" && p.Type != "about:blank" {
			e.Type = shorten(path.Base(p.Type))
		}
	}
	for _, name := range []string{"Retry-After", "RateLimit-Reset"} {
		text := response.Header.Get(name)
		if text == "" || e.After != 0 || response.StatusCode != http.StatusTooManyRequests && response.StatusCode != http.StatusServiceUnavailable {
			continue
		}
		if seconds, err := strconv.ParseInt(text, 10, 32); err == nil {
			e.After = min(max(time.Duration(seconds)*time.Second, 0), longestWait)
		} else if at, err := http.ParseTime(text); err == nil {
			e.After = min(max(at.Sub(now), 0), longestWait)
		}
	}
	return e
}

func shorten(text string) string {
	const most = 100
	clean := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, text)
	return clean[:min(len(clean), most)]
}

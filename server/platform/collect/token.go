package collect

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// Key is Access by a key in a header.
type Key struct{ Header, Value string }

// Grant sets the header.
func (k Key) Grant(_ context.Context, request *http.Request) error {
	request.Header.Set(k.Header, k.Value)
	return nil
}

// Renew has nothing new.
func (Key) Renew() bool { return false }

const (
	tokenLeeway  = 30 * time.Second // a token is renewed this long before it ends
	tokenDefault = time.Minute      // how long a token is used that does not say how long it is valid
)

// Tokens is Access by OAuth 2.0 client credentials (RFC 6749 section 4.4). A token is used until it ends, by what the
// answer says or, where it says nothing, by the claim exp of a token that is a JWT.
type Tokens struct {
	config clientcredentials.Config
	http   *http.Client
	now    func() time.Time

	mu    sync.Mutex
	token string
	until time.Time
}

// NewTokens makes Tokens of a client. client sends the requests for tokens; now is the machine's clock if nil.
func NewTokens(tokenURL, clientID, clientSecret string, scopes []string, client *http.Client, now func() time.Time) *Tokens {
	if now == nil {
		now = time.Now
	}
	return &Tokens{
		config: clientcredentials.Config{ClientID: clientID, ClientSecret: clientSecret, TokenURL: tokenURL, Scopes: scopes, AuthStyle: oauth2.AuthStyleInParams},
		http:   client, now: now,
	}
}

// Grant sets the header Authorization, with a new token if there is none that is still valid.
func (t *Tokens) Grant(ctx context.Context, request *http.Request) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.token == "" || !t.now().Before(t.until) {
		if err := t.fetch(ctx); err != nil {
			return err
		}
	}
	request.Header.Set("Authorization", "Bearer "+t.token)
	return nil
}

// Renew lets go of the token.
func (t *Tokens) Renew() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.token = ""
	return true
}

func (t *Tokens) fetch(ctx context.Context) error {
	token, err := t.config.Token(context.WithValue(ctx, oauth2.HTTPClient, t.http))
	if err != nil {
		return tokenError(err)
	}
	t.token, t.until = token.AccessToken, t.now().Add(tokenDefault)
	if token.ExpiresIn > 0 {
		t.until = t.now().Add(time.Duration(token.ExpiresIn) * time.Second)
	} else if exp := expiry(token.AccessToken); !exp.IsZero() {
		t.until = exp
	}
	if left := t.until.Sub(t.now()); left > 2*tokenLeeway {
		t.until = t.until.Add(-tokenLeeway)
	}
	return nil
}

// tokenError keeps the status and the error code of RFC 6749 section 5.2, and nothing else of the answer.
func tokenError(err error) error {
	var refused *oauth2.RetrieveError
	if !errors.As(err, &refused) || refused.Response == nil {
		return fmt.Errorf("fetch a token: %w", withoutAddress(err))
	}
	status := refused.Response.StatusCode
	if status >= http.StatusInternalServerError || status == http.StatusTooManyRequests {
		return fmt.Errorf("fetch a token: answered with status %d", status)
	}
	return fmt.Errorf("fetch a token: %w: status %d %.40s", ErrRefused, status, refused.ErrorCode)
}

// expiry is the claim exp of a token that is a JWT, else zero. The token is not ours to verify.
func expiry(token string) time.Time {
	var claims jwt.RegisteredClaims
	if _, _, err := jwt.NewParser().ParseUnverified(token, &claims); err != nil || claims.ExpiresAt == nil {
		return time.Time{}
	}
	return claims.ExpiresAt.Time
}

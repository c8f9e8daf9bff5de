package xbezahldienste

import (
	"context"
	"net/http"
	"sync"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// bearer proves the portal by access tokens (OAuth 2.0 client credentials). A token is kept until it ends, or until the provider does not take it any more:
// one that was started anew may have forgotten the tokens that it gave. Then the request is made once more, with a new one; it had no effect.
type bearer struct {
	base   http.RoundTripper
	ctx    context.Context //nolint:containedctx // holds the client for tokens, which x/oauth2 takes from there
	config clientcredentials.Config

	mu     sync.Mutex
	source oauth2.TokenSource
}

// newBearer asks for tokens by the same guarded client as for everything else.
func newBearer(s Settings, client *http.Client) *bearer {
	b := &bearer{
		base: client.Transport, ctx: context.WithValue(context.Background(), oauth2.HTTPClient, client),
		config: clientcredentials.Config{ClientID: s.ClientID, ClientSecret: s.ClientSecret, TokenURL: s.TokenURL, AuthStyle: oauth2.AuthStyleInHeader},
	}
	b.source = b.config.TokenSource(b.ctx)
	return b
}

func (b *bearer) current() oauth2.TokenSource {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.source
}

// drop forgets the token of a source, unless another request has done so already.
func (b *bearer) drop(source oauth2.TokenSource) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.source == source {
		b.source = b.config.TokenSource(b.ctx)
	}
}

// RoundTrip makes a request with a token.
func (b *bearer) RoundTrip(req *http.Request) (*http.Response, error) {
	source := b.current()
	res, err := (&oauth2.Transport{Base: b.base, Source: source}).RoundTrip(req)
	if err != nil || res.StatusCode != http.StatusUnauthorized || (req.Body != nil && req.GetBody == nil) {
		return res, err
	}
	again := req.Clone(req.Context())
	if req.Body != nil {
		if again.Body, err = req.GetBody(); err != nil {
			return res, nil //nolint:nilerr // the refusal stands
		}
	}
	_ = res.Body.Close() // nothing of it is needed
	b.drop(source)
	return (&oauth2.Transport{Base: b.base, Source: b.current()}).RoundTrip(again)
}

package signin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/go-jose/go-jose/v4"

	"portalverbund/server/platform/httpx"
)

// Logout tokens (OpenID Connect Back-Channel Logout 1.0).
const (
	logoutType      = "logout+jwt"
	logoutEvent     = "http://schemas.openid.net/event/backchannel-logout"
	maxLogoutBody   = 16 << 10
	logoutOldest    = 5 * time.Minute
	logoutClockSkew = 10 * time.Second
)

// logoutClaims is what a logout token states.
type logoutClaims struct {
	Issuer    string                     `json:"iss"`
	Audience  audience                   `json:"aud"`
	IssuedAt  int64                      `json:"iat"`
	ExpiresAt int64                      `json:"exp"`
	Session   string                     `json:"sid"`
	Nonce     *string                    `json:"nonce"`
	Events    map[string]json.RawMessage `json:"events"`
}

// audience is one or several receivers.
type audience []string

// UnmarshalJSON reads a string or a list.
func (a *audience) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*a = audience{one}
		return nil
	}
	var all []string
	if err := json.Unmarshal(text, &all); err != nil {
		return err
	}
	*a = all
	return nil
}

// LogoutHandler answers POST /oauth2/backchannel-logout, where an account home tells that a session there has ended.
func (s *Service) LogoutHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		r.Body = http.MaxBytesReader(w, r.Body, maxLogoutBody)
		ended, err := s.logoutFromHome(r.Context(), r.PostFormValue("logout_token"))
		switch {
		case errors.Is(err, errLogoutToken):
			s.Log.WarnContext(r.Context(), "logout token refused", "error", err, "requestId", httpx.RequestIDOf(r.Context()))
			http.Error(w, `{"error":"invalid_request"}`, http.StatusBadRequest)
		case err != nil:
			s.Log.ErrorContext(r.Context(), "logout by the account home failed", "error", err, "requestId", httpx.RequestIDOf(r.Context()))
			http.Error(w, `{"error":"server_error"}`, http.StatusServiceUnavailable)
		default:
			s.Log.InfoContext(r.Context(), "signed out by the account home", "sessions", ended, "requestId", httpx.RequestIDOf(r.Context()))
			w.WriteHeader(http.StatusOK)
		}
	})
}

// errLogoutToken is the cause of an error when what came is no logout token for this portal.
var errLogoutToken = errors.New("not a logout token")

// logoutFromHome ends the sessions that came from the one that a logout token names, at the account home that has signed it. A token that
// comes again finds none.
func (s *Service) logoutFromHome(ctx context.Context, token string) (int64, error) {
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil || len(signed.Signatures) != 1 {
		return 0, fmt.Errorf("%w: not signed as it must be", errLogoutToken)
	}
	if typ := signed.Signatures[0].Protected.ExtraHeaders[jose.HeaderType]; typ != logoutType {
		return 0, fmt.Errorf("%w: another type", errLogoutToken)
	}
	var said struct {
		Issuer string `json:"iss"`
	}
	if err := json.Unmarshal(signed.UnsafePayloadWithoutVerification(), &said); err != nil { // only to find whose keys to verify it with
		return 0, fmt.Errorf("%w: %w", errLogoutToken, err)
	}
	p, err := s.provider(ctx, said.Issuer, discoveryKept)
	if errors.Is(err, errNoHome) {
		return 0, fmt.Errorf("%w: %w", errLogoutToken, err)
	}
	if err != nil {
		return 0, err
	}
	payload, err := p.keys.VerifySignature(ctx, signed)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", errLogoutToken, err)
	}
	var claims logoutClaims
	if err := json.Unmarshal(payload, &claims); err != nil {
		return 0, fmt.Errorf("%w: %w", errLogoutToken, err)
	}
	if err := s.checkLogout(p.issuer, claims); err != nil {
		return 0, err
	}
	return s.deleteSessionsFrom(ctx, claims.Issuer, claims.Session)
}

func (s *Service) checkLogout(issuer string, c logoutClaims) error {
	now := s.Now()
	_, isLogout := c.Events[logoutEvent]
	switch {
	case c.Issuer != issuer || len(c.Audience) != 1 || c.Audience[0] != s.Self.Id:
		return fmt.Errorf("%w: of another issuer, or for somebody else", errLogoutToken)
	case !isLogout || c.Nonce != nil || c.Session == "":
		return fmt.Errorf("%w: no such event, or no session", errLogoutToken)
	case now.Unix() >= c.ExpiresAt+int64(logoutClockSkew/time.Second) || now.Add(-logoutOldest).Unix() > c.IssuedAt || now.Add(logoutClockSkew).Unix() < c.IssuedAt:
		return fmt.Errorf("%w: too old, or from the future", errLogoutToken)
	}
	return nil
}

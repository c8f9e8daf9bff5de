package oidc

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"portalverbund/server/platform/jobs"
)

const (
	typLogout        = "logout+jwt"
	logoutEvent      = "http://schemas.openid.net/event/backchannel-logout"
	logoutPath       = "/oauth2/backchannel-logout" // of linked portals
	logoutTokenLife  = 2 * time.Minute
	signinKept       = 24 * time.Hour // longer than any session lasts
	logoutAttempts   = 25             // over an hour and a half
	logoutQueue      = "logouts"
	logoutWorkers    = 4
	maxLogoutAnswer  = 64 << 10
	sessionNameBytes = 18
)

// logoutClaims is a logout token (OpenID Connect Back-Channel Logout 1.0, section 2.4).
type logoutClaims struct {
	jwt.RegisteredClaims

	Session string                    `json:"sid"`
	Events  map[string]map[string]any `json:"events"`
}

// sessionName is how a client knows a session: another one for each client, as with subjects.
func (s *Service) sessionName(clientID string, sessionID uuid.UUID) string {
	key := s.Keys.Derive("oidc/session")
	h := hmac.New(sha256.New, key[:])
	_, _ = fmt.Fprintf(h, "%d:%s:%s", len(clientID), clientID, sessionID) // never fails
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:sessionNameBytes])
}

// logoutArgs tells a client that a session has ended.
type logoutArgs struct {
	ClientID  string    `json:"clientId"`
	SessionID uuid.UUID `json:"sessionId"`
	AccountID uuid.UUID `json:"accountId"`
}

// Kind names the job.
func (logoutArgs) Kind() string { return "oidc.logout" }

// InsertOpts keeps slow clients from holding up other jobs.
func (logoutArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: logoutQueue, MaxAttempts: logoutAttempts}
}

type logoutWorker struct {
	river.WorkerDefaults[logoutArgs]
	service *Service
}

// Work tries once.
func (w *logoutWorker) Work(ctx context.Context, job *river.Job[logoutArgs]) error {
	return w.service.sendLogout(ctx, job.Args)
}

// tellOfLogout has all clients told that the person was signed in at by the sessions of a condition, in the transaction of ctx.
func (s *Service) tellOfLogout(ctx context.Context, condition string, values ...any) error {
	rows, err := s.takeSignins(ctx, condition, values...)
	if err != nil || len(rows) == 0 || s.jobs == nil {
		return err
	}
	messages := make([]river.InsertManyParams, 0, len(rows))
	for _, row := range rows {
		messages = append(messages, river.InsertManyParams{Args: logoutArgs{ClientID: row.ClientID, SessionID: row.SessionID, AccountID: row.AccountID}})
	}
	return s.jobs.InsertMany(ctx, messages)
}

// sendLogout gives a client its logout token. A client that is gone or has no address for it needs none.
func (s *Service) sendLogout(ctx context.Context, args logoutArgs) error {
	c, err := s.client(ctx, args.ClientID)
	if errors.Is(err, errUnknownClient) {
		return nil
	}
	if err != nil {
		return err
	}
	if c.logoutURL == "" {
		return nil
	}
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("make id: %w", err)
	}
	now := s.Now()
	token, err := s.sign(ctx, typLogout, logoutClaims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: s.Issuer, Subject: s.subject(c.id, args.AccountID), Audience: jwt.ClaimStrings{c.id}, ID: id.String(),
			IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(logoutTokenLife)),
		},
		Session: s.sessionName(c.id, args.SessionID), Events: map[string]map[string]any{logoutEvent: {}},
	})
	if err != nil {
		return err
	}
	return s.postLogout(ctx, c.logoutURL, token)
}

func (s *Service) postLogout(ctx context.Context, address, token string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(url.Values{"logout_token": {token}}.Encode()))
	if err != nil {
		return fmt.Errorf("tell of logout: %w", err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := s.Client.Do(r)
	if err != nil {
		return fmt.Errorf("tell of logout: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, maxLogoutAnswer)) // so that the connection can be used again
	if response.StatusCode != http.StatusOK && response.StatusCode != http.StatusNoContent {
		return fmt.Errorf("tell of logout: answered %s", response.Status)
	}
	return nil
}

// registerLogouts has the client tell of logouts.
func registerLogouts(c *jobs.Client, s *Service) {
	c.Queue(logoutQueue, logoutWorkers)
	jobs.Register(c, &logoutWorker{service: s})
}

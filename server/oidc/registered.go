package oidc

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/zitadel/oidc/v3/pkg/oidc"

	"portalverbund/api/types"
	"portalverbund/server/platform/idempotency"
	"portalverbund/server/platform/problem"
	"portalverbund/server/platform/secret"
)

// Registration is an application as an administrator registers it.
type Registration struct {
	Kind                      types.ClientKind
	Name, URL, PrivacyURL     string
	Purpose                   map[string]string
	Authentication            types.ClientAuthentication
	JWKS, JWKSURI             string
	Scopes                    []string
	RedirectURIs, AfterLogout []string
	LogoutURI                 string
	Active                    bool
	ID                        string
	Revision                  int64
	CreatedAt, ChangedAt      time.Time
	Secrets                   []ClientSecret
}

// ClientSecret tells about a secret, and nothing of it.
type ClientSecret struct {
	ID        uuid.UUID
	CreatedAt time.Time
	ExpiresAt *time.Time
}

// Tag names the state of a registration, for If-Match.
func (r Registration) Tag() string { return fmt.Sprintf(`"%d"`, r.Revision) }

const (
	maxSecrets     = 2 // the present one, and the former during an overlap
	clientIDPrefix = "app-"
)

// signsIn says whether people sign in with applications of a kind.
func signsIn(kind types.ClientKind) bool { return kind != types.ClientMachine }

// fetches says whether applications of a kind get tokens on their own behalf.
func fetches(kind types.ClientKind) bool {
	return kind == types.ClientMachine || kind == types.ClientProvider
}

// registeredClient finds a registered application that is active.
func (s *Service) registeredClient(ctx context.Context, id string) (*client, error) {
	if id == "" || len(id) > 100 {
		return nil, errUnknownClient
	}
	row, found, err := s.clientRow(ctx, id)
	if err != nil {
		return nil, err
	}
	if !found || !row.Active {
		return nil, errUnknownClient
	}
	r := row.registration()
	c := &client{
		id: r.ID, name: r.Name, url: r.URL, privacyURL: r.PrivacyURL, purpose: r.Purpose, native: r.Kind == types.ClientNative,
		redirects: r.RedirectURIs, afterLogout: r.AfterLogout, logoutURL: r.LogoutURI, scopes: r.Scopes, signInURL: s.pageOf,
	}
	switch r.Authentication {
	case types.PrivateKeyJwtAuthentication:
		c.keys = s.keysOf(r)
	case types.ClientSecretAuthentication:
		if c.secretHashes, err = s.secretHashes(ctx, id); err != nil {
			return nil, err
		}
	}
	if fetches(r.Kind) {
		c.grants = append(c.grants, oidc.GrantTypeClientCredentials)
	}
	if s.AccountHome && signsIn(r.Kind) && len(r.RedirectURIs) > 0 {
		c.grants = append(c.grants, oidc.GrantTypeCode)
		if slices.Contains(r.Scopes, scopeOffline) {
			c.grants = append(c.grants, oidc.GrantTypeRefreshToken)
		}
	}
	return c, nil
}

// Registered lists applications by name, from a cursor on.
func (s *Service) Registered(ctx context.Context, limit int, cursor string) ([]Registration, string, error) {
	name, id, err := decodeClientCursor(cursor)
	if err != nil {
		return nil, "", err
	}
	rows, err := s.clientRows(ctx, name, id, limit+1)
	if err != nil {
		return nil, "", err
	}
	next := ""
	if len(rows) > limit {
		rows = rows[:limit]
		last := rows[limit-1]
		next = encodeClientCursor(strings.ToLower(last.Name), last.ID)
	}
	list, err := s.withSecrets(ctx, rows)
	return list, next, err
}

// Registration gives one application; 404 when it is unknown.
func (s *Service) Registration(ctx context.Context, id string) (Registration, error) {
	row, found, err := s.clientRow(ctx, id)
	if err != nil {
		return Registration{}, err
	}
	if !found {
		return Registration{}, errNoClient()
	}
	list, err := s.withSecrets(ctx, []clientRow{row})
	if err != nil {
		return Registration{}, err
	}
	return list[0], nil
}

// withSecrets turns rows into registrations with what is known of their secrets, by one query.
func (s *Service) withSecrets(ctx context.Context, rows []clientRow) ([]Registration, error) {
	ids := make([]string, 0, len(rows))
	for _, row := range rows {
		ids = append(ids, row.ID)
	}
	secrets, err := s.secretRows(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := make([]Registration, 0, len(rows))
	for _, row := range rows {
		r := row.registration()
		for _, known := range secrets {
			if known.ClientID == row.ID {
				r.Secrets = append(r.Secrets, ClientSecret{ID: known.ID, CreatedAt: known.CreatedAt, ExpiresAt: known.ExpiresAt})
			}
		}
		out = append(out, r)
	}
	return out, nil
}

// Register keeps a new application, once for a key of the administrator, and gives its secret, where it has one. What is wrong
// with it is 422, field by field.
func (s *Service) Register(ctx context.Context, scope, key string, r Registration) (out Registration, value string, err error) {
	if err := s.checkRegistration(r); err != nil {
		return out, "", err
	}
	id, err := idempotency.Do(ctx, s.DB, "client "+scope, key, r, func(ctx context.Context) (string, error) {
		now := s.Now()
		r.ID, r.Revision, r.CreatedAt, r.ChangedAt = clientIDPrefix+strings.ToLower(rand.Text()[:16]), 1, now, now
		if err := s.insertClient(ctx, r); err != nil {
			return "", err
		}
		if r.Authentication == types.ClientSecretAuthentication {
			if value, err = s.addSecret(ctx, r.ID); err != nil {
				return "", err
			}
		}
		return r.ID, s.record(ctx, "client.create", r.ID, string(r.Kind))
	})
	if err != nil {
		return out, "", err
	}
	out, err = s.Registration(ctx, id)
	return out, value, err
}

// ChangeRegistration replaces what is registered of an application under the tag that was read. Tokens of one that is switched
// off end, and so do secrets that it no longer uses; one that is to
// use a secret for the first time gets it by RotateSecret.
func (s *Service) ChangeRegistration(ctx context.Context, id, tag string, change Registration) (Registration, error) {
	err := s.DB.Tx(ctx, func(ctx context.Context) error {
		now, err := s.lockedRegistration(ctx, id, tag)
		if err != nil {
			return err
		}
		change.ID, change.Kind, change.Revision, change.CreatedAt, change.ChangedAt = id, now.Kind, now.Revision+1, now.CreatedAt, s.Now()
		if err := s.checkRegistration(change); err != nil {
			return err
		}
		if err := s.updateClient(ctx, change); err != nil {
			return err
		}
		if change.Authentication != types.ClientSecretAuthentication {
			if err := s.deleteSecrets(ctx, "client_id = ?", id); err != nil {
				return err
			}
		}
		if now.Active && !change.Active {
			if err := s.endClient(ctx, id); err != nil {
				return err
			}
		}
		return s.record(ctx, "client.change", id, "")
	})
	if err != nil {
		return Registration{}, err
	}
	return s.Registration(ctx, id)
}

// Unregister removes an application; its tokens end.
func (s *Service) Unregister(ctx context.Context, id, tag string) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		if _, err := s.lockedRegistration(ctx, id, tag); err != nil {
			return err
		}
		if err := s.endClient(ctx, id); err != nil {
			return err
		}
		if err := s.deleteClient(ctx, id); err != nil {
			return err
		}
		return s.record(ctx, "client.delete", id, "")
	})
}

// RotateSecret makes another secret, once for a key of the administrator; the former one is good for the overlap.
func (s *Service) RotateSecret(ctx context.Context, scope, key, id string, overlap time.Duration) (out Registration, value string, err error) {
	_, err = idempotency.Do(ctx, s.DB, "client secret "+scope, key, []any{id, overlap}, func(ctx context.Context) (string, error) {
		now, err := s.lockedRegistration(ctx, id, "")
		if err != nil {
			return "", err
		}
		if now.Authentication != types.ClientSecretAuthentication {
			return "", problem.Conflict("client-without-secret", "Diese Anwendung weist sich nicht mit einem Geheimnis aus.", "This application does not prove itself by a secret.")
		}
		if err := s.limitSecrets(ctx, id, s.Now().Add(overlap)); err != nil {
			return "", err
		}
		if value, err = s.addSecret(ctx, id); err != nil {
			return "", err
		}
		return id, s.record(ctx, "client.secret.create", id, "")
	})
	if err != nil {
		return out, "", err
	}
	out, err = s.Registration(ctx, id)
	return out, value, err
}

// EndSecret ends a secret at once; the only one stays (409).
func (s *Service) EndSecret(ctx context.Context, id string, secretID uuid.UUID) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		if _, err := s.lockedRegistration(ctx, id, ""); err != nil {
			return err
		}
		secrets, err := s.secretRows(ctx, []string{id})
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(secrets, func(row clientSecretRow) bool { return row.ID == secretID }) {
			return problem.NotFound("secret-unknown", "Dieses Geheimnis gibt es nicht.", "There is no such secret.")
		}
		if len(secrets) == 1 {
			return problem.Conflict("last-secret", "Das einzige Geheimnis kann nicht beendet werden.", "The only secret cannot be ended.").
				With(problem.Text{De: "Erzeugen Sie zuerst ein neues, oder schalten Sie die Anwendung ab.", En: "Make a new one first, or switch the application off."})
		}
		if err := s.deleteSecrets(ctx, "id = ?", secretID); err != nil {
			return err
		}
		return s.record(ctx, "client.secret.end", id, "")
	})
}

func (s *Service) lockedRegistration(ctx context.Context, id, tag string) (Registration, error) {
	row, found, err := s.lockedClientRow(ctx, id)
	if err != nil {
		return Registration{}, err
	}
	if !found {
		return Registration{}, errNoClient()
	}
	r := row.registration()
	if tag != "" && tag != r.Tag() {
		return Registration{}, problem.Changed()
	}
	return r, nil
}

func (s *Service) addSecret(ctx context.Context, clientID string) (string, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return "", fmt.Errorf("make id: %w", err)
	}
	value, hash := secret.New()
	return value, s.insertSecret(ctx, clientSecretRow{ID: id, ClientID: clientID, Hash: hash, CreatedAt: s.Now()})
}

// endClient ends everything that a client holds, in the transaction of ctx.
func (s *Service) endClient(ctx context.Context, id string) error {
	if err := s.deleteRequests(ctx, "client_id = ?", id); err != nil {
		return err
	}
	if _, err := s.endFamilies(ctx, "client_id = ?", id); err != nil {
		return err
	}
	_, err := s.takeSignins(ctx, "client_id = ?", id)
	return err
}

func (s *Service) record(ctx context.Context, action, clientID, detail string) error {
	if s.Audit == nil {
		return nil
	}
	return s.Audit.Record(ctx, action, "client:"+clientID, detail)
}

func errNoClient() error {
	return problem.NotFound("client-unknown", "Diese Anwendung gibt es nicht.", "There is no such application.")
}

// errAtHome is told to who registers an application for signing in at a portal without accounts.
func errAtHome() error {
	return &problem.Error{
		Status: http.StatusUnprocessableEntity, Code: "not-account-home",
		Title: problem.Text{De: "Anwendungen, an denen sich Menschen anmelden, werden am Portal mit den Konten eingetragen.", En: "Applications that people sign in at are registered at the portal with the accounts."},
	}
}

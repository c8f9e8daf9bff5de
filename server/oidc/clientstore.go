package oidc

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"portalverbund/api/types"
	"portalverbund/server/platform/problem"
)

type clientRow struct {
	ID           string
	Kind         string
	Name         string
	URL          string
	PrivacyURL   string
	Purpose      []byte
	AuthMethod   string
	JWKS         []byte
	JWKSURI      string
	Scopes       string
	RedirectURIs []string
	AfterLogout  []string
	LogoutURI    string
	Active       bool
	Revision     int64
	CreatedAt    time.Time
	ChangedAt    time.Time
}

const clientColumns = `id, kind, name, url, privacy_url, purpose, auth_method, jwks, jwks_uri, scopes, redirect_uris, after_logout, logout_uri, active, revision,
	created_at, changed_at`

// authMethods are the words of the table for what proves an application.
func authMethods() map[types.ClientAuthentication]string {
	return map[types.ClientAuthentication]string{
		types.ClientSecretAuthentication: "client_secret", types.PrivateKeyJwtAuthentication: "private_key_jwt", types.NoAuthentication: "none",
	}
}

func (r clientRow) registration() Registration {
	out := Registration{
		ID: r.ID, Kind: types.ClientKind(r.Kind), Name: r.Name, URL: r.URL, PrivacyURL: r.PrivacyURL, JWKS: string(r.JWKS), JWKSURI: r.JWKSURI,
		Scopes: strings.Fields(r.Scopes), RedirectURIs: r.RedirectURIs, AfterLogout: r.AfterLogout, LogoutURI: r.LogoutURI, Active: r.Active,
		Revision: r.Revision, CreatedAt: r.CreatedAt, ChangedAt: r.ChangedAt,
	}
	_ = json.Unmarshal(r.Purpose, &out.Purpose) // written by us
	for method, word := range authMethods() {
		if word == r.AuthMethod {
			out.Authentication = method
		}
	}
	return out
}

func (s *Service) readClients(ctx context.Context, query string, values ...any) ([]clientRow, error) {
	rows, _ := s.DB.Pgx(ctx).Query(ctx, "SELECT "+clientColumns+" FROM oidc_clients "+query, values...) // the error comes with the rows
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[clientRow])
	if err != nil {
		return nil, fmt.Errorf("read applications: %w", err)
	}
	return out, nil
}

func (s *Service) oneClient(ctx context.Context, query string, values ...any) (row clientRow, found bool, err error) {
	rows, err := s.readClients(ctx, query, values...)
	if err != nil || len(rows) == 0 {
		return row, false, err
	}
	return rows[0], true, nil
}

func (s *Service) clientRow(ctx context.Context, id string) (clientRow, bool, error) {
	return s.oneClient(ctx, "WHERE id = $1", id)
}

func (s *Service) lockedClientRow(ctx context.Context, id string) (clientRow, bool, error) {
	return s.oneClient(ctx, "WHERE id = $1 FOR UPDATE", id)
}

// clientRows reads applications after a name and id, in their order.
func (s *Service) clientRows(ctx context.Context, name, id string, limit int) ([]clientRow, error) {
	return s.readClients(ctx, "WHERE (lower(name), id) > ($1, $2) ORDER BY lower(name), id LIMIT $3", name, id, limit)
}

func (r Registration) values() ([]any, error) {
	purpose, err := json.Marshal(r.Purpose)
	if err != nil {
		return nil, fmt.Errorf("write application: %w", err)
	}
	var keys *string
	if r.JWKS != "" {
		keys = &r.JWKS
	}
	list := func(l []string) []string { return append([]string{}, l...) } // never null
	return []any{
		r.ID, string(r.Kind), r.Name, r.URL, r.PrivacyURL, string(purpose), authMethods()[r.Authentication], keys, r.JWKSURI, strings.Join(r.Scopes, " "),
		list(r.RedirectURIs), list(r.AfterLogout), r.LogoutURI, r.Active, r.Revision, r.CreatedAt, r.ChangedAt,
	}, nil
}

func (s *Service) insertClient(ctx context.Context, r Registration) error {
	values, err := r.values()
	if err != nil {
		return err
	}
	_, err = s.DB.Pgx(ctx).Exec(ctx, "INSERT INTO oidc_clients ("+clientColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7, $8::jsonb, $9, $10, $11, $12, $13, $14, $15, $16, $17)`, values...)
	if err != nil {
		return fmt.Errorf("keep application: %w", err)
	}
	return nil
}

func (s *Service) updateClient(ctx context.Context, r Registration) error {
	values, err := r.values()
	if err != nil {
		return err
	}
	_, err = s.DB.Pgx(ctx).Exec(ctx, "UPDATE oidc_clients SET ("+clientColumns+`) =
		($1, $2, $3, $4, $5, $6::jsonb, $7, $8::jsonb, $9, $10, $11, $12, $13, $14, $15, $16, $17) WHERE id = $1`, values...)
	if err != nil {
		return fmt.Errorf("change application: %w", err)
	}
	return nil
}

func (s *Service) deleteClient(ctx context.Context, id string) error {
	if _, err := s.DB.Pgx(ctx).Exec(ctx, "DELETE FROM oidc_clients WHERE id = $1", id); err != nil {
		return fmt.Errorf("remove application: %w", err)
	}
	return nil
}

type clientSecretRow struct {
	ID        uuid.UUID `gorm:"primaryKey"`
	ClientID  string
	Hash      []byte
	CreatedAt time.Time
	ExpiresAt *time.Time
}

func (clientSecretRow) TableName() string { return "oidc_client_secrets" }

// secretRows reads the secrets of applications that are still good, the newest first.
func (s *Service) secretRows(ctx context.Context, clientIDs []string) (rows []clientSecretRow, err error) {
	if len(clientIDs) == 0 {
		return nil, nil
	}
	err = s.DB.From(ctx).Where("client_id IN ? AND (expires_at IS NULL OR expires_at > ?)", clientIDs, s.Now()).Order("id DESC").Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read secrets: %w", err)
	}
	return rows, nil
}

func (s *Service) secretHashes(ctx context.Context, clientID string) ([][]byte, error) {
	rows, err := s.secretRows(ctx, []string{clientID})
	hashes := make([][]byte, 0, len(rows))
	for _, row := range rows {
		hashes = append(hashes, row.Hash)
	}
	return hashes, err
}

func (s *Service) insertSecret(ctx context.Context, row clientSecretRow) error {
	if err := s.DB.From(ctx).Create(&row).Error; err != nil {
		return fmt.Errorf("keep secret: %w", err)
	}
	return nil
}

// limitSecrets lets the present secret run out at a time, and ends older ones.
func (s *Service) limitSecrets(ctx context.Context, clientID string, until time.Time) error {
	if err := s.deleteSecrets(ctx, "client_id = ? AND expires_at IS NOT NULL", clientID); err != nil {
		return err
	}
	if err := s.DB.From(ctx).Exec("UPDATE oidc_client_secrets SET expires_at = ? WHERE client_id = ?", until, clientID).Error; err != nil {
		return fmt.Errorf("limit secret: %w", err)
	}
	return nil
}

func (s *Service) deleteSecrets(ctx context.Context, condition string, value any) error {
	if err := s.DB.From(ctx).Where(condition, value).Delete(&clientSecretRow{}).Error; err != nil {
		return fmt.Errorf("end secret: %w", err)
	}
	return nil
}

func encodeClientCursor(name, id string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(name + "\x00" + id))
}

func decodeClientCursor(cursor string) (name, id string, err error) {
	if cursor == "" {
		return "", "", nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	name, id, ok := strings.Cut(string(raw), "\x00")
	if err != nil || !ok || strings.ContainsRune(id, 0) {
		return "", "", problem.BadRequest("cursor", "Diese Fortsetzung gibt es nicht.", "There is no such continuation.")
	}
	return name, id, nil
}

package signin

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"

	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/jobs"
	"portalverbund/server/platform/secret"
)

// deviceLife is how long a browser is remembered after the last sign-in with it; browsers keep no cookie longer than 400 days.
const deviceLife = 400 * 24 * time.Hour

// recognise remembers that an account is signed in with the browser of ctx, in the transaction of ctx. With a browser that is new
// to an account that has others, the owner is told. It gives the cookie by which the browser is known again.
func (s *Service) recognise(ctx context.Context, accountID uuid.UUID) (*http.Cookie, error) {
	r := httpx.RequestOf(ctx)
	value := s.cookies.device(r)
	if value == "" {
		value, _ = secret.New()
	}
	var known struct{ Here, Others bool }
	err := s.DB.From(ctx).Raw(`WITH before AS (SELECT token_hash FROM known_devices WHERE account_id = ?),
		kept AS (
			INSERT INTO known_devices (account_id, token_hash, last_seen_at) VALUES (?, ?, ?)
			ON CONFLICT (account_id, token_hash) DO UPDATE SET last_seen_at = EXCLUDED.last_seen_at
		)
		SELECT EXISTS (SELECT FROM before WHERE token_hash = ?) AS here, EXISTS (SELECT FROM before) AS others`,
		accountID, accountID, secret.Hash(value), s.Now(), secret.Hash(value)).Scan(&known).Error
	if err != nil {
		return nil, fmt.Errorf("remember browser: %w", err)
	}
	if known.Others && !known.Here {
		if err := s.rooms.Accounts.NewDevice(ctx, accountID, browserOf(r)); err != nil {
			return nil, err
		}
	}
	return s.cookies.make(s.cookies.deviceName, value, int(deviceLife/time.Second)), nil
}

// sweepDevices forgets browsers that were not used for longer than their cookie lives.
func (s *Service) sweepDevices(ctx context.Context) (int64, error) {
	res := s.DB.From(ctx).Exec(`DELETE FROM known_devices WHERE (account_id, token_hash) IN (
		SELECT account_id, token_hash FROM known_devices WHERE last_seen_at < ? LIMIT ?)`, s.Now().Add(-deviceLife), jobs.SweepBatch)
	if res.Error != nil {
		return 0, fmt.Errorf("sweep browsers: %w", res.Error)
	}
	return res.RowsAffected, nil
}

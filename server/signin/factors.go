package signin

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
	"portalverbund/server/platform/secret"
)

const (
	pendingLife     = 5 * time.Minute
	pendingAttempts = 5
)

// Authentication Method References (RFC 8176) of what is proved here.
const (
	methodPassword     = "pwd"
	methodCode         = "otp"
	methodRecoveryCode = "kba" // something that the person has written down
	methodMultiFactor  = "mfa"
)

// pendingRow is a sign-in whose password was right, or that comes from a directory, and whose second factor is still to be proved.
type pendingRow struct {
	TokenHash []byte `gorm:"primaryKey"`
	AccountID uuid.UUID
	Attempts  int
	ExpiresAt time.Time
	Methods   string // what was proved so far
	Directory string // that has named staff; empty: the password of a local account was right
}

func (pendingRow) TableName() string { return "pending_factors" }

// afterPassword signs in an account whose password was right, or says what is still to be proved.
func (s *Service) afterPassword(ctx context.Context, id uuid.UUID) (types.Session, []*http.Cookie, error) {
	factors, err := s.rooms.Credentials.SecondFactor(ctx, id)
	if err != nil {
		return types.Session{}, nil, err
	}
	if len(factors) == 0 {
		return s.signedIn(ctx, id, []string{methodPassword})
	}
	if _, _, err := s.rooms.Accounts.Standing(ctx, id); err != nil {
		return types.Session{}, nil, err
	}
	value := s.cookies.token(httpx.RequestOf(ctx)) // there is one: the token for changes hangs on it
	row := pendingRow{TokenHash: secret.Hash(value), AccountID: id, ExpiresAt: s.Now().Add(pendingLife), Methods: methodPassword}
	if err := s.storePending(ctx, row); err != nil {
		return types.Session{}, nil, err
	}
	state, _, err := s.anonymous(ctx)
	return state, nil, err
}

// ProveSecondFactor completes a sign-in of this browser with a one-time code or a recovery code. A wrong one is code-wrong
// (401), what has run out or was tried too often is second-factor-used (410).
func (s *Service) ProveSecondFactor(ctx context.Context, p types.SecondFactorProof) (types.Session, []*http.Cookie, error) {
	r := httpx.RequestOf(ctx)
	if err := s.checkForgery(r); err != nil {
		return types.Session{}, nil, err
	}
	method, code := methodCode, value(p.Code)
	if p.RecoveryCode != nil {
		method, code = methodRecoveryCode, *p.RecoveryCode
	}
	if code == "" || (p.Code != nil && p.RecoveryCode != nil) {
		return types.Session{}, nil, problem.Invalid(problem.FieldError{Pointer: "/code", Code: "required", Message: problem.Text{
			De: "Geben Sie den Code ein.", En: "Enter the code.",
		}})
	}
	hash := secret.Hash(s.cookies.token(r))
	pending, err := s.tryPending(ctx, hash)
	if err != nil {
		return types.Session{}, nil, err
	}
	accountID := pending.AccountID
	right, err := s.rooms.Accounts.Attempt(ctx, accountID, method)
	if err != nil {
		return types.Session{}, nil, err
	}
	var state types.Session
	var cookies []*http.Cookie
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		prove := s.rooms.Credentials.ProveCode
		if method == methodRecoveryCode {
			prove = s.rooms.Credentials.ProveRecoveryCode
		}
		if err := prove(ctx, accountID, code); err != nil {
			return err
		}
		if err := s.dropPending(ctx, hash); err != nil {
			return err
		}
		methods := append(strings.Fields(pending.Methods), method, methodMultiFactor)
		state, cookies, err = s.signedInBy(ctx, accountID, proof{level: string(types.Low), methods: methods, directory: pending.Directory})
		return err
	})
	if err != nil {
		if problem.Is(err, "code-wrong") {
			s.Log.InfoContext(ctx, "second factor refused", "account", accountID, "requestId", httpx.RequestIDOf(ctx))
		}
		return types.Session{}, nil, err
	}
	return state, cookies, right(ctx)
}

// Reauthenticate checks the password of the account that is signed in, so that its session counts as freshly proved.
func (s *Service) Reauthenticate(ctx context.Context, password string) (types.Session, []*http.Cookie, error) {
	c := httpx.CallerOf(ctx)
	if c.Kind != httpx.SessionCaller || c.AccountID == uuid.Nil {
		return types.Session{}, nil, problem.NotFound("not-account-home", "Ihr Konto liegt nicht an diesem Portal.", "Your account is not at this portal.")
	}
	if err := s.rooms.Accounts.Reauthenticate(ctx, c.AccountID, password); err != nil {
		return types.Session{}, nil, err
	}
	return s.afterPassword(ctx, c.AccountID)
}

// BeginPasskeySignIn gives the options by which this browser signs in with a passkey; the cookie is set when it has none.
func (s *Service) BeginPasskeySignIn(ctx context.Context) (types.PasskeyCeremony, error) {
	r := httpx.RequestOf(ctx)
	if err := s.checkForgery(r); err != nil {
		return types.PasskeyCeremony{}, err
	}
	return s.rooms.Credentials.BeginPasskeySignIn(ctx, secret.Hash(s.cookies.token(r)))
}

// SignInWithPasskey signs in whoever the passkey belongs to.
func (s *Service) SignInWithPasskey(ctx context.Context, answer types.PasskeyAnswer) (types.Session, []*http.Cookie, error) {
	r := httpx.RequestOf(ctx)
	if err := s.checkForgery(r); err != nil {
		return types.Session{}, nil, err
	}
	id, methods, err := s.rooms.Credentials.PasskeySignIn(ctx, secret.Hash(s.cookies.token(r)), answer)
	if err != nil {
		return types.Session{}, nil, err
	}
	return s.signedIn(ctx, id, methods)
}

func (s *Service) storePending(ctx context.Context, row pendingRow) error {
	err := s.DB.From(ctx).Exec(`INSERT INTO pending_factors (account_id, token_hash, expires_at, methods, directory) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (token_hash) DO UPDATE SET account_id = EXCLUDED.account_id, attempts = 0, expires_at = EXCLUDED.expires_at,
			methods = EXCLUDED.methods, directory = EXCLUDED.directory`,
		row.AccountID, row.TokenHash, row.ExpiresAt, row.Methods, row.Directory).Error
	if err != nil {
		return fmt.Errorf("keep sign-in: %w", err)
	}
	return nil
}

// pendingFactor says what a browser is still to prove; nil when there is nothing.
func (s *Service) pendingFactor(ctx context.Context, hash []byte) (*types.SecondFactor, error) {
	row, found, err := one[pendingRow](s.DB.From(ctx).Where("token_hash = ? AND expires_at > ? AND attempts < ?", hash, s.Now(), pendingAttempts), "sign-in")
	if err != nil || !found {
		return nil, err
	}
	factors, err := s.rooms.Credentials.SecondFactor(ctx, row.AccountID)
	if err != nil || len(factors) == 0 {
		return nil, err
	}
	return &types.SecondFactor{Methods: factors, ExpiresAt: row.ExpiresAt}, nil
}

// tryPending counts an attempt at a sign-in's second factor and gives the sign-in.
func (s *Service) tryPending(ctx context.Context, hash []byte) (pendingRow, error) {
	row, found, err := one[pendingRow](s.DB.From(ctx).Raw(`UPDATE pending_factors SET attempts = attempts + 1
		WHERE token_hash = ? AND expires_at > ? AND attempts < ? RETURNING *`, hash, s.Now(), pendingAttempts), "sign-in")
	if err == nil && !found {
		err = problem.Gone("second-factor-used", "Diese Anmeldung ist abgelaufen.", "This sign-in has run out.").
			With(problem.Text{De: "Bitte melden Sie sich noch einmal an.", En: "Please sign in again."})
	}
	return row, err
}

func (s *Service) dropPending(ctx context.Context, hash []byte) error {
	if err := s.DB.From(ctx).Where("token_hash = ?", hash).Delete(&pendingRow{}).Error; err != nil {
		return fmt.Errorf("complete sign-in: %w", err)
	}
	return nil
}

// methodsOf reads the methods that a session proved itself by.
func methodsOf(row sessionRow) []string { return strings.Fields(row.Methods) }

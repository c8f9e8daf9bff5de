package signin

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
	"portalverbund/server/platform/secret"
)

// SignInDirectory signs in staff whom a directory has named, with the methods that it states (RFC 8176), in the transaction of ctx. Where it
// states no second factor and the account has one here, that is still to be proved: pending is true, and GET /session says so.
func (s *Service) SignInDirectory(ctx context.Context, accountID uuid.UUID, directory string, methods []string) (pending bool, cookies []*http.Cookie, err error) {
	p := proof{level: string(types.Low), methods: append([]string{directory}, methods...), directory: directory}
	if !slices.Contains(methods, methodMultiFactor) {
		factors, err := s.rooms.Credentials.SecondFactor(ctx, accountID)
		if err != nil {
			return false, nil, err
		}
		if len(factors) > 0 {
			cookie, err := s.waitForFactor(ctx, accountID, p)
			return true, []*http.Cookie{cookie}, err
		}
	}
	_, cookies, err = s.signedInBy(ctx, accountID, p)
	return false, cookies, err
}

// waitForFactor keeps a sign-in until its second factor is proved. The browser gets another cookie: what it had before its owner came back
// from the directory may be known to somebody else. The session that it had ends.
func (s *Service) waitForFactor(ctx context.Context, accountID uuid.UUID, p proof) (*http.Cookie, error) {
	if _, _, err := s.rooms.Accounts.Standing(ctx, accountID); err != nil {
		return nil, err
	}
	old, found, err := s.sessionOf(ctx, httpx.RequestOf(ctx))
	if err != nil {
		return nil, err
	}
	if found {
		if err := s.end(ctx, old); err != nil {
			return nil, err
		}
	}
	value, hash := secret.New()
	row := pendingRow{TokenHash: hash, AccountID: accountID, ExpiresAt: s.Now().Add(pendingLife), Methods: strings.Join(p.methods, " "), Directory: p.directory}
	return s.cookies.sessionCookie(value), s.storePending(ctx, row)
}

// checkDirectory refuses (401) to sign in to an account otherwise than by its directory, which says each time whether somebody still works
// here. Only a session that was begun there goes on with the account's own credentials, to its end: as the second factor, and as a
// fresh proof.
func (s *Service) checkDirectory(ctx context.Context, accountID uuid.UUID, p *proof) error {
	directory, err := s.rooms.Accounts.DirectoryOf(ctx, accountID)
	if err != nil || directory == p.directory {
		return err
	}
	old, found, err := s.sessionOf(ctx, httpx.RequestOf(ctx))
	if err != nil {
		return err
	}
	if p.directory == "" && found && !s.ended(old) && old.Directory == directory && old.AccountID != nil && *old.AccountID == accountID {
		p.directory, p.until = directory, old.ExpiresAt
		return nil
	}
	return problem.Unauthorized("directory-account", "Zu diesem Konto melden Sie sich über das Verzeichnis Ihrer Behörde an.", "You sign in to this account by the directory of your authority.")
}

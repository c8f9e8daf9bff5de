package oidc

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

var errRequestGone = problem.NotFound("sign-in-request-unknown", "Diese Anmeldung ist abgelaufen oder schon erledigt.", "This sign-in has run out or is already done.").
	With(problem.Text{De: "Gehen Sie zurück zu dem Portal, von dem Sie kamen, und beginnen Sie noch einmal.", En: "Go back to the portal that you came from and begin again."})

// request finds a sign-in request that still waits for the person.
func (s *Service) request(ctx context.Context, id uuid.UUID) (requestRow, error) {
	row, err := s.requestByID(ctx, id)
	if errors.Is(err, errNone) || (err == nil && (s.Now().After(row.ExpiresAt) || row.CodeHash != nil)) {
		return requestRow{}, errRequestGone
	}
	return row, err
}

// PendingRequest says whether a sign-in request waits to be answered.
func (s *Service) PendingRequest(ctx context.Context, id uuid.UUID) (bool, error) {
	_, err := s.request(ctx, id)
	if problem.Is(err, errRequestGone.Code) {
		return false, nil
	}
	return err == nil, err
}

// SignInRequest tells who asks for a sign-in, what for, and what the caller must do next.
func (s *Service) SignInRequest(ctx context.Context, id uuid.UUID) (types.SignInRequest, error) {
	row, err := s.request(ctx, id)
	if err != nil {
		return types.SignInRequest{}, err
	}
	client, ok := s.client(row.ClientID)
	if !ok {
		return types.SignInRequest{}, errRequestGone
	}
	step, err := s.step(ctx, row, httpx.CallerOf(ctx))
	if err != nil {
		return types.SignInRequest{}, err
	}
	r := types.SignInRequest{Id: id, ClientName: client.Name, ClientUrl: &client.URL, Step: step}
	if purpose, ok, _ := purposeOf(row.scopes()); ok { // checked when the request came in
		title, err := s.Services.ServiceTitle(ctx, purpose)
		if err != nil {
			return types.SignInRequest{}, err
		}
		text := httpx.Localized(ctx, title)
		r.Purpose, r.Items = &text, &s.Items
	} else if !s.isMember(row.ClientID) {
		items := signInItems(row.scopes())
		r.Items = &items
	}
	if step == types.SignInRequestStepContinue {
		next := s.resumePath(id)
		r.RedirectTo = &next
	}
	return r, nil
}

// signInItems are the data that a provider gets by a sign-in itself.
func signInItems(scopes []string) []types.ProfileItem {
	items := []types.ProfileItem{}
	if slices.Contains(scopes, "profile") {
		items = append(items, types.ProfileItemGivenName, types.ProfileItemFamilyName)
	}
	if slices.Contains(scopes, "email") {
		items = append(items, types.ProfileItemEmail)
	}
	return items
}

// step says what the caller must do next for a request.
func (s *Service) step(ctx context.Context, row requestRow, c httpx.Caller) (types.SignInRequestStep, error) {
	if !citizen(c) || (row.FreshAfter != nil && c.AuthTime.Before(*row.FreshAfter)) {
		return types.SignInRequestStepSignIn, nil
	}
	purpose, needed := s.consentFor(row)
	if !needed {
		return types.SignInRequestStepContinue, nil
	}
	active, err := s.Accounts.ActiveConsent(ctx, c.AccountID, row.ClientID, purpose)
	if err != nil {
		return "", err
	}
	if active && !row.AskConsent {
		return types.SignInRequestStepContinue, nil
	}
	return types.SignInRequestStepConsent, nil
}

// consentFor names the purpose that a consent is needed for: a service whose data is asked for, or the sign-in itself at
// software that is not a linked portal.
func (s *Service) consentFor(row requestRow) (purpose string, needed bool) {
	if id, ok, _ := purposeOf(row.scopes()); ok { // checked when the request came in
		return id.String(), true
	}
	return purposeSignIn, !s.isMember(row.ClientID)
}

// resumePath leads a browser back into the sign-in, which goes on by itself as far as it can.
func (s *Service) resumePath(id uuid.UUID) string { return loginPath + "?id=" + id.String() }

// ApproveRequest records the caller's consent where one is asked for, and answers where the browser goes on. Who must sign
// in first is refused with 409.
func (s *Service) ApproveRequest(ctx context.Context, id uuid.UUID) (redirectTo string, err error) {
	c := httpx.CallerOf(ctx)
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		row, err := s.request(ctx, id)
		if err != nil {
			return err
		}
		step, err := s.step(ctx, row, c)
		if err != nil {
			return err
		}
		if step == types.SignInRequestStepSignIn {
			return problem.Conflict("sign-in-first", "Bitte melden Sie sich zuerst an.", "Please sign in first.")
		}
		if step == types.SignInRequestStepConsent {
			if err := s.recordConsent(ctx, row, c.AccountID); err != nil {
				return err
			}
		}
		return s.finish(ctx, row, c)
	})
	if err != nil {
		return "", err
	}
	return s.resumePath(id), nil
}

func (s *Service) recordConsent(ctx context.Context, row requestRow, accountID uuid.UUID) error {
	client, ok := s.client(row.ClientID)
	if !ok {
		return errRequestGone
	}
	purpose, _ := s.consentFor(row)
	title, items := map[string]string{"de": "Anmeldung", "en": "Sign-in"}, signInItems(row.scopes())
	if id, ok, _ := purposeOf(row.scopes()); ok {
		var err error
		if title, err = s.Services.ServiceTitle(ctx, id); err != nil {
			return err
		}
		items = s.Items
	}
	return s.Accounts.RecordConsent(ctx, accountID, row.ClientID, client.Name, purpose, title, items)
}

// finish marks a request as answered by the caller, whose session alone may take it further.
func (s *Service) finish(ctx context.Context, row requestRow, c httpx.Caller) error {
	if err := s.insertSubject(ctx, row.ClientID, s.subjectOf(row.ClientID, c.AccountID), c.AccountID); err != nil {
		return err
	}
	return s.answerRequest(ctx, row.ID, c.AccountID, c.SessionID, c.AuthTime, c.TrustLevel)
}

// DenyRequest ends a request and answers the address that tells the client so.
func (s *Service) DenyRequest(ctx context.Context, id uuid.UUID) (redirectTo string, err error) {
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		row, err := s.request(ctx, id)
		if err != nil {
			return err
		}
		redirectTo = s.errorAddress(row, "access_denied")
		return s.deleteRequest(ctx, id)
	})
	return redirectTo, err
}

// errorAddress is where a client learns of an error (RFC 6749 section 4.1.2.1, RFC 9207). The redirect address was checked
// against the client's when the request came in.
func (s *Service) errorAddress(row requestRow, code string) string {
	u, err := url.Parse(row.RedirectURI)
	if err != nil {
		return s.Issuer + "/"
	}
	q := u.Query()
	q.Set("error", code)
	q.Set("iss", s.Issuer)
	if row.State != "" {
		q.Set("state", row.State)
	}
	u.RawQuery = q.Encode()
	return u.String()
}

func (r requestRow) scopes() []string { return strings.Fields(r.Scopes) }

// fresh says from when on the person must have proved who they are, for prompt=login and max_age.
func fresh(now time.Time, maxAge *uint) *time.Time {
	if maxAge == nil {
		return nil
	}
	t := now.Add(-time.Duration(*maxAge) * time.Second)
	return &t
}

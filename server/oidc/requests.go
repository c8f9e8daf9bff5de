package oidc

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/zitadel/oidc/v3/pkg/oidc"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

// openRequest reads a request that waits for an answer, with its client; in a transaction nobody else answers it.
func (s *Service) openRequest(ctx context.Context, id uuid.UUID) (requestRow, *client, error) {
	row, found, err := s.waitingRequest(ctx, id)
	if err != nil {
		return requestRow{}, nil, err
	}
	if !found {
		return requestRow{}, nil, errRequestUnknown()
	}
	c, err := s.client(ctx, row.ClientID)
	if err != nil && !errors.Is(err, errUnknownClient) {
		return requestRow{}, nil, err
	}
	if err != nil { // no longer a member
		return requestRow{}, nil, errRequestUnknown()
	}
	return row, c, nil
}

// PendingRequest says whether a sign-in request waits to be answered.
func (s *Service) PendingRequest(ctx context.Context, id uuid.UUID) (bool, error) {
	_, found, err := s.waitingRequest(ctx, id)
	return found, err
}

// SignInRequest describes a request: who asks, what for, and what the caller of ctx must do next.
func (s *Service) SignInRequest(ctx context.Context, id uuid.UUID) (types.SignInRequest, error) {
	row, c, err := s.openRequest(ctx, id)
	if err != nil {
		return types.SignInRequest{}, err
	}
	next, err := s.stepOf(ctx, c, row, httpx.CallerOf(ctx))
	if err != nil {
		return types.SignInRequest{}, err
	}
	out := types.SignInRequest{Id: id, ClientName: c.name, Step: next}
	if c.url != "" {
		out.ClientUrl = &c.url
	}
	if row.NeededLevel != "" {
		level := types.TrustLevel(row.NeededLevel)
		out.NeededLevel = &level
	}
	title, items, err := s.asks(ctx, c, row)
	if err != nil {
		return types.SignInRequest{}, err
	}
	if purpose, _ := purposeOf(strings.Fields(row.Scopes)); purpose != "" {
		text := httpx.Localized(ctx, title)
		out.Purpose = &text
	} else if len(c.purpose) > 0 {
		text := httpx.Localized(ctx, c.purpose)
		out.Purpose = &text
	}
	out.PrivacyUrl = optional(c.privacyURL)
	if len(items) > 0 {
		out.Items = &items
	}
	if rights := s.rights(c, row); len(rights) > 0 {
		out.Scopes = &rights
	}
	if next == types.SignInRequestStepContinue {
		location := s.Issuer + continuePath + "?id=" + url.QueryEscape(id.String())
		out.RedirectTo = &location
	}
	return out, nil
}

// asks says what a consent to a request is about.
func (s *Service) asks(ctx context.Context, c *client, row requestRow) (title map[string]string, items []types.ProfileItem, err error) {
	scopes := strings.Fields(row.Scopes)
	if purpose, _ := purposeOf(scopes); purpose != "" {
		service := uuid.MustParse(purpose)
		if title, err = s.Services.ServiceTitle(ctx, service); err != nil {
			return nil, nil, err
		}
		items, err = s.Forms.ProfileItems(ctx, service)
		return title, items, err
	}
	title = map[string]string{"de": "Anmeldung bei " + c.name, "en": "Signing in at " + c.name}
	if c.member {
		return title, nil, nil
	}
	if slices.Contains(scopes, scopeProfile) {
		items = append(items, types.ProfileItemGivenName, types.ProfileItemFamilyName)
	}
	if slices.Contains(scopes, scopeEmail) {
		items = append(items, types.ProfileItemEmail)
	}
	return title, items, nil
}

// rights are the scopes to be shown to the person of a provider or app.
func (s *Service) rights(c *client, row requestRow) []string {
	if c.member {
		return nil
	}
	return slices.DeleteFunc(beyondOpenID(strings.Fields(row.Scopes)), func(scope string) bool {
		return scope == scopeProfile || scope == scopeEmail || scope == scopePerson || strings.HasPrefix(scope, scopePurpose)
	})
}

// ApproveRequest goes on with a request for the caller of ctx, records the consent that it asks for, and gives the address
// to go to. Who must sign in first is sign-in-needed (409).
func (s *Service) ApproveRequest(ctx context.Context, id uuid.UUID) (redirectTo string, err error) {
	caller := httpx.CallerOf(ctx)
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		row, c, err := s.openRequest(ctx, id)
		if err != nil {
			return err
		}
		next, err := s.stepOf(ctx, c, row, caller)
		if err != nil {
			return err
		}
		if next == types.SignInRequestStepSignIn {
			return problem.Conflict("sign-in-needed", "Bitte melden Sie sich zuerst mit Ihrem Konto an.", "Please sign in with your account first.")
		}
		if next == types.SignInRequestStepStepUp {
			return problem.Conflict("step-up-needed", "Bitte weisen Sie zuerst Ihre Identität nach.", "Please prove your identity first.")
		}
		if next == types.SignInRequestStepConsent {
			title, items, err := s.asks(ctx, c, row)
			if err != nil {
				return err
			}
			if err := s.Accounts.RecordConsent(ctx, caller.AccountID, c.id, c.name, consentPurpose(c, row), title, items); err != nil {
				return err
			}
		}
		redirectTo, err = s.complete(ctx, row, caller)
		return err
	})
	return redirectTo, err
}

// DenyRequest refuses a request and gives the address that tells the client.
func (s *Service) DenyRequest(ctx context.Context, id uuid.UUID) (redirectTo string, err error) {
	if !isCitizen(httpx.CallerOf(ctx)) {
		return "", problem.Unauthorized("not-signed-in", "Bitte melden Sie sich an.", "Please sign in.")
	}
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		row, _, err := s.openRequest(ctx, id)
		if err != nil {
			return err
		}
		redirectTo = s.errorURL(row.RedirectURI, row.State, string(oidc.AccessDenied), "")
		return s.deleteRequest(ctx, id)
	})
	return redirectTo, err
}

func errRequestUnknown() error {
	return problem.NotFound("sign-in-request-unknown", "Diese Anmeldung ist abgelaufen oder wurde schon abgeschlossen.", "This sign-in has run out or is complete already.").
		With(problem.Text{De: "Bitte beginnen Sie noch einmal an dem Portal, von dem Sie kamen.", En: "Please begin again at the portal you came from."})
}

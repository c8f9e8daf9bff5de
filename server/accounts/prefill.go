package accounts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

// Prefill gives the caller's data for a form of a service, read at this moment: from the own store at their account home,
// else from that home with a token for just this purpose. Without a consent it says how to give one; the address
// it names takes a returnTo parameter, which the client appends. Nothing is kept here. An account home that cannot be
// reached is 503.
func (s *Service) Prefill(ctx context.Context, serviceID uuid.UUID) (types.Prefill, error) {
	c := httpx.CallerOf(ctx)
	if c.IsStaff() || c.Person.Subject == "" {
		return types.Prefill{}, errStaff()
	}
	if _, err := s.rooms.Services.ServiceTitle(ctx, serviceID); err != nil {
		return types.Prefill{}, err
	}
	if c.Acting != nil {
		return s.prefillForAnother(ctx, c.Acting.PowerID, serviceID)
	}
	home, elsewhere := s.elsewhere(ctx)
	if !elsewhere {
		return s.prefillHere(ctx, serviceID)
	}
	token, ok, err := s.rooms.Purposes.PurposeToken(ctx, serviceID)
	if err != nil {
		return types.Prefill{}, err
	}
	if !ok {
		return s.consentNeeded(ctx, serviceID)
	}
	data, ok, err := s.readAtHome(ctx, home, token)
	if err != nil {
		return types.Prefill{}, err
	}
	if !ok { // withdrawn, or the token has run out
		if err := s.rooms.Purposes.DropPurpose(ctx, serviceID); err != nil {
			return types.Prefill{}, err
		}
		return s.consentNeeded(ctx, serviceID)
	}
	return s.available(ctx, data), nil
}

func (s *Service) prefillHere(ctx context.Context, serviceID uuid.UUID) (types.Prefill, error) {
	id, err := s.citizen(ctx)
	if err != nil {
		return types.Prefill{}, err
	}
	data, _, err := s.read(ctx, id, s.Self.Id, serviceID.String())
	if problem.Is(err, "consent-missing") {
		p, err := s.consentNeeded(ctx, serviceID)
		p.ConsentUrl = nil // given here: POST /api/v1/account/consents
		return p, err
	}
	if err != nil {
		return types.Prefill{}, err
	}
	return s.available(ctx, data), nil
}

// prefillForAnother gives the data of the person for whom the session acts, as far as their power of attorney allows.
func (s *Service) prefillForAnother(ctx context.Context, powerID, serviceID uuid.UUID) (types.Prefill, error) {
	data, ok, err := s.rooms.Powers.Profile(ctx, powerID, serviceID)
	if err != nil {
		return types.Prefill{}, err
	}
	if !ok {
		return types.Prefill{State: types.NotAllowed, Origin: s.origin(ctx)}, nil
	}
	return s.available(ctx, data), nil
}

// origin is where the caller's data is.
func (s *Service) origin(ctx context.Context) types.PortalReference {
	home, _ := s.elsewhere(ctx)
	return home
}

func (s *Service) available(ctx context.Context, data types.Profile) types.Prefill {
	return types.Prefill{State: types.Available, Origin: s.origin(ctx), Profile: &data}
}

func (s *Service) consentNeeded(ctx context.Context, serviceID uuid.UUID) (types.Prefill, error) {
	items, err := s.rooms.Forms.ProfileItems(ctx, serviceID)
	if err != nil {
		return types.Prefill{}, err
	}
	address := "/api/v1/signin/start?serviceId=" + url.QueryEscape(serviceID.String())
	return types.Prefill{State: types.ConsentNeeded, Origin: s.origin(ctx), ConsentUrl: &address, Items: &items}, nil
}

// readAtHome asks the caller's account home. ok is false when it refuses the token.
func (s *Service) readAtHome(ctx context.Context, home types.PortalReference, token string) (data types.Profile, ok bool, err error) {
	if home.Url == "" { // it has just ceased to be one
		return data, false, s.homeUnavailable(errors.New("not an account home of the association"))
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, home.Url+"/api/v1/account/profile", nil)
	if err != nil {
		return data, false, fmt.Errorf("read at the account home: %w", err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Accept", "application/json")
	response, err := s.Client.Do(r)
	if err != nil {
		return data, false, s.homeUnavailable(err)
	}
	defer func() { _ = response.Body.Close() }()
	switch response.StatusCode {
	case http.StatusOK:
	case http.StatusUnauthorized, http.StatusForbidden:
		return data, false, nil
	default:
		return data, false, s.homeUnavailable(fmt.Errorf("answered %s", response.Status))
	}
	if err := json.NewDecoder(response.Body).Decode(&data); err != nil {
		return types.Profile{}, false, s.homeUnavailable(err)
	}
	return data, true, nil
}

func (s *Service) homeUnavailable(cause error) error {
	return problem.Unavailable("account-home-unreachable", "Ihr Konto ist gerade nicht erreichbar.", "Your account cannot be reached at the moment.").
		With(problem.Text{
			De: "Sie können das Formular selbst ausfüllen oder es später noch einmal versuchen.",
			En: "You can fill in the form yourself, or try again later.",
		}).Because(cause)
}

package accounts

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

// organisationOrigin says where the data of an organisation come from.
type organisationOrigin struct {
	Provider string    `json:"provider"`
	Level    string    `json:"level"`
	At       time.Time `json:"at"`
}

// UpdateOrganisation writes what an identity provider says of an organisation now, and how well it was proved.
func (s *Service) UpdateOrganisation(ctx context.Context, id uuid.UUID, provider, level string, organisation map[string]string) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		row, p, err := s.lockedProfile(ctx, id)
		if err != nil {
			return err
		}
		p.Organisation, p.OrganisationFrom = organisation, &organisationOrigin{Provider: provider, Level: level, At: s.Now()}
		_, err = s.storeProfile(ctx, row, p)
		return err
	})
}

// Organisation describes the organisation that the caller acts for, and who acts for it now; a person's account is 404.
func (s *Service) Organisation(ctx context.Context) (types.OrganisationAccount, error) {
	id, err := s.citizen(ctx)
	if err != nil {
		return types.OrganisationAccount{}, err
	}
	row, err := s.account(ctx, id)
	if err != nil {
		return types.OrganisationAccount{}, err
	}
	p, err := s.openProfile(row)
	if err != nil {
		return types.OrganisationAccount{}, err
	}
	if p.Organisation == nil {
		return types.OrganisationAccount{}, problem.NotFound("not-an-organisation", "Das ist kein Konto einer Organisation.", "This is not the account of an organisation.")
	}
	acting, err := s.acting(ctx)
	if err != nil {
		return types.OrganisationAccount{}, err
	}
	item := func(name string) *string {
		if text := p.Organisation[name]; text != "" {
			return &text
		}
		return nil
	}
	out := types.OrganisationAccount{
		Name: p.displayName(), LegalForm: item("legalForm"), RegisterKind: item("registerKind"), RegisterNumber: item("registerNumber"), RegisterCourt: item("registerCourt"),
		Street: item("street"), HouseNumber: item("houseNumber"), PostalCode: item("postalCode"), City: item("city"), Acting: acting,
	}
	if row.Email != "" {
		out.Email = &row.Email
	}
	if from := p.OrganisationFrom; from != nil {
		out.Origin = types.OrganisationOrigin{Provider: from.Provider, Verified: httpx.LevelRank(from.Level) >= httpx.LevelRank(string(types.Substantial)), At: &from.At}
	}
	return out, nil
}

// acting names who is signed in for the caller's organisation, each once: whoever asks first, then by name.
func (s *Service) acting(ctx context.Context) ([]types.ActingPerson, error) {
	sessions, err := s.rooms.Sessions.ListSessions(ctx)
	if err != nil {
		return nil, err
	}
	out := []types.ActingPerson{}
	for _, session := range sessions {
		if session.ActsFor == nil {
			continue
		}
		i := slices.IndexFunc(out, func(known types.ActingPerson) bool { return known.Name == session.ActsFor.Person })
		if i < 0 {
			out = append(out, types.ActingPerson{Name: session.ActsFor.Person, Current: session.Current, Since: session.CreatedAt})
			continue
		}
		out[i].Current = out[i].Current || session.Current
		out[i].Since = session.CreatedAt // the newest come first
	}
	slices.SortStableFunc(out, func(a, b types.ActingPerson) int {
		if a.Current != b.Current {
			if a.Current {
				return -1
			}
			return 1
		}
		return strings.Compare(a.Name, b.Name)
	})
	return out, nil
}

// errOrganisation is told to who would change the data of an organisation by hand.
func errOrganisation() error {
	return problem.NotFound("organisation-account", "Das Konto einer Organisation hat keine Angaben zu einer Person.", "The account of an organisation has no data of a person.").
		With(problem.Text{De: "Die Angaben zur Organisation übernehmen wir bei jeder Anmeldung.", En: "The data of the organisation are taken over at each sign-in."})
}

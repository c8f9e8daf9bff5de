package identity

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

// Identities gives what is linked with the account that is signed in.
func (s *Service) Identities(ctx context.Context) ([]types.Identity, error) {
	account, err := citizen(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := s.linksOf(ctx, account)
	if err != nil {
		return nil, err
	}
	out := []types.Identity{}
	for _, row := range rows {
		entry := types.Identity{
			Id: row.ID, Level: types.TrustLevel(row.Level), LinkedAt: row.LinkedAt, LastUsedAt: row.LastUsedAt, TakenOverAt: row.TakenOverAt,
			Provider: types.IdentityProvider{Id: row.Provider, Name: row.Provider, Subjects: types.SubjectPerson, Levels: []types.TrustLevel{}},
		}
		if p, err := s.provider(row.Provider); err == nil { // else it is no longer configured
			entry.Provider = p.describe(ctx)
		}
		if row.Items != "" {
			items := []types.ProfileItem{}
			for _, item := range strings.Fields(row.Items) {
				items = append(items, types.ProfileItem(item))
			}
			entry.Items = &items
		}
		out = append(out, entry)
	}
	return out, nil
}

// Unlink unlinks an identity from the account that is signed in, whose proof must be fresh. The last way to sign in stays (409).
func (s *Service) Unlink(ctx context.Context, id uuid.UUID) error {
	account, err := citizen(ctx)
	if err != nil {
		return err
	}
	if err := httpx.CallerOf(ctx).CheckRecentProof(s.Now()); err != nil {
		return err
	}
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		rows, err := s.linksOf(ctx, account)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(rows, func(row linkRow) bool { return row.ID == id })
		if i < 0 {
			return problem.NotFound("identity-unknown", "Diese Verknüpfung gibt es nicht.", "There is no such link.")
		}
		stays, err := s.otherWayIn(ctx, account, len(rows)-1)
		if err != nil {
			return err
		}
		if !stays {
			return problem.Conflict("last-way-in", "Ohne diese Verknüpfung könnten Sie sich nicht mehr anmelden.", "Without this link you could not sign in any more.").
				With(problem.Text{De: "Richten Sie zuerst einen Passkey oder ein Passwort ein.", En: "First add a passkey or a password."})
		}
		if err := s.deleteLink(ctx, id); err != nil {
			return err
		}
		name := problem.Text{De: rows[i].Provider, En: rows[i].Provider}
		if p, err := s.provider(rows[i].Provider); err == nil {
			name = problem.Text{De: p.nameIn("de"), En: p.nameIn("en")}
		}
		return s.rooms.Accounts.CredentialChanged(ctx, account, problem.Text{
			De: "Ihr Konto ist nicht mehr mit " + name.De + " verknüpft.", En: "Your account is no longer linked with " + name.En + ".",
		})
	})
}

// otherWayIn says whether an account can be signed in to without one of its identities.
func (s *Service) otherWayIn(ctx context.Context, account uuid.UUID, otherIdentities int) (bool, error) {
	if otherIdentities > 0 {
		return true, nil
	}
	if has, err := s.rooms.Accounts.HasPassword(ctx, account); err != nil || has {
		return has, err
	}
	return s.rooms.Credentials.HasPasskey(ctx, account)
}

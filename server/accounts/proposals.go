package accounts

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

const (
	// kindProposal is the message by which a portal hands answers that a person wants to keep to the account home.
	kindProposal = "account.proposal"
	sealProposal = "accounts/proposal"
	// proposalLife is how long a proposal waits.
	proposalLife = 30 * 24 * time.Hour
	// maxProposals is how many of one person wait at once.
	maxProposals = 20
)

// KeepAnswers keeps answers that the caller gave for a service: in the profile at the account home, else as a proposal that
// is on its way there. A mail address is never among them: it is changed by itself.
func (s *Service) KeepAnswers(ctx context.Context, k types.KeptAnswers) (types.KeptAnswersStateState, error) {
	c := httpx.CallerOf(ctx)
	if c.IsStaff() || c.Person.Subject == "" {
		return "", errStaff()
	}
	if c.Acting != nil {
		return "", problem.Conflict("acting-for-another", "Sie handeln gerade für eine andere Person.", "You are acting for somebody else at the moment.").
			With(problem.Text{De: "Angaben über sie gehören nicht in Ihr Profil.", En: "What is about them does not belong in your profile."})
	}
	title, err := s.rooms.Services.ServiceTitle(ctx, k.ServiceId)
	if err != nil {
		return "", err
	}
	if _, elsewhere := s.elsewhere(ctx); !elsewhere {
		id, err := s.citizen(ctx)
		if err != nil {
			return "", err
		}
		_, _, err = s.takeOver(ctx, id, k.Data, nil, itemOrigin{Origin: types.Self, At: s.Now()})
		return types.Kept, err
	}
	check := types.ProfileData{GivenName: "-", FamilyName: "-"}
	if check, err = (profile{ProfileData: check}).with(k.Data, nil); err != nil {
		return "", err
	}
	if err := s.checkProfile(&check); err != nil {
		return "", err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return "", fmt.Errorf("make id: %w", err)
	}
	m := types.MessageProposal{Id: id, Person: c.Person.Subject, Purpose: title, At: s.Now(), Data: k.Data}
	if _, err := s.rooms.Messages.Send(ctx, c.Person.Issuer, kindProposal, id, m); err != nil {
		return "", fmt.Errorf("propose answers: %w", err)
	}
	return types.Proposed, nil
}

// takeOver puts some items into a profile, whatever its revision, and gives it with its ETag.
func (s *Service) takeOver(ctx context.Context, id uuid.UUID, part types.ProfilePart, only []types.ProfileItem, origin itemOrigin) (out types.Profile, tag string, err error) {
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		row, err := s.lockedAccount(ctx, id)
		if err != nil {
			return err
		}
		p, err := s.openProfile(row)
		if err != nil {
			return err
		}
		data, err := p.with(part, only)
		if err != nil {
			return err
		}
		if err := s.checkProfile(&data); err != nil {
			return err
		}
		if origin.Verified {
			p, err = p.verified(data, part, origin)
		} else {
			p, err = p.changed(data, origin)
		}
		if err != nil {
			return err
		}
		if row.Revision, err = s.storeProfile(ctx, row, p); err != nil {
			return err
		}
		out, err = pick(row.Email, p, Items())
		tag = etag(row.Revision)
		return err
	})
	return out, tag, err
}

// verified gives the profile with items that somebody vouches for, also those that stay the same.
func (p profile) verified(data types.ProfileData, part types.ProfilePart, origin itemOrigin) (profile, error) {
	next, err := p.changed(data, itemOrigin{Origin: origin.Origin, At: origin.At, By: origin.By})
	if err != nil {
		return p, err
	}
	given, err := parts(part)
	for item := range given {
		next.Origins[item] = origin
	}
	return next, err
}

// TakeOverVerified puts data into an account's profile that a national account or an authority vouches for: origin is
// bundid, muk or authority, by the authority's name. Items that it does not name stay as they are. In ctx's transaction.
func (s *Service) TakeOverVerified(ctx context.Context, id uuid.UUID, origin types.ItemOriginOrigin, by string, part types.ProfilePart) error {
	_, _, err := s.takeOver(ctx, id, part, nil, itemOrigin{Origin: origin, Verified: true, At: s.Now(), By: by})
	return err
}

// receiveProposal keeps a proposal of a linked portal for the person that it means.
func (s *Service) receiveProposal(ctx context.Context, from string, payload json.RawMessage) error {
	var m types.MessageProposal
	if err := json.Unmarshal(payload, &m); err != nil || m.Id == uuid.Nil {
		return problem.Unprocessable("message-invalid", "Die Nachricht ist nicht lesbar.", "The message cannot be read.").Because(err)
	}
	account, err := s.rooms.Subjects.AccountOf(ctx, from, m.Person)
	if err != nil {
		return fmt.Errorf("find account: %w", err)
	}
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("make id: %w", err)
	}
	text, err := json.Marshal(m.Data)
	if err != nil {
		return fmt.Errorf("seal proposal: %w", err)
	}
	sealed, err := s.Keys.Seal(sealProposal, text, id[:])
	if err != nil {
		return err
	}
	return s.insertProposal(ctx, proposalRow{
		ID: id, AccountID: account, Origin: from, EntryID: m.Id, FromName: s.nameOf(from), Purpose: m.Purpose, Data: sealed,
		At: s.notLater(m.At), ExpiresAt: s.Now().Add(proposalLife),
	})
}

// nameOf names a linked portal.
func (s *Service) nameOf(portal string) string {
	if member, ok := s.rooms.Portals.Member(portal); ok {
		return member.Name
	}
	return portal
}

// notLater is a time that another portal gives: its clock may be ahead.
func (s *Service) notLater(at time.Time) time.Time {
	if now := s.Now(); at.After(now) {
		return now
	}
	return at
}

// Proposals lists what waits to be taken over into the caller's profile, newest first.
func (s *Service) Proposals(ctx context.Context) ([]types.Proposal, error) {
	id, err := s.citizen(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := s.proposals(ctx, id)
	if err != nil {
		return nil, err
	}
	out := make([]types.Proposal, 0, len(rows))
	for _, row := range rows {
		part, err := s.openProposal(row)
		if err != nil {
			return nil, err
		}
		items, err := parts(part)
		if err != nil {
			return nil, err
		}
		p := types.Proposal{Id: row.ID, From: row.FromName, Purpose: httpx.Localized(ctx, row.Purpose), At: row.At}
		if err := joined(items, &p.Data); err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

func (s *Service) openProposal(row proposalRow) (part types.ProfilePart, err error) {
	text, err := s.Keys.Open(sealProposal, row.Data, row.ID[:])
	if err != nil {
		return part, err
	}
	if err := json.Unmarshal(text, &part); err != nil {
		return part, fmt.Errorf("read proposal: %w", err)
	}
	return part, nil
}

// AcceptProposal takes items of a proposal over into the caller's profile, and ends the proposal. Somebody else's is unknown (404).
func (s *Service) AcceptProposal(ctx context.Context, proposalID uuid.UUID, items []types.ProfileItem) (out types.Profile, tag string, err error) {
	id, err := s.citizen(ctx)
	if err != nil {
		return out, "", err
	}
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		row, err := s.takeProposal(ctx, id, proposalID)
		if err != nil {
			return err
		}
		part, err := s.openProposal(row)
		if err != nil {
			return err
		}
		out, tag, err = s.takeOver(ctx, id, part, items, itemOrigin{Origin: types.Self, At: s.Now()})
		return err
	})
	return out, tag, err
}

// DiscardProposal ends a proposal without taking anything over. Somebody else's is unknown (404).
func (s *Service) DiscardProposal(ctx context.Context, proposalID uuid.UUID) error {
	id, err := s.citizen(ctx)
	if err != nil {
		return err
	}
	_, err = s.takeProposal(ctx, id, proposalID)
	return err
}

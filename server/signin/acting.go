package signin

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
)

// actingIn says for whom a session acts: not after the power's end, and not once the account home has said that it no longer counts.
func (s *Service) actingIn(row sessionRow, p person) *httpx.Acting {
	if p.Acting == nil || row.ActingPower == nil || *row.ActingPower != p.Acting.PowerID || !s.Now().Before(p.Acting.Until) {
		return nil
	}
	return p.Acting
}

func (p person) acting() *types.ActsFor {
	if p.Acting == nil {
		return nil
	}
	kind := types.ActingPower
	if p.Acting.Kind == string(types.PowerHelp) {
		kind = types.ActingHelp
	}
	return &types.ActsFor{Name: p.Acting.Name, Person: p.Name, Kind: &kind, PowerId: &p.Acting.PowerID, ValidUntil: &p.Acting.Until}
}

// keepActing keeps for whom a session acts when the same person proves themselves again in it.
func (s *Service) keepActing(row *sessionRow, p *person, old sessionRow) error {
	if old.ActingPower == nil {
		return nil
	}
	before, err := s.openPerson(old)
	if err != nil {
		return err
	}
	row.ActingPower, p.Acting = old.ActingPower, before.Acting
	return nil
}

// StartActing has the caller's session act for who granted them a power, which is read at the account home now; one that is not in force,
// or not theirs, is unknown (404).
func (s *Service) StartActing(ctx context.Context, powerID uuid.UUID) (types.Session, error) {
	power, until, err := s.rooms.Powers.Held(ctx, powerID)
	if err != nil {
		return types.Session{}, err
	}
	return s.act(ctx, &httpx.Acting{PowerID: power.Id, Kind: string(power.Kind), Name: power.Principal, Until: until})
}

// StopActing has the caller's session act for nobody else any more.
func (s *Service) StopActing(ctx context.Context) (types.Session, error) {
	return s.act(ctx, nil)
}

func (s *Service) act(ctx context.Context, acting *httpx.Acting) (state types.Session, err error) {
	c := httpx.CallerOf(ctx)
	if c.Kind != httpx.SessionCaller {
		return state, errNotSignedIn()
	}
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		row, found, err := s.lockedSession(ctx, c.SessionID)
		if err != nil {
			return err
		}
		if !found {
			return errNotSignedIn()
		}
		who, err := s.openPerson(row)
		if err != nil {
			return err
		}
		who.Acting, row.ActingPower = acting, nil
		if acting != nil {
			row.ActingPower = &acting.PowerID
		}
		if row.Sealed, err = s.sealPerson(row.ID, who); err != nil {
			return err
		}
		state = s.describe(row, who, c.CSRFToken)
		return s.storeSession(ctx, row)
	})
	return state, err
}

// PowerEnded has no session act by a power any more, in ctx's transaction. Only the account home that people come from says so.
func (s *Service) PowerEnded(ctx context.Context, issuer string, powerID uuid.UUID, _ time.Time) error {
	err := s.DB.From(ctx).Exec("UPDATE sessions SET acting_power = NULL WHERE acting_power = ? AND issuer = ?", powerID, issuer).Error
	if err != nil {
		return fmt.Errorf("end acting: %w", err)
	}
	return nil
}

package powers

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

const path = "/api/v1/account/powers/"

// actor is who acts, and where.
type actor struct {
	account uuid.UUID
	level   string // of their sign-in
	portal  string // entity id
}

// actor gives who calls: at the account home with a session, or at a linked portal with its token.
func (s *Service) actor(ctx context.Context) (actor, error) {
	c := httpx.CallerOf(ctx)
	a := actor{account: c.AccountID, level: c.TrustLevel, portal: s.Self.Id}
	switch {
	case !s.IsHome:
		return a, errNotHome
	case c.AccountID == uuid.Nil:
		return a, problem.Unauthorized("not-signed-in", "Bitte melden Sie sich an.", "Please sign in.")
	case c.IsStaff():
		return a, errStaff()
	case c.Kind == httpx.SessionCaller:
		return a, nil
	}
	if _, member := s.Portals.Member(c.ClientID); !member {
		return a, problem.Forbidden("portal-needed", "Das können nur verbundene Portale.", "Only linked portals can do this.")
	}
	a.portal = c.ClientID
	return a, nil
}

// ActingFor lists the powers in force that the caller holds: from the own store at their account home, else read there now.
func (s *Service) ActingFor(ctx context.Context) ([]types.Power, error) {
	if c := httpx.CallerOf(ctx); c.IsStaff() || c.Kind == httpx.SessionCaller && c.Person.Subject == "" {
		return nil, errStaff()
	}
	if s.elsewhere(ctx) {
		var list types.PowerList
		err := s.AtHome.Ask(ctx, http.MethodGet, path+"received", nil, &list)
		return list.Items, err
	}
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := s.held(ctx, a.account)
	if err != nil {
		return nil, err
	}
	return s.list(ctx, rows, a.account)
}

// Held gives one of the powers in force that the caller holds; any other is unknown (404).
func (s *Service) Held(ctx context.Context, id uuid.UUID) (types.Power, time.Time, error) {
	list, err := s.ActingFor(ctx)
	if err != nil {
		return types.Power{}, time.Time{}, err
	}
	i := slices.IndexFunc(list, func(p types.Power) bool { return p.Id == id })
	if i < 0 {
		return types.Power{}, time.Time{}, errUnknown
	}
	return list[i], endOf(list[i].ValidUntil.Time), nil
}

// Use checks, at the caller's account home and at this moment, that the caller may do something by a power, and gives the proof. Refused (403)
// are: a power that does not count now, another service, a trust level too low of the power or of the caller, and all but filling in
// for helpers. Somebody else's power is unknown (404).
func (s *Service) Use(ctx context.Context, id uuid.UUID, use types.PowerUse) (types.PowerProof, error) {
	if s.elsewhere(ctx) {
		var p types.PowerProof
		err := s.AtHome.Ask(ctx, http.MethodPost, path+id.String()+"/uses", use, &p)
		return p, err
	}
	a, err := s.actor(ctx)
	if err != nil {
		return types.PowerProof{}, err
	}
	same, groups, err := s.Services.Belongs(ctx, use.ServiceId)
	if err != nil {
		return types.PowerProof{}, err
	}
	titles, err := s.Services.ServiceTitles(ctx, []uuid.UUID{use.ServiceId})
	if err != nil {
		return types.PowerProof{}, err
	}
	var out types.PowerProof
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		r, err := one(s.DB.From(ctx).Raw("SELECT * FROM powers WHERE id = ? AND representative_id = ? FOR SHARE", id, a.account))
		if err != nil {
			return err
		}
		if err := s.allows(r, a, use, same, groups); err != nil {
			return err
		}
		if out, err = s.prove(ctx, r, a, use); err != nil || use.Act == types.ActBegin {
			return err
		}
		return s.note(ctx, r, a, use, titles[use.ServiceId])
	})
	return out, err
}

// allows says why a power does not allow something; nil when it does.
func (s *Service) allows(r row, a actor, use types.PowerUse, same []uuid.UUID, groups []string) error {
	if state := r.stateAt(s.Now()); state != types.PowerActive {
		return errEnded(state)
	}
	if !r.covers(same, groups) {
		return errScope()
	}
	if r.Kind == types.PowerHelp {
		if use.Act != types.ActBegin && use.Act != types.ActHandOver {
			return errHelper()
		}
		return nil // the person submits, at their own level
	}
	needed := httpx.LevelRank(string(use.NeededLevel))
	if use.Act == types.ActBegin { // filling in is for everybody: the level is asked for at submission
		return nil
	}
	if httpx.LevelRank(string(r.TrustLevel)) < needed {
		return errPowerLevel()
	}
	if httpx.LevelRank(a.level) < needed {
		return errLevel()
	}
	return nil
}

// note keeps that a power was used.
func (s *Service) note(ctx context.Context, r row, a actor, use types.PowerUse, title map[string]string) error {
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("make id: %w", err)
	}
	if title == nil {
		title = map[string]string{}
	}
	u := useRow{ID: id, PowerID: r.ID, At: s.Now(), Act: use.Act, Portal: a.portal, ServiceTitle: title, ApplicationID: use.ApplicationId}
	if err := s.DB.From(ctx).Create(&u).Error; err != nil {
		return fmt.Errorf("write use of power: %w", err)
	}
	return nil
}

// Profile gives the data of the person for whom the caller acts, as far as the power allows and the forms of the service ask for it; nothing
// when it allows none (ok is false). The read is in the access logs of both.
func (s *Service) Profile(ctx context.Context, id, serviceID uuid.UUID) (data types.Profile, ok bool, err error) {
	if s.elsewhere(ctx) {
		err := s.AtHome.Ask(ctx, http.MethodGet, path+id.String()+"/profile?"+url.Values{"serviceId": {serviceID.String()}}.Encode(), nil, &data)
		if problem.Is(err, errNoItems().Code) {
			return data, false, nil
		}
		return data, err == nil, err
	}
	data, err = s.profile(ctx, id, serviceID)
	if problem.Is(err, errNoItems().Code) {
		return data, false, nil
	}
	return data, err == nil, err
}

func errNoItems() *problem.Error {
	return problem.Forbidden("power-no-data", "Die Vollmacht erlaubt nicht, Daten aus dem Konto zu übernehmen.", "The power of attorney does not allow to take over data of the account.")
}

// profile reads at this account home.
func (s *Service) profile(ctx context.Context, id, serviceID uuid.UUID) (data types.Profile, err error) {
	a, err := s.actor(ctx)
	if err != nil {
		return data, err
	}
	same, groups, err := s.Services.Belongs(ctx, serviceID)
	if err != nil {
		return data, err
	}
	titles, err := s.Services.ServiceTitles(ctx, []uuid.UUID{serviceID})
	if err != nil {
		return data, err
	}
	asked, err := s.Forms.ProfileItems(ctx, serviceID)
	if err != nil {
		return data, err
	}
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		r, err := one(s.DB.From(ctx).Raw("SELECT * FROM powers WHERE id = ? AND representative_id = ? FOR SHARE", id, a.account))
		if err != nil {
			return err
		}
		if err := s.allows(r, a, types.PowerUse{Act: types.ActBegin, ServiceId: serviceID}, same, groups); err != nil {
			return err
		}
		items := slices.DeleteFunc(r.items(), func(item types.ProfileItem) bool { return !slices.Contains(asked, item) })
		if len(items) == 0 {
			return errNoItems()
		}
		data, err = s.Accounts.ReadForRepresentative(ctx, r.PrincipalID, a.account, s.portalName(a.portal), serviceID.String(), titles[serviceID], items)
		return err
	})
	return data, err
}

// spread tells all portals where the representative is known, and this one, that a power no longer counts, in ctx's transaction.
func (s *Service) spread(ctx context.Context, representative uuid.UUID, m types.MessagePowerEnded) error {
	for _, l := range s.listeners {
		if err := l.PowerEnded(ctx, s.Self.Id, m.PowerId, m.At); err != nil {
			return err
		}
	}
	subjects, err := s.Subjects.SubjectsOf(ctx, representative)
	if err != nil {
		return err
	}
	for client := range subjects {
		if _, member := s.Portals.Member(client); !member || client == s.Self.Id {
			continue
		}
		if _, err := s.Messages.Send(ctx, client, kindEnded, m.PowerId, m); err != nil {
			return fmt.Errorf("tell of ended power: %w", err)
		}
	}
	return nil
}

// receiveEnded takes the word of the account home that a power no longer counts.
func (s *Service) receiveEnded(ctx context.Context, from string, payload json.RawMessage) error {
	var m types.MessagePowerEnded
	if err := json.Unmarshal(payload, &m); err != nil || m.PowerId == uuid.Nil || m.At.IsZero() {
		return problem.Unprocessable("message-invalid", "Die Nachricht ist nicht lesbar.", "The message cannot be read.").Because(err)
	}
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		for _, l := range s.listeners {
			if err := l.PowerEnded(ctx, from, m.PowerId, m.At); err != nil {
				return err
			}
		}
		return nil
	})
}

package association

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"portalverbund/server/federation/chain"
	"portalverbund/server/platform/problem"
)

// Told takes a signed request of a portal about its membership and answers where it stands. The key that signs must be
// one that the portal publishes; once it is a member, one that it is known by.
func (s *Service) Told(ctx context.Context, text string) (Answer, error) {
	malformed := problem.BadRequest("request-malformed", "Die Anfrage hat nicht die erwartete Form.", "The request does not have the expected form.")
	var r request
	if err := chain.Peek(text, typMembership, &r); err != nil {
		return Answer{}, malformed.Because(err)
	}
	now := s.now()
	switch {
	case chain.CheckID(r.Issuer) != nil || r.Issuer == s.id || r.ID == "" || len(r.ID) > 100:
		return Answer{}, malformed
	case r.Act != actAsk && r.Act != actStatus && r.Act != actLeave:
		return Answer{}, malformed
	case r.Audience != s.id:
		return Answer{}, problem.Forbidden("wrong-recipient", "Die Anfrage ist an ein anderes Portal gerichtet.", "The request is for another portal.")
	case time.Unix(r.IssuedAt, 0).After(now.Add(chain.ClockSkew)), r.Expires-r.IssuedAt > int64(requestLife/time.Second), !now.Add(-chain.ClockSkew).Before(time.Unix(r.Expires, 0)):
		return Answer{}, problem.Unauthorized("request-expired", "Die Zeit der Anfrage passt nicht. Geht die Uhr richtig?", "The request's time does not fit. Is the clock right?")
	case !s.isAnchor():
		return Answer{}, problem.Conflict("not-an-anchor", "Dieses Portal gehört selbst einem Verbund an und kann niemanden aufnehmen.", "This portal belongs to an association itself and can admit nobody.")
	}
	row, err := s.store.member(ctx, r.Issuer)
	if err != nil {
		return Answer{}, wrapped("request for membership", err)
	}
	jwks, err := s.proveRequest(ctx, text, r, row)
	if err != nil {
		return Answer{}, err
	}
	switch r.Act {
	case actAsk:
		row, err = s.takeAsking(ctx, r, row, jwks)
	case actLeave:
		row, err = s.takeLeaving(ctx, row, r)
	}
	if err != nil {
		return Answer{}, err
	}
	if row == nil {
		return Answer{}, problem.NotFound("not-asked", "Dieses Portal hat nicht um Aufnahme gebeten.", "This portal has not asked to be admitted.")
	}
	return Answer{State: row.State, Reason: row.Reason, Title: s.config.Title}, nil
}

// proveRequest checks the signature: by the keys that are known of the portal, or for a new one by those that it publishes.
func (s *Service) proveRequest(ctx context.Context, text string, r request, row *memberRow) ([]byte, error) {
	refused := problem.Unauthorized("signature-invalid", "Die Unterschrift der Anfrage ist nicht gültig.", "The request's signature is not valid.")
	if row != nil && (r.Act != actAsk || row.State == Joined) {
		set, err := row.keys()
		if err != nil {
			return nil, err
		}
		if err := chain.VerifyAs(text, typMembership, set, &r); err != nil {
			return nil, refused.Because(err)
		}
		return row.JWKS, nil
	}
	if r.Act != actAsk {
		return nil, problem.NotFound("not-asked", "Dieses Portal hat nicht um Aufnahme gebeten.", "This portal has not asked to be admitted.")
	}
	statement, err := s.lookAt(ctx, r.Issuer)
	if err != nil {
		return nil, problem.Unprocessable("portal-unreachable", "Das anfragende Portal ist unter seiner Adresse von hier aus nicht erreichbar.", "The asking portal cannot be reached at its address from here.").Because(err)
	}
	if err := chain.VerifyAs(text, typMembership, statement.Keys, &r); err != nil {
		return nil, refused.Because(err)
	}
	return json.Marshal(statement.Keys)
}

// takeAsking keeps a request until somebody decides.
func (s *Service) takeAsking(ctx context.Context, r request, known *memberRow, jwks []byte) (*memberRow, error) {
	p := Profile{Name: strings.TrimSpace(r.Name), Kind: r.Kind, Areas: r.Areas, Roles: cleanRoles(r.Roles)}
	if err := checkProfile(p); err != nil {
		return nil, err
	}
	if known != nil && known.State == Joined {
		return known, nil
	}
	row := memberRow{
		ID: uuid.Must(uuid.NewV7()), Entity: r.Issuer, State: Asked, Name: p.Name, Kind: p.Kind, Areas: p.Areas, Roles: p.Roles, JWKS: jwks,
		Words: short(r.Words), AskedAt: s.now(),
	}
	if known != nil {
		row.ID = known.ID
	}
	return &row, s.store.db.Tx(ctx, func(ctx context.Context) error {
		if err := s.store.lock(ctx, "association askings"); err != nil {
			return err
		}
		now, err := s.store.member(ctx, r.Issuer)
		if err != nil {
			return err
		}
		if now != nil && now.State == Joined { // admitted in the meantime
			row = *now
			return nil
		}
		n, err := s.store.countAsked(ctx)
		if err != nil {
			return err
		}
		if n >= maxOpenAskings && (known == nil || known.State != Asked) {
			return problem.TooMany(time.Hour)
		}
		if err := s.store.saveMember(ctx, row); err != nil {
			return err
		}
		if err := s.config.Audit.Record(ctx, "association.asked", "portal:"+r.Issuer, ""); err != nil {
			return err
		}
		return s.store.changed(ctx)
	})
}

func (s *Service) takeLeaving(ctx context.Context, known *memberRow, r request) (*memberRow, error) {
	if known == nil || known.State != Joined && known.State != Asked {
		return known, nil
	}
	row := *known
	return &row, s.settle(ctx, &row, Left, r.Words)
}

// settle moves a member on and tells the others. Of two who decide at the same time, the second learns of it.
func (s *Service) settle(ctx context.Context, row *memberRow, state State, reason string) error {
	now, from := s.now(), row.State
	row.State, row.Reason, row.DecidedAt = state, short(reason), &now
	err := s.store.db.Tx(ctx, func(ctx context.Context) error {
		current, err := s.store.lockedMember(ctx, row.ID)
		if err != nil {
			return err
		}
		if current == nil || current.State != from {
			return decidedAlready()
		}
		if err := s.store.saveMember(ctx, *row); err != nil {
			return err
		}
		if err := s.config.Audit.Record(ctx, "association.member-"+string(state), "portal:"+row.Entity, ""); err != nil {
			return err
		}
		return s.store.changed(ctx)
	})
	if err != nil {
		return err
	}
	if err := s.Reload(ctx); err != nil {
		return err
	}
	s.announce()
	return nil
}

// Decision is what the anchor's administrator says to a request, or to a member.
type Decision struct {
	Fingerprint string // of the portal's key, as compared; for Joined
	Areas       []string
	AccountHome bool
	Reason      string
}

// Grant makes a portal a member that has asked, with the areas that it may speak for.
func (s *Service) Grant(ctx context.Context, id uuid.UUID, d Decision) error {
	row, err := s.memberIn(ctx, id, Asked)
	if err != nil {
		return err
	}
	set, err := row.keys()
	if err != nil {
		return err
	}
	prints, err := fingerprints(set)
	if err != nil {
		return err
	}
	matches := false
	for _, print := range prints {
		matches = matches || chain.SameFingerprint(print, d.Fingerprint)
	}
	if !matches {
		return invalid("/fingerprint", "Der Fingerabdruck ist ein anderer als der des Portals, das gefragt hat.", "The fingerprint is not that of the portal that has asked.")
	}
	if err := checkProfile(Profile{Name: row.Name, Kind: row.Kind, Areas: d.Areas}); err != nil {
		return err
	}
	row.Areas, row.Roles = d.Areas, roles(d.AccountHome)
	if err := s.settle(ctx, row, Joined, d.Reason); err != nil {
		return wrapped("grant membership", err)
	}
	s.Nudged(row.Entity) // its statements are read at once
	return nil
}

func roles(home bool) []string {
	if home {
		return []string{"portal", "accountHome"}
	}
	return []string{"portal"}
}

// cleanRoles keeps what a member may be.
func cleanRoles(wanted []string) []string { return roles(contains(wanted, "accountHome")) }

// Refuse turns a request down, with words that the other portal shows.
func (s *Service) Refuse(ctx context.Context, id uuid.UUID, reason string) error {
	return s.end(ctx, id, Asked, Refused, reason)
}

// Remove ends a membership. The others refuse it within minutes; what waits for it is kept.
func (s *Service) Remove(ctx context.Context, id uuid.UUID, reason string) error {
	return s.end(ctx, id, Joined, Removed, reason)
}

func (s *Service) end(ctx context.Context, id uuid.UUID, from, to State, reason string) error {
	if strings.TrimSpace(reason) == "" {
		return invalid("/reason", "Bitte geben Sie einen Grund an. Das andere Portal zeigt ihn seiner Verwaltung.", "Please state a reason. The other portal shows it to its administrators.")
	}
	row, err := s.memberIn(ctx, id, from)
	if err != nil {
		return err
	}
	return wrapped("end membership", s.settle(ctx, row, to, reason))
}

// ChangeAreas says anew what a member may speak for.
func (s *Service) ChangeAreas(ctx context.Context, id uuid.UUID, areas []string) error {
	row, err := s.memberIn(ctx, id, Joined)
	if err != nil {
		return err
	}
	if err := checkProfile(Profile{Name: row.Name, Kind: row.Kind, Areas: areas}); err != nil {
		return err
	}
	row.Areas = areas
	return wrapped("change areas", s.settle(ctx, row, Joined, row.Reason))
}

func decidedAlready() *problem.Error {
	return problem.Conflict("decided-already", "Darüber ist inzwischen entschieden worden.", "This has been decided in the meantime.")
}

func (s *Service) memberIn(ctx context.Context, id uuid.UUID, state State) (*memberRow, error) {
	row, err := s.store.lockedMember(ctx, id)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read member: %w", err)
	case row == nil:
		return nil, problem.NotFound("portal-unknown", "Dieses Portal ist hier nicht bekannt.", "This portal is not known here.")
	case row.State != state:
		return nil, decidedAlready().Because(errors.New(string(row.State)))
	case !s.isAnchor():
		return nil, problem.Conflict("not-an-anchor", "Dieses Portal führt keinen Verbund.", "This portal leads no association.")
	}
	return row, nil
}

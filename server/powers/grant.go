package powers

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
	"portalverbund/server/platform/secret"
)

// Grant invites somebody to act for the caller. What is wrong with the wish is named field by field (422). The answer is the same
// whether or not the address has an account.
func (s *Service) Grant(ctx context.Context, n types.NewPower) (types.Power, error) {
	account, c, err := s.citizen(ctx)
	if err != nil {
		return types.Power{}, err
	}
	if c.Acting != nil {
		return types.Power{}, errChain
	}
	if err := c.CheckRecentProof(s.Now()); err != nil {
		return types.Power{}, err
	}
	email := strings.ToLower(strings.TrimSpace(n.Email))
	own, err := s.Accounts.OwnAddress(ctx, account, email) // also refuses what is no address
	if err != nil {
		return types.Power{}, err
	}
	if own {
		return types.Power{}, problem.Invalid(problem.FieldError{Pointer: "/email", Code: "own", Message: problem.Text{
			De: "Das ist Ihre eigene Adresse. Für sich selbst brauchen Sie keine Vollmacht.", En: "That is your own address. You need no power of attorney for yourself.",
		}})
	}
	r, err := s.wanted(ctx, account, n, email)
	if err != nil {
		return types.Power{}, err
	}
	token, hash := secret.New()
	r.TokenHash = hash
	known, err := s.Accounts.Names(ctx, account)
	if err != nil {
		return types.Power{}, err
	}
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		if err := s.checkLimits(ctx, account, r.Address); err != nil {
			return err
		}
		if err := s.DB.From(ctx).Create(&r).Error; err != nil {
			return fmt.Errorf("write power: %w", err)
		}
		return s.invite(ctx, email, known[account], r, token)
	})
	if err != nil {
		return types.Power{}, err
	}
	return s.toAPI(ctx, r, account, known)
}

// wanted puts a new power together.
func (s *Service) wanted(ctx context.Context, account uuid.UUID, n types.NewPower, email string) (row, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return row{}, fmt.Errorf("make id: %w", err)
	}
	now := s.Now()
	r := row{
		ID: id, PrincipalID: account, Kind: n.Kind, State: types.PowerInvited, LastDay: n.ValidUntil.Time, ValidUntil: endOf(n.ValidUntil.Time),
		Address: s.mac(email), TokenUntil: now.Add(InvitationLife), CreatedAt: now, Services: []scope{}, Groups: []scope{},
	}
	var wrong []problem.FieldError
	if !r.ValidUntil.After(now) {
		wrong = append(wrong, problem.FieldError{Pointer: "/validUntil", Code: "past", Message: problem.Text{De: "Dieser Tag ist schon vorbei.", En: "This day has passed already."}})
	}
	if r.ValidUntil.After(now.AddDate(MaxYears, 0, 1)) {
		wrong = append(wrong, problem.FieldError{Pointer: "/validUntil", Code: "tooLong", Message: problem.Text{De: "Eine Vollmacht gilt höchstens drei Jahre.", En: "A power of attorney lasts three years at most."}})
	}
	called := plain(n.Name)
	if called == "" {
		wrong = append(wrong, problem.FieldError{Pointer: "/name", Code: "required"})
	}
	if len(n.ServiceIds)+len(n.GroupIds) == 0 || len(n.ServiceIds)+len(n.GroupIds) > MaxScopes {
		wrong = append(wrong, problem.FieldError{Pointer: "/serviceIds", Code: "required", Message: problem.Text{
			De: "Bitte wählen Sie mindestens eine Leistung oder einen Bereich, höchstens 30.", En: "Please choose at least one service or area, 30 at most.",
		}})
	}
	if len(wrong) > 0 {
		return r, problem.Invalid(wrong...)
	}
	if err := s.name(ctx, &r, n); err != nil {
		return r, err
	}
	words := make([]string, 0, len(n.ProfileItems))
	for _, item := range n.ProfileItems {
		if !slices.Contains(words, string(item)) {
			words = append(words, string(item))
		}
	}
	r.Items = strings.Join(words, " ")
	r.Sealed, err = s.sealNames(id, names{Name: called, Email: email})
	return r, err
}

// name finds the services and groups that a power is about; unknown ones are refused (422).
func (s *Service) name(ctx context.Context, r *row, n types.NewPower) error {
	services, err := s.Services.ServiceTitles(ctx, n.ServiceIds)
	if err != nil {
		return err
	}
	for i, id := range n.ServiceIds {
		title, ok := services[id]
		if !ok {
			return problem.Invalid(problem.FieldError{Pointer: fmt.Sprintf("/serviceIds/%d", i), Code: "unknown", Message: problem.Text{De: "Diese Leistung kennen wir nicht.", En: "We do not know this service."}})
		}
		r.Services = append(r.Services, scope{ID: id.String(), Title: title})
	}
	groups, err := s.Services.GroupTitles(ctx, n.GroupIds)
	if err != nil {
		return err
	}
	for i, id := range n.GroupIds {
		title, ok := groups[id]
		if !ok {
			return problem.Invalid(problem.FieldError{Pointer: fmt.Sprintf("/groupIds/%d", i), Code: "unknown", Message: problem.Text{De: "Diesen Bereich kennen wir nicht.", En: "We do not know this area."}})
		}
		r.Groups = append(r.Groups, scope{ID: id, Title: title})
	}
	return nil
}

// checkLimits refuses more powers, or more invitations in a day, than a person needs; and more to one address than it should get.
func (s *Service) checkLimits(ctx context.Context, account uuid.UUID, address []byte) error {
	if err := s.alone(ctx, account); err != nil {
		return err
	}
	day := s.Now().Add(-24 * time.Hour)
	open, sent, err := s.granted(ctx, account, day)
	if err != nil {
		return err
	}
	if open >= MaxGranted {
		return problem.Conflict("too-many-powers", "Sie haben schon sehr viele Vollmachten erteilt.", "You have granted a great many powers of attorney already.").
			With(problem.Text{De: "Ziehen Sie Vollmachten zurück, die Sie nicht mehr brauchen.", En: "Withdraw those that you do not need any more."})
	}
	same, err := s.countTo(ctx, address, day)
	if err != nil {
		return err
	}
	if sent >= perDay || same >= perAddressDay {
		return problem.TooMany(time.Hour).With(problem.Text{De: "Bitte laden Sie morgen weitere Personen ein.", En: "Please invite more people tomorrow."})
	}
	return nil
}

// endOf is the first moment after a day in Germany.
func endOf(day time.Time) time.Time {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		zone = time.UTC
	}
	return time.Date(day.Year(), day.Month(), day.Day()+1, 0, 0, 0, 0, zone).UTC()
}

// plain takes out of a name what belongs in no line of a mail.
func plain(name string) string {
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, name)), " ")
}

// Invitation shows the power that an invitation is about to whoever is signed in and holds its token.
func (s *Service) Invitation(ctx context.Context, token string) (types.Power, error) {
	account, _, err := s.citizen(ctx)
	if err != nil {
		return types.Power{}, err
	}
	r, err := s.waiting(ctx, token, "")
	if err != nil {
		return types.Power{}, err
	}
	return s.shown(ctx, r, account)
}

// waiting reads the power that a token invites to; 410 when it is answered or old.
func (s *Service) waiting(ctx context.Context, token, lock string) (row, error) {
	r, err := s.invited(ctx, secret.Hash(token), lock)
	if problem.Is(err, errUnknown.Code) || err == nil && r.stateAt(s.Now()) != types.PowerInvited {
		return r, errTokenOld
	}
	return r, err
}

// shown is toAPI with the names of both.
func (s *Service) shown(ctx context.Context, r row, viewer uuid.UUID) (types.Power, error) {
	ids := []uuid.UUID{r.PrincipalID}
	if r.RepresentativeID != nil {
		ids = append(ids, *r.RepresentativeID)
	}
	known, err := s.Accounts.Names(ctx, ids...)
	if err != nil {
		return types.Power{}, err
	}
	return s.toAPI(ctx, r, viewer, known)
}

// Accept has the caller hold a power, once the principal has confirmed it.
func (s *Service) Accept(ctx context.Context, token string) (types.Power, error) {
	account, c, err := s.citizen(ctx)
	if err != nil {
		return types.Power{}, err
	}
	var r row
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		if err := s.alone(ctx, account); err != nil {
			return err
		}
		if r, err = s.waiting(ctx, token, "FOR UPDATE"); err != nil {
			return err
		}
		if r.PrincipalID == account {
			return errOneself
		}
		held, err := s.countHeld(ctx, account)
		if err != nil {
			return err
		}
		if held >= MaxReceived {
			return problem.Conflict("too-many-powers", "Sie haben schon sehr viele Vollmachten.", "You already hold a great many powers of attorney.").
				With(problem.Text{De: "Geben Sie Vollmachten zurück, die Sie nicht mehr brauchen.", En: "Give back those that you do not need any more."})
		}
		now := s.Now()
		r.RepresentativeID, r.State, r.AcceptedAt, r.TokenHash, r.RepresentativeLevel = &account, types.PowerAccepted, &now, nil, types.TrustLevel(c.TrustLevel)
		if err := s.save(ctx, r); err != nil {
			return err
		}
		return s.tell(ctx, r.PrincipalID, r, letterAccepted())
	})
	if err != nil {
		return types.Power{}, err
	}
	return s.shown(ctx, r, account)
}

// Decline ends an invitation.
func (s *Service) Decline(ctx context.Context, token string) error {
	if _, _, err := s.citizen(ctx); err != nil {
		return err
	}
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		r, err := s.waiting(ctx, token, "FOR UPDATE")
		if err != nil {
			return err
		}
		now := s.Now()
		r.State, r.EndedAt, r.EndedBy, r.TokenHash = types.PowerDeclined, &now, string(types.PowerReceived), nil
		if err := s.save(ctx, r); err != nil {
			return err
		}
		return s.tell(ctx, r.PrincipalID, r, letterDeclined())
	})
}

// Confirm has a power count from now on: the principal has seen who accepted it. The trust level of the caller is that of the power.
func (s *Service) Confirm(ctx context.Context, id uuid.UUID) (types.Power, error) {
	account, c, err := s.citizen(ctx)
	if err != nil {
		return types.Power{}, err
	}
	if c.Acting != nil {
		return types.Power{}, errChain
	}
	var r row
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		if r, err = s.locked(ctx, account, id); err != nil {
			return err
		}
		if r.PrincipalID != account {
			return errUnknown
		}
		if err := c.CheckRecentProof(s.Now()); err != nil {
			return err
		}
		if state := r.stateAt(s.Now()); state != types.PowerAccepted {
			return problem.Conflict("power-state", "Diese Vollmacht wartet nicht auf Ihre Bestätigung.", "This power of attorney does not wait for your confirmation.")
		}
		now := s.Now()
		r.State, r.ConfirmedAt, r.TrustLevel = types.PowerActive, &now, types.TrustLevel(c.TrustLevel)
		if err := s.save(ctx, r); err != nil {
			return err
		}
		return s.tell(ctx, *r.RepresentativeID, r, letterConfirmed())
	})
	if err != nil {
		return types.Power{}, err
	}
	return s.shown(ctx, r, account)
}

// End withdraws a power at once, by either of the two. One that has ended stays as it is.
func (s *Service) End(ctx context.Context, id uuid.UUID) error {
	account, _, err := s.citizen(ctx)
	if err != nil {
		return err
	}
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		r, err := s.locked(ctx, account, id)
		if err != nil || over(r.stateAt(s.Now())) {
			return err
		}
		by := types.PowerReceived
		if r.PrincipalID == account {
			by = types.PowerGranted
		}
		return s.end(ctx, r, by)
	})
}

// end ends a power and tells whom it concerns, in ctx's transaction.
func (s *Service) end(ctx context.Context, r row, by types.PowerSide) error {
	now := s.Now()
	r.State, r.EndedAt, r.EndedBy, r.TokenHash = types.PowerWithdrawn, &now, string(by), nil
	if err := s.save(ctx, r); err != nil {
		return err
	}
	if r.RepresentativeID == nil {
		return nil
	}
	other := r.PrincipalID
	if by == types.PowerGranted {
		other = *r.RepresentativeID
	}
	if err := s.tell(ctx, other, r, letterEnded()); err != nil {
		return err
	}
	return s.spread(ctx, *r.RepresentativeID, types.MessagePowerEnded{PowerId: r.ID, At: now})
}

// List gives the caller's powers on both sides, the newest first.
func (s *Service) List(ctx context.Context) ([]types.Power, error) {
	account, _, err := s.citizen(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := s.all(ctx, account)
	if err != nil {
		return nil, err
	}
	return s.list(ctx, rows, account)
}

// list shows powers to one of the two.
func (s *Service) list(ctx context.Context, rows []row, viewer uuid.UUID) ([]types.Power, error) {
	ids := []uuid.UUID{}
	for _, r := range rows {
		ids = append(ids, r.PrincipalID)
		if r.RepresentativeID != nil {
			ids = append(ids, *r.RepresentativeID)
		}
	}
	known, err := s.Accounts.Names(ctx, ids...)
	if err != nil {
		return nil, err
	}
	out := make([]types.Power, 0, len(rows))
	for _, r := range rows {
		p, err := s.toAPI(ctx, r, viewer, known)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// Get shows one of the caller's powers, with what it was used for; another's is unknown (404).
func (s *Service) Get(ctx context.Context, id uuid.UUID) (types.Power, error) {
	account, _, err := s.citizen(ctx)
	if err != nil {
		return types.Power{}, err
	}
	r, err := s.of(ctx, account, id)
	if err != nil {
		return types.Power{}, err
	}
	p, err := s.shown(ctx, r, account)
	if err != nil {
		return p, err
	}
	rows, err := s.uses(ctx, id)
	if err != nil {
		return p, err
	}
	used := make([]types.PowerUsed, 0, len(rows))
	for _, u := range rows {
		used = append(used, types.PowerUsed{At: u.At, Act: u.Act, Service: httpx.Localized(ctx, u.ServiceTitle), Portal: s.portalName(u.Portal)})
	}
	p.Uses = &used
	return p, nil
}

func (s *Service) portalName(id string) string {
	if id == s.Self.Id {
		return s.Self.Name
	}
	if p, ok := s.Portals.Member(id); ok {
		return p.Name
	}
	return id
}

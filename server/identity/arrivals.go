package identity

import (
	"context"
	"net/http"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/db"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

func errNoArrival() error {
	return problem.NotFound("arrival-unknown", "Diese Anmeldung ist abgelaufen oder wurde schon abgeschlossen.", "This sign-in has run out or is complete already.").
		With(problem.Text{De: "Bitte beginnen Sie noch einmal.", En: "Please begin again."})
}

func errTaken() error {
	return problem.Conflict("identity-taken", "Damit ist schon ein anderes Konto verknüpft.", "Another account is linked with it already.")
}

// arrival reads what has arrived in the browser of ctx, and whose it is.
func (s *Service) arrival(ctx context.Context, id uuid.UUID) (f flow, link linkRow, linked bool, err error) {
	browser := s.cookie.read(httpx.RequestOf(ctx))
	if browser == nil {
		return f, link, false, errNoArrival()
	}
	f, found, err := s.arrivedFlow(ctx, id, browser)
	if err == nil && !found {
		err = errNoArrival()
	}
	if err != nil {
		return f, link, false, err
	}
	link, linked, err = s.linkOf(ctx, f.Provider, f.Statement.Subject)
	return f, link, linked, err
}

// Arrival describes what has arrived in the browser of ctx, and what is to be decided.
func (s *Service) Arrival(ctx context.Context, id uuid.UUID) (types.Arrival, error) {
	f, link, linked, err := s.arrival(ctx, id)
	if err != nil {
		return types.Arrival{}, err
	}
	p, err := s.provider(f.Provider)
	if err != nil {
		return types.Arrival{}, err
	}
	here := citizenHere(ctx)
	out := types.Arrival{
		Id: id, Provider: p.describe(ctx), Level: f.Statement.Level, Name: f.Statement.name(), Items: []types.ArrivalItem{}, ContinueTo: f.next(),
		Step: types.ArrivalAccountStep,
	}
	if acting := f.Statement.actingPerson(); acting != "" {
		out.ActingPerson = &acting
	}
	switch {
	case linked && (here == nil || *here != link.AccountID):
		return types.Arrival{}, errNoArrival()
	case linked:
		out.Step = types.ArrivalDataStep
	case here != nil:
		out.Step = types.ArrivalLinkStep
	}
	if f.Statement.organisation() {
		return out, nil
	}
	if email := f.Statement.Data[itemEmail]; email != "" {
		out.Email = &email
	}
	current := map[types.ProfileItem]string{}
	if here != nil {
		if current, err = s.rooms.Accounts.DataOf(ctx, *here); err != nil {
			return types.Arrival{}, err
		}
	}
	for _, item := range dataItems() {
		if text := f.Statement.Data[string(item)]; text != "" {
			entry := types.ArrivalItem{Item: item, Value: text}
			if has := current[item]; has != "" {
				entry.Current = &has
			}
			out.Items = append(out.Items, entry)
		}
	}
	return out, nil
}

// CreateAccount makes an account for what has arrived, with the name and the data that the person wants taken over, and signs it in.
func (s *Service) CreateAccount(ctx context.Context, id uuid.UUID, a types.ArrivalAccount) (state types.Session, cookies []*http.Cookie, err error) {
	if err := s.rooms.Sessions.CheckForgery(httpx.RequestOf(ctx)); err != nil {
		return state, nil, err
	}
	if citizenHere(ctx) != nil {
		return state, nil, problem.Conflict("signed-in", "Sie sind schon angemeldet.", "You are signed in already.")
	}
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		f, _, linked, err := s.arrival(ctx, id)
		if err != nil {
			return err
		}
		if linked {
			return errTaken()
		}
		st := f.Statement
		account, err := s.rooms.Accounts.CreateLinked(ctx, st.Data[itemGivenName], st.Data[itemFamilyName], st.ofOrganisation())
		if err != nil {
			return err
		}
		if err := s.link(ctx, account, f); err != nil {
			return err
		}
		items := a.Items
		if !st.organisation() {
			items = append(items, types.ProfileItemGivenName, types.ProfileItemFamilyName)
			if err := s.takeOver(ctx, account, f, items); err != nil {
				return err
			}
		}
		if a.Email != nil {
			if err := s.rooms.Accounts.ConfirmAddress(ctx, account, *a.Email); err != nil {
				return err
			}
		}
		if state, cookies, err = s.signIn(ctx, account, f); err != nil {
			return err
		}
		return s.deleteFlow(ctx, id)
	})
	return state, cookies, err
}

// link links an identity with an account; somebody else's is identity-taken (409).
func (s *Service) link(ctx context.Context, account uuid.UUID, f flow) error {
	err := s.insertLink(ctx, account, f)
	if _, taken := db.UniqueViolation(err); taken {
		return errTaken()
	}
	return err
}

// Link links what has arrived with the account that is signed in, whose proof must be fresh, and raises the session's level.
func (s *Service) Link(ctx context.Context, id uuid.UUID) (state types.Session, cookies []*http.Cookie, err error) {
	account, err := citizen(ctx)
	if err != nil {
		return state, nil, err
	}
	if err := httpx.CallerOf(ctx).CheckRecentProof(s.Now()); err != nil {
		return state, nil, err
	}
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		f, _, linked, err := s.arrival(ctx, id)
		if err != nil {
			return err
		}
		if linked || f.Statement.organisation() {
			return errTaken()
		}
		if err := s.link(ctx, account, f); err != nil {
			return err
		}
		p, err := s.provider(f.Provider)
		if err != nil {
			return err
		}
		if err := s.rooms.Accounts.CredentialChanged(ctx, account, problem.Text{
			De: "Ihr Konto ist jetzt mit " + p.Name["de"] + " verknüpft. Damit können Sie sich künftig auch anmelden.",
			En: "Your account is now linked with " + p.nameIn("en") + ". You can sign in with it, too, from now on.",
		}); err != nil {
			return err
		}
		state, cookies, err = s.signIn(ctx, account, f)
		return err
	})
	return state, cookies, err
}

func (p *Provider) nameIn(language string) string {
	if name := p.Name[language]; name != "" {
		return name
	}
	return p.Name["de"]
}

// TakeOver takes over the data that the person chooses, into the account that is signed in.
func (s *Service) TakeOver(ctx context.Context, id uuid.UUID, items []types.ProfileItem) error {
	account, err := citizen(ctx)
	if err != nil {
		return err
	}
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		f, link, linked, err := s.arrival(ctx, id)
		if err != nil {
			return err
		}
		if !linked || link.AccountID != account {
			return errNoArrival()
		}
		if err := s.takeOver(ctx, account, f, items); err != nil {
			return err
		}
		return s.deleteFlow(ctx, id)
	})
}

// takeOver writes data into the account of a link, and notes which.
func (s *Service) takeOver(ctx context.Context, account uuid.UUID, f flow, items []types.ProfileItem) error {
	data := f.Statement.pick(items)
	taken := []types.ProfileItem{}
	for _, item := range dataItems() {
		if data[item] != "" {
			taken = append(taken, item)
		}
	}
	if len(taken) == 0 {
		return nil
	}
	if err := s.rooms.Accounts.TakeOver(ctx, account, f.Provider, string(f.Statement.Level), data); err != nil {
		return err
	}
	link, linked, err := s.linkOf(ctx, f.Provider, f.Statement.Subject)
	if err != nil || !linked {
		return err
	}
	return s.takenOver(ctx, link.ID, taken)
}

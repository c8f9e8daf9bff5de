package payments

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"portalverbund/server/platform/problem"
	"portalverbund/server/platform/secret"
)

// Purposes of what is sealed.
const (
	sealRedirect = "payments/redirect"
	sealToken    = "payments/token"
)

// start opens a page of the provider for a payment, in ctx's transaction: by a job, after the commit. While an attempt is under way and its page is
// fresh, there is no other one; what cannot be paid stays as it is, and the person's portal is told how that is.
func (s *Service) start(ctx context.Context, origin string, id uuid.UUID) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		p, err := s.lock(ctx, id)
		if err != nil {
			return err
		}
		if p.Origin != origin {
			return errUnknown
		}
		service, online, err := s.online(ctx, p.OrganisationID)
		if err != nil {
			return err
		}
		if !payable(p.State) || !online {
			return s.tell(ctx, kindChanged, p)
		}
		a, found, err := s.underWay(ctx, p.ID)
		if err != nil {
			return err
		}
		if found && a.ExpiresAt != nil && !s.Now().Before(*a.ExpiresAt) {
			a.State, found = attemptExpired, false
			if err := s.setAttempt(ctx, a); err != nil {
				return err
			}
		}
		if found {
			return s.tell(ctx, kindChanged, p)
		}
		return s.newAttempt(ctx, &p, service, "started")
	})
}

// newAttempt adds an attempt at a service, where it stays, and has it opened there after the commit.
func (s *Service) newAttempt(ctx context.Context, p *payment, service *uuid.UUID, what string) error {
	id := uuid.New()
	token, hash := secret.New()
	sealed, err := s.Keys.Seal(sealToken, []byte(token), id[:])
	if err != nil {
		return err
	}
	err = s.DB.Later(ctx, "write attempt", "INSERT INTO payment_attempts (id, payment_id, state, amount, callback, token, created_at, service_id) VALUES ($1, $2, 'created', $3, $4, $5, $6, $7)",
		id, p.ID, p.due(), hash, sealed, s.Now(), service)
	if err != nil {
		return err
	}
	p.State = started
	if err := s.move(ctx, p, step{what: what, attempt: &id}); err != nil {
		return err
	}
	return s.Jobs.Insert(ctx, openArgs{AttemptID: id}, nil)
}

// open places the order of an attempt at the provider. When the answer was lost, the provider says at the next try that the order was placed before: that
// transaction, whose page nobody has seen, is given up, and another one is opened.
func (s *Service) open(ctx context.Context, id uuid.UUID) error {
	a, err := s.attempt(ctx, id)
	if err != nil || a.State != attemptCreated {
		return err
	}
	p, err := one[payment](ctx, s, "payment", "SELECT "+paymentColumns+" FROM payments WHERE id = $1", a.PaymentID)
	if err != nil {
		return err
	}
	late := s.Now().Sub(a.CreatedAt) > openFor
	order, err := s.order(p, a)
	if err != nil {
		return err
	}
	provider, err := s.providerAt(ctx, a.ServiceID)
	if err != nil || provider == nil {
		return err
	}
	got, err := provider.Open(ctx, order)
	switch {
	case err == nil && s.fits(got, a):
		return s.opened(ctx, a, got)
	case err == nil, errors.Is(err, ErrRefused):
		return s.notOpened(ctx, a, "provider-refused", false)
	case errors.Is(err, ErrPlaced):
		return s.notOpened(ctx, a, "answer-lost", !late)
	case late:
		return s.notOpened(ctx, a, "provider-unreachable", false)
	}
	return fmt.Errorf("open transaction: %w", err)
}

func (s *Service) order(p payment, a attempt) (Order, error) {
	token, err := s.Keys.Open(sealToken, a.Token, a.ID[:])
	if err != nil {
		return Order{}, err
	}
	back := s.Portals.Self().Url
	if p.Origin != s.self() {
		member, known := s.Portals.Member(p.Origin)
		if !known {
			return Order{}, problem.Unprocessable("portal-unknown", "Dieses Portal gehört nicht zum Portalverbund.", "This portal is not a member of the association.")
		}
		back = member.Url
	}
	return Order{
		RequestID: a.ID, At: a.CreatedAt, Amount: a.Amount, Reference: p.Reference, Budget: p.Budget, Purpose: localized(p.Purpose, "de"),
		ReturnURL: strings.TrimRight(back, "/") + PagePayment + p.ID.String(),
		NotifyURL: strings.TrimRight(s.Portals.Self().Url, "/") + "/api/v1/payment-notifications/" + string(token),
	}, nil
}

// PagePayment is the page of a payment at the person's portal; its id follows.
const PagePayment = "/zahlungen/"

// fits says whether a new transaction is the one that was ordered.
func (s *Service) fits(t Transaction, a attempt) bool {
	page, err := url.Parse(t.PayURL)
	return err == nil && page.Host != "" && page.User == nil && (page.Scheme == "https" || page.Scheme == "http") && t.ID != "" && t.Status == Initial &&
		t.Amount == a.Amount && t.Currency == Currency && (t.RequestID == "" || t.RequestID == a.ID.String())
}

func (s *Service) opened(ctx context.Context, a attempt, t Transaction) error {
	return s.changeAttempt(ctx, a.ID, func(ctx context.Context, p *payment, a attempt) error {
		if a.State != attemptCreated {
			return nil
		}
		sealed, err := s.Keys.Seal(sealRedirect, []byte(t.PayURL), a.ID[:])
		if err != nil {
			return err
		}
		until := s.Now().Add(PageLife)
		a.State, a.TransactionID, a.Redirect, a.ExpiresAt = attemptOpen, &t.ID, sealed, &until
		if err := s.setAttempt(ctx, a); err != nil {
			return err
		}
		if err := s.askLater(ctx, a.ID, firstAsk); err != nil {
			return err
		}
		return s.move(ctx, p, step{what: "provider-opened", attempt: &a.ID})
	})
}

func (s *Service) notOpened(ctx context.Context, a attempt, why string, again bool) error {
	return s.changeAttempt(ctx, a.ID, func(ctx context.Context, p *payment, a attempt) error {
		if a.State != attemptCreated {
			return nil
		}
		a.State, a.Problem, a.Final = attemptLost, why, true
		if err := s.setAttempt(ctx, a); err != nil {
			return err
		}
		if p.State != started {
			return nil
		}
		if again {
			service, online, err := s.online(ctx, p.OrganisationID)
			if err != nil {
				return err
			}
			if online {
				return s.newAttempt(ctx, p, service, why)
			}
		}
		p.State = failed
		return s.move(ctx, p, step{what: why, attempt: &a.ID})
	})
}

// changeAttempt locks the payment of an attempt, and gives both as they are then.
func (s *Service) changeAttempt(ctx context.Context, id uuid.UUID, fn func(ctx context.Context, p *payment, a attempt) error) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		a, err := s.attempt(ctx, id)
		if err != nil {
			return err
		}
		p, err := s.lock(ctx, a.PaymentID)
		if err != nil {
			return err
		}
		if a, err = s.attempt(ctx, id); err != nil { // as it is under the lock
			return err
		}
		return fn(ctx, &p, a)
	})
}

// ask asks the provider for the state of an attempt and does what follows. final is true when the provider will say nothing else any more.
func (s *Service) ask(ctx context.Context, id uuid.UUID) (final bool, err error) {
	a, err := s.attempt(ctx, id)
	if err != nil || a.TransactionID == nil || a.Final {
		return true, err
	}
	provider, err := s.providerAt(ctx, a.ServiceID)
	if err != nil || provider == nil { // nobody is there any more who could be asked
		return err == nil, err
	}
	t, err := provider.Ask(ctx, *a.TransactionID)
	if err != nil && !errors.Is(err, ErrNoTransaction) {
		return false, fmt.Errorf("ask for transaction: %w", err)
	}
	if err != nil {
		t = Transaction{ID: *a.TransactionID, Status: Initial, Currency: Currency, Amount: a.Amount} // it may come back; reconciliation finds it
	}
	if t.ID != *a.TransactionID || (t.RequestID != "" && t.RequestID != a.ID.String()) {
		return false, fmt.Errorf("ask for transaction of attempt %s: the answer is about another one", a.ID)
	}
	err = s.changeAttempt(ctx, id, func(ctx context.Context, p *payment, a attempt) error {
		a.Asks++
		err := s.settle(ctx, p, &a, t)
		final = a.Final
		return err
	})
	return final, err
}

// settle does what follows from what the provider says of a transaction. Nothing else makes a payment paid.
func (s *Service) settle(ctx context.Context, p *payment, a *attempt, t Transaction) error {
	now := s.Now()
	if a.Final {
		return nil
	}
	if t.Status == Paid && t.Currency == Currency {
		return s.received(ctx, p, a, t)
	}
	state, what := p.State, ""
	switch {
	case t.Status == Paid: // in another currency: nothing that could be booked
		a.Problem, a.State, a.Final, state, what = "currency", attemptFailed, true, failed, "wrong-currency"
	case t.Status == Failed:
		a.State, a.Final, state, what = attemptFailed, true, failed, "provider-failed"
	case t.Status == Cancelled:
		a.State, a.Final, state, what = attemptCancelled, true, cancelled, "payer-cancelled"
	case now.Sub(a.CreatedAt) > GiveUpAfter:
		a.State, a.Problem, a.Final, state, what = attemptExpired, "never-final", true, expired, "given-up"
	case a.State == attemptOpen && a.ExpiresAt != nil && !now.Before(*a.ExpiresAt):
		a.State, state, what = attemptExpired, expired, "page-expired"
	}
	if err := s.setAttempt(ctx, *a); err != nil || what == "" {
		return err
	}
	// A newer attempt, or whatever else has happened to the payment since, stands.
	_, newer, err := s.underWay(ctx, p.ID)
	if err != nil {
		return err
	}
	if newer || p.State != started {
		state = p.State
	}
	p.State = state
	return s.move(ctx, p, step{what: what, attempt: &a.ID})
}

// received books the money of a transaction once. It pays the fee when that is owed and enough has come; the rest, or all of it, is given back.
func (s *Service) received(ctx context.Context, p *payment, a *attempt, t Transaction) error {
	a.State, a.Final, a.Received = attemptPaid, true, t.Amount
	if t.Amount != a.Amount {
		a.Problem = "amount"
	}
	if err := s.setAttempt(ctx, *a); err != nil {
		return err
	}
	used, what := Cents(0), "paid-too-much"
	switch {
	case payable(p.State) && t.Amount >= p.due():
		now := s.Now()
		used, what = p.due(), "paid"
		if p.State == expired {
			what = "paid-late"
		}
		p.State, p.Method, p.PaidAt, p.Received = paid, t.Method, &now, p.Amount
	case payable(p.State):
		what = "paid-too-little"
		p.State = failed
	}
	surplus := t.Amount - used
	err := s.book(ctx, bookedPaid, a.ID.String(), &p.ID, line{accountProvider, t.Amount}, line{accountReceivable, -used}, line{accountSuspense, -surplus})
	if err != nil {
		return err
	}
	if surplus > 0 {
		if err := s.addRefund(ctx, refundRow{PaymentID: &p.ID, AttemptID: &a.ID, Kind: refundSurplus, Amount: surplus, Reason: what}); err != nil {
			return err
		}
	}
	return s.move(ctx, p, step{what: what, attempt: &a.ID})
}

// payURL gives the address of the page of an attempt that can be paid at now.
func (s *Service) payURL(a attempt) (string, error) {
	if a.State != attemptOpen || len(a.Redirect) == 0 || (a.ExpiresAt != nil && !s.Now().Before(*a.ExpiresAt)) {
		return "", nil
	}
	plain, err := s.Keys.Open(sealRedirect, a.Redirect, a.ID[:])
	return string(plain), err
}

// Notified has the provider asked for the transaction that a token of a notification names. Nobody learns whether there is one.
func (s *Service) Notified(ctx context.Context, token string) error {
	ids, err := many[struct{ ID uuid.UUID }](ctx, s, "attempt", "SELECT id FROM payment_attempts WHERE callback = $1 AND NOT final AND transaction_id IS NOT NULL", secret.Hash(token))
	if err != nil || len(ids) == 0 {
		return err
	}
	return s.askNow(ctx, ids[0].ID)
}

// check has the provider asked for all transactions of a payment that are not final.
func (s *Service) check(ctx context.Context, origin string, id uuid.UUID) error {
	list, err := many[struct{ ID uuid.UUID }](ctx, s, "attempts", `SELECT a.id FROM payment_attempts a JOIN payments p ON p.id = a.payment_id
		WHERE p.id = $1 AND p.origin = $2 AND NOT a.final AND a.transaction_id IS NOT NULL ORDER BY a.created_at DESC LIMIT 10`, id, origin)
	if err != nil {
		return err
	}
	ids := make([]uuid.UUID, 0, len(list))
	for _, a := range list {
		ids = append(ids, a.ID)
	}
	return s.askNow(ctx, ids...)
}

// pauseAfter is how long to wait before a provider is asked again: often at first, as somebody may be waiting.
func pauseAfter(asks int) time.Duration {
	switch {
	case asks < 12:
		return 5 * time.Second
	case asks < 60:
		return 30 * time.Second
	case asks < 200:
		return 5 * time.Minute
	}
	return time.Hour
}

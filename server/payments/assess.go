package payments

import (
	"context"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
)

// FeeOf gives the fee of an offer with these answers, for whoever shows it before somebody submits: nil where there is none, without an amount where the
// answers do not say yet.
func (s *Service) FeeOf(ctx context.Context, offer types.Offer, answers map[string]any) (fee *types.ApplicationFee, err error) {
	amount, known, err := FeeOf(offer.Fee, answers)
	if err != nil || offer.Fee == nil || (known && amount == 0) {
		return nil, err
	}
	if offer.Fee.Range != nil {
		if _, _, err := bounds(*offer.Fee.Range); err != nil {
			return nil, err
		}
	}
	fee = &types.ApplicationFee{Purpose: localized(offer.Fee.Purpose, httpx.LanguageOf(ctx)), Range: offer.Fee.Range}
	if offer.Fee.LegalBasis != nil {
		fee.LegalBasis = optional(localized(*offer.Fee.LegalBasis, httpx.LanguageOf(ctx)))
	}
	if known {
		m := money(amount)
		fee.Amount = &m
	}
	return fee, nil
}

// Assess asks for the fee of an application that has arrived at this portal, in ctx's transaction, once for an application. The amount is reckoned
// anew from this portal's own offer and the answers. When the person was shown less, they are asked for what they were shown, and both figures
// stay with the payment for the clerk; more than the tariff is never asked. A fee that the authority sets later is noted.
func (s *Service) Assess(ctx context.Context, origin string, offer types.Offer, app types.MessageApplication) error {
	if offer.Fee != nil && offer.Fee.Range != nil {
		return s.setLater(ctx, origin, offer, app)
	}
	tariff, known, err := FeeOf(offer.Fee, app.Data)
	if err != nil {
		return err
	}
	if !known || tariff == 0 {
		return nil
	}
	shown := tariff
	if app.Fee != nil {
		if app.Fee.Currency != Currency {
			return errCurrency
		}
		shown = Cents(app.Fee.Amount)
	}
	amount := min(shown, tariff)
	if amount <= 0 { // they were told that it costs nothing
		return nil
	}
	now := s.Now()
	p := payment{
		ID: uuid.New(), Origin: origin, ApplicationID: app.ApplicationId, Number: app.Number, OrganisationID: offer.Organisation.Id, Budget: offer.Fee.BudgetAccount,
		Purpose: offer.Fee.Purpose, LegalBasis: map[string]string{}, Creditor: s.creditor(offer),
		Amount: amount, Shown: shown, Tariff: tariff, State: created, Version: 1, CreatedAt: now, ChangedAt: now, DueAt: now.Add(DueAfter),
	}
	if offer.Fee.LegalBasis != nil {
		p.LegalBasis = *offer.Fee.LegalBasis
	}
	return s.demand(ctx, p, step{what: "assessed"})
}

// demand asks for a payment, in ctx's transaction, unless its application has been asked for one before.
func (s *Service) demand(ctx context.Context, p payment, st step) error {
	return s.DB.Tx(ctx, func(ctx context.Context) (err error) {
		if p.Reference, err = s.newReference(ctx); err != nil {
			return err
		}
		added, err := s.insert(ctx, p)
		if err != nil || !added {
			return err
		}
		if err := s.recordStep(ctx, p, st); err != nil {
			return err
		}
		if err := s.book(ctx, bookedClaim, p.ID.String(), &p.ID, line{accountReceivable, p.Amount}, line{revenue(p.Budget), -p.Amount}); err != nil {
			return err
		}
		return s.tell(ctx, kindRequested, p)
	})
}

// Withdrawn ends the claim of an application that was withdrawn, in ctx's transaction, unless it is paid already. What is paid later is given back.
func (s *Service) Withdrawn(ctx context.Context, origin string, applicationID uuid.UUID) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		if err := s.endSetting(ctx, origin, applicationID, "withdrawn"); err != nil {
			return err
		}
		list, err := many[payment](ctx, s, "payment", "SELECT "+paymentColumns+" FROM payments WHERE origin = $1 AND application_id = $2 FOR UPDATE", origin, applicationID)
		if err != nil || len(list) == 0 || !payable(list[0].State) {
			return err
		}
		p := list[0]
		if _, err := s.releaseAll(ctx, &p); err != nil {
			return err
		}
		p.State = withdrawn
		if err := s.book(ctx, bookedWithdrawn, p.ID.String(), &p.ID, line{revenue(p.Budget), p.Amount}, line{accountReceivable, -p.Amount}); err != nil {
			return err
		}
		return s.move(ctx, &p, step{what: "application-withdrawn"})
	})
}

func localized(text map[string]string, language string) string {
	for _, l := range []string{language, "de", "en"} {
		if t := text[l]; t != "" {
			return t
		}
	}
	for _, t := range text {
		return t
	}
	return ""
}

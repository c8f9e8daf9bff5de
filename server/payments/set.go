package payments

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/idempotency"
	"portalverbund/server/platform/problem"
)

// sealAssessed is the purpose for which items and reasons of set fees are sealed.
const sealAssessed = "payments/assessed"

// assessment is what is sealed of a fee that the authority has set.
type assessment struct {
	Items  []types.FeeItem `json:"items"`
	Reason string          `json:"reason"`
}

// toSet is a row of payment_fees_to_set.
type toSet struct {
	Origin         string
	ApplicationID  uuid.UUID
	Number         string
	OrganisationID uuid.UUID
	Budget         string
	Purpose        map[string]string
	LegalBasis     map[string]string
	Creditor       map[string]string
	Least          Cents
	Most           Cents
	Ended          string
	CreatedAt      time.Time
}

const toSetColumns = "origin, application_id, application_number, organisation_id, budget_account, purpose, legal_basis, creditor, least, most, ended, created_at"

// bounds gives the range of a fee that is set later; an amount in another currency, or one that is impossible, is refused.
func bounds(r types.FeeRange) (least, most Cents, err error) {
	least, most = Cents(r.From.Amount), Cents(r.To.Amount)
	switch {
	case r.From.Currency != Currency || r.To.Currency != Currency:
		return 0, 0, errCurrency
	case least < 0 || most < 1 || least > most || most > MaxAmount:
		return 0, 0, fmt.Errorf("fee from %d to %d cents: %w", least, most, errAmount)
	}
	return least, most, nil
}

// setLater notes that the fee of an application is still to be set, in ctx's transaction, once. The person was shown a range: not more than that is asked.
func (s *Service) setLater(ctx context.Context, origin string, offer types.Offer, app types.MessageApplication) error {
	least, most, err := bounds(*offer.Fee.Range)
	if err != nil {
		return err
	}
	if app.FeeRange == nil { // they were told of no fee
		return nil
	}
	_, shown, err := bounds(*app.FeeRange)
	if err != nil {
		return problem.Unprocessable("message-invalid", "Der Betrag ist nicht möglich.", "The amount is not possible.").Because(err)
	}
	most = min(most, shown)
	basis := map[string]string{}
	if offer.Fee.LegalBasis != nil {
		basis = *offer.Fee.LegalBasis
	}
	return s.DB.Later(ctx, "note fee", "INSERT INTO payment_fees_to_set ("+toSetColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '', $11)
		ON CONFLICT (origin, application_id) DO NOTHING`, origin, app.ApplicationId, app.Number, offer.Organisation.Id, offer.Fee.BudgetAccount, offer.Fee.Purpose, basis,
		s.creditor(offer), min(least, most), most, s.Now())
}

func (s *Service) creditor(offer types.Offer) map[string]string {
	return map[string]string{"de": s.Portals.Self().Name + ", " + offer.Organisation.Name}
}

// endSetting says that the fee of an application is not to be set any more, in ctx's transaction.
func (s *Service) endSetting(ctx context.Context, origin string, applicationID uuid.UUID, why string) error {
	return s.DB.Later(ctx, "end fee", "UPDATE payment_fees_to_set SET ended = $3 WHERE origin = $1 AND application_id = $2 AND ended = ''", origin, applicationID, why)
}

// feeToSet gives the fee of an application that is still to be set; nil where there is none.
func (s *Service) feeToSet(ctx context.Context, origin string, applicationID uuid.UUID, lock string) (*toSet, error) {
	list, err := many[toSet](ctx, s, "fee to set", "SELECT "+toSetColumns+" FROM payment_fees_to_set WHERE origin = $1 AND application_id = $2 AND ended = '' "+lock, origin, applicationID)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// SetFee sets the fee of a case, for its clerk, once; the person is asked for it as for any other.
func (s *Service) SetFee(ctx context.Context, caseID uuid.UUID, key string, request types.FeeRequest) (types.PaymentRecord, error) {
	origin, application, err := s.cases.ApplicationOf(ctx, caseID)
	if err != nil {
		return types.PaymentRecord{}, err
	}
	id, err := idempotency.Do(ctx, s.DB, "payments.set:"+staff(ctx)+":"+caseID.String(), key, request, func(ctx context.Context) (uuid.UUID, error) {
		f, err := s.feeToSet(ctx, origin, application, "FOR UPDATE")
		if err != nil {
			return uuid.Nil, err
		}
		if f == nil {
			return uuid.Nil, errNothingToSet
		}
		p, err := s.set(*f, request)
		if err != nil {
			return uuid.Nil, err
		}
		if err := s.endSetting(ctx, origin, application, "set"); err != nil {
			return uuid.Nil, err
		}
		if err := s.demand(ctx, p, step{what: "set", by: staff(ctx)}); err != nil {
			return uuid.Nil, err
		}
		return p.ID, s.Audit.Record(ctx, "payment.set", "payment:"+p.ID.String(), p.Amount.Decimal())
	})
	if err != nil {
		return types.PaymentRecord{}, err
	}
	return s.record(ctx, id)
}

// SetNoFee says that no fee is asked for a case after all, for its clerk, and why; the person is told.
func (s *Service) SetNoFee(ctx context.Context, caseID uuid.UUID, key string, request types.NoFeeRequest) (types.CasePayments, error) {
	origin, application, err := s.cases.ApplicationOf(ctx, caseID)
	if err != nil {
		return types.CasePayments{}, err
	}
	_, err = idempotency.Do(ctx, s.DB, "payments.none:"+staff(ctx)+":"+caseID.String(), key, request, func(ctx context.Context) (struct{}, error) {
		f, err := s.feeToSet(ctx, origin, application, "FOR UPDATE")
		if err != nil {
			return struct{}{}, err
		}
		if f == nil {
			return struct{}{}, errNothingToSet
		}
		if err := s.endSetting(ctx, origin, application, "none"); err != nil {
			return struct{}{}, err
		}
		err = s.cases.Tell(ctx, caseID, problem.Text{
			De: "Für Ihren Antrag wird keine Gebühr erhoben. Sie müssen nichts bezahlen. Grund: " + request.Reason,
			En: "No fee is charged for your application. You do not have to pay anything. Reason: " + request.Reason,
		})
		if err != nil {
			return struct{}{}, fmt.Errorf("tell that there is no fee: %w", err)
		}
		return struct{}{}, s.Audit.Record(ctx, "payment.none", "case:"+caseID.String(), f.Number)
	})
	if err != nil {
		return types.CasePayments{}, err
	}
	return s.OfApplication(ctx, origin, application)
}

// set is the payment that a fee becomes.
func (s *Service) set(f toSet, request types.FeeRequest) (payment, error) {
	items, total, err := itemise(request.Items)
	if err != nil {
		return payment{}, err
	}
	if total < max(f.Least, 1) || total > f.Most {
		return payment{}, problem.Invalid(problem.FieldError{Pointer: "/items", Code: "format", Message: problem.Text{
			De: fmt.Sprintf("Die Summe ist %s. Sie muss zwischen %s und %s liegen.", total.Words("de"), max(f.Least, 1).Words("de"), f.Most.Words("de")),
			En: fmt.Sprintf("The sum is %s. It must lie between %s and %s.", total.Words("en"), max(f.Least, 1).Words("en"), f.Most.Words("en")),
		}})
	}
	now := s.Now()
	p := payment{
		ID: uuid.New(), Origin: f.Origin, ApplicationID: f.ApplicationID, Number: f.Number, OrganisationID: f.OrganisationID, Budget: f.Budget, Purpose: f.Purpose,
		LegalBasis: f.LegalBasis, Creditor: f.Creditor, Amount: total, Shown: total, Tariff: total, State: created, Version: 1, CreatedAt: now, ChangedAt: now, DueAt: now.Add(DueAfter),
	}
	if basis := strings.TrimSpace(or(request.LegalBasis, "")); basis != "" {
		p.LegalBasis = map[string]string{"de": basis}
	}
	plain, err := json.Marshal(assessment{Items: items, Reason: request.Reason})
	if err != nil {
		return payment{}, fmt.Errorf("seal items: %w", err)
	}
	p.Assessed, err = s.Keys.Seal(sealAssessed, plain, p.ID[:])
	return p, err
}

// assessed gives what the authority has set of a payment; nothing where it was known beforehand.
func (s *Service) assessed(p payment) (a assessment, err error) {
	if p.Assessed == nil {
		return a, nil
	}
	plain, err := s.Keys.Open(sealAssessed, p.Assessed, p.ID[:])
	if err != nil {
		return a, err
	}
	return a, wrap("read items", json.Unmarshal(plain, &a))
}

// wireItems gives items in the contract's words; nil where there are none.
func (a assessment) wireItems() *[]types.FeeItem {
	if len(a.Items) == 0 {
		return nil
	}
	return &a.Items
}

func (f toSet) wire(ctx context.Context) *types.FeeToSet {
	language := httpx.LanguageOf(ctx)
	return &types.FeeToSet{
		Purpose: localized(f.Purpose, language), LegalBasis: optional(localized(f.LegalBasis, language)), Range: types.FeeRange{From: money(f.Least), To: money(f.Most)},
	}
}

var errNothingToSet = problem.Conflict("fee-not-open", "Zu diesem Vorgang ist keine Gebühr festzusetzen.", "There is no fee to set for this case.").
	With(problem.Text{De: "Sie ist schon festgesetzt, oder der Antrag wurde zurückgezogen. Eine festgesetzte Gebühr können Sie ermäßigen.", En: "It has been set already, or the application was withdrawn. You can reduce a fee that is set."})

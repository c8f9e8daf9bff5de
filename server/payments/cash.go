package payments

import (
	"context"
	"fmt"
	"io"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/idempotency"
	"portalverbund/server/platform/problem"
)

// PayCash records that what is still owed of a fee was paid in cash at the counter, for the clerk of its case. amount is what the clerk has taken: it must be all of it.
func (s *Service) PayCash(ctx context.Context, caseID, id uuid.UUID, key string, amount Cents) (types.PaymentRecord, error) {
	origin, application, err := s.cases.ApplicationOf(ctx, caseID)
	if err != nil {
		return types.PaymentRecord{}, err
	}
	_, err = idempotency.Do(ctx, s.DB, "payments.cash:"+staff(ctx)+":"+id.String(), key, amount, func(ctx context.Context) (struct{}, error) {
		p, err := s.lock(ctx, id)
		switch {
		case err != nil:
			return struct{}{}, err
		case p.Origin != origin || p.ApplicationID != application:
			return struct{}{}, errUnknown
		case !payable(p.State):
			return struct{}{}, errNotOwed
		case amount != p.due():
			return struct{}{}, problem.Invalid(problem.FieldError{Pointer: "/amount", Code: "format", Message: problem.Text{
				De: fmt.Sprintf("Zu bezahlen sind %s.", p.due().Words("de")), En: fmt.Sprintf("%s are to be paid.", p.due().Words("en")),
			}})
		}
		if err := s.part(ctx, &p, amount, methodCash); err != nil {
			return struct{}{}, err
		}
		if err := s.book(ctx, bookedCash, fmt.Sprintf("%s:%d", p.ID, p.Version), &p.ID, line{accountCash, amount}, line{accountReceivable, -amount}); err != nil {
			return struct{}{}, err
		}
		if err := s.move(ctx, &p, step{what: "paid-in-cash", by: staff(ctx)}); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, s.Audit.Record(ctx, "payment.cash", "payment:"+p.ID.String(), amount.Decimal())
	})
	if err != nil {
		return types.PaymentRecord{}, err
	}
	return s.record(ctx, id)
}

// CaseReceipt writes the receipt of a paid fee of a case, to be handed over at the counter.
func (s *Service) CaseReceipt(ctx context.Context, caseID, id uuid.UUID) (write func(io.Writer) error, name string, err error) {
	origin, application, err := s.cases.ApplicationOf(ctx, caseID)
	if err != nil {
		return nil, "", err
	}
	p, err := one[payment](ctx, s, "payment", "SELECT "+paymentColumns+" FROM payments WHERE id = $1 AND origin = $2 AND application_id = $3", id, origin, application)
	if err != nil {
		return nil, "", err
	}
	if p.PaidAt == nil {
		return nil, "", errNoReceipt
	}
	c := claim{ID: p.ID, Amount: p.Amount, Refunded: p.Refunded, PaidAt: p.PaidAt, words: claimWords{
		Number: p.Number, Purpose: p.Purpose, LegalBasis: p.LegalBasis, Creditor: p.Creditor, Reference: p.Reference, Method: p.Method,
	}}
	return func(w io.Writer) error { return s.writeReceipt(w, c, httpx.LanguageOf(ctx) == "en") }, receiptName(c, httpx.LanguageOf(ctx)), nil
}

var errNotOwed = problem.Conflict("not-payable", "Diese Gebühr ist nicht mehr zu bezahlen.", "This fee is not to be paid any more.").
	With(problem.Text{De: "Sie ist schon bezahlt oder wird nicht mehr verlangt. Nehmen Sie kein Geld an.", En: "It has been paid already, or is not asked for any more. Do not take any money."})

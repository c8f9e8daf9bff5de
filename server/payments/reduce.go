package payments

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/idempotency"
	"portalverbund/server/platform/problem"
)

// sealReduction is the purpose for which reasons of reductions are sealed.
const sealReduction = "payments/reduction"

// Reduce makes a fee that is not paid smaller, or waives it (0 cents), for the clerk of its case. A page of the provider that is open is given up: what
// is paid there all the same is booked, and given back as far as it is too much.
func (s *Service) Reduce(ctx context.Context, caseID, id uuid.UUID, key string, request types.ReductionRequest) (types.PaymentRecord, error) {
	origin, application, err := s.cases.ApplicationOf(ctx, caseID)
	if err != nil {
		return types.PaymentRecord{}, err
	}
	_, err = idempotency.Do(ctx, s.DB, "payments.reduce:"+staff(ctx)+":"+id.String(), key, request, func(ctx context.Context) (struct{}, error) {
		p, err := s.lock(ctx, id)
		if err != nil {
			return struct{}{}, err
		}
		if p.Origin != origin || p.ApplicationID != application {
			return struct{}{}, errUnknown
		}
		if err := s.reduce(ctx, &p, Cents(request.Amount), request.Reason); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, s.Audit.Record(ctx, "payment.reduce", "payment:"+p.ID.String(), fmt.Sprintf("%s → %s", p.ReducedFrom.Decimal(), p.ReducedTo.Decimal()))
	})
	if err != nil {
		return types.PaymentRecord{}, err
	}
	return s.record(ctx, id)
}

func (s *Service) reduce(ctx context.Context, p *payment, to Cents, reason string) (err error) {
	if !payable(p.State) {
		return errNotReducible
	}
	if to < 0 || to >= p.Amount {
		return problem.Invalid(problem.FieldError{Pointer: "/amount", Code: "maximum", Message: problem.Text{
			De: fmt.Sprintf("Bitte geben Sie weniger als %s an.", p.Amount.Words("de")), En: fmt.Sprintf("Please give less than %s.", p.Amount.Words("en")),
		}})
	}
	if p.Reduction, err = s.Keys.Seal(sealReduction, []byte(reason), p.ID[:]); err != nil {
		return err
	}
	if err := s.closePage(ctx, p, "reduced"); err != nil {
		return err
	}
	parts, err := s.releaseAll(ctx, p)
	if err != nil {
		return err
	}
	less := p.Amount - to
	if err := s.book(ctx, bookedReduced, fmt.Sprintf("%s:%d", p.ID, p.Version), &p.ID, line{revenue(p.Budget), less}, line{accountReceivable, -less}); err != nil {
		return err
	}
	if p.ReducedFrom == nil {
		first := p.Amount
		p.ReducedFrom = &first
	}
	p.ReducedTo = &to
	what := "reduced"
	if to == 0 { // amount stays what it was: the fee is asked no more
		p.State, what = withdrawn, "waived"
	} else {
		p.Amount = to
	}
	for i := range parts { // what has come already pays the smaller fee
		if err := s.assign(ctx, p, &parts[i]); err != nil {
			return err
		}
	}
	return s.move(ctx, p, step{what: what, by: staff(ctx)})
}

// closePage gives up the attempt of a payment that is under way, and says why. Its provider is still asked what became of it.
func (s *Service) closePage(ctx context.Context, p *payment, why string) error {
	a, found, err := s.underWay(ctx, p.ID)
	if err != nil || !found {
		return err
	}
	if a.State == attemptCreated { // nobody has seen its page
		a.State, a.Problem, a.Final = attemptLost, why, true
	} else {
		a.State, a.Problem = attemptExpired, why
	}
	if p.State == started {
		p.State = created
	}
	return s.setAttempt(ctx, a)
}

// reduction gives what was reduced of a payment; nil where nothing was.
func (s *Service) reduction(p payment) (*types.PaymentReduction, error) {
	if p.ReducedFrom == nil || p.ReducedTo == nil {
		return nil, nil
	}
	reason, err := s.Keys.Open(sealReduction, p.Reduction, p.ID[:])
	if err != nil {
		return nil, err
	}
	return &types.PaymentReduction{From: money(*p.ReducedFrom), To: money(*p.ReducedTo), Reason: string(reason)}, nil
}

// longestReason is a reason that another portal may tell of, in bytes: 300 characters.
const longestReason = 1200

// possible says whether a reduction that another portal tells of can be one.
func possible(r *types.PaymentReduction) bool {
	return r == nil || (r.From.Currency == Currency && r.To.Currency == Currency && r.To.Amount >= 0 && r.To.Amount < r.From.Amount && Cents(r.From.Amount) <= MaxAmount && len(r.Reason) <= longestReason)
}

// waived says whether a fee is asked no more because of its reduction.
func waived(r *types.PaymentReduction) bool { return r != nil && r.To.Amount == 0 }

var errNotReducible = problem.Conflict("not-reducible", "Diese Gebühr kann nicht ermäßigt oder erlassen werden.", "This fee cannot be reduced or waived.").
	With(problem.Text{De: "Sie ist schon bezahlt oder wird nicht mehr verlangt. Eine bezahlte Gebühr kann die Kasse erstatten.", En: "It has been paid already, or is not asked for any more. The treasury can refund a fee that is paid."})

package payments

import (
	"cmp"
	"context"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/idempotency"
	"portalverbund/server/platform/problem"
)

const (
	refundFee     = "fee"
	refundSurplus = "surplus"
	refundStray   = "stray"

	stateAsked    = "asked"
	stateApproved = "approved"
	stateExecuted = "executed"
	stateRefused  = "refused"
)

// Reasons of strays: of a transaction at the provider, and of money on the account.
const (
	reasonStray    = "unknown-transaction"
	reasonTransfer = "transfer"
)

// byPortal is who asks for what nobody had to decide.
const byPortal = "portal"

// refundRow is a row of payment_refunds. A stray has a transaction at the provider and no payment, whatever else a payment.
type refundRow struct {
	ID         uuid.UUID
	PaymentID  *uuid.UUID
	AttemptID  *uuid.UUID
	Kind       string
	Amount     Cents
	Reason     string
	State      string
	AskedBy    string
	AskedAt    time.Time
	Reference  string     // of the payment or, of a stray, the transaction
	Source     string     // where the money came in
	TransferID *uuid.UUID // of money on the account
	Payee      []byte     // who transferred it, sealed with the id of the transfer
	ServiceID  *uuid.UUID // where a stray is; nil: at the configured service
}

const selectRefunds = `SELECT r.id, r.payment_id, r.attempt_id, r.kind, r.amount, r.reason, r.state, r.asked_by, r.asked_at, coalesce(p.reference, r.transaction_id), r.source, r.transfer_id, t.content, r.service_id
	FROM payment_refunds r LEFT JOIN payments p ON p.id = r.payment_id LEFT JOIN payment_transfers t ON t.id = r.transfer_id `

// object is what a refund is about, in the words of the audit.
func (r refundRow) object() string {
	if r.PaymentID == nil {
		return "transaction:" + r.Reference
	}
	return "payment:" + r.PaymentID.String()
}

// accountOf is the account from which money leaves.
func accountOf(source string) string {
	switch source {
	case fromBank:
		return accountBank
	case fromCash:
		return accountCash
	}
	return accountProvider
}

var (
	errRefundUnknown = problem.NotFound("refund-unknown", "Diese Erstattung gibt es nicht.", "There is no such refund.")
	errRefundOver    = problem.Conflict("refund-over", "Das geht mit dieser Erstattung nicht mehr.", "This refund is past that.")
	errFourEyes      = problem.Conflict("four-eyes", "Diese Erstattung muss eine andere Person freigeben.", "Another person must approve this refund.").
				With(problem.Text{De: "Sie haben sie selbst beantragt. Ab diesem Betrag gilt das Vier-Augen-Prinzip.", En: "You asked for it yourself. From this amount on, two people must agree."})
	errNotRefundable = problem.Conflict("not-refundable", "Von dieser Gebühr kann nichts erstattet werden.", "Nothing of this fee can be refunded.").
				With(problem.Text{De: "Sie ist nicht bezahlt, oder eine Erstattung läuft schon.", En: "It has not been paid, or a refund is under way."})
)

func (s *Service) addRefund(ctx context.Context, r refundRow) error {
	if r.AskedBy == "" {
		r.AskedBy = byPortal
	}
	if r.ID == uuid.Nil {
		r.ID = uuid.New()
	}
	var transaction *string
	if r.Kind == refundStray {
		transaction = &r.Reference
	}
	return s.DB.Later(ctx, "write refund", `INSERT INTO payment_refunds (id, payment_id, attempt_id, transaction_id, kind, amount, reason, state, asked_by, asked_at, source, transfer_id, service_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 'asked', $8, $9, $10, $11, $12)`, r.ID, r.PaymentID, r.AttemptID, transaction, r.Kind, r.Amount, r.Reason, r.AskedBy, s.Now(),
		cmp.Or(r.Source, fromProvider), r.TransferID, r.ServiceID)
}

// staff is the account of the caller who works here.
func staff(ctx context.Context) string { return httpx.CallerOf(ctx).AccountID.String() }

// AskRefund asks for giving back a paid fee, or a part.
func (s *Service) AskRefund(ctx context.Context, id uuid.UUID, key string, request types.RefundRequest) (types.Refund, error) {
	return idempotency.Do(ctx, s.DB, "payments.refund:"+staff(ctx)+":"+id.String(), key, request, func(ctx context.Context) (types.Refund, error) {
		p, err := s.lock(ctx, id)
		if err != nil {
			return types.Refund{}, err
		}
		if p.State != paid || p.Refunded >= p.Amount {
			return types.Refund{}, errNotRefundable
		}
		if Cents(request.Amount) > p.Amount-p.Refunded {
			return types.Refund{}, problem.Invalid(problem.FieldError{Pointer: "/amount", Code: "maximum", Message: problem.Text{
				De: "Das ist mehr, als von der Gebühr noch da ist.", En: "This is more than is left of the fee.",
			}})
		}
		p.State = refundAsked
		r := refundRow{ID: uuid.New(), PaymentID: &p.ID, Kind: refundFee, Amount: Cents(request.Amount), Reason: request.Reason, State: stateAsked, AskedBy: staff(ctx), AskedAt: s.Now(), Reference: p.Reference, Source: sourceOf(p.Method)}
		if err := s.addRefund(ctx, r); err != nil {
			return types.Refund{}, err
		}
		if err := s.move(ctx, &p, step{what: "refund-asked", by: r.AskedBy}); err != nil {
			return types.Refund{}, err
		}
		return s.wireRefund(ctx, r), s.Audit.Record(ctx, "payment.refund-ask", "payment:"+p.ID.String(), "")
	})
}

// changeRefund changes a refund under the lock of its payment, or its own when it has none; p is nil then.
func (s *Service) changeRefund(ctx context.Context, id uuid.UUID, key, action string, fn func(ctx context.Context, p *payment, r *refundRow) error) (types.Refund, error) {
	return idempotency.Do(ctx, s.DB, "payments."+action+":"+staff(ctx), key, id, func(ctx context.Context) (types.Refund, error) {
		list, err := many[refundRow](ctx, s, "refund", selectRefunds+"WHERE r.id = $1", id)
		if err != nil || len(list) == 0 {
			return types.Refund{}, firstOf(err, errRefundUnknown)
		}
		var p *payment
		if of := list[0].PaymentID; of != nil {
			locked, err := s.lock(ctx, *of)
			if err != nil {
				return types.Refund{}, err
			}
			p = &locked
		}
		r, err := one[refundRow](ctx, s, "refund", selectRefunds+"WHERE r.id = $1 FOR UPDATE OF r", id) // as it is under the lock
		if err != nil {
			return types.Refund{}, err
		}
		if err := fn(ctx, p, &r); err != nil {
			return types.Refund{}, err
		}
		return s.wireRefund(ctx, r), s.Audit.Record(ctx, "payment."+action, r.object(), "")
	})
}

// needsApproval says whether a second person must agree: above the limit, unless the portal itself asked, whose refund anybody may approve.
func (s *Service) needsApproval(r refundRow) bool { return r.Amount > s.FourEyes }

// ApproveRefund is the second pair of eyes.
func (s *Service) ApproveRefund(ctx context.Context, id uuid.UUID, key string) (types.Refund, error) {
	return s.changeRefund(ctx, id, key, "refund-approve", func(ctx context.Context, _ *payment, r *refundRow) error {
		switch {
		case r.State != stateAsked:
			return errRefundOver
		case r.AskedBy == staff(ctx):
			return errFourEyes
		}
		r.State = stateApproved
		return s.DB.Later(ctx, "approve refund", "UPDATE payment_refunds SET state = 'approved', approved_by = $2, approved_at = $3 WHERE id = $1", r.ID, staff(ctx), s.Now())
	})
}

// ExecuteRefund records that the money has left, and books it.
func (s *Service) ExecuteRefund(ctx context.Context, id uuid.UUID, key string) (types.Refund, error) {
	return s.changeRefund(ctx, id, key, "refund-execute", func(ctx context.Context, p *payment, r *refundRow) error {
		switch {
		case r.State != stateAsked && r.State != stateApproved:
			return errRefundOver
		case r.State == stateAsked && s.needsApproval(*r):
			return errFourEyes
		}
		r.State = stateExecuted
		err := s.DB.Later(ctx, "execute refund", "UPDATE payment_refunds SET state = 'executed', ended_by = $2, ended_at = $3 WHERE id = $1", r.ID, staff(ctx), s.Now())
		if err != nil {
			return err
		}
		from := accountSuspense
		if r.Kind == refundFee {
			from = revenue(p.Budget)
		}
		if err := s.book(ctx, bookedRefund, r.ID.String(), r.PaymentID, line{from, r.Amount}, line{accountOf(r.Source), -r.Amount}); err != nil || p == nil {
			return err
		}
		if r.Kind == refundFee {
			p.Refunded += r.Amount
			p.State = paid
			if p.Refunded == p.Amount {
				p.State = refunded
			}
		}
		return s.move(ctx, p, step{what: "refund-executed", by: staff(ctx)})
	})
}

// RefuseRefund ends a refund of a fee without paying it out.
func (s *Service) RefuseRefund(ctx context.Context, id uuid.UUID, key string) (types.Refund, error) {
	return s.changeRefund(ctx, id, key, "refund-refuse", func(ctx context.Context, p *payment, r *refundRow) error {
		if r.Kind != refundFee || (r.State != stateAsked && r.State != stateApproved) {
			return errRefundOver
		}
		r.State = stateRefused
		err := s.DB.Later(ctx, "refuse refund", "UPDATE payment_refunds SET state = 'refused', ended_by = $2, ended_at = $3 WHERE id = $1", r.ID, staff(ctx), s.Now())
		if err != nil {
			return err
		}
		p.State = paid
		return s.move(ctx, p, step{what: "refund-refused", by: staff(ctx)})
	})
}

// Refunds lists those that are not done, the oldest first, at most 200.
func (s *Service) Refunds(ctx context.Context) ([]types.Refund, error) {
	list, err := many[refundRow](ctx, s, "refunds", selectRefunds+"WHERE r.state IN ('asked', 'approved') ORDER BY r.asked_at, r.id LIMIT 200")
	out := make([]types.Refund, 0, len(list))
	for _, r := range list {
		item := s.wireRefund(ctx, r)
		if r.TransferID != nil && err == nil {
			var w transferWords
			if w, err = s.transferWords(*r.TransferID, r.Payee); err == nil {
				item.Payee = &types.Payee{Name: optional(w.Name), Iban: optional(w.IBAN)}
			}
		}
		out = append(out, item)
	}
	return out, err
}

func (s *Service) wireRefund(ctx context.Context, r refundRow) types.Refund {
	reason := r.Reason
	if r.Kind != refundFee {
		reason = surplusWords(reason).In(httpx.LanguageOf(ctx))
	}
	return types.Refund{
		Id: r.ID, PaymentId: r.PaymentID, Reference: r.Reference, Kind: types.RefundKind(r.Kind), Amount: money(r.Amount), Reason: reason, State: types.RefundState(r.State),
		NeedsApproval: s.needsApproval(r) && r.State == stateAsked, Mine: r.AskedBy == staff(ctx), AskedAt: r.AskedAt, Source: types.MoneySource(cmp.Or(r.Source, fromProvider)),
	}
}

func surplusWords(what string) problem.Text {
	switch what {
	case reasonStray:
		return problem.Text{De: "Beim Zahlungsdienst ist Geld zu einem Vorgang eingegangen, den dieses Portal nicht kennt.", En: "Money has come to the payment provider for a transaction that this portal does not know."}
	case reasonTransfer:
		return problem.Text{De: "Auf dem Konto ist Geld eingegangen, das keine Gebühr bezahlt.", En: "Money has come to the account that pays no fee."}
	case "paid-too-little":
		return problem.Text{De: "Es wurde weniger bezahlt als verlangt.", En: "Less was paid than was asked for."}
	}
	return problem.Text{De: "Es wurde mehr bezahlt als verlangt, oder zweimal.", En: "More was paid than was asked for, or twice."}
}

// WriteOff gives a fee up that is not paid.
func (s *Service) WriteOff(ctx context.Context, id uuid.UUID, key string) (types.PaymentRecord, error) {
	_, err := idempotency.Do(ctx, s.DB, "payments.write-off:"+staff(ctx), key, id, func(ctx context.Context) (struct{}, error) {
		p, err := s.lock(ctx, id)
		if err != nil {
			return struct{}{}, err
		}
		if !payable(p.State) {
			return struct{}{}, errNotPayable
		}
		p.State = writtenOff
		if err := s.book(ctx, bookedWriteOff, p.ID.String(), &p.ID, line{accountLoss, p.due()}, line{accountReceivable, -p.due()}); err != nil {
			return struct{}{}, err
		}
		if err := s.move(ctx, &p, step{what: "written-off", by: staff(ctx)}); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, s.Audit.Record(ctx, "payment.write-off", "payment:"+p.ID.String(), "")
	})
	if err != nil {
		return types.PaymentRecord{}, err
	}
	return s.record(ctx, id)
}

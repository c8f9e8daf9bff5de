package payments

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"portalverbund/api/types"
)

// payment is a row of payments.
type payment struct {
	ID             uuid.UUID
	Origin         string
	ApplicationID  uuid.UUID
	Number         string // of the application
	OrganisationID uuid.UUID
	Reference      string
	Budget         string
	Purpose        map[string]string
	LegalBasis     map[string]string
	Creditor       map[string]string
	Amount         Cents
	Shown          Cents
	Tariff         Cents
	State          types.PaymentState
	Version        int
	Refunded       Cents
	Method         string
	CreatedAt      time.Time
	ChangedAt      time.Time
	DueAt          time.Time
	PaidAt         *time.Time
	ReducedFrom    *Cents // what was asked at first
	ReducedTo      *Cents // 0: waived
	Reduction      []byte // the reason, sealed
	Assessed       []byte // items and reason of a fee that the authority has set, sealed
	Received       Cents  // while it is owed, what came in parts
}

const paymentColumns = `id, origin, application_id, application_number, organisation_id, reference, budget_account, purpose, legal_basis, creditor,
	amount, shown, tariff, state, version, refunded, method, created_at, changed_at, due_at, paid_at, reduced_from, reduced_to, reduction, assessed, received`

// attempt is a row of payment_attempts.
type attempt struct {
	ID            uuid.UUID
	PaymentID     uuid.UUID
	State         string
	Amount        Cents
	Received      Cents
	TransactionID *string
	Redirect      []byte
	Token         []byte // of the notifications' address, sealed
	Problem       string
	CreatedAt     time.Time
	ExpiresAt     *time.Time
	Asks          int
	Final         bool
	ServiceID     *uuid.UUID // where it is; nil: at the configured service
}

const attemptColumns = "id, payment_id, state, amount, received, transaction_id, redirect, token, problem, created_at, expires_at, asks, final, service_id"

func one[T any](ctx context.Context, s *Service, what, sql string, args ...any) (T, error) {
	var none T
	rows, err := s.DB.Pgx(ctx).Query(ctx, sql, args...)
	if err != nil {
		return none, fmt.Errorf("read %s: %w", what, err)
	}
	got, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[T])
	if errors.Is(err, pgx.ErrNoRows) {
		return none, errUnknown
	}
	return got, wrap("read "+what, err)
}

func many[T any](ctx context.Context, s *Service, what, sql string, args ...any) ([]T, error) {
	rows, err := s.DB.Pgx(ctx).Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", what, err)
	}
	got, err := pgx.CollectRows(rows, pgx.RowToStructByPos[T])
	return got, wrap("read "+what, err)
}

// lock reads a payment and keeps others from changing it until the transaction ends. Whatever changes an attempt or a refund locks its payment first.
func (s *Service) lock(ctx context.Context, id uuid.UUID) (payment, error) {
	return one[payment](ctx, s, "payment", "SELECT "+paymentColumns+" FROM payments WHERE id = $1 FOR UPDATE", id)
}

func (s *Service) attempt(ctx context.Context, id uuid.UUID) (attempt, error) {
	return one[attempt](ctx, s, "attempt", "SELECT "+attemptColumns+" FROM payment_attempts WHERE id = $1", id)
}

// underWay gives the attempt of a payment that is under way; false when there is none.
func (s *Service) underWay(ctx context.Context, paymentID uuid.UUID) (attempt, bool, error) {
	list, err := many[attempt](ctx, s, "attempt", "SELECT "+attemptColumns+" FROM payment_attempts WHERE payment_id = $1 AND state IN ('created', 'open')", paymentID)
	if err != nil || len(list) == 0 {
		return attempt{}, false, err
	}
	return list[0], true, nil
}

const insertPayment = `INSERT INTO payments (` + paymentColumns + `)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26)
	ON CONFLICT (origin, application_id) DO NOTHING`

func (s *Service) insert(ctx context.Context, p payment) (bool, error) {
	tag, err := s.DB.Pgx(ctx).Exec(ctx, insertPayment, p.ID, p.Origin, p.ApplicationID, p.Number, p.OrganisationID, p.Reference, p.Budget, p.Purpose, p.LegalBasis,
		p.Creditor, p.Amount, p.Shown, p.Tariff, p.State, p.Version, p.Refunded, p.Method, p.CreatedAt, p.ChangedAt, p.DueAt, p.PaidAt,
		p.ReducedFrom, p.ReducedTo, p.Reduction, p.Assessed, p.Received)
	return tag.RowsAffected() == 1, wrap("write payment", err)
}

// step is one step of a payment: what (a stable word) has brought it into a state.
type step struct {
	what    string
	attempt *uuid.UUID
	by      string // account of staff
}

// move writes a payment as it is now, with the step that led there, and tells the person's portal.
func (s *Service) move(ctx context.Context, p *payment, st step) error {
	p.Version++
	p.ChangedAt = s.Now()
	err := s.DB.Later(ctx, "write payment", `UPDATE payments SET state = $2, version = $3, refunded = $4, method = $5, changed_at = $6, paid_at = $7, amount = $8,
		reduced_from = $9, reduced_to = $10, reduction = $11, received = $12 WHERE id = $1`,
		p.ID, p.State, p.Version, p.Refunded, p.Method, p.ChangedAt, p.PaidAt, p.Amount, p.ReducedFrom, p.ReducedTo, p.Reduction, p.Received)
	if err != nil {
		return err
	}
	if err := s.recordStep(ctx, *p, st); err != nil {
		return err
	}
	return s.tell(ctx, kindChanged, *p)
}

func (s *Service) recordStep(ctx context.Context, p payment, st step) error {
	return s.DB.Later(ctx, "write step", `INSERT INTO payment_steps (payment_id, n, at, state, what, attempt_id, by) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		p.ID, p.Version, p.ChangedAt, p.State, st.what, st.attempt, st.by)
}

func (s *Service) setAttempt(ctx context.Context, a attempt) error {
	return s.DB.Later(ctx, "write attempt", `UPDATE payment_attempts SET state = $2, received = $3, transaction_id = $4, redirect = $5, problem = $6, expires_at = $7,
		asks = $8, final = $9, asked_at = $10 WHERE id = $1`, a.ID, a.State, a.Received, a.TransactionID, a.Redirect, a.Problem, a.ExpiresAt, a.Asks, a.Final, s.Now())
}

package payments

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	openapi "github.com/oapi-codegen/runtime/types"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/idempotency"
	"portalverbund/server/platform/paging"
	"portalverbund/server/platform/problem"
)

const maxSpan = 31 * 24 * time.Hour // of a comparison with the provider's list

const listPayments = "SELECT " + paymentColumns + ` FROM payments WHERE ($1 = '' OR state = $1) AND ($2 = '' OR reference = $2)
	AND ($3::timestamptz IS NULL OR (changed_at, id) < ($3, $4)) ORDER BY changed_at DESC, id DESC LIMIT $5`

// owed are the states in which a fee is owed, as payable has them; the index payments_owed has the same.
const owed = "state IN ('created', 'started', 'failed', 'cancelled', 'expired')"

const listOwed = "SELECT " + paymentColumns + " FROM payments WHERE " + owed + ` AND ($1 = '' OR state = $1) AND ($2 = '' OR reference = $2)
	AND ($3::timestamptz IS NULL OR (due_at, id) > ($3, $4)) ORDER BY due_at, id LIMIT $5`

// Wanted narrows a list of payments.
type Wanted struct {
	Owed      bool // only what is owed and not paid, the longest due first
	State     types.PaymentState
	Reference string // Kassenzeichen; blanks do not count
}

// Payments lists those of this portal, what changed last first.
func (s *Service) Payments(ctx context.Context, w Wanted, limit int, cursor string) (items []types.PaymentRecord, next string, err error) {
	at, id, err := position(cursor)
	if err != nil {
		return nil, "", err
	}
	query := listPayments
	if w.Owed {
		query = listOwed
	}
	list, err := many[payment](ctx, s, "payments", query, string(w.State), strings.ReplaceAll(w.Reference, " ", ""), at, id, limit+1)
	if err != nil {
		return nil, "", err
	}
	if len(list) > limit {
		list = list[:limit]
		last := list[limit-1]
		if next = paging.Cursor(last.ChangedAt, last.ID); w.Owed {
			next = paging.Cursor(last.DueAt, last.ID)
		}
	}
	items = make([]types.PaymentRecord, 0, len(list))
	for _, p := range list {
		item, err := s.wireRecord(ctx, p, nil)
		if err != nil {
			return nil, "", err
		}
		items = append(items, item)
	}
	return items, next, nil
}

type stepRow struct {
	At    time.Time
	State types.PaymentState
	What  string
}

func (s *Service) steps(ctx context.Context, id uuid.UUID) ([]stepRow, error) {
	return many[stepRow](ctx, s, "steps", "SELECT at, state, what FROM payment_steps WHERE payment_id = $1 ORDER BY n LIMIT 500", id)
}

func (s *Service) record(ctx context.Context, id uuid.UUID) (types.PaymentRecord, error) {
	p, err := one[payment](ctx, s, "payment", "SELECT "+paymentColumns+" FROM payments WHERE id = $1", id)
	if err != nil {
		return types.PaymentRecord{}, err
	}
	steps, err := s.steps(ctx, id)
	if err != nil {
		return types.PaymentRecord{}, err
	}
	return s.wireRecord(ctx, p, steps)
}

// OfCase gives what was asked for a case that the caller may see, and what is still to be set.
func (s *Service) OfCase(ctx context.Context, caseID uuid.UUID) (types.CasePayments, error) {
	origin, application, err := s.cases.ApplicationOf(ctx, caseID)
	if err != nil {
		return types.CasePayments{}, err
	}
	return s.OfApplication(ctx, origin, application)
}

// OfApplication gives what was asked for an application, with its steps, and what is still to be set, whoever the caller is.
func (s *Service) OfApplication(ctx context.Context, origin string, application uuid.UUID) (types.CasePayments, error) {
	out := types.CasePayments{Items: []types.PaymentRecord{}}
	f, err := s.feeToSet(ctx, origin, application, "")
	if err != nil {
		return out, err
	}
	if f != nil {
		out.ToSet = f.wire(ctx)
	}
	list, err := many[payment](ctx, s, "payments", "SELECT "+paymentColumns+" FROM payments WHERE origin = $1 AND application_id = $2", origin, application)
	if err != nil || len(list) == 0 {
		return out, err
	}
	steps, err := s.steps(ctx, list[0].ID) // there is one at most
	if err != nil {
		return out, err
	}
	record, err := s.wireRecord(ctx, list[0], steps)
	out.Items = append(out.Items, record)
	return out, err
}

// inParts gives what of a fee that is owed has come in parts; nil where nothing has.
func inParts(state types.PaymentState, amount Cents) *types.Money {
	if amount == 0 || !payable(state) {
		return nil
	}
	m := money(amount)
	return &m
}

func (s *Service) wireRecord(ctx context.Context, p payment, steps []stepRow) (types.PaymentRecord, error) {
	reduction, err := s.reduction(p)
	if err != nil {
		return types.PaymentRecord{}, err
	}
	set, err := s.assessed(p)
	out := types.PaymentRecord{
		Id: p.ID, State: p.State, Amount: money(p.Amount), Refunded: money(p.Refunded), Shown: money(p.Shown), Tariff: money(p.Tariff),
		Purpose: localized(p.Purpose, httpx.LanguageOf(ctx)), Reference: p.Reference, BudgetAccount: p.Budget, ApplicationNumber: p.Number, Method: optional(p.Method),
		CreatedAt: p.CreatedAt, ChangedAt: p.ChangedAt, DueAt: p.DueAt, PaidAt: p.PaidAt, Steps: []types.PaymentStep{},
		Reduction: reduction, Items: set.wireItems(), Reason: optional(set.Reason), Received: inParts(p.State, p.Received),
	}
	for _, st := range steps {
		out.Steps = append(out.Steps, types.PaymentStep{At: st.At, State: st.State, What: st.What})
	}
	return out, err
}

var errNoList = problem.Conflict("no-list", "Dieser Zahlungsdienst gibt keine Liste.", "This payment provider gives no list.").
	With(problem.Text{De: "Vergleichen Sie mit dem Kontoauszug.", En: "Compare with the bank statement."})

var errNoted = problem.Conflict("difference-noted", "Zu diesem Unterschied steht schon ein Vermerk.", "There is a note on this difference already.").
	With(problem.Text{De: "Laden Sie den Abgleich neu.", En: "Compare anew."})

// Reconcile compares the list of a service (nil: the configured one) of some days with what this portal has booked.
func (s *Service) Reconcile(ctx context.Context, service *uuid.UUID, from, to time.Time) (types.Reconciliation, error) {
	out := types.Reconciliation{Differences: []types.Difference{}}
	if to.Before(from) || to.Sub(from) > maxSpan {
		return out, problem.Invalid(problem.FieldError{Pointer: "#/query/to", Code: "format", Message: problem.Text{
			De: "Bitte wählen Sie höchstens 31 Tage.", En: "Please choose 31 days at most.",
		}})
	}
	provider, err := s.treasuryProvider(ctx, service)
	if err != nil {
		return out, err
	}
	theirs, err := provider.List(ctx, from, to)
	if errors.Is(err, ErrNoList) {
		return out, errNoList
	}
	if err != nil {
		return out, problem.Unavailable("provider-unreachable", "Der Zahlungsdienst antwortet gerade nicht.", "The payment provider does not answer at the moment.").Because(err)
	}
	ids := make([]string, 0, len(theirs))
	for _, t := range theirs {
		ids = append(ids, t.ID)
	}
	ours, err := many[bookedRow](ctx, s, "bookings", `SELECT a.transaction_id, a.state, a.received, p.reference FROM payment_attempts a JOIN payments p ON p.id = a.payment_id
		WHERE a.transaction_id = ANY ($1) AND a.service_id IS NOT DISTINCT FROM $4
		UNION SELECT a.transaction_id, a.state, a.received, p.reference FROM ledger_bookings b JOIN payment_attempts a ON b.kind = 'paid' AND b.reference = a.id::text
			JOIN payments p ON p.id = a.payment_id WHERE b.day BETWEEN $2 AND $3 AND a.service_id IS NOT DISTINCT FROM $4
		UNION SELECT transaction_id, 'paid', amount, '' FROM payment_refunds WHERE kind = 'stray' AND transaction_id = ANY ($1) AND service_id IS NOT DISTINCT FROM $4`,
		ids, from.AddDate(0, 0, 1), to.AddDate(0, 0, -1), service)
	if err != nil {
		return out, err
	}
	out.Transactions, out.Differences, out.Total = compare(theirs, ours)
	return out, s.addNotes(ctx, service, out.Differences)
}

// treasuryProvider gives the client of a service (nil: the configured one) whose list is compared.
func (s *Service) treasuryProvider(ctx context.Context, service *uuid.UUID) (Provider, error) {
	provider, err := s.providerAt(ctx, service)
	switch {
	case err != nil:
		return nil, err
	case provider == nil && service != nil:
		return nil, errNoService
	case provider == nil:
		return nil, errNoList
	}
	return provider, nil
}

// addNotes adds what the treasury has noted about these differences of a service as they are.
func (s *Service) addNotes(ctx context.Context, service *uuid.UUID, list []types.Difference) error {
	ids := make([]string, 0, len(list))
	for _, d := range list {
		ids = append(ids, idAt(service, d.TransactionId))
	}
	type row struct {
		about differenceKey
		types.DifferenceNote
	}
	rows, err := s.DB.Pgx(ctx).Query(ctx, "SELECT transaction_id, kind, ours, theirs, note, at FROM payment_differences WHERE transaction_id = ANY ($1)", ids)
	if err != nil {
		return wrap("read notes", err)
	}
	notes, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (n row, err error) {
		return n, r.Scan(&n.about.id, &n.about.kind, &n.about.ours, &n.about.theirs, &n.Note, &n.At)
	})
	if err != nil {
		return wrap("read notes", err)
	}
	known := map[differenceKey]types.DifferenceNote{}
	for _, n := range notes {
		known[n.about] = n.DifferenceNote
	}
	for i, d := range list {
		if note, found := known[differenceKey{idAt(service, d.TransactionId), d.Kind, amountOf(d.Ours), amountOf(d.Theirs)}]; found {
			list[i].Note = &note
		}
	}
	return nil
}

// differenceKey is a difference as it was when somebody noted something about it.
type differenceKey struct {
	id           string
	kind         types.DifferenceKind
	ours, theirs int64
}

func amountOf(m *types.Money) int64 {
	if m == nil {
		return 0
	}
	return m.Amount
}

// Explain notes what a difference is that was cleared up outside of the portal.
func (s *Service) Explain(ctx context.Context, key string, d types.DifferenceNoteRequest) (types.DifferenceNote, error) {
	return idempotency.Do(ctx, s.DB, "payments.explain:"+staff(ctx), key, d, func(ctx context.Context) (types.DifferenceNote, error) {
		note := types.DifferenceNote{Note: d.Note, At: s.Now()}
		tag, err := s.DB.Pgx(ctx).Exec(ctx, `INSERT INTO payment_differences (transaction_id, kind, ours, theirs, note, by, at) VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT DO NOTHING`, idAt(d.Service, d.TransactionId), d.Kind, d.Ours, d.Theirs, d.Note, staff(ctx), note.At)
		if err != nil {
			return note, wrap("write note", err)
		}
		if tag.RowsAffected() == 0 {
			return note, errNoted
		}
		return note, s.Audit.Record(ctx, "payment.explain", "transaction:"+d.TransactionId, "")
	})
}

type bookedRow struct {
	TransactionID string
	State         string
	Received      Cents
	Reference     string
}

// compare finds what one side has and the other has not. A booking is sought in the list of its days only when these are inside the compared ones: around
// midnight the two sides may mean different days.
func compare(theirs []Transaction, ours []bookedRow) (n int, differences []types.Difference, total types.Money) {
	known := map[string]bookedRow{}
	for _, o := range ours {
		known[o.TransactionID] = o
	}
	differences = []types.Difference{}
	add := func(kind types.DifferenceKind, id, reference string, mine, their *Cents) {
		d := types.Difference{Kind: kind, TransactionId: id, Reference: optional(reference)}
		if mine != nil {
			m := money(*mine)
			d.Ours = &m
		}
		if their != nil {
			m := money(*their)
			d.Theirs = &m
		}
		differences = append(differences, d)
	}
	sum := Cents(0)
	for _, t := range theirs {
		o, found := known[t.ID]
		sum += t.Amount
		switch {
		case !found:
			add(types.DifferenceUnknown, t.ID, "", nil, &t.Amount)
		case o.State != attemptPaid:
			add(types.DifferenceNotBooked, t.ID, o.Reference, nil, &t.Amount)
		case o.Received != t.Amount:
			add(types.DifferenceAmount, t.ID, o.Reference, &o.Received, &t.Amount)
		}
		delete(known, t.ID)
	}
	for _, o := range ours {
		if _, left := known[o.TransactionID]; left && o.State == attemptPaid {
			add(types.DifferenceNotAtProvider, o.TransactionID, o.Reference, &o.Received, nil)
		}
	}
	return len(theirs), differences, money(sum)
}

// Resolve asks a service (nil: the configured one) for a transaction whatever was thought of it, and books what it says: as payment of the fee for which this portal has opened
// it, and held where it has not.
func (s *Service) Resolve(ctx context.Context, key string, service *uuid.UUID, transactionID string) (types.DifferenceResolution, error) {
	out := types.DifferenceResolution{}
	provider, err := s.treasuryProvider(ctx, service)
	if err != nil {
		return out, err
	}
	list, err := many[attempt](ctx, s, "attempt", "SELECT "+attemptColumns+" FROM payment_attempts WHERE transaction_id = $1 AND service_id IS NOT DISTINCT FROM $2", transactionID, service)
	if err != nil {
		return out, err
	}
	t, err := provider.Ask(ctx, transactionID)
	switch {
	case errors.Is(err, ErrNoTransaction):
		return out, errUnknown
	case err != nil:
		return out, problem.Unavailable("provider-unreachable", "Der Zahlungsdienst antwortet gerade nicht.", "The payment provider does not answer at the moment.").Because(err)
	case t.ID != transactionID, len(list) > 0 && t.RequestID != "" && t.RequestID != list[0].ID.String():
		return out, problem.Conflict("other-transaction", "Der Zahlungsdienst meldet einen anderen Vorgang.", "The payment provider tells of another transaction.")
	case len(list) == 0:
		r, err := s.hold(ctx, key, service, t)
		out.Refund = &r
		return out, err
	}
	if err := s.bookMissed(ctx, key, list[0], t); err != nil {
		return out, err
	}
	record, err := s.record(ctx, list[0].PaymentID)
	out.Payment = &record
	return out, err
}

// bookMissed books what the provider says of an attempt that was thought to be over.
func (s *Service) bookMissed(ctx context.Context, key string, a attempt, t Transaction) error {
	_, err := idempotency.Do(ctx, s.DB, "payments.resolve:"+staff(ctx), key, t.ID, func(ctx context.Context) (struct{}, error) {
		err := s.changeAttempt(ctx, a.ID, func(ctx context.Context, p *payment, a attempt) error {
			if a.State == attemptPaid || t.Status != Paid {
				return nil
			}
			a.Final = false
			return s.settle(ctx, p, &a, t)
		})
		if err != nil {
			return struct{}{}, err
		}
		return struct{}{}, s.Audit.Record(ctx, "payment.resolve", "payment:"+a.PaymentID.String(), "")
	})
	return err
}

var (
	errNotThere = problem.Conflict("not-paid", "Der Zahlungsdienst sagt, dass dazu kein Geld eingegangen ist.", "The payment provider says that no money has come for it.")
	errHeld     = problem.Conflict("already-held", "Dieses Geld ist schon in Verwahrung.", "This money is held already.").
			With(problem.Text{De: "Sie finden es unter den Erstattungen.", En: "You find it among the refunds."})
)

// hold books money of a transaction that nobody has ordered, until it is given back.
func (s *Service) hold(ctx context.Context, key string, service *uuid.UUID, t Transaction) (types.Refund, error) {
	return idempotency.Do(ctx, s.DB, "payments.resolve:"+staff(ctx), key, idAt(service, t.ID), func(ctx context.Context) (types.Refund, error) {
		switch {
		case t.Currency != Currency:
			return types.Refund{}, errCurrency
		case t.Status != Paid, t.Amount <= 0:
			return types.Refund{}, errNotThere
		}
		if _, err := s.DB.Pgx(ctx).Exec(ctx, "SELECT pg_advisory_xact_lock(hashtextextended($1, $2))", idAt(service, t.ID), ledgerLock); err != nil { // two treasurers
			return types.Refund{}, wrap("hold money", err)
		}
		held, err := many[refundRow](ctx, s, "refund", selectRefunds+"WHERE r.kind = 'stray' AND r.transaction_id = $1 AND r.service_id IS NOT DISTINCT FROM $2", t.ID, service)
		if err != nil || len(held) > 0 {
			return types.Refund{}, firstOf(err, errHeld)
		}
		r := refundRow{ID: uuid.New(), Kind: refundStray, Amount: t.Amount, Reason: reasonStray, State: stateAsked, AskedBy: byPortal, AskedAt: s.Now(), Reference: t.ID, ServiceID: service}
		if err := s.addRefund(ctx, r); err != nil {
			return types.Refund{}, err
		}
		if err := s.book(ctx, bookedStray, idAt(service, t.ID), nil, line{accountProvider, t.Amount}, line{accountSuspense, -t.Amount}); err != nil {
			return types.Refund{}, err
		}
		return s.wireRefund(ctx, r), s.Audit.Record(ctx, "payment.hold", r.object(), "")
	})
}

const overviewDays = 30

type sumRow struct {
	Count  int64
	Amount Cents
}

func (r sumRow) wire() types.TreasurySum {
	return types.TreasurySum{Count: r.Count, Amount: money(r.Amount)}
}

// Overview gives what is owed and to be given back, and what came and left on each of the last days.
func (s *Service) Overview(ctx context.Context) (types.TreasuryOverview, error) {
	out := types.TreasuryOverview{}
	now := s.Now()
	for _, q := range []struct {
		into *types.TreasurySum
		sql  string
		args []any
	}{
		{&out.Owed, "SELECT count(*), coalesce(sum(amount - received), 0)::bigint FROM payments WHERE " + owed, nil},
		{&out.Overdue, "SELECT count(*), coalesce(sum(amount - received), 0)::bigint FROM payments WHERE " + owed + " AND due_at < $1", []any{now}},
		{&out.Refunds, "SELECT count(*), coalesce(sum(amount), 0)::bigint FROM payment_refunds WHERE state IN ('asked', 'approved')", nil},
	} {
		row, err := one[sumRow](ctx, s, "sum", q.sql, q.args...)
		if err != nil {
			return out, err
		}
		*q.into = row.wire()
	}
	var err error
	if out.Days, err = s.days(ctx, day(now)); err != nil {
		return out, err
	}
	balances, err := s.Balances(ctx, day(now))
	if err != nil {
		return out, err
	}
	out.Balances = wireBalances(balances)
	closed, err := many[struct{ Day time.Time }](ctx, s, "closing", "SELECT day FROM ledger_closings ORDER BY day DESC LIMIT 1")
	if err == nil && len(closed) > 0 {
		out.ClosedUntil = &openapi.Date{Time: closed[0].Day}
	}
	return out, err
}

// days gives what came and left on the last days up to one, days without anything too.
func (s *Service) days(ctx context.Context, last time.Time) ([]types.TreasuryDay, error) {
	rows, err := many[struct {
		Day                time.Time
		Received, Returned int64
	}](ctx, s, "days", `SELECT d::date, coalesce(sum(l.amount) FILTER (WHERE l.amount > 0), 0)::bigint, coalesce(-sum(l.amount) FILTER (WHERE l.amount < 0), 0)::bigint
		FROM generate_series($1::date, $2::date, '1 day') d LEFT JOIN ledger_bookings b ON b.day = d::date AND b.day BETWEEN $1 AND $2
			LEFT JOIN ledger_lines l ON l.booking_id = b.id AND l.account IN ('provider', 'bank', 'cash') GROUP BY d ORDER BY d`, last.AddDate(0, 0, 1-overviewDays), last)
	out := make([]types.TreasuryDay, 0, len(rows))
	for _, r := range rows {
		out = append(out, types.TreasuryDay{Day: openapi.Date{Time: r.Day}, Received: r.Received, Returned: r.Returned})
	}
	return out, err
}

type closingRow struct {
	Day      time.Time
	Bookings int64
	Balances []Balance
	At       time.Time
}

// Closings gives closed days, the newest first, and the balances of now.
func (s *Service) Closings(ctx context.Context) (types.ClosingList, error) {
	out := types.ClosingList{Items: []types.Closing{}}
	list, err := many[closingRow](ctx, s, "closings", "SELECT day, bookings, balances, at FROM ledger_closings ORDER BY day DESC LIMIT 100")
	if err != nil {
		return out, err
	}
	for _, c := range list {
		out.Items = append(out.Items, wireClosing(c))
	}
	now, err := s.Balances(ctx, day(s.Now()))
	out.Balances = wireBalances(now)
	return out, err
}

// Close closes a day that is over, and with it all days before.
func (s *Service) Close(ctx context.Context, key string, which time.Time) (types.Closing, error) {
	return idempotency.Do(ctx, s.DB, "payments.close:"+staff(ctx), key, which, func(ctx context.Context) (types.Closing, error) {
		if !which.Before(day(s.Now())) {
			return types.Closing{}, problem.Invalid(problem.FieldError{Pointer: "/day", Code: "format", Message: problem.Text{
				De: "Dieser Tag ist noch nicht zu Ende.", En: "This day is not over yet.",
			}})
		}
		if _, err := s.DB.Pgx(ctx).Exec(ctx, "SELECT pg_advisory_xact_lock($1)", ledgerLock); err != nil { // nobody books meanwhile
			return types.Closing{}, wrap("close day", err)
		}
		c := closingRow{Day: which, At: s.Now()}
		var err error
		if c.Balances, err = s.Balances(ctx, which); err != nil {
			return types.Closing{}, err
		}
		tag, err := s.DB.Pgx(ctx).Exec(ctx, `INSERT INTO ledger_closings (day, bookings, balances, closed_by, at)
			SELECT $1, (SELECT count(*) FROM ledger_bookings WHERE day <= $1), $2, $3, $4 WHERE NOT EXISTS (SELECT FROM ledger_closings WHERE day >= $1)`,
			which, c.Balances, staff(ctx), c.At)
		if err != nil {
			return types.Closing{}, wrap("close day", err)
		}
		if tag.RowsAffected() == 0 {
			return types.Closing{}, problem.Conflict("day-closed", "Dieser Tag ist schon abgeschlossen.", "This day is closed already.")
		}
		if err := s.DB.Pgx(ctx).QueryRow(ctx, "SELECT bookings FROM ledger_closings WHERE day = $1", which).Scan(&c.Bookings); err != nil {
			return types.Closing{}, wrap("close day", err)
		}
		return wireClosing(c), s.Audit.Record(ctx, "payment.close-day", "day:"+which.Format(time.DateOnly), "")
	})
}

func wireClosing(c closingRow) types.Closing {
	return types.Closing{Day: openapi.Date{Time: c.Day}, Bookings: c.Bookings, Balances: wireBalances(c.Balances), At: c.At}
}

func wireBalances(list []Balance) []types.Balance {
	out := make([]types.Balance, 0, len(list))
	for _, b := range list {
		out = append(out, types.Balance{Account: b.Account, Amount: int64(b.Amount)})
	}
	return out
}

package payments

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Accounts of the ledger. Revenue has one for each budget account.
const (
	accountReceivable = "receivable" // fees that are owed (Forderungen)
	accountProvider   = "provider"   // money at the payment provider (Zahlungswege)
	accountBank       = "bank"       // money on the account to which people transfer
	accountCash       = "cash"       // money at the counters (Barkasse)
	accountSuspense   = "suspense"   // money that nobody owed, until it is given back (Verwahrung)
	accountLoss       = "loss"       // fees that were written off (Niederschlagung)
)

func revenue(budgetAccount string) string { return "revenue:" + budgetAccount }

// Kinds of bookings. Together with what they are about they are booked once.
const (
	bookedClaim     = "claim"     // a fee is owed
	bookedPaid      = "paid"      // money of a transaction has come
	bookedWithdrawn = "withdrawn" // a fee is owed no more
	bookedWriteOff  = "writeOff"
	bookedReduced   = "reduced" // less is owed than at first
	bookedRefund    = "refund"  // money has left
	bookedStray     = "stray"   // money has come that nobody has ordered
	bookedTransfer  = "transfer"
	bookedAssigned  = "assigned" // money that has come before pays a fee
	bookedReleased  = "released" // the counter booking
	bookedCash      = "cash"
)

// ledgerLock is the number of the lock that bookings share, and the closing of a day has alone.
const ledgerLock int64 = 0x6c6564676572

// line is debit where positive and credit where negative.
type line struct {
	account string
	amount  Cents
}

// book adds a booking in ctx's transaction, once for a kind and reference; paymentID is nil for strays. The database refuses a booking that does
// not balance, when the transaction commits.
func (s *Service) book(ctx context.Context, kind, reference string, paymentID *uuid.UUID, lines ...line) error {
	now := s.Now()
	if err := s.DB.Later(ctx, "book", "SELECT pg_advisory_xact_lock_shared($1)", ledgerLock); err != nil {
		return err
	}
	rows, err := s.DB.Pgx(ctx).Query(ctx, `INSERT INTO ledger_bookings (kind, reference, payment_id, day, at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (kind, reference) DO NOTHING RETURNING id`, kind, reference, paymentID, day(now), now)
	if err != nil {
		return fmt.Errorf("book %s: %w", kind, err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil || len(ids) == 0 {
		return wrap("book "+kind, err)
	}
	accounts, amounts := []string{}, []int64{}
	for _, l := range lines {
		if l.amount != 0 {
			accounts, amounts = append(accounts, l.account), append(amounts, int64(l.amount))
		}
	}
	return s.DB.Later(ctx, "book "+kind, `INSERT INTO ledger_lines (booking_id, n, account, amount)
		SELECT $1, n, account, amount FROM unnest($2::text[], $3::bigint[]) WITH ORDINALITY AS l (account, amount, n)`, ids[0], accounts, amounts)
}

func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

// day is the day of a moment in Germany, as bookings have it: midnight of that day in UTC.
func day(t time.Time) time.Time {
	y, m, d := t.In(berlin()).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

func berlin() *time.Location {
	if zone, err := time.LoadLocation("Europe/Berlin"); err == nil {
		return zone
	}
	return time.UTC
}

// Balance is what stands on an account: debit is positive.
type Balance struct {
	Account string `json:"account"`
	Amount  Cents  `json:"amount"`
}

// Balances gives those of all accounts, up to a day.
func (s *Service) Balances(ctx context.Context, until time.Time) ([]Balance, error) {
	rows, err := s.DB.Pgx(ctx).Query(ctx, `SELECT l.account, sum(l.amount)::bigint FROM ledger_lines l JOIN ledger_bookings b ON b.id = l.booking_id
		WHERE b.day <= $1 GROUP BY l.account ORDER BY l.account`, until)
	if err != nil {
		return nil, fmt.Errorf("read balances: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Balance])
	return out, wrap("read balances", err)
}

// Export writes the lines of all bookings of some days as CSV: semicolons, amounts in euros with a comma, as cash-management systems read it. It is streamed;
// no cell begins with what a spreadsheet would take for a formula.
func (s *Service) Export(ctx context.Context, w io.Writer, from, to time.Time) error {
	rows, err := s.DB.Pgx(ctx).Query(ctx, `SELECT b.id, b.day, b.kind, coalesce(p.reference, ''), coalesce(p.budget_account, ''), l.account, l.amount
		FROM ledger_bookings b JOIN ledger_lines l ON l.booking_id = b.id LEFT JOIN payments p ON p.id = b.payment_id
		WHERE b.day BETWEEN $1 AND $2 ORDER BY b.day, b.id, l.n`, from, to)
	if err != nil {
		return fmt.Errorf("export ledger: %w", err)
	}
	defer rows.Close()
	out := csv.NewWriter(w)
	out.Comma = ';'
	if err := out.Write([]string{"Buchung", "Tag", "Vorgang", "Kassenzeichen", "Haushaltsstelle", "Konto", "Soll", "Haben"}); err != nil {
		return fmt.Errorf("export ledger: %w", err)
	}
	for rows.Next() {
		var id int64
		var at time.Time
		var kind, reference, budget, account string
		var amount Cents
		if err := rows.Scan(&id, &at, &kind, &reference, &budget, &account, &amount); err != nil {
			return fmt.Errorf("export ledger: %w", err)
		}
		debit, credit := "", ""
		if amount > 0 {
			debit = comma(amount)
		} else {
			credit = comma(-amount)
		}
		if err := out.Write([]string{fmt.Sprint(id), at.Format(time.DateOnly), kind, reference, budget, account, debit, credit}); err != nil {
			return fmt.Errorf("export ledger: %w", err)
		}
	}
	out.Flush()
	return wrap("export ledger", firstOf(rows.Err(), out.Error()))
}

func comma(c Cents) string { return strings.Replace(c.Decimal(), ".", ",", 1) }

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

package payments

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/payments/camt"
	"portalverbund/server/platform/problem"
)

const (
	entryBatch = 100 // entries that are booked in one transaction
)

// importLock is the number of the lock that makes imports of statements wait for one another.
const importLock int64 = 0x63616d74

var (
	errNoAccount = problem.Conflict("no-account", "Für dieses Portal ist kein Konto eingerichtet.", "No account is set up for this portal.").
			With(problem.Text{De: "Der Betreiber trägt es in der Datei des Zahlungsdienstes ein.", En: "The operator names it in the file of the payment service."})
	errOtherAccount = problem.Unprocessable("statement-account", "Dieser Auszug gehört zu einem anderen Konto.", "This statement is of another account.")
)

// unreadable says in words why a file is no statement that counts.
func unreadable(err error) error {
	p := problem.Unprocessable("statement-invalid", "Das ist kein Kontoauszug im Format camt.053.", "This is no account statement in the format camt.053.").
		With(problem.Text{De: "Laden Sie bei Ihrer Bank den Auszug als camt.053 (XML oder ZIP) herunter.", En: "Download the statement from your bank as camt.053 (XML or ZIP)."})
	switch {
	case errors.Is(err, camt.ErrVersion):
		p = problem.Unprocessable("statement-version", "Diese Fassung des Formats wird nicht gelesen.", "This version of the format is not read.").
			With(problem.Text{De: "Gelesen werden camt.053.001.02 und camt.053.001.08.", En: "camt.053.001.02 and camt.053.001.08 are read."})
	case errors.Is(err, camt.ErrForbidden):
		p = problem.Unprocessable("statement-forbidden", "Die Datei enthält Anweisungen, die in einem Kontoauszug nicht vorkommen.", "The file holds instructions that no account statement has.")
	case errors.Is(err, camt.ErrTooLarge):
		p = problem.Unprocessable("statement-too-large", "Die Datei ist zu groß.", "The file is too large.").
			With(problem.Text{De: "Laden Sie die Auszüge in kleineren Teilen.", En: "Upload the statements in smaller parts."})
	case errors.Is(err, camt.ErrIncomplete):
		p = problem.Unprocessable("statement-incomplete", "Die Umsätze passen nicht zu Anfangs- und Endsaldo.", "The entries do not fit the opening and closing balance.").
			With(problem.Text{De: "Es wurde nichts gebucht. Laden Sie den Auszug neu von Ihrer Bank.", En: "Nothing was booked. Download the statement again from your bank."})
	case errors.Is(err, camt.ErrCurrency):
		p = problem.Unprocessable("statement-currency", "Der Auszug ist nicht in Euro.", "The statement is not in euros.")
	case !errors.Is(err, camt.ErrFile):
		return err
	}
	return p.Because(err)
}

// ImportStatement reads a file with account statements and books what has come, once for an entry, whatever the order and number of files that have it. The whole file is
// checked before anything is booked; when the program dies meanwhile, the same file is read in once more.
func (s *Service) ImportStatement(ctx context.Context, name string, content io.Reader) (types.StatementImport, error) {
	accounts, err := s.accounts(ctx)
	if err != nil || len(accounts) == 0 {
		return types.StatementImport{}, firstOf(err, errNoAccount)
	}
	file, size, err := spool(content)
	if err != nil {
		return types.StatementImport{}, err
	}
	defer func() { _, _ = file.Close(), os.Remove(file.Name()) }() // nothing hangs on it
	out := types.StatementImport{Id: uuid.New(), File: name, At: s.Now(), Credits: money(0), Debits: money(0)}
	err = camt.Read(file, size, func(_ camt.Statement, e camt.Entry) error {
		if !slices.ContainsFunc(accounts, func(a BankAccount) bool { return a.IBAN == e.Account }) {
			return errOtherAccount
		}
		out.Entries++
		if e.Credit {
			out.Credits.Amount += e.Amount
		} else {
			out.Debits.Amount += e.Amount
		}
		return nil
	})
	if err != nil {
		return out, unreadable(err)
	}
	var batch []camt.Entry
	flush := func() error {
		taken, matched, err := s.takeEntries(ctx, batch)
		out.Taken, out.Matched, batch = out.Taken+taken, out.Matched+matched, batch[:0]
		return err
	}
	err = camt.Read(file, size, func(_ camt.Statement, e camt.Entry) error {
		if !e.Credit { // what leaves is booked where somebody says so: with the refund
			return nil
		}
		if batch = append(batch, e); len(batch) < entryBatch {
			return nil
		}
		return flush()
	})
	if err == nil {
		err = flush()
	}
	if err != nil {
		return out, unreadable(err)
	}
	return out, s.DB.Tx(ctx, func(ctx context.Context) error {
		err := s.DB.Later(ctx, "write statement", `INSERT INTO payment_statements (id, file, entries, taken, matched, credits, debits, by, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
			out.Id, out.File, out.Entries, out.Taken, out.Matched, out.Credits.Amount, out.Debits.Amount, staff(ctx), out.At)
		return firstOf(err, s.Audit.Record(ctx, "payment.statement", "statement:"+out.Id.String(), fmt.Sprintf("%d/%d", out.Taken, out.Entries)))
	})
}

// spool puts a file on the disk, so that it can be read twice.
func spool(content io.Reader) (*os.File, int64, error) {
	file, err := os.CreateTemp("", "statement-*")
	if err != nil {
		return nil, 0, fmt.Errorf("keep statement: %w", err)
	}
	size, err := io.Copy(file, io.LimitReader(content, camt.MaxFile+1))
	if err == nil && size > camt.MaxFile {
		err = unreadable(camt.ErrTooLarge)
	}
	if err != nil {
		_, _ = file.Close(), os.Remove(file.Name()) // as nobody will read it
		return nil, 0, fmt.Errorf("keep statement: %w", err)
	}
	return file, size, nil
}

// takeEntries books entries that are not known yet, in one transaction.
func (s *Service) takeEntries(ctx context.Context, entries []camt.Entry) (taken, matched int, err error) {
	if len(entries) == 0 {
		return 0, 0, nil
	}
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		taken, matched = 0, 0 // when it is tried again
		if _, err := s.DB.Pgx(ctx).Exec(ctx, "SELECT pg_advisory_xact_lock($1)", importLock); err != nil {
			return wrap("read statement", err)
		}
		list, err := s.addTransfers(ctx, entries)
		if err != nil {
			return err
		}
		fees, err := s.namedIn(ctx, list)
		if err != nil {
			return err
		}
		for _, n := range list {
			taken++
			used, err := s.bookTransfer(ctx, n.transfer, fees.of(n.references))
			if err != nil {
				return err
			}
			if used {
				matched++
			}
		}
		return nil
	})
	return taken, matched, err
}

// named is a transfer and the Kassenzeichen in what was written with it.
type named struct {
	transfer   *transfer
	references []string
}

// addTransfers writes the entries that are not known yet, and gives them in their order.
func (s *Service) addTransfers(ctx context.Context, entries []camt.Entry) ([]named, error) {
	now := s.Now()
	byEntry := map[string]named{}
	var ids []uuid.UUID
	var keys, accounts []string
	var days []time.Time
	var amounts []int64
	var contents [][]byte
	for _, e := range entries {
		t := &transfer{ID: uuid.New(), Account: e.Account, Entry: e.Key, Day: e.Day, Amount: Cents(e.Amount), Version: 1, CreatedAt: now, ChangedAt: now}
		plain, err := json.Marshal(transferWords{Name: e.Name, IBAN: e.IBAN, Text: e.Text})
		if err != nil {
			return nil, fmt.Errorf("seal transfer: %w", err)
		}
		if t.Content, err = s.Keys.Seal(sealTransfer, plain, t.ID[:]); err != nil {
			return nil, err
		}
		if _, twice := byEntry[t.Account+" "+t.Entry]; twice {
			continue
		}
		byEntry[t.Account+" "+t.Entry] = named{transfer: t, references: referencesIn(e.Text)}
		ids, accounts, keys, days, amounts, contents = append(ids, t.ID), append(accounts, t.Account), append(keys, t.Entry), append(days, t.Day), append(amounts, int64(t.Amount)), append(contents, t.Content)
	}
	added, err := many[struct{ Account, Entry string }](ctx, s, "transfers", `INSERT INTO payment_transfers (id, account, entry, day, amount, content, created_at, changed_at)
		SELECT id, account, entry, day, amount, content, $7, $7 FROM unnest($1::uuid[], $2::text[], $3::text[], $4::date[], $5::bigint[], $6::bytea[]) AS e (id, account, entry, day, amount, content)
		ON CONFLICT (account, entry) DO NOTHING RETURNING account, entry`, ids, accounts, keys, days, amounts, contents, now)
	if err != nil {
		return nil, err
	}
	list := make([]named, 0, len(added))
	for _, a := range added {
		list = append(list, byEntry[a.Account+" "+a.Entry])
	}
	return list, nil
}

// fees are payments by their Kassenzeichen, locked.
type fees map[string]*payment

// of gives the payment that some Kassenzeichen name; nil when they name none, or several.
func (f fees) of(references []string) *payment {
	var found *payment
	for _, r := range references {
		if p := f[r]; p != nil {
			if found != nil {
				return nil
			}
			found = p
		}
	}
	return found
}

func (s *Service) namedIn(ctx context.Context, list []named) (fees, error) {
	var references []string
	for _, n := range list {
		references = append(references, n.references...)
	}
	slices.Sort(references)
	found, err := many[payment](ctx, s, "payments", "SELECT "+paymentColumns+" FROM payments WHERE reference = ANY ($1) ORDER BY id FOR UPDATE", slices.Compact(references))
	if err != nil {
		return nil, err
	}
	out := fees{}
	for i := range found {
		out[found[i].Reference] = &found[i]
	}
	return out, nil
}

// bookTransfer books money that has come: it pays the fee that it names as far as that is owed, and the rest is held until somebody has cleared it up.
func (s *Service) bookTransfer(ctx context.Context, t *transfer, p *payment) (matched bool, err error) {
	used := Cents(0)
	var of *uuid.UUID
	if p != nil {
		if used, err = s.take(ctx, p, t); err != nil {
			return false, err
		}
	}
	if used > 0 {
		of = &p.ID
	}
	err = s.book(ctx, bookedTransfer, t.ID.String(), of, line{accountBank, t.Amount}, line{accountReceivable, -used}, line{accountSuspense, used - t.Amount})
	if err != nil || used == 0 {
		return false, err
	}
	if err := s.saveTransfer(ctx, t); err != nil {
		return false, err
	}
	return true, s.move(ctx, p, step{what: partWord(*p)})
}

// Statements lists files that were read in, the latest first, at most 50.
func (s *Service) Statements(ctx context.Context) (types.StatementImportList, error) {
	type row struct {
		ID                      uuid.UUID
		File                    string
		Entries, Taken, Matched int
		Credits, Debits         Cents
		At                      time.Time
	}
	list, err := many[row](ctx, s, "statements", "SELECT id, file, entries, taken, matched, credits, debits, at FROM payment_statements ORDER BY at DESC, id DESC LIMIT 50")
	out := types.StatementImportList{Items: make([]types.StatementImport, 0, len(list))}
	for _, r := range list {
		out.Items = append(out.Items, types.StatementImport{
			Id: r.ID, File: r.File, Entries: r.Entries, Taken: r.Taken, Matched: r.Matched, Credits: money(r.Credits), Debits: money(r.Debits), At: r.At,
		})
	}
	accounts, problem := s.accounts(ctx)
	out.Accounts = make([]types.TransferAccount, 0, len(accounts))
	for _, a := range accounts {
		out.Accounts = append(out.Accounts, types.TransferAccount{Holder: a.Holder, Iban: a.IBAN, Bic: optional(a.BIC)})
	}
	return out, firstOf(err, problem)
}

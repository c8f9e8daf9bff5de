package payments_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"portalverbund/api/types"
	"portalverbund/db/dbtest"
	"portalverbund/server/payments"
	"portalverbund/server/payments/camt/camttest"
	"portalverbund/server/platform/pdf/pdftest"
	"portalverbund/server/platform/problem"
	"portalverbund/server/standins/payment/service"
)

const iban = "DE02120300000000202051"

func imported(t testing.TB, s *payments.Service, content string) types.StatementImport {
	t.Helper()
	got, err := s.ImportStatement(asStaff(t.Context(), uuid.New()), "auszug.xml", strings.NewReader(content))
	require.NoError(t, err)
	return got
}

// came is an entry of a statement with money.
func came(cents int64, reference, text string) camttest.Entry {
	return camttest.Entry{Cents: cents, Reference: reference, Day: "2026-11-27", Name: "Clara Beispiel", IBAN: "DE89370400440532013000", Text: text}
}

func openTransfers(t testing.TB, s *payments.Service) []types.Transfer {
	t.Helper()
	list, _, err := s.Transfers(t.Context(), true, 50, "")
	require.NoError(t, err)
	return list
}

func TestStatement_NamesTheFee_PaysItOnce(t *testing.T) {
	t.Parallel()
	w, s, p := asked(t, 3070)
	require.Equal(t, "BCD\n002\n1\nSCT\n\nStadt Meppen\n"+iban+"\nEUR30.70\n\n\n"+p.Reference, p.Transfer.Code)
	require.Contains(t, w.letters[0].Text, "online bezahlen oder überweisen")
	blanks := p.Reference[:4] + " " + p.Reference[4:8] + " " + p.Reference[8:]
	file := camttest.Write(camttest.V02, iban, "S1", 100, came(3070, "A1", "Gebuehr Kassenzeichen "+blanks+" Beispiel"), came(-500, "A2", "Miete"))
	for n := range 3 { // imported again and again
		got := imported(t, s, file)
		require.Equal(t, []int{2, 1, 1}, []int{got.Entries, got.Taken + min(n, 1), got.Matched + min(n, 1)}, "%+v", got)
		require.Equal(t, []int64{3070, 500}, []int64{got.Credits.Amount, got.Debits.Amount})
	}
	require.Equal(t, map[string]payments.Cents{"bank": 3070, "revenue:12200.43110": -3070}, balances(t, s))
	mine, err := s.Get(as(t.Context(), clara), p.Id)
	require.NoError(t, err)
	require.Equal(t, []any{types.PaymentPaid, "TRANSFER"}, []any{mine.State, *mine.Method})
	require.Nil(t, mine.Transfer)
	require.Equal(t, "Ihre Zahlung ist eingegangen", w.letters[len(w.letters)-1].Subject)
	require.Empty(t, openTransfers(t, s))
	list, err := s.Statements(t.Context())
	require.NoError(t, err)
	require.Len(t, list.Items, 3)
	var content []byte
	require.NoError(t, w.db.Pgx(t.Context()).QueryRow(t.Context(), "SELECT content FROM payment_transfers").Scan(&content))
	require.NotContains(t, string(content), "Clara", "it is kept sealed")

	// It is given back from where it came.
	refund, err := s.AskRefund(asStaff(t.Context(), uuid.New()), p.Id, uuid.NewString(), types.RefundRequest{Amount: 70, Reason: "zu viel"})
	require.NoError(t, err)
	_, err = s.ExecuteRefund(asStaff(t.Context(), uuid.New()), refund.Id, uuid.NewString())
	require.NoError(t, err)
	require.Equal(t, map[string]payments.Cents{"bank": 3000, "revenue:12200.43110": -3000}, balances(t, s))
}

func TestStatement_PartAndTooMuch_RestStaysOpen(t *testing.T) {
	t.Parallel()
	w, s, p := asked(t, 3070)
	a, _ := opened(t, s, p.Id)
	imported(t, s, camttest.Write(camttest.V08, iban, "S1", 0, came(2000, "A1", p.Reference)))
	mine, err := s.Get(as(t.Context(), clara), p.Id)
	require.NoError(t, err)
	require.Equal(t, []any{true, int64(2000), int64(1070)}, []any{mine.Payable, mine.Received.Amount, mine.Transfer.Amount.Amount})
	require.Nil(t, mine.PayUrl, "the page asks for too much")
	require.Contains(t, w.letters[len(w.letters)-1].Text, "Es fehlen noch 10,70 €")
	overview, err := s.Overview(t.Context())
	require.NoError(t, err)
	require.Equal(t, int64(1070), overview.Owed.Amount.Amount)

	// The rest is paid online.
	b, _ := opened(t, s, p.Id)
	require.NotEqual(t, a.ID, b.ID)
	w.pay.Finish(*b.Transaction, service.Paid, "CREDITCARD", 0)
	_, err = payments.AskAttempt(s, t.Context(), b.ID)
	require.NoError(t, err)
	require.Equal(t, map[string]payments.Cents{"bank": 2000, "provider": 1070, "revenue:12200.43110": -3070}, balances(t, s))

	// And transferred once more: that is held.
	imported(t, s, camttest.Write(camttest.V02, iban, "S2", 2000, came(1070, "A2", p.Reference)))
	open := openTransfers(t, s)
	require.Len(t, open, 1)
	require.Equal(t, []any{int64(1070), "Clara Beispiel"}, []any{open[0].Open.Amount, *open[0].Name})
	require.Equal(t, map[string]payments.Cents{"bank": 3070, "provider": 1070, "suspense": -1070, "revenue:12200.43110": -3070}, balances(t, s))
	kim, key := asStaff(t.Context(), uuid.New()), uuid.NewString()
	for range 2 { // a double click
		_, err = s.GiveBackTransfer(kim, open[0].Id, key)
		require.NoError(t, err)
	}
	require.Empty(t, openTransfers(t, s))
	_, err = s.GiveBackTransfer(kim, open[0].Id, uuid.NewString())
	require.True(t, problem.Is(err, "transfer-used"))
	refunds, err := s.Refunds(kim)
	require.NoError(t, err)
	require.Len(t, refunds, 1)
	require.Equal(t, []any{types.MoneyAtBank, "DE89370400440532013000"}, []any{refunds[0].Source, *refunds[0].Payee.Iban})
	_, err = s.ExecuteRefund(kim, refunds[0].Id, uuid.NewString())
	require.NoError(t, err)
	require.Equal(t, map[string]payments.Cents{"bank": 2000, "provider": 1070, "revenue:12200.43110": -3070}, balances(t, s))
}

func TestTransfer_AssignedByHandAndUndone_CounterBookings(t *testing.T) {
	t.Parallel()
	w, s, p := asked(t, 3070)
	imported(t, s, camttest.Write(camttest.V02, iban, "S1", 0, came(5000, "A1", "Parkausweis")))
	open := openTransfers(t, s)
	require.Equal(t, map[string]payments.Cents{"bank": 5000, "suspense": -5000, "receivable": 3070, "revenue:12200.43110": -3070}, balances(t, s))
	kim := asStaff(t.Context(), uuid.New())
	for _, wrong := range []string{"260000000015", "26", p.Reference[:11] + "x"} {
		_, err := s.AssignTransfer(kim, open[0].Id, uuid.NewString(), wrong)
		require.Equal(t, http.StatusUnprocessableEntity, problem.From(err).Status)
		require.Equal(t, "/reference", problem.From(err).Fields[0].Pointer)
	}
	for n := range 3 {
		got, err := s.AssignTransfer(kim, open[0].Id, uuid.NewString(), " "+p.Reference[:6]+" "+p.Reference[6:])
		require.NoError(t, err)
		require.Equal(t, []any{int64(3070), int64(1930), p.Reference}, []any{got.Used.Amount, got.Open.Amount, *got.Reference})
		require.Equal(t, map[string]payments.Cents{"bank": 5000, "suspense": -1930, "revenue:12200.43110": -3070}, balances(t, s))
		_, err = s.AssignTransfer(kim, open[0].Id, uuid.NewString(), p.Reference)
		require.Error(t, err, "once")
		if n == 2 {
			break
		}
		got, err = s.UndoTransfer(kim, open[0].Id, uuid.NewString())
		require.NoError(t, err)
		require.Equal(t, int64(5000), got.Open.Amount)
		require.Equal(t, map[string]payments.Cents{"bank": 5000, "suspense": -5000, "receivable": 3070, "revenue:12200.43110": -3070}, balances(t, s))
		require.Equal(t, "Eine Gebühr ist wieder offen", w.letters[len(w.letters)-1].Subject)
		_, err = s.UndoTransfer(kim, open[0].Id, uuid.NewString())
		require.True(t, problem.Is(err, "transfer-fixed"))
	}
	_, err := s.AskRefund(kim, p.Id, uuid.NewString(), types.RefundRequest{Amount: 70, Reason: "zu viel"})
	require.NoError(t, err)
	_, err = s.UndoTransfer(kim, open[0].Id, uuid.NewString())
	require.True(t, problem.Is(err, "transfer-fixed"), "it is being refunded")
	_, err = s.UndoTransfer(kim, uuid.New(), uuid.NewString())
	require.True(t, problem.Is(err, "transfer-unknown"))
	var undone, released int
	require.NoError(t, w.db.Pgx(t.Context()).QueryRow(t.Context(), "SELECT count(*) FILTER (WHERE kind = 'released'), count(*) FILTER (WHERE kind = 'assigned') FROM ledger_bookings").Scan(&undone, &released))
	require.Equal(t, []int{2, 3}, []int{undone, released}, "nothing is ever deleted")
	var told int
	require.NoError(t, w.db.Pgx(t.Context()).QueryRow(t.Context(), "SELECT count(*) FROM idempotency_keys WHERE convert_from(response, 'UTF8') LIKE '%Clara%'").Scan(&told))
	require.Zero(t, told, "who has transferred is not kept with a key")
}

func TestTransfer_FeeIsReducedOrWithdrawn_MoneyIsOpenAgain(t *testing.T) {
	t.Parallel()
	_, s, p := asked(t, 3070)
	imported(t, s, camttest.Write(camttest.V02, iban, "S1", 0, came(1000, "A1", p.Reference), came(500, "A2", p.Reference)))
	kim := asStaff(t.Context(), uuid.New())
	got, err := s.Reduce(kim, p.ApplicationId, p.Id, uuid.NewString(), types.ReductionRequest{Amount: 2000, Reason: "ermäßigt"})
	require.NoError(t, err)
	require.Equal(t, []any{types.PaymentCreated, int64(1500)}, []any{got.State, got.Received.Amount})
	require.Equal(t, map[string]payments.Cents{"bank": 1500, "receivable": 500, "revenue:12200.43110": -2000}, balances(t, s))
	got, err = s.Reduce(kim, p.ApplicationId, p.Id, uuid.NewString(), types.ReductionRequest{Amount: 1200, Reason: "noch mehr"})
	require.NoError(t, err)
	require.Equal(t, types.PaymentPaid, got.State, "what has come is enough now")
	require.Equal(t, map[string]payments.Cents{"bank": 1500, "suspense": -300, "revenue:12200.43110": -1200}, balances(t, s))
	require.Len(t, openTransfers(t, s), 1)

	_, s, p = asked(t, 3070)
	imported(t, s, camttest.Write(camttest.V02, iban, "S1", 0, came(1000, "A1", p.Reference)))
	require.NoError(t, s.Withdrawn(t.Context(), meppen, p.ApplicationId))
	require.Equal(t, map[string]payments.Cents{"bank": 1000, "suspense": -1000}, balances(t, s))
	require.Len(t, openTransfers(t, s), 1)

	_, s, p = asked(t, 3070)
	imported(t, s, camttest.Write(camttest.V02, iban, "S1", 0, came(1000, "A1", p.Reference)))
	_, err = s.WriteOff(kim, p.Id, uuid.NewString())
	require.NoError(t, err)
	require.Equal(t, map[string]payments.Cents{"bank": 1000, "loss": 2070, "revenue:12200.43110": -3070}, balances(t, s))
}

func TestStatement_WhatCannotBe_BooksNothing(t *testing.T) {
	t.Parallel()
	w, s, p := asked(t, 3070)
	before := balances(t, s)
	kim := asStaff(t.Context(), uuid.New())
	fine := camttest.Write(camttest.V02, iban, "S1", 0, came(3070, "A1", p.Reference))
	for code, content := range map[string]string{
		"statement-account":    strings.Replace(fine, iban, "DE89370400440532013000", 1),
		"statement-incomplete": strings.Replace(fine, "30.70", "30.71", 1),
		"statement-forbidden":  strings.Replace(fine, "<Document", "<!DOCTYPE x><Document", 1),
		"statement-version":    strings.Replace(fine, "camt.053.001.02", "camt.052.001.02", 1),
		"statement-invalid":    "Guten Tag",
		"statement-too-large":  strings.Repeat("x", 21<<20),
	} {
		_, err := s.ImportStatement(kim, "a.xml", strings.NewReader(content))
		require.True(t, problem.Is(err, code), "%s: %v", code, err)
	}
	require.Equal(t, before, balances(t, s))
	none := w.with(meppen, nil, time.Now)
	none.Account = nil
	_, err := none.ImportStatement(kim, "a.xml", strings.NewReader(fine))
	require.True(t, problem.Is(err, "no-account"))
	// Two fees in one text: nobody guesses.
	other := w.applied(meppen)
	require.NoError(t, s.Assess(t.Context(), meppen, offer(3070), other))
	list, _, err := s.List(as(t.Context(), clara), &other.ApplicationId, 5, "")
	require.NoError(t, err)
	require.Zero(t, imported(t, s, camttest.Write(camttest.V02, iban, "S1", 0, came(3070, "A1", p.Reference+" "+list[0].Reference))).Matched)
	require.Zero(t, imported(t, s, camttest.Write(camttest.V02, iban, "S2", 0, came(3070, "A2", "DE"+p.Reference+"0000"))).Matched, "a longer number is another one")
}

func TestTransfer_AcrossPortals_AccountAndPartsTravel(t *testing.T) {
	t.Parallel()
	county, town := alone(t), newWorld(t, alone(t).db)
	b, a := county.at(landkreis, time.Now), town.at(meppen, time.Now)
	a.Account = nil // the person's own portal has none
	app := town.applied(landkreis)
	require.NoError(t, b.Assess(t.Context(), meppen, offer(2800), app))
	deliver := func() {
		county.mu.Lock()
		sent := county.sent[len(county.sent)-1]
		county.mu.Unlock()
		for range 2 {
			require.NoError(t, town.handlers[sent.kind](t.Context(), landkreis, sent.payload))
		}
	}
	deliver()
	list, _, err := a.List(as(t.Context(), clara), nil, 5, "")
	require.NoError(t, err)
	require.Equal(t, []any{iban, int64(2800)}, []any{list[0].Transfer.Iban, list[0].Transfer.Amount.Amount})
	imported(t, b, camttest.Write(camttest.V02, iban, "S1", 0, came(800, "A1", list[0].Reference)))
	deliver()
	got, err := a.Get(as(t.Context(), clara), list[0].Id)
	require.NoError(t, err)
	require.Equal(t, []any{int64(800), int64(2000)}, []any{got.Received.Amount, got.Transfer.Amount.Amount})
	require.Len(t, town.letters, 2)
	county.mu.Lock()
	last := county.sent[len(county.sent)-1]
	county.mu.Unlock()
	for from, to := range map[string]string{iban: "DE02120300000000202052", `"received":800`: `"received":2801`, "Stadt Meppen": "Stadt\\nMeppen"} {
		forged := bytes.Replace(last.payload, []byte(from), []byte(to), 1)
		require.NotEqual(t, last.payload, forged)
		require.Error(t, town.handlers[last.kind](t.Context(), landkreis, forged), to)
	}
}

// TestStatements_AnyOrderAndRepetition_LedgerIsTheirSum deals the same entries out to statements at random, some to several, and reads these in in any order, some twice.
func TestStatements_AnyOrderAndRepetition_LedgerIsTheirSum(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.New(t))
	w.pay = newStandIn(t)
	s := w.at(meppen, time.Now)
	seed := uint64(time.Now().UnixNano())
	sum := payments.Cents(0)
	for round := range 12 {
		r := rand.New(rand.NewPCG(seed, uint64(round)))
		var references []string
		owed := map[string]int64{}
		for range 4 {
			app := w.applied(meppen)
			amount := r.Int64N(5000) + 1
			require.NoError(t, s.Assess(t.Context(), meppen, offer(amount), app))
			list, _, err := s.List(as(t.Context(), clara), &app.ApplicationId, 5, "")
			require.NoError(t, err)
			references, owed[list[0].Reference] = append(references, list[0].Reference), amount
		}
		var entries []camttest.Entry
		paid := map[string]int64{}
		for n := range 12 {
			e := came(r.Int64N(6000)+1, fmt.Sprintf("R%d-%d", round, n), "ohne Kassenzeichen")
			e.Day = fmt.Sprintf("2026-11-%02d", 1+n/4)
			if r.IntN(4) > 0 {
				reference := references[r.IntN(len(references))]
				e.Text = "Zeichen " + reference
				if r.IntN(3) == 0 {
					e.Cents = owed[reference]
				}
				paid[reference] += e.Cents
			}
			sum += payments.Cents(e.Cents)
			entries = append(entries, e)
		}
		var files []string
		for n, e := range entries { // a file for each, and some of several
			files = append(files, camttest.Write([]string{camttest.V02, camttest.V08}[r.IntN(2)], iban, fmt.Sprintf("T%d", n), r.Int64N(1000), e))
			from := r.IntN(n + 1)
			files = append(files, camttest.Write(camttest.V02, iban, fmt.Sprintf("M%d", n), 0, entries[from:n+1]...))
		}
		files = append(files, files[:5]...)
		r.Shuffle(len(files), func(i, j int) { files[i], files[j] = files[j], files[i] })
		for _, f := range files {
			imported(t, s, f)
		}
		b := balances(t, s)
		require.Equal(t, sum, b["bank"], "seed %d, round %d", seed, round)
		for _, reference := range references {
			list, _, err := s.Payments(t.Context(), payments.Wanted{Reference: reference}, 5, "")
			require.NoError(t, err)
			switch p := list[0]; {
			case paid[reference] >= owed[reference]:
				require.Equal(t, types.PaymentPaid, p.State, "seed %d, round %d", seed, round)
			case paid[reference] > 0:
				require.Equal(t, paid[reference], p.Received.Amount, "seed %d, round %d", seed, round)
			}
		}
	}
	total := payments.Cents(0)
	for _, amount := range balances(t, s) {
		total += amount
	}
	require.Zero(t, total)
}

func TestCash_AtTheCounter_IsPaidWithReceiptAndInTheClosing(t *testing.T) {
	t.Parallel()
	w, s, p := asked(t, 3070)
	old, _ := opened(t, s, p.Id)
	kim, key := asStaff(t.Context(), uuid.New()), uuid.NewString()
	_, _, err := s.CaseReceipt(kim, p.ApplicationId, p.Id)
	require.True(t, problem.Is(err, "not-paid"))
	_, err = s.PayCash(kim, p.ApplicationId, p.Id, uuid.NewString(), 3000)
	require.Equal(t, "/amount", problem.From(err).Fields[0].Pointer)
	_, err = s.PayCash(kim, w.applied(meppen).ApplicationId, p.Id, uuid.NewString(), 3070)
	require.True(t, problem.Is(err, "payment-unknown"), "of another case")
	for range 2 { // a double click
		got, err := s.PayCash(kim, p.ApplicationId, p.Id, key, 3070)
		require.NoError(t, err)
		require.Equal(t, []any{types.PaymentPaid, "CASH"}, []any{got.State, *got.Method})
	}
	_, err = s.PayCash(kim, p.ApplicationId, p.Id, uuid.NewString(), 3070)
	require.True(t, problem.Is(err, "not-payable"))
	require.Equal(t, map[string]payments.Cents{"cash": 3070, "revenue:12200.43110": -3070}, balances(t, s))
	write, name, err := s.CaseReceipt(kim, p.ApplicationId, p.Id)
	require.NoError(t, err)
	var text bytes.Buffer
	require.NoError(t, write(&text))
	require.Contains(t, pdftest.Text(t, text.Bytes()), "Betrag: 30,70 €")
	require.Equal(t, "quittung-"+p.Reference+".pdf", name)
	closings, err := s.Closings(t.Context())
	require.NoError(t, err)
	require.Contains(t, closings.Balances, types.Balance{Account: "cash", Amount: 3070})
	overview, err := s.Overview(t.Context())
	require.NoError(t, err)
	require.Equal(t, int64(3070), overview.Days[len(overview.Days)-1].Received)

	// The page that was open is paid all the same: that is given back.
	w.pay.Finish(*old.Transaction, service.Paid, "CREDITCARD", 0)
	_, err = payments.AskAttempt(s, t.Context(), old.ID)
	require.NoError(t, err)
	require.Equal(t, map[string]payments.Cents{"cash": 3070, "provider": 3070, "suspense": -3070, "revenue:12200.43110": -3070}, balances(t, s))
}

func TestAccount_WrongDigits_Refused(t *testing.T) {
	t.Parallel()
	for _, right := range []string{iban, "de02 1203 0000 0000 2020 51", "GB82 WEST 1234 5698 7654 32", "NO9386011117947"} {
		_, err := payments.BankAccount{Holder: "Stadt", IBAN: right}.Checked()
		require.NoError(t, err, right)
	}
	for _, wrong := range []payments.BankAccount{
		{Holder: "Stadt", IBAN: "DE02120300000000202052"}, {Holder: "Stadt", IBAN: "DE20120300000000202051"}, {Holder: "Stadt"}, {IBAN: iban}, {Holder: "a\nb", IBAN: iban},
		{Holder: "Stadt", IBAN: iban, BIC: "BYLADEM"}, {Holder: strings.Repeat("x", 71), IBAN: iban},
	} {
		_, err := wrong.Checked()
		require.Error(t, err, "%+v", wrong)
	}
}

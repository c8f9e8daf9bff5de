package payments_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"portalverbund/api/types"
	"portalverbund/server/payments"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/pdf/pdftest"
	"portalverbund/server/platform/problem"
	"portalverbund/server/standins/payment/service"
)

// asked is a portal that has asked Clara for a fee.
func asked(t *testing.T, cents int64) (*world, *payments.Service, types.Payment) {
	t.Helper()
	w := alone(t)
	s := w.at(meppen, time.Now)
	app := w.applied(meppen)
	require.NoError(t, s.Assess(t.Context(), meppen, offer(cents), app))
	list, _, err := s.List(as(t.Context(), clara), &app.ApplicationId, 5, "")
	require.NoError(t, err)
	require.Len(t, list, 1)
	return w, s, list[0]
}

// opened has a page at the provider.
func opened(t *testing.T, s *payments.Service, id uuid.UUID) (attempt payments.Under, page string) {
	t.Helper()
	ctx := as(t.Context(), clara)
	_, err := s.Start(ctx, id, uuid.NewString())
	require.NoError(t, err)
	for _, a := range attempts(t, s, id) {
		require.NoError(t, payments.OpenAttempt(s, t.Context(), a.ID))
	}
	p, err := s.Get(ctx, id)
	require.NoError(t, err)
	require.NotNil(t, p.PayUrl)
	all := attempts(t, s, id)
	return all[len(all)-1], *p.PayUrl
}

func attempts(t *testing.T, s *payments.Service, id uuid.UUID) []payments.Under {
	t.Helper()
	list, err := payments.AttemptsOf(t.Context(), s, id)
	require.NoError(t, err)
	return list
}

func TestStart_SecondTimeWhileOneIsOpen_LeadsBackToTheSame(t *testing.T) {
	t.Parallel()
	_, s, p := asked(t, 3070)
	_, first := opened(t, s, p.Id)
	_, second := opened(t, s, p.Id)
	require.Equal(t, first, second)
	require.Len(t, attempts(t, s, p.Id), 1)
}

func TestPaid_OnlyWhenTheProviderSaysSo(t *testing.T) {
	t.Parallel()
	w, s, p := asked(t, 3070)
	a, _ := opened(t, s, p.Id)
	ctx := as(t.Context(), clara)
	// The way back and a notification make us ask, and change nothing by themselves.
	_, err := s.Check(ctx, p.Id)
	require.NoError(t, err)
	require.NoError(t, s.Notified(t.Context(), strings.Repeat("A", 43)))
	_, err = payments.AskAttempt(s, t.Context(), a.ID)
	require.NoError(t, err)
	got, err := s.Get(ctx, p.Id)
	require.NoError(t, err)
	require.Equal(t, types.PaymentStarted, got.State)
	_, _, err = s.Receipt(ctx, p.Id)
	require.True(t, problem.Is(err, "not-paid"))

	_, ok := w.pay.Finish(*a.Transaction, service.Paid, "CREDITCARD", 0)
	require.True(t, ok)
	for range 3 { // asked again and again
		_, err = payments.AskAttempt(s, t.Context(), a.ID)
		require.NoError(t, err)
	}
	got, err = s.Get(ctx, p.Id)
	require.NoError(t, err)
	require.Equal(t, types.PaymentPaid, got.State)
	require.Nil(t, got.PayUrl)
	balances, err := s.Balances(t.Context(), time.Now().AddDate(0, 0, 2))
	require.NoError(t, err)
	require.Equal(t, []payments.Balance{{Account: "provider", Amount: 3070}, {Account: "receivable", Amount: 0}, {Account: "revenue:12200.43110", Amount: -3070}}, balances)
	write, name, err := s.Receipt(ctx, p.Id)
	require.NoError(t, err)
	require.Equal(t, "quittung-"+p.Reference+".pdf", name)
	var text bytes.Buffer
	require.NoError(t, write(&text))
	require.Contains(t, pdftest.Text(t, text.Bytes()), "Betrag: 30,70 €")
	require.Contains(t, pdftest.Text(t, text.Bytes()), p.Reference)
	_, err = s.Start(ctx, p.Id, uuid.NewString())
	require.True(t, problem.Is(err, "not-payable"))
}

func TestProvider_StartedAnew_HasForgottenItsTokens_NoPaymentFails(t *testing.T) {
	t.Parallel()
	w, s, p := asked(t, 3070)
	a, _ := opened(t, s, p.Id)
	w.pay.ForgetTokens()
	w.pay.Finish(*a.Transaction, service.Canceled, "", 0)
	_, err := payments.AskAttempt(s, t.Context(), a.ID)
	require.NoError(t, err)
	w.pay.ForgetTokens()
	again, _ := opened(t, s, p.Id) // the order is placed, and not refused
	require.NotEqual(t, a.ID, again.ID)
	w.pay.Finish(*again.Transaction, service.Paid, "CREDITCARD", 0)
	w.pay.ForgetTokens()
	_, err = payments.AskAttempt(s, t.Context(), again.ID)
	require.NoError(t, err)
	got, err := s.Get(as(t.Context(), clara), p.Id)
	require.NoError(t, err)
	require.Equal(t, types.PaymentPaid, got.State)
	require.Len(t, attempts(t, s, p.Id), 2)
}

func TestReturnAddress_IsOurOwnPage_AndTellsNothing(t *testing.T) {
	t.Parallel()
	w, s, p := asked(t, 3070)
	a, _ := opened(t, s, p.Id)
	back, ok := w.pay.Finish(*a.Transaction, service.Canceled, "", 0)
	require.True(t, ok)
	address, err := url.Parse(back)
	require.NoError(t, err)
	require.Equal(t, meppen, address.Scheme+"://"+address.Host)
	require.Equal(t, payments.PagePayment+p.Id.String(), address.Path)
	require.Empty(t, address.RawQuery)
	require.Equal(t, uuid.Version(4), p.Id.Version(), "nothing can be read from it")
}

func TestPayment_OfSomebodyElse_IsUnknown(t *testing.T) {
	t.Parallel()
	_, s, p := asked(t, 3070)
	bernd := as(t.Context(), httpx.Person{Issuer: landkreis, Subject: "bernd"})
	_, err := s.Get(bernd, p.Id)
	require.True(t, problem.Is(err, "payment-unknown"))
	_, err = s.Start(bernd, p.Id, uuid.NewString())
	require.True(t, problem.Is(err, "payment-unknown"))
	_, err = s.Check(bernd, p.Id)
	require.True(t, problem.Is(err, "payment-unknown"))
	_, _, err = s.Receipt(bernd, p.Id)
	require.True(t, problem.Is(err, "payment-unknown"))
	_, _, err = s.Notice(bernd, p.Id)
	require.True(t, problem.Is(err, "payment-unknown"))
	list, _, err := s.List(bernd, nil, 10, "")
	require.NoError(t, err)
	require.Empty(t, list)
	require.Empty(t, attempts(t, s, p.Id))
}

func TestAssess_AmountShownAndTariffDiffer_TheSmallerOneIsAsked(t *testing.T) {
	t.Parallel()
	w := alone(t)
	s := w.at(meppen, time.Now)
	for _, c := range []struct{ shown, tariff, asked int64 }{{1000, 1200, 1000}, {1200, 1000, 1000}, {1, 1000, 1}} {
		app := w.applied(meppen)
		app.Fee = &types.Money{Amount: c.shown, Currency: "EUR"}
		require.NoError(t, s.Assess(t.Context(), meppen, offer(c.tariff), app))
		list, _, err := s.List(as(t.Context(), clara), &app.ApplicationId, 5, "")
		require.NoError(t, err)
		require.Len(t, list, 1)
		require.Equal(t, c.asked, list[0].Amount.Amount)
		records, _, err := s.Payments(t.Context(), payments.Wanted{Reference: list[0].Reference}, 5, "")
		require.NoError(t, err)
		require.Equal(t, []int64{c.shown, c.tariff}, []int64{records[0].Shown.Amount, records[0].Tariff.Amount})
	}
	app := w.applied(meppen)
	app.Fee = &types.Money{Amount: 1000, Currency: "USD"}
	require.True(t, problem.Is(s.Assess(t.Context(), meppen, offer(1000), app), "currency"))
}

func TestAcrossPortals_ClaimTravels_AndNobodyElseTouchesIt(t *testing.T) {
	t.Parallel()
	county, town := alone(t), newWorld(t, alone(t).db)
	b, a := county.at(landkreis, time.Now), town.at(meppen, time.Now)
	app := town.applied(landkreis)
	require.NoError(t, b.Assess(t.Context(), meppen, offer(2800), app))
	clock := as(t.Context(), clara)
	// deliver carries messages over, each twice, and the last one once more at the end.
	deliver := func(from *world, to *world, sender string) {
		from.mu.Lock()
		sent := from.sent
		from.sent = nil
		from.mu.Unlock()
		for i := range sent {
			for range 2 {
				require.NoError(t, to.handlers[sent[i].kind](t.Context(), sender, sent[i].payload))
			}
		}
		if len(sent) > 0 { // an old one comes late
			require.NoError(t, to.handlers[sent[0].kind](t.Context(), sender, sent[0].payload))
		}
	}
	county.mu.Lock()
	first := county.sent[0]
	county.mu.Unlock()
	require.Equal(t, "payment.requested", first.kind)
	err := town.handlers[first.kind](t.Context(), "https://lathen.example", first.payload)
	require.Error(t, err, "the application was handed to another portal")
	deliver(county, town, landkreis)
	list, _, err := a.List(clock, nil, 5, "")
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Equal(t, landkreis, list[0].Portal.Id)
	require.Error(t, town.handlers["payment.changed"](t.Context(), "https://lathen.example", first.payload), "another portal speaks of it")

	_, err = a.Start(clock, list[0].Id, uuid.NewString())
	require.NoError(t, err)
	start, err := json.Marshal(types.MessagePaymentAsk{Schema: 1, PaymentId: list[0].Id})
	require.NoError(t, err)
	require.Error(t, county.handlers["payment.start"](t.Context(), "https://lathen.example", start), "somebody else's payment")
	deliver(town, county, meppen)
	tries := attempts(t, b, list[0].Id)
	require.Len(t, tries, 1)
	require.NoError(t, payments.OpenAttempt(b, t.Context(), tries[0].ID))
	deliver(county, town, landkreis)
	p, err := a.Get(clock, list[0].Id)
	require.NoError(t, err)
	require.NotNil(t, p.PayUrl)
	id := *attempts(t, b, p.Id)[0].Transaction
	back, _ := county.pay.Finish(id, service.Paid, "PAYPAL", 0)
	require.Equal(t, meppen+payments.PagePayment+p.Id.String(), back, "back to the portal where the person is")
	_, err = payments.AskAttempt(b, t.Context(), tries[0].ID)
	require.NoError(t, err)
	deliver(county, town, landkreis)
	p, err = a.Get(clock, p.Id)
	require.NoError(t, err)
	require.Equal(t, types.PaymentPaid, p.State)
	subjects := []string{}
	for _, l := range town.letters {
		subjects = append(subjects, l.Subject)
	}
	require.Equal(t, []string{"Bitte bezahlen Sie eine Gebühr", "Ihre Zahlung ist eingegangen"}, subjects)
}

func TestRefund_AboveTheLimit_NeedsASecondPerson(t *testing.T) {
	t.Parallel()
	w, s, p := asked(t, 30_000)
	a, _ := opened(t, s, p.Id)
	w.pay.Finish(*a.Transaction, service.Paid, "CREDITCARD", 0)
	_, err := payments.AskAttempt(s, t.Context(), a.ID)
	require.NoError(t, err)
	kim, max := asStaff(t.Context(), uuid.New()), asStaff(t.Context(), uuid.New())
	_, err = s.AskRefund(kim, p.Id, uuid.NewString(), types.RefundRequest{Amount: 30_001, Reason: "zu viel"})
	require.Equal(t, http.StatusUnprocessableEntity, problem.From(err).Status)
	r, err := s.AskRefund(kim, p.Id, uuid.NewString(), types.RefundRequest{Amount: 20_000, Reason: "ermäßigt"})
	require.NoError(t, err)
	require.True(t, r.NeedsApproval)
	_, err = s.ExecuteRefund(kim, r.Id, uuid.NewString())
	require.True(t, problem.Is(err, "four-eyes"))
	_, err = s.ApproveRefund(kim, r.Id, uuid.NewString())
	require.True(t, problem.Is(err, "four-eyes"))
	_, err = s.ApproveRefund(max, r.Id, uuid.NewString())
	require.NoError(t, err)
	key := uuid.NewString()
	for range 2 {
		_, err = s.ExecuteRefund(kim, r.Id, key)
		require.NoError(t, err)
	}
	_, err = s.ExecuteRefund(kim, r.Id, uuid.NewString())
	require.True(t, problem.Is(err, "refund-over"))
	got, err := s.Get(as(t.Context(), clara), p.Id)
	require.NoError(t, err)
	require.Equal(t, []int64{30_000, 20_000}, []int64{got.Amount.Amount, got.Refunded.Amount})
	small, err := s.AskRefund(kim, p.Id, uuid.NewString(), types.RefundRequest{Amount: 10_000, Reason: "der Rest"})
	require.NoError(t, err)
	_, err = s.ExecuteRefund(kim, small.Id, uuid.NewString())
	require.NoError(t, err)
	got, err = s.Get(as(t.Context(), clara), p.Id)
	require.NoError(t, err)
	require.Equal(t, types.PaymentRefunded, got.State)
}

func TestReconcile_PlantedDifference_IsFound_AndMissedMoneyIsBooked(t *testing.T) {
	t.Parallel()
	w, s, p := asked(t, 3070)
	a, _ := opened(t, s, p.Id)
	w.pay.Finish(*a.Transaction, service.Paid, "CREDITCARD", 0) // and nobody asks
	stranger := w.pay.Plant("meppen", "kasse", 1234)
	from, to := time.Now().AddDate(0, 0, -1), time.Now().AddDate(0, 0, 1)
	got, err := s.Reconcile(t.Context(), nil, from, to)
	require.NoError(t, err)
	kinds := map[string]types.DifferenceKind{}
	for _, d := range got.Differences {
		kinds[d.TransactionId] = d.Kind
	}
	require.Equal(t, map[string]types.DifferenceKind{*a.Transaction: types.DifferenceNotBooked, stranger: types.DifferenceUnknown}, kinds)
	require.Equal(t, int64(4304), got.Total.Amount)
	kim := asStaff(t.Context(), uuid.New())
	resolved, err := s.Resolve(kim, uuid.NewString(), nil, *a.Transaction)
	require.NoError(t, err)
	require.Equal(t, types.PaymentPaid, resolved.Payment.State)
	_, err = s.Resolve(kim, uuid.NewString(), nil, "gibt-es-nicht")
	require.True(t, problem.Is(err, "payment-unknown"))

	// Money that nobody ordered is held, once, until it is given back.
	key := uuid.NewString()
	for range 2 {
		resolved, err = s.Resolve(kim, key, nil, stranger)
		require.NoError(t, err)
		require.Equal(t, []any{types.RefundOfStray, int64(1234), stranger}, []any{resolved.Refund.Kind, resolved.Refund.Amount.Amount, resolved.Refund.Reference})
	}
	_, err = s.Resolve(kim, uuid.NewString(), nil, stranger)
	require.True(t, problem.Is(err, "already-held"))
	got, err = s.Reconcile(t.Context(), nil, from, to)
	require.NoError(t, err)
	require.Empty(t, got.Differences)
	balance := func() map[string]int64 {
		overview, err := s.Overview(t.Context())
		require.NoError(t, err)
		out := map[string]int64{"owed": overview.Owed.Amount.Amount, "refunds": overview.Refunds.Amount.Amount, "days": int64(len(overview.Days))}
		for _, b := range overview.Balances {
			out[b.Account] = b.Amount
		}
		last := overview.Days[len(overview.Days)-1]
		out["received"], out["returned"] = last.Received, last.Returned
		return out
	}
	require.Equal(t, map[string]int64{
		"owed": 0, "refunds": 1234, "days": 30, "provider": 4304, "suspense": -1234, "receivable": 0, "revenue:12200.43110": -3070, "received": 4304, "returned": 0,
	}, balance())
	_, err = s.ExecuteRefund(kim, resolved.Refund.Id, uuid.NewString())
	require.NoError(t, err)
	require.Equal(t, map[string]int64{
		"owed": 0, "refunds": 0, "days": 30, "provider": 3070, "suspense": 0, "receivable": 0, "revenue:12200.43110": -3070, "received": 4304, "returned": 1234,
	}, balance())
	var csv bytes.Buffer
	require.NoError(t, s.Export(t.Context(), &csv, from, to))
	require.Contains(t, csv.String(), ";provider;30,70;")
	require.Contains(t, csv.String(), ";provider;12,34;", "what is held")
}

func TestReconcile_WhatWasNoted_StaysWithTheDifferenceAsItWas(t *testing.T) {
	t.Parallel()
	w, s, p := asked(t, 3070)
	a, _ := opened(t, s, p.Id)
	w.pay.Finish(*a.Transaction, service.Paid, "CREDITCARD", 0)
	_, err := payments.AskAttempt(s, t.Context(), a.ID)
	require.NoError(t, err)
	w.pay.Amend(*a.Transaction, 3000) // afterwards, as a chargeback does
	differences := func() []types.Difference {
		got, err := s.Reconcile(t.Context(), nil, time.Now().AddDate(0, 0, -1), time.Now().AddDate(0, 0, 1))
		require.NoError(t, err)
		return got.Differences
	}
	d := differences()
	require.Len(t, d, 1)
	require.Equal(t, []any{types.DifferenceAmount, int64(3070), int64(3000)}, []any{d[0].Kind, d[0].Ours.Amount, d[0].Theirs.Amount})
	kim := asStaff(t.Context(), uuid.New())
	note := types.DifferenceNoteRequest{TransactionId: *a.Transaction, Kind: d[0].Kind, Ours: 3070, Theirs: 3000, Note: "Rücklastschrift, angefragt."}
	_, err = s.Explain(kim, uuid.NewString(), note)
	require.NoError(t, err)
	_, err = s.Explain(kim, uuid.NewString(), note)
	require.True(t, problem.Is(err, "difference-noted"))
	require.Equal(t, note.Note, differences()[0].Note.Note)
	w.pay.Amend(*a.Transaction, 2900)
	require.Nil(t, differences()[0].Note, "another difference")
}

func TestLedger_WhatDoesNotBalanceOrChanges_IsRefusedByTheDatabase(t *testing.T) {
	t.Parallel()
	w, s, p := asked(t, 3070)
	exec := func(sql string, args ...any) error {
		_, err := w.db.Pgx(t.Context()).Exec(t.Context(), sql, args...)
		return err
	}
	require.ErrorContains(t, exec("INSERT INTO ledger_bookings (kind, reference, payment_id, day, at) VALUES ('paid', 'x', $1, now(), now())", p.Id), "does not balance")
	require.ErrorContains(t, exec(`WITH b AS (INSERT INTO ledger_bookings (kind, reference, payment_id, day, at) VALUES ('paid', 'x', $1, now(), now()) RETURNING id)
		INSERT INTO ledger_lines SELECT id, n, 'provider', 10 FROM b, generate_series(1, 2) n`, p.Id), "does not balance")
	require.ErrorContains(t, exec("INSERT INTO ledger_lines SELECT id, 9, 'provider', 10 FROM ledger_bookings"), "is complete")
	for _, sql := range []string{
		"UPDATE ledger_lines SET amount = amount * 2", "DELETE FROM ledger_lines", "TRUNCATE ledger_lines", "UPDATE ledger_bookings SET kind = 'paid'", "DELETE FROM payment_steps",
		"UPDATE payment_steps SET what = ''",
	} {
		require.ErrorContains(t, exec(sql), "only ever added", sql)
	}
	yesterday := time.Now().UTC().AddDate(0, 0, -1).Truncate(24 * time.Hour)
	kim := asStaff(t.Context(), uuid.New())
	_, err := s.Close(kim, uuid.NewString(), time.Now().AddDate(0, 0, 1))
	require.Equal(t, http.StatusUnprocessableEntity, problem.From(err).Status)
	_, err = s.Close(kim, uuid.NewString(), yesterday)
	require.NoError(t, err)
	_, err = s.Close(kim, uuid.NewString(), yesterday)
	require.True(t, problem.Is(err, "day-closed"))
	require.ErrorContains(t, exec("INSERT INTO ledger_bookings (kind, reference, payment_id, day, at) VALUES ('paid', 'y', $1, $2, now())", p.Id, yesterday), "is closed")
}

func TestMoney_ReadDigitByDigit(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]payments.Cents{"12": 1200, "12.5": 1250, "12.50": 1250, "0.01": 1, "999999": 99_999_900, "0.29": 29, "1.10": 110, "4.35": 435, "1.000": 100} {
		got, err := payments.ParseDecimal(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "-1", "1,50", "1.005", "1e3", "999999.01", "12345678901", "0x10", " 1", ".5", "NaN"} {
		_, err := payments.ParseDecimal(text)
		require.Error(t, err, text)
	}
	pointer := "/permit/cents"
	fee := &types.OnlineFee{Pointer: &pointer}
	for _, c := range []struct {
		value any
		want  payments.Cents
		known bool
		wrong bool
	}{
		{float64(1250), 1250, true, false}, {json.Number("1250"), 1250, true, false}, {12.5, 0, false, true}, {float64(-1), 0, false, true}, {1e12, 0, false, true},
		{"1250", 0, false, true}, {nil, 0, false, false}, {true, 0, false, true}, {float64(0), 0, true, false},
	} {
		got, known, err := payments.FeeOf(fee, map[string]any{"permit": map[string]any{"cents": c.value}})
		require.Equal(t, c.wrong, err != nil, "%v", c.value)
		require.Equal(t, []any{c.want, c.known}, []any{got, known}, "%v", c.value)
	}
	_, _, err := payments.FeeOf(&types.OnlineFee{Amount: &types.Money{Amount: 100, Currency: "USD"}}, nil)
	require.True(t, problem.Is(err, "currency"))
}

func TestReference_OneDigitWrong_IsFound(t *testing.T) {
	t.Parallel()
	digits := "26000012345"
	reference := digits + string(payments.CheckDigit(digits))
	require.True(t, payments.ValidReference(reference))
	require.True(t, payments.ValidReference(reference[:4]+" "+reference[4:8]+" "+reference[8:]))
	for i := range reference {
		for d := byte('0'); d <= '9'; d++ {
			changed := []byte(reference)
			changed[i] = d
			require.Equal(t, d == reference[i], payments.ValidReference(string(changed)), "%s", changed)
		}
	}
}

func TestTreasury_EveryAct_IsInTheAudit(t *testing.T) {
	t.Parallel()
	w, s, p := asked(t, 30_000)
	a, _ := opened(t, s, p.Id)
	w.pay.Finish(*a.Transaction, service.Paid, "CREDITCARD", 0)
	kim, max, key := asStaff(t.Context(), uuid.New()), asStaff(t.Context(), uuid.New()), uuid.NewString
	_, err := s.Resolve(kim, key(), nil, *a.Transaction)
	require.NoError(t, err)
	small, err := s.AskRefund(kim, p.Id, key(), types.RefundRequest{Amount: 100, Reason: "ermäßigt"})
	require.NoError(t, err)
	_, err = s.RefuseRefund(max, small.Id, key())
	require.NoError(t, err)
	_, err = s.Resolve(kim, key(), nil, w.pay.Plant("meppen", "kasse", 1234))
	require.NoError(t, err)
	large, err := s.AskRefund(kim, p.Id, key(), types.RefundRequest{Amount: 30_000, Reason: "erlassen"})
	require.NoError(t, err)
	_, err = s.ApproveRefund(max, large.Id, key())
	require.NoError(t, err)
	_, err = s.ExecuteRefund(kim, large.Id, key())
	require.NoError(t, err)
	_, err = s.Close(kim, key(), time.Now().UTC().AddDate(0, 0, -1).Truncate(24*time.Hour))
	require.NoError(t, err)
	app := w.applied(meppen)
	require.NoError(t, s.Assess(t.Context(), meppen, offer(500), app))
	list, _, err := s.List(as(t.Context(), clara), &app.ApplicationId, 5, "")
	require.NoError(t, err)
	_, err = s.WriteOff(kim, list[0].Id, key())
	require.NoError(t, err)
	require.Equal(t, []string{
		"payment.resolve", "payment.refund-ask", "payment.refund-refuse", "payment.hold", "payment.refund-ask", "payment.refund-approve", "payment.refund-execute", "payment.close-day", "payment.write-off",
	}, w.acts)
}

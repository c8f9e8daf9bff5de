package payments_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"testing/quick"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"portalverbund/api/types"
	"portalverbund/server/payments"
	"portalverbund/server/platform/problem"
)

func euros(cents int64) types.Money { return types.Money{Amount: cents, Currency: "EUR"} }

// laterOffer costs what its clerk sets, between two amounts in cents.
func laterOffer(from, to int64) types.Offer {
	o := offer(1)
	o.Fee.Amount, o.Fee.Range = nil, &types.FeeRange{From: euros(from), To: euros(to)}
	return o
}

// shownLater is an application of whom a fee between two amounts was shown.
func (w *world) shownLater(to string, from, most int64) types.MessageApplication {
	app := w.applied(to)
	app.FeeRange = &types.FeeRange{From: euros(from), To: euros(most)}
	return app
}

func item(label string, quantity, unit int64, rate int) types.FeeItemRequest {
	return types.FeeItemRequest{Label: label, Quantity: quantity, UnitAmount: unit, TaxRate: &rate}
}

func TestSetFee_SeveralItemsWithTax_AskedAsAnyOther(t *testing.T) {
	t.Parallel()
	w := alone(t)
	s := w.at(meppen, time.Now)
	clara := as(t.Context(), clara)
	later := laterOffer(2000, 25_000)
	before, err := s.FeeOf(t.Context(), later, nil)
	require.NoError(t, err)
	require.Nil(t, before.Amount)
	require.Equal(t, []int64{2000, 25_000}, []int64{before.Range.From.Amount, before.Range.To.Amount})
	app := w.shownLater(meppen, 2000, 25_000)
	for range 2 { // the message comes twice
		require.NoError(t, s.Assess(t.Context(), meppen, later, app))
	}
	list, _, err := s.List(clara, nil, 5, "")
	require.NoError(t, err)
	require.Empty(t, list, "nothing is asked yet")
	require.Empty(t, balances(t, s))

	kim := asStaff(t.Context(), uuid.New())
	open, err := s.OfCase(kim, app.ApplicationId)
	require.NoError(t, err)
	require.Equal(t, int64(25_000), open.ToSet.Range.To.Amount)
	basis, key := " Nr. 1.5 Baugebührenordnung ", uuid.NewString()
	request := types.FeeRequest{Items: []types.FeeItemRequest{item("Einsicht", 150, 5600, 0), item("Kopien", 1200, 50, 19)}, Reason: "Zwei Bände", LegalBasis: &basis}
	for range 2 { // a double click
		got, err := s.SetFee(kim, app.ApplicationId, key, request)
		require.NoError(t, err)
		require.Equal(t, []any{types.PaymentCreated, int64(9114), "Zwei Bände", "set"}, []any{got.State, got.Amount.Amount, *got.Reason, got.Steps[0].What})
		require.Equal(t, types.FeeItem{Label: "Kopien", Quantity: 1200, UnitAmount: 50, TaxRate: 19, Net: 600, Tax: 114, Gross: 714}, (*got.Items)[1])
	}
	_, err = s.SetFee(kim, app.ApplicationId, uuid.NewString(), request)
	require.True(t, problem.Is(err, "fee-not-open"), "%v", err)
	require.Equal(t, map[string]payments.Cents{"receivable": 9114, "revenue:12200.43110": -9114}, balances(t, s))
	open, err = s.OfCase(kim, app.ApplicationId)
	require.NoError(t, err)
	require.Nil(t, open.ToSet)
	require.Len(t, open.Items, 1)
	require.Contains(t, w.acts, "payment.set")

	list, _, err = s.List(clara, nil, 5, "")
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Equal(t, []any{int64(9114), true, "Zwei Bände", "Nr. 1.5 Baugebührenordnung"}, []any{list[0].Amount.Amount, list[0].Payable, *list[0].Reason, *list[0].LegalBasis})
	require.Len(t, w.letters, 1)
	require.Contains(t, w.letters[0].Text, "91,14 €")
	require.Contains(t, w.letters[0].Text, "Begründung: Zwei Bände")
	for _, want := range []string{"Betrag: 91,14 €", "Einsicht: 1,5 × 56,00 € = 84,00 €", "Kopien: 12 × 0,50 € = 6,00 € netto + 19 % Umsatzsteuer 1,14 € = 7,14 €", "Begründung: Zwei Bände", "Rechtsgrundlage: Nr. 1.5"} {
		require.Contains(t, notice(t, s, list[0].Id), want)
	}
	var kept []byte
	require.NoError(t, w.db.Pgx(t.Context()).QueryRow(t.Context(), "SELECT assessed FROM payments WHERE id = $1", list[0].Id).Scan(&kept))
	require.NotContains(t, string(kept), "Bände", "it is kept sealed")

	reduced, err := s.Reduce(kim, app.ApplicationId, list[0].Id, uuid.NewString(), types.ReductionRequest{Amount: 5000, Reason: "Ehrenamt"})
	require.NoError(t, err)
	require.Equal(t, []int64{9114, 5000}, []int64{reduced.Reduction.From.Amount, reduced.Amount.Amount})
	require.Contains(t, notice(t, s, list[0].Id), "Zuvor: 91,14 €")
}

func TestSetFee_WhatCannotBe_IsRefusedAtItsField(t *testing.T) {
	t.Parallel()
	w := alone(t)
	s := w.at(meppen, time.Now)
	app := w.shownLater(meppen, 2000, 10_000)
	require.NoError(t, s.Assess(t.Context(), meppen, laterOffer(2000, 25_000), app)) // the offer has become dearer since they were shown it
	kim := asStaff(t.Context(), uuid.New())
	for pointer, items := range map[string][]types.FeeItemRequest{
		"/items":              {item("zu wenig", 100, 1999, 0)},
		"/items ":             {item("mehr, als angezeigt wurde", 100, 10_001, 0)},
		"/items  ":            {item("mit Steuer zu viel", 100, 9000, 19)},
		"/items/1/quantity":   {item("a", 100, 2000, 0), item("b", 0, 1, 0)},
		"/items/0/unitAmount": {item("a", 100, -1, 0)},
		"/items/0/taxRate":    {item("a", 100, 2000, 31)},
		"/items/1/unitAmount": {item("a", 100, 99_999_900, 0), item("zusammen mehr, als es gibt", 100, 1, 0)},
	} {
		_, err := s.SetFee(kim, app.ApplicationId, uuid.NewString(), types.FeeRequest{Items: items, Reason: "Aufwand"})
		p := problem.From(err)
		require.Equal(t, http.StatusUnprocessableEntity, p.Status, "%s: %v", pointer, err)
		require.Equal(t, strings.TrimSpace(pointer), p.Fields[0].Pointer)
	}
	fine := types.FeeRequest{Items: []types.FeeItemRequest{item("a", 100, 2000, 0)}, Reason: "Aufwand"}
	_, err := s.SetFee(kim, w.applied(meppen).ApplicationId, uuid.NewString(), fine)
	require.True(t, problem.Is(err, "fee-not-open"), "of a case without such a fee")
	_, err = s.SetFee(kim, uuid.New(), uuid.NewString(), fine)
	require.True(t, problem.Is(err, "case-unknown"))
	require.NoError(t, s.Withdrawn(t.Context(), meppen, app.ApplicationId))
	_, err = s.SetFee(kim, app.ApplicationId, uuid.NewString(), fine)
	require.True(t, problem.Is(err, "fee-not-open"), "the application was withdrawn")
	require.Empty(t, balances(t, s))

	untold := w.applied(meppen)
	require.NoError(t, s.Assess(t.Context(), meppen, laterOffer(2000, 25_000), untold))
	open, err := s.OfCase(kim, untold.ApplicationId)
	require.NoError(t, err)
	require.Nil(t, open.ToSet, "they were told that it costs nothing")
	wrong := laterOffer(2000, 25_000)
	wrong.Fee.Range.To.Currency = "CHF"
	_, err = s.FeeOf(t.Context(), wrong, nil)
	require.True(t, problem.Is(err, "currency"))
}

func TestSetFee_AcrossPortals_PersonIsAskedOnce(t *testing.T) {
	t.Parallel()
	county, town := alone(t), newWorld(t, alone(t).db)
	b, a := county.at(landkreis, time.Now), town.at(meppen, time.Now)
	app := town.shownLater(landkreis, 2000, 25_000)
	require.NoError(t, b.Assess(t.Context(), meppen, laterOffer(2000, 25_000), app))
	county.mu.Lock()
	county.payers[app.ApplicationId] = payments.Payer{} // its case
	require.Empty(t, county.sent)
	county.mu.Unlock()
	_, err := b.SetFee(asStaff(t.Context(), uuid.New()), app.ApplicationId, uuid.NewString(), types.FeeRequest{
		Items: []types.FeeItemRequest{item("Einsicht", 100, 4000, 0), item("Kopien", 100, 100, 7)}, Reason: "Aufwand",
	})
	require.NoError(t, err)
	county.mu.Lock()
	requested := county.sent[0]
	county.mu.Unlock()
	for from, to := range map[string]string{`"gross":4000`: `"gross":4001`, `"tax":7`: `"tax":8`, `"quantity":100`: `"quantity":200`, `"unitAmount":100`: `"unitAmount":-1`, `"taxRate":7`: `"taxRate":6`} {
		forged := bytes.Replace(requested.payload, []byte(from), []byte(to), 1)
		require.NotEqual(t, requested.payload, forged)
		require.Error(t, town.handlers[requested.kind](t.Context(), landkreis, forged), to)
	}
	for range 3 {
		require.NoError(t, town.handlers[requested.kind](t.Context(), landkreis, requested.payload))
	}
	list, _, err := a.List(as(t.Context(), clara), nil, 5, "")
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Equal(t, []any{int64(4107), "Aufwand", 2}, []any{list[0].Amount.Amount, *list[0].Reason, len(*list[0].Items)})
	require.Len(t, town.letters, 1)
	require.Contains(t, notice(t, a, list[0].Id), "Kopien: 1 × 1,00 € = 1,00 € netto + 7 % Umsatzsteuer 0,07 € = 1,07 €")
}

func TestSetFee_PersonHasLeftSince_IsAskedAllTheSame(t *testing.T) {
	t.Parallel()
	w := alone(t)
	s := w.at(meppen, time.Now)
	app := w.shownLater(meppen, 1, 25_000)
	require.NoError(t, s.Assess(t.Context(), meppen, laterOffer(1, 25_000), app))
	w.mu.Lock()
	w.payers[app.ApplicationId] = payments.Payer{Number: "MEP-26-TEST"}
	w.mu.Unlock()
	got, err := s.SetFee(asStaff(t.Context(), uuid.New()), app.ApplicationId, uuid.NewString(), types.FeeRequest{Items: []types.FeeItemRequest{item("a", 100, 1, 0)}, Reason: "Aufwand"})
	require.NoError(t, err)
	require.Equal(t, types.PaymentCreated, got.State)
	require.Empty(t, w.letters)
}

func TestItems_RoundedHalfACentUp_NetAndTaxOnTheirOwn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		quantity, unit int64
		rate           int
		net, tax       int64
	}{
		{100, 1250, 0, 1250, 0}, {150, 5601, 0, 8402, 0}, {50, 1, 0, 1, 0}, {49, 1, 0, 0, 0}, {1200, 50, 19, 600, 114}, {100, 50, 19, 50, 10}, {100, 150, 7, 150, 11},
		{100, 100, 19, 100, 19}, {33, 100, 19, 33, 6}, {1, 99_999_900, 0, 999_999, 0},
	} {
		items, total, err := payments.Itemise([]types.FeeItemRequest{item("a", c.quantity, c.unit, c.rate)})
		require.NoError(t, err)
		require.Equal(t, []int64{c.net, c.tax, c.net + c.tax, c.net + c.tax}, []int64{items[0].Net, items[0].Tax, items[0].Gross, int64(total)}, "%v", c)
	}
	// Whatever is asked: the sum is that of the items, nothing is off by more than half a cent, and another portal reckons the same.
	require.NoError(t, quick.Check(func(quantities, units [3]uint16, rates [3]uint8) bool {
		requests := []types.FeeItemRequest{}
		for n := range quantities {
			requests = append(requests, item("a", int64(quantities[n])+1, int64(units[n]%30_000), int(rates[n]%31)))
		}
		items, total, err := payments.Itemise(requests)
		sum := payments.Cents(0)
		for _, i := range items {
			sum += payments.Cents(i.Gross)
			offNet, offTax := 200*i.Net-2*i.Quantity*i.UnitAmount, 200*i.Tax-2*i.Net*int64(i.TaxRate)
			if offNet > 100 || offNet <= -100 || offTax > 100 || offTax <= -100 || i.Gross != i.Net+i.Tax {
				return false
			}
		}
		return err == nil && sum == total && payments.Itemised(items, total) && !payments.Itemised(items, total+1)
	}, nil))
}

func TestSetNoFee_PersonIsToldOnceAndNothingCanBeSetAfterwards(t *testing.T) {
	t.Parallel()
	w := alone(t)
	s := w.at(meppen, time.Now)
	app := w.shownLater(meppen, 2000, 25_000)
	require.NoError(t, s.Assess(t.Context(), meppen, laterOffer(2000, 25_000), app))
	kim, key := asStaff(t.Context(), uuid.New()), uuid.NewString()
	for range 2 { // a double click
		got, err := s.SetNoFee(kim, app.ApplicationId, key, types.NoFeeRequest{Reason: "Gemeinnütziger Verein"})
		require.NoError(t, err)
		require.Nil(t, got.ToSet)
		require.Empty(t, got.Items)
	}
	require.Equal(t, []string{app.ApplicationId.String() + " Für Ihren Antrag wird keine Gebühr erhoben. Sie müssen nichts bezahlen. Grund: Gemeinnütziger Verein"}, w.told)
	require.Contains(t, w.acts, "payment.none")
	_, err := s.SetNoFee(kim, app.ApplicationId, uuid.NewString(), types.NoFeeRequest{Reason: "noch einmal"})
	require.True(t, problem.Is(err, "fee-not-open"), "%v", err)
	_, err = s.SetFee(kim, app.ApplicationId, uuid.NewString(), types.FeeRequest{Items: []types.FeeItemRequest{item("a", 100, 2000, 0)}, Reason: "doch"})
	require.True(t, problem.Is(err, "fee-not-open"), "%v", err)
	_, err = s.SetNoFee(kim, uuid.New(), uuid.NewString(), types.NoFeeRequest{Reason: "fremd"})
	require.True(t, problem.Is(err, "case-unknown"))
	require.Len(t, w.told, 1)
	require.Empty(t, balances(t, s))
}

package payments_test

import (
	"bytes"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"portalverbund/api/types"
	"portalverbund/server/payments"
	"portalverbund/server/platform/pdf/pdftest"
	"portalverbund/server/platform/problem"
	"portalverbund/server/standins/payment/service"
)

func notice(t *testing.T, s *payments.Service, id uuid.UUID) string {
	t.Helper()
	write, _, err := s.Notice(as(t.Context(), clara), id)
	require.NoError(t, err)
	var text bytes.Buffer
	require.NoError(t, write(&text))
	return pdftest.Text(t, text.Bytes())
}

func TestReduce_OpenPageIsGivenUp_LessIsAsked_PersonReadsWhy(t *testing.T) {
	t.Parallel()
	w, s, p := asked(t, 3070)
	require.Contains(t, notice(t, s, p.Id), "Betrag: 30,70 €")
	require.Contains(t, notice(t, s, p.Id), "Rechtsbehelfsbelehrung\nWiderspruch ist beim Bürgerbüro zu erheben.")
	old, _ := opened(t, s, p.Id)
	kim, key := asStaff(t.Context(), uuid.New()), uuid.NewString()
	for range 2 { // a double click
		got, err := s.Reduce(kim, p.ApplicationId, p.Id, key, types.ReductionRequest{Amount: 1500, Reason: "Drei Kinder"})
		require.NoError(t, err)
		require.Equal(t, []any{types.PaymentCreated, int64(1500), int64(3070), int64(1500), "Drei Kinder"},
			[]any{got.State, got.Amount.Amount, got.Reduction.From.Amount, got.Reduction.To.Amount, got.Reduction.Reason})
	}
	require.Equal(t, map[string]payments.Cents{"receivable": 1500, "revenue:12200.43110": -1500}, balances(t, s))
	mine, err := s.Get(as(t.Context(), clara), p.Id)
	require.NoError(t, err)
	require.Nil(t, mine.PayUrl, "the page asks for too much")
	require.Equal(t, "Drei Kinder", mine.Reduction.Reason)
	last := w.letters[len(w.letters)-1]
	require.Equal(t, "Eine Gebühr wurde ermäßigt", last.Subject)
	require.Contains(t, last.Text, "von 30,70 € auf 15,00 € ermäßigt. Grund: Drei Kinder")
	for _, want := range []string{"Widerspruch ist beim", "Betrag: 15,00 €", "Zuvor: 30,70 €", "Grund der Ermäßigung: Drei Kinder", p.Reference} {
		require.Contains(t, notice(t, s, p.Id), want)
	}
	var reason []byte
	require.NoError(t, w.db.Pgx(t.Context()).QueryRow(t.Context(), "SELECT reduction FROM payments WHERE id = $1", p.Id).Scan(&reason))
	require.NotContains(t, string(reason), "Kinder", "it is kept sealed")

	// Somebody pays at the old page: the fee is paid, and the rest is given back.
	w.pay.Finish(*old.Transaction, service.Paid, "CREDITCARD", 0)
	_, err = payments.AskAttempt(s, t.Context(), old.ID)
	require.NoError(t, err)
	require.Equal(t, map[string]payments.Cents{"provider": 3070, "suspense": -1570, "revenue:12200.43110": -1500}, balances(t, s))
	_, err = s.Reduce(kim, p.ApplicationId, p.Id, uuid.NewString(), types.ReductionRequest{Amount: 1000, Reason: "Vier Kinder"})
	require.True(t, problem.Is(err, "not-reducible"), "it is paid")
	require.Contains(t, w.acts, "payment.reduce")
}

func TestReduce_ToNothing_IsWaived_NobodyPaysIt(t *testing.T) {
	t.Parallel()
	w, s, p := asked(t, 3070)
	kim := asStaff(t.Context(), uuid.New())
	got, err := s.Reduce(kim, p.ApplicationId, p.Id, uuid.NewString(), types.ReductionRequest{Amount: 2000, Reason: "ermäßigt"})
	require.NoError(t, err)
	require.Equal(t, int64(2000), got.Amount.Amount)
	got, err = s.Reduce(kim, p.ApplicationId, p.Id, uuid.NewString(), types.ReductionRequest{Amount: 0, Reason: "Härtefall"})
	require.NoError(t, err)
	require.Equal(t, []any{types.PaymentWithdrawn, int64(3070), int64(0)}, []any{got.State, got.Reduction.From.Amount, got.Reduction.To.Amount})
	require.Equal(t, "waived", got.Steps[len(got.Steps)-1].What)
	require.Empty(t, balances(t, s))
	require.Equal(t, "Eine Gebühr wurde erlassen", w.letters[len(w.letters)-1].Subject)
	require.Contains(t, notice(t, s, p.Id), "Sie müssen nichts bezahlen.")
	_, err = s.Start(as(t.Context(), clara), p.Id, uuid.NewString())
	require.True(t, problem.Is(err, "not-payable"))
}

func TestReduce_WhatCannotBe_IsRefusedWithWords(t *testing.T) {
	t.Parallel()
	w, s, p := asked(t, 3070)
	kim := asStaff(t.Context(), uuid.New())
	for _, amount := range []int64{-1, 3070, 3071} {
		_, err := s.Reduce(kim, p.ApplicationId, p.Id, uuid.NewString(), types.ReductionRequest{Amount: amount, Reason: "ermäßigt"})
		require.Equal(t, http.StatusUnprocessableEntity, problem.From(err).Status, "%d", amount)
	}
	other := w.applied(meppen)
	_, err := s.Reduce(kim, other.ApplicationId, p.Id, uuid.NewString(), types.ReductionRequest{Amount: 1, Reason: "ermäßigt"})
	require.True(t, problem.Is(err, "payment-unknown"), "of another case")
	_, err = s.Reduce(kim, uuid.New(), p.Id, uuid.NewString(), types.ReductionRequest{Amount: 1, Reason: "ermäßigt"})
	require.True(t, problem.Is(err, "case-unknown"))
	require.Equal(t, map[string]payments.Cents{"receivable": 3070, "revenue:12200.43110": -3070}, balances(t, s))
	require.NoError(t, s.Withdrawn(t.Context(), meppen, p.ApplicationId))
	_, _, err = s.Notice(as(t.Context(), clara), p.Id)
	require.True(t, problem.Is(err, "no-notice"))
}

func TestReduce_AcrossPortals_PersonHearsOfItThere(t *testing.T) {
	t.Parallel()
	county, town := alone(t), newWorld(t, alone(t).db)
	b, a := county.at(landkreis, time.Now), town.at(meppen, time.Now)
	app := town.applied(landkreis)
	require.NoError(t, b.Assess(t.Context(), meppen, offer(2800), app))
	county.mu.Lock()
	county.payers[app.ApplicationId] = payments.Payer{} // its case
	requested := county.sent[0]
	county.mu.Unlock()
	require.NoError(t, town.handlers[requested.kind](t.Context(), landkreis, requested.payload))
	list, _, err := a.List(as(t.Context(), clara), nil, 5, "")
	require.NoError(t, err)
	_, err = b.Reduce(asStaff(t.Context(), uuid.New()), app.ApplicationId, list[0].Id, uuid.NewString(), types.ReductionRequest{Amount: 0, Reason: "Ehrenamt"})
	require.NoError(t, err)
	county.mu.Lock()
	changed := county.sent[len(county.sent)-1]
	county.mu.Unlock()
	for range 2 { // it comes twice
		require.NoError(t, town.handlers[changed.kind](t.Context(), landkreis, changed.payload))
	}
	got, err := a.Get(as(t.Context(), clara), list[0].Id)
	require.NoError(t, err)
	require.Equal(t, []any{types.PaymentWithdrawn, "Ehrenamt", false}, []any{got.State, got.Reduction.Reason, got.Payable})
	require.Len(t, town.letters, 2)
	require.Contains(t, notice(t, a, got.Id), "Grund der Ermäßigung: Ehrenamt")
	forged := bytes.Replace(changed.payload, []byte(`"to":{"amount":0`), []byte(`"to":{"amount":-1`), 1)
	require.NotEqual(t, changed.payload, forged)
	require.Error(t, town.handlers[changed.kind](t.Context(), landkreis, forged))
}

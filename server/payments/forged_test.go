package payments_test

import (
	"context"
	"net/http"
	"path"
	"strings"
	"sync"
	"testing"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"portalverbund/api/types"
	"portalverbund/server/payments"
	"portalverbund/server/payments/xbezahldienste"
	"portalverbund/server/platform/outbound"
	"portalverbund/server/platform/problem"
	"portalverbund/server/standins/payment/service"
)

// liar is a provider whose answers are changed, and that remembers what was ordered.
type liar struct {
	payments.Provider

	mu     sync.Mutex
	change func(t *payments.Transaction)
	orders []payments.Order
}

func (l *liar) lie(t payments.Transaction) payments.Transaction {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.change != nil {
		l.change(&t)
	}
	return t
}

func (l *liar) says(change func(t *payments.Transaction)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.change = change
}

func (l *liar) Open(ctx context.Context, o payments.Order) (payments.Transaction, error) {
	l.mu.Lock()
	l.orders = append(l.orders, o)
	l.mu.Unlock()
	t, err := l.Provider.Open(ctx, o)
	return l.lie(t), err
}

func (l *liar) Ask(ctx context.Context, id string) (payments.Transaction, error) {
	t, err := l.Provider.Ask(ctx, id)
	return l.lie(t), err
}

// lied is a portal that has asked Clara for a fee, with a provider that can lie.
func lied(t *testing.T, cents int64) (*world, *liar, *payments.Service, types.Payment) {
	t.Helper()
	w := alone(t)
	l := &liar{Provider: w.pay.provider}
	s := w.with(meppen, l, time.Now)
	app := w.applied(meppen)
	require.NoError(t, s.Assess(t.Context(), meppen, offer(cents), app))
	list, _, err := s.List(as(t.Context(), clara), &app.ApplicationId, 5, "")
	require.NoError(t, err)
	require.Len(t, list, 1)
	return w, l, s, list[0]
}

func balances(t *testing.T, s *payments.Service) map[string]payments.Cents {
	t.Helper()
	list, err := s.Balances(t.Context(), time.Now().AddDate(0, 0, 2))
	require.NoError(t, err)
	out := map[string]payments.Cents{}
	for _, b := range list {
		if b.Amount != 0 {
			out[b.Account] = b.Amount
		}
	}
	return out
}

func TestOpen_AnswerIsNotWhatWasOrdered_NobodyIsLedThere(t *testing.T) {
	t.Parallel()
	_, l, s, p := lied(t, 3070)
	for name, change := range map[string]func(t *payments.Transaction){
		"less money":          func(t *payments.Transaction) { t.Amount = 3069 },
		"more money":          func(t *payments.Transaction) { t.Amount = 3071 },
		"another currency":    func(t *payments.Transaction) { t.Currency = "USD" },
		"another order":       func(t *payments.Transaction) { t.RequestID = uuid.NewString() },
		"paid already":        func(t *payments.Transaction) { t.Status = payments.Paid },
		"no id":               func(t *payments.Transaction) { t.ID = "" },
		"a script":            func(t *payments.Transaction) { t.PayURL = "javascript:alert(1)" },
		"a page of this site": func(t *payments.Transaction) { t.PayURL = "/zahlungen" },
		"a name in the way":   func(t *payments.Transaction) { t.PayURL = "https://bezahldienst.example@boese.example/" },
	} {
		l.says(change)
		_, err := s.Start(as(t.Context(), clara), p.Id, uuid.NewString())
		require.NoError(t, err)
		all := attempts(t, s, p.Id)
		require.NoError(t, payments.OpenAttempt(s, t.Context(), all[len(all)-1].ID), name)
		got, err := s.Get(as(t.Context(), clara), p.Id)
		require.NoError(t, err)
		require.Equal(t, types.PaymentFailed, got.State, name)
		require.Nil(t, got.PayUrl, name)
	}
	l.says(nil)
	opened(t, s, p.Id) // it can still be paid
}

func TestAsk_AnswerIsAboutSomethingElse_NothingIsBooked(t *testing.T) {
	t.Parallel()
	w, l, s, p := lied(t, 3070)
	owed := balances(t, s)
	a, _ := opened(t, s, p.Id)
	w.pay.Finish(*a.Transaction, service.Paid, "CREDITCARD", 0)
	for name, change := range map[string]func(t *payments.Transaction){
		"another transaction": func(t *payments.Transaction) { t.ID = "eine-andere" },
		"another order":       func(t *payments.Transaction) { t.RequestID = uuid.NewString() },
	} {
		l.says(change)
		final, err := payments.AskAttempt(s, t.Context(), a.ID)
		require.Error(t, err, name)
		require.False(t, final, name)
		require.Equal(t, owed, balances(t, s), name)
	}
	l.says(func(t *payments.Transaction) { t.Currency = "USD" })
	_, err := payments.AskAttempt(s, t.Context(), a.ID)
	require.NoError(t, err)
	got, err := s.Get(as(t.Context(), clara), p.Id)
	require.NoError(t, err)
	require.Equal(t, types.PaymentFailed, got.State)
	require.Equal(t, owed, balances(t, s), "dollars are no euros")
}

func TestAsk_AnotherAmount_FeeIsPaidByTheWholeOfItOnly(t *testing.T) {
	t.Parallel()
	for received, want := range map[int64]map[string]payments.Cents{
		3069: {"provider": 3069, "suspense": -3069, "receivable": 3070, "revenue:12200.43110": -3070},
		3071: {"provider": 3071, "suspense": -1, "revenue:12200.43110": -3070},
	} {
		w, s, p := asked(t, 3070)
		a, _ := opened(t, s, p.Id)
		w.pay.Finish(*a.Transaction, service.Paid, "CREDITCARD", received)
		_, err := payments.AskAttempt(s, t.Context(), a.ID)
		require.NoError(t, err)
		require.Equal(t, want, balances(t, s))
		got, err := s.Get(as(t.Context(), clara), p.Id)
		require.NoError(t, err)
		require.Equal(t, received > 3070, got.State == types.PaymentPaid)
	}
}

// asks counts the jobs that ask the provider.
func (w *world) asks() (n int) {
	require.NoError(w.t, w.db.Pgx(w.t.Context()).QueryRow(w.t.Context(), "SELECT count(*) FROM river_job WHERE kind = 'payments.ask'").Scan(&n))
	return n
}

func TestNotifications_LostDoubledTooEarlyForged_OneBooking(t *testing.T) {
	t.Parallel()
	w, l, s, p := lied(t, 3070)
	a, _ := opened(t, s, p.Id)
	token := path.Base(l.orders[0].NotifyURL)
	for _, forged := range []string{"", "x", strings.Repeat("x", 43), strings.Repeat("x", 10_000), p.Id.String(), a.ID.String(), *a.Transaction, token[1:], token + "A", strings.ToLower(token)} {
		require.NoError(t, s.Notified(t.Context(), forged))
	}
	require.Zero(t, w.asks(), "nobody makes us ask who does not know the token")
	require.NoError(t, s.Notified(t.Context(), token)) // nobody has paid
	require.Equal(t, 1, w.asks())
	_, err := payments.AskAttempt(s, t.Context(), a.ID)
	require.NoError(t, err)
	got, err := s.Get(as(t.Context(), clara), p.Id)
	require.NoError(t, err)
	require.Equal(t, types.PaymentStarted, got.State)

	w.pay.Finish(*a.Transaction, service.Paid, "CREDITCARD", 0) // its notification is lost: nobody is at that address
	var at sync.WaitGroup
	for range 10 {
		at.Go(func() {
			if err := s.Notified(t.Context(), token); err != nil {
				t.Error(err)
			}
			if _, err := payments.AskAttempt(s, t.Context(), a.ID); err != nil {
				t.Error(err)
			}
		})
	}
	at.Wait()
	require.Equal(t, map[string]payments.Cents{"provider": 3070, "revenue:12200.43110": -3070}, balances(t, s))
	before := w.asks()
	require.NoError(t, s.Notified(t.Context(), token)) // an old one, sent again
	require.Equal(t, before, w.asks())
}

func TestKeys_SameKeyWithAnotherRequest_Refused_TwoAtOnceOneEffect(t *testing.T) {
	t.Parallel()
	w, s, p := asked(t, 3070)
	other := w.applied(meppen)
	require.NoError(t, s.Assess(t.Context(), meppen, offer(500), other))
	list, _, err := s.List(as(t.Context(), clara), &other.ApplicationId, 5, "")
	require.NoError(t, err)
	ctx, key := as(t.Context(), clara), uuid.NewString()
	var at sync.WaitGroup
	for range 8 {
		at.Go(func() {
			if _, err := s.Start(ctx, p.Id, key); err != nil {
				t.Error(err)
			}
		})
		at.Go(func() { // another click, another key
			if _, err := s.Start(ctx, p.Id, uuid.NewString()); err != nil {
				t.Error(err)
			}
		})
	}
	at.Wait()
	require.Len(t, attempts(t, s, p.Id), 1)
	_, err = s.Start(ctx, list[0].Id, key)
	require.True(t, problem.Is(err, "idempotency-key-reused"))
	require.Empty(t, attempts(t, s, list[0].Id))

	a, _ := opened(t, s, p.Id)
	w.pay.Finish(*a.Transaction, service.Paid, "CREDITCARD", 0)
	_, err = payments.AskAttempt(s, t.Context(), a.ID)
	require.NoError(t, err)
	kim := asStaff(t.Context(), uuid.New())
	refunds := make([]types.Refund, 8)
	for i := range refunds {
		at.Go(func() {
			var err error
			if refunds[i], err = s.AskRefund(kim, p.Id, key, types.RefundRequest{Amount: 1000, Reason: "ermäßigt"}); err != nil {
				t.Error(err)
			}
		})
	}
	at.Wait()
	for _, r := range refunds {
		require.Equal(t, refunds[0], r)
	}
	_, err = s.AskRefund(kim, p.Id, key, types.RefundRequest{Amount: 2000, Reason: "ermäßigt"})
	require.Equal(t, http.StatusUnprocessableEntity, problem.From(err).Status)
	waiting, err := s.Refunds(t.Context())
	require.NoError(t, err)
	require.Len(t, waiting, 1)
}

// TestPay_OverABrokenLine_LedgerIsTheProvidersTruth lets connections to the payment service break in every way, at every step.
func TestPay_OverABrokenLine_LedgerIsTheProvidersTruth(t *testing.T) {
	t.Parallel()
	w := alone(t)
	proxy := toxiproxy.NewProxy(toxiproxy.NewServer(toxiproxy.NewMetricsContainer(prometheus.NewRegistry()), zerolog.Nop()), "payments", "127.0.0.1:0", strings.TrimPrefix(w.pay.url, "http://"))
	require.NoError(t, proxy.Start())
	t.Cleanup(proxy.Stop)
	address := "http://" + proxy.Listen
	provider, err := xbezahldienste.New(xbezahldienste.Settings{
		URL: address, OriginatorID: "meppen", EndPointID: "kasse", TokenURL: address + "/oauth/token", ClientID: "portal", ClientSecret: "geheim",
	}, outbound.Options{AllowLoopback: true})
	require.NoError(t, err)
	s := w.with(meppen, provider, time.Now)
	broken := []string{
		`{"type": "reset_peer", "stream": "downstream", "attributes": {"timeout": 0}}`, `{"type": "reset_peer", "stream": "upstream", "attributes": {"timeout": 0}}`,
		`{"type": "limit_data", "stream": "downstream", "attributes": {"bytes": 100}}`, `{"type": "limit_data", "stream": "upstream", "attributes": {"bytes": 300}}`,
		`{"type": "timeout", "stream": "downstream", "attributes": {"timeout": 0}}`, `{"type": "timeout", "stream": "upstream", "attributes": {"timeout": 0}}`,
	}
	// during lets the line be broken while something is tried, which may have an effect or none.
	during := func(toxic string, try func(ctx context.Context)) {
		added, err := proxy.Toxics.AddToxicJson(strings.NewReader(toxic))
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond) // then the process gives up
		defer cancel()
		try(ctx)
		require.NoError(t, proxy.Toxics.RemoveToxic(t.Context(), added.Name))
	}
	expected := payments.Cents(0)
	for i, toxic := range broken {
		cents := int64(1000 + i)
		app := w.applied(meppen)
		require.NoError(t, s.Assess(t.Context(), meppen, offer(cents), app))
		list, _, err := s.List(as(t.Context(), clara), &app.ApplicationId, 5, "")
		require.NoError(t, err)
		id := list[0].Id
		_, err = s.Start(as(t.Context(), clara), id, uuid.NewString())
		require.NoError(t, err)
		during(toxic, func(ctx context.Context) { _ = payments.OpenAttempt(s, ctx, attempts(t, s, id)[0].ID) }) // the job runs again
		for range 2 {                                                                                           // an answer that was lost is found, and another page opened
			all := attempts(t, s, id)
			require.NoError(t, payments.OpenAttempt(s, t.Context(), all[len(all)-1].ID))
		}
		all := attempts(t, s, id)
		a := all[len(all)-1]
		require.Equal(t, "open", a.State, toxic)
		_, ok := w.pay.Finish(*a.Transaction, service.Paid, "CREDITCARD", 0)
		require.True(t, ok)
		during(toxic, func(ctx context.Context) { _, _ = payments.AskAttempt(s, ctx, a.ID) }) // the job runs again
		_, err = payments.AskAttempt(s, t.Context(), a.ID)
		require.NoError(t, err)
		got, err := s.Get(as(t.Context(), clara), id)
		require.NoError(t, err)
		require.Equal(t, types.PaymentPaid, got.State, toxic)
		expected += payments.Cents(cents)
	}
	require.Equal(t, map[string]payments.Cents{"provider": expected, "revenue:12200.43110": -expected}, balances(t, s))
	truth := int64(0)
	for _, cents := range w.pay.Truth() {
		truth += cents
	}
	require.Equal(t, int64(expected), truth)
}

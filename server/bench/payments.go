package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"portalverbund/api/types"
	"portalverbund/server/app"
	"portalverbund/server/demo"
	"portalverbund/server/payments/xbezahldienste"
	"portalverbund/server/standins/payment/service"
)

const (
	paid          = "9aabd0c1-a711-4eb1-a6c8-8dbe4e67c262" // a service with a fee, decided by this portal's own clerks
	paidCents     = 2800
	paymentClient = "bench"
	paymentSecret = "ein-Geheimnis-nur-fuer-die-Messung-0123" //nolint:gosec // of a service that ends with the run
	payPatience   = time.Minute
	payLook       = 5 * time.Millisecond
)

// measurePayments compares payments: at a portal from "pay now" to the ledger, with a payment service in this process; at the floor as one transaction.
// Whoever pays does so as soon as the page of the service is open, and the service notifies the portal at once.
func (b *bench) measurePayments(ctx context.Context) error {
	need := b.Payments/2 + b.Rounds*b.Payments
	config, provider, err := b.configurePayments(ctx)
	if err != nil {
		return err
	}
	portal, err := b.serve(ctx, "payments", config)
	if err != nil {
		return err
	}
	defer portal.stop()
	say("Preparing %d fees …", need)
	requests, err := fees(ctx, config, need)
	if err != nil {
		return fmt.Errorf("prepare fees: %w", err)
	}
	bare, floor, err := b.feesOfFloor(ctx, need)
	if err != nil {
		return fmt.Errorf("prepare the floor: %w", err)
	}
	defer floor.stop()
	pool, err := pgxpool.New(ctx, config.Database)
	if err != nil {
		return err
	}
	defer pool.Close()
	people := payers{pool: pool, provider: provider}
	ours := &side{name: "ours", process: portal, do: singly(func(i int) []byte { return requests[i] })}
	theirs := &side{name: "floor", process: floor, do: singly(func(i int) []byte {
		return post(floor.address(), "/payments/"+bare[i].String()+"/pay", nil)
	})}
	say("payments: %d rounds each, %d clients …", b.Rounds, b.Clients)
	for n := range b.Rounds + 1 {
		count := b.Payments
		if n == 0 { // warm-up
			count /= 2
		}
		rate, times, err := b.payRound(ctx, people, ours, count)
		if err != nil {
			return fmt.Errorf("ours: %w", err)
		}
		bareRate, err := b.round(ctx, theirs, 0, count)
		if err != nil {
			return fmt.Errorf("floor: %w", err)
		}
		if n == 0 {
			ours.own, ours.database, theirs.times, theirs.own, theirs.database = 0, 0, nil, 0, 0
			continue
		}
		ours.rates, ours.times, theirs.rates = append(ours.rates, rate), append(ours.times, times...), append(theirs.rates, bareRate)
	}
	ratio := median(ours.rates) / median(theirs.rates)
	b.table.add("payments, through to the ledger", ours, theirs, ratio)
	b.figures.Payments = rounded(ratio, 2)
	return nil
}

// payRound starts payments, and ends when all of them are in the ledger. It gives their number a second, and how long each took.
func (b *bench) payRound(ctx context.Context, people payers, s *side, count int) (rate float64, times []time.Duration, err error) {
	done, err := people.booked(ctx)
	if err != nil {
		return 0, nil, err
	}
	paying, stop := context.WithCancel(ctx)
	defer stop()
	var wait sync.WaitGroup
	var failed error
	s.settle = func(ctx context.Context) error { return people.until(ctx, done+count) }
	wait.Go(func() { failed = people.pay(paying) })
	begun := time.Now()
	before := len(s.times)
	_, err = b.round(ctx, s, 0, count)
	whole := time.Since(begun)
	s.times = s.times[:before] // those of the answer to “pay now”
	stop()
	wait.Wait()
	if err = errors.Join(err, failed, people.rest(ctx)); err != nil {
		return 0, nil, err
	}
	times, err = people.times(ctx, count)
	return float64(count) / whole.Seconds(), times, err
}

// payers are people at the pages of the payment service.
type payers struct {
	pool     *pgxpool.Pool
	provider *service.Service
}

// pay pays wherever a page is open, until ctx ends.
func (p payers) pay(ctx context.Context) error {
	ticker := time.NewTicker(payLook)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		rows, err := p.pool.Query(ctx, "SELECT transaction_id FROM payment_attempts WHERE state = 'open'")
		if err == nil {
			var ids []string
			if ids, err = pgx.CollectRows(rows, pgx.RowTo[string]); err == nil {
				for _, id := range ids {
					p.provider.Finish(id, service.Paid, "CREDITCARD", 0)
				}
			}
		}
		if err != nil && ctx.Err() == nil {
			return err
		}
	}
}

func (p payers) booked(ctx context.Context) (n int, err error) {
	err = p.pool.QueryRow(ctx, "SELECT count(*) FROM ledger_bookings WHERE kind = 'paid'").Scan(&n)
	return n, err
}

// until waits for so many payments in the ledger.
func (p payers) until(ctx context.Context, count int) error {
	return wait(ctx, "payments do not get into the ledger", func(ctx context.Context) (bool, error) {
		n, err := p.booked(ctx)
		return n >= count, err
	})
}

// rest waits until nothing is left to do, so that it does not weigh on the floor.
func (p payers) rest(ctx context.Context) error {
	return wait(ctx, "background work does not end", func(ctx context.Context) (idle bool, err error) {
		err = p.pool.QueryRow(ctx, "SELECT NOT EXISTS (SELECT FROM river_job WHERE state IN ('available', 'running', 'pending'))").Scan(&idle)
		return idle, err
	})
}

func wait(ctx context.Context, otherwise string, done func(ctx context.Context) (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, payPatience)
	defer cancel()
	for {
		is, err := done(ctx)
		if err != nil || is {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.New(otherwise)
		case <-time.After(payLook):
		}
	}
}

// times gives how long the last payments took from “pay now” to their booking.
func (p payers) times(ctx context.Context, count int) ([]time.Duration, error) {
	rows, err := p.pool.Query(ctx, `SELECT b.at - a.created_at FROM ledger_bookings b JOIN payment_attempts a ON a.id::text = b.reference
		WHERE b.kind = 'paid' ORDER BY b.id DESC LIMIT $1`, count)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[time.Duration])
}

// configurePayments makes a payment service, and the configuration of a portal that is paid there.
func (b *bench) configurePayments(ctx context.Context) (app.Config, *service.Service, error) {
	c, err := b.configure(ctx, "payments")
	if err != nil {
		return c, nil, err
	}
	if err := prepare(ctx, c); err != nil {
		return c, nil, err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return c, nil, fmt.Errorf("listen: %w", err)
	}
	address := "http://" + listener.Addr().String()
	provider, err := service.New(service.Options{PublicURL: address, Clients: []service.Client{{ID: paymentClient, Secret: paymentSecret, Originator: paymentClient}}})
	if err != nil {
		return c, nil, err
	}
	server := &http.Server{Handler: provider.Handler(), ReadHeaderTimeout: 10 * time.Second}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	go func() { _ = server.Serve(listener) }() // it ends with this program
	file, err := json.Marshal(struct {
		Kind string `json:"kind"`

		xbezahldienste.Settings
	}{Kind: "xbezahldienste", Settings: xbezahldienste.Settings{
		URL: address, OriginatorID: paymentClient, EndPointID: "kasse", TokenURL: address + "/oauth/token", ClientID: paymentClient, ClientSecret: paymentSecret,
	}})
	if err != nil {
		return c, nil, err
	}
	c.Payment = filepath.Join(b.dir, "payment.json")
	return c, provider, os.WriteFile(c.Payment, file, 0o600)
}

// fees has citizens apply for something that costs a fee, and gives the requests by which they pay.
func fees(ctx context.Context, config app.Config, n int) ([][]byte, error) {
	requests := make([][]byte, n)
	failed := make(chan error, citizens)
	var wait sync.WaitGroup
	for i := range citizens {
		wait.Go(func() {
			c, err := signIn(ctx, config, email(i))
			for at := i; at < n && err == nil; at += citizens {
				requests[at], err = c.fee(ctx)
			}
			if err != nil {
				failed <- err
			}
		})
	}
	wait.Wait()
	close(failed)
	var err error
	for e := range failed {
		err = errors.Join(err, e)
	}
	return requests, err
}

// fee applies for something that costs a fee, and gives the request that starts to pay it.
func (c *citizen) fee(ctx context.Context) ([]byte, error) {
	var offers types.OfferList
	if err := c.call(ctx, http.MethodGet, "/api/v1/services/"+paid+"/offers?ars="+place, nil, &offers); err != nil {
		return nil, err
	}
	if len(offers.Items) != 1 || offers.Items[0].FormId == nil {
		return nil, errors.New("the service with a fee has no form")
	}
	all, err := demo.Answers()
	if err != nil {
		return nil, err
	}
	var a types.Application
	if err := c.call(ctx, http.MethodPost, "/api/v1/applications", types.NewApplication{OfferId: offers.Items[0].Id, Ars: place}, &a, "Idempotency-Key", uuid.NewString()); err != nil {
		return nil, err
	}
	at := "/api/v1/applications/" + a.Id.String()
	if err := c.call(ctx, http.MethodPatch, at, map[string]json.RawMessage{"data": all[*offers.Items[0].FormId]}, &a, "If-Match", "*"); err != nil {
		return nil, err
	}
	if err := c.call(ctx, http.MethodPost, fmt.Sprintf("%s/submit?fee=%d", at, paidCents), nil, &a, "Idempotency-Key", uuid.NewString()); err != nil {
		return nil, err
	}
	var list types.PaymentList
	if err := c.call(ctx, http.MethodGet, "/api/v1/payments?applicationId="+a.Id.String(), nil, &list); err != nil {
		return nil, err
	}
	if len(list.Items) != 1 {
		return nil, fmt.Errorf("%d payments of an application", len(list.Items))
	}
	host, own, err := c.browser()
	if err != nil {
		return nil, err
	}
	return post(host, "/api/v1/payments/"+list.Items[0].Id.String()+"/start", nil, append(own, "Idempotency-Key", uuid.NewString())...), nil
}

// feesOfFloor makes a database with the same tables for the floor, with fees that are owed.
func (b *bench) feesOfFloor(ctx context.Context, n int) ([]uuid.UUID, *process, error) {
	const name = "floorpayments"
	return b.floorWith(ctx, name, name, `
		WITH p AS (
			INSERT INTO payments (id, origin, application_id, application_number, organisation_id, reference, budget_account, purpose, legal_basis, creditor, amount, shown, tariff,
				state, version, created_at, changed_at, due_at)
			SELECT gen_random_uuid(), 'http://localhost', gen_random_uuid(), 'EL-26-' || n, gen_random_uuid(), 'K' || n, '41400.43110', '{"de": "Gebühr für die Belehrung"}', '{}',
				'{"de": "Landkreis Emsland, Gesundheitsamt"}', $2, $2, $2, 'created', 1, now(), now(), now() + interval '30 days'
			FROM generate_series(1, $1::int) n RETURNING *
		), s AS (
			INSERT INTO payment_steps (payment_id, n, at, state, what) SELECT id, 1, now(), 'created', 'assessed' FROM p
		)
		INSERT INTO payment_claims (id, portal, application_id, person_issuer, person_subject, state, version, revision, amount, refunded, content, created_at, changed_at, due_at)
		SELECT id, origin, application_id, origin, 'clara', 'created', 1, 1, amount, 0, decode(repeat('ab', 500), 'hex'), now(), now(), due_at FROM p RETURNING id`, n, paidCents)
}

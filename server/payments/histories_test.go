package payments_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"portalverbund/api/types"
	"portalverbund/db/dbtest"
	"portalverbund/server/payments"
	"portalverbund/server/payments/camt/camttest"
	"portalverbund/server/standins/payment/service"
)

const (
	historiesEnv   = "PORTALVERBUND_PAYMENT_HISTORIES" // how many; without it, some hundreds
	historySeedEnv = "PORTALVERBUND_PAYMENT_SEED"
	figuresEnv     = "PORTALVERBUND_PAYMENT_FIGURES" // file for the figures
	shortHistories = 250
)

// flaky is the way to the payment service on which everything goes wrong that can: the next call fails before or after its effect, the program dies
// after the answer, the answer is about more or less money.
type flaky struct {
	payments.Provider

	mu     sync.Mutex
	next   string
	crash  context.CancelFunc
	faults int
}

func (f *flaky) take() (string, context.CancelFunc) {
	f.mu.Lock()
	defer f.mu.Unlock()
	next := f.next
	f.next = ""
	if next != "" {
		f.faults++
	}
	return next, f.crash
}

func (f *flaky) around(call func() (payments.Transaction, error)) (payments.Transaction, error) {
	next, crash := f.take()
	if next == "before" {
		return payments.Transaction{}, context.DeadlineExceeded
	}
	got, err := call()
	switch next {
	case "after":
		return payments.Transaction{}, context.DeadlineExceeded
	case "crash":
		crash() // nothing of what follows is written
	case "other":
		got.RequestID = uuid.NewString()
	}
	return got, err
}

func (f *flaky) Open(ctx context.Context, o payments.Order) (payments.Transaction, error) {
	return f.around(func() (payments.Transaction, error) { return f.Provider.Open(ctx, o) })
}

func (f *flaky) Ask(ctx context.Context, id string) (payments.Transaction, error) {
	return f.around(func() (payments.Transaction, error) { return f.Provider.Ask(ctx, id) })
}

// history is one payment and everything that happens to it.
type history struct {
	w       *world
	s       *payments.Service
	flaky   *flaky
	r       *rand.Rand
	now     time.Time
	app     types.MessageApplication
	id      uuid.UUID
	amount  int64
	seen    []string // transactions whose page somebody has seen
	log     []string
	touched bool  // withdrawn or written off
	bank    int64 // what came to the account
	pieces  []camttest.Entry
	number  uint64
}

func newHistory(ctx context.Context, w *world, r *rand.Rand, n uint64) (*history, error) {
	h := &history{w: w, r: r, number: n, now: time.Now().UTC(), flaky: &flaky{Provider: w.pay.provider}, amount: r.Int64N(20_000) + 1}
	h.s = w.with(meppen, h.flaky, func() time.Time { return h.now })
	if err := h.asked(ctx, r.IntN(3) == 0); err != nil {
		return nil, err
	}
	list, _, err := h.s.List(as(ctx, clara), &h.app.ApplicationId, 5, "")
	if err != nil || len(list) != 1 {
		return nil, fmt.Errorf("%d payments of the application: %w", len(list), err)
	}
	h.id = list[0].Id
	return h, nil
}

// asked asks for the fee: as its tariff says, or later as its clerk sets it. The message comes twice, and the clerk clicks twice.
func (h *history) asked(ctx context.Context, later bool) error {
	if !later {
		h.app = h.w.applied(meppen)
		return errors.Join(h.s.Assess(ctx, meppen, offer(h.amount), h.app), h.s.Assess(ctx, meppen, offer(h.amount+1), h.app))
	}
	h.log = append(h.log, "set later")
	h.app = h.w.shownLater(meppen, 0, 30_000)
	kim, key := asStaff(ctx, uuid.New()), uuid.NewString()
	request := types.FeeRequest{Items: []types.FeeItemRequest{item("erster", 100, h.amount-h.amount/3, 0), item("zweiter", 100, h.amount/3, 0)}, Reason: "nach Aufwand"}
	err := errors.Join(h.s.Assess(ctx, meppen, laterOffer(0, 30_000), h.app), h.s.Assess(ctx, meppen, laterOffer(0, 40_000), h.app))
	for range 2 {
		_, again := h.s.SetFee(kim, h.app.ApplicationId, key, request)
		err = errors.Join(err, again)
	}
	if _, another := h.s.SetFee(kim, h.app.ApplicationId, uuid.NewString(), request); another == nil {
		return errors.New("set twice")
	}
	return err
}

func (h *history) attempts(ctx context.Context) []payments.Under {
	list, err := payments.AttemptsOf(ctx, h.s, h.id)
	if err != nil {
		panic(err)
	}
	return list
}

// look is the person at the page of the payment.
func (h *history) look(ctx context.Context) {
	p, err := h.s.Get(as(ctx, clara), h.id)
	if err == nil && p.PayUrl != nil {
		h.seen = append(h.seen, path.Base(*p.PayUrl))
	}
}

// fault makes the next call to the provider go wrong, often. The context is that of the process: it ends when the process dies.
func (h *history) fault(ctx context.Context) (process context.Context, end func()) {
	process, cancel := context.WithCancel(ctx)
	h.flaky.mu.Lock()
	defer h.flaky.mu.Unlock()
	h.flaky.next, h.flaky.crash = "", cancel
	if h.r.IntN(3) == 0 {
		h.flaky.next = []string{"before", "after", "crash", "other"}[h.r.IntN(4)]
	}
	h.log = append(h.log, "fault:"+h.flaky.next)
	return process, cancel
}

// step is one thing that happens.
func (h *history) step(ctx context.Context) {
	type event struct {
		name string
		do   func()
	}
	person := as(ctx, clara)
	some := func() (string, bool) {
		if len(h.seen) == 0 {
			return "", false
		}
		return h.seen[h.r.IntN(len(h.seen))], true
	}
	finish := func(status string, received int64) {
		if id, ok := some(); ok {
			h.w.pay.Finish(id, status, "CREDITCARD", received)
		}
	}
	job := func(open bool) {
		for _, a := range h.attempts(ctx) {
			process, end := h.fault(ctx)
			if open && a.State == "created" {
				_ = payments.OpenAttempt(h.s, process, a.ID) // the job runs again
			} else if !open && !a.Final && a.Transaction != nil && h.r.IntN(2) == 0 {
				_, _ = payments.AskAttempt(h.s, process, a.ID) // as above
			}
			end()
		}
	}
	events := []event{
		{"start", func() {
			_, _ = h.s.Start(person, h.id, uuid.NewString()) // what cannot be paid is refused
			job(true)
			h.look(ctx)
		}},
		{"start", func() { _, _ = h.s.Start(person, h.id, uuid.NewString()); h.look(ctx) }}, // as above
		{"start twice", func() {
			key := uuid.NewString()
			_, _ = h.s.Start(person, h.id, key) // as above
			_, _ = h.s.Start(person, h.id, key) // a double click
		}},
		{"open", func() { job(true); h.look(ctx) }},
		{"open", func() { job(true); job(true); h.look(ctx) }},
		{"ask", func() { job(false) }},
		{"ask", func() { job(false); h.look(ctx) }},
		{"pay", func() { finish(service.Paid, 0) }},
		{"pay", func() { finish(service.Paid, 0) }},
		{"pay wrong", func() { finish(service.Paid, h.r.Int64N(30_000)+1) }},
		{"fail", func() { finish(service.Failed, 0) }},
		{"cancel", func() { finish(service.Canceled, 0) }},
		{"back", func() { _, _ = h.s.Check(person, h.id) }}, // only makes us ask
		{"forged", func() { _ = h.s.Notified(ctx, strings.Repeat("x", 43)) }},
		{"later", func() { h.now = h.now.Add(time.Duration(h.r.IntN(50)) * time.Minute) }},
		{"pay", func() { finish(service.Paid, 0); job(false) }},
		{"start", func() { _, _ = h.s.Start(person, h.id, uuid.NewString()); job(true); h.look(ctx) }}, // as above
		{"transfer", func() { h.transfer(ctx, h.r.Int64N(h.amount)+1) }},
		{"transfer all", func() { h.transfer(ctx, h.amount) }},
		{"statement again", func() { h.statement(ctx) }},
		{"assign", func() {
			if open, ok := h.someTransfer(ctx, func(t types.Transfer) bool { return t.Open.Amount > 0 }); ok {
				_, _ = h.s.AssignTransfer(asStaff(ctx, uuid.New()), open.Id, uuid.NewString(), h.reference(ctx)) // what is paid is refused
			}
		}},
		{"undo", func() {
			if used, ok := h.someTransfer(ctx, func(t types.Transfer) bool { return t.Used.Amount > 0 }); ok {
				_, _ = h.s.UndoTransfer(asStaff(ctx, uuid.New()), used.Id, uuid.NewString()) // not always possible
			}
		}},
		{"give back", func() {
			if open, ok := h.someTransfer(ctx, func(t types.Transfer) bool { return t.Open.Amount > 0 }); ok {
				_, _ = h.s.GiveBackTransfer(asStaff(ctx, uuid.New()), open.Id, uuid.NewString()) // only once
			}
		}},
		{"days later", func() { h.now = h.now.Add(time.Duration(h.r.IntN(36*24)) * time.Hour) }},
	}
	if !h.touched && h.r.IntN(12) == 0 {
		events = []event{
			{"withdraw", func() { h.touched = h.s.Withdrawn(ctx, meppen, h.app.ApplicationId) == nil }},
			{"reduce", func() {
				less := h.r.Int64N(h.amount)
				_, err := h.s.Reduce(asStaff(ctx, uuid.New()), h.app.ApplicationId, h.id, uuid.NewString(), types.ReductionRequest{Amount: less, Reason: "ermäßigt"})
				if h.touched = err == nil && less == 0; err == nil && less > 0 {
					h.amount = less
				}
			}},
			{"cash", func() {
				if p, err := h.s.Get(person, h.id); err == nil && p.Transfer != nil {
					_, err := h.s.PayCash(asStaff(ctx, uuid.New()), h.app.ApplicationId, h.id, uuid.NewString(), payments.Cents(p.Transfer.Amount.Amount))
					h.touched = err == nil
				}
			}},
			{"write off", func() {
				_, err := h.s.WriteOff(asStaff(ctx, uuid.New()), h.id, uuid.NewString())
				h.touched = err == nil
			}},
		}
	}
	e := events[h.r.IntN(len(events))]
	h.log = append(h.log, e.name)
	e.do()
}

// transfer is that somebody transfers money, which the next statement has, among all that it had before.
func (h *history) transfer(ctx context.Context, cents int64) {
	h.bank += cents
	h.pieces = append(h.pieces, came(cents, fmt.Sprintf("H%d-%d", h.number, len(h.pieces)), "Gebuehr "+h.reference(ctx)))
	h.statement(ctx)
}

func (h *history) statement(ctx context.Context) {
	from := 0
	if len(h.pieces) > 1 {
		from = h.r.IntN(len(h.pieces) - 1) // the last one is always there
	}
	process, cancel := context.WithCancel(ctx)
	defer cancel()
	if h.r.IntN(6) == 0 {
		cancel() // the program dies, and the treasurer reads the file in once more
		_, _ = h.s.ImportStatement(asStaff(process, uuid.New()), "auszug.xml", strings.NewReader(camttest.Write(camttest.V02, iban, "S", 0, h.pieces[from:]...)))
	}
	_, err := h.s.ImportStatement(asStaff(ctx, uuid.New()), "auszug.xml", strings.NewReader(camttest.Write(camttest.V08, iban, "S", 0, h.pieces[from:]...)))
	if err != nil {
		h.log = append(h.log, "statement: "+err.Error())
	}
}

func (h *history) reference(ctx context.Context) string {
	p, err := h.s.Get(as(ctx, clara), h.id)
	if err != nil {
		panic(err)
	}
	return p.Reference
}

// someTransfer gives one of this history's that fits.
func (h *history) someTransfer(ctx context.Context, fits func(types.Transfer) bool) (types.Transfer, bool) {
	list, err := payments.TransfersLike(ctx, h.s, fmt.Sprintf("%%/H%d-%%", h.number))
	if err != nil {
		panic(err)
	}
	for _, t := range list {
		if fits(t) {
			return t, true
		}
	}
	return types.Transfer{}, false
}

// settle is what the jobs do when nothing goes wrong any more.
func (h *history) settle(ctx context.Context) error {
	h.flaky.take()
	for range 10 {
		open := false
		for _, a := range h.attempts(ctx) {
			if a.State == "created" {
				open = true
				if err := payments.OpenAttempt(h.s, ctx, a.ID); err != nil {
					return err
				}
			}
		}
		if !open {
			break
		}
	}
	for _, a := range h.attempts(ctx) {
		switch {
		case a.Transaction == nil:
		case !a.Final:
			if _, err := payments.AskAttempt(h.s, ctx, a.ID); err != nil {
				return err
			}
		case a.State == "expired": // given up after a month; the reconciliation with the provider's list finds it
			if _, err := h.s.Resolve(asStaff(ctx, uuid.New()), uuid.NewString(), nil, *a.Transaction); err != nil {
				return err
			}
		}
	}
	return nil
}

// check compares ledger, payment and claim with what the payment service knows. It gives how many cents are off.
func (h *history) check(ctx context.Context, truth map[string]int64) (off int64, err error) {
	var provider, bank, cash, receivable, suspense, refunds, claimed, received int64
	var state, claimState types.PaymentState
	var version, claimVersion, steps, used int
	q := h.w.db.Pgx(ctx)
	err = q.QueryRow(ctx, `SELECT coalesce(sum(l.amount) FILTER (WHERE account = 'provider'), 0), coalesce(sum(l.amount) FILTER (WHERE account = 'receivable'), 0),
		coalesce(sum(l.amount) FILTER (WHERE account = 'suspense'), 0), count(*) FILTER (WHERE account = 'receivable' AND b.kind = 'paid'),
		coalesce(sum(l.amount) FILTER (WHERE account = 'bank'), 0), coalesce(sum(l.amount) FILTER (WHERE account = 'cash'), 0)
		FROM ledger_bookings b JOIN ledger_lines l ON l.booking_id = b.id
		WHERE b.payment_id = $1 OR (b.kind = 'transfer' AND b.reference IN (SELECT id::text FROM payment_transfers WHERE entry LIKE $2))`, h.id, fmt.Sprintf("%%/H%d-%%", h.number)).
		Scan(&provider, &receivable, &suspense, &used, &bank, &cash)
	if err != nil {
		return 0, err
	}
	err = q.QueryRow(ctx, `SELECT p.state, p.version, c.state, c.version, c.amount, p.received, (SELECT count(*) FROM payment_steps WHERE payment_id = p.id),
		(SELECT coalesce(sum(amount), 0) FROM payment_refunds WHERE payment_id = p.id)
			+ (SELECT coalesce(sum(amount - used), 0) FROM payment_transfers WHERE entry LIKE $2) FROM payments p JOIN payment_claims c ON c.id = p.id WHERE p.id = $1`,
		h.id, fmt.Sprintf("%%/H%d-%%", h.number)).Scan(&state, &version, &claimState, &claimVersion, &claimed, &received, &steps, &refunds)
	if err != nil {
		return 0, err
	}
	real := int64(0)
	for _, a := range h.attempts(ctx) {
		if a.Transaction != nil {
			real += truth[*a.Transaction]
		}
	}
	off = real - provider
	switch {
	case off != 0:
		return off, fmt.Errorf("the provider has %d cents, the ledger %d", real, provider)
	case bank != h.bank:
		return h.bank - bank, fmt.Errorf("the statements have %d cents, the ledger %d", h.bank, bank)
	case used > 1:
		return 0, fmt.Errorf("paid %d times", used)
	case -suspense != refunds:
		return 0, fmt.Errorf("%d cents in suspense, %d to be given back", -suspense, refunds)
	case state != claimState || version != claimVersion || version != steps || claimed != h.amount:
		return 0, fmt.Errorf("payment %s %d with %d steps, the person sees %s %d of %d cents", state, version, steps, claimState, claimVersion, claimed)
	case used == 1 && state != types.PaymentPaid:
		return 0, fmt.Errorf("state %s, fee paid %d times", state, used)
	case provider+bank+cash+suspense != received && state != types.PaymentWithdrawn:
		return 0, fmt.Errorf("state %s, %d cents came for it, %d in the ledger", state, received, provider+bank+cash+suspense)
	}
	owed := int64(0)
	if state != types.PaymentPaid && state != types.PaymentWithdrawn && state != types.PaymentWrittenOff {
		owed = h.amount - received
	}
	if receivable != owed {
		return 0, fmt.Errorf("state %s, %d cents owed, the ledger says %d", state, owed, receivable)
	}
	return 0, nil
}

type figures struct {
	Payments int   `json:"payments"`
	Paid     int   `json:"payments_paid"`
	Faults   int   `json:"payment_faults"`
	CentsOff int64 `json:"cents_off"`
}

// TestHistories_AnyInterleaving_LedgerIsTheProvidersTruth makes histories of everything that people, provider, jobs, crashes and the clock can do, and compares.
func TestHistories_AnyInterleaving_LedgerIsTheProvidersTruth(t *testing.T) {
	t.Parallel()
	count, seed := shortHistories, uint64(time.Now().UnixNano())
	if given, err := strconv.Atoi(os.Getenv(historiesEnv)); err == nil {
		count = given
	}
	if given, err := strconv.ParseUint(os.Getenv(historySeedEnv), 10, 64); err == nil {
		seed = given
	}
	w := newWorld(t, dbtest.New(t))
	w.pay = newStandIn(t)
	var next, paid, faults, off atomic.Int64
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(func() {
			for n := next.Add(1); n <= int64(count) && !t.Failed(); n = next.Add(1) {
				r := rand.New(rand.NewPCG(seed, uint64(n)))
				h, err := newHistory(t.Context(), w, r, uint64(n))
				if err != nil {
					t.Errorf("seed %d, history %d: %v", seed, n, err)
					return
				}
				for range 5 + r.IntN(20) {
					h.step(t.Context())
				}
				if err := h.settle(t.Context()); err != nil {
					t.Errorf("seed %d, history %d: %v after %v", seed, n, err, h.log)
					return
				}
				cents, err := h.check(t.Context(), w.pay.truthOf(h.attempts(t.Context())))
				if err != nil {
					t.Errorf("seed %d, history %d: %v after %v", seed, n, err, h.log)
				}
				if cents < 0 {
					cents = -cents
				}
				off.Add(cents)
				faults.Add(int64(h.flaky.faults))
				if p, err := h.s.Get(as(t.Context(), clara), h.id); err == nil && p.State == types.PaymentPaid {
					paid.Add(1)
				}
			}
		})
	}
	workers.Wait()
	f := figures{Payments: count, Paid: int(paid.Load()), Faults: int(faults.Load()), CentsOff: off.Load()}
	line, err := json.Marshal(f)
	require.NoError(t, err)
	t.Logf("%s", line)
	if file := os.Getenv(figuresEnv); file != "" {
		require.NoError(t, os.WriteFile(file, line, 0o600))
	}
	require.Greater(t, f.Paid, count/20, "histories in which nobody pays show nothing")
}

// truthOf gives what was paid of some attempts.
func (p *standIn) truthOf(attempts []payments.Under) map[string]int64 {
	out := map[string]int64{}
	for _, a := range attempts {
		if a.Transaction != nil {
			out[*a.Transaction] = p.PaidOf(*a.Transaction)
		}
	}
	return out
}

package federation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"portalverbund/db/dbtest"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

func TestReceive_SameMessageThousandTimesInParallel_OneEffectSameReceipt(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{idle: true})
	a, b := ps[0], ps[1]
	envelope := newDraft(t, a, b, "once").text(t)
	receipts := make(chan string, 1000)
	var wg sync.WaitGroup
	for range 1000 {
		wg.Go(func() {
			receipt, err := b.Receive(context.Background(), envelope)
			if err != nil {
				t.Error(err)
			}
			receipts <- receipt
		})
	}
	wg.Wait()
	close(receipts)
	first := <-receipts
	require.NotEmpty(t, first)
	for receipt := range receipts {
		require.Equal(t, first, receipt)
	}
	require.Equal(t, []string{"once"}, b.notes())
	require.EqualValues(t, 1, b.wholeLog())

	b.open() // a new process on the same database
	again, err := b.Receive(t.Context(), envelope)
	require.NoError(t, err)
	require.Equal(t, first, again)
	require.Equal(t, []string{"once"}, b.notes())
}

func TestReceive_SignedAnew_SameReceipt(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{idle: true})
	a, b := ps[0], ps[1]
	to, err := a.trust.Member(t.Context(), b.id)
	require.NoError(t, err)
	m := message{ID: uuid.Must(uuid.NewV7()), Kind: kindNote, Subject: uuid.New(), Seq: 1, Content: json.RawMessage(`{"text":"x"}`)}
	var receipts []string
	for range 3 {
		envelope, err := a.seal(to, m)
		require.NoError(t, err)
		receipt, err := b.Receive(t.Context(), envelope)
		require.NoError(t, err)
		receipts = append(receipts, receipt)
		a.clock.forward(24 * time.Hour)
	}
	require.Equal(t, receipts[0], receipts[1])
	require.Equal(t, receipts[0], receipts[2])
	require.Len(t, b.notes(), 1)

	m.Content = json.RawMessage(`{"text":"other"}`)
	envelope, err := a.seal(to, m)
	require.NoError(t, err)
	_, err = b.Receive(t.Context(), envelope)
	require.True(t, problem.Is(err, "message-id-reused"), "%v", err)
}

func TestReceive_Shuffled_TakenInOrderOnly(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{idle: true})
	a, b := ps[0], ps[1]
	to, err := a.trust.Member(t.Context(), b.id)
	require.NoError(t, err)
	const n = 20
	envelopes, want := make([]string, n), make([]string, n)
	subject := uuid.New()
	for i := range n {
		want[i] = fmt.Sprint(i)
		content, err := json.Marshal(note{want[i]})
		require.NoError(t, err)
		envelopes[i], err = a.seal(to, message{ID: uuid.Must(uuid.NewV7()), Kind: kindNote, Subject: subject, Seq: int64(i + 1), Prev: int64(i), Content: content})
		require.NoError(t, err)
	}
	for len(b.notes()) < n {
		var wg sync.WaitGroup
		for _, i := range rand.Perm(n) {
			wg.Go(func() {
				_, err := b.Receive(context.Background(), envelopes[i])
				if err != nil && !problem.Is(err, "sequence-gap") {
					t.Errorf("message %d: %v", i, err)
				}
			})
		}
		wg.Wait()
	}
	require.Equal(t, want, b.notes())
}

func TestReceive_OrderWithRefusedBetween_KnowsGapFromRefusal(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{idle: true})
	a, b := ps[0], ps[1]
	to, err := a.trust.Member(t.Context(), b.id)
	require.NoError(t, err)
	subject := uuid.New()
	receive := func(seq, prev int64) error {
		envelope, err := a.seal(to, message{ID: uuid.Must(uuid.NewV7()), Kind: kindNote, Subject: subject, Seq: seq, Prev: prev, Content: json.RawMessage(`{}`)})
		require.NoError(t, err)
		_, err = b.Receive(t.Context(), envelope)
		return err
	}
	require.NoError(t, receive(1, 0))
	require.NoError(t, receive(4, 1), "2 and 3 were refused on their way and never come")
	require.True(t, problem.Is(receive(6, 5), "sequence-gap"))
	require.True(t, problem.Is(receive(3, 1), "sequence-passed"))
	require.True(t, problem.Is(receive(4, 1), "sequence-passed"))
	require.NoError(t, receive(5, 4))
}

func TestReceive_HandlerRefuses_StoredOnceAnsweredAlways(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{idle: true})
	a, b := ps[0], ps[1]
	calls := 0
	refuse := func(context.Context, note) error {
		calls++
		return problem.Conflict("too-late", "Dafür ist es zu spät.", "It is too late for that.")
	}
	b.refuse.Store(&refuse)
	envelope := newDraft(t, a, b, "x").text(t)
	for range 3 {
		_, err := b.Receive(t.Context(), envelope)
		p := problem.From(err)
		require.Equal(t, "too-late", p.Code)
		require.Equal(t, 422, p.Status, "final for the sender")
		require.Equal(t, "Dafür ist es zu spät.", p.Title.De)
	}
	require.Equal(t, 1, calls)
	require.Empty(t, b.notes())
	require.EqualValues(t, 1, b.wholeLog())
	require.Equal(t, outcomeRefused, value[string](b, "SELECT outcome FROM federation_inbox"))
}

func TestReceive_HandlerFails_NothingStays(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{idle: true})
	a, b := ps[0], ps[1]
	refuse := func(context.Context, note) error { return errors.New("no space left") }
	b.refuse.Store(&refuse)
	envelope := newDraft(t, a, b, "x").text(t)
	_, err := b.Receive(t.Context(), envelope)
	require.Equal(t, 500, problem.From(err).Status)
	requireUntouched(t, b)
	b.refuse.Store(nil)
	_, err = b.Receive(t.Context(), envelope)
	require.NoError(t, err)
	require.Equal(t, []string{"x"}, b.notes())
}

func TestReceive_Handler_KnowsItsCallerAndItsTransaction(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{idle: true})
	a, b := ps[0], ps[1]
	var caller httpx.Caller
	refuse := func(ctx context.Context, _ note) error {
		caller = httpx.CallerOf(ctx)
		if !b.db.InTx(ctx) {
			return errors.New("no transaction")
		}
		_, err := b.Send(ctx, a.id, kindNote, uuid.New(), note{"answer"}) // a reply commits with the message
		return err
	}
	b.refuse.Store(&refuse)
	_, err := b.Receive(t.Context(), newDraft(t, a, b, "x").text(t))
	require.NoError(t, err)
	require.Equal(t, a.id, caller.MemberID)
	require.Equal(t, 1, value[int](b, "SELECT count(*) FROM federation_outbox"))
}

func TestApplicationReceipt_OfAnAcceptedApplication_IsTheOneThatWasSigned(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{idle: true})
	a, b := ps[0], ps[1]
	receipt, err := b.Receive(t.Context(), newDraft(t, a, b, "once").text(t))
	require.NoError(t, err)
	require.NoError(t, b.db.From(t.Context()).Exec("UPDATE federation_inbox SET kind = 'application.submitted'").Error) // as which rooms read it
	subject := uuid.MustParse(value[string](b, "SELECT subject FROM federation_inbox"))
	got, err := b.ApplicationReceipt(t.Context(), a.id, subject)
	require.NoError(t, err)
	require.Equal(t, receipt, got)
	none, err := b.ApplicationReceipt(t.Context(), b.id, subject)
	require.NoError(t, err)
	require.Empty(t, none)
}

func TestReceive_Commit_WaitsForTheDiskOnlyIfItSends(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{idle: true, opts: []dbtest.Option{dbtest.Durable}})
	a, b := ps[0], ps[1]
	require.NoError(t, b.db.From(t.Context()).Exec(`CREATE TABLE commits (how text);
		CREATE FUNCTION how() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			INSERT INTO commits VALUES (current_setting('synchronous_commit')); RETURN NULL;
		END $$;
		CREATE CONSTRAINT TRIGGER how AFTER INSERT ON notes DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION how()`).Error)
	_, err := b.Receive(t.Context(), newDraft(t, a, b, "x").text(t))
	require.NoError(t, err)
	send := func(ctx context.Context, _ note) error {
		_, err := b.Send(ctx, a.id, kindNote, uuid.New(), note{"answer"})
		return err
	}
	b.refuse.Store(&send)
	_, err = b.Receive(t.Context(), newDraft(t, a, b, "y").text(t))
	require.NoError(t, err)
	require.Equal(t, "off on", value[string](b, "SELECT string_agg(how, ' ') FROM commits"))
}

func TestSend_BehindAnyNumber_IsHeadOnlyWhenThoseBeforeAreSettled(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{idle: true})
	a, b := ps[0], ps[1]
	subject := uuid.New()
	heads := func() string {
		return value[string](a, "SELECT string_agg(head::int::text, '' ORDER BY seq) FROM federation_outbox WHERE subject = ?", subject)
	}
	settle := func(seq int64, state string) {
		ctx := t.Context()
		require.NoError(t, a.db.Tx(ctx, func(ctx context.Context) error {
			r := outboxRow{ID: uuid.MustParse(value[string](a, "SELECT id FROM federation_outbox WHERE subject = ? AND seq = ?", subject, seq)), Recipient: b.id, Subject: subject, Seq: seq}
			return a.db.Pgx(ctx).SendBatch(ctx, a.store.settle(r, state, "", "", a.now())).Close()
		}))
	}
	for range 3 {
		a.send(b, subject, "x")
	}
	require.Equal(t, "100", heads())
	settle(1, stateDelivered)
	require.Equal(t, "010", heads())
	require.NoError(t, a.db.From(t.Context()).Exec("UPDATE federation_outbox SET state = 'parked' WHERE subject = ? AND seq = 2", subject).Error)
	a.send(b, subject, "x")
	require.Equal(t, "0100", heads(), "a parked one keeps its place")
	settle(2, stateRefused)
	require.Equal(t, "0010", heads())
	settle(3, stateDelivered)
	settle(4, stateRefused)
	a.send(b, subject, "x")
	require.Equal(t, "00001", heads())
}

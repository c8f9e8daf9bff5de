package federation

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"portalverbund/server/platform/problem"
)

func TestSend_MemberUp_ArrivesOnceWithReceipt(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{})
	a, b := ps[0], ps[1]
	subject := uuid.New()
	type proof struct {
		subject, message uuid.UUID
		receipt          string
		at               time.Time
	}
	proofs := make(chan proof, 2)
	a.OnReceipt(kindNote, func(_ context.Context, subject, message uuid.UUID, receipt string, at time.Time) error {
		proofs <- proof{subject, message, receipt, at}
		return nil
	})
	id := a.send(b, subject, "Hallo")
	until(t, "delivered", func() bool { return a.state(id) == stateDelivered })

	require.Equal(t, []string{"Hallo"}, b.notes())
	got := <-proofs
	require.Equal(t, subject, got.subject)
	require.Equal(t, id, got.message)
	require.WithinDuration(t, time.Now(), got.at, 10*time.Second)
	require.Equal(t, got.receipt, value[string](a, "SELECT receipt FROM federation_outbox WHERE id = ?", id))
	require.Equal(t, got.receipt, value[string](b, "SELECT receipt FROM federation_inbox WHERE id = ?", id))
	require.True(t, value[bool](a, "SELECT payload IS NULL FROM federation_outbox WHERE id = ?", id), "the content must not stay")
	require.EqualValues(t, 1, a.wholeLog())
	require.EqualValues(t, 1, b.wholeLog())
}

func TestSend_RolledBack_NothingIsSent(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{})
	a, b := ps[0], ps[1]
	subject := uuid.New()
	failed := errors.New("no")
	err := a.db.Tx(t.Context(), func(ctx context.Context) error {
		if _, err := a.Send(ctx, b.id, kindNote, subject, note{"never"}); err != nil {
			return err
		}
		return failed
	})
	require.ErrorIs(t, err, failed)
	id := a.send(b, subject, "after")
	until(t, "delivered", func() bool { return a.state(id) == stateDelivered })
	require.Equal(t, []string{"after"}, b.notes())
}

func TestSend_ContentAtRest_IsNotReadable(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{idle: true})
	id := ps[0].send(ps[1], uuid.New(), "Erika Mustermann")
	payload := value[string](ps[0], "SELECT encode(payload, 'escape') FROM federation_outbox WHERE id = ?", id)
	require.NotEmpty(t, payload)
	require.NotContains(t, payload, "Mustermann")
}

func TestSend_Unsendable_ErrorAtOnce(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{idle: true})
	a, b := ps[0], ps[1]
	_, err := a.Send(t.Context(), "https://stranger.example", kindNote, uuid.New(), note{})
	require.True(t, problem.Is(err, "portal-unknown"), "%v", err)
	_, err = a.Send(t.Context(), a.id, kindNote, uuid.New(), note{})
	require.Error(t, err, "to itself")
	_, err = a.Send(t.Context(), b.id, kindNote, uuid.New(), note{strings.Repeat("x", MaxContent)})
	require.True(t, problem.Is(err, "message-too-large"), "%v", err)
	require.Zero(t, value[int](a, "SELECT count(*) FROM federation_outbox"))
}

func TestSend_LargestContent_Arrives(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{})
	a, b := ps[0], ps[1]
	id := a.send(b, uuid.New(), strings.Repeat("x", MaxContent-len(`{"text":""}`)))
	until(t, "delivered", func() bool { return a.state(id) == stateDelivered })
	require.Len(t, b.notes(), 1)
}

func TestSend_ConcurrentTransactionsOfOneSubject_NumberedInCommitOrder(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{idle: true})
	a, b := ps[0], ps[1]
	subject := uuid.New()
	firstSent, firstMayEnd := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		_ = a.db.Tx(context.Background(), func(ctx context.Context) error {
			_, err := a.Send(ctx, b.id, kindNote, subject, note{"first"})
			close(firstSent)
			<-firstMayEnd
			return err
		})
	})
	<-firstSent
	var second uuid.UUID
	done := make(chan struct{})
	wg.Go(func() { second = a.send(b, subject, "second"); close(done) })
	until(t, "the second waits for the first", func() bool {
		return value[int](a, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") > 0
	})
	close(firstMayEnd)
	wg.Wait()
	require.EqualValues(t, 2, value[int64](a, "SELECT seq FROM federation_outbox WHERE id = ?", second))
	require.False(t, value[bool](a, "SELECT head FROM federation_outbox WHERE id = ?", second))
}

package notify_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"portalverbund/db"
	"portalverbund/db/dbtest"
	"portalverbund/server/platform/notify"
)

func start(t *testing.T, d *db.DB) *notify.Hub {
	t.Helper()
	h := notify.New(d, slog.New(slog.DiscardHandler))
	if err := h.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return h
}

func publish(t *testing.T, h *notify.Hub, topic, payload string) {
	t.Helper()
	if err := h.Publish(t.Context(), topic, payload); err != nil {
		t.Fatal(err)
	}
}

func next(t *testing.T, messages <-chan string) string {
	t.Helper()
	select {
	case m := <-messages:
		return m
	case <-time.After(30 * time.Second):
		t.Fatal("no message came")
		return ""
	}
}

func want(t *testing.T, messages <-chan string, wanted ...string) {
	t.Helper()
	for _, w := range wanted {
		if got := next(t, messages); got != w {
			t.Fatalf("got %q, want %q", got, w)
		}
	}
}

func TestPublish_TwoProcesses_SubscribersOfTheTopicGetIt(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	a, b := start(t, d), start(t, d)
	onA, cancelA := a.Subscribe("cases")
	defer cancelA()
	onB, cancelB := b.Subscribe("cases")
	defer cancelB()
	other, cancelOther := b.Subscribe("catalog")
	defer cancelOther()
	publish(t, a, "cases", "1")
	publish(t, b, "cases", "2\nwith a line break")
	publish(t, a, "catalog", "")
	want(t, onA, "1", "2\nwith a line break")
	want(t, onB, "1", "2\nwith a line break")
	want(t, other, "")
}

func TestPublish_InTransaction_ArrivesWithCommitOnly(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	h := start(t, d)
	messages, cancel := h.Subscribe("cases")
	defer cancel()
	_ = d.Tx(t.Context(), func(ctx context.Context) error {
		_ = h.Publish(ctx, "cases", "rolled back")
		return errors.New("no")
	})
	err := d.Tx(t.Context(), func(ctx context.Context) error {
		if err := h.Publish(ctx, "cases", "committed"); err != nil {
			return err
		}
		return h.Publish(d.Outside(ctx), "cases", "before the commit")
	})
	if err != nil {
		t.Fatal(err)
	}
	want(t, messages, "before the commit", "committed")
}

func TestSubscribe_TooSlow_GetsLostAndThenWhatFollows(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	h := start(t, d)
	slow, cancelSlow := h.Subscribe("cases")
	defer cancelSlow()
	pace, cancelPace := h.Subscribe("cases")
	defer cancelPace()
	for i := range 65 { // one more than the buffer
		publish(t, h, "cases", fmt.Sprint(i))
		want(t, pace, fmt.Sprint(i))
	}
	// Both subscribers get a message under one lock, so slow has had the last one when pace was read once more.
	publish(t, h, "cases", "after")
	want(t, pace, "after")
	want(t, slow, notify.Lost, "after")
}

func TestStart_ConnectionBreaks_SubscribersGetLostAndMessagesGoOn(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	h := start(t, d)
	messages, cancel := h.Subscribe("cases")
	defer cancel()
	var ended int
	err := d.From(t.Context()).Raw(`SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
		WHERE datname = current_database() AND query = 'LISTEN portal_events'`).Scan(&ended).Error
	if err != nil {
		t.Fatal(err)
	}
	if ended != 1 {
		t.Fatalf("%d connections listen, want 1", ended)
	}
	want(t, messages, notify.Lost)
	publish(t, h, "cases", "1")
	want(t, messages, "1")
}

func TestSubscribe_Cancel_ClosesAndMayBeRepeated(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	h := start(t, d)
	gone, cancelGone := h.Subscribe("cases")
	stays, cancel := h.Subscribe("cases")
	defer cancel()
	cancelGone()
	cancelGone()
	publish(t, h, "cases", "1")
	want(t, stays, "1")
	if m, open := <-gone; open {
		t.Errorf("got %q after cancel", m)
	}
}

func TestPublish_BadMessages_AreRefused(t *testing.T) {
	t.Parallel()
	h := notify.New(dbtest.New(t), slog.New(slog.DiscardHandler))
	for _, m := range [][2]string{{"", "x"}, {"a\nb", "x"}, {"a", strings.Repeat("x", 8000)}} {
		if err := h.Publish(t.Context(), m[0], m[1]); err == nil {
			t.Errorf("published on %q", m[0])
		}
	}
	if err := h.Publish(t.Context(), "a", strings.Repeat("x", 7899)); err != nil {
		t.Errorf("the longest message: %v", err)
	}
}

package health

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"portalverbund/api/types"
	"portalverbund/db"
	"portalverbund/db/dbtest"
	"portalverbund/server/federation"
	"portalverbund/server/federation/association"
	"portalverbund/server/federation/fault"
	"portalverbund/server/platform/mail"
)

const meppen, lathen = "https://portal.meppen.example", "https://portal.lathen.example"

// world is what the Service sees: it may be changed between samples.
type world struct {
	*Service
	t     *testing.T
	at    time.Time
	peers map[string]*federation.PeerStatus
	trust map[string]*association.Standing
	mails []mail.Message
	db    *db.DB
	seq   int
}

func (w *world) Status(context.Context) ([]federation.PeerStatus, error) {
	var out []federation.PeerStatus
	for _, id := range []string{meppen, lathen} {
		out = append(out, *w.peers[id])
	}
	return out, nil
}

func (w *world) Standings(context.Context) []association.Standing {
	return []association.Standing{*w.trust[meppen], *w.trust[lathen]}
}

func (w *world) Enqueue(_ context.Context, m mail.Message) error {
	w.mails = append(w.mails, m)
	return nil
}

// newWorld is an association in which all is well.
func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{
		t: t, at: time.Date(2026, 11, 28, 9, 0, 10, 0, time.UTC), peers: map[string]*federation.PeerStatus{}, trust: map[string]*association.Standing{}, db: dbtest.New(t),
	}
	for id, name := range map[string]string{meppen: "Stadt Meppen", lathen: "Samtgemeinde Lathen"} {
		w.peers[id] = &federation.PeerStatus{Portal: types.PortalReference{Id: id, Name: name}, Member: true}
		w.trust[id] = &association.Standing{Entity: id, Name: name, Trusted: true}
	}
	var err error
	w.Service, err = New(Config{
		DB: w.db, Links: w, Trust: w, Mail: w, To: "betrieb@emsland.example", Now: func() time.Time { return w.at },
		Self: types.PortalReference{Name: "Landkreis Emsland", Url: "https://portal.emsland.example"},
	})
	require.NoError(t, err)
	return w
}

// pass lets time pass, with a sample each minute; whoever answers has done so just before.
func (w *world) pass(d time.Duration) {
	w.t.Helper()
	for end := w.at.Add(d); w.at.Before(end); {
		w.at = w.at.Add(time.Minute)
		for id, p := range w.peers {
			if p.Failures == 0 && p.CatalogError == "" {
				moment := w.at.Add(-30 * time.Second)
				p.LastContact, p.CatalogReadAt = &moment, &moment
			}
			w.trust[id].Until = w.at.Add(7 * 24 * time.Hour)
		}
		require.NoError(w.t, w.Sample(w.t.Context()))
	}
}

// logs writes an entry into the message log, as a message that was taken leaves one.
func (w *world) logs(peer, direction string) {
	w.t.Helper()
	w.seq++
	_, err := w.db.Pgx(w.t.Context()).Exec(w.t.Context(), `INSERT INTO federation_log (seq, at, direction, outcome, peer, message_id, kind, subject_hash, content_hash, receipt, prev_hash, hash)
		VALUES ($1, $2, $3, 'accepted', $4, $5, 'test', '', '', '', '', '')`, w.seq, w.at, direction, peer, uuid.New())
	require.NoError(w.t, err)
	_, err = w.db.Pgx(w.t.Context()).Exec(w.t.Context(), "UPDATE federation_log_head SET seq = $1", w.seq)
	require.NoError(w.t, err)
}

func (w *world) open() []string {
	w.t.Helper()
	list, byMail, err := w.Alerts(w.t.Context())
	require.NoError(w.t, err)
	require.True(w.t, byMail)
	out := []string{}
	for _, a := range list {
		if a.EndedAt == nil {
			out = append(out, string(a.Kind)+" "+a.Portal)
		}
	}
	return out
}

func TestSample_PortalAway_ToldOnceAtItsBeginningAndOnceAtItsEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.pass(5 * time.Minute)
	require.Empty(t, w.open())

	w.peers[meppen].Failures = 3
	w.pass(14 * time.Minute)
	require.Empty(t, w.open(), "a quarter of an hour is nobody's business")
	require.Empty(t, w.mails)
	w.pass(5 * time.Minute)
	require.Equal(t, []string{"portalAway " + meppen}, w.open())
	w.pass(time.Hour)
	require.Len(t, w.mails, 1, "one mail, however long it lasts")
	require.Contains(t, w.mails[0].Subject, "Störungen im Verbund (1 begonnen, 0 beendet)")
	require.Contains(t, w.mails[0].Text, "Stadt Meppen: ist nicht erreichbar (seit 28.11.2026, 10:")
	require.Contains(t, w.mails[0].Text, "Stadt Meppen: is out of reach (since 28 November 2026, ")
	require.Contains(t, w.mails[0].Text, "https://portal.emsland.example/verwaltung/verbund")

	w.peers[meppen].Failures = 0
	w.pass(20 * time.Minute)
	require.Empty(t, w.open())
	require.Len(t, w.mails, 2)
	require.Contains(t, w.mails[1].Subject, "Störungen im Verbund (0 begonnen, 1 beendet)")
	for range 8 { // it comes and goes, and is reached in between
		w.peers[meppen].Failures = 1
		w.pass(4 * time.Minute)
		w.peers[meppen].Failures = 0
		w.pass(3 * time.Minute)
	}
	require.Len(t, w.mails, 2)
}

func TestSample_TroubleComesAndGoes_OneAlert(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 8 {
		w.peers[lathen].Refused = 1
		w.pass(4 * time.Minute)
		w.peers[lathen].Refused = 0
		w.pass(5 * time.Minute)
	}
	require.Equal(t, []string{"messagesStuck " + lathen}, w.open())
	require.Len(t, w.mails, 1)
	w.peers[lathen].Refused = 1
	w.pass(time.Minute) // not long enough to be told of, had it not been there before
	w.peers[lathen].Refused = 0
	w.pass(20 * time.Minute)
	require.Empty(t, w.open())
	require.Len(t, w.mails, 2)
	w.peers[lathen].Refused = 1
	w.pass(time.Minute)
	w.peers[lathen].Refused = 0
	w.pass(20 * time.Minute)
	require.Len(t, w.mails, 2, "what passes by itself is nobody's business")
}

func TestSample_EverythingWrong_EachKindOnceInOneMail(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.pass(2 * time.Minute)
	soon, long := w.at.Add(24*time.Hour), w.at.Add(-2*time.Hour)
	w.peers[meppen].OldestQueued, w.peers[meppen].Queued, w.peers[meppen].Parked, w.peers[meppen].CertificateUntil = &long, 2, 1, &soon
	w.peers[lathen].CatalogError, w.peers[lathen].CatalogReadAt = fault.Write(types.LinkFaultCodeContent, "foreign-area"), &long // it answers, but lies
	w.trust[meppen].KeysDue = long
	w.trust[lathen].Trusted = false
	w.pass(4 * time.Minute)
	require.ElementsMatch(t, []string{
		"messagesWait " + meppen, "messagesStuck " + meppen, "certificateEnds " + meppen, "keysOverdue " + meppen, "catalogOld " + lathen, "untrusted " + lathen,
	}, w.open())
	require.Len(t, w.mails, 1)
	for _, kind := range []types.LinkAlertKind{types.PortalAway, types.MessagesWait, types.MessagesStuck, types.CatalogOld, types.Untrusted, types.TrustEnds, types.CertificateEnds, types.KeysOverdue} {
		require.NotEqual(t, string(kind), kindWords(kind).In("de"), "no words for %s", kind)
	}

	registry := prometheus.NewRegistry()
	require.NoError(t, registry.Register(newCollector(w.Service)))
	families, err := registry.Gather()
	require.NoError(t, err)
	raised := map[string]bool{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == "federation_alert" {
				raised[m.GetLabel()[0].GetValue()+" "+m.GetLabel()[1].GetValue()] = m.GetGauge().GetValue() == 1
			}
		}
	}
	require.Equal(t, map[string]bool{
		"messagesWait " + meppen: true, "messagesStuck " + meppen: true, "certificateEnds " + meppen: true, "keysOverdue " + meppen: true,
		"catalogOld " + lathen: true, "untrusted " + lathen: true,
	}, raised)
}

func TestSample_MailFails_AlertIsNotRaisedYet(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.peers[meppen].Parked = 1
	w.pass(2 * time.Minute)
	w.Mail = noMail{}
	w.at = w.at.Add(time.Minute)
	require.Error(t, w.Sample(t.Context()))
	w.Mail = w
	w.pass(2 * time.Minute)
	require.Len(t, w.mails, 1, "it is told of when mails can be written again")
}

type noMail struct{}

func (noMail) Enqueue(context.Context, mail.Message) error { return context.DeadlineExceeded }

func TestSample_AWeek_HistoryIsThinnedOutAndAddsUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.pass(time.Minute)
	for range 3 {
		w.logs(meppen, "sent")
		w.logs(lathen, "received")
	}
	waiting := w.at.Add(-100 * time.Second)
	w.peers[meppen].Queued, w.peers[meppen].OldestQueued = 7, &waiting
	w.pass(time.Minute)
	w.peers[meppen].Queued, w.peers[meppen].OldestQueued = 0, nil
	w.peers[lathen].Failures = 2
	w.pass(time.Minute)
	w.peers[lathen].Failures = 0
	for _, span := range []types.HistorySpan{types.LastHour, types.LastDay, types.LastWeek} {
		h, err := w.History(t.Context(), span, "")
		require.NoError(t, err)
		sum := types.LinkSample{}
		for _, n := range h.Samples {
			sum.Sent, sum.Received, sum.Waiting, sum.Away = sum.Sent+n.Sent, sum.Received+n.Received, max(sum.Waiting, n.Waiting), max(sum.Away, n.Away)
			sum.MessageLag = max(sum.MessageLag, n.MessageLag)
		}
		require.Equal(t, types.LinkSample{Sent: 3, Received: 3, Waiting: 7, MessageLag: 160, Away: 1}, sum, "%s", span)
		h, err = w.History(t.Context(), span, lathen)
		require.NoError(t, err)
		require.Zero(t, h.Samples[0].Sent)
	}
	require.NoError(t, w.Sample(t.Context())) // another process, at the same time
	h, err := w.History(t.Context(), types.LastHour, "")
	require.NoError(t, err)
	require.Len(t, h.Samples, 3)

	for range 9 * 24 { // hours: a sample each, as minutes would take long
		w.at = w.at.Add(time.Hour)
		require.NoError(t, w.Sample(t.Context()))
	}
	var rows int
	require.NoError(t, w.db.Pgx(t.Context()).QueryRow(t.Context(), "SELECT count(*) FROM federation_samples").Scan(&rows))
	require.LessOrEqual(t, rows, 2*(2+26+86), "what is kept does not grow")
	h, err = w.History(t.Context(), types.LastWeek, "")
	require.NoError(t, err)
	require.Len(t, h.Samples, 85)
}

func TestFault_WhatIsKept_IsReadAgain(t *testing.T) {
	t.Parallel()
	kept := fault.Read(fault.Text(fault.As(types.LinkFaultCodeSharedKey, context.Canceled)))
	require.Equal(t, types.LinkFaultCodeSharedKey, kept.Code)
	require.Equal(t, "context canceled", *kept.Detail)
	require.Equal(t, types.LinkFaultCodeTimeout, fault.Of(fmt.Errorf("call: %w", context.DeadlineExceeded)))
	before := fault.Read("dial tcp: connection refused")
	require.Equal(t, types.LinkFaultCodeOther, before.Code)
	require.Equal(t, "dial tcp: connection refused", *before.Detail)
	require.Nil(t, fault.Read(""))
}

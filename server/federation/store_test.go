package federation

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"portalverbund/api/types"
)

func TestPostpone_ClaimRunOut_LeavesTheMessageToTheOthers(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{idle: true})
	a, b := ps[0], ps[1]
	id := a.send(b, uuid.New(), "x")
	now := a.now()
	stale, found, err := a.store.claim(t.Context(), b.id, now, now.Add(lease), false)
	require.NoError(t, err)
	require.True(t, found)
	_, found, err = a.store.claim(t.Context(), b.id, now, now.Add(lease), false)
	require.NoError(t, err)
	require.False(t, found, "taken")
	later := now.Add(lease + time.Second)
	fresh, found, err := a.store.claim(t.Context(), b.id, later, later.Add(lease), false)
	require.NoError(t, err)
	require.True(t, found, "the lease has run out")
	require.Equal(t, id, fresh.ID)
	require.NoError(t, a.store.postpone(t.Context(), stale, later.Add(time.Hour), "stale"))
	require.NoError(t, a.store.park(t.Context(), stale, "stale", later))
	require.Equal(t, stateQueued, a.state(id))
	require.Empty(t, value[string](a, "SELECT last_error FROM federation_outbox WHERE id = ?", id))
	require.NoError(t, a.store.park(t.Context(), fresh, "fresh", later))
	require.Equal(t, stateParked, a.state(id))
}

// fill makes tables of the size that they have after some time.
func fill(t *testing.T, p *portal) {
	t.Helper()
	for _, statement := range []string{
		`INSERT INTO federation_outbox (id, recipient, kind, subject, seq, content_hash, state, head, since, next_at, created_at)
			SELECT gen_random_uuid(), 'https://' || i % 50, 'x', gen_random_uuid(), 1, '', 'delivered', false, now(), now(), now()
			FROM generate_series(1, 20000) i`,
		`INSERT INTO federation_outbox (id, recipient, kind, subject, seq, content_hash, state, head, since, next_at, created_at)
			SELECT gen_random_uuid(), 'https://' || i % 50, 'x', gen_random_uuid(), 1, '', 'queued', true, now(), now(), now()
			FROM generate_series(1, 2000) i`,
		`INSERT INTO federation_outbox_lanes SELECT recipient, subject, 1, 1 FROM federation_outbox`,
		`INSERT INTO federation_inbox_lanes SELECT 'https://' || i % 50, gen_random_uuid(), 1 FROM generate_series(1, 20000) i`,
		`INSERT INTO federation_inbox SELECT 'https://' || i % 50, gen_random_uuid(), 'x', gen_random_uuid(), 1, '', 'accepted', '', NULL, now()
			FROM generate_series(1, 20000) i`,
		`INSERT INTO federation_feed SELECT 'service', i::text, i, i, CASE WHEN i % 10 > 0 THEN '{}' END, now() FROM generate_series(1, 20000) i`,
		`INSERT INTO federation_replica_entries SELECT 'https://' || i % 50, 'service', i::text, 1 FROM generate_series(1, 20000) i`,
		`ANALYZE`,
	} {
		require.NoError(t, p.db.From(t.Context()).Exec(statement).Error)
	}
}

func TestQueries_LargeTables_NeverReadWhole(t *testing.T) {
	t.Parallel()
	ps := portals(t, 1, harness{idle: true})
	a := ps[0]
	fill(t, a)
	const peer = "https://7"
	now := time.Now().Add(time.Minute)
	st := a.store
	someone := uuid.MustParse(value[string](a, "SELECT id FROM federation_outbox WHERE recipient = ? LIMIT 1", peer))
	for name, query := range map[string]func(ctx context.Context) error{
		"readiness": func(ctx context.Context) error { _, _, err := st.readiness(ctx, peer, now); return err },
		"claim":     func(ctx context.Context) error { _, _, err := st.claim(ctx, peer, now, now, true); return err },
		"stranded":  func(ctx context.Context) error { _, err := st.stranded(ctx, now, now, now); return err },
		"park old":  func(ctx context.Context) error { _, err := st.parkOld(ctx, now, now.Add(-time.Hour)); return err },
		"wake":      func(ctx context.Context) error { _, err := st.wake(ctx, peer, now.Add(-time.Hour)); return err },
		"add message": func(ctx context.Context) error {
			_, err := st.addMessage(ctx, outboxRow{ID: uuid.New(), Recipient: peer, Subject: uuid.New(), Payload: []byte{}, ContentHash: []byte{}}, now)
			return err
		},
		"settle": func(ctx context.Context) error {
			r, err := st.lockMessage(ctx, someone)
			if err != nil {
				return err
			}
			return st.db.Pgx(ctx).SendBatch(ctx, st.settle(r, stateDelivered, "", "", now)).Close()
		},
		"stuck":  func(ctx context.Context) error { _, err := st.stuck(ctx, peer, 20); return err },
		"status": func(ctx context.Context) error { _, err := st.status(ctx); return err },
		"enter lane": func(ctx context.Context) error {
			_, _, _, err := st.enterLane(ctx, message{ID: uuid.New(), From: peer, Subject: uuid.New()})
			return err
		},
		"publish": func(ctx context.Context) error {
			payload := "{}"
			_, err := st.publish(ctx, []feedRow{{Kind: "service", ID: "17", Payload: &payload}}, now)
			return err
		},
		"forget deleted": func(ctx context.Context) error { _, err := st.forgetDeleted(ctx, now.Add(-time.Hour), 100); return err },
		"unsettled":      func(ctx context.Context) error { _, err := st.unsettled(ctx); return err },
		"page of the feed": func(ctx context.Context) error {
			return st.feed(ctx, 500, 500, 1000, func(epochRow, *feedRow) error { return nil })
		},
		"advance": func(ctx context.Context) error {
			entries := []types.CatalogEntry{{Kind: "service", Id: "1"}, {Kind: "service", Id: "2", Deleted: true}}
			_, _, err := st.advance(ctx, replicaRow{Owner: peer, Generation: 2}, "", entries, nil, now)
			return err
		},
		"drop entries": func(ctx context.Context) error { _, err := st.dropEntries(ctx, peer, 1); return err },
	} {
		var before, after int64 // the figures also hold what this connection did earlier
		const figure = "SELECT coalesce(sum(seq_tup_read), 0) FROM pg_stat_xact_user_tables WHERE relname LIKE 'federation_%'"
		undo := errors.New("undo")
		err := a.db.Tx(t.Context(), func(ctx context.Context) error {
			require.NoError(t, a.db.From(ctx).Raw(figure).Scan(&before).Error)
			require.NoError(t, query(ctx), name)
			require.NoError(t, a.db.From(ctx).Raw(figure).Scan(&after).Error)
			return undo
		})
		require.ErrorIs(t, err, undo)
		require.Less(t, after-before, int64(1000), "%s reads a whole table", name)
	}
}

func TestOrigin_OrdinaryRole_IsKnown(t *testing.T) {
	t.Parallel()
	ps := portals(t, 1, harness{idle: true})
	origin, err := ps[0].store.origin(t.Context())
	require.NoError(t, err)
	require.Regexp(t, `^\d+(\.\d+\.\d+)?$`, origin)
}

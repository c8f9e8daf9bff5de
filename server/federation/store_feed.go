package federation

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// feedRow is the latest state of an entry of this portal's catalog; deleted without a payload.
type feedRow struct {
	Kind    string
	ID      string
	XID     int64
	Seq     int64
	Payload *string
}

// epochRow says in which epoch cursors are valid.
type epochRow struct {
	Epoch   string
	Horizon int64
}

// publish writes the latest state of entries, and says how many have changed. An entry gets the number of the
// transaction that writes it, which orders the feed.
func (st store) publish(ctx context.Context, rows []feedRow, now time.Time) (int64, error) {
	kinds, ids, payloads := make([]string, len(rows)), make([]string, len(rows)), make([]*string, len(rows))
	for i, r := range rows {
		kinds[i], ids[i], payloads[i] = r.Kind, r.ID, r.Payload
	}
	tag, err := st.db.Pgx(ctx).Exec(ctx, `
		INSERT INTO federation_feed AS f (kind, id, xid, seq, payload, changed_at)
		SELECT n.kind, n.id, pg_current_xact_id()::text::bigint, nextval('federation_feed_seq'), n.payload, $4
		FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS n (kind, id, payload, place)
		ORDER BY n.place
		ON CONFLICT (kind, id) DO UPDATE
			SET xid = excluded.xid, seq = excluded.seq, payload = excluded.payload, changed_at = excluded.changed_at
			WHERE f.payload IS DISTINCT FROM excluded.payload`, kinds, ids, payloads, now)
	return tag.RowsAffected(), err
}

// feed visits entries after a place, in order, with the epoch as it is at the same moment; without an entry if there is none. It stops
// below the oldest transaction that still runs: whatever commits later has a place behind all that was given out.
func (st store) feed(ctx context.Context, xid, seq int64, limit int, visit func(epochRow, *feedRow) error) error {
	rows, err := st.db.Pgx(ctx).Query(ctx, `
		SELECT e.epoch, e.horizon, f.kind, f.id, f.xid, f.seq, f.payload FROM federation_feed_epoch e LEFT JOIN LATERAL (
			SELECT kind, id, xid, seq, payload FROM federation_feed
			WHERE (xid, seq) > ($1, $2) AND xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
			ORDER BY xid, seq LIMIT $3
		) f ON true ORDER BY f.xid, f.seq`, xid, seq, limit)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var epoch epochRow
		var kind, id *string
		var xid, seq *int64
		var r feedRow
		if err := rows.Scan(&epoch.Epoch, &epoch.Horizon, &kind, &id, &xid, &seq, &r.Payload); err != nil {
			return err
		}
		if kind == nil {
			return visit(epoch, nil)
		}
		r.Kind, r.ID, r.XID, r.Seq = *kind, *id, *xid, *seq
		if err := visit(epoch, &r); err != nil {
			return err
		}
	}
	return rows.Err()
}

// unsettled says whether there are committed entries that readers do not get yet, because an older transaction runs.
func (st store) unsettled(ctx context.Context) (bool, error) {
	var waiting bool // by the newest: with EXISTS the planner may choose to read the whole table
	err := st.db.From(ctx).Raw(`SELECT coalesce((SELECT max(xid) FROM federation_feed), 0) >=
		pg_snapshot_xmin(pg_current_snapshot())::text::bigint`).Scan(&waiting).Error
	return waiting, err
}

// origin names the database as such: a copy, a restored or a promoted one has another name.
func (st store) origin(ctx context.Context) (string, error) {
	var origin string
	err := st.db.From(ctx).Raw(`SELECT concat_ws('.', s.system_identifier, c.timeline_id, d.oid)
		FROM pg_control_system() s, pg_control_checkpoint() c, pg_database d WHERE d.datname = current_database()`).Scan(&origin).Error
	var denied *pgconn.PgError
	if errors.As(err, &denied) && denied.Code == insufficientPrivilege { // on some servers of others
		err = st.db.From(ctx).Raw("SELECT oid::text FROM pg_database WHERE datname = current_database()").Scan(&origin).Error
	}
	return origin, err
}

const insufficientPrivilege = "42501"

// startEpoch begins an epoch where there is none, where the database is another one, or where transaction numbers have
// gone back. All entries then get the number of this transaction.
func (st store) startEpoch(ctx context.Context, epoch, origin string) (begun bool, err error) {
	err = st.db.Tx(ctx, func(ctx context.Context) error {
		g := st.db.From(ctx)
		if err := g.Exec("LOCK TABLE federation_feed_epoch IN SHARE ROW EXCLUSIVE MODE").Error; err != nil {
			return err
		}
		var valid bool
		err := g.Raw(`SELECT EXISTS (SELECT FROM federation_feed_epoch WHERE origin = ?) AND
			coalesce((SELECT max(xid) FROM federation_feed), 0) <= pg_current_xact_id()::text::bigint`, origin).Scan(&valid).Error
		if err != nil || valid {
			return err
		}
		begun = true
		if err := g.Exec("UPDATE federation_feed SET xid = pg_current_xact_id()::text::bigint").Error; err != nil {
			return err
		}
		return g.Exec(`INSERT INTO federation_feed_epoch (epoch, origin) VALUES (?, ?)
			ON CONFLICT (one) DO UPDATE SET epoch = excluded.epoch, origin = excluded.origin, horizon = 0`, epoch, origin).Error
	})
	return begun, err
}

// forgetDeleted drops entries deleted before a time, raises the horizon to the newest of them, and says how many.
func (st store) forgetDeleted(ctx context.Context, before time.Time, n int) (int64, error) {
	var gone int64
	err := st.db.From(ctx).Raw(`
		WITH gone AS (
			DELETE FROM federation_feed WHERE (kind, id) IN (
				SELECT kind, id FROM federation_feed WHERE payload IS NULL AND changed_at < ? ORDER BY changed_at LIMIT ?
			) RETURNING xid
		), raised AS (
			UPDATE federation_feed_epoch SET horizon = greatest(horizon, (SELECT max(xid) FROM gone)) WHERE EXISTS (SELECT FROM gone)
		)
		SELECT count(*) FROM gone`, before, n).Scan(&gone).Error
	return gone, err
}

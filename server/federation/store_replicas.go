package federation

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"portalverbund/api/types"
)

// replicaRow is how far another portal's catalog has been read.
type replicaRow struct {
	Owner      string
	Cursor     string
	Generation int64
	Snapshot   bool
	Entries    int64
}

// lockReplica lets one process at a time read an owner's catalog. The lock lives as long as its connection, so it does
// not survive the process.
func (st store) lockReplica(ctx context.Context, owner string) (unlock func(), err error) {
	conn, err := st.db.Pool().Acquire(ctx)
	if err != nil {
		return nil, err
	}
	const key = "hashtextextended('federation-replica ' || $1, 0)"
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock("+key+")", owner); err != nil { // waits up to lock_timeout
		conn.Release()
		return nil, err
	}
	return func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTime)
		defer cancel()
		if _, err := conn.Exec(ctx, "SELECT pg_advisory_unlock("+key+")", owner); err != nil {
			_ = conn.Hijack().Close(ctx) // the lock goes with the connection
			return
		}
		conn.Release()
	}, nil
}

// replica gives how far an owner's catalog has been read; from the beginning when it never was.
func (st store) replica(ctx context.Context, owner string) (replicaRow, error) {
	var r replicaRow
	err := st.db.From(ctx).Raw("SELECT owner, cursor, generation, snapshot, entries FROM federation_replicas WHERE owner = ?", owner).Scan(&r).Error
	return r, err
}

// lockedReplica gives the same as replica, and locks it until the transaction ends.
func (st store) lockedReplica(ctx context.Context, owner string) (replicaRow, error) {
	var r replicaRow
	err := st.db.From(ctx).Raw(`INSERT INTO federation_replicas AS r (owner) VALUES (?)
		ON CONFLICT (owner) DO UPDATE SET cursor = r.cursor RETURNING owner, cursor, generation, snapshot, entries`, owner).Scan(&r).Error
	return r, err
}

func (st store) saveReplica(ctx context.Context, r replicaRow, certificateUntil *time.Time, now time.Time) error {
	return st.db.From(ctx).Exec(`UPDATE federation_replicas SET cursor = ?, generation = ?, snapshot = ?, entries = ?, pulled_at = ?,
		failure = '', certificate_until = ? WHERE owner = ?`, r.Cursor, r.Generation, r.Snapshot, r.Entries, now, certificateUntil, r.Owner).Error
}

// replicaCurrent notes that there was nothing new in an owner's catalog, as is mostly so. That is written down for those who look
// after the links: getting lost in a crash does no harm, and so it does not wait for the disk.
func (st store) replicaCurrent(ctx context.Context, owner string, certificateUntil *time.Time, now time.Time) error {
	_, err := st.db.Pgx(ctx).Exec(ctx, `UPDATE federation_replicas SET pulled_at = $2, failure = '', certificate_until = $3
		WHERE owner = $1 AND set_config('synchronous_commit', 'off', true) IS NOT NULL`, owner, now, certificateUntil)
	return err
}

// replicaFailed notes why an owner's catalog could not be read.
func (st store) replicaFailed(ctx context.Context, owner string, now time.Time, failure string) error {
	return st.db.From(ctx).Exec(`INSERT INTO federation_replicas (owner, failed_at, failure) VALUES (?, ?, ?)
		ON CONFLICT (owner) DO UPDATE SET failed_at = excluded.failed_at, failure = excluded.failure`, owner, now, failure).Error
}

// markEntries notes which entries an owner has and in which generation they were seen last, and says by how many they
// have become more.
func (st store) markEntries(ctx context.Context, owner string, generation int64, entries []types.CatalogEntry) (int64, error) {
	var kinds, ids, goneKinds, goneIDs []string
	for _, e := range entries {
		if e.Deleted {
			goneKinds, goneIDs = append(goneKinds, e.Kind), append(goneIDs, e.Id)
		} else {
			kinds, ids = append(kinds, e.Kind), append(ids, e.Id)
		}
	}
	var added, removed int64
	batch := &pgx.Batch{}
	batch.Queue(`WITH marked AS (
			INSERT INTO federation_replica_entries AS e (owner, kind, id, generation)
			SELECT $1, n.kind, n.id, $2 FROM unnest($3::text[], $4::text[]) AS n (kind, id)
			ON CONFLICT (owner, kind, id) DO UPDATE SET generation = excluded.generation WHERE e.generation < excluded.generation
			RETURNING xmax = 0 AS new
		) SELECT count(*) FILTER (WHERE new) FROM marked`, owner, generation, kinds, ids).
		QueryRow(func(row pgx.Row) error { return row.Scan(&added) })
	batch.Queue(`DELETE FROM federation_replica_entries e USING unnest($2::text[], $3::text[]) AS n (kind, id)
		WHERE e.owner = $1 AND e.kind = n.kind AND e.id = n.id`, owner, goneKinds, goneIDs).
		Exec(func(tag pgconn.CommandTag) error { removed = tag.RowsAffected(); return nil })
	err := st.db.Pgx(ctx).SendBatch(ctx, batch).Close()
	return added - removed, err
}

// dropEntries removes an owner's entries of generations before the given one, and gives them as deleted entries.
func (st store) dropEntries(ctx context.Context, owner string, generation int64) ([]types.CatalogEntry, error) {
	rows, err := st.db.Pgx(ctx).Query(ctx, `DELETE FROM federation_replica_entries WHERE owner = $1 AND generation < $2
		RETURNING kind, id`, owner, generation)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var gone []types.CatalogEntry
	for rows.Next() {
		e := types.CatalogEntry{Deleted: true}
		if err := rows.Scan(&e.Kind, &e.Id); err != nil {
			return nil, err
		}
		gone = append(gone, e)
	}
	return gone, rows.Err()
}

// replicaOwners gives the portals whose catalogs were read and that are not among the given ones.
func (st store) replicaOwners(ctx context.Context, except []string) ([]string, error) {
	var owners []string
	rows, err := st.db.Pgx(ctx).Query(ctx, "SELECT owner FROM federation_replicas WHERE owner <> ALL ($1::text[])", except)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var owner string
		if err := rows.Scan(&owner); err != nil {
			return nil, err
		}
		owners = append(owners, owner)
	}
	return owners, rows.Err()
}

func (st store) removeReplica(ctx context.Context, owner string) error {
	return st.db.From(ctx).Exec("DELETE FROM federation_replicas WHERE owner = ?", owner).Error
}

package federation

import (
	"context"
	"errors"
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
}

// lockReplica lets one process at a time read an owner's catalog, and gives how far it has been read; from the beginning when it
// never was. The lock lives as long as its connection, so it does not survive the process.
func (st store) lockReplica(ctx context.Context, owner string) (r replicaRow, unlock func(), err error) {
	conn, err := st.db.Pool().Acquire(ctx)
	if err != nil {
		return r, nil, err
	}
	const key = "hashtextextended('federation-replica ' || $1, 0)"
	unlock = func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTime)
		defer cancel()
		if _, err := conn.Exec(ctx, "SELECT pg_advisory_unlock("+key+")", owner); err != nil {
			_ = conn.Hijack().Close(ctx) // the lock goes with the connection
			return
		}
		conn.Release()
	}
	r.Owner = owner
	batch, locked := &pgx.Batch{}, false
	batch.Queue("SELECT pg_advisory_lock("+key+")", owner).Exec(func(pgconn.CommandTag) error { // waits up to lock_timeout
		locked = true
		return nil
	})
	batch.Queue("SELECT cursor, generation, snapshot FROM federation_replicas WHERE owner = $1", owner).QueryRow(func(row pgx.Row) error {
		err := row.Scan(&r.Cursor, &r.Generation, &r.Snapshot)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
	if err := conn.SendBatch(ctx, batch).Close(); err != nil {
		if locked {
			unlock()
		} else {
			conn.Release()
		}
		return r, nil, err
	}
	return r, unlock, nil
}

// advance notes which entries an owner has, in which generation they were seen last, and how far its catalog has been read with them.
// It gives how many entries there are then. moved is false, and the transaction must not be committed, if the catalog has been read
// elsewhere from the same cursor.
func (st store) advance(ctx context.Context, r replicaRow, from string, entries []types.CatalogEntry, certificateUntil *time.Time, now time.Time) (count int64, moved bool, err error) {
	var kinds, ids, goneKinds, goneIDs []string
	for _, e := range entries {
		if e.Deleted {
			goneKinds, goneIDs = append(goneKinds, e.Kind), append(goneIDs, e.Id)
		} else {
			kinds, ids = append(kinds, e.Kind), append(ids, e.Id)
		}
	}
	err = st.db.Pgx(ctx).QueryRow(ctx, advanceQuery, r.Owner, r.Generation, kinds, ids, goneKinds, goneIDs, r.Cursor, r.Snapshot, now, certificateUntil, from).Scan(&count)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, false, nil
	}
	return count, err == nil, err
}

const advanceQuery = `
	WITH marked AS (
		INSERT INTO federation_replica_entries AS e (owner, kind, id, generation)
		SELECT $1::text, n.kind, n.id, $2::bigint FROM unnest($3::text[], $4::text[]) AS n (kind, id)
		ON CONFLICT (owner, kind, id) DO UPDATE SET generation = excluded.generation WHERE e.generation < excluded.generation
		RETURNING xmax = 0 AS new
	), removed AS (
		DELETE FROM federation_replica_entries e USING unnest($5::text[], $6::text[]) AS n (kind, id)
		WHERE e.owner = $1 AND e.kind = n.kind AND e.id = n.id
		RETURNING true
	)
	INSERT INTO federation_replicas AS r (owner, generation, cursor, snapshot, pulled_at, certificate_until, entries)
	SELECT $1, $2, $7::text, $8::boolean, $9::timestamptz, $10::timestamptz, (SELECT count(*) FILTER (WHERE new) FROM marked) - (SELECT count(*) FROM removed)
	WHERE $11::text = '' OR EXISTS (SELECT FROM federation_replicas WHERE owner = $1)
	ON CONFLICT (owner) DO UPDATE SET generation = excluded.generation, cursor = excluded.cursor, snapshot = excluded.snapshot,
		pulled_at = excluded.pulled_at, certificate_until = excluded.certificate_until, entries = r.entries + excluded.entries, failure = ''
	WHERE r.cursor = $11
	RETURNING entries`

// fewer notes that entries of an owner are gone.
func (st store) fewer(ctx context.Context, owner string, gone int64) error {
	return st.db.From(ctx).Exec("UPDATE federation_replicas SET entries = entries - ? WHERE owner = ?", gone, owner).Error
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

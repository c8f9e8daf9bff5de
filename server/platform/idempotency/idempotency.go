// Package idempotency makes a request have its effect once: the answer is kept with the effect, in one transaction,
// under the key that the client chose.
package idempotency

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"portalverbund/db"
	"portalverbund/server/platform/problem"
)

// Keep is how long an answer is kept under its key.
const Keep = 48 * time.Hour

type row struct {
	Scope       string `gorm:"primaryKey"`
	Key         string `gorm:"primaryKey"`
	RequestHash []byte
	Response    []byte
	CreatedAt   time.Time
}

func (row) TableName() string { return "idempotency_keys" }

// Do runs fn once for a scope and key, in a transaction that fn's effects belong to, and answers what it answered. The
// scope names the operation and the caller, so that nobody meets another's keys. The same key with another request is
// answered with 422 (idempotency-key-reused). Two at the same time wait for each other.
func Do[T any](ctx context.Context, d *db.DB, scope, key string, request any, fn func(ctx context.Context) (T, error)) (T, error) {
	return DoReading(ctx, d, scope, key, request, func(*pgx.Batch) {}, fn)
}

// DoReading is Do with what fn reads first in the same round trip as the key: read puts these statements into a batch, each with what takes
// its rows. Where the key is known already they are read in vain.
func DoReading[T any](ctx context.Context, d *db.DB, scope, key string, request any, read func(*pgx.Batch), fn func(ctx context.Context) (T, error)) (T, error) {
	var result T
	body, err := json.Marshal(request)
	if err != nil {
		return result, fmt.Errorf("hash request: %w", err)
	}
	hash := sha256.Sum256(body)
	err = d.Tx(ctx, func(ctx context.Context) error {
		mine, err := claim(ctx, d, scope, key, hash[:], read)
		if err != nil {
			return err
		}
		if !mine {
			return replay(ctx, d, scope, key, hash[:], &result)
		}
		if result, err = fn(ctx); err != nil {
			return err
		}
		answer, err := json.Marshal(result)
		if err != nil {
			return fmt.Errorf("keep answer: %w", err)
		}
		return d.Later(ctx, "keep answer", "UPDATE idempotency_keys SET response = $1 WHERE scope = $2 AND key = $3", answer, scope, key)
	})
	return result, err
}

// claim inserts the key. A second request with the same key waits here until the first one's transaction has ended.
func claim(ctx context.Context, d *db.DB, scope, key string, hash []byte, read func(*pgx.Batch)) (mine bool, err error) {
	batch := &pgx.Batch{}
	batch.Queue("INSERT INTO idempotency_keys (scope, key, request_hash) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", scope, key, hash).
		Exec(func(tag pgconn.CommandTag) error {
			mine = tag.RowsAffected() == 1
			return nil
		})
	read(batch)
	return mine, d.Pgx(ctx).SendBatch(ctx, batch).Close()
}

func replay(ctx context.Context, d *db.DB, scope, key string, hash []byte, result any) error {
	var r row
	if err := d.From(ctx).Raw("SELECT * FROM idempotency_keys WHERE scope = ? AND key = ?", scope, key).Scan(&r).Error; err != nil {
		return err
	}
	if !bytes.Equal(r.RequestHash, hash) {
		return problem.Unprocessable("idempotency-key-reused", "Dieser Schlüssel wurde schon für eine andere Anfrage benutzt.", "This key has already been used for another request.")
	}
	if len(r.Response) == 0 {
		return errors.New("idempotency key without an answer")
	}
	return json.Unmarshal(r.Response, result)
}

// Sweep deletes keys older than Keep, at most n, and says how many.
func Sweep(ctx context.Context, d *db.DB, now time.Time, n int) (int64, error) {
	res := d.From(ctx).Exec(`DELETE FROM idempotency_keys WHERE (scope, key) IN
		(SELECT scope, key FROM idempotency_keys WHERE created_at < ? LIMIT ?)`, now.Add(-Keep), n)
	return res.RowsAffected, res.Error
}

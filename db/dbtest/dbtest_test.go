package dbtest_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"portalverbund/db/dbtest"
)

func TestNew_TwoTests_DatabasesOfTheirOwn(t *testing.T) {
	t.Parallel()
	a, b := dbtest.New(t), dbtest.New(t)
	const insert = "INSERT INTO idempotency_keys (scope, key, request_hash) VALUES ('s', 'k', '')"
	if _, err := a.Pool().Exec(t.Context(), insert); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Pool().Exec(t.Context(), insert); err != nil {
		t.Fatalf("the second database sees the first: %v", err)
	}
}

func TestURL_EndOfTest_DatabaseIsDropped(t *testing.T) {
	t.Parallel()
	var url string
	t.Run("uses a database and leaves a connection open", func(t *testing.T) {
		url = dbtest.URL(t)
		if _, err := pgx.Connect(t.Context(), url); err != nil {
			t.Fatal(err)
		}
	})
	if conn, err := pgx.Connect(t.Context(), url); err == nil {
		_ = conn.Close(t.Context())
		t.Fatal("the database is still there")
	}
}

func TestNew_Durable_WritesThrough(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t, dbtest.Durable)
	var fsync string
	if err := d.Pool().QueryRow(t.Context(), "SHOW fsync").Scan(&fsync); err != nil {
		t.Fatal(err)
	}
	if fsync != "on" {
		t.Errorf("fsync is %s", fsync)
	}
}

func BenchmarkURL(b *testing.B) {
	for b.Loop() {
		dbtest.URL(b)
	}
}

package db_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"portalverbund/db"
	"portalverbund/db/dbtest"
)

func TestOpen_Times_AreUTCWithMicroseconds(t *testing.T) {
	t.Parallel()
	berlin := time.FixedZone("CET", 3600)
	now := time.Date(2026, 11, 23, 15, 30, 0, 123456789, berlin)
	d, err := db.Open(t.Context(), dbtest.URL(t), db.Options{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	type row struct {
		ID        int
		CreatedAt time.Time
	}
	if err := d.From(t.Context()).Exec("CREATE TABLE rows (id int, created_at timestamptz)").Error; err != nil {
		t.Fatal(err)
	}
	if err := d.From(t.Context()).Create(&row{ID: 1}).Error; err != nil {
		t.Fatal(err)
	}
	want := now.UTC().Truncate(time.Microsecond)
	var byGorm row
	if err := d.From(t.Context()).First(&byGorm, 1).Error; err != nil {
		t.Fatal(err)
	}
	if byGorm.CreatedAt != want { // == also compares the zone
		t.Errorf("gorm read %v, want %v", byGorm.CreatedAt, want)
	}
	var byPgx time.Time
	if err := d.Pgx(t.Context()).QueryRow(t.Context(), "SELECT created_at FROM rows").Scan(&byPgx); err != nil {
		t.Fatal(err)
	}
	if byPgx != want {
		t.Errorf("pgx read %v, want %v", byPgx, want)
	}
}

func TestOpen_Limits_ReachTheSession(t *testing.T) {
	t.Parallel()
	d, err := db.Open(t.Context(), dbtest.URL(t), db.Options{
		ApplicationName: "meppen", StatementTimeout: 7 * time.Second, LockTimeout: -1,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for name, want := range map[string]string{
		"application_name": "meppen", "statement_timeout": "7s", "lock_timeout": "0",
		"idle_in_transaction_session_timeout": "1min", "TimeZone": "UTC",
	} {
		var got string
		if err := d.From(t.Context()).Raw("SELECT current_setting(?)", name).Scan(&got).Error; err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestOpen_WrongPassword_ErrorNamesNoSecret(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"postgres://portal:geheim123@127.0.0.1:1/x?sslmode=disable",
		"postgres://portal:geheim123@127.0.0.1:port/x",
	} {
		_, err := db.Open(t.Context(), url, db.Options{ConnectTimeout: time.Second})
		if err == nil {
			t.Fatal("opened what isn't there")
		}
		if strings.Contains(err.Error(), "geheim123") {
			t.Errorf("the error shows the password: %v", err)
		}
	}
}

func TestSlowQuery_IsLoggedWithoutValues(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	d, err := db.Open(t.Context(), dbtest.URL(t), db.Options{
		SlowQuery: time.Nanosecond, Log: slog.New(slog.NewTextHandler(&out, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var n int
	if err := d.From(t.Context()).Raw("SELECT length(?)", "Erika Mustermann").Scan(&n).Error; err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "SELECT length(") {
		t.Errorf("the slow query is missing in %q", out.String())
	}
	if strings.Contains(out.String(), "Mustermann") {
		t.Errorf("the log shows values: %q", out.String())
	}
}

func TestMigrate_SeveralAtOnceAndAgain_Work(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t, dbtest.Empty)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if err := db.Migrate(t.Context(), url); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if err := db.Migrate(t.Context(), url); err != nil {
		t.Fatalf("a second time: %v", err)
	}
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	var tables int
	err = conn.QueryRow(t.Context(), `SELECT count(*) FROM pg_tables
		WHERE schemaname = 'public' AND tablename IN ('idempotency_keys', 'river_job', 'goose_db_version')`).Scan(&tables)
	if err != nil {
		t.Fatal(err)
	}
	if tables != 3 {
		t.Errorf("%d of the 3 expected tables are there", tables)
	}
}

func TestMigrate_LockHeldByOther_GivesUpWithContext(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t, dbtest.Empty)
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	if _, err := conn.Exec(t.Context(), "SELECT pg_advisory_lock($1)", int64(0x706f7274616c)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := db.Migrate(ctx, url); err == nil {
		t.Fatal("migrated although another process holds the lock")
	}
}

package main

import (
	"context"
	"errors"
	"fmt"
	"path"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"portalverbund/db"
)

const floorDatabase = "floor"

// measureSubmit compares the submission of prepared drafts, to this portal's own clerks.
func (b *bench) measureSubmit(ctx context.Context) error {
	need := b.Submits/2 + b.Rounds*b.Submits
	if per := (need + citizens - 1) / citizens; per > 100 {
		return fmt.Errorf("%d drafts for each of %d citizens are too many", per, citizens)
	}
	say("Preparing %d drafts …", need)
	drafts, answers, err := b.draft(ctx, need)
	if err != nil {
		return fmt.Errorf("prepare drafts: %w", err)
	}
	bare, floor, err := b.draftFloor(ctx, need)
	if err != nil {
		return fmt.Errorf("prepare the floor: %w", err)
	}
	defer floor.stop()
	if err := b.waitForJobs(ctx); err != nil {
		return err
	}
	ours := &side{name: "ours", process: b.portal, settle: b.waitForJobs, do: singly(func(i int) []byte { return drafts[i] })}
	theirs := &side{name: "floor", process: floor, do: singly(func(i int) []byte {
		return post(floor.address(), "/applications/"+bare[i].String()+"/submit", answers)
	})}
	ratio, err := b.duel(ctx, "submitting", ours, theirs, b.Submits)
	if err != nil {
		return err
	}
	b.figures.Submit = rounded(ratio, 2)
	return nil
}

// post is a request with JSON, or with nothing.
func post(host, path string, body []byte, headers ...string) []byte {
	if len(body) > 0 {
		headers = append([]string{"Content-Type", "application/json"}, headers...)
	}
	return request("POST", host, path, body, headers...)
}

func request(method, host, path string, body []byte, headers ...string) []byte {
	text := fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n", method, path, host, len(body))
	for i := 0; i+1 < len(headers); i += 2 {
		text += headers[i] + ": " + headers[i+1] + "\r\n"
	}
	return append([]byte(text+"\r\n"), body...)
}

// waitForJobs waits until the portal's background work is done, so that it does not weigh on others.
func (b *bench) waitForJobs(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, b.config.Database)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		var busy bool
		err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM river_job WHERE state IN ('available', 'running', 'pending'))").Scan(&busy)
		if err != nil || !busy {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.New("background work does not end")
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// draftFloor makes a database with the same tables for the floor, with drafts in it.
func (b *bench) draftFloor(ctx context.Context, n int) ([]uuid.UUID, *process, error) {
	return b.floorWith(ctx, floorDatabase, path.Base(floorDatabase)+"-submit", `
		INSERT INTO applications (id, issuer, subject, state, revision, offer_id, service_id, organisation_id, form_id, form_version, portal_id,
			portal, place, service_title, authority_name, needed_level, language, data, created_at, changed_at)
		SELECT gen_random_uuid(), 'http://localhost', 'subject-' || n % $2, 'draft', 2, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(),
			gen_random_uuid(), 1, 'http://localhost', '{"id": "http://localhost", "name": "Landkreis Emsland"}', '{"ars": "034540035035", "name": "Meppen"}',
			'{"de": "Hund anmelden"}', '{"de": "Steueramt"}', 'low', 'de', decode(repeat('ab', 700), 'hex'), now(), now()
		FROM generate_series(1, $1::int) n RETURNING id`, n, citizens)
}

// floorWith makes a database with the portal's tables, what a statement puts there, giving the ids, and a floor on it.
func (b *bench) floorWith(ctx context.Context, database, name, statement string, arguments ...any) ([]uuid.UUID, *process, error) {
	if err := b.postgres.CreateDatabase(ctx, database); err != nil {
		return nil, nil, err
	}
	url := b.postgres.URL(database)
	if err := db.Migrate(ctx, url); err != nil {
		return nil, nil, err
	}
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = conn.Close(ctx) }()
	rows, err := conn.Query(ctx, statement, arguments...)
	if err != nil {
		return nil, nil, err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return nil, nil, err
	}
	if _, err := conn.Exec(ctx, "ANALYZE"); err != nil {
		return nil, nil, err
	}
	p, err := b.floor(ctx, name, url)
	return ids, p, err
}

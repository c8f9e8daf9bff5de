package association

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"portalverbund/db"
)

type store struct{ db *db.DB }

// joinedRow is the association that this portal has asked to join.
type joinedRow struct {
	Anchor   string
	Pins     []string
	Title    string
	State    State
	Reason   string
	Name     string
	Kind     string
	Areas    []string
	Roles    []string
	Listed   []string
	ListedAt *time.Time
	Failure  string
	AskedAt  time.Time
	Since    time.Time
}

const joinedColumns = "anchor, pins, title, state, reason, name, kind, areas, roles, listed, listed_at, failure, asked_at, since"

// memberRow is one who has asked this portal.
type memberRow struct {
	ID        uuid.UUID
	Entity    string
	State     State
	Name      string
	Kind      string
	Areas     []string
	Roles     []string
	JWKS      []byte
	Words     string
	Reason    string
	AskedAt   time.Time
	DecidedAt *time.Time
}

const memberColumns = "id, entity, state, name, kind, areas, roles, jwks, words, reason, asked_at, decided_at"

func (r memberRow) keys() (set jose.JSONWebKeySet, err error) {
	return set, json.Unmarshal(r.JWKS, &set)
}

// statementRow is what somebody has said.
type statementRow struct {
	Issuer    string
	Subject   string
	Text      string
	FetchedAt time.Time
}

type keyRow struct {
	ID             string
	Use            string
	Sealed         []byte
	Public         []byte
	CreatedAt      time.Time
	ActiveFrom     time.Time
	PublishedUntil *time.Time
	RevokedAt      *time.Time
}

func collect[T any](ctx context.Context, st store, query string, values ...any) ([]T, error) {
	rows, _ := st.db.Pgx(ctx).Query(ctx, query, values...) // the error comes with the rows
	return pgx.CollectRows(rows, pgx.RowToStructByPos[T])
}

func one[T any](ctx context.Context, st store, query string, values ...any) (*T, error) {
	rows, _ := st.db.Pgx(ctx).Query(ctx, query, values...) // the error comes with the rows
	row, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[T])
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil //nolint:nilnil // there is none
	}
	return &row, err
}

func (st store) exec(ctx context.Context, query string, values ...any) error {
	_, err := st.db.Pgx(ctx).Exec(ctx, query, values...)
	return err
}

// changed tells every process that something has changed.
func (st store) changed(ctx context.Context) error {
	return st.exec(ctx, "UPDATE federation_trust_revision SET revision = revision + 1")
}

func (st store) revision(ctx context.Context) (n int64, err error) {
	err = st.db.Pgx(ctx).QueryRow(ctx, "SELECT revision FROM federation_trust_revision").Scan(&n)
	return n, err
}

func (st store) joined(ctx context.Context) (*joinedRow, error) {
	return one[joinedRow](ctx, st, "SELECT "+joinedColumns+" FROM federation_association")
}

func (st store) saveJoined(ctx context.Context, r joinedRow) error {
	return st.exec(ctx, `INSERT INTO federation_association (anchor, pins, title, state, reason, name, kind, areas, roles, asked_at, since)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
		ON CONFLICT (singleton) DO UPDATE SET anchor = excluded.anchor, pins = excluded.pins, title = excluded.title, state = excluded.state,
			reason = excluded.reason, name = excluded.name, kind = excluded.kind, areas = excluded.areas, roles = excluded.roles,
			asked_at = excluded.asked_at, since = excluded.since, failure = '',
			listed = CASE WHEN federation_association.anchor = excluded.anchor THEN federation_association.listed ELSE '{}' END`,
		r.Anchor, r.Pins, r.Title, string(r.State), r.Reason, r.Name, r.Kind, nonNil(r.Areas), nonNil(r.Roles), r.AskedAt, r.Since)
}

// saveListed notes what the anchor has announced.
func (st store) saveListed(ctx context.Context, anchor string, pins []string, title string, listed []string, now time.Time) error {
	return st.exec(ctx, "UPDATE federation_association SET pins = $2, title = $3, listed = $4, listed_at = $5, failure = '' WHERE anchor = $1",
		anchor, pins, title, nonNil(listed), now)
}

func (st store) saveFailure(ctx context.Context, failure string) error {
	return st.exec(ctx, "UPDATE federation_association SET failure = $1", failure)
}

func nonNil(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

func (st store) members(ctx context.Context, states ...string) ([]memberRow, error) {
	return collect[memberRow](ctx, st, "SELECT "+memberColumns+" FROM federation_members WHERE state = ANY ($1) ORDER BY asked_at, entity", states)
}

func (st store) member(ctx context.Context, entity string) (*memberRow, error) {
	return one[memberRow](ctx, st, "SELECT "+memberColumns+" FROM federation_members WHERE entity = $1", entity)
}

func (st store) lockedMember(ctx context.Context, id uuid.UUID) (*memberRow, error) {
	return one[memberRow](ctx, st, "SELECT "+memberColumns+" FROM federation_members WHERE id = $1 FOR UPDATE", id)
}

func (st store) countAsked(ctx context.Context) (n int, err error) {
	err = st.db.Pgx(ctx).QueryRow(ctx, "SELECT count(*) FROM federation_members WHERE state = 'asked'").Scan(&n)
	return n, err
}

func (st store) saveMember(ctx context.Context, r memberRow) error {
	return st.exec(ctx, `INSERT INTO federation_members (id, entity, state, name, kind, areas, roles, jwks, words, reason, asked_at, decided_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		ON CONFLICT (entity) DO UPDATE SET state = excluded.state, name = excluded.name, kind = excluded.kind, areas = excluded.areas,
			roles = excluded.roles, jwks = excluded.jwks, words = excluded.words, reason = excluded.reason, asked_at = excluded.asked_at,
			decided_at = excluded.decided_at`,
		r.ID, r.Entity, string(r.State), r.Name, r.Kind, nonNil(r.Areas), nonNil(r.Roles), r.JWKS, r.Words, r.Reason, r.AskedAt, r.DecidedAt)
}

// saveMemberKeys takes over keys that a member announces with one that is known.
func (st store) saveMemberKeys(ctx context.Context, entity string, jwks []byte) error {
	return st.exec(ctx, "UPDATE federation_members SET jwks = $2 WHERE entity = $1 AND state = 'member'", entity, jwks)
}

func (st store) statements(ctx context.Context) ([]statementRow, error) {
	return collect[statementRow](ctx, st, "SELECT issuer, subject, text, fetched_at FROM federation_statements")
}

// saveStatements keeps what was fetched, and says of whom nothing could be fetched and why.
func (st store) saveStatements(ctx context.Context, list []statementRow, failures map[string]string, now time.Time) error {
	var issuers, subjects, texts, failed, why []string
	for _, r := range list {
		issuers, subjects, texts = append(issuers, r.Issuer), append(subjects, r.Subject), append(texts, r.Text)
	}
	for entity, failure := range failures {
		failed, why = append(failed, entity), append(why, failure)
	}
	batch := &pgx.Batch{}
	batch.Queue(`INSERT INTO federation_statements (issuer, subject, text, fetched_at)
		SELECT n.issuer, n.subject, n.text, $4 FROM unnest($1::text[], $2::text[], $3::text[]) AS n (issuer, subject, text)
		ON CONFLICT (issuer, subject) DO UPDATE SET text = excluded.text, fetched_at = excluded.fetched_at`, issuers, subjects, texts, now)
	batch.Queue("DELETE FROM federation_statement_failures WHERE entity = ANY ($1)", append(subjects, failed...))
	batch.Queue(`INSERT INTO federation_statement_failures (entity, failure, failed_at)
		SELECT n.entity, n.failure, $3 FROM unnest($1::text[], $2::text[]) AS n (entity, failure)`, failed, why, now)
	return st.db.Pgx(ctx).SendBatch(ctx, batch).Close()
}

// forgetStatements drops what was said of and by those who are not listed.
func (st store) forgetStatements(ctx context.Context, listed []string) error {
	batch := &pgx.Batch{}
	batch.Queue("DELETE FROM federation_statements WHERE subject <> ALL ($1)", nonNil(listed))
	batch.Queue("DELETE FROM federation_statement_failures WHERE entity <> ALL ($1)", nonNil(listed))
	return st.db.Pgx(ctx).SendBatch(ctx, batch).Close()
}

type failureRow struct {
	Entity   string
	Failure  string
	FailedAt time.Time
}

func (st store) failures(ctx context.Context) (map[string]failureRow, error) {
	rows, err := collect[failureRow](ctx, st, "SELECT entity, failure, failed_at FROM federation_statement_failures")
	out := make(map[string]failureRow, len(rows))
	for _, r := range rows {
		out[r.Entity] = r
	}
	return out, err
}

// keys gives all keys of a portal, the newest first.
func (st store) keys(ctx context.Context) ([]keyRow, error) {
	return collect[keyRow](ctx, st, `SELECT id, use, sealed, public, created_at, active_from, published_until, revoked_at FROM federation_keys
		ORDER BY active_from DESC, id`)
}

func (st store) addKey(ctx context.Context, r keyRow) error {
	return st.exec(ctx, `INSERT INTO federation_keys (id, use, sealed, public, created_at, active_from) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (id) DO NOTHING`, r.ID, r.Use, r.Sealed, r.Public, r.CreatedAt, r.ActiveFrom)
}

// publishUntil says when a key's time is over.
func (st store) publishUntil(ctx context.Context, id string, until time.Time) error {
	return st.exec(ctx, "UPDATE federation_keys SET published_until = $2 WHERE id = $1 AND published_until IS NULL", id, until)
}

// revoke withdraws all other keys of a use at once.
func (st store) revoke(ctx context.Context, use, except string, now time.Time) error {
	return st.exec(ctx, `UPDATE federation_keys SET published_until = least(published_until, $3), revoked_at = $3
		WHERE use = $1 AND id <> $2 AND (published_until IS NULL OR published_until > $3)`, use, except, now)
}

// dropPrivate forgets private keys whose time is over.
func (st store) dropPrivate(ctx context.Context, now time.Time) error {
	return st.exec(ctx, "UPDATE federation_keys SET sealed = NULL WHERE sealed IS NOT NULL AND published_until < $1", now)
}

// lock takes a lock of the database for the time of a transaction, so that processes take turns.
func (st store) lock(ctx context.Context, name string) error {
	return st.exec(ctx, "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", name)
}

// alone lets one process at a time do something; ok is false while another does it.
func (st store) alone(ctx context.Context, name string) (release func(), ok bool, err error) {
	conn, err := st.db.Pool().Acquire(ctx)
	if err != nil {
		return nil, false, err
	}
	if err := conn.QueryRow(ctx, "SELECT pg_try_advisory_lock(hashtextextended($1, 0))", name).Scan(&ok); err != nil || !ok {
		conn.Release()
		return nil, false, err
	}
	return func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if _, err := conn.Exec(ctx, "SELECT pg_advisory_unlock(hashtextextended($1, 0))", name); err != nil {
			_ = conn.Hijack().Close(ctx) // the lock goes with the connection
			return
		}
		conn.Release()
	}, true, nil
}

func wrapped(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

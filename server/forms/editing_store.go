package forms

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/paging"
)

// editRow is what is kept about writing a form.
type editRow struct {
	Revision      int64
	Draft         []byte
	Base          int
	State         draftState
	Authors       []uuid.UUID
	Note          string
	ChangedAt     *time.Time
	ChangedName   string
	SubmittedAt   *time.Time
	SubmittedName string
}

// editRow reads the row of a form; in a transaction it is there and locked afterwards.
func (s *Service) editRow(ctx context.Context, id uuid.UUID) (editRow, error) {
	lock := ""
	if s.db.InTx(ctx) {
		if _, err := s.db.Pgx(ctx).Exec(ctx, `INSERT INTO form_editing (form_id) VALUES ($1) ON CONFLICT DO NOTHING`, id); err != nil {
			return editRow{}, fmt.Errorf("read form: %w", err)
		}
		lock = " FOR UPDATE"
	}
	r := editRow{State: none}
	err := s.db.Pgx(ctx).QueryRow(ctx, `SELECT revision, draft, base, state, authors, note, changed_at, changed_name, submitted_at, submitted_name
		FROM form_editing WHERE form_id = $1`+lock, id).
		Scan(&r.Revision, &r.Draft, &r.Base, &r.State, &r.Authors, &r.Note, &r.ChangedAt, &r.ChangedName, &r.SubmittedAt, &r.SubmittedName)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return r, fmt.Errorf("read form: %w", err)
	}
	return r, nil
}

// putEdit writes the row of a form under its next revision, or deletes it.
func (s *Service) putEdit(ctx context.Context, b *workbench) error {
	if b.gone {
		if _, err := s.db.Pgx(ctx).Exec(ctx, `DELETE FROM form_editing WHERE form_id = $1`, b.id); err != nil {
			return fmt.Errorf("write form: %w", err)
		}
		return nil
	}
	r := b.row
	if r.Authors == nil {
		r.Authors = []uuid.UUID{}
	}
	_, err := s.db.Pgx(ctx).Exec(ctx, `UPDATE form_editing SET revision = revision + 1, draft = $2, base = $3, state = $4, authors = $5, note = $6,
		changed_at = $7, changed_name = $8, submitted_at = $9, submitted_name = $10 WHERE form_id = $1`,
		b.id, r.Draft, r.Base, r.State, r.Authors, r.Note, r.ChangedAt, r.ChangedName, r.SubmittedAt, r.SubmittedName)
	if err != nil {
		return fmt.Errorf("write form: %w", err)
	}
	return nil
}

// newestOf reads the newest version of a form, one that was taken back, too; nil where there is none.
func (s *Service) newestOf(ctx context.Context, id uuid.UUID) (*releasedForm, error) {
	var r releasedForm
	err := s.db.Pgx(ctx).QueryRow(ctx, `SELECT version, owner, definition, created_at, withdrawn_at FROM forms WHERE id = $1 ORDER BY version DESC LIMIT 1`, id).
		Scan(&r.Version, &r.Owner, &r.Definition, &r.CreatedAt, &r.WithdrawnAt)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read form: %w", err)
	}
	return &r, nil
}

func (s *Service) addRelease(ctx context.Context, id uuid.UUID, v types.FormVersion) error {
	_, err := s.db.Pgx(ctx).Exec(ctx, `INSERT INTO form_releases (form_id, version, at, by_name, reviewed_for, note) VALUES ($1, $2, $3, $4, $5, $6)`,
		id, v.Number, v.At, v.By, v.ReviewedFor, v.Note)
	if err != nil {
		return fmt.Errorf("keep release: %w", err)
	}
	return nil
}

// releases reads versions of a form before one (0: all), the latest first.
func (s *Service) releases(ctx context.Context, id uuid.UUID, before, limit int) ([]types.FormVersion, error) {
	if before <= 0 {
		before = math.MaxInt32
	}
	rows, err := s.db.Pgx(ctx).Query(ctx, `SELECT f.version, coalesce(r.at, f.created_at), coalesce(r.by_name, ''), coalesce(r.reviewed_for, ''), coalesce(r.note, '')
		FROM forms f LEFT JOIN form_releases r ON r.form_id = f.id AND r.version = f.version
		WHERE f.id = $1 AND f.version < $2 ORDER BY f.version DESC LIMIT $3`, id, before, limit)
	if err != nil {
		return nil, fmt.Errorf("list versions of form: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (types.FormVersion, error) {
		var v types.FormVersion
		var by, reviewedFor, note string
		err := row.Scan(&v.Number, &v.At, &by, &reviewedFor, &note)
		v.By, v.ReviewedFor, v.Note = optional(by), optional(reviewedFor), optional(note)
		return v, err
	})
	if err != nil {
		return nil, fmt.Errorf("list versions of form: %w", err)
	}
	return list, nil
}

// This portal's forms with their working copies. $1 this portal, $2 language, $3 part of a title or an id, $4 and $5 title and id of the
// last one of the page before, $6 how many.
const ownQuery = `
	WITH released AS (
		SELECT DISTINCT ON (id) id, version, definition->'title' AS titles, created_at, withdrawn_at FROM forms WHERE owner = $1 ORDER BY id, version DESC
	), listed AS (
		SELECT coalesce(r.id, e.form_id) AS id, r.version, r.created_at, r.withdrawn_at IS NOT NULL AS withdrawn, coalesce(e.state, 'none') AS state,
			e.draft IS NOT NULL AS has_draft, e.changed_at, coalesce(e.changed_name, '') AS changed_name, coalesce(e.draft->'title', r.titles) AS titles
		FROM released r FULL JOIN form_editing e ON e.form_id = r.id WHERE r.id IS NOT NULL OR e.draft IS NOT NULL
	), named AS (
		SELECT *, coalesce(nullif(titles->>$2, ''), nullif(titles->>'de', ''), titles->>'en', '') AS title FROM listed
	)
	SELECT id, version, created_at, withdrawn, state, has_draft, changed_at, changed_name, title, lower(title) FROM named
	WHERE ($3 = '' OR id::text = $3 OR EXISTS (SELECT FROM jsonb_each_text(titles) t WHERE lower(t.value) LIKE '%' || $3 || '%'))
		AND (lower(title), id) > ($4, $5)
	ORDER BY lower(title), id LIMIT $6`

// own lists the forms of this portal, without their uses.
func (s *Service) own(ctx context.Context, q OwnQuery) ([]types.OwnForm, string, error) {
	after := struct {
		Title string
		ID    uuid.UUID
	}{}
	if q.Cursor != "" {
		text, err := base64.RawURLEncoding.DecodeString(q.Cursor)
		if err != nil || json.Unmarshal(text, &after) != nil || strings.ContainsRune(after.Title, 0) {
			return nil, "", paging.NoSuchPage()
		}
	}
	rows, err := s.db.Pgx(ctx).Query(ctx, ownQuery, s.portals.Self().Id, httpx.LanguageOf(ctx), likeWords(q.Words), after.Title, after.ID, q.Limit+1)
	if err != nil {
		return nil, "", fmt.Errorf("list own forms: %w", err)
	}
	orders := []string{}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (types.OwnForm, error) {
		f, order, err := readOwn(row)
		orders = append(orders, order)
		return f, err
	})
	if err != nil {
		return nil, "", fmt.Errorf("list own forms: %w", err)
	}
	if len(list) <= q.Limit {
		return list, "", nil
	}
	list = list[:q.Limit]
	after.Title, after.ID = orders[q.Limit-1], list[q.Limit-1].Id
	text, err := json.Marshal(after)
	if err != nil {
		return nil, "", fmt.Errorf("list own forms: %w", err)
	}
	return list, base64.RawURLEncoding.EncodeToString(text), nil
}

// readOwn reads a row of ownQuery, and by what it is ordered.
func readOwn(row pgx.CollectableRow) (f types.OwnForm, order string, err error) {
	b := &workbench{}
	var withdrawn, hasDraft bool
	var changedBy string
	if err := row.Scan(&f.Id, &f.Version, &f.ReleasedAt, &withdrawn, &b.row.State, &hasDraft, &f.ChangedAt, &changedBy, &f.Title, &order); err != nil {
		return f, "", err
	}
	if f.Version != nil {
		b.released = &releasedForm{Version: *f.Version}
		if withdrawn {
			b.released.WithdrawnAt = &time.Time{}
		}
	}
	if hasDraft {
		b.row.Draft = []byte("{}")
	}
	f.State, f.HasDraft, f.ChangedBy = b.state(), hasDraft, optional(changedBy)
	return f, order, nil
}

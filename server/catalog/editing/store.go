package editing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"portalverbund/api/types"
	"portalverbund/db"
)

type store struct{ db *db.DB }

// row is an entry's row at the desk.
type row struct {
	Revision      int64
	Title         string
	Languages     []string
	Draft         []byte
	Base          []byte
	BaseDigest    []byte
	State         draftState
	Authors       []uuid.UUID
	Note          string
	ChangedAt     *time.Time
	ChangedName   string
	SubmittedAt   *time.Time
	SubmittedName string
	ReleaseAt     *time.Time
	ReleasedBy    *uuid.UUID
	ReleasedName  string
	WithdrawnAt   *time.Time
	DeletedAt     *time.Time
}

const rowColumns = `revision, title, languages, draft, base, base_digest, state, authors, note, changed_at, changed_name, submitted_at,
	submitted_name, release_at, released_by, released_name, withdrawn_at, deleted_at`

// begin gives an entry a row if it has none.
func (s store) begin(ctx context.Context, ref Ref) error {
	_, err := s.db.Pgx(ctx).Exec(ctx, `INSERT INTO catalog_editing (kind, entry_id) VALUES ($1, $2) ON CONFLICT DO NOTHING`, ref.Kind, ref.ID)
	if err != nil {
		return fmt.Errorf("begin a draft: %w", err)
	}
	return nil
}

// row reads an entry's row, and in a transaction locks it; one that is not there is empty.
func (s store) row(ctx context.Context, ref Ref) (row, error) {
	statement := `SELECT ` + rowColumns + ` FROM catalog_editing WHERE kind = $1 AND entry_id = $2`
	if s.db.InTx(ctx) {
		statement += " FOR UPDATE"
	}
	rows, err := s.db.Pgx(ctx).Query(ctx, statement, ref.Kind, ref.ID)
	if err != nil {
		return row{}, fmt.Errorf("read draft: %w", err)
	}
	r, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[row])
	if errors.Is(err, pgx.ErrNoRows) {
		return row{State: none}, nil
	}
	if err != nil {
		return row{}, fmt.Errorf("read draft: %w", err)
	}
	return r, nil
}

// put writes a row under its next revision.
func (s store) put(ctx context.Context, ref Ref, r row) error {
	_, err := s.db.Pgx(ctx).Exec(ctx, `UPDATE catalog_editing SET revision = revision + 1, title = $3, languages = $4, draft = $5, base = $6,
		base_digest = $7, state = $8, authors = $9, note = $10, changed_at = $11, changed_name = $12, submitted_at = $13, submitted_name = $14,
		release_at = $15, released_by = $16, released_name = $17, withdrawn_at = $18, deleted_at = $19
		WHERE kind = $1 AND entry_id = $2`,
		ref.Kind, ref.ID, r.Title, orEmpty(r.Languages), r.Draft, r.Base, r.BaseDigest, r.State, orEmpty(r.Authors), r.Note, r.ChangedAt, r.ChangedName,
		r.SubmittedAt, r.SubmittedName, r.ReleaseAt, r.ReleasedBy, r.ReleasedName, r.WithdrawnAt, r.DeletedAt)
	if err != nil {
		return fmt.Errorf("write draft: %w", err)
	}
	return nil
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// Version is an entry as it was once.
type Version struct {
	Number      int
	Action      types.EntryVersionAction
	At          time.Time
	By          string
	ReviewedFor string
	Authors     []uuid.UUID
	Note        string
	Content     json.RawMessage
	Digest      []byte
}

const versionColumns = `number, action, at, by_name, reviewed_for, authors, note, content, digest`

// addVersion keeps a version under the next number. The entry's row is locked, so that no two take the same one.
func (s store) addVersion(ctx context.Context, ref Ref, v Version) error {
	var content any
	if v.Content != nil {
		content = []byte(v.Content)
	}
	_, err := s.db.Pgx(ctx).Exec(ctx, `INSERT INTO catalog_versions (kind, entry_id, `+versionColumns+`)
		SELECT $1, $2, coalesce(max(number), 0) + 1, $3, $4, $5, $6, $7, $8, $9, $10 FROM catalog_versions WHERE kind = $1 AND entry_id = $2`,
		ref.Kind, ref.ID, v.Action, v.At, v.By, v.ReviewedFor, orEmpty(v.Authors), v.Note, content, v.Digest)
	if err != nil {
		return fmt.Errorf("keep version: %w", err)
	}
	return nil
}

// lastReleased gives the digest of the version that was released or imported last; nil when there is none.
func (s store) lastReleased(ctx context.Context, ref Ref) (digest []byte, err error) {
	err = s.db.Pgx(ctx).QueryRow(ctx, `SELECT digest FROM catalog_versions WHERE kind = $1 AND entry_id = $2 AND action IN ('imported', 'released')
		ORDER BY number DESC LIMIT 1`, ref.Kind, ref.ID).Scan(&digest)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return nil, fmt.Errorf("read versions: %w", err)
	}
	return digest, nil
}

// versions reads versions before a number, the latest first, without contents.
func (s store) versions(ctx context.Context, ref Ref, before, limit int) ([]Version, error) {
	rows, err := s.db.Pgx(ctx).Query(ctx, `SELECT number, action, at, by_name, reviewed_for, authors, note, NULL::json, digest FROM catalog_versions
		WHERE kind = $1 AND entry_id = $2 AND number < $3 ORDER BY number DESC LIMIT $4`, ref.Kind, ref.ID, before, limit)
	if err != nil {
		return nil, fmt.Errorf("read versions: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Version])
	if err != nil {
		return nil, fmt.Errorf("read versions: %w", err)
	}
	return list, nil
}

// version reads one version, by number, or the last with an action.
func (s store) version(ctx context.Context, ref Ref, where string, arg any) (Version, bool, error) {
	rows, err := s.db.Pgx(ctx).Query(ctx, `SELECT `+versionColumns+` FROM catalog_versions WHERE kind = $1 AND entry_id = $2 AND `+where+`
		ORDER BY number DESC LIMIT 1`, ref.Kind, ref.ID, arg)
	if err != nil {
		return Version{}, false, fmt.Errorf("read version: %w", err)
	}
	v, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Version])
	if errors.Is(err, pgx.ErrNoRows) {
		return Version{}, false, nil
	}
	if err != nil {
		return Version{}, false, fmt.Errorf("read version: %w", err)
	}
	return v, true, nil
}

const keptComments = 100 // that are shown with an entry

func (s store) comments(ctx context.Context, ref Ref) ([]Comment, error) {
	rows, err := s.db.Pgx(ctx).Query(ctx, `SELECT id, at, by_name, what, text FROM catalog_comments WHERE kind = $1 AND entry_id = $2
		ORDER BY id DESC LIMIT $3`, ref.Kind, ref.ID, keptComments)
	if err != nil {
		return nil, fmt.Errorf("read comments: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Comment])
	if err != nil {
		return nil, fmt.Errorf("read comments: %w", err)
	}
	return list, nil
}

func (s store) addComment(ctx context.Context, ref Ref, c Comment) error {
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("make id: %w", err)
	}
	_, err = s.db.Pgx(ctx).Exec(ctx, `INSERT INTO catalog_comments (id, kind, entry_id, at, by_name, what, text) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		id, ref.Kind, ref.ID, c.At, c.By, c.What, c.Text)
	if err != nil {
		return fmt.Errorf("keep comment: %w", err)
	}
	return nil
}

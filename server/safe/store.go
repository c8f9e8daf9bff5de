package safe

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	openapi "github.com/oapi-codegen/runtime/types"

	"portalverbund/api/types"
)

const sealName = "safe/label"

type row struct {
	ID        uuid.UUID
	AccountID uuid.UUID
	Ready     bool
	Sealed    []byte
	MediaType string
	Size      int64
	Wrapped   []byte
	Master    string
	CreatedAt time.Time
	DeletedAt *time.Time
	DeleteAt  *time.Time
	Source    *uuid.UUID // the message, of a letter
}

func (row) TableName() string { return "safe_documents" }

// label is what is sealed of a document.
type label struct {
	Name       string                 `json:"name"`
	Kind       types.SafeDocumentKind `json:"kind"`
	ValidUntil string                 `json:"validUntil,omitempty"` // YYYY-MM-DD
	SHA256     string                 `json:"sha256"`
	Origin     *origin                `json:"origin,omitempty"` // of a letter

	source *uuid.UUID // in a column of its own
}

// objectKey names a file in the object store.
func objectKey(id uuid.UUID) string { return "safe/" + id.String() }

func (s *Service) seal(id uuid.UUID, l label) ([]byte, error) {
	text, err := json.Marshal(l)
	if err != nil {
		return nil, fmt.Errorf("write label: %w", err)
	}
	return s.Keys.Seal(sealName, text, id[:])
}

func (s *Service) label(r row) (l label, err error) {
	text, err := s.Keys.Open(sealName, r.Sealed, r.ID[:])
	if err == nil {
		err = json.Unmarshal(text, &l)
	}
	if err != nil {
		return l, fmt.Errorf("read label: %w", err)
	}
	return l, nil
}

func (s *Service) document(r row) (types.SafeDocument, error) {
	l, err := s.label(r)
	if err != nil {
		return types.SafeDocument{}, err
	}
	d := types.SafeDocument{
		Id: r.ID, Name: l.Name, Kind: l.Kind, MediaType: types.SafeDocumentMediaType(r.MediaType), Size: r.Size, Sha256: l.SHA256, CreatedAt: r.CreatedAt,
	}
	if l.Origin != nil {
		d.Origin = &types.DocumentOrigin{Sender: l.Origin.Sender, At: l.Origin.At}
	}
	if l.ValidUntil != "" {
		day, err := time.Parse(time.DateOnly, l.ValidUntil)
		if err != nil {
			return d, fmt.Errorf("read label: %w", err)
		}
		d.ValidUntil = &openapi.Date{Time: day}
	}
	return d, nil
}

// all gives the documents of an account, the newest first.
func (s *Service) all(ctx context.Context, account uuid.UUID) (rows []row, err error) {
	err = s.DB.From(ctx).Where("account_id = ? AND ready AND deleted_at IS NULL", account).Order("created_at DESC, id DESC").Limit(MaxDocuments).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read documents: %w", err)
	}
	return rows, nil
}

// one gives a document of an account.
func (s *Service) one(ctx context.Context, account, id uuid.UUID) (row, error) {
	return s.find(ctx, "SELECT * FROM safe_documents WHERE id = ? AND account_id = ? AND ready AND deleted_at IS NULL", id, account)
}

// lock gives a document of an account, also one that can be taken back, and nobody else changes it meanwhile.
func (s *Service) lock(ctx context.Context, account, id uuid.UUID) (row, error) {
	return s.find(ctx, `SELECT * FROM safe_documents WHERE id = ? AND account_id = ? AND ready AND (delete_at IS NULL OR delete_at > ?) FOR UPDATE`, id, account, s.Now())
}

func (s *Service) find(ctx context.Context, query string, args ...any) (row, error) {
	var rows []row
	if err := s.DB.From(ctx).Raw(query, args...).Scan(&rows).Error; err != nil {
		return row{}, fmt.Errorf("read document: %w", err)
	}
	if len(rows) == 0 {
		return row{}, errUnknown
	}
	return rows[0], nil
}

// lockSafe has nobody else put anything into an account's safe until the transaction ends.
func (s *Service) lockSafe(ctx context.Context, account uuid.UUID) error {
	if err := s.DB.From(ctx).Exec("SELECT pg_advisory_xact_lock(hashtextextended(?, 0))", "safe "+account.String()).Error; err != nil {
		return fmt.Errorf("lock safe: %w", err)
	}
	return nil
}

// usage is what a safe holds; All also counts what can be taken back. What is being uploaded counts as what was set aside.
type usage struct {
	Documents, AllDocuments int
	Bytes, AllBytes         int64
}

func (s *Service) usage(ctx context.Context, account uuid.UUID) (u usage, err error) {
	err = s.DB.From(ctx).Raw(`SELECT count(*) FILTER (WHERE deleted_at IS NULL), count(*), coalesce(sum(size) FILTER (WHERE deleted_at IS NULL), 0), coalesce(sum(size), 0)
		FROM safe_documents WHERE account_id = ?`, account).Row().Scan(&u.Documents, &u.AllDocuments, &u.Bytes, &u.AllBytes)
	if err != nil {
		return u, fmt.Errorf("count documents: %w", err)
	}
	return u, nil
}

func (s *Service) create(ctx context.Context, r row) error {
	if err := s.DB.From(ctx).Create(&r).Error; err != nil {
		return fmt.Errorf("write document: %w", err)
	}
	return nil
}

// save writes what changes of a document: label, and whether it is deleted.
func (s *Service) save(ctx context.Context, r row) error {
	err := s.DB.From(ctx).Exec("UPDATE safe_documents SET deleted_at = ?, delete_at = ?, sealed = ? WHERE id = ?", r.DeletedAt, r.DeleteAt, r.Sealed, r.ID).Error
	if err != nil {
		return fmt.Errorf("write document: %w", err)
	}
	return nil
}

// finish makes a document of what was set aside; false when that is gone.
func (s *Service) finish(ctx context.Context, r row) (bool, error) {
	res := s.DB.From(ctx).Exec("UPDATE safe_documents SET ready = true, delete_at = NULL, size = ?, sealed = ? WHERE id = ? AND NOT ready", r.Size, r.Sealed, r.ID)
	if res.Error != nil {
		return false, fmt.Errorf("write document: %w", res.Error)
	}
	return res.RowsAffected == 1, nil
}

func (s *Service) remove(ctx context.Context, id uuid.UUID) error {
	if err := s.DB.From(ctx).Exec("DELETE FROM safe_documents WHERE id = ?", id).Error; err != nil {
		return fmt.Errorf("delete document: %w", err)
	}
	return nil
}

// takeDue deletes rows whose time has come, up to a number, and names their files.
func (s *Service) takeDue(ctx context.Context, limit int) (objects []string, err error) {
	var ids []string
	err = s.DB.From(ctx).Raw(`DELETE FROM safe_documents WHERE id IN (SELECT id FROM safe_documents WHERE delete_at <= ? ORDER BY delete_at LIMIT ? FOR UPDATE SKIP LOCKED)
		RETURNING id::text`, s.Now(), limit).Scan(&ids).Error
	if err != nil {
		return nil, fmt.Errorf("delete documents: %w", err)
	}
	for _, id := range ids {
		objects = append(objects, "safe/"+id)
	}
	return objects, nil
}

// wrappedBefore gives documents after an id whose keys another master key than this one has wrapped.
func (s *Service) wrappedBefore(ctx context.Context, master string, after uuid.UUID, limit int) (rows []row, err error) {
	err = s.DB.From(ctx).Raw("SELECT id, wrapped FROM safe_documents WHERE master <> ? AND id > ? ORDER BY id LIMIT ?", master, after, limit).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read keys of documents: %w", err)
	}
	return rows, nil
}

// WrappedByOthers counts documents, also deleted ones, whose keys another master key than this one has wrapped.
func (s *Service) WrappedByOthers(ctx context.Context, master string) (n int, err error) {
	if err := s.DB.From(ctx).Raw("SELECT count(*) FROM safe_documents WHERE master <> ?", master).Row().Scan(&n); err != nil {
		return 0, fmt.Errorf("count keys of documents: %w", err)
	}
	return n, nil
}

func (s *Service) keepWrapped(ctx context.Context, master string, ids []string, wrapped [][]byte) error {
	_, err := s.DB.Pgx(ctx).Exec(ctx, `UPDATE safe_documents d SET wrapped = w.wrapped, master = $1
		FROM unnest($2::text[], $3::bytea[]) AS w(id, wrapped) WHERE d.id = w.id::uuid`, master, ids, wrapped)
	if err != nil {
		return fmt.Errorf("write keys of documents: %w", err)
	}
	return nil
}

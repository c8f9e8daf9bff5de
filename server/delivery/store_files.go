package delivery

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
)

const sweepBatch = 100

type fileRow struct {
	DeliveryID uuid.UUID
	ID         uuid.UUID
	Given      bool
	State      string
	Name       []byte
	MediaType  string
	Size       int64
	SHA256     string `gorm:"column:sha256"`
	Mismatches int
	CreatedAt  time.Time
	ToldAt     *time.Time
	DeleteAt   *time.Time
	DeletedAt  *time.Time
}

func (fileRow) TableName() string { return "delivery_files" }

// fileKey names a file in the object store.
func fileKey(f fileRow) string { return "deliveries/" + f.DeliveryID.String() + "/" + f.ID.String() }

// file reads one file; problem.NotFound when there is none.
func (s *Service) file(ctx context.Context, query string, args ...any) (fileRow, error) {
	var rows []fileRow
	if err := s.db.From(ctx).Raw(query, args...).Scan(&rows).Error; err != nil {
		return fileRow{}, fmt.Errorf("read file of a delivery: %w", err)
	}
	if len(rows) == 0 {
		return fileRow{}, errFileUnknown
	}
	return rows[0], nil
}

// documentsOf says how many documents a provider has added to a delivery, and how many bytes they have.
func (s *Service) documentsOf(ctx context.Context, deliveryID uuid.UUID) (count int, size int64, err error) {
	var sum struct {
		Count int
		Size  int64
	}
	err = s.db.From(ctx).Raw("SELECT count(*) AS count, coalesce(sum(size), 0) AS size FROM delivery_files WHERE delivery_id = ? AND given AND state = ?",
		deliveryID, fileReady).Scan(&sum).Error
	if err != nil {
		return 0, 0, fmt.Errorf("count documents: %w", err)
	}
	return sum.Count, sum.Size, nil
}

// available says for deliveries which of their attachments are here, and in which something harmful was found.
func (s *Service) available(ctx context.Context, items []Delivery) error {
	ids := make([]uuid.UUID, 0, len(items))
	for _, d := range items {
		if len(d.Attachments) > 0 {
			ids = append(ids, d.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	var rows []fileRow
	err := s.db.From(ctx).Raw("SELECT delivery_id, id, state, deleted_at FROM delivery_files WHERE delivery_id IN ? AND NOT given AND state IN ?", ids, []string{fileReady, fileRefused}).Scan(&rows).Error
	if err != nil {
		return fmt.Errorf("read attachments: %w", err)
	}
	known := map[[2]uuid.UUID]fileRow{}
	for _, f := range rows {
		known[[2]uuid.UUID{f.DeliveryID, f.ID}] = f
	}
	for _, d := range items {
		for i := range d.Attachments {
			f := known[[2]uuid.UUID{d.ID, d.Attachments[i].Id}]
			here := f.State == fileReady && f.DeletedAt == nil
			d.Attachments[i].Available = &here
			if f.State == fileRefused {
				refused := types.CheckRefused
				d.Attachments[i].Check = &refused
			}
		}
	}
	return nil
}

// addRefused says of deliveries in how many of their files something harmful was found.
func (s *Service) addRefused(ctx context.Context, heads []types.DeliveryHead) error {
	ids := make([]uuid.UUID, 0, len(heads))
	for _, h := range heads {
		ids = append(ids, h.Id)
	}
	if len(ids) == 0 {
		return nil
	}
	var counts []struct {
		DeliveryID uuid.UUID
		Refused    int
	}
	err := s.db.From(ctx).Raw("SELECT delivery_id, count(*) AS refused FROM delivery_files WHERE delivery_id IN ? AND NOT given AND state = ? GROUP BY delivery_id", ids, fileRefused).Scan(&counts).Error
	if err != nil {
		return fmt.Errorf("count refused attachments: %w", err)
	}
	for _, c := range counts {
		for i := range heads {
			if heads[i].Id == c.DeliveryID {
				heads[i].RefusedFiles = &c.Refused
			}
		}
	}
	return nil
}

// filesOver lets the attachments of a delivery that is over go after a while.
func (s *Service) filesOver(ctx context.Context, deliveryID uuid.UUID, state types.DeliveryState) error {
	if !over(state) {
		return nil
	}
	return s.letFilesGo(ctx, deliveryID)
}

func (s *Service) letFilesGo(ctx context.Context, deliveryID uuid.UUID) error {
	err := s.db.From(ctx).Exec("UPDATE delivery_files SET delete_at = ? WHERE delivery_id = ? AND NOT given AND deleted_at IS NULL", s.now().Add(keepOver), deliveryID).Error
	if err != nil {
		return fmt.Errorf("let attachments go: %w", err)
	}
	return nil
}

func (s *Service) dueFiles(ctx context.Context, limit int) (rows []fileRow, err error) {
	err = s.db.From(ctx).Raw("SELECT * FROM delivery_files WHERE delete_at <= ? AND deleted_at IS NULL ORDER BY delete_at LIMIT ?", s.now(), limit).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read files that are due: %w", err)
	}
	return rows, nil
}

// filesGone notes that files are not in the object store any more; of broken uploads nothing stays.
func (s *Service) filesGone(ctx context.Context, rows []fileRow) error {
	if len(rows) == 0 {
		return nil
	}
	ids := make([]string, 0, len(rows))
	deliveries := make([]string, 0, len(rows))
	for _, f := range rows {
		deliveries, ids = append(deliveries, f.DeliveryID.String()), append(ids, f.ID.String())
	}
	_, err := s.db.Pgx(ctx).Exec(ctx, `WITH due AS (SELECT d::uuid AS delivery_id, f::uuid AS id FROM unnest($1::text[], $2::text[]) AS x (d, f)),
			broken AS (DELETE FROM delivery_files t USING due WHERE t.delivery_id = due.delivery_id AND t.id = due.id AND t.given AND t.state = 'pending')
		UPDATE delivery_files t SET deleted_at = $3 FROM due WHERE t.delivery_id = due.delivery_id AND t.id = due.id AND NOT (t.given AND t.state = 'pending')`,
		deliveries, ids, s.now())
	if err != nil {
		return fmt.Errorf("note that files are gone: %w", err)
	}
	return nil
}

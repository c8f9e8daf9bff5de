package forms

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm/clause"

	"portalverbund/api/types"
)

type formRow struct {
	ID          uuid.UUID `gorm:"primaryKey"`
	Version     int       `gorm:"primaryKey"`
	Owner       string
	Definition  []byte `gorm:"type:jsonb"`
	Digest      []byte
	CreatedAt   time.Time
	WithdrawnAt *time.Time
}

func (formRow) TableName() string { return "forms" }

func newRow(d definition, owner string, now time.Time) formRow {
	text, _ := json.Marshal(d.rawContent) // it has been read from JSON
	return formRow{ID: d.ID, Version: d.Version, Owner: owner, Definition: text, Digest: d.digest, CreatedAt: now}
}

// versions says what is known of a form.
type versions struct {
	owner     string
	newest    int
	digests   map[int][]byte
	withdrawn bool
}

func (s *Service) versionsOf(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]*versions, error) {
	var rows []formRow
	err := s.db.From(ctx).Select("id", "version", "owner", "digest", "withdrawn_at").Where("id IN ?", ids).Find(&rows).Error
	if err != nil {
		return nil, err
	}
	known := map[uuid.UUID]*versions{}
	for _, r := range rows {
		v := known[r.ID]
		if v == nil {
			v = &versions{owner: r.Owner, digests: map[int][]byte{}}
			known[r.ID] = v
		}
		v.newest = max(v.newest, r.Version)
		v.digests[r.Version] = r.Digest
		v.withdrawn = r.WithdrawnAt != nil
	}
	return known, nil
}

func (s *Service) insert(ctx context.Context, rows []formRow) error {
	if len(rows) == 0 {
		return nil
	}
	return s.db.From(ctx).Clauses(clause.OnConflict{DoNothing: true}).CreateInBatches(rows, 50).Error
}

// setWithdrawn takes all versions of forms back, or offers them again.
func (s *Service) setWithdrawn(ctx context.Context, owner string, ids []uuid.UUID, withdrawn bool) error {
	if len(ids) == 0 {
		return nil
	}
	rows := s.db.From(ctx).Model(&formRow{}).Where("owner = ? AND id IN ?", owner, ids)
	if withdrawn {
		return rows.Where("withdrawn_at IS NULL").Update("withdrawn_at", s.now()).Error
	}
	return rows.Where("withdrawn_at IS NOT NULL").Update("withdrawn_at", nil).Error
}

func (s *Service) newest(ctx context.Context, id uuid.UUID) (int, error) {
	var found []int
	err := s.db.From(ctx).Raw("SELECT version FROM forms WHERE id = ? AND withdrawn_at IS NULL ORDER BY version DESC LIMIT 1", id).Scan(&found).Error
	if err != nil {
		return 0, fmt.Errorf("find form %s: %w", id, err)
	}
	if len(found) == 0 {
		return 0, formUnknown()
	}
	return found[0], nil
}

func (s *Service) load(ctx context.Context, id uuid.UUID, version int) (types.Form, error) {
	var rows []formRow
	err := s.db.From(ctx).Raw("SELECT owner, definition FROM forms WHERE id = ? AND version = ?", id, version).Scan(&rows).Error
	if err != nil {
		return types.Form{}, fmt.Errorf("read form %s: %w", id, err)
	}
	if len(rows) == 0 {
		return types.Form{}, formUnknown()
	}
	var c content
	if err := json.Unmarshal(rows[0].Definition, &c); err != nil {
		return types.Form{}, fmt.Errorf("read form %s: %w", id, err)
	}
	return types.Form{
		Id: id, Version: version, Title: c.Title, Schema: c.Schema, Layout: c.Layout,
		Owner: types.PortalReference{Id: rows[0].Owner},
	}, nil
}

// layouts gives the newest layouts of forms, those that are not known left out.
func (s *Service) layouts(ctx context.Context, ids []uuid.UUID) ([]types.FormLayout, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var texts [][]byte
	err := s.db.From(ctx).Raw(`SELECT DISTINCT ON (id) definition->'layout' FROM forms WHERE id IN ? AND withdrawn_at IS NULL
		ORDER BY id, version DESC`, ids).Scan(&texts).Error
	if err != nil {
		return nil, fmt.Errorf("read layouts: %w", err)
	}
	out := make([]types.FormLayout, len(texts))
	for i, text := range texts {
		if err := json.Unmarshal(text, &out[i]); err != nil {
			return nil, fmt.Errorf("read layouts: %w", err)
		}
	}
	return out, nil
}

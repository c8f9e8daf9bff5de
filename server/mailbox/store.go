package mailbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"portalverbund/api/types"
	"portalverbund/server/platform/paging"

	"github.com/google/uuid"
	"gorm.io/gorm"
)

type row struct {
	ID          uuid.UUID `gorm:"primaryKey"`
	AccountID   uuid.UUID
	Origin      string
	MessageID   uuid.UUID
	Content     []byte
	At          time.Time
	ReceivedAt  time.Time
	FirstReadAt *time.Time
	DeletedAt   *time.Time // not gorm's kind: what is deleted stays a row
	KeptAt      *time.Time // when it was put into the safe, so that it need not be by itself
	// Safe is what became of it there; nil: nobody has put it there.
	Safe *types.MessageSafe `gorm:"serializer:json"`
}

func (row) TableName() string { return "mailbox_messages" }

// content is what is sealed of a message.
type content struct {
	Subject string `json:"subject"`
	Sender  string `json:"sender"`
	Text    string `json:"text"`
	Link    string `json:"link,omitempty"`

	Documents []types.EventDocument `json:"documents,omitempty"`
}

const sealContent = "mailbox content"

func (s *Service) seal(id uuid.UUID, c content) ([]byte, error) {
	plain, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	return s.keys.Seal(sealContent, plain, id[:])
}

func (s *Service) message(r row) (Message, error) {
	plain, err := s.keys.Open(sealContent, r.Content, r.ID[:])
	if err != nil {
		return Message{}, err
	}
	var c content
	if err := json.Unmarshal(plain, &c); err != nil {
		return Message{}, fmt.Errorf("read message: %w", err)
	}
	return Message{ID: r.ID, Subject: c.Subject, Sender: c.Sender, Text: c.Text, Link: c.Link, At: r.At, FirstReadAt: r.FirstReadAt, Documents: c.Documents, Safe: r.Safe, origin: r.Origin}, nil
}

// insertLater adds a message, unless it is there already, or was.
func (s *Service) insertLater(ctx context.Context, r row) error {
	return s.db.Later(ctx, "insert message", `INSERT INTO mailbox_messages (id, account_id, origin, message_id, content, at, received_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (origin, message_id) DO NOTHING`, r.ID, r.AccountID, r.Origin, r.MessageID, r.Content, r.At, r.ReceivedAt)
}

func (s *Service) readAny(ctx context.Context, id uuid.UUID) (row, error) {
	return s.one(s.db.From(ctx).Raw("SELECT * FROM mailbox_messages WHERE id = ?", id))
}

// open gives a message of an account, and keeps when it was first read.
func (s *Service) open(ctx context.Context, account, id uuid.UUID) (row, error) {
	r, err := s.one(s.db.From(ctx).Raw("SELECT * FROM mailbox_messages WHERE id = ? AND account_id = ? AND deleted_at IS NULL", id, account))
	if err != nil || r.FirstReadAt != nil {
		return r, err
	}
	return s.one(s.db.From(ctx).Raw(`UPDATE mailbox_messages SET first_read_at = COALESCE(first_read_at, ?)
		WHERE id = ? AND account_id = ? AND deleted_at IS NULL RETURNING *`, s.now(), id, account))
}

func (s *Service) one(query *gorm.DB) (row, error) {
	var r row
	err := query.Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return r, errUnknown
	}
	if err != nil {
		return r, fmt.Errorf("read message: %w", err)
	}
	return r, nil
}

// remove takes the content out of a message of an account.
func (s *Service) remove(ctx context.Context, account, id uuid.UUID) error {
	res := s.db.From(ctx).Exec("UPDATE mailbox_messages SET content = NULL, safe = NULL, deleted_at = ? WHERE id = ? AND account_id = ? AND deleted_at IS NULL", s.now(), id, account)
	if res.Error != nil {
		return fmt.Errorf("delete message: %w", res.Error)
	}
	if res.RowsAffected == 0 {
		return errUnknown
	}
	return nil
}

// page reads one page of an account's mailbox and one more, to know whether there is a next one.
func (s *Service) page(ctx context.Context, account uuid.UUID, limit int, cursor string) ([]row, error) {
	query := s.db.From(ctx).Where("account_id = ? AND deleted_at IS NULL", account).Order("received_at DESC, id DESC").Limit(limit + 1)
	if cursor != "" {
		at, id, err := paging.Position(cursor)
		if err != nil {
			return nil, err
		}
		query = query.Where("(received_at, id) < (?, ?)", at, id)
	}
	var rows []row
	if err := query.Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("list messages: %w", err)
	}
	return rows, nil
}

func (s *Service) unread(ctx context.Context, account uuid.UUID) (int, error) {
	var n int
	err := s.db.From(ctx).Raw("SELECT count(*) FROM mailbox_messages WHERE account_id = ? AND first_read_at IS NULL AND deleted_at IS NULL", account).Scan(&n).Error
	if err != nil {
		return 0, fmt.Errorf("count messages: %w", err)
	}
	return n, nil
}

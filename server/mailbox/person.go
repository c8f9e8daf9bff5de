package mailbox

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/paging"
)

// account gives the account of a person at this portal; ok is false for people of another account home, who have no mailbox here.
func (s *Service) account(p httpx.Person) (id uuid.UUID, ok bool) {
	id, err := uuid.Parse(p.Subject)
	return id, err == nil && p.Issuer == s.self
}

// Count says how many messages are in a person's mailbox here.
func (s *Service) Count(ctx context.Context, p httpx.Person) (count int, err error) {
	id, ok := s.account(p)
	if !ok {
		return 0, nil
	}
	err = s.db.From(ctx).Raw("SELECT count(*) FROM mailbox_messages WHERE account_id = ? AND deleted_at IS NULL", id).Row().Scan(&count)
	if err != nil {
		return 0, fmt.Errorf("count messages: %w", err)
	}
	return count, nil
}

// exported is a message as it is given to the person whose it is.
type exported struct {
	Subject string     `json:"subject"`
	Sender  string     `json:"sender"`
	At      time.Time  `json:"at"`
	ReadAt  *time.Time `json:"readAt,omitempty"`
	Text    string     `json:"text"`
}

const exportPage = 100

// PersonalData gives a person's messages.
func (s *Service) PersonalData(ctx context.Context, p httpx.Person, add func(section string, data any) error) error {
	id, ok := s.account(p)
	if !ok {
		return nil
	}
	cursor := ""
	for {
		rows, err := s.page(ctx, id, exportPage, cursor)
		if err != nil {
			return err
		}
		for _, r := range rows[:min(len(rows), exportPage)] {
			m, err := s.message(r)
			if err != nil {
				return err
			}
			if err := add("messages", exported{Subject: m.Subject, Sender: m.Sender, At: m.At, ReadAt: m.FirstReadAt, Text: m.Text}); err != nil {
				return err
			}
		}
		if len(rows) <= exportPage {
			return nil
		}
		last := rows[exportPage-1]
		cursor = paging.Cursor(last.ReceivedAt, last.ID)
	}
}

// ErasePerson deletes a person's mailbox in ctx's transaction.
func (s *Service) ErasePerson(ctx context.Context, p httpx.Person) error {
	id, ok := s.account(p)
	if !ok {
		return nil
	}
	for _, table := range []string{"mailbox_messages", "mailbox_settings"} {
		if err := s.db.From(ctx).Exec("DELETE FROM "+table+" WHERE account_id = ?", id).Error; err != nil {
			return fmt.Errorf("erase mailbox: %w", err)
		}
	}
	return nil
}

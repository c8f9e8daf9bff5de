package delivery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"
	"gorm.io/gorm"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/idempotency"
	"portalverbund/server/platform/problem"
)

const (
	sealMessage = "deliveries message"
	maxMessages = 200 // about one delivery, of both sides
)

// Message is something that a provider or a citizen has written about a delivery.
type Message struct {
	ID       uuid.UUID
	At       time.Time
	By       types.EventAuthor // provider, citizen
	Question bool
	Text     string
}

type messageRow struct {
	ID         uuid.UUID `gorm:"primaryKey"`
	DeliveryID uuid.UUID
	At         time.Time
	By         types.EventAuthor
	Question   bool
	Content    []byte
}

func (messageRow) TableName() string { return "delivery_messages" }

// Messages gives what was written about a delivery of the caller's provider, oldest first.
func (s *Service) Messages(ctx context.Context, id uuid.UUID) ([]Message, error) {
	p, err := s.of(httpx.CallerOf(ctx))
	if err != nil {
		return nil, err
	}
	if _, err := s.read(ctx, p.ID, id, false); err != nil {
		return nil, err
	}
	var rows []messageRow
	if err := s.db.From(ctx).Where("delivery_id = ?", id).Order("id").Limit(maxMessages).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read messages of a delivery: %w", err)
	}
	out := make([]Message, 0, len(rows))
	for _, r := range rows {
		m, err := s.openMessage(r)
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
}

func (s *Service) openMessage(r messageRow) (Message, error) {
	text, err := s.keys.Open(sealMessage, r.Content, r.ID[:])
	return Message{ID: r.ID, At: r.At, By: r.By, Question: r.Question, Text: string(text)}, err
}

// Write takes a message or question of the caller's provider for the citizen, once for a key.
func (s *Service) Write(ctx context.Context, id uuid.UUID, key string, message types.DeliveryMessageText) (Message, error) {
	p, err := s.of(httpx.CallerOf(ctx))
	if err != nil {
		return Message{}, err
	}
	text := strings.TrimSpace(message.Text)
	if text == "" {
		return Message{}, problem.Invalid(problem.FieldError{Pointer: "/text", Code: "required"})
	}
	request := struct {
		ID      uuid.UUID
		Message types.DeliveryMessageText
	}{id, message}
	return idempotency.Do(ctx, s.db, "delivery.message:"+p.ID, key, request, func(ctx context.Context) (Message, error) {
		r, err := s.read(ctx, p.ID, id, true)
		if err != nil {
			return Message{}, err
		}
		if err := open(r.State); err != nil {
			return Message{}, err
		}
		kind, question := types.Message, message.Question != nil && *message.Question
		if question {
			kind = types.Question
		}
		m, err := s.keepMessage(ctx, r, Message{At: s.now(), By: types.EventAuthorProvider, Question: question, Text: text})
		if err != nil {
			return m, err
		}
		documents, err := s.name(ctx, r, message.Documents)
		if err != nil {
			return m, err
		}
		return m, s.tell(ctx, types.EventAuthorProvider, p.Name, r, kind, &text, documents...)
	})
}

// keepMessage adds a message to a delivery that is locked.
func (s *Service) keepMessage(ctx context.Context, r row, m Message) (Message, error) {
	var n int64
	if err := s.db.From(ctx).Model(&messageRow{}).Where("delivery_id = ?", r.ID).Count(&n).Error; err != nil {
		return m, fmt.Errorf("count messages of a delivery: %w", err)
	}
	if n >= maxMessages {
		return m, problem.Conflict("too-many-messages", "Zu diesem Antrag wurden zu viele Nachrichten geschrieben.", "Too many messages were written about this application.")
	}
	var err error
	if m.ID, err = uuid.NewV7(); err != nil {
		return m, fmt.Errorf("make id: %w", err)
	}
	sealed, err := s.keys.Seal(sealMessage, []byte(m.Text), m.ID[:])
	if err != nil {
		return m, fmt.Errorf("seal message: %w", err)
	}
	row := messageRow{ID: m.ID, DeliveryID: r.ID, At: m.At, By: m.By, Question: m.Question, Content: sealed}
	if err := s.db.From(ctx).Create(&row).Error; err != nil {
		return m, fmt.Errorf("keep message of a delivery: %w", err)
	}
	return m, nil
}

// answered keeps what a citizen has written, for a provider that has written before; others take no messages.
func (s *Service) answered(ctx context.Context, r row, event types.TimelineEvent) error {
	var asked bool
	err := s.db.From(ctx).Raw("SELECT EXISTS (SELECT FROM delivery_messages WHERE delivery_id = ? AND by = ?)", r.ID, types.EventAuthorProvider).Scan(&asked).Error
	if err != nil {
		return fmt.Errorf("read messages of a delivery: %w", err)
	}
	if !asked || over(r.State) || event.Text == nil {
		return s.sendBack(ctx, r)
	}
	m, err := s.keepMessage(ctx, r, Message{At: s.now(), By: types.EventAuthorCitizen, Text: *event.Text})
	if err != nil {
		return err
	}
	if p, _, err := s.current(ctx, r.Provider); err != nil || p.DeliveryURL == "" {
		return err
	}
	return s.jobs.Insert(ctx, pushMessageArgs{MessageID: m.ID}, nil)
}

// pushMessage tries once to give a citizen's message to the provider. An error means: again later.
func (s *Service) pushMessage(ctx context.Context, id uuid.UUID) error {
	var m messageRow
	err := s.db.From(ctx).Where("id = ?", id).Take(&m).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read message of a delivery: %w", err)
	}
	name, found, err := s.providerOf(ctx, m.DeliveryID)
	if err != nil || !found {
		return err
	}
	p, known, err := s.current(ctx, name)
	if err != nil || !known || p.DeliveryURL == "" { // it fetches now
		return err
	}
	if !s.room.enter(name) {
		return river.JobSnooze(anotherMoment)
	}
	defer s.room.leave(name)
	opened, err := s.openMessage(m)
	if err != nil {
		return err
	}
	body, err := json.Marshal(types.DeliveryMessagePush{DeliveryId: m.DeliveryID, Message: wireMessage(opened)})
	if err != nil {
		return fmt.Errorf("write message: %w", err)
	}
	err = s.offer(ctx, p, func() error { return s.webhook(ctx, p, m.ID.String(), body) })
	var answer *notTakenError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errGone), s.now().Sub(m.At) > PushFor:
		s.log.ErrorContext(ctx, "message for a provider given up", "provider", name, "error", err)
		return nil
	case errors.As(err, &answer) && answer.after > 0:
		return river.JobSnooze(patience(answer.after))
	}
	return fmt.Errorf("deliver message to %s: %w", name, err)
}

func wireMessage(m Message) types.DeliveryMessage {
	w := types.DeliveryMessage{Id: m.ID, At: m.At, By: m.By, Text: m.Text}
	if m.Question {
		w.Question = &m.Question
	}
	return w
}

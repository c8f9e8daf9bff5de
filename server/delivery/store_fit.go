package delivery

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/delivery/fitconnect"
)

// States of a submission.
const (
	fitNew       = "new"
	fitSent      = "sent"
	fitSubmitted = "submitted"
	fitForwarded = "forwarded"
	fitAccepted  = "accepted"
	fitRejected  = "rejected"
	fitLost      = "lost"
)

type fitRow struct {
	DeliveryID    uuid.UUID `gorm:"primaryKey"`
	LeikaKey      string
	Office        map[string]string `gorm:"serializer:json"`
	State         string
	DestinationID *uuid.UUID
	KeyID         string
	SubmissionID  *uuid.UUID
	CaseID        *uuid.UUID
	Uploads       uploads `gorm:"serializer:json"`
	Metadata      string
	Data          string
	SentAt        *time.Time
	DecidedAt     *time.Time
	Problems      []fitconnect.Problem `gorm:"serializer:json"`
}

func (fitRow) TableName() string { return "fit_connect_submissions" }

// uploads are the attachments that are there, by id.
type uploads map[uuid.UUID]uploaded

type uploaded struct {
	SHA512 string `json:"sha512"`
	Tag    string `json:"tag"`
}

func (f fitRow) over() bool {
	return f.State == fitAccepted || f.State == fitRejected || f.State == fitLost
}

// subject names the submission in its event log; it was announced.
func (f fitRow) subject() fitconnect.Subject {
	return fitconnect.Subject{Announced: fitconnect.Announced{SubmissionID: *f.SubmissionID, CaseID: *f.CaseID}, Destination: *f.DestinationID}
}

// tags are those of what was sent.
func (f fitRow) tags() fitconnect.Tags {
	t := fitconnect.Tags{Metadata: fitconnect.Tag(f.Metadata), Data: fitconnect.Tag(f.Data), Attachments: map[uuid.UUID]string{}}
	for id, u := range f.Uploads {
		t.Attachments[id] = u.Tag
	}
	return t
}

func (f fitRow) office(language, otherwise string) string {
	if name := inLanguage(f.Office, language); name != "" {
		return name
	}
	return otherwise
}

// submission reads how a delivery goes by FIT-Connect.
func (s *Service) submission(ctx context.Context, id uuid.UUID) (fitRow, error) {
	return s.fitRow(ctx, id, "")
}

// lockSubmission reads it, and keeps others from changing it until the transaction ends.
func (s *Service) lockSubmission(ctx context.Context, id uuid.UUID) (fitRow, error) {
	return s.fitRow(ctx, id, " FOR UPDATE")
}

func (s *Service) fitRow(ctx context.Context, id uuid.UUID, lock string) (f fitRow, err error) {
	if err := s.db.From(ctx).Raw("SELECT * FROM fit_connect_submissions WHERE delivery_id = ?"+lock, id).Take(&f).Error; err != nil {
		return f, fmt.Errorf("read submission: %w", err)
	}
	return f, nil
}

// fitRows reads the submissions of deliveries, by delivery.
func (s *Service) fitRows(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]fitRow, error) {
	var rows []fitRow
	err := s.db.From(ctx).Select("delivery_id", "state", "destination_id", "submission_id", "case_id", "sent_at", "decided_at", "problems").
		Where("delivery_id IN ?", ids).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read submissions: %w", err)
	}
	found := make(map[uuid.UUID]fitRow, len(rows))
	for _, f := range rows {
		found[f.DeliveryID] = f
	}
	return found, nil
}

// attachmentRows lists what an application came with.
func (s *Service) attachmentRows(ctx context.Context, id uuid.UUID) (rows []fileRow, err error) {
	err = s.db.From(ctx).Raw("SELECT * FROM delivery_files WHERE delivery_id = ? AND NOT given ORDER BY id LIMIT ?", id, maxFitFiles+1).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read attachments: %w", err)
	}
	return rows, nil
}

func (s *Service) noteAnnounced(ctx context.Context, f fitRow) error {
	err := s.db.From(ctx).Select("destination_id", "key_id", "submission_id", "case_id", "uploads").Where("delivery_id = ? AND sent_at IS NULL", f.DeliveryID).Updates(&f).Error
	if err != nil {
		return fmt.Errorf("note submission: %w", err)
	}
	return nil
}

func (s *Service) noteUploads(ctx context.Context, f fitRow) error {
	if err := s.db.From(ctx).Select("uploads").Where("delivery_id = ?", f.DeliveryID).Updates(&f).Error; err != nil {
		return fmt.Errorf("note attachment: %w", err)
	}
	return nil
}

// forgetAnnounced lets a submission be announced anew that was not sent.
func (s *Service) forgetAnnounced(ctx context.Context, id uuid.UUID) error {
	err := s.db.From(ctx).Exec("UPDATE fit_connect_submissions SET submission_id = NULL, case_id = NULL, uploads = '{}' WHERE delivery_id = ? AND sent_at IS NULL", id).Error
	if err != nil {
		return fmt.Errorf("forget submission: %w", err)
	}
	return nil
}

// noteSending keeps what is about to be sent; from then on the application cannot be taken back. errTakenBack when it was.
func (s *Service) noteSending(ctx context.Context, id uuid.UUID, sealed fitconnect.Sealed) error {
	res := s.db.From(ctx).Exec(`UPDATE fit_connect_submissions f SET state = ?, sent_at = ?, metadata = ?, data = ?
		FROM (SELECT id FROM deliveries WHERE id = ? AND state = ? FOR UPDATE) d WHERE f.delivery_id = d.id AND f.sent_at IS NULL`,
		fitSent, s.now(), sealed.Metadata, sealed.Data, id, types.Pending)
	if res.Error != nil {
		return fmt.Errorf("note submission: %w", res.Error)
	}
	if res.RowsAffected != 1 {
		return errTakenBack
	}
	return nil
}

// setFIT changes a submission. What was sent is dropped when nobody asks for it any more.
func (s *Service) setFIT(ctx context.Context, id uuid.UUID, state string, problems []fitconnect.Problem) error {
	f := fitRow{State: state, Problems: []fitconnect.Problem{}}
	for _, p := range problems {
		f.Problems = append(f.Problems, fitconnect.Problem{Type: p.Type, Title: shorten(p.Title)})
	}
	columns := []string{"state", "problems"}
	if f.over() {
		now := s.now()
		f.DecidedAt = &now
		columns = append(columns, "decided_at", "metadata", "data")
	}
	if err := s.db.From(ctx).Select(columns).Where("delivery_id = ?", id).Updates(&f).Error; err != nil {
		return fmt.Errorf("change submission: %w", err)
	}
	return nil
}

// resetSubmission lets a delivery go as a new submission.
func (s *Service) resetSubmission(ctx context.Context, id uuid.UUID) error {
	err := s.db.From(ctx).Exec(`UPDATE fit_connect_submissions SET state = ?, destination_id = NULL, key_id = '', submission_id = NULL, case_id = NULL, uploads = '{}',
		metadata = '', data = '', sent_at = NULL, decided_at = NULL, problems = '[]' WHERE delivery_id = ?`, fitNew, id).Error
	if err != nil {
		return fmt.Errorf("reset submission: %w", err)
	}
	return nil
}

// noteFollowed keeps what is wrong with following a submission; nil when nothing is.
func (s *Service) noteFollowed(ctx context.Context, id uuid.UUID, cause error) error {
	err := s.db.From(ctx).Exec("UPDATE deliveries SET fault = ?, last_error = ? WHERE id = ?", faultOf(cause), note(cause), id).Error
	if err != nil {
		return fmt.Errorf("note event log: %w", err)
	}
	return nil
}

// parkDelivered parks a delivery that was handed over and not taken.
func (s *Service) parkDelivered(ctx context.Context, id uuid.UUID) error {
	err := s.db.From(ctx).Exec("UPDATE deliveries SET state = ?, changed_at = ? WHERE id = ? AND state IN ?", types.Parked, s.now(), id,
		[]types.DeliveryState{types.Pending, types.Delivered}).Error
	if err != nil {
		return fmt.Errorf("park delivery: %w", err)
	}
	return nil
}

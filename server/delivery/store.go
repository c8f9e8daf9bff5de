package delivery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"portalverbund/api/types"
	"portalverbund/server/delivery/fitconnect"
	"portalverbund/server/platform/outbound"
	"portalverbund/server/platform/paging"
	"portalverbund/server/platform/revocation"
)

type row struct {
	ID            uuid.UUID `gorm:"primaryKey"`
	Provider      string
	Origin        string
	ApplicationID uuid.UUID
	Number        string
	ServiceID     uuid.UUID
	ServiceTitle  map[string]string `gorm:"serializer:json"`
	ARS           string            `gorm:"column:ars"`
	Language      string
	SubmittedAt   time.Time
	Content       []byte
	ContentHash   string
	State         types.DeliveryState
	Reference     string
	Attempts      int
	LastError     string
	Fault         types.DeliveryFault
	AnswerStatus  *int
	AnswerMS      *int `gorm:"column:answer_ms"`
	CreatedAt     time.Time
	ChangedAt     time.Time
	DeliveredAt   *time.Time
	CancelledAt   *time.Time
	Test          bool       // invented; reaches its provider and nobody else
	TriedSince    *time.Time // from when on a push is tried, when it was begun again
}

func (row) TableName() string { return "deliveries" }

// insert adds a delivery; false when there is one of this application already.
func (s *Service) insert(ctx context.Context, r row) (bool, error) {
	res := s.db.From(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "origin"}, {Name: "application_id"}}, DoNothing: true}).Create(&r)
	if res.Error != nil {
		return false, fmt.Errorf("insert delivery: %w", res.Error)
	}
	return res.RowsAffected == 1, nil
}

// lockApplication finds the delivery of an application, and keeps others from changing it until the transaction ends.
func (s *Service) lockApplication(ctx context.Context, origin string, applicationID uuid.UUID) (row, bool, error) {
	var r row
	err := s.db.From(ctx).Raw("SELECT * FROM deliveries WHERE origin = ? AND application_id = ? FOR UPDATE", origin, applicationID).Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return r, false, nil
	}
	if err != nil {
		return r, false, fmt.Errorf("read delivery: %w", err)
	}
	return r, true, nil
}

// read gives a provider's delivery; with lock, nobody else changes it until the transaction ends.
func (s *Service) read(ctx context.Context, providerID string, id uuid.UUID, lock bool) (row, error) {
	query := "SELECT * FROM deliveries WHERE id = ? AND provider = ?"
	if lock {
		query += " FOR UPDATE"
	}
	var r row
	err := s.db.From(ctx).Raw(query, id, providerID).Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return r, errUnknown
	}
	if err != nil {
		return r, fmt.Errorf("read delivery: %w", err)
	}
	return r, nil
}

// page reads one page of a provider's deliveries and one more, to know whether there is a next one.
func (s *Service) page(ctx context.Context, providerID string, f Filter) ([]row, error) {
	query := s.db.From(ctx).Where("provider = ?", providerID).Order("id").Limit(f.Limit + 1)
	if f.State != "" {
		query = query.Where("state = ?", f.State)
	}
	if f.Cursor != "" {
		after, err := uuid.Parse(f.Cursor)
		if err != nil {
			return nil, paging.NoSuchPage()
		}
		query = query.Where("id > ?", after)
	}
	var rows []row
	if err := query.Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("list deliveries: %w", err)
	}
	return rows, nil
}

// beginPush counts an attempt before it is made, so that a citizen who takes the application back knows whether the
// provider may have it. wanted is false when there is nothing to push any more.
func (s *Service) beginPush(ctx context.Context, id uuid.UUID, cancelled bool) (r row, wanted bool, err error) {
	states := []types.DeliveryState{types.Pending}
	if cancelled {
		states = []types.DeliveryState{types.Cancelled}
	}
	err = s.db.From(ctx).Raw("UPDATE deliveries SET attempts = attempts + 1 WHERE id = ? AND state IN ? RETURNING *", id, states).Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return r, false, nil
	}
	if err != nil {
		return r, false, fmt.Errorf("begin push: %w", err)
	}
	return r, true, nil
}

// providerOf says to whom a delivery goes.
func (s *Service) providerOf(ctx context.Context, id uuid.UUID) (name string, found bool, err error) {
	res := s.db.From(ctx).Raw("SELECT provider FROM deliveries WHERE id = ?", id).Scan(&name)
	if res.Error != nil {
		return "", false, fmt.Errorf("read delivery: %w", res.Error)
	}
	return name, res.RowsAffected == 1, nil
}

// setState changes a delivery, with the time at which it was handed over or taken back.
func (s *Service) setState(ctx context.Context, id uuid.UUID, state types.DeliveryState) error {
	changes := map[string]any{"state": state, "changed_at": s.now()}
	switch state {
	case types.Delivered:
		changes["delivered_at"] = s.now()
	case types.Cancelled:
		changes["cancelled_at"] = s.now()
	}
	if err := s.db.From(ctx).Model(&row{}).Where("id = ?", id).Updates(changes).Error; err != nil {
		return fmt.Errorf("change delivery: %w", err)
	}
	return nil
}

// setReported keeps what the provider reported.
func (s *Service) setReported(ctx context.Context, id uuid.UUID, state types.DeliveryState, reference *string) error {
	err := s.db.From(ctx).Exec(`UPDATE deliveries SET state = ?, reference = COALESCE(?, reference), changed_at = ?, delivered_at = COALESCE(delivered_at, ?)
		WHERE id = ?`, state, reference, s.now(), s.now(), id).Error
	if err != nil {
		return fmt.Errorf("change delivery: %w", err)
	}
	return nil
}

// park gives a push up. A delivery that was taken back stays so.
func (s *Service) park(ctx context.Context, id uuid.UUID, cause error) error {
	err := s.db.From(ctx).Exec(`UPDATE deliveries SET state = CASE state WHEN ? THEN ? ELSE state END, last_error = ?, changed_at = ? WHERE id = ?`,
		types.Pending, types.Parked, note(cause), s.now(), id).Error
	if err != nil {
		return fmt.Errorf("park delivery: %w", err)
	}
	return nil
}

// notDelivered parks a delivery of which it is heard only afterwards that it has not arrived. Its files stay.
func (s *Service) notDelivered(ctx context.Context, id uuid.UUID) error {
	err := s.db.From(ctx).Exec("UPDATE deliveries SET state = ?, delivered_at = NULL, changed_at = ? WHERE id = ?", types.Parked, s.now(), id).Error
	if err != nil {
		return fmt.Errorf("park delivery: %w", err)
	}
	err = s.db.From(ctx).Exec("UPDATE delivery_files SET delete_at = NULL WHERE delivery_id = ? AND NOT given AND deleted_at IS NULL", id).Error
	if err != nil {
		return fmt.Errorf("keep attachments: %w", err)
	}
	return nil
}

// noteAnswer keeps what a provider answered to a push, and as what its failure counts.
func (s *Service) noteAnswer(ctx context.Context, id uuid.UUID, cause error, took time.Duration) error {
	status, ms := (*int)(nil), min(took.Milliseconds(), 1_000_000)
	var answer *notTakenError
	var fit *fitconnect.StatusError
	switch {
	case cause == nil:
		taken := http.StatusOK
		status = &taken
	case errors.As(cause, &answer):
		status = &answer.status
	case errors.As(cause, &fit):
		status = &fit.Status
	}
	err := s.db.From(ctx).Exec("UPDATE deliveries SET fault = ?, answer_status = ?, answer_ms = ? WHERE id = ?", faultOf(cause), status, ms, id).Error
	if err != nil {
		return fmt.Errorf("note answer: %w", err)
	}
	return nil
}

// faultOf says as what a failed push counts; empty for one that did not fail.
func faultOf(cause error) types.DeliveryFault {
	var answer *notTakenError
	var network net.Error
	if fault := cmp.Or(faultOfFIT(cause), faultOfMail(cause)); fault != "" {
		return fault
	}
	switch {
	case cause == nil:
		return ""
	case errors.Is(cause, errNotConfigured):
		return types.PushNotConfigured
	case errors.Is(cause, errGone):
		return types.PushGone
	case errors.Is(cause, outbound.ErrAddressRefused), errors.Is(cause, outbound.ErrSchemeRefused):
		return types.PushForbiddenAddress
	case errors.As(cause, &answer) && answer.status >= http.StatusInternalServerError:
		return types.PushFailed
	case errors.As(cause, &answer) && answer.status >= http.StatusBadRequest:
		return types.PushRefused
	case errors.As(cause, &answer):
		return types.PushRedirected
	case errors.Is(cause, context.DeadlineExceeded), errors.As(cause, &network) && network.Timeout():
		return types.PushTooSlow
	}
	return types.PushUnreachable
}

// faultOfFIT says as what a failure of FIT-Connect counts; empty for another one.
func faultOfFIT(cause error) types.DeliveryFault {
	for _, known := range []struct {
		reason error
		fault  types.DeliveryFault
	}{
		{fitconnect.ErrCredentials, types.PushNoLogin}, {fitconnect.ErrRouting, types.PushNoDestination}, {fitconnect.ErrKey, types.PushBadKey},
		{revocation.ErrRevoked, types.PushKeyRevoked}, {revocation.ErrUnknown, types.PushKeyUnknown}, {fitconnect.ErrSignature, types.PushBadSignature}, {errForged, types.PushBadSignature}, {errOtherContent, types.PushBadSignature},
		{fitconnect.ErrTooLarge, types.PushTooLarge}, {errFileMissing, types.PushFileMissing}, {errRejected, types.PushRejected},
		{errLost, types.PushLost}, {errDeleted, types.PushLost}, {errSilent, types.PushLost},
	} {
		if errors.Is(cause, known.reason) {
			return known.fault
		}
	}
	var answer *fitconnect.StatusError
	switch {
	case !errors.As(cause, &answer):
		return ""
	case answer.Status >= http.StatusInternalServerError:
		return types.PushFailed
	case answer.Status >= http.StatusBadRequest:
		return types.PushRefused
	}
	return types.PushRedirected
}

// noteError keeps why the last attempt failed; nil when it did not.
func (s *Service) noteError(ctx context.Context, id uuid.UUID, cause error) error {
	if err := s.db.From(ctx).Exec("UPDATE deliveries SET last_error = ? WHERE id = ?", note(cause), id).Error; err != nil {
		return fmt.Errorf("change delivery: %w", err)
	}
	return nil
}

func note(cause error) string {
	if cause == nil {
		return ""
	}
	return strings.ToValidUTF8(shorten(cause.Error()), "")
}

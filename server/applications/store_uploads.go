package applications

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
)

const sealFingerprint = "applications.fingerprint"

// partRow is what one request brought of an upload.
type partRow struct {
	UploadID uuid.UUID
	Start    int64
	Size     int64
	Object   string
}

func (partRow) TableName() string { return "application_upload_parts" }

// partsOf is where the parts of an upload lie in the object store.
func partsOf(id uuid.UUID) string { return "uploads/" + id.String() + "/" }

// objects names what a file has in the object store, for deleteObjects.
func (r attachmentRow) objects() []string {
	if r.unfinished() {
		return []string{objectKey(r.ID), partsOf(r.ID)}
	}
	return []string{objectKey(r.ID)}
}

func (r attachmentRow) state() UploadState {
	if r.Received == nil || r.DeleteAt == nil {
		return UploadState{}
	}
	return UploadState{Offset: *r.Received, Length: r.Size, Expires: *r.DeleteAt}
}

// openUploads gives the uploads among the files of an application.
func (s *Service) openUploads(rows []attachmentRow) ([]types.UnfinishedUpload, error) {
	items := []types.UnfinishedUpload{}
	for _, r := range rows {
		if !r.unfinished() || r.DeleteAt == nil {
			continue
		}
		name, err := s.keys.Open(sealName, r.Name, r.ID[:])
		if err != nil {
			return nil, err
		}
		u := types.UnfinishedUpload{Id: r.ID, Name: string(name), Field: r.Field, Size: r.Size, Received: *r.Received, ExpiresAt: *r.DeleteAt}
		if r.Fingerprint != nil {
			plain, err := s.keys.Open(sealFingerprint, r.Fingerprint, r.ID[:])
			if err != nil {
				return nil, err
			}
			u.Fingerprint = optional(string(plain))
		}
		items = append(items, u)
	}
	return items, nil
}

// readUpload gives an upload of a person's draft, or for an answer.
func (s *Service) readUpload(ctx context.Context, p httpx.Person, applicationID, id uuid.UUID) (attachmentRow, error) {
	var rows []attachmentRow
	err := s.db.From(ctx).Raw(`SELECT t.* FROM application_attachments t JOIN applications a ON a.id = t.application_id
		WHERE t.id = ? AND a.id = ? AND a.issuer = ? AND a.subject = ? AND (a.state = 'draft' OR starts_with(t.field, '#')) AND NOT t.ready AND t.received IS NOT NULL`,
		id, applicationID, p.Issuer, p.Subject).Scan(&rows).Error
	if err != nil {
		return attachmentRow{}, fmt.Errorf("read upload: %w", err)
	}
	if len(rows) == 0 {
		return attachmentRow{}, errUploadUnknown
	}
	return rows[0], nil
}

func (s *Service) countParts(ctx context.Context, id uuid.UUID) (n int, err error) {
	err = s.db.Pgx(ctx).QueryRow(ctx, "SELECT count(*) FROM application_upload_parts WHERE upload_id = $1", id).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count parts: %w", err)
	}
	return n, nil
}

// noteParts has parts of an upload count up to an offset, in a transaction of its own; false when the upload is at another offset meanwhile, or gone.
// With the last byte it starts the job that makes an attachment of them.
func (s *Service) noteParts(ctx context.Context, r attachmentRow, to int64, until time.Time, parts []partRow) (noted bool, err error) {
	err = s.db.Tx(ctx, func(ctx context.Context) error {
		res := s.db.From(ctx).Exec(`UPDATE application_attachments t SET received = ?, delete_at = ?, media_type = ?, name = ? FROM applications a
			WHERE t.id = ? AND a.id = t.application_id AND (a.state = 'draft' OR starts_with(t.field, '#')) AND NOT t.ready AND t.received = ?`,
			to, until, r.MediaType, r.Name, r.ID, *r.Received)
		if res.Error != nil {
			return fmt.Errorf("note parts: %w", res.Error)
		}
		if noted = res.RowsAffected == 1; !noted {
			return nil
		}
		if err := s.db.From(ctx).Create(&parts).Error; err != nil {
			return fmt.Errorf("note parts: %w", err)
		}
		if to < r.Size {
			return nil
		}
		return s.jobs.Insert(ctx, assembleArgs{UploadID: r.ID}, nil)
	})
	return noted, err
}

// partsOf gives the parts of an upload in their order; there is one at each place of it.
func (s *Service) partsOf(ctx context.Context, r attachmentRow) (parts []partRow, err error) {
	if err := s.db.From(ctx).Where("upload_id = ?", r.ID).Order("start").Find(&parts).Error; err != nil {
		return nil, fmt.Errorf("read parts: %w", err)
	}
	at := int64(0)
	for _, p := range parts {
		if p.Start != at {
			return nil, fmt.Errorf("read parts of upload %s: nothing begins at %d", r.ID, at)
		}
		at += p.Size
	}
	if at != r.Size {
		return nil, fmt.Errorf("read parts of upload %s: %d of %d bytes", r.ID, at, r.Size)
	}
	return parts, nil
}

// lockState gives the state of an application, and keeps others from changing it until the transaction ends; an empty one when it is gone.
func (s *Service) lockState(ctx context.Context, id uuid.UUID) (state types.ApplicationState, err error) {
	err = s.db.Pgx(ctx).QueryRow(ctx, "SELECT state FROM applications WHERE id = $1 FOR UPDATE", id).Scan(&state)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return "", fmt.Errorf("read application: %w", err)
	}
	return state, nil
}

package applications

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
)

type attachmentRow struct {
	ID            uuid.UUID
	ApplicationID uuid.UUID
	Ready         bool
	Field         string
	Name          []byte
	MediaType     string
	Size          int64
	SHA256        string `gorm:"column:sha256"`
	CreatedAt     time.Time
	FetchedAt     *time.Time
	DeleteAt      *time.Time
	DeletedAt     *time.Time
	ReleaseID     *uuid.UUID // of a document of a safe
	Here          bool       // false: it is read at the account home when it is needed
	Origin        []byte     // sealed types.AttachmentOrigin
	Received      *int64     // of an upload in parts, what has arrived; nil for files that came in one request
	Fingerprint   []byte     // sealed; what the client knows the file of an upload again by
	Verdict       string     // of the virus scanner: verdictPending, verdictRefused, or none
	EventID       *uuid.UUID // of the answer with which it was sent
}

// unfinished says whether a row is an upload in parts that is not an attachment yet.
func (r attachmentRow) unfinished() bool { return !r.Ready && r.Received != nil }

func (attachmentRow) TableName() string { return "application_attachments" }

// objectKey names a file in the object store.
func objectKey(id uuid.UUID) string { return "applications/" + id.String() }

func (s *Service) attachment(r attachmentRow) (types.Attachment, error) {
	name, err := s.keys.Open(sealName, r.Name, r.ID[:])
	if err != nil {
		return types.Attachment{}, err
	}
	a := types.Attachment{Id: r.ID, Name: string(name), Field: r.Field, MediaType: r.MediaType, Size: r.Size, Sha256: r.SHA256}
	if r.Verdict != "" {
		check := types.AttachmentCheck(r.Verdict)
		a.Check = &check
	}
	if r.Origin != nil {
		a.Origin, err = s.openOrigin(r)
	}
	return a, err
}

// attachmentsQuery gives the files of an application, and its uploads in parts, in the order in which they began.
const attachmentsQuery = `SELECT id, application_id, ready, field, name, media_type, size, sha256, created_at, fetched_at, delete_at, deleted_at, release_id, here, origin,
	received, fingerprint, verdict, event_id
	FROM application_attachments WHERE application_id = $1 AND (ready OR received IS NOT NULL) ORDER BY created_at, id`

func (s *Service) openAttachments(rows []attachmentRow) ([]types.Attachment, error) {
	items := make([]types.Attachment, 0, len(rows))
	for _, r := range rows {
		if r.unfinished() {
			continue
		}
		a, err := s.attachment(r)
		if err != nil {
			return nil, err
		}
		items = append(items, a)
	}
	return items, nil
}

// usage says how many files a draft has, or an answer that was not sent yet, and how many bytes; those being uploaded count as what was set aside.
func (s *Service) usage(ctx context.Context, id uuid.UUID, answer bool) (files int, size int64, err error) {
	var sum struct {
		Files int
		Size  int64
	}
	err = s.db.From(ctx).Raw("SELECT count(*) AS files, coalesce(sum(size), 0) AS size FROM application_attachments WHERE application_id = ? AND starts_with(field, '#') = ? AND event_id IS NULL AND deleted_at IS NULL", id, answer).Scan(&sum).Error
	if err != nil {
		return 0, 0, fmt.Errorf("count attachments: %w", err)
	}
	return sum.Files, sum.Size, nil
}

// reserve sets room aside for a file that is being uploaded. When the upload breaks without a trace, the sweeping job
// removes both.
func (s *Service) reserve(ctx context.Context, r attachmentRow) error {
	if err := s.db.From(ctx).Create(&r).Error; err != nil {
		return fmt.Errorf("write attachment: %w", err)
	}
	return nil
}

// finishUpload makes an attachment of what was set aside; false when that is gone.
func (s *Service) finishUpload(ctx context.Context, r attachmentRow) (bool, error) {
	result := s.db.From(ctx).Exec("UPDATE application_attachments SET ready = true, size = ?, sha256 = ?, verdict = ?, delete_at = ? WHERE id = ? AND NOT ready",
		r.Size, r.SHA256, r.Verdict, s.keptUntil(r.Field), r.ID)
	if result.Error != nil {
		return false, fmt.Errorf("write attachment: %w", result.Error)
	}
	if result.RowsAffected != 1 {
		return false, nil
	}
	if r.Verdict == verdictPending {
		return true, s.jobs.Insert(ctx, checkArgs{AttachmentID: r.ID}, nil)
	}
	return true, nil
}

// touchFor is touch for a file of a draft; what is prepared for an answer is no change.
func (s *Service) touchFor(ctx context.Context, id uuid.UUID, field string) error {
	if types.AnswersQuestion(field) {
		return nil
	}
	return s.touch(ctx, id)
}

// touch counts an upload as a change of the draft, for how long it is kept; its ETag stays.
func (s *Service) touch(ctx context.Context, id uuid.UUID) error {
	return s.db.From(ctx).Exec("UPDATE applications SET changed_at = ? WHERE id = ?", s.now(), id).Error
}

// keptUntil is when a file that is ready is deleted unless it goes along: nil for those of drafts, which have a time of their own.
func (s *Service) keptUntil(field string) *time.Time {
	if !types.AnswersQuestion(field) {
		return nil
	}
	until := s.now().Add(answerLife)
	return &until
}

func (s *Service) deleteAttachmentRows(ctx context.Context, ids []uuid.UUID) error {
	if len(ids) == 0 {
		return nil
	}
	if err := s.db.From(ctx).Exec("DELETE FROM application_attachments WHERE id IN ?", ids).Error; err != nil {
		return fmt.Errorf("delete attachments: %w", err)
	}
	return nil
}

// readAttachment gives a file of a person's application that is still here.
func (s *Service) readAttachment(ctx context.Context, p httpx.Person, applicationID, id uuid.UUID) (attachmentRow, error) {
	return s.oneAttachment(ctx, `SELECT t.* FROM application_attachments t JOIN applications a ON a.id = t.application_id
		WHERE t.id = ? AND a.id = ? AND (a.issuer = ? AND a.subject = ?
			AND (a.power_id IS NULL OR a.state = 'draft' OR a.power_ended_at IS NULL AND a.power_until > now()) OR a.principal_issuer = ? AND a.principal_subject = ?)
			AND t.ready AND t.deleted_at IS NULL`, id, applicationID, p.Issuer, p.Subject, p.Issuer, p.Subject)
}

// readHanded gives a file of an application that was handed to a portal, while it is here.
func (s *Service) readHanded(ctx context.Context, portalID string, id uuid.UUID) (attachmentRow, error) {
	return s.oneAttachment(ctx, `SELECT t.* FROM application_attachments t JOIN applications a ON a.id = t.application_id
		WHERE t.id = ? AND a.portal_id = ? AND a.state <> 'draft' AND t.ready AND t.deleted_at IS NULL AND (t.event_id IS NOT NULL OR NOT starts_with(t.field, '#'))`, id, portalID)
}

func (s *Service) oneAttachment(ctx context.Context, query string, args ...any) (attachmentRow, error) {
	var rows []attachmentRow
	if err := s.db.From(ctx).Raw(query, args...).Scan(&rows).Error; err != nil {
		return attachmentRow{}, fmt.Errorf("read attachment: %w", err)
	}
	if len(rows) == 0 {
		return attachmentRow{}, errAttachmentUnknown
	}
	return rows[0], nil
}

// setFields writes where the submitted answers name the files.
func (s *Service) setFields(ctx context.Context, attachments []types.Attachment) error {
	if len(attachments) == 0 {
		return nil
	}
	ids, fields := make([]string, 0, len(attachments)), make([]string, 0, len(attachments))
	for _, a := range attachments {
		ids, fields = append(ids, a.Id.String()), append(fields, a.Field)
	}
	_, err := s.db.Pgx(ctx).Exec(ctx, `UPDATE application_attachments t SET field = f.field
		FROM unnest($1::text[], $2::text[]) AS f(id, field) WHERE t.id = f.id::uuid AND t.field <> f.field`, ids, fields)
	if err != nil {
		return fmt.Errorf("write attachments: %w", err)
	}
	return nil
}

// objectsOf names what applications have in the object store.
func (s *Service) objectsOf(ctx context.Context, applicationIDs []uuid.UUID) ([]string, error) {
	var rows []attachmentRow
	err := s.db.From(ctx).Select("id", "ready", "received").Where("application_id IN ? AND deleted_at IS NULL", applicationIDs).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read attachments: %w", err)
	}
	objects := make([]string, 0, len(rows))
	for _, r := range rows {
		objects = append(objects, r.objects()...)
	}
	return objects, nil
}

// purge lets the content of an application go that is at its competent portal now: the answers at once, the files when that
// portal has them.
func (s *Service) purge(ctx context.Context, id uuid.UUID) error {
	now := s.now()
	if err := s.db.From(ctx).Exec("UPDATE applications SET data = NULL WHERE id = ?", id).Error; err != nil {
		return fmt.Errorf("purge application: %w", err)
	}
	err := s.db.From(ctx).Exec(`UPDATE application_attachments SET delete_at = CASE WHEN fetched_at IS NULL THEN ?::timestamptz ELSE ?::timestamptz END
		WHERE application_id = ? AND ready AND NOT starts_with(field, '#')`, now.Add(keepUnfetched), now.Add(keepFetched), id).Error
	if err != nil {
		return fmt.Errorf("purge attachments: %w", err)
	}
	return nil
}

// markFetched notes that the competent portal has been given all of a file.
func (s *Service) markFetched(ctx context.Context, id uuid.UUID) error {
	now := s.now()
	return s.db.From(ctx).Exec(`UPDATE application_attachments t SET fetched_at = ?,
		delete_at = CASE WHEN a.data IS NULL THEN ?::timestamptz END
		FROM applications a WHERE a.id = t.application_id AND t.id = ?`, now, now.Add(keepFetched), id).Error
}

// due gives files whose time in the object store has come.
func (s *Service) due(ctx context.Context, limit int) (rows []attachmentRow, err error) {
	err = s.db.From(ctx).Raw(`SELECT id, ready, received FROM application_attachments
		WHERE delete_at <= ? AND deleted_at IS NULL ORDER BY delete_at LIMIT ?`, s.now(), limit).Scan(&rows).Error
	return rows, err
}

// gone notes that files are not in the object store any more; of broken uploads nothing stays.
func (s *Service) gone(ctx context.Context, ids []uuid.UUID) error {
	return s.db.Tx(ctx, func(ctx context.Context) error {
		if err := s.db.From(ctx).Exec("DELETE FROM application_attachments WHERE id IN ? AND NOT ready", ids).Error; err != nil {
			return err
		}
		return s.db.From(ctx).Exec("UPDATE application_attachments SET deleted_at = ? WHERE id IN ?", s.now(), ids).Error
	})
}

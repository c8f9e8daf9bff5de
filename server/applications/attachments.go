package applications

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/blob"
	"portalverbund/server/platform/files"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

// How long files stay in the object store.
const (
	// uploadTime is what an upload may take; what is not ready then was broken off.
	uploadTime = time.Hour
	// keepFetched is how long a file stays after the competent portal has been given all of it: time to check it, and to
	// ask once more.
	keepFetched = 24 * time.Hour
	// keepUnfetched is how long a file stays that the competent portal never asks for, after it has the application.
	keepUnfetched = 90 * 24 * time.Hour
	// cleanUpTime is what tidying up after a broken upload may take.
	cleanUpTime = 10 * time.Second
)

// Upload is a file on its way in.
type Upload struct {
	Name    string    // as the person's device calls it
	Field   string    // JSON pointer of the field
	Length  int64     // bytes as announced; -1 when not announced
	Content io.Reader // the file itself
}

// File is a file on its way out, to be closed.
type File struct {
	Name    string
	Size    int64
	Content io.ReadSeekCloser
}

// AddAttachment takes a file into a draft. It is refused before it is read whole when it is too large (413) or of another kind
// than PDF, JPEG and PNG (415), whatever it is called. The draft's ETag stays the same: the answers that name the file are
// saved by themselves.
func (s *Service) AddAttachment(ctx context.Context, id uuid.UUID, u Upload) (types.Attachment, error) {
	caller, err := person(ctx)
	if err != nil {
		return types.Attachment{}, err
	}
	if u.Length > MaxAttachment {
		return types.Attachment{}, errTooLarge
	}
	a, field, err := s.fieldFor(ctx, caller.Person, id, u.Field, "#/query/field")
	if err != nil {
		return types.Attachment{}, err
	}
	source := &files.Watched{R: u.Content}
	kind, content, known, err := source.Sniff()
	if err != nil {
		return types.Attachment{}, errBroken(err)
	}
	if !known || !accepts(field, kind) {
		return types.Attachment{}, errKind
	}
	return s.keep(ctx, a, u, kind, content, source)
}

// fieldFor gives a person's draft and a field of its form that takes files, or an application and what takes a document that was asked for; a problem names the place of the request where the field stands.
func (s *Service) fieldFor(ctx context.Context, p httpx.Person, id uuid.UUID, at, place string) (Application, types.FormField, error) {
	a, err := s.read(ctx, p, id)
	if err != nil {
		return a, types.FormField{}, err
	}
	if types.AnswersQuestion(at) {
		return a, types.FormField{Kind: types.FormFieldKindFile}, a.checkRequested(at, place)
	}
	if a.State != types.ApplicationStateDraft {
		return a, types.FormField{}, errSubmitted
	}
	form, err := s.forms.Form(ctx, a.FormID, a.FormVersion)
	if err != nil {
		return a, types.FormField{}, fmt.Errorf("read form of draft: %w", err)
	}
	field, ok := fileField(form.Layout, at)
	if !ok {
		return a, field, problem.Invalid(problem.FieldError{Pointer: place, Code: "field", Message: problem.Text{
			De: "In diesem Feld werden keine Dateien erwartet.", En: "This field of the form does not take files.",
		}})
	}
	return a, field, nil
}

var (
	errTooLarge = problem.TooLarge("attachment-too-large", "Die Datei ist zu groß.", "The file is too large.").
			With(problem.Text{
			De: "In einer Anfrage darf eine Datei höchstens 10 MB haben, in Teilen (tus) 200 MB.",
			En: "A file may have 10 MB at most in one request, and 200 MB in parts (tus).",
		})
	errKind = problem.UnsupportedMediaType("attachment-kind", "Dateien dieser Art werden hier nicht angenommen.", "Files of this kind are not taken here.").
		With(problem.Text{De: "Bitte laden Sie ein PDF, ein JPEG oder ein PNG hoch.", En: "Please upload a PDF, JPEG or PNG."})
)

// errBroken is for an upload whose sender, or whose limit, ended it.
func errBroken(cause error) error { return files.Broken(cause, errTooLarge) }

// keep sets room aside, stores the file and makes an attachment of it. Nothing is left of it after an error: what a crash
// leaves is removed by the sweeping job.
func (s *Service) keep(ctx context.Context, a Application, u Upload, kind files.Kind, content io.Reader, source *files.Watched) (types.Attachment, error) {
	r, err := s.newAttachment(a.ID, u, kind)
	if err != nil {
		return types.Attachment{}, err
	}
	err = s.db.Tx(ctx, func(ctx context.Context) error { return s.setAside(ctx, a, r) })
	if err != nil {
		return types.Attachment{}, err
	}
	kept := false
	defer func() {
		if !kept {
			s.discard(ctx, r)
		}
	}()
	info, err := s.store.Put(ctx, objectKey(r.ID), content, min(r.Size, MaxAttachment))
	switch {
	case errors.Is(err, blob.ErrTooLarge):
		return types.Attachment{}, errTooLarge
	case err != nil && source.Err != nil:
		return types.Attachment{}, errBroken(source.Err)
	case err != nil:
		return types.Attachment{}, fmt.Errorf("store attachment: %w", err)
	}
	r.Size, r.SHA256 = info.Size, hex.EncodeToString(info.SHA256[:])
	if r.Verdict, err = s.inspectSoon(ctx, r.ID); err != nil {
		return types.Attachment{}, err
	}
	err = s.db.Tx(ctx, func(ctx context.Context) error {
		if err := s.lockTaking(ctx, a, r.Field); err != nil { // it may have been submitted, finished or deleted meanwhile
			return err
		}
		there, err := s.finishUpload(ctx, r)
		if err == nil && !there {
			err = errBroken(errors.New("the upload took too long"))
		}
		if err != nil {
			return err
		}
		return s.touchFor(ctx, a.ID, r.Field)
	})
	if err != nil {
		return types.Attachment{}, err
	}
	kept = true
	return s.attachment(r)
}

func (s *Service) newAttachment(applicationID uuid.UUID, u Upload, kind files.Kind) (attachmentRow, error) {
	if !utf8.ValidString(u.Field) {
		return attachmentRow{}, errBroken(errors.New("the field is not UTF-8"))
	}
	id, err := uuid.NewV7()
	if err != nil {
		return attachmentRow{}, fmt.Errorf("make id: %w", err)
	}
	sealed, err := s.keys.Seal(sealName, []byte(files.CleanName(u.Name, kind)), id[:])
	if err != nil {
		return attachmentRow{}, err
	}
	now := s.now()
	until := now.Add(uploadTime)
	size := u.Length
	if size < 0 {
		size = MaxAttachment
	}
	return attachmentRow{
		ID: id, ApplicationID: applicationID, Field: u.Field, Name: sealed, MediaType: kind.MediaType, Size: size,
		CreatedAt: now, DeleteAt: &until, Here: true,
	}, nil
}

func checkQuota(count int, size int64) error {
	if count >= MaxFiles {
		return problem.Conflict("too-many-attachments", "Der Antrag hat schon so viele Anlagen, wie er haben kann.", "The application already has as many attachments as it can have.").
			With(problem.Text{De: "Höchstens 20 Dateien sind möglich. Entfernen Sie zuerst eine andere.", En: "20 files are possible at most. Remove another one first."})
	}
	if size > MaxBytes {
		return problem.TooLarge("attachments-too-large", "Die Anlagen sind zusammen zu groß.", "The attachments together are too large.").
			With(problem.Text{De: "Alle Dateien zusammen dürfen höchstens 500 MB haben.", En: "All files together may have 500 MB at most."})
	}
	return nil
}

// errDraftsFull keeps one account from filling the object store with what is never submitted.
var errDraftsFull = problem.Conflict("drafts-full", "In Ihren Entwürfen liegen schon sehr viele Dateien.", "There are a great many files in your drafts already.").
	With(problem.Text{De: "Löschen Sie Entwürfe, die Sie nicht mehr brauchen, oder Dateien daraus.", En: "Delete drafts that you do not need any more, or files of theirs."})

// setAside reserves room for a file in a draft or an answer, in ctx's transaction.
func (s *Service) setAside(ctx context.Context, a Application, r attachmentRow) error {
	if err := s.lockTaking(ctx, a, r.Field); err != nil {
		return err
	}
	count, size, err := s.usage(ctx, a.ID, types.AnswersQuestion(r.Field))
	if err != nil {
		return err
	}
	if err := checkQuota(count, size+r.Size); err != nil {
		return err
	}
	all, err := s.draftBytes(ctx, a.Person)
	if err != nil {
		return err
	}
	if all+r.Size > MaxDraftBytes {
		return errDraftsFull
	}
	return s.reserve(ctx, r)
}

// lockTaking locks an application while it takes files for a field.
func (s *Service) lockTaking(ctx context.Context, a Application, field string) error {
	present, err := s.lock(ctx, a.Person, a.ID)
	switch {
	case err != nil:
		return err
	case types.AnswersQuestion(field) && finished(present.State):
		return errFinished
	case !types.AnswersQuestion(field) && present.State != types.ApplicationStateDraft:
		return errSubmitted
	}
	return nil
}

// discard removes what is left of an upload that failed, also when the caller has gone.
func (s *Service) discard(ctx context.Context, r attachmentRow) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUpTime)
	defer cancel()
	err := s.store.Delete(ctx, objectKey(r.ID))
	if err == nil {
		err = s.deleteAttachmentRows(ctx, []uuid.UUID{r.ID})
	}
	if err != nil {
		s.log.WarnContext(ctx, "broken upload is left to the sweeping job", "attachment", r.ID, "error", err)
	}
}

// DeleteAttachment removes a file from a draft, or from an answer that was not sent yet. What was submitted or sent stays (409).
func (s *Service) DeleteAttachment(ctx context.Context, id, attachmentID uuid.UUID) error {
	caller, err := person(ctx)
	if err != nil {
		return err
	}
	return s.db.Tx(ctx, func(ctx context.Context) error {
		a, err := s.lock(ctx, caller.Person, id)
		if err != nil {
			return err
		}
		r, err := s.readAttachment(ctx, caller.Person, id, attachmentID)
		if err != nil {
			return err
		}
		if types.AnswersQuestion(r.Field) && r.EventID == nil {
			return s.dropUpload(ctx, r)
		}
		if a.State != types.ApplicationStateDraft {
			return errSubmitted
		}
		if err := s.deleteAttachmentRows(ctx, []uuid.UUID{attachmentID}); err != nil {
			return err
		}
		if err := s.touchFor(ctx, id, r.Field); err != nil {
			return err
		}
		form, err := s.forms.Form(ctx, a.FormID, a.FormVersion)
		if err != nil {
			return fmt.Errorf("read form of draft: %w", err)
		}
		if err := s.lapse(ctx, form, a); err != nil {
			return err
		}
		return s.deleteObjectsLater(ctx, []string{objectKey(attachmentID)})
	})
}

// Attachment opens a file of one of the caller's applications, while it is here.
func (s *Service) Attachment(ctx context.Context, id, attachmentID uuid.UUID) (File, error) {
	caller, err := person(ctx)
	if err != nil {
		return File{}, err
	}
	r, err := s.readAttachment(ctx, caller.Person, id, attachmentID)
	if err != nil {
		return File{}, err
	}
	return s.open(ctx, r)
}

func (s *Service) open(ctx context.Context, r attachmentRow) (File, error) {
	a, err := s.attachment(r)
	if err != nil {
		return File{}, err
	}
	if err := r.barred(); err != nil {
		return File{}, err
	}
	if !r.Here {
		if err := s.takeOver(ctx, r); err != nil {
			return File{}, err
		}
		if r, err = s.oneAttachment(ctx, "SELECT * FROM application_attachments WHERE id = ?", r.ID); err != nil {
			return File{}, err
		}
		if err := r.barred(); err != nil {
			return File{}, err
		}
	}
	content, size, err := s.store.Open(ctx, objectKey(r.ID))
	if err != nil {
		return File{}, fmt.Errorf("open attachment: %w", err)
	}
	return File{Name: a.Name, Size: size, Content: content}, nil
}

// AttachmentFor gives a file to the portal that the application was handed to, while it is here; problem.NotFound for
// everybody else. A file goes a day after that portal has been given all of it; one that it never asks for goes 90 days after
// the application has arrived there.
func (s *Service) AttachmentFor(ctx context.Context, member string, id uuid.UUID) (name, mediaType string, size int64, content io.ReadSeekCloser, err error) {
	r, err := s.readHanded(ctx, member, id)
	if err != nil {
		return "", "", 0, nil, err
	}
	file, err := s.open(ctx, r)
	if err != nil {
		return "", "", 0, nil, err
	}
	mark := func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(s.db.Outside(ctx)), cleanUpTime)
		defer cancel()
		if err := s.markFetched(ctx, id); err != nil {
			s.log.WarnContext(ctx, "could not note that an attachment was fetched", "attachment", id, "error", err)
		}
	}
	return file.Name, r.MediaType, file.Size, &files.Noticed{ReadSeekCloser: file.Content, Size: file.Size, WhenAll: mark}, nil
}

// SweepFiles removes files whose time has come, broken uploads, and what writers that were killed have left, and says how many.
func (s *Service) SweepFiles(ctx context.Context) (int, error) {
	rows, err := s.due(ctx, sweepBatch)
	if err != nil {
		return 0, fmt.Errorf("sweep files: %w", err)
	}
	var ids []uuid.UUID
	for _, r := range rows {
		if err := s.deleteObjects(ctx, r.objects()); err != nil {
			return 0, fmt.Errorf("sweep files: %w", err)
		}
		ids = append(ids, r.ID)
	}
	if len(ids) > 0 {
		if err := s.gone(ctx, ids); err != nil {
			return 0, fmt.Errorf("sweep files: %w", err)
		}
	}
	if _, err := s.store.Sweep(ctx, s.now().Add(-24*time.Hour)); err != nil {
		return 0, err
	}
	return len(ids), nil
}

// deleteObjects deletes files now: objects by their keys, and what lies under keys that end with a slash.
func (s *Service) deleteObjects(ctx context.Context, objects []string) error {
	for _, key := range objects {
		remove := s.store.Delete
		if strings.HasSuffix(key, "/") {
			remove = s.store.DeleteAll
		}
		if err := remove(ctx, key); err != nil {
			return err
		}
	}
	return nil
}

// deleteObjectsLater deletes files by a job, which runs once the transaction is committed.
func (s *Service) deleteObjectsLater(ctx context.Context, objects []string) error {
	if len(objects) == 0 {
		return nil
	}
	return s.jobs.Insert(ctx, deleteObjectsArgs{Keys: objects}, nil)
}

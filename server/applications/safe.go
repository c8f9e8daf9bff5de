package applications

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/blob"
	"portalverbund/server/platform/files"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
	"portalverbund/server/platform/scan"
)

const sealOrigin = "applications/origin"

// AddFromSafe adds a document of the caller's safe to a draft. It stays at the account home until the application is submitted; what is known of
// it, and its hash, is kept from now on. Errors as AddAttachment.
func (s *Service) AddFromSafe(ctx context.Context, id uuid.UUID, chosen types.SafeAttachment) (types.Attachment, error) {
	caller, err := person(ctx)
	if err != nil {
		return types.Attachment{}, err
	}
	a, field, err := s.fieldFor(ctx, caller.Person, id, chosen.Field, "/field")
	if err != nil {
		return types.Attachment{}, err
	}
	d, err := s.safe.Release(ctx, chosen.DocumentId, types.DocumentUse{Purpose: a.ServiceTitle})
	if err != nil {
		return types.Attachment{}, err
	}
	kind := files.OfType(d.MediaType)
	switch {
	case kind.MediaType != d.MediaType || !accepts(field, kind):
		return types.Attachment{}, errKind
	case d.Size > MaxAttachment:
		return types.Attachment{}, errTooLarge
	}
	r, err := s.referenced(a, chosen.Field, kind, d)
	if err != nil {
		return types.Attachment{}, err
	}
	err = s.db.Tx(ctx, func(ctx context.Context) error {
		if err := s.setAside(ctx, a, r); err != nil {
			return err
		}
		return s.touchFor(ctx, a.ID, r.Field)
	})
	if err != nil {
		return types.Attachment{}, err
	}
	return s.attachment(r)
}

// referenced makes the row of a document that lies in a safe.
func (s *Service) referenced(a Application, field string, kind files.Kind, d types.DocumentRelease) (attachmentRow, error) {
	r, err := s.newAttachment(a.ID, Upload{Name: d.Name, Field: field, Length: d.Size}, kind)
	if err != nil {
		return r, err
	}
	r.Ready, r.Here, r.DeleteAt, r.SHA256, r.ReleaseID = true, false, s.keptUntil(field), d.Sha256, &d.Id
	home := a.Person.Issuer
	name := home
	if p, known := s.portals.Member(home); known {
		name = p.Name
	} else if self := s.portals.Self(); self.Id == home {
		name = self.Name
	}
	text, err := json.Marshal(types.AttachmentOrigin{AccountHome: name, Since: d.CreatedAt, Letter: d.Origin})
	if err != nil {
		return r, fmt.Errorf("write origin: %w", err)
	}
	r.Origin, err = s.keys.Seal(sealOrigin, text, r.ID[:])
	return r, err
}

func (s *Service) openOrigin(r attachmentRow) (*types.AttachmentOrigin, error) {
	text, err := s.keys.Open(sealOrigin, r.Origin, r.ID[:])
	if err != nil {
		return nil, err
	}
	var o types.AttachmentOrigin
	if err := json.Unmarshal(text, &o); err != nil {
		return nil, fmt.Errorf("read origin: %w", err)
	}
	return &o, nil
}

// errDocumentGone is for a document that the person has deleted, or that is not the one any more that was chosen.
func errDocumentGone() *problem.Error {
	return problem.Conflict("document-gone", "Dieses Dokument ist nicht mehr in Ihrem Dokumentensafe.", "This document is not in your documents safe any more.").
		With(problem.Text{De: "Bitte wählen Sie ein anderes, oder laden Sie die Datei hoch.", En: "Please choose another one, or upload the file."})
}

// takeOver reads a document of a safe at the account home, unless it is here already, and checks that it is the one that was chosen.
func (s *Service) takeOver(ctx context.Context, r attachmentRow) error {
	if r.Here || r.ReleaseID == nil {
		return nil
	}
	var issuer string
	if err := s.db.From(ctx).Raw("SELECT issuer FROM applications WHERE id = ?", r.ApplicationID).Row().Scan(&issuer); err != nil {
		return fmt.Errorf("read application: %w", err)
	}
	content, err := s.safe.OpenReleased(ctx, issuer, *r.ReleaseID)
	if err != nil {
		if p := (*problem.Error)(nil); errors.As(err, &p) && p.Status == http.StatusNotFound {
			return errDocumentGone().Because(err)
		}
		return problem.Unavailable("account-home-away", "Ihr Dokumentensafe ist gerade nicht erreichbar.", "Your documents safe cannot be reached at the moment.").
			With(problem.Text{De: "Bitte versuchen Sie es in ein paar Minuten noch einmal.", En: "Please try again in a few minutes."}).Because(err)
	}
	defer func() { _ = content.Close() }() // it was only read
	info, err := s.store.Put(ctx, objectKey(r.ID), content, r.Size)
	if err != nil && !errors.Is(err, blob.ErrTooLarge) {
		return fmt.Errorf("store attachment: %w", err)
	}
	if err != nil || info.Size != r.Size || hex.EncodeToString(info.SHA256[:]) != r.SHA256 {
		return errors.Join(s.store.Delete(ctx, objectKey(r.ID)), errDocumentGone())
	}
	verdict, err := s.inspectSoon(ctx, r.ID)
	if err != nil {
		return errors.Join(s.store.Delete(ctx, objectKey(r.ID)), err)
	}
	return s.db.Tx(ctx, func(ctx context.Context) error {
		if err := s.db.From(ctx).Exec("UPDATE application_attachments SET here = true, verdict = ? WHERE id = ?", verdict, r.ID).Error; err != nil {
			return fmt.Errorf("write attachment: %w", err)
		}
		if verdict == verdictPending {
			return s.jobs.Insert(ctx, checkArgs{AttachmentID: r.ID}, nil)
		}
		return nil
	})
}

// takeOverUsed reads the documents of safes that the answers of a draft name. One that is gone is refused (422) with its field.
func (s *Service) takeOverUsed(ctx context.Context, caller httpx.Caller, id uuid.UUID) error {
	var rows []attachmentRow
	err := s.db.From(ctx).Raw(`SELECT t.* FROM application_attachments t JOIN applications a ON a.id = t.application_id
		WHERE a.id = ? AND a.issuer = ? AND a.subject = ? AND a.state = 'draft' AND t.ready AND NOT t.here`, id, caller.Person.Issuer, caller.Person.Subject).Scan(&rows).Error
	if err != nil {
		return fmt.Errorf("read attachments: %w", err)
	}
	if len(rows) == 0 {
		return nil
	}
	a, err := s.Get(ctx, id)
	if err != nil {
		return err
	}
	form, err := s.forms.Form(ctx, a.FormID, a.FormVersion)
	if err != nil {
		return fmt.Errorf("read form of draft: %w", err)
	}
	used := contentOf(form, a.Data, a.Attachments).attachments
	for _, r := range rows {
		i := slices.IndexFunc(used, func(a types.Attachment) bool { return a.Id == r.ID })
		if i < 0 {
			continue
		}
		err := s.takeOver(ctx, r)
		if problem.Is(err, "document-gone") {
			gone := errDocumentGone()
			return problem.Invalid(problem.FieldError{Pointer: used[i].Field, Code: "document-gone", Message: gone.Title})
		}
		if problem.Is(err, scan.ErrHarmful.Code) {
			return problem.Invalid(problem.FieldError{Pointer: used[i].Field, Code: "attachment", Message: harmfulText()})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

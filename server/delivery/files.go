package delivery

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/blob"
	"portalverbund/server/platform/files"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/idempotency"
	"portalverbund/server/platform/problem"
	"portalverbund/server/platform/scan"
)

// Limits of what a provider sends back.
const (
	MaxDocument  = 10 << 20 // bytes of a document
	maxDocuments = 20       // of a delivery
	maxBytes     = 50 << 20 // of all of them
)

// Limits of what comes with an application. The portal of origin has stricter ones; these are against one that lies.
const (
	maxAttachments = 100
	maxAttachment  = 250 << 20 // bytes
)

// How long files are kept.
const (
	uploadTime    = time.Hour           // an upload may take; what is not ready then was broken off
	keepUnnamed   = 24 * time.Hour      // a document that no status or message names
	keepUnfetched = 90 * 24 * time.Hour // a document that the portal of origin never asks for
	keepFetched   = 24 * time.Hour      // one that it has, to ask once more
	keepOver      = 90 * 24 * time.Hour // attachments of a delivery that is over
	cleanUpTime   = 10 * time.Second    // for tidying up after a broken upload
)

// fetching what an application came with.
const (
	maxMismatches = 5 // how often a file that is not what was announced is fetched again
	// FetchFor is how long a file is asked for when its portal does not give it.
	FetchFor = 14 * 24 * time.Hour
)

const (
	filePending = "pending"
	fileReady   = "ready"
	fileParked  = "parked"
	fileRefused = "refused"
)

const sealFile = "deliveries file"

// Files fetches attachments of applications from where they were started, from an offset on.
type Files interface {
	Fetch(ctx context.Context, member string, id uuid.UUID, offset int64) (io.ReadCloser, error)
}

// Upload is a document on its way in.
type Upload struct {
	Name    string
	Length  int64 // bytes as announced; -1 when not announced
	Content io.Reader
}

// File is a file on its way out, to be closed.
type File struct {
	Name, SHA256 string
	Content      io.ReadSeekCloser
}

var (
	errFileUnknown = problem.NotFound("attachment-unknown", "Diese Anlage gibt es nicht.", "There is no such attachment.")
	errTooLarge    = problem.TooLarge("document-too-large", "Die Datei ist zu groß.", "The file is too large.").
			With(problem.Text{De: "Eine Datei darf höchstens 10 MB haben.", En: "A file may have 10 MB at most."})
	errKind = problem.UnsupportedMediaType("document-kind", "Dateien dieser Art werden hier nicht angenommen.", "Files of this kind are not taken here.").
		With(problem.Text{De: "Möglich sind PDF, JPEG und PNG.", En: "PDF, JPEG and PNG are possible."})
)

// Attachment opens a file that the application of a delivery of the caller's provider came with: problem.Conflict until it is here, and when
// it could not be had; problem.NotFound also for another provider's. That the provider reads is told to the person.
func (s *Service) Attachment(ctx context.Context, id, attachmentID uuid.UUID) (File, error) {
	p, err := s.of(httpx.CallerOf(ctx))
	if err != nil {
		return File{}, err
	}
	r, err := s.read(ctx, p.ID, id, false)
	if err != nil {
		return File{}, err
	}
	f, err := s.file(ctx, "SELECT * FROM delivery_files WHERE delivery_id = ? AND id = ? AND NOT given AND deleted_at IS NULL", id, attachmentID)
	if err != nil {
		return File{}, err
	}
	switch f.State {
	case filePending:
		return File{}, problem.Conflict("attachment-pending", "Diese Anlage wird noch geholt oder geprüft.", "This attachment is still being fetched or checked.").
			With(problem.Text{De: "Bitte versuchen Sie es in einem Moment noch einmal.", En: "Please try again in a moment."})
	case fileParked:
		return File{}, problem.Conflict("attachment-missing", "Diese Anlage konnte nicht geholt werden.", "This attachment could not be fetched.").
			With(problem.Text{De: "Bitten Sie die Person, sie noch einmal zu schicken.", En: "Ask the person to send it again."})
	case fileRefused:
		return File{}, problem.Gone("attachment-refused", "In dieser Anlage wurde Schadsoftware gefunden. Sie ist gelöscht.", "Something harmful was found in this attachment. It is deleted.").
			With(problem.Text{De: "Bitten Sie die Person, sie noch einmal zu schicken.", En: "Ask the person to send it again."})
	}
	d, err := s.full(r)
	if err != nil {
		return File{}, err
	}
	if err := s.providerReads(ctx, p, r); err != nil {
		return File{}, err
	}
	content, _, err := s.store.Open(ctx, fileKey(f))
	if err != nil {
		return File{}, fmt.Errorf("open attachment: %w", err)
	}
	return File{Name: nameIn(d, f), SHA256: f.SHA256, Content: content}, nil
}

// AddDocument takes a document of the caller's provider for the citizen of a delivery, once for a key. It is refused before it is read whole
// when it is too large (413) or of another kind than PDF, JPEG and PNG (415), whatever it is called. Each request stores its file; which of
// them counts for a key is settled in the transaction that finishes it, and what a crash or a second request leaves is swept.
func (s *Service) AddDocument(ctx context.Context, id uuid.UUID, key string, u Upload) (types.EventDocument, error) {
	p, err := s.of(httpx.CallerOf(ctx))
	if err != nil {
		return types.EventDocument{}, err
	}
	if _, err := s.read(ctx, p.ID, id, false); err != nil {
		return types.EventDocument{}, err
	}
	if u.Length > MaxDocument {
		return types.EventDocument{}, errTooLarge
	}
	source := &files.Watched{R: u.Content}
	kind, content, known, err := source.Sniff()
	if err != nil {
		return types.EventDocument{}, files.Broken(err, errTooLarge)
	}
	if !known {
		return types.EventDocument{}, errKind
	}
	f, name, err := s.newDocument(id, u, kind)
	if err != nil {
		return types.EventDocument{}, err
	}
	if err := s.db.From(ctx).Create(&f).Error; err != nil { // so that what a crash leaves is found
		return types.EventDocument{}, fmt.Errorf("write document: %w", err)
	}
	kept := false
	defer func() {
		if !kept {
			s.discard(ctx, f)
		}
	}()
	info, err := s.store.Put(ctx, fileKey(f), content, MaxDocument)
	switch {
	case errors.Is(err, blob.ErrTooLarge):
		return types.EventDocument{}, errTooLarge
	case err != nil && source.Err != nil:
		return types.EventDocument{}, files.Broken(source.Err, errTooLarge)
	case err != nil:
		return types.EventDocument{}, fmt.Errorf("store document: %w", err)
	}
	if err := scan.Problem(s.scanner.CheckKept(ctx, s.store, fileKey(f))); err != nil {
		return types.EventDocument{}, err
	}
	f.Size, f.SHA256 = info.Size, hex.EncodeToString(info.SHA256[:])
	document := types.EventDocument{Id: f.ID, Name: name, MediaType: f.MediaType, Size: f.Size, Sha256: f.SHA256}
	out, err := idempotency.Do(ctx, s.db, "delivery.document:"+p.ID, key, []string{id.String(), name, f.SHA256}, func(ctx context.Context) (types.EventDocument, error) {
		return document, s.finishUpload(ctx, p, f)
	})
	kept = err == nil && out.Id == f.ID
	return out, err
}

func (s *Service) newDocument(deliveryID uuid.UUID, u Upload, kind files.Kind) (f fileRow, name string, err error) {
	if f.ID, err = uuid.NewV7(); err != nil {
		return f, "", fmt.Errorf("make id: %w", err)
	}
	name = files.CleanName(u.Name, kind)
	now := s.now()
	until := now.Add(uploadTime)
	f.DeliveryID, f.Given, f.State, f.MediaType, f.CreatedAt, f.DeleteAt = deliveryID, true, filePending, kind.MediaType, now, &until
	f.Name, err = s.keys.Seal(sealFile, []byte(name), f.ID[:])
	return f, name, err
}

// finishUpload makes a document of a stored file, while its delivery is open and has room for it.
func (s *Service) finishUpload(ctx context.Context, p provider, f fileRow) error {
	r, err := s.read(ctx, p.ID, f.DeliveryID, true)
	if err != nil {
		return err
	}
	if err := open(r.State); err != nil {
		return err
	}
	count, size, err := s.documentsOf(ctx, f.DeliveryID)
	if err != nil {
		return err
	}
	if count >= maxDocuments || size+f.Size > maxBytes {
		return problem.Conflict("too-many-documents", "Zu dieser Lieferung gibt es schon so viele Dokumente, wie es geben kann.", "There are as many documents of this delivery as there can be.").
			With(problem.Text{De: "Möglich sind 20 Dateien und zusammen 50 MB.", En: "20 files and 50 MB together are possible."})
	}
	until := s.now().Add(keepUnnamed)
	res := s.db.From(ctx).Exec("UPDATE delivery_files SET state = ?, size = ?, sha256 = ?, delete_at = ? WHERE delivery_id = ? AND id = ? AND state = ? AND deleted_at IS NULL",
		fileReady, f.Size, f.SHA256, until, f.DeliveryID, f.ID, filePending)
	if res.Error != nil {
		return fmt.Errorf("write document: %w", res.Error)
	}
	if res.RowsAffected != 1 {
		return files.Broken(errors.New("the upload took too long"), errTooLarge)
	}
	return nil
}

// discard removes what is left of an upload that failed or was there already, also when the caller has gone.
func (s *Service) discard(ctx context.Context, f fileRow) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUpTime)
	defer cancel()
	err := s.store.Delete(ctx, fileKey(f))
	if err == nil {
		err = s.db.From(ctx).Exec("DELETE FROM delivery_files WHERE delivery_id = ? AND id = ? AND state = ?", f.DeliveryID, f.ID, filePending).Error
	}
	if err != nil {
		s.log.WarnContext(ctx, "broken upload is left to the sweeping job", "document", f.ID, "error", err)
	}
}

// name takes the documents that a status or message names, each once, in the transaction that tells of them. What is not there, or was named
// before, is an error of its place in the list.
func (s *Service) name(ctx context.Context, r row, ids *types.DocumentIds) ([]types.EventDocument, error) {
	if ids == nil || len(*ids) == 0 {
		return nil, nil
	}
	var found []fileRow
	err := s.db.From(ctx).Raw("SELECT * FROM delivery_files WHERE delivery_id = ? AND id IN ? AND given AND state = ? AND told_at IS NULL AND deleted_at IS NULL FOR UPDATE",
		r.ID, *ids, fileReady).Scan(&found).Error
	if err != nil {
		return nil, fmt.Errorf("read documents: %w", err)
	}
	out := make([]types.EventDocument, 0, len(found))
	for i, id := range *ids {
		at := slices.IndexFunc(found, func(f fileRow) bool { return f.ID == id })
		if at < 0 || slices.ContainsFunc(out, func(d types.EventDocument) bool { return d.Id == id }) {
			return nil, problem.Invalid(problem.FieldError{Pointer: "/documents/" + strconv.Itoa(i), Code: "document", Message: problem.Text{
				De: "Dieses Dokument gibt es bei dieser Lieferung nicht, oder es wurde schon verschickt.", En: "There is no such document of this delivery, or it has been sent already.",
			}})
		}
		f := found[at]
		name, err := s.keys.Open(sealFile, f.Name, f.ID[:])
		if err != nil {
			return nil, err
		}
		out = append(out, types.EventDocument{Id: f.ID, Name: string(name), MediaType: f.MediaType, Size: f.Size, Sha256: f.SHA256})
	}
	err = s.db.From(ctx).Exec("UPDATE delivery_files SET told_at = ?, delete_at = ? WHERE delivery_id = ? AND id IN ?",
		s.now(), s.now().Add(keepUnfetched), r.ID, *ids).Error
	if err != nil {
		return nil, fmt.Errorf("name documents: %w", err)
	}
	return out, nil
}

// DocumentFor gives a document to the portal where the person applied, once a status or message has named it; problem.NotFound for everybody
// else, and for a test delivery's.
func (s *Service) DocumentFor(ctx context.Context, member string, id uuid.UUID) (name, mediaType string, size int64, content io.ReadSeekCloser, err error) {
	f, err := s.file(ctx, `SELECT f.* FROM delivery_files f JOIN deliveries d ON d.id = f.delivery_id
		WHERE f.id = ? AND f.given AND f.told_at IS NOT NULL AND f.deleted_at IS NULL AND d.origin = ? AND NOT d.test`, id, member)
	if err != nil {
		return "", "", 0, nil, err
	}
	plain, err := s.keys.Open(sealFile, f.Name, f.ID[:])
	if err != nil {
		return "", "", 0, nil, err
	}
	content, size, err = s.store.Open(ctx, fileKey(f))
	if err != nil {
		return "", "", 0, nil, fmt.Errorf("open document: %w", err)
	}
	mark := func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(s.db.Outside(ctx)), cleanUpTime)
		defer cancel()
		err := s.db.From(ctx).Exec("UPDATE delivery_files SET delete_at = least(delete_at, ?) WHERE delivery_id = ? AND id = ?", s.now().Add(keepFetched), f.DeliveryID, f.ID).Error
		if err != nil {
			s.log.WarnContext(ctx, "could not note that a document was fetched", "document", id, "error", err)
		}
	}
	return string(plain), f.MediaType, size, &files.Noticed{ReadSeekCloser: content, Size: size, WhenAll: mark}, nil
}

// expect notes the files of an application that is handed over, and starts the jobs that fetch them.
func (s *Service) expect(ctx context.Context, r row, attachments []types.Attachment) error {
	rows := make([]fileRow, 0, len(attachments))
	for _, a := range attachments {
		rows = append(rows, fileRow{DeliveryID: r.ID, ID: a.Id, State: filePending, MediaType: a.MediaType, Size: a.Size, SHA256: a.Sha256, CreatedAt: r.CreatedAt})
	}
	if len(rows) == 0 {
		return nil
	}
	if err := s.db.From(ctx).Create(&rows).Error; err != nil {
		return fmt.Errorf("note attachments: %w", err)
	}
	for _, f := range rows {
		if err := s.jobs.Insert(ctx, fetchArgs{DeliveryID: f.DeliveryID, AttachmentID: f.ID}, nil); err != nil {
			return err
		}
	}
	return nil
}

// checkAttachments refuses what no honest portal sends.
func checkAttachments(attachments []types.Attachment) error {
	seen := map[uuid.UUID]bool{}
	for _, a := range attachments {
		if a.Id == uuid.Nil || seen[a.Id] || a.Size < 0 || a.Size > maxAttachment || !files.ValidHash(a.Sha256) {
			return refused("application-invalid", "Der Antrag ist nicht vollständig.", "The application is not complete.")
		}
		seen[a.Id] = true
	}
	if len(attachments) > maxAttachments {
		return refused("application-invalid", "Der Antrag hat zu viele Anlagen.", "The application has too many attachments.")
	}
	return nil
}

// errMismatch is for a file that is not the one that was announced.
var errMismatch = errors.New("size or hash is not what was announced")

// Fetch gets a file from the portal of origin and keeps it. It answers nil when there is nothing more to do, which includes having given up; an
// error means: later again.
func (s *Service) Fetch(ctx context.Context, deliveryID, id uuid.UUID) error {
	f, err := s.file(ctx, "SELECT * FROM delivery_files WHERE delivery_id = ? AND id = ? AND NOT given AND state = ? AND deleted_at IS NULL", deliveryID, id, filePending)
	if problem.Is(err, errFileUnknown.Code) {
		return nil
	}
	if err != nil {
		return err
	}
	var origin string
	if err := s.db.From(ctx).Raw("SELECT origin FROM deliveries WHERE id = ?", deliveryID).Scan(&origin).Error; err != nil {
		return fmt.Errorf("read delivery: %w", err)
	}
	state, err := fileReady, s.transfer(ctx, origin, f)
	if err == nil {
		err = s.scanner.CheckKept(ctx, s.store, fileKey(f))
	}
	mismatch := errors.Is(err, errMismatch) || errors.Is(err, blob.ErrTooLarge)
	switch {
	case err == nil:
	case scan.IsFound(err) || errors.Is(err, files.ErrRefused):
		s.log.WarnContext(ctx, "attachment for a provider refused", "delivery", deliveryID, "error", err)
		return s.refuseFile(ctx, f, scan.IsFound(err))
	case errors.Is(err, scan.ErrNotChecked):
		return fmt.Errorf("check attachment of delivery %s: %w", deliveryID, err) // it waits until it can be checked, however long
	case ctx.Err() != nil:
		return err // the process is ending; this was no attempt
	case mismatch && f.Mismatches+1 >= maxMismatches, s.now().Sub(f.CreatedAt) > FetchFor:
		s.log.ErrorContext(ctx, "attachment for a provider given up", "delivery", deliveryID, "error", err)
		state = fileParked
	default:
		if mismatch {
			err = errors.Join(err, s.db.From(ctx).Exec("UPDATE delivery_files SET mismatches = mismatches + 1 WHERE delivery_id = ? AND id = ?", deliveryID, id).Error)
		}
		return fmt.Errorf("fetch attachment of delivery %s: %w", deliveryID, err)
	}
	_, err = s.setFile(ctx, f, state)
	return err
}

// setFile writes what has become of a file that was waited for; false when it was known before.
func (s *Service) setFile(ctx context.Context, f fileRow, state string) (bool, error) {
	res := s.db.From(ctx).Exec("UPDATE delivery_files SET state = ? WHERE delivery_id = ? AND id = ? AND state = ?", state, f.DeliveryID, f.ID, filePending)
	if res.Error != nil {
		return false, fmt.Errorf("change attachment: %w", res.Error)
	}
	return res.RowsAffected == 1, nil
}

// refuseFile deletes a file in which something harmful was found: the application goes on without it. Where it was found here, the citizen is told;
// where it was found at the portal of the application, that portal has told them.
func (s *Service) refuseFile(ctx context.Context, f fileRow, foundHere bool) error {
	if err := s.store.Delete(ctx, fileKey(f)); err != nil {
		return fmt.Errorf("delete attachment: %w", err)
	}
	return s.db.Tx(ctx, func(ctx context.Context) error {
		first, err := s.setFile(ctx, f, fileRefused)
		if err != nil || !first || !foundHere {
			return err
		}
		var r row
		if err := s.db.From(ctx).Raw("SELECT * FROM deliveries WHERE id = ?", f.DeliveryID).Take(&r).Error; err != nil {
			return fmt.Errorf("read delivery: %w", err)
		}
		d, err := s.full(r)
		if err != nil {
			return err
		}
		text := files.Harmful(nameIn(d, f)).In(r.Language)
		return s.tell(ctx, types.EventAuthorPortal, "", r, types.Message, &text)
	})
}

// nameIn is what a file of an application is called, safe to show.
func nameIn(d Delivery, f fileRow) string {
	name := f.ID.String()
	if i := slices.IndexFunc(d.Attachments, func(a types.Attachment) bool { return a.Id == f.ID }); i >= 0 {
		name = d.Attachments[i].Name
	}
	return files.CleanName(name, files.OfType(f.MediaType))
}

// transfer copies the file into the store and checks it.
func (s *Service) transfer(ctx context.Context, origin string, f fileRow) error {
	if blob.Holds(ctx, s.store, fileKey(f), f.Size, f.SHA256) {
		return nil // it was fetched before, and could not be checked
	}
	source, err := s.files.Fetch(ctx, origin, f.ID, 0)
	if err != nil {
		return err
	}
	defer func() { _ = source.Close() }() // it was only read
	info, err := s.store.Put(ctx, fileKey(f), source, f.Size)
	if err != nil {
		return err
	}
	if info.Size == f.Size && hex.EncodeToString(info.SHA256[:]) == f.SHA256 {
		return nil
	}
	return errors.Join(errMismatch, s.store.Delete(ctx, fileKey(f)))
}

// Sweep removes files whose time has come.
func (s *Service) Sweep(ctx context.Context) error {
	for swept := sweepBatch; swept == sweepBatch; {
		var err error
		if swept, err = s.sweepFiles(ctx); err != nil {
			return err
		}
	}
	return nil
}

// sweepFiles removes a batch, and says how many.
func (s *Service) sweepFiles(ctx context.Context) (int, error) {
	rows, err := s.dueFiles(ctx, sweepBatch)
	if err != nil {
		return 0, err
	}
	for _, f := range rows {
		if err := s.store.Delete(ctx, fileKey(f)); err != nil {
			return 0, fmt.Errorf("sweep files: %w", err)
		}
	}
	return len(rows), s.filesGone(ctx, rows)
}

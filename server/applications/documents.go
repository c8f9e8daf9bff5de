package applications

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"portalverbund/api/types"
	"portalverbund/server/platform/blob"
	"portalverbund/server/platform/files"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
	"portalverbund/server/platform/scan"
)

const (
	maxDocuments        = 10        // with one event
	maxOfAll            = 100       // of an application
	maxDocument         = 250 << 20 // bytes; against a portal that lies
	maxDocumentName     = 300       // characters
	documentsMismatches = 5         // how often a document that is not what was announced is fetched again
	documentsFor        = 14 * 24 * time.Hour
	sealDocument        = "applications.document"

	documentPending = "pending"
	documentReady   = "ready"
	documentParked  = "parked"
	documentRefused = "refused"

	documentQueue    = "application-documents"
	documentFetchers = 4                // documents that are fetched at once in a process
	documentTime     = 15 * time.Minute // for one of them
	documentAttempts = 2000             // never reached: documentsFor ends earlier
)

// Papers fetches documents that came with events, from the portal that an application was handed to.
type Papers interface {
	FetchDocument(ctx context.Context, portal string, id uuid.UUID) (io.ReadCloser, error)
}

type documentRow struct {
	ID            uuid.UUID
	ApplicationID uuid.UUID
	EventID       uuid.UUID
	Position      int
	RemoteID      uuid.UUID
	State         string
	Name          []byte
	MediaType     string
	Size          int64
	SHA256        string `gorm:"column:sha256"`
	Mismatches    int
	CreatedAt     time.Time
	OpenedAt      *time.Time // by the person
}

func (documentRow) TableName() string { return "application_documents" }

func documentKey(id uuid.UUID) string { return "applications/documents/" + id.String() }

// checkDocuments refuses what no honest portal sends.
func checkDocuments(list *[]types.EventDocument) string {
	if list == nil {
		return ""
	}
	if len(*list) > maxDocuments {
		return "too many documents"
	}
	seen := map[uuid.UUID]bool{}
	for _, d := range *list {
		if d.Id == uuid.Nil || seen[d.Id] || d.Size < 0 || d.Size > maxDocument || !files.ValidHash(d.Sha256) || files.OfType(d.MediaType) == (files.Kind{}) ||
			!utf8.ValidString(d.Name) || utf8.RuneCountInString(d.Name) > maxDocumentName {
			return "document"
		}
		seen[d.Id] = true
	}
	return ""
}

// expectDocuments notes the documents of an event that is new, under ids of this portal, and starts the jobs that fetch them. It gives them as
// they are called here.
func (s *Service) expectDocuments(ctx context.Context, a Application, e types.TimelineEvent) ([]types.EventDocument, error) {
	if e.Documents == nil || len(*e.Documents) == 0 {
		return nil, nil
	}
	var before int
	if err := s.db.Pgx(ctx).QueryRow(ctx, "SELECT count(*) FROM application_documents WHERE application_id = $1", a.ID).Scan(&before); err != nil {
		return nil, fmt.Errorf("count documents: %w", err)
	}
	if before+len(*e.Documents) > maxOfAll {
		return nil, problem.Unprocessable("too-many-documents", "Zu diesem Antrag gibt es zu viele Dokumente.", "There are too many documents of this application.")
	}
	rows, out := make([]documentRow, 0, len(*e.Documents)), make([]types.EventDocument, 0, len(*e.Documents))
	for i, d := range *e.Documents {
		r := documentRow{
			ID: uuid.NewSHA1(a.ID, d.Id[:]), ApplicationID: a.ID, EventID: e.Id, Position: before + i, RemoteID: d.Id, State: documentPending,
			MediaType: d.MediaType, Size: d.Size, SHA256: d.Sha256, CreatedAt: s.now(),
		}
		name := files.CleanName(d.Name, files.OfType(d.MediaType))
		var err error
		if r.Name, err = s.keys.Seal(sealDocument, []byte(name), r.ID[:]); err != nil {
			return nil, err
		}
		rows = append(rows, r)
		out = append(out, types.EventDocument{Id: r.ID, Name: name, MediaType: d.MediaType, Size: d.Size, Sha256: d.Sha256})
	}
	if err := s.db.From(ctx).Create(&rows).Error; err != nil {
		return nil, fmt.Errorf("note documents: %w", err)
	}
	for _, r := range rows {
		if err := s.jobs.Insert(ctx, fetchDocumentArgs{DocumentID: r.ID}, nil); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// documentsQuery gives what came with the events of an application.
const documentsQuery = `SELECT id, application_id, event_id, position, remote_id, state, name, media_type, size, sha256, mismatches, created_at, opened_at
	FROM application_documents WHERE application_id = $1 ORDER BY position`

// addDocuments puts documents on the events that they came with.
func (s *Service) addDocuments(events []types.TimelineEvent, rows []documentRow) error {
	for _, r := range rows {
		name, err := s.keys.Open(sealDocument, r.Name, r.ID[:])
		if err != nil {
			return err
		}
		here := r.State == documentReady
		for i := range events {
			if events[i].Id != r.EventID {
				continue
			}
			if events[i].Documents == nil {
				events[i].Documents = &[]types.EventDocument{}
			}
			*events[i].Documents = append(*events[i].Documents, types.EventDocument{
				Id: r.ID, Name: string(name), MediaType: r.MediaType, Size: r.Size, Sha256: r.SHA256, Available: &here,
			})
		}
	}
	return nil
}

var errDocumentUnknown = problem.NotFound("document-unknown", "Dieses Dokument gibt es nicht.", "There is no such document.")

// Document opens a document that came with an event of one of the caller's applications: problem.Conflict until it is here.
func (s *Service) Document(ctx context.Context, id, documentID uuid.UUID) (File, error) {
	caller, err := person(ctx)
	if err != nil {
		return File{}, err
	}
	r, err := s.document(ctx, `SELECT t.* FROM application_documents t JOIN applications a ON a.id = t.application_id
		WHERE t.id = ? AND a.id = ? AND (a.issuer = ? AND a.subject = ?
			AND (a.power_id IS NULL OR a.power_ended_at IS NULL AND a.power_until > now()) OR a.principal_issuer = ? AND a.principal_subject = ?)`,
		documentID, id, caller.Person.Issuer, caller.Person.Subject, caller.Person.Issuer, caller.Person.Subject)
	if problem.Is(err, errDocumentUnknown.Code) {
		return s.documentOfJoint(ctx, caller.Person, id, documentID)
	}
	if err != nil {
		return File{}, err
	}
	f, err := s.openDocument(ctx, r)
	if err != nil || r.OpenedAt != nil {
		return f, err
	}
	if err := s.noteOpened(ctx, r); err != nil {
		return File{}, errors.Join(err, f.Content.Close())
	}
	return f, nil
}

// documentOfJoint opens a document for somebody who has made an application together with another. That they have is told to nobody: the authority
// asks whether the one who filled it in has.
func (s *Service) documentOfJoint(ctx context.Context, p httpx.Person, id, documentID uuid.UUID) (File, error) {
	r, err := s.document(ctx, `SELECT t.* FROM application_documents t JOIN application_co_applicants x ON x.application_id = t.application_id
		WHERE t.id = ? AND x.application_id = ? AND x.issuer = ? AND x.subject = ?`, documentID, id, p.Issuer, p.Subject)
	if err != nil {
		return File{}, err
	}
	return s.openDocument(ctx, r)
}

// noteOpened notes that the person has opened a document for the first time, and tells the portal that it came from.
func (s *Service) noteOpened(ctx context.Context, r documentRow) error {
	return s.db.Tx(ctx, func(ctx context.Context) error {
		var portals []string
		now := s.now()
		err := s.db.From(ctx).Raw(`UPDATE application_documents t SET opened_at = ? FROM applications a
			WHERE a.id = t.application_id AND t.id = ? AND t.opened_at IS NULL RETURNING a.portal_id`, now, r.ID).Scan(&portals).Error
		if err != nil {
			return fmt.Errorf("note opened document: %w", err)
		}
		for _, portal := range portals {
			if err := s.delivery.Opened(ctx, portal, types.MessageDocumentOpened{ApplicationId: r.ApplicationID, DocumentId: r.RemoteID, At: now}); err != nil {
				return err
			}
		}
		return nil
	})
}

// DocumentFor gives a document to the account home of a person whose application it came with, for their safe; problem.NotFound for everybody
// else.
func (s *Service) DocumentFor(ctx context.Context, home string, id uuid.UUID) (name, mediaType string, size int64, content io.ReadSeekCloser, err error) {
	r, err := s.document(ctx, `SELECT t.* FROM application_documents t JOIN applications a ON a.id = t.application_id
		WHERE t.id = ? AND (a.issuer = ? OR a.principal_issuer = ? OR EXISTS (SELECT FROM application_co_applicants x WHERE x.application_id = a.id AND x.issuer = ?))`,
		id, home, home, home)
	if err != nil {
		return "", "", 0, nil, err
	}
	f, err := s.openDocument(ctx, r)
	return f.Name, r.MediaType, f.Size, f.Content, err
}

func (s *Service) document(ctx context.Context, query string, args ...any) (documentRow, error) {
	var rows []documentRow
	if err := s.db.From(ctx).Raw(query, args...).Scan(&rows).Error; err != nil {
		return documentRow{}, fmt.Errorf("read document: %w", err)
	}
	if len(rows) == 0 {
		return documentRow{}, errDocumentUnknown
	}
	return rows[0], nil
}

func (s *Service) openDocument(ctx context.Context, r documentRow) (File, error) {
	switch r.State {
	case documentPending:
		return File{}, problem.Conflict("document-pending", "Dieses Dokument wird noch geholt.", "This document is still being fetched.").
			With(problem.Text{De: "Bitte versuchen Sie es in einem Moment noch einmal.", En: "Please try again in a moment."})
	case documentParked:
		return File{}, problem.Conflict("document-missing", "Dieses Dokument konnte nicht geholt werden.", "This document could not be fetched.").
			With(problem.Text{De: "Bitte wenden Sie sich an die zuständige Stelle.", En: "Please contact the competent office."})
	case documentRefused:
		return File{}, errRefused.With(problem.Text{De: "Bitte wenden Sie sich an die zuständige Stelle.", En: "Please contact the competent office."})
	}
	name, err := s.keys.Open(sealDocument, r.Name, r.ID[:])
	if err != nil {
		return File{}, err
	}
	content, size, err := s.store.Open(ctx, documentKey(r.ID))
	if err != nil {
		return File{}, fmt.Errorf("open document: %w", err)
	}
	return File{Name: string(name), Size: size, Content: content}, nil
}

// fetchDocumentArgs asks for one document from the competent portal.
type fetchDocumentArgs struct {
	DocumentID uuid.UUID `json:"documentId"`
}

// Kind names the job.
func (fetchDocumentArgs) Kind() string { return "applications.fetch_document" }

// InsertOpts keeps slow portals from holding up other jobs.
func (fetchDocumentArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: documentQueue, MaxAttempts: documentAttempts}
}

type fetchDocumentWorker struct {
	river.WorkerDefaults[fetchDocumentArgs]
	s *Service
}

// Work tries once.
func (w *fetchDocumentWorker) Work(ctx context.Context, job *river.Job[fetchDocumentArgs]) error {
	return w.s.fetchDocument(ctx, job.Args.DocumentID)
}

// Timeout is for one document.
func (*fetchDocumentWorker) Timeout(*river.Job[fetchDocumentArgs]) time.Duration { return documentTime }

// NextRetry doubles the pause up to an hour, and varies it by a quarter.
func (*fetchDocumentWorker) NextRetry(job *river.Job[fetchDocumentArgs]) time.Time {
	pause := time.Hour
	if job.Attempt < 13 {
		pause = min(time.Second<<max(job.Attempt-1, 0), pause)
	}
	return time.Now().Add(pause - pause/4 + rand.N(pause/2)) //nolint:gosec // no secret
}

var errMismatch = errors.New("size or hash is not what was announced")

// fetchDocument gets a document and keeps it. It answers nil when there is nothing more to do, which includes having given up; an error means:
// later again.
func (s *Service) fetchDocument(ctx context.Context, id uuid.UUID) error {
	r, err := s.document(ctx, "SELECT * FROM application_documents WHERE id = ? AND state = ?", id, documentPending)
	if problem.Is(err, errDocumentUnknown.Code) {
		return nil
	}
	if err != nil {
		return err
	}
	state, err := documentReady, s.transferDocument(ctx, r)
	if err == nil {
		err = s.scanner.CheckKept(ctx, s.store, documentKey(id))
	}
	mismatch := errors.Is(err, errMismatch) || errors.Is(err, blob.ErrTooLarge)
	switch {
	case err == nil:
	case scan.IsFound(err) || errors.Is(err, files.ErrRefused):
		s.log.WarnContext(ctx, "document refused", "document", id, "error", err)
		if err := s.store.Delete(ctx, documentKey(id)); err != nil {
			return err
		}
		state = documentRefused
	case errors.Is(err, scan.ErrNotChecked):
		return fmt.Errorf("fetch document: %w", err) // it waits until it can be checked
	case ctx.Err() != nil:
		return err // the process is ending; this was no attempt
	case mismatch && r.Mismatches+1 >= documentsMismatches, s.now().Sub(r.CreatedAt) > documentsFor:
		s.log.ErrorContext(ctx, "document given up", "document", id, "error", err)
		state = documentParked
	default:
		if mismatch {
			err = errors.Join(err, s.db.From(ctx).Exec("UPDATE application_documents SET mismatches = mismatches + 1 WHERE id = ?", id).Error)
		}
		return fmt.Errorf("fetch document: %w", err)
	}
	return s.documentFetched(ctx, r, state)
}

func (s *Service) transferDocument(ctx context.Context, r documentRow) error {
	var portal string
	if err := s.db.From(ctx).Raw("SELECT portal_id FROM applications WHERE id = ?", r.ApplicationID).Scan(&portal).Error; err != nil {
		return fmt.Errorf("read application: %w", err)
	}
	if blob.Holds(ctx, s.store, documentKey(r.ID), r.Size, r.SHA256) {
		return nil // it was fetched, and could not be checked
	}
	source, err := s.papers.FetchDocument(ctx, portal, r.RemoteID)
	if err != nil {
		return err
	}
	defer func() { _ = source.Close() }() // it was only read
	info, err := s.store.Put(ctx, documentKey(r.ID), source, r.Size)
	if err != nil {
		return err
	}
	if info.Size == r.Size && hex.EncodeToString(info.SHA256[:]) == r.SHA256 {
		return nil
	}
	return errors.Join(errMismatch, s.store.Delete(ctx, documentKey(r.ID)))
}

// documentFetched notes that a document is here, or cannot be had, and tells those who watch the application. Of an application that was erased
// meanwhile nothing stays.
func (s *Service) documentFetched(ctx context.Context, r documentRow, state string) error {
	return s.db.Tx(ctx, func(ctx context.Context) error {
		a, err := s.lockSubmitted(ctx, r.ApplicationID)
		if err != nil && !problem.Is(err, errUnknown.Code) {
			return err
		}
		gone := err != nil
		if !gone {
			res := s.db.From(ctx).Exec("UPDATE application_documents SET state = ? WHERE id = ?", state, r.ID)
			if res.Error != nil {
				return fmt.Errorf("change document: %w", res.Error)
			}
			gone = res.RowsAffected == 0
		}
		if gone {
			return s.deleteObjectsLater(ctx, []string{documentKey(r.ID)})
		}
		a.Revision++
		if err := s.updateState(ctx, a); err != nil {
			return err
		}
		return s.changed(ctx, a)
	})
}

// eraseDocuments deletes what came with the events of a person's own applications, in ctx's transaction, and names the objects.
func (s *Service) eraseDocuments(ctx context.Context, issuer, subject string) ([]string, error) {
	rows, _ := s.db.Pgx(ctx).Query(ctx, `DELETE FROM application_documents t USING applications a
		WHERE a.id = t.application_id AND (a.issuer = $1 AND a.subject = $2 AND a.principal_subject = '' OR a.principal_issuer = $1 AND a.principal_subject = $2)
		RETURNING t.id`, issuer, subject)
	ids, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return nil, fmt.Errorf("erase documents: %w", err)
	}
	objects := make([]string, 0, len(ids))
	for _, id := range ids {
		objects = append(objects, documentKey(id))
	}
	return objects, nil
}

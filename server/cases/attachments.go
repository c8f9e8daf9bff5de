package cases

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/blob"
	"portalverbund/server/platform/files"
	"portalverbund/server/platform/problem"
	"portalverbund/server/platform/scan"
)

const (
	// maxResumes is how often one run of the job takes up a broken transfer without having got any further.
	maxResumes = 3
	// maxMismatches is how often a file that is not what was announced is fetched again.
	maxMismatches = 5
	// FetchFor is how long a file is asked for when its portal does not give it.
	FetchFor = 14 * 24 * time.Hour
)

// errMismatch is for a file that is not the one that was announced.
var errMismatch = errors.New("size or hash is not what was announced")

// fetch gets a file from the portal of origin and keeps it. It answers nil when there is nothing more to do, which
// includes having given up; an error means: later again.
func (s *Service) fetch(ctx context.Context, caseID, id uuid.UUID) error {
	row, err := s.readAttachment(ctx, caseID, id)
	if problem.Is(err, "attachment-unknown") {
		return nil // the case is gone
	}
	if err != nil || row.State == AttachmentParked {
		return err
	}
	if row.State == AttachmentAvailable {
		return s.finish(ctx, caseID)
	}
	c, err := s.readCase(ctx, caseID)
	if err != nil {
		return err
	}
	err = s.transfer(ctx, c.Origin, row)
	if err == nil {
		err = s.scanner.CheckKept(ctx, s.store, blobKey(caseID, id))
	}
	if err == nil {
		return s.fetched(ctx, row)
	}
	if ctx.Err() != nil {
		return err // the process is ending; this was no attempt
	}
	if scan.IsFound(err) || errors.Is(err, files.ErrRefused) {
		return s.refuse(ctx, row, scan.IsFound(err))
	}
	if errors.Is(err, scan.ErrNotChecked) {
		return fmt.Errorf("check attachment of case %s: %w", caseID, err) // it waits until it can be checked, however long
	}
	mismatch := errors.Is(err, errMismatch) || errors.Is(err, blob.ErrTooLarge)
	if (mismatch && row.Attempts+1 >= maxMismatches) || s.now().Sub(row.announced(c)) > FetchFor {
		return s.park(ctx, c, row)
	}
	if countErr := s.countAttempt(ctx, row, mismatch); countErr != nil {
		return countErr
	}
	return fmt.Errorf("fetch attachment of case %s: %w", caseID, err)
}

// transfer copies the file into the store and checks it. A broken transfer goes on where it broke.
func (s *Service) transfer(ctx context.Context, origin string, row attachmentRow) error {
	source := &resuming{size: row.Size, pause: pauseFor(ctx), open: func(offset int64) (io.ReadCloser, error) {
		return s.files.Fetch(ctx, origin, row.ID, offset)
	}}
	defer source.close()
	key := blobKey(row.CaseID, row.ID)
	if blob.Holds(ctx, s.store, key, row.Size, row.SHA256) {
		return nil // it was fetched before, and could not be checked
	}
	info, err := s.store.Put(ctx, key, source, row.Size)
	if err != nil {
		return err
	}
	if info.Size == row.Size && hex.EncodeToString(info.SHA256[:]) == row.SHA256 {
		return nil
	}
	if err := s.store.Delete(ctx, key); err != nil {
		return err
	}
	return errMismatch
}

// fetched marks a file as here. The last one completes the case.
func (s *Service) fetched(ctx context.Context, row attachmentRow) error {
	return s.db.Tx(ctx, func(ctx context.Context) error {
		c, err := s.lockCase(ctx, row.CaseID) // so that of two last files one sees the other
		if err != nil {
			return err
		}
		if err := s.setAttachment(ctx, row, AttachmentAvailable); err != nil {
			return err
		}
		if err := s.changed(ctx, c); err != nil {
			return err
		}
		return s.finish(ctx, row.CaseID)
	})
}

// refuse deletes a file in which something harmful was found. The case goes on without it. Where it was found here, the citizen is told; where it was
// found at the portal of the application, that portal has told them.
func (s *Service) refuse(ctx context.Context, row attachmentRow, foundHere bool) error {
	if err := s.store.Delete(ctx, blobKey(row.CaseID, row.ID)); err != nil {
		return err
	}
	return s.db.Tx(ctx, func(ctx context.Context) error {
		c, err := s.lockCase(ctx, row.CaseID)
		if err != nil {
			return err
		}
		if err := s.setAttachment(ctx, row, AttachmentRefused); err != nil {
			return err
		}
		name, err := s.nameOf(c, row.ID)
		if err != nil {
			return err
		}
		if foundHere {
			err = s.tell(ctx, c, types.Message, files.Harmful(name).In(c.Language))
		} else {
			err = s.remark(ctx, c, fmt.Sprintf("In der Anlage „%s“ wurde Schadsoftware gefunden. Sie wurde gelöscht, der Antrag wird ohne sie bearbeitet. Die Person weiß es von dem Portal, an dem sie den Antrag gestellt hat.", name))
		}
		if err != nil {
			return err
		}
		if err := s.changed(ctx, c); err != nil {
			return err
		}
		return s.finish(ctx, row.CaseID)
	})
}

func (s *Service) nameOf(c caseRow, id uuid.UUID) (string, error) {
	opened, err := s.openContent(c.ID, c.Content)
	if err != nil {
		return "", err
	}
	for _, f := range opened.Attachments {
		if f.ID == id {
			return f.Name, nil
		}
	}
	return id.String(), nil
}

// park gives a file up. The clerk sees it in the timeline and can ask for the file.
func (s *Service) park(ctx context.Context, c caseRow, row attachmentRow) error {
	name, err := s.nameOf(c, row.ID)
	if err != nil {
		return err
	}
	text := fmt.Sprintf("Die Anlage „%s“ konnte nicht vom Portal des Antrags geholt werden.", name)
	return s.db.Tx(ctx, func(ctx context.Context) error {
		if err := s.setAttachment(ctx, row, AttachmentParked); err != nil {
			return err
		}
		if err := s.remark(ctx, c, text); err != nil {
			return err
		}
		return s.changed(ctx, c)
	})
}

// remark puts words of this portal on the timeline here, for the clerk.
func (s *Service) remark(ctx context.Context, c caseRow, text string) error {
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("make id: %w", err)
	}
	_, err = s.addEvent(ctx, c.ID, types.TimelineEvent{Id: id, At: s.now(), Kind: types.Message, By: types.EventAuthorPortal, Text: &text})
	return err
}

func (s *Service) setAttachment(ctx context.Context, row attachmentRow, state AttachmentState) error {
	err := s.db.From(ctx).Exec("UPDATE case_attachments SET state = ? WHERE case_id = ? AND id = ?", state, row.CaseID, row.ID).Error
	if err != nil {
		return fmt.Errorf("change attachment: %w", err)
	}
	return nil
}

// countAttempt counts only files that were wrong: a portal that is away costs nothing.
func (s *Service) countAttempt(ctx context.Context, row attachmentRow, mismatch bool) error {
	if !mismatch {
		return nil
	}
	return s.db.From(ctx).Exec("UPDATE case_attachments SET attempts = attempts + 1 WHERE case_id = ? AND id = ?", row.CaseID, row.ID).Error
}

// blobKey names a file in the store.
func blobKey(caseID, id uuid.UUID) string { return "cases/" + caseID.String() + "/" + id.String() }

// Download is a file of a case, to be closed.
type Download struct {
	Name    string
	Size    int64
	Content io.ReadSeekCloser
}

// Attachment opens a file of a case, and records that the caller has read it: problem.Conflict until it has been fetched.
func (s *Service) Attachment(ctx context.Context, caseID, id uuid.UUID) (Download, error) {
	c, err := s.readCase(ctx, caseID)
	if err != nil {
		return Download{}, err
	}
	if ctx, err = s.within(ctx, c); err != nil {
		return Download{}, err
	}
	row, err := s.readAttachment(ctx, caseID, id)
	if err != nil {
		return Download{}, err
	}
	switch row.State {
	case AttachmentPending:
		return Download{}, problem.Conflict("attachment-pending", "Diese Anlage wird noch geholt oder geprüft.", "This attachment is still being fetched or checked.").
			With(problem.Text{De: "Bitte versuchen Sie es in einem Moment noch einmal.", En: "Please try again in a moment."})
	case AttachmentParked:
		return Download{}, problem.Conflict("attachment-missing", "Diese Anlage konnte nicht geholt werden.", "This attachment could not be fetched.").
			With(problem.Text{De: "Bitten Sie die Person, sie noch einmal zu schicken.", En: "Ask the person to send it again."})
	case AttachmentRefused:
		return Download{}, problem.Gone("attachment-refused", "In dieser Anlage wurde Schadsoftware gefunden. Sie ist gelöscht.", "Something harmful was found in this attachment. It is deleted.").
			With(problem.Text{De: "Bitten Sie die Person, sie noch einmal zu schicken.", En: "Ask the person to send it again."})
	}
	opened, err := s.openContent(caseID, c.Content)
	if err != nil {
		return Download{}, err
	}
	if err := s.audit.Record(ctx, "case.attachment.read", object(caseID), id.String()); err != nil {
		return Download{}, err
	}
	if err := s.clerkReads(ctx, c, itemAttachments); err != nil {
		return Download{}, err
	}
	file, size, err := s.store.Open(ctx, blobKey(caseID, id))
	if err != nil {
		return Download{}, fmt.Errorf("open attachment: %w", err)
	}
	d := Download{Name: id.String(), Size: size, Content: file}
	for _, f := range opened.Attachments {
		if f.ID == id {
			d.Name = f.Name
		}
	}
	return d, nil
}

// resuming reads a file of a known size, and opens it anew at the place where a transfer broke.
type resuming struct {
	open    func(offset int64) (io.ReadCloser, error)
	pause   func(resumes int) error
	size    int64
	read    int64
	source  io.ReadCloser
	resumes int // in a row, without a byte in between
}

// Read gives the next bytes. A source that ends early, and again when it is opened anew there, is taken as it is: the
// file is shorter than announced.
func (r *resuming) Read(p []byte) (int, error) {
	for {
		n, err := r.next(p)
		r.read += int64(n)
		if n > 0 {
			r.resumes = 0
		}
		if err == nil || (errors.Is(err, io.EOF) && (r.read >= r.size || r.resumes > 0)) {
			return n, err
		}
		r.close()
		if n > 0 {
			return n, nil
		}
		if r.resumes++; r.resumes > maxResumes || r.read == 0 {
			return 0, err
		}
		if err := r.pause(r.resumes); err != nil {
			return 0, err
		}
	}
}

func (r *resuming) next(p []byte) (int, error) {
	if r.source == nil {
		source, err := r.open(r.read)
		if err != nil {
			return 0, err
		}
		r.source = source
	}
	return r.source.Read(p)
}

func (r *resuming) close() {
	if r.source != nil {
		_ = r.source.Close() // it was only read
		r.source = nil
	}
}

// pauseFor waits a little before a transfer is taken up again.
func pauseFor(ctx context.Context) func(int) error {
	return func(resumes int) error {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Duration(resumes) * 200 * time.Millisecond):
			return nil
		}
	}
}

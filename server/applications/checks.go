package applications

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"portalverbund/api/types"
	"portalverbund/server/platform/files"
	"portalverbund/server/platform/problem"
	"portalverbund/server/platform/scan"
)

// A file is checked by the virus scanner as soon as it is here. When the scanner does not answer, the file waits: nobody is given it, the person and the
// clerk see that it is being checked, and a job asks again. The application can be submitted meanwhile: a scanner that is down must not cost
// anybody a deadline, and the competent portal is given the file once it is clean. What is refused while the application is a draft cannot be
// submitted; what is refused later is deleted, and the person is told.
const (
	verdictPending = "pending" // the scanner has not said anything yet
	verdictRefused = "refused" // something was found, and the file is deleted

	soon          = 20 * time.Second // that a person waits for the scanner
	checkAttempts = 10_000           // at ten minutes each two months, more than a draft lives
	checkTime     = 10 * time.Minute // for one file
	firstRecheck  = 5 * time.Second
	lastRecheck   = 10 * time.Minute
)

var (
	errChecking = problem.Conflict("attachment-checking", "Diese Datei wird noch auf Schadsoftware geprüft.", "This file is still being checked for harmful software.").
			With(problem.Text{De: "Bitte versuchen Sie es in einem Moment noch einmal.", En: "Please try again in a moment."})
	errRefused = problem.Gone("attachment-refused", "In dieser Datei wurde Schadsoftware gefunden. Sie ist gelöscht.", "Something harmful was found in this file. It is deleted.").
			Because(files.ErrRefused)
)

func harmfulText() problem.Text {
	return problem.Text{
		De: "In dieser Datei wurde Schadsoftware gefunden. Bitte entfernen Sie sie.", En: "Something harmful was found in this file. Please remove it.",
	}
}

// barred says why nobody is given a file.
func (r attachmentRow) barred() error {
	switch r.Verdict {
	case verdictPending:
		return errChecking
	case verdictRefused:
		return errRefused
	}
	return nil
}

// inspect has a file checked: a verdict to keep it with, or an error, scan.Found where something is in it.
func (s *Service) inspect(ctx context.Context, id uuid.UUID) (verdict string, err error) {
	err = s.scanner.CheckKept(ctx, s.store, objectKey(id))
	if errors.Is(err, scan.ErrNotChecked) {
		s.log.WarnContext(ctx, "an attachment waits for the virus scanner", "attachment", id, "error", err)
		return verdictPending, nil
	}
	return "", err
}

// inspectSoon is inspect while somebody waits: a problem where something is in the file.
func (s *Service) inspectSoon(ctx context.Context, id uuid.UUID) (verdict string, err error) {
	ctx, cancel := context.WithTimeout(ctx, soon)
	defer cancel()
	verdict, err = s.inspect(ctx, id)
	return verdict, scan.Problem(err)
}

// checkArgs asks to have a file checked that waits for it.
type checkArgs struct {
	AttachmentID uuid.UUID `json:"attachmentId"`
}

// Kind names the job.
func (checkArgs) Kind() string { return "applications.check" }

// InsertOpts keeps a slow scanner from holding up other jobs.
func (checkArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: uploadQueue, MaxAttempts: checkAttempts}
}

type checkWorker struct {
	river.WorkerDefaults[checkArgs]
	s *Service
}

// Work asks once.
func (w *checkWorker) Work(ctx context.Context, job *river.Job[checkArgs]) error {
	return w.s.check(ctx, job.Args.AttachmentID)
}

// Timeout is for one file.
func (*checkWorker) Timeout(*river.Job[checkArgs]) time.Duration { return checkTime }

// NextRetry doubles the pause up to ten minutes, and varies it by a quarter.
func (*checkWorker) NextRetry(job *river.Job[checkArgs]) time.Time {
	pause := lastRecheck
	if job.Attempt < 8 {
		pause = min(firstRecheck<<max(job.Attempt-1, 0), lastRecheck)
	}
	return time.Now().Add(pause - pause/4 + rand.N(pause/2)) //nolint:gosec // no secret
}

// check has a file checked that waits for it. An error means: later again.
func (s *Service) check(ctx context.Context, id uuid.UUID) error {
	r, err := s.oneAttachment(ctx, "SELECT * FROM application_attachments WHERE id = ? AND ready AND verdict = 'pending' AND deleted_at IS NULL", id)
	if problem.Is(err, errAttachmentUnknown.Code) {
		return nil
	}
	if err != nil {
		return err
	}
	err = s.scanner.CheckKept(ctx, s.store, objectKey(id))
	switch {
	case err == nil:
		return s.setVerdict(ctx, id, "")
	case scan.IsFound(err):
		s.log.WarnContext(ctx, "attachment refused", "attachment", id, "error", err)
		return s.db.Tx(ctx, func(ctx context.Context) error { return s.refuse(ctx, r) })
	}
	return fmt.Errorf("check attachment: %w", err)
}

func (s *Service) setVerdict(ctx context.Context, id uuid.UUID, verdict string) error {
	if err := s.db.From(ctx).Exec("UPDATE application_attachments SET verdict = ? WHERE id = ?", verdict, id).Error; err != nil {
		return fmt.Errorf("write verdict: %w", err)
	}
	return nil
}

// refuse deletes a file in which something was found, and tells the person where the application is submitted already.
func (s *Service) refuse(ctx context.Context, r attachmentRow) error {
	state, err := s.lockState(ctx, r.ApplicationID) // it is submitted before, or after this
	if err != nil {
		return err
	}
	if err := s.setVerdict(ctx, r.ID, verdictRefused); err != nil {
		return err
	}
	if err := s.deleteObjectsLater(ctx, []string{objectKey(r.ID)}); err != nil || state == "" || state == types.ApplicationStateDraft {
		return err
	}
	if r, err = s.oneAttachment(ctx, "SELECT * FROM application_attachments WHERE id = ?", r.ID); err != nil || types.AnswersQuestion(r.Field) && r.EventID == nil {
		return err // nobody has sent it yet
	}
	a, err := s.lockSubmitted(ctx, r.ApplicationID)
	if err != nil {
		return err
	}
	file, err := s.attachment(r)
	if err != nil {
		return err
	}
	text := files.Harmful(file.Name).In(a.Language)
	event := s.ownEvent(types.Message, types.EventAuthorPortal)
	event.Text = &text
	if _, err := s.addEvent(ctx, a.ID, event); err != nil {
		return err
	}
	a.Revision++
	a.ChangedAt = s.now()
	if err := s.updateState(ctx, a); err != nil {
		return err
	}
	if a.Person.Subject != "" { // nobody, when the account was deleted meanwhile
		if err := s.writeTo(ctx, a, a.Person, harmfulFound(), s.portals.Self().Name, text); err != nil {
			return err
		}
	}
	return s.changed(ctx, a)
}

// harmfulFound says that something was found in an attachment.
func harmfulFound() letter {
	return letter{
		subject: problem.Text{De: "Eine Anlage wurde gelöscht: {service}", En: "An attachment was deleted: {service}"},
		text: problem.Text{
			De: "Guten Tag,\n\n{text}\n\nEs geht um Ihren Antrag „{service}“.\n\nAntragsnummer: {number}",
			En: "Hello,\n\n{text}\n\nThis is about your application “{service}”.\n\nApplication number: {number}",
		},
	}
}

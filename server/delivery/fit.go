package delivery

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"portalverbund/api/types"
	"portalverbund/server/delivery/fitconnect"
	"portalverbund/server/platform/mail"
	"portalverbund/server/platform/problem"
)

const (
	channelFIT = "fit-connect:" // and the connection's id

	fitQueue     = "fit-connect"
	fitAtOnce    = 2 // submissions that are sent at once in a process, each with one attachment in memory
	fitTimeout   = 30 * time.Minute
	filesAgain   = 2 * time.Second // until attachments are looked for again that are still being fetched
	maxFitFiles  = 100
	actsForName  = "vertretung.json"
	actsForTitle = "acts-for"

	coApplicantsName  = "mitantragstellende.json"
	coApplicantsTitle = "co-applicants"

	harmfulName  = "geloeschte-anlagen.txt"
	harmfulTitle = "harmful"
	harmfulText  = "In diesen Anlagen des Antrags wurde Schadsoftware gefunden. Sie wurden gelöscht. Die Person weiß davon.\n\n"
)

// Reasons why an application cannot go by FIT-Connect, now or ever.
var (
	errFilesPending = errors.New("attachments are still being fetched")
	errFileMissing  = errors.New("an attachment could not be fetched")
	errLost         = errors.New("FIT-Connect does not know the submission any more")
	errTakenBack    = errors.New("the application was taken back")
	errOtherContent = errors.New("FIT-Connect has other content under this submission")
)

// addFIT makes the client of a connection.
func (s *Service) addFIT(p *provider) error {
	if p.DeliveryURL != "" || p.WebhookSecret != "" {
		return errors.New("it has either fitConnect or an address for webhooks")
	}
	o := fitconnect.Options{Settings: *p.FITConnect, AllowLoopback: s.loopback, Now: s.now}
	asks, err := s.asksRevocation(o.Revocation)
	if err != nil {
		return err
	}
	o.Revoked = asks.Check
	if o.Uncertified && !s.loopback {
		return errors.New("uncertified is for FITKO's test environment, and not for production")
	}
	if o.Roots != "" {
		data, err := os.ReadFile(o.Roots)
		if err != nil {
			return fmt.Errorf("roots: %w", err)
		}
		o.Pool = x509.NewCertPool()
		if !o.Pool.AppendCertsFromPEM(data) {
			return errors.New("roots: no certificate in the file")
		}
	}
	configured := p.Provider
	o.Credentials = func(ctx context.Context) (string, string, error) { return s.fitLogin(ctx, configured) }
	p.fit, err = fitconnect.New(o)
	return err
}

// expectFIT notes that a delivery goes by FIT-Connect, in ctx's transaction.
func (s *Service) expectFIT(ctx context.Context, id uuid.UUID, leikaKey string, office map[string]string) error {
	if err := s.db.From(ctx).Create(&fitRow{DeliveryID: id, LeikaKey: leikaKey, Office: office, State: fitNew, Uploads: uploads{}, Problems: []fitconnect.Problem{}}).Error; err != nil {
		return fmt.Errorf("note submission: %w", err)
	}
	return s.jobs.Insert(ctx, fitArgs{DeliveryID: id}, nil)
}

// submit tries once to hand an application over by FIT-Connect, and goes on where the attempt before ended. What was perhaps sent is looked for
// in the event log first: the same submission is sent again, and never a second one.
func (s *Service) submit(ctx context.Context, p provider, r row) error {
	sub, err := s.submission(ctx, r.ID)
	if err != nil {
		return err
	}
	if sub.SentAt != nil {
		return s.resume(ctx, p, sub)
	}
	d, err := s.full(r)
	if err != nil {
		return err
	}
	parts, err := s.parts(ctx, p.fit.MaxAttachment(), d)
	if err != nil {
		return err
	}
	to, err := p.fit.Find(ctx, sub.LeikaKey, r.ARS)
	if err != nil {
		return err
	}
	if sub, err = s.announce(ctx, p, r, sub, to, parts); err != nil {
		return err
	}
	for _, f := range parts {
		if err := s.upload(ctx, p, sub, to, f); err != nil {
			return err
		}
	}
	content := fitconnect.Content{Number: r.Number, SubmittedAt: r.SubmittedAt}
	for _, f := range parts {
		content.Attachments = append(content.Attachments, fitconnect.Attachment{ID: f.id, Name: f.name, MimeType: f.mimeType, SHA512: sub.Uploads[f.id].SHA512})
	}
	if content.Data, err = json.Marshal(orEmpty(d.Data)); err != nil {
		return err
	}
	sealed, err := fitconnect.Seal(to, content)
	if err != nil {
		return err
	}
	if err := s.noteSending(ctx, r.ID, sealed); err != nil {
		return err
	}
	return s.send(ctx, p, sub, sealed)
}

func orEmpty(data map[string]any) map[string]any {
	if data == nil {
		return map[string]any{}
	}
	return data
}

// resume finds out whether a submission arrived, and sends it again if not.
func (s *Service) resume(ctx context.Context, p provider, sub fitRow) error {
	events, _, err := p.fit.Events(ctx, sub.subject())
	if status(err) == http.StatusNotFound {
		return errLost
	}
	if err != nil {
		return err
	}
	for _, e := range events {
		if e.Kind != fitconnect.EventSubmitted {
			continue
		}
		if !e.Tags.Equal(sub.tags()) {
			return errOtherContent
		}
		return nil
	}
	return s.send(ctx, p, sub, fitconnect.Sealed{Metadata: sub.Metadata, Data: sub.Data})
}

// send makes the last step. What FIT-Connect refuses for what it is was not submitted: the next attempt begins anew.
func (s *Service) send(ctx context.Context, p provider, sub fitRow, sealed fitconnect.Sealed) error {
	err := p.fit.Send(ctx, *sub.SubmissionID, sealed)
	switch status(err) {
	case http.StatusNotFound:
		return errLost
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		return errors.Join(err, s.resetSubmission(ctx, sub.DeliveryID))
	}
	return err
}

// status is what FIT-Connect answered; 0 for no answer, or a success.
func status(err error) int {
	var answer *fitconnect.StatusError
	if errors.As(err, &answer) {
		return answer.Status
	}
	return 0
}

// part is a file that goes with an application.
type part struct {
	id             uuid.UUID
	name, mimeType string
	size           int64
	open           func(ctx context.Context) (io.ReadCloser, error)
}

// parts lists the files of an application: all of them are here, and none has more than most bytes. Of those in which something harmful was found a
// file tells. Who acts for whom goes as a file, too: the data are those of the form.
func (s *Service) parts(ctx context.Context, most int64, d Delivery) ([]part, error) {
	rows, err := s.attachmentRows(ctx, d.ID)
	if err != nil {
		return nil, err
	}
	harmful := ""
	parts := make([]part, 0, len(rows)+1)
	for _, f := range rows {
		switch {
		case f.State == fileRefused:
			harmful += nameIn(d, f) + "\n"
			continue
		case f.Size > most:
			return nil, fitconnect.ErrTooLarge
		case f.State == filePending:
			return nil, errFilesPending
		case f.State != fileReady || f.DeletedAt != nil:
			return nil, errFileMissing
		}
		parts = append(parts, part{
			id: f.ID, name: nameIn(d, f), mimeType: f.MediaType, size: f.Size,
			open: func(ctx context.Context) (io.ReadCloser, error) {
				content, _, err := s.store.Open(ctx, fileKey(f))
				return content, err
			},
		})
	}
	if harmful != "" {
		parts = append(parts, written(d.ID, harmfulTitle, harmfulName, "text/plain", []byte(harmfulText+harmful)))
	}
	if d.ActsFor != nil {
		more, err := jsonPart(d.ID, actsForTitle, actsForName, d.ActsFor)
		if err != nil {
			return nil, err
		}
		parts = append(parts, more)
	}
	if d.CoApplicants != nil {
		more, err := jsonPart(d.ID, coApplicantsTitle, coApplicantsName, d.CoApplicants)
		if err != nil {
			return nil, err
		}
		parts = append(parts, more)
	}
	return parts, nil
}

// jsonPart is what a schema of FIT-Connect has no place for, as an attachment of its own.
func jsonPart(delivery uuid.UUID, title, name string, content any) (part, error) {
	text, err := json.Marshal(content)
	if err != nil {
		return part{}, err
	}
	return written(delivery, title, name, "application/json", text), nil
}

// written is a file that this portal adds to an application.
func written(delivery uuid.UUID, title, name, mimeType string, content []byte) part {
	return part{
		id: uuid.NewSHA1(delivery, []byte(title)), name: name, mimeType: mimeType, size: int64(len(content)),
		open: func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil },
	}
}

// announce tells FIT-Connect of a submission, unless it was told of one to this destination and key before.
func (s *Service) announce(ctx context.Context, p provider, r row, sub fitRow, to fitconnect.Destination, parts []part) (fitRow, error) {
	if sub.SubmissionID != nil && sub.DestinationID != nil && *sub.DestinationID == to.ID && sub.KeyID == to.Key.KeyID {
		return sub, nil
	}
	ids := make([]uuid.UUID, 0, len(parts))
	for _, f := range parts {
		ids = append(ids, f.id)
	}
	a, err := p.fit.Announce(ctx, to, inLanguage(r.ServiceTitle, "de"), ids)
	if err != nil {
		return sub, err
	}
	sub.DestinationID, sub.KeyID, sub.SubmissionID, sub.CaseID, sub.Uploads = &to.ID, to.Key.KeyID, &a.SubmissionID, &a.CaseID, uploads{}
	return sub, s.noteAnnounced(ctx, sub)
}

// upload sends a file that is not there yet. A submission that FIT-Connect does not know any more is announced anew the next time.
func (s *Service) upload(ctx context.Context, p provider, sub fitRow, to fitconnect.Destination, f part) error {
	if _, there := sub.Uploads[f.id]; there {
		return nil
	}
	content, err := f.open(ctx)
	if err != nil {
		return fmt.Errorf("open attachment: %w", err)
	}
	defer func() { _ = content.Close() }() // it was only read
	hash, tag, err := p.fit.Upload(ctx, *sub.SubmissionID, to.Key, f.id, f.mimeType, f.size, content)
	if status(err) == http.StatusNotFound {
		return errors.Join(err, s.forgetAnnounced(ctx, sub.DeliveryID))
	}
	if err != nil {
		return err
	}
	sub.Uploads[f.id] = uploaded{SHA512: hash, Tag: tag}
	return s.noteUploads(ctx, sub)
}

// final says whether an attempt cannot succeed later either.
func final(cause error) bool {
	for _, reason := range []error{fitconnect.ErrTooLarge, errFileMissing, errLost, errOtherContent, errMailTooLarge, mail.ErrRefused, mail.ErrInvalid} {
		if errors.Is(cause, reason) {
			return true
		}
	}
	return false
}

// giveUp parks a delivery for good reason, and tells the person.
func (s *Service) giveUp(ctx context.Context, p provider, r row, cause error) error {
	s.log.ErrorContext(ctx, "delivery parked", "delivery", r.ID, "provider", r.Provider, "error", cause)
	return s.db.Tx(ctx, func(ctx context.Context) error {
		if errors.Is(cause, errLost) {
			if err := s.setFIT(ctx, r.ID, fitLost, nil); err != nil {
				return err
			}
		}
		if err := s.park(ctx, r.ID, cause); err != nil {
			return err
		}
		return s.tellNotTaken(ctx, p, r)
	})
}

// tellNotTaken tells whoever gets alerts, and the person, that the authority could not take the application: it is not lost.
func (s *Service) tellNotTaken(ctx context.Context, p provider, r row) error {
	if err := s.alarm(ctx, p, r.ID); err != nil {
		return err
	}
	text := problem.Text{
		De: "Die zuständige Stelle konnte Ihren Antrag auf elektronischem Weg noch nicht annehmen. Ihr Antrag ist nicht verloren: Dieses Portal hat ihn mit dem Zeitpunkt Ihres Absendens, " +
			"und wir kümmern uns darum. Sie müssen nichts tun.",
		En: "The competent office could not take your application electronically yet. Your application is not lost: this portal has it with the time at which you submitted it, " +
			"and we are looking after it. You need not do anything.",
	}.In(r.Language)
	return s.tell(ctx, types.EventAuthorPortal, "", r, types.Message, &text)
}

// submitted marks a delivery as sent, tells the citizen, and begins to follow what becomes of it.
func (s *Service) submitted(ctx context.Context, p provider, id uuid.UUID) error {
	return s.db.Tx(ctx, func(ctx context.Context) error {
		r, err := s.read(ctx, p.ID, id, true)
		if err != nil {
			return err
		}
		if err := s.noteError(ctx, id, nil); err != nil || r.State != types.Pending {
			return err
		}
		sub, err := s.submission(ctx, id)
		if err != nil {
			return err
		}
		number := sub.CaseID.String()
		if err := s.setReported(ctx, id, types.Delivered, &number); err != nil {
			return err
		}
		if err := s.jobs.Insert(ctx, followArgs{DeliveryID: id, SubmissionID: *sub.SubmissionID}, nil); err != nil || r.DeliveredAt != nil {
			return err
		}
		named := p
		named.Name = sub.office(r.Language, p.Name)
		if err := s.tellAccess(ctx, named, r); err != nil {
			return err
		}
		return s.tell(ctx, types.EventAuthorAuthority, named.Name, r, types.Transmitted, nil)
	})
}

// cancelFIT takes an application back that was not sent yet. What was sent cannot be called back: the person is told to turn to the
// authority, at this portal at once.
func (s *Service) cancelFIT(ctx context.Context, r row) error {
	sub, err := s.lockSubmission(ctx, r.ID)
	if err != nil {
		return err
	}
	if sub.SentAt != nil && sub.State != fitRejected && sub.State != fitLost {
		words := problem.Text{
			De: "Ihr Antrag wurde schon an die zuständige Stelle übermittelt und kann über das Portal nicht mehr zurückgezogen werden. Bitte wenden Sie sich direkt an die Stelle.",
			En: "Your application was handed over to the competent office already and cannot be withdrawn through the portal any more. Please contact the office directly.",
		}
		if r.Origin == s.self {
			return refused("application-handed-over", "Dieser Antrag ist schon bei der zuständigen Stelle.", "This application is with the competent office already.").With(words)
		}
		text := words.In(r.Language)
		return s.tell(ctx, types.EventAuthorPortal, sub.office(r.Language, ""), r, types.Message, &text)
	}
	if over(r.State) {
		return nil
	}
	if err := s.setState(ctx, r.ID, types.Cancelled); err != nil {
		return err
	}
	return s.filesOver(ctx, r.ID, types.Cancelled)
}

// again prepares a delivery to be made once more: what was rejected goes as a new submission, everything else as the same one.
func (s *Service) again(ctx context.Context, r row) error {
	sub, err := s.lockSubmission(ctx, r.ID)
	if err != nil {
		return err
	}
	switch {
	case r.State == types.Delivered:
		return problem.Conflict("delivery-submitted", "Dieser Antrag ist schon bei der zuständigen Stelle.", "This application is with the competent office already.").
			With(problem.Text{De: "FIT-Connect nimmt eine Einreichung nur einmal an.", En: "FIT-Connect takes a submission once only."})
	case sub.State == fitRejected || sub.State == fitLost:
		return s.resetSubmission(ctx, r.ID)
	}
	return nil
}

// fitArgs hands an application over by FIT-Connect.
type fitArgs struct {
	DeliveryID uuid.UUID `json:"deliveryId"`
}

// Kind names the job.
func (fitArgs) Kind() string { return "delivery.fit_connect" }

// InsertOpts keeps large attachments from filling the memory.
func (fitArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: fitQueue, MaxAttempts: maxAttempts}
}

type fitWorker struct {
	river.WorkerDefaults[fitArgs]
	s *Service
}

// Work tries once.
func (w *fitWorker) Work(ctx context.Context, job *river.Job[fitArgs]) error {
	return w.s.push(ctx, job.Args.DeliveryID, false)
}

// Timeout is for all attachments of one application; the next attempt goes on with those that are not there.
func (w *fitWorker) Timeout(*river.Job[fitArgs]) time.Duration { return fitTimeout }

// NextRetry is after the room's own pause.
func (w *fitWorker) NextRetry(job *river.Job[fitArgs]) time.Time {
	return time.Now().Add(w.s.backoff(job.Attempt))
}

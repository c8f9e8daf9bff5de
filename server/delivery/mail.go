package delivery

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	netmail "net/mail"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"portalverbund/api/types"
	"portalverbund/server/platform/mail"
	"portalverbund/server/platform/problem"
	"portalverbund/server/platform/revocation"
	"portalverbund/server/platform/smime"
)

const (
	channelMail = "mail:" // and the connection's id

	mailQueue   = "encrypted-mails"
	mailAtOnce  = 2 // in a process: each is in memory, several times
	mailTimeout = 10 * time.Minute

	// DefaultMaxMail is how many bytes an encrypted mail may have where the configuration does not say. Many mail servers take no more.
	DefaultMaxMail = 20 << 20
	mostMaxMail    = 50 << 20
	certificateMax = 1 << 20

	warnBefore = 30 * 24 * time.Hour // that a certificate runs out
	warnEvery  = 7 * 24 * time.Hour
	lookAtKeys = 12 * time.Hour
)

var errMailTooLarge = errors.New("the application is too large for a mail; it would have to go in another way")

// MailSettings are what an operator states of an office that gets applications by encrypted mail, as it has nothing else.
type MailSettings struct {
	To          string `json:"to"`          // address
	Certificate string `json:"certificate"` // PEM file with the office's certificate, and with what certifies it; read anew for each mail
	Roots       string `json:"roots"`       // PEM file that it must lead to; empty: the certificate is trusted as it is
	Revocation  string `json:"revocation"`  // off: not asked; empty: whoever the certificates name for it is asked, where there are roots
	MaxMail     int64  `json:"maxMail"`     // bytes of a mail; 0: DefaultMaxMail
}

// SealedMail sends encrypted mails.
type SealedMail interface {
	SendSealed(ctx context.Context, m mail.Sealed) error
}

// Papers sets an application on paper (PDF), as an office reads it.
type Papers interface {
	Paper(ctx context.Context, app types.MessageApplication) ([]byte, error)
}

// mailWay is how one office gets applications by encrypted mail.
type mailWay struct {
	MailSettings

	roots   *x509.CertPool
	revoked *revocation.Checker // nil: nobody is asked
}

// asksRevocation gives who asks whether certificates were revoked, as a connection's settings want it; nil for nobody.
func (s *Service) asksRevocation(setting string) (*revocation.Checker, error) {
	switch setting {
	case "":
		return s.revocation, nil
	case "off":
		return nil, nil
	}
	return nil, errors.New(`revocation: only "off" is possible, or nothing`)
}

// addMail checks the settings of an office; that its certificate is valid now is looked at for each mail.
func (s *Service) addMail(p *provider) error {
	w := &mailWay{MailSettings: *p.Mail}
	if p.DeliveryURL != "" || p.WebhookSecret != "" || p.FITConnect != nil || p.ClientID != "" {
		return errors.New("it has mail and nothing else")
	}
	if s.sealed == nil {
		return errors.New("mail: there is no mail server (PORTAL_SMTP)")
	}
	if to, err := netmail.ParseAddress(w.To); err != nil || to.Address != w.To {
		return errors.New("mail: to is no address")
	}
	if w.MaxMail == 0 {
		w.MaxMail = DefaultMaxMail
	}
	if w.MaxMail < 0 || w.MaxMail > mostMaxMail {
		return fmt.Errorf("mail: maxMail is more than %d bytes", mostMaxMail)
	}
	var err error
	if w.revoked, err = s.asksRevocation(w.Revocation); err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	if w.Roots != "" {
		data, err := os.ReadFile(w.Roots)
		if err != nil {
			return fmt.Errorf("mail: roots: %w", err)
		}
		w.roots = x509.NewCertPool()
		if !w.roots.AppendCertsFromPEM(data) {
			return errors.New("mail: roots: no certificate in the file")
		}
	}
	if _, err := w.recipient(); err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	p.mail = w
	return nil
}

// recipient reads the office's certificate, as it is now: another file counts from the next mail on.
func (w *mailWay) recipient() (smime.Recipient, error) {
	f, err := os.Open(w.Certificate)
	if err != nil {
		return smime.Recipient{}, fmt.Errorf("%w: %w", smime.ErrNotCertificate, err)
	}
	defer func() { _ = f.Close() }() // it was only read
	data, err := io.ReadAll(io.LimitReader(f, certificateMax))
	if err != nil {
		return smime.Recipient{}, fmt.Errorf("%w: %w", smime.ErrNotCertificate, err)
	}
	r, err := smime.ParseRecipient(w.To, data)
	r.Roots = w.roots
	return r, err
}

// MailState says where applications go by encrypted mail, and until when that works.
type MailState struct {
	To, Subject, SHA256 string
	MaxMail             int64
	ValidUntil          *time.Time // nil when there is no certificate
	Certificate         types.MailCertificateState
	Signed              bool
}

func (s *Service) mailState(w *mailWay) *MailState {
	if w == nil {
		return nil
	}
	state := &MailState{To: w.To, MaxMail: w.MaxMail, Signed: s.signer != nil, Certificate: types.CertificateInvalid}
	r, err := w.recipient()
	if err != nil {
		return state
	}
	sum := sha256.Sum256(r.Certificate.Raw)
	state.Subject, state.SHA256, state.ValidUntil = r.Certificate.Subject.String(), hex.EncodeToString(sum[:]), &r.Certificate.NotAfter
	switch err := r.Check(s.now()); {
	case errors.Is(err, smime.ErrExpired):
		state.Certificate = types.CertificateExpired
	case err != nil:
	case r.Certificate.NotAfter.Sub(s.now()) < warnBefore:
		state.Certificate = types.CertificateEndsSoon
	default:
		state.Certificate = types.CertificateValid
	}
	return state
}

// sendMail tries once to send an application, or the news that it was taken back, to its office. Nothing leaves unless it is encrypted.
func (s *Service) sendMail(ctx context.Context, p provider, r row) error {
	to, err := p.mail.recipient()
	if err != nil {
		return err
	}
	chain, err := to.Verify(s.now())
	if err != nil {
		return err
	}
	if err := p.mail.revoked.Check(ctx, chain); err != nil {
		return err
	}
	text, files := takenBackText(r), []smime.File(nil)
	if r.State != types.Cancelled {
		if text, files, err = s.letter(ctx, p, r); err != nil {
			return err
		}
	}
	sealed, err := smime.Seal(to, s.signer, s.now(), text, files)
	if err != nil {
		return err
	}
	return s.sealed.SendSealed(ctx, mail.Sealed{To: p.mail.To, Subject: "Antrag " + r.Number + " (verschlüsselt)", ID: mailID(r), CMS: sealed})
}

// mailID is the same for each attempt, so that what arrives twice can be seen to be one mail; when an administrator sends it once more, it is another.
func mailID(r row) string {
	id := webhookID(r)
	if r.TriedSince != nil {
		id += "." + strconv.FormatInt(r.TriedSince.Unix(), 10)
	}
	return id
}

// letter is what an office reads, with the application as PDF and JSON, and its files.
func (s *Service) letter(ctx context.Context, p provider, r row) (text string, out []smime.File, err error) {
	d, err := s.full(r)
	if err != nil {
		return "", nil, err
	}
	forms := d
	forms.ActsFor, forms.CoApplicants = nil, nil // they stand in PDF and JSON
	parts, err := s.parts(ctx, p.mail.MaxMail, forms)
	if err != nil {
		return "", nil, err
	}
	machine, err := json.MarshalIndent(wire(d, "de"), "", "  ")
	if err != nil {
		return "", nil, fmt.Errorf("write application: %w", err)
	}
	if d.FormID != uuid.Nil {
		paper, err := s.papers.Paper(ctx, types.MessageApplication{
			Number: d.Number, SubmittedAt: d.SubmittedAt, ServiceTitle: d.ServiceTitle, FormId: d.FormID, FormVersion: d.FormVersion, Data: d.Data,
			Attachments: d.Attachments, ContentHash: d.ContentHash, ActsFor: d.ActsFor, CoApplicants: d.CoApplicants, ApplicantName: d.Applicant,
		})
		if err != nil {
			return "", nil, fmt.Errorf("set application: %w", err)
		}
		out = append(out, kept("antrag-"+r.Number+".pdf", "application/pdf", paper))
	}
	out = append(out, kept("antrag-"+r.Number+".json", "application/json", machine))
	for _, f := range parts {
		out = append(out, smime.File{Name: f.name, MediaType: f.mimeType, Size: f.size, Open: func() (io.ReadCloser, error) { return f.open(ctx) }})
	}
	if smime.Size(out) > p.mail.MaxMail { // before anything is read
		return "", nil, errMailTooLarge
	}
	return applicationText(r, len(parts)), out, nil
}

func kept(name, mediaType string, content []byte) smime.File {
	return smime.File{Name: name, MediaType: mediaType, Size: int64(len(content)), Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil }}
}

func applicationText(r row, files int) string {
	var b strings.Builder
	if r.Test {
		b.WriteString("Dies ist eine Probe. Es gibt keinen Antrag dazu.\n\n")
	}
	b.WriteString("Guten Tag,\n\nüber das Serviceportal wurde ein Antrag an Sie gestellt.\n\n")
	fmt.Fprintf(&b, "Antragsnummer: %s\nLeistung: %s\nAbgeschickt: %s\nOrt (Amtlicher Regionalschlüssel): %s\n", r.Number, inLanguage(r.ServiceTitle, "de"), r.SubmittedAt.In(germany()).Format("02.01.2006, 15:04 Uhr"), r.ARS)
	b.WriteString("\nDie Angaben liegen als PDF und für Programme als JSON bei")
	switch files {
	case 0:
		b.WriteString(".")
	case 1:
		b.WriteString(", dazu eine Anlage.")
	default:
		fmt.Fprintf(&b, ", dazu %d Anlagen.", files)
	}
	b.WriteString("\n\nAntworten auf diese Nachricht erreichen die Person nicht. Bitte wenden Sie sich an sie unter den Angaben im Antrag.\n" +
		"Kommt eine zweite Nachricht mit derselben Antragsnummer und derselben Message-ID, so ist es dieselbe.\n")
	return b.String()
}

func takenBackText(r row) string {
	return "Guten Tag,\n\nder Antrag " + r.Number + " wurde zurückgezogen. Bitte bearbeiten Sie ihn nicht weiter.\n"
}

// mailed marks an application as sent, and tells the citizen. Its files go after a while: nobody reports what becomes of it.
func (s *Service) mailed(ctx context.Context, p provider, id uuid.UUID) error {
	return s.db.Tx(ctx, func(ctx context.Context) error {
		r, err := s.read(ctx, p.ID, id, true)
		if err != nil {
			return err
		}
		if err := s.noteError(ctx, id, nil); err != nil || r.State != types.Pending {
			return err
		}
		if err := s.letFilesGo(ctx, id); err != nil {
			return err
		}
		if err := s.setState(ctx, id, types.Delivered); err != nil || r.DeliveredAt != nil { // once more, on an administrator's word
			return err
		}
		if err := s.tellAccess(ctx, p, r); err != nil {
			return err
		}
		text := problem.Text{
			De: "Ihr Antrag wurde der zuständigen Stelle verschlüsselt per E-Mail geschickt. Sie meldet sich selbst bei Ihnen: Dieses Portal erfährt nicht, wie es weitergeht.",
			En: "Your application was sent to the competent office by encrypted mail. The office contacts you itself: this portal does not learn what happens next.",
		}.In(r.Language)
		return s.tell(ctx, types.EventAuthorPortal, p.Name, r, types.Transmitted, &text)
	})
}

// deliveryIn gives the delivery that a mail's id names; false for other mails.
func deliveryIn(mailID string) (uuid.UUID, bool) {
	text, _, _ := strings.Cut(mailID, ".")
	id, err := uuid.Parse(text)
	return id, err == nil
}

// MailReturned parks the application that was in a mail which has come back: its office does not have it. Of any other mail it says nothing, nor of one
// that was sent once more since.
func (s *Service) MailReturned(ctx context.Context, back mail.Back) error {
	id, ours := deliveryIn(back.ID)
	if !ours {
		return nil
	}
	cause := fmt.Errorf("the mail came back: %w (%s)", mail.ErrRefused, cmp.Or(back.Status, "no status"))
	return s.db.Tx(ctx, func(ctx context.Context) error {
		name, known, err := s.providerOf(ctx, id)
		if err != nil || !known {
			return err
		}
		r, err := s.read(ctx, name, id, true)
		if err != nil || mailID(r) != back.ID || r.State == types.Parked {
			return err
		}
		p, known, err := s.current(ctx, name)
		if err != nil || !known {
			return err
		}
		s.log.ErrorContext(ctx, "encrypted mail came back", "delivery", id, "connection", name, "status", back.Status)
		if err := s.noteFollowed(ctx, id, cause); err != nil {
			return err
		}
		if r.State != types.Delivered && r.State != types.Pending { // the news that it was taken back, say: the office hears it in another way
			return s.alarm(ctx, p, id)
		}
		if err := s.notDelivered(ctx, id); err != nil {
			return err
		}
		return s.tellNotTaken(ctx, p, r)
	})
}

// faultOfMail says as what a failure of an encrypted mail counts; empty for another one.
func faultOfMail(cause error) types.DeliveryFault {
	for _, reason := range []error{
		smime.ErrNotCertificate, smime.ErrExpired, smime.ErrNotYet, smime.ErrKey, smime.ErrUsage, smime.ErrAddress, smime.ErrUntrusted,
	} {
		if errors.Is(cause, reason) {
			return types.PushBadKey
		}
	}
	switch {
	case errors.Is(cause, revocation.ErrRevoked):
		return types.PushKeyRevoked
	case errors.Is(cause, revocation.ErrUnknown):
		return types.PushKeyUnknown
	case errors.Is(cause, errMailTooLarge):
		return types.PushTooLarge
	case errors.Is(cause, mail.ErrRefused), errors.Is(cause, mail.ErrInvalid):
		return types.PushRefused
	}
	return ""
}

// mailArgs sends an application, or the news that it was taken back, by encrypted mail.
type mailArgs struct {
	DeliveryID uuid.UUID `json:"deliveryId"`
	Cancelled  bool      `json:"cancelled,omitempty"`
}

// Kind names the job.
func (mailArgs) Kind() string { return "delivery.encrypted_mail" }

// InsertOpts keeps large mails from filling the memory.
func (mailArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: mailQueue, MaxAttempts: maxAttempts}
}

type mailWorker struct {
	river.WorkerDefaults[mailArgs]
	s *Service
}

// Work tries once.
func (w *mailWorker) Work(ctx context.Context, job *river.Job[mailArgs]) error {
	return w.s.push(ctx, job.Args.DeliveryID, job.Args.Cancelled)
}

// Timeout is for one mail.
func (w *mailWorker) Timeout(*river.Job[mailArgs]) time.Duration { return mailTimeout }

// NextRetry is after the room's own pause.
func (w *mailWorker) NextRetry(job *river.Job[mailArgs]) time.Time {
	return time.Now().Add(w.s.backoff(job.Attempt))
}

// certificatesArgs looks at the certificates of offices.
type certificatesArgs struct{}

// Kind names the job.
func (certificatesArgs) Kind() string { return "delivery.certificates" }

type certificatesWorker struct {
	river.WorkerDefaults[certificatesArgs]
	s *Service
}

// Work looks once.
func (w *certificatesWorker) Work(ctx context.Context, _ *river.Job[certificatesArgs]) error {
	return w.s.WarnOfCertificates(ctx)
}

// WarnOfCertificates tells whoever gets this portal's alerts of certificates that run out within 30 days, or cannot be used any more: of each
// once a week.
func (s *Service) WarnOfCertificates(ctx context.Context) error {
	if s.alertTo == "" || s.mail == nil {
		return nil
	}
	for _, p := range s.providers {
		state := s.mailState(p.mail)
		if state == nil || state.Certificate == types.CertificateValid {
			continue
		}
		if err := s.warnOfCertificate(ctx, p, *state); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) warnOfCertificate(ctx context.Context, p provider, state MailState) error {
	return s.db.Tx(ctx, func(ctx context.Context) error {
		res := s.db.From(ctx).Exec(`INSERT INTO provider_settings (provider, certificate_warned_at) VALUES (@provider, @now)
			ON CONFLICT (provider) DO UPDATE SET certificate_warned_at = EXCLUDED.certificate_warned_at
			WHERE provider_settings.certificate_warned_at IS NULL OR provider_settings.certificate_warned_at < @before`,
			map[string]any{"provider": p.ID, "now": s.now(), "before": s.now().Add(-warnEvery)})
		if res.Error != nil {
			return fmt.Errorf("note warning of a certificate: %w", res.Error)
		}
		if res.RowsAffected == 0 {
			return nil
		}
		de, en := "kann nicht verwendet werden. Anträge an diese Stelle warten", "cannot be used. Applications to this office wait"
		if state.ValidUntil != nil && state.Certificate != types.CertificateInvalid {
			day := state.ValidUntil.In(germany())
			de = "gilt bis " + day.Format("02.01.2006") + ". Danach warten Anträge an diese Stelle"
			en = "is valid until " + day.Format("2 January 2006") + ". After that applications to this office wait"
		}
		page := s.self + "/verwaltung/anbieter/" + p.ID
		err := s.mail.Enqueue(ctx, mail.Message{
			To: s.alertTo, Subject: "Ein Zertifikat muss erneuert werden: " + p.Name + " / A certificate must be renewed",
			Text: "Das Zertifikat, für das Anträge verschlüsselt werden (" + p.Name + "), " + de + ", bis ein neues hinterlegt ist:\n" + page +
				"\n\nThe certificate to which applications are encrypted (" + p.Name + ") " + en + " until another one is there:\n" + page + "\n",
		})
		if err != nil {
			return fmt.Errorf("warn of a certificate: %w", err)
		}
		return nil
	})
}

func errByMail() *problem.Error {
	return problem.Conflict("provider-mail", "Diese Stelle bekommt Anträge als verschlüsselte E-Mail und hat keine Adresse und kein Geheimnis für Webhooks.",
		"This office gets applications by encrypted mail and has no address and no secret for webhooks.")
}

// germany is where the offices are.
func germany() *time.Location {
	if berlin, err := time.LoadLocation("Europe/Berlin"); err == nil {
		return berlin
	}
	return time.UTC
}

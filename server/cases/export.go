package cases

import (
	"archive/zip"
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

// Receipts gives what this portal has signed for an application that came from another portal; empty for one of its own.
type Receipts interface {
	ApplicationReceipt(ctx context.Context, sender string, id uuid.UUID) (receipt string, err error)
}

// exportedFile is a file in an exported case.
type exportedFile struct {
	ID        uuid.UUID `json:"id"`
	Name      string    `json:"name"` // in the archive
	Title     string    `json:"title"`
	MediaType string    `json:"mediaType"`
	Size      int64     `json:"size"`
	SHA256    string    `json:"sha256"`
	Requested string    `json:"requested,omitempty"` // of a file that answers a question: what was asked for

	at   time.Time
	from string // who wrote it
}

// exportedNote is a note with the name of its author.
type exportedNote struct {
	At     time.Time `json:"at"`
	Author string    `json:"author"`
	Text   string    `json:"text"`
}

// exportedCase is a case as programs read it. `server verify-application` finds the receipt in it.
type exportedCase struct {
	ID               uuid.UUID                   `json:"id"` // of the application, for which the receipt is
	CaseID           uuid.UUID                   `json:"caseId"`
	Number           string                      `json:"number"`
	State            types.CaseState             `json:"state"`
	ServiceID        uuid.UUID                   `json:"serviceId"`
	ServiceTitle     map[string]string           `json:"serviceTitle"`
	OrganisationID   uuid.UUID                   `json:"organisationId"`
	OrganisationName map[string]string           `json:"organisationName"`
	ApplicantName    string                      `json:"applicantName"`
	ActsFor          *types.ActsFor              `json:"actsFor,omitempty"`
	CoApplicants     *[]types.ConsentedApplicant `json:"coApplicants,omitempty"`
	Origin           string                      `json:"origin"`
	ARS              string                      `json:"ars"`
	TrustLevel       types.TrustLevel            `json:"trustLevel"`
	FormID           uuid.UUID                   `json:"formId"`
	FormVersion      int                         `json:"formVersion"`
	Data             map[string]any              `json:"data"`
	Attachments      []exportedAttachment        `json:"attachments"`             // that were submitted, as contentHash and receipt speak of them
	CorrectedData    map[string]any              `json:"correctedData,omitempty"` // data with the values that answers in the timeline have corrected
	AnswerFiles      []exportedAttachment        `json:"answerFiles"`             // that came with answers, later
	Timeline         []types.TimelineEvent       `json:"timeline"`
	Notes            []exportedNote              `json:"notes"`
	Proposal         *types.Decision             `json:"proposal,omitempty"` // that waits for a second clerk
	SubmittedAt      time.Time                   `json:"submittedAt"`
	ReceivedAt       time.Time                   `json:"receivedAt"`
	DeleteOn         string                      `json:"deleteOn,omitempty"`
	Hold             *exportedNote               `json:"hold,omitempty"`
	Fees             []types.PaymentRecord       `json:"fees"`
	ContentHash      string                      `json:"contentHash"`
	SignedReceipt    string                      `json:"signedReceipt,omitempty"`
}

type exportedAttachment struct {
	ID        uuid.UUID       `json:"id"`
	Name      string          `json:"name"`
	Field     string          `json:"field"`
	MediaType string          `json:"mediaType"`
	Size      int64           `json:"size"`
	SHA256    string          `json:"sha256"`
	State     AttachmentState `json:"state"`
	Requested string          `json:"requested,omitempty"` // the document that was asked for
	File      string          `json:"file,omitempty"`      // in the archive; empty while it is not here
}

// manifest names all that is in an archive.
type manifest struct {
	Case       string         `json:"case"`
	Number     string         `json:"number"`
	ExportedAt time.Time      `json:"exportedAt"`
	ExportedBy string         `json:"exportedBy"`
	Message    string         `json:"message"` // the xdomea message
	Files      []exportedFile `json:"files"`
	Missing    []string       `json:"missing"` // attachments that have not been fetched
}

// archive is a case that is being exported.
type archive struct {
	s        *Service
	zip      *zip.Writer
	c        Case
	form     *types.Form // nil: it is not known any more
	names    map[uuid.UUID]string
	receipt  string
	fees     []types.PaymentRecord
	language string
	by       string
	at       time.Time
	months   int
	closed   *time.Time

	files   []exportedFile
	missing []string
}

// Export gives the whole file of a case as a ZIP archive, with a message of xdomea, and records that the caller has read all of it. An archive
// that breaks off has no directory at its end, so that nobody takes it for whole.
func (s *Service) Export(ctx context.Context, id uuid.UUID) (name string, content io.ReadCloser, err error) {
	a, err := s.prepareExport(ctx, id)
	if err != nil {
		return "", nil, err
	}
	reader, writer := io.Pipe()
	buffered := bufio.NewWriter(writer)
	a.zip = zip.NewWriter(buffered)
	go func() { // ends when all is written, or when the reader is closed
		err := a.write(ctx)
		_ = writer.CloseWithError(errors.Join(err, buffered.Flush())) // never fails
	}()
	return messageName(a.c.ID) + ".zip", reader, nil
}

// prepareExport reads all but the files, in the transaction that records it.
func (s *Service) prepareExport(ctx context.Context, id uuid.UUID) (*archive, error) {
	a := &archive{s: s, language: httpx.LanguageOf(ctx), at: s.now()}
	err := s.db.Tx(ctx, func(ctx context.Context) error {
		r, err := s.readCase(ctx, id)
		if err != nil {
			return err
		}
		if ctx, err = s.within(ctx, r); err != nil {
			return err
		}
		if err := s.audit.Record(ctx, "case.export", object(id), ""); err != nil {
			return err
		}
		if a.c, err = s.full(ctx, r); err != nil {
			return err
		}
		if err := s.clerkReads(ctx, r, itemApplication); err != nil {
			return err
		}
		if len(a.c.Attachments) > 0 {
			if err := s.clerkReads(ctx, r, itemAttachments); err != nil {
				return err
			}
		}
		return a.around(ctx, r)
	})
	return a, err
}

// around reads what other rooms know of the case.
func (a *archive) around(ctx context.Context, r caseRow) error {
	rules, err := a.s.rulesOf(ctx, r.ServiceID, r.OrganisationID)
	if err != nil {
		return err
	}
	a.months = keepingOf(rules, competence{Unit: r.OrganisationID, Service: r.ServiceID}).months
	if !open(r.State) {
		closed := r.closedAt()
		a.closed = &closed
	}
	caller := httpx.CallerOf(ctx).AccountID
	ids := []uuid.UUID{caller}
	for _, n := range a.c.Notes {
		ids = append(ids, n.Author)
	}
	if a.c.Hold != nil {
		ids = append(ids, a.c.Hold.By)
	}
	if a.names, err = a.s.colleagues.StaffNames(ctx, ids); err != nil {
		return err
	}
	a.by = a.names[caller]
	if form, err := a.s.forms.Form(ctx, r.FormID, r.FormVersion); err == nil { // else the answers stand there with the names of their fields
		a.form = &form
	}
	if a.receipt, err = a.s.receipts.ApplicationReceipt(ctx, r.Origin, r.ApplicationID); err != nil {
		return err
	}
	fees, err := a.s.fees.OfApplication(ctx, r.Origin, r.ApplicationID)
	a.fees = fees.Items
	return err
}

// write writes the archive: what people read, what programs read, the files of the person, and then what tells of all of them.
func (a *archive) write(ctx context.Context) error {
	for _, f := range a.c.Attachments {
		if f.State != AttachmentAvailable {
			a.missing = append(a.missing, f.Name)
		}
	}
	if err := a.add(exportedFile{ID: derived(a.c.ID, "page"), Title: a.word("file"), MediaType: "text/html", at: a.at, from: a.office()}, ".html", a.page); err != nil {
		return err
	}
	if err := a.add(exportedFile{ID: derived(a.c.ID, "data"), Title: a.word("data"), MediaType: "application/json", at: a.c.SubmittedAt, from: a.c.ApplicantName}, ".json", func(w io.Writer) error { return writeJSON(w, a.data()) }); err != nil {
		return err
	}
	for _, f := range a.c.Attachments {
		if f.State != AttachmentAvailable {
			continue
		}
		file := exportedFile{ID: f.ID, Title: f.Name, MediaType: plainType(f.MediaType), Requested: a.requested(f.Field), at: a.c.SubmittedAt, from: a.c.ApplicantName}
		if e, ok := a.broughtBy(f); ok {
			file.at, file.from = e.At, a.actor(e)
		}
		if err := a.add(file, extension(f.Name), func(w io.Writer) error { return a.copyAttachment(ctx, w, f) }); err != nil {
			return err
		}
		if got := a.files[len(a.files)-1].SHA256; got != f.SHA256 {
			return fmt.Errorf("export attachment %s: %w", f.ID, errMismatch)
		}
	}
	if err := a.addDecision(ctx); err != nil {
		return err
	}
	if err := a.put(messageName(a.c.ID)+".xml", zip.Deflate, a.message); err != nil {
		return err
	}
	if err := a.put("manifest.json", zip.Deflate, func(w io.Writer) error {
		return writeJSON(w, manifest{
			Case: a.c.ID.String(), Number: a.c.Number, ExportedAt: a.at, ExportedBy: a.by, Message: messageName(a.c.ID) + ".xml", Files: a.files, Missing: append([]string{}, a.missing...),
		})
	}); err != nil {
		return err
	}
	if err := a.zip.Close(); err != nil {
		return fmt.Errorf("write archive: %w", err)
	}
	return nil
}

// put writes an entry of the archive.
func (a *archive) put(name string, method uint16, write func(io.Writer) error) error {
	w, err := a.zip.CreateHeader(&zip.FileHeader{Name: name, Method: method, Modified: a.at})
	if err != nil {
		return fmt.Errorf("write archive: %w", err)
	}
	if err := write(w); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

// add writes a file of the case, named by its id as xdomea wants it, and keeps its size and hash for the manifest.
func (a *archive) add(f exportedFile, ending string, write func(io.Writer) error) error {
	f.Name = f.ID.String() + ending
	method := zip.Deflate
	if !strings.HasPrefix(f.MediaType, "text/") && f.MediaType != "application/json" {
		method = zip.Store // PDF and pictures are compressed
	}
	hash := sha256.New()
	err := a.put(f.Name, method, func(w io.Writer) error {
		counted := &counter{w: io.MultiWriter(w, hash)}
		err := write(counted)
		f.Size = counted.n
		return err
	})
	f.SHA256 = hex.EncodeToString(hash.Sum(nil))
	a.files = append(a.files, f)
	return err
}

type counter struct {
	w io.Writer
	n int64
}

// Write passes on, and counts.
func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

func (a *archive) copyAttachment(ctx context.Context, w io.Writer, f Attachment) error {
	content, _, err := a.s.store.Open(ctx, blobKey(a.c.ID, f.ID))
	if err != nil {
		return err
	}
	defer func() { _ = content.Close() }() // it was only read
	_, err = io.Copy(w, content)
	return err
}

// addDecision writes the decision as it went out, where there is one on paper.
func (a *archive) addDecision(ctx context.Context) error {
	p, err := a.s.readPaper(ctx, "SELECT * FROM case_decisions WHERE case_id = ?", a.c.ID)
	if problem.Is(err, errNoPaper.Code) {
		return nil
	}
	if err != nil {
		return err
	}
	return a.add(exportedFile{ID: p.ID, Title: p.Name, MediaType: "application/pdf", at: p.At, from: a.office()}, ".pdf", func(w io.Writer) error {
		_, err := w.Write(p.Content)
		return err
	})
}

func (a *archive) data() exportedCase {
	c := a.c
	out := exportedCase{
		ID: c.ApplicationID, CaseID: c.ID, Number: c.Number, State: c.State, ServiceID: c.ServiceID, ServiceTitle: c.ServiceTitle, OrganisationID: c.OrganisationID,
		OrganisationName: c.OrganisationName, ApplicantName: c.ApplicantName, ActsFor: c.ActsFor, CoApplicants: c.CoApplicants, Origin: c.Origin, ARS: c.ARS, TrustLevel: c.TrustLevel,
		FormID: c.FormID, FormVersion: c.FormVersion, Data: c.Data, Attachments: []exportedAttachment{}, AnswerFiles: []exportedAttachment{}, Timeline: c.Timeline, Notes: []exportedNote{}, Fees: append([]types.PaymentRecord{}, a.fees...),
		SubmittedAt: c.SubmittedAt, ReceivedAt: c.ReceivedAt, ContentHash: c.ContentHash, SignedReceipt: a.receipt,
	}
	for _, f := range c.Attachments {
		e := exportedAttachment{ID: f.ID, Name: f.Name, Field: f.Field, MediaType: f.MediaType, Size: f.Size, SHA256: f.SHA256, State: f.State, Requested: a.requested(f.Field)}
		if f.State == AttachmentAvailable {
			e.File = f.ID.String() + extension(f.Name)
		}
		if f.answers() {
			out.AnswerFiles = append(out.AnswerFiles, e)
		} else {
			out.Attachments = append(out.Attachments, e)
		}
	}
	if slices.ContainsFunc(c.Timeline, func(e types.TimelineEvent) bool { return e.Values != nil }) {
		out.CorrectedData = corrected(c.Data, c.Timeline)
	}
	for _, n := range c.Notes {
		out.Notes = append(out.Notes, exportedNote{At: n.At, Author: a.names[n.Author], Text: n.Text})
	}
	if c.DeleteOn != nil {
		out.DeleteOn = c.DeleteOn.Format(time.DateOnly)
	}
	if c.Proposal != nil {
		out.Proposal = &c.Proposal.Decision
	}
	if c.Hold != nil {
		out.Hold = &exportedNote{At: c.Hold.At, Author: a.names[c.Hold.By], Text: c.Hold.Reason}
	}
	return out
}

// requested is what a question called the document that a file was sent for; empty for a file of the application.
func (a *archive) requested(field string) string {
	documents, _ := types.RequestedIn(a.c.Timeline)
	for _, d := range documents {
		if field == d.Field() {
			return d.Label
		}
	}
	return ""
}

// broughtBy gives the answer with which a file came.
func (a *archive) broughtBy(f Attachment) (types.TimelineEvent, bool) {
	for _, e := range a.c.Timeline {
		if slices.ContainsFunc(or(e.Attachments), func(of types.Attachment) bool { return of.Id == f.ID }) {
			return e, true
		}
	}
	return types.TimelineEvent{}, false
}

func (a *archive) office() string { return localized(a.c.OrganisationName, a.language) }

func writeJSON(w io.Writer, value any) error {
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	return out.Encode(value)
}

// derived gives an id of something that belongs to a case: the same each time.
func derived(caseID uuid.UUID, what string) uuid.UUID { return uuid.NewSHA1(caseID, []byte(what)) }

// messageName names the message of xdomea, and its archive.
func messageName(caseID uuid.UUID) string {
	return derived(caseID, "process").String() + "_Aussonderung.Aussonderung.0503"
}

// extension gives the ending of a file name, when it is a plain one.
func extension(name string) string {
	ending := strings.ToLower(path.Ext(name))
	if len(ending) < 2 || len(ending) > 9 || strings.Trim(ending[1:], "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
		return ""
	}
	return ending
}

// plainType gives a media type without parameters; that of any bytes for what is none.
func plainType(mediaType string) string {
	plain, _, err := mime.ParseMediaType(mediaType)
	if err != nil {
		return "application/octet-stream"
	}
	return plain
}

package applications

import (
	"bytes"
	"context"
	"crypto/sha1" //nolint:gosec // tus asks for it; it says whether a body arrived as it was sent, and nothing else
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/files"
	"portalverbund/server/platform/problem"
	"portalverbund/server/platform/scan"
)

// Uploads in parts, after tus 1.0 (https://tus.io/protocols/resumable-upload). An upload is the row of the attachment that it becomes. What arrives
// is kept in sealed parts, and counts once a transaction has noted it. No request holds a lock: of two that go on from the same offset one is
// first, and the other is told the offset. So a request that hangs on a dead line keeps nobody from going on.
const (
	uploadLife = 24 * time.Hour  // of an upload after its last byte
	partSize   = 8 << 20         // bytes of a part, at most
	partTime   = 5 * time.Second // a slow part is kept after this, so that little is lost when the line breaks
	maxParts   = 10_000          // of an upload: at 5 s each more than half a day
	maxPrint   = 300             // bytes of a fingerprint

	statusChecksumMismatch = 460 // of tus
)

var (
	errUploadUnknown = problem.NotFound("upload-unknown", "Diesen Upload gibt es nicht.", "There is no such upload.")
	errUploadExpired = problem.Gone("upload-expired", "Dieser Upload ist abgelaufen.", "This upload has run out.").
				With(problem.Text{De: "Bitte laden Sie die Datei noch einmal hoch.", En: "Please upload the file again."})
	errUploadTooLarge = problem.TooLarge("attachment-too-large", "Die Datei ist zu groß.", "The file is too large.").
				With(problem.Text{De: "Eine Datei darf höchstens 200 MB haben.", En: "A file may have 200 MB at most."})
	errOverlong = problem.TooLarge("upload-overlong", "Es kam mehr an, als angekündigt war.", "More arrived than was announced.")
	errOffset   = problem.Conflict("upload-offset", "Der Upload steht an einer anderen Stelle.", "The upload is at another offset.").
			With(problem.Text{De: "Fragen Sie die Stelle ab und setzen Sie dort fort.", En: "Ask for the offset and go on there."})
	errParts    = problem.Conflict("too-many-parts", "Der Upload kam in zu vielen Teilen.", "The upload came in too many parts.")
	errChecksum = &problem.Error{Status: statusChecksumMismatch, Code: "upload-checksum", Title: problem.Text{
		De: "Die Prüfsumme passt nicht zu dem, was ankam.", En: "The checksum does not fit what arrived.",
	}}
	errAlgorithm = problem.BadRequest("checksum-algorithm", "Diese Prüfsumme ist nicht möglich.", "This checksum is not possible.").
			With(problem.Text{De: "Möglich sind sha256 und sha1, mit dem Wert in Base64.", En: "sha256 and sha1 are possible, with the digest in base64."})
)

// NewUpload announces a file that comes in parts.
type NewUpload struct {
	Name        string // as the person's device calls it
	Field       string // JSON pointer of the field
	Fingerprint string // what the client knows the file again by; may be empty
	Length      int64  // bytes of the whole file
}

// UploadState says how far an upload is.
type UploadState struct {
	Offset, Length int64
	Expires        time.Time
}

// Part is what comes of an upload in one request.
type Part struct {
	Offset   int64
	Length   int64  // bytes as announced; -1 when not announced
	Checksum string // algorithm and digest in base64, as tus writes them; empty: none
	Content  io.Reader
}

// CreateUpload sets room aside for a file of a draft, or of an answer, that comes in parts.
func (s *Service) CreateUpload(ctx context.Context, id uuid.UUID, n NewUpload) (uuid.UUID, UploadState, error) {
	caller, err := person(ctx)
	if err != nil {
		return uuid.Nil, UploadState{}, err
	}
	if n.Length > MaxUpload {
		return uuid.Nil, UploadState{}, errUploadTooLarge
	}
	if len(n.Fingerprint) > maxPrint || !utf8.ValidString(n.Fingerprint) {
		return uuid.Nil, UploadState{}, errMetadata
	}
	a, _, err := s.fieldFor(ctx, caller.Person, id, n.Field, "#/header/Upload-Metadata")
	if err != nil {
		return uuid.Nil, UploadState{}, err
	}
	r, err := s.newAttachment(a.ID, Upload{Name: n.Name, Field: n.Field, Length: n.Length}, files.Announced(n.Name))
	if err != nil {
		return uuid.Nil, UploadState{}, err
	}
	until, none := s.now().Add(uploadLife), int64(0)
	r.Received, r.DeleteAt = &none, &until
	if n.Fingerprint != "" {
		if r.Fingerprint, err = s.keys.Seal(sealFingerprint, []byte(n.Fingerprint), r.ID[:]); err != nil {
			return uuid.Nil, UploadState{}, err
		}
	}
	err = s.db.Tx(ctx, func(ctx context.Context) error {
		if err := s.setAside(ctx, a, r); err != nil {
			return err
		}
		return s.touchFor(ctx, a.ID, r.Field)
	})
	return r.ID, UploadState{Length: r.Size, Expires: until}, err
}

// UploadState says how far an upload of one of the caller's drafts is; problem.Gone when it has run out.
func (s *Service) UploadState(ctx context.Context, id, uploadID uuid.UUID) (UploadState, error) {
	r, err := s.uploadOf(ctx, id, uploadID)
	return r.state(), err
}

func (s *Service) uploadOf(ctx context.Context, id, uploadID uuid.UUID) (attachmentRow, error) {
	caller, err := person(ctx)
	if err != nil {
		return attachmentRow{}, err
	}
	r, err := s.readUpload(ctx, caller.Person, id, uploadID)
	if err == nil && !r.DeleteAt.After(s.now()) {
		err = errUploadExpired
	}
	return r, err
}

// EndUpload gives an upload up.
func (s *Service) EndUpload(ctx context.Context, id, uploadID uuid.UUID) error {
	caller, err := person(ctx)
	if err != nil {
		return err
	}
	return s.db.Tx(ctx, func(ctx context.Context) error {
		if _, err := s.lock(ctx, caller.Person, id); err != nil { // so that it does not become an attachment meanwhile
			return err
		}
		r, err := s.readUpload(ctx, caller.Person, id, uploadID)
		if err != nil {
			return err
		}
		return s.dropUpload(ctx, r)
	})
}

func (s *Service) dropUpload(ctx context.Context, r attachmentRow) error {
	if err := s.deleteAttachmentRows(ctx, []uuid.UUID{r.ID}); err != nil {
		return err
	}
	return s.deleteObjectsLater(ctx, r.objects())
}

// ContinueUpload keeps what comes of an upload from an offset on, also what has arrived when the line breaks. With the last byte a job makes an
// attachment of it. With a checksum all of the body is kept, or nothing.
func (s *Service) ContinueUpload(ctx context.Context, id, uploadID uuid.UUID, p Part) (UploadState, error) {
	r, err := s.uploadOf(ctx, id, uploadID)
	if err != nil {
		return UploadState{}, err
	}
	switch {
	case p.Offset != *r.Received:
		return UploadState{}, errOffset
	case p.Length > r.Size-p.Offset:
		return UploadState{}, errOverlong
	}
	n, err := s.countParts(ctx, r.ID)
	if err != nil {
		return UploadState{}, err
	}
	if n >= maxParts {
		return UploadState{}, errParts
	}
	sum, err := newChecksum(p.Checksum)
	if err != nil {
		return UploadState{}, err
	}
	source := &files.Watched{R: p.Content}
	content := io.Reader(source)
	if p.Offset == 0 {
		if content, err = s.recognise(ctx, &r, source); err != nil || content == nil {
			return r.state(), err
		}
	}
	if sum != nil {
		content = io.TeeReader(content, sum)
	}
	w := &writing{s: s, row: r, kept: p.Offset, sum: sum}
	err = w.all(context.WithoutCancel(ctx), content) // what has arrived is kept although its sender is gone
	if err == nil && source.Err != nil {
		err = files.Broken(source.Err, errOverlong)
	}
	return w.row.state(), err
}

// recognise finds the kind of a file from its first bytes, and gives all of it to read on; nil when nothing came. A file that is not taken ends its
// upload. Nothing is kept before the kind is known.
func (s *Service) recognise(ctx context.Context, r *attachmentRow, source *files.Watched) (io.Reader, error) {
	head := make([]byte, min(files.SniffLength, r.Size))
	n, err := io.ReadFull(source, head)
	switch {
	case source.Err != nil:
		return nil, files.Broken(source.Err, errOverlong)
	case n == 0:
		return nil, nil
	case err != nil:
		return nil, files.Broken(err, errOverlong)
	}
	caller, err := person(ctx)
	if err != nil {
		return nil, err
	}
	_, field, err := s.fieldFor(ctx, caller.Person, r.ApplicationID, r.Field, "#/header/Upload-Metadata")
	if err != nil {
		return nil, err
	}
	kind, known := files.KindOf(head)
	if !known || !accepts(field, kind) {
		if err := s.db.Tx(ctx, func(ctx context.Context) error { return s.dropUpload(ctx, *r) }); err != nil {
			return nil, err
		}
		return nil, errKind
	}
	name, err := s.keys.Open(sealName, r.Name, r.ID[:])
	if err != nil {
		return nil, err
	}
	if r.Name, err = s.keys.Seal(sealName, []byte(files.CleanName(string(name), kind)), r.ID[:]); err != nil {
		return nil, err
	}
	r.MediaType = kind.MediaType
	return io.MultiReader(bytes.NewReader(head), source), nil
}

// writing keeps what comes of an upload in one request.
type writing struct {
	s    *Service
	row  attachmentRow // with what is noted
	kept int64         // bytes that are in the object store, of which those since row.Received are not noted yet
	sum  *checksum
	new  []partRow // kept and not noted
}

// all keeps content to its end, part by part.
func (w *writing) all(ctx context.Context, content io.Reader) (err error) {
	defer func() { err = errors.Join(err, w.forget(ctx)) }()
	for ended := false; !ended; {
		if ended, err = w.part(ctx, content); err != nil {
			return err
		}
		if w.sum != nil && !ended {
			continue
		}
		if ended && w.sum != nil && !w.sum.fits() {
			return errChecksum
		}
		if err := w.note(ctx); err != nil {
			return err
		}
	}
	return nil
}

// part keeps one part, and says whether the content has ended. More than was announced is an error, and of that part nothing counts.
func (w *writing) part(ctx context.Context, content io.Reader) (ended bool, err error) {
	left := w.row.Size - w.kept
	stretch := &stretch{r: content, left: min(partSize, left), until: time.Now().Add(partTime)}
	if left > 0 {
		object := partsOf(w.row.ID) + strconv.FormatInt(w.kept, 10) + "-" + uuid.NewString()
		info, err := w.s.store.Put(ctx, object, stretch, partSize)
		if err != nil {
			return true, fmt.Errorf("store part: %w", err)
		}
		w.new = append(w.new, partRow{UploadID: w.row.ID, Start: w.kept, Size: info.Size, Object: object})
		w.kept += info.Size
	}
	if w.kept < w.row.Size {
		return stretch.ended, nil
	}
	if more, _ := io.ReadFull(content, make([]byte, 1)); more > 0 {
		return true, errOverlong
	}
	return true, nil
}

// note has what was kept count, unless somebody else was first.
func (w *writing) note(ctx context.Context) error {
	var parts []partRow
	for _, p := range w.new {
		if p.Size > 0 {
			parts = append(parts, p)
		}
	}
	if len(parts) == 0 {
		return nil
	}
	until := w.s.now().Add(uploadLife)
	noted, err := w.s.noteParts(ctx, w.row, w.kept, until, parts)
	if err != nil {
		return err
	}
	if !noted {
		return errOffset
	}
	kept := w.kept
	w.row.Received, w.row.DeleteAt = &kept, &until
	w.new = nil
	return nil
}

// forget removes what was kept and does not count.
func (w *writing) forget(ctx context.Context) error {
	for _, p := range w.new {
		if err := w.s.store.Delete(ctx, p.Object); err != nil {
			return err
		}
	}
	return nil
}

// stretch reads up to a number of bytes, and not much longer than a time. That the source breaks ends it like its end: who watches the source knows.
type stretch struct {
	r     io.Reader
	left  int64
	until time.Time
	read  bool
	ended bool // the source has ended or is broken
}

// Read reads on.
func (s *stretch) Read(p []byte) (int, error) {
	if s.left == 0 || s.read && time.Now().After(s.until) {
		return 0, io.EOF
	}
	n, err := s.r.Read(p[:min(int64(len(p)), s.left)])
	s.left, s.read = s.left-int64(n), s.read || n > 0
	if err != nil {
		s.ended, err = true, io.EOF
	}
	return n, err
}

// checksum computes the digest of a body.
type checksum struct {
	hash.Hash

	want []byte
}

// newChecksum reads what tus writes of a checksum; nil when there is none.
func newChecksum(text string) (*checksum, error) {
	if text == "" {
		return nil, nil
	}
	algorithm, digest, _ := strings.Cut(text, " ")
	want, err := base64.StdEncoding.DecodeString(digest)
	if err != nil {
		return nil, errAlgorithm.Because(err)
	}
	var c *checksum
	switch algorithm {
	case "sha256":
		c = &checksum{sha256.New(), want}
	case "sha1":
		c = &checksum{sha1.New(), want} //nolint:gosec // see above
	}
	if c == nil || len(want) != c.Size() {
		return nil, errAlgorithm
	}
	return c, nil
}

func (c *checksum) fits() bool { return subtle.ConstantTimeCompare(c.Sum(nil), c.want) == 1 }

// assemble makes an attachment of an upload that has arrived whole. It answers nil when there is nothing to do any more.
func (s *Service) assemble(ctx context.Context, id uuid.UUID) error {
	r, err := s.oneAttachment(ctx, "SELECT * FROM application_attachments WHERE id = ? AND NOT ready AND received = size", id)
	if problem.Is(err, errAttachmentUnknown.Code) {
		return nil
	}
	if err != nil {
		return err
	}
	parts, err := s.partsOf(ctx, r)
	if err != nil {
		return err
	}
	content := &chain{ctx: ctx, open: s.store.Open, parts: parts}
	defer content.close()
	info, err := s.store.Put(ctx, objectKey(id), content, r.Size)
	if err != nil {
		return fmt.Errorf("assemble upload: %w", err)
	}
	r.Size, r.SHA256 = info.Size, hex.EncodeToString(info.SHA256[:])
	r.Verdict, err = s.inspect(ctx, id)
	if scan.IsFound(err) {
		r.Verdict, err = verdictRefused, s.store.Delete(ctx, objectKey(id))
	}
	if err != nil {
		return err
	}
	return s.db.Tx(ctx, func(ctx context.Context) error { return s.assembled(ctx, r) })
}

// assembled notes that an upload is an attachment now. When its draft is gone or was submitted meanwhile, or its application has ended, nothing of it stays.
func (s *Service) assembled(ctx context.Context, r attachmentRow) error {
	state, err := s.lockState(ctx, r.ApplicationID)
	if err != nil {
		return err
	}
	takes := state == types.ApplicationStateDraft
	if types.AnswersQuestion(r.Field) {
		takes = state != "" && !takes && !finished(state)
	}
	if !takes {
		return s.dropUpload(ctx, r)
	}
	there, err := s.finishUpload(ctx, r)
	if err != nil {
		return err
	}
	if !there {
		return s.deleteObjectsLater(ctx, r.objects())
	}
	if err := s.touchFor(ctx, r.ApplicationID, r.Field); err != nil {
		return err
	}
	return s.deleteObjectsLater(ctx, []string{partsOf(r.ID)})
}

// chain reads parts one after the other.
type chain struct {
	ctx     context.Context //nolint:containedctx // a reader has no other way to be ended
	open    func(ctx context.Context, key string) (io.ReadSeekCloser, int64, error)
	parts   []partRow
	present io.ReadCloser
}

// Read reads on.
func (c *chain) Read(p []byte) (int, error) {
	for {
		if c.present == nil {
			if len(c.parts) == 0 {
				return 0, io.EOF
			}
			content, size, err := c.open(c.ctx, c.parts[0].Object)
			if err != nil {
				return 0, err
			}
			c.present = content
			if size != c.parts[0].Size {
				return 0, errors.New("a part of an upload has another size than was noted")
			}
			c.parts = c.parts[1:]
		}
		n, err := c.present.Read(p)
		if errors.Is(err, io.EOF) {
			c.close()
			err = nil
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

func (c *chain) close() {
	if c.present != nil {
		_ = c.present.Close() // it was only read
		c.present = nil
	}
}

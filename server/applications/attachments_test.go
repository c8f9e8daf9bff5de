package applications_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/applications"
	"portalverbund/server/platform/problem"
)

func (x *setup) download(t *testing.T, ctx context.Context, id, file uuid.UUID) ([]byte, error) {
	t.Helper()
	f, err := x.s.Attachment(ctx, id, file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Content.Close() }()
	content, err := io.ReadAll(f.Content)
	if err != nil || int64(len(content)) != f.Size {
		t.Errorf("read %d of %d bytes, %v", len(content), f.Size, err)
	}
	return content, nil
}

func TestAddAttachment_OfAKindThatIsTaken_IsKeptAndGivenBack(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	a := x.draft(t)
	for name, c := range map[string]struct {
		content   string
		mediaType string
		want      string
	}{
		"plan.PDF":  {"%PDF-1.4\n…", "application/pdf", "plan.pdf"},
		"bild.jpeg": {"\xff\xd8\xff\xe0 photo", "image/jpeg", "bild.jpg"},
		"scan":      {"\x89PNG\r\n\x1a\n…", "image/png", "scan.png"},
		"lüge.html": {"%PDF-1.4\n<script>", "application/pdf", "lüge.pdf"},
	} {
		got, err := x.s.AddAttachment(x.clara, a.ID, upload(name, []byte(c.content)))
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256([]byte(c.content))
		if got.Name != c.want || got.MediaType != c.mediaType || got.Size != int64(len(c.content)) || got.Sha256 != hex.EncodeToString(sum[:]) || got.Field != "/evidence/files" {
			t.Errorf("%s became %+v", name, got)
		}
		if content, err := x.download(t, x.clara, a.ID, got.Id); err != nil || string(content) != c.content {
			t.Errorf("%s comes back as %q, %v", name, content, err)
		}
		i := slices.IndexFunc(x.get(t, a.ID).Attachments, func(f types.Attachment) bool { return f.Id == got.Id })
		if i < 0 || x.get(t, a.ID).Attachments[i] != got {
			t.Errorf("%s is not listed as it was answered", name)
		}
	}
	if tag := x.get(t, a.ID).ETag(); tag != a.ETag() {
		t.Errorf("uploads changed the ETag from %s to %s", a.ETag(), tag)
	}
}

// untouched is a body of which only the first bytes may be read.
type untouched struct {
	t     *testing.T
	head  io.Reader
	limit int
	read  int
}

func (u *untouched) Read(p []byte) (int, error) {
	n, _ := u.head.Read(p)
	if n == 0 {
		n = len(p)
	}
	if u.read += n; u.read > u.limit {
		u.t.Errorf("%d bytes of what is refused were read", u.read)
		return 0, io.EOF
	}
	return n, nil
}

func TestAddAttachment_NotPossible_IsRefusedBeforeItIsReadWhole(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	a, done := x.draft(t), x.submitted(t)
	before := x.objects(t)
	const field = "/evidence/files"
	for name, c := range map[string]struct {
		id     uuid.UUID
		field  string
		length int64
		head   string
		limit  int
		status int
		code   string
	}{
		"announced too large":  {a.ID, field, applications.MaxAttachment + 1, "%PDF-1.7", 0, 413, "attachment-too-large"},
		"endless":              {a.ID, field, -1, "%PDF-1.7", applications.MaxAttachment + 128<<10, 413, "attachment-too-large"},
		"web page":             {a.ID, field, 1000, "<!doctype html>", 16, 415, "attachment-kind"},
		"picture with scripts": {a.ID, field, 1000, "<svg xmlns=", 16, 415, "attachment-kind"},
		"program":              {a.ID, field, -1, "MZ\x90\x00", 16, 415, "attachment-kind"},
		"archive":              {a.ID, field, -1, "PK\x03\x04", 16, 415, "attachment-kind"},
		"PDF where a photo is": {a.ID, "/evidence/photo", 1000, "%PDF-1.7", 16, 415, "attachment-kind"},
		"field without files":  {a.ID, "/evidence/reason", 1000, "%PDF-1.7", 0, 422, "invalid"},
		"unknown field":        {a.ID, "/evidence/nothing", 1000, "%PDF-1.7", 0, 422, "invalid"},
		"no pointer":           {a.ID, "evidence/files", 1000, "%PDF-1.7", 0, 422, "invalid"},
		"group without item":   {a.ID, "/evidence/dogs/papers", 1000, "%PDF-1.7", 0, 422, "invalid"},
		"submitted":            {done.ID, field, 1000, "%PDF-1.7", 0, 409, "already-submitted"},
		"unknown application":  {uuid.New(), field, 1000, "%PDF-1.7", 0, 404, "application-unknown"},
	} {
		body := &untouched{t: t, head: strings.NewReader(c.head), limit: c.limit}
		_, err := x.s.AddAttachment(x.clara, c.id, applications.Upload{Name: "a.pdf", Field: c.field, Length: c.length, Content: body})
		t.Log(name)
		wantProblem(t, err, c.status, c.code)
	}
	if n := x.count(t, "application_attachments WHERE application_id = ?", a.ID); n != 0 || x.objects(t) != before {
		t.Errorf("%d rows and %d files are left", n, x.objects(t)-before)
	}
}

func TestAddAttachment_EmptyFile_IsOfNoKind(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	_, err := x.s.AddAttachment(x.clara, x.draft(t).ID, upload("a.pdf", nil))
	wantProblem(t, err, 415, "attachment-kind")
}

func TestAddAttachment_SenderStops_NothingIsLeft(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	a := x.draft(t)
	for _, head := range []string{"", "%PDF-1.7 and a little more"} {
		body := io.MultiReader(strings.NewReader(head), iotest.ErrReader(io.ErrUnexpectedEOF))
		_, err := x.s.AddAttachment(x.clara, a.ID, applications.Upload{Name: "a.pdf", Field: "/evidence/files", Length: 1 << 20, Content: body})
		if head == "" {
			wantProblem(t, err, 415, "attachment-kind")
			continue
		}
		wantProblem(t, err, 400, "upload-broken")
	}
	gone, leave := context.WithCancel(x.clara)
	body := io.MultiReader(bytes.NewReader(pdf("x")), readerFunc(func([]byte) (int, error) { leave(); return 0, context.Canceled }))
	if _, err := x.s.AddAttachment(gone, a.ID, applications.Upload{Name: "a.pdf", Field: "/evidence/files", Length: -1, Content: body}); err == nil {
		t.Error("no error for a sender who has gone")
	}
	if n := x.count(t, "application_attachments"); n != 0 || x.objects(t) != 0 {
		t.Errorf("%d rows and %d files are left", n, x.objects(t))
	}
}

// TestAddAttachment_DatabaseFailsAtTheEnd_IsNotTheSendersFault: people are told to try again later, and not that their file was broken.
func TestAddAttachment_DatabaseFailsAtTheEnd_IsNotTheSendersFault(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	a := x.draft(t)
	for _, statement := range []string{
		"CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no room''; END'",
		"CREATE TRIGGER fail BEFORE UPDATE ON application_attachments FOR EACH ROW EXECUTE FUNCTION fail()",
	} {
		if err := x.db.From(t.Context()).Exec(statement).Error; err != nil {
			t.Fatal(err)
		}
	}
	_, err := x.s.AddAttachment(x.clara, a.ID, upload("a.pdf", pdf("x")))
	if got := problem.From(err); err == nil || got.Status != http.StatusInternalServerError {
		t.Errorf("answered with %d: %v", got.Status, err)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestAddAttachment_MoreThanAnApplicationHolds_IsRefused(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	a := x.draft(t)
	file := x.upload(t, a.ID, pdf("x"))
	set := func(size int64) {
		if err := x.db.From(t.Context()).Exec("UPDATE application_attachments SET size = ? WHERE id = ?", size, file.Id).Error; err != nil {
			t.Fatal(err)
		}
	}
	set(applications.MaxBytes - 10)
	_, err := x.s.AddAttachment(x.clara, a.ID, upload("b.pdf", pdf("more than ten bytes")))
	wantProblem(t, err, 413, "attachments-too-large")
	set(10)
	for range applications.MaxFiles - 1 {
		x.upload(t, a.ID, pdf("x"))
	}
	_, err = x.s.AddAttachment(x.clara, a.ID, upload("b.pdf", pdf("x")))
	wantProblem(t, err, 409, "too-many-attachments")
}

func TestAddAttachment_ManyAtOnce_TheQuotaHolds(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	a := x.draft(t)
	for range applications.MaxFiles - 2 {
		x.upload(t, a.ID, pdf("x"))
	}
	results := make(chan error)
	for range 6 {
		go func() {
			_, err := x.s.AddAttachment(x.clara, a.ID, upload("b.pdf", pdf("x")))
			results <- err
		}()
	}
	taken := 0
	for range 6 {
		if err := <-results; err == nil {
			taken++
		} else {
			wantProblem(t, err, 409, "too-many-attachments")
		}
	}
	if taken != 2 || len(x.get(t, a.ID).Attachments) != applications.MaxFiles {
		t.Errorf("%d were taken, %d are there", taken, len(x.get(t, a.ID).Attachments))
	}
}

func TestAddAttachment_SubmittedOrDeletedMeanwhile_IsRefusedAndNothingIsLeft(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		meanwhile func(t *testing.T, x *setup, id uuid.UUID)
		status    int
		code      string
	}{
		"submitted": {func(t *testing.T, x *setup, id uuid.UUID) {
			if _, err := x.s.Submit(x.clara, id, uuid.NewString()); err != nil {
				t.Error(err)
			}
		}, 409, "already-submitted"},
		"deleted": {func(t *testing.T, x *setup, id uuid.UUID) {
			if err := x.s.DeleteDraft(x.clara, id); err != nil {
				t.Error(err)
			}
		}, 404, "application-unknown"},
		"swept": {func(t *testing.T, x *setup, _ uuid.UUID) {
			x.clock.add(2 * time.Hour)
			if n, err := x.s.SweepFiles(t.Context()); err != nil || n != 1 {
				t.Errorf("swept %d, %v", n, err)
			}
		}, 400, "upload-broken"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := newSetup(t)
			a := x.filled(t)
			before := x.objects(t)
			once := false
			slow := io.MultiReader(bytes.NewReader(pdf("a slow file")), readerFunc(func([]byte) (int, error) {
				if !once {
					once = true
					c.meanwhile(t, x, a.ID)
				}
				return 0, io.EOF
			}))
			_, err := x.s.AddAttachment(x.clara, a.ID, applications.Upload{Name: "b.pdf", Field: "/evidence/files", Length: -1, Content: slow})
			wantProblem(t, err, c.status, c.code)
			if x.objects(t) != before {
				t.Errorf("%d files, want %d", x.objects(t), before)
			}
			if n := x.count(t, "application_attachments WHERE NOT ready"); n != 0 {
				t.Errorf("%d rows are left", n)
			}
			if name == "submitted" && len(x.others.handed[0].Attachments) != 1 {
				t.Errorf("%d files were handed over", len(x.others.handed[0].Attachments))
			}
		})
	}
}

func TestAddAttachment_LargeFile_TakesLittleMemory(t *testing.T) { // not parallel: it counts what the process allocates
	x := newSetup(t)
	a := x.draft(t)
	x.upload(t, a.ID, pdf("warm up"))
	body := io.MultiReader(strings.NewReader("%PDF-1.7"), io.LimitReader(zeros{}, applications.MaxAttachment-8))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	file, err := x.s.AddAttachment(x.clara, a.ID, applications.Upload{Name: "a.pdf", Field: "/evidence/files", Length: applications.MaxAttachment, Content: body})
	if err != nil || file.Size != applications.MaxAttachment {
		t.Fatalf("%d bytes, %v", file.Size, err)
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 2<<20 {
		t.Errorf("an upload of %d MiB allocated %d KiB", applications.MaxAttachment>>20, used>>10)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestDeleteAttachment_OfADraft_IsGone(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	x.runJobs(t)
	a := x.filled(t)
	file := a.Attachments[0].Id
	if err := x.s.DeleteAttachment(x.clara, a.ID, file); err != nil {
		t.Fatal(err)
	}
	wantProblem(t, x.s.DeleteAttachment(x.clara, a.ID, file), 404, "attachment-unknown")
	eventually(t, "the file is deleted", func() bool { return x.objects(t) == 0 })
	_, err := x.s.Submit(x.clara, a.ID, uuid.NewString()) // the answers still name it
	wantProblem(t, err, 422, "invalid")
}

func TestDeleteAttachment_Submitted_Stays(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	a := x.submitted(t)
	wantProblem(t, x.s.DeleteAttachment(x.clara, a.ID, a.Attachments[0].Id), 409, "already-submitted")
}

func TestSweepFiles_UploadThatACrashLeft_IsRemoved(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	a := x.draft(t)
	file := x.upload(t, a.ID, pdf("kept"))
	crashed := uuid.New()
	err := x.db.From(t.Context()).Exec(`INSERT INTO application_attachments (id, application_id, ready, field, name, media_type, size, created_at, delete_at)
		SELECT ?, application_id, false, field, name, media_type, size, created_at, created_at + interval '1 hour' FROM application_attachments WHERE id = ?`, crashed, file.Id).Error
	if err != nil {
		t.Fatal(err)
	}
	object := filepath.Join(x.folder, "applications", crashed.String())
	if err := os.WriteFile(object, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if n, err := x.s.SweepFiles(t.Context()); err != nil || n != 0 {
		t.Fatalf("swept %d at once, %v: it may still be on its way", n, err)
	}
	x.clock.add(time.Hour)
	if n, err := x.s.SweepFiles(t.Context()); err != nil || n != 1 {
		t.Fatalf("swept %d, %v, want 1", n, err)
	}
	if _, err := os.Stat(object); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the half file is still there: %v", err)
	}
	if n := x.count(t, "application_attachments"); n != 1 || x.objects(t) != 1 {
		t.Errorf("%d rows and %d files are left, want 1 each", n, x.objects(t))
	}
}

package applications_test

import (
	"io"
	"testing"
	"time"

	"github.com/google/uuid"
)

// fetch reads a file as the competent portal does, from an offset, and says how much it got.
func (x *setup) fetch(t *testing.T, member string, id uuid.UUID, offset, limit int64) (int64, error) {
	t.Helper()
	_, _, size, content, err := x.s.AttachmentFor(t.Context(), member, id)
	if err != nil {
		return 0, err
	}
	defer func() { _ = content.Close() }()
	if _, err := content.Seek(0, io.SeekEnd); err != nil { // as http.ServeContent finds out the size
		t.Fatal(err)
	}
	if _, err := content.Seek(offset, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	if limit < 0 {
		limit = size - offset
	}
	return io.CopyN(io.Discard, content, limit)
}

func TestAttachmentFor_CompetentPortal_GetsItUntilADayAfterItHasAll(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	draft := x.filled(t)
	_, err := x.fetch(t, county, draft.Attachments[0].Id, 0, -1)
	wantProblem(t, err, 404, "attachment-unknown") // not handed over yet
	a := x.submitted(t)
	file := a.Attachments[0]
	_, err = x.fetch(t, "http://localhost:8082", file.Id, 0, -1)
	wantProblem(t, err, 404, "attachment-unknown")
	if err := x.s.Arrived(t.Context(), county, a.ID, "a.b.c", x.clock.now()); err != nil {
		t.Fatal(err)
	}
	name, mediaType, size, content, err := x.s.AttachmentFor(t.Context(), county, file.Id)
	if err != nil || name != file.Name || mediaType != "application/pdf" || size != file.Size {
		t.Fatalf("%s %s %d, %v", name, mediaType, size, err)
	}
	_ = content.Close()
	if n, err := x.fetch(t, county, file.Id, 0, 5); err != nil || n != 5 {
		t.Fatalf("read %d, %v", n, err)
	}
	x.clock.add(48 * time.Hour)
	if n, err := x.s.SweepFiles(t.Context()); err != nil || n != 0 {
		t.Fatalf("swept %d, %v: the portal has only a part", n, err)
	}
	if n, err := x.fetch(t, county, file.Id, 5, -1); err != nil || n != file.Size-5 {
		t.Fatalf("read %d, %v", n, err)
	}
	x.clock.add(23 * time.Hour)
	if n, err := x.s.SweepFiles(t.Context()); err != nil || n != 0 {
		t.Fatalf("swept %d, %v: the portal may ask once more", n, err)
	}
	x.clock.add(2 * time.Hour)
	if n, err := x.s.SweepFiles(t.Context()); err != nil || n != 1 {
		t.Fatalf("swept %d, %v", n, err)
	}
	_, err = x.fetch(t, county, file.Id, 0, -1)
	wantProblem(t, err, 404, "attachment-unknown")
	if x.objects(t) != 1 { // the other draft's
		t.Errorf("%d files are left", x.objects(t))
	}
	if kept := x.get(t, a.ID).Attachments; len(kept) != 1 || kept[0] != file {
		t.Errorf("the receipt does not name the file any more: %+v", kept)
	}
}

func TestAttachmentFor_FetchedBeforeTheReceiptCame_GoesADayAfterIt(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	a := x.submitted(t)
	if _, err := x.fetch(t, county, a.Attachments[0].Id, 0, -1); err != nil {
		t.Fatal(err)
	}
	x.clock.add(72 * time.Hour)
	if n, err := x.s.SweepFiles(t.Context()); err != nil || n != 0 {
		t.Fatalf("swept %d, %v: nobody has receipted it", n, err)
	}
	if err := x.s.Arrived(t.Context(), county, a.ID, "a.b.c", x.clock.now()); err != nil {
		t.Fatal(err)
	}
	x.clock.add(25 * time.Hour)
	if n, err := x.s.SweepFiles(t.Context()); err != nil || n != 1 {
		t.Errorf("swept %d, %v", n, err)
	}
}

func TestAttachmentFor_NeverFetched_GoesAfterNinetyDays(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	a := x.submitted(t)
	if err := x.s.Arrived(t.Context(), county, a.ID, "a.b.c", x.clock.now()); err != nil {
		t.Fatal(err)
	}
	x.clock.add(89 * 24 * time.Hour)
	if n, err := x.s.SweepFiles(t.Context()); err != nil || n != 0 {
		t.Fatalf("swept %d, %v", n, err)
	}
	x.clock.add(2 * 24 * time.Hour)
	if n, err := x.s.SweepFiles(t.Context()); err != nil || n != 1 {
		t.Errorf("swept %d, %v", n, err)
	}
}

func TestAttachmentFor_OwnPortal_TheFileStays(t *testing.T) {
	t.Parallel()
	x := newSetupWith(t, options{portal: self})
	a := x.submitted(t)
	if _, err := x.fetch(t, self, a.Attachments[0].Id, 0, -1); err != nil {
		t.Fatal(err)
	}
	x.clock.add(200 * 24 * time.Hour)
	if n, err := x.s.SweepFiles(t.Context()); err != nil || n != 0 {
		t.Errorf("swept %d, %v", n, err)
	}
	if _, err := x.download(t, x.clara, a.ID, a.Attachments[0].Id); err != nil {
		t.Error(err)
	}
}

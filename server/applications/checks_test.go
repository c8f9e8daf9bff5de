package applications_test

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/scan/scantest"
)

// harmful is a PDF as far as its first bytes tell, with the test file of the anti-virus industry in it.
func harmful() []byte { return append(pdf(""), scantest.EICAR()...) }

func newChecked(t *testing.T) (*setup, *scantest.Clamd) {
	t.Helper()
	scanner, c := scantest.Start(t)
	return newSetupWith(t, options{scanner: scanner}), c
}

func (x *setup) file(t *testing.T, id, file uuid.UUID) types.Attachment {
	t.Helper()
	for _, f := range x.get(t, id).Attachments {
		if f.Id == file {
			return f
		}
	}
	return types.Attachment{}
}

func TestCheck_HarmfulUpload_IsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	x, c := newChecked(t)
	x.runJobs(t)
	a := x.draft(t)
	_, err := x.s.AddAttachment(x.clara, a.ID, upload("a.pdf", harmful()))
	wantProblem(t, err, 422, "file-harmful")
	if n := x.count(t, "application_attachments"); n != 0 || x.objects(t) != 0 {
		t.Errorf("%d rows and %d files are left", n, x.objects(t))
	}
	file := x.upload(t, a.ID, pdf("fine"))
	if file.Check != nil || c.Seen.Load() != 2 {
		t.Errorf("%+v after %d checks", file, c.Seen.Load())
	}
	if got, err := x.download(t, x.clara, a.ID, file.Id); err != nil || !bytes.Equal(got, pdf("fine")) {
		t.Errorf("%q, %v", got, err)
	}
}

func TestCheck_HarmfulUploadInParts_StandsInTheDraftAndCannotBeSubmitted(t *testing.T) {
	t.Parallel()
	x, _ := newChecked(t)
	x.runJobs(t)
	a := x.draft(t)
	id := x.begin(t, a.ID, int64(len(harmful())))
	for at := int64(0); at < int64(len(harmful())); at += 40 { // so that no part has all of it
		end := min(at+40, int64(len(harmful())))
		if _, err := x.send(a.ID, id, at, bytes.NewReader(harmful()[at:end])); err != nil {
			t.Fatal(err)
		}
	}
	file := x.taken(t, a.ID, id)
	if file.Check == nil || *file.Check != types.CheckRefused {
		t.Fatalf("%+v", file)
	}
	_, err := x.s.Attachment(x.clara, a.ID, id)
	wantProblem(t, err, 410, "attachment-refused")
	eventually(t, "the file goes", func() bool { return x.objects(t) == 0 && x.parts(t) == 0 })
	x.save(t, x.get(t, a.ID), answers(id))
	_, err = x.s.Submit(x.clara, a.ID, uuid.NewString())
	wantProblem(t, err, 422, "invalid")
	if err := x.s.DeleteAttachment(x.clara, a.ID, id); err != nil {
		t.Errorf("it cannot be removed: %v", err)
	}
}

func TestCheck_ScannerDown_NobodyIsGivenTheFileUntilItIsClean(t *testing.T) {
	t.Parallel()
	x, c := newChecked(t)
	c.Down.Store(true)
	a := x.draft(t)
	file := x.upload(t, a.ID, pdf("fine"))
	if file.Check == nil || *file.Check != types.CheckPending {
		t.Fatalf("%+v", file)
	}
	_, err := x.s.Attachment(x.clara, a.ID, file.Id)
	wantProblem(t, err, 409, "attachment-checking")
	submitted, err := x.s.Submit(x.clara, x.save(t, a, answers(file.Id)).ID, uuid.NewString())
	if err != nil || submitted.State != types.ApplicationStateSubmitted {
		t.Fatalf("a scanner that is down costs a deadline: %v", err)
	}
	if handed := x.others.handed[0].Attachments[0]; handed.Check != nil || handed.Sha256 != file.Sha256 {
		t.Errorf("handed over as %+v", handed)
	}
	_, _, _, _, err = x.s.AttachmentFor(t.Context(), county, file.Id)
	wantProblem(t, err, 409, "attachment-checking")
	c.Down.Store(false)
	x.runJobs(t)
	eventually(t, "it is clean", func() bool { return x.file(t, a.ID, file.Id).Check == nil })
	_, _, _, content, err := x.s.AttachmentFor(t.Context(), county, file.Id)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = content.Close() }()
	if got, err := io.ReadAll(content); err != nil || !bytes.Equal(got, pdf("fine")) {
		t.Errorf("%q, %v", got, err)
	}
}

func TestCheck_FoundAfterSubmission_FileGoesAndThePersonIsTold(t *testing.T) {
	t.Parallel()
	x, c := newChecked(t)
	c.Down.Store(true)
	a := x.draft(t)
	file := x.upload(t, a.ID, harmful())
	if _, err := x.s.Submit(x.clara, x.save(t, a, answers(file.Id)).ID, uuid.NewString()); err != nil {
		t.Fatal(err)
	}
	letters := len(x.others.letters)
	c.Down.Store(false)
	x.runJobs(t)
	eventually(t, "it is refused", func() bool {
		check := x.file(t, a.ID, file.Id).Check
		return check != nil && *check == types.CheckRefused
	})
	_, _, _, _, err := x.s.AttachmentFor(t.Context(), county, file.Id)
	wantProblem(t, err, 410, "attachment-refused")
	timeline := x.get(t, a.ID).Timeline
	last := timeline[len(timeline)-1]
	if last.Kind != types.Message || last.By != types.EventAuthorPortal || !strings.Contains(*last.Text, "Schadsoftware") || !strings.Contains(*last.Text, "lageplan.pdf") {
		t.Errorf("the timeline says %+v", last)
	}
	if len(x.others.letters) != letters+1 || !strings.Contains(x.others.letters[letters].Text, "Schadsoftware") {
		t.Errorf("letters: %+v", x.others.letters[letters:])
	}
	eventually(t, "the file goes", func() bool { return x.objects(t) == 0 })
}

func TestCheck_DocumentOfASafe_IsCheckedWhereItArrives(t *testing.T) {
	t.Parallel()
	x, _ := newChecked(t)
	document := uuid.New()
	x.others.set(func() { x.others.safe[document] = harmful() })
	a := x.draft(t)
	file, err := x.s.AddFromSafe(x.clara, a.ID, types.SafeAttachment{DocumentId: document, Field: "/evidence/files"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = x.s.Submit(x.clara, x.save(t, a, answers(file.Id)).ID, uuid.NewString())
	wantProblem(t, err, 422, "invalid")
	if x.objects(t) != 0 {
		t.Error("the file stays")
	}
}

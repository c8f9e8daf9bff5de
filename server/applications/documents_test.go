package applications_test

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
)

const notice = "%PDF-1.7 Abholschein"

func document(name, body string) types.EventDocument {
	sum := sha256.Sum256([]byte(body))
	return types.EventDocument{Id: uuid.New(), Name: name, MediaType: "application/pdf", Size: int64(len(body)), Sha256: hex.EncodeToString(sum[:])}
}

func (x *setup) paper(portal string, id uuid.UUID, body string) {
	x.others.mu.Lock()
	defer x.others.mu.Unlock()
	x.others.papers[portal+" "+id.String()] = []byte(body)
}

func TestApplyEvent_WithADocument_ReachesTheApplicantAndNobodyElse_Once(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	x.runJobs(t)
	a := x.submitted(t)
	d := document("../Abholschein\u202e.pdf", notice)
	e := withText(event(types.InProgress, 5), "Ihr Abholtermin ist Freitag.")
	e.By, e.Documents = types.EventAuthorProvider, &[]types.EventDocument{d}
	for range 3 { // a message may come again
		x.apply(t, a.ID, e)
	}
	last := func() []types.EventDocument {
		got := x.get(t, a.ID).Timeline
		if docs := got[len(got)-1].Documents; docs != nil {
			return *docs
		}
		return nil
	}
	there := last()
	if len(there) != 1 || there[0].Name != "Abholschein.pdf" || *there[0].Available || there[0].Id == d.Id {
		t.Fatalf("timeline has %+v, want one document of this portal's own that is not here yet", there)
	}
	_, err := x.s.Document(x.clara, a.ID, there[0].Id)
	wantProblem(t, err, 409, "document-pending")
	x.paper("https://elsewhere.example", d.Id, notice) // not where the application was handed to
	x.paper(county, d.Id, strings.Repeat("x", len(notice)))
	waitFor(t, "the wrong file to be looked at", func() bool {
		return x.count(t, "application_documents WHERE mismatches > 0") > 0
	})
	revision := x.get(t, a.ID).Revision
	x.paper(county, d.Id, notice)
	waitFor(t, "the document", func() bool { return *last()[0].Available })
	if now := x.get(t, a.ID).Revision; now == revision {
		t.Error("those who watch the application are not told that the document is here")
	}
	f, err := x.s.Document(x.clara, a.ID, there[0].Id)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(f.Content); err != nil || string(got) != notice || f.Name != "Abholschein.pdf" {
		t.Errorf("got %q as %q, %v", got, f.Name, err)
	}
	if again, err := x.s.Document(x.clara, a.ID, there[0].Id); err != nil || again.Content.Close() != nil {
		t.Error("not to be had again", err)
	}
	if told := x.others.opened; len(told) != 1 || told[0] != county+" "+d.Id.String() {
		t.Errorf("told of the first opening: %v, want the competent portal, once", told)
	}
	_, err = x.s.Document(x.stefan, a.ID, there[0].Id)
	wantProblem(t, err, 404, "document-unknown")
	_, err = x.s.Document(x.clara, uuid.New(), there[0].Id)
	wantProblem(t, err, 404, "document-unknown")
	_, _, _, _, err = x.s.DocumentFor(t.Context(), "http://localhost:8082", there[0].Id)
	wantProblem(t, err, 404, "document-unknown")
	_, _, size, content, err := x.s.DocumentFor(t.Context(), county, there[0].Id)
	if err != nil || size != d.Size {
		t.Fatalf("the account home gets %d bytes, %v", size, err)
	}
	_ = content.Close()

	letters := x.others.letters
	letter := letters[len(letters)-1]
	if len(letters) != 2 || letter.Documents == nil || len(*letter.Documents) != 1 || (*letter.Documents)[0].Id != there[0].Id || !strings.Contains(letter.Text, "– Abholschein.pdf") {
		t.Errorf("%d letters, the last %+v", len(letters), letter)
	}

	_ = f.Content.Close()
	if err := x.s.ErasePerson(t.Context(), httpx.Person{Issuer: county, Subject: "clara"}); err != nil {
		t.Fatal(err)
	}
	if n := x.count(t, "application_documents"); n != 0 {
		t.Errorf("%d documents of a person who is gone", n)
	}
	waitFor(t, "the file to go", func() bool {
		left, err := filepath.Glob(filepath.Join(x.folder, "applications", "documents", "*"))
		return err == nil && len(left) == 0
	})
}

func TestApplyEvent_DocumentsThatNobodySends_Refused(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	a := x.submitted(t)
	good := document("a.pdf", notice)
	many := make([]types.EventDocument, 11)
	for i := range many {
		many[i] = document("a.pdf", notice)
	}
	change := func(fn func(*types.EventDocument)) []types.EventDocument {
		d := good
		fn(&d)
		return []types.EventDocument{d}
	}
	for name, documents := range map[string][]types.EventDocument{
		"too many": many, "twice": {good, good},
		"no id": change(func(d *types.EventDocument) { d.Id = uuid.Nil }),
		"size":  change(func(d *types.EventDocument) { d.Size = 1 << 40 }),
		"hash":  change(func(d *types.EventDocument) { d.Sha256 = "aa" }),
		"kind":  change(func(d *types.EventDocument) { d.MediaType = "text/html" }),
		"name":  change(func(d *types.EventDocument) { d.Name = strings.Repeat("x", 301) }),
	} {
		e := event(types.Message, 5)
		e.Documents = &documents
		err := x.s.ApplyEvent(t.Context(), county, a.ID, e)
		if err == nil {
			t.Errorf("%s: taken", name)
		}
		wantProblem(t, err, 422, "event-invalid")
	}
	if n := x.count(t, "application_documents"); n != 0 {
		t.Errorf("%d documents", n)
	}
}

// waitFor waits until a condition holds.
func waitFor(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	for !condition() {
		select {
		case <-deadline:
			t.Fatalf("waited in vain: %s", what)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

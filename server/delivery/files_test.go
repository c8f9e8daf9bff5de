package delivery_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/delivery"
	"portalverbund/server/platform/files"
	"portalverbund/server/platform/problem"
	"portalverbund/server/platform/scan/scantest"
)

const pdf = "%PDF-1.7 Abholschein"

func sha(body string) string {
	sum := sha256.Sum256([]byte(body))
	return hex.EncodeToString(sum[:])
}

// withPhoto is an application with a file, which its portal has.
func (x setup) withPhoto(offerID uuid.UUID, body string) types.MessageApplication {
	app := x.application(offerID)
	app.Attachments = []types.Attachment{{Id: uuid.New(), Name: "../Sofa\n.jpg", Field: "/items/photos", MediaType: "image/jpeg", Size: int64(len(body)), Sha256: sha(body)}}
	return app
}

func upload(body string) delivery.Upload {
	return delivery.Upload{Name: "Abholschein.pdf", Length: int64(len(body)), Content: strings.NewReader(body)}
}

func (x setup) stored(t *testing.T, id uuid.UUID) (documents, objects int) {
	t.Helper()
	if err := x.d.From(t.Context()).Raw("SELECT count(*) FROM delivery_files WHERE delivery_id = ? AND given", id).Scan(&documents).Error; err != nil {
		t.Fatal(err)
	}
	return documents, x.objects(t)
}

func TestAttachment_OfThatProviderOnly_OnceItIsHere_WholeAndRight(t *testing.T) {
	t.Parallel()
	x := newSetup(t, "", time.Now, true)
	photo := "\xff\xd8\xff" + strings.Repeat("sofa", 1000)
	app := x.withPhoto(x.offer("provider:waste"), photo)
	for range 2 { // the message may come twice
		if err := x.receive(t.Context(), t, other, delivery.KindSubmitted, app); err != nil {
			t.Fatal(err)
		}
	}
	id, waste, file := x.id(t, app), provider(t.Context(), "waste-client"), app.Attachments[0].Id
	_, err := x.s.Attachment(waste, id, file)
	wantStatus(t, err, http.StatusConflict, "attachment-pending")
	if d, err := x.s.Get(waste, id); err != nil || *d.Attachments[0].Available {
		t.Errorf("delivery %+v, %v, want a file that is not here yet", d.Attachments, err)
	}

	x.file(file, strings.Repeat("x", len(photo))) // a file of the right size that is another
	waitFor(t, "the wrong file to be looked at", func() bool { return x.mismatches(t, id) > 0 })
	x.file(file, photo)
	waitFor(t, "the file", func() bool { d, err := x.s.Get(waste, id); return err == nil && *d.Attachments[0].Available })
	f, err := x.s.Attachment(waste, id, file)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(f.Content)
	if err != nil || string(got) != photo || f.SHA256 != sha(photo) || f.Name != "Sofa.jpg" {
		t.Errorf("got %d bytes as %q with %s, %v", len(got), f.Name, f.SHA256, err)
	}

	_, err = x.s.Attachment(provider(t.Context(), "water-client"), id, file)
	wantStatus(t, err, http.StatusNotFound, "delivery-unknown")
	_, err = x.s.Attachment(waste, id, uuid.New())
	wantStatus(t, err, http.StatusNotFound, "attachment-unknown")
	_, err = x.s.Attachment(provider(t.Context(), "somebody"), id, file)
	wantStatus(t, err, http.StatusForbidden, "")
	reads := 0
	for _, s := range x.told(t) {
		if s.Kind == delivery.KindAccessed {
			reads++
		}
	}
	if reads != 1 {
		t.Errorf("the person was told %d times of what was read within the hour", reads)
	}
}

func TestAttachment_NeverRight_IsGivenUp_AndLiesAreRefused(t *testing.T) {
	t.Parallel()
	x := newSetup(t, "", time.Now, true)
	app := x.withPhoto(x.offer("provider:waste"), "\xff\xd8\xffsofa")
	x.file(app.Attachments[0].Id, "\xff\xd8\xffelse and longer")
	if err := x.receive(t.Context(), t, other, delivery.KindSubmitted, app); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "given up", func() bool {
		_, err := x.s.Attachment(provider(t.Context(), "waste-client"), x.id(t, app), app.Attachments[0].Id)
		return problem.Is(err, "attachment-missing")
	})
	for name, change := range map[string]func(*types.Attachment){
		"no id":    func(a *types.Attachment) { a.Id = uuid.Nil },
		"size":     func(a *types.Attachment) { a.Size = -1 },
		"too much": func(a *types.Attachment) { a.Size = 1 << 40 },
		"hash":     func(a *types.Attachment) { a.Sha256 = "aa" },
	} {
		lie := x.withPhoto(app.OfferId, "sofa")
		change(&lie.Attachments[0])
		err := x.receive(t.Context(), t, other, delivery.KindSubmitted, lie)
		if err == nil {
			t.Errorf("%s: taken", name)
		}
		wantStatus(t, err, http.StatusUnprocessableEntity, "application-invalid")
	}
}

func TestAddDocument_AnythingElseThanADocumentOfOnesOwnDelivery_Refused(t *testing.T) {
	t.Parallel()
	x := newSetup(t, "", time.Now, false)
	app := x.application(x.offer("provider:waste"))
	if err := x.receive(t.Context(), t, other, delivery.KindSubmitted, app); err != nil {
		t.Fatal(err)
	}
	id, waste := x.id(t, app), provider(t.Context(), "waste-client")
	large := "%PDF-" + strings.Repeat("x", delivery.MaxDocument)
	for name, c := range map[string]struct {
		ctx    context.Context
		id     uuid.UUID
		upload delivery.Upload
		status int
	}{
		"announced too large": {waste, id, delivery.Upload{Name: "a", Length: delivery.MaxDocument + 1, Content: strings.NewReader(pdf)}, http.StatusRequestEntityTooLarge},
		"too large":           {waste, id, delivery.Upload{Name: "a", Length: -1, Content: strings.NewReader(large)}, http.StatusRequestEntityTooLarge},
		"a program":           {waste, id, upload("MZ\x90"), http.StatusUnsupportedMediaType},
		"nothing":             {waste, id, upload(""), http.StatusUnsupportedMediaType},
		"broken off":          {waste, id, delivery.Upload{Name: "a", Length: -1, Content: io.MultiReader(strings.NewReader(pdf), broken{})}, http.StatusBadRequest},
		"another's delivery":  {provider(t.Context(), "water-client"), id, upload(pdf), http.StatusNotFound},
		"no delivery":         {waste, uuid.New(), upload(pdf), http.StatusNotFound},
		"nobody's client":     {provider(t.Context(), "x"), id, upload(pdf), http.StatusForbidden},
	} {
		_, err := x.s.AddDocument(c.ctx, c.id, "key "+name, c.upload)
		if err == nil {
			t.Errorf("%s: taken", name)
		}
		wantStatus(t, err, c.status, "")
	}
	if rows, objects := x.stored(t, id); rows != 0 || objects != 0 {
		t.Errorf("%d rows and %d objects are left of what was refused", rows, objects)
	}
	if err := x.receive(t.Context(), t, other, delivery.KindWithdrawn, types.MessageEvent{ApplicationId: app.ApplicationId, Event: types.TimelineEvent{
		Id: uuid.New(), At: time.Now(), Kind: types.Withdrawn, By: types.EventAuthorCitizen,
	}}); err != nil {
		t.Fatal(err)
	}
	_, err := x.s.AddDocument(waste, id, "key after", upload(pdf))
	wantStatus(t, err, http.StatusConflict, "delivery-cancelled")
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("connection reset") }

func TestAddDocument_SameKeyManyTimes_OneDocument_WithAnotherFileRefused(t *testing.T) {
	t.Parallel()
	x := newSetup(t, "", time.Now, false)
	app := x.application(x.offer("provider:waste"))
	if err := x.receive(t.Context(), t, other, delivery.KindSubmitted, app); err != nil {
		t.Fatal(err)
	}
	id, waste := x.id(t, app), provider(t.Context(), "waste-client")
	var wait sync.WaitGroup
	answers := make(chan types.EventDocument, 10)
	for range cap(answers) {
		wait.Go(func() {
			d, err := x.s.AddDocument(waste, id, "one key", upload(pdf))
			if err != nil {
				t.Error(err)
			}
			answers <- d
		})
	}
	wait.Wait()
	close(answers)
	first := <-answers
	for d := range answers {
		if d != first {
			t.Errorf("answered %+v and %+v", first, d)
		}
	}
	if first.Name != "Abholschein.pdf" || first.MediaType != "application/pdf" || first.Size != int64(len(pdf)) || first.Sha256 != sha(pdf) {
		t.Errorf("document %+v", first)
	}
	_, err := x.s.AddDocument(waste, id, "one key", upload(pdf+"!"))
	wantStatus(t, err, http.StatusUnprocessableEntity, "idempotency-key-reused")
	if rows, objects := x.stored(t, id); rows != 1 || objects != 1 {
		t.Errorf("%d rows and %d objects of one document", rows, objects)
	}
	for i := range 19 {
		if _, err := x.s.AddDocument(waste, id, "key "+string(rune('a'+i)), upload(pdf)); err != nil {
			t.Fatal(err)
		}
	}
	_, err = x.s.AddDocument(waste, id, "one more", upload(pdf))
	wantStatus(t, err, http.StatusConflict, "too-many-documents")
}

func TestStatus_NamesADocument_ThatPortalMayFetchItAndNobodyElse(t *testing.T) {
	t.Parallel()
	x := newSetup(t, "", time.Now, false)
	app := x.application(x.offer("provider:waste"))
	if err := x.receive(t.Context(), t, other, delivery.KindSubmitted, app); err != nil {
		t.Fatal(err)
	}
	id, waste := x.id(t, app), provider(t.Context(), "waste-client")
	d, err := x.s.AddDocument(waste, id, "up", upload(pdf))
	if err != nil {
		t.Fatal(err)
	}
	_, _, _, _, err = x.s.DocumentFor(t.Context(), other, d.Id)
	wantStatus(t, err, http.StatusNotFound, "") // nobody has been told of it
	status := types.DeliveryStatus{Status: types.DeliveryStatusStatusInProgress, Documents: &types.DocumentIds{d.Id}}
	for _, wrong := range []types.DocumentIds{{uuid.New()}, {d.Id, d.Id}} {
		_, err = x.s.SetStatus(waste, id, "wrong "+wrong[0].String(), types.DeliveryStatus{Status: status.Status, Documents: &wrong})
		wantStatus(t, err, http.StatusUnprocessableEntity, "")
	}
	for range 2 {
		if _, err := x.s.SetStatus(waste, id, "status", status); err != nil {
			t.Fatal(err)
		}
	}
	var told []types.EventDocument
	events := 0
	for _, s := range x.told(t) {
		var m types.MessageEvent
		if s.Kind == delivery.KindStatus && s.Who == other && json.Unmarshal([]byte(s.Body), &m) == nil {
			events++
			told = *m.Event.Documents
		}
	}
	if events != 1 || len(told) != 1 || told[0] != d {
		t.Errorf("%d events, the last with %+v, want one with %+v", events, told, d)
	}
	_, err = x.s.SetStatus(waste, id, "again", status)
	wantStatus(t, err, http.StatusUnprocessableEntity, "") // it has been sent

	for _, stranger := range []string{self, "https://lathen.example", ""} {
		_, _, _, _, err = x.s.DocumentFor(t.Context(), stranger, d.Id)
		wantStatus(t, err, http.StatusNotFound, "")
	}
	name, mediaType, size, content, err := x.s.DocumentFor(t.Context(), other, d.Id)
	if err != nil {
		t.Fatal(err)
	}
	got, _ := io.ReadAll(content)
	if name != d.Name || mediaType != d.MediaType || size != d.Size || string(got) != pdf {
		t.Errorf("got %q %s %d %q", name, mediaType, size, got)
	}
}

func TestSweep_WhatNobodyNeedsAnyMore_Goes(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	at := time.Now()
	now := func() time.Time { mu.Lock(); defer mu.Unlock(); return at }
	x := newSetup(t, "", now, false)
	photo := "\xff\xd8\xffsofa"
	app := x.withPhoto(x.offer("provider:waste"), photo)
	x.file(app.Attachments[0].Id, photo)
	if err := x.receive(t.Context(), t, other, delivery.KindSubmitted, app); err != nil {
		t.Fatal(err)
	}
	id, waste := x.id(t, app), provider(t.Context(), "waste-client")
	if err := x.s.Fetch(t.Context(), id, app.Attachments[0].Id); err != nil {
		t.Fatal(err)
	}
	var documents []types.EventDocument
	for _, key := range []string{"unnamed", "named"} {
		d, err := x.s.AddDocument(waste, id, key, upload(pdf+key))
		if err != nil {
			t.Fatal(err)
		}
		documents = append(documents, d)
	}
	if _, err := x.s.SetStatus(waste, id, "closed", types.DeliveryStatus{Status: types.DeliveryStatusStatusClosed, Documents: &types.DocumentIds{documents[1].Id}}); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		after time.Duration
		left  int
	}{{23 * time.Hour, 3}, {2 * time.Hour, 2}, {88 * 24 * time.Hour, 2}, {2 * 24 * time.Hour, 0}} {
		mu.Lock()
		at = at.Add(step.after)
		mu.Unlock()
		if err := x.s.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := x.objects(t); got != step.left {
			t.Errorf("%d objects after %s more, want %d", got, step.after, step.left)
		}
	}
	_, err := x.s.Attachment(waste, id, app.Attachments[0].Id)
	wantStatus(t, err, http.StatusNotFound, "attachment-unknown")
}

func (x setup) mismatches(t *testing.T, id uuid.UUID) (n int) {
	t.Helper()
	if err := x.d.From(t.Context()).Raw("SELECT max(mismatches) FROM delivery_files WHERE delivery_id = ?", id).Row().Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestAttachment_HarmfulOnTheWay_IsDeleted_TheCitizenIsTold_AndTheApplicationGoesOn(t *testing.T) {
	t.Parallel()
	scanner, _ := scantest.Start(t)
	x := newSetup(t, "", time.Now, true, func(c *delivery.Config) { c.Scanner = scanner })
	photo := "\xff\xd8\xff" + string(scantest.EICAR())
	app := x.withPhoto(x.offer("provider:waste"), photo)
	x.file(app.Attachments[0].Id, photo)
	if err := x.receive(t.Context(), t, other, delivery.KindSubmitted, app); err != nil {
		t.Fatal(err)
	}
	id, waste := x.id(t, app), provider(t.Context(), "waste-client")
	waitFor(t, "it is found", func() bool {
		_, err := x.s.Attachment(waste, id, app.Attachments[0].Id)
		return problem.Is(err, "attachment-refused")
	})
	d, err := x.s.Get(waste, id)
	if err != nil || *d.Attachments[0].Available || d.Attachments[0].Check == nil || *d.Attachments[0].Check != types.CheckRefused || d.State != types.Pending {
		t.Errorf("delivery %+v, %v", d, err)
	}
	if n := x.objects(t); n != 0 {
		t.Errorf("%d objects are left", n)
	}
	for range 2 { // a job may run twice
		if err := x.s.Fetch(t.Context(), id, app.Attachments[0].Id); err != nil {
			t.Fatal(err)
		}
	}
	if texts := x.toldOfHarm(t); len(texts) != 1 || !strings.Contains(texts[0], "„Sofa.jpg“") || !strings.Contains(texts[0], "Virenscanner") {
		t.Errorf("the citizen was told %q", texts)
	}
	heads, _, err := x.s.Heads(admin(t.Context()), "waste", delivery.Filter{Limit: 10})
	if err != nil || len(heads) != 1 || heads[0].RefusedFiles == nil || *heads[0].RefusedFiles != 1 {
		t.Errorf("administrators see %+v, %v", heads, err)
	}
}

func TestAttachment_FoundHarmfulWhereItCameFrom_TheCitizenWasToldThere(t *testing.T) {
	t.Parallel()
	x := newSetup(t, "", time.Now, true, func(c *delivery.Config) { c.Files = refusing{} })
	app := x.withPhoto(x.offer("provider:waste"), "\xff\xd8\xffsofa")
	if err := x.receive(t.Context(), t, other, delivery.KindSubmitted, app); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "it is refused", func() bool {
		_, err := x.s.Attachment(provider(t.Context(), "waste-client"), x.id(t, app), app.Attachments[0].Id)
		return problem.Is(err, "attachment-refused")
	})
	if texts := x.toldOfHarm(t); len(texts) != 0 {
		t.Errorf("the citizen was told %q", texts)
	}
}

// refusing is a portal that has found something harmful in its file.
type refusing struct{}

func (refusing) Fetch(context.Context, string, uuid.UUID, int64) (io.ReadCloser, error) {
	return nil, files.ErrRefused
}

// toldOfHarm gives what citizens of the linked portal were told of harmful files.
func (x setup) toldOfHarm(t *testing.T) (texts []string) {
	t.Helper()
	for _, s := range x.told(t) {
		var m types.MessageEvent
		if s.What == "send" && s.Who == other && json.Unmarshal([]byte(s.Body), &m) == nil && strings.Contains(text(m.Event), "Schadsoftware") {
			texts = append(texts, text(m.Event))
		}
	}
	return texts
}

package applications_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/applications"
	"portalverbund/server/platform/problem"
)

func TestSubmit_CompleteDraft_IsNumberedReceiptedAndHandedOver(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	draft := x.filled(t)
	a, err := x.s.Submit(x.clara, draft.ID, uuid.NewString())
	if err != nil {
		t.Fatal(err)
	}
	if a.State != types.ApplicationStateSubmitted || a.SubmittedAt == nil || a.Revision <= draft.Revision || a.Errors != nil {
		t.Errorf("application = %+v", a)
	}
	if _, ok := applications.ReadNumber(a.Number); !ok || !strings.HasPrefix(a.Number, "MEP-26-") {
		t.Errorf("number = %q", a.Number)
	}
	if !slices.Equal(kinds(a), []types.EventKind{types.Created, types.Submitted}) {
		t.Errorf("timeline = %v", kinds(a))
	}
	if len(x.others.handed) != 1 || x.others.to != county+" desk" {
		t.Fatalf("handed over %d to %s", len(x.others.handed), x.others.to)
	}
	m := x.others.handed[0]
	if m.ApplicationId != a.ID || m.Number != a.Number || m.ApplicantName != "Clara Beispiel" || m.Ars != meppen || m.FormVersion != 3 ||
		m.TrustLevel != types.Low || m.Language != "de" || m.ServiceTitle["de"] != "Hund anmelden" || len(m.Attachments) != 1 || !m.SubmittedAt.Equal(*a.SubmittedAt) {
		t.Errorf("handed over %+v", m)
	}
	if hash, err := applications.ContentHash(m); err != nil || hash != m.ContentHash || hash != a.ContentHash {
		t.Errorf("hash %s, %v, message has %s, application %s", hash, err, m.ContentHash, a.ContentHash)
	}
	if len(x.others.letters) != 1 || x.others.letters[0].Subject != "Antrag eingereicht: Hund anmelden" || !strings.Contains(x.others.letters[0].Text, a.Number) ||
		*x.others.letters[0].Link != self+"/antraege/"+a.ID.String() || x.others.persons[0] != callerOf("clara").Person {
		t.Errorf("letters = %+v", x.others.letters)
	}
	r, err := x.s.Receipt(x.clara, a.ID)
	if err != nil || r.ContentHash != m.ContentHash || r.ArrivedAt != nil || len(r.Attachments) != 1 {
		t.Errorf("receipt = %+v, %v", r, err)
	}
}

func TestSubmit_Again_SameAnswerOneEffect(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	draft := x.filled(t)
	var answers []applications.Application
	for _, key := range []string{"first-key", "first-key", "other-key"} { // the first one's reply was lost
		a, err := x.s.Submit(x.clara, draft.ID, key)
		if err != nil {
			t.Fatal(err)
		}
		answers = append(answers, a)
	}
	for _, a := range answers[1:] {
		if a.Number != answers[0].Number || a.ETag() != answers[0].ETag() || !a.SubmittedAt.Equal(*answers[0].SubmittedAt) {
			t.Errorf("another answer: %+v", a)
		}
	}
	if len(x.others.handed) != 1 || len(x.others.letters) != 1 {
		t.Errorf("handed over %d times, %d letters", len(x.others.handed), len(x.others.letters))
	}
}

func TestSubmit_SameKeyForAnotherDraft_IsRefused(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	first, second := x.filled(t), x.filled(t)
	if _, err := x.s.Submit(x.clara, first.ID, "same-key"); err != nil {
		t.Fatal(err)
	}
	_, err := x.s.Submit(x.clara, second.ID, "same-key")
	wantProblem(t, err, 422, "idempotency-key-reused")
}

func TestSubmit_TwentyAtOnce_OneEffect(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	draft := x.filled(t)
	type result struct {
		number string
		err    error
	}
	results := make(chan result)
	for i := range 20 {
		go func() {
			key := "same-key"
			if i%2 == 0 {
				key = uuid.NewString()
			}
			a, err := x.s.Submit(x.clara, draft.ID, key)
			results <- result{a.Number, err}
		}()
	}
	numbers := map[string]bool{}
	for range 20 {
		r := <-results
		if r.err != nil {
			t.Error(r.err)
		}
		numbers[r.number] = true
	}
	if len(numbers) != 1 || len(x.others.handed) != 1 || len(x.others.letters) != 1 {
		t.Errorf("%d numbers, %d hand-overs, %d letters", len(numbers), len(x.others.handed), len(x.others.letters))
	}
	if got := kinds(x.get(t, draft.ID)); !slices.Equal(got, []types.EventKind{types.Created, types.Submitted}) {
		t.Errorf("timeline = %v", got)
	}
}

func TestSubmit_CrashBeforeCommit_LeavesTheDraftAndTheKeyFree(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	draft := x.filled(t)
	for name, fail := range map[string]func(ctx context.Context) error{
		"hand-over fails": func(context.Context) error { return errors.New("the outbox is full") },
		"database ends the connection": func(ctx context.Context) error {
			_ = x.db.From(ctx).Exec("SELECT pg_terminate_backend(pg_backend_pid())").Error
			return nil
		},
	} {
		x.others.onSubmit = func(ctx context.Context) (*types.TimelineEvent, error) { return nil, fail(ctx) }
		if _, err := x.s.Submit(x.clara, draft.ID, "same-key"); err == nil {
			t.Fatalf("%s: no error", name)
		}
		a := x.get(t, draft.ID)
		if a.State != types.ApplicationStateDraft || a.Number != "" || a.ETag() != draft.ETag() || !slices.Equal(kinds(a), []types.EventKind{types.Created}) {
			t.Errorf("%s: %+v", name, a)
		}
		if n := x.count(t, "idempotency_keys WHERE key = 'same-key'") + x.count(t, "river_job"); n != 0 {
			t.Errorf("%s: %d rows are left", name, n)
		}
	}
	x.others.onSubmit = nil
	if a, err := x.s.Submit(x.clara, draft.ID, "same-key"); err != nil || a.State != types.ApplicationStateSubmitted {
		t.Errorf("submitted after all: %s, %v", a.State, err)
	}
}

func TestSubmit_AuthorityHasItAtOnce_IsReceived(t *testing.T) {
	t.Parallel()
	x := newSetupWith(t, options{portal: self})
	draft := x.filled(t)
	received := types.TimelineEvent{Id: uuid.New(), Kind: types.Received, By: types.EventAuthorAuthority}
	x.others.onSubmit = func(context.Context) (*types.TimelineEvent, error) {
		received.At = x.clock.now()
		return &received, nil
	}
	answered, err := x.s.Submit(x.clara, draft.ID, uuid.NewString())
	if err != nil {
		t.Fatal(err)
	}
	for what, a := range map[string]applications.Application{"answer": answered, "kept": x.get(t, draft.ID)} {
		if a.State != types.ApplicationStateReceived || a.Revision != draft.Revision+1 || a.ArrivedAt == nil || !a.ArrivedAt.Equal(received.At) {
			t.Errorf("%s: state %s, revision %d, arrived at %v", what, a.State, a.Revision, a.ArrivedAt)
		}
		if got := kinds(a); !slices.Equal(got, []types.EventKind{types.Created, types.Submitted, types.Received}) {
			t.Errorf("%s: timeline %v", what, got)
		}
	}
	// The same event again, and one from before, change nothing.
	if err := x.s.ApplyEvent(t.Context(), self, draft.ID, received); err != nil {
		t.Fatal(err)
	}
	if a := x.get(t, draft.ID); a.Revision != draft.Revision+1 || len(a.Timeline) != 3 {
		t.Errorf("revision %d, timeline %v", a.Revision, kinds(a))
	}
}

func TestSubmit_NotComplete_NamesEachField(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	a := x.draft(t)
	missing := uuid.New()
	a = x.save(t, a, map[string]any{"evidence": map[string]any{"files": []any{missing.String()}, "photo": missing.String(),
		"dogs": []any{map[string]any{}, map[string]any{"papers": missing.String()}}}})
	_, err := x.s.Submit(x.clara, a.ID, uuid.NewString())
	wantProblem(t, err, 422, "invalid")
	var got []string
	for _, f := range problem.From(err).Fields {
		got = append(got, f.Pointer+" "+f.Code)
	}
	want := []string{"/evidence/reason required", "/evidence/files/0 attachment", "/evidence/photo attachment", "/evidence/dogs/1/papers attachment"}
	if !slices.Equal(got, want) {
		t.Errorf("fields %v\nwant   %v", got, want)
	}
	if len(x.others.handed) != 0 || x.get(t, a.ID).State != types.ApplicationStateDraft {
		t.Error("handed over all the same")
	}
}

func TestSubmit_AttachmentOfAnotherApplication_IsRefused(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	other := x.filled(t)
	a := x.save(t, x.draft(t), answers(other.Attachments[0].Id))
	_, err := x.s.Submit(x.clara, a.ID, uuid.NewString())
	wantProblem(t, err, 422, "invalid")
}

func TestSubmit_WhatIsNotPartOfIt_DoesNotGoAlong(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	x.runJobs(t)
	a := x.draft(t)
	used, unused := x.upload(t, a.ID, pdf("used")), x.upload(t, a.ID, pdf("unused"))
	inGroup, err := x.s.AddAttachment(x.clara, a.ID, applications.Upload{Name: "b.pdf", Field: "/evidence/dogs/0/papers", Length: -1, Content: bytes.NewReader(pdf("g"))})
	if err != nil {
		t.Fatal(err)
	}
	data := answers(used.Id)
	data["evidence"].(map[string]any)["hidden"] = "not shown"
	data["evidence"].(map[string]any)["dogs"] = []any{map[string]any{}, map[string]any{"papers": inGroup.Id.String()}} // moved to the second dog
	x.save(t, a, data)
	done, err := x.s.Submit(x.clara, a.ID, uuid.NewString())
	if err != nil {
		t.Fatal(err)
	}
	m := x.others.handed[0]
	if _, there := m.Data["evidence"].(map[string]any)["hidden"]; there || done.Data["evidence"].(map[string]any)["hidden"] != nil {
		t.Error("a hidden answer was handed over or kept")
	}
	var got []string
	for _, f := range m.Attachments {
		got = append(got, f.Id.String()+f.Field)
	}
	want := []string{used.Id.String() + "/evidence/files", inGroup.Id.String() + "/evidence/dogs/1/papers"}
	if !slices.Equal(got, want) {
		t.Errorf("handed over %v\nwant %v", got, want)
	}
	if len(done.Attachments) != 2 || done.Attachments[1].Field != "/evidence/dogs/1/papers" {
		t.Errorf("kept %+v", done.Attachments)
	}
	_, err = x.s.Attachment(x.clara, a.ID, unused.Id)
	wantProblem(t, err, 404, "attachment-unknown")
	eventually(t, "the unused file is deleted", func() bool { return x.objects(t) == 2 })
}

func TestSubmit_OfferChangedMeanwhile_SaysSo(t *testing.T) {
	t.Parallel()
	high := types.High
	for name, c := range map[string]struct {
		change func(o *others)
		status int
		code   string
	}{
		"gone":                {func(o *others) { o.gone = true }, 409, "offer-changed"},
		"another portal":      {func(o *others) { o.offer.Portal.Id = self }, 409, "offer-changed"},
		"another form":        {func(o *others) { id := uuid.New(); o.offer.FormId = &id }, 409, "offer-changed"},
		"another area":        {func(o *others) { o.offer.Area.Ars = "034560000000" }, 409, "offer-changed"},
		"no longer competent": {func(o *others) { o.ended = errEnded }, 409, "offer-ended"},
		"higher trust needed": {func(o *others) { o.offer.TrustLevel = &high }, 403, "step-up-needed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := newSetup(t)
			draft := x.filled(t)
			x.others.set(func() { c.change(x.others) })
			_, err := x.s.Submit(x.clara, draft.ID, uuid.NewString())
			wantProblem(t, err, c.status, c.code)
		})
	}
}

// sameThenOther gives the same bits for the first numbers, and others after them.
type sameThenOther struct{ left int }

func (r *sameThenOther) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 7
		if r.left <= 0 {
			p[i] = byte(100 - r.left)
		}
	}
	r.left--
	return len(p), nil
}

func TestSubmit_NumberTaken_AnotherIsDrawn(t *testing.T) {
	t.Parallel()
	x := newSetupWith(t, options{random: &sameThenOther{left: 2}})
	first, second := x.submitted(t), x.submitted(t)
	if first.Number == second.Number || second.Number == "" {
		t.Errorf("numbers %q and %q", first.Number, second.Number)
	}
	if len(x.others.letters) < 2 || second.State != types.ApplicationStateSubmitted {
		t.Errorf("%d letters, state %s", len(x.others.letters), second.State)
	}
}

func TestSubmit_NoRandomness_IsAnError(t *testing.T) {
	t.Parallel()
	x := newSetupWith(t, options{random: iotestEmpty{}})
	if _, err := x.s.Submit(x.clara, x.filled(t).ID, uuid.NewString()); !errors.Is(err, io.EOF) {
		t.Errorf("err = %v", err)
	}
}

type iotestEmpty struct{}

func (iotestEmpty) Read([]byte) (int, error) { return 0, io.EOF }

func TestSubmit_NameOfTheApplicant_FromTheFormElseTheAccount(t *testing.T) {
	t.Parallel()
	for want, applicant := range map[string]map[string]any{
		"Clara Beispiel":         {"givenName": " Clara ", "familyName": "Beispiel"},
		"Beispiel":               {"familyName": "Beispiel"},
		"Name von clara":         {"givenName": 7, "familyName": " "},
		strings.Repeat("ü", 200): {"givenName": strings.Repeat("ü", 300)},
	} {
		x := newSetup(t)
		data := answers()
		data["applicant"] = applicant
		a := x.save(t, x.draft(t), data)
		if _, err := x.s.Submit(x.clara, a.ID, uuid.NewString()); err != nil {
			t.Fatal(err)
		}
		if got := x.others.handed[0].ApplicantName; got != want {
			t.Errorf("name %q, want %q", got, want)
		}
	}
}

func TestSubmit_InEnglish_TheLettersAreEnglish(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	a := x.filled(t)
	if _, err := x.s.Submit(as(t, "clara", "en"), a.ID, uuid.NewString()); err != nil {
		t.Fatal(err)
	}
	if got := x.others.letters[0]; got.Subject != "Application submitted: Register a dog" || !strings.Contains(got.Text, "Tax office") || strings.ContainsAny(got.Text, "{}%") {
		t.Errorf("letter %+v", got)
	}
}

// The hash was computed by hand over the canonical JSON that the documentation of ContentHash describes.
func TestContentHash_KnownContent_KnownHash(t *testing.T) {
	t.Parallel()
	m := types.MessageApplication{
		ApplicationId: uuid.MustParse("0197a3c2-7c3e-7d41-9a53-0f6f5a1c2b3d"), Number: "MEP-26-4F7K-2P9T-X",
		SubmittedAt: time.Date(2026, 11, 23, 10, 0, 0, 120000000, time.FixedZone("CET", 3600)), ServiceId: uuid.MustParse("0197a3c2-7c3e-7d41-9a53-0f6f5a1c2b3e"),
		OfferId: uuid.MustParse("0197a3c2-7c3e-7d41-9a53-0f6f5a1c2b3f"), Ars: meppen, FormId: uuid.MustParse("0197a3c2-7c3e-7d41-9a53-0f6f5a1c2b40"), FormVersion: 3,
		Language: "de", ApplicantName: "Clara Beispiel", Data: map[string]any{"dog": map[string]any{"weight": 4.50, "name": "Wäldi"}},
		Attachments: []types.Attachment{{Id: uuid.MustParse("0197a3c2-7c3e-7d41-9a53-0f6f5a1c2b41"), Field: "/dog/proof", Name: "a.pdf", Sha256: "AB12"}},
	}
	const want = "d9f155f26c184905a4bdf5afa4f88957437451a92f5bb4f9d8c53519af983af6"
	got, err := applications.ContentHash(m)
	if err != nil || got != want {
		t.Errorf("hash %s, %v, want %s", got, err, want)
	}
	m.Attachments[0].Name, m.Language = "b.pdf", "en" // not part of it
	if same, _ := applications.ContentHash(m); same != got {
		t.Error("what is not part of the content changed the hash")
	}
	m.Attachments[0].Sha256 = "AB13"
	if other, _ := applications.ContentHash(m); other == got {
		t.Error("another file has the same hash")
	}
}

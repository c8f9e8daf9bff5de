package applications_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/applications"
	"portalverbund/server/platform/problem"
)

func TestCreate_OfferWithForm_ADraftThatKeepsTheFormsVersion(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	a := x.draft(t)
	if a.State != types.ApplicationStateDraft || a.ETag() != `"1"` || a.Number != "" || a.FormVersion != 3 || a.Portal.Id != county || a.Place.Name != "Meppen" {
		t.Errorf("draft = %+v", a)
	}
	if a.ServiceTitle["en"] != "Register a dog" || a.AuthorityName["de"] != "Steueramt" || !slices.Equal(kinds(a), []types.EventKind{types.Created}) {
		t.Errorf("draft = %v %v %v", a.ServiceTitle, a.AuthorityName, kinds(a))
	}
	if len(a.Errors) != 1 || a.Errors[0].Pointer != "/evidence/reason" {
		t.Errorf("errors = %v", a.Errors)
	}
}

func TestCreate_SameKeyTwice_OneDraft(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	n := types.NewApplication{OfferId: x.offerID, Ars: meppen}
	first, err := x.s.Create(x.clara, "same-key", n)
	if err != nil {
		t.Fatal(err)
	}
	second, err := x.s.Create(x.clara, "same-key", n)
	if err != nil || second.ID != first.ID {
		t.Errorf("second is %s, %v, want %s", second.ID, err, first.ID)
	}
	if _, err := x.s.Create(x.stefan, "same-key", n); err != nil {
		t.Errorf("another person's key: %v", err)
	}
	n.Ars = "034540010010"
	_, err = x.s.Create(x.clara, "same-key", n)
	wantProblem(t, err, 422, "idempotency-key-reused")
	if n := x.count(t, "applications"); n != 2 {
		t.Errorf("%d drafts, want 2", n)
	}
}

func TestCreate_NotPossible_SaysWhy(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(x *setup)
		ars    string
		status int
		code   string
	}{
		"unknown offer":       {func(x *setup) { x.others.gone = true }, meppen, 404, "offer-unknown"},
		"unknown place":       {func(*setup) {}, "999999999999", 404, "place-unknown"},
		"place elsewhere":     {func(*setup) {}, "034560000000", 422, "invalid"},
		"only at the counter": {func(x *setup) { x.others.offer.Channel = types.OfferChannelCounter }, meppen, 409, "offer-not-online"},
		"without form":        {func(x *setup) { x.others.offer.FormId = nil }, meppen, 409, "offer-not-online"},
		"no longer competent": {func(x *setup) { x.others.ended = errEnded }, meppen, 409, "offer-ended"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := newSetup(t)
			c.change(x)
			_, err := x.s.Create(x.clara, uuid.NewString(), types.NewApplication{OfferId: x.offerID, Ars: c.ars})
			wantProblem(t, err, c.status, c.code)
			if n := x.count(t, "applications"); n != 0 {
				t.Errorf("%d drafts", n)
			}
		})
	}
}

func TestCreate_VeryManyDrafts_AreTooMany(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	a := x.draft(t)
	for range applications.MaxDrafts - 1 {
		err := x.db.From(t.Context()).Exec(`INSERT INTO applications (id, issuer, subject, state, revision, offer_id, service_id, organisation_id, form_id,
			form_version, portal_id, portal, place, service_title, authority_name, needed_level, language, created_at, changed_at)
			SELECT ?, issuer, subject, state, revision, offer_id, service_id, organisation_id, form_id, form_version, portal_id, portal, place,
			service_title, authority_name, needed_level, language, created_at, changed_at FROM applications WHERE id = ?`, uuid.New(), a.ID).Error
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := x.s.Create(x.clara, uuid.NewString(), types.NewApplication{OfferId: x.offerID, Ars: meppen})
	wantProblem(t, err, 409, "too-many-drafts")
}

func TestSaveDraft_WithTheETagLastRead_SavesAndNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	a := x.draft(t)
	step := "applicant"
	saved, err := x.s.SaveDraft(x.clara, a.ID, a.ETag(), types.DraftChange{Data: map[string]any{"applicant": map[string]any{"givenName": "Clara"}}, Step: &step})
	if err != nil {
		t.Fatal(err)
	}
	if saved.ETag() != `"2"` || saved.Step != "applicant" || saved.Data["applicant"].(map[string]any)["givenName"] != "Clara" || len(saved.Errors) != 1 {
		t.Errorf("saved = %+v", saved)
	}
	if !saved.ChangedAt.After(a.ChangedAt) {
		t.Error("a saved draft has not been changed")
	}
}

func TestSaveDraft_NotPossible_SaysWhy(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	a := x.draft(t)
	x.save(t, a, answers())
	_, err := x.s.SaveDraft(x.clara, a.ID, a.ETag(), types.DraftChange{Data: map[string]any{}})
	wantProblem(t, err, 412, "changed-meanwhile")
	_, err = x.s.SaveDraft(x.clara, a.ID, `"2"`, types.DraftChange{Data: map[string]any{"cats": map[string]any{}}})
	wantProblem(t, err, 422, "invalid")
	if f := problem.From(err).Fields; len(f) != 1 || f[0].Pointer != "/cats" {
		t.Errorf("fields = %v", f)
	}
	_, err = x.s.SaveDraft(x.clara, uuid.New(), `"1"`, types.DraftChange{Data: answers()})
	wantProblem(t, err, 404, "application-unknown")
	done := x.submitted(t)
	_, err = x.s.SaveDraft(x.clara, done.ID, done.ETag(), types.DraftChange{Data: answers()})
	wantProblem(t, err, 409, "already-submitted")
}

func TestSaveDraft_SentAgain_AnswersAsBefore(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	a := x.draft(t)
	step := "applicant"
	change := types.DraftChange{Data: answers(), Step: &step}
	first, err := x.s.SaveDraft(x.clara, a.ID, a.ETag(), change)
	if err != nil {
		t.Fatal(err)
	}
	again, err := x.s.SaveDraft(x.clara, a.ID, a.ETag(), change)
	if err != nil {
		t.Fatalf("the same again: %v", err)
	}
	if again.ETag() != first.ETag() || !again.ChangedAt.Equal(first.ChangedAt) {
		t.Errorf("the same again made %s of %s", again.ETag(), first.ETag())
	}
	other := "dog"
	_, err = x.s.SaveDraft(x.clara, a.ID, a.ETag(), types.DraftChange{Data: answers(), Step: &other})
	wantProblem(t, err, 412, "changed-meanwhile")
}

func TestSaveDraft_TwoAtOnce_OneIsTold(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	a := x.draft(t)
	results := make(chan error)
	for _, name := range []string{"Clara", "Klara"} {
		go func() {
			_, err := x.s.SaveDraft(x.clara, a.ID, a.ETag(), types.DraftChange{Data: map[string]any{"applicant": map[string]any{"givenName": name}}})
			results <- err
		}()
	}
	first, second := <-results, <-results
	if (first == nil) == (second == nil) {
		t.Errorf("errors %v and %v, want one", first, second)
	}
	if first == nil {
		first = second
	}
	wantProblem(t, first, 412, "changed-meanwhile")
}

func TestDraft_AtRest_CannotBeRead(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	x.save(t, x.draft(t), answers())
	a := x.submitted(t)
	text := "Der Hund heißt Waldi."
	if _, err := x.s.Answer(x.clara, a.ID, uuid.NewString(), said(text)); err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"applications", "application_events", "application_attachments", "idempotency_keys"} {
		var dump []byte
		if err := x.db.From(t.Context()).Raw("SELECT string_agg(t::text, '|') FROM " + table + " t").Row().Scan(&dump); err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"Beispiel", "Umzug", "Waldi", "lageplan"} {
			hex := []byte{}
			for _, b := range []byte(secret) {
				hex = append(hex, "0123456789abcdef"[b>>4], "0123456789abcdef"[b&15])
			}
			if bytes.Contains(dump, []byte(secret)) || bytes.Contains(dump, hex) {
				t.Errorf("%s holds %q in plain", table, secret)
			}
		}
	}
}

func TestDeleteDraft_Draft_GoesWithItsFiles(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	x.runJobs(t)
	a := x.filled(t)
	if err := x.s.DeleteDraft(x.clara, a.ID); err != nil {
		t.Fatal(err)
	}
	_, err := x.s.Get(x.clara, a.ID)
	wantProblem(t, err, 404, "application-unknown")
	eventually(t, "the file is deleted", func() bool { return x.objects(t) == 0 })
	if n := x.count(t, "application_attachments") + x.count(t, "application_events"); n != 0 {
		t.Errorf("%d rows are left", n)
	}
}

func TestDeleteDraft_Submitted_Stays(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	a := x.submitted(t)
	wantProblem(t, x.s.DeleteDraft(x.clara, a.ID), 409, "already-submitted")
}

func TestSweepDrafts_NotChangedForThirtyDays_AreDeleted(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	old, kept, done := x.filled(t), x.draft(t), x.submitted(t)
	if want := old.ChangedAt.Add(30 * 24 * time.Hour); !old.DeleteAt().Equal(want) {
		t.Errorf("deleted at %v, want %v", old.DeleteAt(), want)
	}
	x.clock.add(15 * 24 * time.Hour)
	x.upload(t, kept.ID, pdf("a change"))
	x.clock.add(16 * 24 * time.Hour)
	if n, err := x.s.SweepDrafts(t.Context()); err != nil || n != 1 {
		t.Fatalf("swept %d, %v, want 1", n, err)
	}
	_, err := x.s.Get(x.clara, old.ID)
	wantProblem(t, err, 404, "application-unknown")
	x.get(t, kept.ID)
	x.get(t, done.ID)
	x.runJobs(t)
	eventually(t, "the old draft's file is deleted", func() bool { return x.objects(t) == 2 })
}

func TestList_ManyApplications_InPagesTheOneChangedLastFirst(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	var ids []uuid.UUID
	for range 5 {
		ids = append(ids, x.draft(t).ID)
	}
	x.save(t, x.get(t, ids[0]), answers()) // the oldest is changed last
	want := []uuid.UUID{ids[0], ids[4], ids[3], ids[2], ids[1]}
	var got []uuid.UUID
	cursor := ""
	for page := 0; page == 0 || cursor != ""; page++ {
		items, next, err := x.s.List(x.clara, applications.Filter{Limit: 2, Cursor: cursor})
		if err != nil || len(items) > 2 || page > 3 {
			t.Fatalf("page %d of %d items, %v", page, len(items), err)
		}
		for _, a := range items {
			got = append(got, a.ID)
		}
		cursor = next
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
	if items, _, err := x.s.List(x.stefan, applications.Filter{Limit: 10}); err != nil || len(items) != 0 {
		t.Errorf("another person sees %d, %v", len(items), err)
	}
	done := x.submitted(t)
	items, _, err := x.s.List(x.clara, applications.Filter{Limit: 10, State: types.ApplicationStateSubmitted})
	if err != nil || len(items) != 1 || items[0].ID != done.ID || items[0].Number != done.Number {
		t.Errorf("submitted ones: %v, %v", items, err)
	}
	_, _, err = x.s.List(x.clara, applications.Filter{Limit: 10, Cursor: "nonsense"})
	wantProblem(t, err, 400, "cursor-invalid")
}

func TestForeignIDs_EverywhereAsIfUnknown(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	draft, done := x.filled(t), x.submitted(t)
	for name, call := range map[string]func(id, file uuid.UUID) error{
		"get": func(id, _ uuid.UUID) error { _, err := x.s.Get(x.stefan, id); return err },
		"save": func(id, _ uuid.UUID) error {
			_, err := x.s.SaveDraft(x.stefan, id, "*", types.DraftChange{})
			return err
		},
		"delete": func(id, _ uuid.UUID) error { return x.s.DeleteDraft(x.stefan, id) },
		"submit": func(id, _ uuid.UUID) error { _, err := x.s.Submit(x.stefan, id, uuid.NewString()); return err },
		"withdraw": func(id, _ uuid.UUID) error {
			_, err := x.s.Withdraw(x.stefan, id, uuid.NewString())
			return err
		},
		"answer": func(id, _ uuid.UUID) error {
			_, err := x.s.Answer(x.stefan, id, uuid.NewString(), said("Hallo"))
			return err
		},
		"receipt": func(id, _ uuid.UUID) error { _, err := x.s.Receipt(x.stefan, id); return err },
		"watch":   func(id, _ uuid.UUID) error { _, err := x.s.Watch(x.stefan, id); return err },
		"upload": func(id, _ uuid.UUID) error {
			_, err := x.s.AddAttachment(x.stefan, id, upload("a.pdf", pdf("x")))
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, a := range []applications.Application{draft, done} {
				wantProblem(t, call(a.ID, a.Attachments[0].Id), 404, "application-unknown")
			}
			wantProblem(t, call(uuid.New(), uuid.New()), 404, "application-unknown")
		})
	}
	_, err := x.s.Attachment(x.stefan, draft.ID, draft.Attachments[0].Id)
	wantProblem(t, err, 404, "attachment-unknown")
	_, err = x.s.Attachment(x.clara, done.ID, draft.Attachments[0].Id) // hers, but of another application
	wantProblem(t, err, 404, "attachment-unknown")
	wantProblem(t, x.s.DeleteAttachment(x.stefan, draft.ID, draft.Attachments[0].Id), 404, "application-unknown")
}

func TestStaffWithoutCitizensAccount_AreTold(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	_, err := x.s.Get(t.Context(), uuid.New())
	wantProblem(t, err, 403, "person-needed")
	_, err = x.s.Create(t.Context(), uuid.NewString(), types.NewApplication{})
	wantProblem(t, err, 403, "person-needed")
}

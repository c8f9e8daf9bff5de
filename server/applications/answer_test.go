package applications_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/oapi-codegen/runtime/types"
	"github.com/stretchr/testify/require"

	wire "portalverbund/api/types"
	"portalverbund/server/applications"
	"portalverbund/server/platform/problem"
)

// asking is a question that asks for a document and for the reason, until a day.
func asking(until *time.Time) (question wire.TimelineEvent, field string) {
	hint := "Der Versicherungsschein genügt."
	document := wire.RequestedDocument{Id: uuid.New(), Label: "Haftpflichtversicherung", Hint: &hint}
	question = withText(event(wire.Question, 5), "Uns fehlt noch etwas.")
	question.Requested = &wire.RequestedInformation{Documents: []wire.RequestedDocument{document}, Fields: []string{"/evidence/reason"}}
	if until != nil {
		question.Requested.Until = &types.Date{Time: *until}
	}
	return question, "#" + document.Id.String()
}

func forField(field string, content []byte) applications.Upload {
	u := upload("police.pdf", content)
	u.Field = field
	return u
}

func sending(files []uuid.UUID, values ...wire.CorrectedAnswer) wire.ApplicationAnswer {
	return wire.ApplicationAnswer{Attachments: &files, Values: &values}
}

// refusedAt wants an error of one field.
func refusedAt(t *testing.T, err error, pointer string) {
	t.Helper()
	p := problem.From(err)
	require.Equal(t, 422, p.Status, "%v", err)
	require.Equal(t, pointer, p.Fields[0].Pointer)
	require.NotEmpty(t, p.Fields[0].Message.De)
}

func given(t *testing.T, x *setup, portal string, id uuid.UUID) (string, error) {
	t.Helper()
	_, _, _, content, err := x.s.AttachmentFor(t.Context(), portal, id)
	if err != nil {
		return "", err
	}
	defer func() { _ = content.Close() }()
	var b bytes.Buffer
	_, err = b.ReadFrom(content)
	return b.String(), err
}

func TestAnswer_WithWhatWasAskedFor_GoesAlongOnceAndLeavesTheSubmissionAsItWas(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	x.runJobs(t)
	a := x.submitted(t)
	question, field := asking(nil)
	_, err := x.s.AddAttachment(x.clara, a.ID, forField(field, pdf("zu früh")))
	refusedAt(t, err, "#/query/field")
	x.apply(t, a.ID, question)
	letter := x.others.letters[len(x.others.letters)-1]
	for _, want := range []string{"Uns fehlt noch etwas.", "– Haftpflichtversicherung (Der Versicherungsschein genügt.)", "– Angabe: Grund"} {
		require.Contains(t, letter.Text, want)
	}

	small, err := x.s.AddAttachment(x.clara, a.ID, forField(field, pdf("Seite 1")))
	require.NoError(t, err)
	large := pdf("Seite 2 in Teilen")
	inParts, _, err := x.s.CreateUpload(x.clara, a.ID, applications.NewUpload{Name: "b.pdf", Field: field, Length: int64(len(large))})
	require.NoError(t, err)
	require.Len(t, x.get(t, a.ID).Answer.Uploads, 1)
	_, err = x.send(a.ID, inParts, 0, bytes.NewReader(large))
	require.NoError(t, err)
	eventually(t, "the upload in parts is there", func() bool { return len(x.get(t, a.ID).Answer.Attachments) == 2 })
	before := x.get(t, a.ID)
	require.Equal(t, a.ETag(), etagBefore(before, 1), "what is prepared is no change but the question is one")
	require.Equal(t, a.Attachments, before.Attachments)
	require.Empty(t, before.Uploads)
	_, err = given(t, x, county, small.Id)
	wantProblem(t, err, 404, "attachment-unknown") // it was not sent

	value := wire.CorrectedAnswer{Pointer: "/evidence/reason", Value: "Zuzug"}
	var first uuid.UUID
	for range 2 {
		e, err := x.s.Answer(x.clara, a.ID, "same-key", sending([]uuid.UUID{small.Id, inParts}, value))
		require.NoError(t, err)
		if first == uuid.Nil {
			first = e.Id
		}
		require.Equal(t, first, e.Id)
		require.Nil(t, e.Text)
		require.Len(t, *e.Attachments, 2)
		require.Equal(t, []wire.CorrectedAnswer{value}, *e.Values)
	}
	require.Len(t, x.others.events, 1)
	sent := x.others.events[0]
	require.Equal(t, []any{field, small.Sha256, "Zuzug"}, []any{(*sent.Attachments)[0].Field, (*sent.Attachments)[0].Sha256, (*sent.Values)[0].Value})
	got := x.get(t, a.ID)
	require.Equal(t, wire.ApplicationStateInProgress, got.State)
	require.Empty(t, got.Answer.Attachments)
	require.Equal(t, []any{a.ContentHash, a.Attachments, a.Data}, []any{got.ContentHash, got.Attachments, got.Data})
	content, err := given(t, x, county, inParts)
	require.NoError(t, err)
	require.Equal(t, string(large), content)
	_, err = given(t, x, self, inParts)
	require.Error(t, err, "another portal")

	_, err = x.s.Answer(x.clara, a.ID, uuid.NewString(), sending([]uuid.UUID{small.Id}))
	refusedAt(t, err, "/attachments/0")
	wantProblem(t, x.s.DeleteAttachment(x.clara, a.ID, small.Id), 409, "already-submitted")
	kept := x.count(t, "application_events WHERE encode(more, 'escape') LIKE '%Zuzug%' OR encode(more, 'escape') LIKE '%Haftpflicht%'")
	require.Zero(t, kept, "it is kept sealed")
}

// etagBefore is the ETag that an application had some changes ago.
func etagBefore(a applications.Application, changes int64) string {
	a.Revision -= changes
	return a.ETag()
}

func TestAnswer_NotAskedForOrNotRight_IsRefusedAtItsFieldAndNothingIsSent(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	a := x.submitted(t)
	question, field := asking(nil)
	x.apply(t, a.ID, question)
	file, err := x.s.AddAttachment(x.clara, a.ID, forField(field, pdf("a")))
	require.NoError(t, err)
	_, err = x.s.AddAttachment(x.clara, a.ID, forField("#"+uuid.NewString(), pdf("a")))
	refusedAt(t, err, "#/query/field")
	_, err = x.s.AddAttachment(x.clara, a.ID, forField("/evidence/files", pdf("a")))
	wantProblem(t, err, 409, "already-submitted")
	_, err = x.s.AddAttachment(x.stefan, a.ID, forField(field, pdf("a")))
	wantProblem(t, err, 404, "application-unknown")

	value := func(pointer string, v any) wire.CorrectedAnswer {
		return wire.CorrectedAnswer{Pointer: pointer, Value: v}
	}
	for name, c := range map[string]struct {
		answer wire.ApplicationAnswer
		at     string
	}{
		"nothing":                     {sending(nil), "/text"},
		"a file that was submitted":   {sending([]uuid.UUID{a.Attachments[0].Id}), "/attachments/0"},
		"a file twice":                {sending([]uuid.UUID{file.Id, file.Id}), "/attachments/1"},
		"a file that is none":         {sending([]uuid.UUID{file.Id, uuid.New()}), "/attachments/1"},
		"a field that was not wanted": {sending(nil, value("/applicant/givenName", "Anna")), "/values/0/pointer"},
		"a field twice":               {sending(nil, value("/evidence/reason", "a"), value("/evidence/reason", "b")), "/values/1/pointer"},
		"what the form refuses":       {sending(nil, value("/evidence/reason", nil)), "/values/0/value"},
		"too much":                    {sending(nil, value("/evidence/reason", strings.Repeat("a", 64<<10))), "/values"},
	} {
		_, err := x.s.Answer(x.clara, a.ID, uuid.NewString(), c.answer)
		t.Log(name)
		refusedAt(t, err, c.at)
	}
	require.Empty(t, x.others.events)
	require.Equal(t, wire.ApplicationStateQuestion, x.get(t, a.ID).State)

	require.NoError(t, x.s.DeleteAttachment(x.clara, a.ID, file.Id))
	require.Empty(t, x.get(t, a.ID).Answer.Attachments)
	_, err = x.s.Answer(x.clara, a.ID, uuid.NewString(), sending([]uuid.UUID{file.Id}))
	refusedAt(t, err, "/attachments/0")
}

func TestAnswer_ApplicationEndsMeanwhile_NothingIsTakenAndNothingIsLeft(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	a := x.submitted(t)
	objects := x.objects(t)
	question, field := asking(nil)
	x.apply(t, a.ID, question)
	content := pdf("in Teilen")
	id, _, err := x.s.CreateUpload(x.clara, a.ID, applications.NewUpload{Name: "b.pdf", Field: field, Length: int64(len(content))})
	require.NoError(t, err)
	_, err = x.send(a.ID, id, 0, bytes.NewReader(content))
	require.NoError(t, err)
	x.apply(t, a.ID, event(wire.Granted, 6))
	x.runJobs(t)
	eventually(t, "the upload is dropped", func() bool { return x.count(t, "application_attachments WHERE id = ?", id) == 0 })
	_, err = x.s.AddAttachment(x.clara, a.ID, forField(field, pdf("a")))
	wantProblem(t, err, 409, "already-finished")
	_, err = x.s.Answer(x.clara, a.ID, uuid.NewString(), sending(nil, wire.CorrectedAnswer{Pointer: "/evidence/reason", Value: "Zuzug"}))
	wantProblem(t, err, 409, "already-finished")
	eventually(t, "its file is gone", func() bool { return x.objects(t) == objects })
}

func TestSweepFiles_PreparedAndNeverSent_IsRemovedAndTheSentStays(t *testing.T) {
	t.Parallel()
	x := newSetupWith(t, options{portal: self}) // its own authority's: what was sent stays
	a := x.submitted(t)
	question, field := asking(nil)
	x.clock.atLeast(time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC))
	require.NoError(t, x.s.ApplyEvent(t.Context(), self, a.ID, question))
	sent, err := x.s.AddAttachment(x.clara, a.ID, forField(field, pdf("a")))
	require.NoError(t, err)
	_, err = x.s.Answer(x.clara, a.ID, uuid.NewString(), sending([]uuid.UUID{sent.Id}))
	require.NoError(t, err)
	left, err := x.s.AddAttachment(x.clara, a.ID, forField(field, pdf("b")))
	require.NoError(t, err)
	x.clock.add(59 * 24 * time.Hour)
	n, err := x.s.SweepFiles(t.Context())
	require.NoError(t, err)
	require.Zero(t, n)
	x.clock.add(2 * 24 * time.Hour)
	n, err = x.s.SweepFiles(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.Empty(t, x.get(t, a.ID).Answer.Attachments)
	_, err = x.download(t, x.clara, a.ID, left.Id)
	require.Error(t, err)
	got, err := x.download(t, x.clara, a.ID, sent.Id)
	require.NoError(t, err)
	require.Equal(t, pdf("a"), got)
}

func TestApplyEvent_AsksForWhatNoAuthorityAsks_IsRefused(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	a := x.submitted(t)
	for name, spoil := range map[string]func(*wire.TimelineEvent){
		"with a message":        func(e *wire.TimelineEvent) { e.Kind = wire.Message },
		"a document twice":      func(e *wire.TimelineEvent) { d := &e.Requested.Documents; *d = append(*d, (*d)[0]) },
		"a document of no id":   func(e *wire.TimelineEvent) { e.Requested.Documents[0].Id = uuid.Nil },
		"a document of no name": func(e *wire.TimelineEvent) { e.Requested.Documents[0].Label = " " },
		"a long name":           func(e *wire.TimelineEvent) { e.Requested.Documents[0].Label = strings.Repeat("a", 1001) },
		"eleven documents": func(e *wire.TimelineEvent) {
			for range 10 {
				e.Requested.Documents = append(e.Requested.Documents, wire.RequestedDocument{Id: uuid.New(), Label: "a"})
			}
		},
		"a field that is none": func(e *wire.TimelineEvent) { e.Requested.Fields[0] = "reason" },
		"too many fields":      func(e *wire.TimelineEvent) { e.Requested.Fields = slices.Repeat(e.Requested.Fields, 21) },
	} {
		e, _ := asking(nil)
		spoil(&e)
		err := x.s.ApplyEvent(t.Context(), county, a.ID, e)
		t.Log(name)
		wantProblem(t, err, 422, "event-invalid")
	}
	e, _ := asking(nil)
	e.Attachments, e.Values = &[]wire.Attachment{{Id: uuid.New()}}, &[]wire.CorrectedAnswer{{Pointer: "/evidence/reason", Value: "x"}}
	x.apply(t, a.ID, e)
	last := x.get(t, a.ID).Timeline[2]
	require.Nil(t, last.Attachments, "only citizens send these")
	require.Nil(t, last.Values)
	require.NotNil(t, last.Requested)
}

func TestRemind_QuestionStillOpen_OnceAndNotWhenItIsAnswered(t *testing.T) {
	t.Parallel()
	for name, answered := range map[string]bool{"open": false, "answered": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := newSetup(t)
			a := x.submitted(t)
			until := time.Date(2026, 12, 15, 0, 0, 0, 0, time.UTC)
			question, _ := asking(&until)
			x.apply(t, a.ID, question)
			require.Contains(t, x.others.letters[len(x.others.letters)-1].Text, "Bitte antworten Sie bis zum 15.12.2026.")
			var at time.Time
			require.NoError(t, x.db.Pgx(t.Context()).QueryRow(t.Context(), "SELECT scheduled_at FROM river_job WHERE kind = 'applications.remind'").Scan(&at))
			require.Equal(t, time.Date(2026, 12, 12, 7, 0, 0, 0, time.UTC), at.UTC())
			if answered {
				_, err := x.s.Answer(x.clara, a.ID, uuid.NewString(), said("Kommt noch."))
				require.NoError(t, err)
			}
			before := len(x.others.letters)
			// The job's time has come, and once more, as if the process had died before it was noted.
			run := func(ctx context.Context) {
				t.Helper()
				_, err := x.db.Pgx(ctx).Exec(ctx, "UPDATE river_job SET state = 'available', scheduled_at = now() - interval '1 second', finalized_at = NULL WHERE kind = 'applications.remind'")
				require.NoError(t, err)
				eventually(t, "the job has run", func() bool {
					return x.count(t, "river_job WHERE kind = 'applications.remind' AND state = 'completed'") == 1
				})
			}
			x.runJobs(t)
			run(t.Context())
			run(t.Context())
			letters := x.others.letters[before:]
			if answered {
				require.Empty(t, letters)
				return
			}
			require.Len(t, letters, 1)
			require.Equal(t, "Erinnerung: Ihre Antwort fehlt noch: Hund anmelden", letters[0].Subject)
			require.Contains(t, letters[0].Text, "– Haftpflichtversicherung")
		})
	}
}

func TestCheck_HarmfulFileForAnAnswer_IsNotSent(t *testing.T) {
	t.Parallel()
	x, _ := newChecked(t)
	a := x.submitted(t)
	question, field := asking(nil)
	x.apply(t, a.ID, question)
	_, err := x.s.AddAttachment(x.clara, a.ID, forField(field, harmful()))
	wantProblem(t, err, 422, "file-harmful")
	id, _, err := x.s.CreateUpload(x.clara, a.ID, applications.NewUpload{Name: "b.pdf", Field: field, Length: int64(len(harmful()))})
	require.NoError(t, err)
	_, err = x.send(a.ID, id, 0, bytes.NewReader(harmful()))
	require.NoError(t, err)
	letters := len(x.others.letters)
	x.runJobs(t)
	eventually(t, "it is refused", func() bool {
		files := x.get(t, a.ID).Answer.Attachments
		return len(files) == 1 && files[0].Check != nil && *files[0].Check == wire.CheckRefused
	})
	_, err = x.s.Answer(x.clara, a.ID, uuid.NewString(), sending([]uuid.UUID{id}))
	refusedAt(t, err, "/attachments/0")
	require.Len(t, x.others.letters, letters, "they see it where they upload it")
}

func TestAnswer_DocumentOfTheSafe_IsReadWhenItIsSent(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	a := x.submitted(t)
	question, field := asking(nil)
	x.apply(t, a.ID, question)
	document := uuid.New()
	x.others.safe[document] = pdf("aus dem Safe")
	file, err := x.s.AddFromSafe(x.clara, a.ID, wire.SafeAttachment{DocumentId: document, Field: field})
	require.NoError(t, err)
	require.Zero(t, x.others.read)
	_, err = x.s.Answer(x.clara, a.ID, uuid.NewString(), sending([]uuid.UUID{file.Id}))
	require.NoError(t, err)
	require.Equal(t, 1, x.others.read)
	content, err := given(t, x, county, file.Id)
	require.NoError(t, err)
	require.Equal(t, string(pdf("aus dem Safe")), content)
}

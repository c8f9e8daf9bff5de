package applications_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"portalverbund/api/types"
	"portalverbund/server/applications"
	"portalverbund/server/platform/problem"
)

// chosen puts a document into Clara's safe and uses it in a draft that can be submitted.
func (x *setup) chosen(t *testing.T) (document uuid.UUID, a applications.Application, file types.Attachment) {
	t.Helper()
	document, a = uuid.New(), x.draft(t)
	x.others.safe[document] = pdf("decision")
	file, err := x.s.AddFromSafe(x.clara, a.ID, types.SafeAttachment{DocumentId: document, Field: "/evidence/files"})
	require.NoError(t, err)
	return document, x.save(t, a, answers(file.Id)), file
}

func TestFromSafe_StaysAtTheAccountHomeUntilSubmitted_ThenIsHandedOverWithItsOrigin(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	before := x.objects(t)
	_, a, file := x.chosen(t)
	require.Equal(t, "Bescheid.pdf", file.Name)
	require.Equal(t, "Stadt Meppen", file.Origin.Letter.Sender)
	require.Zero(t, x.others.read, "it was read before it was needed")
	require.Equal(t, before, x.objects(t))
	_, err := x.s.Submit(x.clara, a.ID, uuid.NewString())
	require.NoError(t, err)
	require.Equal(t, 1, x.others.read)
	handed := x.others.handed[0].Attachments
	require.Len(t, handed, 1)
	require.Equal(t, []any{file.Sha256, file.Origin}, []any{handed[0].Sha256, handed[0].Origin})
	content, err := x.download(t, x.clara, a.ID, file.Id)
	require.NoError(t, err)
	require.Equal(t, pdf("decision"), content)
	require.Equal(t, 1, x.others.read, "it is here now")
}

func TestFromSafe_GoneOrAnotherByThen_IsRefusedWithItsField(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(x *setup, document uuid.UUID){
		"deleted": func(x *setup, document uuid.UUID) { delete(x.others.safe, document) },
		"changed": func(x *setup, document uuid.UUID) { x.others.safe[document] = pdf("Decision") },
		"shorter": func(x *setup, document uuid.UUID) { x.others.safe[document] = pdf("") },
		"longer":  func(x *setup, document uuid.UUID) { x.others.safe[document] = pdf("decision and more") },
	} {
		x := newSetup(t)
		before := x.objects(t)
		document, a, file := x.chosen(t)
		change(x, document)
		_, err := x.s.Submit(x.clara, a.ID, uuid.NewString())
		require.Error(t, err, name)
		fields := problem.From(err).Fields
		require.Len(t, fields, 1, name)
		require.Equal(t, []string{"/evidence/files", "document-gone"}, []string{fields[0].Pointer, fields[0].Code}, name)
		require.Empty(t, x.others.handed, name)
		require.Equal(t, before, x.objects(t), "%s: something is left of it", name)
		require.NoError(t, x.s.DeleteAttachment(x.clara, a.ID, file.Id), name)
	}
}

func TestFromSafe_AccountHomeAway_IsTriedLater(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	_, a, _ := x.chosen(t)
	x.others.away = errors.New("no answer")
	_, err := x.s.Submit(x.clara, a.ID, uuid.NewString())
	wantProblem(t, err, http.StatusServiceUnavailable, "account-home-away")
	x.others.away = nil
	_, err = x.s.Submit(x.clara, a.ID, uuid.NewString())
	require.NoError(t, err)
}

func TestFromSafe_NotUsedInAnAnswer_IsNeverRead(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	document, a, _ := x.chosen(t)
	other := uuid.New()
	x.others.safe[other] = pdf("private")
	_, err := x.s.AddFromSafe(x.clara, a.ID, types.SafeAttachment{DocumentId: other, Field: "/evidence/files"})
	require.NoError(t, err)
	_, err = x.s.Submit(x.clara, a.ID, uuid.NewString())
	require.NoError(t, err)
	require.Equal(t, 1, x.others.read)
	_ = document
}

func TestFromSafe_NotPossible_IsRefused(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	document, a, done := uuid.New(), x.draft(t), x.submitted(t)
	x.others.safe[document] = pdf("decision")
	big := uuid.New()
	x.others.safe[big] = make([]byte, applications.MaxAttachment+1)
	for name, c := range map[string]struct {
		application, document uuid.UUID
		field                 string
		status                int
		code                  string
	}{
		"another's document":   {a.ID, uuid.New(), "/evidence/files", 404, "document-unknown"},
		"PDF where a photo is": {a.ID, document, "/evidence/photo", 415, "attachment-kind"},
		"field without files":  {a.ID, document, "/evidence/reason", 422, "invalid"},
		"too large":            {a.ID, big, "/evidence/files", 413, "attachment-too-large"},
		"submitted":            {done.ID, document, "/evidence/files", 409, "already-submitted"},
		"unknown application":  {uuid.New(), document, "/evidence/files", 404, "application-unknown"},
	} {
		_, err := x.s.AddFromSafe(x.clara, c.application, types.SafeAttachment{DocumentId: c.document, Field: c.field})
		t.Log(name)
		wantProblem(t, err, c.status, c.code)
	}
	_, err := x.s.AddFromSafe(x.stefan, a.ID, types.SafeAttachment{DocumentId: document, Field: "/evidence/files"})
	wantProblem(t, err, http.StatusNotFound, "application-unknown")
}

package safe

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

// neighbours plays the rooms that the safe works with. Meppen and Lathen are members.
type neighbours struct {
	accesses []types.MessageAccess
	asked    []string
}

func (n *neighbours) Get(_ context.Context, path string, _ any) error {
	n.asked = append(n.asked, "GET "+path)
	return nil
}

func (n *neighbours) Ask(_ context.Context, method, path string, _, _ any) error {
	n.asked = append(n.asked, method+" "+path)
	return nil
}

func (n *neighbours) Member(id string) (types.PortalReference, bool) {
	name, known := map[string]string{"https://meppen.example": "Stadt Meppen", "https://lathen.example": "Samtgemeinde Lathen"}[id]
	return types.PortalReference{Id: id, Name: name}, known
}

func (n *neighbours) FetchAttachment(context.Context, string, uuid.UUID, int64) (io.ReadCloser, error) {
	return nil, errors.New("not here")
}

func (n *neighbours) RecordAccess(_ context.Context, person httpx.Person, m types.MessageAccess) error {
	m.Person = &person.Subject
	n.accesses = append(n.accesses, m)
	return nil
}

func (w *world) connect() *neighbours {
	n := &neighbours{}
	w.s.Connect(Rooms{AtHome: n, Portals: n, Accesses: n})
	return n
}

// at is a person who comes with the token of a client.
func at(ctx context.Context, account uuid.UUID, client string) context.Context {
	return httpx.WithCaller(ctx, httpx.Caller{
		Kind: httpx.TokenCaller, AccountID: account, ClientID: client, Person: httpx.Person{Issuer: "https://landkreis.example", Subject: account.String()},
	})
}

func purpose() types.DocumentUse {
	return types.DocumentUse{Purpose: types.LocalizedText{"de": "Hund anmelden"}}
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	require.True(t, problem.Is(err, code), "%v, want %s", err, code)
}

func TestRelease_ReadByThatPortalOnly_TheFirstReadIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.connect()
	d, err := w.s.Add(w.clara, Upload{Name: "Pass.pdf", Length: -1, Content: bytes.NewReader(pdf("Pass"))})
	require.NoError(t, err)
	meppen := at(t.Context(), w.account, "https://meppen.example")
	list, err := w.s.List(meppen)
	require.NoError(t, err)
	require.Len(t, list.Items, 1)
	given, err := w.s.ReleaseTo(meppen, d.Id, purpose())
	require.NoError(t, err)
	require.Equal(t, d.Sha256, given.Sha256)
	require.Equal(t, "Pass.pdf", given.Name)
	require.Empty(t, n.accesses, "nothing was read yet")

	for _, other := range []string{"https://lathen.example", "https://landkreis.example", "", "app"} {
		_, _, _, _, err := w.s.Released(t.Context(), other, given.Id)
		wantCode(t, err, "document-unknown")
	}
	_, _, _, _, err = w.s.Released(t.Context(), "https://meppen.example", d.Id)
	wantCode(t, err, "document-unknown")
	require.Empty(t, n.accesses)
	for range 2 { // a broken transfer is taken up again
		name, kind, size, content, err := w.s.Released(t.Context(), "https://meppen.example", given.Id)
		require.NoError(t, err)
		read, err := io.ReadAll(content)
		require.NoError(t, err)
		require.NoError(t, content.Close())
		require.Equal(t, pdf("Pass"), read)
		require.Equal(t, []any{"Pass.pdf", "application/pdf", int64(len(read))}, []any{name, kind, size})
	}
	require.Len(t, n.accesses, 1)
	told := n.accesses[0]
	require.Equal(t, []any{"Stadt Meppen", w.account.String(), "consent", "Hund anmelden"}, []any{told.Who, *told.Person, told.Ground, (*told.Purpose)["de"]})
}

func TestRelease_NotRight_IsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.connect()
	d, err := w.s.Add(w.clara, Upload{Name: "Pass.pdf", Length: -1, Content: bytes.NewReader(pdf("Pass"))})
	require.NoError(t, err)
	bernd := httpx.CallerOf(w.bernd).AccountID
	_, err = w.s.ReleaseTo(at(t.Context(), bernd, "https://meppen.example"), d.Id, purpose())
	wantCode(t, err, "document-unknown")
	for _, client := range []string{"app", ""} {
		_, err = w.s.ReleaseTo(at(t.Context(), w.account, client), d.Id, purpose())
		wantCode(t, err, "portal-needed")
		_, err = w.s.List(at(t.Context(), w.account, client))
		wantCode(t, err, "portal-needed")
	}
	_, err = w.s.ReleaseTo(w.clara, d.Id, purpose())
	wantCode(t, err, "portal-needed")
	_, err = w.s.ReleaseTo(at(t.Context(), w.account, "https://meppen.example"), d.Id, types.DocumentUse{Purpose: types.LocalizedText{"de": strings.Repeat("x", 301)}})
	wantCode(t, err, "invalid")
}

func TestRelease_EndsWithTheDocumentAndWithTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.connect()
	meppen := at(t.Context(), w.account, "https://meppen.example")
	open := func(id uuid.UUID) error {
		_, _, _, content, err := w.s.Released(t.Context(), "https://meppen.example", id)
		if err == nil {
			_ = content.Close()
		}
		return err
	}
	d, err := w.s.Add(w.clara, Upload{Name: "Pass.pdf", Length: -1, Content: bytes.NewReader(pdf("Pass"))})
	require.NoError(t, err)
	given, err := w.s.ReleaseTo(meppen, d.Id, purpose())
	require.NoError(t, err)
	require.NoError(t, w.s.Delete(w.clara, d.Id))
	wantCode(t, open(given.Id), "document-unknown")
	_, err = w.s.Restore(w.clara, d.Id)
	require.NoError(t, err)
	require.NoError(t, open(given.Id))
	w.later(releaseTime)
	wantCode(t, open(given.Id), "document-unknown")
	_, err = w.s.Sweep(t.Context())
	require.NoError(t, err)
	var left int
	require.NoError(t, w.s.DB.From(t.Context()).Raw("SELECT count(*) FROM safe_releases").Row().Scan(&left))
	require.Zero(t, left)
}

func TestSafe_OfAPersonFromElsewhere_IsAskedThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.connect()
	guest := httpx.WithCaller(t.Context(), httpx.Caller{Kind: httpx.SessionCaller, Person: httpx.Person{Issuer: "https://home.example", Subject: "x"}})
	id := uuid.New()
	_, err := w.s.List(guest)
	require.NoError(t, err)
	_, err = w.s.Release(guest, id, purpose())
	require.NoError(t, err)
	require.Equal(t, []string{http.MethodGet + " /api/v1/account/documents", http.MethodPost + " /api/v1/account/documents/" + id.String() + "/releases"}, n.asked)
}

func TestKeepLetter_Twice_IsThereOnceWithItsOrigin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.connect()
	message, sent := uuid.New(), time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	keep := func() types.SafeDocument {
		d, err := w.s.KeepLetter(t.Context(), w.account, message, "Ihr Bescheid: Hund", "Stadt Meppen", sent, bytes.NewReader(pdf("Bescheid")))
		require.NoError(t, err)
		return d
	}
	first := keep()
	require.Equal(t, first, keep())
	require.Equal(t, types.DocumentNotice, first.Kind)
	require.Equal(t, types.DocumentOrigin{Sender: "Stadt Meppen", At: sent}, *first.Origin)
	changed, err := w.s.Change(w.clara, first.Id, types.SafeDocumentLabel{Name: "Hund", Kind: types.DocumentOther})
	require.NoError(t, err)
	require.Equal(t, first.Origin, changed.Origin, "a new label changes nothing about the origin")
	require.NoError(t, w.s.Delete(w.clara, first.Id))
	again := keep()
	require.NotEqual(t, first.Id, again.Id, "what was deleted can be kept once more")
	_, err = w.s.Restore(w.clara, first.Id)
	wantCode(t, err, "document-there")
}

package safe

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	openapi "github.com/oapi-codegen/runtime/types"
	"github.com/stretchr/testify/require"

	"portalverbund/api/types"
	"portalverbund/db"
	"portalverbund/db/dbtest"
	"portalverbund/server/platform/blob"
	"portalverbund/server/platform/envelope"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/jobs"
	"portalverbund/server/platform/keys"
	"portalverbund/server/platform/problem"
)

type world struct {
	s            *Service
	folder       string
	mu           sync.Mutex
	now          time.Time
	clara, bernd context.Context
	account      uuid.UUID // Clara's
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{folder: t.TempDir(), now: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)}
	w.s = serviceOn(t, dbtest.New(t), w.folder, func() time.Time { w.mu.Lock(); defer w.mu.Unlock(); return w.now })
	w.account, w.clara = w.person(t, "clara@example.org")
	_, w.bernd = w.person(t, "bernd@example.org")
	return w
}

func serviceOn(t *testing.T, d *db.DB, folder string, now func() time.Time) *Service {
	t.Helper()
	set, err := keys.New(true)
	require.NoError(t, err)
	master, err := envelope.New(true)
	require.NoError(t, err)
	store, err := blob.New(t.Context(), folder, set.Derive("blob"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = store.Close() })
	log := slog.New(slog.DiscardHandler)
	client, err := jobs.New(d, log, jobs.Options{})
	require.NoError(t, err)
	home := types.PortalReference{Id: "https://landkreis.example", Name: "Landkreis"}
	s := New(Config{DB: d, Keys: set, Master: master, Store: store, Jobs: client, Self: home, IsHome: true, Log: log, Now: now})
	Register(client, s)
	return s
}

func (w *world) person(t *testing.T, email string) (uuid.UUID, context.Context) {
	t.Helper()
	id := uuid.New()
	require.NoError(t, w.s.DB.From(t.Context()).Exec(`INSERT INTO accounts (id, email, kind, password_hash, roles, profile, revision, created_at, confirmed_at)
		VALUES (?, ?, 'person', '', '', ?, 1, now(), now())`, id, email, []byte("x")).Error)
	return id, as(t.Context(), id)
}

func as(ctx context.Context, account uuid.UUID) context.Context {
	return httpx.WithCaller(ctx, httpx.Caller{Kind: httpx.SessionCaller, AccountID: account})
}

func (w *world) later(d time.Duration) { w.mu.Lock(); defer w.mu.Unlock(); w.now = w.now.Add(d) }

func (w *world) objects(t *testing.T) (n int) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(w.folder, func(_ string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			n++
		}
		return err
	}))
	return n
}

func (w *world) rows(t *testing.T) (n int) {
	t.Helper()
	require.NoError(t, w.s.DB.From(t.Context()).Raw("SELECT count(*) FROM safe_documents").Row().Scan(&n))
	return n
}

// runJobs runs the room's jobs until the test ends.
func (w *world) runJobs(t *testing.T) {
	t.Helper()
	require.NoError(t, w.s.Jobs.Start(t.Context()))
	t.Cleanup(func() { _ = w.s.Jobs.Stop(context.Background()) })
}

func pdf(text string) []byte { return []byte("%PDF-1.7\n" + text) }

func (w *world) put(t *testing.T, name string) types.SafeDocument {
	t.Helper()
	content := pdf("content of " + name)
	d, err := w.s.Add(w.clara, Upload{Name: name, Length: int64(len(content)), Content: bytes.NewReader(content)})
	require.NoError(t, err)
	return d
}

func wantProblem(t *testing.T, err error, status int, code string) {
	t.Helper()
	var p *problem.Error
	require.True(t, errors.As(err, &p), "%v", err)
	require.Equal(t, status, p.Status, "%v", err)
	require.Equal(t, code, p.Code)
}

func TestAdd_ReadBack_EncryptedAtRestUnderAKeyOfItsOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d, other := w.put(t, `C:\Scans\Reisepass.exe`), w.put(t, "b.pdf")
	require.Equal(t, "Reisepass.pdf", d.Name, "the name says what the file is")
	f, err := w.s.Open(w.clara, d.Id)
	require.NoError(t, err)
	defer f.Content.Close()
	text, err := io.ReadAll(f.Content)
	require.NoError(t, err)
	require.Equal(t, string(pdf(`content of C:\Scans\Reisepass.exe`)), string(text))
	raw, err := os.ReadFile(filepath.Join(w.folder, "safe", d.Id.String()))
	require.NoError(t, err)
	require.NotContains(t, string(raw), "content of")
	_, _, err = w.s.Store.Open(t.Context(), objectKey(d.Id))
	require.NoError(t, err, "there is such an object")
	plain, _, _ := w.s.Store.Open(t.Context(), objectKey(d.Id))
	_, err = io.ReadAll(plain)
	require.Error(t, err, "the store's own secret opens it")
	var found int
	require.NoError(t, w.s.DB.From(t.Context()).Raw("SELECT count(*) FROM safe_documents r WHERE r::text ILIKE '%reisepass%'").Row().Scan(&found))
	require.Zero(t, found, "the name stands in the row")
	exec := w.s.DB.From(t.Context()).Exec("UPDATE safe_documents SET wrapped = (SELECT wrapped FROM safe_documents WHERE id = ?) WHERE id = ?", other.Id, d.Id)
	require.NoError(t, exec.Error)
	_, err = w.s.Open(w.clara, d.Id)
	require.Error(t, err, "another document's key is taken")
}

func TestAdd_WhatIsNotTaken_IsRefusedBeforeItIsReadWhole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	read := 0
	endless := readerFunc(func(p []byte) (int, error) { read += len(p); copy(p, "MZ program"); return len(p), nil })
	_, err := w.s.Add(w.clara, Upload{Name: "a.pdf", Length: -1, Content: endless})
	wantProblem(t, err, 415, "document-kind")
	_, err = w.s.Add(w.clara, Upload{Name: "a.pdf", Length: MaxDocument + 1, Content: endless})
	wantProblem(t, err, 413, "document-too-large")
	require.Less(t, read, 100, "it was read on")
	read = 0
	huge := io.MultiReader(bytes.NewReader(pdf("x")), endless)
	_, err = w.s.Add(w.clara, Upload{Name: "a.pdf", Length: -1, Content: huge})
	wantProblem(t, err, 413, "document-too-large")
	require.Less(t, read, MaxDocument+128<<10)
	broken := io.MultiReader(bytes.NewReader(pdf("x")), readerFunc(func([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }))
	_, err = w.s.Add(w.clara, Upload{Name: "a.pdf", Length: -1, Content: broken})
	wantProblem(t, err, 400, "upload-broken")
	require.Zero(t, w.rows(t)+w.objects(t), "something is left")
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestAdd_Full_IsRefusedAlsoWhenManyComeAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.put(t, "a.pdf")
	size := func(n int64) {
		require.NoError(t, w.s.DB.From(t.Context()).Exec("UPDATE safe_documents SET size = ? WHERE id = ?", n, first.Id).Error)
	}
	size(Quota - 150)
	results := make(chan error)
	for range 6 {
		go func() {
			body := pdf(strings.Repeat("x", 60))
			_, err := w.s.Add(w.clara, Upload{Name: "b.pdf", Length: int64(len(body)), Content: bytes.NewReader(body)})
			results <- err
		}()
	}
	taken := 0
	for range 6 {
		if err := <-results; err == nil {
			taken++
		} else {
			wantProblem(t, err, 409, "safe-full")
		}
	}
	require.Equal(t, 2, taken)
	list, err := w.s.List(w.clara)
	require.NoError(t, err)
	require.Len(t, list.Items, 3)
	require.LessOrEqual(t, list.UsedBytes, list.QuotaBytes)
	require.NoError(t, w.s.Delete(w.clara, first.Id))
	again := w.put(t, "c.pdf") // there is room again
	require.NoError(t, w.s.DB.From(t.Context()).Exec("UPDATE safe_documents SET size = ? WHERE id = ?", Quota-200, again.Id).Error)
	_, err = w.s.Restore(w.clara, first.Id)
	wantProblem(t, err, 409, "safe-full")
	size(Quota + 200) // of deleted ones
	_, err = w.s.Add(w.clara, Upload{Name: "d.pdf", Length: 40, Content: bytes.NewReader(pdf("x"))})
	wantProblem(t, err, 409, "safe-emptying")
}

func TestChange_NameKindAndValidity(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := w.put(t, "scan.pdf")
	day := openapi.Date{Time: time.Date(2031, 5, 31, 0, 0, 0, 0, time.UTC)}
	_, err := w.s.Change(w.clara, d.Id, types.SafeDocumentLabel{Name: "../Reisepass.exe", Kind: types.DocumentIdentity, ValidUntil: &day})
	require.NoError(t, err)
	list, err := w.s.List(w.clara)
	require.NoError(t, err)
	got := list.Items[0]
	require.Equal(t, "Reisepass.pdf", got.Name)
	require.Equal(t, types.DocumentIdentity, got.Kind)
	require.Equal(t, "2031-05-31", got.ValidUntil.String())
	require.Equal(t, d.Sha256, got.Sha256)
	_, err = w.s.Change(w.clara, d.Id, types.SafeDocumentLabel{Name: "  ", Kind: types.DocumentIdentity})
	wantProblem(t, err, 422, "invalid")
	far := openapi.Date{Time: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)}
	_, err = w.s.Change(w.clara, d.Id, types.SafeDocumentLabel{Name: "a", Kind: types.DocumentIdentity, ValidUntil: &far})
	wantProblem(t, err, 422, "invalid")
}

func TestDelete_CanBeTakenBackForAnHour_ThenFileAndKeyGo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.runJobs(t)
	d := w.put(t, "a.pdf")
	require.NoError(t, w.s.Delete(w.clara, d.Id))
	require.NoError(t, w.s.Delete(w.clara, d.Id), "doing so again has no effect")
	_, err := w.s.Open(w.clara, d.Id)
	wantProblem(t, err, 404, "document-unknown")
	_, err = w.s.Change(w.clara, d.Id, types.SafeDocumentLabel{Name: "a", Kind: types.DocumentOther})
	wantProblem(t, err, 404, "document-unknown")
	w.later(UndoTime - time.Second)
	n, err := w.s.Sweep(t.Context())
	require.NoError(t, err)
	require.Zero(t, n)
	_, err = w.s.Restore(w.clara, d.Id)
	require.NoError(t, err)
	require.NoError(t, w.s.Delete(w.clara, d.Id))
	w.later(UndoTime)
	_, err = w.s.Restore(w.clara, d.Id)
	wantProblem(t, err, 404, "document-unknown")
	n, err = w.s.Sweep(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 1, n)
	require.Zero(t, w.rows(t))
	require.Eventually(t, func() bool { return w.objects(t) == 0 }, 20*time.Second, 20*time.Millisecond)
}

func TestEveryOperation_SomebodyElses_IsUnknown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := w.put(t, "a.pdf")
	list, err := w.s.List(w.bernd)
	require.NoError(t, err)
	require.Empty(t, list.Items)
	for name, try := range map[string]func() error{
		"read": func() error { _, err := w.s.Open(w.bernd, d.Id); return err },
		"change": func() error {
			_, err := w.s.Change(w.bernd, d.Id, types.SafeDocumentLabel{Name: "b", Kind: types.DocumentOther})
			return err
		},
		"delete":  func() error { return w.s.Delete(w.bernd, d.Id) },
		"restore": func() error { _, err := w.s.Restore(w.bernd, d.Id); return err },
	} {
		err := try()
		require.Error(t, err, name)
		wantProblem(t, err, 404, "document-unknown")
	}
	list, err = w.s.List(w.clara)
	require.NoError(t, err)
	require.Equal(t, []types.SafeDocument{d}, list.Items)
	_, err = w.s.List(t.Context())
	wantProblem(t, err, 401, "not-signed-in")
	staff := httpx.WithCaller(t.Context(), httpx.Caller{Kind: httpx.SessionCaller, AccountID: w.account, Roles: []string{"clerk"}})
	_, err = w.s.List(staff)
	wantProblem(t, err, 404, "staff-account")
}

func TestRewrap_AfterRotation_OldMasterIsNoLongerNeeded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := w.put(t, "a.pdf")
	before, err := os.ReadFile(filepath.Join(w.folder, "safe", d.Id.String()))
	require.NoError(t, err)
	old := w.s.Master
	w.s.Master, err = old.Rotate()
	require.NoError(t, err)
	f, err := w.s.Open(w.clara, d.Id)
	require.NoError(t, err, "before the job has run")
	require.NoError(t, f.Content.Close())
	_, err = w.s.Sweep(t.Context())
	require.NoError(t, err)
	r, err := w.s.one(t.Context(), w.account, d.Id)
	require.NoError(t, err)
	current, err := w.s.Master.Current()
	require.NoError(t, err)
	require.Equal(t, current, r.Master)
	_, err = old.Unwrap(r.Wrapped, r.ID[:])
	require.Error(t, err, "still wrapped by the old key")
	f, err = w.s.Open(w.clara, d.Id)
	require.NoError(t, err)
	_, err = io.ReadAll(f.Content)
	require.NoError(t, err)
	require.NoError(t, f.Content.Close())
	after, err := os.ReadFile(filepath.Join(w.folder, "safe", d.Id.String()))
	require.NoError(t, err)
	require.Equal(t, before, after, "the file was written anew")
}

func TestErasePerson_NothingRemains(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put(t, "a.pdf")
	require.NoError(t, w.s.Delete(w.clara, w.put(t, "b.pdf").Id))
	var sections []string
	person := httpx.Person{Issuer: w.s.Self.Id, Subject: w.account.String()}
	require.NoError(t, w.s.PersonalData(t.Context(), person, func(section string, data any) error {
		sections = append(sections, fmt.Sprintf("%s %s", section, data.(types.SafeDocument).Name))
		return nil
	}))
	require.Equal(t, []string{"documents a.pdf"}, sections)
	require.NoError(t, w.s.DB.Tx(t.Context(), func(ctx context.Context) error { return w.s.ErasePerson(ctx, person) }))
	require.Zero(t, w.rows(t))
	w.runJobs(t)
	require.Eventually(t, func() bool { return w.objects(t) == 0 }, 20*time.Second, 20*time.Millisecond)
}

// TestSweep_ProcessKilledInTheMiddleOfAnUpload_NothingIsLeft has another process take an upload and kills it.
func TestSweep_ProcessKilledInTheMiddleOfAnUpload_NothingIsLeft(t *testing.T) {
	if url := os.Getenv("SAFE_TEST_DATABASE"); url != "" {
		uploadForever(t, url)
		return
	}
	t.Parallel()
	url, folder := dbtest.URL(t), t.TempDir()
	d, err := db.Open(t.Context(), url, db.Options{})
	require.NoError(t, err)
	t.Cleanup(d.Close)
	w := &world{folder: folder, now: time.Now()}
	w.s = serviceOn(t, d, folder, func() time.Time { w.mu.Lock(); defer w.mu.Unlock(); return w.now })
	w.account, w.clara = w.person(t, "clara@example.org")
	kept := w.put(t, "kept.pdf")
	child := exec.Command(os.Args[0], "-test.run", "^"+t.Name()+"$")
	child.Env = append(os.Environ(), "SAFE_TEST_DATABASE="+url, "SAFE_TEST_FOLDER="+folder, "SAFE_TEST_ACCOUNT="+w.account.String())
	out, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	require.Contains(t, line, "half", "the upload has not begun")
	require.NoError(t, child.Process.Kill())
	_ = child.Wait() // it was killed
	require.Equal(t, 2, w.rows(t))
	require.Equal(t, 2, w.objects(t), "nothing was half written")
	n, err := w.s.Sweep(t.Context())
	require.NoError(t, err)
	require.Zero(t, n, "it may still be on its way")
	w.later(2 * strayTime)
	n, err = w.s.Sweep(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 1, n)
	require.Equal(t, 1, w.rows(t))
	require.Equal(t, 1, w.objects(t))
	f, err := w.s.Open(w.clara, kept.Id)
	require.NoError(t, err)
	require.NoError(t, f.Content.Close())
}

// uploadForever is what the other process does: it says when half of a file has arrived, and waits for more.
func uploadForever(t *testing.T, url string) {
	d, err := db.Open(t.Context(), url, db.Options{})
	require.NoError(t, err)
	s := serviceOn(t, d, os.Getenv("SAFE_TEST_FOLDER"), time.Now)
	half := false
	slow := readerFunc(func(p []byte) (int, error) {
		if half {
			fmt.Println("half")
			select {}
		}
		half = true
		return len(p), nil
	})
	ctx := as(t.Context(), uuid.MustParse(os.Getenv("SAFE_TEST_ACCOUNT")))
	_, err = s.Add(ctx, Upload{Name: "a.pdf", Length: -1, Content: io.MultiReader(bytes.NewReader(pdf(strings.Repeat("x", 1<<20))), slow)})
	t.Fatal("the upload has ended: ", err)
}

package applications_test

import (
	"bytes"
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/applications"
)

// begin begins an upload of Clara's.
func (x *setup) begin(t *testing.T, id uuid.UUID, length int64) uuid.UUID {
	t.Helper()
	upload, state, err := x.s.CreateUpload(x.clara, id, applications.NewUpload{Name: "Lageplan.PDF", Field: "/evidence/files", Fingerprint: "print", Length: length})
	if err != nil || state.Offset != 0 || state.Length != length {
		t.Fatalf("%+v, %v", state, err)
	}
	return upload
}

func (x *setup) send(id, upload uuid.UUID, offset int64, content io.Reader) (applications.UploadState, error) {
	return x.s.ContinueUpload(x.clara, id, upload, applications.Part{Offset: offset, Length: -1, Content: content})
}

// taken waits until an upload is an attachment.
func (x *setup) taken(t *testing.T, id, upload uuid.UUID) (file types.Attachment) {
	t.Helper()
	eventually(t, "the upload becomes an attachment", func() bool {
		for _, a := range x.get(t, id).Attachments {
			if a.Id == upload {
				file = a
				return true
			}
		}
		return false
	})
	return file
}

// parts counts what lies in the object store of uploads.
func (x *setup) parts(t *testing.T) int {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(x.folder, "uploads", "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return len(found)
}

// large is a PDF as far as its first bytes tell.
func large(size int) []byte {
	content := make([]byte, size)
	random := rand.NewChaCha8([32]byte{1})
	_, _ = random.Read(content) // never fails
	copy(content, "%PDF-1.7\n")
	return content
}

func TestUpload_InPartsAndBroken_BecomesTheAttachment(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	x.runJobs(t)
	a := x.draft(t)
	content := large(3<<20 + 17)
	upload := x.begin(t, a.ID, int64(len(content)))
	state, err := x.send(a.ID, upload, 0, bytes.NewReader(content[:1<<20]))
	if err != nil || state.Offset != 1<<20 {
		t.Fatalf("%+v, %v", state, err)
	}
	u := x.get(t, a.ID).Uploads
	if len(u) != 1 || u[0].Id != upload || u[0].Name != "Lageplan.pdf" || u[0].Received != 1<<20 || u[0].Size != int64(len(content)) || *u[0].Fingerprint != "print" {
		t.Errorf("the draft lists %+v", u)
	}
	broken := io.MultiReader(bytes.NewReader(content[1<<20:2<<20]), iotest.ErrReader(io.ErrUnexpectedEOF))
	_, err = x.send(a.ID, upload, 1<<20, broken)
	wantProblem(t, err, 400, "upload-broken")
	if state, err = x.s.UploadState(x.clara, a.ID, upload); err != nil || state.Offset != 2<<20 {
		t.Fatalf("after a break %+v, %v: what has arrived must be kept", state, err)
	}
	if state, err = x.send(a.ID, upload, 2<<20, bytes.NewReader(content[2<<20:])); err != nil || state.Offset != int64(len(content)) {
		t.Fatalf("%+v, %v", state, err)
	}
	file := x.taken(t, a.ID, upload)
	sum := sha256.Sum256(content)
	if file.Sha256 != hex.EncodeToString(sum[:]) || file.Size != int64(len(content)) || file.MediaType != "application/pdf" || file.Name != "Lageplan.pdf" {
		t.Errorf("it became %+v", file)
	}
	if got, err := x.download(t, x.clara, a.ID, upload); err != nil || !bytes.Equal(got, content) {
		t.Errorf("%d bytes come back, %v", len(got), err)
	}
	eventually(t, "the parts go", func() bool { return x.parts(t) == 0 })
	if uploads := x.get(t, a.ID).Uploads; len(uploads) != 0 {
		t.Errorf("the draft still lists %+v", uploads)
	}
	_, err = x.s.UploadState(x.clara, a.ID, upload)
	wantProblem(t, err, 404, "upload-unknown")
	if got, err := x.s.Submit(x.clara, x.save(t, x.get(t, a.ID), answers(upload)).ID, uuid.NewString()); err != nil || got.Attachments[0].Id != upload {
		t.Errorf("submitted %+v, %v", got.Attachments, err)
	}
}

func TestUpload_WhatIsNotTaken_IsRefusedAndNothingIsLeft(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	x.runJobs(t)
	a, done := x.draft(t), x.submitted(t)
	_, _, err := x.s.CreateUpload(x.clara, a.ID, applications.NewUpload{Name: "a.pdf", Field: "/evidence/files", Length: applications.MaxUpload + 1})
	wantProblem(t, err, 413, "attachment-too-large")
	_, _, err = x.s.CreateUpload(x.clara, a.ID, applications.NewUpload{Name: "a.pdf", Field: "/evidence/reason", Length: 10})
	wantProblem(t, err, 422, "invalid")
	_, _, err = x.s.CreateUpload(x.clara, done.ID, applications.NewUpload{Name: "a.pdf", Field: "/evidence/files", Length: 10})
	wantProblem(t, err, 409, "already-submitted")
	_, _, err = x.s.CreateUpload(x.stefan, a.ID, applications.NewUpload{Name: "a.pdf", Field: "/evidence/files", Length: 10})
	wantProblem(t, err, 404, "application-unknown")
	for name, head := range map[string]string{"program": "MZ\x90\x00", "archive": "PK\x03\x04", "web page": "<!doctype html>"} {
		upload := x.begin(t, a.ID, 1000)
		_, err = x.send(a.ID, upload, 0, strings.NewReader(head+strings.Repeat(" ", 500)))
		t.Log(name)
		wantProblem(t, err, 415, "attachment-kind")
		_, err = x.s.UploadState(x.clara, a.ID, upload)
		wantProblem(t, err, 404, "upload-unknown")
	}
	for range 2 { // one upload takes what another has set aside
		x.begin(t, a.ID, applications.MaxUpload)
	}
	_, _, err = x.s.CreateUpload(x.clara, a.ID, applications.NewUpload{Name: "a.pdf", Field: "/evidence/files", Length: applications.MaxUpload})
	wantProblem(t, err, 413, "attachments-too-large")
	if n := x.parts(t); n != 0 {
		t.Errorf("%d parts are left", n)
	}
}

func TestUpload_WrongOffsetTooMuchOrAnothers_ChangesNothing(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	a, other := x.draft(t), x.draft(t)
	content := large(1000)
	upload := x.begin(t, a.ID, 1000)
	if _, err := x.send(a.ID, upload, 0, bytes.NewReader(content[:600])); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		ctx    context.Context
		id     uuid.UUID
		part   applications.Part
		status int
		code   string
	}{
		"again from the start":   {x.clara, a.ID, applications.Part{Offset: 0, Length: -1, Content: bytes.NewReader(content)}, 409, "upload-offset"},
		"a gap":                  {x.clara, a.ID, applications.Part{Offset: 700, Length: -1, Content: bytes.NewReader(content[700:])}, 409, "upload-offset"},
		"beyond the end":         {x.clara, a.ID, applications.Part{Offset: 5000, Length: -1, Content: bytes.NewReader(content)}, 409, "upload-offset"},
		"before the start":       {x.clara, a.ID, applications.Part{Offset: -1, Length: -1, Content: bytes.NewReader(content)}, 409, "upload-offset"},
		"announced more":         {x.clara, a.ID, applications.Part{Offset: 600, Length: 401, Content: bytes.NewReader(content)}, 413, "upload-overlong"},
		"sends more":             {x.clara, a.ID, applications.Part{Offset: 600, Length: -1, Content: bytes.NewReader(content)}, 413, "upload-overlong"},
		"of somebody else":       {x.stefan, a.ID, applications.Part{Offset: 600, Length: -1, Content: bytes.NewReader(content[600:])}, 404, "upload-unknown"},
		"of another application": {x.clara, other.ID, applications.Part{Offset: 600, Length: -1, Content: bytes.NewReader(content[600:])}, 404, "upload-unknown"},
	} {
		_, err := x.s.ContinueUpload(c.ctx, c.id, upload, c.part)
		t.Log(name)
		wantProblem(t, err, c.status, c.code)
	}
	_, err := x.s.UploadState(x.stefan, a.ID, upload)
	wantProblem(t, err, 404, "upload-unknown")
	wantProblem(t, x.s.EndUpload(x.stefan, a.ID, upload), 404, "application-unknown")
	wantProblem(t, x.s.EndUpload(x.clara, other.ID, upload), 404, "upload-unknown")
	_, err = x.s.Attachment(x.clara, a.ID, upload)
	wantProblem(t, err, 404, "attachment-unknown")
	if state, err := x.s.UploadState(x.clara, a.ID, upload); err != nil || state.Offset != 600 {
		t.Errorf("%+v, %v", state, err)
	}
	if n := x.parts(t); n != 1 {
		t.Errorf("%d parts lie in the store, want 1", n)
	}
}

func TestUpload_Checksum_AllOrNothing(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	a := x.draft(t)
	content := large(20 << 20) // more than one part of the store
	upload := x.begin(t, a.ID, int64(len(content)))
	right, one := sha256.Sum256(content), sha1.Sum(content)
	sums := map[string]string{
		"right":   "sha256 " + base64.StdEncoding.EncodeToString(right[:]),
		"old":     "sha1 " + base64.StdEncoding.EncodeToString(one[:]),
		"wrong":   "sha256 " + base64.StdEncoding.EncodeToString(make([]byte, 32)),
		"short":   "sha256 AAAA",
		"unknown": "md5 1B2M2Y8AsgTpgAmY7PhCfg==",
		"none":    "sha256",
	}
	for name, c := range map[string]struct {
		content io.Reader
		status  int
		code    string
	}{
		"wrong":   {bytes.NewReader(content), 460, "upload-checksum"},
		"right":   {io.MultiReader(bytes.NewReader(content[:15<<20]), iotest.ErrReader(io.ErrUnexpectedEOF)), 460, "upload-checksum"},
		"short":   {bytes.NewReader(content), 400, "checksum-algorithm"},
		"unknown": {bytes.NewReader(content), 400, "checksum-algorithm"},
		"none":    {bytes.NewReader(content), 400, "checksum-algorithm"},
	} {
		_, err := x.s.ContinueUpload(x.clara, a.ID, upload, applications.Part{Length: -1, Checksum: sums[name], Content: c.content})
		t.Log(name)
		wantProblem(t, err, c.status, c.code)
	}
	if state, err := x.s.UploadState(x.clara, a.ID, upload); err != nil || state.Offset != 0 || x.parts(t) != 0 {
		t.Fatalf("%+v, %v, %d parts", state, err, x.parts(t))
	}
	state, err := x.s.ContinueUpload(x.clara, a.ID, upload, applications.Part{Length: int64(len(content)), Checksum: sums["right"], Content: bytes.NewReader(content)})
	if err != nil || state.Offset != int64(len(content)) {
		t.Errorf("%+v, %v", state, err)
	}
	second := x.begin(t, a.ID, int64(len(content)))
	if _, err := x.s.ContinueUpload(x.clara, a.ID, second, applications.Part{Length: -1, Checksum: sums["old"], Content: bytes.NewReader(content)}); err != nil {
		t.Errorf("sha1: %v", err)
	}
}

func TestUpload_SeveralAtOnceFromOneOffset_OneCounts(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	x.runJobs(t)
	a := x.draft(t)
	content := large(64 << 10)
	upload := x.begin(t, a.ID, int64(len(content)))
	var begun atomic.Int32
	all := make(chan struct{})
	results := make(chan error)
	const senders = 5
	for range senders {
		// All of them have got past the look at the offset before the first ends.
		gate := readerFunc(func([]byte) (int, error) {
			if begun.Add(1) == senders {
				close(all)
			}
			<-all
			return 0, io.EOF
		})
		go func() {
			_, err := x.send(a.ID, upload, 0, io.MultiReader(bytes.NewReader(content[:32<<10]), gate))
			results <- err
		}()
	}
	counted := 0
	for range senders {
		if err := <-results; err == nil {
			counted++
		} else {
			wantProblem(t, err, 409, "upload-offset")
		}
	}
	if counted != 1 || x.parts(t) != 1 {
		t.Fatalf("%d counted, %d parts", counted, x.parts(t))
	}
	if _, err := x.send(a.ID, upload, 32<<10, bytes.NewReader(content[32<<10:])); err != nil {
		t.Fatal(err)
	}
	x.taken(t, a.ID, upload)
	if got, err := x.download(t, x.clara, a.ID, upload); err != nil || !bytes.Equal(got, content) {
		t.Errorf("%d bytes come back, %v", len(got), err)
	}
}

func TestUpload_RunOut_IsGoneThenUnknownAndNothingIsLeft(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	a := x.draft(t)
	upload := x.begin(t, a.ID, 1000)
	if _, err := x.send(a.ID, upload, 0, bytes.NewReader(large(500))); err != nil {
		t.Fatal(err)
	}
	x.clock.add(23 * time.Hour)
	if n, err := x.s.SweepFiles(t.Context()); err != nil || n != 0 {
		t.Fatalf("swept %d, %v", n, err)
	}
	x.clock.add(time.Hour)
	_, err := x.s.UploadState(x.clara, a.ID, upload)
	wantProblem(t, err, 410, "upload-expired")
	_, err = x.send(a.ID, upload, 500, bytes.NewReader(large(500)))
	wantProblem(t, err, 410, "upload-expired")
	if n, err := x.s.SweepFiles(t.Context()); err != nil || n != 1 {
		t.Fatalf("swept %d, %v", n, err)
	}
	_, err = x.s.UploadState(x.clara, a.ID, upload)
	wantProblem(t, err, 404, "upload-unknown")
	if x.parts(t) != 0 || x.count(t, "application_attachments")+x.count(t, "application_upload_parts") != 0 {
		t.Error("something of it is left")
	}
	if _, err := os.Stat(filepath.Join(x.folder, "uploads", upload.String())); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("its folder: %v", err)
	}
}

func TestUpload_GivenUpDeletedOrErased_NothingIsLeft(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(x *setup, id, upload uuid.UUID) error{
		"given up": func(x *setup, id, upload uuid.UUID) error { return x.s.EndUpload(x.clara, id, upload) },
		"deleted":  func(x *setup, id, _ uuid.UUID) error { return x.s.DeleteDraft(x.clara, id) },
		"erased":   func(x *setup, _, _ uuid.UUID) error { return x.s.ErasePerson(x.clara, callerOf("clara").Person) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := newSetup(t)
			x.runJobs(t)
			a := x.draft(t)
			upload := x.begin(t, a.ID, 1000)
			if _, err := x.send(a.ID, upload, 0, bytes.NewReader(large(500))); err != nil {
				t.Fatal(err)
			}
			if err := end(x, a.ID, upload); err != nil {
				t.Fatal(err)
			}
			eventually(t, "the parts go", func() bool { return x.parts(t) == 0 })
			if n := x.count(t, "application_attachments") + x.count(t, "application_upload_parts"); n != 0 {
				t.Errorf("%d rows are left", n)
			}
		})
	}
}

func TestHTTP_Upload_AsTusSays(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	server := x.serve(t)
	a := x.draft(t)
	path := "/api/v1/applications/" + a.ID.String() + "/uploads"
	options := call(t, server, "OPTIONS", path, nil)
	if !options.is(204) || options.Header.Get("Tus-Version") != "1.0.0" || options.Header.Get("Tus-Max-Size") != strconv.Itoa(applications.MaxUpload) ||
		options.Header.Get("Tus-Extension") != "creation,expiration,termination,checksum" || !strings.Contains(options.Header.Get("Tus-Checksum-Algorithm"), "sha1") {
		t.Errorf("OPTIONS: %d %v", options.StatusCode, options.Header)
	}
	encoded := func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
	metadata := "filename " + encoded("plan.pdf") + ",field " + encoded("/evidence/files")
	for name, c := range map[string]struct {
		headers []string
		status  int
	}{
		"no version":       {[]string{"Upload-Length", "10", "Upload-Metadata", metadata}, 412},
		"another version":  {[]string{"Tus-Resumable", "0.2.2", "Upload-Length", "10", "Upload-Metadata", metadata}, 412},
		"no length":        {[]string{"Tus-Resumable", "1.0.0", "Upload-Metadata", metadata}, 400},
		"negative":         {[]string{"Tus-Resumable", "1.0.0", "Upload-Length", "-5", "Upload-Metadata", metadata}, 400},
		"no number":        {[]string{"Tus-Resumable", "1.0.0", "Upload-Length", "ten", "Upload-Metadata", metadata}, 400},
		"too large":        {[]string{"Tus-Resumable", "1.0.0", "Upload-Length", strconv.Itoa(applications.MaxUpload + 1), "Upload-Metadata", metadata}, 413},
		"no field":         {[]string{"Tus-Resumable", "1.0.0", "Upload-Length", "10", "Upload-Metadata", "filename " + encoded("a")}, 400},
		"no base64":        {[]string{"Tus-Resumable", "1.0.0", "Upload-Length", "10", "Upload-Metadata", "filename plan.pdf,field " + encoded("/evidence/files")}, 400},
		"field of no file": {[]string{"Tus-Resumable", "1.0.0", "Upload-Length", "10", "Upload-Metadata", "filename " + encoded("a") + ",field " + encoded("/evidence/reason")}, 422},
	} {
		if got := call(t, server, "POST", path, nil, c.headers...); !got.is(c.status) {
			t.Errorf("%s: %d %s, want %d", name, got.StatusCode, got.body, c.status)
		} else if c.status == 412 && got.Header.Get("Tus-Version") != "1.0.0" {
			t.Errorf("%s: without the versions that there are: %v", name, got.Header)
		}
	}
	content := large(1000)
	tus := []string{"Tus-Resumable", "1.0.0"}
	made := call(t, server, "POST", path, nil, append(tus, "Upload-Length", "1000", "Upload-Metadata", metadata)...)
	at := made.Header.Get("Location")
	if _, err := http.ParseTime(made.Header.Get("Upload-Expires")); err != nil || !made.is(201) || !strings.HasPrefix(at, path+"/") || made.Header.Get("Tus-Resumable") != "1.0.0" {
		t.Fatalf("POST: %d %v %s", made.StatusCode, made.Header, made.body)
	}
	part := func(body []byte, headers ...string) reply {
		return call(t, server, "PATCH", at, bytes.NewReader(body), append(append(tus, "Content-Type", "application/offset+octet-stream"), headers...)...)
	}
	if got := part(content[:100], "Upload-Offset", "0", "Content-Type", "application/octet-stream"); !got.is(415) {
		t.Errorf("another type: %d", got.StatusCode)
	}
	if got := part(content[:100], "Upload-Offset", "-1"); !got.is(400) {
		t.Errorf("negative offset: %d", got.StatusCode)
	}
	if got := part(content[:100], "Upload-Offset", "0", "Upload-Checksum", "sha256 "+encoded(strings.Repeat("x", 32))); !got.is(460) || got.Header.Get("Tus-Resumable") != "1.0.0" {
		t.Errorf("wrong checksum: %d %v", got.StatusCode, got.Header)
	}
	if got := part(content[:100], "Upload-Offset", "0"); !got.is(204) || got.Header.Get("Upload-Offset") != "100" {
		t.Errorf("PATCH: %d %v %s", got.StatusCode, got.Header, got.body)
	}
	if got := part(append(content, 'x'), "Upload-Offset", "100"); !got.is(413) {
		t.Errorf("more than announced: %d %s", got.StatusCode, got.body)
	}
	head := call(t, server, "HEAD", at, nil, tus...)
	if !head.is(200) || head.Header.Get("Upload-Offset") != "100" || head.Header.Get("Upload-Length") != "1000" || head.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("HEAD: %d %v", head.StatusCode, head.Header)
	}
	if got := call(t, server, "HEAD", at, nil, append(tus, "Authorization", "Bearer stefan")...); !got.is(404) {
		t.Errorf("HEAD of somebody else: %d", got.StatusCode)
	}
	if got := call(t, server, "DELETE", at, nil, tus...); !got.is(204) || got.Header.Get("Tus-Resumable") != "1.0.0" {
		t.Errorf("DELETE: %d %s", got.StatusCode, got.body)
	}
	if got := call(t, server, "HEAD", at, nil, tus...); !got.is(404) {
		t.Errorf("HEAD after DELETE: %d", got.StatusCode)
	}
}

// cutting passes connections on to a server, and cuts each after some bytes of what the client sends, as long as it is told to.
type cutting struct {
	address string
	after   int64
	cuts    atomic.Int32
	left    atomic.Int32 // cuts that are still to come
}

func (c *cutting) serve(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			go c.pass(t.Context(), client)
		}
	}()
	return "http://" + l.Addr().String()
}

func (c *cutting) pass(ctx context.Context, client net.Conn) {
	defer func() { _ = client.Close() }()
	server, err := (&net.Dialer{}).DialContext(ctx, "tcp", c.address)
	if err != nil {
		return
	}
	defer func() { _ = server.Close() }()
	go func() {
		_, _ = io.Copy(client, server)
		_ = client.Close()
	}()
	if c.left.Load() <= 0 {
		_, _ = io.Copy(server, client)
		return
	}
	if n, _ := io.CopyN(server, client, c.after); n == c.after && c.left.Add(-1) >= 0 {
		c.cuts.Add(1)
	}
}

func TestUpload_TusJSClientOverALineThatBreaks_TheFileIsWhole(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat(filepath.Join("..", "..", "node_modules", "tus-js-client")); err != nil && os.Getenv("PORTALVERBUND_BIN") == "" {
		t.Skip("needs the Node packages: npm ci")
	}
	x := newSetup(t)
	x.runJobs(t)
	server := x.serve(t)
	a := x.draft(t)
	content := large(24 << 20)
	file := filepath.Join(t.TempDir(), "Lageplan.pdf")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	line := &cutting{address: strings.TrimPrefix(server.URL, "http://"), after: 3<<20 + 333}
	line.left.Store(5)
	command := exec.CommandContext(t.Context(), "node", filepath.Join("testdata", "tus.mjs"), line.serve(t)+"/api/v1/applications/"+a.ID.String()+"/uploads", file, "clara")
	var said, wrong bytes.Buffer
	command.Stdout, command.Stderr = &said, &wrong
	if err := command.Run(); err != nil {
		t.Fatalf("%v: %s", err, wrong.String())
	}
	var result struct {
		URL     string
		Retries int
	}
	if err := json.Unmarshal(said.Bytes(), &result); err != nil {
		t.Fatal(err)
	}
	if line.cuts.Load() != 5 || result.Retries < 5 {
		t.Errorf("%d cuts, %d times it went on", line.cuts.Load(), result.Retries)
	}
	upload, err := uuid.Parse(result.URL[strings.LastIndex(result.URL, "/")+1:])
	if err != nil {
		t.Fatal(err)
	}
	x.taken(t, a.ID, upload)
	if got, err := x.download(t, x.clara, a.ID, upload); err != nil || !bytes.Equal(got, content) {
		t.Errorf("%d bytes come back, %v", len(got), err)
	}
}

// TestUpload_200MB_TakesLittleMemory sends the largest file over HTTP, has it assembled and reads it back; what is in use at most meanwhile is
// measured.
func TestUpload_200MB_TakesLittleMemory(t *testing.T) { // not parallel: it looks at what the process uses
	if testing.Short() {
		t.Skip("writes 400 MB")
	}
	x := newSetup(t)
	x.runJobs(t)
	server := x.serve(t)
	a := x.draft(t)
	upload := x.begin(t, a.ID, applications.MaxUpload)
	content := func() io.Reader {
		return io.MultiReader(strings.NewReader("%PDF-1.7\n"), io.LimitReader(rand.NewChaCha8([32]byte{2}), applications.MaxUpload-9))
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, content()); err != nil {
		t.Fatal(err)
	}
	peak, stop := watchHeap(t)
	begun := time.Now()
	got := call(t, server, "PATCH", "/api/v1/applications/"+a.ID.String()+"/uploads/"+upload.String(), content(),
		"Tus-Resumable", "1.0.0", "Upload-Offset", "0", "Content-Type", "application/offset+octet-stream")
	if !got.is(204) {
		t.Fatalf("%d %s", got.StatusCode, got.body)
	}
	sent := time.Since(begun)
	eventually(t, "it is taken over", func() bool { return x.count(t, "application_attachments WHERE ready") == 1 })
	t.Logf("sent in %v, an attachment after %v", sent.Round(time.Millisecond), time.Since(begun).Round(time.Millisecond))
	file, err := x.s.Attachment(x.clara, a.ID, upload)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Content.Close() }()
	back := sha256.New()
	if n, err := io.Copy(back, struct{ io.Reader }{file.Content}); err != nil || n != applications.MaxUpload || !bytes.Equal(back.Sum(nil), sum.Sum(nil)) {
		t.Errorf("%d bytes come back, %v", n, err)
	}
	stop()
	t.Logf("at most %d MB of heap more than before", peak.Load()>>20)
	if peak.Load() > 32<<20 {
		t.Errorf("200 MB took %d MB of heap", peak.Load()>>20)
	}
}

// watchHeap measures how much more heap is in use at most than now.
func watchHeap(t *testing.T) (peak *atomic.Int64, stop func()) {
	t.Helper()
	var before runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	peak = &atomic.Int64{}
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			var now runtime.MemStats
			runtime.ReadMemStats(&now)
			peak.Store(max(peak.Load(), int64(now.HeapInuse)-int64(before.HeapInuse)))
			select {
			case <-end:
				return
			case <-tick.C:
			}
		}
	}()
	return peak, func() { close(end); <-ended }
}

package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"os/exec"
	"path/filepath"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/demo"
)

const (
	fileSize  = 100 << 10 // bytes of the file that goes with each application
	withFile  = 40        // applications in a round
	fileField = "/tax/exemptionProof"
)

// measurePocketBase has a portal and PocketBase store the same application with the same file, by four requests each: begin, add the file,
// fill in, submit. PocketBase is a program of its own (.ci/rivals/pocketbase), which the product neither links nor downloads, with its usual settings: it
// answers before the disk has anything, knows nobody and checks nothing.
func (b *bench) measurePocketBase(ctx context.Context) error {
	say("Building PocketBase …")
	program := filepath.Join(b.dir, "pocketbase")
	build := exec.CommandContext(ctx, "go", "build", "-C", filepath.Join(".ci", "rivals", "pocketbase"), "-o", program, ".") //nolint:gosec // builds this repository
	if said, err := build.CombinedOutput(); err != nil {
		b.table.note("PocketBase\trival\tnot here: %v", err)
		say("PocketBase cannot be built here: %.300s", said)
		return nil // a machine without the network is no fault of the portal
	}
	listen, err := freeAddress(ctx)
	if err != nil {
		return err
	}
	rival, err := start(ctx, "pocketbase", b.dir, listen, nil, program, "--folder", filepath.Join(b.dir, "pocketbase-data"), "--listen", listen)
	if err != nil {
		return err
	}
	defer rival.stop()
	var people []*applicant
	for i := range citizens {
		a, err := b.applicant(ctx, i)
		if err != nil {
			return err
		}
		people = append(people, a)
	}
	if err := b.waitForJobs(ctx); err != nil {
		return err
	}
	ours := &side{name: "ours", process: b.portal, settle: b.waitForJobs, do: func(c *client, i int) error { return people[i%len(people)].apply(c) }}
	theirs := &side{name: "PocketBase", process: rival, do: func(c *client, i int) error { return people[i%len(people)].record(c, listen) }}
	ratio, err := b.duel(ctx, "an application with a file, four requests", ours, theirs, withFile)
	if err != nil {
		return err
	}
	b.table.remarks = append(b.table.remarks, "PocketBase is not durable when it answers: SQLite's log is not synced at a commit (synchronous NORMAL), a file never is. The portal has synced both.")
	b.figures.PocketBase = rounded(ratio, 2)
	return nil
}

// applicant is a citizen with what they apply with.
type applicant struct {
	host    string
	headers []string // by which the portal knows them
	offer   uuid.UUID
	answers map[string]map[string]any
	file    []byte
}

func (b *bench) applicant(ctx context.Context, i int) (*applicant, error) {
	c, err := signIn(ctx, b.config, email(i))
	if err != nil {
		return nil, err
	}
	offer, err := c.offer(ctx)
	if err != nil {
		return nil, err
	}
	all, err := demo.Answers()
	if err != nil {
		return nil, err
	}
	a := &applicant{offer: offer.Id, file: make([]byte, fileSize)}
	if err := json.Unmarshal(all[*offer.FormId], &a.answers); err != nil {
		return nil, fmt.Errorf("sample answers: %w", err)
	}
	a.answers["tax"]["exemption"], a.answers["tax"]["exemptionReason"] = "shelter", "Der Hund kommt aus dem Tierheim."
	_, _ = rand.Read(a.file) // never fails
	copy(a.file, "%PDF-1.7\n")
	a.host, a.headers, err = c.browser()
	return a, err
}

// with adds headers to those by which the portal knows the applicant.
func (a *applicant) with(headers ...string) []string {
	return append(headers, a.headers...)
}

// apply applies at the portal.
func (a *applicant) apply(c *client) error {
	const path = "/api/v1/applications"
	begin, err := json.Marshal(types.NewApplication{OfferId: a.offer, Ars: place})
	if err != nil {
		return err
	}
	var draft struct{ ID, Number string }
	if err := c.fetch(post(a.host, path, begin, a.with("Idempotency-Key", uuid.NewString())...), &draft); err != nil {
		return err
	}
	var file struct{ ID string }
	upload := request("POST", a.host, path+"/"+draft.ID+"/attachments?name=nachweis.pdf&field="+fileField, a.file, a.with("Content-Type", "application/octet-stream")...)
	if err := c.fetch(upload, &file); err != nil {
		return err
	}
	fill, err := json.Marshal(map[string]any{"data": a.filled(file.ID)})
	if err != nil {
		return err
	}
	if err := c.do(request("PATCH", a.host, path+"/"+draft.ID, fill, a.with("Content-Type", "application/json", "If-Match", "*")...)); err != nil {
		return err
	}
	if err := c.fetch(post(a.host, path+"/"+draft.ID+"/submit", nil, a.with("Idempotency-Key", uuid.NewString())...), &draft); err != nil {
		return err
	}
	if draft.Number == "" {
		return fmt.Errorf("application %s has no number", draft.ID)
	}
	return nil
}

// filled are the answers, with the file that they name.
func (a *applicant) filled(file string) map[string]any {
	data := map[string]any{}
	for step, answers := range a.answers {
		data[step] = answers
	}
	tax := map[string]any{"exemptionProof": []string{file}}
	for name, answer := range a.answers["tax"] {
		tax[name] = answer
	}
	data["tax"] = tax
	return data
}

// record stores the same at PocketBase.
func (a *applicant) record(c *client, host string) error {
	const path, kind = "/api/collections/applications/records", "application/json"
	var record struct{ ID, State, File string }
	begin, err := json.Marshal(map[string]any{"number": uuid.NewString(), "state": "draft", "applicant": "Clara Beispiel", "service": wanted})
	if err != nil {
		return err
	}
	if err := c.fetch(post(host, path, begin), &record); err != nil {
		return err
	}
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part, err := w.CreateFormFile("file", "nachweis.pdf")
	if err != nil {
		return err
	}
	_, _ = part.Write(a.file) // into memory
	if err := w.Close(); err != nil {
		return err
	}
	if err := c.fetch(request("PATCH", host, path+"/"+record.ID, form.Bytes(), "Content-Type", w.FormDataContentType()), &record); err != nil {
		return err
	}
	fill, err := json.Marshal(map[string]any{"data": a.filled(record.File)})
	if err != nil {
		return err
	}
	if err := c.do(request("PATCH", host, path+"/"+record.ID, fill, "Content-Type", kind)); err != nil {
		return err
	}
	if err := c.fetch(request("PATCH", host, path+"/"+record.ID, []byte(`{"state":"submitted"}`), "Content-Type", kind), &record); err != nil {
		return err
	}
	if record.State != "submitted" || record.File == "" {
		return fmt.Errorf("record %s is in state %q with file %q", record.ID, record.State, record.File)
	}
	return nil
}

// fetch is do for an answer in JSON.
func (c *client) fetch(request []byte, into any) error {
	var answer bytes.Buffer
	if err := c.ask(request, &answer); err != nil {
		return err
	}
	return json.Unmarshal(answer.Bytes(), into)
}

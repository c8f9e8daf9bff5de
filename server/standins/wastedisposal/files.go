package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/uuid"

	"portalverbund/server/platform/pdf"
)

const (
	maxPhotos = 20
	maxPhoto  = 12 << 20 // bytes
)

// photosOf gives the files that a delivery came with, as far as the company wants them.
func photosOf(d delivery) []photo {
	var photos []photo
	for _, p := range d.Attachments {
		if p.Size <= maxPhoto && len(photos) < maxPhotos {
			p.State = ""
			photos = append(photos, p)
		}
	}
	return photos
}

func (o *orders) photoPath(orderID, photoID uuid.UUID) string {
	return filepath.Join(o.folder, orderID.String()+"."+photoID.String())
}

// fetchAll fetches the photos that are not here yet. What fails is tried again.
func (c *company) fetchAll(ctx context.Context) error {
	var failed error
	for _, kept := range c.orders.all() {
		for i, p := range kept.Photos {
			if p.State != "" || kept.State == stateCancelled {
				continue
			}
			state := photoHere
			switch err := c.fetchPhoto(ctx, kept.ID, p); {
			case errors.Is(err, errRefused):
				state = photoMissing
			case err != nil:
				failed = errors.Join(failed, fmt.Errorf("photo of %s: %w", kept.Reference, err))
				continue
			}
			err := c.orders.change(kept.ID, func(o *order) error { o.Photos[i].State = state; return nil })
			if err != nil {
				return err
			}
		}
	}
	return failed
}

// fetchPhoto gets one file and checks that it is the one that was announced.
func (c *company) fetchPhoto(ctx context.Context, orderID uuid.UUID, p photo) error {
	response, err := c.portal.do(ctx, http.MethodGet, "/api/v1/deliveries/"+orderID.String()+"/attachments/"+p.ID.String(), nil, http.Header{})
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }() // it was only read
	content, err := io.ReadAll(io.LimitReader(response.Body, maxPhoto+1))
	if err != nil {
		return err
	}
	if response.StatusCode == http.StatusConflict && bytes.Contains(content, []byte("attachment-pending")) {
		return errors.New("the portal does not have it yet")
	}
	if err := c.portal.read(response.StatusCode, content); err != nil {
		return err
	}
	if hash := sha256.Sum256(content); hex.EncodeToString(hash[:]) != p.SHA256 {
		return errors.New("not the file that was announced")
	}
	return writeFile(c.orders.photoPath(orderID, p.ID), content)
}

// showPhoto gives the staff a photo.
func (c *company) showPhoto(w http.ResponseWriter, r *http.Request) {
	_, ok := c.staff.of(r)
	orderID, err := uuid.Parse(r.PathValue("id"))
	photoID, err2 := uuid.Parse(r.PathValue("photo"))
	if !ok || err != nil || err2 != nil {
		c.notFound(w, r)
		return
	}
	for _, kept := range c.orders.all() {
		for _, p := range kept.Photos {
			if kept.ID != orderID || p.ID != photoID || p.State != photoHere {
				continue
			}
			content, err := os.ReadFile(c.orders.photoPath(orderID, photoID))
			if err != nil {
				c.log.Error("photo not read", "error", err)
				break
			}
			switch p.MediaType {
			case "image/jpeg", "image/png":
				w.Header().Set("Content-Type", p.MediaType)
			default:
				w.Header().Set("Content-Type", "application/octet-stream")
				w.Header().Set("Content-Disposition", "attachment")
			}
			_, _ = w.Write(content) // the reader has gone when it fails
			return
		}
	}
	c.notFound(w, r)
}

// notice is a letter about the day of collection, which goes with a report. It is written when it is sent, the same each time.
type notice struct {
	Day        string    `json:"day"` // YYYY-MM-DD
	At         time.Time `json:"at"`
	DocumentID uuid.UUID `json:"documentId"` // at the portal, once it is there
}

// withNotice uploads what goes with a report, once, and gives the report with the document's id.
func (c *company) withNotice(ctx context.Context, o order, index int) (report, error) {
	r := o.Reports[index]
	if r.Notice == nil || r.Notice.DocumentID != uuid.Nil {
		return r, nil
	}
	content, err := writeNotice(o, *r.Notice)
	if err != nil {
		return r, err
	}
	id, err := c.portal.addDocument(ctx, o.ID, r.Key, "Abholschein "+o.Reference+".pdf", content)
	if err != nil {
		return r, err
	}
	sent := *r.Notice
	sent.DocumentID = id
	r.Notice = &sent
	return r, c.orders.change(o.ID, func(o *order) error { o.Reports[index].Notice = &sent; return nil })
}

// addDocument uploads a document. The same may be uploaded any number of times under its key.
func (p *portal) addDocument(ctx context.Context, id uuid.UUID, key, name string, content []byte) (uuid.UUID, error) {
	response, err := p.do(ctx, http.MethodPost, "/api/v1/deliveries/"+id.String()+"/documents?"+url.Values{"name": {name}}.Encode(), bytes.NewReader(content), http.Header{
		"Content-Type": {"application/octet-stream"}, "Idempotency-Key": {key},
	})
	if err != nil {
		return uuid.Nil, err
	}
	defer func() { _ = response.Body.Close() }() // it was only read
	answer, _ := io.ReadAll(io.LimitReader(response.Body, 64<<10))
	if err := p.read(response.StatusCode, answer); err != nil {
		return uuid.Nil, err
	}
	var document struct {
		ID uuid.UUID `json:"id"`
	}
	if err := json.Unmarshal(answer, &document); err != nil || document.ID == uuid.Nil {
		return uuid.Nil, errors.New("the portal did not say what it calls the document")
	}
	return document.ID, nil
}

// writeNotice sets the letter as a PDF on A4. The same order gives the same bytes.
func writeNotice(o order, n notice) ([]byte, error) {
	day, err := time.ParseInLocation(dateFormat, n.Day, berlin())
	if err != nil {
		return nil, fmt.Errorf("write notice: %w", err)
	}
	k := card(o)
	const company = "Entsorgung Emsland (Beispiel)"
	p, err := pdf.New(pdf.Head{Title: "Abholschein " + o.Reference, Author: company, Language: "de-DE", At: n.At})
	if err != nil {
		return nil, fmt.Errorf("write notice: %w", err)
	}
	p.Letterhead(company)
	p.Heading("Abholschein für Sperrmüll")
	p.Heading("Ihr Abholtermin: " + germanDay(day))
	p.Facts(
		pdf.Fact{Label: "Auftragsnummer", Value: o.Reference}, pdf.Fact{Label: "Antragsnummer", Value: o.Number},
		pdf.Fact{Label: "Abholung", Value: k.Street + ", " + k.Town}, pdf.Fact{Label: "Gegenstände", Value: strings.Join(k.Things, ", ")},
	)
	p.Text("Bitte stellen Sie alles am Tag der Abholung bis 6 Uhr gut sichtbar bereit und legen Sie diesen Schein dazu. Was nicht angemeldet ist, bleibt stehen.")
	p.Footer(company)
	var b bytes.Buffer
	if err := p.Write(&b); err != nil {
		return nil, fmt.Errorf("write notice: %w", err)
	}
	return b.Bytes(), nil
}

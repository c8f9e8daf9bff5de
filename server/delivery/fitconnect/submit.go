package fitconnect

import (
	"context"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/uuid"
)

const metadataSchema = "https://schema.fitko.de/fit-connect/metadata/2.1.0/metadata.schema.json"

// Announced is a submission that the service expects.
type Announced struct {
	SubmissionID uuid.UUID `json:"submissionId"`
	CaseID       uuid.UUID `json:"caseId"`
}

// Attachment is a file of a submission.
type Attachment struct {
	ID       uuid.UUID
	Name     string
	MimeType string
	SHA512   string // hexadecimal
}

// Announce tells the service of a submission and its attachments. What is announced and not sent is never delivered.
func (c *Client) Announce(ctx context.Context, d Destination, title string, attachments []uuid.UUID) (Announced, error) {
	if attachments == nil {
		attachments = []uuid.UUID{}
	}
	body, length, err := inJSON(map[string]any{
		"destinationId": d.ID, "announcedAttachments": attachments, "publicService": map[string]string{"name": title, "identifier": d.Service},
	})
	if err != nil {
		return Announced{}, err
	}
	var a Announced
	err = c.do(ctx, call{step: "announce", method: http.MethodPost, url: c.o.SubmissionURL + "/v2/submissions", contentType: jsonData, body: body, length: length}, &a)
	if err == nil && (a.SubmissionID == uuid.Nil || a.CaseID == uuid.Nil) {
		err = fmt.Errorf("announce: the answer names no submission")
	}
	return a, err
}

// Upload encrypts an attachment for the destination and sends it; it gives its hash and the tag that events name it by. size is exact, and
// the content is in memory once.
func (c *Client) Upload(ctx context.Context, submission uuid.UUID, key jose.JSONWebKey, id uuid.UUID, mimeType string, size int64, content io.Reader) (hash, tag string, err error) {
	if size < 0 || size > c.o.MaxAttachment {
		return "", "", ErrTooLarge
	}
	plain := make([]byte, size, size+Room)
	if _, err := io.ReadFull(content, plain); err != nil {
		return "", "", fmt.Errorf("read attachment: %w", err)
	}
	sum := sha512.Sum512(plain)
	s, err := encryptLarge(key, mimeType, plain)
	if err != nil {
		return "", "", err
	}
	err = c.do(ctx, call{
		step: "attachment", method: http.MethodPut, url: c.o.SubmissionURL + "/v2/submissions/" + submission.String() + "/attachments/" + id.String(),
		contentType: "application/jose", body: s.reader, length: s.length(), timeout: uploadTimeout,
	}, nil)
	return hex.EncodeToString(sum[:]), s.tag, err
}

// Content is what is said of an application, before it is encrypted.
type Content struct {
	Data        []byte // JSON
	Attachments []Attachment
	Number      string // the portal's own, for questions
	SubmittedAt time.Time
}

// Sealed is a submission as it is sent: compact JWEs. The same one is sent again, so that its tags stay the same.
type Sealed struct {
	Metadata string
	Data     string
}

// Seal writes the metadata of an application, with its hashes, and encrypts it and the data for the destination.
func Seal(d Destination, c Content) (Sealed, error) {
	attachments := make([]map[string]any, 0, len(c.Attachments))
	for _, a := range c.Attachments {
		attachments = append(attachments, map[string]any{
			"attachmentId": a.ID, "purpose": "attachment", "filename": a.Name, "mimeType": a.MimeType, "hash": hashOf(a.SHA512),
		})
	}
	sum := sha512.Sum512(c.Data)
	metadata, err := json.Marshal(map[string]any{
		"$schema": metadataSchema,
		"contentStructure": map[string]any{
			"data":        map[string]any{"hash": hashOf(hex.EncodeToString(sum[:])), "submissionSchema": map[string]string{"schemaUri": d.Schema, "mimeType": jsonData}},
			"attachments": attachments,
		},
		"additionalReferenceInfo": map[string]string{"senderReference": c.Number, "applicationDate": c.SubmittedAt.Format(time.DateOnly)},
	})
	if err != nil {
		return Sealed{}, err
	}
	var s Sealed
	if s.Metadata, err = encrypt(d.Key, jsonData, metadata); err != nil {
		return s, err
	}
	s.Data, err = encrypt(d.Key, jsonData, c.Data)
	return s, err
}

func hashOf(sum string) map[string]string { return map[string]string{"type": "sha512", "content": sum} }

// Send makes a submission final. It is the same to send it twice.
func (c *Client) Send(ctx context.Context, submission uuid.UUID, s Sealed) error {
	body, length, err := inJSON(map[string]string{"encryptedMetadata": s.Metadata, "encryptedData": s.Data})
	if err != nil {
		return err
	}
	return c.do(ctx, call{
		step: "submit", method: http.MethodPut, url: c.o.SubmissionURL + "/v2/submissions/" + submission.String(), contentType: jsonData, body: body, length: length, timeout: uploadTimeout,
	}, nil)
}

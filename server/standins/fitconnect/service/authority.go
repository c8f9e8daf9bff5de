package service

import (
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"slices"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/uuid"
)

const metadataSchema = "https://schema.fitko.de/fit-connect/metadata/2.1.0/metadata.schema.json"

type hash struct {
	Type    string `json:"type"`
	Content string `json:"content"`
}

type metadata struct {
	Schema  string `json:"$schema"`
	Content struct {
		Data struct {
			Hash   hash `json:"hash"`
			Schema struct {
				URI      string `json:"schemaUri"`
				MimeType string `json:"mimeType"`
			} `json:"submissionSchema"`
		} `json:"data"`
		Attachments []struct {
			ID       uuid.UUID `json:"attachmentId"`
			Hash     hash      `json:"hash"`
			Name     string    `json:"filename"`
			MimeType string    `json:"mimeType"`
			Purpose  string    `json:"purpose"`
		} `json:"attachments"`
	} `json:"contentStructure"`
	Reference struct {
		Sender string `json:"senderReference"`
		Date   string `json:"applicationDate"`
	} `json:"additionalReferenceInfo"`
}

// decide does what the software of an authority does with a submission; s is locked.
func (s *Service) decide(k *kept) {
	if wrong := s.receive(k); len(wrong) > 0 {
		s.reject(k, wrong...)
		return
	}
	switch s.b.Decide {
	case "", Accept:
		s.accept(k)
	case Reject:
		s.reject(k, "schema-violation")
	}
}

func (s *Service) accept(k *kept) {
	k.State = "accepted"
	s.say(k, "accept-submission", true, map[string]any{"authenticationTags": k.tags()})
	s.say(k, "delete-submission", false, nil)
}

func (s *Service) reject(k *kept, wrong ...string) {
	k.State, k.Problems = "rejected", wrong
	list := []map[string]string{}
	for _, what := range wrong {
		list = append(list, map[string]string{"type": problems + what, "title": what, "detail": what, "instance": "submission"})
	}
	s.say(k, "reject-submission", true, map[string]any{"problems": list})
}

func (s *Service) decrypt(jwe string) ([]byte, error) {
	sealed, err := jose.ParseEncryptedCompact(jwe, []jose.KeyAlgorithm{jose.RSA_OAEP_256}, []jose.ContentEncryption{jose.A256GCM})
	if err != nil {
		return nil, err
	}
	return sealed.Decrypt(s.o.Keys.decryption)
}

// receive decrypts a submission and checks every hash; it gives what is wrong.
func (s *Service) receive(k *kept) (wrong []string) {
	plain, err := s.decrypt(k.metadata)
	if err != nil {
		return []string{"encryption-issue"}
	}
	var m metadata
	if err := json.Unmarshal(plain, &m); err != nil || m.Schema != metadataSchema {
		return []string{"unsupported-schema"}
	}
	k.Number = m.Reference.Sender
	if k.Data, err = s.decrypt(k.data); err != nil || !json.Valid(k.Data) {
		return []string{"encryption-issue"}
	}
	if !fits(m.Content.Data.Hash, k.Data) {
		wrong = append(wrong, "hash-mismatch")
	}
	if m.Content.Data.Schema.URI != schemaURI || m.Content.Data.Schema.MimeType != "application/json" {
		wrong = append(wrong, "unsupported-data-schema")
	}
	k.Attachments = map[uuid.UUID]Attachment{}
	for _, a := range m.Content.Attachments {
		content, err := s.decrypt(k.jwes[a.ID])
		switch {
		case err != nil || a.Name == "" || a.Purpose != "attachment":
			wrong = append(wrong, "attachments-mismatch")
		case !fits(a.Hash, content):
			wrong = append(wrong, "hash-mismatch")
		}
		k.Attachments[a.ID] = Attachment{Name: a.Name, MimeType: a.MimeType, Size: int64(len(content)), SHA256: sum256(content)}
	}
	if len(k.Attachments) != len(k.jwes) || len(m.Content.Attachments) != len(k.jwes) {
		wrong = append(wrong, "attachments-mismatch")
	}
	return slices.Compact(wrong)
}

func fits(h hash, content []byte) bool {
	sum := sha512.Sum512(content)
	return h.Type == "sha512" && h.Content == hex.EncodeToString(sum[:])
}

// Decide decides on a submission that waits, by its owner's hand.
func (s *Service) Decide(id uuid.UUID, decision string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.kept[id]
	if k == nil || k.State != "submitted" {
		return fmt.Errorf("no such submission waits")
	}
	switch decision {
	case Accept:
		s.accept(k)
	case Reject:
		s.reject(k, "schema-violation")
	default:
		return fmt.Errorf("accept or reject")
	}
	return nil
}

func (s *Service) decideByHand(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxText)
	id, err := uuid.Parse(r.PostFormValue("id"))
	if err == nil {
		err = s.Decide(id, r.PostFormValue("decision"))
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

const pageText = `<!doctype html><html lang="de"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Fachverfahren (Beispiel)</title>
<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}li{margin:1rem 0}pre{white-space:pre-wrap;background:#f3f3f3;padding:.5rem;overflow-wrap:anywhere}</style>
<main><h1>Fachverfahren (Beispiel)</h1><p>Hier kommt an, was ein Portal über FIT-Connect einreicht.</p>
{{if .}}<ol>{{range .}}<li><strong>{{.Number}}</strong> {{.State}}{{range .Problems}} ({{.}}){{end}}<pre>{{printf "%s" .Data}}</pre>
{{if eq .State "submitted"}}<form method="post" action="/entscheidung"><input type="hidden" name="id" value="{{.ID}}"><button name="decision" value="accept">Annehmen</button> <button name="decision" value="reject">Zurückweisen</button></form>{{end}}</li>{{end}}</ol>
{{else}}<p>Noch ist nichts angekommen.</p>{{end}}</main></html>`

func (s *Service) page(w http.ResponseWriter, _ *http.Request) {
	shown := slices.DeleteFunc(s.Submissions(), func(x Submission) bool { return x.State == "incomplete" })
	slices.Reverse(shown)
	t, err := template.New("page").Parse(pageText)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'")
	_ = t.Execute(w, shown) // the caller may have gone
}

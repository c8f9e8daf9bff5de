package accounts

import (
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"portalverbund/server/platform/problem"
)

// htmlExport writes a page that stands on its own: to read, to print, to keep.
type htmlExport struct {
	w        io.Writer
	language string
	section  string
}

func newHTMLExport(w io.Writer, language string) *htmlExport {
	return &htmlExport{w: w, language: language}
}

// exportWords are the names of sections and of the parts of what is exported.
func exportWords() map[string]problem.Text {
	return map[string]problem.Text{
		"title": {De: "Ihre Daten", En: "Your data"}, "at": {De: "Stand", En: "As of"},
		"away":    {De: "Dieses Portal war nicht erreichbar. Bitte wiederholen Sie den Export später.", En: "This portal could not be reached. Please export again later."},
		"profile": {De: "Meine Angaben", En: "My details"}, "consents": {De: "Einwilligungen", En: "Consents"},
		"accesses": {De: "Zugriffe", En: "Accesses"}, "proposals": {De: "Vorschläge", En: "Proposals"}, "messages": {De: "Postfach", En: "Mailbox"},
		"applications": {De: "Anträge", En: "Applications"}, "sessions": {De: "Anmeldungen", En: "Sessions"}, "documents": {De: "Dokumente", En: "Documents"},
		"givenName": {De: "Vorname", En: "First name"}, "familyName": {De: "Nachname", En: "Last name"}, "birthName": {De: "Geburtsname", En: "Name at birth"},
		"birthDate": {De: "Geburtsdatum", En: "Date of birth"}, "birthPlace": {De: "Geburtsort", En: "Place of birth"},
		"nationality": {De: "Staatsangehörigkeit", En: "Citizenship"}, "street": {De: "Straße", En: "Street"}, "houseNumber": {De: "Hausnummer", En: "House number"},
		"postalCode": {De: "Postleitzahl", En: "Postcode"}, "city": {De: "Ort", En: "Town"}, "phone": {De: "Telefon", En: "Telephone"},
		"email": {De: "E-Mail-Adresse", En: "Email address"}, "iban": {De: "IBAN", En: "IBAN"}, "accountHolder": {De: "Kontoinhaber", En: "Account holder"},
		"children": {De: "Kinder", En: "Children"}, "vehicles": {De: "Fahrzeuge", En: "Vehicles"}, "plate": {De: "Kennzeichen", En: "Plate"},
		"name": {De: "Name", En: "Name"}, "origins": {De: "Herkunft der Angaben", En: "Origin of the details"}, "item": {De: "Angabe", En: "Item"},
		"origin": {De: "Herkunft", En: "Origin"}, "verified": {De: "bestätigt", En: "verified"}, "who": {De: "Wer", En: "Who"},
		"purpose": {De: "Zweck", En: "Purpose"}, "items": {De: "Angaben", En: "Items"}, "ground": {De: "Grundlage", En: "Ground"},
		"recipient": {De: "Empfänger", En: "Recipient"}, "givenAt": {De: "Gegeben am", En: "Given on"}, "withdrawnAt": {De: "Widerrufen am", En: "Withdrawn on"},
		"kind": {De: "Art", En: "Kind"}, "reference": {De: "Nummer", En: "Number"}, "number": {De: "Nummer", En: "Number"}, "state": {De: "Stand", En: "State"},
		"service": {De: "Leistung", En: "Service"}, "authority": {De: "Behörde", En: "Authority"}, "subject": {De: "Betreff", En: "Subject"},
		"sender": {De: "Absender", En: "Sender"}, "text": {De: "Text", En: "Text"}, "answers": {De: "Antworten", En: "Answers"},
		"timeline": {De: "Verlauf", En: "Timeline"}, "attachments": {De: "Anlagen", En: "Attachments"}, "createdAt": {De: "Begonnen am", En: "Begun on"},
		"submittedAt": {De: "Eingereicht am", En: "Submitted on"}, "browser": {De: "Browser", En: "Browser"}, "size": {De: "Größe (Bytes)", En: "Size (bytes)"},
		"readAt": {De: "Gelesen am", En: "Read on"}, "lastSeenAt": {De: "Zuletzt benutzt", En: "Last used"}, "true": {De: "ja", En: "yes"}, "false": {De: "nein", En: "no"},
	}
}

func (h *htmlExport) word(name string) string {
	if text, ok := exportWords()[name]; ok {
		return text.In(h.language)
	}
	return name
}

func (h *htmlExport) printf(format string, args ...any) error {
	for i, arg := range args {
		args[i] = template.HTMLEscapeString(fmt.Sprint(arg))
	}
	_, err := fmt.Fprintf(h.w, format, args...)
	return err
}

const htmlHead = `<!doctype html>
<html lang="%s"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><title>%s</title>
<style>body{font:1rem/1.5 sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem;overflow-wrap:anywhere}dl{display:grid;grid-template-columns:minmax(7rem,12rem) 1fr;gap:.25rem 1rem;margin:.5rem 0;border-top:1px solid #bbb;padding-top:.5rem}dt{font-weight:600}dd{margin:0;white-space:pre-line}</style>
</head><body><h1>%s</h1><p>%s: %s</p>
`

func (h *htmlExport) begin(at time.Time) error {
	return h.printf(htmlHead, h.language, h.word("title"), h.word("title"), h.word("at"), at.UTC().Format("2006-01-02 15:04 MST"))
}

func (h *htmlExport) portal(name string, reached bool) error {
	h.section = ""
	if err := h.printf("<h2>%s</h2>\n", name); err != nil || reached {
		return err
	}
	return h.printf("<p>%s</p>\n", h.word("away"))
}

func (h *htmlExport) item(section string, data json.RawMessage) error {
	if section != h.section {
		h.section = section
		if err := h.printf("<h3>%s</h3>\n", h.word(section)); err != nil {
			return err
		}
	}
	var value any
	if err := json.Unmarshal(data, &value); err != nil {
		return fmt.Errorf("export %s: %w", section, err)
	}
	return h.value(value)
}

// value writes any JSON value: members as a list of names and values, the parts of a list one after the other.
func (h *htmlExport) value(value any) error {
	switch v := value.(type) {
	case map[string]any:
		if err := h.printf("<dl>"); err != nil {
			return err
		}
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if err := h.printf("<dt>%s</dt><dd>", h.word(name)); err != nil {
				return err
			}
			if err := h.value(v[name]); err != nil {
				return err
			}
			if err := h.printf("</dd>"); err != nil {
				return err
			}
		}
		return h.printf("</dl>\n")
	case []any:
		plain := make([]string, 0, len(v))
		for _, part := range v {
			if text, ok := part.(string); ok {
				plain = append(plain, h.word(text))
				continue
			}
			if err := h.value(part); err != nil {
				return err
			}
		}
		return h.printf("%s", strings.Join(plain, ", "))
	case bool:
		return h.printf("%s", h.word(fmt.Sprint(v)))
	case nil:
		return nil
	}
	return h.printf("%s", value)
}

func (h *htmlExport) end() error { return h.printf("</body></html>\n") }

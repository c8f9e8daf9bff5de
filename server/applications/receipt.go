package applications

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/pdf"
)

// receiptWords are the words of a receipt on paper.
type receiptWords struct {
	title, sent, number, service, authority, actedFor, submitted, arrived, onItsWay, answers, gone, files, hash, hashText, yes, no, footer, name, when string

	coApplicant, consented string // the latter with name, moment and trust level
	levels                 map[types.TrustLevel]string
}

func wordsOfReceipt(language string) receiptWords {
	if language == "en" {
		return receiptWords{
			title: "Receipt of your application", sent: "You have sent this application. What you have sent cannot be changed any more.", number: "Number of the application",
			service: "Service", authority: "Goes to", actedFor: "For", submitted: "Sent on", arrived: "Arrived on", onItsWay: "still on its way", answers: "Your answers",
			gone:  "Your answers and files are with the competent authority, and no longer kept at this portal.",
			files: "Files", hash: "Checksum of the content", hashText: "SHA-256 over the submitted content in canonical JSON (RFC 8785). With it can be proved later that exactly this was sent.",
			yes: "Yes", no: "No", footer: "Receipt of the application", name: "receipt-", when: "2 January 2006, 15:04",
			coApplicant: "Together with", consented: "%s, consented on %s (trust level: %s)",
			levels: map[types.TrustLevel]string{types.Low: "low", types.Substantial: "substantial", types.High: "high"},
		}
	}
	return receiptWords{
		title: "Bestätigung Ihres Antrags", sent: "Sie haben diesen Antrag abgeschickt. Was Sie abgeschickt haben, lässt sich nicht mehr ändern.", number: "Antragsnummer",
		service: "Leistung", authority: "Geht an", actedFor: "Für", submitted: "Abgeschickt am", arrived: "Angekommen am", onItsWay: "noch unterwegs", answers: "Ihre Angaben",
		gone:  "Ihre Angaben und Dateien liegen bei der zuständigen Behörde und nicht mehr an diesem Portal.",
		files: "Dateien", hash: "Prüfsumme des Inhalts", hashText: "SHA-256 über den abgeschickten Inhalt in kanonischem JSON (RFC 8785). Damit lässt sich später nachweisen, dass genau das abgeschickt wurde.",
		yes: "Ja", no: "Nein", footer: "Bestätigung des Antrags", name: "bestaetigung-", when: "02.01.2006, 15:04 Uhr",
		coApplicant: "Gemeinsam mit", consented: "%s, zugestimmt am %s (Vertrauensniveau: %s)",
		levels: map[types.TrustLevel]string{types.Low: "niedrig", types.Substantial: "substanziell", types.High: "hoch"},
	}
}

// ReceiptPaper gives the receipt of one of the caller's applications as a PDF, with the answers while they are here, and its name.
func (s *Service) ReceiptPaper(ctx context.Context, id uuid.UUID) (content []byte, name string, err error) {
	a, err := s.Receipt(ctx, id)
	if err != nil {
		return nil, "", err
	}
	language := httpx.LanguageOf(ctx)
	w := wordsOfReceipt(language)
	p, err := pdf.New(pdf.Head{Title: w.title + " " + a.Number, Author: s.portals.Self().Name, Language: language, At: *a.SubmittedAt})
	if err != nil {
		return nil, "", err
	}
	p.Letterhead(s.portals.Self().Name)
	p.Heading(w.title)
	p.Text(w.sent)
	local := func(at time.Time) string { return at.In(germany()).Format(w.when) }
	facts := []pdf.Fact{
		{Label: w.number, Value: a.Number},
		{Label: w.service, Value: httpx.Localized(ctx, a.ServiceTitle)},
		{Label: w.authority, Value: httpx.Localized(ctx, a.AuthorityName) + ", " + a.Portal.Name},
		{Label: w.submitted, Value: local(*a.SubmittedAt)},
		{Label: w.arrived, Value: w.onItsWay},
	}
	if a.ArrivedAt != nil {
		facts[4].Value = local(*a.ArrivedAt)
	}
	if a.ActsFor != nil {
		facts = append(facts, pdf.Fact{Label: w.actedFor, Value: a.ActsFor.Name})
	}
	facts = append(facts, w.together(a.consented())...)
	p.Facts(facts...)
	if err := s.answersOn(ctx, p, a, w); err != nil {
		return nil, "", err
	}
	if len(a.Attachments) > 0 {
		p.Heading(w.files)
		p.List(fileNames(a.Attachments)...)
	}
	p.Heading(w.hash)
	p.Text(a.ContentHash)
	p.Small(w.hashText)
	p.Footer(w.footer + " " + a.Number)
	var b bytes.Buffer
	err = p.Write(&b)
	return b.Bytes(), w.name + a.Number + ".pdf", err
}

// together names those who have made an application with the person who filled it in, and when they consented.
func (w receiptWords) together(consented *[]types.ConsentedApplicant) []pdf.Fact {
	if consented == nil {
		return nil
	}
	facts := make([]pdf.Fact, 0, len(*consented))
	for _, c := range *consented {
		facts = append(facts, pdf.Fact{Label: w.coApplicant, Value: fmt.Sprintf(w.consented, c.Name, c.ConsentedAt.In(germany()).Format(w.when), w.levels[c.TrustLevel])})
	}
	return facts
}

func fileNames(attachments []types.Attachment) []string {
	names := make([]string, len(attachments))
	for i, f := range attachments {
		names[i] = f.Name
	}
	return names
}

// PaperFor sets an application as the competent office reads it, in German, as a PDF. The office is one of this portal.
func (s *Service) PaperFor(ctx context.Context, app types.MessageApplication) ([]byte, error) {
	ctx = httpx.WithLanguage(ctx, "de")
	w := wordsOfReceipt("de")
	p, err := pdf.New(pdf.Head{Title: "Antrag " + app.Number, Author: s.portals.Self().Name, Language: "de", At: app.SubmittedAt})
	if err != nil {
		return nil, err
	}
	p.Letterhead(s.portals.Self().Name)
	p.Heading("Antrag " + app.Number)
	facts := []pdf.Fact{
		{Label: w.number, Value: app.Number},
		{Label: w.service, Value: httpx.Localized(ctx, app.ServiceTitle)},
		{Label: w.submitted, Value: app.SubmittedAt.In(germany()).Format(w.when)},
		{Label: "Gestellt von", Value: app.ApplicantName},
	}
	if app.ActsFor != nil {
		facts = append(facts, pdf.Fact{Label: w.actedFor, Value: app.ActsFor.Name})
	}
	p.Facts(append(facts, w.together(app.CoApplicants)...)...)
	a := Application{FormID: app.FormId, FormVersion: app.FormVersion, Data: app.Data, Attachments: app.Attachments}
	if a.Data == nil {
		a.Data = map[string]any{}
	}
	if err := s.answersOn(ctx, p, a, w); err != nil {
		return nil, err
	}
	if len(app.Attachments) > 0 {
		p.Heading(w.files)
		p.List(fileNames(app.Attachments)...)
	}
	p.Heading(w.hash)
	p.Text(app.ContentHash)
	p.Footer("Antrag " + app.Number)
	var b bytes.Buffer
	err = p.Write(&b)
	return b.Bytes(), err
}

// germany is where the offices are.
func germany() *time.Location {
	if berlin, err := time.LoadLocation("Europe/Berlin"); err == nil {
		return berlin
	}
	return time.UTC
}

// answersOn sets the answers, step by step as the form asked for them.
func (s *Service) answersOn(ctx context.Context, p *pdf.Paper, a Application, w receiptWords) error {
	if a.Data == nil {
		p.Text(w.gone)
		return nil
	}
	form, err := s.forms.Form(ctx, a.FormID, a.FormVersion)
	if err != nil {
		return fmt.Errorf("read form of a receipt: %w", err)
	}
	said := answerWriter{ctx: ctx, words: w, files: map[string]string{}}
	for _, f := range a.Attachments {
		said.files[f.Id.String()] = f.Name
	}
	data := s.forms.Answers(form, a.Data)
	for _, step := range form.Layout.Steps {
		values, _ := data[step.Id].(map[string]any)
		if facts := said.facts(step.Fields, values, ""); len(facts) > 0 {
			p.Heading(httpx.Localized(ctx, step.Title))
			p.Facts(facts...)
		}
	}
	return nil
}

// answerWriter writes answers as people read them.
type answerWriter struct {
	ctx   context.Context
	words receiptWords
	files map[string]string // names by id
}

// facts gives the answers to fields; before is what they are part of.
func (w answerWriter) facts(fields []types.FormField, values map[string]any, before string) []pdf.Fact {
	var facts []pdf.Fact
	for _, f := range fields {
		label := before + httpx.Localized(w.ctx, f.Label)
		if f.Kind == types.FormFieldKindGroup && f.Fields != nil {
			items, _ := values[f.Name].([]any)
			for i, item := range items {
				of, _ := item.(map[string]any)
				facts = append(facts, w.facts(*f.Fields, of, label+" "+strconv.Itoa(i+1)+": ")...)
			}
			continue
		}
		if text := w.text(f, values[f.Name]); text != "" {
			facts = append(facts, pdf.Fact{Label: label, Value: text})
		}
	}
	return facts
}

func (w answerWriter) text(f types.FormField, value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case bool:
		if v {
			return w.words.yes
		}
		return w.words.no
	case []any:
		texts := make([]string, 0, len(v))
		for _, each := range v {
			texts = append(texts, w.text(f, each))
		}
		return strings.Join(texts, ", ")
	case string:
		return w.word(f, v)
	case float64:
		if f.Kind == types.FormFieldKindMoney {
			return w.money(int64(v))
		}
		return strconv.FormatFloat(v, 'f', -1, 64)
	case json.Number:
		if cents, err := v.Int64(); err == nil && f.Kind == types.FormFieldKindMoney {
			return w.money(cents)
		}
		return v.String()
	}
	return fmt.Sprint(value)
}

// word gives a choice its label, a file its name, and a date the order of the language.
func (w answerWriter) word(f types.FormField, value string) string {
	if f.Options != nil {
		for _, o := range *f.Options {
			if o.Value == value {
				return httpx.Localized(w.ctx, o.Label)
			}
		}
	}
	switch f.Kind {
	case types.FormFieldKindFile:
		if name := w.files[value]; name != "" {
			return name
		}
	case types.FormFieldKindDate:
		if day, err := time.Parse(time.DateOnly, value); err == nil {
			return day.Format(strings.SplitN(w.words.when, ", ", 2)[0])
		}
	}
	return value
}

func (w answerWriter) money(cents int64) string {
	point := ","
	if httpx.LanguageOf(w.ctx) == "en" {
		point = "."
	}
	sign := ""
	if cents < 0 {
		sign, cents = "-", -cents
	}
	return fmt.Sprintf("%s%d%s%02d €", sign, cents/100, point, cents%100)
}

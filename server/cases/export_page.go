package cases

import (
	"cmp"
	"fmt"
	"html/template"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"portalverbund/api/types"
	"portalverbund/server/platform/problem"
)

// exportWord gives a word of the exported page.
func exportWord(name string) problem.Text {
	words := map[string]problem.Text{
		"file": {De: "Akte", En: "File"}, "data": {De: "Antrag und Verlauf als Daten", En: "Application and timeline as data"},
		"number": {De: "Nummer", En: "Number"}, "state": {De: "Stand", En: "State"}, "applicant": {De: "Antragstellende Person", En: "Applicant"},
		"actor": {De: "Handelnde Person", En: "Acting person"}, "coApplicant": {De: "Gemeinsam mit", En: "Together with"}, "office": {De: "Zuständig", En: "Competent"}, "origin": {De: "Gestellt bei", En: "Applied for at"}, "submitted": {De: "Abgeschickt", En: "Submitted"},
		"received": {De: "Eingegangen", En: "Received"}, "level": {De: "Vertrauensniveau", En: "Trust level"}, "hash": {De: "Prüfsumme des Antrags (SHA-256)", En: "Hash of the application (SHA-256)"},
		"deleteOn": {De: "Wird gelöscht am", En: "Will be deleted on"}, "hold": {De: "Löschsperre", En: "Hold"}, "answers": {De: "Angaben", En: "Answers"},
		"attachments": {De: "Anhänge", En: "Attachments"}, "missing": {De: "noch nicht übertragen", En: "not transferred yet"}, "timeline": {De: "Verlauf und Nachrichten", En: "Timeline and messages"},
		"notes": {De: "Interne Notizen", En: "Internal notes"}, "exported": {De: "Exportiert", En: "Exported"}, "yes": {De: "ja", En: "yes"}, "no": {De: "nein", En: "no"},
		"fees": {De: "Gebühren", En: "Fees"}, "asked": {De: "Verlangt", En: "Asked"}, "reference": {De: "Kassenzeichen", En: "Reference"}, "due": {De: "Zu bezahlen bis", En: "To be paid by"},
		"paid": {De: "Bezahlt", En: "Paid"}, "refunded": {De: "Erstattet", En: "Refunded"}, "reduced": {De: "Ermäßigt", En: "Reduced"}, "waived": {De: "Erlassen", En: "Waived"},
		"asksDocument": {De: "Unterlage erbeten", En: "Document asked for"}, "asksAnswer": {De: "Angabe erbeten", En: "Answer asked for"},
		"until": {De: "Antwort erbeten bis", En: "Answer asked for by"}, "corrected": {De: "Berichtigt", En: "Corrected"}, "gone": {De: "entfällt", En: "none"},
		"reason":  {De: "Begründung", En: "Reason"},
		"receipt": {De: "Quittung", En: "Receipt"}, "receiptThere": {De: "Das Portal hat den Eingang unterschrieben. Die Quittung steht in den Daten.", En: "The portal has signed that it arrived. The receipt is in the data."},
		"receiptNone": {De: "Der Antrag wurde an diesem Portal gestellt; dafür gibt es keine Quittung zwischen Portalen.", En: "It was applied for at this portal; there is no receipt between portals for that."},
	}
	return words[name]
}

func (a *archive) word(name string) string { return exportWord(name).In(a.language) }

// eventWord names what the timeline tells.
func eventWord(kind types.EventKind) problem.Text {
	words := map[types.EventKind]problem.Text{
		types.Submitted: {De: "Antrag abgeschickt", En: "Application submitted"}, types.Received: {De: "Eingegangen", En: "Received"},
		types.InProgress: {De: "In Bearbeitung genommen", En: "Taken into work"}, types.Question: {De: "Rückfrage gestellt", En: "Question asked"},
		types.Message: {De: "Nachricht", En: "Message"}, types.Granted: {De: "Bewilligt", En: "Granted"}, types.Refused: {De: "Abgelehnt", En: "Refused"},
		types.Withdrawn: {De: "Zurückgezogen", En: "Withdrawn"}, types.Closed: {De: "Ohne Bescheid abgeschlossen", En: "Closed without a decision"},
	}
	if word, ok := words[kind]; ok {
		return word
	}
	return problem.Text{De: string(kind), En: string(kind)}
}

// line is a name with a value, on the exported page.
type line struct{ Name, Value string }

// pagePart is a heading with lines below it, and parts of its own.
type pagePart struct {
	Title string
	Lines []line
	Parts []pagePart
}

// pageEvent is what happened, or was noted: with what was asked for or answered, and the files that came with it.
type pageEvent struct {
	At, Title, Text string
	Lines           []line
	Files           []pageFile
}

const exportPage = `<!doctype html>
<html lang="{{.Language}}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><title>{{.Title}}</title>
<style>body{font:1rem/1.5 sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem;overflow-wrap:anywhere}dl{display:grid;grid-template-columns:minmax(7rem,14rem) 1fr;gap:.25rem 1rem}dt{font-weight:600}dd{margin:0;white-space:pre-line}p{white-space:pre-line}</style>
</head><body><h1>{{.Title}}</h1>
{{define "lines"}}{{if .}}<dl>{{range .}}<dt>{{.Name}}</dt><dd>{{.Value}}</dd>{{end}}</dl>{{end}}{{end}}
{{define "files"}}{{if .}}<ul>{{range .}}<li>{{if .Requested}}{{.Requested}}: {{end}}{{if .Address}}<a href="{{.Address}}">{{.Name}}</a>{{else}}{{.Name}} ({{.Missing}}){{end}}<br>SHA-256: {{.SHA256}}</li>{{end}}</ul>{{end}}{{end}}
{{define "events"}}<ol>{{range .}}<li><strong>{{.Title}}</strong>, {{.At}}{{if .Text}}<p>{{.Text}}</p>{{end}}{{template "lines" .Lines}}{{template "files" .Files}}</li>{{end}}</ol>{{end}}
{{template "lines" .Facts}}
<h2>{{.Words.answers}}</h2>
{{range .Answers}}<h3>{{.Title}}</h3>{{template "lines" .Lines}}{{range .Parts}}<h4>{{.Title}}</h4>{{template "lines" .Lines}}{{end}}{{end}}
{{if .Files}}<h2>{{.Words.attachments}}</h2>
{{template "files" .Files}}{{end}}
{{if .Fees}}<h2>{{.Words.fees}}</h2>{{range .Fees}}<h3>{{.Title}}</h3>{{template "lines" .Lines}}{{end}}{{end}}
<h2>{{.Words.timeline}}</h2>{{template "events" .Timeline}}
{{if .Notes}}<h2>{{.Words.notes}}</h2>{{template "events" .Notes}}{{end}}
<h2>{{.Words.receipt}}</h2><p>{{.Receipt}}</p>
</body></html>
`

// pageFile is a link to a file of the archive. Address is empty for one that is missing, as Missing says.
type pageFile struct{ Requested, Name, Address, SHA256, Missing string }

func (a *archive) pageFile(f exportedAttachment) pageFile {
	return pageFile{f.Requested, f.Name, f.File, f.SHA256, a.word("missing")}
}

// page writes the case to be read.
func (a *archive) page(w io.Writer) error {
	words := map[string]string{}
	for _, name := range []string{"answers", "attachments", "timeline", "notes", "receipt", "fees"} {
		words[name] = a.word(name)
	}
	data := a.data()
	files := make([]pageFile, 0, len(data.Attachments))
	for _, f := range data.Attachments {
		files = append(files, a.pageFile(f))
	}
	var timeline, notes []pageEvent
	for _, e := range a.c.Timeline {
		timeline = append(timeline, a.event(e, data.AnswerFiles))
	}
	for _, n := range a.c.Notes {
		notes = append(notes, pageEvent{At: a.moment(n.At), Title: a.names[n.Author], Text: n.Text})
	}
	page, err := template.New("case").Parse(exportPage)
	if err != nil {
		return err
	}
	receipt := a.word("receiptNone")
	if a.receipt != "" {
		receipt = a.word("receiptThere")
	}
	return page.Execute(w, map[string]any{
		"Language": a.language, "Title": localized(a.c.ServiceTitle, a.language) + ": " + a.c.ApplicantName, "Words": words, "Facts": a.facts(), "Answers": a.answers(),
		"Fees": a.feeParts(), "Files": files, "Timeline": timeline, "Notes": notes, "Receipt": receipt,
	})
}

// event gives what happened, with what was asked for and with what was answered.
func (a *archive) event(e types.TimelineEvent, files []exportedAttachment) pageEvent {
	event := pageEvent{At: a.moment(e.At), Title: eventWord(e.Kind).In(a.language) + " (" + a.actor(e) + ")", Text: or(e.Text)}
	asked := or(e.Requested)
	for _, d := range asked.Documents {
		text := d.Label
		if d.Hint != nil {
			text += " (" + *d.Hint + ")"
		}
		event.Lines = append(event.Lines, line{a.word("asksDocument"), text})
	}
	for _, pointer := range asked.Fields {
		event.Lines = append(event.Lines, line{a.word("asksAnswer"), a.label(pointer)})
	}
	if asked.Until != nil {
		event.Lines = append(event.Lines, line{a.word("until"), a.date(asked.Until.Time)})
	}
	for _, v := range or(e.Values) {
		event.Lines = append(event.Lines, a.correction(v)...)
	}
	for _, sent := range or(e.Attachments) {
		for _, f := range files {
			if f.ID == sent.Id {
				event.Files = append(event.Files, a.pageFile(f))
			}
		}
	}
	return event
}

// label is what a field is called; its pointer where the form is not known any more.
func (a *archive) label(pointer string) string {
	if a.form != nil {
		if p, ok := a.form.Layout.FieldAt(pointer); ok {
			return p.Label(a.language)
		}
	}
	return pointer
}

// correction gives an answer that was sent later: a line, or one for each answer in each item of a group.
func (a *archive) correction(v types.CorrectedAnswer) []line {
	name := a.word("corrected") + ": " + a.label(v.Pointer)
	if v.Value == nil {
		return []line{{name, a.word("gone")}}
	}
	if a.form == nil {
		return []line{{name, a.plain(v.Value, nil)}}
	}
	p, ok := a.form.Layout.FieldAt(v.Pointer)
	if !ok {
		return []line{{name, a.plain(v.Value, nil)}}
	}
	_, parts := a.fields([]types.FormField{p.Field}, map[string]any{p.Field.Name: v.Value})
	if len(parts) == 0 {
		return []line{{name, cmp.Or(a.plain(v.Value, &p.Field), a.word("gone"))}}
	}
	var lines []line
	for _, part := range parts {
		for _, l := range part.Lines {
			lines = append(lines, line{name + ", " + part.Title + ", " + l.Name, l.Value})
		}
	}
	return lines
}

// date writes a day.
func (a *archive) date(day time.Time) string {
	if a.language != "de" {
		return day.Format("2 January 2006")
	}
	return day.Format("02.01.2006")
}

func (a *archive) moment(at time.Time) string {
	layout := "02.01.2006 15:04"
	if a.language != "de" {
		layout = "2 January 2006 15:04"
	}
	return at.In(a.s.zone).Format(layout)
}

func (a *archive) facts() []line {
	facts := []line{
		{a.word("number"), a.c.Number}, {a.word("state"), stateWord(a.c.State).In(a.language)}, {a.word("applicant"), a.c.ApplicantName}, {a.word("office"), a.office()},
		{a.word("origin"), a.c.Origin}, {a.word("submitted"), a.moment(a.c.SubmittedAt)}, {a.word("received"), a.moment(a.c.ReceivedAt)}, {a.word("level"), string(a.c.TrustLevel)},
		{a.word("hash"), a.c.ContentHash},
	}
	if a.c.ActsFor != nil {
		facts = append(facts, line{a.word("actor"), a.c.ActsFor.Person})
	}
	if a.c.CoApplicants != nil {
		for _, c := range *a.c.CoApplicants {
			facts = append(facts, line{a.word("coApplicant"), fmt.Sprintf("%s, %s, %s, %s", c.Name, a.moment(c.ConsentedAt), c.TrustLevel, c.ContentHash)})
		}
	}
	if a.c.DeleteOn != nil {
		facts = append(facts, line{a.word("deleteOn"), a.c.DeleteOn.Format(time.DateOnly)})
	}
	if h := a.c.Hold; h != nil {
		facts = append(facts, line{a.word("hold"), fmt.Sprintf("%s, %s: %s", a.names[h.By], a.moment(h.At), h.Reason)})
	}
	return append(facts, line{a.word("exported"), strings.Trim(a.moment(a.at)+", "+a.by, ", ")})
}

// feeParts gives what was asked for the case: what for, how much at first and now, and what happened to it, with the days.
func (a *archive) feeParts() []pagePart {
	parts := make([]pagePart, 0, len(a.fees))
	for _, f := range a.fees {
		asked := f.Amount
		if f.Reduction != nil {
			asked = f.Reduction.From
		}
		lines := []line{{a.word("asked"), a.amount(asked.Amount) + ", " + a.moment(f.CreatedAt)}, {a.word("reference"), f.Reference}}
		if f.Items != nil {
			for _, item := range *f.Items {
				lines = append(lines, line{item.Label, a.amount(item.Gross)})
			}
		}
		if f.Reason != nil {
			lines = append(lines, line{a.word("reason"), *f.Reason})
		}
		if r := f.Reduction; r != nil && r.To.Amount == 0 {
			lines = append(lines, line{a.word("waived"), r.Reason})
		} else if r != nil {
			lines = append(lines, line{a.word("reduced"), a.amount(r.To.Amount) + ": " + r.Reason})
		}
		if f.PaidAt != nil {
			lines = append(lines, line{a.word("paid"), a.moment(*f.PaidAt)})
		} else {
			lines = append(lines, line{a.word("due"), a.moment(f.DueAt)})
		}
		if f.Refunded.Amount > 0 {
			lines = append(lines, line{a.word("refunded"), a.amount(f.Refunded.Amount)})
		}
		for _, st := range f.Steps {
			lines = append(lines, line{a.moment(st.At), feeWord(st).In(a.language)})
		}
		parts = append(parts, pagePart{Title: f.Purpose, Lines: lines})
	}
	return parts
}

// feeWord names what happened to a fee.
func feeWord(st types.PaymentStep) problem.Text {
	if st.What == "reduced" || st.What == "waived" {
		return exportWord(st.What)
	}
	words := map[types.PaymentState]problem.Text{
		types.PaymentCreated: {De: "zu bezahlen", En: "to be paid"}, types.PaymentStarted: {De: "wird bezahlt", En: "being paid"}, types.PaymentPaid: {De: "bezahlt", En: "paid"},
		types.PaymentFailed: {De: "fehlgeschlagen", En: "failed"}, types.PaymentCancelled: {De: "abgebrochen", En: "cancelled"}, types.PaymentExpired: {De: "abgelaufen", En: "expired"},
		types.PaymentWithdrawn: {De: "nicht mehr verlangt", En: "no longer asked for"}, types.PaymentRefundAsked: {De: "Erstattung verlangt", En: "refund asked for"},
		types.PaymentRefunded: {De: "erstattet", En: "refunded"}, types.PaymentWrittenOff: {De: "nicht mehr verlangt", En: "no longer asked for"},
	}
	if word, ok := words[st.State]; ok {
		return word
	}
	return problem.Text{De: string(st.State), En: string(st.State)}
}

// amount writes cents as euros.
func (a *archive) amount(cents int64) string {
	return strings.Replace(fmt.Sprintf("%.2f €", float64(cents)/100), ".", map[bool]string{true: ",", false: "."}[a.language == "de"], 1)
}

// answers gives the answers by the steps and questions of their form; by the names of the fields, where it is not known any more.
func (a *archive) answers() []pagePart {
	var parts []pagePart
	if a.form == nil {
		for _, step := range slices.Sorted(maps.Keys(a.c.Data)) {
			parts = append(parts, a.unnamed(step, a.c.Data[step]))
		}
		return parts
	}
	for _, step := range a.form.Layout.Steps {
		data, ok := a.c.Data[step.Id].(map[string]any)
		if !ok {
			continue
		}
		part := pagePart{Title: localized(step.Title, a.language)}
		part.Lines, part.Parts = a.fields(step.Fields, data)
		parts = append(parts, part)
	}
	return parts
}

func (a *archive) unnamed(title string, value any) pagePart {
	part := pagePart{Title: title}
	if data, ok := value.(map[string]any); ok {
		for _, name := range slices.Sorted(maps.Keys(data)) {
			part.Lines = append(part.Lines, line{name, a.plain(data[name], nil)})
		}
		return part
	}
	part.Lines = []line{{title, a.plain(value, nil)}}
	return part
}

// fields gives the answers to questions that were answered, and a part for each item of a group.
func (a *archive) fields(fields []types.FormField, data map[string]any) (lines []line, parts []pagePart) {
	for _, f := range fields {
		value, answered := data[f.Name]
		if !answered {
			continue
		}
		label := localized(f.Label, a.language)
		items, several := value.([]any)
		if f.Fields == nil || !several {
			lines = append(lines, line{label, a.plain(value, &f)})
			continue
		}
		if f.ItemLabel != nil {
			label = localized(*f.ItemLabel, a.language)
		}
		for i, item := range items {
			if data, ok := item.(map[string]any); ok {
				inner, _ := a.fields(*f.Fields, data)
				parts = append(parts, pagePart{Title: fmt.Sprintf("%s %d", label, i+1), Lines: inner})
			}
		}
	}
	return lines, parts
}

// plain writes an answer as text: the word of a choice, the name of a file, an amount in euros.
func (a *archive) plain(value any, f *types.FormField) string {
	switch v := value.(type) {
	case nil:
		return ""
	case bool:
		return a.word(map[bool]string{true: "yes", false: "no"}[v])
	case []any:
		texts := make([]string, len(v))
		for i, one := range v {
			texts[i] = a.plain(one, f)
		}
		return strings.Join(texts, ", ")
	case map[string]any:
		texts := make([]string, 0, len(v))
		for _, name := range slices.Sorted(maps.Keys(v)) {
			texts = append(texts, name+": "+a.plain(v[name], nil))
		}
		return strings.Join(texts, ", ")
	case float64:
		if f != nil && f.Kind == types.FormFieldKindMoney {
			return a.amount(int64(v))
		}
		return strconv.FormatFloat(v, 'f', -1, 64)
	case string:
		return a.named(v, f)
	}
	return fmt.Sprint(value)
}

// named gives the word for a text that stands for something else.
func (a *archive) named(value string, f *types.FormField) string {
	if f == nil {
		return value
	}
	if f.Options != nil {
		for _, option := range *f.Options {
			if option.Value == value {
				return cmp.Or(localized(option.Label, a.language), value)
			}
		}
	}
	for _, file := range a.c.Attachments {
		if file.ID.String() == value {
			return file.Name
		}
	}
	return value
}

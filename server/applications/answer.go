package applications

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/idempotency"
	"portalverbund/server/platform/problem"
)

// A question may ask for documents, and for answers of the form. A document is uploaded as an attachment whose field is that of what was asked
// for; until the answer is sent it is there for the person alone. Nothing that was not asked for is taken, so a portal that asks for nothing
// gets words only. The content that was submitted, and its hash, stay as they are.
const (
	answerLife     = 60 * 24 * time.Hour // of a file that is uploaded and not sent
	maxAnswerFiles = 80                  // that were sent with all answers of an application: with those submitted, as many as a case takes

	maxRequestedDocuments = 10
	maxRequestedFields    = 20
	maxRequestedText      = 1000     // characters of a label or hint
	maxPointer            = 500      // bytes
	maxValues             = 64 << 10 // bytes
	maxItems              = 1000     // of a group
	sealMore              = "applications.more"

	remindBefore = 3 * 24 * time.Hour // the day until which the authority waits
	remindAt     = 7 * time.Hour      // of that day, in UTC
)

// more is what is kept of an event beside its words.
type more struct {
	Requested *types.RequestedInformation `json:"requested,omitempty"`
	Values    *[]types.CorrectedAnswer    `json:"values,omitempty"`
}

func (s *Service) sealMore(id uuid.UUID, e types.TimelineEvent) ([]byte, error) {
	if e.Requested == nil && e.Values == nil {
		return nil, nil
	}
	plain, err := json.Marshal(more{e.Requested, e.Values})
	if err != nil {
		return nil, fmt.Errorf("seal event: %w", err)
	}
	return s.keys.Seal(sealMore, plain, append(id[:], e.Id[:]...))
}

func (s *Service) openMore(id uuid.UUID, sealed []byte, e *types.TimelineEvent) error {
	if sealed == nil {
		return nil
	}
	plain, err := s.keys.Open(sealMore, sealed, append(id[:], e.Id[:]...))
	if err != nil {
		return err
	}
	var m more
	if err := json.Unmarshal(plain, &m); err != nil {
		return fmt.Errorf("read event %s: %w", e.Id, err)
	}
	e.Requested, e.Values = m.Requested, m.Values
	return nil
}

// openAnswers puts the files that were sent with answers on their events, and gives what was not sent yet.
func (s *Service) openAnswers(events []types.TimelineEvent, rows []attachmentRow) (types.AnswerInPreparation, error) {
	out := types.AnswerInPreparation{Attachments: []types.Attachment{}}
	var err error
	if out.Uploads, err = s.openUploads(rows); err != nil {
		return out, err
	}
	for _, r := range rows {
		if r.unfinished() || r.EventID == nil && r.DeletedAt != nil {
			continue
		}
		a, err := s.attachment(r)
		if err != nil {
			return out, err
		}
		if r.EventID == nil {
			out.Attachments = append(out.Attachments, a)
			continue
		}
		i := slices.IndexFunc(events, func(e types.TimelineEvent) bool { return e.Id == *r.EventID })
		if i < 0 {
			continue
		}
		if events[i].Attachments == nil {
			events[i].Attachments = &[]types.Attachment{}
		}
		*events[i].Attachments = append(*events[i].Attachments, a)
	}
	return out, nil
}

// answerable says whether files can be prepared for an answer now.
func (a Application) answerable() bool {
	documents, _ := types.RequestedIn(a.Timeline)
	return a.State != types.ApplicationStateDraft && !finished(a.State) && len(documents) > 0
}

// checkRequested refuses files that nobody has asked for; the problem names the place of the request where the field stands.
func (a Application) checkRequested(field, place string) error {
	documents, _ := types.RequestedIn(a.Timeline)
	asked := slices.ContainsFunc(documents, func(d types.RequestedDocument) bool { return field == d.Field() })
	switch {
	case a.State == types.ApplicationStateDraft || !asked:
		return problem.Invalid(problem.FieldError{Pointer: place, Code: "field", Message: problem.Text{
			De: "Nach dieser Unterlage wurde nicht gefragt.", En: "Nobody has asked for this document.",
		}})
	case finished(a.State):
		return errFinished
	}
	return nil
}

// Answer writes to the authority, with what it has asked for, while the application is open (409 else). An answer ends the state question.
func (s *Service) Answer(ctx context.Context, id uuid.UUID, key string, answer types.ApplicationAnswer) (types.TimelineEvent, error) {
	caller, err := person(ctx)
	if err != nil {
		return types.TimelineEvent{}, err
	}
	files, values := or(answer.Attachments), or(answer.Values)
	text := ""
	if answer.Text != nil {
		text = strings.TrimSpace(*answer.Text)
	}
	if utf8.RuneCountInString(text) > MaxText || text == "" && len(files) == 0 && len(values) == 0 {
		return types.TimelineEvent{}, problem.Invalid(problem.FieldError{Pointer: "/text", Code: "required", Message: problem.Text{
			De: "Bitte schreiben Sie einen Text mit höchstens 4000 Zeichen.", En: "Please write a text of 4000 characters at most.",
		}})
	}
	if err := s.actsStill(ctx, caller, id, types.ActAnswer); err != nil {
		return types.TimelineEvent{}, err
	}
	if err := s.takeOverAnswer(ctx, caller.Person, id, files); err != nil {
		return types.TimelineEvent{}, err
	}
	request := struct {
		ApplicationID uuid.UUID
		Text          string
		Files         []uuid.UUID             `json:",omitempty"`
		Values        []types.CorrectedAnswer `json:",omitempty"`
	}{id, text, files, values}
	eventID, err := idempotency.Do(ctx, s.db, scope("answer", caller.Person), key, request, func(ctx context.Context) (uuid.UUID, error) {
		a, err := s.whole(ctx, ofPerson+" FOR UPDATE", id, caller.Person.Issuer, caller.Person.Subject)
		if err != nil {
			return uuid.Nil, err
		}
		event := s.ownEvent(types.Message, types.EventAuthorCitizen)
		event.Name = a.actedBy(caller)
		if text != "" {
			event.Text = &text
		}
		if err := s.addValues(ctx, a, &event, values); err != nil {
			return uuid.Nil, err
		}
		if err := s.sendFiles(ctx, a, &event, files); err != nil {
			return uuid.Nil, err
		}
		next := a.State
		if next == types.ApplicationStateQuestion {
			next = types.ApplicationStateInProgress
		}
		return event.Id, s.say(ctx, a, event, next)
	})
	if err != nil {
		return types.TimelineEvent{}, err
	}
	return s.event(ctx, caller.Person, id, eventID)
}

// addValues puts answers of the form on the event of an answer, when they were asked for and are what the form wants there. The rest of the answers may be at the
// competent portal only, so each is judged by its own field.
func (s *Service) addValues(ctx context.Context, a Application, event *types.TimelineEvent, values []types.CorrectedAnswer) error {
	if len(values) == 0 {
		return nil
	}
	if size, err := json.Marshal(values); err != nil || len(size) > maxValues {
		return problem.Invalid(problem.FieldError{Pointer: "/values", Code: "maxLength", Message: problem.Text{De: "Das ist zu viel.", En: "This is too much."}})
	}
	form, err := s.forms.Form(ctx, a.FormID, a.FormVersion)
	if err != nil {
		return fmt.Errorf("read form of application: %w", err)
	}
	_, fields := types.RequestedIn(a.Timeline)
	var found []problem.FieldError
	data := map[string]any{}
	for i, v := range values {
		twice := slices.ContainsFunc(values[:i], func(other types.CorrectedAnswer) bool { return other.Pointer == v.Pointer })
		if twice || !slices.Contains(fields, v.Pointer) || !setAt(data, v.Pointer, v.Value) {
			found = append(found, problem.FieldError{Pointer: fmt.Sprintf("/values/%d/pointer", i), Code: "field", Message: problem.Text{
				De: "Nach dieser Angabe wurde nicht gefragt.", En: "Nobody has asked for this answer.",
			}})
		}
	}
	for _, f := range s.forms.Validate(form, data) {
		i := slices.IndexFunc(values, func(v types.CorrectedAnswer) bool {
			return f.Pointer == v.Pointer || strings.HasPrefix(f.Pointer, v.Pointer+"/")
		})
		if i >= 0 {
			f.Pointer = fmt.Sprintf("/values/%d/value%s", i, f.Pointer[len(values[i].Pointer):])
			found = append(found, f)
		}
	}
	if len(found) > 0 {
		return problem.Invalid(found...)
	}
	event.Values = &values
	return nil
}

// setAt sets the value at a JSON pointer, and makes what leads there; nil sets nothing. False where it leads nowhere.
func setAt(data map[string]any, pointer string, value any) bool {
	steps := types.PointerTokens(pointer)
	if len(steps) < 2 {
		return false
	}
	at := data
	for ; len(steps) > 1; steps = steps[1:] {
		item, inGroup := types.ItemIndex(steps[1])
		if !inGroup {
			next, _ := at[steps[0]].(map[string]any)
			if next == nil {
				next = map[string]any{}
				at[steps[0]] = next
			}
			at = next
			continue
		}
		items, _ := at[steps[0]].([]any)
		if item > maxItems || len(steps) < 3 {
			return false
		}
		for len(items) <= item {
			items = append(items, map[string]any{})
		}
		at[steps[0]] = items
		next, isObject := items[item].(map[string]any)
		if !isObject {
			return false
		}
		at, steps = next, steps[1:]
	}
	if value != nil {
		at[steps[0]] = value
	}
	return true
}

// sendFiles makes files that were uploaded for an answer a part of it, in ctx's transaction.
func (s *Service) sendFiles(ctx context.Context, a Application, event *types.TimelineEvent, ids []uuid.UUID) error {
	if len(ids) == 0 {
		return nil
	}
	sent := 0
	for _, e := range a.Timeline {
		sent += len(or(e.Attachments))
	}
	if sent+len(ids) > maxAnswerFiles {
		return problem.Conflict("too-many-attachments", "Zu diesem Antrag gibt es schon zu viele Dateien.", "There are too many files with this application already.").
			With(problem.Text{De: "Bitte fragen Sie die zuständige Stelle, wie Sie die Unterlagen schicken können.", En: "Please ask the competent office how you can send the documents."})
	}
	files := make([]types.Attachment, 0, len(ids))
	for i, id := range ids {
		place := "/attachments/" + strconv.Itoa(i)
		at := slices.IndexFunc(a.Answer.Attachments, func(f types.Attachment) bool { return f.Id == id })
		if at < 0 || slices.Contains(ids[:i], id) {
			return problem.Invalid(problem.FieldError{Pointer: place, Code: "attachment", Message: problem.Text{
				De: "Diese Datei ist nicht mehr da. Bitte laden Sie sie noch einmal hoch.", En: "This file is not there any more. Please upload it again.",
			}})
		}
		f := a.Answer.Attachments[at]
		if f.Check != nil && *f.Check == types.CheckRefused {
			return problem.Invalid(problem.FieldError{Pointer: place, Code: "attachment", Message: harmfulText()})
		}
		f.Check = nil // of this portal's scanner; who gets the file asks their own
		files = append(files, f)
	}
	var until *time.Time
	if a.Portal.Id != s.portals.Self().Id {
		t := s.now().Add(keepUnfetched)
		until = &t
	}
	event.Attachments = &files
	return s.db.Later(ctx, "send files", "UPDATE application_attachments SET event_id = $2, delete_at = $3 WHERE id = ANY ($1)", ids, event.Id, until)
}

// takeOverAnswer reads the documents of a safe that are to be sent with an answer; of what was sent already there is nothing to do.
func (s *Service) takeOverAnswer(ctx context.Context, p httpx.Person, id uuid.UUID, files []uuid.UUID) error {
	if len(files) == 0 {
		return nil
	}
	var rows []attachmentRow
	err := s.db.From(ctx).Raw(`SELECT t.* FROM application_attachments t JOIN applications a ON a.id = t.application_id
		WHERE a.id = ? AND a.issuer = ? AND a.subject = ? AND t.id IN ? AND t.ready AND NOT t.here AND t.event_id IS NULL`, id, p.Issuer, p.Subject, files).Scan(&rows).Error
	if err != nil {
		return fmt.Errorf("read attachments: %w", err)
	}
	for _, r := range rows {
		err := s.takeOver(ctx, r)
		if problem.Is(err, "document-gone") {
			return problem.Invalid(problem.FieldError{Pointer: "/attachments/" + strconv.Itoa(slices.Index(files, r.ID)), Code: "document-gone", Message: errDocumentGone().Title})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// checkAsked refuses what no authority asks for, and leaves out what only a citizen sends.
func checkAsked(e *types.TimelineEvent) string {
	e.Attachments, e.Values = nil, nil
	r := e.Requested
	if r == nil {
		return ""
	}
	if e.Kind != types.Question {
		return "only a question asks for something"
	}
	if len(r.Documents) > maxRequestedDocuments || len(r.Fields) > maxRequestedFields {
		return "too much is asked for"
	}
	seen := map[uuid.UUID]bool{}
	for _, d := range r.Documents {
		if d.Id == uuid.Nil || seen[d.Id] || strings.TrimSpace(d.Label) == "" || utf8.RuneCountInString(d.Label) > maxRequestedText ||
			d.Hint != nil && utf8.RuneCountInString(*d.Hint) > maxRequestedText {
			return "document that is asked for"
		}
		seen[d.Id] = true
	}
	for _, f := range r.Fields {
		if !strings.HasPrefix(f, "/") || len(f) > maxPointer || !utf8.ValidString(f) {
			return "field that is asked for"
		}
	}
	return ""
}

// askedFor lists for a letter what a question asks for.
func (s *Service) askedFor(ctx context.Context, a Application, r *types.RequestedInformation) (string, error) {
	if r == nil {
		return "", nil
	}
	var b strings.Builder
	if len(r.Documents)+len(r.Fields) > 0 {
		b.WriteString("\n\n" + problem.Text{De: "Das wird gebraucht:", En: "This is needed:"}.In(a.Language))
	}
	for _, d := range r.Documents {
		b.WriteString("\n– " + d.Label)
		if d.Hint != nil && *d.Hint != "" {
			b.WriteString(" (" + *d.Hint + ")")
		}
	}
	if len(r.Fields) > 0 {
		form, err := s.forms.Form(ctx, a.FormID, a.FormVersion)
		if err != nil {
			return "", fmt.Errorf("read form of application: %w", err)
		}
		for _, f := range r.Fields {
			b.WriteString("\n– " + problem.Text{De: "Angabe: ", En: "Answer: "}.In(a.Language) + fieldLabel(form.Layout, f, a.Language))
		}
	}
	if r.Until != nil {
		b.WriteString("\n\n" + problem.Text{De: "Bitte antworten Sie bis zum " + r.Until.Format("02.01.2006") + ".", En: "Please answer by " + r.Until.Format("2 January 2006") + "."}.In(a.Language))
	}
	return b.String(), nil
}

// remindArgs asks to remind a person of the day until which an authority waits for their answer.
type remindArgs struct {
	ApplicationID uuid.UUID `json:"applicationId"`
	EventID       uuid.UUID `json:"eventId"`
}

// Kind names the job.
func (remindArgs) Kind() string { return "applications.remind" }

// remindLater has the person reminded some days before the authority waits no longer, where there is time for that.
func (s *Service) remindLater(ctx context.Context, a Application, e types.TimelineEvent) error {
	if e.Requested == nil || e.Requested.Until == nil {
		return nil
	}
	at := e.Requested.Until.Truncate(24 * time.Hour).Add(remindAt - remindBefore)
	if at.Sub(s.now()) < 24*time.Hour { // they have only just been asked
		return nil
	}
	return s.jobs.Insert(ctx, remindArgs{ApplicationID: a.ID, EventID: e.Id}, &river.InsertOpts{ScheduledAt: at})
}

type remindWorker struct {
	river.WorkerDefaults[remindArgs]
	s *Service
}

// Work reminds once.
func (w *remindWorker) Work(ctx context.Context, job *river.Job[remindArgs]) error {
	return w.s.remind(ctx, job.Args.ApplicationID, job.Args.EventID)
}

// remind writes to those whom a question concerns that it is still to be answered, once, unless it was answered or another one has come.
func (s *Service) remind(ctx context.Context, id, question uuid.UUID) error {
	return s.db.Tx(ctx, func(ctx context.Context) error {
		a, err := s.whole(ctx, handedToAny, id)
		if problem.Is(err, errUnknown.Code) {
			return nil
		}
		if err != nil || a.State != types.ApplicationStateQuestion {
			return err
		}
		var last types.TimelineEvent
		for _, e := range a.Timeline {
			if e.Kind == types.Question {
				last = e
			}
		}
		if last.Id != question || last.Requested == nil || last.Requested.Until == nil {
			return nil
		}
		done, err := s.db.Pgx(ctx).Exec(ctx, "UPDATE application_events SET reminded_at = $3 WHERE application_id = $1 AND id = $2 AND reminded_at IS NULL", id, question, s.now())
		if err != nil {
			return fmt.Errorf("note reminder: %w", err)
		}
		if done.RowsAffected() == 0 {
			return nil
		}
		asked, err := s.askedFor(ctx, a, last.Requested)
		if err != nil {
			return err
		}
		return s.write(ctx, a, stillToAnswer(), localized(a.AuthorityName, a.Language), asked)
	})
}

// stillToAnswer reminds of a question.
func stillToAnswer() letter {
	return letter{
		subject: problem.Text{De: "Erinnerung: Ihre Antwort fehlt noch: {service}", En: "Reminder: your answer is still missing: {service}"},
		text: problem.Text{
			De: "Guten Tag,\n\nzu Ihrem Antrag „{service}“ wartet noch eine Rückfrage auf Ihre Antwort. Gefragt hat: {authority}.{text}\n\nBrauchen Sie mehr Zeit, schreiben Sie es im Portal.\n\nAntragsnummer: {number}",
			En: "Hello,\n\na question about your application “{service}” still waits for your answer. It was asked by: {authority}.{text}\n\nIf you need more time, say so in the portal.\n\nApplication number: {number}",
		},
	}
}

// fieldLabel is what a field is called in the form; its pointer where there is no such field.
func fieldLabel(layout types.FormLayout, at, language string) string {
	p, found := layout.FieldAt(at)
	if !found {
		return at
	}
	return p.Label(language)
}

// or gives what a pointer points at, or nothing.
func or[T any](given *T) (value T) {
	if given != nil {
		value = *given
	}
	return value
}

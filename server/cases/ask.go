package cases

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/problem"
)

// Ask puts a question to the citizen, with what is asked for; problem.Conflict when the case is finished, problem.Invalid for what cannot be asked for.
func (s *Service) Ask(ctx context.Context, id uuid.UUID, key string, q types.CaseQuestion) (Case, error) {
	q = trimmed(q)
	st := step{action: "case.question", to: types.CaseStateQuestion, event: types.Question, text: q.Text, legal: open, more: func(ctx context.Context, r caseRow, e *types.TimelineEvent) (err error) {
		if e.Requested, err = s.request(ctx, r, q); err != nil || q.Until == nil {
			return err
		}
		return s.dueAfter(ctx, r.ID, q.Until.Time)
	}}
	if asksMore(q) { // a question of words alone is kept under its key as it always was
		st.request = &q
	}
	return s.act(ctx, id, key, st)
}

// dueAfter has a case due on the day after another at the earliest: until then it waits for the citizen.
func (s *Service) dueAfter(ctx context.Context, id uuid.UUID, day time.Time) error {
	return s.db.Later(ctx, "change when a case is due", "UPDATE cases SET due_on = greatest(due_on, $2::date) WHERE id = $1", id, day.AddDate(0, 0, 1))
}

func asksMore(q types.CaseQuestion) bool {
	return q.Until != nil || len(or(q.Documents)) > 0 || len(or(q.Fields)) > 0
}

// trimmed takes spaces from the ends of the texts of a question.
func trimmed(q types.CaseQuestion) types.CaseQuestion {
	q.Text = strings.TrimSpace(q.Text)
	if q.Documents == nil {
		return q
	}
	documents := slices.Clone(*q.Documents)
	for i, d := range documents {
		documents[i].Label = strings.TrimSpace(d.Label)
		if d.Hint != nil {
			documents[i].Hint = optional(strings.TrimSpace(*d.Hint))
		}
	}
	q.Documents = &documents
	return q
}

// request checks a question on a case, and gives what it asks for beside its words; nil when that is nothing.
func (s *Service) request(ctx context.Context, r caseRow, q types.CaseQuestion) (*types.RequestedInformation, error) {
	var found []problem.FieldError
	if q.Text == "" {
		found = append(found, problem.FieldError{Pointer: "/text", Code: "required"})
	}
	found = append(found, wrongDocuments(or(q.Documents))...)
	fields, err := s.wrongFields(ctx, r, or(q.Fields))
	if err != nil {
		return nil, err
	}
	found = append(found, fields...)
	if today := s.dayOf(s.now()); q.Until != nil && (!q.Until.After(today) || q.Until.After(today.AddDate(1, 0, 0))) {
		found = append(found, problem.FieldError{Pointer: "/until", Code: "date", Message: problem.Text{
			De: "Wählen Sie einen Tag zwischen morgen und heute in einem Jahr.", En: "Choose a day between tomorrow and a year from today.",
		}})
	}
	if len(found) > 0 {
		return nil, problem.Invalid(found...)
	}
	if !asksMore(q) {
		return nil, nil
	}
	asked := &types.RequestedInformation{Until: q.Until, Documents: []types.RequestedDocument{}, Fields: append([]string{}, or(q.Fields)...)}
	for _, d := range or(q.Documents) {
		id, err := uuid.NewV7()
		if err != nil {
			return nil, fmt.Errorf("make id: %w", err)
		}
		asked.Documents = append(asked.Documents, types.RequestedDocument{Id: id, Label: d.Label, Hint: d.Hint})
	}
	return asked, nil
}

func wrongDocuments(documents []types.DocumentRequest) (found []problem.FieldError) {
	for i, d := range documents {
		at := "/documents/" + strconv.Itoa(i) + "/label"
		if d.Label == "" {
			found = append(found, problem.FieldError{Pointer: at, Code: "required"})
			continue
		}
		if slices.ContainsFunc(documents[:i], func(other types.DocumentRequest) bool { return fold(other.Label) == fold(d.Label) }) {
			found = append(found, problem.FieldError{Pointer: at, Code: "uniqueItems", Message: problem.Text{
				De: "Diese Unterlage steht schon in der Liste.", En: "This document is on the list already.",
			}})
		}
	}
	return found
}

// wrongFields says which fields of a form cannot be asked for.
func (s *Service) wrongFields(ctx context.Context, r caseRow, fields []string) ([]problem.FieldError, error) {
	if len(fields) == 0 {
		return nil, nil
	}
	form, err := s.forms.Form(ctx, r.FormID, r.FormVersion)
	if err != nil && problem.From(err).Status != http.StatusNotFound { // of a form that is gone there are no fields
		return nil, fmt.Errorf("read form of a case: %w", err)
	}
	data, err := s.dataNow(ctx, r)
	if err != nil {
		return nil, err
	}
	var found []problem.FieldError
	for i, pointer := range fields {
		f, ok := form.Layout.FieldAt(pointer)
		var wrong problem.Text
		switch {
		case slices.Contains(fields[:i], pointer):
			wrong = problem.Text{De: "Diese Angabe steht schon in der Liste.", En: "This answer is on the list already."}
		case !ok:
			wrong = problem.Text{De: "Diese Angabe gibt es in dem Formular nicht.", En: "There is no such answer in the form."}
		case f.Field.Kind == types.FormFieldKindFile || f.Field.Kind == types.FormFieldKindGroup && hasFiles(or(f.Field.Fields)):
			wrong = problem.Text{De: "Dateien fordern Sie als Unterlage an.", En: "Ask for files as documents."}
		case f.Field.Kind == types.FormFieldKindCalculation:
			wrong = problem.Text{De: "Diese Angabe wird berechnet. Fragen Sie nach dem, woraus sie folgt.", En: "This answer is calculated. Ask for what it follows from."}
		case !leads(data, pointer):
			wrong = problem.Text{De: "Diesen Eintrag gibt es im Antrag nicht.", En: "There is no such entry in the application."}
		default:
			continue
		}
		found = append(found, problem.FieldError{Pointer: "/fields/" + strconv.Itoa(i), Code: "field", Message: wrong})
	}
	return found, nil
}

func hasFiles(fields []types.FormField) bool {
	return slices.ContainsFunc(fields, func(f types.FormField) bool {
		return f.Kind == types.FormFieldKindFile || hasFiles(or(f.Fields))
	})
}

// Write sends the citizen words that ask for nothing. The state of the case stays; problem.Conflict of one that was withdrawn.
func (s *Service) Write(ctx context.Context, id uuid.UUID, key, text string) (Case, error) {
	return s.act(ctx, id, key, step{
		action: "case.message", event: types.Message, text: text,
		legal: func(state types.CaseState) bool { return state != types.CaseStateWithdrawn },
	})
}

// Tell writes to the citizen of a case for another room, in their language and in ctx's transaction, whatever state the case is in.
func (s *Service) Tell(ctx context.Context, id uuid.UUID, text problem.Text) error {
	return s.db.Tx(ctx, func(ctx context.Context) error {
		r, err := s.lockCase(ctx, id)
		if err != nil {
			return err
		}
		if err := s.setState(ctx, r, r.State); err != nil {
			return err
		}
		if err := s.tell(ctx, r, types.Message, text.In(r.Language)); err != nil {
			return err
		}
		return s.changed(ctx, r)
	})
}

// Close ends a case without a decision, with words to the citizen. It is final: problem.Conflict when the case is finished already.
func (s *Service) Close(ctx context.Context, id uuid.UUID, key, text string) (Case, error) {
	return s.act(ctx, id, key, step{action: "case.close", to: types.CaseStateClosed, event: types.Closed, text: text, legal: open})
}

// or gives what a pointer points at, or nothing.
func or[T any](given *T) (value T) {
	if given != nil {
		value = *given
	}
	return value
}

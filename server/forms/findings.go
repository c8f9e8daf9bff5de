package forms

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

// spoken says in words for those who build forms what the profile says to programmers: a code and the sentence, by the format of the
// report. What has none can hardly come from the form editor, and is told in the words of the profile.
type spoken struct {
	code string
	text problem.Text
}

func spokenOf(format string) (spoken, bool) {
	known, ok := map[string]spoken{
		"the German text is missing":                      {"text-missing", problem.Text{De: "Hier fehlt der deutsche Text.", En: "The German text is missing here."}},
		"a text is longer than %d characters":             {"text-too-long", problem.Text{De: "Dieser Text ist länger als %d Zeichen.", En: "This text is longer than %d characters."}},
		"more than %d languages":                          {"too-many-languages", problem.Text{De: "Dieser Text steht in mehr als %d Sprachen da.", En: "This text is there in more than %d languages."}},
		"there is no step":                                {"no-steps", problem.Text{De: "Das Formular hat noch keinen Schritt. Fügen Sie einen hinzu.", En: "The form has no step yet. Add one."}},
		"a step asks for nothing":                         {"step-empty", problem.Text{De: "In diesem Schritt wird nach nichts gefragt.", En: "This step asks for nothing."}},
		"a group asks for nothing":                        {"group-empty", problem.Text{De: "In dieser Gruppe wird nach nichts gefragt.", En: "This group asks for nothing."}},
		"what is required is not asked":                   {"not-asked", problem.Text{De: "Diese Angabe ist Pflicht, aber es gibt keine Frage danach.", En: "This answer is required, but no question asks for it."}},
		"a step is not an object":                         {"step-shape", problem.Text{De: "Das ist kein Schritt: Ein Schritt besteht aus Fragen.", En: "This is no step: a step consists of questions."}},
		"a step has no layout":                            {"step-layout", problem.Text{De: "Dieser Schritt wird nirgends angezeigt.", En: "This step is shown nowhere."}},
		"more than %d steps":                              {"too-many-steps", problem.Text{De: "Das Formular hat mehr als %d Schritte.", En: "The form has more than %d steps."}},
		"a layout step has no schema, or is there twice":  {"step-schema", problem.Text{De: "Diesen Schritt gibt es doppelt, oder seine Regeln fehlen.", En: "This step is there twice, or its rules are missing."}},
		"a field has no schema, or is there twice":        {"field-schema", problem.Text{De: "Diese Frage gibt es doppelt, oder ihre Regeln fehlen.", En: "This question is there twice, or its rules are missing."}},
		"the schema requires the field without condition": {"required-hidden", problem.Text{De: "Diese Frage wird nicht immer gezeigt und kann deshalb nicht immer Pflicht sein.", En: "This question is not always shown, so it cannot always be required."}},
		"the options and the schema's enum differ":        {"options", problem.Text{De: "Diese Frage braucht Antworten zur Auswahl, jede nur einmal.", En: "This question needs answers to choose from, each of them once."}},
		"there is no field %q that is asked":              {"condition-field", problem.Text{De: "„Nur zeigen, wenn“ verweist auf eine Frage, die es nicht mehr gibt: %q.", En: "“Show only if” refers to a question that is not there any more: %q."}},
		"a condition has either equals or in":             {"condition-value", problem.Text{De: "Bei „Nur zeigen, wenn“ fehlt die Antwort, mit der verglichen wird.", En: "“Show only if” lacks the answer to compare with."}},
		"a condition requires %q, which it compares":      {"condition-required", problem.Text{De: "Eine Bedingung vergleicht %q, ohne eine Antwort zu verlangen.", En: "A condition compares %q without asking for an answer."}},
		"a declaration has const: true":                   {"declaration", problem.Text{De: "Eine Erklärung muss abgegeben werden.", En: "A declaration must be given."}},
		"a date has format: date":                         {"date", problem.Text{De: "Die Regeln dieser Frage passen nicht zu einem Datum.", En: "The rules of this question do not fit a date."}},
		"a file is a uuid, or an array of them":           {"file", problem.Text{De: "Die Regeln dieser Frage passen nicht zu einer Datei.", En: "The rules of this question do not fit a file."}},
		"an iban has format: iban":                        {"iban", problem.Text{De: "Die Regeln dieser Frage passen nicht zu einer IBAN.", En: "The rules of this question do not fit an IBAN."}},
		"money is an integer: cents":                      {"money", problem.Text{De: "Ein Betrag wird in ganzen Cent gezählt.", En: "An amount is counted in whole cents."}},
		"a group is an array of objects, and has fields":  {"group", problem.Text{De: "Eine Gruppe besteht aus Fragen, die sich wiederholen.", En: "A group consists of questions that repeat."}},
		"only a date has limits":                          {"limit-kind", problem.Text{De: "Nur ein Datum hat einen frühesten und einen spätesten Tag.", En: "Only a date has an earliest and a latest day."}},
		"more than %d fields, or groups in each other deeper than %d": {"too-many-fields", problem.Text{
			De: "Hier sind mehr als %d Fragen, oder Gruppen liegen tiefer als %d ineinander.", En: "There are more than %d questions here, or groups lie in each other deeper than %d."}},
		"a limit is a date, today with a distance such as +14d, or the name of another date field": {"limit", problem.Text{
			De: "Das ist kein Tag: Möglich sind ein Datum, heute mit einem Abstand wie +14d, oder eine andere Frage nach einem Datum.",
			En: "This is no day: a date, today with a distance such as +14d, or another question for a date."}},
		"this keyword or name is not part of the form profile": {"keyword", problem.Text{
			De: "Diese Regel oder dieser Name kommt in Formularen nicht vor. Namen bestehen aus Buchstaben und Ziffern und beginnen klein.",
			En: "This rule or name does not occur in forms. Names consist of letters and digits, and begin with a small letter."}},
		"from 1 to %d people make an application together, and 2 at least can": {"applicants", problem.Text{
			De: "Gemeinsam stellen einen Antrag mindestens zwei und höchstens %d Personen. „Von“ darf nicht größer sein als „bis“.", En: "Two people at least and %d at most make an application together. “From” must not be more than “to”."}},
		"the fee is a calculation in cents, as /step/field": {"fee", problem.Text{De: "Die Gebühr verweist auf keine Berechnung in Cent.", En: "The fee does not refer to a calculation in cents."}},
	}[format]
	return known, ok
}

// wordsOf gives the code and the sentence for a report of the profile.
func wordsOf(format string, args ...any) (code string, text problem.Text) {
	if known, ok := spokenOf(format); ok {
		return known.code, problem.Text{De: filled(known.text.De, args), En: filled(known.text.En, args)}
	}
	plain := filled(format, args)
	return "profile", problem.Text{De: "Das passt nicht zu den Regeln für Formulare (" + plain + ").", En: "This does not fit the rules for forms (" + plain + ")."}
}

func filled(format string, args []any) string {
	if len(args) == 0 {
		return format
	}
	return fmt.Sprintf(format, args...)
}

// findings lists the places at which a working copy could not be released.
func (s *Service) findings(id uuid.UUID, content types.FormContent) []problem.FieldError {
	d := definition{ID: id, Version: 1}
	d.content.Title, d.content.Schema, d.content.Layout = content.Title, content.Schema, content.Layout
	found := s.profile.check(d)
	c := &checker{root: content.Schema, found: found}
	if len(content.Layout.Steps) == 0 {
		c = &checker{root: content.Schema} // everything else follows from that
		c.localized(content.Title, "/title", true)
		c.report("/layout/steps", "there is no step")
	} else {
		c.asked(content.Layout)
	}
	out := make([]problem.FieldError, 0, len(c.found))
	for _, f := range c.found {
		out = append(out, problem.FieldError{Pointer: f.pointer, Code: f.code, Message: f.words})
	}
	return out
}

// asked checks that every step and group asks for something, and for all that the schema requires: nobody could submit the form
// otherwise. The profile allows it, for forms that were released before.
func (c *checker) asked(layout types.FormLayout) {
	steps, _ := c.root["properties"].(map[string]any)
	for i, step := range layout.Steps {
		at := fmt.Sprintf("/layout/steps/%d", i)
		if len(step.Fields) == 0 {
			c.report(at, "a step asks for nothing")
			continue
		}
		c.askedIn(c.resolve(steps[step.Id]), step.Fields, at+"/fields", "/schema/properties/"+step.Id, 1)
	}
}

func (c *checker) askedIn(schema map[string]any, fields []types.FormField, at, schemaAt string, nesting int) {
	if nesting > maxNesting {
		return
	}
	required, _ := schema["required"].([]any)
	for i, name := range required {
		if !slices.ContainsFunc(fields, func(f types.FormField) bool { return name == any(f.Name) }) {
			c.report(fmt.Sprintf("%s/required/%d", schemaAt, i), "what is required is not asked")
		}
	}
	properties, _ := schema["properties"].(map[string]any)
	for i, field := range fields {
		if field.Kind != types.FormFieldKindGroup {
			continue
		}
		here := fmt.Sprintf("%s/%d", at, i)
		if field.Fields == nil || len(*field.Fields) == 0 {
			c.report(here, "a group asks for nothing")
			continue
		}
		item := c.resolve(c.resolve(properties[field.Name])["items"])
		c.askedIn(item, *field.Fields, here+"/fields", schemaAt+"/properties/"+field.Name+"/items", nesting+1)
	}
}

// Try judges answers by a form's working copy, else by what is released, as they would be judged on submission. It gives what counts of
// the answers, too. A working copy that leaves the form profile is refused with 422.
func (s *Service) Try(ctx context.Context, id uuid.UUID, data map[string]any) (map[string]any, []problem.FieldError, error) {
	if err := only(ctx, roleEditor, rolePublisher, roleAdmin); err != nil {
		return nil, nil, err
	}
	b, err := s.bench(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	content, err := b.content()
	if err != nil {
		return nil, nil, err
	}
	if found := s.findings(id, content); len(found) > 0 {
		return nil, nil, leavesProfile(found)
	}
	form := types.Form{Id: id, Schema: content.Schema, Layout: content.Layout}
	if found := s.CheckDraft(form, data); len(found) > 0 {
		return map[string]any{}, found, nil
	}
	schema, err := compileForm(content.Schema)
	if err != nil {
		return nil, nil, fmt.Errorf("try form %s: %w", id, err)
	}
	answers := prepared(content.Layout, data)
	return answers, s.judged(&judge{schema}, content.Layout, answers), nil
}

func leavesProfile(found []problem.FieldError) error {
	e := problem.Unprocessable("form-invalid", "Das Formular ist noch nicht fertig.", "The form is not ready yet.")
	e.Detail = problem.Text{De: "Beheben Sie zuerst, was bei den Fragen steht.", En: "First put right what is said at the questions."}
	e.Fields = found
	return e
}

// only refuses whoever has none of the roles for the whole portal: a form is not one unit's. The contract has done so before; here it
// protects against a contract that forgets.
func only(ctx context.Context, roles ...string) error {
	caller := httpx.CallerOf(ctx)
	if !slices.ContainsFunc(roles, caller.HasRole) {
		return problem.Forbidden("role-missing", "Dafür haben Sie an diesem Portal keine Berechtigung.", "You are not allowed to do this at this portal.")
	}
	return nil
}

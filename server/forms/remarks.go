package forms

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"portalverbund/api/types"
	"portalverbund/server/platform/problem"
)

// Kinds of what is noted in a schema's $comment, a line each with what it is about: what somebody must still see to.
const (
	remarkRule     = "fim-rule"
	remarkList     = "fim-list"
	remarkPattern  = "fim-pattern"
	remarkLimits   = "fim-limits"
	remarkLeftOut  = "fim-left-out"
	remarkTime     = "fim-time"
	remarkOptional = "fim-optional"
	remarkChoice   = "fim-choice"
)

// remarkWords says what a kind of remark means, before what it is about.
func remarkWords(kind string) (problem.Text, bool) {
	words, ok := map[string]problem.Text{
		remarkRule:     {De: "Regel aus FIM:", En: "Rule from FIM:"},
		remarkList:     {De: "Die Antworten stehen in einer Codeliste. Machen Sie eine Frage mit Auswahl daraus:", En: "The answers are in a code list. Make a choice of it:"},
		remarkPattern:  {De: "Diese Schreibweise kann hier nicht geprüft werden:", En: "This way of writing cannot be checked here:"},
		remarkLimits:   {De: "Diese Einschränkung ist nicht lesbar:", En: "This restriction cannot be read:"},
		remarkLeftOut:  {De: "Nicht übernommen, denn dafür gibt es keine Art von Frage:", En: "Not taken over, as there is no kind of question for it:"},
		remarkTime:     {De: "Eine Uhrzeit wird hier als Text erfragt.", En: "A time of day is asked for as text here."},
		remarkOptional: {De: "Die Gruppe ist freiwillig. Was darin Pflicht war, ist jetzt auch freiwillig:", En: "The group is optional. What was required in it is now optional, too:"},
		remarkChoice:   {De: "Von den Angaben dieser Gruppe ist nur eine nötig:", En: "Only one of the answers of this group is needed:"},
	}[kind]
	return words, ok
}

// remark is a line of a $comment.
func remark(kind, about string) string {
	return strings.TrimSpace(kind + " " + strings.Join(strings.Fields(about), " "))
}

// comment notes lines at a schema, as many as a $comment holds.
func comment(schema map[string]any, lines []string) {
	text := strings.Join(lines, "\n")
	if text == "" {
		return
	}
	if len(text) > maxRemark {
		text = text[:maxRemark]
		for !utf8.ValidString(text) {
			text = text[:len(text)-1]
		}
		text += "…"
	}
	schema["$comment"] = text
}

// remarks lists what is noted in a form, with where.
func remarks(content types.FormContent) []problem.FieldError {
	var found []problem.FieldError
	var walk func(schema map[string]any, at string, depth int)
	walk = func(schema map[string]any, at string, depth int) {
		if depth > maxDepth {
			return
		}
		text, _ := schema["$comment"].(string)
		for line := range strings.SplitSeq(text, "\n") {
			kind, about, _ := strings.Cut(line, " ")
			if words, ok := remarkWords(kind); ok && len(found) < maxProblems {
				found = append(found, problem.FieldError{Pointer: at + "/$comment", Code: kind, Message: problem.Text{
					De: strings.TrimSpace(words.De + " " + about), En: strings.TrimSpace(words.En + " " + about)}})
			}
		}
		properties, _ := schema["properties"].(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(properties)) {
			if property, ok := properties[name].(map[string]any); ok {
				walk(property, at+"/properties"+pointer(name), depth+1)
			}
		}
		if items, ok := schema["items"].(map[string]any); ok {
			walk(items, at+"/items", depth+1)
		}
	}
	walk(content.Schema, "/schema", 0)
	return found
}

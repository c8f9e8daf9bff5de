package httpx

import (
	"fmt"

	"portalverbund/server/platform/problem"
)

// words are the sentences for the codes of field errors that come without words of their own.
//
//nolint:gochecknoglobals // a table that nobody changes
var words = map[string]problem.Text{
	"required":             {De: "Diese Angabe fehlt.", En: "This is missing."},
	"minLength":            {De: "Das ist zu kurz (mindestens %v Zeichen).", En: "This is too short (at least %v characters)."},
	"maxLength":            {De: "Das ist zu lang (höchstens %v Zeichen).", En: "This is too long (at most %v characters)."},
	"pattern":              {De: "Das hat nicht die richtige Form.", En: "This does not have the right form."},
	"format":               {De: "Das hat nicht die richtige Form.", En: "This does not have the right form."},
	"enum":                 {De: "Bitte wählen Sie eine der Möglichkeiten.", En: "Please choose one of the options."},
	"const":                {De: "Bitte bestätigen Sie das.", En: "Please confirm this."},
	"minimum":              {De: "Das ist zu klein (mindestens %v).", En: "This is too small (at least %v)."},
	"maximum":              {De: "Das ist zu groß (höchstens %v).", En: "This is too large (at most %v)."},
	"minItems":             {De: "Das sind zu wenige (mindestens %v).", En: "These are too few (at least %v)."},
	"maxItems":             {De: "Das sind zu viele (höchstens %v).", En: "These are too many (at most %v)."},
	"uniqueItems":          {De: "Das ist doppelt.", En: "This is there twice."},
	"type":                 {De: "Das ist nicht von der richtigen Art.", En: "This is not of the right kind."},
	"additionalProperties": {De: "Diese Angabe gibt es hier nicht.", En: "There is no such field here."},
	"properties":           {De: "Diese Angabe gibt es hier nicht.", En: "There is no such field here."},
}

// Sentence gives the words for a field error in a language.
func Sentence(f problem.FieldError, language string) string {
	if f.Message.De != "" {
		return f.Message.In(language)
	}
	text, ok := words[f.Code]
	if !ok {
		text = words["format"]
	}
	figure, ok := f.Params[f.Code]
	switch f.Code {
	case "minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems":
		if !ok {
			return problem.Text{De: "Dieser Wert geht hier nicht.", En: "This value is not possible here."}.In(language)
		}
		return fmt.Sprintf(text.In(language), figure)
	}
	return text.In(language)
}

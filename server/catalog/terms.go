package catalog

import (
	"cmp"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Roles of a unit in a competence (XZuFi Zuständigkeitsrolle). Others are kept as they are.
const (
	roleAuthority    = "01" // zuständige Stelle
	roleContactPoint = "03" // Ansprechpunkt
)

// Kinds of conditions that can be decided. Others may come from newer portals; they are taken for words.
const (
	conditionSurname = "surname"
	conditionAge     = "age"
)

// TermsEntry says for whom and when a competence is valid. Without any of it, it is for everybody and always.
type TermsEntry struct {
	Audiences  []string         `json:"audiences,omitempty"`  // empty: all
	Conditions []ConditionEntry `json:"conditions,omitempty"` // of one kind: one must hold; of different kinds: all
	// Rule is for whom, in words. Where there are neither audiences nor conditions, only people can decide whether it holds.
	Rule     Text          `json:"rule,omitempty"`
	Validity []PeriodEntry `json:"validity,omitempty"`
}

// ConditionEntry is a condition on the person: first letters of the surname from … to, or an age in years from … to, each
// including both ends; an open end is missing.
type ConditionEntry struct {
	Kind string `json:"kind"` // surname, age
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
	Min  *int   `json:"min,omitempty"`
	Max  *int   `json:"max,omitempty"`
}

const (
	maxLetters = 3
	maxAge     = 150
)

var (
	roleCode      = regexp.MustCompile(`^[0-9A-Za-z._-]{1,20}$`)
	conditionKind = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,39}$`)
	surnameLetter = regexp.MustCompile(`^[A-Z]{1,3}$`)
)

func (e *TermsEntry) normalise(c *checker) {
	e.Audiences = cleanWords(e.Audiences)
	c.count("audiences", len(e.Audiences))
	for _, a := range e.Audiences {
		c.match("audiences", a, conditionKind)
	}
	if len(e.Audiences) == 0 {
		e.Audiences = nil
	}
	c.count("conditions", len(e.Conditions))
	for i := range e.Conditions {
		c.under("conditions", i, func() { e.Conditions[i].normalise(c) })
	}
	e.Rule = c.text("rule", e.Rule, maxSentence, false)
	e.Validity = c.periods(e.Validity)
}

func (e *ConditionEntry) normalise(c *checker) {
	c.match("kind", e.Kind, conditionKind)
	switch e.Kind {
	case conditionSurname:
		e.From, e.To = foldSurname(e.From), foldSurname(e.To)
		e.Min, e.Max = nil, nil
		for _, end := range []struct{ name, letters string }{{"from", e.From}, {"to", e.To}} {
			if end.letters != "" {
				c.match(end.name, end.letters, surnameLetter)
			}
		}
		if e.From == "" && e.To == "" || e.From != "" && e.To != "" && e.From >= after(e.To) {
			c.fail("from", "format", "surnames from %q to %q are none", e.From, e.To)
		}
	case conditionAge:
		e.From, e.To = "", ""
		for _, end := range []struct {
			name  string
			years *int
		}{{"min", e.Min}, {"max", e.Max}} {
			if end.years != nil && (*end.years < 0 || *end.years > maxAge) {
				c.fail(end.name, "format", "age %d is not possible", *end.years)
			}
		}
		if e.Min == nil && e.Max == nil || e.Min != nil && e.Max != nil && *e.Min > *e.Max {
			c.fail("min", "format", "an age has no beginning and no end, or ends before it begins")
		}
	default: // of a newer portal
		e.From, e.To = c.word("from", e.From, maxWord), c.word("to", e.To, maxWord)
	}
}

// foldSurname writes the beginning of a name as names are sorted: capitals, Ä as A, ß as SS, without what is no letter.
func foldSurname(s string) string {
	s = strings.ToUpper(strings.NewReplacer("ß", "ss", "ẞ", "ss", "ä", "a", "Ä", "a", "ö", "o", "Ö", "o", "ü", "u", "Ü", "u").Replace(strings.TrimSpace(s)))
	return s[:min(len(s), maxLetters)]
}

// encoded is the terms as the table has them; nil where a competence is for everybody, always.
func (e *TermsEntry) encoded() *string {
	if len(e.Audiences) == 0 && len(e.Conditions) == 0 && len(e.Rule) == 0 && len(e.Validity) == 0 {
		return nil
	}
	b, err := json.Marshal(e)
	if err != nil {
		panic(err) // strings, numbers and times can always be written
	}
	text := string(b)
	return &text
}

// spanOf gives the first and the last moment of all times of validity; nil where there is no end.
func spanOf(periods []PeriodEntry) (from, to *time.Time) {
	for i, p := range periods {
		if i == 0 || from != nil && (p.From == nil || p.From.Before(*from)) {
			from = p.From
		}
		if i == 0 || to != nil && (p.To == nil || p.To.After(*to)) {
			to = p.To
		}
	}
	return from, to
}

// specificity counts the sorts of conditions.
func (e *TermsEntry) specificity() int {
	n := 0
	if len(e.Audiences) > 0 {
		n++
	}
	kinds := map[string]bool{}
	for _, c := range e.Conditions {
		kinds[c.Kind] = true
	}
	return n + len(kinds)
}

// inWordsOnly says whether only people can decide for whom it is.
func (e *TermsEntry) inWordsOnly() bool {
	return len(e.Rule) > 0 && len(e.Audiences) == 0 && len(e.Conditions) == 0
}

// fit says whether a competence is for a person.
type fit int

const (
	no fit = iota
	maybe
	yes
)

// fits judges the terms for a kind of person.
func (e *TermsEntry) fits(p person) fit {
	if len(e.Audiences) > 0 && !slices.Contains(e.Audiences, p.audience) {
		return no
	}
	if e.inWordsOnly() {
		return maybe
	}
	holds := map[string]fit{}
	for _, c := range e.Conditions {
		holds[c.Kind] = max(holds[c.Kind], c.fits(p))
	}
	result := yes
	for _, f := range holds {
		result = min(result, f)
	}
	return result
}

func (e ConditionEntry) fits(p person) fit {
	switch {
	case e.Kind == conditionSurname && p.surname != "":
		if p.surname >= e.From && (e.To == "" || p.surname < after(e.To)) {
			return yes
		}
		return no
	case e.Kind == conditionAge && p.age >= 0:
		if (e.Min == nil || p.age >= *e.Min) && (e.Max == nil || p.age <= *e.Max) {
			return yes
		}
		return no
	}
	return maybe
}

// after is the first beginning of a name that sorts behind all names that begin so: S → T, SCZ → SD. Behind Z comes "[", as it does
// in ASCII.
func after(letters string) string {
	letters = strings.TrimRight(letters, "Z")
	if letters == "" {
		return "["
	}
	last := len(letters) - 1
	return letters[:last] + string(letters[last]+1)
}

// before is the last beginning of a name that sorts in front of those that begin so: T → S, SD → SC, S → R, SA → R.
func before(letters string) string {
	if letters == "[" {
		return "Z"
	}
	letters = strings.TrimRight(letters, "A")
	if letters == "" {
		return "A"
	}
	last := len(letters) - 1
	return letters[:last] + string(letters[last]-1)
}

// words says for whom a competence is, in the words of its rule or of its conditions; empty where it is for everybody.
func (e *TermsEntry) words(language string) string {
	if rule := e.Rule.in(language); rule != "" {
		return rule
	}
	english := language == "en"
	var parts []string
	for _, audience := range e.Audiences {
		parts = append(parts, audienceWords(audience, english))
	}
	words := strings.Join(parts, ", ")
	for _, kind := range []string{conditionSurname, conditionAge} {
		parts = nil
		for _, c := range e.Conditions {
			if c.Kind == kind {
				parts = append(parts, c.words(english))
			}
		}
		if len(parts) > 0 && words != "" {
			words += "; "
		}
		words += strings.Join(parts, ", ")
	}
	return words
}

func audienceWords(audience string, english bool) string {
	names := map[string][2]string{
		"citizen":        {"Privatpersonen", "private individuals"},
		"business":       {"Unternehmen", "businesses"},
		"administration": {"Behörden", "public authorities"},
	}
	pair, known := names[audience]
	switch {
	case !known:
		return audience
	case english:
		return pair[1]
	}
	return pair[0]
}

func (e ConditionEntry) words(english bool) string {
	if e.Kind == conditionSurname {
		return surnameWords(e.From, e.To, english)
	}
	from, to := "", ""
	if e.Min != nil {
		from = strconv.Itoa(*e.Min)
	}
	if e.Max != nil {
		to = strconv.Itoa(*e.Max)
	}
	return ageWords(from, to, english)
}

func surnameWords(from, to string, english bool) string {
	from, to = letterCase(cmp.Or(from, "A")), letterCase(cmp.Or(to, "Z"))
	name, until := "Nachname ", " bis "
	if english {
		name, until = "surname ", " to "
	}
	if from == to {
		return name + from
	}
	return name + from + until + to
}

// letterCase writes the beginning of a name as people do: Sch.
func letterCase(letters string) string { return letters[:1] + strings.ToLower(letters[1:]) }

func ageWords(from, to string, english bool) string {
	switch {
	case to == "" && english:
		return "aged " + from + " and over"
	case to == "":
		return "ab " + from + " Jahren"
	case (from == "" || from == "0") && english:
		return "aged up to " + to
	case from == "" || from == "0":
		return "bis " + to + " Jahre"
	case english:
		return "aged " + from + " to " + to
	}
	return from + " bis " + to + " Jahre"
}

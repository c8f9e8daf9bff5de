package xzufi

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"portalverbund/server/catalog"
	"portalverbund/server/catalog/codes"
)

// For whom a competence is (audiences, first letters of the surname, age, a rule in words) is written as kriterium of the competence. No
// public source says what stands in one, so ours are marked with a code list of our own: they are read back as they were written, and
// those of others are kept as they came.

// Codes in listCriteria. Other kinds of conditions stand under their own names.
const (
	criterionAudience = "zielgruppe" // value: a code of leistungsadressat, or the catalog's word
	criterionSurname  = "nachname"   // von, bis: first letters
	criterionAge      = "alter"      // von, bis: years
	criterionRule     = "regel"      // beschreibung: in words

	criterionAdministration = "verwaltung" // of a competence that names no service: whoever administers its areas
)

var (
	criterionLetters = regexp.MustCompile(`^[A-Z]{1,3}$`)
	criterionKind    = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,39}$`)
)

// criteria writes for whom a competence is.
func (p *producer) criteria(k *node, t *catalog.TermsEntry) {
	for _, audience := range t.Audiences {
		value := audience
		if code := codes.CodeOf(codes.Audiences(), audience); code != "" {
			value = code
		}
		k.add(criterion(criterionAudience, element("value", value)))
	}
	for _, c := range t.Conditions {
		switch {
		case c.Kind == "surname":
			k.add(criterion(criterionSurname, optional("von", c.From), optional("bis", c.To)))
		case c.Kind == "age":
			k.add(criterion(criterionAge, years("von", c.Min), years("bis", c.Max)))
		case c.Min == nil && c.Max == nil:
			k.add(criterion(c.Kind, optional("von", c.From), optional("bis", c.To)))
		}
	}
	if len(t.Rule) > 0 {
		rule := criterion(criterionRule)
		p.texts(rule, "beschreibung", t.Rule, false)
		k.add(rule)
	}
}

func criterion(code string, more ...*node) *node {
	n := coded(nameCriterion, listCriteria, code)
	n.add(more...)
	return n
}

func years(name string, n *int) *node {
	if n == nil {
		return nil
	}
	return element(name, strconv.Itoa(*n))
}

// administration writes which areas a unit administers: as a competence for no service in particular. nil if there are none.
func (p *producer) administration(e *catalog.OrganisationEntry) *node {
	if len(e.Administers) == 0 {
		return nil
	}
	k := with(elementCompetence, p.identifier("id", schemeCompetence, uuid.NewSHA1(e.ID, []byte(criterionAdministration)).String(), nil))
	areas(k, "gebietID", e.Administers)
	k.add(criterion(criterionAdministration))
	return k
}

// isAdministration says whether a competence says which areas the unit administers.
func isAdministration(k *node) bool {
	if k.child(nameService) != nil {
		return false
	}
	return slices.ContainsFunc(k.children, func(n *node) bool {
		return n.name == nameCriterion && n.attrs["listURI"] == listCriteria && n.child("code") != nil && strings.TrimSpace(n.child("code").text) == criterionAdministration
	})
}

// criteria reads for whom a competence is. What is not understood is not taken.
func (c *converter) criteria(k *node) (t catalog.TermsEntry) {
	for _, n := range k.children {
		if n.name != nameCriterion || n.used || n.attrs["listURI"] != listCriteria {
			continue
		}
		code := n.code()
		from, to := n.child("von").string(), n.child("bis").string()
		switch code {
		case criterionAudience:
			value := n.child("value").string()
			if word := codes.WordOf(codes.Audiences(), value); word != "" {
				value = word
			}
			if n.used = criterionKind.MatchString(value); n.used {
				t.Audiences = append(t.Audiences, value)
			}
		case criterionAge:
			condition, ok := ageCondition(from, to)
			if n.used = ok; ok {
				t.Conditions = append(t.Conditions, condition)
			}
		case criterionRule:
			n.used = true
			t.Rule = c.text(n.all("beschreibung"), asString)
		default:
			condition := catalog.ConditionEntry{Kind: code, From: from, To: to}
			n.used = criterionKind.MatchString(code)
			if code == criterionSurname {
				condition.Kind = "surname"
				n.used = (from != "" || to != "") && !slices.ContainsFunc([]string{from, to}, func(s string) bool { return s != "" && !criterionLetters.MatchString(s) })
			}
			if n.used {
				t.Conditions = append(t.Conditions, condition)
			}
		}
		if !n.used {
			c.warn(n, "is no criterion that is known, and kept as it is")
		}
	}
	return t
}

func ageCondition(from, to string) (catalog.ConditionEntry, bool) {
	condition := catalog.ConditionEntry{Kind: "age"}
	for _, end := range []struct {
		text  string
		years **int
	}{{from, &condition.Min}, {to, &condition.Max}} {
		if end.text == "" {
			continue
		}
		n, err := strconv.Atoi(end.text)
		if err != nil || n < 0 || n > 150 {
			return condition, false
		}
		*end.years = &n
	}
	return condition, condition.Min != nil || condition.Max != nil
}

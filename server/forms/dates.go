package forms

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // today is the day in Germany, on any machine

	"portalverbund/api/types"
	"portalverbund/server/platform/problem"
)

var relativeDay = regexp.MustCompile(`^today(?:([+-])([0-9]{1,4})([dwmy]))?$`)

// dayOf gives the day in Germany at a moment, at midnight UTC.
func dayOf(moment time.Time) time.Time {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err) // time/tzdata has it
	}
	y, m, d := moment.In(zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// shifted moves a day. A day that a month does not have becomes its last.
func shifted(day time.Time, n int, unit string) time.Time {
	switch unit {
	case "d":
		return day.AddDate(0, 0, n)
	case "w":
		return day.AddDate(0, 0, 7*n)
	case "y":
		n *= 12
	}
	first := time.Date(day.Year(), day.Month()+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(day.Day(), last)-1)
}

// limitDay gives the day that a limit stands for; ok is false when it looks at a date that is not there.
func limitDay(limit string, today time.Time, siblings, answers map[string]any) (day time.Time, ok bool) {
	if match := relativeDay.FindStringSubmatch(limit); match != nil {
		n, _ := strconv.Atoi(match[2]) // at most four digits
		if match[1] == "-" {
			n = -n
		}
		return shifted(today, n, match[3]), true
	}
	if day, err := time.Parse(time.DateOnly, limit); err == nil {
		return day, true
	}
	return dateAt(limit, siblings, answers)
}

func dateAt(name string, siblings, answers map[string]any) (time.Time, bool) {
	value, _ := lookUp(name, siblings, answers)
	text, _ := value.(string)
	day, err := time.Parse(time.DateOnly, text)
	return day, err == nil
}

// dateErrors names the dates outside of their limits.
func dateErrors(layout types.FormLayout, answers map[string]any, today time.Time) []problem.FieldError {
	var found []problem.FieldError
	for _, step := range layout.Steps {
		values, _ := answers[step.Id].(map[string]any)
		found = append(found, dateErrorsOf(step.Fields, pointer(step.Id), values, answers, today)...)
	}
	return found
}

func dateErrorsOf(fields []types.FormField, at string, values, answers map[string]any, today time.Time) (found []problem.FieldError) {
	for _, field := range fields {
		here := at + pointer(field.Name)
		if items, ok := values[field.Name].([]any); ok && field.Fields != nil {
			for i, item := range items {
				object, _ := item.(map[string]any)
				found = append(found, dateErrorsOf(*field.Fields, here+pointer(strconv.Itoa(i)), object, answers, today)...)
			}
		}
		day, ok := dateAt(field.Name, values, nil)
		if !ok || field.Kind != types.FormFieldKindDate {
			continue
		}
		if field.Earliest != nil {
			if limit, ok := limitDay(*field.Earliest, today, values, answers); ok && day.Before(limit) {
				found = append(found, fieldError(here, "earliest", limit.Format(time.DateOnly)))
			}
		}
		if field.Latest != nil {
			if limit, ok := limitDay(*field.Latest, today, values, answers); ok && day.After(limit) {
				found = append(found, fieldError(here, "latest", limit.Format(time.DateOnly)))
			}
		}
	}
	return found
}

// dateLimit checks that a limit is a day, or looks at another date.
func (c *checker) dateLimit(place fieldPlace, limit *string, at string) {
	if limit == nil {
		return
	}
	if place.field.Kind != types.FormFieldKindDate {
		c.report(at, "only a date has limits")
		return
	}
	if _, err := time.Parse(time.DateOnly, *limit); err == nil || relativeDay.MatchString(*limit) {
		return
	}
	if *limit == place.field.Name || !c.isDate(place, *limit) {
		c.report(at, "a limit is a date, today with a distance such as +14d, or the name of another date field")
	}
}

func (c *checker) isDate(place fieldPlace, name string) bool {
	field, ok := place.find(name)
	return ok && field.Kind == types.FormFieldKindDate
}

// fieldPlace is a field with what its names are looked up in.
type fieldPlace struct {
	layout   types.FormLayout
	siblings []types.FormField
	field    types.FormField
}

// find gives the field that a name means: a sibling, or step.field.
func (p fieldPlace) find(name string) (types.FormField, bool) {
	fields := p.siblings
	if step, field, other := strings.Cut(name, "."); other {
		fields, name = nil, field
		for _, s := range p.layout.Steps {
			if s.Id == step {
				fields = s.Fields
			}
		}
	}
	i := slices.IndexFunc(fields, func(f types.FormField) bool { return f.Name == name })
	if i < 0 {
		return types.FormField{}, false
	}
	return fields[i], true
}

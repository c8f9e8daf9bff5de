package forms

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"strings"
	"time"

	"portalverbund/api/types"
)

// What a calculation may need at most. The largest sum stays below 2^53, which the browser's numbers hold exactly.
const (
	maxTerms  = 50
	maxAmount = 100_000_000 // of one term: a million euros in cents
	maxCount  = 1_000_000   // of one term
	maxWhen   = 10
)

// prepared gives what counts of the answers: those of fields that are not shown are dropped, IBANs are in their electronic
// form, and what is calculated is calculated anew. The answers given are not changed.
func prepared(layout types.FormLayout, data map[string]any) map[string]any {
	return calculate(layout, withNormalIBANs(layout, visible(layout, data)))
}

func withNormalIBANs(layout types.FormLayout, answers map[string]any) map[string]any {
	kept := maps.Clone(answers)
	for _, step := range layout.Steps {
		if values, ok := answers[step.Id].(map[string]any); ok {
			kept[step.Id] = normalIn(step.Fields, values)
		}
	}
	return kept
}

func normalIn(fields []types.FormField, values map[string]any) map[string]any {
	kept := maps.Clone(values)
	for _, field := range fields {
		switch value := values[field.Name].(type) {
		case string:
			if field.Kind == types.FormFieldKindIban {
				kept[field.Name] = normalIBAN(value)
			}
		case []any:
			if field.Fields == nil {
				continue
			}
			items := make([]any, len(value))
			for i, item := range value {
				items[i] = item
				if object, ok := item.(map[string]any); ok {
					items[i] = normalIn(*field.Fields, object)
				}
			}
			kept[field.Name] = items
		}
	}
	return kept
}

// calculate sets the values of calculations that are shown, in the steps that are there.
func calculate(layout types.FormLayout, answers map[string]any) map[string]any {
	kept := maps.Clone(answers)
	for _, step := range layout.Steps {
		values, ok := answers[step.Id].(map[string]any)
		if !ok {
			continue
		}
		values = maps.Clone(values)
		for _, field := range step.Fields {
			if field.Kind != types.FormFieldKindCalculation || field.Calculation == nil {
				continue
			}
			delete(values, field.Name)
			if field.ShowWhen == nil || isShown(*field.ShowWhen, values, answers) {
				values[field.Name] = float64(sum(*field.Calculation, values, answers)) // as JSON is read; exact, see maxAmount
			}
		}
		kept[step.Id] = values
	}
	return kept
}

func sum(c types.FormCalculation, siblings, answers map[string]any) int64 {
	var total int64
	for _, term := range c.Terms {
		total += term.Amount * termCount(term, siblings, answers)
	}
	if c.AtMost != nil {
		total = min(total, *c.AtMost)
	}
	return max(total, 0)
}

// termCount says how often the amount of a term counts.
func termCount(term types.FormTerm, siblings, answers map[string]any) int64 {
	if term.Each == nil {
		return countOnce(term, siblings, answers)
	}
	group, _ := lookUp(*term.Each, siblings, answers)
	items, _ := group.([]any)
	var count int64
	for _, item := range items {
		object, _ := item.(map[string]any)
		count += countOnce(term, object, answers)
	}
	return min(count, maxCount)
}

func countOnce(term types.FormTerm, siblings, answers map[string]any) int64 {
	if term.When != nil {
		for _, condition := range *term.When {
			if !isShown(condition, siblings, answers) {
				return 0
			}
		}
	}
	count := int64(1)
	if term.Times != nil {
		for _, name := range *term.Times {
			value, _ := lookUp(name, siblings, answers)
			count = min(count*countOf(value), maxCount)
		}
	}
	if term.Days != nil {
		count = min(count*daysBetween(*term.Days, siblings, answers), maxCount)
	}
	if term.Less != nil {
		count = max(count-*term.Less, 0)
	}
	if term.AtMost != nil {
		count = min(count, *term.AtMost)
	}
	return count
}

// countOf counts the items of a list, or reads a whole number that is not below zero.
func countOf(value any) int64 {
	if items, ok := value.([]any); ok {
		return int64(len(items))
	}
	number, ok := scalar(value).(float64)
	if !ok || number < 0 || number != math.Trunc(number) {
		return 0
	}
	return int64(min(number, maxCount))
}

func daysBetween(days types.FormDays, siblings, answers map[string]any) int64 {
	from, begins := dateAt(days.From, siblings, answers)
	to, ends := dateAt(days.To, siblings, answers)
	if !begins || !ends || to.Before(from) {
		return 0
	}
	return int64(to.Sub(from)/(24*time.Hour)) + 1
}

// Fee gives what an application costs by its answers, in cents; ok is false when the form says nothing of a fee. The answers
// are those that Answers gave.
func Fee(layout types.FormLayout, answers map[string]any) (cents int64, ok bool) {
	if layout.Fee == nil {
		return 0, false
	}
	step, field, _ := strings.Cut(strings.TrimPrefix(*layout.Fee, "/"), "/")
	values, _ := answers[step].(map[string]any)
	switch value := values[field].(type) {
	case float64:
		return int64(value), true
	case json.Number:
		cents, err := value.Int64()
		return cents, err == nil
	}
	return 0, false
}

// calculation checks a field that is calculated.
func (c *checker) calculation(place fieldPlace, property map[string]any, at string, nesting int) {
	calculation := place.field.Calculation
	if place.field.Kind != types.FormFieldKindCalculation {
		if calculation != nil {
			c.report(at+"/calculation", "only a calculation has terms")
		}
		return
	}
	if nesting > 1 || calculation == nil || property["type"] != "integer" {
		c.report(at, "a calculation is an integer, has terms, and is not in a group")
		return
	}
	if calculation.Unit != types.Cents && calculation.Unit != types.Count {
		c.report(at+"/calculation/unit", "a calculation is in cents or a count")
	}
	if len(calculation.Terms) == 0 || len(calculation.Terms) > maxTerms {
		c.report(at+"/calculation/terms", "a calculation has 1 to %d terms", maxTerms)
		return
	}
	for i, term := range calculation.Terms {
		c.term(place, term, fmt.Sprintf("%s/calculation/terms/%d", at, i))
	}
}

func (c *checker) term(place fieldPlace, term types.FormTerm, at string) {
	if term.Label != nil {
		c.localized(*term.Label, at+"/label", false)
	}
	if term.Amount > maxAmount || term.Amount < -maxAmount {
		c.report(at+"/amount", "an amount is at most %d", maxAmount)
	}
	for name, count := range map[string]*int64{"less": term.Less, "atMost": term.AtMost} {
		if count != nil && (*count < 0 || *count > maxCount) {
			c.report(at+"/"+name, "a count is 0 to %d", maxCount)
		}
	}
	if term.Each != nil {
		group, ok := place.find(*term.Each)
		if !ok || group.Kind != types.FormFieldKindGroup || group.Fields == nil {
			c.report(at+"/each", "there is no group %q", *term.Each)
			return
		}
		place.siblings = *group.Fields
	}
	if term.Times != nil {
		for i, name := range *term.Times {
			if field, ok := place.find(name); !ok || field.Kind != types.FormFieldKindNumber && field.Kind != types.FormFieldKindGroup {
				c.report(fmt.Sprintf("%s/times/%d", at, i), "there is no number or group %q", name)
			}
		}
	}
	if term.Days != nil && (!c.isDate(place, term.Days.From) || !c.isDate(place, term.Days.To)) {
		c.report(at+"/days", "days lie between two dates")
	}
	if term.When != nil {
		if len(*term.When) > maxWhen {
			c.report(at+"/when", "more than %d conditions", maxWhen)
			return
		}
		for i, condition := range *term.When {
			c.showWhen(place.layout, place.siblings, condition, fmt.Sprintf("%s/when/%d", at, i))
		}
	}
}

// fee checks that the fee is a calculation in cents.
func (c *checker) fee(layout types.FormLayout) {
	if layout.Fee == nil {
		return
	}
	step, name, _ := strings.Cut(strings.TrimPrefix(*layout.Fee, "/"), "/")
	field, ok := fieldPlace{layout: layout}.find(step + "." + name)
	if !ok || !strings.HasPrefix(*layout.Fee, "/") || field.Calculation == nil || field.Calculation.Unit != types.Cents {
		c.report("/layout/fee", "the fee is a calculation in cents, as /step/field")
	}
}

package catalog

import (
	"encoding/json"
	"errors"
	"strings"

	"portalverbund/server/platform/problem"
)

// Fault is something that keeps an entry from being kept.
type Fault struct {
	Pointer string         // JSON pointer into the entry
	Code    string         // as the contract's FieldError has them
	Params  map[string]any // figures that the words speak of
	Message problem.Text   // for people; empty takes the words for Code
}

// check is prepare for what people write: it names everything that is wrong, each at its place.
func (r reader) check(kind string, raw json.RawMessage) (prepared, []Fault) {
	e := newEntry(kind)
	if err := json.Unmarshal(raw, e); err != nil {
		return prepared{}, []Fault{unreadable(err)}
	}
	c := checker{policy: r.policy}
	if e.normalise(&c); len(c.faults) > 0 {
		faults := make([]Fault, 0, len(c.faults))
		for _, f := range c.faults {
			faults = append(faults, f.Fault)
		}
		return prepared{}, faults
	}
	p, err := r.prepare(kind, raw)
	if err != nil { // too large
		return prepared{}, []Fault{{Code: "maxLength", Message: problem.Text{De: "Dieser Eintrag ist zu groß.", En: "This entry is too large."}}}
	}
	return p, nil
}

// unreadable names the member that does not have the type that it must have.
func unreadable(err error) Fault {
	f := Fault{Code: "type"}
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) && wrong.Field != "" {
		f.Pointer = "/" + strings.ReplaceAll(wrong.Field, ".", "/")
	}
	return f
}

package catalog

import (
	"encoding/json"

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
	p, err := r.prepare(kind, raw)
	if err != nil {
		return prepared{}, []Fault{{Code: "format", Message: problem.Text{De: err.Error(), En: err.Error()}}}
	}
	return p, nil
}

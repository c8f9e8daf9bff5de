package demo

import (
	_ "embed"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"
)

//go:embed data/samples.json
var samples []byte

// Catalog gives the entries of a demonstration portal (landkreis, meppen, lathen) as JSON Lines.
func Catalog(portal string) ([]byte, error) {
	text, err := catalogs.ReadFile("data/" + portal + ".jsonl")
	if err != nil {
		return nil, fmt.Errorf("catalog: %w", err)
	}
	return text, nil
}

// Answers gives, for each form of the demonstration, answers that can be submitted.
func Answers() (map[uuid.UUID]json.RawMessage, error) {
	var answers map[uuid.UUID]json.RawMessage
	if err := json.Unmarshal(samples, &answers); err != nil {
		return nil, fmt.Errorf("sample answers: %w", err)
	}
	return answers, nil
}

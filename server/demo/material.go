package demo

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"time"

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

var sampleDay = regexp.MustCompile(`"today([+-][0-9]+)d"`)

// Answers gives, for each form of the demonstration, answers that can be submitted today.
func Answers() (map[uuid.UUID]json.RawMessage, error) {
	now := time.Now()
	dated := sampleDay.ReplaceAllFunc(samples, func(day []byte) []byte {
		distance, _ := strconv.Atoi(string(sampleDay.FindSubmatch(day)[1])) // digits
		return []byte(now.AddDate(0, 0, distance).Format(`"` + time.DateOnly + `"`))
	})
	var answers map[uuid.UUID]json.RawMessage
	if err := json.Unmarshal(dated, &answers); err != nil {
		return nil, fmt.Errorf("sample answers: %w", err)
	}
	return answers, nil
}

package cases

import (
	"encoding/json"
	"testing"

	"portalverbund/api/types"
)

func TestCorrected_InTheOrderOfTheTimeline_AndNothingElseChanges(t *testing.T) {
	t.Parallel()
	const submitted = `{"person":{"ort":"Meppen","a/b~c":"1"},"dogs":{"list":[{"name":"Waldi"},{"name":"Rex"}]}}`
	for name, tt := range map[string]struct {
		values []types.CorrectedAnswer
		want   string
	}{
		"none":                           {nil, submitted},
		"one":                            {[]types.CorrectedAnswer{{Pointer: "/person/ort", Value: "Lathen"}}, `{"person":{"ort":"Lathen","a/b~c":"1"},"dogs":{"list":[{"name":"Waldi"},{"name":"Rex"}]}}`},
		"the later one counts":           {[]types.CorrectedAnswer{{Pointer: "/person/ort", Value: "Lathen"}, {Pointer: "/person/ort", Value: "Haren"}}, `{"person":{"ort":"Haren","a/b~c":"1"},"dogs":{"list":[{"name":"Waldi"},{"name":"Rex"}]}}`},
		"null takes away":                {[]types.CorrectedAnswer{{Pointer: "/person/ort"}, {Pointer: "/person/none"}}, `{"person":{"a/b~c":"1"},"dogs":{"list":[{"name":"Waldi"},{"name":"Rex"}]}}`},
		"escaped":                        {[]types.CorrectedAnswer{{Pointer: "/person/a~1b~0c", Value: "2"}}, `{"person":{"ort":"Meppen","a/b~c":"2"},"dogs":{"list":[{"name":"Waldi"},{"name":"Rex"}]}}`},
		"in a group":                     {[]types.CorrectedAnswer{{Pointer: "/dogs/list/1/name", Value: "Bello"}}, `{"person":{"ort":"Meppen","a/b~c":"1"},"dogs":{"list":[{"name":"Waldi"},{"name":"Bello"}]}}`},
		"a whole group, then in it":      {[]types.CorrectedAnswer{{Pointer: "/dogs/list", Value: []any{map[string]any{"name": "X"}}}, {Pointer: "/dogs/list/0/name", Value: "Y"}}, `{"person":{"ort":"Meppen","a/b~c":"1"},"dogs":{"list":[{"name":"Y"}]}}`},
		"an item that is not there":      {[]types.CorrectedAnswer{{Pointer: "/dogs/list/2/name", Value: "x"}, {Pointer: "/dogs/list/01/name", Value: "x"}, {Pointer: "/dogs/list/-1/name", Value: "x"}}, submitted},
		"a step that was left out":       {[]types.CorrectedAnswer{{Pointer: "/more/why", Value: "x"}}, `{"person":{"ort":"Meppen","a/b~c":"1"},"dogs":{"list":[{"name":"Waldi"},{"name":"Rex"}]},"more":{"why":"x"}}`},
		"through a text, and no pointer": {[]types.CorrectedAnswer{{Pointer: "/person/ort/x", Value: "x"}, {Pointer: "", Value: "x"}, {Pointer: "/person", Value: "x"}, {Pointer: "person/ort", Value: "x"}}, submitted},
	} {
		var data, want map[string]any
		if err := json.Unmarshal([]byte(submitted), &data); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(tt.want), &want); err != nil {
			t.Fatal(err)
		}
		var timeline []types.TimelineEvent
		for _, v := range tt.values { // each in an answer of its own, with a question between
			timeline = append(timeline, types.TimelineEvent{Kind: types.Question}, types.TimelineEvent{Kind: types.Message, Values: &[]types.CorrectedAnswer{v}})
		}
		got, _ := json.Marshal(corrected(data, timeline))
		wanted, _ := json.Marshal(want)
		if string(got) != string(wanted) {
			t.Errorf("%s: %s, want %s", name, got, wanted)
		}
		if now, _ := json.Marshal(data); len(now) != len(submitted) {
			t.Errorf("%s: what was submitted has become %s", name, now)
		}
		if name == "a whole group, then in it" {
			if sent, _ := json.Marshal((*timeline[1].Values)[0].Value); string(sent) != `[{"name":"X"}]` {
				t.Errorf("what was sent has become %s", sent)
			}
		}
	}
}

package catalog

import (
	"encoding/json"
	"maps"
	"testing"
)

// FuzzReadText compares the quick way of reading texts with the decoder's.
func FuzzReadText(f *testing.F) {
	for _, seed := range []string{
		`{"de":"Hund","en":"Dog"}`, `{}`, `{"de":""}`, `{"de":"\\u003cp\\u003eÄ\\u00e4 \\"x\\" \\\\ \\/\\n\\t\\u003c/p\\u003e"}`, `{"de":"\\ud83d\\ude00 \\ud800"}`, `{ "de" : "x" }`, `{"de":"a","de":"b"}`,
		`{"de":null}`, `{"de":1}`, `"Hund"`, `null`, `{"de":"\xff"}`, `{"de":"\\u0000"}`, `[]`, `{"de":"\u2028"}`, `{"d\\u0065":"x"}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := readText([]byte(text))
		if !ok || !json.Valid([]byte(text)) {
			return // left to the decoder, or never given to it
		}
		var want map[string]string
		if err := json.Unmarshal([]byte(text), &want); err != nil || !maps.Equal(got, want) {
			t.Errorf("%s is read as %q, want %q, %v", text, got, want, err)
		}
	})
}

func TestReadText_AsThisProgramWritesIt_IsReadTheQuickWay(t *testing.T) {
	want := Text{"de": "<p>Straße & \"Weg\"\n\\ \u2028</p>", "en": "Road", "de-x-ls": ""}
	written, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := readText(written); !ok || !maps.Equal(got, want) {
		t.Errorf("%s is read as %q, %v", written, got, ok)
	}
}

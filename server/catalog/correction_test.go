package catalog

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// corrects does what a release does with an entry that comes from an import.
func (p *portal) corrects(t *testing.T, kind, key, content string) {
	t.Helper()
	err := p.db.Tx(t.Context(), func(ctx context.Context) error {
		own, _, err := p.Released(ctx, kind, key)
		if err != nil {
			return err
		}
		imported := own.Content
		c, known, err := p.Correction(ctx, kind, key)
		if err != nil {
			return err
		}
		if known {
			imported = c.Imported
		}
		if content == "" {
			if err := p.Remove(ctx, kind, key); err != nil {
				return err
			}
			return p.Correct(ctx, kind, key, "test", imported, nil)
		}
		if err := p.Write(ctx, kind, own.Source, json.RawMessage(content)); err != nil {
			return err
		}
		return p.Correct(ctx, kind, key, "test", imported, json.RawMessage(content))
	})
	if err != nil {
		t.Fatal(err)
	}
}

// first gives the first service as it is released.
func (p *portal) first(t *testing.T) (ServiceEntry, Released) {
	t.Helper()
	own, found, err := p.Released(t.Context(), KindService, num(1).String())
	if err != nil || !found {
		t.Fatalf("found %t, %v", found, err)
	}
	var e ServiceEntry
	if err := json.Unmarshal(own.Content, &e); err != nil {
		t.Fatal(err)
	}
	return e, own
}

func TestImport_EditorCorrected_StandsAndTheRestFollowsTheSource(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	text := func(teaser, english, fee string) string {
		return service(1, "", "Hund anmelden", `"teaser":{"de":"`+teaser+`","en":"`+english+`"}`, `"fees":[{"label":{"de":"Steuer"},"kind":"fixed","amount":`+fee+`}]`)
	}
	key := num(1).String()
	p.imports(t, text("alt", "old", "100"))
	p.corrects(t, KindService, key, text("richtig", "old", "100"))

	p.imports(t, text("alt", "new", "200"))
	e, own := p.first(t)
	if e.Teaser["de"] != "richtig" || e.Teaser["en"] != "new" || *e.Fees[0].Amount != 200 || own.Source != "test" {
		t.Errorf("after an import: %v, fee %d, from %s", e.Teaser, *e.Fees[0].Amount, own.Source)
	}
	if got := p.publisher.entries["service "+key]; !strings.Contains(string(mustJSON(t, got.Payload)), "richtig") {
		t.Errorf("published %v", got.Payload)
	}
	if c, _, _ := p.Correction(t.Context(), KindService, key); len(c.Conflicts) != 0 {
		t.Errorf("conflicts %v where only one side changed each part", c.Conflicts)
	}

	p.imports(t, text("anders", "new", "200"))
	e, _ = p.first(t)
	c, _, err := p.Correction(t.Context(), KindService, key)
	if err != nil || e.Teaser["de"] != "richtig" || !slices.Equal(c.Conflicts, []string{"/teaser/de"}) {
		t.Errorf("both changed the teaser: %v, conflicts %v, %v", e.Teaser, c.Conflicts, err)
	}
	if !strings.Contains(string(c.Imported), "anders") {
		t.Error("what the source says now is not kept")
	}
}

func mustJSON(t *testing.T, value any) []byte {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestImport_EditorsTookItOff_StaysOff(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.imports(t, service(1, "", "Hund anmelden"))
	p.corrects(t, KindService, num(1).String(), "")
	p.imports(t, service(1, "", "Hund anmelden oder abmelden"))
	if _, found, err := p.Released(t.Context(), KindService, num(1).String()); found || err != nil {
		t.Errorf("an import brought it back: %t, %v", found, err)
	}
	if c, _, _ := p.Correction(t.Context(), KindService, num(1).String()); !strings.Contains(string(c.Imported), "abmelden") {
		t.Errorf("what the source says is not kept: %s", c.Imported)
	}
}

func TestImport_SourceNoLongerHasIt_CorrectedStaysAndSaysSo(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	complete := func(lines ...string) {
		t.Helper()
		if _, err := p.Import(t.Context(), "test", strings.NewReader(strings.Join(lines, "\n")), ImportOptions{Complete: true}); err != nil {
			t.Fatal(err)
		}
	}
	complete(service(1, "", "Hund anmelden"), service(2, "", "Hund abmelden"))
	p.corrects(t, KindService, num(1).String(), service(1, "", "Hund richtig anmelden"))
	complete(service(3, "", "Katze"))
	if e, _ := p.first(t); e.Title["de"] != "Hund richtig anmelden" {
		t.Errorf("title %v", e.Title)
	}
	if _, found, _ := p.Released(t.Context(), KindService, num(2).String()); found {
		t.Error("what nobody had corrected is still there")
	}
	if c, _, _ := p.Correction(t.Context(), KindService, num(1).String()); c.Imported != nil {
		t.Errorf("the source still says %s", c.Imported)
	}
}

func TestImport_IDWrittenHere_Skipped(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	err := p.db.Tx(t.Context(), func(ctx context.Context) error {
		return p.Write(ctx, KindService, SourceManual, json.RawMessage(service(1, "", "Von Hand")))
	})
	if err != nil {
		t.Fatal(err)
	}
	report := p.imports(t, service(1, "", "Aus der Datei"), service(2, "", "Andere"))
	if report.SkippedCount != 1 || report.Of(KindService).Added != 1 {
		t.Errorf("report %s", report)
	}
	if e, _ := p.first(t); e.Title["de"] != "Von Hand" {
		t.Errorf("title %v", e.Title)
	}
}

func TestMerge_PartsThatOneSideChanged_BothWithoutConflict(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ base, ours, theirs, want, conflicts string }{
		"each its own":          {`{"a":1,"b":1}`, `{"a":2,"b":1}`, `{"a":1,"b":2}`, `{"a":2,"b":2}`, ""},
		"the same":              {`{"a":1}`, `{"a":2}`, `{"a":2}`, `{"a":2}`, ""},
		"differently":           {`{"a":1}`, `{"a":2}`, `{"a":3}`, `{"a":2}`, "/a"},
		"languages":             {`{"t":{"de":"x"}}`, `{"t":{"de":"y"}}`, `{"t":{"de":"x","en":"z"}}`, `{"t":{"de":"y","en":"z"}}`, ""},
		"same language":         {`{"t":{"de":"x"}}`, `{"t":{"de":"y"}}`, `{"t":{"de":"z"}}`, `{"t":{"de":"y"}}`, "/t/de"},
		"deleted by us":         {`{"a":1,"b":1}`, `{"b":1}`, `{"a":1,"b":2}`, `{"b":2}`, ""},
		"deleted by them":       {`{"a":1}`, `{"a":1}`, `{}`, `{}`, ""},
		"deleted and changed":   {`{"a":1}`, `{}`, `{"a":2}`, `{}`, "/a"},
		"lists as a whole":      {`{"l":[1]}`, `{"l":[1,2]}`, `{"l":[1,3]}`, `{"l":[1,2]}`, "/l"},
		"the time is no matter": {`{"updatedAt":"1"}`, `{"updatedAt":"2"}`, `{"updatedAt":"3"}`, `{"updatedAt":"2"}`, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			merged, conflicts, err := merge([]byte(tt.base), []byte(tt.ours), []byte(tt.theirs))
			if err != nil || string(merged) != tt.want || strings.Join(conflicts, " ") != tt.conflicts {
				t.Errorf("got %s, conflicts %v, %v; want %s, %q", merged, conflicts, err, tt.want, tt.conflicts)
			}
		})
	}
}

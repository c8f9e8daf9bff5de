package adapter_test

import (
	"testing"

	"portalverbund/server/catalog/adapter"
)

func TestUnpad_AnyARS_AsEntriesWriteIt(t *testing.T) {
	t.Parallel()
	for ars, want := range map[string]string{
		"034540035035": "034540035035", "034540000000": "03454", "034545404000": "034545404", "03454": "03454", "030000000000": "03", "03": "03",
		"00": "000000000000", "000000000000": "000000000000", "034": "034", " 03454 ": "03454", "0345": "", "Meppen": "", "": "", "0345400350351": "",
		"100000000000": "10", "031010000000": "03101",
	} {
		if got := adapter.Unpad(ars); got != want {
			t.Errorf("Unpad(%q) = %q, want %q", ars, got, want)
		}
	}
}

func TestCovers_PlaceInArea(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		area, place string
		want        bool
	}{
		{"034540000000", "034540035035", true}, {"034540035035", "034540000000", false}, {"000000000000", "034540035035", true},
		{"03454", "03455", false}, {"", "03454", false}, {"034540035035", "034540035035", true},
	} {
		if got := adapter.Covers(tt.area, tt.place); got != tt.want {
			t.Errorf("Covers(%s, %s) = %v", tt.area, tt.place, got)
		}
	}
}

func TestPlain_Markup_LinesOfText(t *testing.T) {
	t.Parallel()
	for markup, want := range map[string]string{
		"a  b":                                   "a  b",
		"<p>Montag&nbsp;8&ndash;12</p><p>Di</p>": "Montag 8–12\nDi",
		"<ul><li>eins<li>zwei</ul>x<br/>y":       "eins\nzwei\nx\ny",
		"<script>alert(1)</script><p>da</p>":     "da",
		"1 &lt; 2":                               "1 < 2",
		"<p>offen <b":                            "offen",
		"<style>p{}</style>":                     "",
	} {
		if got := adapter.Plain(markup); got != want {
			t.Errorf("Plain(%q) = %q, want %q", markup, got, want)
		}
	}
}

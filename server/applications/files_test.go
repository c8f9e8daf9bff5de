package applications

import (
	"strings"
	"testing"

	"portalverbund/api/types"
	"portalverbund/server/platform/files"
)

func TestAccepts_ListOfAField_AsInHTML(t *testing.T) {
	t.Parallel()
	jpeg := files.Kind{MediaType: "image/jpeg", Extension: ".jpg"}
	for list, want := range map[string]bool{
		"": true, "image/jpeg": true, "image/*": true, ".jpg": true, ".JPEG": true, "application/pdf,image/jpeg": true,
		"application/pdf": false, ".png": false, "application/*": false, "imag/*": false,
	} {
		field := types.FormField{}
		if list != "" {
			parts := strings.Split(list, ",")
			field.Accept = &parts
		}
		if accepts(field, jpeg) != want {
			t.Errorf("%q takes a JPEG: %v", list, !want)
		}
	}
}

func TestContains_AreasByTheirLevels(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		area, place string
		want        bool
	}{
		{"000000000000", "034540035035", true},
		{"034540000000", "034540035035", true},
		{"034545404000", "034545404030", true},
		{"034540035035", "034540035035", true},
		{"034540035035", "034540035036", false},
		{"034540000000", "034560000000", false},
		{"034540000000", "030000000000", false},
		{"110000000000", "110000000000", true},
		{"03454", "034540035035", false},
	} {
		if contains(c.area, c.place) != c.want {
			t.Errorf("%s in %s: %v", c.place, c.area, !c.want)
		}
	}
}

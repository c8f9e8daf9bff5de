package codes_test

import (
	"testing"

	"portalverbund/server/catalog"
	"portalverbund/server/catalog/codes"
)

func TestTextModules_EachCode_HasATextOfItsOwn(t *testing.T) {
	t.Parallel()
	var m catalog.ModulesEntry
	texts := map[*catalog.Text]string{}
	for _, module := range codes.TextModules() {
		if other, twice := texts[module.Text(&m)]; twice {
			t.Errorf("%s and %s are the same text", module.Code, other)
		}
		texts[module.Text(&m)] = module.Code
		if found, known := codes.ModuleOf(module.Code); !known || found.Name != module.Name {
			t.Errorf("ModuleOf(%s) = %v", module.Code, found.Name)
		}
	}
	if _, known := codes.ModuleOf("99"); known {
		t.Error("99 is known")
	}
}

func TestUnitOf_AsOtherSystemsWrite(t *testing.T) {
	t.Parallel()
	for unit, want := range map[string]string{
		"TAG": "day", "Tage": "day", "WOCHEN": "week", "Monate": "month", "JAHRE": "year", "WERKTAGE": "weekday", "Stunden": "hour", "MINUTEN": "minute",
		"DAY": "day", "days": "day", "WEEKS": "week", "Years": "year", "workday": "workday", " month ": "month", "MOND": "", "": "", "S": "",
	} {
		if got := codes.UnitOf(unit); got != want {
			t.Errorf("UnitOf(%q) = %q, want %q", unit, got, want)
		}
	}
}

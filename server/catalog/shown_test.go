package catalog

import "testing"

func TestShownText_AnyLanguages_ChosenAsTextsAre(t *testing.T) {
	t.Parallel()
	long := string(make([]byte, 300)) + "Ä"
	for _, title := range []Text{nil, {"de": "Hund"}, {"en": "Dog", "uk": "Собака"}, {"de": "Hund", "de-x-ls": "Der Hund", "en": ""}, {"fr": "Chien", "tr": long}} {
		for _, teaser := range []Text{nil, {"de": long}, {"en": "For dogs"}, {"uk": "х", "de-x-ls": "Für Hunde"}} {
			shown := shownOf(title, teaser, map[string][]string{"de": {"Köter", "Hündin"}, "ru": {"собака"}})
			for _, language := range []string{"de", "de-x-ls", "de-CH", "en", "uk", "pl", ""} {
				if got := shown.title(language); got != title.in(language) {
					t.Errorf("title of %v in %q: %q", title, language, got)
				}
				if got := shown.teaser(language); got != teaser.in(language) {
					t.Errorf("teaser of %v in %q: %q", teaser, language, got)
				}
			}
		}
	}
}

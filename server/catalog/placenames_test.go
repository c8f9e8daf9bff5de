package catalog

import "testing"

func TestList_PlaceInsideOfTheQuery_IsThePlaceAskedAbout(t *testing.T) {
	t.Parallel()
	p := town(t)
	for words, want := range map[string]string{
		"hundesteuer meppen": inMeppen, "Hund anmelden in Haren": inHaren, "muenchen hundesteuer": inMuenchen,
		"meppen": "", "hund": "", "hundesteuer": "", "anmelden hund": "", // nothing else is asked, or the word means something else
	} {
		list, err := p.List(t.Context(), ListQuery{Words: words, ARS: inMeppen})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if list.RecognisedPlace != nil {
			got = list.RecognisedPlace.Place.Ars
		}
		if got != want {
			t.Errorf("%q is about %q, want %q", words, got, want)
		}
		if want != "" && (len(list.Items) == 0 || list.Items[0].Id != num(1)) {
			t.Errorf("%q finds %+v", words, list.Items)
		}
	}
	list, err := p.List(t.Context(), ListQuery{Words: "hundesteuer meppen", AllWords: true})
	if err != nil || list.RecognisedPlace != nil {
		t.Errorf("the place was to be a word like others: %+v, %v", list.RecognisedPlace, err)
	}
}

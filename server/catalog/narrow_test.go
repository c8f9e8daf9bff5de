package catalog

import (
	"fmt"
	"testing"
)

func TestList_Narrowed_CountsSayWhatEachFurtherChoiceLeaves(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.imports(t,
		organisation(101, "Amt"),
		service(1, "", "Angeln", `"categories":["animals","moving"],"audiences":["citizen"]`),
		service(2, "", "Jagen", `"categories":["animals"],"audiences":["business"]`),
		service(3, "", "Zelten", `"categories":["moving"],"audiences":["citizen","business"]`),
		competence(201, 1, 101, inMeppen, `"onlineService":{"type":"link","url":"https://antrag.example/"}`),
		competence(202, 2, 101, inMeppen), competence(203, 3, 101, inMeppen),
	)
	for _, c := range []struct {
		query ListQuery
		want  string // titles, by life situation, by audience, online
	}{
		{ListQuery{}, "[Angeln Jagen Zelten] [{2 animals} {2 moving}] [{2 business} {2 citizen}] 1"},
		{ListQuery{Category: "animals"}, "[Angeln Jagen] [{2 animals} {2 moving}] [{1 business} {1 citizen}] 1"},
		{ListQuery{Audience: "business"}, "[Jagen Zelten] [{1 animals} {1 moving}] [{2 business} {2 citizen}] 0"},
		{ListQuery{Online: true, ARS: inMeppen}, "[Angeln] [{1 animals} {1 moving}] [{1 citizen}] 1"},
		{ListQuery{Category: "animals", Audience: "business"}, "[Jagen] [{1 animals} {1 moving}] [{1 business} {1 citizen}] 0"},
		{ListQuery{Category: "none"}, "[] [{2 animals} {2 moving}] [] 0"},
	} {
		list, err := p.List(t.Context(), c.query)
		if err != nil {
			t.Fatal(err)
		}
		titles := []string{}
		for _, i := range list.Items {
			titles = append(titles, i.Title)
		}
		if got := fmt.Sprint(titles, list.Counts.Categories, list.Counts.Audiences, list.Counts.Online); got != c.want || list.Total != len(titles) {
			t.Errorf("%+v:\n%s\n%s", c.query, got, c.want)
		}
	}
}

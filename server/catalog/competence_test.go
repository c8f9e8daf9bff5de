package catalog

import (
	"slices"
	"strings"
	"testing"
	"time"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
)

// at sets the clock of a catalog under test.
func (p *portal) at(t *testing.T, moment string) {
	t.Helper()
	now, err := time.Parse(time.RFC3339, moment)
	if err != nil {
		t.Fatal(err)
	}
	p.now = func() time.Time { return now }
	p.answers.forget()
}

func wantFor(t *testing.T, p *portal, ars string, who Asker, resolution types.OfferResolution, organisations ...string) types.OfferList {
	t.Helper()
	got, err := p.Offers(t.Context(), num(1), ars, who)
	if err != nil {
		t.Fatal(err)
	}
	if names := namesOf(got.Items); got.Resolution != resolution || !slices.Equal(names, organisations) {
		t.Errorf("offers for %+v at %s: %s %q, want %s %q", who, ars, got.Resolution, names, resolution, organisations)
	}
	return got
}

func namesOf(offers []types.Offer) []string {
	var names []string
	for _, o := range offers {
		names = append(names, o.Organisation.Name)
	}
	return names
}

func years(n int) *int { return &n }

func TestOffers_ContactPointAndOtherRoles_AreNeverCompetent(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.imports(t, organisation(100, "Steueramt"), organisation(101, "Bürgertelefon"), organisation(102, "Archiv"), organisation(103, "Landkreis"), service(1, "", "Hund"),
		competence(200, 1, 101, inMeppen, `"role":"03"`), competence(201, 1, 102, inMeppen, `"role":"02"`), competence(202, 1, 103, "03454", `"role":"01"`))
	got := wantFor(t, p, inMeppen, Asker{}, types.Found, "Landkreis")
	if names := namesOf(got.ContactPoints); !slices.Equal(names, []string{"Bürgertelefon"}) || got.ContactPoints[0].Role != types.OfferRoleContactPoint {
		t.Errorf("contact points %q", names)
	}
	list, err := p.List(t.Context(), ListQuery{Words: "hund", ARS: inMeppen})
	if err != nil || len(list.Items) != 1 || list.Items[0].AuthorityName == nil || *list.Items[0].AuthorityName != "Landkreis" {
		t.Errorf("list %+v, %v", list, err)
	}
	if got.Items[0].Role != types.OfferRoleAuthority {
		t.Errorf("role %s", got.Items[0].Role)
	}
	if got := wantFor(t, p, inHaren, Asker{}, types.Found, "Landkreis"); len(got.ContactPoints) != 0 {
		t.Errorf("Haren has the contact point of Meppen: %q", namesOf(got.ContactPoints))
	}
}

func TestOffers_OnlyContactPointStated_NobodyIsCompetentButSomeoneCanBeAsked(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.imports(t, organisation(101, "Bürgertelefon"), service(1, "", "Hund"), competence(200, 1, 101, inMeppen, `"role":"03"`))
	if got := wantFor(t, p, inMeppen, Asker{}, types.None); len(got.ContactPoints) != 1 {
		t.Errorf("contact points %q", namesOf(got.ContactPoints))
	}
}

func TestOffers_DifferentForBusinesses_AsksThenFinds(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.imports(t, organisation(100, "Bürgerbüro"), organisation(101, "Wirtschaftsbüro"), organisation(102, "Landkreis"), service(1, "", "Parkausweis"),
		competence(200, 1, 100, inMeppen), competence(201, 1, 101, inMeppen, `"audiences":["business"]`), competence(202, 1, 102, "03454"))
	got := wantFor(t, p, inMeppen, Asker{}, types.Choose, "Bürgerbüro", "Wirtschaftsbüro")
	if got.Question == nil || got.Question.About != types.AboutAudience || len(got.Question.Options) != 2 {
		t.Fatalf("question %+v", got.Question)
	}
	if o := got.Question.Options[1]; o.Value != "business" || o.Label != "Unternehmen" || len(o.OfferIds) != 1 || o.OfferIds[0] != num(201) {
		t.Errorf("option %+v", o)
	}
	wantFor(t, p, inMeppen, Asker{Audience: "citizen"}, types.Found, "Bürgerbüro")
	wantFor(t, p, inMeppen, Asker{Audience: "business"}, types.Found, "Wirtschaftsbüro")
	wantFor(t, p, inHaren, Asker{Audience: "business"}, types.Found, "Landkreis")
}

func TestOffers_OnlyBusinessesHaveAnOfficeOfTheirOwn_OthersGoToTheCounty(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.imports(t, organisation(101, "Wirtschaftsbüro"), organisation(102, "Landkreis"), service(1, "", "Parkausweis"),
		competence(201, 1, 101, inMeppen, `"audiences":["business"]`), competence(202, 1, 102, "03454"))
	wantFor(t, p, inMeppen, Asker{}, types.Choose, "Landkreis", "Wirtschaftsbüro")
	wantFor(t, p, inMeppen, Asker{Audience: "citizen"}, types.Found, "Landkreis")
	wantFor(t, p, inMeppen, Asker{Audience: "business"}, types.Found, "Wirtschaftsbüro")
}

func TestOffers_NobodyForCitizens_QuestionSaysSo(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.imports(t, organisation(101, "Wirtschaftsbüro"), service(1, "", "Parkausweis"), competence(201, 1, 101, inMeppen, `"audiences":["business"]`))
	got := wantFor(t, p, inMeppen, Asker{}, types.Choose, "Wirtschaftsbüro")
	if got.Question.About != types.AboutAudience || len(got.Question.Options[0].OfferIds) != 0 {
		t.Errorf("question %+v", got.Question)
	}
	wantFor(t, p, inMeppen, Asker{Audience: "citizen"}, types.None)
}

func TestOffers_ServiceForBusinessesOnly_NoQuestionForWhom(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.imports(t, organisation(101, "Wirtschaftsbüro"), service(1, "", "Gewerbe", `"audiences":["business"]`), competence(201, 1, 101, inMeppen, `"audiences":["business"]`))
	wantFor(t, p, inMeppen, Asker{}, types.Found, "Wirtschaftsbüro")
}

func TestOffers_BySurname_FirstLettersDecide(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.imports(t, organisation(100, "Zimmer 1"), organisation(101, "Zimmer 2"), organisation(102, "Zimmer 3"), service(1, "", "Wohngeld"),
		competence(200, 1, 100, inMeppen, `"conditions":[{"kind":"surname","from":"a","to":"K"}]`),
		competence(201, 1, 101, inMeppen, `"conditions":[{"kind":"surname","from":"L","to":"Sch"}]`),
		competence(202, 1, 102, inMeppen, `"conditions":[{"kind":"surname","from":"Sci","to":"Z"}]`))
	got := wantFor(t, p, inMeppen, Asker{}, types.Choose, "Zimmer 1", "Zimmer 2", "Zimmer 3")
	var labels []string
	for _, o := range got.Question.Options {
		labels = append(labels, o.Label)
		if answered := wantFor(t, p, inMeppen, Asker{Surname: o.Value}, types.Found, "Zimmer "+string('0'+rune(len(labels)))); answered.Question != nil {
			t.Errorf("asked again after %s", o.Value)
		}
	}
	if want := []string{"Nachname A bis K", "Nachname L bis Sch", "Nachname Sci bis Z"}; !slices.Equal(labels, want) || got.Question.About != types.AboutSurname {
		t.Errorf("labels %q, want %q", labels, want)
	}
	for letters, room := range map[string]string{"Ö": "Zimmer 2", "ß": "Zimmer 3", "sch": "Zimmer 2", "Sc": "", "S": "", "Zzz": "Zimmer 3", "k": "Zimmer 1"} {
		if room == "" {
			wantFor(t, p, inMeppen, Asker{Surname: letters}, types.Choose, "Zimmer 2", "Zimmer 3")
		} else {
			wantFor(t, p, inMeppen, Asker{Surname: letters}, types.Found, room)
		}
	}
	if *got.Items[1].AppliesTo != "Nachname L bis Sch" || !strings.HasPrefix(*got.Items[1].Distinction, "Nachname L bis Sch") {
		t.Errorf("items %+v", got.Items[1])
	}
}

func TestOffers_ByAgeAndAudience_OneQuestionAfterTheOther(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.imports(t, organisation(100, "Jugendamt"), organisation(101, "Sozialamt"), organisation(102, "Firmenamt"), service(1, "", "Hilfe"),
		competence(200, 1, 100, inMeppen, `"audiences":["citizen"]`, `"conditions":[{"kind":"age","max":17}]`),
		competence(201, 1, 101, inMeppen, `"audiences":["citizen"]`, `"conditions":[{"kind":"age","min":18}]`),
		competence(202, 1, 102, inMeppen, `"audiences":["business"]`))
	got := wantFor(t, p, inMeppen, Asker{}, types.Choose, "Firmenamt", "Jugendamt", "Sozialamt")
	if got.Question.About != types.AboutAudience {
		t.Errorf("first question about %s", got.Question.About)
	}
	got = wantFor(t, p, inMeppen, Asker{Audience: "citizen"}, types.Choose, "Jugendamt", "Sozialamt")
	if q := got.Question; q.About != types.AboutAge || q.Options[0].Label != "bis 17 Jahre" || q.Options[1].Label != "ab 18 Jahren" || q.Options[1].Value != "18" {
		t.Errorf("second question %+v", q)
	}
	wantFor(t, p, inMeppen, Asker{Audience: "citizen", Age: years(17)}, types.Found, "Jugendamt")
	wantFor(t, p, inMeppen, Asker{Audience: "citizen", Age: years(18)}, types.Found, "Sozialamt")
	wantFor(t, p, inMeppen, Asker{Audience: "business"}, types.Found, "Firmenamt")
	wantFor(t, p, inMeppen, Asker{Age: years(30)}, types.Choose, "Firmenamt", "Sozialamt")
}

func TestOffers_RuleInWordsOnly_ThePersonDecides(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.imports(t, organisation(100, "Gaststättenstelle"), organisation(101, "Landkreis"), service(1, "", "Erlaubnis"),
		competence(200, 1, 100, inMeppen, `"rule":{"de":"nur für Gaststätten","en":"only for restaurants"}`), competence(201, 1, 101, "03454"))
	got := wantFor(t, p, inMeppen, Asker{Audience: "business"}, types.Choose, "Gaststättenstelle", "Landkreis")
	if got.Question.About != types.AboutOffice || *got.Items[0].Distinction != "nur für Gaststätten" || *got.Items[1].Distinction == "" {
		t.Errorf("question %+v, items %+v", got.Question, got.Items)
	}
	english, err := p.Offers(httpx.WithLanguage(t.Context(), "en"), num(1), inMeppen, Asker{})
	if err != nil || *english.Items[0].AppliesTo != "only for restaurants" {
		t.Errorf("%+v, %v", english, err)
	}
}

func TestOffers_ConditionOfANewerPortal_TreatedAsNotDecided(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.replicates(t, landkrs, organisation(100, "Ausländerbehörde"), organisation(101, "Bürgerbüro"), service(1, "", "Ausweis"),
		competence(200, 1, 100, inMeppen, `"conditions":[{"kind":"nationality","from":"not DE"}]`, `"rule":{"de":"ohne deutschen Pass"}`, `"unheardOf":true`),
		competence(201, 1, 101, inMeppen))
	wantFor(t, p, inMeppen, Asker{}, types.Choose, "Ausländerbehörde", "Bürgerbüro")
}

func TestOffers_Validity_DecidesByTheDay(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.imports(t, organisation(100, "Altes Amt"), organisation(101, "Neues Amt"), organisation(102, "Landkreis"), service(1, "", "Hund"),
		competence(200, 1, 100, inMeppen, `"validity":[{"to":"2026-06-30T23:59:59+02:00"}]`),
		competence(201, 1, 101, inMeppen, `"validity":[{"from":"2026-08-01T00:00:00+02:00"}]`),
		competence(202, 1, 102, "03454"))
	p.at(t, "2026-06-30T21:00:00Z") // 23:00 in Berlin
	if got := wantFor(t, p, inMeppen, Asker{}, types.Found, "Altes Amt"); got.Items[0].ValidTo.String() != "2026-06-30" {
		t.Errorf("valid to %v", got.Items[0].ValidTo)
	}
	p.at(t, "2026-07-01T00:00:00Z")
	wantFor(t, p, inMeppen, Asker{}, types.Found, "Landkreis")
	p.at(t, "2026-07-31T22:00:00Z") // midnight in Berlin
	wantFor(t, p, inMeppen, Asker{}, types.Found, "Neues Amt")
	wantFor(t, p, "", Asker{}, types.PlaceNeeded)
}

func TestOffers_OutdatedCompetencesBelow_DoNotMakeThePlaceNeeded(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.imports(t, organisation(100, "Altes Amt"), organisation(101, "Landkreis"), organisation(102, "Telefon"), service(1, "", "Hund"),
		competence(200, 1, 100, inMeppen, `"validity":[{"to":"2020-01-01T00:00:00Z"}]`), competence(201, 1, 101, "03454"), competence(203, 1, 102, inHaren, `"role":"03"`))
	wantFor(t, p, kreis, Asker{}, types.Found, "Landkreis")
	wantFor(t, p, "", Asker{}, types.Found, "Landkreis")
}

func TestOffers_FormerKeys_CountBehindTheKeyInUse(t *testing.T) {
	t.Parallel()
	const oldEast, oldWest = "034540999001", "034540999002"
	p := newPortal(t)
	p.places = fakePlaces{former: map[string][]string{inMeppen: {oldEast, oldWest}}}
	p.imports(t, organisation(100, "Amt Ost"), organisation(101, "Amt West"), organisation(102, "Landkreis"), service(1, "", "Hund"), service(2, "", "Pass"), service(3, "", "Fest"),
		competence(200, 1, 100, oldEast), competence(201, 1, 101, oldWest),
		competence(202, 2, 100, oldEast), competence(203, 2, 102, inMeppen),
		competence(204, 3, 100, oldEast), competence(205, 3, 100, oldWest))
	got := wantFor(t, p, inMeppen, Asker{}, types.Choose, "Amt Ost", "Amt West")
	if got.Question.About != types.AboutOffice || !strings.Contains(*got.Items[0].Distinction, oldEast) {
		t.Errorf("items %+v", got.Items[0])
	}
	wantFor(t, p, oldEast, Asker{}, types.Found, "Amt Ost")
	wantFor(t, p, oldWest, Asker{}, types.Found, "Amt West")
	wantOffers(t, p, 2, inMeppen, types.Found, "Landkreis")
	wantOffers(t, p, 2, oldEast, types.Found, "Landkreis")
	got = wantOffers(t, p, 3, inMeppen, types.Found, "Amt Ost", "Amt Ost")
	if got.Place.Ars != inMeppen {
		t.Errorf("place %+v", got.Place)
	}
}

func TestOffers_NobodyCompetent_SaysWhereToTurn(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.imports(t, `{"kind":"organisation","id":"`+num(100).String()+`","name":{"de":"Stadt Meppen"},"phone":"030 1","administers":["034540035035"]}`, service(1, "", "Hund"))
	p.replicates(t, landkrs, `{"kind":"organisation","id":"`+num(101).String()+`","name":{"de":"Landkreis Emsland"},"administers":["03454"]}`)
	got := wantFor(t, p, inMeppen, Asker{}, types.None)
	var names []string
	for _, to := range got.TurnTo {
		names = append(names, to.Name)
	}
	if want := []string{"Stadt Meppen", "Landkreis Emsland", "Behördennummer 115"}; !slices.Equal(names, want) {
		t.Fatalf("turn to %q, want %q", names, want)
	}
	if first := got.TurnTo[0]; *first.OrganisationId != num(100) || *first.Phone != "030 1" || first.Area.Ars != inMeppen || first.Kind != types.Administration {
		t.Errorf("%+v", first)
	}
	if got := wantFor(t, p, inMuenchen, Asker{}, types.None); len(got.TurnTo) != 1 || got.TurnTo[0].Kind != types.Hotline || *got.TurnTo[0].Phone != "115" {
		t.Errorf("München turns to %+v", got.TurnTo)
	}
}

func TestReplicate_AdministrationOfAnothersArea_Refused(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.imports(t, service(1, "", "Hund"))
	p.replicates(t, lathen, `{"kind":"organisation","id":"`+num(101).String()+`","name":{"de":"Angeblich Meppen"},"administers":["034540035035"]}`)
	if got := wantFor(t, p, inMeppen, Asker{}, types.None); len(got.TurnTo) != 1 {
		t.Errorf("a portal claims the administration of another's area: %+v", got.TurnTo)
	}
}

func TestImport_ImpossibleTerms_SkippedWithTheReason(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	for terms, reason := range map[string]string{
		`"role":"zuständig für alles"`:                          "role",
		`"conditions":[{"kind":"surname"}]`:                     "surnames from",
		`"conditions":[{"kind":"surname","from":"K","to":"A"}]`: "surnames from",
		`"conditions":[{"kind":"surname","from":"1","to":"2"}]`: "from",
		`"conditions":[{"kind":"age"}]`:                         "an age",
		`"conditions":[{"kind":"age","min":20,"max":10}]`:       "an age",
		`"conditions":[{"kind":"age","max":1000}]`:              "age 1000",
		`"audiences":["die Leute"]`:                             "audience",
	} {
		report := p.imports(t, competence(200, 1, 100, inMeppen, terms))
		if len(report.Skipped) != 1 || !strings.Contains(report.Skipped[0].Text, reason) {
			t.Errorf("%s: %+v", terms, report)
		}
	}
}

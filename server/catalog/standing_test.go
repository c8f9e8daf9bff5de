package catalog

import (
	"slices"
	"strings"
	"testing"
	"time"

	"portalverbund/api/types"
	"portalverbund/server/platform/notify"
	"portalverbund/server/platform/problem"
)

func TestOffers_OnlineServiceOfItsOwn_IsTheWayToApplyWhereItIsStated(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.imports(t, organisation(100, "Steueramt"), organisation(101, "Bürgertelefon"), service(1, "", "Hund anmelden"), onlineService(400, "Für alle"), onlineService(401, "Nur in Meppen"),
		onlineService(402, "Abgelaufen", `"validity":[{"to":"2001-01-01T00:00:00Z"}]`), onlineService(403, "Anderswo"),
		competence(200, 1, 100, "03454"), competence(201, 1, 101, "03454", `"role":"03"`),
		onlineCompetence(500, 400, "03"), onlineCompetence(501, 401, inMeppen), onlineCompetence(502, 402, inMeppen), onlineCompetence(503, 403, "092"))
	for ars, url := range map[string]string{inMeppen: "https://antrag.example/401", inHaren: "https://antrag.example/400"} {
		got := wantFor(t, p, ars, Asker{}, types.Found, "Steueramt")
		if o := got.Items[0]; o.Channel != types.OfferChannelLink || o.Url == nil || *o.Url != url || *o.TrustLevel != types.Substantial {
			t.Errorf("at %s: %s %v, want a link to %s", ars, o.Channel, o.Url, url)
		}
		if c := got.ContactPoints[0]; c.Channel != types.OfferChannelCounter {
			t.Errorf("one can apply at who answers questions: %+v", c)
		}
	}
	for ars, online := range map[string]int{inMeppen: 1, inHaren: 1, inMuenchen: 0} {
		list, err := p.List(t.Context(), ListQuery{Words: "hund", ARS: ars})
		if err != nil || list.Items[0].Online != (online == 1) || list.Counts.Online != online {
			t.Errorf("list at %s: online %t, %+v, %v", ars, list.Items[0].Online, list.Counts, err)
		}
	}
	if offer, channel, _, _, err := p.OfferByID(t.Context(), num(200)); err != nil || offer.Channel != types.OfferChannelLink || channel != "" {
		t.Errorf("%+v %q %v", offer, channel, err)
	}
	services, err := p.OrganisationServices(t.Context(), num(100), 0, "")
	if err != nil || len(services.Items) != 1 || !services.Items[0].Online {
		t.Errorf("the office's services %+v, %v", services, err)
	}
}

func TestOffers_OwnOnlineWay_ComesBeforeAnOnlineService(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.imports(t, organisation(100, "Steueramt"), service(1, "", "Hund anmelden"), onlineService(400, "Für alle"), onlineCompetence(500, 400, "03454"),
		competence(200, 1, 100, inMeppen, `"onlineService":{"type":"form","formId":"`+num(300).String()+`","channel":"desk"}`))
	if o := wantFor(t, p, inMeppen, Asker{}, types.Found, "Steueramt").Items[0]; o.Channel != types.OfferChannelForm {
		t.Errorf("%+v", o)
	}
}

func TestOffers_OnlineServiceOfAnotherPortal_SaysNothingAboutThisOnesOffice(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.imports(t, organisation(100, "Steueramt"), service(1, "", "Hund anmelden"), competence(200, 1, 100, inMeppen))
	p.replicates(t, landkrs, onlineService(400, "Vom Landkreis"), onlineCompetence(500, 400, "03454"))
	if o := wantFor(t, p, inMeppen, Asker{}, types.Found, "Steueramt").Items[0]; o.Channel != types.OfferChannelCounter {
		t.Errorf("another portal leads applications elsewhere: %+v", o)
	}
}

// TestSearch_CompetenceEnds_FollowedByTheNextComparison: the index counts only who is competent now, and notices when that changes.
func TestSearch_CompetenceEnds_FollowedByTheNextComparison(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.imports(t, organisation(100, "Steueramt"), organisation(101, "Landkreis"), service(1, dog, "Hund anmelden"), competence(200, 1, 100, inMeppen),
		competence(201, 1, 100, inLathen, `"role":"03"`), competence(202, 1, 100, inSustrum, `"validity":[{"to":"2001-01-01T00:00:00Z"}]`),
		competence(203, 1, 100, inHaren, `"validity":[{"from":"2999-01-01T00:00:00Z"}]`))
	areas := func() []string {
		var list []string
		for _, c := range p.search.index.documents[num(1)].claims {
			list = append(list, string(c.area))
		}
		return list
	}
	if got := areas(); !slices.Equal(got, []string{inMeppen}) {
		t.Errorf("claims %q", got)
	}
	if _, err := p.db.Pool().Exec(t.Context(), `UPDATE catalog_competences SET valid_to = CASE id WHEN $1 THEN now() - interval '1 second' END, valid_from = NULL WHERE id IN ($1, $2)`, num(200), num(203)); err != nil {
		t.Fatal(err)
	}
	if err := p.follow(t.Context(), heard(notify.Lost)); err != nil {
		t.Fatal(err)
	}
	if got := areas(); !slices.Equal(got, []string{inHaren}) {
		t.Errorf("claims after the end of one and the beginning of another: %q", got)
	}
}

func TestList_AuthorityDependsOnWhoAsks_NamedOnlyWhereItIsClear(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.imports(t, organisation(100, "Bürgerbüro"), organisation(101, "Wirtschaftsbüro"), organisation(102, "Landkreis"), organisation(103, "Zimmer 1"), organisation(104, "Zimmer 2"),
		service(1, "", "Parkausweis Gäste"), competence(200, 1, 100, inMeppen), competence(201, 1, 101, inMeppen, `"audiences":["business"]`),
		service(2, "", "Parkausweis Alltag"), competence(202, 2, 103, inMeppen, `"conditions":[{"kind":"surname","to":"K"}]`), competence(203, 2, 104, inMeppen, `"conditions":[{"kind":"surname","from":"L"}]`),
		service(3, "", "Parkausweis Kreis"), competence(204, 3, 101, inMeppen, `"audiences":["business"]`), competence(205, 3, 102, "03454"))
	for _, c := range []struct {
		audience string
		names    map[int]string
	}{
		{"", map[int]string{}},
		{"citizen", map[int]string{1: "Bürgerbüro", 3: "Landkreis"}},
		{"business", map[int]string{1: "Wirtschaftsbüro", 3: "Wirtschaftsbüro"}},
	} {
		list, err := p.List(t.Context(), ListQuery{Words: "parkausweis", ARS: inMeppen, Audience: c.audience})
		if err != nil || len(list.Items) != 3 {
			t.Fatalf("%+v, %v", list, err)
		}
		for n := 1; n <= 3; n++ {
			i := slices.IndexFunc(list.Items, func(s types.ServiceSummary) bool { return s.Id == num(n) })
			if got := value(list.Items[i].AuthorityName); got != c.names[n] {
				t.Errorf("service %d for %q: %q, want %q", n, c.audience, got, c.names[n])
			}
		}
	}
}

// TestList_Authority_SameAsTheOffersSay compares the name in lists with the answer of the service's own page, over variants of
// several portals at several places.
func TestList_Authority_SameAsTheOffersSay(t *testing.T) {
	t.Parallel()
	p := association(t)
	p.replicates(t, landkrs, organisation(103, "Kreissteueramt, Außenstelle"), competence(203, 3, 103, inSustrum))
	for _, ars := range []string{inMeppen, inLathen, inSustrum, inHaren, inMuenchen} {
		list, err := p.List(t.Context(), ListQuery{Words: "hund", ARS: ars})
		if err != nil || len(list.Items) != 1 {
			t.Fatalf("%+v, %v", list, err)
		}
		offers, err := p.Offers(t.Context(), list.Items[0].Id, ars, Asker{})
		if err != nil {
			t.Fatal(err)
		}
		want := ""
		if offers.Resolution == types.Found {
			want = offers.Items[0].Organisation.Name
		}
		if got := value(list.Items[0].AuthorityName); got != want {
			t.Errorf("at %s the list says %q, the service %q", ars, got, want)
		}
	}
}

func TestChooseOffer_NoLongerOrNotYetOrNotHere_SaysWhich(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.imports(t, organisation(100, "Altes Amt"), organisation(101, "Neues Amt"), organisation(102, "Landkreis"), organisation(103, "Firmenamt"), service(1, "", "Hund"),
		competence(200, 1, 100, inMeppen, `"validity":[{"to":"2026-06-30T23:59:59+02:00"}]`),
		competence(201, 1, 101, inMeppen, `"validity":[{"from":"2026-07-01T00:00:00+02:00"}]`),
		competence(202, 1, 102, "03454"), competence(203, 1, 103, "03454", `"audiences":["business"]`), competence(204, 1, 102, "03454", `"role":"03"`))
	p.at(t, "2026-06-30T12:00:00Z")
	for _, c := range []struct {
		offer int
		ars   string
		code  string
	}{
		{200, inMeppen, ""}, {201, inMeppen, "offer-not-yet"}, {202, inHaren, ""}, {203, inHaren, ""}, {204, inHaren, "invalid"},
		{202, inMeppen, "invalid"}, {200, inHaren, "invalid"}, {999, inMeppen, "offer-unknown"}, {202, "999999999999", "place-unknown"},
	} {
		err := p.ChooseOffer(t.Context(), num(c.offer), c.ars)
		if c.code == "" && err != nil || c.code != "" && !problem.Is(err, c.code) {
			t.Errorf("offer %d at %s: %v, want %q", c.offer, c.ars, err, c.code)
		}
	}
	p.at(t, "2026-06-30T22:00:00Z")
	err := p.ChooseOffer(t.Context(), num(200), inMeppen)
	if e := problem.From(err); e.Code != "offer-ended" || e.Status != 409 || !strings.Contains(e.Title.De, "Altes Amt") || e.Detail.En == "" {
		t.Errorf("%v", err)
	}
	if err := p.CheckOffer(t.Context(), num(200), time.Date(2026, 6, 30, 20, 0, 0, 0, time.UTC)); err != nil {
		t.Errorf("at the time of submission: %v", err)
	}
}

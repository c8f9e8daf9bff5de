package catalog

import (
	"slices"
	"testing"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

const (
	dog        = "99102013104000"
	inMeppen   = "034540035035"
	inHaren    = "034540018018"
	inLathen   = "034545404029"
	inSustrum  = "034545404052" // member of the Samtgemeinde Lathen
	inMuenchen = "091620000000"
	verband    = "034545404000"
	kreis      = "034540000000"
)

// association gives a portal whose association knows one service at three levels: Meppen for itself, the Samtgemeinde
// Lathen for its members, and the county for all others.
func association(t *testing.T) *portal {
	t.Helper()
	p := newPortal(t)
	p.imports(t, organisation(100, "Steueramt Meppen"), service(1, dog, "Hund anmelden"), competence(200, 1, 100, inMeppen, `"onlineService":{"type":"form","formId":"`+num(300).String()+`","channel":"desk"}`))
	p.replicates(t, lathen, organisation(101, "Kämmerei Lathen"), service(2, dog, "Hundesteuer: Anmeldung"), competence(201, 2, 101, "034545404"))
	p.replicates(t, landkrs, organisation(102, "Kreissteueramt"), service(3, dog, "Hunde anmelden"), competence(202, 3, 102, "03454"))
	return p
}

func wantOffers(t *testing.T, p *portal, n int, ars string, resolution types.OfferResolution, organisations ...string) types.OfferList {
	t.Helper()
	got, err := p.Offers(t.Context(), num(n), ars, Asker{})
	if err != nil {
		t.Fatalf("Offers(%d, %s): %v", n, ars, err)
	}
	var names []string
	for _, o := range got.Items {
		names = append(names, o.Organisation.Name)
	}
	if got.Resolution != resolution || !slices.Equal(names, organisations) {
		t.Errorf("Offers(%d, %s) is %s %q, want %s %q", n, ars, got.Resolution, names, resolution, organisations)
	}
	return got
}

func TestOffers_SeveralLevels_MostSpecificWinsWhicheverVariantIsAsked(t *testing.T) {
	t.Parallel()
	p := association(t)
	for n := 1; n <= 3; n++ {
		wantOffers(t, p, n, inMeppen, types.Found, "Steueramt Meppen")
		wantOffers(t, p, n, inLathen, types.Found, "Kämmerei Lathen")
		wantOffers(t, p, n, inSustrum, types.Found, "Kämmerei Lathen")
		wantOffers(t, p, n, inHaren, types.Found, "Kreissteueramt")
		wantOffers(t, p, n, inMuenchen, types.None)
		wantOffers(t, p, n, verband, types.Found, "Kämmerei Lathen")
		wantOffers(t, p, n, kreis, types.PlaceNeeded)
		wantOffers(t, p, n, "", types.PlaceNeeded)
		wantOffers(t, p, n, "000000000000", types.PlaceNeeded)
	}
}

func TestOffers_Found_SaysAllThatIsNeededToApply(t *testing.T) {
	t.Parallel()
	p := association(t)
	o := wantOffers(t, p, 2, inMeppen, types.Found, "Steueramt Meppen").Items[0]
	if o.Id != num(200) || o.ServiceId != num(1) || o.Portal.Id != meppen || o.Channel != types.OfferChannelForm || *o.FormId != num(300) {
		t.Errorf("offer %+v", o)
	}
	if o.Area.Ars != inMeppen || o.Area.Name != "Meppen, Stadt" || o.Area.Level != types.Gemeinde || *o.TrustLevel != types.Low {
		t.Errorf("offer %+v", o)
	}
	uses, err := p.FormUses(t.Context(), []uuid.UUID{num(300), num(301)})
	if used := uses[num(300)]; err != nil || len(uses) != 1 || len(used) != 1 || used[0].ServiceId != num(1) || used[0].Title != "Hund anmelden" || used[0].Portal.Id != meppen {
		t.Errorf("uses of the form: %+v, %v", uses, err)
	}
	if o := wantOffers(t, p, 1, inSustrum, types.Found, "Kämmerei Lathen").Items[0]; o.Area.Ars != verband || o.Area.Level != types.Gemeindeverband || o.Portal.Id != lathen {
		t.Errorf("offer %+v", o)
	}
}

func TestOffers_SeveralUnitsForTheSameArea_ThePersonChooses(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.imports(t, organisation(100, "Bürgerbüro West"), organisation(101, "Bürgerbüro Ost"), service(1, "", "Meldebescheinigung"),
		competence(200, 1, 100, inMeppen), competence(201, 1, 101, inMeppen, `"onlineService":{"type":"link","url":"https://x.example","title":{"de":"x"}}`))
	got := wantOffers(t, p, 1, inMeppen, types.Choose, "Bürgerbüro Ost", "Bürgerbüro West")
	if o := got.Items[0]; o.Channel != types.OfferChannelLink || *o.Url != "https://x.example" {
		t.Errorf("the online way does not come first: %+v", got.Items)
	}
	wantOffers(t, p, 1, "", types.PlaceNeeded)
}

func TestOffers_NoPlace_FoundIfItIsTheSameEverywhere(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.imports(t, organisation(100, "Zulassungsstelle"), service(1, "", "Kennzeichen"), service(2, "", "Ohne Zuständige"), competence(200, 1, 100, "03454"))
	wantOffers(t, p, 1, "", types.Found, "Zulassungsstelle")
	wantOffers(t, p, 1, kreis, types.Found, "Zulassungsstelle")
	wantOffers(t, p, 1, inMuenchen, types.None)
	wantOffers(t, p, 2, "", types.None)
	wantOffers(t, p, 2, inMeppen, types.None)
}

func TestOffers_WholeCountry_CoversEveryPlace(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.imports(t, organisation(100, "Bundesamt"), service(1, "", "Rente"), competence(200, 1, 100, "000000000000"))
	for _, ars := range []string{"", inMuenchen, inSustrum, kreis} {
		if got := wantOffers(t, p, 1, ars, types.Found, "Bundesamt"); got.Items[0].Area.Level != types.Country {
			t.Errorf("area %+v", got.Items[0].Area)
		}
	}
}

func TestOffers_PaddedAndUnpaddedAreas_MeanTheSame(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.imports(t, organisation(100, "KVR"), service(1, "", "Pass"), service(2, "", "Ausweis"), competence(200, 1, 100, "09162"), competence(201, 2, 100, inMuenchen))
	wantOffers(t, p, 1, inMuenchen, types.Found, "KVR")
	wantOffers(t, p, 2, inMuenchen, types.Found, "KVR")
}

func TestOffers_SameKeyTwiceAtOnePortal_AreTwoServices(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.imports(t, organisation(100, "Erstes"), organisation(101, "Zweites"), service(1, dog, "Hund anmelden"), service(2, dog, "Kampfhund anmelden"),
		competence(200, 1, 100, inMeppen), competence(201, 2, 101, inMeppen))
	wantOffers(t, p, 1, inMeppen, types.Found, "Erstes")
	wantOffers(t, p, 2, inMeppen, types.Found, "Zweites")
}

func TestOffers_CompetenceForAnothersServiceOrUnit_HasNoEffect(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.imports(t, organisation(100, "Steueramt Meppen"), service(1, dog, "Hund anmelden"), competence(200, 1, 100, inMeppen))
	p.replicates(t, lathen, organisation(101, "Lathen"), competence(201, 1, 101, inLathen), competence(202, 1, 100, inLathen))
	wantOffers(t, p, 1, inLathen, types.None)
	wantOffers(t, p, 1, inMeppen, types.Found, "Steueramt Meppen")
}

func TestOffers_PortalNoLongerLinked_NotOffered(t *testing.T) {
	t.Parallel()
	p := association(t)
	p.portals.members = []types.PortalReference{reference(landkrs)}
	wantOffers(t, p, 1, inLathen, types.Found, "Kreissteueramt")
	if _, err := p.Offers(t.Context(), num(2), inLathen, Asker{}); !problem.Is(err, "service-unknown") {
		t.Errorf("the service of a portal that has left is still known: %v", err)
	}
	if _, _, _, _, err := p.OfferByID(t.Context(), num(201)); !problem.Is(err, "offer-unknown") {
		t.Errorf("its offer is still known: %v", err)
	}
	list, err := p.List(t.Context(), ListQuery{Words: "hund"})
	if err != nil || list.Total != 1 {
		t.Errorf("list %+v, %v", list, err)
	}
}

func TestOffers_UnknownServiceOrPlace_SaysSoInWords(t *testing.T) {
	t.Parallel()
	p := association(t)
	if _, err := p.Offers(t.Context(), num(999), inMeppen, Asker{}); !problem.Is(err, "service-unknown") || problem.From(err).Detail.De == "" {
		t.Errorf("unknown service: %v", err)
	}
	if _, err := p.Offers(t.Context(), num(1), "999999999999", Asker{}); !problem.Is(err, "place-unknown") {
		t.Errorf("unknown place: %v", err)
	}
}

func TestOfferByID_FormAtProvider_GivesChannelAndNames(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.imports(t, `{"kind":"organisation","id":"`+num(100).String()+`","name":{"de":"Entsorgung","en":"Waste disposal"}}`, service(1, "", "Sperrmüll", `"title":{"de":"Sperrmüll","en":"Bulky waste"}`),
		competence(200, 1, 100, "03454", `"onlineService":{"type":"form","formId":"`+num(300).String()+`","channel":"provider:entsorgung"}`, `"note":{"de":"Hinweis","en":"Note"}`),
		competence(201, 1, 100, inMuenchen))
	offer, channel, title, organisation, err := p.OfferByID(httpx.WithLanguage(t.Context(), "en"), num(200))
	if err != nil || channel != "provider:entsorgung" || title["en"] != "Bulky waste" || organisation["de"] != "Entsorgung" || *offer.Note != "Note" || offer.Organisation.Name != "Waste disposal" {
		t.Errorf("%+v %q %v %v %v", offer, channel, title, organisation, err)
	}
	offer, channel, _, _, err = p.OfferByID(t.Context(), num(201))
	if err != nil || channel != "" || offer.Channel != types.OfferChannelCounter || offer.FormId != nil {
		t.Errorf("%+v %q %v", offer, channel, err)
	}
	if title, err := p.ServiceTitle(t.Context(), num(1)); err != nil || title["en"] != "Bulky waste" {
		t.Errorf("%v, %v", title, err)
	}
}

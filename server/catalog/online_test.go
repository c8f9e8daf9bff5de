package catalog

import (
	"strings"
	"testing"
	"time"

	"portalverbund/api/types"
)

const endedBefore = `"validity":[{"to":"2020-01-01T00:00:00Z"}]`

func TestOffers_NarrowOnlineServiceHasEnded_TheWideOneCounts(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	lines := []string{
		organisation(100, "Steueramt"), service(1, dog, "Hund anmelden"), competence(200, 1, 100, inMeppen),
		onlineService(400, "Im ganzen Land"), onlineCompetence(500, 400, "000000000000"),
	}
	for n := range maxOnlineServices + 1 { // more than are read at once
		lines = append(lines, onlineService(1000+n, "Früher in Meppen", endedBefore), onlineCompetence(2000+n, 1000+n, inMeppen))
	}
	p.imports(t, lines...)
	if here := p.read(t, "de", inMeppen).OnlineServices; len(here) != 1 || here[0].Title != "Im ganzen Land" {
		t.Errorf("%+v", here)
	}
	o := wantOffers(t, p, 1, inMeppen, types.Found, "Steueramt").Items[0]
	if o.Channel != types.OfferChannelLink || o.Url == nil || *o.Url != "https://antrag.example/400" {
		t.Errorf("%+v", o)
	}
}

func TestSearch_OnlineServiceIsNotValid_NeitherFoundNorCounted(t *testing.T) {
	t.Parallel()
	for validity, valid := range map[string]bool{
		endedBefore: false,
		`"validity":[{"from":"2999-01-01T00:00:00Z"}]`:                               false,
		`"validity":[{"to":"2020-01-01T00:00:00Z"},{"from":"2021-01-01T00:00:00Z"}]`: true,
		`"validity":[{"from":"2020-01-01T00:00:00Z","to":"2999-01-01T00:00:00Z"}]`:   true,
		`"teaser":{"de":"Ohne Angabe"}`:                                              true,
		`"validity":[{"from":"2020-01-01T00:00:00Z"},{"to":"2020-02-01T00:00:00Z"}]`: true,
	} {
		t.Run(validity, func(t *testing.T) {
			t.Parallel()
			p := newPortal(t)
			p.imports(t, organisation(100, "Steueramt"), service(1, dog, "Hund anmelden"), competence(200, 1, 100, inMeppen),
				onlineService(400, "Digitale Hundemarke", validity), onlineCompetence(500, 400, "000000000000"))
			for _, ars := range []string{inMeppen, ""} {
				list, err := p.List(t.Context(), ListQuery{Words: "hund anmelden", ARS: ars})
				if err != nil || len(list.Items) != 1 || list.Items[0].Online != valid || list.Counts.Online != map[bool]int{true: 1}[valid] {
					t.Errorf("at %q: %+v, %v", ars, list, err)
				}
			}
			if found := ask(t, p, words("hundemarke")).Forms.Total; found != map[bool]int{true: 1}[valid] {
				t.Errorf("%d forms", found)
			}
		})
	}
}

func TestRun_OnlineServiceEnds_SearchNoticesItAtOnce(t *testing.T) {
	t.Parallel()
	p := running(t, organisation(100, "Steueramt"), service(1, dog, "Hund anmelden"), competence(200, 1, 100, inMeppen),
		onlineService(400, "Digitale Hundemarke"), onlineCompetence(500, 400, inMeppen))
	online := func() bool {
		list, err := p.List(t.Context(), ListQuery{Words: "hund anmelden", ARS: inMeppen})
		if err != nil || len(list.Items) != 1 {
			t.Fatalf("%+v, %v", list.Items, err)
		}
		return list.Items[0].Online
	}
	if !online() {
		t.Fatal("it is not online from the beginning")
	}
	begun := time.Now()
	if _, err := p.Import(t.Context(), "test", strings.NewReader(onlineService(400, "Digitale Hundemarke", endedBefore)), ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	for online() {
		if time.Since(begun) > 20*time.Second {
			t.Fatal("the search still offers it")
		}
		time.Sleep(time.Millisecond) // until the condition holds
	}
}

func TestTouched_MoreOnlineServicesThanCanBeNamed_AllIsCompared(t *testing.T) {
	t.Parallel()
	touched := newTouched()
	for n := range namedServices + 1 {
		touched.add(&OnlineServiceEntry{ID: num(n)}, nil)
	}
	if !touched.all() || len(touched.services) != 0 {
		t.Errorf("%d online services, %d services", len(touched.online), len(touched.services))
	}
}

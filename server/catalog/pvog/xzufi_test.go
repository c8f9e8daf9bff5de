package pvog

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"portalverbund/server/catalog"
	"portalverbund/server/catalog/adapter"
	"portalverbund/server/catalog/xzufi"
	"portalverbund/server/platform/outbound"
	"portalverbund/server/standins/behoerdenfinder/finder"
)

func xzufiSource(t testing.TB, url string) adapter.Source {
	t.Helper()
	with := tools()
	with.HTTP = outbound.Client(outbound.Options{AllowLoopback: true, MaxResponse: adapter.MaxAnswer})
	s, err := DeliveryKind(xzufi.Format(xzufi.Options{})).New(adapter.Settings{
		"url": url + "/bereitstelldienst/api/v3/verwaltungsobjekte/xzufi-2-3-1", "tokenUrl": url + "/token", "clientId": clientID, "clientSecret": clientSecret, "rate": "10000",
	}, with)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestDelivery_XZuFi_TheSameServiceAsFromTheSuchdienst reads real messages: what comes through both ways is one entry.
func TestDelivery_XZuFi_TheSameServiceAsFromTheSuchdienst(t *testing.T) {
	t.Parallel()
	g := newGateway(t, finder.Options{})
	c := collectAll(t.Context(), xzufiSource(t, g.url), "")
	if c.err != nil {
		t.Fatal(c.err)
	}
	service, _ := read[catalog.ServiceEntry](t, c, catalog.KindService, "L100042.LB.101")
	if service.LeikaKey != "99115003012000" || service.Description["de"] != "<p>Die Bescheinigung nennt Namen und Anschrift.</p>" ||
		!reflect.DeepEqual(service.Title, catalog.Text{"de": "Meldebescheinigung beantragen", "en": "Apply for a certificate of registration"}) {
		t.Errorf("%s", dump(t, service))
	}
	office, _ := read[catalog.OrganisationEntry](t, c, catalog.KindOrganisation, "L100042.OE.201")
	var competences, deletions []adapter.Record
	for _, r := range c.records {
		switch {
		case r.Deleted:
			deletions = append(deletions, r)
		case r.Kind == catalog.KindCompetence:
			competences = append(competences, r)
		}
	}
	var competence catalog.CompetenceEntry
	if len(competences) != 1 || json.Unmarshal(competences[0].Payload, &competence) != nil || competence.ServiceID != service.ID || competence.OrganisationID != office.ID ||
		competence.Area != "034540035035" {
		t.Errorf("competences %+v", competences)
	}
	if len(deletions) == 0 || deletions[0].Kind != catalog.KindCompetence { // of one that was never there
		t.Errorf("deletions %+v", deletions)
	}
	search := collectAll(t.Context(), g.search(t, "levels", "ort"), "")
	same, _ := read[catalog.ServiceEntry](t, search, catalog.KindService, "L100042.LB.101")
	if same.ID != service.ID {
		t.Errorf("%s through the Suchdienst, %s through the Bereitstelldienst", same.ID, service.ID)
	}
}

// bulk answers as the Bereitstelldienst with blocks of services, each of some kilobytes.
func bulk(b *testing.B, blocks, services int) string {
	b.Helper()
	text := strings.Repeat("Sie kommen mit Ihrem Ausweis ins Amt. ", 60)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"access_token":"t","token_type":"Bearer","expires_in":3600}`)
	})
	mux.HandleFunc("GET /bereitstelldienst/", func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.URL.Query().Get("index"))
		var objects strings.Builder
		for i := range services {
			fmt.Fprintf(&objects, `<x:schreibe><x:leistung><x:id schemeAgencyID="L1" schemeID="LB">%d</x:id><x:modulText><x:leikaTextmodul><code>03</code></x:leikaTextmodul><x:inhalt languageCode="de">Leistung %d</x:inhalt></x:modulText><x:modulText><x:leikaTextmodul><code>06</code></x:leikaTextmodul><x:inhalt languageCode="de">%s</x:inhalt></x:modulText></x:leistung></x:schreibe>`,
				n*services+i, n*services+i, text)
		}
		w.Header().Set("Content-Type", "application/json")
		body, err := json.Marshal(map[string]any{
			"xzufiObjekte": change(objects.String()), "vollstaendig": n+1 >= blocks, "naechsterIndex": n + 1,
			"naechsteAnfrageUrl": "http://" + r.Host + r.URL.Path + "?index=" + strconv.Itoa(n+1),
		})
		if err != nil {
			b.Error(err)
		}
		_, _ = w.Write(body)
	})
	server := httptest.NewServer(mux)
	b.Cleanup(server.Close)
	return server.URL
}

// BenchmarkDelivery measures reading deliveries of two sizes: live heap must not grow with the number of blocks.
func BenchmarkDelivery(b *testing.B) {
	for _, blocks := range []int{4, 40} {
		b.Run(fmt.Sprintf("%d_services", blocks*250), func(b *testing.B) {
			source := xzufiSource(b, bulk(b, blocks, 250))
			peak, records, before := uint64(0), 0, live()
			for b.Loop() {
				for r, err := range source.Collect(b.Context(), "") {
					if err != nil {
						b.Fatal(err)
					}
					if records++; r.Cursor != "" {
						peak = max(peak, live())
					}
				}
			}
			b.ReportMetric(float64(records)/b.Elapsed().Seconds(), "records/s")
			b.ReportMetric(float64(peak-min(peak, before))/(1<<20), "MiB-live")
		})
	}
}

// live is the heap that is in use, after what is unused has been freed.
func live() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

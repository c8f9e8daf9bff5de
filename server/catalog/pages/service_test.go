package pages_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const (
	full = "00000000-0000-7000-8000-000000000002"
	over = "00000000-0000-7000-8000-000000000003"
)

// line writes an entry in one line, as imports want it.
func line(entry string) string { return strings.Join(strings.Split(entry, "\n"), "") }

const everything = `{"kind":"service","id":"` + full + `","leikaKey":"99102013000000","trustLevel":"low","updatedAt":"2026-01-02T03:04:05Z","categories":["animals"],
	"title":{"de":"Hund halten","en":"Keeping a dog"},"teaser":{"de":"Kurz","en":"Short"},"summary":{"de":"<p>Zusammen</p>"},"description":{"de":"<p>Ausführlich</p>"},
	"procedure":{"de":"<p>Ablauf</p>","en":"<p>The way</p>"},"requirements":{"de":"<p>Vorbedingung</p>"},"documentsText":{"de":"<p>UnterlagenText</p>"},
	"feesText":{"de":"<p>KostenText</p>"},"deadlinesText":{"de":"<p>FristenText</p>"},"legalBasisText":{"de":"<p>RechtText</p>"},"legalRemedy":{"de":"<p>Klage</p>"},
	"formsText":{"de":"<p>FormularText</p>"},"furtherInformation":{"de":"<p>WeiteresText</p>"},"notes":{"de":"<p>HinweisText</p>"},
	"competentBody":{"de":"<p>StelleText</p>"},"contactPoint":{"de":"<p>KontaktText</p>"},"otherTexts":[{"type":{"code":"x","name":"Sondertext"},"text":{"de":"<p>Eigenes</p>"}}],
	"documents":[{"title":{"de":"Impfpass"},"note":{"de":"<p>Original</p>"},"required":true},{"title":{"de":"Vollmacht"},"required":false}],
	"results":[{"title":{"de":"Hundemarke"},"required":true}],"processingTime":{"text":{"de":"eine Woche"}},"deadlines":[{"duration":{"value":2,"unit":"week"}}],
	"legalBasis":[{"title":{"de":"§ 1 Satzung"},"url":"https://recht.example/"}],
	"links":[{"module":"forms","url":"https://formular.example/","title":"Vordruck"},{"module":"requirements","url":"https://rassen.example/","title":"Rassenliste"},{"url":"https://mehr.example/","title":"Ratgeber","module":"furtherInformation"}],
	"fees":[{"label":{"de":"Fest"},"kind":"fixed","amount":6050,"currency":"EUR","advance":true},{"label":{"de":"Spanne"},"kind":"range","amount":1000,"max":2000,"currency":"EUR","basis":{"de":"nach Größe"}},
		{"label":{"de":"Ab"},"kind":"range","amount":1000,"currency":"EUR"},{"label":{"de":"Bis"},"kind":"range","max":2000,"currency":"EUR"},
		{"label":{"de":"Regel"},"kind":"rule","currency":"EUR","basis":{"de":"nach Aufwand"}},{"label":{"de":"Frei"},"kind":"free","currency":"EUR","basis":{"de":"weil es so ist"}}]}`

func TestService_EveryPart_InTheOrderInWhichPeopleNeedIt(t *testing.T) {
	t.Parallel()
	s := newSite(t, line(everything))
	body := s.wants("/leistungen/"+full, 200)
	at := 0
	for _, text := range []string{
		"<h1>Hund halten</h1>", "Das können Sie jetzt tun", "Kosten", "Fest: 60,50\u00a0€ Im Voraus zu zahlen.", "Spanne: 10,00\u00a0€ bis 20,00\u00a0€ nach Größe",
		"Ab: ab 10,00\u00a0€", "Bis: bis 20,00\u00a0€", "Regel: Der Betrag hängt vom Einzelfall ab. nach Aufwand", "Frei: kostenfrei weil es so ist", "KostenText",
		"Was Sie brauchen", "Impfpass Original", "Vollmacht (falls vorhanden)", "UnterlagenText", "Dauer und Fristen", "eine Woche", "2 Wochen", "FristenText",
		"Zuständige Stelle", "Voraussetzungen", "Rassenliste", "Vorbedingung", "So läuft es ab", "Ablauf", "Hundemarke", "Vordruck", "FormularText", "Ausführlich", "HinweisText",
		"StelleText", "KontaktText", "Rechtsgrundlagen", "§ 1 Satzung", "RechtText", "Klage", "Sondertext", "Eigenes", "Ratgeber", "WeiteresText", "Quelle: Stadt Meppen, Stand 02.01.2026",
	} {
		found := strings.Index(body[at:], text)
		if found < 0 {
			t.Fatalf("%q is missing, or not where it belongs:\n%s", text, body)
		}
		at += found
	}
	if strings.Contains(body, "Zusammen") {
		t.Error("the short text stands beside the full one")
	}
}

func TestService_InAnotherLanguage_TextsSayInWhichTheyAre(t *testing.T) {
	t.Parallel()
	s := newSite(t, line(everything))
	s.wants("/leistungen/"+full+"?sprache=en", 200, `<html lang="en">`, "<h1>Keeping a dog</h1>", "A part of the text has not been translated yet.",
		`<div class="pv-rich" lang="de"><p>Ausführlich</p></div>`, `<div class="pv-rich"><p>The way</p></div>`, `<li lang="de">Impfpass Original</li>`, "<li>2 weeks</li>",
		`<link rel="canonical" href="`+self+`/leistungen/`+full+`?sprache=en"`)
	body := s.wants("/leistungen/"+full, 200, `<link rel="canonical" href="`+self+`/leistungen/`+full+`"`)
	if strings.Contains(body, "lang=\"de\"><p>") || strings.Contains(body, "übersetzt") {
		t.Error("what is in the language of the page says so")
	}
	for _, language := range []string{"de", "en"} {
		if link := fmt.Sprintf(`<link rel="alternate" hreflang=%q href="%s/leistungen/%s?sprache=%s"`, language, self, full, language); !strings.Contains(body, link) {
			t.Errorf("lacks %s", link)
		}
	}
	if !strings.Contains(body, `hreflang="x-default" href="`+self+`/leistungen/`+full+`"`) {
		t.Error("lacks the address for all languages")
	}
	s.wants("/leistungen/"+waste+"?sprache=en", 200, `<h1 lang="de">Sperrmüll abholen lassen</h1>`, "This text is available in German only.")
}

func TestService_NoLongerOffered_410WithWhatThereIsInstead(t *testing.T) {
	t.Parallel()
	s := newSite(t, `{"kind":"service","id":"`+over+`","title":{"de":"Sperrmüll anmelden"},"trustLevel":"low","updatedAt":"2026-01-02T03:04:05Z","validity":[{"to":"2025-12-31T12:00:00Z"}]}`)
	said := []string{"<h1>Sperrmüll anmelden</h1>", "seit dem 31.12.2025 nicht mehr angeboten", `content="noindex"`, `href="/leistungen/` + waste + `"`, `value="Sperrmüll anmelden"`}
	s.wants("/leistungen/"+over, 410, said...)
	if body := s.get("/sitemap.xml").Body.String(); strings.Contains(body, over) {
		t.Error("the sitemap leads to it")
	}
	if err := s.catalog.Remove(t.Context(), "service", over); err != nil {
		t.Fatal(err)
	}
	said[1] = "nicht mehr angeboten"
	s.wants("/leistungen/"+over+"?ars="+town, 410, said...)
}

// shapes are the types of schema.org that a service is described with, and the properties that they have there, with their types:
// https://schema.org/version/latest/schemaorg-current-https.jsonld, of which these are a part.
var shapes = map[string]map[string][]string{
	"GovernmentService": {
		"@context": {"text"}, "@id": {"text"}, "url": {"text"}, "name": {"text"}, "description": {"text"}, "serviceType": {"text"}, "mainEntityOfPage": {"WebPage"},
		"jurisdiction": {"AdministrativeArea"}, "serviceOperator": {"GovernmentOrganization"}, "identifier": {"PropertyValue"}, "provider": {"GovernmentOffice"},
		"availableChannel": {"ServiceChannel"}, "offers": {"Offer"}, "audience": {"Audience"},
	},
	"WebPage":                {"@id": {"text"}, "inLanguage": {"text"}, "dateModified": {"text"}},
	"AdministrativeArea":     {"name": {"text"}},
	"GovernmentOrganization": {"name": {"text"}, "url": {"text"}},
	"PropertyValue":          {"propertyID": {"text"}, "value": {"text"}},
	"GovernmentOffice": {
		"name": {"text"}, "telephone": {"text"}, "email": {"text"}, "url": {"text"}, "parentOrganization": {"GovernmentOrganization"}, "address": {"PostalAddress"},
		"geo": {"GeoCoordinates"}, "openingHoursSpecification": {"OpeningHoursSpecification"},
	},
	"PostalAddress":             {"streetAddress": {"text"}, "postalCode": {"text"}, "addressLocality": {"text"}, "addressCountry": {"text"}},
	"GeoCoordinates":            {"latitude": {"number"}, "longitude": {"number"}},
	"OpeningHoursSpecification": {"dayOfWeek": {"text"}, "opens": {"text"}, "closes": {"text"}},
	"ServiceChannel":            {"name": {"text"}, "serviceUrl": {"text"}, "servicePhone": {"ContactPoint"}, "serviceLocation": {"Place"}},
	"ContactPoint":              {"telephone": {"text"}},
	"Place":                     {"name": {"text"}, "address": {"PostalAddress"}},
	"Offer":                     {"name": {"text"}, "priceSpecification": {"PriceSpecification"}},
	"PriceSpecification":        {"price": {"number"}, "minPrice": {"number"}, "maxPrice": {"number"}, "priceCurrency": {"text"}},
	"Audience":                  {"audienceType": {"text"}},
}

// check goes through structured data, and names what schema.org does not have.
func check(t *testing.T, path string, value any) string {
	t.Helper()
	switch v := value.(type) {
	case string:
		if v == "" {
			t.Errorf("%s is empty", path)
		}
		return "text"
	case float64:
		return "number"
	case []any:
		kind := ""
		for i, item := range v {
			kind = check(t, fmt.Sprintf("%s/%d", path, i), item)
		}
		return kind
	case map[string]any:
		kind, _ := v["@type"].(string)
		shape, known := shapes[kind]
		if !known {
			t.Errorf("%s is a %q", path, kind)
		}
		for name, member := range v {
			if name == "@type" {
				continue
			}
			if got := check(t, path+"/"+name, member); known && !slices.Contains(shape[name], got) {
				t.Errorf("%s/%s of a %s is a %s", path, name, kind, got)
			}
		}
		return kind
	}
	t.Errorf("%s is %v", path, value)
	return ""
}

func TestService_StructuredData_HasTheShapeOfAGovernmentService(t *testing.T) {
	t.Parallel()
	s := newSite(t, line(everything))
	for _, id := range []string{full, dog, waste} {
		found := regexp.MustCompile(`(?s)<script type="application/ld\+json" data-page>(.*?)</script>`).FindStringSubmatch(s.wants("/leistungen/"+id, 200))
		if found == nil {
			t.Fatalf("%s: no structured data", id)
		}
		var data map[string]any
		if err := json.Unmarshal([]byte(found[1]), &data); err != nil {
			t.Fatal(err)
		}
		if got := check(t, id, data); got != "GovernmentService" {
			t.Errorf("%s is a %s", id, got)
		}
		if id != full {
			continue
		}
		var prices []string
		for _, o := range data["offers"].([]any) {
			text, _ := json.Marshal(o.(map[string]any)["priceSpecification"])
			prices = append(prices, strings.Trim(strings.NewReplacer(`"@type":"PriceSpecification",`, "", `,"priceCurrency":"EUR"`, "", `"priceCurrency":"EUR"`, "").Replace(string(text)), "{},"))
		}
		want := []string{`"price":60.5`, `"maxPrice":20,"minPrice":10`, `"minPrice":10`, `"maxPrice":20`, `"price":0`}
		if !slices.Equal(prices, want) {
			t.Errorf("prices %q, want %q", prices, want)
		}
	}
}

func TestLifeSituation_WithParts_LeadsDownAndUp(t *testing.T) {
	t.Parallel()
	s := newSite(t, `{"kind":"category","id":"dogs","title":{"de":"Hunde"},"parentId":"animals"}`,
		`{"kind":"service","id":"`+full+`","title":{"de":"Hund halten"},"trustLevel":"low","updatedAt":"2026-01-02T03:04:05Z","categories":["dogs"]}`)
	s.wants("/lebenslagen/animals", 200, "Das gehört dazu", `<a href="/lebenslagen/dogs">Hunde</a> (1)`, `href="/leistungen/`+full+`"`, `href="/leistungen/`+dog+`"`)
	s.wants("/lebenslagen/dogs", 200, `<a href="/lebenslagen/animals">Tiere</a>`, `href="/leistungen/`+full+`"`)
	if body := s.wants("/", 200, `href="/lebenslagen/animals"`); strings.Contains(body, "/lebenslagen/dogs") {
		t.Error("a part stands among the situations of the start page")
	}
}

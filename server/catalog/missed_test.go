package catalog

import (
	"strings"
	"testing"
	"time"
)

func TestImpersonal_NamesNumbersAddresses_NotKept(t *testing.T) {
	t.Parallel()
	p := town(t)
	for q, want := range map[string]string{
		"Grillhütte":             "grillhütte",
		"  hüpfburg   anmelden":  "hüpfburg anmelden",
		"Erika Mustermann":       "",
		"Grillhütte Müller":      "",
		"Zaubermann Wolkenstein": "", // two words that nobody knows
		"Herr Wolkenstein":       "",
		"Hauptstraße sperren":    "",
		"0591 1234567":           "",
		"aktenzeichen 12a":       "",
		"a@b.example":            "",
		"DE02120300000000202051": "",
		"ich möchte gern wissen wo mein kleiner hund geblieben ist und warum": "",
		"\xff\xfe": "",
		"":         "",
	} {
		if got := p.search.index.impersonal(q, p.search.words(), p.missed.names); got != want {
			t.Errorf("%q is kept as %q, want %q", q, got, want)
		}
	}
}

func TestMissed_WordsOnlyOfWhatComesOftenOnSeveralDays(t *testing.T) {
	t.Parallel()
	p := town(t)
	day := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	p.now = func() time.Time { return day }
	search := func(q string) {
		t.Helper()
		if r := ask(t, p, words(q)); !isEmpty(r) {
			t.Fatalf("%q finds something", q)
		}
	}
	kept := func() (list []string) {
		t.Helper()
		rows, err := p.db.Pgx(t.Context()).Query(t.Context(), `SELECT coalesce(words, '?') || ' ' || searches FROM catalog_missed_searches ORDER BY 1`)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var text string
			if err := rows.Scan(&text); err != nil {
				t.Fatal(err)
			}
			list = append(list, text)
		}
		return list
	}
	minute := func(queries ...string) {
		t.Helper()
		for _, q := range queries {
			search(q)
		}
		if err := p.writeMissed(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	expect := func(want string) {
		t.Helper()
		if got := strings.Join(kept(), ", "); got != want {
			t.Errorf("kept %q, want %q", got, want)
		}
	}
	minute("Xylophonverleih", "xylophonverleih", "Erika Mustermann", "quarzkristallplatz")
	expect("? 1") // the same minute counts once; names are not kept at all
	minute("xylophonverleih")
	minute("xylophonverleih")
	expect("? 3") // often, on one day only
	day = day.AddDate(0, 0, 1)
	minute("xylophonverleih", "yakwanderung")
	expect("? 1, xylophonverleih 4")
	day = day.AddDate(0, 0, missedRare+1)
	minute("zeppelinrundflug")
	expect("? 1, xylophonverleih 4") // the rare one has gone, another has come
	day = day.AddDate(0, 0, missedKept+1)
	minute("zeppelinrundflug")
	expect("? 2")
}

func TestExplainSearch_ScoresInTheOrderOfTheList(t *testing.T) {
	t.Parallel()
	p := town(t)
	for _, q := range []string{"anmelden", "hund anmelden", "perso beantragen", "ausweis"} {
		asked := num(10)
		e, err := p.ExplainSearch(t.Context(), q, inMeppen, &asked)
		if err != nil || len(e.Items) == 0 || e.Asked == nil || len(e.Words) == 0 || len(e.Variants) == 0 {
			t.Fatalf("%q: %+v, %v", q, e, err)
		}
		for i, hit := range e.Items {
			if hit.Rank == nil || *hit.Rank != i+1 || hit.Score <= 0 || hit.Score > 1.2 || hit.Service.Title == "" {
				t.Errorf("%q: %d is %+v", q, i, hit)
			}
			if i > 0 && hit.Score > e.Items[i-1].Score+1e-9 {
				t.Errorf("%q: %s (%f) stands behind %s (%f)", q, hit.Service.Title, hit.Score, e.Items[i-1].Service.Title, e.Items[i-1].Score)
			}
		}
		if e.Asked.Rank != nil || e.Asked.Service.Id != asked {
			t.Errorf("%q: asked %+v", q, e.Asked)
		}
	}
	unknown := num(999)
	if _, err := p.ExplainSearch(t.Context(), "hund", "", &unknown); err == nil {
		t.Error("an unknown service is explained")
	}
	if _, err := p.ExplainSearch(t.Context(), "  ", "", nil); err == nil {
		t.Error("nothing is explained")
	}
}

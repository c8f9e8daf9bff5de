package catalog

import (
	"net/http/httptest"
	"testing"

	api "portalverbund/api/catalog"
	"portalverbund/api/types"
)

// BenchmarkGetService measures reading a service page: remembered, made anew, and the bare query as the floor.
func BenchmarkGetService(b *testing.B) {
	p := town(b)
	h := NewHandlers(p.Service)
	read := func(b *testing.B) {
		r, err := h.GetService(b.Context(), api.GetServiceRequestObject{ServiceId: num(1)})
		if err != nil {
			b.Fatal(err)
		}
		if err := r.VisitGetServiceResponse(httptest.NewRecorder()); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("remembered", func(b *testing.B) {
		for b.Loop() {
			read(b)
		}
	})
	b.Run("made", func(b *testing.B) {
		for b.Loop() {
			p.answers.forget()
			read(b)
		}
	})
	b.Run("floor", func(b *testing.B) {
		owners := ownerKeys(p.owners())
		for b.Loop() {
			var row servicePayload
			if err := p.db.Pool().QueryRow(b.Context(), serviceQuery, num(1), owners).Scan(&row.Owner, &row.CopiedAt, &row.Title, &row.Payload, &row.Variants); err != nil {
				b.Fatal(err)
			}
			if _, err := httptest.NewRecorder().Write(row.Payload); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkList measures a list and a search, made anew each time.
func BenchmarkList(b *testing.B) {
	p := town(b)
	for name, q := range map[string]ListQuery{"all": {}, "search": {Words: "hund anmelden"}, "typing_error": {Words: "hundesteur"}, "place": {Words: "anmelden", ARS: inMeppen}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := p.List(b.Context(), q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkSuggest measures suggestions while someone types, made anew each time.
func BenchmarkSuggest(b *testing.B) {
	p := town(b)
	for b.Loop() {
		if _, err := p.Suggest(b.Context(), "hun", inMeppen); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkOffers measures who is competent at a place, made anew each time.
func BenchmarkOffers(b *testing.B) {
	p := town(b)
	for b.Loop() {
		if got, err := p.Offers(b.Context(), num(1), inMeppen, Asker{}); err != nil || got.Resolution != types.Found {
			b.Fatal(got, err)
		}
	}
}

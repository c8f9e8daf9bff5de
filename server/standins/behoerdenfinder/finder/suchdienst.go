package finder

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// search is what the Suchdienst knows.
type search struct {
	Locations []object            `json:"locations"`
	Services  []object            `json:"services"`
	Units     []object            `json:"units"`
	Titles    map[string][]object `json:"titles"` // units of a service in an area, by "service area"
	Online    []object            `json:"online"`
}

// The versions are those that facts name for 2026; each path has its own.
func (f *Finder) routeSuchdienst(mux *http.ServeMux) {
	handle := func(path string, answer func(w http.ResponseWriter, r *http.Request)) {
		mux.HandleFunc("GET /suchdienst/api/"+path, func(w http.ResponseWriter, r *http.Request) {
			if !same(r.Header.Get("pvog-sud-api-client-id"), f.options.ClientID) {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			answer(w, r)
		})
	}
	handle("v5/servicedescriptions/csv", f.listIDs)
	handle("v3/servicedescriptions/leikaid", f.byKey)
	handle("v6/servicedescriptions/{id}/detail", f.detail)
	handle("v2/organisationunits/titles", f.titles)
	handle("v5/organisationunits/detail", f.unit)
	handle("v1beta2/onlineservices", f.online)
	handle("v3/locations", f.locations)
}

// holdsAt says whether a description is one for exactly this area; the Suchdienst pads with zeros.
func holdsAt(o object, ars string) bool {
	list, _ := o["ars"].([]any)
	return slices.Contains(list, any(padded(ars)))
}

func padded(ars string) string {
	const country = "000000000000"
	return ars + country[min(len(ars), len(country)):]
}

func (f *Finder) listIDs(w http.ResponseWriter, r *http.Request) {
	var b strings.Builder
	b.WriteString("ID-LB;Name\r\n")
	found := false
	for _, s := range f.search.Services {
		if holdsAt(s, r.URL.Query().Get("ars")) {
			found = true
			_, _ = fmt.Fprintf(&b, "%s;\"%s\"\r\n", s.id(), s["name"])
		}
	}
	if !found {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "text/csv;charset=UTF-8")
	_, _ = w.Write([]byte(b.String())) // the other side may be gone
}

func (f *Finder) byKey(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	var hits []object
	for _, s := range f.search.Services {
		keys, _ := s["leikakeys"].([]any)
		wanted := slices.ContainsFunc(keys, func(k any) bool { return slices.Contains(q["leikaIds"], fmt.Sprint(k)) })
		if wanted && holdsAt(s, q.Get("ars")) {
			hits = append(hits, object{"id": s.id(), "name": s["name"]})
		}
	}
	size := max(min(number(r, "size", 20), f.options.PageSize), 1)
	at := number(r, "page", 0)
	shown := page(hits, at*size, size)
	pages := (len(hits) + size - 1) / size
	writeJSON(w, object{
		"content": append([]object{}, shown...), "number": at, "size": size, "totalElements": len(hits), "totalPages": pages, "last": at+1 >= pages,
	})
}

func (f *Finder) detail(w http.ResponseWriter, r *http.Request) {
	if len(r.URL.Query().Get("ars")) != 12 {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	answerOne(w, f.search.Services, r.PathValue("id"))
}

func (f *Finder) titles(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	list := f.search.Titles[q.Get("lbId")+" "+padded(q.Get("ars"))]
	if len(list) == 0 {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	writeJSON(w, list)
}

func (f *Finder) unit(w http.ResponseWriter, r *http.Request) {
	answerOne(w, f.search.Units, r.URL.Query().Get("q"))
}

func (f *Finder) online(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	var hits []object
	for _, o := range f.search.Online {
		descriptions, _ := o["serviceDescriptions"].([]any)
		for _, d := range descriptions {
			if d, ok := d.(map[string]any); ok && holdsAt(d, q.Get("ars")) {
				hits = append(hits, o)
				break
			}
		}
	}
	size := min(f.options.PageSize, 2) // small, so that there are pages
	at := number(r, "nextPageToken", 0)
	answer := object{"totalHits": len(hits), "onlineservices": append([]object{}, page(hits, at, size)...)}
	if at+size < len(hits) {
		answer["nextPageToken"] = fmt.Sprint(at + size)
	}
	writeJSON(w, answer)
}

func (f *Finder) locations(w http.ResponseWriter, r *http.Request) {
	q := strings.ToLower(r.URL.Query().Get("q"))
	hits := []object{}
	for _, l := range f.search.Locations {
		if name, _ := l["name"].(string); strings.HasPrefix(strings.ToLower(name), q) {
			hits = append(hits, l)
		}
	}
	writeJSON(w, hits)
}

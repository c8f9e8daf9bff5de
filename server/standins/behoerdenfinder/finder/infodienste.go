package finder

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// object is a JSON object as the API gives it.
type object map[string]any

func (o object) id() string {
	id, _ := o["id"].(string)
	return id
}

// directory is what the Infodienste know.
type directory struct {
	Areas       []object            `json:"areas"`
	Services    []directoryService  `json:"services"`
	Units       []object            `json:"units"`
	Competences map[string][]object `json:"competences"` // by unit
	Online      []directoryOnline   `json:"online"`
	Forms       []object            `json:"forms"`
}

type directoryService struct {
	Areas        []string          `json:"areas"` // where it is offered, by id
	Object       object            `json:"object"`
	Translations map[string]object `json:"translations"` // what is different in a language
}

// in gives the service in a language such as en_GB.
func (s directoryService) in(language string) object {
	language, _, _ = strings.Cut(strings.ToLower(language), "_")
	language, _, _ = strings.Cut(language, "-")
	translated := maps.Clone(s.Object)
	maps.Copy(translated, s.Translations[language])
	return translated
}

type directoryOnline struct {
	Services []string `json:"services"`
	Areas    []string `json:"areas"`
	Object   object   `json:"object"`
}

func (f *Finder) routeInfodienste(mux *http.ServeMux) {
	handle := func(path string, answer func(w http.ResponseWriter, r *http.Request)) {
		mux.HandleFunc("GET /infodienste/"+path, func(w http.ResponseWriter, r *http.Request) {
			if !same(r.Header.Get("api_key"), f.options.APIKey) {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			answer(w, r)
		})
	}
	handle("pst/find", f.findServices)
	handle("pst/{id}", f.oneService)
	handle("ou/find", f.findUnits)
	handle("ou/{id}", f.oneUnit)
	handle("ouCompetence/{id}", f.competences)
	handle("os/findByCompetence", f.findOnline)
	handle("form/find", f.findForms)
	mux.HandleFunc("GET /gebiete/PoliticalArea/{id}", f.oneArea)
}

// answerPage gives a page of hits as the API wraps them.
func (f *Finder) answerPage(w http.ResponseWriter, r *http.Request, hits []object) {
	shown := page(hits, number(r, "offset", 0), min(number(r, "limit", f.options.PageSize), f.options.PageSize))
	results := make([]object, 0, len(shown))
	for _, hit := range shown {
		results = append(results, object{"score": 1.0, "object": selected(hit, r.URL.Query()["selectAttributes"])})
	}
	writeJSON(w, object{"count": len(results), "totalCount": len(hits), "results": results})
}

// selected keeps the attributes that were asked for.
func selected(o object, attributes []string) object {
	if len(attributes) == 0 {
		return o
	}
	kept := object{}
	for _, name := range strings.Split(strings.Join(attributes, ","), ",") {
		if value, ok := o[name]; ok {
			kept[name] = value
		}
	}
	return kept
}

func (f *Finder) findServices(w http.ResponseWriter, r *http.Request) {
	var hits []object
	for _, s := range f.directory.Services {
		if slices.Contains(s.Areas, r.URL.Query().Get("areaId")) {
			hits = append(hits, s.in(r.Header.Get("Accept-Language")))
		}
	}
	f.answerPage(w, r, hits)
}

func (f *Finder) oneService(w http.ResponseWriter, r *http.Request) {
	for _, s := range f.directory.Services {
		if s.Object.id() == r.PathValue("id") {
			writeJSON(w, s.in(r.Header.Get("Accept-Language")))
			return
		}
	}
	w.WriteHeader(http.StatusNotFound)
}

func (f *Finder) findUnits(w http.ResponseWriter, r *http.Request) {
	var hits []object
	parent := r.URL.Query().Get("parentId")
	for _, u := range f.directory.Units {
		if parent == "" || u["parentId"] == parent {
			hits = append(hits, u)
		}
	}
	f.answerPage(w, r, hits)
}

func (f *Finder) oneUnit(w http.ResponseWriter, r *http.Request) {
	answerOne(w, f.directory.Units, r.PathValue("id"))
}

func (f *Finder) oneArea(w http.ResponseWriter, r *http.Request) {
	answerOne(w, f.directory.Areas, r.PathValue("id"))
}

func answerOne(w http.ResponseWriter, list []object, id string) {
	i := slices.IndexFunc(list, func(o object) bool { return o.id() == id })
	if i < 0 {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	writeJSON(w, list[i])
}

func (f *Finder) competences(w http.ResponseWriter, r *http.Request) {
	f.answerPage(w, r, f.directory.Competences[r.PathValue("id")])
}

func (f *Finder) findOnline(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	results := []object{}
	for _, o := range f.directory.Online {
		if slices.Contains(o.Services, q.Get("pstId")) && slices.Contains(o.Areas, q.Get("areaId")) {
			results = append(results, object{"score": 1.0, "object": o.Object})
		}
	}
	writeJSON(w, object{"count": len(results), "results": results})
}

func (f *Finder) findForms(w http.ResponseWriter, r *http.Request) {
	f.answerPage(w, r, f.directory.Forms)
}

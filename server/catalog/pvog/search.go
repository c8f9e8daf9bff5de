package pvog

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"portalverbund/server/catalog/adapter"
	"portalverbund/server/platform/collect"
)

// search is a source that asks the Suchdienst.
type search struct {
	base     string
	paths    map[string]string
	places   []string // padded ARS that are asked for, the most specific first
	wanted   []string // the places that the portal wants to know of
	keys     []string
	settings adapter.Settings
	tools    adapter.Tools
	amounts  amounts
	ids      *regexp.Regexp
}

func newSearch(settings adapter.Settings, tools adapter.Tools) (adapter.Source, error) {
	if problems := SearchKind().Check(settings); len(problems) > 0 {
		return nil, fmt.Errorf("pvog: setting %s: %s", problems[0].Field, problems[0].Words.En)
	}
	if tools.Now == nil {
		tools.Now = time.Now
	}
	s := &search{
		base: strings.TrimSuffix(settings.Get(fieldSearchURL()), "/"), paths: map[string]string{}, keys: adapter.List(settings.Get(fieldKeys())),
		settings: settings, tools: tools, amounts: newAmounts(), ids: regexp.MustCompile(`^[A-Za-z0-9]+\.LB\.[A-Za-z0-9_-]+$`),
	}
	for _, f := range pathFields() {
		s.paths[f.Name] = settings.Get(f)
	}
	levels := adapter.List(strings.ToLower(settings.Get(fieldLevels())))
	for _, ars := range adapter.List(settings.Get(fieldARS())) {
		place := adapter.Unpad(ars)
		if place == "" {
			return nil, fmt.Errorf("pvog: %q is no ARS", ars)
		}
		s.wanted = append(s.wanted, place)
		for _, at := range askedFor(place, levels) {
			if !slices.Contains(s.places, at) {
				s.places = append(s.places, at)
			}
		}
	}
	if len(s.places) == 0 {
		return nil, errors.New("pvog: none of the levels ort, kreis, land, bund is set")
	}
	slices.SortStableFunc(s.places, func(a, b string) int { return cmp.Compare(specific(b), specific(a)) })
	return s, nil
}

// specific is how many digits of a padded ARS say something.
func specific(ars string) int {
	if ars == adapter.Country {
		return 0
	}
	return len(adapter.Unpad(ars))
}

// askedFor gives the areas, padded, under which the Suchdienst may keep what holds for a place: the place and its
// Gemeindeverband, its Kreis, its Land, the whole country.
func askedFor(place string, levels []string) []string {
	var list []string
	add := func(level string, digits int) {
		if slices.Contains(levels, level) && place != adapter.Country && digits <= len(place) {
			list = append(list, adapter.Pad(place[:digits]))
		}
	}
	add("ort", len(place))
	add("ort", 9)
	add("kreis", 5)
	add("land", 2)
	if slices.Contains(levels, "bund") {
		list = append(list, adapter.Country)
	}
	return list
}

// Whole is always so: the Suchdienst can't be asked for changes.
func (s *search) Whole(string) bool { return true }

// cursor is up to where a run came: in which area, after which description.
type cursor struct {
	Place string `json:"place"`
	After string `json:"after"`
}

// run is one run.
type run struct {
	*search
	client *collect.Client
	out    *adapter.Emitter
	day    string
	units  map[string]bool // offices that were asked for, and whether they are there
	done   map[string]bool // descriptions that were given
	online online
}

// Collect gives the online services, then each description with its offices and who is competent.
func (s *search) Collect(ctx context.Context, from string) iter.Seq2[adapter.Record, error] {
	return func(yield func(adapter.Record, error) bool) {
		var at cursor
		if json.Unmarshal([]byte(from), &at) != nil {
			at = cursor{}
		}
		header := http.Header{"Accept-Language": {"de"}}
		if id := s.settings.Get(fieldClientID()); id != "" {
			header.Set("pvog-sud-api-client-id", id)
		}
		r := &run{
			search: s, out: adapter.NewEmitter(yield), client: s.tools.Client(s.settings, nil, header), day: s.tools.Now().Format(time.DateOnly),
			units: map[string]bool{}, done: map[string]bool{}, online: newOnline(),
		}
		r.out.Fail(r.everything(ctx, at))
	}
}

func (r *run) everything(ctx context.Context, from cursor) error {
	for _, place := range r.places {
		if err := r.onlineServices(ctx, place); err != nil || r.out.Ended() {
			return err
		}
	}
	begin := max(slices.Index(r.places, from.Place), 0)
	for i, place := range r.places {
		ids, err := r.list(ctx, place)
		if err != nil {
			return err
		}
		for _, id := range ids {
			again := r.done[id]
			r.done[id] = true
			if again || i < begin || place == from.Place && id <= from.After {
				continue
			}
			if err := r.description(ctx, id, place); err != nil || r.out.Ended() {
				return err
			}
			text, _ := json.Marshal(cursor{place, id}) // two words can always be written
			r.out.Cursor(string(text))
		}
	}
	if len(r.done) == 0 {
		return fmt.Errorf("pvog: no service is listed for %s: are the places right?", strings.Join(r.places, ", "))
	}
	return nil
}

// address is that of a path with its query; {id} stands for an id in it.
func (s *search) address(path, id string, query url.Values) string {
	return s.base + strings.ReplaceAll(s.paths[path], "{id}", url.PathEscape(id)) + "?" + query.Encode()
}

// Package infodienste collects services, offices, competences, online services and forms from the REST API v4 of the
// Infodienste, the system behind BUS Niedersachsen and the Zuständigkeitsfinder of other Länder.
//
// What of the API could not be seen first-hand is in uncertain.go.
package infodienste

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"portalverbund/server/catalog"
	"portalverbund/server/catalog/adapter"
	"portalverbund/server/platform/collect"
)

const (
	pageSize  = 100
	maxPages  = 2_000
	maxUnits  = 50_000 // organisational units of one source
	fullEvery = 7 * 24 * time.Hour
)

// source is the Infodienste of one Land, asked for one or more areas.
type source struct {
	base, areasBase string
	areaIDs         []string
	unit            string
	languages       []string // besides German
	agency          string
	settings        adapter.Settings
	tools           adapter.Tools
}

func newSource(settings adapter.Settings, tools adapter.Tools) (adapter.Source, error) {
	if problems := Kind().Check(settings); len(problems) > 0 {
		return nil, fmt.Errorf("infodienste: setting %s: %s", problems[0].Field, problems[0].Words.En)
	}
	if tools.Now == nil {
		tools.Now = time.Now
	}
	s := &source{
		base: strings.TrimSuffix(settings.Get(fieldURL()), "/"), areasBase: strings.TrimSuffix(settings.Get(fieldAreasURL()), "/"),
		areaIDs: adapter.List(settings.Get(fieldAreas())), unit: settings.Get(fieldUnit()), agency: settings.Get(fieldAgency()),
		settings: settings, tools: tools,
	}
	for _, language := range adapter.List(settings.Get(fieldLanguages())) {
		if !strings.HasPrefix(strings.ToLower(language), "de") {
			s.languages = append(s.languages, language)
		}
	}
	if s.agency == "" {
		address, err := url.Parse(s.base)
		if err != nil {
			return nil, err
		}
		s.agency = address.Hostname()
	}
	return s, nil
}

// cursor is from where a run goes on.
type cursor struct {
	Full  time.Time `json:"full,omitzero"`  // when the last run over everything began
	Since time.Time `json:"since,omitzero"` // what was changed before it is known already
	Began time.Time `json:"began,omitzero"` // when the run that has not ended began
	Area  int       `json:"area,omitempty"` // and up to where it came: in which area,
	After string    `json:"after,omitempty"`
}

func readCursor(text string) cursor {
	var c cursor
	if json.Unmarshal([]byte(text), &c) != nil {
		return cursor{}
	}
	return c
}

func (c cursor) String() string {
	text, _ := json.Marshal(c) // times and words can always be written
	return string(text)
}

// Whole says whether a run from this cursor asks for everything: the first does, and one after each week, so that what the
// directory has deleted goes. The runs between ask only for services that were changed.
func (s *source) Whole(text string) bool { return readCursor(text).Since.IsZero() }

// run is one run.
type run struct {
	*source
	client   *collect.Client
	out      *adapter.Emitter
	areas    map[string]string // ARS by id; empty where there is none
	forms    map[string][]catalog.LinkEntry
	newForms map[string]time.Time // last change of a form, by service
	began    time.Time
	from     cursor
	listed   int // services
}

// Collect gives offices, services with their online services, then competences.
func (s *source) Collect(ctx context.Context, text string) iter.Seq2[adapter.Record, error] {
	return func(yield func(adapter.Record, error) bool) {
		from := readCursor(text)
		if from.Began.IsZero() {
			from.Began, from.Area, from.After = s.tools.Now().UTC(), 0, ""
		}
		r := &run{
			source: s, out: adapter.NewEmitter(yield), areas: map[string]string{}, forms: map[string][]catalog.LinkEntry{},
			newForms: map[string]time.Time{}, began: from.Began, from: from,
			client: s.tools.Client(s.settings, collect.Key{Header: "api_key", Value: s.settings.Get(fieldKey())}, http.Header{"Accept-Language": {germanLanguage}}),
		}
		r.out.Fail(r.everything(ctx))
	}
}

func (r *run) everything(ctx context.Context) error {
	units, err := r.units(ctx)
	if err != nil || r.out.Ended() {
		return err
	}
	if err := r.allForms(ctx); err != nil {
		return err
	}
	for i := r.from.Area; i < len(r.areaIDs) && !r.out.Ended(); i++ {
		if err := r.services(ctx, i); err != nil {
			return err
		}
		r.from.After = ""
	}
	if r.listed == 0 && r.from.Area == 0 && !r.out.Ended() {
		return fmt.Errorf("infodienste: no service is listed for areas %s: are their numbers right?", strings.Join(r.areaIDs, ", "))
	}
	for _, id := range units {
		if r.out.Ended() {
			return nil
		}
		if err := r.competences(ctx, id); err != nil {
			return err
		}
	}
	next := cursor{Full: r.from.Full, Since: r.began}
	if r.from.Since.IsZero() {
		next.Full = r.began
	}
	if r.began.Sub(next.Full) < fullEvery { // else the next run begins at the beginning
		r.out.Next(next.String())
	}
	return nil
}

// pages asks for all pages of hits. The API counts from an offset; where its first is not certain (uncertain.go), so what
// comes twice is left out, and a page that brings nothing new is the last.
func pages[T any](ctx context.Context, c *collect.Client, address string, query url.Values, id func(T) string, each func(T) error) error {
	seen := map[string]bool{}
	query = maps.Clone(query)
	if query == nil {
		query = url.Values{}
	}
	query.Set("limit", strconv.Itoa(pageSize))
	for page, received := 0, 0; page < maxPages; page++ {
		query.Set("offset", strconv.Itoa(received))
		var answer hits[T]
		err := c.JSON(ctx, address+"?"+query.Encode(), &answer)
		if errors.Is(err, collect.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		fresh := 0
		for _, hit := range answer.Results {
			key := id(hit.Object)
			if seen[key] {
				continue
			}
			seen[key] = true
			fresh++
			if err := each(hit.Object); err != nil {
				return err
			}
		}
		received += len(answer.Results)
		switch {
		case len(answer.Results) == 0 || len(seen) >= answer.TotalCount && answer.TotalCount > 0:
			return nil
		case fresh == 0:
			return fmt.Errorf("%s: %w: the pages do not advance", address, collect.ErrTooMany)
		}
	}
	return fmt.Errorf("%s: %w: more than %d pages", address, collect.ErrTooMany, maxPages)
}

// units gives the organisational units, and their ids for later. With a top unit these are the units below it, else all.
func (r *run) units(ctx context.Context) ([]string, error) {
	var ids []string
	seen := map[string]bool{}
	take := func(u unit) error {
		if seen[string(u.ID)] || r.out.Ended() {
			return nil
		}
		if len(ids) >= maxUnits {
			return fmt.Errorf("infodienste: %w: more than %d organisational units", collect.ErrTooMany, maxUnits)
		}
		seen[string(u.ID)] = true
		ids = append(ids, string(u.ID))
		r.office(u)
		return nil
	}
	if r.unit == "" {
		return ids, pages(ctx, r.client, r.base+"/ou/find", nil, unitID, take)
	}
	var top unit
	if err := r.client.JSON(ctx, r.base+"/ou/"+url.PathEscape(r.unit), &top); err != nil {
		return nil, err
	}
	if err := take(top); err != nil {
		return nil, err
	}
	for i := 0; i < len(ids) && !r.out.Ended(); i++ { // ids grows by what is below
		if err := pages(ctx, r.client, r.base+"/ou/find", url.Values{"parentId": {ids[i]}}, unitID, take); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

func unitID(u unit) string { return string(u.ID) }

// allForms keeps the links to forms by service.
func (r *run) allForms(ctx context.Context) error {
	for _, areaID := range r.areaIDs {
		err := pages(ctx, r.client, r.base+"/form/find", url.Values{"areaId": {areaID}}, func(f form) string { return string(f.ID) }, func(f form) error {
			for _, link := range f.Links {
				if link.URL == "" {
					continue
				}
				entry := catalog.LinkEntry{Module: "forms", URL: string(link.URL), Title: string(f.Name), Description: string(f.Note)}
				for _, s := range f.Services {
					if !slices.Contains(r.forms[string(s.ID)], entry) {
						r.forms[string(s.ID)] = append(r.forms[string(s.ID)], entry)
					}
					if f.LastUpdated.After(r.newForms[string(s.ID)]) {
						r.newForms[string(s.ID)] = f.LastUpdated.Time
					}
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// services gives the services of an area.
func (r *run) services(ctx context.Context, index int) error {
	areaID := r.areaIDs[index]
	type head struct {
		ID          word   `json:"id"`
		LastUpdated moment `json:"lastUpdated"`
	}
	var list []head
	query := url.Values{"areaId": {areaID}, "searchWord": {""}, "selectAttributes": {"id,lastUpdated"}}
	err := pages(ctx, r.client, r.base+"/pst/find", query, func(h head) string { return string(h.ID) }, func(h head) error {
		if h.ID != "" {
			list = append(list, h)
			r.listed++
		}
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortFunc(list, func(a, b head) int { return cmp.Compare(a.ID, b.ID) }) // an order to go on in after an interruption
	for _, h := range list {
		if r.out.Ended() {
			return nil
		}
		id := string(h.ID)
		if id <= r.from.After || r.known(h.LastUpdated.Time, r.newForms[id]) {
			continue
		}
		if err := r.service(ctx, id, areaID); err != nil {
			return err
		}
		at := r.from
		at.Area, at.After = index, id
		r.out.Cursor(at.String())
	}
	return nil
}

// known says whether something has not changed since the last run.
func (r *run) known(changes ...time.Time) bool {
	if r.from.Since.IsZero() || changes[0].IsZero() {
		return false
	}
	return !slices.ContainsFunc(changes, func(at time.Time) bool { return at.After(r.from.Since) })
}

// service gives one service in all languages, with its online services.
func (r *run) service(ctx context.Context, id, areaID string) error {
	address := r.base + "/pst/" + url.PathEscape(id) + "?" + url.Values{"areaId": {areaID}}.Encode()
	at := "pst/" + id
	var german service
	err := r.client.JSON(ctx, address, &german)
	switch {
	case errors.Is(err, collect.ErrNotFound): // deleted meanwhile
		return nil
	case errors.Is(err, collect.ErrAnswer):
		r.out.Record(adapter.Record{Kind: catalog.KindService, ID: r.id(catalog.KindService, id).String(), At: at, Skip: err.Error()})
		return nil
	case err != nil:
		return err
	}
	translations := map[string]service{}
	for _, language := range r.languages {
		var translated service
		err := r.client.With("Accept-Language", language).JSON(ctx, address, &translated)
		if err != nil && !errors.Is(err, collect.ErrNotFound) && !errors.Is(err, collect.ErrAnswer) {
			return err
		}
		if err == nil {
			translations[bcp47(language)] = translated
		}
	}
	if err := r.emitService(ctx, german, translations, at); err != nil {
		return err
	}
	return r.online(ctx, id, areaID)
}

// online gives the online services of a service in an area.
func (r *run) online(ctx context.Context, id, areaID string) error {
	ars, err := r.ars(ctx, areaID)
	if err != nil {
		return err
	}
	var answer hits[onlineService]
	err = r.client.JSON(ctx, r.base+"/os/findByCompetence?"+url.Values{"pstId": {id}, "areaId": {areaID}}.Encode(), &answer)
	if errors.Is(err, collect.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, hit := range answer.Results {
		r.emitOnline(hit.Object, id, areaID, ars)
	}
	return nil
}

// competences gives what a unit is competent for: each of the services in each of the areas.
func (r *run) competences(ctx context.Context, unitID string) error {
	number := 0
	return pages(ctx, r.client, r.base+"/ouCompetence/"+url.PathEscape(unitID), nil, competence.key, func(c competence) error {
		number++
		at := fmt.Sprintf("ouCompetence/%s, %d", unitID, number)
		if len(c.Areas) == 0 {
			r.out.Skip(catalog.KindCompetence, at, "names no area")
			return nil
		}
		for _, a := range c.Areas {
			ars, err := r.ars(ctx, string(a.ID))
			if err != nil {
				return err
			}
			if ars == "" {
				r.out.Skip(catalog.KindCompetence, at, fmt.Sprintf("area %.40q (%.60s) is no place of the register", a.ID, a.Name))
				continue
			}
			for _, s := range c.Services {
				value := unitID + "/" + string(s.ID) + "/" + ars
				r.out.Entry(catalog.KindCompetence, r.id(catalog.KindCompetence, value), catalog.CompetenceEntry{
					ID: r.id(catalog.KindCompetence, value), ServiceID: r.id(catalog.KindService, string(s.ID)),
					OrganisationID: r.id(catalog.KindOrganisation, unitID), Area: ars,
					SourceEntry: r.origin("", value),
				}, at)
			}
		}
		return nil
	})
}

// ars finds which place an area of the Infodienste is; empty if it is none.
func (r *run) ars(ctx context.Context, areaID string) (string, error) {
	if ars, known := r.areas[areaID]; known {
		return ars, nil
	}
	var a area
	err := r.client.JSON(ctx, r.areasBase+"/PoliticalArea/"+url.PathEscape(areaID), &a)
	if err != nil && !errors.Is(err, collect.ErrNotFound) {
		return "", err
	}
	ars := ""
	if err == nil && a.AGS != "" {
		if ars, err = r.tools.Areas.AreaOfAGS(ctx, string(a.AGS)); err != nil {
			return "", err
		}
	}
	r.areas[areaID] = ars
	return ars, nil
}

func (r *run) id(kind, value string) uuid.UUID {
	return catalog.EntryID(kind, catalog.IdentifierEntry{Agency: r.agency, Value: value})
}

func (r *run) origin(scheme, value string) catalog.SourceEntry {
	return catalog.SourceEntry{Origin: &catalog.IdentifierEntry{Agency: r.agency, Scheme: scheme, Value: value}}
}

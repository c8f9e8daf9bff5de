package pvog

import (
	"context"
	"errors"
	"fmt"
	"html"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"portalverbund/server/catalog"
	"portalverbund/server/catalog/adapter"
	"portalverbund/server/catalog/codes"
	"portalverbund/server/platform/collect"
)

const maxAreas = 200 // of one description, as the catalog takes them

// description is a Leistungsbeschreibung as the Suchdienst gives it.
type description struct {
	ID                 string   `json:"id"`
	Name               string   `json:"name"`
	ARS                []string `json:"ars"`
	LeikaKeys          []string `json:"leikakeys"`
	LastUpdate         string   `json:"lastUpdate"`
	ExternalLastUpdate string   `json:"externalLastUpdate"`
	OnlineServiceLinks []link   `json:"onlineServiceLinks"`
	SourcePortals      []link   `json:"sourcePortals"`
	Details            []detail `json:"details"`
}

type link struct {
	Title string `json:"title"`
	URI   string `json:"uri"`
}

// detail is a module: a text, or what is known about costs, deadlines, the release …
type detail struct {
	Code        string    `json:"code"`
	Title       string    `json:"title"`
	Text        string    `json:"text"`
	Placeholder bool      `json:"placeholder"` // nothing is given; the text says so
	Date        string    `json:"date"`
	Links       []link    `json:"links"`
	Details     []subtext `json:"details"`
}

type subtext struct {
	Title string `json:"title"`
	Text  string `json:"text"`
}

// entryID gives the id of an entry, and its identifier, by an id such as L100042.LB.101.
func entryID(kind, id string) (uuid.UUID, catalog.SourceEntry, bool) {
	agency, scheme, value, ok := parts(id)
	identifier := catalog.IdentifierEntry{Agency: agency, Scheme: scheme, Value: value}
	return catalog.EntryID(kind, identifier), catalog.SourceEntry{Origin: &identifier}, ok
}

// description gives a service that holds in an area, its online services, its offices, and which of them are competent.
func (r *run) description(ctx context.Context, id, place string) error {
	var d description
	err := r.client.JSON(ctx, r.address("pathDetail", id, url.Values{"ars": {place}, "validDate": {r.day}}), &d)
	uid, origin, ok := entryID(catalog.KindService, id)
	skip := func(why string) {
		r.out.Record(adapter.Record{Kind: catalog.KindService, ID: uid.String(), At: id, Skip: why})
	}
	switch {
	case errors.Is(err, collect.ErrNotFound): // gone meanwhile
		return nil
	case errors.Is(err, collect.ErrAnswer):
		skip(err.Error())
		return nil
	case err != nil:
		return err
	case !ok:
		r.out.Skip(catalog.KindService, id, "is no id of the form agency.LB.number")
		return nil
	case d.ID != id:
		skip(fmt.Sprintf("the answer is about %.60q", d.ID))
		return nil
	case !r.holds(d.ARS):
		// The Suchdienst gives what is nearest where it has nothing: a service of another place is none of this one.
		r.out.Skip(catalog.KindService, id, fmt.Sprintf("holds elsewhere (%s), not in %s", strings.Join(d.ARS[:min(len(d.ARS), 3)], ", "), place))
		return nil
	}
	m := mapping{amounts: r.amounts}
	e := m.service(d)
	e.ID, e.SourceEntry = uid, origin
	if len(e.Title) == 0 {
		skip("has no name")
		return nil
	}
	r.out.Entry(catalog.KindService, uid, e, id, m.warnings...)
	r.onlineLinks(d, uid, place)
	return r.competences(ctx, id, uid, place)
}

// holds says whether something with these areas holds at one of the places that are wanted, or in a part of one.
func (s *search) holds(areas []string) bool {
	if len(areas) == 0 {
		return true
	}
	return slices.ContainsFunc(areas, func(a string) bool {
		return slices.ContainsFunc(s.wanted, func(w string) bool { return adapter.Covers(a, w) || adapter.Covers(w, a) })
	})
}

// mapping is the work on one description.
type mapping struct {
	amounts  amounts
	warnings []string
}

func (m *mapping) warn(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(m.warnings, text) {
		m.warnings = append(m.warnings, text)
	}
}

func (m *mapping) service(d description) catalog.ServiceEntry {
	var e catalog.ServiceEntry
	e.UpdatedAt = m.updated(d)
	for _, key := range d.LeikaKeys {
		switch {
		case len(key) != 14 || strings.Trim(key, "0123456789") != "":
			m.warn("%.40q is no LeiKa key", key)
		case e.LeikaKey == "":
			e.LeikaKey = key
		default:
			e.FurtherLeikaKeys = append(e.FurtherLeikaKeys, key)
		}
	}
	for _, ars := range d.ARS {
		area := adapter.Unpad(ars)
		switch {
		case area == "":
			m.warn("%.40q is no ARS", ars)
		case len(e.ValidIn) == maxAreas:
			m.warn("holds in %d areas: %d are kept", len(d.ARS), maxAreas)
		case !slices.Contains(e.ValidIn, area):
			e.ValidIn = append(e.ValidIn, area)
		}
	}
	for _, detail := range d.Details {
		m.detail(&e, detail)
	}
	for _, l := range d.SourcePortals {
		addPortal(&e, l)
	}
	if e.Title == nil && d.Name != "" {
		e.Title = german(adapter.Plain(d.Name))
	}
	if e.Title == nil {
		e.Title = e.Designation
	}
	return e
}

// updated is when the description was changed in its own system, else when the PVOG had it last.
func (m *mapping) updated(d description) time.Time {
	for _, text := range []string{d.ExternalLastUpdate, d.LastUpdate} {
		for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", time.DateOnly} {
			if at, err := time.Parse(layout, text); err == nil {
				return at.UTC()
			}
		}
	}
	m.warn("no time of the last change: taken as 2000-01-01")
	return time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
}

func german(text string) catalog.Text {
	if text = strings.TrimSpace(text); text == "" {
		return nil
	}
	return catalog.Text{"de": text}
}

// given is a module's text, or nothing where only a placeholder is given.
func (d detail) given() string {
	if d.Placeholder {
		return ""
	}
	return strings.TrimSpace(d.Text)
}

// detail takes in a module.
func (m *mapping) detail(e *catalog.ServiceEntry, d detail) {
	switch d.Code {
	case codeRelease:
		release := catalog.ReleaseEntry{By: german(adapter.Plain(d.given()))}
		if day, err := time.Parse(time.DateOnly, d.Date[:min(len(d.Date), len(time.DateOnly))]); err == nil {
			release.Date = day.Format(time.DateOnly)
		} else if d.Date != "" {
			m.warn("%.40q is no date of a release", d.Date)
		}
		if release.By != nil || release.Date != "" {
			e.Release = &release
		}
	case codePortals:
		for _, l := range d.Links {
			addPortal(e, l)
		}
	case codeProcessing:
		e.ProcessingTime = m.processing(d)
		links(e, "processingTime", d.Links)
	case codeDeadlines:
		e.DeadlinesText = german(d.given())
		e.Deadlines = m.terms(d)
		links(e, "deadlines", d.Links)
	case codeFees:
		m.fees(e, d)
	default:
		m.text(e, d)
	}
}

// addPortal names a page from which the description comes, once.
func addPortal(e *catalog.ServiceEntry, l link) {
	same := func(p catalog.SourcePortalEntry) bool { return p.URL == l.URI }
	if l.URI != "" && !slices.ContainsFunc(e.SourcePortals, same) {
		e.SourcePortals = append(e.SourcePortals, catalog.SourcePortalEntry{URL: l.URI, Title: l.Title})
	}
}

func links(e *catalog.ServiceEntry, module string, list []link) {
	for _, l := range list {
		if l.URI != "" {
			e.Links = append(e.Links, catalog.LinkEntry{Module: module, URL: l.URI, Title: l.Title})
		}
	}
}

// terms gives the details of a module as terms, in words.
func (m *mapping) terms(d detail) []catalog.DeadlineEntry {
	var list []catalog.DeadlineEntry
	for _, sub := range d.Details {
		if text := sub.html(); text != "" {
			list = append(list, catalog.DeadlineEntry{Text: german(text)})
		}
	}
	return list
}

func (m *mapping) processing(d detail) *catalog.TimeEntry {
	t := catalog.TimeEntry{Text: german(d.given()), Terms: m.terms(d)}
	if t.Text == nil && len(t.Terms) == 0 {
		return nil
	}
	return &t
}

// html joins title and text.
func (s subtext) html() string {
	title, text := html.EscapeString(strings.TrimSpace(s.Title)), strings.TrimSpace(s.Text)
	switch {
	case title == "":
		return text
	case text == "":
		return title
	}
	return title + ": " + text
}

// fees takes in the costs: a text, and details each of which is a fee.
func (m *mapping) fees(e *catalog.ServiceEntry, d detail) {
	e.FeesText = german(d.given())
	for _, sub := range d.Details {
		text := adapter.Plain(sub.Text)
		if text == "" && sub.Title == "" {
			continue
		}
		f := catalog.FeeEntry{Label: german(sub.Title), Currency: "EUR"}
		f.Kind, f.Amount, f.Max = m.amounts.read(text)
		if f.Kind == "rule" {
			f.Note = german(sub.Text)
		}
		e.Fees = append(e.Fees, f)
	}
	links(e, "fees", d.Links)
}

// text takes in a text module.
func (m *mapping) text(e *catalog.ServiceEntry, d detail) {
	module, known := codes.ModuleOf(d.Code)
	text := d.given()
	if module.Name == "documents" {
		for _, sub := range d.Details {
			if title := adapter.Plain(sub.Title); title != "" {
				e.Documents = append(e.Documents, catalog.DocumentEntry{Title: german(title), Note: german(sub.Text), Required: true})
			}
		}
	} else {
		for _, sub := range d.Details {
			if part := sub.html(); part != "" {
				text += "<p>" + part + "</p>"
			}
		}
	}
	if !known {
		m.warn("module %.40q (%.60s) is unknown: kept as a text of its own", d.Code, d.Title)
		if text != "" {
			e.OtherTexts = append(e.OtherTexts, catalog.OtherTextEntry{Type: catalog.CodeEntry{Code: d.Code, Name: d.Title}, Text: german(text)})
		}
		return
	}
	if !module.HTML {
		text = adapter.Plain(text)
	}
	target := module.Text(&e.ModulesEntry)
	if *target == nil {
		*target = german(text)
	} else if text != "" {
		(*target)["de"] += "\n" + text
	}
	if module.Name == "legalBasis" {
		for _, l := range d.Links {
			if l.Title != "" {
				e.LegalBasis = append(e.LegalBasis, catalog.LegalEntry{Title: german(l.Title), URL: l.URI})
			}
		}
		return
	}
	links(e, module.Name, d.Links)
}

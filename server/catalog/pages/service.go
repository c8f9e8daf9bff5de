package pages

import (
	"context"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/catalog"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

// service is the page of a service with the office that is competent for it.
func (p *Renderer) service(ctx context.Context, q *request) (*view, *httpx.Page, error) {
	if leikaKey.MatchString(q.parts[1]) {
		return p.leika(ctx, q)
	}
	id, err := q.id()
	if err != nil {
		return nil, nil, err
	}
	s, err := p.catalog.Service(ctx, id, q.ars())
	if problem.Is(err, "service-ended") || err == nil && s.State == types.Ended {
		return p.ended(ctx, q, id)
	}
	if err != nil {
		return nil, nil, err
	}
	units, online, err := p.competent(ctx, q, s.Id)
	if err != nil {
		return nil, nil, err
	}
	v := &view{Heading: s.Title, Lead: s.Teaser, Way: append(q.way(), point{Title: q.words["register"], Address: "/a-z"})}
	v.Language = s.Language
	v.Notes = q.notes(s)
	first, rest := q.about(s)
	v.Sections = append(append(append([]section{q.now(units, online)}, first...), q.offices(units)), rest...)
	v.Foot = q.say("source", s.Owner.Name, q.date(s.UpdatedAt))
	page := &httpx.Page{Canonical: s.Owner.Url + serviceAddress(s.Id)}
	page.Data = data(serviceData(s, units, page.Canonical, online))
	for _, language := range s.Languages {
		if strings.Contains(language, "-x-") {
			continue // of private use: search engines know nothing of it
		}
		page.Alternates = append(page.Alternates, httpx.Alternate{Language: language, Address: page.Canonical + "?sprache=" + language})
	}
	page.Alternates = append(page.Alternates, httpx.Alternate{Language: "x-default", Address: page.Canonical})
	if q.wished {
		page.Canonical += "?sprache=" + s.Language
	}
	return v, page, nil
}

// ended is the page of a service that is no longer offered: it says so, and what may be meant instead.
func (p *Renderer) ended(ctx context.Context, q *request, id uuid.UUID) (*view, *httpx.Page, error) {
	was, err := p.catalog.Alternatives(ctx, id, q.ars())
	if err != nil {
		return nil, nil, err
	}
	v := &view{Heading: was.Title, Language: was.Language, Lead: q.words["ended"], Search: true, Query: was.Title, Way: append(q.way(), point{Title: q.words["register"], Address: "/a-z"})}
	if was.Since != nil {
		v.Lead = q.say("endedSince", q.date(*was.Since))
	}
	instead := section{Title: q.words["instead"]}
	for _, item := range was.Items {
		instead.Points = append(instead.Points, point{Title: item.Title, Address: serviceAddress(item.Id)})
	}
	if len(instead.Points) > 0 {
		v.Sections = []section{instead}
	}
	return v, &httpx.Page{Status: http.StatusGone, Hidden: true}, nil
}

// notes say what a reader should know about a text: that it is valid later only, in another language, or translated by a machine.
func (q *request) notes(s types.Service) (notes []string) {
	if s.State == types.Upcoming {
		notes = append(notes, q.words["upcoming"])
	}
	switch {
	case base(s.Language) != base(q.language):
		if name := q.words["in-"+base(s.Language)]; name != "" {
			notes = append(notes, q.say("onlyIn", name))
		} else {
			notes = append(notes, q.words["otherLanguage"])
		}
	case len(s.OtherLanguages) > 0:
		notes = append(notes, q.words["partly"])
	}
	if s.MachineTranslated != nil && *s.MachineTranslated {
		notes = append(notes, q.words["machine"])
	}
	return notes
}

// base is the language without its variety.
func base(language string) string {
	before, _, _ := strings.Cut(language, "-")
	return before
}

// competent gives the units that do a service at the place of the address, else in this portal's area, else anywhere.
func (p *Renderer) competent(ctx context.Context, q *request, service uuid.UUID) (units []types.Organisation, online bool, err error) {
	ars := q.ars()
	if ars == "" && len(q.portal.Areas) == 1 {
		ars = padded(q.portal.Areas[0])
	}
	offers, err := p.catalog.Offers(ctx, service, ars, catalog.Asker{})
	if err != nil {
		return nil, false, err
	}
	seen := map[uuid.UUID]bool{}
	for _, o := range offers.Items {
		online = online || o.Channel != types.OfferChannelCounter
		if !seen[o.Organisation.Id] {
			seen[o.Organisation.Id] = true
			units = append(units, o.Organisation)
		}
	}
	if len(units) > 0 || offers.Resolution == types.None && q.ars() != "" {
		return units, online, nil
	}
	units, err = p.catalog.Units(ctx, service)
	return units, false, err
}

// padded is an area as an ARS of 12 digits.
func padded(area string) string {
	return (area + strings.Repeat("0", 12))[:12]
}

// now says what to do first: apply online, or turn to an office.
func (q *request) now(units []types.Organisation, online bool) section {
	s := section{Title: q.words["now"]}
	switch {
	case online:
		s.Texts = []string{q.words["online"]}
	case len(units) == 1:
		s.Texts = []string{q.say("turnTo", units[0].Name)}
	default:
		s.Texts = []string{q.words["officesText"]}
	}
	return s
}

// offices names who is competent.
func (q *request) offices(units []types.Organisation) section {
	s := section{Title: q.words["office"]}
	switch {
	case len(units) == 0:
		s.Texts = []string{q.words["noOffice"]}
	case len(units) > 1:
		s.Title, s.Texts = q.words["offices"], []string{q.words["officesText"]}
	}
	for _, u := range units {
		card := q.card(u)
		if len(units) > 1 {
			card = office{Name: card.Name, Address: card.Address, Parent: card.Parent}
		}
		s.Offices = append(s.Offices, card)
	}
	return s
}

// about gives what is known of a service, in the order in which people need it: before the office cost, documents and time, after it
// the rest.
func (q *request) about(s types.Service) (first, rest []section) {
	lang := q.languagesOf(s)
	add := func(to *[]section, title string, parts ...section) {
		var all section
		for _, part := range parts {
			all.Texts, all.Points, all.Rich = append(all.Texts, part.Texts...), append(all.Points, part.Points...), append(all.Rich, part.Rich...)
		}
		if len(all.Texts) > 0 || len(all.Points) > 0 || len(all.Rich) > 0 {
			all.Title = title
			*to = append(*to, all)
		}
	}
	rich := func(name string, html *string) section {
		if text(html) == "" {
			return section{}
		}
		return section{Rich: []passage{{lang("/" + name), template.HTML(*html)}}} //nolint:gosec // the catalog has reduced it to what may be shown
	}
	links := func(parts ...string) (s2 section) {
		for i, l := range s.Links {
			if slices.Contains(parts, text(l.Part)) {
				s2.Points = append(s2.Points, point{Title: l.Title, Address: l.Url, Language: lang(fmt.Sprintf("/links/%d/title", i)), Note: text(l.Description)})
			}
		}
		return s2
	}
	add(&first, q.words["fees"], q.fees(s.Fees, lang), rich("feesText", s.FeesText), links("fees"))
	add(&first, q.words["documents"], q.papers("/documents", s.Documents, lang), rich("documentsText", s.DocumentsText), links("documents"))
	add(&first, q.words["time"], q.times(s, lang), rich("deadlinesText", s.DeadlinesText), links("deadlines", "processingTime"))

	var law, forms section
	for i, l := range s.LegalBasis {
		law.Points = append(law.Points, point{Title: l.Title, Address: text(l.Url), Language: lang(fmt.Sprintf("/legalBasis/%d/title", i))})
	}
	for i, l := range s.Forms {
		forms.Points = append(forms.Points, point{Title: l.Title, Address: l.Url, Language: lang(fmt.Sprintf("/forms/%d/title", i)), Note: text(l.Description)})
	}
	var results []types.RequiredDocument
	if s.Results != nil {
		results = *s.Results
	}
	add(&rest, q.words["requirements"], rich("requirements", s.Requirements), links("requirements"))
	add(&rest, q.words["procedure"], rich("procedure", s.Procedure), links("procedure"))
	add(&rest, q.words["receive"], q.papers("/results", results, lang))
	add(&rest, q.words["forms"], forms, rich("formsText", s.FormsText))
	summary := s.Summary
	if text(s.Description) != "" {
		summary = nil
	}
	add(&rest, q.words["description"], rich("summary", summary), rich("description", s.Description), rich("notes", s.Notes), links("description", "summary", "notes"))
	add(&rest, q.words["competence"], rich("competentBody", s.CompetentBody), rich("contactPoint", s.ContactPoint), links("competentBody", "contactPoint"))
	add(&rest, q.words["law"], law, rich("legalBasisText", s.LegalBasisText), links("legalBasis"))
	add(&rest, q.words["remedy"], rich("legalRemedy", s.LegalRemedy), links("legalRemedy"))
	for i, o := range s.OtherTexts {
		add(&rest, o.Title, rich(fmt.Sprintf("otherTexts/%d/text", i), &o.Text))
	}
	add(&rest, q.words["further"], rich("furtherInformation", s.FurtherInformation), links("furtherInformation", "", "title", "teaser", "author", "enquiryNote", "designation", "release", "sourcePortals", "synonyms"))
	return first, rest
}

// languagesOf gives the language of each text of a service by its pointer; empty for that of the page.
func (q *request) languagesOf(s types.Service) func(pointer string) string {
	others := map[string]string{}
	for _, t := range s.OtherLanguages {
		others[t.Pointer] = t.Language
	}
	return func(pointer string) string {
		if language := others[pointer]; language != "" && language != q.language {
			return language
		}
		if others[pointer] == "" && s.Language != q.language {
			return s.Language
		}
		return ""
	}
}

func (q *request) fees(fees []types.Fee, lang func(string) string) (s section) {
	for i, f := range fees {
		at := fmt.Sprintf("/fees/%d", i)
		p := point{Title: f.Label, Language: lang(at + "/label")}
		if amount := q.fee(f); amount != "" {
			p.Value = amount
		}
		notes := []string{text(f.Basis)}
		if f.Advance != nil && *f.Advance {
			notes = append(notes, q.words["advance"])
		}
		p.Note = joined(append(notes, catalog.PlainText(text(f.Note))))
		s.Points = append(s.Points, p)
	}
	return s
}

// joined writes sentences one after the other.
func joined(parts []string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " ")
}

func (q *request) papers(pointer string, papers []types.RequiredDocument, lang func(string) string) (s section) {
	for i, d := range papers {
		note := catalog.PlainText(text(d.Note))
		if !d.Required && pointer == "/documents" {
			note = joined([]string{q.words["ifAvailable"], note})
		}
		s.Points = append(s.Points, point{Title: d.Title, Language: lang(fmt.Sprintf("%s/%d/title", pointer, i)), Note: note})
	}
	return s
}

func (q *request) times(s types.Service, lang func(string) string) (times section) {
	if s.ProcessingTime != nil && s.ProcessingTime.Text != "" {
		times.Points = append(times.Points, point{Title: q.words["processing"] + ": " + catalog.PlainText(s.ProcessingTime.Text), Language: lang("/processingTime/text")})
	}
	for i, d := range s.Deadlines {
		times.Points = append(times.Points, point{Title: catalog.PlainText(d.Text), Language: lang(fmt.Sprintf("/deadlines/%d/text", i))})
	}
	return times
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func (q *request) fee(f types.Fee) string {
	switch {
	case f.Kind == types.Free:
		return q.words["free"]
	case f.Amount != nil && f.Max != nil:
		return q.say("range", q.money(*f.Amount), q.money(*f.Max))
	case f.Amount != nil && f.Kind == types.Range:
		return q.say("from", q.money(*f.Amount))
	case f.Amount != nil:
		return q.money(*f.Amount)
	case f.Max != nil:
		return q.say("upTo", q.money(*f.Max))
	case f.Kind == types.Rule:
		return q.words["rule"]
	}
	return ""
}

// money writes an amount as people do in the language.
func (q *request) money(m types.Money) string {
	currency := m.Currency
	if currency == "EUR" {
		currency = "€"
	}
	if q.language == "en" {
		return currency + decimal(m)
	}
	return strings.Replace(decimal(m), ".", ",", 1) + "\u00a0" + currency
}

// decimal writes an amount in units, as 12.50.
func decimal(m types.Money) string {
	return strconv.FormatInt(m.Amount/100, 10) + "." + strconv.FormatInt(m.Amount%100+100, 10)[1:]
}

func (q *request) date(t time.Time) string {
	if q.language == "en" {
		return t.Format("2 January 2006")
	}
	return t.Format("02.01.2006")
}

// office is how an organisational unit is shown.
type office struct {
	Name, Address, Parent string
	Lines                 []string
	Contacts              []contact
	HoursTitle            string
	Hours                 []string
}

// contact is a way to reach an office. Address is a string, or a template.URL where the template would not know the scheme.
type contact struct {
	Title   string
	Address any
	Text    string
}

func (q *request) card(u types.Organisation) office {
	o := office{Name: u.Name, Address: "/stellen/" + u.Id.String(), Parent: text(u.ParentName), HoursTitle: q.words["hours"]}
	if a := u.Address; a != nil {
		o.Lines = []string{strings.TrimSpace(a.Street + " " + a.HouseNumber), strings.TrimSpace(a.PostalCode + " " + a.City)}
	}
	if u.Phone != nil {
		o.Contacts = append(o.Contacts, contact{q.words["phone"], template.URL("tel:" + digits(*u.Phone)), *u.Phone}) //nolint:gosec // digits only
	}
	if u.Email != nil {
		o.Contacts = append(o.Contacts, contact{q.words["email"], "mailto:" + *u.Email, *u.Email})
	}
	if u.Url != nil {
		o.Contacts = append(o.Contacts, contact{q.words["website"], *u.Url, *u.Url})
	}
	for _, h := range u.OpeningHours {
		days := make([]string, 0, len(h.Days))
		for _, d := range h.Days {
			days = append(days, q.words[string(d)])
		}
		o.Hours = append(o.Hours, q.say("hoursLine", strings.Join(days, ", "), h.From, h.To))
	}
	if u.HoursNote != nil {
		o.Hours = append(o.Hours, *u.HoursNote)
	}
	return o
}

func digits(phone string) string {
	return strings.Map(func(r rune) rune {
		if r == '+' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, phone)
}

// office is the page of an organisational unit.
func (p *Renderer) office(ctx context.Context, q *request) (*view, *httpx.Page, error) {
	id, err := q.id()
	if err != nil {
		return nil, nil, err
	}
	u, err := p.catalog.Organisation(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	card := q.card(u)
	card.Name = ""
	v := &view{Heading: u.Name, Way: q.way(), Sections: []section{{Offices: []office{card}}}}
	if u.Accessibility != nil {
		v.Sections = append(v.Sections, section{Title: q.words["access"], Texts: []string{*u.Accessibility}})
	}
	page := &httpx.Page{
		Canonical: q.portal.Id + "/stellen/" + id.String(), Description: q.say("officeText", u.Name),
		Data: data(with(officeData(u), "@context", "https://schema.org")),
	}
	return v, page, nil
}

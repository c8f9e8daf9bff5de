package pages

import (
	"context"
	"html/template"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/catalog"
	"portalverbund/server/platform/httpx"
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
	if err != nil {
		return nil, nil, err
	}
	units, online, err := p.competent(ctx, q, s.Id)
	if err != nil {
		return nil, nil, err
	}
	v := &view{Heading: s.Title, Lead: s.Teaser, Way: append(q.way(), point{Title: q.words["register"], Address: "/a-z"})}
	v.Sections = append([]section{q.offices(units, online)}, q.about(s)...)
	v.Foot = q.say("source", s.Owner.Name, q.date(s.UpdatedAt))
	canonical := s.Owner.Url + serviceAddress(s.Id)
	return v, &httpx.Page{Canonical: canonical, Data: data(serviceData(s, units, canonical, online))}, nil
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

// offices names who is competent.
func (q *request) offices(units []types.Organisation, online bool) section {
	s := section{Title: q.words["office"]}
	if len(units) > 1 {
		s.Title, s.Texts = q.words["offices"], []string{q.words["officesText"]}
	}
	if online {
		s.Texts = append(s.Texts, q.words["online"])
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

// about gives what else is known of a service, in the order in which people need it.
func (q *request) about(s types.Service) []section {
	var sections []section
	add := func(key string, s section) {
		if s.HTML != "" || len(s.Points) > 0 || len(s.Texts) > 0 {
			s.Title = q.words[key]
			sections = append(sections, s)
		}
	}
	var fees, documents, times, law section
	for _, f := range s.Fees {
		fees.Points = append(fees.Points, point{Title: f.Label + ": " + q.fee(f), Note: catalog.PlainText(text(f.Note))})
	}
	for _, d := range s.Documents {
		note := catalog.PlainText(text(d.Note))
		if !d.Required {
			note = strings.TrimSpace(q.words["ifAvailable"] + " " + note)
		}
		documents.Points = append(documents.Points, point{Title: d.Title, Note: note})
	}
	if s.ProcessingTime != nil {
		times.Texts = []string{catalog.PlainText(s.ProcessingTime.Text)}
	}
	for _, d := range s.Deadlines {
		times.Points = append(times.Points, point{Title: catalog.PlainText(d.Text)})
	}
	for _, l := range s.LegalBasis {
		law.Points = append(law.Points, point{Title: l.Title, Address: text(l.Url)})
	}
	add("fees", fees)
	add("documents", documents)
	add("time", times)
	add("requirements", section{HTML: rich(s.Requirements)})
	add("procedure", section{HTML: rich(s.Procedure)})
	add("description", section{HTML: rich(s.Description)})
	add("law", law)
	return sections
}

// rich is HTML that the catalog has reduced to what may be shown when it took it in.
func rich(html *string) template.HTML {
	return template.HTML(text(html)) //nolint:gosec // see above
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
		return q.money(*f.Amount) + " – " + q.money(*f.Max)
	case f.Amount != nil:
		return q.money(*f.Amount)
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

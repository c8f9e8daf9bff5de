package pages

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/catalog"
	"portalverbund/server/platform/httpx"
)

// start is the first page: search, life situations, what many people need.
func (p *Renderer) start(ctx context.Context, q *request) (*view, *httpx.Page, error) {
	situations, err := p.catalog.Categories(ctx)
	if err != nil {
		return nil, nil, err
	}
	popular, err := p.catalog.Popular(ctx, "")
	if err != nil {
		return nil, nil, err
	}
	v := &view{Heading: q.words["startTitle"], Lead: q.say("startText", q.portal.Association.Name), Search: true}
	services := section{Title: q.words["services"]}
	for _, s := range popular {
		services.Points = append(services.Points, point{Title: s.Title, Address: serviceAddress(s.Id)})
	}
	services.Points = append(services.Points, point{Title: q.words["register"], Address: "/a-z"})
	life := section{Title: q.words["life"]}
	for _, c := range situations {
		if c.ParentId != nil {
			continue // stands with what it is a part of
		}
		life.Points = append(life.Points, point{Title: c.Title, Address: "/lebenslagen/" + c.Id})
	}
	v.Sections = []section{services, life}
	return v, &httpx.Page{Canonical: q.portal.Id + "/", Data: data(siteData(q))}, nil
}

// results is a search without JavaScript.
func (p *Renderer) results(ctx context.Context, q *request) (*view, *httpx.Page, error) {
	words := strings.TrimSpace(q.query.Get("q"))
	if runes := []rune(words); len(runes) > 200 {
		words = string(runes[:200])
	}
	situation := q.query.Get("kategorie")
	if !category.MatchString(situation) {
		situation = ""
	}
	list, err := p.catalog.List(ctx, catalog.ListQuery{Words: words, ARS: q.ars(), Category: situation, Cursor: q.query.Get("cursor")})
	if err != nil {
		return nil, nil, err
	}
	heading := q.words["all"]
	if words != "" {
		heading = q.say("results", words)
	}
	v := &view{Heading: heading, Way: q.way(), Search: true, Query: words, Lead: q.say("found", list.Total)}
	if list.Total == 0 {
		v.Lead = q.words["none"]
	}
	v.Sections = []section{q.services(list, "/suche", url.Values{"q": {words}, "ars": {q.ars()}, "kategorie": {situation}})}
	return v, &httpx.Page{Hidden: true}, nil
}

// lifeSituation lists the services of a life or business situation.
func (p *Renderer) lifeSituation(ctx context.Context, q *request) (*view, *httpx.Page, error) {
	id := q.parts[1]
	if !category.MatchString(id) {
		return nil, nil, unknown()
	}
	situations, err := p.catalog.Categories(ctx)
	if err != nil {
		return nil, nil, err
	}
	byID := map[string]*types.Category{}
	parts := section{Title: q.words["lifeParts"]}
	for i, c := range situations {
		byID[c.Id] = &situations[i]
		if text(c.ParentId) == id {
			parts.Points = append(parts.Points, point{Title: c.Title, Address: "/lebenslagen/" + c.Id, Note: "(" + strconv.Itoa(c.Services) + ")"})
		}
	}
	situation := byID[id]
	if situation == nil {
		return nil, nil, unknown()
	}
	list, err := p.catalog.List(ctx, catalog.ListQuery{Category: id, Limit: pageItems, Cursor: q.query.Get("cursor")})
	if err != nil {
		return nil, nil, err
	}
	v := &view{Heading: situation.Title, Way: q.way()}
	var above []point
	for wider := byID[text(situation.ParentId)]; wider != nil; wider = byID[text(wider.ParentId)] {
		above = append([]point{{Title: wider.Title, Address: "/lebenslagen/" + wider.Id}}, above...)
	}
	v.Way = append(v.Way, above...)
	if situation.Description != nil {
		v.Lead = *situation.Description
	}
	if len(parts.Points) > 0 {
		v.Sections = append(v.Sections, parts)
	}
	v.Sections = append(v.Sections, q.services(list, "/lebenslagen/"+id, url.Values{}))
	page := &httpx.Page{Canonical: q.portal.Id + "/lebenslagen/" + id, Description: q.say("lifeText", situation.Title, q.portal.Association.Name)}
	return v, page, nil
}

// services is a part of a list, with a link to the next one at an address.
func (q *request) services(list types.ServiceList, address string, query url.Values) section {
	s := section{}
	place := ""
	if ars := q.ars(); ars != "" {
		place = "?ars=" + ars // the services, and their offices, are those of the place
	}
	for _, item := range list.Items {
		note := ""
		if item.AuthorityName != nil {
			note = "– " + *item.AuthorityName
		}
		s.Points = append(s.Points, point{Title: item.Title, Address: serviceAddress(item.Id) + place, Note: note})
	}
	if list.NextCursor != nil {
		s.Points = append(s.Points, q.more(address, query, *list.NextCursor))
	}
	return s
}

func (q *request) more(address string, query url.Values, cursor string) point {
	for name := range query {
		if query.Get(name) == "" {
			query.Del(name)
		}
	}
	query.Set("cursor", cursor)
	return point{Title: q.words["more"], Address: address + "?" + query.Encode()}
}

// register lists the services from A to Z.
func (p *Renderer) register(ctx context.Context, q *request) (*view, *httpx.Page, error) {
	letter := ""
	if len(q.parts) == 2 {
		if !letterPart.MatchString(q.parts[1]) {
			return nil, nil, unknown()
		}
		letter = strings.ToUpper(q.parts[1])
	}
	found, err := p.catalog.Register(ctx, letter, pageItems, q.query.Get("cursor"))
	if err != nil {
		return nil, nil, err
	}
	v := &view{Heading: q.words["register"], Way: q.way(), Lead: q.say("registerText", q.portal.Association.Name)}
	page := &httpx.Page{Canonical: q.portal.Id + "/a-z"}
	if letter != "" {
		if found.Total == 0 {
			return nil, nil, unknown()
		}
		v.Heading, v.Lead = q.say("registerLetter", letter), ""
		v.Way = append(v.Way, point{Title: q.words["register"], Address: "/a-z"})
		page.Canonical += "/" + strings.ToLower(letter)
		page.Description = v.Heading + ". " + q.say("registerText", q.portal.Association.Name)
		list := section{}
		for _, item := range found.Items {
			list.Points = append(list.Points, point{Title: item.Title, Address: serviceAddress(item.Id)})
		}
		if found.NextCursor != nil {
			list.Points = append(list.Points, q.more("/a-z/"+q.parts[1], url.Values{}, *found.NextCursor))
		}
		v.Sections = append(v.Sections, list)
	}
	letters := section{}
	for _, l := range found.Letters {
		letters.Points = append(letters.Points, point{Title: l.Letter, Address: "/a-z/" + strings.ToLower(l.Letter), Note: "(" + strconv.Itoa(l.Services) + ")"})
	}
	v.Sections = append(v.Sections, letters)
	return v, page, nil
}

// leika leads from the LeiKa key of a service to its page.
func (p *Renderer) leika(ctx context.Context, q *request) (*view, *httpx.Page, error) {
	id, err := p.catalog.ServiceByLeika(ctx, q.parts[1], q.ars())
	if err != nil {
		return nil, nil, err
	}
	address := serviceAddress(id)
	if ars := q.ars(); ars != "" {
		address += "?ars=" + ars
	}
	return nil, &httpx.Page{Status: http.StatusFound, Location: address}, nil
}

func (q *request) way() []point { return []point{{Title: q.words["start"], Address: "/"}} }

func serviceAddress(id uuid.UUID) string { return "/leistungen/" + id.String() }

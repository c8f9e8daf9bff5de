package pvog

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/google/uuid"

	"portalverbund/server/catalog"
	"portalverbund/server/catalog/adapter"
	"portalverbund/server/platform/collect"
)

// online is what a run knows about online services.
type online struct {
	given     map[string]bool      // by id
	byAddress map[string]uuid.UUID // those that were given
	joined    map[[2]uuid.UUID]bool
}

func newOnline() online {
	return online{given: map[string]bool{}, byAddress: map[string]uuid.UUID{}, joined: map[[2]uuid.UUID]bool{}}
}

type onlineService struct {
	ID           string `json:"id"`
	Name         string `json:"name"`
	Links        []link `json:"links"`
	Descriptions []struct {
		ID  string   `json:"id"`
		ARS []string `json:"ars"`
	} `json:"serviceDescriptions"`
}

// onlineServices gives the online services of an area, page by page.
func (r *run) onlineServices(ctx context.Context, place string) error {
	query := url.Values{"ars": {place}}
	tokens := map[string]bool{}
	for range maxPages {
		var answer struct {
			Services []onlineService `json:"onlineservices"`
			Next     string          `json:"nextPageToken"`
		}
		err := r.client.JSON(ctx, r.address("pathOnline", "", query), &answer)
		if errors.Is(err, collect.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		for _, o := range answer.Services {
			r.onlineService(o, place)
		}
		if answer.Next == "" || r.out.Ended() {
			return nil
		}
		if tokens[answer.Next] {
			break
		}
		tokens[answer.Next] = true
		query.Set("nextPageToken", answer.Next)
	}
	return fmt.Errorf("pvog: online services: %w: the pages do not advance, or have no end", collect.ErrTooMany)
}

func (r *run) onlineService(o onlineService, place string) {
	id, origin, ok := entryID(catalog.KindOnlineService, o.ID)
	e := catalog.OnlineServiceEntry{ID: id, Title: german(adapter.Plain(o.Name)), SourceEntry: origin, UpdatedAt: longAgo()}
	for _, l := range o.Links {
		if l.URI != "" {
			e.Links = append(e.Links, catalog.OnlineLinkEntry{Type: "01", URL: l.URI, Title: l.Title})
			r.online.byAddress[l.URI] = id
		}
	}
	if !ok || e.Title == nil || len(e.Links) == 0 {
		r.out.Skip(catalog.KindOnlineService, o.ID, "has no id, no name or no address")
		return
	}
	if !r.online.given[o.ID] {
		r.online.given[o.ID] = true
		r.out.Entry(catalog.KindOnlineService, id, e, o.ID)
	}
	for _, d := range o.Descriptions {
		service, _, ok := entryID(catalog.KindService, d.ID)
		if !ok {
			continue // which service it is for is not said; the service itself names its address
		}
		var areas []string
		for _, ars := range d.ARS {
			if area := adapter.Unpad(ars); area != "" && r.holds([]string{area}) && len(areas) < maxAreas {
				areas = append(areas, area)
			}
		}
		if len(areas) == 0 {
			areas = []string{adapter.Unpad(place)}
		}
		r.join(service, id, o.ID, areas)
	}
}

// join says that an online service takes applications for a service.
func (r *run) join(service, id uuid.UUID, at string, areas []string) {
	pair := [2]uuid.UUID{service, id}
	if r.online.joined[pair] {
		return
	}
	r.online.joined[pair] = true
	identifier := catalog.IdentifierEntry{Value: service.String() + "/" + id.String()}
	c := catalog.OnlineCompetenceEntry{ServiceID: service, OnlineServiceID: id, Areas: areas}
	c.ID = catalog.EntryID(catalog.KindOnlineCompetence, identifier)
	r.out.Entry(catalog.KindOnlineCompetence, c.ID, c, at)
}

// onlineLinks joins a service with the online services whose addresses it names; one that is not listed is made from its
// address.
func (r *run) onlineLinks(d description, service uuid.UUID, place string) {
	for _, l := range d.OnlineServiceLinks {
		if l.URI == "" {
			continue
		}
		id, known := r.online.byAddress[l.URI]
		if !known {
			identifier := catalog.IdentifierEntry{Value: l.URI}
			id = catalog.EntryID(catalog.KindOnlineService, identifier)
			title := l.Title
			if title == "" {
				title = d.Name
			}
			r.online.byAddress[l.URI] = id
			r.out.Entry(catalog.KindOnlineService, id, catalog.OnlineServiceEntry{
				ID: id, Title: german(adapter.Plain(title)), Links: []catalog.OnlineLinkEntry{{Type: "01", URL: l.URI, Title: l.Title}}, UpdatedAt: longAgo(),
			}, d.ID)
		}
		r.join(service, id, d.ID, []string{adapter.Unpad(place)})
	}
}

// longAgo stands for the time of the last change, which is not given for online services.
func longAgo() time.Time { return time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) }

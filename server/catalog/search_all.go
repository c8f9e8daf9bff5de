package catalog

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
)

const (
	besideServices = 2    // of each other section, where all are answered
	formsOf        = 10   // of the first services found, whose forms are answered
	onlineLink     = "01" // the address of an online service itself
)

// SearchQuery says what is searched for over everything, and which part of the answer is wanted.
type SearchQuery struct {
	ListQuery
	Kind    types.SearchKind // only this section; empty: services, and the best of the others
	AsTyped bool             // what was typed is not corrected, even where it finds nothing
}

// Search finds services, offices, life situations and forms of all portals, in the language of ctx.
func (s *Service) Search(ctx context.Context, q SearchQuery) (types.SearchResult, error) {
	result, at, err := s.searchOnce(ctx, q)
	if err != nil || strings.TrimSpace(q.Words) == "" {
		return result, err
	}
	x, err := s.search.current(ctx)
	if err != nil {
		return result, err
	}
	words := x.correction(q.Words, s.search.words())
	if words != "" {
		result.Correction = &types.SearchCorrection{Words: words}
	}
	if !isEmpty(result) {
		return result, nil
	}
	if q.isPlain() {
		s.miss(x, withoutPlace(q.Words, result.RecognisedPlace))
	}
	if words != "" && !q.AsTyped {
		meant := q
		meant.Words = words
		other, _, err := s.searchOnce(ctx, meant)
		if err != nil {
			return result, err
		}
		if !isEmpty(other) {
			other.Correction = &types.SearchCorrection{Words: words, Applied: true}
			return other, nil
		}
	}
	if at != nil {
		covers, err := s.covering(ctx, *at, q.ARS)
		if err != nil {
			return result, err
		}
		turnTo, err := s.turnTo(ctx, covers, s.owners())
		if err != nil {
			return result, err
		}
		result.TurnTo = &turnTo
	}
	return result, nil
}

// isPlain says whether nothing is narrowed down: then what is not found is missing.
func (q SearchQuery) isPlain() bool {
	return q.Kind == "" && q.Category == "" && q.Audience == "" && !q.Online && q.Cursor == ""
}

func withoutPlace(words string, recognised *types.RecognisedPlace) string {
	if recognised != nil {
		return recognised.Words
	}
	return words
}

func isEmpty(r types.SearchResult) bool {
	return r.Services.Total+r.Offices.Total+r.Situations.Total+r.Forms.Total == 0
}

// searchOnce searches for the words as they are, and says which place it is about.
func (s *Service) searchOnce(ctx context.Context, q SearchQuery) (result types.SearchResult, at *area, err error) {
	found, err := s.findServices(ctx, q.ListQuery)
	if err != nil {
		return result, nil, err
	}
	at, result.RecognisedPlace = found.place, found.recognised
	if result.Services, err = s.serviceHits(ctx, q, found); err != nil {
		return result, nil, err
	}
	result.Offices.Items, result.Situations.Items, result.Forms.Items = []types.OrganisationSummary{}, []types.SituationHit{}, []types.FormHit{}
	if strings.TrimSpace(found.query) == "" {
		return result, at, nil
	}
	t, err := s.search.beside(ctx)
	if err != nil {
		return result, nil, err
	}
	owners := s.owners()
	list := t.find(found.query, false, s.search.words(), func(owner string) bool { _, shown := owners[owner]; return shown })
	if err := s.nearThings(ctx, list, at); err != nil {
		return result, nil, err
	}
	if result.Offices, err = s.officeHits(ctx, q, ofKind(list, officeThing)); err != nil {
		return result, nil, err
	}
	if result.Situations, err = situationHits(ctx, q, ofKind(list, situationThing)); err != nil {
		return result, nil, err
	}
	result.Forms, err = s.formHits(ctx, q, found, ofKind(list, onlineThing))
	return result, at, err
}

// ofKind gives the things of a kind, in order.
func ofKind(list []foundThing, kind string) []foundThing {
	var some []foundThing
	for _, x := range list {
		if x.kind == kind {
			some = append(some, x)
		}
	}
	return some
}

// part cuts the part out of a section that is wanted: a page where the section was asked for, the best few beside services.
func part[T any](list []T, q SearchQuery, kind types.SearchKind) ([]T, string, error) {
	switch q.Kind {
	case kind:
		return page(list, q.Limit, q.Cursor)
	case "":
		if kind == types.SearchKindService {
			return page(list, q.Limit, q.Cursor)
		}
		return list[:min(len(list), besideServices)], "", nil
	}
	return nil, "", nil
}

// serviceHits answers services with the reasons for which they were found.
func (s *Service) serviceHits(ctx context.Context, q SearchQuery, found foundServices) (types.ServiceList, error) {
	shown, next, err := part(found.list, q, types.SearchKindService)
	if err != nil {
		return types.ServiceList{}, err
	}
	items, err := s.summaries(ctx, shown, found.place, Asker{Audience: q.Audience})
	if err != nil {
		return types.ServiceList{}, err
	}
	reasons, err := s.reasonsFor(ctx, found.filter, shown)
	if err != nil {
		return types.ServiceList{}, err
	}
	for i := range items {
		if r := reasons[items[i].Id]; len(r) > 0 {
			items[i].Reasons = &r
		}
	}
	return types.ServiceList{Items: items, NextCursor: optional(next), Total: len(found.list), Counts: found.counts}, nil
}

func (s *Service) officeHits(ctx context.Context, q SearchQuery, list []foundThing) (types.OfficeHits, error) {
	hits := types.OfficeHits{Items: []types.OrganisationSummary{}, Total: len(list)}
	shown, next, err := part(list, q, types.SearchKindOffice)
	if err != nil {
		return hits, err
	}
	hits.NextCursor = optional(next)
	owners, language := s.owners(), httpx.LanguageOf(ctx)
	for _, x := range shown {
		hits.Items = append(hits.Items, types.OrganisationSummary{
			Id: uuid.MustParse(x.key), Name: x.shown.title(language), ParentName: optional(x.shown.teaser(language)), City: optional(x.detail), Portal: owners[x.owner],
		})
	}
	return hits, nil
}

func situationHits(ctx context.Context, q SearchQuery, list []foundThing) (types.SituationHits, error) {
	hits := types.SituationHits{Items: []types.SituationHit{}, Total: len(list)}
	shown, next, err := part(list, q, types.SearchKindSituation)
	if err != nil {
		return hits, err
	}
	hits.NextCursor = optional(next)
	language := httpx.LanguageOf(ctx)
	for _, x := range shown {
		hits.Items = append(hits.Items, types.SituationHit{Id: x.key, Title: x.shown.title(language), Description: optional(x.shown.teaser(language)), Icon: x.detail})
	}
	return hits, nil
}

const (
	onlineHitsQuery = `
	SELECT o.owner, o.payload, s.id, s.title
	FROM unnest($1::text[]::uuid[]) WITH ORDINALITY AS w (id, n) JOIN catalog_online_services o USING (id)
	LEFT JOIN LATERAL (
		SELECT s.id, s.title FROM catalog_online_competences c JOIN catalog_services s ON s.id = c.service_id AND s.owner = c.owner
		WHERE c.online_service_id = o.id AND c.owner = o.owner ORDER BY s.id LIMIT 1
	) s ON true ORDER BY w.n`
	serviceFormsQuery = `
	SELECT s.id, s.owner, s.title, s.payload->'links'
	FROM unnest($1::uuid[]) WITH ORDINALITY AS w (id, n) JOIN catalog_services s USING (id) ORDER BY w.n`
)

// formHits answers the online services that were found, and the forms of the services that were found first.
func (s *Service) formHits(ctx context.Context, q SearchQuery, found foundServices, online []foundThing) (types.FormHits, error) {
	forms, err := s.onlineForms(ctx, online)
	if err != nil {
		return types.FormHits{}, err
	}
	ofServices, err := s.serviceForms(ctx, found)
	if err != nil {
		return types.FormHits{}, err
	}
	forms = append(forms, ofServices...)
	hits := types.FormHits{Items: []types.FormHit{}, Total: len(forms)}
	shown, next, err := part(forms, q, types.SearchKindForm)
	hits.NextCursor = optional(next)
	hits.Items = append(hits.Items, shown...)
	return hits, err
}

func (s *Service) onlineForms(ctx context.Context, found []foundThing) ([]types.FormHit, error) {
	if len(found) == 0 {
		return nil, nil
	}
	keys := make([]string, 0, len(found))
	for _, x := range found {
		keys = append(keys, x.key)
	}
	rows, err := s.store.db.Pgx(ctx).Query(ctx, onlineHitsQuery, keys)
	if err != nil {
		return nil, fmt.Errorf("read online services: %w", err)
	}
	owners, language := s.owners(), httpx.LanguageOf(ctx)
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (types.FormHit, error) {
		var owner string
		var e OnlineServiceEntry
		var title Text
		hit := types.FormHit{Online: true}
		err := row.Scan(&owner, &e, &hit.ServiceId, &title)
		hit.Title, hit.Portal, hit.ServiceTitle = e.Title.in(language), owners[owner], optional(title.in(language))
		if i := slices.IndexFunc(e.Links, func(l OnlineLinkEntry) bool { return l.Type == onlineLink || l.Type == "" }); i >= 0 {
			hit.Url = &e.Links[i].URL
		}
		return hit, err
	})
	if err != nil {
		return nil, fmt.Errorf("read online services: %w", err)
	}
	return list, nil
}

// serviceForms gives the forms of the services that were found first, in the language of ctx or in none.
func (s *Service) serviceForms(ctx context.Context, found foundServices) ([]types.FormHit, error) {
	var ids []uuid.UUID
	for _, l := range found.list[:min(len(found.list), formsOf)] {
		if l.document.hasForms {
			ids = append(ids, l.document.id)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	rows, err := s.store.db.Pgx(ctx).Query(ctx, serviceFormsQuery, ids)
	if err != nil {
		return nil, fmt.Errorf("read forms of services: %w", err)
	}
	owners, language := s.owners(), httpx.LanguageOf(ctx)
	var list []types.FormHit
	var id uuid.UUID
	var owner string
	var title Text
	var links []LinkEntry
	_, err = pgx.ForEachRow(rows, []any{&id, &owner, &title, &links}, func() error {
		for _, l := range links {
			if l.Module == formsModule && (l.Language == "" || l.Language == language) {
				service, url := id, l.URL
				list = append(list, types.FormHit{Title: l.title(title.in(language)), Url: &url, ServiceId: &service, ServiceTitle: optional(title.in(language)), Portal: owners[owner]})
			}
		}
		title, links = nil, nil
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read forms of services: %w", err)
	}
	return list, nil
}

// title is how a link is called: by its own title, else as what it belongs to.
func (l LinkEntry) title(otherwise string) string {
	if l.Title != "" {
		return l.Title
	}
	return otherwise
}

package catalog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

// Service reads a service in the language of ctx. With ars, it is the variant that is right for that place, which may have
// another id. An unknown service is a problem service-unknown (404), one that was there once service-ended (410), an unknown place
// one of the places room.
func (s *Service) Service(ctx context.Context, id uuid.UUID, ars string) (types.Service, error) {
	place, err := s.place(ctx, ars)
	if err != nil {
		return types.Service{}, err
	}
	if place != nil {
		if id, err = s.variant(ctx, id, &place.area); err != nil {
			return types.Service{}, err
		}
	}
	owners := s.owners()
	row, err := s.store.service(ctx, id, owners)
	if err != nil {
		return types.Service{}, s.orEnded(ctx, id, owners, err)
	}
	var e ServiceEntry
	if err := json.Unmarshal(row.Payload, &e); err != nil {
		return types.Service{}, fmt.Errorf("read service %s: %w", id, err)
	}
	var online []onlineRow
	if place != nil {
		if err := s.specialise(ctx, &e, place.area, owners); err != nil {
			return types.Service{}, err
		}
		if online, err = s.store.onlineServices(ctx, []uuid.UUID{id}, place.area.chain(), owners, s.now()); err != nil {
			return types.Service{}, err
		}
	}
	service := serviceIn(httpx.LanguageOf(ctx), &e)
	service.OnlineServices = onlineServicesIn(service.Language, online, owners)
	if service.CategoryPaths, err = s.categoryPaths(ctx, service.Language, e.Categories, row.Owner); err != nil {
		return types.Service{}, err
	}
	service.State = stateAt(e.Validity, s.now())
	service.Owner = owners[row.Owner]
	service.CopiedAt = row.CopiedAt
	service.Variants = notNil(row.Variants)
	return service, nil
}

// ServiceTitle gives the title of a service by language.
func (s *Service) ServiceTitle(ctx context.Context, id uuid.UUID) (map[string]string, error) {
	row, err := s.store.service(ctx, id, s.owners())
	if err != nil {
		return nil, err
	}
	return row.Title, nil
}

// FormsOf lists the forms by which a service can be applied for online, here or at linked portals.
func (s *Service) FormsOf(ctx context.Context, serviceID uuid.UUID) ([]uuid.UUID, error) {
	return s.store.formsOf(ctx, serviceID)
}

// place is where a person asks for.
type place struct {
	area      area
	level     types.PlaceLevel
	reference types.PlaceReference
}

// place reads the place of an ARS; nil when there is none.
func (s *Service) place(ctx context.Context, ars string) (*place, error) {
	if ars == "" {
		return nil, nil
	}
	return s.placed.of(ars, func() (*place, error) { return s.lookPlace(ctx, ars) })
}

func (s *Service) lookPlace(ctx context.Context, ars string) (*place, error) {
	found, err := s.places.Place(ctx, ars)
	if err != nil {
		return nil, err
	}
	a, err := parseArea(found.Ars) // of the successor, where the key is no longer in use
	if err != nil {
		return nil, fmt.Errorf("place %s: %w", found.Ars, err)
	}
	return &place{area: a, level: found.Level, reference: types.PlaceReference{Ars: found.Ars, Level: found.Level, Name: found.Name}}, nil
}

// Categories lists the life situations of all portals in the language of ctx, with the number of services in each.
func (s *Service) Categories(ctx context.Context) ([]types.Category, error) {
	counts, err := s.categoryCounts(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := s.store.db.Pgx(ctx).Query(ctx, categoriesQuery, ownerKeys(s.owners()))
	if err != nil {
		return nil, fmt.Errorf("read categories: %w", err)
	}
	entries, err := pgx.CollectRows(rows, pgx.RowTo[CategoryEntry])
	if err != nil {
		return nil, fmt.Errorf("read categories: %w", err)
	}
	slices.SortStableFunc(entries, func(a, b CategoryEntry) int { return a.Position - b.Position })
	tree, err := s.categoryTree(ctx)
	if err != nil {
		return nil, err
	}
	listed := map[string]bool{}
	for _, e := range entries {
		listed[e.ID] = e.Class == ""
	}
	language := httpx.LanguageOf(ctx)
	list := make([]types.Category, 0, len(entries))
	for _, e := range entries {
		if e.Class != "" {
			continue
		}
		category := types.Category{
			Id: e.ID, Title: e.Title.in(language), Description: optional(e.Description.in(language)), Icon: e.Icon, Services: counts[e.ID],
		}
		if above := tree[e.ID]; listed[above] {
			category.ParentId = &above
		}
		list = append(list, category)
	}
	return list, nil
}

// ListQuery says which services a list is about, and which part of it.
type ListQuery struct {
	Words    string // empty: all, in alphabetical order
	ARS      string // place, may be empty
	Category string
	Audience string
	Online   bool // only what can be applied for online
	Limit    int  // 0: 20, at most 100
	Cursor   string
	AllWords bool // the name of a place among the words is a word like others
}

// foundServices is what a search for services found, for a place.
type foundServices struct {
	filter
	list       []listed // narrowed down
	counts     types.ServiceCounts
	recognised *types.RecognisedPlace
}

// List finds services of all portals in the language of ctx, each once, best first.
func (s *Service) List(ctx context.Context, q ListQuery) (types.ServiceList, error) {
	found, err := s.findServices(ctx, q)
	if err != nil {
		return types.ServiceList{}, err
	}
	part, next, err := page(found.list, q.Limit, q.Cursor)
	if err != nil {
		return types.ServiceList{}, err
	}
	items, err := s.summaries(ctx, part, found.place, Asker{Audience: q.Audience})
	if err != nil {
		return types.ServiceList{}, err
	}
	return types.ServiceList{Items: items, NextCursor: optional(next), Total: len(found.list), Counts: found.counts, RecognisedPlace: found.recognised}, nil
}

// findServices finds services, whatever part of them is wanted.
func (s *Service) findServices(ctx context.Context, q ListQuery) (foundServices, error) {
	found := foundServices{filter: filter{query: q.Words}}
	at, err := s.place(ctx, q.ARS)
	if err != nil {
		return found, err
	}
	if at != nil {
		found.place = &at.area
	}
	if !q.AllWords && q.Words != "" {
		x, err := s.search.current(ctx)
		if err != nil {
			return found, err
		}
		found.recognised = s.placeInQuery(x, &found.filter)
	}
	all, err := s.list(ctx, found.filter)
	if err != nil {
		return found, err
	}
	tree, err := s.categoryTree(ctx)
	if err != nil {
		return found, err
	}
	narrow := narrowing{category: q.Category, audience: q.Audience, online: q.Online, tree: tree}
	found.counts = narrow.counts(all)
	found.list = slices.DeleteFunc(all, func(l listed) bool { return !narrow.keeps(l) })
	return found, nil
}

// placeInQuery makes a place that is named inside of the query the one that is asked about; nil where none is.
func (s *Service) placeInQuery(x *index, f *filter) *types.RecognisedPlace {
	near := s.home
	if f.place != nil {
		near = append([]area{*f.place}, near...)
	}
	x.mu.RLock()
	defer x.mu.RUnlock()
	found, rest := x.placeIn(f.query, near, s.search.words())
	if found == nil {
		return nil
	}
	f.place, f.query = &found.area, rest
	return &types.RecognisedPlace{Place: found.reference, Words: rest}
}

// Suggest gives up to eight services for the beginning of a query, in the language of ctx. ars may be empty.
func (s *Service) Suggest(ctx context.Context, q, ars string) ([]types.Suggestion, error) {
	var at *area
	if a, err := parseArea(ars); err == nil { // a wrong place must not stop someone who is typing
		at = &a
	}
	found, err := s.suggest(ctx, q, at)
	if err != nil {
		return nil, err
	}
	items, owners := make([]types.Suggestion, 0, len(found)), s.owners()
	for _, l := range found {
		items = append(items, types.Suggestion{
			ServiceId: l.document.id, Title: l.document.shown.title(httpx.LanguageOf(ctx)), Portal: optional(owners[l.document.owner].Name),
		})
	}
	return items, nil
}

// summaries gives what a list shows of services: their titles, and who does them at the place for who asks.
func (s *Service) summaries(ctx context.Context, part []listed, at *area, who Asker) ([]types.ServiceSummary, error) {
	var authorities map[uuid.UUID]string
	if at != nil {
		var err error
		if authorities, err = s.authorities(ctx, part, *at, who); err != nil {
			return nil, err
		}
	}
	owners := s.owners()
	language := httpx.LanguageOf(ctx)
	items := make([]types.ServiceSummary, 0, len(part))
	for _, l := range part {
		d := l.document
		items = append(items, types.ServiceSummary{
			Id: d.id, LeikaKey: optional(d.leikaKey), Title: d.shown.title(language), Teaser: d.shown.teaser(language),
			Audiences: audiences(d.audiences), Owner: owners[d.owner], Online: l.online, AuthorityName: optional(authorities[d.id]),
		})
	}
	return items, nil
}

// servicePayload is a service as the table has it.
type servicePayload struct {
	Owner    string
	CopiedAt *time.Time
	Title    Text
	Payload  []byte
	Variants []uuid.UUID
}

const serviceQuery = `
	SELECT s.owner, s.copied_at, s.title, s.payload, ARRAY(
		SELECT v.id FROM catalog_services v
		WHERE v.leika_key = s.leika_key AND v.leika_key <> '' AND v.owner <> s.owner AND v.owner = ANY ($2) ORDER BY v.id)
	FROM catalog_services s WHERE s.id = $1 AND s.owner = ANY ($2)`

func (s store) service(ctx context.Context, id uuid.UUID, owners map[string]types.PortalReference) (servicePayload, error) {
	var row servicePayload
	err := s.db.Pgx(ctx).QueryRow(ctx, serviceQuery, id, ownerKeys(owners)).Scan(&row.Owner, &row.CopiedAt, &row.Title, &row.Payload, &row.Variants)
	if errors.Is(err, pgx.ErrNoRows) {
		return row, unknownService()
	}
	if err != nil {
		return row, fmt.Errorf("read service: %w", err)
	}
	return row, nil
}

func unknownService() error {
	return problem.NotFound("service-unknown", "Diese Leistung kennen wir nicht.", "We do not know this service.").
		With(problem.Text{De: "Vielleicht gibt es sie nicht mehr. Suchen Sie nach dem, was Sie brauchen.", En: "It may no longer exist. Search for what you need."})
}

// Of the same situation at several portals, this portal's words count.
const categoriesQuery = `
	SELECT DISTINCT ON (id) payload FROM catalog_categories WHERE owner = ANY ($1) ORDER BY id, owner`

// Categories with those that they are a part of. Of the same category at several portals, the words of the service's own portal
// count, then this portal's. A circle ends after a few steps.
const categoryPathsQuery = `
	WITH RECURSIVE chosen AS (
		SELECT DISTINCT ON (id) id, payload FROM catalog_categories WHERE owner = ANY ($2) AND id = ANY ($1) ORDER BY id, owner <> $3, owner
	), path AS (
		SELECT id AS category, 0 AS step, payload FROM chosen
		UNION ALL
		SELECT p.category, p.step + 1, c.payload FROM path p CROSS JOIN LATERAL (
			SELECT payload FROM catalog_categories WHERE id = p.payload->>'parentId' AND owner = ANY ($2) ORDER BY owner <> $3, owner LIMIT 1
		) c WHERE p.step < 8
	)
	SELECT category, payload FROM path ORDER BY category, step DESC`

func (s *Service) categoryPaths(ctx context.Context, language string, categories []string, owner string) ([]types.CategoryPath, error) {
	paths := make([]types.CategoryPath, 0, len(categories))
	if len(categories) == 0 {
		return paths, nil
	}
	rows, err := s.store.db.Pgx(ctx).Query(ctx, categoryPathsQuery, categories, ownerKeys(s.owners()), owner)
	if err != nil {
		return nil, fmt.Errorf("read categories: %w", err)
	}
	titles := map[string][]string{} // the widest first
	var id string
	var e CategoryEntry
	_, err = pgx.ForEachRow(rows, []any{&id, &e}, func() error {
		titles[id] = append(titles[id], e.Title.in(language))
		e = CategoryEntry{}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read categories: %w", err)
	}
	for _, id := range categories {
		if path := titles[id]; len(path) > 0 {
			paths = append(paths, types.CategoryPath{Id: id, Title: path[len(path)-1], Parents: path[:len(path)-1]})
		}
	}
	return paths, nil
}

func idsOf(part []listed) []uuid.UUID {
	ids := make([]uuid.UUID, 0, len(part))
	for _, l := range part {
		ids = append(ids, l.document.id)
	}
	return ids
}

func ownerKeys(owners map[string]types.PortalReference) []string {
	keys := make([]string, 0, len(owners))
	for key := range owners {
		keys = append(keys, key)
	}
	return keys
}

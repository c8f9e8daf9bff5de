package catalog

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Sections of what a search finds beside services.
const (
	officeThing    = "office"
	situationThing = "situation"
	onlineThing    = "form" // an online service that stands on its own
)

const (
	thingShownFrom = 0.5 // of a perfect match: beside services only what fits well is of use
	notHereFactor  = 0.6 // of an office that is competent for nothing at the place
	officesLooked  = 60  // offices of which it is looked up whether they are competent at a place
)

// things are what people look for beside services, found in the same way: offices, life situations, and online services that
// stand on their own.
type things struct {
	mu    sync.RWMutex
	index *index
	known map[uuid.UUID]thing // by the id that they have in the index
}

// thing is an entry beside services, with what lists show of it.
type thing struct {
	kind    string
	key     string // its id in the catalog
	owner   string
	version string
	shown   shownText // its title, and in the place of a teaser: the unit that an office belongs to, the description of a life situation
	detail  string    // the city of an office, the icon of a life situation
}

// id is a thing's id in the index: life situations have the same key at several portals.
func (t thing) id() uuid.UUID {
	return uuid.NewSHA1(uuid.NameSpaceOID, []byte(t.kind+"\x00"+t.owner+"\x00"+t.key))
}

// officeName gives the name of an organisational unit of a portal in a language; false if there is none.
func (t *things) officeName(owner string, unit uuid.UUID, language string) (string, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	x, known := t.known[thing{kind: officeThing, key: unit.String(), owner: owner}.id()]
	return x.shown.title(language), known
}

func newThings() *things {
	return &things{index: newIndex(newLexicon()), known: map[uuid.UUID]thing{}}
}

// thingRow is a thing as the search reads it.
type thingRow struct {
	thing
	title   Text
	further Text // what it belongs to, or is about
}

// All things that are valid today with their versions, and those that are named by kind and key.
const (
	thingVersionsQuery = `
	SELECT 'office', o.id::text, o.owner, encode(o.digest, 'hex') || coalesce(encode(p.digest, 'hex'), '')
	FROM catalog_organisations o LEFT JOIN catalog_organisations p ON p.id = o.parent_id AND p.owner = o.owner
	UNION ALL SELECT 'situation', id, owner, encode(digest, 'hex') FROM catalog_categories WHERE payload->>'class' IS NULL
	UNION ALL SELECT 'form', id::text, owner, encode(digest, 'hex') FROM catalog_online_services
	WHERE (valid_from IS NULL OR valid_from <= now()) AND (valid_to IS NULL OR valid_to >= now())`

	officeThingsQuery = `
	SELECT 'office', o.id::text, o.owner, encode(o.digest, 'hex') || coalesce(encode(p.digest, 'hex'), ''), o.name, p.name, coalesce(o.payload #>> '{address,city}', '')
	FROM catalog_organisations o LEFT JOIN catalog_organisations p ON p.id = o.parent_id AND p.owner = o.owner
	WHERE o.id = ANY ($1::text[]::uuid[])`
	situationThingsQuery = `
	SELECT 'situation', id, owner, encode(digest, 'hex'), payload->'title', payload->'description', coalesce(payload->>'icon', '') FROM catalog_categories
	WHERE id = ANY ($1::text[]) AND payload->>'class' IS NULL`
	onlineThingsQuery = `
	SELECT 'form', id::text, owner, encode(digest, 'hex'), payload->'title', payload->'teaser', '' FROM catalog_online_services
	WHERE id = ANY ($1::text[]::uuid[])`
)

// followThings makes the things true to the database: it reads those whose version is another one.
func (s *Service) followThings(ctx context.Context, t *things) error {
	differ, gone, err := s.store.differingThings(ctx, t)
	if err != nil {
		return err
	}
	for kind, query := range map[string]string{officeThing: officeThingsQuery, situationThing: situationThingsQuery, onlineThing: onlineThingsQuery} {
		for part := range slices.Chunk(differ[kind], buildBatch) {
			rows, err := s.store.thingRows(ctx, query, part)
			if err != nil {
				return err
			}
			t.take(rows, nil)
		}
	}
	t.take(nil, gone)
	return nil
}

// differingThings gives the keys of things that are not as they are known, by kind, and the ids of those that have gone.
func (s store) differingThings(ctx context.Context, t *things) (differ map[string][]string, gone []uuid.UUID, err error) {
	rows, err := s.db.Pgx(ctx).Query(ctx, thingVersionsQuery)
	if err != nil {
		return nil, nil, fmt.Errorf("read versions of offices: %w", err)
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	differ, there := map[string][]string{}, map[uuid.UUID]bool{}
	var x thing
	_, err = pgx.ForEachRow(rows, []any{&x.kind, &x.key, &x.owner, &x.version}, func() error {
		id := x.id()
		there[id] = true
		if known, ok := t.known[id]; !ok || known.version != x.version {
			differ[x.kind] = append(differ[x.kind], x.key)
		}
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("read versions of offices: %w", err)
	}
	for id := range t.known {
		if !there[id] {
			gone = append(gone, id)
		}
	}
	return differ, gone, nil
}

func (s store) thingRows(ctx context.Context, query string, keys []string) ([]thingRow, error) {
	rows, err := s.db.Pgx(ctx).Query(ctx, query, keys)
	if err != nil {
		return nil, fmt.Errorf("read offices for the search: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (thingRow, error) {
		var r thingRow
		err := row.Scan(&r.kind, &r.key, &r.owner, &r.version, &r.title, &r.further, &r.detail)
		r.shown = shownOf(r.title, r.further, nil)
		return r, err
	})
	if err != nil {
		return nil, fmt.Errorf("read offices for the search: %w", err)
	}
	return list, nil
}

// take puts things into the index, and takes out those that have gone.
func (t *things) take(rows []thingRow, gone []uuid.UUID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.index.mu.Lock()
	defer t.index.mu.Unlock()
	for _, id := range gone {
		t.index.forget(id)
		delete(t.known, id)
	}
	w := newWriter(t.index)
	for _, r := range rows {
		id := r.id()
		t.known[id] = r.thing
		w.write(r.wording(id))
	}
	t.index.finish()
	t.index.changes++
}

// wording gives a thing as the index takes in services.
func (r thingRow) wording(id uuid.UUID) *wording {
	f := &wording{row: serviceRow{ID: id, Owner: r.owner, Version: r.version}, Title: r.title, Teaser: map[string]string{}}
	for language, words := range r.further {
		f.Teaser[language] = words
	}
	if r.kind == officeThing {
		f.Teaser["de"] += " " + r.detail // where it lies
	}
	return f
}

// foundThing is a thing that answers a query, and how well.
type foundThing struct {
	thing
	score float64
}

// find gives the things that answer a query well, best first; a life situation that several portals name comes once, in this
// portal's words if it has any.
func (t *things) find(query string, typing bool, s *synonyms, shown func(owner string) bool) []foundThing {
	hits := t.index.find(query, typing, s, func(d *document) bool { return shown(d.owner) })
	t.mu.RLock()
	defer t.mu.RUnlock()
	var list []foundThing
	situations := map[string]bool{}
	for _, h := range hits {
		x, known := t.known[h.document.id]
		if !known || h.score < thingShownFrom {
			continue
		}
		if x.kind == situationThing {
			if situations[x.key] {
				continue
			}
			situations[x.key] = true
			if own, here := t.known[thing{kind: x.kind, key: x.key, owner: ownOwner}.id()]; here {
				x = own
			}
		}
		list = append(list, foundThing{x, h.score})
	}
	return list
}

// worn says whether building anew is better than to go on with what changes have left behind.
func (t *things) worn() bool {
	t.index.mu.RLock()
	defer t.index.mu.RUnlock()
	return t.index.changes > tidyAfter
}

// Offices that have a competence at a place, with the length of the most specific area.
const officesHereQuery = `
	SELECT organisation_id, max(length(area)) FROM catalog_competences
	WHERE organisation_id = ANY ($1) AND area = ANY ($2) GROUP BY organisation_id`

// nearThings puts the offices first that are competent for something at the place: the more specific their area, the further up.
func (s *Service) nearThings(ctx context.Context, list []foundThing, at *area) error {
	var offices []uuid.UUID
	for _, x := range list {
		if x.kind == officeThing && len(offices) < officesLooked {
			offices = append(offices, uuid.MustParse(x.key)) // the column is a uuid
		}
	}
	if at == nil || len(offices) == 0 {
		return nil
	}
	rows, err := s.store.db.Pgx(ctx).Query(ctx, officesHereQuery, offices, at.chain())
	if err != nil {
		return fmt.Errorf("read where offices are competent: %w", err)
	}
	here := map[string]int{}
	var id uuid.UUID
	var digits int
	if _, err = pgx.ForEachRow(rows, []any{&id, &digits}, func() error { here[id.String()] = 1 + digits; return nil }); err != nil {
		return fmt.Errorf("read where offices are competent: %w", err)
	}
	for i, x := range list {
		if x.kind != officeThing {
			continue
		}
		list[i].score *= notHereFactor
		if digits := here[x.key]; digits > 0 {
			list[i].score = x.score * (1 + float64(digits)/1000)
		}
	}
	slices.SortStableFunc(list, func(a, b foundThing) int {
		switch {
		case a.score > b.score:
			return -1
		case a.score < b.score:
			return 1
		}
		return 0
	})
	return nil
}

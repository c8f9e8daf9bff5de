package catalog

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"portalverbund/server/platform/paging"

	"github.com/google/uuid"
)

const (
	defaultLimit    = 20
	maxLimit        = 100
	suggestions     = 8
	minSuggest      = 2    // letters
	partlyFactor    = 0.95 // of a service that is only done in a part of the area that is asked about
	nobodyFactor    = 0.75 // of a service for which nobody is stated
	elsewhereFactor = 0.5  // of a service that is only done elsewhere
	onlineFactor    = 1.01 // of a service that one can apply for online: it stands before one that answers as well
)

// search holds the index that answers at the moment.
type search struct {
	mu       sync.RWMutex
	index    *index
	ready    chan struct{} // closed when there is an index
	things   *things       // beside services
	synonyms *synonyms
	builtIn  int // synonyms that the search knows by itself
}

func newSearch() *search {
	s := sayings(nil)
	built := 0
	for _, list := range s.byFirst {
		built += len(list)
	}
	return &search{ready: make(chan struct{}), synonyms: s, builtIn: built}
}

// say puts other synonyms in place.
func (s *search) say(other *synonyms) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.synonyms = other
}

// current waits for the first index and gives the one that answers.
func (s *search) current(ctx context.Context) (*index, error) {
	select {
	case <-s.ready:
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for the search index: %w", ctx.Err())
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.index, nil
}

// beside waits for the first index and gives what is found beside services.
func (s *search) beside(ctx context.Context) (*things, error) {
	if _, err := s.current(ctx); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.things, nil
}

// words gives what people say, and what it is called instead.
func (s *search) words() *synonyms {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.synonyms
}

// installBeside puts what is found beside services in place, before install.
func (s *search) installBeside(t *things) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.things = t
}

// install puts a new index in place of the old one.
func (s *search) install(x *index) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.index == nil {
		close(s.ready)
	}
	s.index = x
}

// filter says which services a list is about.
type filter struct {
	query string
	place *area
}

// listed is a service in a list: the variant that is shown, and where one can apply online.
type listed struct {
	document *document
	online   bool
}

// list gives the services that fit, each once, best first; in alphabetical order where nothing is searched for.
func (s *Service) list(ctx context.Context, f filter) ([]listed, error) {
	return s.listBy(ctx, f, s.search.words())
}

// listBy lists by other synonyms than those that are in place.
func (s *Service) listBy(ctx context.Context, f filter, say *synonyms) ([]listed, error) {
	keep := s.shown()
	x, hits, err := s.find(ctx, f, false, say, keep)
	if err != nil {
		return nil, err
	}
	return s.oncePerGroup(x, hits, f.place, keep), nil
}

// find asks the index for what oncePerGroup orders; all services in alphabetical order where the query is empty.
func (s *Service) find(ctx context.Context, f filter, typing bool, say *synonyms, keep func(*document) bool) (*index, []hit, error) {
	x, err := s.search.current(ctx)
	if err != nil {
		return nil, nil, err
	}
	if strings.TrimSpace(f.query) == "" {
		return x, x.all(keep), nil
	}
	return x, x.ranked(f.query, typing, say, keep, &neighbourhood{s.around(f.place), keep}), nil
}

// oncePerGroup keeps of each service the variant of one portal: the one that is right for the place. Where that portal
// has several services under the key, each stays.
func (s *Service) oncePerGroup(x *index, hits []hit, place *area, keep func(*document) bool) []listed {
	x.mu.RLock()
	defer x.mu.RUnlock()
	chosen := map[string]string{} // owner by LeiKa key
	shown := map[*document]bool{} // those of several portals
	searched := len(hits) > 0 && hits[0].score > 0
	for i, h := range hits {
		kin := x.kin(h.document)
		if len(kin) > 1 {
			owner, known := chosen[h.document.leikaKey]
			if !known {
				owner = s.choose(kin, place, keep)
				chosen[h.document.leikaKey] = owner
			}
			if h.document.owner != owner {
				hits[i].document = variantOf(kin, owner, h.document, keep)
			}
		}
		if searched {
			hits[i].score *= s.nearness(kin, place)
			if d := hits[i].document; d != nil && onlineIn(kin, d, place) {
				hits[i].score *= onlineFactor
			}
		}
	}
	if searched {
		slices.SortFunc(hits, compareHits)
		hits = relevant(hits)
	}
	list := make([]listed, 0, len(hits))
	for _, h := range hits {
		d := h.document
		if d == nil || shown[d] {
			continue
		}
		kin := x.kin(d)
		if len(kin) > 1 {
			shown[d] = true
		}
		list = append(list, listed{d, onlineIn(kin, d, place)})
	}
	return list
}

// choose gives the owner whose variant of a service is right for the place: the one with the most specific competence
// there. Where there is none or no place is given, this portal's own variant, then that of whoever is competent in this
// portal's area, then the first.
func (s *Service) choose(group []*document, place *area, keep func(*document) bool) string {
	best, bestRank := ownOwner, []int(nil)
	for _, d := range group {
		if !keep(d) {
			continue
		}
		rank := []int{0, 0, 0}
		if place != nil {
			rank[0] = d.reach(*place)
		}
		if d.owner == ownOwner {
			rank[1] = 1
		}
		for _, home := range s.home {
			rank[2] = max(rank[2], d.reach(home))
		}
		if c := slices.Compare(rank, bestRank); bestRank == nil || c > 0 || c == 0 && d.owner < best {
			best, bestRank = d.owner, rank
		}
	}
	return best
}

// variantOf gives the owner's service that is the same as another portal's: of several, the one with the same title, else
// the first.
func variantOf(group []*document, owner string, like *document, keep func(*document) bool) *document {
	var first *document
	for _, d := range group {
		if d.owner != owner || !keep(d) {
			continue
		}
		if d.order == like.order {
			return d
		}
		if first == nil || d.order < first.order {
			first = d
		}
	}
	return first
}

// around is where somebody asks about: the place, without one this portal's area.
func (s *Service) around(place *area) []area {
	if place != nil {
		return []area{*place}
	}
	return s.home
}

// nearness lowers what is only done elsewhere than at the place (without one: in this portal's area), or by nobody, and a little
// what is done in a part of it (by one municipality of a Kreis). Own comes before others': only what fits much better stands before it.
func (s *Service) nearness(group []*document, place *area) float64 {
	at := s.around(place)
	factor, stated := nobodyFactor, false
	for _, d := range group {
		for _, c := range d.claims {
			if !stated {
				factor, stated = elsewhereFactor, true
			}
			for _, a := range at {
				switch {
				case c.area.covers(a):
					return 1
				case a.covers(c.area):
					factor = partlyFactor
				}
			}
		}
	}
	return factor
}

func onlineIn(group []*document, d *document, place *area) bool {
	if place != nil {
		return d.onlineAt(*place)
	}
	return d.onlineAnywhere() || slices.ContainsFunc(group, (*document).onlineAnywhere)
}

// variant gives the id of the service that is right for a place: the same service of the portal with the most specific
// competence there. A service that the search does not know (yet) is its own variant.
func (s *Service) variant(ctx context.Context, id uuid.UUID, place *area) (uuid.UUID, error) {
	x, err := s.search.current(ctx)
	if err != nil {
		return uuid.Nil, err
	}
	x.mu.RLock()
	defer x.mu.RUnlock()
	d := x.documents[id]
	if d == nil || place == nil {
		return id, nil
	}
	keep := s.shown()
	group := x.kin(d)
	best := 0
	for _, other := range group {
		if keep(other) {
			best = max(best, other.reach(*place))
		}
	}
	if best == 0 || best == d.reach(*place) {
		return id, nil // nobody does it there, or this one does
	}
	if right := variantOf(group, s.choose(group, place, keep), d, keep); right != nil {
		return right.id, nil
	}
	return id, nil
}

// suggest gives up to eight services whose title or synonyms go on from what was typed, from the second letter on.
func (s *Service) suggest(ctx context.Context, q string, place *area) ([]listed, error) {
	if len([]rune(strings.TrimSpace(q))) < minSuggest {
		return nil, nil
	}
	keep := s.shown()
	x, hits, err := s.find(ctx, filter{query: q, place: place}, !strings.HasSuffix(q, " "), s.search.words(), keep)
	if err != nil {
		return nil, err
	}
	list := s.oncePerGroup(x, hits, place, keep)
	return list[:min(len(list), suggestions)], nil
}

// categoryCounts gives how many services, each once, are in each category or in a part of it.
func (s *Service) categoryCounts(ctx context.Context) (map[string]int, error) {
	list, err := s.list(ctx, filter{})
	if err != nil {
		return nil, err
	}
	tree, err := s.categoryTree(ctx)
	if err != nil {
		return nil, err
	}
	counts := map[string]int{}
	for _, l := range list {
		for _, id := range tree.with(l.document.categories) {
			counts[id]++
		}
	}
	return counts, nil
}

// page cuts a list: limit items from where the cursor says. It gives the cursor of the next page, empty after the last.
func page[T any](list []T, limit int, cursor string) ([]T, string, error) {
	if limit <= 0 {
		limit = defaultLimit
	}
	limit = min(limit, maxLimit)
	from := 0
	if cursor != "" {
		text, err := base64.RawURLEncoding.DecodeString(cursor)
		if err == nil {
			from, err = strconv.Atoi(string(text))
		}
		if err != nil || from < 0 {
			return nil, "", paging.NoSuchPage()
		}
	}
	from = min(from, len(list))
	to := min(from+limit, len(list))
	next := ""
	if to < len(list) {
		next = base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(to)))
	}
	return list[from:to], next, nil
}

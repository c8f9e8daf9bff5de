package catalog

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"portalverbund/api/types"
)

const (
	popularServices = 8
	popularRead     = 200 // of the most read services, how many are looked at
	viewsEvery      = time.Minute
	viewsAtOnce     = 10_000 // services in one count; more are not counted
	viewsKept       = 60     // weeks
)

// views counts how often services are read, until the next time that the sums are written down.
type views struct {
	mu    sync.Mutex
	count map[uuid.UUID]int64
}

func (v *views) add(id uuid.UUID) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if _, known := v.count[id]; known || len(v.count) < viewsAtOnce {
		v.count[id]++
	}
}

func (v *views) take() map[uuid.UUID]int64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	taken := v.count
	v.count = map[uuid.UUID]int64{}
	return taken
}

// CountViews writes down every minute how often services were read, until ctx ends, and then once more.
func (s *Service) CountViews(ctx context.Context) error {
	tick := time.NewTicker(viewsEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			return s.writeViews(last)
		case <-tick.C:
			if err := s.writeViews(ctx); err != nil && ctx.Err() == nil {
				s.log.WarnContext(ctx, "views of services were not counted", "error", err)
			}
		}
	}
}

const (
	writeViewsQuery = `
	INSERT INTO catalog_views (week, service_id, views)
	SELECT date_trunc('week', $1::date)::date, v.id, v.views FROM unnest($2::uuid[], $3::bigint[]) AS v (id, views)
	JOIN catalog_services s ON s.id = v.id ORDER BY v.id
	ON CONFLICT (week, service_id) DO UPDATE SET views = catalog_views.views + EXCLUDED.views`

	dropViewsQuery = `DELETE FROM catalog_views WHERE week < $1::date`
)

func (s *Service) writeViews(ctx context.Context) error {
	taken := s.views.take()
	if len(taken) == 0 {
		return nil
	}
	ids, counts := make([]uuid.UUID, 0, len(taken)), make([]int64, 0, len(taken))
	for id, count := range taken {
		ids, counts = append(ids, id), append(counts, count)
	}
	now := s.now()
	if _, err := s.store.db.Pgx(ctx).Exec(ctx, writeViewsQuery, now, ids, counts); err != nil {
		return fmt.Errorf("write views: %w", err)
	}
	if _, err := s.store.db.Pgx(ctx).Exec(ctx, dropViewsQuery, now.AddDate(0, 0, -7*viewsKept)); err != nil {
		return fmt.Errorf("drop old views: %w", err)
	}
	return nil
}

// What was read in the last four weeks, and half as much what was read in the six weeks around this day a year ago.
const popularQuery = `
	SELECT service_id, sum(views * CASE WHEN week > $1::date - 35 THEN 2 ELSE 1 END)::bigint FROM catalog_views
	WHERE week > $1::date - 35 OR week BETWEEN $1::date - 364 - 14 AND $1::date - 364 + 28
	GROUP BY service_id ORDER BY 2 DESC LIMIT $2`

func (s store) popular(ctx context.Context, today time.Time) (map[uuid.UUID]int64, error) {
	rows, err := s.db.Pgx(ctx).Query(ctx, popularQuery, today, popularRead)
	if err != nil {
		return nil, fmt.Errorf("read views: %w", err)
	}
	counts := map[uuid.UUID]int64{}
	var id uuid.UUID
	var count int64
	if _, err := pgx.ForEachRow(rows, []any{&id, &count}, func() error {
		counts[id] = count
		return nil
	}); err != nil {
		return nil, fmt.Errorf("read views: %w", err)
	}
	return counts, nil
}

// Popular gives the services that were read most lately, and at this time of the year before; while little is known, those
// that most portals offer, online first. Each comes in the variant that is right for the place; ars may be empty.
func (s *Service) Popular(ctx context.Context, ars string) ([]types.ServiceSummary, error) {
	at, err := s.place(ctx, ars)
	if err != nil {
		return nil, err
	}
	f := filter{}
	if at != nil {
		f.place = &at.area
	}
	all, err := s.list(ctx, f)
	if err != nil {
		return nil, err
	}
	counts, err := s.store.popular(ctx, s.now())
	if err != nil {
		return nil, err
	}
	x, err := s.search.current(ctx)
	if err != nil {
		return nil, err
	}
	return s.summaries(ctx, x.mostWanted(all, counts), f.place, Asker{})
}

// wanted is how much a service is in demand, as far as is known.
type wanted struct {
	listed
	views   int64
	portals int
}

func (w wanted) compare(other wanted) int {
	return cmp.Or(cmp.Compare(other.views, w.views), cmp.Compare(other.portals, w.portals), cmp.Compare(truth(other.online), truth(w.online)))
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

// mostWanted picks the services that are most in demand out of a list, in one pass. What is read of a service at one portal counts
// for it at all of them.
func (x *index) mostWanted(all []listed, views map[uuid.UUID]int64) []listed {
	x.mu.RLock()
	defer x.mu.RUnlock()
	var best []wanted
	for _, l := range all {
		group := x.kin(l.document)
		w := wanted{listed: l, portals: len(group)}
		for _, variant := range group {
			w.views += views[variant.id]
		}
		at, _ := slices.BinarySearchFunc(best, w, func(a, b wanted) int {
			if c := a.compare(b); c != 0 {
				return c
			}
			return -1 // after those that are in the same demand: the list's order counts
		})
		if at < popularServices {
			best = slices.Insert(best, at, w)
			best = best[:min(len(best), popularServices)]
		}
	}
	list := make([]listed, 0, len(best))
	for _, w := range best {
		list = append(list, w.listed)
	}
	return list
}

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

const (
	maxAlternatives   = 5
	alternativesAsked = 20 // of a search, from which the first that fit are taken
)

// stateAt says whether something with these times of validity is offered now. What is over and begins again is upcoming.
func stateAt(periods []PeriodEntry, now time.Time) types.ServiceState {
	switch {
	case validAt(periods, now):
		return types.Current
	case slices.ContainsFunc(periods, func(p PeriodEntry) bool { return p.From != nil && p.From.After(now) }):
		return types.Upcoming
	}
	return types.Ended
}

// turn is since when something is over, or from when on it is valid, as its state says; nil when it is valid now.
func turn(periods []PeriodEntry, now time.Time) (at *time.Time) {
	upcoming := stateAt(periods, now) == types.Upcoming
	for _, p := range periods {
		switch {
		case upcoming && p.From != nil && p.From.After(now) && (at == nil || p.From.Before(*at)):
			at = p.From
		case !upcoming && p.To != nil && p.To.Before(now) && (at == nil || p.To.After(*at)):
			at = p.To
		}
	}
	return at
}

// during is the time from the first to the last moment of validity, as the search keeps it: seconds since 1970, 0 where there is no end.
type during struct{ from, to int64 }

func duringOf(periods []PeriodEntry) (d during) {
	from, to := spanOf(periods)
	if from != nil {
		d.from = from.Unix()
	}
	if to != nil {
		d.to = to.Unix()
	}
	return d
}

func (d during) covers(now int64) bool {
	return (d.from == 0 || d.from <= now) && (d.to == 0 || now <= d.to)
}

// shown says which services lists show now: those of linked portals that are valid.
func (s *Service) shown() func(*document) bool {
	owners, now := s.owners(), s.now().Unix()
	return func(d *document) bool {
		_, linked := owners[d.owner]
		return linked && d.valid.covers(now)
	}
}

// endedRow is a service that is no longer there.
type endedRow struct {
	Owner    string
	LeikaKey string
	Title    Text
	EndedAt  time.Time
}

const endedQuery = `SELECT owner, leika_key, title, ended_at FROM catalog_ended WHERE id = $1 AND owner = ANY ($2)`

func (s store) ended(ctx context.Context, id uuid.UUID, owners map[string]types.PortalReference) (row endedRow, found bool, err error) {
	rows, err := s.db.Pgx(ctx).Query(ctx, endedQuery, id, ownerKeys(owners))
	if err != nil {
		return row, false, fmt.Errorf("read ended service: %w", err)
	}
	row, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[endedRow])
	if errors.Is(err, pgx.ErrNoRows) {
		return row, false, nil
	}
	if err != nil {
		return row, false, fmt.Errorf("read ended service: %w", err)
	}
	return row, true, nil
}

// orEnded gives service-ended (410) in place of service-unknown for a service that was there once.
func (s *Service) orEnded(ctx context.Context, id uuid.UUID, owners map[string]types.PortalReference, err error) error {
	if !problem.Is(err, "service-unknown") {
		return err
	}
	_, found, readErr := s.store.ended(ctx, id, owners)
	switch {
	case readErr != nil:
		return readErr
	case found:
		return serviceEnded()
	}
	return err
}

func serviceEnded() error {
	return problem.Gone("service-ended", "Diese Leistung wird nicht mehr angeboten.", "This service is no longer offered.").
		With(problem.Text{De: "Suchen Sie nach dem, was Sie brauchen.", En: "Search for what you need."})
}

// Alternatives tells, in the language of ctx, what a service was that is no longer offered, or is not valid today, and what may be
// meant instead: the same one at other portals, then what a search for its title finds. ars may be empty. One that never was is
// service-unknown (404).
func (s *Service) Alternatives(ctx context.Context, id uuid.UUID, ars string) (types.ServiceAlternatives, error) {
	owners, language := s.owners(), httpx.LanguageOf(ctx)
	answer := types.ServiceAlternatives{State: types.Ended, Items: []types.ServiceSummary{}}
	row, err := s.store.service(ctx, id, owners)
	title := row.Title
	var leika string
	switch {
	case problem.Is(err, "service-unknown"):
		gone, found, err := s.store.ended(ctx, id, owners)
		if err != nil {
			return answer, err
		}
		if !found {
			return answer, unknownService()
		}
		leika, title, answer.Since, row.Owner = gone.LeikaKey, gone.Title, &gone.EndedAt, gone.Owner
	case err != nil:
		return answer, err
	default:
		var e ServiceEntry
		if err := json.Unmarshal(row.Payload, &e); err != nil {
			return answer, fmt.Errorf("read service %s: %w", id, err)
		}
		leika, answer.State, answer.Since = e.LeikaKey, stateAt(e.Validity, s.now()), turn(e.Validity, s.now())
	}
	answer.Language = title.languageFor(language)
	answer.Title = title[answer.Language]
	if owner, ok := owners[row.Owner]; ok {
		answer.Owner = &owner
	}
	for _, words := range []string{leika, answer.Title} {
		if err := s.addAlternatives(ctx, &answer, id, words, ars); err != nil {
			return answer, err
		}
	}
	return answer, nil
}

// addAlternatives adds what a search finds and is not there yet.
func (s *Service) addAlternatives(ctx context.Context, answer *types.ServiceAlternatives, id uuid.UUID, words, ars string) error {
	if words == "" || len(answer.Items) >= maxAlternatives {
		return nil
	}
	found, err := s.List(ctx, ListQuery{Words: words, ARS: ars, Limit: alternativesAsked, AllWords: true})
	if err != nil {
		return err
	}
	for _, item := range found.Items {
		known := slices.ContainsFunc(answer.Items, func(other types.ServiceSummary) bool { return other.Id == item.Id })
		if item.Id != id && !known && len(answer.Items) < maxAlternatives {
			answer.Items = append(answer.Items, item)
		}
	}
	return nil
}

package catalog

import (
	"context"
	"fmt"
	"path"
	"time"

	"github.com/google/uuid"
	openapi "github.com/oapi-codegen/runtime/types"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
)

// Explain tells how the answer of Offers comes about, level by level.
func (s *Service) Explain(ctx context.Context, serviceID uuid.UUID, ars string, who Asker) (types.OfferExplanation, error) {
	c, err := s.consider(ctx, serviceID, ars, who)
	if err != nil {
		return types.OfferExplanation{}, err
	}
	language := httpx.LanguageOf(ctx)
	e := types.OfferExplanation{
		ServiceId: serviceID, ServiceTitle: c.service.Title.in(language), Place: c.at.reference, Day: openapi.Date{Time: s.now().In(localTime())},
		Resolution: c.resolution, Levels: []types.ExplainedLevel{},
	}
	at := map[area]int{}
	for i := len(c.areas) - 1; i >= 0; i-- { // the widest area comes first there
		cover := c.areas[i]
		if cover.former != "" {
			level := &e.Levels[at[cover.area]]
			keys := append(value(level.FormerArs), cover.former)
			level.FormerArs = &keys
			continue
		}
		where, err := s.levelReference(ctx, c, cover.area)
		if err != nil {
			return types.OfferExplanation{}, err
		}
		at[cover.area] = len(e.Levels)
		e.Levels = append(e.Levels, types.ExplainedLevel{Area: where, Competences: []types.ExplainedCompetence{}})
	}
	for i := range c.statements {
		st := &c.statements[i]
		level := &e.Levels[at[st.area]]
		level.Competences = append(level.Competences, s.explained(language, c, i))
	}
	e.Elsewhere, err = s.store.elsewhere(ctx, serviceID, c)
	return e, err
}

// levelReference names an area that covers the place; the place itself is known already.
func (s *Service) levelReference(ctx context.Context, c *considered, a area) (types.PlaceReference, error) {
	if a == c.at.area {
		return c.at.reference, nil
	}
	return s.areaReference(ctx, a) // at most one for each level
}

func (s *Service) explained(language string, c *considered, i int) types.ExplainedCompetence {
	st := &c.statements[i]
	e := types.ExplainedCompetence{
		Id: st.id, Role: roleIn(st.role), ServiceId: st.service, Portal: c.owners[st.owner], CopiedAt: st.copiedAt,
		FormerArs: optional(st.former), AppliesTo: optional(st.terms.words(language)), Verdict: c.verdict(i),
	}
	if st.source != "" {
		e.Source = optional(path.Base(st.source))
	}
	if st.unitKnown {
		e.Organisation = &types.OrganisationReference{Id: st.organisation, Name: st.name.in(language)}
	}
	from, to := spanOf(st.terms.Validity)
	e.ValidFrom, e.ValidTo = dayOf(from), dayOf(to)
	return e
}

func dayOf(t *time.Time) *openapi.Date {
	if t == nil {
		return nil
	}
	return &openapi.Date{Time: t.In(localTime())}
}

// verdict says what became of a statement: one for questions is judged by the decision about contact points.
func (c *considered) verdict(i int) types.ExplainedCompetenceVerdict {
	v := c.authorities.verdicts[i]
	if c.statements[i].role == roleContactPoint {
		if v = c.contacts.verdicts[i]; v == competent || v == candidate {
			return types.ExplainedCompetenceVerdictContactPoint
		}
	}
	return map[verdict]types.ExplainedCompetenceVerdict{
		otherRole:        types.ExplainedCompetenceVerdictOtherRole,
		unitUnknown:      types.ExplainedCompetenceVerdictUnitUnknown,
		notYetValid:      types.ExplainedCompetenceVerdictNotYetValid,
		noLongerValid:    types.ExplainedCompetenceVerdictNoLongerValid,
		conditionNotMet:  types.ExplainedCompetenceVerdictConditionNotMet,
		lessSpecificArea: types.ExplainedCompetenceVerdictLessSpecificArea,
		lessSpecificRule: types.ExplainedCompetenceVerdictLessSpecificRule,
		candidate:        types.ExplainedCompetenceVerdictCandidate,
		competent:        types.ExplainedCompetenceVerdictCompetent,
	}[v]
}

const elsewhereQuery = sameServices + `
	SELECT count(*) FROM same JOIN catalog_competences c ON c.service_id = same.id AND c.owner = same.owner WHERE NOT c.area = ANY ($3)`

// elsewhere counts the competences for a service that do not cover the place.
func (s store) elsewhere(ctx context.Context, service uuid.UUID, c *considered) (int, error) {
	stated := make([]string, 0, len(c.areas))
	for _, a := range c.areas {
		stated = append(stated, a.stated())
	}
	var n int
	if err := s.db.Pgx(ctx).QueryRow(ctx, elsewhereQuery, service, ownerKeys(c.owners), stated).Scan(&n); err != nil {
		return 0, fmt.Errorf("count competences: %w", err)
	}
	return n, nil
}

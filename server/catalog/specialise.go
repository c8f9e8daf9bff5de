package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"portalverbund/api/types"
)

// The specialisations of a service for areas that cover a place, the widest area first.
const specialisationsQuery = `
	SELECT x.payload FROM catalog_specialisations x
	WHERE x.service_id = $1 AND x.areas && $2 AND x.owner = ANY ($3)
	ORDER BY (SELECT max(length(a)) FROM unnest(x.areas) AS a WHERE a = ANY ($2)), x.owner, x.id`

// specialise puts the modules that are different at a place into the service: the more specific the area, the later, so that
// it prevails.
func (s *Service) specialise(ctx context.Context, e *ServiceEntry, at area, owners map[string]types.PortalReference) error {
	rows, err := s.store.db.Pgx(ctx).Query(ctx, specialisationsQuery, e.ID, at.chain(), ownerKeys(owners))
	if err != nil {
		return fmt.Errorf("read specialisations: %w", err)
	}
	payloads, err := pgx.CollectRows(rows, pgx.RowTo[json.RawMessage])
	if err != nil {
		return fmt.Errorf("read specialisations: %w", err)
	}
	now := s.now()
	for _, payload := range payloads {
		var special SpecialisationEntry
		if err := json.Unmarshal(payload, &special); err != nil {
			return fmt.Errorf("read specialisation of %s: %w", e.ID, err)
		}
		if !validAt(special.Validity, now) {
			continue
		}
		e.replace(&special.ModulesEntry)
		if special.UpdatedAt.After(e.UpdatedAt) {
			e.UpdatedAt = special.UpdatedAt
		}
	}
	return nil
}

// validAt says whether something is valid now: always, or in one of its times.
func validAt(periods []PeriodEntry, now time.Time) bool {
	return len(periods) == 0 || slices.ContainsFunc(periods, func(p PeriodEntry) bool {
		return (p.From == nil || !now.Before(*p.From)) && (p.To == nil || !now.After(*p.To))
	})
}

// replace takes over each module that the other has, as a whole: a text that is right at a place in one language is better
// than one that is wrong there in another. Text and list of fees, deadlines, documents and legal basis are one module each.
func (m *ModulesEntry) replace(other *ModulesEntry) {
	replaced := other.present()
	mine, others := append(m.plainModules(), m.htmlModules()...), append(other.plainModules(), other.htmlModules()...)
	for i, part := range others {
		if replaced[linkModule(part.name)] {
			*mine[i].text = maps.Clone(*part.text)
		}
	}
	replaceList(replaced["documents"], &m.Documents, other.Documents)
	replaceList(replaced["fees"], &m.Fees, other.Fees)
	replaceList(replaced["deadlines"], &m.Deadlines, other.Deadlines)
	replaceList(replaced["legalBasis"], &m.LegalBasis, other.LegalBasis)
	replaceList(len(other.Results) > 0, &m.Results, other.Results)
	if other.ProcessingTime != nil {
		m.ProcessingTime = other.ProcessingTime
	}
	for _, text := range other.OtherTexts {
		m.OtherTexts = append(slices.DeleteFunc(slices.Clone(m.OtherTexts), func(o OtherTextEntry) bool { return o.Type == text.Type }), text)
	}
	m.Links = append(slices.DeleteFunc(slices.Clone(m.Links), func(l LinkEntry) bool { return replaced[l.Module] }), other.Links...)
}

// present names the modules of which there is anything.
func (m *ModulesEntry) present() map[string]bool {
	there := map[string]bool{
		"documents": len(m.Documents) > 0, "fees": len(m.Fees) > 0, "deadlines": len(m.Deadlines) > 0, "legalBasis": len(m.LegalBasis) > 0,
		"processingTime": m.ProcessingTime != nil,
	}
	for _, part := range append(m.plainModules(), m.htmlModules()...) {
		if len(*part.text) > 0 {
			there[linkModule(part.name)] = true
		}
	}
	for _, l := range m.Links {
		there[l.Module] = true
	}
	return there
}

func replaceList[T any](yes bool, mine *[]T, other []T) {
	if yes {
		*mine = other
	}
}

// linkModule is the module to which the links of a text belong.
func linkModule(text string) string {
	switch text {
	case "documentsText":
		return "documents"
	case "legalBasisText":
		return "legalBasis"
	case "feesText":
		return "fees"
	case "deadlinesText":
		return "deadlines"
	case "formsText":
		return "forms"
	}
	return text
}

package catalog

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
)

// maxFormUses bounds the services that are named for one form.
const maxFormUses = 20

// $1 ids as texts, $2 language, $3 how many services of a form.
const formUsesQuery = `
	SELECT form::uuid, service_id, owner, title FROM (
		SELECT u.*, row_number() OVER (PARTITION BY form ORDER BY title, service_id, owner) AS n FROM (
			SELECT DISTINCT c.payload->'onlineService'->>'formId' AS form, c.service_id, c.owner,
				coalesce(nullif(s.title->>$2, ''), s.title->>'de', s.title->>'en', '') AS title
			FROM catalog_competences c LEFT JOIN catalog_services s ON s.id = c.service_id
			WHERE c.payload->'onlineService'->>'type' = 'form' AND c.payload->'onlineService'->>'formId' = ANY($1)
		) u
	) w WHERE n <= $3 ORDER BY form, n`

// FormUses gives the services, here and at linked portals, that people apply for with some forms, in the order of their titles in
// the language of ctx; at most maxFormUses of each form.
func (s *Service) FormUses(ctx context.Context, forms []uuid.UUID) (map[uuid.UUID][]types.FormUse, error) {
	uses := map[uuid.UUID][]types.FormUse{}
	if len(forms) == 0 {
		return uses, nil
	}
	ids := make([]string, len(forms))
	for i, id := range forms {
		ids[i] = id.String()
	}
	rows, err := s.store.db.Pgx(ctx).Query(ctx, formUsesQuery, ids, httpx.LanguageOf(ctx), maxFormUses)
	if err != nil {
		return nil, fmt.Errorf("find uses of forms: %w", err)
	}
	var form uuid.UUID
	var use types.FormUse
	var owner string
	owners := s.owners()
	_, err = pgx.ForEachRow(rows, []any{&form, &use.ServiceId, &owner, &use.Title}, func() error {
		if portal, linked := owners[owner]; linked {
			use.Portal = portal
			uses[form] = append(uses[form], use)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("find uses of forms: %w", err)
	}
	return uses, nil
}

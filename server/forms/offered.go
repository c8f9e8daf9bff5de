package forms

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
)

// Of each form that is offered the newest version, by the key of the table. $1 language, $2 part of a title or an id, $3 this
// portal, $4 how many.
const offeredQuery = `
	SELECT id, version, title, owner = $3 FROM (
		SELECT DISTINCT ON (id) id, version, owner, definition->'title' AS titles,
			coalesce(nullif(definition->'title'->>$1, ''), definition->'title'->>'de', definition->'title'->>'en', '') AS title
		FROM forms WHERE withdrawn_at IS NULL ORDER BY id, version DESC
	) f WHERE $2 = '' OR id::text = $2 OR EXISTS (SELECT FROM jsonb_each_text(titles) t WHERE lower(t.value) LIKE '%' || $2 || '%')
	ORDER BY lower(title), id LIMIT $4`

// Offered lists forms by which one can apply, in the order of their titles in the language of ctx. words is a part of a title in
// any language, or an id; empty means all.
func (s *Service) Offered(ctx context.Context, words string, limit int) ([]types.EditorialForm, error) {
	rows, err := s.db.Pgx(ctx).Query(ctx, offeredQuery, httpx.LanguageOf(ctx), likeWords(words), s.portals.Self().Id, limit)
	if err != nil {
		return nil, fmt.Errorf("list forms: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (types.EditorialForm, error) {
		var f types.EditorialForm
		err := row.Scan(&f.Id, &f.Version, &f.Title, &f.Own)
		return f, err
	})
	if err != nil {
		return nil, fmt.Errorf("list forms: %w", err)
	}
	return list, nil
}

// likeWords brings words into the form in which titles are compared with them.
func likeWords(words string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(strings.ToLower(strings.TrimSpace(words)))
}

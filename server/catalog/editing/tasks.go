package editing

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"portalverbund/api/types"
)

// Task is something that editors should look at.
type Task struct {
	Task   types.EditorialTaskKind
	Kind   string
	ID     string
	Title  string
	Detail string
}

// tasksSQL gathers tasks, each kind under its rank. $1 languages wanted, $2 days after which a text is old, $3 days to warn before
// the end of validity, $4 now. Only rows of this portal are read, by the indexes on the owner.
func tasksSQL() string {
	service, office, category := german("t.title"), german("t.name"), german("(t.payload->'title')")
	return `WITH own AS (
		SELECT 'service' AS kind, t.id::text AS id, ` + service + ` AS title, t.title AS texts, t.payload FROM catalog_services t WHERE t.owner = ''
		UNION ALL SELECT 'organisation', t.id::text, ` + office + `, t.name, t.payload FROM catalog_organisations t WHERE t.owner = ''
		UNION ALL SELECT 'category', t.id, ` + category + `, t.payload->'title', t.payload FROM catalog_categories t WHERE t.owner = ''
	), ends AS (
		SELECT kind, id, title, max((v->>'to')::timestamptz) AS ends FROM own, json_array_elements(payload->'validity') v
		WHERE json_typeof(payload->'validity') = 'array' GROUP BY kind, id, title HAVING bool_and(v->>'to' IS NOT NULL)
	), tasks AS (
		SELECT CASE state WHEN 'review' THEN 1 WHEN 'failed' THEN 3 ELSE 2 END AS rank,
			CASE state WHEN 'review' THEN 'review' WHEN 'failed' THEN 'notReleased' ELSE 'returned' END AS task, kind, entry_id AS id, title,
			CASE state WHEN 'review' THEN submitted_name ELSE changed_name END AS detail
			FROM catalog_editing WHERE state IN ('review', 'returned', 'failed') AND deleted_at IS NULL
		UNION ALL SELECT 4, 'conflict', c.kind, c.entry_id, coalesce(o.title, nullif(e.title, ''), c.entry_id), c.source
			FROM catalog_corrections c LEFT JOIN own o ON o.kind = c.kind AND o.id = c.entry_id
			LEFT JOIN catalog_editing e ON e.kind = c.kind AND e.entry_id = c.entry_id
			WHERE (c.conflicts <> '{}' OR c.imported IS NULL) AND c.ours IS NOT NULL
		UNION ALL SELECT 5, 'brokenReference', 'competence', t.id::text, concat_ws(' – ', ` + serviceTitle + `, ` + officeName + `, nullif(t.area, '')), ''
			FROM catalog_competences t WHERE t.owner = '' AND (NOT EXISTS (SELECT FROM catalog_services s WHERE s.id = t.service_id AND s.owner = '')
				OR NOT EXISTS (SELECT FROM catalog_organisations o WHERE o.id = t.organisation_id AND o.owner = ''))
		UNION ALL SELECT CASE WHEN ends < $4 THEN 6 ELSE 7 END, CASE WHEN ends < $4 THEN 'expired' ELSE 'expiring' END, kind, id, title, to_char(ends, 'YYYY-MM-DD')
			FROM ends WHERE ends < $4 + make_interval(days => $3)
		UNION ALL SELECT 8, 'missingLanguage', kind, id, title, l FROM own, unnest($1::text[]) l WHERE coalesce(texts->>l, '') = ''
		UNION ALL SELECT 9, 'stale', kind, id, title, left(payload->>'updatedAt', 10) FROM own
			WHERE kind = 'service' AND (payload->>'updatedAt')::timestamptz < $4 - make_interval(days => $2)
		UNION ALL SELECT 10, 'noCompetence', o.kind, o.id, o.title, '' FROM own o
			WHERE o.kind = 'service' AND NOT EXISTS (SELECT FROM catalog_competences c WHERE c.service_id = o.id::uuid AND c.owner = '')
	)`
}

// place is where a list of tasks goes on.
type place struct {
	Rank  int
	Title string
	ID    string
	More  string
}

// Tasks lists what editors should look at, the most urgent kind first, with how many there are of each kind. Kind may be empty.
func (s *Service) Tasks(ctx context.Context, kind types.EditorialTaskKind, limit int, cursor string) (list []Task, counts map[string]int, next string, err error) {
	var after place
	if err := readCursor(cursor, &after); err != nil {
		return nil, nil, "", err
	}
	settings, err := s.Settings(ctx)
	if err != nil {
		return nil, nil, "", err
	}
	args := []any{settings.Languages, settings.StaleAfterDays, settings.WarnDaysBefore, s.now()}
	rows, err := s.db.Pgx(ctx).Query(ctx, tasksSQL()+` SELECT task, count(*) FROM tasks GROUP BY task`, args...)
	if err != nil {
		return nil, nil, "", fmt.Errorf("count tasks: %w", err)
	}
	counts = map[string]int{}
	var task string
	var n int
	if _, err = pgx.ForEachRow(rows, []any{&task, &n}, func() error { counts[task] = n; return nil }); err != nil {
		return nil, nil, "", fmt.Errorf("count tasks: %w", err)
	}
	rows, err = s.db.Pgx(ctx).Query(ctx, tasksSQL()+` SELECT rank, task, kind, id, coalesce(title, ''), detail FROM tasks
		WHERE ($5 = '' OR task = $5) AND (rank, coalesce(title, '') COLLATE "C", id COLLATE "C", detail COLLATE "C") > ($6, $7, $8, $9)
		ORDER BY rank, coalesce(title, '') COLLATE "C", id COLLATE "C", detail COLLATE "C" LIMIT $10`,
		append(args, string(kind), after.Rank, after.Title, after.ID, after.More, limit+1)...)
	if err != nil {
		return nil, nil, "", fmt.Errorf("list tasks: %w", err)
	}
	var rank int
	var t Task
	ranks := []int{}
	_, err = pgx.ForEachRow(rows, []any{&rank, &t.Task, &t.Kind, &t.ID, &t.Title, &t.Detail}, func() error {
		list, ranks = append(list, t), append(ranks, rank)
		return nil
	})
	if err != nil {
		return nil, nil, "", fmt.Errorf("list tasks: %w", err)
	}
	if len(list) > limit {
		list = list[:limit]
		last := list[limit-1]
		next = writeCursor(place{ranks[limit-1], last.Title, last.ID, last.Detail})
	}
	return list, counts, next, nil
}

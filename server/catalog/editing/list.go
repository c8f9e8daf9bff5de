package editing

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"portalverbund/api/types"
	"portalverbund/server/catalog"
	"portalverbund/server/platform/paging"
	"portalverbund/server/platform/problem"
)

// ListQuery says which entries a list is about.
type ListQuery struct {
	Kind           string
	Words          string // part of the title, or the LeiKa key; empty: all
	State          types.EditorialState
	ServiceID      *uuid.UUID
	OrganisationID *uuid.UUID
	Limit          int
	Cursor         string
}

// Summary is an entry in a list.
type Summary struct {
	ID        string
	Title     string
	State     types.EditorialState
	Languages []string
	Source    string
	Corrected bool
	Conflict  bool
	ChangedAt *time.Time
	ChangedBy string
	ReleaseAt *time.Time
	order     string
}

// kindSQL is how lists read a kind of entries: t is its table.
type kindSQL struct {
	table, title, languages string
	leika                   string // empty text where the kind has none
	service, office         string
}

// german gives the SQL of a text by language, in German, else in any language.
func german(column string) string { return "catalog_german(" + column + ")" }

// ordered is what a title is ordered by, as the indices of lists have it.
func ordered(title string) string { return `catalog_order(` + title + `) COLLATE "C"` }

func languagesOf(column string) string {
	return fmt.Sprintf(`ARRAY(SELECT key FROM json_each_text(%s) WHERE value <> '' ORDER BY key)`, column)
}

const (
	serviceTitle = `(SELECT s.title->>'de' FROM catalog_services s WHERE s.id = t.service_id)`
	officeName   = `(SELECT o.name->>'de' FROM catalog_organisations o WHERE o.id = t.organisation_id)`
	onlineTitle  = `(SELECT o.payload->'title'->>'de' FROM catalog_online_services o WHERE o.id = t.online_service_id)`
	noText       = `''`
	noID         = `NULL::uuid`
	noLanguages  = `'{}'::text[]`
)

func kindOf(kind string) (kindSQL, bool) {
	k := kindSQL{languages: noLanguages, leika: noText, service: noID, office: noID}
	switch kind {
	case catalog.KindService:
		k.table, k.title, k.languages, k.leika = "catalog_services", german("t.title"), languagesOf("t.title"), "t.leika_key"
	case catalog.KindOrganisation:
		k.table, k.title, k.languages, k.office = "catalog_organisations", german("t.name"), languagesOf("t.name"), "t.parent_id"
	case catalog.KindCategory:
		k.table, k.title, k.languages = "catalog_categories", german("(t.payload->'title')"), languagesOf("(t.payload->'title')")
	case catalog.KindCompetence:
		k.table, k.title = "catalog_competences", `concat_ws(' – ', `+serviceTitle+`, `+officeName+`, nullif(t.area, ''))`
		k.service, k.office = "t.service_id", "t.organisation_id"
	case "specialisation":
		k.table, k.title, k.service = "catalog_specialisations", `concat_ws(' – ', t.payload->'title'->>'de', `+serviceTitle+`)`, "t.service_id"
	case "onlineService":
		k.table, k.title, k.languages = "catalog_online_services", german("(t.payload->'title')"), languagesOf("(t.payload->'title')")
	case "onlineCompetence":
		k.table, k.title, k.service = "catalog_online_competences", `concat_ws(' – ', `+serviceTitle+`, `+onlineTitle+`)`, "t.service_id"
	default:
		return k, false
	}
	return k, true
}

// listQuery lists own entries and drafts of a kind: what is released and nobody is writing, and what has a row at the desk (e), each in
// the order of an index, of which a list reads no more than it shows. Competences are ordered by the titles of others, and are all read.
// What is asked of the other table stands in subqueries: joins would let the planner think that hardly anything is left, and sort it all.
func (k kindSQL) listQuery() string {
	released := fmt.Sprintf(`
		SELECT t.id::text AS id, %[2]s AS title, 'released' AS state, %[3]s AS languages, nullif(t.source, 'manual') AS source, %[7]s AS sorted
		FROM %[1]s t
		WHERE t.owner = '' AND $3 IN ('', 'released')
			AND coalesce((SELECT e.draft IS NULL AND e.deleted_at IS NULL FROM catalog_editing e WHERE e.kind = $1 AND e.entry_id = t.id::text), true)
			AND ($2 = '' OR lower(%[2]s) LIKE '%%' || lower($2) || '%%' OR %[4]s = $2)
			AND ($4::uuid IS NULL OR %[5]s = $4) AND ($5::uuid IS NULL OR %[6]s = $5)
			AND (%[7]s, t.id::text COLLATE "C") > ($6, $7)
		ORDER BY %[7]s, t.id::text COLLATE "C" LIMIT $8`, k.table, k.title, k.languages, k.leika, k.service, k.office, ordered(k.title))
	written := fmt.Sprintf(`
		SELECT * FROM (
			SELECT e.entry_id AS id, e.title, CASE WHEN e.deleted_at IS NOT NULL THEN 'deleted' WHEN e.state = 'scheduled' THEN 'scheduled'
					WHEN e.state = 'review' THEN 'inReview' WHEN r.source IS NULL AND e.withdrawn_at IS NOT NULL THEN 'withdrawn'
					WHEN r.source IS NULL THEN 'new' WHEN e.draft IS NULL THEN 'released' ELSE 'changed' END AS state,
				e.languages, nullif(r.source, 'manual') AS source, %[3]s AS sorted
			FROM catalog_editing e CROSS JOIN LATERAL (SELECT (SELECT t.source FROM %[1]s t WHERE t.owner = '' AND t.id = e.entry_id%[2]s) AS source OFFSET 0) r
			WHERE e.kind = $1 AND $3 <> 'released' AND (e.draft IS NOT NULL OR e.deleted_at IS NOT NULL OR e.withdrawn_at IS NOT NULL)
				AND ($2 = '' OR lower(e.title) LIKE '%%' || lower($2) || '%%' OR e.draft->>'leikaKey' = $2)
				AND ($4::uuid IS NULL OR e.draft->>'serviceId' = $4::text) AND ($5::uuid IS NULL OR coalesce(e.draft->>'organisationId', e.draft->>'parentId') = $5::text)
				AND (%[3]s, e.entry_id) > ($6, $7)
		) w WHERE state <> 'released' AND CASE WHEN $3 = '' THEN state <> 'deleted' ELSE state = $3 END
		ORDER BY sorted, id LIMIT $8`, k.table, k.idCast(), ordered("e.title"))
	return `SELECT l.id, l.title, l.state, l.languages, coalesce(c.source, l.source, ''), c.entry_id IS NOT NULL,
			coalesce(c.conflicts <> '{}' OR c.imported IS NULL, false) AND c.entry_id IS NOT NULL,
			e.changed_at, coalesce(e.changed_name, ''), e.release_at, l.sorted
		FROM (SELECT * FROM ((` + released + `) UNION ALL (` + written + `)) u ORDER BY sorted, id COLLATE "C" LIMIT $8) l
			LEFT JOIN catalog_editing e ON e.kind = $1 AND e.entry_id = l.id
			LEFT JOIN catalog_corrections c ON c.kind = $1 AND c.entry_id = l.id
		ORDER BY l.sorted, l.id COLLATE "C"`
}

// idCast makes the id of a row at the desk one of the kind's table.
func (k kindSQL) idCast() string {
	if k.table == "catalog_categories" {
		return ""
	}
	return "::uuid"
}

// List lists own entries and drafts of a kind in the order of their titles, and where to go on.
func (s *Service) List(ctx context.Context, q ListQuery) (list []Summary, next string, err error) {
	k, ok := kindOf(q.Kind)
	if !ok {
		return nil, "", problem.BadRequest("kind", "Diese Art von Einträgen gibt es nicht.", "There is no such kind of entries.")
	}
	var after [2]string
	if err := readCursor(q.Cursor, &after); err != nil {
		return nil, "", err
	}
	rows, err := s.db.Pgx(ctx).Query(ctx, k.listQuery(), q.Kind, escapeLike(strings.TrimSpace(q.Words)), string(q.State), q.ServiceID, q.OrganisationID, after[0], after[1], q.Limit+1)
	if err != nil {
		return nil, "", fmt.Errorf("list entries: %w", err)
	}
	list, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (Summary, error) {
		var e Summary
		err := row.Scan(&e.ID, &e.Title, &e.State, &e.Languages, &e.Source, &e.Corrected, &e.Conflict, &e.ChangedAt, &e.ChangedBy, &e.ReleaseAt, &e.order)
		return e, err
	})
	if err != nil {
		return nil, "", fmt.Errorf("list entries: %w", err)
	}
	if len(list) > q.Limit {
		list = list[:q.Limit]
		last := list[q.Limit-1]
		next = writeCursor([2]string{last.order, last.ID})
	}
	return list, next, nil
}

func escapeLike(s string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s)
}

// writeCursor says where a list goes on; readCursor reads it.
func writeCursor(position any) string {
	text, err := json.Marshal(position)
	if err != nil {
		panic(err) // positions are strings and numbers
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

func readCursor(cursor string, position any) error {
	if cursor == "" {
		return nil
	}
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || json.Unmarshal(text, position) != nil || strings.ContainsRune(string(text), 0) || strings.Contains(string(text), `\u0000`) {
		return paging.NoSuchPage()
	}
	return nil
}

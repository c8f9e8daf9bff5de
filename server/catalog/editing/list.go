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
func german(column string) string {
	return fmt.Sprintf(`coalesce(%[1]s->>'de', (SELECT value FROM json_each_text(%[1]s) ORDER BY key = 'en' DESC, key LIMIT 1))`, column)
}

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

// stateSQL is the state of an entry: e is its row at the desk, t what is released.
const stateSQL = `CASE WHEN e.deleted_at IS NOT NULL THEN 'deleted' WHEN e.state = 'scheduled' THEN 'scheduled' WHEN e.state = 'review' THEN 'inReview'
	WHEN t.id IS NOT NULL AND e.draft IS NOT NULL THEN 'changed' WHEN t.id IS NOT NULL THEN 'released'
	WHEN e.withdrawn_at IS NOT NULL THEN 'withdrawn' ELSE 'new' END`

// listQuery lists own entries and drafts of a kind. It reads the portal's own rows only, by the index on the owner.
func (k kindSQL) listQuery() string {
	return fmt.Sprintf(`
	SELECT id, title, state, languages, source, corrected, conflict, changed_at, changed_name, release_at, sorted FROM (
		SELECT x.*, translate(lower(title), 'äöüß', 'aous') COLLATE "C" AS sorted FROM (
			SELECT coalesce(t.id::text, e.entry_id) AS id,
				CASE WHEN e.draft IS NOT NULL OR e.deleted_at IS NOT NULL THEN e.title ELSE coalesce(t.title, '') END AS title,
				%[6]s AS state, CASE WHEN e.draft IS NOT NULL OR e.deleted_at IS NOT NULL THEN e.languages ELSE t.languages END AS languages,
				coalesce(c.source, nullif(t.source, 'manual'), '') AS source, c.entry_id IS NOT NULL AS corrected,
				coalesce(c.conflicts <> '{}' OR c.imported IS NULL, false) AND c.entry_id IS NOT NULL AS conflict,
				e.changed_at, coalesce(e.changed_name, '') AS changed_name, e.release_at, coalesce(t.leika, '') AS leika,
				coalesce(t.service::text, e.draft->>'serviceId') AS service,
				coalesce(t.office::text, e.draft->>'organisationId', e.draft->>'parentId') AS office
			FROM (SELECT t.id, t.source, %[2]s AS title, %[3]s AS languages, %[4]s AS leika, %[5]s AS service, %[7]s AS office
				FROM %[1]s t WHERE t.owner = '') t
			FULL JOIN (SELECT * FROM catalog_editing WHERE kind = $1 AND (draft IS NOT NULL OR deleted_at IS NOT NULL OR withdrawn_at IS NOT NULL)) e
				ON e.entry_id = t.id::text
			LEFT JOIN catalog_corrections c ON c.kind = $1 AND c.entry_id = coalesce(t.id::text, e.entry_id)
		) x
	) y
	WHERE ($2 = '' OR lower(title) LIKE '%%' || lower($2) || '%%' OR leika = $2)
		AND CASE WHEN $3 = '' THEN state <> 'deleted' ELSE state = $3 END
		AND ($4::uuid IS NULL OR service = $4::text) AND ($5::uuid IS NULL OR office = $5::text)
		AND (sorted, id COLLATE "C") > ($6, $7)
	ORDER BY sorted, id COLLATE "C" LIMIT $8`, k.table, k.title, k.languages, k.leika, k.service, stateSQL, k.office)
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

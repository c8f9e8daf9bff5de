package catalog

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	jsonv1 "github.com/go-json-experiment/json/v1"
	"github.com/google/uuid"
)

// table holds the statements for one kind of entry. Keys go in and out as text, whatever the column is.
type table struct {
	name     string
	byOwner  bool   // each owner has keys of its own
	known    string // $1 keys, and where byOwner $2 owner → key, owner, digest, service
	upsert   string // $1 owner, $2 source, $3 copied at, then values
	remove   string // $1 owner, $2 keys → key, service
	images   string // $1 owner, $2 keys → key, source, payload, digest
	ofSource string // $1 owner, $2 source, $3 key, $4 limit → key
	present  string // $1 owner, $2 keys → how many are there
	size     string // $1 owner, $2 source → how many there are
	firstKey string // before all others
	own      string // $1 owner, $2 key, $3 limit → key, payload
	values   func([]prepared) []any
	columns  []string                     // id, payload, digest, those of the kind, then those of where it comes from
	row      func(prepared, origin) []any // the values of columns
}

// column is a column beyond those that all tables have: its SQL type in an array, and its type in the table.
type column struct{ name, array, cast string }

func tableOf(kind string) table {
	switch kind {
	case KindService:
		return newTable("catalog_services", "NULL::uuid", []column{{"leika_key", "text", ""}, {"title", "text", "::json"}, {"teaser", "text", "::json"}},
			func(p prepared) []any {
				e := p.entry.(*ServiceEntry) //nolint:forcetypeassert // prepared by kind
				return []any{e.LeikaKey, jsonText(e.Title), jsonText(e.lead())}
			})
	case KindSpecialisation:
		return newTable("catalog_specialisations", "service_id", []column{{"service_id", "uuid", ""}, {"areas", "text", "::text[]"}},
			func(p prepared) []any {
				e := p.entry.(*SpecialisationEntry) //nolint:forcetypeassert // prepared by kind
				return []any{e.ServiceID, areasLiteral(e.Areas)}
			})
	case KindOnlineService:
		return newTable("catalog_online_services", "NULL::uuid", []column{{"valid_from", "timestamptz", ""}, {"valid_to", "timestamptz", ""}},
			func(p prepared) []any {
				from, to := spanOf(p.entry.(*OnlineServiceEntry).Validity) //nolint:forcetypeassert // prepared by kind
				return []any{from, to}
			})
	case KindOnlineCompetence:
		return newTable("catalog_online_competences", "service_id",
			[]column{{"service_id", "uuid", ""}, {"online_service_id", "uuid", ""}, {"areas", "text", "::text[]"}},
			func(p prepared) []any {
				e := p.entry.(*OnlineCompetenceEntry) //nolint:forcetypeassert // prepared by kind
				return []any{e.ServiceID, e.OnlineServiceID, areasLiteral(e.Areas)}
			})
	case KindOrganisation:
		return newTable("catalog_organisations", "NULL::uuid", []column{{"parent_id", "uuid", ""}, {"name", "text", "::json"}, {"administers", "text", "::text[]"}},
			func(p prepared) []any {
				e := p.entry.(*OrganisationEntry) //nolint:forcetypeassert // prepared by kind
				return []any{e.ParentID, jsonText(e.Name), "{" + strings.ReplaceAll(strings.Join(e.Administers, ","), countryARS, `""`) + "}"}
			})
	case KindCompetence:
		return newTable("catalog_competences", "service_id", []column{
			{"service_id", "uuid", ""}, {"organisation_id", "uuid", ""}, {"area", "text", ""}, {"online", "boolean", ""}, {"role", "text", ""},
			{"valid_from", "timestamptz", ""}, {"valid_to", "timestamptz", ""}, {"terms", "text", "::json"},
		}, func(p prepared) []any {
			e := p.entry.(*CompetenceEntry) //nolint:forcetypeassert // prepared by kind
			from, to := spanOf(e.Validity)
			return []any{
				e.ServiceID, e.OrganisationID, strings.TrimPrefix(e.Area, countryARS), e.OnlineService != nil, cmp.Or(e.Role, roleAuthority), from, to, e.encoded(),
			}
		})
	case KindCategory:
		return newTable("catalog_categories", "NULL::uuid", []column{{"position", "integer", ""}},
			func(p prepared) []any {
				return []any{p.entry.(*CategoryEntry).Position} //nolint:forcetypeassert // prepared by kind
			})
	}
	panic("catalog: no table for " + kind) // kinds come from newEntry
}

func newTable(name, service string, columns []column, extra func(prepared) []any) table {
	idType, conflict, sameOwner, firstKey := "uuid", "id", "", uuid.Nil.String()
	if name == "catalog_categories" {
		idType, conflict, sameOwner, firstKey = "text", "owner, id", " AND owner = $2", ""
	}
	var names, aliases, selected, arrays, set strings.Builder
	for i, c := range columns {
		fmt.Fprintf(&names, ", %s", c.name)
		fmt.Fprintf(&aliases, ", %s", c.name)
		fmt.Fprintf(&selected, ", x.%s%s", c.name, c.cast)
		fmt.Fprintf(&arrays, ", $%d::%s[]", 7+i, c.array)
		fmt.Fprintf(&set, ", %s = excluded.%s", c.name, c.name)
	}
	copied := []string{"id", "payload", "digest"}
	for _, c := range columns {
		copied = append(copied, c.name)
	}
	ids := fmt.Sprintf("(SELECT k::%s FROM unnest($%%d::text[]) AS k)", idType)
	return table{
		name:    name,
		known:   fmt.Sprintf(`SELECT id::text, owner, digest, %s FROM %s WHERE id IN `+fmt.Sprintf(ids, 1)+`%s FOR UPDATE`, service, name, sameOwner),
		byOwner: sameOwner != "",
		upsert: fmt.Sprintf(`INSERT INTO %[1]s AS t (id, owner, source, copied_at, payload, digest%[2]s)
			SELECT x.id::%[3]s, $1, $2, $3, x.payload::json, x.digest%[4]s
			FROM unnest($4::text[], $5::text[], $6::bytea[]%[5]s) AS x (id, payload, digest%[6]s)
			ON CONFLICT (%[7]s) DO UPDATE SET source = excluded.source, copied_at = excluded.copied_at, payload = excluded.payload,
				digest = excluded.digest%[8]s
			WHERE t.owner = excluded.owner`,
			name, names.String(), idType, selected.String(), arrays.String(), aliases.String(), conflict, set.String()),
		remove:   fmt.Sprintf(`DELETE FROM %s WHERE owner = $1 AND id IN `+fmt.Sprintf(ids, 2)+` RETURNING id::text, %s`, name, service),
		images:   fmt.Sprintf(`SELECT id::text, source, payload, digest FROM %s WHERE owner = $1 AND id IN `+fmt.Sprintf(ids, 2), name),
		ofSource: fmt.Sprintf(`SELECT id::text FROM %s WHERE owner = $1 AND source = $2 AND id > $3::text::%s ORDER BY id LIMIT $4`, name, idType),
		present:  fmt.Sprintf(`SELECT count(*) FROM %s WHERE owner = $1 AND id IN `+fmt.Sprintf(ids, 2), name),
		size:     fmt.Sprintf(`SELECT count(*) FROM %s WHERE owner = $1 AND source = $2`, name),
		firstKey: firstKey,
		own:      fmt.Sprintf(`SELECT id::text, payload FROM %s WHERE owner = $1 AND id::text COLLATE "C" > $2 ORDER BY id::text COLLATE "C" LIMIT $3`, name),
		values: func(batch []prepared) []any {
			return columnsOf(batch, len(columns), extra)
		},
		columns: append(copied, "owner", "source", "copied_at"),
		row: func(p prepared, from origin) []any {
			var id any = p.entry.key()
			if idType == "uuid" {
				id = uuid.MustParse(p.entry.key()) // of an entry that was checked
			}
			row := append([]any{id, p.payload, p.digest}, extra(p)...)
			return append(row, from.owner, from.source, from.copiedAt)
		},
	}
}

// columnsOf turns entries into one array for each column: key, payload, digest, and those of the kind.
func columnsOf(batch []prepared, extras int, extra func(prepared) []any) []any {
	keys := make([]string, 0, len(batch))
	payloads := make([]string, 0, len(batch))
	digests := make([][]byte, 0, len(batch))
	more := make([][]any, extras)
	for _, p := range batch {
		keys = append(keys, p.entry.key())
		payloads = append(payloads, string(p.payload))
		digests = append(digests, p.digest)
		for i, value := range extra(p) {
			more[i] = append(more[i], value)
		}
	}
	args := []any{keys, payloads, digests}
	for _, values := range more {
		args = append(args, typed(values))
	}
	return args
}

// typed gives the values as a slice of their own type, which pgx sends as an array.
func typed(values []any) any {
	switch values[0].(type) {
	case string:
		return collect[string](values)
	case bool:
		return collect[bool](values)
	case int:
		return collect[int](values)
	case uuid.UUID:
		return collect[uuid.UUID](values)
	case *uuid.UUID:
		return collect[*uuid.UUID](values)
	case *string:
		return collect[*string](values)
	case *time.Time:
		return collect[*time.Time](values)
	}
	panic(fmt.Sprintf("catalog: no array of %T", values[0])) // tableOf gives no others
}

func collect[T any](values []any) []T {
	list := make([]T, 0, len(values))
	for _, v := range values {
		list = append(list, v.(T)) //nolint:forcetypeassert // of one column
	}
	return list
}

// areasLiteral writes areas as PostgreSQL reads an array of text; the whole country is the empty area.
func areasLiteral(areas []string) string {
	var b strings.Builder
	for i, a := range areas {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%q", strings.TrimPrefix(a, countryARS)) // digits only
	}
	return "{" + b.String() + "}"
}

func jsonText(t Text) string {
	if t == nil {
		return "{}"
	}
	b, err := jsonv1.Marshal(t)
	if err != nil {
		panic(err) // strings can always be written
	}
	return string(b)
}

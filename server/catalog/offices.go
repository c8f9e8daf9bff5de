package catalog

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
)

const (
	lastKey        = "\U0010FFFF" // behind all names
	maxOfficeWords = 8
)

// OfficeQuery says which offices a list is about, and which part of it.
type OfficeQuery struct {
	Words  string // of the name or town, or their beginnings; empty: all
	ARS    string // only offices that are stated to do something for this place, or a part of it; empty: all
	Letter string // A to Z by the German name, or 0-9 for any other beginning; empty: all
	Limit  int    // 0: 20, at most 100
	Cursor string
}

// Organisations lists offices of all portals from A to Z, in the language of ctx. Where no name has all the words, names that are
// spelled alike are listed.
func (s *Service) Organisations(ctx context.Context, q OfficeQuery) (types.OrganisationList, error) {
	after, err := readCursor(q.Cursor)
	if err != nil {
		return types.OrganisationList{}, err
	}
	at, err := s.place(ctx, q.ARS)
	if err != nil {
		return types.OrganisationList{}, err
	}
	owners := s.owners()
	f := officeFilter{args: []any{ownerKeys(owners)}}
	if at != nil && at.area != "" {
		f.forPlace(at)
	}
	if q.Words == "" {
		return s.offices(ctx, &f, q, after, owners)
	}
	exact := f.having(` AND words @@ to_tsquery('simple', $%d)`, officeWords(q.Words))
	list, err := s.offices(ctx, &exact, q, after, owners)
	if err != nil || len(list.Letters) > 0 {
		return list, err
	}
	alike := f.having(` AND $%d <%% name_key`, foldOffice(q.Words))
	return s.offices(ctx, &alike, q, after, owners)
}

// offices reads a part of the offices that a filter leaves, and the letters of all of them.
func (s *Service) offices(ctx context.Context, f *officeFilter, q OfficeQuery, after listCursor, owners map[string]types.PortalReference) (types.OrganisationList, error) {
	list := types.OrganisationList{Items: []types.OrganisationSummary{}}
	from, to := lettersFrom(q.Letter)
	limit := limitOf(q.Limit)
	sql, args := f.query(from, to, after, limit+1)
	rows, err := s.store.db.Pgx(ctx).Query(ctx, sql, args...)
	if err != nil {
		return list, fmt.Errorf("read organisations: %w", err)
	}
	language := httpx.LanguageOf(ctx)
	var last listCursor
	var row organisationRow
	_, err = pgx.ForEachRow(rows, []any{&row.id, &row.owner, &row.key, &row.name, &row.parent, &row.city}, func() error {
		if len(list.Items) == limit {
			list.NextCursor = optional(last.written())
			return nil
		}
		last = listCursor{Key: row.key, ID: row.id}
		list.Items = append(list.Items, types.OrganisationSummary{
			Id: row.id, Name: row.name.in(language), ParentName: optional(row.parent.in(language)), City: row.city, Portal: owners[row.owner],
		})
		row = organisationRow{}
		return nil
	})
	if err != nil {
		return list, fmt.Errorf("read organisations: %w", err)
	}
	list.Letters, err = s.letters(ctx, f)
	return list, err
}

// lettersFrom gives the keys between which names with a letter stand.
func lettersFrom(letter string) (from, to string) {
	switch letter {
	case "":
		return "", lastKey
	case otherLetter:
		return "", "a"
	}
	return strings.ToLower(letter), strings.ToLower(letter) + lastKey
}

type organisationRow struct {
	id           uuid.UUID
	owner, key   string
	name, parent Text
	city         *string
}

// officeFilter is what narrows down a list of offices: conditions on catalog_organisations, with arguments from $1, the owners.
type officeFilter struct {
	where string
	args  []any
}

// having gives the filter with one condition more, on one argument.
func (f *officeFilter) having(condition string, arg any) officeFilter {
	args := append(slices.Clone(f.args), arg)
	return officeFilter{where: f.where + fmt.Sprintf(condition, len(args)), args: args}
}

// forPlace keeps offices that are stated to be competent or to answer questions at the place or, above a municipality, somewhere in
// it, and those that are its administration. Its arguments are the areas that cover it, and its own.
func (f *officeFilter) forPlace(at *place) {
	n := len(f.args)
	f.args = append(f.args, at.area.chain())
	stated := fmt.Sprintf("c.area = ANY ($%d)", n+1)
	if !at.area.isMunicipality(string(at.level)) {
		f.args = append(f.args, string(at.area))
		stated = fmt.Sprintf("(%s OR c.area > $%d AND c.area < $%[2]d || ':')", stated, n+2) // ":" comes behind all digits
	}
	f.where += fmt.Sprintf(` AND (id, owner) IN (
		SELECT c.organisation_id, c.owner FROM catalog_competences c
		WHERE %s AND c.owner = ANY ($1) AND c.role IN ('01', '03') AND (c.valid_from IS NULL OR c.valid_from <= now()) AND (c.valid_to IS NULL OR c.valid_to >= now())
		UNION SELECT a.id, a.owner FROM catalog_organisations a WHERE a.administers && $%d AND a.administers <> '{}')`, stated, n+1)
}

// query reads offices between two keys, after a position.
func (f *officeFilter) query(from, to string, after listCursor, limit int) (sql string, args []any) {
	n := len(f.args)
	arg := func(i int) string { return "$" + strconv.Itoa(n+i) }
	return `SELECT o.id, o.owner, o.name_key, o.name, p.name, o.payload #>> '{address,city}' FROM (
		SELECT * FROM catalog_organisations WHERE owner = ANY ($1)` + f.where + `
		AND name_key >= ` + arg(1) + ` AND name_key < ` + arg(2) + ` AND (name_key, id) > (` + arg(3) + `, ` + arg(4) + `::uuid)
		ORDER BY name_key, id LIMIT ` + arg(5) + `
	) o LEFT JOIN catalog_organisations p ON p.id = o.parent_id AND p.owner = o.owner
	ORDER BY o.name_key, o.id`, append(slices.Clone(f.args), from, to, after.Key, after.ID, limit)
}

// One look into the index for each letter, not one for each office.
const lettersQuery = `
	SELECT upper(l) FROM unnest($2::text[]) AS l WHERE EXISTS (
		SELECT FROM catalog_organisations WHERE name_key >= l AND name_key < l || $3 AND owner = ANY ($1))
	UNION ALL
	SELECT '0-9' WHERE EXISTS (SELECT FROM catalog_organisations WHERE name_key < 'a' AND owner = ANY ($1))`

// letters gives the letters with which the names of a filter's offices begin.
func (s *Service) letters(ctx context.Context, f *officeFilter) ([]string, error) {
	sql, args := lettersQuery, append(slices.Clone(f.args), strings.Split("abcdefghijklmnopqrstuvwxyz", ""), lastKey)
	if f.where != "" {
		args = f.args
		sql = `SELECT DISTINCT CASE WHEN name_key < 'a' THEN '0-9' ELSE upper(left(name_key, 1)) END FROM catalog_organisations
			WHERE owner = ANY ($1)` + f.where
	}
	rows, err := s.store.db.Pgx(ctx).Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("read letters: %w", err)
	}
	letters, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("read letters: %w", err)
	}
	slices.Sort(letters)
	return letters, nil
}

// officeWords writes words for to_tsquery: each is the beginning of a word of the office, with ä, ö, ü as such or as ae, oe, ue.
// Without words, it matches nothing.
func officeWords(text string) string {
	words := strings.FieldsFunc(foldOffice(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	parts := make([]string, 0, len(words))
	for _, w := range words[:min(len(words), maxOfficeWords)] {
		other := strings.NewReplacer("ae", "a", "oe", "o", "ue", "u").Replace(w)
		parts = append(parts, "("+w+":* | "+other+":*)")
	}
	return strings.Join(parts, " & ")
}

// foldOffice writes a name like name_key in the table.
func foldOffice(text string) string {
	return strings.NewReplacer("ä", "a", "ö", "o", "ü", "u", "é", "e", "è", "e", "á", "a", "à", "a", "ç", "c", "ñ", "n", "ß", "ss").
		Replace(strings.ToLower(strings.ReplaceAll(text, "\x00", " ")))
}

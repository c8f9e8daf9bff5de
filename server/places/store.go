package places

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/jackc/pgx/v5"

	"portalverbund/api/types"
	"portalverbund/db"
)

type store struct{ db *db.DB }

// row is a place as the table has it.
type row struct {
	ARS         string
	Level       string
	Name        string
	NameKey     string
	ShortKey    string
	PostalCodes []string
	Population  *int
	Lat, Lon    *float64
}

func (r row) place() types.Place {
	p := types.Place{
		Ars:         pad(r.ARS),
		Level:       types.PlaceLevel(r.Level),
		Name:        r.Name,
		Parents:     []types.PlaceReference{},
		Population:  r.Population,
		PostalCodes: r.PostalCodes,
	}
	if r.Lat != nil && r.Lon != nil {
		p.Position = &types.Position{Lat: *r.Lat, Lon: *r.Lon}
	}
	return p
}

const columns = `p.ars, p.level, p.name, p.name_key, p.short_key, p.postal_codes, p.population, p.lat, p.lon`

// byNearness orders places: those in the portal's area, in its Kreise, in its Länder, and last all others, each by
// population. $1 to $3 are the patterns.
const byNearness = `CASE WHEN p.ars LIKE ANY ($1) THEN 0 WHEN p.ars LIKE ANY ($2) THEN 1 WHEN p.ars LIKE ANY ($3) THEN 2 ELSE 3 END,
	p.population DESC NULLS LAST, p.ars`

const placeQuery = `
	SELECT ` + columns + ` FROM (
		SELECT 0 AS rank, ars FROM unnest($1::text[]) AS k (ars)
		UNION ALL
		SELECT 1, successor FROM place_successors WHERE ars = $2
	) AS wanted JOIN places p ON p.ars = wanted.ars COLLATE "C"
	ORDER BY wanted.rank, length(p.ars) DESC LIMIT 1`

// place gives the first that exists of the keys, else the place that took over from the padded key, else nil.
func (s store) place(ctx context.Context, keys []string, padded string) (*row, error) {
	rows, err := s.query(ctx, placeQuery, keys, padded)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return &rows[0], nil
}

const postalCodeQuery = `
	SELECT ` + columns + ` FROM places p
	WHERE p.ars IN (SELECT c.ars FROM place_postal_codes c WHERE c.postal_code >= $4 AND c.postal_code < $5)
	ORDER BY CASE WHEN $6::text = '' THEN 0 WHEN starts_with(p.name_key, $6) THEN 0 ELSE 1 - word_similarity($6, p.name_key) END,
		` + byNearness + `
	LIMIT $7`

// byPostalCode finds the municipalities of a postal code or of its beginning; a name beside it puts the like-named first.
func (s store) byPostalCode(ctx context.Context, code, name string, limit int, near nearPatterns) ([]row, error) {
	return s.query(ctx, postalCodeQuery, near.area, near.kreis, near.land, code, after(code), name, limit)
}

const nameQuery = `
	SELECT ` + columns + ` FROM places p
	WHERE p.level = 'gemeinde' AND p.name_key >= $4 AND p.name_key < $5
	ORDER BY CASE WHEN p.short_key = $4 OR starts_with(p.name_key || ' ', $4 || ' ') THEN 0 ELSE 1 END, ` + byNearness + `
	LIMIT $6`

// byName finds the municipalities whose name begins with the key: first those where the key is whole words.
func (s store) byName(ctx context.Context, key string, limit int, near nearPatterns) ([]row, error) {
	return s.query(ctx, nameQuery, near.area, near.kreis, near.land, key, after(key), limit)
}

// The planner can't know how many places share a hash, so the two ways to be alike are asked for apart: each has its index.
const similarQuery = `
	SELECT ` + columns + ` FROM places p JOIN (
		SELECT ars, max(closeness) AS closeness FROM (
			SELECT ars, 2::real AS closeness FROM places WHERE level = 'gemeinde' AND typos && $4
			UNION ALL
			SELECT ars, word_similarity($5, name_key) FROM places WHERE level = 'gemeinde' AND $5 <% name_key
		) AS alike GROUP BY ars
	) AS found USING (ars)
	ORDER BY found.closeness DESC, ` + byNearness + `
	LIMIT $6`

// bySimilarName finds the municipalities whose name shares a slip with the key, or is alike by trigrams.
func (s store) bySimilarName(ctx context.Context, key string, limit int, near nearPatterns) ([]row, error) {
	return s.query(ctx, similarQuery, near.area, near.kreis, near.land, typoHashes(key), key, limit)
}

// after is the first key behind all that begin with prefix; keys are folded, so nothing comes behind ~.
func after(prefix string) string { return prefix + "\U0010FFFF" }

func (s store) query(ctx context.Context, sql string, args ...any) ([]row, error) {
	result, err := s.db.Pgx(ctx).Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("read places: %w", err)
	}
	rows, err := pgx.CollectRows(result, pgx.RowToStructByPos[row])
	if err != nil {
		return nil, fmt.Errorf("read places: %w", err)
	}
	return rows, nil
}

const referencesQuery = `SELECT ars, level, name FROM places WHERE ars = ANY ($1)`

// references reads name and level of several places, by unpadded key.
func (s store) references(ctx context.Context, keys map[string]bool) (map[string]types.PlaceReference, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	list := make([]string, 0, len(keys))
	for key := range keys {
		list = append(list, key)
	}
	rows, err := s.db.Pgx(ctx).Query(ctx, referencesQuery, list)
	if err != nil {
		return nil, fmt.Errorf("read places: %w", err)
	}
	found := make(map[string]types.PlaceReference, len(list))
	var key, level, name string
	_, err = pgx.ForEachRow(rows, []any{&key, &level, &name}, func() error {
		found[key] = types.PlaceReference{Ars: pad(key), Level: types.PlaceLevel(level), Name: name}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read places: %w", err)
	}
	return found, nil
}

const formerQuery = `SELECT successor, ars FROM place_successors WHERE successor = ANY ($1) ORDER BY ars LIMIT $2`

// maxFormer is how many former keys are looked at for a place and those that it lies in.
const maxFormer = 500

// former reads the keys that stood for places; asked are the keys under which to give them.
func (s store) former(ctx context.Context, keys []string, asked map[string][]string) (map[string][]string, error) {
	rows, err := s.db.Pgx(ctx).Query(ctx, formerQuery, keys, maxFormer)
	if err != nil {
		return nil, fmt.Errorf("read former keys: %w", err)
	}
	former := map[string][]string{}
	var successor, key string
	_, err = pgx.ForEachRow(rows, []any{&successor, &key}, func() error {
		for _, ars := range asked[successor] {
			former[ars] = append(former[ars], key)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read former keys: %w", err)
	}
	return former, nil
}

// aroundQuery reckons on a sphere; woods and waters where nobody lives are left out. $1 latitude, $2 longitude, $3 to $6 the box in which to look.
const aroundQuery = `
	SELECT ars, name, population, lat, lon, km FROM (
		SELECT ars, name, population, lat, lon, 2 * 6371 * asin(least(1, sqrt(
			sin(radians(lat - $1::float8) / 2) ^ 2 + cos(radians($1::float8)) * cos(radians(lat)) * sin(radians(lon - $2::float8) / 2) ^ 2))) AS km
		FROM places WHERE level = 'gemeinde' AND population > 0 AND lat BETWEEN $3 AND $4 AND lon BETWEEN $5 AND $6
	) p WHERE km <= $7 ORDER BY km, ars LIMIT $8`

// around looks in ever larger boxes until there is enough.
func (s store) around(ctx context.Context, lat, lon float64, limit int) ([]types.NearbyPlace, error) {
	list := []types.NearbyPlace{}
	for _, km := range []float64{12, 35, 100} {
		north := km / 111.2 // a degree of latitude
		east := north / max(math.Cos(lat*math.Pi/180), 0.01)
		rows, err := s.db.Pgx(ctx).Query(ctx, aroundQuery, lat, lon, lat-north, lat+north, lon-east, lon+east, km, limit)
		if err != nil {
			return nil, fmt.Errorf("read places: %w", err)
		}
		list, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (types.NearbyPlace, error) {
			var p types.NearbyPlace
			err := row.Scan(&p.Ars, &p.Name, &p.Population, &p.Position.Lat, &p.Position.Lon, &p.DistanceKm)
			p.Ars, p.DistanceKm = pad(p.Ars), math.Round(p.DistanceKm*10)/10
			return p, err
		})
		if err != nil {
			return nil, fmt.Errorf("read places: %w", err)
		}
		if len(list) >= limit {
			break
		}
	}
	return list, nil
}

// importLock lets one import of places run at a time.
const importLock = int64(0x706c61636573) // "places"

// counts is what taking over the staged places did.
type counts struct{ added, changed, unchanged, retired int }

// replace stages the lines that next gives by COPY and takes over what is new or different, in the transaction of ctx.
func (s store) replace(ctx context.Context, next func() ([]any, error)) (counts, error) {
	q := s.db.Pgx(ctx)
	if _, err := q.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", importLock); err != nil {
		return counts{}, fmt.Errorf("import places: %w", err)
	}
	if _, err := q.Exec(ctx, "CREATE TEMPORARY TABLE places_staged (LIKE places) ON COMMIT DROP"); err != nil {
		return counts{}, fmt.Errorf("import places: %w", err)
	}
	staged, err := q.CopyFrom(ctx, pgx.Identifier{"places_staged"}, stagedColumns(), pgx.CopyFromFunc(next))
	if err != nil {
		return counts{}, fmt.Errorf("import places: %w", err)
	}
	var done counts
	if err := q.QueryRow(ctx, retireQuery).Scan(&done.retired); err != nil {
		return counts{}, fmt.Errorf("import places: %w", err)
	}
	if err := q.QueryRow(ctx, takeOver()).Scan(&done.added, &done.changed); err != nil {
		return counts{}, fmt.Errorf("import places: %w", err)
	}
	done.unchanged = int(staged) - done.retired - done.added - done.changed
	if done.added+done.changed == 0 {
		return done, nil
	}
	for _, statement := range renewPostalCodes() {
		if _, err := q.Exec(ctx, statement); err != nil {
			return counts{}, fmt.Errorf("import places: %w", err)
		}
	}
	return done, nil
}

func stagedColumns() []string {
	return []string{
		"ars", "ags", "level", "kind", "name", "name_key", "short_key", "typos", "postal_codes", "population", "area_km2", "lat", "lon", "digest",
	}
}

// takeOver copies what is new or different and tells how many were new and how many different.
func takeOver() string {
	list := strings.Join(stagedColumns(), ", ")
	return `
	WITH done AS (
		INSERT INTO places AS p (` + list + `) SELECT ` + list + ` FROM places_staged
		ON CONFLICT (ars) DO UPDATE SET (` + list + `) = ROW (excluded.` + strings.Join(stagedColumns(), ", excluded.") + `)
		WHERE p.digest <> excluded.digest
		RETURNING (xmax = 0) AS is_new
	) SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new) FROM done`
}

// renewPostalCodes makes place_postal_codes say what the staged places say.
func renewPostalCodes() []string {
	return []string{
		`DELETE FROM place_postal_codes c USING places_staged s WHERE c.ars = s.ars AND NOT c.postal_code = ANY (s.postal_codes)`,
		`INSERT INTO place_postal_codes (postal_code, ars) SELECT unnest(postal_codes), ars FROM places_staged ON CONFLICT DO NOTHING`,
		`ANALYZE places`,
		`ANALYZE place_postal_codes`,
	}
}

func (s store) empty(ctx context.Context) (bool, error) {
	var one int
	err := s.db.Pgx(ctx).QueryRow(ctx, "SELECT 1 FROM places LIMIT 1").Scan(&one)
	if errors.Is(err, pgx.ErrNoRows) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("read places: %w", err)
	}
	return false, nil
}

const municipalitiesQuery = `SELECT ars, name FROM places WHERE level = $1 ORDER BY population DESC NULLS LAST, ars`

// municipalities gives the key and the name of each.
func (s store) municipalities(ctx context.Context) ([]types.PlaceReference, error) {
	rows, err := s.db.Pgx(ctx).Query(ctx, municipalitiesQuery, string(types.Gemeinde))
	if err != nil {
		return nil, fmt.Errorf("list municipalities: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (types.PlaceReference, error) {
		p := types.PlaceReference{Level: types.Gemeinde}
		err := r.Scan(&p.Ars, &p.Name)
		p.Ars = pad(p.Ars)
		return p, err
	})
	if err != nil {
		return nil, fmt.Errorf("list municipalities: %w", err)
	}
	return list, nil
}

const postalCodeLandsQuery = `SELECT postal_code, min(left(ars, 2)) FROM place_postal_codes GROUP BY postal_code HAVING min(left(ars, 2)) = max(left(ars, 2))`

func (s store) postalCodeLands(ctx context.Context) (map[string]string, error) {
	rows, err := s.db.Pgx(ctx).Query(ctx, postalCodeLandsQuery)
	if err != nil {
		return nil, fmt.Errorf("read postal codes: %w", err)
	}
	lands := map[string]string{}
	var code, land string
	_, err = pgx.ForEachRow(rows, []any{&code, &land}, func() error {
		lands[code] = land
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read postal codes: %w", err)
	}
	return lands, nil
}

// An area's municipalities are those whose keys begin with its own: a range of the primary key.
const middlesQuery = `
	SELECT k.area, avg(p.lat), avg(p.lon) FROM unnest($1::text[], $2::text[]) AS k (area, beginning)
	JOIN places p ON p.ars >= k.beginning AND p.ars <= k.beginning || '~' AND p.level = 'gemeinde' AND p.lat IS NOT NULL AND p.lon IS NOT NULL
	GROUP BY k.area`

// middles gives the middle of the municipalities of areas, by the areas as they were asked for.
func (s store) middles(ctx context.Context, areas []string) (map[string]types.Position, error) {
	beginnings := make([]string, 0, len(areas))
	for _, area := range areas {
		beginnings = append(beginnings, unpad(pad(area)))
	}
	rows, err := s.db.Pgx(ctx).Query(ctx, middlesQuery, areas, beginnings)
	if err != nil {
		return nil, fmt.Errorf("read places: %w", err)
	}
	found := map[string]types.Position{}
	var area string
	var at types.Position
	_, err = pgx.ForEachRow(rows, []any{&area, &at.Lat, &at.Lon}, func() error {
		found[area] = at
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read places: %w", err)
	}
	return found, nil
}

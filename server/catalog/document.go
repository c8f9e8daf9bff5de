package catalog

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"math"
	"slices"
	"strings"

	jsonv1 "github.com/go-json-experiment/json/v1"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// document is a service as the search keeps it in memory: enough to rank, group and filter without asking the database. There are
// very many, so what they are made of is kept without pointers where it can be, and once where it is the same: the collector
// of garbage follows every pointer, while people wait for answers.
type document struct {
	id         uuid.UUID
	number     int32 // in the index
	owner      string
	leikaKey   string
	version    version
	order      string // German title, for lists in alphabetical order
	audiences  []string
	categories []string
	*spread
	phrases  []phrase
	words    []phraseWord // of all phrases
	teaser   []int32      // numbers of terms
	hasForms bool
	valid    during
	unit     int32 // the one that is competent for everybody wherever it is done, see index.units; 0 if that can't be said so simply
	shown    shownText
	kin      *kin         // of services with its LeiKa key; nil if it has none
	alone    [1]*document // itself, see index.kin
}

// version changes with a service or its competences.
type version [16]byte

func versionOf(text string) version {
	sum := sha256.Sum256([]byte(text))
	return version(sum[:16])
}

// spread is where services are done. Those with the same competences share it.
type spread struct {
	number int32 // in the index
	claims []claim
	online []area // where online services are stated that stand on their own
}

// claim is a stated competence: where, and whether one can apply online.
type claim struct {
	area   area
	online bool
}

// phrase is a title or a synonym as the stems of its words, with those of the parts of compounds.
type phrase struct {
	kind     phraseKind
	from, to uint16  // of the document's words
	weight   float32 // of all words
}

// phraseKind says what a phrase is of a service.
type phraseKind uint8

const (
	phraseTitle phraseKind = iota
	phrasePart             // of a title, between dashes or brackets
	phraseSynonym
	phraseKey
)

// phraseWord names a word's stem and its parts by their numbers, see vocabulary.
type phraseWord struct {
	stem   int32
	parts  int32 // of a compound: where they begin in vocabulary.parts
	count  uint8 // how many there are; 0: it is none
	weight float32
}

// mostWords bounds the words of all phrases of a document: what comes after them is not searched for.
const mostWords = math.MaxUint16

// wordsOf gives the words of one of the document's phrases.
func (d *document) wordsOf(p *phrase) []phraseWord { return d.words[p.from:p.to] }

// isSame says whether another document is the same service, at another portal.
func (d *document) isSame(other *document) bool {
	return d == other || d.leikaKey != "" && d.leikaKey == other.leikaKey
}

// reach is how specific the most specific claim is that covers a place: digits of the area plus one, 0 if none covers it.
func (s *spread) reach(place area) int {
	best := 0
	for _, c := range s.claims {
		if c.area.covers(place) {
			best = max(best, len(c.area)+1)
		}
	}
	return best
}

// isAround says whether it is done in one of the areas, or in a part of it.
func (s *spread) isAround(at []area) bool {
	for _, c := range s.claims {
		for _, a := range at {
			if c.area.covers(a) || a.covers(c.area) {
				return true
			}
		}
	}
	return false
}

// onlineAt says whether one can apply online at the place: by the most specific claim, or by an online service.
func (s *spread) onlineAt(place area) bool {
	reach := s.reach(place)
	return slices.ContainsFunc(s.claims, func(c claim) bool { return c.online && c.area.covers(place) && len(c.area)+1 == reach }) ||
		slices.ContainsFunc(s.online, func(a area) bool { return a.covers(place) })
}

// onlineAnywhere says whether one can apply online at any place.
func (s *spread) onlineAnywhere() bool {
	return len(s.online) > 0 || slices.ContainsFunc(s.claims, func(c claim) bool { return c.online })
}

// isFor says whether the service is for an audience; a service that names none is for all.
func (d *document) isFor(audience string) bool {
	return audience == "" || len(d.audiences) == 0 || slices.Contains(d.audiences, audience)
}

// serviceRow is a service as the search reads it.
type serviceRow struct {
	ID       uuid.UUID
	Owner    string
	LeikaKey string
	Version  string
	Payload  []byte
	Lead     map[string]string // what lists show beside the title
	Claims   []string          // area, and + where there is an online way; @ before the area of an online service
	Unit     *uuid.UUID        // that all claims name, for everybody and always; nil if they differ or depend on something
}

// versionSQL changes whenever the service or one of its competences does, also when one becomes valid or ends; s is the service,
// c its competences.
const versionSQL = `encode(s.digest, 'hex') || coalesce(c.version, '')`

// Only who is competent and what is valid today counts; the search notices by itself when that changes (checkEvery). Owners are compared
// so that the index of owners cannot be used: before there are statistics, PostgreSQL would read all of an owner's rows in it for each
// service.
const claimsSQL = `
	LEFT JOIN LATERAL (
		SELECT array_agg(claim) AS claims, CASE WHEN min(unit) = max(unit) AND bool_and(terms IS NULL) THEN min(unit)::uuid END AS unit, count(*)::text || ':' || sum(('x' || encode(substr(digest, 1, 4), 'hex'))::bit(32)::bigint)::text AS version
		FROM (
			SELECT area || CASE WHEN online THEN '+' ELSE '' END AS claim, digest, organisation_id::text AS unit, terms FROM catalog_competences
			WHERE service_id = s.id AND owner || '' = s.owner AND role = '01' AND (valid_from IS NULL OR valid_from <= now()) AND (valid_to IS NULL OR valid_to >= now())
			UNION ALL
			SELECT '@' || a, w.digest, NULL, NULL FROM catalog_online_competences w CROSS JOIN LATERAL unnest(w.areas) AS a
			WHERE w.service_id = s.id AND w.owner || '' = s.owner AND EXISTS (
				SELECT FROM catalog_online_services o WHERE o.id = w.online_service_id AND o.owner || '' = w.owner
					AND (o.valid_from IS NULL OR o.valid_from <= now()) AND (o.valid_to IS NULL OR o.valid_to >= now())
			)
		) x
	) c ON true`

const (
	servicesQuery = `SELECT s.id, s.owner, s.leika_key, ` + versionSQL + `, s.payload, s.teaser, coalesce(c.claims, '{}'), c.unit
		FROM catalog_services s` + claimsSQL + ` WHERE s.id > $1 ORDER BY s.id LIMIT $2`
	servicesByIDQuery = `SELECT s.id, s.owner, s.leika_key, ` + versionSQL + `, s.payload, s.teaser, coalesce(c.claims, '{}'), c.unit
		FROM catalog_services s` + claimsSQL + ` WHERE s.id = ANY ($1)`
	versionsQuery = `SELECT s.id, ` + versionSQL + ` FROM catalog_services s` + claimsSQL + ` WHERE s.id > $1 ORDER BY s.id LIMIT $2`
)

// services reads services that come after an id, in order.
func (s store) services(ctx context.Context, after uuid.UUID, limit int) ([]serviceRow, error) {
	return s.serviceRows(ctx, servicesQuery, after, limit)
}

// servicesByID reads services; those that do not exist are missing.
func (s store) servicesByID(ctx context.Context, ids []uuid.UUID) ([]serviceRow, error) {
	return s.serviceRows(ctx, servicesByIDQuery, ids)
}

func (s store) serviceRows(ctx context.Context, sql string, args ...any) ([]serviceRow, error) {
	rows, err := s.db.Pgx(ctx).Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("read services: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[serviceRow])
	if err != nil {
		return nil, fmt.Errorf("read services: %w", err)
	}
	return list, nil
}

// versionRow names a service and its version.
type versionRow struct {
	ID      uuid.UUID
	Version string
}

// versions reads the versions of services that come after an id, in order.
func (s store) versions(ctx context.Context, after uuid.UUID, limit int) ([]versionRow, error) {
	rows, err := s.db.Pgx(ctx).Query(ctx, versionsQuery, after, limit)
	if err != nil {
		return nil, fmt.Errorf("read services: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[versionRow])
	if err != nil {
		return nil, fmt.Errorf("read services: %w", err)
	}
	return list, nil
}

// wording is what the search reads of a service. Texts are by language.
type wording struct {
	row          serviceRow
	Title        map[string]string   `json:"title"`
	Teaser       map[string]string   `json:"teaser"`
	Description  map[string]string   `json:"description"`
	Requirements map[string]string   `json:"requirements"`
	Synonyms     map[string][]string `json:"synonyms"`
	Documents    []titled            `json:"documents"`
	LegalBasis   []titled            `json:"legalBasis"`
	Links        []LinkEntry         `json:"links"`
	Categories   []string            `json:"categories"`
	Audiences    []string            `json:"audiences"`
	Validity     []PeriodEntry       `json:"validity"`
}

// formsModule is the module of a service that its forms are linked from.
const formsModule = "forms"

type titled struct {
	Title map[string]string `json:"title"`
}

// readRows reads the entries out of rows.
func readRows(rows []serviceRow) ([]*wording, error) {
	list := make([]*wording, 0, len(rows))
	for _, r := range rows {
		f := &wording{row: r}
		if err := jsonv1.Unmarshal(r.Payload, f); err != nil {
			return nil, fmt.Errorf("read service %s: %w", r.ID, err)
		}
		f.row.Payload = nil
		list = append(list, f)
	}
	return list, nil
}

// texts are those in which a word says less than in a title or teaser.
func (f *wording) texts() []map[string]string {
	texts := []map[string]string{f.Description, f.Requirements}
	for _, list := range [][]titled{f.Documents, f.LegalBasis} {
		for _, t := range list {
			texts = append(texts, t.Title)
		}
	}
	for _, l := range f.Links {
		if l.Module == formsModule {
			texts = append(texts, map[string]string{l.language(): l.Title})
		}
	}
	return texts
}

// hasForms says whether forms belong to the service.
func (f *wording) hasForms() bool {
	return slices.ContainsFunc(f.Links, func(l LinkEntry) bool { return l.Module == formsModule })
}

// language is the language of a link's title.
func (l LinkEntry) language() string { return cmp.Or(l.Language, "de") }

// spread says where the service is done.
func (r serviceRow) spread() *spread {
	s := &spread{claims: make([]claim, 0, len(r.Claims))}
	for _, text := range r.Claims {
		if place, only := strings.CutPrefix(text, "@"); only {
			s.online = append(s.online, area(place))
			continue
		}
		place, here := strings.CutSuffix(text, "+")
		s.claims = append(s.claims, claim{area: area(place), online: here})
	}
	s.claims = slices.Compact(s.claims)
	return s
}

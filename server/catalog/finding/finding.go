// Package finding is where editors look after the search of their portal: what people say here and what it is called in the
// catalog, what was searched for in vain, and why a service stands where it does.
//
// Synonyms belong to the portal and take effect in all its processes when the transaction commits. Searches without a result are
// counted by the catalog (catalog.CountMissed), which also decides what may be kept of them.
package finding

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"portalverbund/api/types"
	"portalverbund/db"
	"portalverbund/server/catalog"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/idempotency"
	"portalverbund/server/platform/problem"
)

const maxWords = 6 // of one phrase

// Audit keeps who did what.
type Audit interface {
	Record(ctx context.Context, action, object, detail string) error
}

// Config is what New needs.
type Config struct {
	DB      *db.DB
	Catalog *catalog.Service
	Audit   Audit
	Now     func() time.Time // default: the machine's clock
}

// Service looks after the search. It is safe for use by several goroutines.
type Service struct {
	db      *db.DB
	catalog *catalog.Service
	audit   Audit
	now     func() time.Time
}

// New makes the Service.
func New(c Config) *Service {
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Service{db: c.DB, catalog: c.Catalog, audit: c.Audit, now: c.Now}
}

// Synonym is what people say, what it is called in the catalog, and who said so last.
type Synonym struct {
	ID        uuid.UUID
	Revision  int64
	Says      []string
	Means     []string
	ChangedAt time.Time
	ChangedBy string
}

// ETag names the state of the synonym, for If-Match.
func (s Synonym) ETag() string { return strconv.Quote(strconv.FormatInt(s.Revision, 10)) }

const columns = `id, revision, says, means, changed_at, changed_name`

// Position is where a list goes on.
type Position struct {
	Words string    `json:"w"`
	ID    uuid.UUID `json:"i"`
}

const listQuery = `SELECT ` + columns + ` FROM catalog_search_synonyms
	WHERE (lower(says[1]) COLLATE "C", id) > ($1, $2::uuid) ORDER BY lower(says[1]) COLLATE "C", id LIMIT $3`

// Synonyms lists this portal's own, in the order of what people say, from a position on; and how many there are.
func (s *Service) Synonyms(ctx context.Context, after Position, limit int) (list []Synonym, total int, err error) {
	rows, err := s.db.Pgx(ctx).Query(ctx, listQuery, after.Words, after.ID, limit)
	if err != nil {
		return nil, 0, fmt.Errorf("list synonyms: %w", err)
	}
	if list, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Synonym]); err != nil {
		return nil, 0, fmt.Errorf("list synonyms: %w", err)
	}
	if err := s.db.Pgx(ctx).QueryRow(ctx, `SELECT count(*) FROM catalog_search_synonyms`).Scan(&total); err != nil {
		return nil, 0, fmt.Errorf("count synonyms: %w", err)
	}
	return list, total, nil
}

// Add takes in a synonym, once for the caller's key. Wrong words are a problem invalid (422), too many synonyms a conflict.
func (s *Service) Add(ctx context.Context, key string, says, means []string) (Synonym, error) {
	says, means, err := checked(says, means)
	if err != nil {
		return Synonym{}, err
	}
	caller := httpx.CallerOf(ctx)
	id, err := idempotency.Do(ctx, s.db, "search.synonym:"+caller.AccountID.String(), key, [][]string{says, means}, func(ctx context.Context) (uuid.UUID, error) {
		id, err := uuid.NewV7()
		if err != nil {
			return id, fmt.Errorf("make id: %w", err)
		}
		tag, err := s.db.Pgx(ctx).Exec(ctx, `INSERT INTO catalog_search_synonyms (id, says, means, changed_at, changed_name)
			SELECT $1, $2, $3, $4, $5 WHERE (SELECT count(*) FROM catalog_search_synonyms) < $6`, id, says, means, s.now(), caller.DisplayName, catalog.MaxOwnSynonyms)
		if err != nil {
			return id, fmt.Errorf("add synonym: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return id, problem.Conflict("synonyms-full", "Mehr als 2000 eigene Synonyme kann ein Portal nicht haben.", "A portal cannot have more than 2000 synonyms of its own.")
		}
		return id, s.done(ctx, "search.synonym-added", id)
	})
	if err != nil {
		return Synonym{}, err
	}
	return s.synonym(ctx, id)
}

// Change replaces the words of a synonym; problem.Changed when somebody else has changed it since ifMatch was read.
func (s *Service) Change(ctx context.Context, id uuid.UUID, ifMatch string, says, means []string) (Synonym, error) {
	says, means, err := checked(says, means)
	if err != nil {
		return Synonym{}, err
	}
	err = s.db.Tx(ctx, func(ctx context.Context) error {
		if err := s.lock(ctx, id, ifMatch); err != nil {
			return err
		}
		_, err := s.db.Pgx(ctx).Exec(ctx, `UPDATE catalog_search_synonyms SET revision = revision + 1, says = $2, means = $3, changed_at = $4, changed_name = $5
			WHERE id = $1`, id, says, means, s.now(), httpx.CallerOf(ctx).DisplayName)
		if err != nil {
			return fmt.Errorf("change synonym: %w", err)
		}
		return s.done(ctx, "search.synonym-changed", id)
	})
	if err != nil {
		return Synonym{}, err
	}
	return s.synonym(ctx, id)
}

// Remove takes a synonym out; problem.Changed as Change.
func (s *Service) Remove(ctx context.Context, id uuid.UUID, ifMatch string) error {
	return s.db.Tx(ctx, func(ctx context.Context) error {
		if err := s.lock(ctx, id, ifMatch); err != nil {
			return err
		}
		if _, err := s.db.Pgx(ctx).Exec(ctx, `DELETE FROM catalog_search_synonyms WHERE id = $1`, id); err != nil {
			return fmt.Errorf("remove synonym: %w", err)
		}
		return s.done(ctx, "search.synonym-removed", id)
	})
}

// Try says what a synonym would change. Its id is that of the one that it would replace, or zero.
func (s *Service) Try(ctx context.Context, id uuid.UUID, says, means []string) ([]types.SearchEffect, error) {
	says, means, err := checked(says, means)
	if err != nil {
		return nil, err
	}
	return s.catalog.TrySynonym(ctx, catalog.OwnSynonym{ID: id, Says: says, Means: means})
}

// done records what was done and tells all processes, when the transaction commits.
func (s *Service) done(ctx context.Context, action string, id uuid.UUID) error {
	if err := s.audit.Record(ctx, action, "search-synonym:"+id.String(), ""); err != nil {
		return err
	}
	return s.catalog.AnnounceSynonyms(ctx)
}

func (s *Service) synonym(ctx context.Context, id uuid.UUID) (Synonym, error) {
	rows, err := s.db.Pgx(ctx).Query(ctx, `SELECT `+columns+` FROM catalog_search_synonyms WHERE id = $1`, id)
	if err != nil {
		return Synonym{}, fmt.Errorf("read synonym: %w", err)
	}
	found, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Synonym])
	if errors.Is(err, pgx.ErrNoRows) {
		return found, unknown()
	}
	if err != nil {
		return found, fmt.Errorf("read synonym: %w", err)
	}
	return found, nil
}

// lock keeps a synonym as ifMatch says it is, until the end of the transaction.
func (s *Service) lock(ctx context.Context, id uuid.UUID, ifMatch string) error {
	var now Synonym
	err := s.db.Pgx(ctx).QueryRow(ctx, `SELECT revision FROM catalog_search_synonyms WHERE id = $1 FOR UPDATE`, id).Scan(&now.Revision)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return unknown()
	case err != nil:
		return fmt.Errorf("lock synonym: %w", err)
	case now.ETag() != ifMatch:
		return problem.Changed()
	}
	return nil
}

func unknown() error {
	return problem.NotFound("synonym-unknown", "Dieses Synonym gibt es nicht mehr.", "This synonym no longer exists.")
}

// checked gives both sides of a synonym tidied up, each phrase once; the problem names each phrase that says nothing.
func checked(says, means []string) (left, right []string, err error) {
	left, wrong := tidy("/says", says)
	right, more := tidy("/means", means)
	if wrong = append(wrong, more...); len(wrong) > 0 {
		return nil, nil, problem.Invalid(wrong...)
	}
	return left, right, nil
}

func tidy(pointer string, list []string) (tidied []string, wrong []problem.FieldError) {
	for i, text := range list {
		text = strings.Join(strings.Fields(text), " ")
		if slices.ContainsFunc(tidied, func(other string) bool { return strings.EqualFold(other, text) }) {
			continue
		}
		tidied = append(tidied, text)
		at := pointer + "/" + strconv.Itoa(i)
		switch {
		case !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) || !catalog.SaysSomething(text):
			wrong = append(wrong, problem.FieldError{Pointer: at, Code: "pattern", Message: problem.Text{
				De: "Daraus lässt sich kein Wort lesen, das etwas sagt.", En: "There is no word in this that says anything.",
			}})
		case strings.Count(text, " ") >= maxWords:
			wrong = append(wrong, problem.FieldError{Pointer: at, Code: "maxItems", Message: problem.Text{
				De: "Höchstens sechs Wörter, sonst tippt es niemand so.", En: "Six words at most, or nobody types it so.",
			}})
		}
	}
	if len(tidied) == 0 {
		wrong = append(wrong, problem.FieldError{Pointer: pointer, Code: "required"})
	}
	return tidied, wrong
}

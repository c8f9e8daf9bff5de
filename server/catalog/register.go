package catalog

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"golang.org/x/text/unicode/norm"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
)

// otherLetter is the one under which titles stand that begin with something else than a letter from A to Z.
const otherLetter = "0-9"

// registerAge is how long a register may stand though nothing changes.
const registerAge = 10 * time.Minute

// registers hold the services from A to Z, by language, until the catalog changes: some 10 MB for 100,000 services in one
// language, made when somebody first asks.
type registers struct {
	mu         sync.Mutex
	byLanguage map[string]*register
}

// register lists all services, each once, in alphabetical order.
type register struct {
	generation uint64
	until      time.Time // at least so long it stands, whatever changes
	stale      time.Time // after that it is made anew, as services end by date
	letters    []types.RegisterLetter
	items      []types.RegisterItem // in the order of the letters
}

// Register gives the services of all portals whose titles in the language of ctx begin with a letter (A to Z, or 0-9), and the
// letters under which there is something. Without a letter, only the latter.
func (s *Service) Register(ctx context.Context, letter string, limit int, cursor string) (types.ServiceRegister, error) {
	r, err := s.register(ctx, httpx.LanguageOf(ctx))
	if err != nil {
		return types.ServiceRegister{}, err
	}
	answer := types.ServiceRegister{Letters: notNil(r.letters), Items: []types.RegisterItem{}, Total: len(r.items)}
	if letter == "" {
		return answer, nil
	}
	under := r.under(letter)
	part, next, err := page(under, limit, cursor)
	if err != nil {
		return types.ServiceRegister{}, err
	}
	answer.Items, answer.Total, answer.NextCursor = notNil(part), len(under), optional(next)
	return answer, nil
}

func (r *register) under(letter string) []types.RegisterItem {
	from := 0
	for _, l := range r.letters {
		if l.Letter == letter {
			return r.items[from : from+l.Services]
		}
		from += l.Services
	}
	return nil
}

// register gives the register in a language; a new one after the catalog has changed, but no more than one in the time for
// which answers are remembered.
func (s *Service) register(ctx context.Context, language string) (*register, error) {
	s.registers.mu.Lock()
	defer s.registers.mu.Unlock() // who else asks meanwhile waits for this one
	generation := s.answers.current()
	known := s.registers.byLanguage[language]
	if known != nil && s.now().Before(known.stale) && (known.generation == generation || s.now().Before(known.until)) {
		return known, nil
	}
	made, err := s.newRegister(ctx, language)
	if err != nil {
		return nil, err
	}
	made.generation, made.until, made.stale = generation, s.now().Add(answerAge), s.now().Add(registerAge)
	s.registers.byLanguage[language] = made
	return made, nil
}

func (s *Service) newRegister(ctx context.Context, language string) (*register, error) {
	list, err := s.list(ctx, filter{})
	if err != nil {
		return nil, err
	}
	titles, err := s.store.titles(ctx, list, language)
	if err != nil {
		return nil, err
	}
	type line struct {
		item          types.RegisterItem
		letter, order string
	}
	lines := make([]line, 0, len(list))
	for _, l := range list {
		title, there := titles[l.document.id]
		if !there {
			continue // has gone meanwhile
		}
		letter, order := alphabetical(title)
		lines = append(lines, line{types.RegisterItem{Id: l.document.id, Title: title, Online: l.online}, letter, order})
	}
	slices.SortFunc(lines, func(a, b line) int {
		return cmp.Or(strings.Compare(a.letter, b.letter), strings.Compare(a.order, b.order), strings.Compare(a.item.Id.String(), b.item.Id.String()))
	})
	r := &register{items: make([]types.RegisterItem, 0, len(lines))}
	for _, l := range lines {
		r.items = append(r.items, l.item)
		if last := len(r.letters) - 1; last >= 0 && r.letters[last].Letter == l.letter {
			r.letters[last].Services++
		} else {
			r.letters = append(r.letters, types.RegisterLetter{Letter: l.letter, Services: 1})
		}
	}
	return r, nil
}

// alphabetical gives the letter under which a title stands, and what it is ordered by: DIN 5007-1, where ä counts as a and ß
// as ss, and what is neither letter nor digit counts as a gap.
func alphabetical(title string) (letter, order string) {
	var b strings.Builder
	gap := false
	for _, r := range norm.NFD.String(strings.ReplaceAll(strings.ToLower(title), "ß", "ss")) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if gap && b.Len() > 0 {
				b.WriteByte(' ')
			}
			gap = false
			b.WriteRune(r)
		default:
			gap = true
		}
	}
	order = b.String()
	if order != "" && order[0] >= 'a' && order[0] <= 'z' {
		return strings.ToUpper(order[:1]), order
	}
	return otherLetter, order
}

const titlesQuery = `
	SELECT id, coalesce(nullif(title->>$2, ''), nullif(title->>'de', ''), nullif(title->>'en', ''), (SELECT value FROM json_each_text(title) LIMIT 1), '')
	FROM catalog_services WHERE id = ANY ($1)`

// titles reads the titles of services in a language, or what stands in for it.
func (s store) titles(ctx context.Context, list []listed, language string) (map[uuid.UUID]string, error) {
	rows, err := s.db.Pgx(ctx).Query(ctx, titlesQuery, idsOf(list), language)
	if err != nil {
		return nil, fmt.Errorf("read titles: %w", err)
	}
	titles := make(map[uuid.UUID]string, len(list))
	var id uuid.UUID
	var title string
	if _, err := pgx.ForEachRow(rows, []any{&id, &title}, func() error {
		titles[id] = title
		return nil
	}); err != nil {
		return nil, fmt.Errorf("read titles: %w", err)
	}
	return titles, nil
}

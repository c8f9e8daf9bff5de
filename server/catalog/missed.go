package catalog

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	_ "embed"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
)

// Searches that find nothing are kept for editors, without personal data: only their words in a plain form, only when a search
// comes several times on several days, and never where they look like a name, a number or an address.

const (
	missedEvery   = time.Minute
	missedAtOnce  = 2000 // different searches in one minute; more are not counted
	missedWords   = 4    // longer ones are sentences, which tell of somebody
	missedLetters = 60
	missedFrom    = 3   // minutes in which it came, until its words are written down
	missedOn      = 2   // days on which it came, until then
	missedRare    = 30  // days after which one that came seldom is dropped
	missedKept    = 180 // days after which any is dropped that came no more
)

//go:embed data/names.txt
var namesText string

// missed remembers what was searched for in vain, until the next time that it is written down.
type missed struct {
	key   []byte // of the hash that stands for the words until they have come often
	names map[string]bool

	mu    sync.Mutex
	words map[string]bool
}

func newMissed(key []byte) *missed {
	m := &missed{key: key, names: map[string]bool{}, words: map[string]bool{}}
	for _, name := range strings.Fields(namesText) {
		m.names[surface(name)] = true
	}
	return m
}

// add notes a search, once a minute.
func (m *missed) add(words string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.words) < missedAtOnce {
		m.words[words] = true
	}
}

func (m *missed) take() map[string]bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	taken := m.words
	m.words = map[string]bool{}
	return taken
}

// miss notes that a query found nothing, if it can be kept.
func (s *Service) miss(x *index, query string) {
	if words := x.impersonal(query, s.search.words(), s.missed.names); words != "" {
		s.missed.add(words)
	}
}

// impersonal gives the words of a query in a plain form; empty where they may tell of somebody.
func (x *index) impersonal(query string, s *synonyms, names map[string]bool) string {
	if utf8.RuneCountInString(query) > missedLetters || strings.ContainsFunc(query, func(r rune) bool { return unicode.IsDigit(r) || r == '@' || r == utf8.RuneError }) {
		return ""
	}
	all := splitWords(query)
	for _, w := range all {
		if names[surface(w)] || isAddress(w) {
			return ""
		}
	}
	words := meaningful(all)
	if len(words) == 0 || len(words) > missedWords {
		return ""
	}
	x.mu.RLock()
	defer x.mu.RUnlock()
	unknown := 0
	for _, w := range words {
		if !x.says(w, s) {
			unknown++
		}
	}
	if unknown > 1 { // Erika Mustermann, or what nobody looks for twice
		return ""
	}
	return strings.Join(words, " ")
}

// says says whether the catalog or people say a word.
func (x *index) says(word string, s *synonyms) bool {
	stem := stemGerman(word)
	t := x.vocabulary.byText[stem]
	return s.known[stem] || saysLittle(word) || t != nil && (t.frequency > 0 || len(t.told) > 0) || len(x.lexicon.parts(word)) > 0
}

// isAddress names words that stand before names, and endings of names of streets.
func isAddress(word string) bool {
	switch word {
	case "herr", "herrn", "frau", "familie", "dr", "prof":
		return true
	}
	for _, ending := range []string{"straße", "strasse", "str", "weg", "gasse", "allee", "platz"} {
		if strings.HasSuffix(word, ending) && len(word) > len(ending)+2 {
			return word != "parkplatz" && word != "spielplatz" && word != "radweg" && word != "kitaplatz"
		}
	}
	return false
}

// CountMissed writes down every minute what was searched for in vain, until ctx ends, and then once more.
func (s *Service) CountMissed(ctx context.Context) error {
	tick := time.NewTicker(missedEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			return s.writeMissed(last)
		case <-tick.C:
			if err := s.writeMissed(ctx); err != nil && ctx.Err() == nil {
				s.log.WarnContext(ctx, "searches without a result were not counted", "error", err)
			}
		}
	}
}

const (
	writeMissedQuery = `
	INSERT INTO catalog_missed_searches AS m (id, digest, words, searches, days, first_day, last_day)
	SELECT id, digest, NULL, 1, 1, $4::date, $4::date FROM unnest($1::uuid[], $2::bytea[]) AS x (id, digest)
	ON CONFLICT (digest) DO UPDATE SET searches = m.searches + 1, last_day = excluded.last_day,
		days = m.days + CASE WHEN m.last_day = excluded.last_day THEN 0 ELSE 1 END,
		words = CASE WHEN m.searches + 1 >= $5 AND m.days + CASE WHEN m.last_day = excluded.last_day THEN 0 ELSE 1 END >= $6
			THEN ($3::text[])[array_position($2::bytea[], m.digest)] ELSE m.words END`

	dropMissedQuery = `
	DELETE FROM catalog_missed_searches WHERE last_day < $1::date - $3::integer OR words IS NULL AND last_day < $1::date - $2::integer`
)

func (s *Service) writeMissed(ctx context.Context) error {
	taken := s.missed.take()
	if len(taken) == 0 {
		return nil
	}
	ids, digests, words := make([]uuid.UUID, 0, len(taken)), make([][]byte, 0, len(taken)), make([]string, 0, len(taken))
	for w := range taken {
		id, err := uuid.NewV7()
		if err != nil {
			return fmt.Errorf("make id: %w", err)
		}
		mac := hmac.New(sha256.New, s.missed.key)
		mac.Write([]byte(w))
		ids, digests, words = append(ids, id), append(digests, mac.Sum(nil)), append(words, w)
	}
	now := s.now()
	if _, err := s.store.db.Pgx(ctx).Exec(ctx, writeMissedQuery, ids, digests, words, now, missedFrom, missedOn); err != nil {
		return fmt.Errorf("write searches without a result: %w", err)
	}
	if _, err := s.store.db.Pgx(ctx).Exec(ctx, dropMissedQuery, now, missedRare, missedKept); err != nil {
		return fmt.Errorf("drop old searches: %w", err)
	}
	return nil
}

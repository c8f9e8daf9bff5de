package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
)

const (
	// MaxOwnSynonyms is how many synonyms a portal may have of its own.
	MaxOwnSynonyms = 2000

	triedQueries = 5 // of a synonym that is tried out
	triedHits    = 5
)

// OwnSynonym is what people say at this portal, and what it is called in the catalog; each a few words.
type OwnSynonym struct {
	ID    uuid.UUID
	Says  []string
	Means []string
}

const ownSynonymsQuery = `SELECT id, says, means FROM catalog_search_synonyms ORDER BY id LIMIT $1`

func (s store) ownSynonyms(ctx context.Context) ([]OwnSynonym, error) {
	rows, err := s.db.Pgx(ctx).Query(ctx, ownSynonymsQuery, MaxOwnSynonyms)
	if err != nil {
		return nil, fmt.Errorf("read synonyms: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[OwnSynonym])
	if err != nil {
		return nil, fmt.Errorf("read synonyms: %w", err)
	}
	return list, nil
}

// sayings gives a portal's own synonyms, and after them what the search knows by itself.
func sayings(own []OwnSynonym) *synonyms {
	s := newSynonyms()
	for _, o := range own {
		_ = s.add(o.Says, o.Means) // was checked when it was taken in; what says nothing is left out
	}
	if err := s.parse(synonymText + "\n" + languageText); err != nil {
		panic(err) // it is built in, and a test reads it
	}
	s.longestFirst()
	return s
}

// SaysSomething says whether words are left of a text once those that mean nothing are taken away.
func SaysSomething(text string) bool { return len(meaningful(splitWords(text))) > 0 }

// followSynonyms makes the synonyms those in the database.
func (s *Service) followSynonyms(ctx context.Context) error {
	own, err := s.store.ownSynonyms(ctx)
	if err != nil {
		return err
	}
	s.search.say(sayings(own))
	return nil
}

// AnnounceSynonyms tells all processes of the portal that synonyms have changed, when the transaction of ctx commits.
func (s *Service) AnnounceSynonyms(ctx context.Context) error {
	if s.hub == nil {
		return nil
	}
	text, err := json.Marshal(message{Synonyms: true})
	if err != nil {
		return fmt.Errorf("tell of synonyms: %w", err)
	}
	return s.hub.Publish(ctx, Topic, string(text))
}

// BuiltInSynonyms counts what people say as far as the search knows it by itself.
func (s *Service) BuiltInSynonyms() int { return s.search.builtIn }

// TrySynonym says what is found first for each of the words of a synonym as things are, and with it in place of another one (or
// of none, where its id is zero). Nothing is kept.
func (s *Service) TrySynonym(ctx context.Context, o OwnSynonym) ([]types.SearchEffect, error) {
	own, err := s.store.ownSynonyms(ctx)
	if err != nil {
		return nil, err
	}
	changed := []OwnSynonym{o}
	for _, other := range own {
		if other.ID != o.ID {
			changed = append(changed, other)
		}
	}
	after := sayings(changed)
	effects := make([]types.SearchEffect, 0, len(o.Says))
	for _, words := range o.Says[:min(len(o.Says), triedQueries)] { // each is a search in memory and a look for five titles
		effect := types.SearchEffect{Words: words}
		if effect.Before, err = s.firstFound(ctx, words, s.search.words()); err != nil {
			return nil, err
		}
		if effect.After, err = s.firstFound(ctx, words, after); err != nil {
			return nil, err
		}
		effects = append(effects, effect)
	}
	return effects, nil
}

func (s *Service) firstFound(ctx context.Context, words string, say *synonyms) ([]types.FoundService, error) {
	list, err := s.listBy(ctx, filter{query: words}, say)
	if err != nil {
		return nil, err
	}
	found := make([]types.FoundService, 0, triedHits)
	for _, l := range list[:min(len(list), triedHits)] {
		found = append(found, types.FoundService{Id: l.document.id, Title: l.document.shown.title(httpx.LanguageOf(ctx))})
	}
	return found, nil
}

// Finds counts the services that are found by some words, without a place.
func (s *Service) Finds(ctx context.Context, words string) (int, error) {
	if strings.TrimSpace(words) == "" {
		return 0, nil
	}
	list, err := s.list(ctx, filter{query: words})
	return len(list), err
}

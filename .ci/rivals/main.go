// Command rivals asks bleve, a search library in Go, the questions that npm run bench asks a portal. It is a module of its own,
// so that the product neither links nor downloads what it is only compared with.
//
// It reads services as JSON Lines (id, title, synonyms, teaser, description, in German) and questions, one a line, and ends with
// one line of JSON: the seconds that the index took, and the times of all answers in nanoseconds.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/blevesearch/bleve/v2"
	_ "github.com/blevesearch/bleve/v2/analysis/lang/de"
	"github.com/blevesearch/bleve/v2/mapping"
	"github.com/blevesearch/bleve/v2/search/query"
)

const (
	batch      = 1000
	results    = 20
	suggested  = 8
	mostTime   = 30 * time.Second
	inTitle    = 4.0 // what a word in a title counts, beside one in a longer text
	inSynonyms = 2.0
)

// report is the last line.
type report struct {
	BuildSeconds float64         `json:"buildSeconds"`
	Search       []time.Duration `json:"search"`
	Suggest      []time.Duration `json:"suggest"`
}

// service is a line of the catalog.
type service struct {
	ID          string   `json:"id"`
	Title       string   `json:"title"`
	Synonyms    []string `json:"synonyms"`
	Teaser      string   `json:"teaser"`
	Description string   `json:"description"`
}

func main() {
	folder := flag.String("folder", "", "where the index is put")
	catalog := flag.String("catalog", "", "services as JSON Lines")
	questions := flag.String("questions", "", "questions, one a line")
	typed := flag.String("typed", "", "beginnings of questions, one a line")
	clients := flag.Int("clients", 2, "how many ask at once")
	flag.Parse()
	if err := run(*folder, *catalog, *questions, *typed, *clients); err != nil {
		fmt.Fprintln(os.Stderr, "rivals:", err)
		os.Exit(1)
	}
}

func run(folder, catalog, questions, typed string, clients int) error {
	var r report
	begun := time.Now()
	index, err := build(folder, catalog)
	if err != nil {
		return err
	}
	defer func() { _ = index.Close() }()
	r.BuildSeconds = time.Since(begun).Seconds()
	if r.Search, err = times(index, questions, clients, results, searchFor); err != nil {
		return err
	}
	if r.Suggest, err = times(index, typed, clients, suggested, suggestionsFor); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}

// build makes an index of the library's usual kind, with its German analysis.
func build(folder, path string) (bleve.Index, error) {
	index, err := bleve.New(folder, texts())
	if err != nil {
		return nil, err
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	decoder := json.NewDecoder(bufio.NewReaderSize(file, 1<<20))
	b := index.NewBatch()
	for decoder.More() {
		var s service
		if err := decoder.Decode(&s); err != nil {
			return nil, err
		}
		if err := b.Index(s.ID, s); err != nil {
			return nil, err
		}
		if b.Size() == batch {
			if err := index.Batch(b); err != nil {
				return nil, err
			}
			b.Reset()
		}
	}
	return index, index.Batch(b)
}

// texts says how the texts are taken in: for finding only, nothing is kept of them.
func texts() mapping.IndexMapping {
	m := bleve.NewIndexMapping()
	m.DefaultAnalyzer = "de"
	text := bleve.NewTextFieldMapping()
	text.Analyzer, text.Store, text.IncludeInAll, text.IncludeTermVectors, text.DocValues = "de", false, false, false, false
	for _, name := range []string{"title", "synonyms", "teaser", "description"} {
		m.DefaultMapping.AddFieldMappingsAt(name, text)
	}
	m.DefaultMapping.Dynamic = false
	return m
}

// searchFor looks for any word of a question in all texts, with a typing error in each.
func searchFor(text string) *query.DisjunctionQuery {
	anyOf := bleve.NewDisjunctionQuery()
	for name, counts := range map[string]float64{"title": inTitle, "synonyms": inSynonyms, "teaser": 1, "description": 1} {
		q := bleve.NewMatchQuery(text)
		q.SetField(name)
		q.SetBoost(counts)
		q.SetFuzziness(1)
		anyOf.AddQuery(q)
	}
	return anyOf
}

// suggestionsFor looks for titles and synonyms with the words, the last of which may be unfinished.
func suggestionsFor(text string) *query.DisjunctionQuery {
	anyOf := searchFor(text)
	if words := strings.Fields(strings.ToLower(text)); len(words) > 0 {
		for name, counts := range map[string]float64{"title": inTitle, "synonyms": inSynonyms} {
			q := bleve.NewPrefixQuery(words[len(words)-1])
			q.SetField(name)
			q.SetBoost(counts)
			anyOf.AddQuery(q)
		}
	}
	return anyOf
}

// times asks each question once, by so many at once, and gives how long each answer took.
func times(index bleve.Index, path string, clients, size int, ask func(string) *query.DisjunctionQuery) ([]time.Duration, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	asked := strings.Split(strings.TrimSpace(string(text)), "\n")
	var turn atomic.Int64
	took, errs := make([][]time.Duration, clients), make([]error, clients)
	begun := time.Now()
	var wait sync.WaitGroup
	for n := range clients {
		wait.Go(func() {
			for i := int(turn.Add(1)) - 1; i < len(asked) && time.Since(begun) < mostTime; i = int(turn.Add(1)) - 1 {
				at := time.Now()
				if _, err := index.Search(bleve.NewSearchRequestOptions(ask(asked[i]), size, 0, false)); err != nil {
					errs[n] = err
					return
				}
				took[n] = append(took[n], time.Since(at))
			}
		})
	}
	wait.Wait()
	var all []time.Duration
	for n := range clients {
		if errs[n] != nil {
			return nil, errs[n]
		}
		all = append(all, took[n]...)
	}
	return all, nil
}

package catalog

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/uuid"

	"portalverbund/server/catalog/muenchen"
)

// newMuenchen gives a portal with the services of München and, as distractors, those of Berlin.
func newMuenchen(t testing.TB) *portal {
	t.Helper()
	p := newPortal(t)
	for _, name := range []string{"services-muenchen.jsonl", "offices-muenchen.jsonl"} {
		importFile(t, p, shared(t, name), ImportOptions{})
	}
	file, err := os.Open(shared(t, "titles-berlin.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	var lines []string
	for scanner := bufio.NewScanner(file); scanner.Scan(); {
		var title struct{ ID, Title, Topic string }
		if err := json.Unmarshal(scanner.Bytes(), &title); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, fmt.Sprintf(`{"kind":"service","id":%q,"title":{"de":%q},"teaser":{"de":%q},"trustLevel":"low","updatedAt":"2015-01-01T00:00:00Z"}`,
			uuid.NewSHA1(uuid.NameSpaceOID, []byte("berlin/"+title.ID)), title.Title, title.Topic))
	}
	p.imports(t, lines...)
	return p
}

// TestSearch_RealCatalog_RightServiceNearTheTop measures the search on queries as people type them.
func TestSearch_RealCatalog_RightServiceNearTheTop(t *testing.T) {
	t.Parallel()
	p := newMuenchen(t)
	text, err := os.ReadFile(shared(t, "queries-dev.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	at := area("091620000000")
	var queries, first, five int
	for line := range strings.Lines(string(text)) {
		query, right, ok := strings.Cut(strings.TrimSpace(line), "\t")
		if !ok {
			continue
		}
		queries++
		list, err := p.list(t.Context(), filter{query: query, place: &at})
		if err != nil {
			t.Fatal(err)
		}
		rank := 0
		var titles []string
		for i, l := range list[:min(len(list), 20)] {
			titles = append(titles, l.document.order)
			for id := range strings.SplitSeq(right, ",") {
				if rank == 0 && l.document.id == muenchen.ServiceID(id) {
					rank = i + 1
				}
			}
		}
		if rank == 1 {
			first++
		}
		if rank >= 1 && rank <= 5 {
			five++
		}
		if rank != 1 {
			t.Logf("%q: rank %d of %d: %q", query, rank, len(list), titles[:min(len(titles), 6)])
		}
	}
	t.Logf("%d queries, success@1 %.0f %%, success@5 %.0f %%", queries, 100*float64(first)/float64(queries), 100*float64(five)/float64(queries))
	if first*100 < 80*queries || five*100 < 90*queries {
		t.Errorf("the right service is first for %d and in the first five for %d of %d queries; 80 %% and 90 %% are the least", first, five, queries)
	}
}

package sources

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/text/encoding/charmap"

	"portalverbund/server/catalog"
	"portalverbund/server/catalog/adapter"
	"portalverbund/server/platform/problem"
)

// generated gives a delivery of so many bytes, without holding it.
type generated struct {
	left   int64
	record func(n int) string
	n      int
	rest   string
	ended  bool
}

func newGenerated(size int64, record func(n int) string) *generated {
	begin, _, _ := strings.Cut(delivery("|"), "|")
	return &generated{left: size, record: record, rest: begin}
}

func (g *generated) Read(p []byte) (int, error) {
	for g.rest == "" {
		if g.ended {
			return 0, io.EOF
		}
		if g.left <= 0 {
			g.rest, g.ended = "</lieferung>", true
			break
		}
		g.n++
		g.rest = g.record(g.n)
		g.left -= int64(len(g.rest))
	}
	n := copy(p, g.rest)
	g.rest = g.rest[n:]
	return n, nil
}

// heap says how much memory was alive at most, beyond what was before, from now until it is asked.
func heap() (most func() uint64) {
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	ended, done := make(chan struct{}), make(chan uint64)
	go func() {
		alive := uint64(0)
		for {
			select {
			case <-ended:
				done <- alive
				return
			case <-time.After(100 * time.Millisecond):
				runtime.GC()
				runtime.ReadMemStats(&now)
				alive = max(alive, now.HeapAlloc-min(now.HeapAlloc, before.HeapAlloc))
			}
		}
	}()
	return func() uint64 {
		close(ended)
		return <-done
	}
}

// TestUpload_LargeFile_MemoryStaysFlat uploads and imports a file of 24 MiB, or of 1 GiB with PORTALVERBUND_LARGE set. Each
// service comes many times, so that what the database has to keep stays small.
func TestUpload_LargeFile_MemoryStaysFlat(t *testing.T) { //nolint:paralleltest // looks at the memory of the process
	size := int64(24 << 20)
	if os.Getenv("PORTALVERBUND_LARGE") != "" {
		size = 1 << 30
	}
	b := newFileBench(t)
	filler := "<!-- " + strings.Repeat("nichts ", 15_000) + "-->"
	content := newGenerated(size, func(n int) string { return leistung(n%50+1, fmt.Sprint("Leistung ", n%50)) + filler })
	most := heap()
	run, err := b.Upload(t.Context(), "test", key(), Upload{Name: "large.xml", Content: content})
	if err != nil {
		t.Fatal(err)
	}
	run = b.run(t, run.ID)
	alive := most()
	wantState(t, run, StateDone)
	if len(b.titles(t)) != 50 || run.Warnings == 0 {
		t.Errorf("%d services, %d warnings", len(b.titles(t)), run.Warnings)
	}
	if alive > 64<<20 {
		t.Errorf("%d MiB were alive", alive>>20)
	}
}

func TestUpload_BrokenOrHostileXML_FailsAndNothingIsShown(t *testing.T) {
	t.Parallel()
	b := newFileBench(t)
	run, err := b.upload(t, "x.xml", []byte(delivery(leistung(1, "Vorher"))))
	if err != nil {
		t.Fatal(err)
	}
	wantState(t, run, StateDone)
	good := delivery(leistung(1, "Nachher"), leistung(2, "Neu"))
	bomb := `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>` + strings.TrimPrefix(good, `<?xml version="1.0" encoding="UTF-8"?>`)
	outside := `<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>` + strings.TrimPrefix(good, `<?xml version="1.0" encoding="UTF-8"?>`)
	for name, text := range map[string]string{
		"cut": good[:len(good)-40], "crossed": strings.Replace(good, "</leistung></schreibe>", "</schreibe></leistung>", 1), "two documents": good + good,
		"bomb": bomb, "outside": outside, "unknown entity": strings.Replace(good, "Nachher", "&nachher;", 1),
		"encoding": strings.Replace(good, `encoding="UTF-8"`, `encoding="EBCDIC-DE"`, 1),
	} {
		run, err := b.upload(t, "x.xml", []byte(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if run.State != StateFailed || run.Failure != FailureFile || run.Detail == "" {
			t.Errorf("%s: %s %s %q", name, run.State, run.Failure, run.Detail)
		}
		if name != "encoding" && !strings.Contains(run.Detail, "line ") {
			t.Errorf("%s does not say where: %q", name, run.Detail)
		}
		b.wantShown(t, "Vorher")
	}
}

func TestUpload_WrongEncodingOrNamespace_TakenWithAWarning(t *testing.T) {
	t.Parallel()
	b := newFileBench(t)
	latin, err := charmap.ISO8859_1.NewEncoder().String(delivery(leistung(1, "Größe prüfen"))) // and says that it is UTF-8
	if err != nil {
		t.Fatal(err)
	}
	other := strings.ReplaceAll(delivery(leistung(2, "Fremder Namensraum")), "http://xoev.de/schemata/xzufi/2_2_0", "urn:xzufi:elsewhere")
	for name, text := range map[string]string{"latin.xml": latin, "other.xml": other} {
		run, err := b.upload(t, name, []byte(text))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		wantState(t, run, StateDone)
		notes, _, err := b.Notes(t.Context(), run.ID, 5, "", NoteFilter{})
		if err != nil || len(notes) != 1 || notes[0].Skipped || notes[0].Place != name {
			t.Errorf("%s: notes %+v, %v", name, notes, err)
		}
	}
	b.wantShown(t, "Fremder Namensraum", "Größe prüfen")
}

// TestUpload_MillionElements_SkippedAndTheOthersTaken has a record with 60,000 elements, or a million with PORTALVERBUND_LARGE set.
func TestUpload_MillionElements_SkippedAndTheOthersTaken(t *testing.T) {
	t.Parallel()
	n := 60_000
	if os.Getenv("PORTALVERBUND_LARGE") != "" {
		n = 1_000_000
	}
	b := newFileBench(t)
	list := "<schreibe><leistung><id>1</id>" + strings.Repeat("<idSekundaer>1</idSekundaer>", n) + "</leistung></schreibe>"
	run, err := b.upload(t, "x.xml", []byte(delivery(list, leistung(2, "Danach"))))
	if err != nil {
		t.Fatal(err)
	}
	wantState(t, run, StateDone)
	if run.Skipped != 1 {
		t.Errorf("%d skipped", run.Skipped)
	}
	b.wantShown(t, "Danach")
}

func TestUpload_TwoAtOnceOfOneName_OneIsToldAndOneIsWhole(t *testing.T) {
	t.Parallel()
	b := newFileBench(t)
	var begun, told atomic.Int32
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			_, err := b.Upload(t.Context(), "test", key(), Upload{Name: "x.xml", Content: strings.NewReader(delivery(leistung(1, "Eins"), leistung(2, "Zwei")))})
			switch {
			case err == nil:
				begun.Add(1)
			case problem.Is(err, "import-running"):
				told.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if begun.Load() != 1 || told.Load() != 7 {
		t.Errorf("%d began, %d were told", begun.Load(), told.Load())
	}
	wantState(t, b.run(t, b.queue.runs[0]), StateDone)
	b.wantShown(t, "Eins", "Zwei")
}

// TestRuns_TwoSourcesAtOnce_NobodySeesHalf lets two runs apply at the same time, again and again, while somebody looks.
func TestRuns_TwoSourcesAtOnce_NobodySeesHalf(t *testing.T) {
	t.Parallel()
	b := newFileBench(t)
	const services, rounds = 300, 3
	looked, stop := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(looked)
		for {
			select {
			case <-stop:
				return
			default:
			}
			rows := map[string]int{}
			got, err := b.db.Pool().Query(t.Context(), `SELECT title->>'de', count(*) FROM catalog_services GROUP BY 1`)
			if err != nil {
				t.Error(err)
				return
			}
			for got.Next() {
				var title string
				var n int
				if err := got.Scan(&title, &n); err != nil {
					t.Error(err)
				}
				rows[title] = n
			}
			for title, n := range rows {
				if n != services {
					t.Errorf("somebody sees %d of %q", n, title)
				}
			}
		}
	}()
	for round := range rounds {
		var wait sync.WaitGroup
		for _, source := range []int{1, 2} {
			var text bytes.Buffer
			for i := range services {
				text.Write(service(source*1000+i, fmt.Sprintf("Quelle %d, Stand %d", source, round)))
				text.WriteByte('\n')
			}
			wait.Go(func() {
				run, err := b.Upload(t.Context(), "test", key(), Upload{Name: fmt.Sprintf("%d.jsonl", source), Content: &text})
				if err != nil {
					t.Error(err)
					return
				}
				taken, mine, err := b.store.take(t.Context(), run.ID, time.Now())
				if err != nil || !mine {
					t.Error(err)
					return
				}
				if err := b.work(t.Context(), taken, b.openRun, true); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
	}
	close(stop)
	<-looked
	if got := len(b.titles(t)); got != 2*services {
		t.Errorf("%d services", got)
	}
}

func TestWebFile_BreaksOffHalfWay_NothingIsShownAndItTriesAgain(t *testing.T) {
	t.Parallel()
	b := newFileBench(t)
	var breaks atomic.Bool
	breaks.Store(true)
	text := delivery(leistung(1, "Eins"), leistung(2, "Zwei"), leistung(3, "Drei"))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(text)))
		if breaks.Load() {
			_, _ = io.WriteString(w, text[:len(text)/2])
			panic(http.ErrAbortHandler)
		}
		_, _ = io.WriteString(w, text)
	}))
	t.Cleanup(server.Close)
	source, err := b.Create(t.Context(), "test", key(), Draft{Kind: KindWebFile, Name: "Datei", Settings: adapter.Settings{"url": server.URL}, Enabled: true})
	if err != nil {
		t.Fatal(err)
	}
	run, err := b.Start(t.Context(), "test", key(), source.ID, false, false)
	if err != nil {
		t.Fatal(err)
	}
	b.attempt(t, run.ID, false)
	if now := b.read(t, run.ID); now.State != StateWaiting || now.Failure != FailureUnavailable {
		t.Errorf("%s %s %s", now.State, now.Failure, now.Detail)
	}
	b.wantShown(t)
	breaks.Store(false)
	wantState(t, b.run(t, run.ID), StateDone)
	b.wantShown(t, "Drei", "Eins", "Zwei")
	if run := b.read(t, run.ID); run.Counts[catalog.KindService].Added != 3 {
		t.Errorf("%+v", run.Counts)
	}
}

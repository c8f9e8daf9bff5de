package main

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"math"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"portalverbund/api/types"
	"portalverbund/server/app"
	"portalverbund/server/catalog/muenchen"
)

// ownQueries are judged where no file is named.
//
//go:embed queries/muenchen.tsv
var ownQueries string

// tuningQueries are others that the search was tuned on.
//
//go:embed queries/tuning.tsv
var tuningQueries string

const looked = 10 // results that are looked at

// evalCommand measures how well the search finds what people mean: a portal of the city of München with its real services, asked
// through its API by somebody in München.
type evalCommand struct {
	Queries   string `help:"File with a query, a tab and the ids of the right services in each line (default: the project's own; the last line is about the half that nothing was tuned on)." placeholder:"FILE"`
	Data      string `default:"../shared/data" help:"Folder with services-muenchen.jsonl, offices-muenchen.jsonl and titles-berlin.jsonl." env:"PORTALVERBUND_TESTDATA"`
	Generated int    `default:"10000" help:"Generated services among the real ones."`
	Rivals    bool   `help:"Let München offer Berlin's services as well, so that the place tells nothing."`
	Failures  bool   `help:"List the queries whose first result is wrong; of the project's own, those to tune on."`
	Server    string `help:"The program to measure (default: it is built from ./server)."`
}

// quality is what the last line says.
type quality struct {
	Queries int     `json:"queries"`
	First   float64 `json:"success_at_1"`
	Five    float64 `json:"success_at_5"`
	NDCG    float64 `json:"ndcg_at_10"`
}

// judged is a query and the services that are right.
type judged struct {
	query string
	right []string // ids in the API
}

// Run sets everything up, asks, and writes the line.
func (c *evalCommand) Run(ctx context.Context) error {
	sets, err := c.sets()
	if err != nil {
		return err
	}
	files, err := c.files()
	if err != nil {
		return err
	}
	b := &bench{runCommand: runCommand{Server: c.Server, SPA: os.DevNull}}
	err = b.begin(ctx)
	if err == nil {
		err = c.fill(ctx, b, files)
	}
	var last quality
	for _, s := range sets {
		if err == nil {
			last, err = c.judge(ctx, b, s)
		}
	}
	if ended := b.end(); err == nil {
		err = ended
	}
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(last)
}

// querySet is a number of queries that are reported together.
type querySet struct {
	name   string
	list   []judged
	secret bool // what goes wrong is not listed
}

func (c *evalCommand) sets() ([]querySet, error) {
	if c.Queries == "" {
		all, err := readQueries(strings.NewReader(ownQueries))
		if err != nil {
			return nil, err
		}
		tune := slices.DeleteFunc(slices.Clone(all), func(j judged) bool { return heldOut(j.query) })
		rest := slices.DeleteFunc(all, func(j judged) bool { return !heldOut(j.query) })
		more, err := readQueries(strings.NewReader(tuningQueries))
		tuned := map[string]bool{}
		for _, j := range more {
			tuned[strings.ToLower(j.query)] = true
		}
		rest = slices.DeleteFunc(rest, func(j judged) bool { return tuned[strings.ToLower(j.query)] })
		return []querySet{{name: "half to tune on", list: tune}, {name: "more to tune on", list: more}, {name: "held-out half", list: rest, secret: true}}, err
	}
	file, err := os.Open(c.Queries)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	list, err := readQueries(file)
	return []querySet{{name: filepath.Base(c.Queries), list: list}}, err
}

// heldOut says in which half a query of the project's own is.
func heldOut(query string) bool {
	h := fnv.New32a()
	_, _ = h.Write([]byte(query)) // never fails
	return h.Sum32()>>8&1 == 1
}

func readQueries(r io.Reader) ([]judged, error) {
	var list []judged
	number := 0
	scanner := bufio.NewScanner(r)
	for scanner.Scan() {
		number++
		line := strings.TrimSpace(strings.TrimPrefix(scanner.Text(), "\ufeff"))
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		query, ids, ok := strings.Cut(line, "\t")
		if !ok {
			return nil, fmt.Errorf("queries: line %d has no tab between the query and the ids", number)
		}
		j := judged{query: query}
		for id := range strings.SplitSeq(ids, ",") {
			j.right = append(j.right, muenchen.ServiceID(strings.TrimSpace(id)).String())
		}
		list = append(list, j)
	}
	if err := scanner.Err(); err != nil {
		return nil, fmt.Errorf("queries: %w", err)
	}
	if len(list) == 0 {
		return nil, errors.New("queries: the file has none")
	}
	return list, nil
}

// files looks whether the real catalog is there.
func (c *evalCommand) files() ([]string, error) {
	var paths []string
	for _, name := range []string{"offices-muenchen.jsonl", "services-muenchen.jsonl", "titles-berlin.jsonl"} {
		path := filepath.Join(c.Data, name)
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s is missing: the real texts are not shipped with the project; --data or PORTALVERBUND_TESTDATA names their folder", path)
		} else if err != nil {
			return nil, err
		}
		paths = append(paths, path)
	}
	return paths, nil
}

// fill starts a portal with the catalog and waits until it can be searched.
func (c *evalCommand) fill(ctx context.Context, b *bench, files []string) error {
	config, err := b.configure(ctx, "search")
	if err != nil {
		return err
	}
	config.Name, config.Areas, config.NumberPrefix = "Landeshauptstadt München", []string{muenchen.Area}, "MUE"
	say("Importing the services of München, the titles of Berlin and %d generated services …", c.Generated)
	others := filepath.Join(b.dir, "others.jsonl")
	if err := c.writeOthers(others, files[2]); err != nil {
		return err
	}
	var report strings.Builder
	if err := app.Import(ctx, config, []string{files[0], files[1], others}, app.ImportOptions{}, &report); err != nil {
		return err
	}
	if b.portal, err = b.serve(ctx, "portal", config); err != nil {
		return err
	}
	_, err = b.ask(ctx, "personalausweis", 1) // waits for the index
	return err
}

// ask searches as somebody in München.
func (b *bench) ask(ctx context.Context, query string, limit int) (types.ServiceList, error) {
	var list types.ServiceList
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	address := fmt.Sprintf("%s/api/v1/services?limit=%d&ars=%s&q=%s", b.portal.url, limit, muenchen.Area, url.QueryEscape(query))
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return list, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return list, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return list, fmt.Errorf("search for %q: %s", query, res.Status)
	}
	return list, json.NewDecoder(res.Body).Decode(&list)
}

func (c *evalCommand) judge(ctx context.Context, b *bench, s querySet) (quality, error) {
	q := quality{Queries: len(s.list)}
	for _, j := range s.list {
		list, err := b.ask(ctx, j.query, looked)
		if err != nil {
			return q, err
		}
		rank, gain := 0, 0.0
		var titles []string
		for i, item := range list.Items {
			titles = append(titles, item.Title)
			if slices.Contains(j.right, item.Id.String()) {
				gain += 1 / math.Log2(float64(i+2))
				if rank == 0 {
					rank = i + 1
				}
			}
		}
		ideal := 0.0
		for i := range min(len(j.right), looked) {
			ideal += 1 / math.Log2(float64(i+2))
		}
		q.NDCG += gain / ideal
		if rank == 1 {
			q.First++
		} else if c.Failures && !s.secret {
			say("%q: right at %d of %q", j.query, rank, titles[:min(4, len(titles))])
		}
		if rank >= 1 && rank <= 5 {
			q.Five++
		}
	}
	share := func(sum float64) float64 { return math.Round(1000*sum/float64(q.Queries)) / 1000 }
	q.First, q.Five, q.NDCG = share(q.First), share(q.Five), share(q.NDCG)
	say("%s: %d queries, right first %.1f %%, in the first five %.1f %%, nDCG@10 %.3f", s.name, q.Queries, 100*q.First, 100*q.Five, q.NDCG)
	return q, nil
}

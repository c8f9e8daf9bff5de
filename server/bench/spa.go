package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
)

var (
	scripts = regexp.MustCompile(`<(?:script|link)\b[^>]*>`)
	address = regexp.MustCompile(`\b(?:src|href)="([^"]+)"`)
)

// measureFirstLoad sums up the JavaScript that index.html names (scripts and modules to preload), as a browser gets it.
func (b *bench) measureFirstLoad(ctx context.Context) error {
	if b.config.SPA == "" {
		say("No built pages in %s (npm run build): spa_first_load_kb is null.", b.SPA)
		return nil
	}
	page, err := fetch(ctx, b.portal.url+"/", "identity")
	if err != nil {
		return err
	}
	sum, files := 0, 0
	for _, tag := range scripts.FindAllString(string(page), -1) {
		found := address.FindStringSubmatch(tag)
		if found == nil || strings.HasPrefix(tag, "<link") && !strings.Contains(tag, `rel="modulepreload"`) {
			continue
		}
		script, err := fetch(ctx, b.portal.url+found[1], "br")
		if err != nil {
			return err
		}
		sum += len(script)
		files++
	}
	if files == 0 {
		return fmt.Errorf("index.html names no JavaScript")
	}
	b.figures.FirstLoad = rounded(float64(sum)/1000, 1)
	b.table.note("first load of the pages\tours\t%.1f kB JavaScript", *b.figures.FirstLoad)
	return nil
}

// fetch gives the body as it is sent.
func fetch(ctx context.Context, url, encoding string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept-Encoding", encoding)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", url, res.Status)
	}
	return io.ReadAll(res.Body)
}

package pvog

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"portalverbund/server/platform/collect"
)

const (
	pageSize = 50
	maxPages = 2_000
)

// list gives the ids of all descriptions of an area, in an order to go on in after an interruption.
func (r *run) list(ctx context.Context, place string) ([]string, error) {
	all := r.listAll
	if len(r.keys) > 0 {
		all = r.listByKey
	}
	ids, err := all(ctx, place)
	slices.Sort(ids)
	return slices.Compact(ids), err
}

func (r *run) listAll(ctx context.Context, place string) ([]string, error) {
	text, err := r.client.CSV(ctx, r.address("pathList", "", url.Values{"ars": {place}}))
	if errors.Is(err, collect.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return r.idsIn(text)
}

// idsIn finds the ids in a list of values, in whatever column they stand.
func (r *run) idsIn(text []byte) ([]string, error) {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	first, _, _ := bytes.Cut(text, []byte("\n"))
	lines := csv.NewReader(bytes.NewReader(text))
	if bytes.Count(first, []byte(";")) > bytes.Count(first, []byte(",")) {
		lines.Comma = ';'
	}
	lines.FieldsPerRecord, lines.LazyQuotes, lines.ReuseRecord = -1, true, true
	var ids []string
	for n := 0; ; n++ {
		record, err := lines.Read()
		if errors.Is(err, io.EOF) {
			if n > 1 && len(ids) == 0 {
				return nil, fmt.Errorf("pvog: list of services: %w: no ids are in it", collect.ErrAnswer)
			}
			return ids, nil
		}
		if err != nil {
			return nil, fmt.Errorf("pvog: list of services: %w: %w", collect.ErrAnswer, err)
		}
		for _, field := range record {
			if field = strings.TrimSpace(field); r.ids.MatchString(field) {
				ids = append(ids, strings.Clone(field))
				break
			}
		}
	}
}

// listByKey asks for the descriptions with some LeiKa keys, page by page.
func (r *run) listByKey(ctx context.Context, place string) ([]string, error) {
	var ids []string
	for _, key := range r.keys {
		found, err := r.pagesByKey(ctx, place, key)
		if err != nil {
			return nil, err
		}
		ids = append(ids, found...)
	}
	return ids, nil
}

func (r *run) pagesByKey(ctx context.Context, place, key string) ([]string, error) {
	seen := map[string]bool{}
	var ids []string
	query := url.Values{"leikaIds": {key}, "ars": {place}, "validDate": {r.day}, "size": {strconv.Itoa(pageSize)}}
	for page := range maxPages {
		query.Set("page", strconv.Itoa(page))
		var answer struct {
			Content []struct {
				ID string `json:"id"`
			} `json:"content"`
			TotalPages int `json:"totalPages"`
		}
		err := r.client.JSON(ctx, r.address("pathByKey", "", query), &answer)
		if errors.Is(err, collect.ErrNotFound) {
			return ids, nil
		}
		if err != nil {
			return nil, err
		}
		before := len(ids)
		for _, hit := range answer.Content {
			if !seen[hit.ID] {
				seen[hit.ID] = true
				ids = append(ids, hit.ID)
			}
		}
		if len(answer.Content) == 0 || page+1 >= answer.TotalPages {
			return ids, nil
		}
		if len(ids) == before {
			break
		}
	}
	return nil, fmt.Errorf("pvog: services by key: %w: the pages do not advance, or have no end", collect.ErrTooMany)
}

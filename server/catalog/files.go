package catalog

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"portalverbund/server/catalog/jsonl"
	"portalverbund/server/catalog/muenchen"
)

// Format is what a file holds that can be imported.
type Format string

// The formats that can be told apart.
const (
	FormatPlaces           Format = "places"            // CSV: the register of places
	FormatCatalog          Format = "catalog"           // JSON Lines of this product
	FormatMuenchenServices Format = "muenchen-services" // services-muenchen.jsonl
	FormatMuenchenOffices  Format = "muenchen-offices"  // offices-muenchen.jsonl
)

// ErrFormat says that a file is none of those that can be imported.
var ErrFormat = errors.New("this file is neither a list of places, nor a catalog of a portal, nor services or offices of München")

// PlacesImporter takes in the register of places.
type PlacesImporter func(ctx context.Context, r io.Reader) (fmt.Stringer, error)

// ImportFile takes in a file, whatever it holds of what can be told apart, and reports what came of it. places may be nil
// where places are not taken in.
func (s *Service) ImportFile(ctx context.Context, path string, places PlacesImporter, o ImportOptions) (fmt.Stringer, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("import: %w", err)
	}
	defer func() { _ = file.Close() }()
	return s.ImportReader(ctx, filepath.Base(path), file, places, o)
}

// ImportReader is ImportFile for content that is open already; name is for the report.
func (s *Service) ImportReader(ctx context.Context, name string, r io.Reader, places PlacesImporter, o ImportOptions) (fmt.Stringer, error) {
	buffered := bufio.NewReaderSize(r, jsonl.MaxLine)
	format, err := detect(buffered)
	if err != nil {
		return nil, fmt.Errorf("import %s: %w", name, err)
	}
	switch format {
	case FormatPlaces:
		if places == nil {
			return nil, fmt.Errorf("import %s: places are not taken in here", name)
		}
		return places(ctx, buffered)
	case FormatMuenchenServices:
		return s.importLines(ctx, string(format), muenchen.Services(buffered), o)
	case FormatMuenchenOffices:
		return s.importLines(ctx, string(format), muenchen.Offices(buffered), o)
	}
	return s.Import(ctx, name, buffered, o)
}

// detect looks at the beginning of a file without taking it away.
func detect(r *bufio.Reader) (Format, error) {
	start, err := r.Peek(jsonl.MaxLine)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
		return "", err
	}
	start = bytes.TrimSpace(bytes.TrimPrefix(start, []byte("\ufeff")))
	line, _, _ := bytes.Cut(start, []byte("\n"))
	if bytes.HasPrefix(line, []byte("ars,")) {
		return FormatPlaces, nil
	}
	var head map[string]json.RawMessage
	if json.Unmarshal(line, &head) != nil {
		return "", ErrFormat
	}
	has := func(names ...string) bool {
		for _, name := range names {
			if _, ok := head[name]; !ok {
				return false
			}
		}
		return true
	}
	switch {
	case has("kind"):
		return FormatCatalog, nil
	case has("title", "office_ids"):
		return FormatMuenchenServices, nil
	case has("name", "service_ids", "address"):
		return FormatMuenchenOffices, nil
	}
	return "", ErrFormat
}

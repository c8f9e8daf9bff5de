package sources

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"portalverbund/server/catalog/adapter"
	"portalverbund/server/catalog/jsonl"
	"portalverbund/server/catalog/muenchen"
	"portalverbund/server/platform/collect"
	"portalverbund/server/platform/outbound"
)

// errFile is the cause when a file can't be imported.
var errFile = errors.New("the file can't be imported")

// ErrFormat says that a file is of none of the formats that can be imported.
var ErrFormat = fmt.Errorf("%w: it is neither a catalog of a portal (JSON Lines) nor of another format that is known here", errFile)

// ownFormats are those that are known without more being plugged in.
func ownFormats() []adapter.Format {
	return []adapter.Format{
		{
			ID: "jsonl", Title: adapter.Words{De: "Katalog eines Portals (JSON Lines)", En: "Catalog of a portal (JSON Lines)"},
			Detect: func(head []byte) bool { return hasMembers(head, "kind") }, Read: lines(jsonl.Read),
		},
		{
			ID: "muenchen-services", Title: adapter.Words{De: "Leistungen der Stadt München", En: "Services of the city of Munich"},
			Origin: "muenchen-services", Detect: func(head []byte) bool { return hasMembers(head, "title", "office_ids") }, Read: lines(muenchen.Services),
		},
		{
			ID: "muenchen-offices", Title: adapter.Words{De: "Stellen der Stadt München", En: "Offices of the city of Munich"},
			Origin: "muenchen-offices", Detect: func(head []byte) bool { return hasMembers(head, "name", "service_ids", "address") }, Read: lines(muenchen.Offices),
		},
	}
}

// hasMembers says whether a file begins with a line that is a JSON object with these members.
func hasMembers(head []byte, names ...string) bool {
	head = bytes.TrimSpace(bytes.TrimPrefix(head, []byte("\ufeff")))
	if line, _, whole := bytes.Cut(head, []byte("\n")); whole {
		head = line
	}
	decoder := json.NewDecoder(bytes.NewReader(head))
	if start, err := decoder.Token(); err != nil || start != json.Delim('{') {
		return false
	}
	seen := map[string]bool{}
	for decoder.More() { // also of a line that goes on beyond the head
		name, err := decoder.Token()
		if err != nil {
			break
		}
		if text, ok := name.(string); ok {
			seen[text] = true
		}
		var value json.RawMessage
		if decoder.Decode(&value) != nil {
			break
		}
	}
	return !slices.ContainsFunc(names, func(name string) bool { return !seen[name] })
}

// lines makes a reader of lines one of records.
func lines(read func(io.Reader) iter.Seq2[jsonl.Line, error]) func(context.Context, string, io.Reader) iter.Seq2[adapter.Record, error] {
	return func(ctx context.Context, name string, content io.Reader) iter.Seq2[adapter.Record, error] {
		return func(yield func(adapter.Record, error) bool) {
			for line, err := range read(content) {
				if err == nil {
					err = ctx.Err()
				}
				r := adapter.Record{Kind: line.Kind, Payload: line.Payload, At: name, Line: line.Number, Skip: line.Skip, Warnings: line.Warnings}
				if !yield(r, err) || err != nil {
					return
				}
			}
		}
	}
}

// file is a file to be read.
type file struct {
	name string
	open func(ctx context.Context) (io.ReadCloser, error)
}

// files is a source that reads files, one after the other.
type files struct {
	formats  []adapter.Format
	list     []file
	complete bool
}

// Whole says what whoever gave the files has said.
func (f files) Whole(string) bool { return f.complete }

// Collect reads all files.
func (f files) Collect(ctx context.Context, _ string) iter.Seq2[adapter.Record, error] {
	return func(yield func(adapter.Record, error) bool) {
		for _, one := range f.list {
			if !f.read(ctx, one, yield) {
				return
			}
		}
	}
}

// read reads one file, and says whether to go on.
func (f files) read(ctx context.Context, one file, yield func(adapter.Record, error) bool) bool {
	content, err := one.open(ctx)
	if err != nil {
		yield(adapter.Record{}, fmt.Errorf("%s: %w", one.name, err))
		return false
	}
	defer func() { _ = content.Close() }() // it was only read
	buffered := bufio.NewReaderSize(content, adapter.HeadSize)
	format, err := detect(f.formats, buffered)
	if err != nil {
		yield(adapter.Record{}, fmt.Errorf("%s: %w", one.name, err))
		return false
	}
	for record, err := range format.Read(ctx, one.name, buffered) {
		if err != nil {
			err = fmt.Errorf("%s: %w: %w", one.name, errFile, err)
		}
		if !yield(record, err) || err != nil {
			return false
		}
	}
	return true
}

// detect looks at the beginning of a file without taking it away.
func detect(formats []adapter.Format, r *bufio.Reader) (adapter.Format, error) {
	head, err := r.Peek(adapter.HeadSize)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
		return adapter.Format{}, err
	}
	for _, f := range formats {
		if f.Detect(head) {
			return f, nil
		}
	}
	return adapter.Format{}, ErrFormat
}

// fromPath makes files of what is under a path of this machine: a file, or a folder with files of formats that are known, in the
// order of their names. origin is under which name the catalog keeps where their entries come from.
func (s *Service) fromPath(root string, complete bool) (source files, origin string, err error) {
	source = files{formats: s.formats, complete: complete}
	info, err := os.Stat(root)
	if err != nil {
		return source, "", fmt.Errorf("import: %w", err)
	}
	if !info.IsDir() {
		one := onDisk(root)
		source.list, origin = []file{one}, filepath.Base(root)
		format, err := s.formatOf(one)
		if err == nil && format.Origin != "" {
			origin = format.Origin
		}
		return source, origin, err
	}
	err = filepath.WalkDir(root, func(name string, entry os.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() || strings.HasPrefix(entry.Name(), ".") {
			return err
		}
		one := onDisk(name)
		if relative, err := filepath.Rel(root, name); err == nil {
			one.name = filepath.ToSlash(relative)
		}
		if _, err := s.formatOf(one); err != nil {
			if errors.Is(err, ErrFormat) {
				return nil
			}
			return err
		}
		source.list = append(source.list, one)
		return nil
	})
	if err == nil && len(source.list) == 0 {
		err = fmt.Errorf("import %s: %w", root, ErrFormat)
	}
	absolute, _ := filepath.Abs(root) // only for its last part
	return source, filepath.Base(absolute), err
}

func onDisk(path string) file {
	return file{name: filepath.Base(path), open: func(context.Context) (io.ReadCloser, error) { return os.Open(path) }}
}

func (s *Service) formatOf(one file) (adapter.Format, error) {
	content, err := one.open(context.Background())
	if err != nil {
		return adapter.Format{}, fmt.Errorf("import: %w", err)
	}
	defer func() { _ = content.Close() }() // it was only read
	format, err := detect(s.formats, bufio.NewReaderSize(content, adapter.HeadSize))
	if err != nil {
		return format, fmt.Errorf("import %s: %w", one.name, err)
	}
	return format, nil
}

// KindWebFile is the kind of sources that are a file at an address.
const KindWebFile = "file"

// webFile describes a source that is a file at an address, of any format that is known.
func webFile(formats []adapter.Format) adapter.Kind {
	address := adapter.Field{
		Name: "url", Type: adapter.FieldURL, Required: true, Label: adapter.Words{De: "Adresse der Datei", En: "Address of the file"},
		Help: adapter.Words{De: "Unter dieser Adresse liegt immer der ganze Bestand.", En: "All that the source has is always at this address."},
	}
	token := adapter.Field{
		Name: "token", Type: adapter.FieldSecret, Label: adapter.Words{De: "Zugangstoken", En: "Access token"},
		Help: adapter.Words{De: "Wenn die Datei nicht öffentlich ist. Es wird als „Authorization: Bearer …“ gesendet.", En: "If the file is not public. It is sent as “Authorization: Bearer …”."},
	}
	return adapter.Kind{
		ID: KindWebFile, Title: adapter.Words{De: "Datei an einer Webadresse", En: "File at a web address"},
		Help: adapter.Words{
			De: "Holt eine Datei in einem der Formate, die auch hochgeladen werden können.",
			En: "Fetches a file in one of the formats that can be uploaded, too.",
		},
		Fields: []adapter.Field{address, token},
		New: func(settings adapter.Settings, tools adapter.Tools) (adapter.Source, error) {
			from := settings.Get(address)
			open := func(ctx context.Context) (io.ReadCloser, error) {
				return fetch(ctx, tools.HTTP, from, settings.Get(token))
			}
			return files{formats: formats, list: []file{{name: path.Base(from), open: open}}, complete: true}, nil
		},
	}
}

// fetch opens what is at an address.
func fetch(ctx context.Context, client *http.Client, address, token string) (io.ReadCloser, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, settingsError{err}
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := client.Do(request)
	if errors.Is(err, outbound.ErrAddressRefused) || errors.Is(err, outbound.ErrSchemeRefused) {
		return nil, settingsError{err}
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", collect.ErrUnavailable, err)
	}
	if response.StatusCode == http.StatusOK {
		return unavailableWhenCut{response.Body}, nil
	}
	_ = response.Body.Close()
	cause := fmt.Errorf("answered with status %d", response.StatusCode)
	switch {
	case response.StatusCode == http.StatusUnauthorized || response.StatusCode == http.StatusForbidden:
		return nil, fmt.Errorf("%w: %w", collect.ErrRefused, cause)
	case response.StatusCode == http.StatusTooManyRequests || response.StatusCode >= http.StatusInternalServerError:
		return nil, fmt.Errorf("%w: %w", collect.ErrUnavailable, cause)
	}
	return nil, fmt.Errorf("%w: %w", collect.ErrAnswer, cause)
}

// unavailableWhenCut tells a connection that breaks from a file that is not right.
type unavailableWhenCut struct{ io.ReadCloser }

// Read reads on.
func (u unavailableWhenCut) Read(p []byte) (int, error) {
	n, err := u.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = fmt.Errorf("%w: %w", collect.ErrUnavailable, err)
	}
	return n, err
}

// settingsError says that a source is not set up rightly.
type settingsError struct{ cause error }

// Error gives the cause.
func (e settingsError) Error() string { return e.cause.Error() }

// Unwrap gives the cause.
func (e settingsError) Unwrap() error { return e.cause }

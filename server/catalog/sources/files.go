package sources

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
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
var ErrFormat = fmt.Errorf("%w: it is neither a catalog of a portal (JSON Lines) nor of another format that is known here, nor an archive (ZIP) of such files", errFile)

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
	name   string
	packed bool // in an archive
	open   func(ctx context.Context) (io.ReadCloser, error)
}

// files is a source that reads files, one after the other.
type files struct {
	formats  []adapter.Format
	list     []file
	unlisted []string // names of those that an index leaves out
	complete bool
}

// Whole says what whoever gave the files has said.
func (f files) Whole(string) bool { return f.complete }

// Collect reads all files.
func (f files) Collect(ctx context.Context, _ string) iter.Seq2[adapter.Record, error] {
	return func(yield func(adapter.Record, error) bool) {
		for _, name := range f.unlisted {
			if !yield(unknownFile(name, "is not in "+adapter.IndexName), nil) {
				return
			}
		}
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
	head, err := peek(buffered)
	if err != nil {
		yield(adapter.Record{}, fmt.Errorf("%s: %w", one.name, err))
		return false
	}
	if isArchive(head) && !one.packed {
		return f.unpack(ctx, one.name, content, buffered, yield)
	}
	format, err := detect(f.formats, head)
	if err != nil && one.packed {
		return yield(unknownFile(one.name, "is of no format that is known here"), nil)
	}
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

// unpack reads the files of an archive, and says whether to go on.
func (f files) unpack(ctx context.Context, name string, content io.ReadCloser, buffered *bufio.Reader, yield func(adapter.Record, error) bool) bool {
	var whole io.Reader = buffered // with what has been looked at
	if seeker, ok := content.(io.ReadSeeker); ok {
		whole = seeker
	}
	a, err := openArchive(ctx, name, whole)
	if err != nil {
		yield(adapter.Record{}, fmt.Errorf("%s: %w", name, err))
		return false
	}
	defer a.close()
	for _, name := range a.unlisted {
		if !yield(unknownFile(name, "is not in "+adapter.IndexName), nil) {
			return false
		}
	}
	for one := range a.files() {
		if !f.read(ctx, one, yield) {
			return false
		}
	}
	return true
}

// peek looks at the beginning of a file without taking it away.
func peek(r *bufio.Reader) ([]byte, error) {
	head, err := r.Peek(adapter.HeadSize)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
		return nil, err
	}
	return head, nil
}

// detect finds the format of a file by its beginning.
func detect(formats []adapter.Format, head []byte) (adapter.Format, error) {
	for _, f := range formats {
		if f.Detect(head) {
			return f, nil
		}
	}
	return adapter.Format{}, ErrFormat
}

// formatArchive is a ZIP archive of files of the other formats.
const formatArchive = "zip"

// formatOf finds the format of a file by its beginning. Of an archive it is not known what is in it.
func (s *Service) formatOf(head []byte) (adapter.Format, error) {
	if isArchive(head) {
		return adapter.Format{ID: formatArchive}, nil
	}
	return detect(s.formats, head)
}

func (s *Service) isKnown(head []byte) bool {
	_, err := s.formatOf(head)
	return err == nil
}

// holdsKnown refuses an archive that holds nothing that can be imported.
func (s *Service) holdsKnown(ctx context.Context, one file) error {
	content, err := one.open(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = content.Close() }() // it was only read
	a, err := openArchive(ctx, one.name, content)
	if err != nil {
		return err
	}
	defer a.close()
	for member := range a.files() {
		head, err := headOf(ctx, member)
		if err != nil {
			return err
		}
		if _, err := detect(s.formats, head); err == nil {
			return nil
		}
	}
	return ErrFormat
}

// headOf gives the beginning of a file.
func headOf(ctx context.Context, one file) ([]byte, error) {
	content, err := one.open(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = content.Close() }() // it was only read
	return peek(bufio.NewReaderSize(content, adapter.HeadSize))
}

// fromPath makes files of what is under a path of this machine: a file, or a folder. Of a folder with an index, the files that it
// lists are read in its order, and they are all that their source has; without one, all files of formats that are known, in the
// order of their names. origin is under which name the catalog keeps where their entries come from.
func (s *Service) fromPath(ctx context.Context, root string, complete bool) (source files, origin string, err error) {
	source = files{formats: s.formats, complete: complete}
	info, err := os.Stat(root)
	if err != nil {
		return source, "", fmt.Errorf("import: %w", err)
	}
	if info.IsDir() {
		err = s.fromFolder(ctx, &source, root)
		absolute, _ := filepath.Abs(root) // only for its last part
		return source, originOfFile(filepath.Base(absolute)), err
	}
	one := file{name: filepath.Base(root), open: func(context.Context) (io.ReadCloser, error) { return os.Open(root) }}
	source.list, origin = []file{one}, originOfFile(one.name)
	head, err := headOf(ctx, one)
	if err != nil {
		return source, origin, fmt.Errorf("import: %w", err)
	}
	format, err := s.formatOf(head)
	if err != nil {
		return source, origin, fmt.Errorf("import %s: %w", one.name, err)
	}
	if format.Origin != "" {
		origin = format.Origin
	}
	return source, origin, nil
}

func (s *Service) fromFolder(ctx context.Context, source *files, folder string) error {
	names, err := index(folder)
	if err != nil {
		return fmt.Errorf("import %s: %w: %w", folder, errFile, err)
	}
	source.complete = source.complete || names != nil
	for _, name := range names {
		source.list = append(source.list, onDisk(folder, name))
	}
	err = filepath.WalkDir(folder, func(name string, entry os.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() || strings.HasPrefix(entry.Name(), ".") {
			return err
		}
		relative, err := filepath.Rel(folder, name)
		if err != nil || relative == adapter.IndexName || slices.Contains(names, relative) {
			return err
		}
		one := onDisk(folder, relative)
		head, err := headOf(ctx, one)
		if err != nil {
			return err
		}
		switch {
		case !s.isKnown(head): // something else that lies there
		case names != nil:
			source.unlisted = append(source.unlisted, one.name)
		default:
			source.list = append(source.list, one)
		}
		return nil
	})
	if err == nil && len(source.list) == 0 {
		err = fmt.Errorf("import %s: %w", folder, ErrFormat)
	}
	return err
}

// index reads the index of a folder; nil where there is none.
func index(folder string) ([]string, error) {
	content, err := os.Open(filepath.Join(folder, adapter.IndexName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = content.Close() }() // it was only read
	return adapter.ReadIndex(content)
}

// onDisk is a file in a folder; its name leads nowhere else.
func onDisk(folder, name string) file {
	return file{name: filepath.ToSlash(name), open: func(context.Context) (io.ReadCloser, error) { return os.OpenInRoot(folder, name) }}
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

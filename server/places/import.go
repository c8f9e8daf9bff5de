package places

import (
	"bufio"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

//go:embed data/areas.csv
var shipped string

const (
	maxImportBytes = 64 << 20
	maxLineFields  = 64
	maxNameLength  = 200 // characters
	keptSkips      = 1000
	digestLength   = 16
)

// header names the columns of an import; others may stand beside them.
func header() []string {
	return []string{"ars", "ags", "level", "kind", "name", "postal_codes", "population", "area_km2", "lat", "lon"}
}

// lengthOf is how many digits the key of a level has; 0 if there is no such level.
func lengthOf(level string) int {
	switch level {
	case "land":
		return 2
	case "regierungsbezirk":
		return 3
	case "kreis":
		return 5
	case "gemeindeverband":
		return 9
	case "gemeinde":
		return arsLength
	}
	return 0
}

// Skipped is a line that was not taken in, and why.
type Skipped struct {
	Line   int
	Reason string
}

// Report says what an import did. Of the skipped lines the first 1,000 are kept; SkippedCount counts all.
type Report struct {
	Added, Changed, Unchanged int
	Replaced                  int // keys that lead to another place from now on
	Retired                   int // places of the file whose key is no longer in use: they stay away
	SkippedCount              int
	Skipped                   []Skipped
}

// String prints the report: the figures in one line, then a line for each skipped one.
func (r Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "places: %d added, %d changed, %d unchanged, %d skipped", r.Added, r.Changed, r.Unchanged, r.SkippedCount)
	if r.Replaced > 0 {
		fmt.Fprintf(&b, ", %d keys replaced", r.Replaced)
	}
	if r.Retired > 0 {
		fmt.Fprintf(&b, ", %d no longer in use", r.Retired)
	}
	for _, s := range r.Skipped {
		fmt.Fprintf(&b, "\n  line %d: %s", s.Line, s.Reason)
	}
	if hidden := r.SkippedCount - len(r.Skipped); hidden > 0 {
		fmt.Fprintf(&b, "\n  and %d more", hidden)
	}
	return b.String()
}

func (r *Report) skip(line int, format string, args ...any) {
	r.SkippedCount++
	if len(r.Skipped) < keptSkips {
		r.Skipped = append(r.Skipped, Skipped{Line: line, Reason: fmt.Sprintf(format, args...)})
	}
}

// ErrFormat says that a file is no list of places at all.
var ErrFormat = errors.New("not a list of places")

// Ensure imports the places that come with the program if the database has none, and reports whether it did. What has
// changed since then it takes in, too, if it is not known.
func (s *Service) Ensure(ctx context.Context) (Report, bool, error) {
	empty, err := s.store.empty(ctx)
	if err != nil {
		return Report{}, false, err
	}
	var report Report
	if empty {
		if report, err = s.Import(ctx, strings.NewReader(shipped)); err != nil {
			return Report{}, false, err
		}
	}
	return report, empty, s.ensureChanges(ctx)
}

// Import takes in places from CSV with the columns of data/README.md. Keys that a place replaces lead to it from then on,
// and are not found any more; an older file does not bring them back. Lines that can't be read are skipped and named in
// the report; places that are not in the file stay. It is one transaction: either all of the file is in, or nothing.
// A file without the columns is refused with ErrFormat.
func (s *Service) Import(ctx context.Context, r io.Reader) (Report, error) {
	var report Report
	begun := false
	err := s.store.db.Tx(ctx, func(ctx context.Context) error {
		if begun { // after a deadlock; the file is read already
			return errors.New("import places: another change got in the way, import again")
		}
		begun = true
		lines, err := newLines(r, &report)
		if err != nil {
			return err
		}
		done, err := s.store.replace(ctx, lines.next)
		if lines.failed != nil {
			return lines.failed // PostgreSQL only repeats its words
		}
		if err != nil {
			return err
		}
		report.Added, report.Changed, report.Unchanged, report.Retired = done.added, done.changed, done.unchanged, done.retired
		report.Replaced = len(lines.replaced)
		return s.store.succeed(ctx, lines.replaced)
	})
	if err != nil {
		return Report{}, err
	}
	return report, nil
}

// lines reads places one after the other, so that memory does not grow with the file.
type lines struct {
	csv      *csv.Reader
	column   map[string]int
	seen     map[string]int // line of each key
	report   *Report
	replaced []replacement
	limited  *io.LimitedReader
	failed   error // why the source ended early
}

func newLines(r io.Reader, report *Report) (*lines, error) {
	limited := &io.LimitedReader{R: r, N: maxImportBytes}
	buffered := bufio.NewReader(limited)
	if mark, err := buffered.Peek(3); err == nil && string(mark) == "\ufeff" {
		_, _ = buffered.Discard(3) // peeked
	}
	reader := csv.NewReader(buffered)
	reader.FieldsPerRecord = -1
	reader.ReuseRecord = true
	first, err := reader.Read()
	if err != nil {
		return nil, fmt.Errorf("%w: read the header: %w", ErrFormat, err)
	}
	column := map[string]int{}
	for i, name := range first {
		column[strings.Clone(strings.ToLower(strings.TrimSpace(name)))] = i
	}
	for _, name := range header() {
		if _, ok := column[name]; !ok {
			return nil, fmt.Errorf("%w: column %q is missing", ErrFormat, name)
		}
	}
	return &lines{csv: reader, column: column, seen: map[string]int{}, report: report, limited: limited}, nil
}

// next gives the columns of the next place that can be read, nil after the last.
func (l *lines) next() ([]any, error) {
	for {
		record, err := l.csv.Read()
		if l.limited.N <= 0 {
			l.failed = fmt.Errorf("%w: larger than %d MiB", ErrFormat, maxImportBytes>>20)
			return nil, l.failed
		}
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		var parse *csv.ParseError
		if errors.As(err, &parse) {
			l.report.skip(parse.StartLine, "can't be read: %v", parse.Err)
			continue
		}
		if err != nil {
			l.failed = fmt.Errorf("read places: %w", err)
			return nil, l.failed
		}
		line, _ := l.csv.FieldPos(0)
		values, reason := l.values(record)
		var replaced []replacement
		if reason == "" {
			replaced, reason = l.replacements(record, values[0].(string)) //nolint:forcetypeassert // values puts it there
		}
		if reason == "" {
			key := values[0].(string) //nolint:forcetypeassert // values puts it there
			if before, twice := l.seen[key]; twice {
				reason = fmt.Sprintf("ARS %s is there twice, first in line %d", key, before)
			} else {
				l.seen[key] = line
			}
		}
		if reason != "" {
			l.report.skip(line, "%s", reason)
			continue
		}
		l.replaced = append(l.replaced, replaced...)
		return values, nil
	}
}

// values gives the columns of one place as stagedColumns names them, or why the line can't be taken.
func (l *lines) values(record []string) ([]any, string) {
	if len(record) > maxLineFields {
		return nil, fmt.Sprintf("has %d fields", len(record))
	}
	field := map[string]string{}
	for _, name := range header() {
		i := l.column[name]
		if i >= len(record) {
			return nil, fmt.Sprintf("has %d fields, no %q", len(record), name)
		}
		field[name] = strings.TrimSpace(record[i])
		if !utf8.ValidString(field[name]) || strings.ContainsRune(field[name], 0) {
			return nil, fmt.Sprintf("%s is not UTF-8", name)
		}
	}
	ars, level, name := field["ars"], field["level"], field["name"]
	want := lengthOf(level)
	switch {
	case want == 0:
		return nil, fmt.Sprintf("level %.40q is unknown", level)
	case !isDigits(ars) || len(ars) != want:
		return nil, fmt.Sprintf("ARS %.40q does not have the %d digits of a %s", ars, want, level)
	case name == "":
		return nil, "has no name"
	case utf8.RuneCountInString(name) > maxNameLength:
		return nil, fmt.Sprintf("name is longer than %d characters", maxNameLength)
	}
	codes := strings.Fields(field["postal_codes"])
	for _, code := range codes {
		if len(code) != 5 || !isDigits(code) {
			return nil, fmt.Sprintf("postal code %.40q does not have five digits", code)
		}
	}
	slices.Sort(codes)
	codes = slices.Compact(codes)
	population, reason := number(field["population"], "population", 0, 1e9)
	area, reason2 := number(field["area_km2"], "area_km2", 0, 1e6)
	lat, reason3 := number(field["lat"], "lat", -90, 90)
	lon, reason4 := number(field["lon"], "lon", -180, 180)
	for _, r := range []string{reason, reason2, reason3, reason4} {
		if r != "" {
			return nil, r
		}
	}
	short := shortKey(name)
	return []any{
		strings.Clone(ars), field["ags"], level, field["kind"], name, nameKey(name), short, typoHashes(short), append([]string{}, codes...),
		whole(population), area, lat, lon, digest(field),
	}, ""
}

// number reads a figure that may be missing.
func number(s, name string, low, high float64) (*float64, string) {
	if s == "" {
		return nil, ""
	}
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || !(n >= low && n <= high) {
		return nil, fmt.Sprintf("%s %.40q is not a number between %g and %g", name, s, low, high)
	}
	return &n, ""
}

func whole(n *float64) *int32 {
	if n == nil {
		return nil
	}
	i := int32(*n)
	return &i
}

// digest tells a changed line from an unchanged one. It covers how names are folded, too, so that a new version of the
// program brings the keys up to date.
func digest(field map[string]string) []byte {
	h := sha256.New()
	for _, name := range header() {
		_, _ = fmt.Fprintf(h, "%q\n", field[name]) // a hash takes every write
	}
	_, _ = io.WriteString(h, nameKey(field["name"])+"\n"+shortKey(field["name"]))
	return h.Sum(nil)[:digestLength]
}

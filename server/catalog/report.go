package catalog

import (
	"fmt"
	"slices"
	"strings"
)

// KeptNotes is how many of the skipped lines, and of the warnings, a report names.
const KeptNotes = 1000

const (
	keptRefusals  = 10
	maxNoteLength = 500
)

// Counts says what became of the entries of one kind.
type Counts struct {
	Added, Changed, Unchanged, Deleted int
	// Unknown counts deletions of what was not there.
	Unknown int
	// HandedOn counts form definitions: the forms room has them now, and does not tell new from known.
	HandedOn int
}

// Note is something about an entry of a source.
type Note struct {
	At   string // a file, an address; empty where there is one only
	Line int    // of a file; 0 where there are no lines
	Text string
}

// Report says what an import did. Of the skipped lines and the warnings the first 1,000 are kept; the counts are of all.
type Report struct {
	Source       string
	Kinds        map[string]*Counts
	SkippedCount int
	Skipped      []Note // lines that were not taken in, and why
	WarningCount int
	Warnings     []Note // what of a line was left out
}

func newReport(source string) Report {
	return Report{Source: source, Kinds: map[string]*Counts{}}
}

// Of gives the counts of a kind.
func (r *Report) Of(kind string) *Counts {
	if r.Kinds[kind] == nil {
		r.Kinds[kind] = &Counts{}
	}
	return r.Kinds[kind]
}

func (r *Report) skip(in Incoming, format string, args ...any) {
	r.SkippedCount++
	if len(r.Skipped) < KeptNotes {
		r.Skipped = append(r.Skipped, note(in, fmt.Sprintf(format, args...)))
	}
}

func (r *Report) warn(in Incoming, text string) {
	r.WarningCount++
	if len(r.Warnings) < KeptNotes {
		r.Warnings = append(r.Warnings, note(in, text))
	}
}

func note(in Incoming, text string) Note {
	if len(text) > maxNoteLength {
		text = strings.ToValidUTF8(text[:maxNoteLength], "") + " …"
	}
	return Note{At: in.At, Line: in.Line, Text: text}
}

// String prints the report: the figures of each kind, then a line for each skipped line and each warning.
func (r Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:", r.Source)
	kinds := make([]string, 0, len(r.Kinds))
	for kind := range r.Kinds {
		kinds = append(kinds, kind)
	}
	slices.Sort(kinds)
	if len(kinds) == 0 {
		b.WriteString(" nothing taken in;")
	}
	for _, kind := range kinds {
		c := r.Kinds[kind]
		if c.HandedOn > 0 {
			fmt.Fprintf(&b, " %s %d taken in;", kind, c.HandedOn)
			continue
		}
		fmt.Fprintf(&b, " %s %d added, %d changed, %d unchanged, %d deleted;", kind, c.Added, c.Changed, c.Unchanged, c.Deleted)
		if c.Unknown > 0 {
			fmt.Fprintf(&b, " %d deletions of what was not there;", c.Unknown)
		}
	}
	fmt.Fprintf(&b, " %d skipped, %d warnings", r.SkippedCount, r.WarningCount)
	writeNotes(&b, r.Source, "skipped", r.Skipped, r.SkippedCount)
	writeNotes(&b, r.Source, "warning", r.Warnings, r.WarningCount)
	return b.String()
}

func writeNotes(b *strings.Builder, source, what string, notes []Note, count int) {
	for _, n := range notes {
		b.WriteString("\n  " + what)
		if n.At != "" && n.At != source {
			b.WriteString(", " + n.At)
		}
		if n.Line > 0 {
			fmt.Fprintf(b, ", line %d", n.Line)
		}
		b.WriteString(": " + n.Text)
	}
	if hidden := count - len(notes); hidden > 0 {
		fmt.Fprintf(b, "\n  and %d more", hidden)
	}
}

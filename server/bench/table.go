package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// table gathers what people read.
type table struct {
	lines   []string
	remarks []string // below the table
}

func (t *table) add(what string, ours, floor *side, ratio float64) {
	t.lines = append(t.lines, ours.line(what, fmt.Sprintf("%.2f", ratio)), floor.line("", ""))
}

func (t *table) note(format string, args ...any) {
	t.lines = append(t.lines, fmt.Sprintf(format, args...)+"\t\t\t\t\t\t\t")
}

func (s *side) line(what, ratio string) string {
	own, database := "–", "–"
	if s.known {
		each := func(d time.Duration) string {
			return fmt.Sprintf("%.3f", milliseconds(d)/float64(len(s.times)))
		}
		own, database = each(s.own), each(s.database)
	}
	return fmt.Sprintf("%s\t%s\t%.0f\t%.2f\t%.2f\t%s\t%s\t%s", what, s.name, median(s.rates),
		milliseconds(percentile(s.times, 0.5)), milliseconds(percentile(s.times, 0.99)), own, database, ratio)
}

func (t *table) print(out io.Writer) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "\n\t\trequests/s\tp50 ms\tp99 ms\tCPU ms/request\tPostgreSQL ms/request\tratio") // as below
	for _, line := range t.lines {
		_, _ = fmt.Fprintln(w, line) // nobody reads it when this fails
	}
	_ = w.Flush()
	for _, remark := range t.remarks {
		_, _ = fmt.Fprintln(out, remark)
	}
	_, _ = fmt.Fprintln(out)
}

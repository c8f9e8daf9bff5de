package catalog

import (
	"cmp"
	"slices"
	"time"

	"github.com/google/uuid"
)

// Asker is what is known about the person for whom a competent unit is sought. What is not known may lead to a question.
type Asker struct {
	Audience string // citizen, business …; empty: not known
	Surname  string // first letters; empty: not known
	Age      *int   // years
}

// statement is a stated competence as far as it decides who is competent.
type statement struct {
	id           uuid.UUID
	service      uuid.UUID
	organisation uuid.UUID
	owner        string
	role         string
	area         area   // that covers the place
	former       string // the key that it is stated for, where that is no longer in use
	partial      bool   // the former area is only a part of the place
	unitKnown    bool
	name         Text // of the unit
	terms        TermsEntry
	source       string
	copiedAt     *time.Time
}

// level orders statements: the most specific area first, a former key behind the key in use.
func (s *statement) level() int {
	n := 2 * (len(s.area) + 1)
	if s.former != "" {
		n--
	}
	return n
}

// person is a kind of person for whom all terms can be judged.
type person struct {
	audience string
	surname  string // beginning of the name, folded; empty: the terms don't ask
	age      int    // below 0: the terms don't ask
}

// verdict says what becomes of a statement.
type verdict int

const (
	otherRole verdict = iota + 1
	unitUnknown
	notYetValid
	noLongerValid
	conditionNotMet
	lessSpecificArea
	lessSpecificRule
	candidate
	competent
)

// decision says who is competent.
type decision struct {
	winners  []int // positions of the statements that count for some person who may be asking
	units    int   // that they name
	clear    bool  // it is one unit for everybody who may be asking, or none for everybody
	question *inquiry
	verdicts []verdict // of all statements
}

// inquiry is what must be known to decide: about is audience, surname, age, or office where nothing stated decides.
type inquiry struct {
	about   string
	options []option
}

// option is an answer to a question and the statements that remain then. A surname or age stands for all from first to last.
type option struct {
	value       string
	first, last string
	winners     []int
}

// decide finds the competent units among the statements that cover a place: for each kind of person who may be asking, those
// whose terms hold, of the most specific area, and among these those with the most conditions. A statement whose terms can't be
// judged counts beside them. role is the role that is sought; audiences are those that the service is for.
func decide(list []statement, role string, a Asker, audiences []string, now time.Time) decision {
	d := decision{verdicts: make([]verdict, len(list))}
	var open []int
	for i := range list {
		if d.verdicts[i] = list[i].excluded(role, now); d.verdicts[i] == 0 {
			open = append(open, i)
		}
	}
	slices.SortStableFunc(open, func(i, j int) int { return cmp.Compare(list[j].level(), list[i].level()) })
	c := crowdOf(list, open, a, audiences)
	outcomes := make([][]int, len(c.persons))
	for n, p := range c.persons {
		outcomes[n] = winnersFor(list, open, p, d.verdicts)
	}
	counts := map[int]int{}
	units := map[uuid.UUID]bool{}
	for _, outcome := range outcomes {
		for _, i := range outcome {
			counts[i]++
			units[list[i].organisation] = true
		}
	}
	for _, i := range open {
		switch {
		case counts[i] > 0:
			d.winners = append(d.winners, i)
			d.verdicts[i] = candidate
		case d.verdicts[i] == 0:
			d.verdicts[i] = conditionNotMet
		}
	}
	d.units = len(units)
	d.clear = d.units < 2 && sameUnits(list, outcomes)
	if d.clear {
		for _, i := range d.winners {
			d.verdicts[i] = competent
		}
		return d
	}
	d.question = c.question(list, outcomes)
	return d
}

// excluded says why a statement can't count for anybody; 0 if it can.
func (s *statement) excluded(role string, now time.Time) verdict {
	switch {
	case s.role != role:
		return otherRole
	case !s.unitKnown:
		return unitUnknown
	case validAt(s.terms.Validity, now):
		return 0
	}
	if slices.ContainsFunc(s.terms.Validity, func(p PeriodEntry) bool { return p.From != nil && p.From.After(now) }) {
		return notYetValid
	}
	return noLongerValid
}

// winnersFor gives the statements that count for a person, and notes for the others why they do not. open is ordered by level.
func winnersFor(list []statement, open []int, p person, verdicts []verdict) []int {
	var winners, level []int
	note := func(i int, v verdict) { verdicts[i] = max(verdicts[i], v) }
	decided := false
	for n, i := range open {
		switch f := list[i].fits(p); {
		case decided && f != no:
			note(i, lessSpecificArea)
		case f == maybe:
			winners = append(winners, i)
		case f == yes:
			level = append(level, i)
		}
		if n+1 < len(open) && list[open[n+1]].level() == list[i].level() || len(level) == 0 {
			continue
		}
		best := 0
		for _, i := range level {
			best = max(best, list[i].terms.specificity())
		}
		for _, i := range level {
			if list[i].terms.specificity() == best {
				winners = append(winners, i)
			} else {
				note(i, lessSpecificRule)
			}
		}
		level, decided = nil, true
	}
	slices.Sort(winners)
	return winners
}

func (s *statement) fits(p person) fit {
	f := s.terms.fits(p)
	if s.partial {
		f = min(f, maybe)
	}
	return f
}

// sameUnits says whether all outcomes name the same units.
func sameUnits(list []statement, outcomes [][]int) bool {
	for _, outcome := range outcomes[1:] {
		if !slices.Equal(unitsOf(list, outcome), unitsOf(list, outcomes[0])) {
			return false
		}
	}
	return true
}

// unitsOf gives the units that statements name, each once, in order.
func unitsOf(list []statement, some []int) []string {
	units := make([]string, 0, len(some))
	for _, i := range some {
		units = append(units, string(list[i].organisation[:]))
	}
	slices.Sort(units)
	return slices.Compact(units)
}

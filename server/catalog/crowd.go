package catalog

import (
	"slices"
	"strconv"
	"strings"
)

// maxCrowd is how many kinds of persons are told apart. Competences with more conditions than that are decided by people.
const maxCrowd = 4096

// crowd is all kinds of persons who may be asking: those between whom the terms of some statements make a difference. Within
// a kind, all terms hold or don't hold alike.
type crowd struct {
	audiences []string
	surnames  []string // where a kind begins; it ends where the next begins
	ends      []string // of surnames
	ages      []int    // the youngest of a kind
	asked     map[string]bool
	persons   []person // all combinations: audience, then surname, then age
}

// crowdOf takes apart who may be asking, as far as the statements make a difference.
func crowdOf(list []statement, open []int, a Asker, audiences []string) crowd {
	c := crowd{asked: map[string]bool{}}
	cuts := map[string]bool{}
	years := map[int]bool{}
	mentioned := map[string]bool{}
	for _, i := range open {
		for _, name := range list[i].terms.Audiences {
			mentioned[name] = true
		}
		for _, condition := range list[i].terms.Conditions {
			condition.cut(cuts, years)
		}
	}
	c.audiences = audiencesFor(a.Audience, audiences, mentioned)
	c.surnames, c.ends = spans(cuts, foldSurname(a.Surname))
	c.ages = ages(years, a.Age)
	if len(c.audiences)*len(c.surnames)*len(c.ages) > maxCrowd {
		c.surnames, c.ends, c.ages = []string{""}, []string{""}, []int{-1}
	}
	for _, audience := range c.audiences {
		for _, surname := range c.surnames {
			for _, age := range c.ages {
				c.persons = append(c.persons, person{audience, surname, age})
			}
		}
	}
	return c
}

// cut notes where a condition begins and ends to hold.
func (e ConditionEntry) cut(letters map[string]bool, years map[int]bool) {
	switch e.Kind {
	case conditionSurname:
		if e.From != "" {
			letters[e.From] = true
		}
		if e.To != "" {
			letters[after(e.To)] = true
		}
		letters["A"] = true
	case conditionAge:
		years[0] = true
		if e.Min != nil {
			years[*e.Min] = true
		}
		if e.Max != nil {
			years[*e.Max+1] = true
		}
	}
}

// audiencesFor are the audiences that may be asking: the one that asks; else those that the service is for; else citizens and
// businesses, and whoever is mentioned.
func audiencesFor(asks string, of []string, mentioned map[string]bool) []string {
	switch {
	case asks != "":
		return []string{asks}
	case len(mentioned) == 0:
		return []string{""}
	case len(of) > 0:
		return of
	}
	list := []string{"citizen", "business"}
	var more []string
	for name := range mentioned {
		if !slices.Contains(list, name) {
			more = append(more, name)
		}
	}
	slices.Sort(more)
	return append(list, more...)
}

// spans are the kinds of surnames between cuts, reduced to those that the letters of who asks may belong to.
func spans(cuts map[string]bool, letters string) (begins, ends []string) {
	if len(cuts) == 0 {
		return []string{""}, []string{""}
	}
	points := make([]string, 0, len(cuts)+1)
	for cut := range cuts {
		if cut != "[" {
			points = append(points, cut)
		}
	}
	slices.Sort(points)
	points = append(points, "[")
	for i, from := range points[:len(points)-1] {
		to := points[i+1]
		if letters == "" || letters < to && after(letters) > from {
			begins, ends = append(begins, from), append(ends, to)
		}
	}
	if len(begins) == 0 { // no name begins so
		return []string{""}, []string{""}
	}
	return begins, ends
}

func ages(years map[int]bool, asks *int) []int {
	switch {
	case len(years) == 0:
		return []int{-1}
	case asks != nil:
		return []int{*asks}
	}
	list := make([]int, 0, len(years))
	for year := range years {
		list = append(list, year)
	}
	slices.Sort(list)
	return list
}

// question finds what to ask: the first property by which, all others being equal, outcomes differ.
func (c *crowd) question(list []statement, outcomes [][]int) *inquiry {
	surnames, ages := len(c.surnames), len(c.ages)
	for _, dimension := range []struct {
		about         string
		values, apart int // how many there are, and how far apart they stand in persons
	}{
		{"audience", len(c.audiences), surnames * ages},
		{conditionSurname, surnames, ages},
		{conditionAge, ages, 1},
	} {
		if dimension.values < 2 {
			continue
		}
		columns := make([][][]int, dimension.values) // the outcomes with each value
		for n, outcome := range outcomes {
			v := n / dimension.apart % dimension.values
			columns[v] = append(columns[v], outcome)
		}
		if differ(list, columns) {
			return &inquiry{about: dimension.about, options: c.options(dimension.about, list, columns)}
		}
	}
	return &inquiry{about: "office"}
}

func differ(list []statement, columns [][][]int) bool {
	return slices.ContainsFunc(columns[1:], func(column [][]int) bool { return !sameColumn(list, column, columns[0]) })
}

func sameColumn(list []statement, a, b [][]int) bool {
	return slices.EqualFunc(a, b, func(x, y []int) bool { return slices.Equal(unitsOf(list, x), unitsOf(list, y)) })
}

// options are the answers to a question. Neighbouring surnames or ages with the same outcomes are one.
func (c *crowd) options(about string, list []statement, columns [][][]int) []option {
	var options []option
	for v, column := range columns {
		o := c.option(about, v)
		if last := len(options) - 1; v > 0 && about != "audience" && sameColumn(list, column, columns[v-1]) {
			options[last].last = o.last
			o = options[last]
			options = options[:last]
		}
		for _, outcome := range column {
			o.winners = append(o.winners, outcome...)
		}
		slices.Sort(o.winners)
		o.winners = slices.Compact(o.winners)
		options = append(options, o)
	}
	return options
}

func (c *crowd) option(about string, v int) option {
	switch about {
	case conditionSurname:
		// A beginning that is too short to tell is made longer: of SC and SCI, "SC" may be either.
		value := c.surnames[v]
		if end := c.ends[v]; strings.HasPrefix(end, value) {
			value += strings.Repeat("A", maxLetters-len(value))
		}
		return option{value: value, first: c.surnames[v], last: before(c.ends[v])}
	case conditionAge:
		last := ""
		if v+1 < len(c.ages) {
			last = strconv.Itoa(c.ages[v+1] - 1)
		}
		return option{value: strconv.Itoa(c.ages[v]), first: strconv.Itoa(c.ages[v]), last: last}
	}
	return option{value: c.audiences[v]}
}

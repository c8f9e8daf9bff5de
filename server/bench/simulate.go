package main

import (
	"container/heap"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"time"
)

// simulation works out what cannot be run on one machine: portals by the thousand, in an association for each Land, under one
// anchor. The same costs give the same figures.
type simulation struct {
	Nudge     time.Duration // of a processor at the owner: to tell one member of a change
	Page      time.Duration // at the owner: to give one reader a page with a change, or an empty one
	Take      time.Duration // at the reader: to be told, ask, verify, and take a change in, its share of PostgreSQL included
	Statement time.Duration // at the anchor: to sign and give a statement about one member
	List      time.Duration // at the anchor: to give the list of members and its own configuration
	Latency   time.Duration // of the network, one way
	Rate      float64       // statements that the anchor is asked for each second, at most
	Cores     int           // of each portal
	PerPortal int           // entries of each portal's catalog
	PerEntry  int           // bytes of an entry at a reader, with its indexes
}

// measuredCosts are for two cores. A change on its way from one portal to another took 16 ms of a processor beside PostgreSQL
// (BenchmarkPropagation in server/federation, at a load of 16 by other work, so rather too much); how it is divided is estimated. A
// statement is a signature (BenchmarkSealOpen makes two and checks two, in 3 ms).
func measuredCosts() simulation {
	return simulation{
		Nudge: time.Millisecond, Page: 3 * time.Millisecond, Take: 12 * time.Millisecond, Statement: 500 * time.Microsecond,
		List: time.Millisecond, Latency: 10 * time.Millisecond, Rate: 200, Cores: 2, PerPortal: 130, PerEntry: 2000,
	}
}

// municipalitiesByLand is how many municipalities each Land has (server/places/data/areas.csv), by its number in the ARS.
func municipalitiesByLand() []int {
	return []int{1108, 1, 967, 2, 396, 426, 2303, 1103, 2230, 53, 1, 417, 727, 419, 218, 633}
}

const (
	nudgesAtOnce  = 32  // as in server/federation
	relaysTo      = 8   // members that each one passes a change on to
	pollSeconds   = 60  // of the anchor's list, and of catalogs where there are few members; as in server/federation
	pollsAtMost   = 20  // catalogs a minute
	pollsLatest   = 10  // minutes, after which a catalog is read in any case
	minAgeSeconds = 240 // of statements, before they are read again
)

// simulated is what comes out for one association.
type simulated struct {
	Portals     int     `json:"portals"`
	DirectP50   float64 `json:"direct_p50_ms"`  // the owner tells everybody, and everybody reads from it
	DirectP99   float64 `json:"direct_p99_ms"`  //
	RelayedP99  float64 `json:"relayed_p99_ms"` // each member passes the signed page on to a few
	Polling     float64 `json:"polling_cpu_percent"`
	PollingHub  float64 `json:"polling_by_anchor_cpu_percent"`
	AnchorFixed float64 `json:"anchor_cpu_percent_fixed_age"` // statements read again every four minutes, whatever the number
	Anchor      float64 `json:"anchor_cpu_percent"`
	AgeMinutes  float64 `json:"statements_age_minutes"`
	RemovedIn   float64 `json:"removed_everywhere_s"`
	Rows        int     `json:"rows"`
	StorageMiB  float64 `json:"storage_mib"`
}

// association works out one association of n portals.
func (s simulation) association(n int) simulated {
	direct, relayed := s.direct(n), s.relayed(n)
	members := float64(n - 1)
	share := func(perSecond float64, cost time.Duration) float64 { return 100 * perSecond * cost.Seconds() }
	period := pollSeconds * math.Min(math.Max(1, members/pollsAtMost), pollsLatest)
	out := simulated{
		Portals: n, DirectP50: quantile(direct, 0.5), DirectP99: quantile(direct, 0.99), RelayedP99: quantile(relayed, 0.99),
		Polling: share(members/period, s.Page+s.Nudge+s.Take/4), PollingHub: share(1.0/pollSeconds, s.Nudge+s.Take/4),
		Rows: int(members) * s.PerPortal, StorageMiB: members * float64(s.PerPortal*s.PerEntry) / (1 << 20),
	}
	lists := share(members/pollSeconds, s.List)
	age := math.Max(minAgeSeconds, members*members/s.Rate)
	out.AnchorFixed = lists + share(members*members/minAgeSeconds, s.Statement)
	out.Anchor, out.AgeMinutes = lists+share(members*members/age, s.Statement), age/60
	if busy := out.Anchor / 100 / float64(s.Cores); busy < 1 {
		wait := s.List.Seconds() / (1 - busy)
		out.RemovedIn = pollSeconds + 2*s.Latency.Seconds() + wait
	} else {
		out.RemovedIn = math.MaxInt32 // never
	}
	return out
}

// direct gives the times, in milliseconds, at which each other member has a change that its owner tells everybody of, some at
// once, and that everybody then reads from it.
func (s simulation) direct(n int) []float64 {
	w := newWorld(s.Cores)
	var took []float64
	next := 1
	var nudge func()
	nudge = func() {
		if next == n {
			return
		}
		next++
		w.serve(s.Nudge, func() {
			way := w.way(s.Latency)
			w.after(way, func() { // the member reads while its answer is under way
				w.after(w.way(s.Latency), func() {
					w.serve(s.Page, func() {
						w.after(w.way(s.Latency)+s.Take, func() { took = append(took, milliseconds(w.now)) })
					})
				})
			})
			w.after(way+w.way(s.Latency), nudge)
		})
	}
	for range nudgesAtOnce {
		nudge()
	}
	w.run()
	return took
}

// relayed gives the same where each member passes the page on, as its owner has signed it, to a few others.
func (s simulation) relayed(n int) []float64 {
	w := newWorld(math.MaxInt32) // each passes on with processors of its own
	var took []float64
	var pass func(i int)
	pass = func(i int) {
		for k := 1; k <= relaysTo; k++ {
			child := i*relaysTo + k
			if child >= n {
				return
			}
			sent := time.Duration(k) * (s.Nudge + s.Page) / time.Duration(s.Cores)
			w.after(sent+w.way(s.Latency), func() {
				pass(child) // verified, but not taken in yet
				w.after(s.Take, func() { took = append(took, milliseconds(w.now)) })
			})
		}
	}
	pass(0)
	w.run()
	return took
}

func quantile(times []float64, q float64) float64 {
	if len(times) == 0 {
		return 0
	}
	slices.Sort(times)
	return math.Round(times[min(len(times)-1, int(q*float64(len(times))))])
}

// world is the time and the processors of one portal.
type world struct {
	now    time.Duration
	free   []time.Duration // when each processor is free; nil: there are enough
	events events
	random *rand.Rand
}

func newWorld(cores int) *world {
	w := &world{random: rand.New(rand.NewPCG(1, 2))} //nolint:gosec // no secrets; the same each time
	if cores < 1<<10 {
		w.free = make([]time.Duration, cores)
	}
	return w
}

// way is how long something is under way: at least half the usual time, and now and then far longer.
func (w *world) way(usual time.Duration) time.Duration {
	return time.Duration(float64(usual) * (0.5 + w.random.ExpFloat64()/2))
}

func (w *world) after(d time.Duration, do func()) {
	heap.Push(&w.events, event{at: w.now + d, number: w.events.number, do: do})
	w.events.number++
}

// serve uses the processor that is free first.
func (w *world) serve(cost time.Duration, do func()) {
	if w.free == nil {
		w.after(cost, do)
		return
	}
	i := 0
	for j := range w.free {
		if w.free[j] < w.free[i] {
			i = j
		}
	}
	w.free[i] = max(w.free[i], w.now) + cost
	w.after(w.free[i]-w.now, do)
}

func (w *world) run() {
	for w.events.Len() > 0 {
		e := heap.Pop(&w.events).(event) //nolint:forcetypeassert // nothing else is in it
		w.now = e.at
		e.do()
	}
}

type event struct {
	at     time.Duration
	number int // what was asked for first comes first
	do     func()
}

type events struct {
	list   []event
	number int
}

func (e *events) Len() int { return len(e.list) }
func (e *events) Less(i, j int) bool {
	return e.list[i].at < e.list[j].at || e.list[i].at == e.list[j].at && e.list[i].number < e.list[j].number
}
func (e *events) Swap(i, j int) { e.list[i], e.list[j] = e.list[j], e.list[i] }
func (e *events) Push(x any)    { e.list = append(e.list, x.(event)) } //nolint:forcetypeassert // as above
func (e *events) Pop() any {
	last := e.list[len(e.list)-1]
	e.list = e.list[:len(e.list)-1]
	return last
}

// country is what the last line says.
type country struct {
	Portals      int       `json:"portals"`
	Associations int       `json:"associations"`
	Copies       int       `json:"copies"` // rows at all portals together
	Largest      simulated `json:"largest"`
}

// country works out all associations.
func (s simulation) country(sizes []int) (out country, all []simulated) {
	out.Associations = len(sizes)
	for _, n := range sizes {
		a := s.association(n)
		all = append(all, a)
		out.Portals += n
		out.Copies += n * a.Rows
		if n > out.Largest.Portals {
			out.Largest = a
		}
	}
	slices.SortFunc(all, func(a, b simulated) int { return b.Portals - a.Portals })
	return out, all
}

// simulate writes the figures of the country.
func simulate() error {
	out, all := measuredCosts().country(municipalitiesByLand())
	say("%d portals in %d associations, one for each Land. An association's figures:", out.Portals, out.Associations)
	say("portals · change found, all told by the owner p50/p99 ms · passed on p99 ms · polling %% · anchor %% (age fixed) · statements read again after min · removed everywhere s · rows · MiB")
	for _, a := range all {
		say("%5d · %5.0f / %5.0f · %4.0f · %5.1f (by the anchor %.3f) · %5.1f (%.0f) · %4.0f · %.1f · %7d · %4.0f",
			a.Portals, a.DirectP50, a.DirectP99, a.RelayedP99, a.Polling, a.PollingHub, a.Anchor, a.AnchorFixed, a.AgeMinutes, a.RemovedIn, a.Rows, a.StorageMiB)
	}
	return json.NewEncoder(os.Stdout).Encode(out)
}

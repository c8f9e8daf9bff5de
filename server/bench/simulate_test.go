package main

import (
	"reflect"
	"testing"
	"time"
)

func TestSimulation_SameCosts_SameFigures(t *testing.T) {
	s := measuredCosts()
	if a, b := s.association(300), s.association(300); !reflect.DeepEqual(a, b) {
		t.Errorf("%+v, then %+v", a, b)
	}
}

func TestSimulation_EveryMemberGetsTheChange(t *testing.T) {
	s := measuredCosts()
	for _, n := range []int{1, 2, 9, 10, 100, 2303} {
		if d, r := len(s.direct(n)), len(s.relayed(n)); d != n-1 || r != n-1 {
			t.Errorf("%d portals: %d get it from the owner, %d from others", n, d, r)
		}
	}
}

func TestSimulation_Growth(t *testing.T) {
	s := measuredCosts()
	small, large := s.association(100), s.association(2300)
	if floor := (2299 * (s.Nudge + s.Page) / 2).Seconds() * 1000; large.DirectP99 < 0.95*floor || large.DirectP99 > 2*floor {
		t.Errorf("2300 portals have a change after %.0f ms; the owner's processors need %.0f ms", large.DirectP99, floor)
	}
	if large.RelayedP99 > 2*small.RelayedP99+50 {
		t.Errorf("passed on: %.0f ms for 100 portals, %.0f ms for 2300", small.RelayedP99, large.RelayedP99)
	}
	if large.AnchorFixed < 100*large.Anchor/10 || small.Anchor != small.AnchorFixed {
		t.Errorf("anchor: %+v, %+v", small, large)
	}
	s.Cores, s.List = 1, 60*time.Millisecond // an anchor that cannot answer
	if got := s.association(2300).RemovedIn; got < 1e9 {
		t.Errorf("removed within %.0f s by an anchor that is overloaded", got)
	}
}

func TestSimulation_Country_IsTheRegisters(t *testing.T) {
	out, all := measuredCosts().country(municipalitiesByLand())
	if out.Portals != 11004 || out.Associations != 16 || out.Largest.Portals != 2303 || all[0].Portals != 2303 {
		t.Errorf("%+v", out)
	}
	if out.Largest.RemovedIn > 300 {
		t.Errorf("a member is refused everywhere after %.0f s", out.Largest.RemovedIn)
	}
}

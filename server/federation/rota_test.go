package federation

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func memberIDs(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprint(i)
	}
	return ids
}

// reads lets minutes pass, each with the members that are due read one by one, and counts the reads.
func reads(r *rota, ids []string, at time.Time, minutes int) (each map[string]int, most int) {
	each = map[string]int{}
	for minute := range minutes {
		at := at.Add(time.Duration(minute) * readEvery)
		due := r.due(ids, at)
		most = max(most, len(due))
		for i, id := range due {
			r.read(id, at.Add(readEvery*time.Duration(i+1)/time.Duration(len(due)+1)), float64(i)/float64(len(due)))
			each[id]++
		}
	}
	return each, most
}

func TestRota_FewMembers_EachReadEveryMinute(t *testing.T) {
	t.Parallel()
	each, _ := reads(&rota{}, memberIDs(readAtMost), time.Now(), 10)
	for id, n := range each {
		if n != 10 {
			t.Errorf("member %s read %d times in ten minutes", id, n)
		}
	}
}

func TestRota_ManyMembers_SpreadAndEachInTime(t *testing.T) {
	t.Parallel()
	for _, members := range []int{100, 1000} {
		r, ids, start := &rota{}, memberIDs(members), time.Now()
		if _, first := reads(r, ids, start, 1); first != members {
			t.Fatalf("%d members read at the start, not %d", first, members)
		}
		period := int(readPeriod(members) / readEvery)
		each, most := reads(r, ids, start.Add(readEvery), 10*period)
		if fair := members / period; most > 3*fair {
			t.Errorf("%d members: %d read in one minute, where %d would do", members, most, fair)
		}
		for _, id := range ids {
			if n := each[id]; n < 10 || n > 16 {
				t.Errorf("%d members: member %s read %d times in ten periods", members, id, n)
			}
		}
	}
}

func TestRota_CouldNotBeRead_DueAgainFirst(t *testing.T) {
	t.Parallel()
	r, ids, now := &rota{}, memberIDs(100), time.Now()
	reads(r, ids, now, 1)
	r.forget("7")
	if due := r.due(ids, now.Add(readEvery)); !slices.Contains(due, "7") || due[0] != "7" {
		t.Errorf("due: %v", due)
	}
}

func TestAgain_FailsOverAndOver_LaterEachTimeAndOnceAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var a again
		start := time.Now()
		var at []time.Duration
		var try func()
		try = func() {
			if at = append(at, time.Since(start)); len(at) < 5 {
				a.later("x", time.Second, 20*time.Second, try)
			}
		}
		a.later("x", time.Second, 20*time.Second, try)
		a.later("x", time.Second, 20*time.Second, try) // waits already
		time.Sleep(time.Hour)
		synctest.Wait()
		want := []time.Duration{1 * time.Second, 5 * time.Second, 21 * time.Second, 41 * time.Second, 61 * time.Second}
		if !slices.Equal(at, want) {
			t.Errorf("tried after %v, want %v", at, want)
		}
		a.settled("x")
		a.later("x", time.Second, 20*time.Second, func() {})
		if len(a.after) != 1 || a.after["x"].pause != time.Second {
			t.Errorf("after success: %v", a.after["x"].pause)
		}
		time.Sleep(time.Minute)
	})
}

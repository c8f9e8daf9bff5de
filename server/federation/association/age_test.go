package association

import (
	"testing"
	"time"
)

func TestAgeOf_LargeAssociation_AnchorIsAskedNoMoreOften(t *testing.T) {
	for members, want := range map[int]time.Duration{1: 4 * time.Minute, 200: 4 * time.Minute, 400: 800 * time.Second, 2000: 20_000 * time.Second, 11_000: 24 * time.Hour} {
		if got := ageOf(members); got != want {
			t.Errorf("%d members: %v, want %v", members, got, want)
		}
	}
}

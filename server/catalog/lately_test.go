package catalog

import (
	"errors"
	"strconv"
	"testing"
	"time"
)

func TestLately_RememberedForAWhile_ErrorsNever(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	l := newLately[int](func() time.Time { return now })
	looked := 0
	ask := func(key string) int {
		t.Helper()
		got, err := l.of(key, func() (int, error) { looked++; return looked, nil })
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	for _, want := range []struct {
		key    string
		looked int
	}{{"x", 1}, {"x", 1}, {"y", 2}, {"x", 1}} {
		if got := ask(want.key); got != want.looked {
			t.Errorf("%s: %d, want %d", want.key, got, want.looked)
		}
	}
	if now = now.Add(answerAge); ask("x") != 3 {
		t.Error("remembered for too long")
	}
	wrong := errors.New("wrong")
	if _, err := l.of("e", func() (int, error) { return 0, wrong }); !errors.Is(err, wrong) {
		t.Errorf("%v", err)
	}
	if ask("e") != 4 {
		t.Error("an error was remembered")
	}
	for n := range 3 * latelyKept {
		ask(strconv.Itoa(n))
	}
	if len(l.byKey) > latelyKept {
		t.Errorf("%d keys are kept", len(l.byKey))
	}
}

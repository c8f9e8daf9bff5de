package paging

import (
	"testing"
	"time"

	"github.com/google/uuid"
)

func TestPosition_IsWhatCursorNamed(t *testing.T) {
	at, id := time.Date(2026, 3, 29, 2, 30, 0, 123456000, time.FixedZone("CEST", 7200)), uuid.New()
	gotAt, gotID, err := Position(Cursor(at, id))
	if err != nil || !gotAt.Equal(at) || gotID != id {
		t.Fatalf("got %v, %v, %v, want %v, %v", gotAt, gotID, err, at, id)
	}
}

func TestPosition_RefusesWhatIsNoCursor(t *testing.T) {
	for _, cursor := range []string{"", "!", "eA", "MjAyNi0wMy0yOVQwMDozMDowMFo", "MjAyNi0wMy0yOVQwMDozMDowMFp8eA"} {
		if _, _, err := Position(cursor); err == nil {
			t.Errorf("Position(%q) was accepted", cursor)
		}
	}
}

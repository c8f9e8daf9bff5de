package applications

import (
	"crypto/rand"
	"strings"
	"testing"
)

func TestNumber_AnySingleError_IsFound(t *testing.T) {
	t.Parallel()
	for _, prefix := range []string{"MEP", "EL", "LATH", "AAA", "ZZ"} {
		for range 50 {
			number, err := newNumber(prefix, 2026, rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			if got, ok := ReadNumber(number); !ok || got != number {
				t.Fatalf("%s is read as %s, %v", number, got, ok)
			}
			signs := []byte(strings.ReplaceAll(number, "-", ""))
			for i, was := range signs {
				alphabet := crockford
				if i < len(prefix) {
					alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				}
				for _, c := range []byte(alphabet) {
					if c == was {
						continue
					}
					signs[i] = c
					if got, ok := ReadNumber(string(signs)); ok {
						t.Errorf("%s with an error in place %d is taken as %s", number, i, got)
					}
				}
				signs[i] = was
			}
		}
	}
}

func TestNumber_TwoSwapped_AreFound(t *testing.T) {
	t.Parallel()
	for range 200 {
		number, err := newNumber("MEP", 2026, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		signs := []byte(strings.ReplaceAll(number, "-", ""))
		for i := range signs {
			for j := i + 1; j < len(signs); j++ {
				if signs[i] == signs[j] || (i < 3) != (j < 3) { // letters of the prefix count by another table
					continue
				}
				signs[i], signs[j] = signs[j], signs[i]
				if _, ok := ReadNumber(string(signs)); ok {
					t.Errorf("%s with %d and %d swapped is taken", number, i, j)
				}
				signs[i], signs[j] = signs[j], signs[i]
			}
		}
	}
}

func TestReadNumber_AsPeopleWriteIt_IsPutRight(t *testing.T) {
	t.Parallel()
	number, err := newNumber("MEP", 2026, strings.NewReader("\x08\x42\x10\x84\x20")) // many 1 and 0
	if err != nil {
		t.Fatal(err)
	}
	spoken := strings.NewReplacer("1", "l", "0", "o", "-", "").Replace(number[3:])
	for _, text := range []string{strings.ToLower(number), strings.ReplaceAll(number, "-", " "), "mep" + spoken, " " + number + " "} {
		if got, ok := ReadNumber(text); !ok || got != number {
			t.Errorf("%q is read as %q, %v, want %s", text, got, ok, number)
		}
	}
	for _, text := range []string{"", "MEP", number + "0", number[1:], "1" + number[1:], "MEP-26-UUUU-UUUU-U", "MEP-2ß-4F7K-2P9T-X", "M" + number, "12345678901234"} {
		if got, ok := ReadNumber(text); ok {
			t.Errorf("%q is read as %q", text, got)
		}
	}
}

func FuzzReadNumber_WhatItTakes_ItTakesAgain(f *testing.F) {
	f.Add("MEP-26-4F7K-2P9T-X")
	f.Fuzz(func(t *testing.T, text string) {
		once, ok := ReadNumber(text)
		if !ok {
			return
		}
		if twice, ok := ReadNumber(once); !ok || twice != once {
			t.Errorf("%q became %q, then %q", text, once, twice)
		}
	})
}

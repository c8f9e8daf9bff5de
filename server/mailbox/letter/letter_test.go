package letter

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestWrite_SameLetter_SameBytes_AndAPage(t *testing.T) {
	t.Parallel()
	l := Letter{
		Subject: "Bescheid: Hund anmelden", Sender: "Stadt Meppen", At: time.Date(2026, 11, 29, 10, 0, 0, 0, time.UTC),
		Text: strings.Repeat("Sehr geehrte Frau Łęcka-Çelik, „Ihr“ Antrag wird bewilligt – Gebühr 12,50 €.\n", 90), Link: "https://meppen.example/antraege/1", Note: "Aus dem Postfach",
	}
	var one, two bytes.Buffer
	if err := Write(&one, l); err != nil {
		t.Fatal(err)
	}
	if err := Write(&two, l); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(one.Bytes(), two.Bytes()) {
		t.Error("the same letter gives other bytes")
	}
	if !bytes.HasPrefix(one.Bytes(), []byte("%PDF-")) || one.Len() > 500_000 {
		t.Errorf("%d bytes, beginning %q", one.Len(), one.Bytes()[:8])
	}
	if pages := bytes.Count(one.Bytes(), []byte("/Type /Page\n")); pages < 2 {
		t.Errorf("%d pages for a long letter", pages)
	}
}

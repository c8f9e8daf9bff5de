package catalog

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// TestSanitise_Shortcut_GivesWhatThePolicyGives puts texts together at random and looks that the shortcuts change nothing.
func TestSanitise_Shortcut_GivesWhatThePolicyGives(t *testing.T) {
	t.Parallel()
	policy := newPolicy()
	pieces := []string{
		"<p>", "</p>", "<ul>", "<li>", "</li>", "</ul>", "<br>", "<br/>", "</br>", "<b>", "</b>", "<h1>", "</h1>", "<strong>", "</strong>", "<sup>", "<P>", "<p >",
		"<script>", "</script>", "<a>", "</a>", `<a href="https://a.example">`, "<", ">", "&", "&amp;", `"`, "'", " ", "\n", "Amt", "Straße", "<style>", "</style>",
		"<!-- x -->", "<p", "</", "<title>", "</title>", "\u2028", "–", "<textarea>", "<strong", "<>", "</>",
	}
	random := rand.New(rand.NewPCG(1, 2))
	short := 0
	for range 20_000 {
		var b strings.Builder
		most := 16 // of the first pieces, which the shortcut is for
		if random.IntN(3) == 0 {
			most = len(pieces)
		}
		for range 1 + random.IntN(12) {
			b.WriteString(pieces[random.IntN(most)])
			b.WriteString("Wort ")
		}
		html := b.String()
		if harmless, _ := isHarmless(html); harmless {
			short++
		}
		if got, want := sanitise(policy, html), oneName.Replace(policy.Sanitize(html)); got != want {
			t.Fatalf("%q becomes %q, by the policy %q", html, got, want)
		}
	}
	if short < 1000 {
		t.Errorf("only %d texts took the shortcut", short)
	}
}

// TestPlain_Shortcut_ChangesNothing puts texts together at random and looks that what is taken for plain is.
func TestPlain_Shortcut_ChangesNothing(t *testing.T) {
	t.Parallel()
	pieces := []string{"Amt", "ß", "ä", "–", "€", "Ж", "字", " ", " ", "\n", "\n", "\t", "\r", "\u00a0", "\u00ad", "\u200b", "\u202e", "\x00", "\x7f", "\x85", "\xff", "\u2003", "a", "b"}
	random := rand.New(rand.NewPCG(3, 4))
	short := 0
	for range 50_000 {
		var b strings.Builder
		most := 11
		if random.IntN(3) == 0 {
			most = len(pieces)
		}
		for range random.IntN(10) {
			b.WriteString(pieces[random.IntN(most)])
		}
		text := b.String()
		want := madePlain(text)
		if isPlain(text) {
			if short++; want != text {
				t.Fatalf("%q is taken for plain, but becomes %q", text, want)
			}
		}
		if got := plain(text); got != want {
			t.Fatalf("%q becomes %q instead of %q", text, got, want)
		}
	}
	if short < 1000 {
		t.Errorf("only %d texts took the shortcut", short)
	}
}

package catalog

import (
	_ "embed"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/english"
	"github.com/blevesearch/snowballstem/german"
	"golang.org/x/text/unicode/norm"
)

// compoundText holds words that public services are often made up of; the catalog's own are learned beside them.
//
//go:embed data/compounds.txt
var compoundText string

// How words are brought to a form in which those that mean the same are the same: lower case; ä, ae and a alike; without
// inflection; compounds taken apart.

const (
	maxQueryWords = 16
	maxWordLength = 64 // letters; longer ones are no words
	minPart       = 4  // letters of a part of a compound, unless it is a known short one
	minRest       = 7  // letters of a part that the lexicon does not know
	maxParts      = 4
)

// splitWords cuts a text into lower-case words. Words with a hyphen come as their parts. Marks of gender (Bürger*innen,
// Bürger:innen, Bürger/-innen) go.
func splitWords(text string) []string { return appendWords(nil, text) }

// appendWords adds the words of a text, see splitWords.
func appendWords(words []string, text string) []string {
	text = strings.ToLower(text)
	if !norm.NFC.IsNormalString(text) {
		text = norm.NFC.String(text)
	}
	word, from, letters := "", -1, 0 // the word goes on with text[from:], unless from is -1
	pause := func(at int) {
		if from >= 0 {
			word, from = word+text[from:at], -1
		}
	}
	end := func(at int) {
		if pause(at); letters > 0 && letters <= maxWordLength {
			words = append(words, word)
		}
		word, letters = "", 0
	}
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if from < 0 {
				from = i
			}
			letters++
		case unicode.Is(unicode.Mn, r) || r == '\u00ad' || r == '\'' || r == '’':
			pause(i) // belongs to the word and says nothing
		case letters > 0 && strings.ContainsRune("*:_/", r) && genderMark(text[i+size:]) > 0:
			pause(i)
			size += genderMark(text[i+size:])
		default:
			end(i)
		}
		i += size
	}
	end(len(text))
	return words
}

// genderMark is how many of the bytes that follow a mark like * belong to it: in, innen, -in, -innen.
func genderMark(rest string) int {
	after, hyphen := strings.CutPrefix(rest, "-")
	length := 0
	if hyphen {
		length = 1
	}
	// Bürger*innensprechstunde is a Bürgersprechstunde.
	if strings.HasPrefix(after, "innen") {
		return length + len("innen")
	}
	next, found := strings.CutPrefix(after, "in")
	if r, _ := utf8.DecodeRuneInString(next); !found || unicode.IsLetter(r) {
		return 0
	}
	return length + len("in")
}

// umlauts writes ae, oe and ue as umlauts, where they are not the end of another sound (Steuer, Bauen, Quelle), and ß as ss.
func umlauts(word string) string {
	if !strings.ContainsAny(word, "eß") {
		return word
	}
	var b strings.Builder
	var last, beforeLast rune
	for _, r := range word {
		if r == 'ß' {
			b.WriteString("ss")
			beforeLast, last = last, 's'
			continue
		}
		if r == 'e' && strings.ContainsRune("aou", last) && !strings.ContainsRune("aeouq", beforeLast) {
			text := b.String()
			b.Reset()
			b.WriteString(text[:len(text)-1])
			r = map[rune]rune{'a': 'ä', 'o': 'ö', 'u': 'ü'}[last]
		}
		b.WriteRune(r)
		beforeLast, last = last, r
	}
	return b.String()
}

// withoutAccents gives the word in plain letters.
func withoutAccents(word string) string {
	ascii := true
	for i := range len(word) {
		ascii = ascii && word[i] < 0x80
	}
	if ascii {
		return word
	}
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFD.String(word))
}

// surface is a word as it is compared when it is not stemmed.
func surface(word string) string { return withoutAccents(umlauts(word)) }

// stemGerman takes the inflection off.
func stemGerman(word string) string {
	env := snowballstem.NewEnv(umlauts(word))
	german.Stem(env)
	return withoutAccents(env.Current())
}

// stemEnglish takes the inflection off.
func stemEnglish(word string) string {
	env := snowballstem.NewEnv(withoutAccents(word))
	english.Stem(env)
	return env.Current()
}

// stems gives the stems of a word of a language; of both where the language is not known (empty).
func stems(word, language string) []string {
	switch {
	case strings.HasPrefix(language, "de"):
		return []string{stemGerman(word)}
	case strings.HasPrefix(language, "en"):
		return []string{stemEnglish(word)}
	case language != "":
		return []string{surface(word)}
	}
	de, en := stemGerman(word), stemEnglish(word)
	if de == en {
		return []string{de}
	}
	return []string{de, en}
}

// saysNothing names words that carry no meaning in a query or a title.
func saysNothing(word string) bool {
	switch word {
	case "der", "die", "das", "den", "dem", "des", "ein", "eine", "einen", "einem", "einer", "eines", "und", "oder", "mit", "ohne",
		"für", "fuer", "von", "vom", "zu", "zum", "zur", "im", "in", "ins", "am", "an", "auf", "aus", "bei", "beim", "bis", "nach", "über", "ueber",
		"unter", "durch", "als", "wie", "wo", "was", "wer", "wann", "wohin", "welche", "welcher", "welches", "ich", "mein", "meine", "meinen", "meinem",
		"meiner", "mir", "mich", "wir", "unser", "unsere", "sie", "ihr", "ihre", "ihren", "er", "es", "man", "ist", "sind", "hat", "habe",
		"haben", "wird", "werden", "kann", "muss", "soll", "will", "möchte", "moechte", "bekomme", "brauche", "nicht", "auch", "sich", "so", "um", "bzw",
		"ab", "dass", "damit", "weil", "wenn", "wegen", "vor", "hier", "da", "mehr", "noch", "schon", "jetzt", "mal", "bitte", "gern", "gerne", "wurde", "wurden",
		"worden", "war", "hatte", "würde", "könnte", "darf", "dürfen", "können", "müssen", "wollen", "sollen", "lassen", "tun", "mache", "geht", "gehe", "gehen",
		"dieser", "diese", "dieses", "diesen", "alle", "alles", "ganze", "ganzen", "jemand", "etwas", "viel", "viele", "wieviel", "warum", "deine", "dein", "euer",
		"uns", "euch", "ihm", "ihnen", "seine", "sein", "seinen", "seiner", "dann", "denn", "aber", "nur", "sehr", "immer", "wieso", "welchen", "welchem",
		"the", "a", "of", "for", "to", "and", "or", "my", "i", "how", "do", "does", "get", "with", "on", "is", "where", "can", "want", "need", "me":
		return true
	}
	return false
}

// saysLittle names words that fit nearly every service: they may be missing in what is found.
func saysLittle(word string) bool {
	switch word {
	case "antrag", "beantragen", "beantragung", "online", "formular", "stellen", "termin", "kosten", "gebühr", "gebühren", "gebuehr", "amt", "behörde",
		"machen", "erhalten", "bekommen", "holen", "brauchen", "besorgen", "neu", "neue", "neuen", "neuer", "neues", "info", "informationen", "stadt", "gemeinde",
		"landkreis", "kreis", "hilfe", "service", "leistung", "apply", "application", "request", "form", "new", "office", "city":
		return true
	}
	return false
}

// lexicon knows which words there are, to take compounds apart.
type lexicon struct {
	words map[string]bool
	stems map[string]bool
	heads map[string]bool   // how stems begin, see mayBegin
	heard map[string]bool   // as they were learned, as most come often
	spelt map[string]string // by stem: the shortest word with it, as it is written

	mu    sync.Mutex
	forms map[string]*forms // of words that were asked for, see of
}

// forms is what a word of a query comes to.
type forms struct {
	surface string
	stems   []string // German, English
	parts   []string // of a compound
}

// german is the word's stem as a German one.
func (f *forms) german() string { return f.stems[0] }

// rememberedForms bounds how many words are remembered: people ask for the same ones.
const rememberedForms = 8192

// of gives the forms of a word of a query. Who asks must not let the lexicon learn meanwhile.
func (l *lexicon) of(word string) *forms {
	l.mu.Lock()
	known := l.forms[word]
	l.mu.Unlock()
	if known != nil {
		return known
	}
	made := &forms{surface: surface(word), stems: stems(word, ""), parts: l.parts(word)}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.forms) >= rememberedForms {
		clear(l.forms)
	}
	l.forms[strings.Clone(word)] = made
	return made
}

func newLexicon() *lexicon {
	l := &lexicon{words: map[string]bool{}, stems: map[string]bool{}, heads: map[string]bool{}, heard: map[string]bool{}, spelt: map[string]string{}, forms: map[string]*forms{}}
	for _, w := range strings.Fields(compoundText) {
		l.words[w] = true
	}
	for _, w := range splitWords(synonymWords()) {
		if len(w) > minPart {
			l.learn(w)
		}
	}
	return l
}

// learn adds a word from the catalog.
func (l *lexicon) learn(word string) {
	if l.heard[word] {
		return
	}
	l.heard[strings.Clone(word)] = true
	s := surface(word)
	if len(s) < minPart || l.words[s] || saysNothing(word) {
		return
	}
	l.words[s] = true
	clear(l.forms) // compounds may come apart in other ways now
	stem := stemGerman(word)
	if len(stem) > minPart {
		l.stems[stem] = true
		l.heads[stem[:minPart+1]] = true
	}
	if known, ok := l.spelt[stem]; !ok || len(word) < len(known) {
		l.spelt[stem] = strings.Clone(word)
	}
}

// parts takes a compound apart into words that the lexicon knows; nil if it is none. Where there are several ways, the one
// with the fewest parts is taken, then the one whose last part, which says what it is, is longest.
func (l *lexicon) parts(word string) []string {
	s := surface(word)
	if len(s) < minPart+3 {
		return nil
	}
	for n := 2; n <= maxParts; n++ {
		if parts := l.split(s, n); parts != nil {
			return parts
		}
	}
	return l.splitOff(s)
}

// splitOff takes the longest word that the lexicon knows off the front, where what is left may be a word, too.
func (l *lexicon) splitOff(s string) []string {
	for i := len(s) - minRest; i >= minPart; i-- {
		if l.isPart(s[:i]) {
			return []string{s[:i], s[i:]}
		}
	}
	for i := len(s) - minRest; i >= minPart; i-- {
		if head := l.withoutJoint(s[:i]); len(head) >= minPart {
			return []string{head, s[i:]}
		}
	}
	return nil
}

func (l *lexicon) split(s string, n int) []string {
	if n == 1 {
		if l.isPart(s) {
			return []string{s}
		}
		return nil
	}
	for i := 3; i <= len(s)-3; i++ {
		head := l.withoutJoint(s[:i])
		if head == "" {
			continue
		}
		if rest := l.split(s[i:], n-1); rest != nil {
			return append([]string{head}, rest...)
		}
	}
	return nil
}

func (l *lexicon) isPart(s string) bool {
	switch s {
	case "ung", "keit", "heit", "schaft", "lich", "isch":
		return false // endings
	}
	return l.words[s] || l.mayBegin(s) && l.stems[stemGerman(s)]
}

// mayBegin says whether some stem may begin as a word does: most that a compound could be cut into are none, which costs less to see than
// their stems.
func (l *lexicon) mayBegin(s string) bool {
	if len(s) <= minPart {
		return false
	}
	head := s[:minPart+1]
	return l.heads[head] || strings.Contains(head, "ae") || strings.Contains(head, "oe") || strings.Contains(head, "ue") // may be umlauts
}

// withoutJoint gives the word that s is, perhaps with the sound that joins it to the next (Staat-s-angehörigkeit,
// Hunde-steuer); empty if there is none.
func (l *lexicon) withoutJoint(s string) string {
	if l.isPart(s) {
		return s
	}
	for _, joint := range []string{"s", "es", "n", "en", "e", "er"} {
		if w, ok := strings.CutSuffix(s, joint); ok && len(w) >= 3 && l.isPart(w) {
			return w
		}
	}
	for _, ending := range []string{"e", "en"} { // Schul-amt, Sprach-kurs, Wohn-geld
		if len(s) >= minPart && l.isPart(s+ending) {
			return s + ending
		}
	}
	return ""
}

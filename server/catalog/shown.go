package catalog

import (
	"encoding/binary"
	"iter"
	"maps"
	"slices"
	"strings"
)

// shownText is what lists show of a service in all its languages, as one text: there are as many as services, and the collector of
// garbage need not look into them. Each language is its tag, the title, the teaser, and the other names with a line for each, with
// their lengths in front.
type shownText string

// shownOf packs titles, teasers and other names.
func shownOf(title, teaser map[string]string, names map[string][]string) shownText {
	languages := slices.Concat(slices.Collect(maps.Keys(title)), slices.Collect(maps.Keys(teaser)), slices.Collect(maps.Keys(names)))
	slices.Sort(languages)
	var packed []byte
	for _, language := range slices.Compact(languages) {
		for _, part := range []string{language, title[language], teaser[language], strings.Join(names[language], "\n")} {
			packed = append(binary.AppendUvarint(packed, uint64(len(part))), part...)
		}
	}
	return shownText(packed)
}

// spoken is what is shown in one language.
type spoken struct{ language, title, teaser, names string }

func (t shownText) all() iter.Seq[spoken] {
	return func(yield func(spoken) bool) {
		for t != "" {
			if !yield(spoken{t.next(), t.next(), t.next(), t.next()}) {
				return
			}
		}
	}
}

// next takes a part off the front.
func (t *shownText) next() string {
	length, shift, at := 0, 0, 0
	for ; (*t)[at] >= 0x80; at++ {
		length |= int((*t)[at]&0x7F) << shift
		shift += 7
	}
	length |= int((*t)[at]) << shift
	part := (*t)[at+1 : at+1+length]
	*t = (*t)[at+1+length:]
	return string(part)
}

// title and teaser give the text for who reads a language, chosen as Text.in does.
func (t shownText) title(language string) string {
	return t.in(language, func(s spoken) string { return s.title })
}

func (t shownText) teaser(language string) string {
	return t.in(language, func(s spoken) string { return s.teaser })
}

func (t shownText) in(language string, part func(spoken) string) string {
	text := func(language string) string {
		for s := range t.all() {
			if s.language == language {
				return part(s)
			}
		}
		return ""
	}
	if exact := text(language); exact != "" {
		return exact
	}
	for _, l := range fallbacks(language) {
		if other := text(l); other != "" {
			return other
		}
	}
	for s := range t.all() { // in order
		if any := part(s); any != "" {
			return any
		}
	}
	return ""
}

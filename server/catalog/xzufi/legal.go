package xzufi

import (
	"regexp"
	"slices"
	"strings"

	"portalverbund/server/catalog"
)

// Legal basis is one text module with links. In the catalog it is a list: what has an address is a link of the module; what has
// none is an item of a list without markup at the end of its text.

var (
	plainList = regexp.MustCompile(`(?:<ul>(?:\s*<li>[^<]+</li>)+\s*</ul>)$`)
	plainItem = regexp.MustCompile(`<li>([^<]+)</li>`)
)

const listEnd = "<br>" // after a text that ends with a list of its own

// legalBasis takes the list out of the module's links and text.
func legalBasis(m *catalog.ModulesEntry) {
	items := map[string][]string{}
	for language, text := range m.LegalBasisText {
		text = strings.TrimSpace(text)
		if list := plainList.FindString(text); list != "" {
			for _, item := range plainItem.FindAllStringSubmatch(list, -1) {
				items[language] = append(items[language], strings.TrimSpace(unescape(item[1])))
			}
			text = strings.TrimSpace(strings.TrimSuffix(text, list))
		}
		if strings.HasSuffix(text, "</ul>"+listEnd) {
			text = strings.TrimSuffix(text, listEnd)
		}
		if m.LegalBasisText[language] = text; text == "" {
			delete(m.LegalBasisText, language)
		}
	}
	if len(m.LegalBasisText) == 0 {
		m.LegalBasisText = nil
	}
	m.LegalBasis = append(paired(items), m.LegalBasis...)
	links := m.Links[:0]
	for _, l := range m.Links {
		if l.Module != "legalBasis" || l.Language == "" || l.Title == "" || l.Description != "" {
			links = append(links, l)
			continue
		}
		if last := len(m.LegalBasis) - 1; last >= 0 && m.LegalBasis[last].URL == l.URL && m.LegalBasis[last].Title[l.Language] == "" {
			m.LegalBasis[last].Title[l.Language] = l.Title
			continue
		}
		m.LegalBasis = append(m.LegalBasis, catalog.LegalEntry{Title: catalog.Text{l.Language: l.Title}, URL: l.URL})
	}
	if m.Links = links; len(links) == 0 {
		m.Links = nil
	}
}

// paired puts lists of several languages side by side, if they have the same length, and one after the other if not.
func paired(items map[string][]string) []catalog.LegalEntry {
	languages := make([]string, 0, len(items))
	same := true
	for language := range items {
		languages = append(languages, language)
	}
	slices.Sort(languages)
	for _, language := range languages {
		same = same && len(items[language]) == len(items[languages[0]])
	}
	var list []catalog.LegalEntry
	for n, language := range languages {
		for i, title := range items[language] {
			if same && n > 0 {
				list[i].Title[language] = title
				continue
			}
			list = append(list, catalog.LegalEntry{Title: catalog.Text{language: title}})
		}
	}
	return list
}

// legalTexts writes the text of the module with the list at its end.
func legalTexts(m *catalog.ModulesEntry) catalog.Text {
	texts := catalog.Text{}
	for language, text := range m.LegalBasisText {
		if texts[language] = text; plainList.MatchString(text) {
			texts[language] += listEnd
		}
	}
	lists := map[string]string{}
	for _, l := range m.LegalBasis {
		for language, title := range l.Title {
			if l.URL == "" {
				lists[language] += "<li>" + markup(title) + "</li>"
			}
		}
	}
	for language, list := range lists {
		texts[language] += "<ul>" + list + "</ul>"
	}
	return texts
}

package adapter

import (
	"strings"

	"golang.org/x/net/html"
)

// Plain gives the text of HTML, a line for each paragraph, item and break.
func Plain(markup string) string {
	if !strings.ContainsAny(markup, "<&") {
		return strings.TrimSpace(markup)
	}
	var b strings.Builder
	tokens := html.NewTokenizer(strings.NewReader(markup))
	hidden := ""
	for {
		switch tokens.Next() {
		case html.ErrorToken: // the end: a string has no other error
			return tidy(b.String())
		case html.TextToken:
			if hidden == "" {
				b.WriteString(strings.ReplaceAll(html.UnescapeString(string(tokens.Raw())), "\n", " "))
			}
		case html.StartTagToken, html.SelfClosingTagToken, html.EndTagToken:
			name, _ := tokens.TagName()
			switch tag := string(name); tag {
			case "br", "p", "li", "div", "tr", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6":
				b.WriteByte('\n')
			case "script", "style":
				switch hidden {
				case tag:
					hidden = ""
				case "":
					hidden = tag
				}
			}
		}
	}
}

func tidy(text string) string {
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		if line = strings.Join(strings.Fields(line), " "); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

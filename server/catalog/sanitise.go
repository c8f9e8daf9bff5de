package catalog

import (
	"html"
	"strings"

	"github.com/microcosm-cc/bluemonday"
)

// newPolicy allows what service texts need, and nothing else: paragraphs, line breaks, headings, lists, strong, em, sub, sup,
// and links to the web or to a mail address.
func newPolicy() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "strong", "b", "em", "i", "sub", "sup")
	p.AllowAttrs("href").OnElements("a")
	p.AllowURLSchemes("http", "https", "mailto")
	p.AllowRelativeURLs(false)
	p.RequireParseableURLs(true)
	p.RequireNoFollowOnLinks(true)
	p.AddSpaceWhenStrippingTag(true)
	return p
}

// Replacers are costly to make.
//
//nolint:gochecknoglobals // settings that nobody changes
var (
	// escaped writes text as the policy does.
	escaped = strings.NewReplacer(">", "&gt;", `"`, "&#34;", "'", "&#39;")
	// oneName: text never holds what is replaced, as quotation marks and angle brackets are escaped in it.
	oneName = strings.NewReplacer(
		` rel="nofollow"`, ` rel="nofollow noopener"`, "<br/>", "<br>",
		"<b>", "<strong>", "</b>", "</strong>", "<i>", "<em>", "</i>", "</em>",
		"<h1>", "<h3>", "</h1>", "</h3>", "<h2>", "<h3>", "</h2>", "</h3>",
	)
)

// sanitise reduces HTML to what may be shown, and to one name for each thing: strong and em, and headings below those that a
// page has itself (h3 to h6). Doing it twice is the same as doing it once.
func sanitise(policy *bluemonday.Policy, html string) string {
	switch {
	case !strings.ContainsAny(html, "<&"):
		return escaped.Replace(html)
	}
	harmless, renamed := isHarmless(html)
	switch {
	case !harmless:
		return oneName.Replace(policy.Sanitize(html))
	case renamed:
		return oneName.Replace(html)
	}
	return html
}

// isHarmless says whether the policy would leave HTML as it is: only tags without attributes that it allows, and text in which
// nothing is to be escaped. Most texts of directories are such, and the policy takes a hundred times as long to find out. renamed says
// whether there are tags that have another name here.
func isHarmless(html string) (harmless, renamed bool) {
	for i := 0; i < len(html); i++ {
		switch html[i] {
		case '<':
			end := strings.IndexByte(html[i:min(len(html), i+longestTag)], '>')
			if end < 0 {
				return false, false
			}
			name := strings.TrimPrefix(html[i+1:i+end], "/")
			switch name {
			case "p", "ul", "ol", "li", "strong", "em", "sub", "sup", "h3", "h4", "h5", "h6":
			case "b", "i", "h1", "h2":
				renamed = true
			case "br":
				if html[i+1] == '/' {
					return false, false
				}
			default:
				return false, false
			}
			i += end
		case '>', '&', '"', '\'', '\r', 0:
			return false, false
		}
	}
	return true, renamed
}

const longestTag = len("</strong>")

// unescape gives the text of HTML that has no tags.
func unescape(s string) string { return html.UnescapeString(s) }

// PlainText gives the text of sanitised HTML, in one line.
func PlainText(markup string) string {
	return strings.Join(strings.Fields(unescape(withoutTags(markup))), " ")
}

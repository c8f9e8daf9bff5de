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

// sanitise reduces HTML to what may be shown, and to one name for each thing: strong and em, and headings below those that a
// page has itself (h3 to h6). Doing it twice is the same as doing it once.
func sanitise(policy *bluemonday.Policy, html string) string {
	if !strings.ContainsAny(html, "<&") {
		return strings.NewReplacer(">", "&gt;", `"`, "&#34;", "'", "&#39;").Replace(html) // as the policy writes text
	}
	// Text never holds what is replaced: in text, quotation marks and angle brackets are escaped.
	return strings.NewReplacer(
		` rel="nofollow"`, ` rel="nofollow noopener"`, "<br/>", "<br>",
		"<b>", "<strong>", "</b>", "</strong>", "<i>", "<em>", "</i>", "</em>",
		"<h1>", "<h3>", "</h1>", "</h3>", "<h2>", "<h3>", "</h2>", "</h3>",
	).Replace(policy.Sanitize(html))
}

// unescape gives the text of HTML that has no tags.
func unescape(s string) string { return html.UnescapeString(s) }

// PlainText gives the text of sanitised HTML, in one line.
func PlainText(markup string) string {
	return strings.Join(strings.Fields(unescape(withoutTags(markup))), " ")
}

package catalog

import (
	"strings"

	"github.com/microcosm-cc/bluemonday"
)

// newPolicy allows what service texts need, and nothing else: paragraphs, lists, strong, and links to the web or to a mail
// address.
func newPolicy() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "ul", "ol", "li", "strong")
	p.AllowAttrs("href").OnElements("a")
	p.AllowURLSchemes("http", "https", "mailto")
	p.AllowRelativeURLs(false)
	p.RequireParseableURLs(true)
	p.RequireNoFollowOnLinks(true)
	p.AddSpaceWhenStrippingTag(true)
	return p
}

// sanitise reduces HTML to what may be shown. Doing it twice is the same as doing it once.
func sanitise(policy *bluemonday.Policy, html string) string {
	if !strings.ContainsAny(html, "<&") {
		return html
	}
	// Text never holds what is replaced: in text, quotation marks are escaped.
	return strings.ReplaceAll(policy.Sanitize(html), ` rel="nofollow"`, ` rel="nofollow noopener"`)
}

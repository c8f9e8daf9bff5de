package xzufi

import (
	"context"
	"fmt"
	"html"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"portalverbund/server/catalog"
	"portalverbund/server/catalog/adapter"
)

// converter turns elements of one record into entries. What it does not take goes to the extras of the entry, if the standard
// knows it, and is reported otherwise.
type converter struct {
	ctx      context.Context //nolint:containedctx // for one record
	own      string          // agency whose identifiers are ids of this catalog
	areas    adapter.Areas
	known    map[string]bool
	warnings []string
}

const maxWarnings = 20 // of one record

func (c *converter) warn(n *node, format string, args ...any) {
	text := fmt.Sprintf("%s: ", n.name) + fmt.Sprintf(format, args...)
	if n.line > 0 {
		text = fmt.Sprintf("line %d, ", n.line) + text
	}
	switch {
	case len(c.warnings) < maxWarnings:
		c.warnings = append(c.warnings, text)
	case len(c.warnings) == maxWarnings:
		c.warnings = append(c.warnings, "and more")
	}
}

// rest gives what nobody took of an element's children.
func (c *converter) rest(n *node) []catalog.ExtraEntry {
	var extras []catalog.ExtraEntry
	if n == nil {
		return nil
	}
	for _, child := range n.children {
		switch {
		case !child.used && c.known[child.name]:
			c.strange(child)
			extras = append(extras, child.extra())
		case !child.used:
			c.warn(child, "is unknown and left out")
		}
	}
	return extras
}

// strange reports and drops unknown elements inside one that is kept.
func (c *converter) strange(n *node) {
	kept := n.children[:0]
	for _, child := range n.children {
		if !c.known[child.name] {
			c.warn(child, "is unknown and left out")
			continue
		}
		c.strange(child)
		kept = append(kept, child)
	}
	n.children = kept
}

// inside gives what nobody took of the children of an element that was taken, as an extra that is put back into it.
func (c *converter) inside(n *node) []catalog.ExtraEntry {
	rest := c.rest(n)
	if len(rest) == 0 {
		return nil
	}
	return []catalog.ExtraEntry{{Name: insideMark + n.name, Elements: rest}}
}

// insideMark stands before the name of an extra that belongs inside the first element of that name.
const insideMark = "+"

// identifier reads an Identifikator.
func identifier(n *node) *catalog.IdentifierEntry {
	value := n.string()
	if value == "" {
		return nil
	}
	a := func(name string) string { return strings.TrimSpace(n.attrs[name]) }
	return &catalog.IdentifierEntry{
		Agency: a("schemeAgencyID"), AgencyName: a("schemeAgencyName"), Scheme: a("schemeID"), SchemeName: a("schemeName"), SchemeURI: a("schemeURI"),
		SchemeVersion: a("schemeVersionID"), DataURI: a("schemeDataURI"), Value: value,
	}
}

// id is the id of an entry in the catalog by the identifier that it has in the delivery; origin is missing where that is its own.
func (c *converter) id(kind string, n *node) (id uuid.UUID, origin *catalog.IdentifierEntry) {
	i := identifier(n)
	if i == nil {
		return uuid.Nil, nil
	}
	if c.own != "" && i.Agency == c.own {
		if id, err := uuid.Parse(i.Value); err == nil {
			return id, nil
		}
	}
	return catalog.EntryID(kind, *i), i
}

// refer is like id, and keeps the identifier of what is referred to among the extras: what it stands for can't be told from the id
// alone where the catalog does not have it.
func (c *converter) refer(kind, name string, n *node, extras *[]catalog.ExtraEntry) uuid.UUID {
	id, origin := c.id(kind, n)
	if origin != nil {
		*extras = append(slices.Clone(*extras), (&node{name: name, text: n.text, attrs: n.attrs}).extra())
	}
	return id
}

func (c *converter) identifiers(list []*node) []catalog.IdentifierEntry {
	var ids []catalog.IdentifierEntry
	for _, n := range list {
		if i := identifier(n); i != nil {
			ids = append(ids, *i)
		}
	}
	return ids
}

// What the text of an element is.
type form int

const (
	asString form = iota // words; markup in them is a mistake
	asPlain              // HTML of which the catalog takes the words
	asHTML
)

// text reads a text by language. Of several in one language the first counts, or all of them where they have markup.
func (c *converter) text(list []*node, as form) catalog.Text {
	var text catalog.Text
	for _, n := range list {
		n.used = true
		value := strings.TrimSpace(n.text)
		if as == asPlain || as == asString && mistaken.MatchString(value) {
			value = plain(value)
		}
		language := n.language()
		switch {
		case value == "":
			continue
		case text == nil:
			text = catalog.Text{}
		}
		if before := text[language]; before != "" && before != value {
			if as != asHTML {
				c.warn(n, "is there twice in %s: the first is taken", language)
				continue
			}
			value = before + "\n" + value
		}
		text[language] = value
	}
	return text
}

// mistaken finds markup in what should be words.
var mistaken = regexp.MustCompile(`(?i)</?(p|br|b|i|u|strong|em|ul|ol|li|a|div|span|h[1-6]|sub|sup|font|table|tr|td)(\s[^>]*)?/?>|&([a-z]+|#[0-9]+);`)

// words reads words in which markup is a mistake.
func words(n *node) string {
	value := n.string()
	if mistaken.MatchString(value) {
		return plain(value)
	}
	return value
}

// plain gives the words of a text that may hold markup or entities.
func plain(s string) string {
	if !strings.ContainsAny(s, "<&") {
		return s
	}
	return strings.Join(strings.Fields(adapter.Plain(s)), " ")
}

// markup writes plain words as HTML.
func markup(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

// code reads a code with its list.
func (c *converter) code(n *node) catalog.CodeEntry {
	name := ""
	if n != nil {
		name = n.one("name").string()
	}
	entry := catalog.CodeEntry{Code: n.code(), Name: name}
	if n != nil {
		entry.List, entry.Version = n.attrs["listURI"], n.attrs["listVersionID"]
	}
	return entry
}

// webAddress gives an address as the catalog takes it; empty, with a warning, if it is none.
func (c *converter) webAddress(n *node) string {
	address := n.string()
	if address == "" {
		return ""
	}
	if !strings.Contains(address, "://") && !strings.Contains(address, ":") && strings.Contains(address, ".") {
		address = "https://" + address
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || len(address) > 2000 || strings.ContainsAny(address, " \n\t") {
		c.warn(n, "%.80q is no web address: left out", address)
		return ""
	}
	return address
}

func (c *converter) boolean(n *node) *bool {
	value := strings.ToLower(n.string())
	if value == "" {
		return nil
	}
	yes := value == "true" || value == "1"
	if !yes && value != "false" && value != "0" {
		c.warn(n, "%.20q is neither true nor false", value)
		return nil
	}
	return &yes
}

// moment reads a date or time. One without a zone is taken as UTC, as the standard has it as xs:dateTime.
func (c *converter) moment(n *node) *time.Time {
	value := n.string()
	if value == "" {
		return nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02Z07:00", "2006-01-02", "2006-01-02 15:04:05"} {
		if t, err := time.Parse(layout, value); err == nil {
			t = t.UTC().Truncate(time.Microsecond)
			return &t
		}
	}
	c.warn(n, "%.40q is no time", value)
	return nil
}

var dayPattern = regexp.MustCompile(`^(?:([0-9]{4}-[0-9]{2}-[0-9]{2})|-?(-[0-9]{2}-[0-9]{2}))`)

// day reads a date, or a day of each year.
func (c *converter) day(n *node) string {
	if n == nil {
		return ""
	}
	value := n.string()
	if v := n.one("value"); value == "" && v != nil {
		value = v.string()
	}
	if value == "" {
		return ""
	}
	m := dayPattern.FindStringSubmatch(value)
	switch {
	case m == nil:
		c.warn(n, "%.40q is no date", value)
		return ""
	case m[1] != "":
		return m[1]
	}
	return "-" + m[2]
}

func (c *converter) periods(list []*node) []catalog.PeriodEntry {
	var periods []catalog.PeriodEntry
	for _, n := range list {
		p := catalog.PeriodEntry{From: c.moment(n.one("beginn")), To: c.moment(n.one("ende")), Note: c.text(n.all("zusatz"), asString)}
		if p.From != nil || p.To != nil || p.Note != nil {
			periods = append(periods, p)
		}
	}
	return periods
}

// number reads a whole number.
func (c *converter) number(n *node) (int, bool) {
	value := n.string()
	if value == "" {
		return 0, false
	}
	number, err := strconv.Atoi(value)
	if err != nil {
		c.warn(n, "%.20q is no whole number", value)
		return 0, false
	}
	return number, true
}

// amount reads an amount of money in its minor unit.
func (c *converter) amount(n *node) (*int64, string) {
	value := n.string()
	if value == "" {
		return nil, ""
	}
	number, err := strconv.ParseFloat(strings.Replace(value, ",", ".", 1), 64)
	if err != nil || math.IsNaN(number) || math.Abs(number) > 1e10 || number < 0 {
		c.warn(n, "%.20q is no amount", value)
		return nil, ""
	}
	cents := int64(math.Round(number * 100))
	if math.Abs(number*100-float64(cents)) > 1e-6 {
		c.warn(n, "%.20q is rounded to the minor unit", value)
	}
	return &cents, strings.ToUpper(strings.TrimSpace(n.attrs["currencyCode"]))
}

// area gives the ARS that an area's identifier names. Keys of AGS are looked up; what can't be told stays an extra.
func (c *converter) area(n *node) (string, bool) {
	key := strings.TrimSpace(n.text)
	scheme := strings.ToLower(n.attrs["schemeID"] + " " + n.attrs["schemeURI"] + " " + n.attrs["schemeName"])
	if at := strings.LastIndexByte(key, ':'); at >= 0 {
		scheme, key = scheme+" "+strings.ToLower(key[:at]), key[at+1:]
	}
	digits := key != "" && strings.Trim(key, "0123456789") == ""
	ags := strings.Contains(scheme, "ags") || strings.Contains(scheme, "gemeindeschluessel") || len(key) == 8 && !strings.HasSuffix(strings.TrimSpace(scheme), ":rs")
	if digits && ags && len(key) != 12 && c.areas != nil {
		if ars, err := c.areas.AreaOfAGS(c.ctx, key); err == nil && ars != "" {
			return ars, true
		}
	}
	if !digits || ags && len(key) > 5 && len(key) != 12 || len(key) > 12 || len(key) < 2 {
		c.warn(n, "%.40q names no area that is known", n.text)
		return "", false
	}
	return key, true
}

// areasOf reads the areas of an entry. Those that can't be told are left for the extras.
func (c *converter) areasOf(n *node, names ...string) []string {
	var areas []string
	for _, child := range n.children {
		for _, name := range names {
			if child.name != name || child.used {
				continue
			}
			if ars, ok := c.area(child); ok {
				child.used = true
				areas = append(areas, ars)
			}
		}
	}
	return areas
}

// fits says whether a text is short enough for a title.
func fits(s string) bool { return utf8.RuneCountInString(s) <= 300 }

// shorten cuts titles that are too long for the catalog.
func (c *converter) shorten(n *node, text catalog.Text) catalog.Text {
	for language, value := range text {
		if !fits(value) {
			c.warn(n, "is longer than 300 characters in %s and cut", language)
			text[language] = strings.TrimSpace(string([]rune(value)[:299])) + "…"
		}
	}
	return text
}

// unescape gives the words of text that is escaped for HTML.
func unescape(s string) string { return html.UnescapeString(s) }

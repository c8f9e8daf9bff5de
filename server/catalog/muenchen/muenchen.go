// Package muenchen reads services and offices as the city of München publishes them, and gives them as entries of a catalog:
// services, offices, and the competence of the offices for the services in the whole city.
//
// Ids are made from the city's own, so that each import gives the same ones.
package muenchen

import (
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/google/uuid"

	"portalverbund/server/catalog/jsonl"
)

// Area is the ARS of the city.
const Area = "091620000000"

const (
	teaserLength = 220 // characters
	maxLabel     = 300
)

// id gives the id of something that has one of the city's.
func id(kind, number string) uuid.UUID {
	space := uuid.NewSHA1(uuid.NameSpaceURL, []byte("https://stadt.muenchen.de/service/info/"))
	return uuid.NewSHA1(space, []byte(kind+"/"+number))
}

// ServiceID gives the id under which a service of the city stands in the catalog.
func ServiceID(number string) uuid.UUID { return id("service", number) }

// OrganisationID gives the id under which an office of the city stands in the catalog.
func OrganisationID(number string) uuid.UUID { return id("office", number) }

type text map[string]string

func german(s string) text {
	if s == "" {
		return nil
	}
	return text{"de": s}
}

// service is a line of the city's services.
type service struct {
	ID          string   `json:"id"`
	Leika       string   `json:"leika"`
	Title       string   `json:"title"`
	Keywords    []string `json:"keywords"`
	Description string   `json:"description_html"`
	Fees        string   `json:"fees_html"`
	Links       []link   `json:"online_links"`
	OfficeIDs   []string `json:"office_ids"`
	Updated     string   `json:"updated"`
}

type link struct {
	Name string `json:"name"`
	URL  string `json:"link"`
}

// Services gives each service, followed by the competences of its offices.
func Services(r io.Reader) iter.Seq2[jsonl.Line, error] {
	return each(r, func(line jsonl.Line) []jsonl.Line {
		var s service
		if err := json.Unmarshal(line.Payload, &s); err != nil {
			return []jsonl.Line{skipped(line, "can't be read: "+err.Error())}
		}
		if s.ID == "" || strings.TrimSpace(s.Title) == "" {
			return []jsonl.Line{skipped(line, "has no id or no title")}
		}
		return s.lines(line.Number)
	})
}

// Offices gives each office, and before the first of each the units that it belongs to.
func Offices(r io.Reader) iter.Seq2[jsonl.Line, error] {
	known := map[uuid.UUID]bool{}
	return each(r, func(line jsonl.Line) []jsonl.Line {
		var o office
		if err := json.Unmarshal(line.Payload, &o); err != nil {
			return []jsonl.Line{skipped(line, "can't be read: "+err.Error())}
		}
		if o.ID == "" || o.Name == "" && o.DisplayName == "" {
			return []jsonl.Line{skipped(line, "has no id or no name")}
		}
		return o.lines(line.Number, known)
	})
}

func each(r io.Reader, convert func(jsonl.Line) []jsonl.Line) iter.Seq2[jsonl.Line, error] {
	return func(yield func(jsonl.Line, error) bool) {
		for line, err := range jsonl.Objects(r) {
			if err != nil || line.Skip != "" {
				if !yield(line, err) {
					return
				}
				continue
			}
			for _, entry := range convert(line) {
				if !yield(entry, nil) {
					return
				}
			}
		}
	}
}

func skipped(line jsonl.Line, why string) jsonl.Line {
	line.Skip = why
	return line
}

// entry writes a line of the catalog.
func entry(number int, kind string, payload any) jsonl.Line {
	line := jsonl.Line{Number: number, Kind: kind}
	raw, err := json.Marshal(payload)
	if err != nil {
		line.Skip = "can't be written: " + err.Error()
	}
	line.Payload = raw
	return line
}

type serviceEntry struct {
	ID          uuid.UUID           `json:"id"`
	LeikaKey    string              `json:"leikaKey,omitempty"`
	Title       text                `json:"title"`
	Teaser      text                `json:"teaser,omitempty"`
	Description text                `json:"description,omitempty"`
	Procedure   text                `json:"procedure,omitempty"`
	Fees        []feeEntry          `json:"fees"`
	Synonyms    map[string][]string `json:"synonyms,omitempty"`
	TrustLevel  string              `json:"trustLevel"`
	UpdatedAt   time.Time           `json:"updatedAt"`
}

type feeEntry struct {
	Label text   `json:"label"`
	Kind  string `json:"kind"`
	Note  text   `json:"note,omitempty"`
}

type competenceEntry struct {
	ID             uuid.UUID    `json:"id"`
	ServiceID      uuid.UUID    `json:"serviceId"`
	OrganisationID uuid.UUID    `json:"organisationId"`
	Area           string       `json:"area"`
	OnlineService  *onlineEntry `json:"onlineService,omitempty"`
}

type onlineEntry struct {
	Type  string `json:"type"`
	URL   string `json:"url"`
	Title text   `json:"title"`
}

func (s service) lines(number int) []jsonl.Line {
	e := serviceEntry{ID: ServiceID(s.ID), Title: german(s.Title), TrustLevel: "low", Fees: fees(s.Fees), Description: german(s.Description)}
	var warnings []string
	e.LeikaKey, warnings = leikaKey(s.Leika)
	e.Teaser = german(teaser(s.Description))
	if len(s.Keywords) > 0 {
		e.Synonyms = map[string][]string{"de": s.Keywords}
	}
	updated, err := time.Parse("2006-01-02T15:04:05", s.Updated)
	if err != nil {
		warnings = append(warnings, "no time of the last change: taken as 2000-01-01")
		updated = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	e.UpdatedAt = updated
	online, others, dropped := sortLinks(s.Links)
	warnings = append(warnings, dropped...)
	e.Procedure = german(linkList(others))
	if len(s.OfficeIDs) == 0 {
		warnings = append(warnings, "names no office: nobody is competent")
	}
	line := entry(number, "service", e)
	line.Warnings = warnings
	lines := []jsonl.Line{line}
	for _, officeID := range s.OfficeIDs {
		lines = append(lines, entry(number, "competence", competenceEntry{
			ID: id("competence", s.ID+"/"+officeID), ServiceID: e.ID, OrganisationID: OrganisationID(officeID), Area: Area, OnlineService: online,
		}))
	}
	return lines
}

// leikaKey takes the first key; a service of the catalog has one.
func leikaKey(field string) (key string, warnings []string) {
	var keys []string
	for part := range strings.SplitSeq(field, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		if len(part) != 14 || strings.Trim(part, "0123456789") != "" {
			warnings = append(warnings, fmt.Sprintf("%.40q is no LeiKa key", part))
			continue
		}
		keys = append(keys, part)
	}
	if len(keys) == 0 {
		return "", warnings
	}
	if len(keys) > 1 {
		warnings = append(warnings, fmt.Sprintf("has %d LeiKa keys: the first is taken", len(keys)))
	}
	return keys[0], warnings
}

// sortLinks finds the link that leads to an online service; all others are hints and forms to print.
func sortLinks(links []link) (online *onlineEntry, others []link, dropped []string) {
	for _, l := range links {
		l.URL = strings.TrimSpace(l.URL)
		u, err := url.Parse(l.URL)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || len(l.URL) > 2000 {
			dropped = append(dropped, fmt.Sprintf("link %.60q leads nowhere", l.Name))
			continue
		}
		if online == nil && isOnlineService(u, l.Name) {
			online = &onlineEntry{Type: "link", URL: l.URL, Title: german(l.Name)}
			continue
		}
		others = append(others, l)
	}
	return online, others, dropped
}

// isOnlineService tells online services from papers and pages that inform: they lie at the portals for services, or are
// named so.
func isOnlineService(u *url.URL, name string) bool {
	path, name := strings.ToLower(u.Path), strings.ToLower(name)
	if strings.HasSuffix(path, ".pdf") || strings.HasPrefix(path, "/dms/") || strings.HasPrefix(path, "/dam/") || strings.Contains(path, "/termin") ||
		strings.Contains(name, "termin") {
		return false
	}
	host := strings.ToLower(u.Hostname())
	if strings.Contains(host, "buergerservice-portal") || strings.Contains(host, "buergerserviceportal") || strings.Contains(path, "/forms/") {
		return true
	}
	return strings.Contains(name, "online") &&
		(strings.Contains(name, "antrag") || strings.Contains(name, "beantragen") || strings.Contains(name, "anmelden") || strings.Contains(name, "setzen"))
}

func linkList(links []link) string {
	if len(links) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("<p>Formulare und weitere Informationen:</p><ul>")
	for _, l := range links {
		fmt.Fprintf(&b, `<li><a href="%s">%s</a></li>`, escape(l.URL), escape(l.Name))
	}
	b.WriteString("</ul>")
	return b.String()
}

func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;").Replace(s)
}

// fees gives what the city says of the fees as one fee by rule, or as none where it says only that it is free.
func fees(html string) []feeEntry {
	note := plain(html)
	if note == "" {
		return []feeEntry{}
	}
	switch strings.ToLower(strings.Trim(note, " .!")) {
	case "kostenlos", "kostenfrei", "gebührenfrei", "keine", "keine gebühren", "es fallen keine gebühren an", "die leistung ist kostenlos":
		return []feeEntry{{Label: german("Gebühren"), Kind: "free"}}
	}
	return []feeEntry{{Label: german("Gebühren"), Kind: "rule", Note: german(html)}}
}

// teaser takes the first sentences of the description.
func teaser(html string) string {
	words := strings.Fields(plain(html))
	var b strings.Builder
	length := 0
	for _, w := range words {
		if n := len([]rune(w)); length+n+1 > teaserLength {
			return strings.TrimRight(b.String(), " ,;:–-") + " …"
		} else {
			length += n + 1
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(w)
		if length > teaserLength/2 && strings.HasSuffix(w, ".") {
			break
		}
	}
	return b.String()
}

var (
	breaks = regexp.MustCompile(`(?i)<(br|/p|/li|/div|/tr|/h[1-6]|/ul|/ol)\b[^>]*>`)
	tags   = regexp.MustCompile(`<[^>]*>`)
)

// plain gives the text of HTML, a line for each paragraph and item.
func plain(html string) string {
	s := strings.NewReplacer("\n", " ", "\r", " ", "\u200b", "").Replace(html)
	s = tags.ReplaceAllString(breaks.ReplaceAllString(s, "\n"), " ")
	s = strings.NewReplacer("&nbsp;", " ", "&amp;", "&", "&lt;", "<", "&gt;", ">", "&quot;", `"`, "&#39;", "'", "\u00a0", " ").Replace(s)
	var lines []string
	for line := range strings.SplitSeq(s, "\n") {
		if line = strings.Join(strings.Fields(line), " "); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

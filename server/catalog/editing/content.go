package editing

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"portalverbund/server/catalog"
	"portalverbund/server/platform/problem"
)

// head is what lists need of an entry, whatever its kind.
type head struct {
	Title           catalog.Text `json:"title"`
	Name            catalog.Text `json:"name"`
	ServiceID       uuid.UUID    `json:"serviceId"`
	OrganisationID  uuid.UUID    `json:"organisationId"`
	OnlineServiceID uuid.UUID    `json:"onlineServiceId"`
	Area            string       `json:"area"`
}

// readHead reads what it can: a draft may hold anything.
func readHead(content json.RawMessage) (h head) {
	_ = json.Unmarshal(content, &h)
	return h
}

// maxListTitle bounds titles in lists, in characters.
const maxListTitle = 300

// titleOf gives the title of an entry for lists, and the languages in which it is there. A draft may have none.
func (s *Service) titleOf(ctx context.Context, kind string, content json.RawMessage) (title string, languages []string, err error) {
	h := readHead(content)
	text := h.Title
	switch kind {
	case catalog.KindOrganisation:
		text = h.Name
	case catalog.KindService, catalog.KindCategory:
	default:
		return s.titleByParts(ctx, h)
	}
	for language, value := range text {
		if strings.TrimSpace(value) != "" {
			languages = append(languages, language)
		}
	}
	slices.Sort(languages)
	return shorten(inGerman(text)), languages, nil
}

// titleByParts names a competence or a specialisation by what it connects.
func (s *Service) titleByParts(ctx context.Context, h head) (string, []string, error) {
	var service, office catalog.Text
	err := s.db.Pgx(ctx).QueryRow(ctx, `SELECT (SELECT title FROM catalog_services WHERE id = $1), (SELECT name FROM catalog_organisations WHERE id = $2)`,
		h.ServiceID, h.OrganisationID).Scan(&service, &office)
	if err != nil {
		return "", nil, fmt.Errorf("read names: %w", err)
	}
	var parts []string
	for _, part := range []string{inGerman(h.Title), inGerman(service), inGerman(office), h.Area} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return shorten(strings.Join(parts, " – ")), nil, nil
}

func inGerman(t catalog.Text) string {
	for _, language := range []string{"de", "en"} {
		if v := strings.TrimSpace(t[language]); v != "" {
			return v
		}
	}
	languages := make([]string, 0, len(t))
	for language := range t {
		languages = append(languages, language)
	}
	slices.Sort(languages)
	for _, language := range languages {
		if v := strings.TrimSpace(t[language]); v != "" {
			return v
		}
	}
	return ""
}

func shorten(s string) string {
	s = strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "")
	if r := []rune(s); len(r) > maxListTitle {
		return string(r[:maxListTitle])
	}
	return s
}

// stamp gives a draft its id, and says when it was changed.
func stamp(ref Ref, draft json.RawMessage, now time.Time) (json.RawMessage, error) {
	var content map[string]any
	if err := json.Unmarshal(draft, &content); err != nil || content == nil {
		return nil, fmt.Errorf("read draft of %s: %w", ref.object(), errNoObject)
	}
	content["id"] = ref.ID
	switch ref.Kind {
	case catalog.KindService, "specialisation", "onlineService":
		content["updatedAt"] = now.UTC().Format(time.RFC3339)
	}
	return json.Marshal(content)
}

// findings are what the checks say about an entry: what keeps it from being released, then what should be looked at.
func (s *Service) findings(ctx context.Context, ref Ref, content json.RawMessage, isDraft bool, settings Settings) ([]Finding, error) {
	stamped, err := stamp(ref, content, s.now())
	if err != nil {
		return nil, err
	}
	checked, err := s.catalog.Check(ref.Kind, stamped)
	if err != nil {
		return nil, err
	}
	var list []Finding
	for _, f := range checked.Faults {
		list = append(list, Finding{Fault: f})
	}
	references, err := s.unknownReferences(ctx, ref.Kind, content)
	if err != nil {
		return nil, err
	}
	list = append(list, references...)
	var tree any
	if json.Unmarshal(content, &tree) == nil {
		list = append(list, missingLanguages(tree, settings.Languages)...)
		list = append(list, s.ages(tree, isDraft, settings)...)
	}
	return list, nil
}

func warning(pointer, code, de, en string) Finding {
	return Finding{Warning: true, Fault: catalog.Fault{Pointer: pointer, Code: code, Message: problem.Text{De: de, En: en}}}
}

// unknownForm names a form that is not offered (any more).
func (s *Service) unknownForm(ctx context.Context, content json.RawMessage) ([]Finding, error) {
	var way struct {
		OnlineService struct {
			FormID string `json:"formId"`
		} `json:"onlineService"`
	}
	_ = json.Unmarshal(content, &way) // a draft may hold anything
	if way.OnlineService.FormID == "" || s.forms == nil {
		return nil, nil
	}
	known, err := s.forms.Offered(ctx, way.OnlineService.FormID, 1)
	if err != nil || len(known) > 0 {
		return nil, err
	}
	return []Finding{warning("/onlineService/formId", "referenceUnknown", "Dieses Formular wird nicht angeboten.", "This form is not offered.")}, nil
}

// unknownReferences names offices and services that this portal does not have.
func (s *Service) unknownReferences(ctx context.Context, kind string, content json.RawMessage) ([]Finding, error) {
	h := readHead(content)
	var parent struct {
		ParentID uuid.UUID `json:"parentId"`
	}
	if kind == catalog.KindOrganisation {
		_ = json.Unmarshal(content, &parent) // a draft may hold anything
	}
	var service, office, above bool
	err := s.db.Pgx(ctx).QueryRow(ctx, `SELECT EXISTS (SELECT FROM catalog_services WHERE id = $1 AND owner = ''),
		EXISTS (SELECT FROM catalog_organisations WHERE id = $2 AND owner = ''), EXISTS (SELECT FROM catalog_organisations WHERE id = $3 AND owner = '')`,
		h.ServiceID, h.OrganisationID, parent.ParentID).Scan(&service, &office, &above)
	if err != nil {
		return nil, fmt.Errorf("look references up: %w", err)
	}
	var list []Finding
	if h.ServiceID != uuid.Nil && !service {
		list = append(list, warning("/serviceId", "referenceUnknown", "Diese Leistung ist an diesem Portal nicht veröffentlicht.", "This service is not released at this portal."))
	}
	if h.OrganisationID != uuid.Nil && !office {
		list = append(list, warning("/organisationId", "referenceUnknown", "Diese Stelle ist an diesem Portal nicht veröffentlicht.", "This office is not released at this portal."))
	}
	form, err := s.unknownForm(ctx, content)
	if err != nil {
		return nil, err
	}
	list = append(list, form...)
	if parent.ParentID != uuid.Nil && !above {
		list = append(list, warning("/parentId", "referenceUnknown", "Die übergeordnete Stelle ist an diesem Portal nicht veröffentlicht.", "The office above is not released at this portal."))
	}
	return list, nil
}

var languageTag = regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]{1,8}){0,3}$`)

// missingLanguages names the texts that are there in German and not in another language that this portal wants.
func missingLanguages(tree any, wanted []string) []Finding {
	var list []Finding
	var walk func(pointer string, node any)
	walk = func(pointer string, node any) {
		switch node := node.(type) {
		case []any:
			for i, item := range node {
				walk(pointer+"/"+strconv.Itoa(i), item)
			}
		case map[string]any:
			if german, isText := node["de"].(string); isText && isTextByLanguage(node) {
				for _, language := range wanted {
					if value, _ := node[language].(string); strings.TrimSpace(value) == "" && strings.TrimSpace(german) != "" {
						list = append(list, warning(pointer+"/"+language, "languageMissing", "Die Übersetzung fehlt.", "The translation is missing."))
					}
				}
				return
			}
			for _, name := range sortedNames(node) {
				walk(pointer+"/"+name, node[name])
			}
		}
	}
	walk("", tree)
	return list
}

func isTextByLanguage(node map[string]any) bool {
	for name, value := range node {
		if _, isString := value.(string); !isString || !languageTag.MatchString(name) {
			return false
		}
	}
	return true
}

func sortedNames(node map[string]any) []string {
	names := make([]string, 0, len(node))
	for name := range node {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// ages names what is old, no longer valid, or soon not to be.
func (s *Service) ages(tree any, isDraft bool, settings Settings) []Finding {
	object, _ := tree.(map[string]any)
	var list []Finding
	now := s.now()
	if at, ok := moment(object["updatedAt"]); ok && !isDraft && at.Before(now.AddDate(0, 0, -settings.StaleAfterDays)) {
		list = append(list, warning("", "stale", "Der Text wurde lange nicht geprüft.", "The text has not been looked at for long."))
	}
	periods, _ := object["validity"].([]any)
	var last time.Time
	for _, period := range periods {
		p, _ := period.(map[string]any)
		to, ok := moment(p["to"])
		if !ok {
			return list // valid without end
		}
		if to.After(last) {
			last = to
		}
	}
	switch {
	case last.IsZero():
	case last.Before(now):
		list = append(list, warning("/validity", "expired", "Die Gültigkeit ist abgelaufen.", "The validity has ended."))
	case last.Before(now.AddDate(0, 0, settings.WarnDaysBefore)):
		list = append(list, warning("/validity", "expiring", "Die Gültigkeit endet bald.", "The validity ends soon."))
	}
	return list
}

func moment(value any) (time.Time, bool) {
	text, _ := value.(string)
	at, err := time.Parse(time.RFC3339, text)
	return at, err == nil
}

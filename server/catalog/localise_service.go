package catalog

import (
	"fmt"
	"html"
	"slices"
	"strings"

	"portalverbund/api/types"
)

// lead is what lists show of a service: its teaser, else the beginning of the short or of the full text.
func (m *ModulesEntry) lead() Text {
	const most = 300
	lead := make(Text, len(m.Teaser)+1)
	for language, teaser := range m.Teaser {
		lead[language] = teaser
	}
	for _, text := range []Text{m.Summary, m.Description} {
		for language, markup := range text {
			if _, there := lead[language]; !there {
				lead[language] = shortened(PlainText(markup), most)
			}
		}
	}
	return lead
}

// shortened ends a text at a word, after at most so many characters.
func shortened(s string, most int) string {
	runes := []rune(s)
	if len(runes) <= most {
		return s
	}
	short := string(runes[:most])
	if at := strings.LastIndexByte(short, ' '); at > 0 {
		short = short[:at]
	}
	return strings.TrimRight(short, " ,;:–-") + " …"
}

// languages gives the languages in which there are texts, German first.
func (m *ModulesEntry) languages() []string {
	there := map[string]bool{}
	for _, part := range append(m.plainModules(), m.htmlModules()...) {
		for language := range *part.text {
			there[language] = true
		}
	}
	list := make([]string, 0, len(there))
	for language := range there {
		list = append(list, language)
	}
	slices.SortFunc(list, func(a, b string) int {
		switch {
		case a == "de":
			return -1
		case b == "de":
			return 1
		}
		return strings.Compare(a, b)
	})
	return list
}

// languageFor is the language in which the page of a service is: one language for the whole page where it can be had. A variety
// such as Leichte Sprache is answered as soon as there is anything in it.
func (m *ModulesEntry) languageFor(language string) string {
	if strings.Contains(language, "-") && slices.Contains(m.languages(), language) {
		return language
	}
	return m.Title.languageFor(language)
}

// serviceIn gives a service in one language; owner, time of the copy, variants, online services and the paths of the categories
// are the caller's to add.
func serviceIn(language string, e *ServiceEntry) types.Service {
	service := types.Service{
		Languages: e.languages(), Id: e.ID, LeikaKey: optional(e.LeikaKey), Categories: notNil(e.Categories), Audiences: audiences(e.Audiences),
		TrustLevel: types.TrustLevel(e.TrustLevel), SignatureRequired: e.SignatureRequired, SdgAreas: notNil(e.SDGAreas), UpdatedAt: e.UpdatedAt,
		Typing: optionalList(e.Typing), ValidIn: make([]string, 0, len(e.ValidIn)), Validity: make([]types.Period, 0, len(e.Validity)),
		SourcePortals: make([]types.ServiceLink, 0, len(e.SourcePortals)), CategoryPaths: []types.CategoryPath{}, OnlineServices: []types.OnlineService{},
	}
	language = e.languageFor(language)
	service.Language = language
	r := &rendering{language: language, others: []types.TextLanguage{}}
	e.textsIn(r, &service)
	e.listsIn(r, &service)
	e.linksIn(r, &service)
	service.Synonyms = notNil(e.synonymsIn(language))
	if released := e.Release; released != nil {
		service.Release = &types.ServiceRelease{Date: optional(released.Date), By: optional(r.text("/release/by", released.By))}
	}
	service.OtherLanguages = r.others
	if slices.ContainsFunc(e.LanguageVersions, func(v LanguageEntry) bool { return v.Machine && v.Language == language }) {
		yes := true
		service.MachineTranslated = &yes
	}
	if e.Publisher != nil {
		service.Publisher = optional(e.Publisher.Name.in(language))
	}
	for _, p := range e.SourcePortals {
		service.SourcePortals = append(service.SourcePortals, types.ServiceLink{Url: p.URL, Title: orElse(p.Title, p.URL)})
	}
	for _, p := range e.Validity {
		service.Validity = append(service.Validity, types.Period{From: p.From, To: p.To, Note: optional(p.Note.in(language))})
	}
	for _, ars := range e.ValidIn {
		if a, err := parseArea(ars); err == nil {
			service.ValidIn = append(service.ValidIn, a.padded())
		}
	}
	return service
}

// rendering reads texts in one language, and notes those that are there in another one only.
type rendering struct {
	language string
	others   []types.TextLanguage
}

// text reads a text that is answered at a pointer.
func (r *rendering) text(pointer string, t Text) string {
	language := t.languageFor(r.language)
	if language == "" {
		return ""
	}
	r.is(pointer, language)
	return t[language]
}

// is notes the language of a text.
func (r *rendering) is(pointer, language string) {
	if language != r.language {
		r.others = append(r.others, types.TextLanguage{Pointer: pointer, Language: language})
	}
}

func (m *ModulesEntry) textsIn(r *rendering, service *types.Service) {
	in := func(name string, t Text) *string { return optional(r.text("/"+name, t)) }
	service.Title, service.Designation = r.text("/title", m.Title), in("designation", m.Designation)
	if teaser := m.Teaser; len(teaser) > 0 && teaser.in(r.language) != "" {
		service.Teaser = r.text("/teaser", teaser)
	} else {
		service.Teaser = r.text("/teaser", m.lead())
	}
	for _, part := range []struct {
		name string
		to   **string
		text Text
	}{
		{"summary", &service.Summary, m.Summary}, {"description", &service.Description, m.Description}, {"procedure", &service.Procedure, m.Procedure},
		{"requirements", &service.Requirements, m.Requirements}, {"documentsText", &service.DocumentsText, m.DocumentsText},
		{"feesText", &service.FeesText, m.FeesText}, {"deadlinesText", &service.DeadlinesText, m.DeadlinesText},
		{"legalBasisText", &service.LegalBasisText, m.LegalBasisText}, {"legalRemedy", &service.LegalRemedy, m.LegalRemedy},
		{"formsText", &service.FormsText, m.FormsText}, {"furtherInformation", &service.FurtherInformation, m.FurtherInformation},
		{"notes", &service.Notes, m.Notes}, {"author", &service.Author, m.Author}, {"competentBody", &service.CompetentBody, m.CompetentBody},
		{"contactPoint", &service.ContactPoint, m.ContactPoint}, {"enquiryNote", &service.EnquiryNote, m.EnquiryNote},
	} {
		*part.to = in(part.name, part.text)
	}
	service.OtherTexts = make([]types.ServiceText, 0, len(m.OtherTexts))
	for _, o := range m.OtherTexts {
		if text := r.text(fmt.Sprintf("/otherTexts/%d/text", len(service.OtherTexts)), o.Text); text != "" {
			service.OtherTexts = append(service.OtherTexts, types.ServiceText{Title: orElse(o.Type.Name, o.Type.Code), Text: text})
		}
	}
}

func (m *ModulesEntry) listsIn(r *rendering, service *types.Service) {
	service.Documents, service.Fees = documentsIn(r, "/documents", m.Documents), make([]types.Fee, 0, len(m.Fees))
	if len(m.Results) > 0 {
		results := documentsIn(r, "/results", m.Results)
		service.Results = &results
	}
	for i, f := range m.Fees {
		service.Fees = append(service.Fees, feeIn(r, fmt.Sprintf("/fees/%d", i), f))
	}
	service.Deadlines = make([]types.Deadline, 0, len(m.Deadlines))
	for i, d := range m.Deadlines {
		service.Deadlines = append(service.Deadlines, deadlineIn(r, fmt.Sprintf("/deadlines/%d", i), d))
	}
	if t := m.ProcessingTime; t != nil {
		service.ProcessingTime = &types.ProcessingTime{Text: t.words(r, "/processingTime/text"), Days: t.Days}
	}
	service.LegalBasis = make([]types.LegalBasis, 0, len(m.LegalBasis))
	for i, l := range m.LegalBasis {
		service.LegalBasis = append(service.LegalBasis, types.LegalBasis{Title: r.text(fmt.Sprintf("/legalBasis/%d/title", i), l.Title), Url: optional(l.URL)})
	}
}

// linksIn sorts the links of the language: legal basis and forms have theirs with them.
func (m *ModulesEntry) linksIn(r *rendering, service *types.Service) {
	service.Links, service.Forms = []types.ServiceLink{}, []types.ServiceLink{}
	for _, l := range m.Links {
		if l.Language != "" && l.Language != m.linkLanguage(r.language, l.Module) {
			continue
		}
		is := func(list string, i int) {
			if l.Language != "" && l.Title != "" {
				r.is(fmt.Sprintf("/%s/%d/title", list, i), l.Language)
			}
		}
		link := types.ServiceLink{Url: l.URL, Title: orElse(l.Title, l.URL), Description: optional(l.Description)}
		switch l.Module {
		case "forms":
			is("forms", len(service.Forms))
			service.Forms = append(service.Forms, link)
		case "legalBasis":
			is("legalBasis", len(service.LegalBasis))
			service.LegalBasis = append(service.LegalBasis, types.LegalBasis{Title: link.Title, Url: &link.Url})
		default:
			is("links", len(service.Links))
			link.Part = optional(l.Module)
			service.Links = append(service.Links, link)
		}
	}
}

// linkLanguage is the language of a module's links that somebody reads who asked for a language.
func (m *ModulesEntry) linkLanguage(language, module string) string {
	there := Text{}
	for _, l := range m.Links {
		if l.Module == module && l.Language != "" {
			there[l.Language] = l.Language
		}
	}
	return there.languageFor(language)
}

func (e *ServiceEntry) synonymsIn(language string) []string {
	for _, l := range fallbacks(language) {
		if words := e.Synonyms[l]; len(words) > 0 {
			return words
		}
	}
	return nil
}

func documentsIn(r *rendering, pointer string, documents []DocumentEntry) []types.RequiredDocument {
	list := make([]types.RequiredDocument, 0, len(documents))
	for i, d := range documents {
		at := fmt.Sprintf("%s/%d", pointer, i)
		list = append(list, types.RequiredDocument{Title: r.text(at+"/title", d.Title), Note: optional(r.text(at+"/note", d.Note)), Required: d.Required})
	}
	return list
}

func feeIn(r *rendering, pointer string, f FeeEntry) types.Fee {
	fee := types.Fee{
		Label: r.text(pointer+"/label", f.Label), Kind: types.FeeKind(f.Kind), Basis: optional(r.text(pointer+"/basis", f.Basis)), Note: optional(r.text(pointer+"/note", f.Note)),
		Advance: f.Advance, Url: optional(f.URL), Type: optional(f.Type),
	}
	if fee.Label == "" {
		fee.Label = word(r.language, "Gebühr", "Fee")
	}
	if f.Amount != nil {
		fee.Amount = &types.Money{Amount: *f.Amount, Currency: f.Currency}
	}
	if f.Max != nil {
		fee.Max = &types.Money{Amount: *f.Max, Currency: f.Currency}
	}
	return fee
}

func deadlineIn(r *rendering, pointer string, d DeadlineEntry) types.Deadline {
	deadline := types.Deadline{Text: d.words(r, pointer+"/text"), From: optional(d.From), To: optional(d.To), Type: optional(d.Type)}
	if u := d.Duration; u != nil {
		deadline.Duration = &types.Duration{Value: u.Value, Unit: types.DurationUnit(u.Unit), Max: u.Max}
		if u.MaxUnit != "" {
			unit := types.DurationUnit(u.MaxUnit)
			deadline.Duration.MaxUnit = &unit
		}
	}
	return deadline
}

// words gives the text of a term, or says in words what it is.
func (d DeadlineEntry) words(r *rendering, pointer string) string {
	if text := r.text(pointer, d.Text); text != "" {
		return text
	}
	language := r.language
	switch {
	case d.Duration != nil:
		return d.Duration.words(language)
	case d.From != "" && d.To != "":
		return html.EscapeString(fmt.Sprintf(word(language, "Vom %s bis zum %s", "From %s to %s"), day(language, d.From), day(language, d.To)))
	case d.To != "":
		return html.EscapeString(fmt.Sprintf(word(language, "Bis zum %s", "By %s"), day(language, d.To)))
	}
	return html.EscapeString(fmt.Sprintf(word(language, "Ab dem %s", "From %s"), day(language, d.From)))
}

func (t *TimeEntry) words(r *rendering, pointer string) string {
	if text := r.text(pointer, t.Text); text != "" || len(t.Terms) == 0 {
		return text
	}
	list := make([]string, 0, len(t.Terms))
	for _, term := range t.Terms {
		list = append(list, term.words(r, pointer))
	}
	return strings.Join(list, "; ")
}

func (u *DurationEntry) words(language string) string {
	switch {
	case u.Max == nil:
		return fmt.Sprintf("%d %s", u.Value, unitWord(language, u.Unit, u.Value))
	case u.MaxUnit == "":
		return fmt.Sprintf(word(language, "%d bis %d %s", "%d to %d %s"), u.Value, *u.Max, unitWord(language, u.Unit, *u.Max))
	}
	return fmt.Sprintf(word(language, "%d %s bis %d %s", "%d %s to %d %s"), u.Value, unitWord(language, u.Unit, u.Value), *u.Max, unitWord(language, u.MaxUnit, *u.Max))
}

func unitWord(language, unit string, n int) string {
	german := map[string][2]string{
		"second": {"Sekunde", "Sekunden"}, "minute": {"Minute", "Minuten"}, "hour": {"Stunde", "Stunden"}, "day": {"Tag", "Tage"},
		"weekday": {"Werktag", "Werktage"}, "workday": {"Arbeitstag", "Arbeitstage"}, "week": {"Woche", "Wochen"}, "month": {"Monat", "Monate"},
		"year": {"Jahr", "Jahre"},
	}
	english := unit
	switch unit {
	case "weekday":
		english = "day"
	case "workday":
		english = "working day"
	}
	if n == 1 {
		return word(language, german[unit][0], english)
	}
	return word(language, german[unit][1], english+"s")
}

// day writes 2026-03-31 as 31.03.2026 or 31/03/2026, and a day of each year without the year.
func day(language, date string) string {
	year, rest := date[:len(date)-6], date[len(date)-5:]
	month, dayOfMonth := rest[:2], rest[3:]
	separator := word(language, ".", "/")
	if year == "-" {
		return dayOfMonth + separator + month + word(language, ".", "")
	}
	return dayOfMonth + separator + month + separator + year
}

// word chooses between German and English words of the portal's own.
func word(language, german, english string) string {
	if language == "de" || strings.HasPrefix(language, "de-") {
		return german
	}
	return english
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func optionalList(list []string) *[]string {
	if len(list) == 0 {
		return nil
	}
	return &list
}

// onlineServicesIn gives online services in one language.
func onlineServicesIn(language string, rows []onlineRow, owners map[string]types.PortalReference) []types.OnlineService {
	list := make([]types.OnlineService, 0, len(rows))
	for _, r := range rows {
		e := r.entry
		o := types.OnlineService{
			Id: e.ID, Title: e.Title.in(language), Teaser: optional(e.Teaser.in(language)), Url: optional(e.link(language)),
			Payments: make([]string, 0, len(e.Payments)), Portal: owners[r.owner],
		}
		if e.TrustLevel != "" {
			level := types.TrustLevel(e.TrustLevel)
			o.TrustLevel = &level
		}
		for _, p := range e.Payments {
			o.Payments = append(o.Payments, orElse(p.Name, p.Code))
		}
		list = append(list, o)
	}
	return list
}

// link is the address of the service itself: of its own kind before others, in the language before others.
func (e *OnlineServiceEntry) link(language string) string {
	best, found := -1, ""
	for _, l := range e.Links {
		rank := 0
		if l.Type == "01" || l.Type == "" {
			rank += 10
		}
		if at := slices.Index(fallbacks(language), l.Language); at >= 0 || l.Language == "" {
			rank += 9 - max(at, 0)
		}
		if rank > best {
			best, found = rank, l.URL
		}
	}
	return found
}

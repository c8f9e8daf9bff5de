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
	lead := Text{}
	for _, text := range []Text{m.Description, m.Summary} {
		for language, markup := range text {
			lead[language] = shortened(PlainText(markup), most)
		}
	}
	for language, teaser := range m.Teaser {
		lead[language] = teaser
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
	e.textsIn(language, &service)
	e.listsIn(language, &service)
	e.linksIn(language, &service)
	service.Synonyms = notNil(e.synonymsIn(language))
	if r := e.Release; r != nil {
		service.Release = &types.ServiceRelease{Date: optional(r.Date), By: optional(r.By.in(language))}
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

func (m *ModulesEntry) textsIn(language string, service *types.Service) {
	in := func(t Text) *string { return optional(t.in(language)) }
	service.Title, service.Designation = m.Title.in(language), in(m.Designation)
	if service.Teaser = m.Teaser.in(language); service.Teaser == "" {
		service.Teaser = m.lead().in(language)
	}
	service.Summary, service.Description, service.Procedure, service.Requirements = in(m.Summary), in(m.Description), in(m.Procedure), in(m.Requirements)
	service.DocumentsText, service.FeesText, service.DeadlinesText = in(m.DocumentsText), in(m.FeesText), in(m.DeadlinesText)
	service.LegalBasisText, service.LegalRemedy, service.FormsText = in(m.LegalBasisText), in(m.LegalRemedy), in(m.FormsText)
	service.FurtherInformation, service.Notes, service.Author = in(m.FurtherInformation), in(m.Notes), in(m.Author)
	service.CompetentBody, service.ContactPoint, service.EnquiryNote = in(m.CompetentBody), in(m.ContactPoint), in(m.EnquiryNote)
	service.OtherTexts = make([]types.ServiceText, 0, len(m.OtherTexts))
	for _, o := range m.OtherTexts {
		if text := o.Text.in(language); text != "" {
			service.OtherTexts = append(service.OtherTexts, types.ServiceText{Title: orElse(o.Type.Name, o.Type.Code), Text: text})
		}
	}
}

func (m *ModulesEntry) listsIn(language string, service *types.Service) {
	service.Documents, service.Fees = documentsIn(language, m.Documents), make([]types.Fee, 0, len(m.Fees))
	if len(m.Results) > 0 {
		results := documentsIn(language, m.Results)
		service.Results = &results
	}
	for _, f := range m.Fees {
		service.Fees = append(service.Fees, feeIn(language, f))
	}
	service.Deadlines = make([]types.Deadline, 0, len(m.Deadlines))
	for _, d := range m.Deadlines {
		service.Deadlines = append(service.Deadlines, deadlineIn(language, d))
	}
	if t := m.ProcessingTime; t != nil {
		service.ProcessingTime = &types.ProcessingTime{Text: t.words(language), Days: t.Days}
	}
	service.LegalBasis = make([]types.LegalBasis, 0, len(m.LegalBasis))
	for _, l := range m.LegalBasis {
		service.LegalBasis = append(service.LegalBasis, types.LegalBasis{Title: l.Title.in(language), Url: optional(l.URL)})
	}
}

// linksIn sorts the links of the language: legal basis and forms have theirs with them.
func (m *ModulesEntry) linksIn(language string, service *types.Service) {
	service.Links, service.Forms = []types.ServiceLink{}, []types.ServiceLink{}
	for _, l := range m.Links {
		if l.Language != "" && l.Language != m.linkLanguage(language, l.Module) {
			continue
		}
		link := types.ServiceLink{Url: l.URL, Title: orElse(l.Title, l.URL), Description: optional(l.Description)}
		switch l.Module {
		case "forms":
			service.Forms = append(service.Forms, link)
		case "legalBasis":
			service.LegalBasis = append(service.LegalBasis, types.LegalBasis{Title: link.Title, Url: &link.Url})
		default:
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

func documentsIn(language string, documents []DocumentEntry) []types.RequiredDocument {
	list := make([]types.RequiredDocument, 0, len(documents))
	for _, d := range documents {
		list = append(list, types.RequiredDocument{Title: d.Title.in(language), Note: optional(d.Note.in(language)), Required: d.Required})
	}
	return list
}

func feeIn(language string, f FeeEntry) types.Fee {
	fee := types.Fee{
		Label: f.Label.in(language), Kind: types.FeeKind(f.Kind), Basis: optional(f.Basis.in(language)), Note: optional(f.Note.in(language)),
		Advance: f.Advance, Url: optional(f.URL), Type: optional(f.Type),
	}
	if fee.Label == "" {
		fee.Label = word(language, "Gebühr", "Fee")
	}
	if f.Amount != nil {
		fee.Amount = &types.Money{Amount: *f.Amount, Currency: f.Currency}
	}
	if f.Max != nil {
		fee.Max = &types.Money{Amount: *f.Max, Currency: f.Currency}
	}
	return fee
}

func deadlineIn(language string, d DeadlineEntry) types.Deadline {
	deadline := types.Deadline{Text: d.words(language), From: optional(d.From), To: optional(d.To), Type: optional(d.Type)}
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
func (d DeadlineEntry) words(language string) string {
	if text := d.Text.in(language); text != "" {
		return text
	}
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

func (t *TimeEntry) words(language string) string {
	if text := t.Text.in(language); text != "" || len(t.Terms) == 0 {
		return text
	}
	list := make([]string, 0, len(t.Terms))
	for _, term := range t.Terms {
		list = append(list, term.words(language))
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

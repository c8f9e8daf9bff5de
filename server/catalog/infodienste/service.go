package infodienste

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"portalverbund/server/catalog"
	"portalverbund/server/catalog/adapter"
	"portalverbund/server/catalog/codes"
)

// longAgo stands for the time of the last change where none is given.
func longAgo() time.Time { return time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) }

// emitService gives a service, and what is different about it in parts of its area.
func (r *run) emitService(ctx context.Context, s service, translations map[string]service, at string) error {
	id := r.id(catalog.KindService, string(s.ID))
	if s.ID == "" || s.Name == "" {
		r.out.Skip(catalog.KindService, at, "has no id or no name")
		return nil
	}
	m := &mapping{now: r.tools.Now(), special: map[string]*catalog.ModulesEntry{}}
	e := catalog.ServiceEntry{ID: id, SourceEntry: r.origin("LB", string(s.ID)), UpdatedAt: s.LastUpdated.UTC(), SinglePointOfContact: s.SinglePoint}
	if s.LastUpdated.IsZero() {
		m.warn("no time of the last change: taken as 2000-01-01")
		e.UpdatedAt = longAgo()
	}
	e.LeikaKey, e.FurtherLeikaKeys = m.leikaKeys(s.LeikaKeys)
	m.modules(&e.ModulesEntry, s, "de")
	e.Links = append(e.Links, r.forms[string(s.ID)]...)
	e.Synonyms = synonyms(s, translations)
	for language, translated := range translations {
		m.translate(&e.ModulesEntry, translated, language)
	}
	e.SignatureRequired = s.WrittenForm != nil && *s.WrittenForm
	if s.TrustLevel != nil {
		if e.TrustLevel = trustLevel(s.TrustLevel.Key, s.TrustLevel.Name); e.TrustLevel == "" {
			m.warn("trust level %.40q is unknown", s.TrustLevel.Key)
		}
	}
	m.codes(&e, s)
	for _, a := range s.Restricted {
		ars, err := r.ars(ctx, string(a.ID))
		if err != nil {
			return err
		}
		if ars == "" {
			m.warn("area %.40q (%.60s) is no place of the register", a.ID, a.Name)
			continue
		}
		e.ValidIn = append(e.ValidIn, ars)
	}
	if s.Department != nil && s.Department.Name != "" {
		e.Extras = append(e.Extras, catalog.ExtraEntry{Name: "department", Text: string(s.Department.Name)})
	}
	special, err := r.specialisations(ctx, s, m)
	if err != nil {
		return err
	}
	r.out.Entry(catalog.KindService, id, e, at, m.warnings...)
	for _, sp := range special {
		r.out.Entry(catalog.KindSpecialisation, sp.ID, sp, at)
	}
	return nil
}

// specialisations gives what is different in parts of the area.
func (r *run) specialisations(ctx context.Context, s service, m *mapping) ([]catalog.SpecialisationEntry, error) {
	var list []catalog.SpecialisationEntry
	for _, areaID := range m.order {
		ars, err := r.ars(ctx, areaID)
		if err != nil {
			return nil, err
		}
		if ars == "" {
			m.warn("what is different in area %.40q is left out: it is no place of the register", areaID)
			continue
		}
		value := string(s.ID) + "/" + areaID
		e := catalog.SpecialisationEntry{
			ID: r.id(catalog.KindSpecialisation, value), ServiceID: r.id(catalog.KindService, string(s.ID)), Areas: []string{ars},
			ModulesEntry: *m.special[areaID], SourceEntry: r.origin("", value), UpdatedAt: s.LastUpdated.UTC(),
		}
		if s.LastUpdated.IsZero() {
			e.UpdatedAt = longAgo()
		}
		list = append(list, e)
	}
	return list, nil
}

// mapping is the work on one service.
type mapping struct {
	now      time.Time
	warnings []string
	special  map[string]*catalog.ModulesEntry // by area
	order    []string                         // of the areas
}

func (m *mapping) warn(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(m.warnings, text) {
		m.warnings = append(m.warnings, text)
	}
}

// in gives the modules that something belongs to: the service's own, or those of a part of its area.
func (m *mapping) in(own *catalog.ModulesEntry, areaID word) *catalog.ModulesEntry {
	if areaID == "" {
		return own
	}
	if m.special[string(areaID)] == nil {
		m.special[string(areaID)] = &catalog.ModulesEntry{}
		m.order = append(m.order, string(areaID))
	}
	return m.special[string(areaID)]
}

func (m *mapping) leikaKeys(keys []word) (first string, others []string) {
	for _, k := range keys {
		key := strings.TrimSpace(string(k))
		switch {
		case len(key) != 14 || strings.Trim(key, "0123456789") != "":
			m.warn("%.40q is no LeiKa key", key)
		case first == "":
			first = key
		default:
			others = append(others, key)
		}
	}
	return first, others
}

// current says whether something is valid now or will be.
func (m *mapping) current(until moment) bool { return until.IsZero() || until.After(m.now) }

func (m *mapping) modules(e *catalog.ModulesEntry, s service, language string) {
	e.Title = catalog.Text{language: string(s.Name)}
	if s.Teaser != "" {
		e.Teaser = catalog.Text{language: adapter.Plain(string(s.Teaser))}
	}
	for _, block := range s.TextBlocks {
		m.block(e, block, language)
	}
	for _, c := range s.Charges {
		if m.current(c.ValidTo) {
			into := m.in(e, c.Area)
			into.Fees = append(into.Fees, m.fee(c))
		}
	}
	for _, p := range s.Periods {
		if m.current(p.ValidTo) {
			into := m.in(e, p.Area)
			into.Deadlines = append(into.Deadlines, m.deadline(p))
		}
	}
	for _, p := range s.ServicePeriods {
		if m.current(p.ValidTo) {
			into := m.in(e, p.Area)
			if into.ProcessingTime == nil {
				into.ProcessingTime = &catalog.TimeEntry{}
			}
			into.ProcessingTime.Terms = append(into.ProcessingTime.Terms, m.deadline(p))
		}
	}
	for _, d := range s.Documents {
		if !m.current(d.ValidTo) || d.Name == "" {
			continue
		}
		into := m.in(e, d.Area)
		entry := catalog.DocumentEntry{Title: german(d.Name), Note: german(d.Note), Required: !d.outgoing()}
		if d.outgoing() {
			into.Results = append(into.Results, entry)
		} else {
			into.Documents = append(into.Documents, entry)
		}
	}
}

// block takes in a text block; what is different in parts of the area goes there.
func (m *mapping) block(e *catalog.ModulesEntry, block textBlock, language string) {
	code := moduleCode(block.Type)
	m.text(e, block.Type, code, block.Text, block.ExternalLinks, language)
	for _, sp := range block.Specialisations {
		if sp.Area == "" {
			m.warn("a text that is different in a part of the area does not say where: left out")
			continue
		}
		m.text(m.in(e, sp.Area), block.Type, code, sp.Text, sp.ExternalLinks, language)
	}
}

func (m *mapping) text(e *catalog.ModulesEntry, k kind, code string, text word, links []externalLink, language string) {
	module, known := codes.ModuleOf(code)
	if !known {
		if text != "" {
			m.warn("text block %.40q (%.60s) is unknown: kept as a text of its own", k.Key, k.Name)
			e.OtherTexts = append(e.OtherTexts, catalog.OtherTextEntry{Type: catalog.CodeEntry{Code: string(cmp.Or(k.Key, k.ID, k.Name)), Name: string(k.Name)}, Text: catalog.Text{language: string(text)}})
		}
		return
	}
	if text != "" {
		if !module.HTML {
			text = word(adapter.Plain(string(text)))
		}
		target := module.Text(e)
		if *target == nil {
			*target = catalog.Text{}
		}
		switch before := (*target)[language]; {
		case before == "" || !module.HTML: // the service's own name and teaser give way
			(*target)[language] = string(text)
		default:
			(*target)[language] = before + "\n" + string(text)
		}
	}
	for _, l := range links {
		if l.URL == "" {
			continue
		}
		if module.Name == "legalBasis" && l.Name != "" {
			e.LegalBasis = append(e.LegalBasis, catalog.LegalEntry{Title: catalog.Text{language: string(l.Name)}, URL: string(l.URL)})
			continue
		}
		e.Links = append(e.Links, catalog.LinkEntry{Module: module.Name, Language: language, URL: string(l.URL), Title: string(l.Name), Description: string(l.Note)})
	}
}

// translate takes over the texts of a translation that are not the German ones again: the API answers with those where
// there is no translation.
func (m *mapping) translate(e *catalog.ModulesEntry, s service, language string) {
	var other catalog.ModulesEntry
	rest := mapping{now: m.now, special: map[string]*catalog.ModulesEntry{}}
	s.Charges, s.Periods, s.ServicePeriods, s.Documents = nil, nil, nil, nil
	rest.modules(&other, s, language)
	for _, module := range codes.TextModules() {
		own, translated := module.Text(e), module.Text(&other)
		if text := (*translated)[language]; text != "" && text != (*own)["de"] {
			if *own == nil {
				*own = catalog.Text{}
			}
			(*own)[language] = text
		}
	}
}

func synonyms(s service, translations map[string]service) map[string][]string {
	all := map[string][]string{}
	add := func(language string, words, other []word) {
		for _, w := range words {
			if w != "" && !slices.Contains(other, w) {
				all[language] = append(all[language], string(w))
			}
		}
	}
	add("de", s.Synonyms, nil)
	for language, translated := range translations {
		add(language, translated.Synonyms, s.Synonyms)
	}
	if len(all) == 0 {
		return nil
	}
	return all
}

// codes takes in what is given as codes of lists.
func (m *mapping) codes(e *catalog.ServiceEntry, s service) {
	for _, k := range s.SDGAreas {
		if len(k.Key) != 7 || strings.Trim(string(k.Key), "0123456789") != "" {
			m.warn("SDG information area %.40q is unknown", k.Key)
			continue
		}
		e.SDGAreas = append(e.SDGAreas, string(k.Key))
	}
	for _, k := range s.Receivers {
		switch a := audience(k); {
		case a == "":
			m.warn("receiver %.40q (%.60s) is unknown", k.Key, k.Name)
		case !slices.Contains(e.Audiences, a):
			e.Audiences = append(e.Audiences, a)
		}
	}
}

func (m *mapping) fee(c charge) catalog.FeeEntry {
	f := catalog.FeeEntry{Label: german(c.Name), Note: german(c.Note), Currency: string(c.Currency), Advance: c.Prepayment, URL: string(c.SpecificationURL)}
	if len(f.Currency) != 3 {
		f.Currency = "EUR"
	}
	if c.ValidFrom.After(m.now) {
		f.Note = german(word(strings.TrimSpace(string(c.Note) + " Gilt ab " + c.ValidFrom.Format("02.01.2006") + ".")))
	}
	switch kind := strings.ToUpper(string(c.Type)); {
	case kind == "FIX" && c.Amount != nil:
		f.Kind, f.Amount = "fixed", cents(*c.Amount)
	case kind == "VARIABLE" && (c.LowerLimit != nil || c.UpperLimit != nil):
		f.Kind = "range"
		if c.LowerLimit != nil {
			f.Amount = cents(*c.LowerLimit)
		}
		if c.UpperLimit != nil {
			f.Max = cents(*c.UpperLimit)
		}
	case strings.HasPrefix(kind, "FREE") || strings.HasPrefix(kind, "FREI"):
		f.Kind = "free"
	default:
		f.Kind = "rule"
		if kind != "FIX" && kind != "VARIABLE" {
			m.warn("type of charge %.40q is unknown: taken as one by rule", c.Type)
		}
	}
	return f
}

func cents(euros float64) *int64 {
	amount := int64(math.Round(euros * 100))
	return &amount
}

func (m *mapping) deadline(p period) catalog.DeadlineEntry {
	d := catalog.DeadlineEntry{Text: german(word(named(p.Name, p.Note)))}
	switch strings.ToUpper(string(p.Type)) {
	case "SPAN", "SPANINTERVAL":
		unit := codes.UnitOf(string(p.Unit))
		if p.TimeSpan == nil || unit == "" {
			m.warn("a period of %.40q is unknown: only its words are kept", p.Unit)
			break
		}
		d.Duration = &catalog.DurationEntry{Value: *p.TimeSpan, Unit: unit, Max: p.TimeSpanTo}
	case "DATEINTERVAL":
		if !p.DateFrom.IsZero() {
			d.From = p.DateFrom.Format(time.DateOnly)
		}
		if !p.DateTo.IsZero() {
			d.To = p.DateTo.Format(time.DateOnly)
		}
	default:
		m.warn("type of period %.40q is unknown: only its words are kept", p.Type)
	}
	return d
}

func german(w word) catalog.Text {
	if w == "" {
		return nil
	}
	return catalog.Text{"de": string(w)}
}

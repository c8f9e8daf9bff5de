package catalog

import (
	"time"

	"github.com/google/uuid"
)

// ServiceEntry describes a public service (Leistung) as one portal offers it. Its parts are those of a Leistung of XZuFi 2.2;
// the doc comments name the XZuFi element where the name here does not tell.
type ServiceEntry struct {
	ID               uuid.UUID `json:"id"`
	LeikaKey         string    `json:"leikaKey,omitempty"` // 14 digits
	FurtherLeikaKeys []string  `json:"furtherLeikaKeys,omitempty"`
	ModulesEntry
	Synonyms             map[string][]string `json:"synonyms,omitempty"` // by language
	Categories           []string            `json:"categories"`
	Audiences            []string            `json:"audiences"`  // citizen, business, administration
	TrustLevel           string              `json:"trustLevel"` // low, substantial, high
	SignatureRequired    bool                `json:"signatureRequired"`
	SinglePointOfContact *bool               `json:"singlePointOfContact,omitempty"` // Einheitlicher Ansprechpartner
	SDGAreas             []string            `json:"sdgAreas,omitempty"`             // Single Digital Gateway: 7 digits
	Release              *ReleaseEntry       `json:"release,omitempty"`
	Typing               []string            `json:"typing,omitempty"`          // Typisierung: who regulates and who executes, such as 2, 3a, 2/3
	Classifications      []CodeEntry         `json:"classifications,omitempty"` // Klassifizierung, by any code list
	SourceEntry
	SourcePortals    []SourcePortalEntry `json:"sourcePortals,omitempty"`
	Publisher        *PublisherEntry     `json:"publisher,omitempty"`
	Validity         []PeriodEntry       `json:"validity,omitempty"`
	ValidIn          []string            `json:"validIn,omitempty"` // ARS without padding; empty: not said
	LanguageVersions []LanguageEntry     `json:"languageVersions,omitempty"`
	Version          string              `json:"version,omitempty"`
	CreatedAt        *time.Time          `json:"createdAt,omitempty"`
	UpdatedAt        time.Time           `json:"updatedAt"`
}

// SpecialisationEntry is what is different about a service in some areas (LeistungSpezialisierung): each module that it has
// stands there in place of the service's own.
type SpecialisationEntry struct {
	ID        uuid.UUID `json:"id"`
	ServiceID uuid.UUID `json:"serviceId"`
	Areas     []string  `json:"areas"` // ARS without padding
	ModulesEntry
	SourceEntry
	Publisher *PublisherEntry `json:"publisher,omitempty"`
	Validity  []PeriodEntry   `json:"validity,omitempty"`
	Version   string          `json:"version,omitempty"`
	CreatedAt *time.Time      `json:"createdAt,omitempty"`
	UpdatedAt time.Time       `json:"updatedAt"`
}

// ModulesEntry are the modules of a description that a specialisation can replace. Numbers in brackets are of the code list
// urn:de:xzufi:codeliste:leistungstextmodulleika. What is marked HTML is reduced to what newPolicy allows.
type ModulesEntry struct {
	Title              Text                    `json:"title,omitempty"`              // [03], for people
	Designation        Text                    `json:"designation,omitempty"`        // [02], as the national catalog names it
	Teaser             Text                    `json:"teaser,omitempty"`             // [24]
	Summary            Text                    `json:"summary,omitempty"`            // [05], HTML
	Description        Text                    `json:"description,omitempty"`        // [06], HTML
	Procedure          Text                    `json:"procedure,omitempty"`          // [11], HTML
	Requirements       Text                    `json:"requirements,omitempty"`       // [09], HTML
	DocumentsText      Text                    `json:"documentsText,omitempty"`      // [08], HTML
	LegalBasisText     Text                    `json:"legalBasisText,omitempty"`     // [07], HTML
	FeesText           Text                    `json:"feesText,omitempty"`           // modulKosten/beschreibung, HTML
	DeadlinesText      Text                    `json:"deadlinesText,omitempty"`      // modulFrist/beschreibung, HTML
	FormsText          Text                    `json:"formsText,omitempty"`          // [14], HTML
	FurtherInformation Text                    `json:"furtherInformation,omitempty"` // [15], HTML
	Notes              Text                    `json:"notes,omitempty"`              // [16], HTML
	Author             Text                    `json:"author,omitempty"`             // [18], HTML: who wrote the text, an office
	CompetentBody      Text                    `json:"competentBody,omitempty"`      // [22], HTML
	ContactPoint       Text                    `json:"contactPoint,omitempty"`       // [23], HTML
	LegalRemedy        Text                    `json:"legalRemedy,omitempty"`        // [25], HTML
	EnquiryNote        Text                    `json:"enquiryNote,omitempty"`        // modulAuskunftshinweis, HTML
	OtherTexts         []OtherTextEntry        `json:"otherTexts,omitempty"`         // modulTextIndividuell
	Documents          []DocumentEntry         `json:"documents,omitempty"`
	Results            []DocumentEntry         `json:"results,omitempty"` // what people receive (dokumentAusgehend)
	Fees               []FeeEntry              `json:"fees,omitempty"`
	Deadlines          []DeadlineEntry         `json:"deadlines,omitempty"`
	ProcessingTime     *TimeEntry              `json:"processingTime,omitempty"`
	LegalBasis         []LegalEntry            `json:"legalBasis,omitempty"`
	Links              []LinkEntry             `json:"links,omitempty"`
	ModuleExtras       map[string][]ExtraEntry `json:"moduleExtras,omitempty"` // by module, as ModuleNames has them
}

// ModuleNames lists the modules that links and extras can belong to.
func ModuleNames() []string {
	return []string{
		"title", "designation", "teaser", "summary", "description", "procedure", "requirements", "documents", "legalBasis", "fees",
		"deadlines", "processingTime", "forms", "furtherInformation", "notes", "author", "competentBody", "contactPoint", "legalRemedy",
		"enquiryNote", "synonyms", "release", "sourcePortals",
	}
}

// module is a text of a service with its name.
type module struct {
	name string
	text *Text
}

// htmlModules are the texts with markup.
func (m *ModulesEntry) htmlModules() []module {
	return []module{
		{"summary", &m.Summary}, {"description", &m.Description}, {"procedure", &m.Procedure}, {"requirements", &m.Requirements},
		{"documentsText", &m.DocumentsText}, {"legalBasisText", &m.LegalBasisText}, {"feesText", &m.FeesText}, {"deadlinesText", &m.DeadlinesText},
		{"formsText", &m.FormsText}, {"furtherInformation", &m.FurtherInformation}, {"notes", &m.Notes}, {"author", &m.Author},
		{"competentBody", &m.CompetentBody}, {"contactPoint", &m.ContactPoint}, {"legalRemedy", &m.LegalRemedy}, {"enquiryNote", &m.EnquiryNote},
	}
}

// plainModules are the texts without markup.
func (m *ModulesEntry) plainModules() []module {
	return []module{{"title", &m.Title}, {"designation", &m.Designation}, {"teaser", &m.Teaser}}
}

// OtherTextEntry is a text of a kind that only its source knows.
type OtherTextEntry struct {
	Type   CodeEntry    `json:"type"`
	Text   Text         `json:"text"` // HTML
	Extras []ExtraEntry `json:"extras,omitempty"`
}

// DocumentEntry is a document that an applicant brings, or receives.
type DocumentEntry struct {
	Title    Text         `json:"title"`
	Note     Text         `json:"note,omitempty"` // HTML
	Required bool         `json:"required"`
	Type     string       `json:"type,omitempty"` // DokumentTyp: three digits
	Extras   []ExtraEntry `json:"extras,omitempty"`
}

// FeeEntry is what a service costs. Amounts are in minor units (cents).
type FeeEntry struct {
	Label    Text         `json:"label,omitempty"`
	Kind     string       `json:"kind"` // fixed: amount; range: amount to max; free; rule: basis and note say how
	Amount   *int64       `json:"amount,omitempty"`
	Max      *int64       `json:"max,omitempty"`
	Currency string       `json:"currency"`          // ISO 4217
	Basis    Text         `json:"basis,omitempty"`   // range, rule: what the amount depends on; free: why nothing is charged
	Note     Text         `json:"note,omitempty"`    // HTML
	Type     string       `json:"type,omitempty"`    // Kostentyp: three digits
	Advance  *bool        `json:"advance,omitempty"` // whether it is paid before the service is done (Vorkasse)
	URL      string       `json:"url,omitempty"`     // where it is explained how the amount comes about
	Extras   []ExtraEntry `json:"extras,omitempty"`
}

// DeadlineEntry is a term that applicants keep: a duration, or from a day to a day, or only words.
type DeadlineEntry struct {
	Text     Text           `json:"text,omitempty"` // HTML
	Type     string         `json:"type,omitempty"` // Fristtyp: three digits
	Duration *DurationEntry `json:"duration,omitempty"`
	From     string         `json:"from,omitempty"` // a date (2026-03-31), or a day of each year (--03-31)
	To       string         `json:"to,omitempty"`
	Extras   []ExtraEntry   `json:"extras,omitempty"`
}

// DurationEntry is a length of time, or one between two.
type DurationEntry struct {
	Value   int    `json:"value"`
	Unit    string `json:"unit"` // second, minute, hour, day, weekday (Werktag), workday (Arbeitstag), week, month, year
	Max     *int   `json:"max,omitempty"`
	MaxUnit string `json:"maxUnit,omitempty"` // where it is another
}

// TimeEntry is how long the authority takes.
type TimeEntry struct {
	Text   Text            `json:"text,omitempty"` // HTML
	Days   *int            `json:"days,omitempty"` // at most; a round figure for sorting, follows from Terms where there are some
	Terms  []DeadlineEntry `json:"terms,omitempty"`
	Extras []ExtraEntry    `json:"extras,omitempty"`
}

// LegalEntry is a provision that a service rests on.
type LegalEntry struct {
	Title Text   `json:"title"`
	URL   string `json:"url,omitempty"`
}

// LinkEntry is a link that belongs to a module (weiterfuehrenderLink).
type LinkEntry struct {
	Module      string `json:"module"`
	Language    string `json:"language,omitempty"` // empty: any
	URL         string `json:"url"`
	Title       string `json:"title,omitempty"`
	Description string `json:"description,omitempty"`
}

// ReleaseEntry is the professional release (fachliche Freigabe) of a text.
type ReleaseEntry struct {
	Date string `json:"date,omitempty"` // 2026-01-31
	By   Text   `json:"by,omitempty"`   // the office that vouches for it
}

// SourcePortalEntry is a page from which a description comes (Ursprungsportal).
type SourcePortalEntry struct {
	Language string       `json:"language,omitempty"`
	URL      string       `json:"url"`
	Title    string       `json:"title,omitempty"`
	Extras   []ExtraEntry `json:"extras,omitempty"`
}

// PublisherEntry is who publishes a description (Herausgeber).
type PublisherEntry struct {
	ID        *IdentifierEntry `json:"id,omitempty"`
	Name      Text             `json:"name,omitempty"`
	ShortName Text             `json:"shortName,omitempty"`
	Extras    []ExtraEntry     `json:"extras,omitempty"`
}

// PeriodEntry is a time in which something is valid; open where an end is missing.
type PeriodEntry struct {
	From *time.Time `json:"from,omitempty"`
	To   *time.Time `json:"to,omitempty"`
	Note Text       `json:"note,omitempty"`
}

// LanguageEntry says in which language a description is there, and since when.
type LanguageEntry struct {
	Language  string       `json:"language"`
	Machine   bool         `json:"machine,omitempty"` // translated by a machine
	CreatedAt *time.Time   `json:"createdAt,omitempty"`
	UpdatedAt *time.Time   `json:"updatedAt,omitempty"`
	Version   string       `json:"version,omitempty"`
	Extras    []ExtraEntry `json:"extras,omitempty"`
}

// CodeEntry is a code of a code list.
type CodeEntry struct {
	List    string `json:"list,omitempty"` // URI
	Version string `json:"version,omitempty"`
	Code    string `json:"code"`
	Name    string `json:"name,omitempty"`
}

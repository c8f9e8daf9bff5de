package catalog

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"
	"github.com/google/uuid"
	"github.com/microcosm-cc/bluemonday"
)

// Kinds of catalog entries, as the lines of an import and of the feed name them.
const (
	KindService          = "service"
	KindSpecialisation   = "specialisation"
	KindOrganisation     = "organisation"
	KindCompetence       = "competence"
	KindOnlineService    = "onlineService"
	KindOnlineCompetence = "onlineCompetence"
	KindCategory         = "category"
	KindForm             = "form" // belongs to the forms room
)

// Text is a text by language (BCP 47, as de, en; de-x-ls is German in Leichte Sprache).
type Text map[string]string

// UnmarshalJSON also takes a plain string, as German.
func (t *Text) UnmarshalJSON(b []byte) error {
	if byLanguage, ok := readText(b); ok { // as nearly all are
		*t = byLanguage
		return nil
	}
	var plain string
	if json.Unmarshal(b, &plain) == nil {
		*t = nil
		if plain != "" {
			*t = Text{"de": plain}
		}
		return nil
	}
	var byLanguage map[string]string
	if err := json.Unmarshal(b, &byLanguage); err != nil {
		return fmt.Errorf("a text is not given by language: %w", err)
	}
	*t = byLanguage
	return nil
}

// MarshalJSONTo writes the languages in order, as encoding/json does.
func (t Text) MarshalJSONTo(to *jsontext.Encoder) error {
	if t == nil {
		return to.WriteToken(jsontext.Null)
	}
	if err := to.WriteToken(jsontext.BeginObject); err != nil {
		return err
	}
	var few [4]string // most are in no more languages
	languages := few[:0]
	for language := range t {
		languages = append(languages, language)
	}
	slices.Sort(languages)
	for _, language := range languages {
		if err := to.WriteToken(jsontext.String(language)); err != nil {
			return err
		}
		if err := to.WriteToken(jsontext.String(t[language])); err != nil {
			return err
		}
	}
	return to.WriteToken(jsontext.EndObject)
}

// OrganisationEntry is an organisational unit (Organisationseinheit): an authority, an office, a provider.
type OrganisationEntry struct {
	ID             uuid.UUID           `json:"id"`
	Name           Text                `json:"name"`
	ParentID       *uuid.UUID          `json:"parentId,omitempty"`
	Address        *AddressEntry       `json:"address,omitempty"`
	Position       *PositionEntry      `json:"position,omitempty"`
	Phone          string              `json:"phone,omitempty"`
	Email          string              `json:"email,omitempty"`
	URL            string              `json:"url,omitempty"`
	OpeningHours   []HoursEntry        `json:"openingHours"`
	SpecialHours   []SpecialHoursEntry `json:"specialHours,omitempty"`
	HoursNote      Text                `json:"hoursNote,omitempty"`
	Accessibility  Text                `json:"accessibility,omitempty"`
	AppointmentURL string              `json:"appointmentUrl,omitempty"`
	// Administers are the areas whose administration this unit is: the one to turn to when nothing else is known. ARS without
	// padding.
	Administers []string `json:"administers,omitempty"`
	SourceEntry
}

// AddressEntry is a postal address in Germany.
type AddressEntry struct {
	Street      string `json:"street"`
	HouseNumber string `json:"houseNumber"`
	PostalCode  string `json:"postalCode"`
	City        string `json:"city"`
}

// PositionEntry is a position in WGS 84.
type PositionEntry struct {
	Lat float64 `json:"lat"`
	Lon float64 `json:"lon"`
}

// HoursEntry says from when to when (HH:MM, local time) an office is open on some days of the week (mo to su).
type HoursEntry struct {
	Days []string `json:"days"`
	From string   `json:"from"`
	To   string   `json:"to"`
}

// SpecialHoursEntry says that from one day to another (YYYY-MM-DD, both included) other hours are kept; none: it is closed.
type SpecialHoursEntry struct {
	From  string          `json:"from"`
	To    string          `json:"to"`
	Hours []DayHoursEntry `json:"hours,omitempty"`
	Note  Text            `json:"note,omitempty"`
}

// DayHoursEntry says from when to when (HH:MM, local time) an office is open on a day.
type DayHoursEntry struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// CompetenceEntry states that an organisational unit does a service in an area (Zuständigkeit).
type CompetenceEntry struct {
	ID             uuid.UUID `json:"id"`
	ServiceID      uuid.UUID `json:"serviceId"`
	OrganisationID uuid.UUID `json:"organisationId"`
	Area           string    `json:"area"`           // ARS without padding; 000000000000 for the whole country
	Role           string    `json:"role,omitempty"` // code; 01 (competent) where it is missing, 03 for questions
	TermsEntry
	OnlineService *OnlineEntry `json:"onlineService,omitempty"`
	Note          Text         `json:"note,omitempty"`
	SourceEntry
}

// OnlineEntry is how to apply online: by a form of the portal, or at another address.
type OnlineEntry struct {
	Type    string     `json:"type"` // form, link
	FormID  *uuid.UUID `json:"formId,omitempty"`
	Channel string     `json:"channel,omitempty"` // of a form: desk, provider:<id>, fit-connect:<id>, or mail:<id>
	Fee     *FeeAsked  `json:"fee,omitempty"`     // of a form: what an application costs
	URL     string     `json:"url,omitempty"`     // of a link
	Title   Text       `json:"title,omitempty"`   // of a link
}

// FeeAsked is what an application by a form costs: a fixed amount, the whole number of cents at a JSON pointer of the answers, or what the authority
// sets later within a range.
type FeeAsked struct {
	Amount        *int64    `json:"amount,omitempty"` // cents of euros
	Pointer       string    `json:"pointer,omitempty"`
	Range         *FeeRange `json:"range,omitempty"`
	Purpose       Text      `json:"purpose"`
	LegalBasis    Text      `json:"legalBasis,omitempty"`
	BudgetAccount string    `json:"budgetAccount"` // Haushaltsstelle
	Currency      string    `json:"currency,omitempty"`
}

// FeeRange is between which amounts a fee is set, both included, in cents of euros.
type FeeRange struct {
	From int64 `json:"from"`
	To   int64 `json:"to"`
}

// CategoryEntry is a life or business situation by which services are grouped.
type CategoryEntry struct {
	ID          string `json:"id"` // such as moving; the same at all portals
	Title       Text   `json:"title"`
	Description Text   `json:"description,omitempty"`
	Icon        string `json:"icon"`
	Position    int    `json:"position"`
	ParentID    string `json:"parentId,omitempty"` // the situation that it is a part of
	// Class names the scheme that an imported category belongs to. Only categories without one are life situations that the
	// portal lists; the others group and filter.
	Class string `json:"class,omitempty"`
	SourceEntry
}

// entry is one of the kinds that the catalog keeps.
type entry interface {
	kind() string
	key() string
	// normalise trims, sanitises and checks; the checker keeps what can't be taken.
	normalise(c *checker)
}

func (e *ServiceEntry) kind() string      { return KindService }
func (e *ServiceEntry) key() string       { return e.ID.String() }
func (e *OrganisationEntry) kind() string { return KindOrganisation }
func (e *OrganisationEntry) key() string  { return e.ID.String() }
func (e *CompetenceEntry) kind() string   { return KindCompetence }
func (e *CompetenceEntry) key() string    { return e.ID.String() }
func (e *CategoryEntry) kind() string     { return KindCategory }
func (e *CategoryEntry) key() string      { return e.ID }

func (e *SpecialisationEntry) kind() string   { return KindSpecialisation }
func (e *SpecialisationEntry) key() string    { return e.ID.String() }
func (e *OnlineServiceEntry) kind() string    { return KindOnlineService }
func (e *OnlineServiceEntry) key() string     { return e.ID.String() }
func (e *OnlineCompetenceEntry) kind() string { return KindOnlineCompetence }
func (e *OnlineCompetenceEntry) key() string  { return e.ID.String() }

// newEntry gives an empty entry of a kind; nil if the catalog has no such kind.
func newEntry(kind string) entry {
	switch kind {
	case KindService:
		return &ServiceEntry{}
	case KindSpecialisation:
		return &SpecialisationEntry{}
	case KindOrganisation:
		return &OrganisationEntry{}
	case KindCompetence:
		return &CompetenceEntry{}
	case KindOnlineService:
		return &OnlineServiceEntry{}
	case KindOnlineCompetence:
		return &OnlineCompetenceEntry{}
	case KindCategory:
		return &CategoryEntry{}
	}
	return nil
}

const (
	maxPayload   = 512 << 10
	digestLength = 16
)

// prepared is an entry that was checked, with the payload as it is stored and exchanged.
type prepared struct {
	entry   entry
	payload []byte
	digest  []byte
	from    Incoming // where it came from, for the report
}

// reader reads entries that come from outside.
type reader struct{ policy *bluemonday.Policy }

func newReader() reader { return reader{newPolicy()} }

// Normaliser brings entries to the form in which the catalog keeps them, as an import does.
type Normaliser struct{ reader reader }

// NewNormaliser makes a Normaliser. It can be used again and again, by several goroutines.
func NewNormaliser() *Normaliser { return &Normaliser{newReader()} }

// Entry checks an entry and gives it as the catalog would keep it. The error says what is wrong with it.
func (n *Normaliser) Entry(kind string, payload []byte) (json.RawMessage, error) {
	if newEntry(kind) == nil {
		return nil, fmt.Errorf("kind %.40q is unknown", kind)
	}
	p, err := n.reader.prepare(kind, payload)
	return p.payload, err
}

// prepare reads and checks an entry of a kind that newEntry knows.
func (r reader) prepare(kind string, raw []byte) (prepared, error) {
	if len(raw) > maxPayload {
		return prepared{}, fmt.Errorf("is larger than %d KiB", maxPayload>>10)
	}
	e := newEntry(kind)
	if err := jsonv1.Unmarshal(raw, e); err != nil {
		return prepared{}, fmt.Errorf("can't be read: %w", err)
	}
	c := checker{policy: r.policy}
	e.normalise(&c)
	if err := c.err(); err != nil {
		return prepared{}, err
	}
	payload, err := jsonv1.Marshal(e)
	if err != nil {
		return prepared{}, fmt.Errorf("can't be written: %w", err)
	}
	if len(payload) > maxPayload {
		return prepared{}, fmt.Errorf("is larger than %d KiB", maxPayload>>10)
	}
	sum := sha256.Sum256(payload)
	return prepared{entry: e, payload: payload, digest: sum[:digestLength]}, nil
}

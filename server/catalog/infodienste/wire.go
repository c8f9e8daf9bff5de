package infodienste

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"
)

// word is a text that the API may also give as a number, a truth value, or null.
type word string

func (w *word) UnmarshalJSON(b []byte) error {
	if b = bytes.TrimSpace(b); len(b) > 0 && b[0] == '"' {
		var text string
		if err := json.Unmarshal(b, &text); err != nil {
			return err
		}
		*w = word(strings.TrimSpace(text))
		return nil
	}
	*w = ""
	if s := string(b); s != "null" && !strings.ContainsAny(s, "{[") {
		*w = word(s)
	}
	return nil
}

// moment is a time or a day; zero where there is none that can be read.
type moment struct{ time.Time }

func (m *moment) UnmarshalJSON(b []byte) error {
	var w word
	if err := w.UnmarshalJSON(b); err != nil {
		return err
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999Z0700", "2006-01-02T15:04:05.999999999", "2006-01-02"} {
		if at, err := time.Parse(layout, string(w)); err == nil {
			m.Time = at
			return nil
		}
	}
	return nil
}

type reference struct {
	ID   word `json:"id"`
	Name word `json:"name"`
}

// kind is a Type of the API: a code with its name.
type kind struct {
	ID   word `json:"id"`
	Name word `json:"name"`
	Key  word `json:"key"`
}

type hits[T any] struct {
	TotalCount int `json:"totalCount"`
	Results    []struct {
		Object T `json:"object"`
	} `json:"results"`
}

// service is a PublicServiceType.
type service struct {
	ID             word        `json:"id"`
	Type           word        `json:"type"`
	LeikaKeys      []word      `json:"leikaKeys"`
	Name           word        `json:"name"`
	Teaser         word        `json:"teaser"`
	TextBlocks     []textBlock `json:"textBlocks"`
	Periods        []period    `json:"periods"`
	ServicePeriods []period    `json:"servicePeriods"`
	Charges        []charge    `json:"charges"`
	Documents      []document  `json:"documents"`
	Synonyms       []word      `json:"synonyms"`
	LastUpdated    moment      `json:"lastUpdated"`
	Restricted     []reference `json:"restrictedAreas"`
	WrittenForm    *bool       `json:"writtenFormRequired"`
	TrustLevel     *kind       `json:"trustLevel"`
	SDGAreas       []kind      `json:"sdgInformationAreas"`
	Receivers      []kind      `json:"receivers"`
	SinglePoint    *bool       `json:"singlePointOfContact"`
	Department     *reference  `json:"department"`
}

type textBlock struct {
	Type            kind             `json:"type"`
	Text            word             `json:"text"`
	ExternalLinks   []externalLink   `json:"externalLinks"`
	Specialisations []specialisation `json:"specialisations"`
}

type externalLink struct {
	URL  word `json:"url"`
	Name word `json:"name"`
	Note word `json:"note"`
}

type specialisation struct {
	Area          word           `json:"restrictedArea"`
	Text          word           `json:"text"`
	ExternalLinks []externalLink `json:"externalLinks"`
}

// period is a Period or a ServicePeriod.
type period struct {
	Type       word   `json:"type"` // SPAN, SPANINTERVAL, DATEINTERVAL
	Area       word   `json:"restrictedArea"`
	Name       word   `json:"name"`
	Note       word   `json:"note"`
	ValidFrom  moment `json:"validFrom"`
	ValidTo    moment `json:"validTo"`
	TimeSpan   *int   `json:"timeSpan"`
	TimeSpanTo *int   `json:"timeSpanTo"`
	Unit       word   `json:"periodUnit"`
	DateFrom   moment `json:"dateFrom"`
	DateTo     moment `json:"dateTo"`
}

type charge struct {
	Type             word     `json:"type"` // FIX, VARIABLE
	Area             word     `json:"restrictedArea"`
	Name             word     `json:"name"`
	Note             word     `json:"note"`
	Prepayment       *bool    `json:"prepayment"`
	Currency         word     `json:"currency"`
	SpecificationURL word     `json:"chargeSpecificationUrl"`
	ValidFrom        moment   `json:"validFrom"`
	ValidTo          moment   `json:"validTo"`
	Amount           *float64 `json:"amount"`
	UpperLimit       *float64 `json:"upperLimit"`
	LowerLimit       *float64 `json:"lowerLimit"`
}

type document struct {
	Area      word   `json:"restrictedArea"`
	Direction word   `json:"direction"`
	Name      word   `json:"name"`
	Note      word   `json:"note"`
	ValidFrom moment `json:"validFrom"`
	ValidTo   moment `json:"validTo"`
}

// unit is an OrganisationalUnit.
type unit struct {
	ID           word `json:"id"`
	Name         word `json:"name"`
	ParentID     word `json:"parentId"`
	OpeningHours word `json:"openingHours"`
	Appointment  *struct {
		Link word `json:"link"`
	} `json:"onlineAppointment"`
	Addresses      []address       `json:"addresses"`
	Communications []communication `json:"communications"`
}

type address struct {
	Street      word      `json:"street"`
	HouseNumber word      `json:"houseNumber"`
	Area        reference `json:"area"`
	Zipcode     word      `json:"zipcode"`
	Position    *struct {
		East       float64 `json:"coordinate1"`
		North      float64 `json:"coordinate2"`
		Projection word    `json:"projection"`
	} `json:"geoLocation"`
	Type       kind  `json:"type"`
	Elevator   *bool `json:"elevator"`
	Wheelchair *bool `json:"wheelchairAccessible"`
	Accessible word  `json:"accessibleInfo"`
}

type communication struct {
	Type  kind `json:"type"`
	Value word `json:"value"`
}

// competence is an OuCompetence: each of the services in each of the areas.
type competence struct {
	Areas    []reference `json:"areas"`
	Services []reference `json:"publicServiceTypes"`
}

// key tells one competence from another: they have no ids.
func (c competence) key() string {
	var b strings.Builder
	for _, list := range [][]reference{c.Areas, c.Services} {
		for _, r := range list {
			b.WriteString(string(r.ID))
			b.WriteByte(' ')
		}
		b.WriteByte('/')
	}
	return b.String()
}

type onlineService struct {
	ID          word   `json:"id"`
	Name        word   `json:"name"`
	Description word   `json:"description"`
	Link        word   `json:"link"`
	LinkTitle   word   `json:"linkTitle"`
	TrustLevel  word   `json:"trustLevel"`
	Languages   []word `json:"supportedLanguages"`
}

type form struct {
	ID       word        `json:"id"`
	Name     word        `json:"name"`
	Note     word        `json:"description"`
	Services []reference `json:"publicServiceTypes"`
	Links    []struct {
		URL word `json:"url"`
	} `json:"links"`
	LastUpdated moment `json:"lastUpdated"`
}

// area is a PoliticalArea.
type area struct {
	ID   word `json:"id"`
	Name word `json:"displayName"`
	AGS  word `json:"ags"`
}

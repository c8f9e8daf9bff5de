package muenchen

import (
	"fmt"
	"net/mail"
	"net/url"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"portalverbund/server/catalog/jsonl"
)

// office is a line of the city's offices.
type office struct {
	ID           string `json:"id"`
	Name         string `json:"name"`
	DisplayName  string `json:"display_name"`
	Organisation string `json:"organisation"`
	Unit         string `json:"unit"`
	Address      struct {
		Street      string `json:"street"`
		HouseNumber string `json:"house_number"`
		PostalCode  string `json:"postal_code"`
		City        string `json:"city"`
	} `json:"address"`
	Geo struct {
		Lat string `json:"lat"`
		Lon string `json:"lon"`
	} `json:"geo"`
	Contact struct {
		Email   string `json:"email"`
		Phone   string `json:"phone"`
		WebInfo string `json:"webinfo"`
	} `json:"contact"`
}

type organisationEntry struct {
	ID       uuid.UUID     `json:"id"`
	Name     text          `json:"name"`
	ParentID *uuid.UUID    `json:"parentId,omitempty"`
	Address  *addressEntry `json:"address,omitempty"`
	Position *position     `json:"position,omitempty"`
	Phone    string        `json:"phone,omitempty"`
	Email    string        `json:"email,omitempty"`
	URL      string        `json:"url,omitempty"`
}

type addressEntry struct {
	Street      string `json:"street"`
	HouseNumber string `json:"houseNumber"`
	PostalCode  string `json:"postalCode"`
	City        string `json:"city"`
}

type position struct {
	Lat float64 `json:"lat"`
	Lon float64 `json:"lon"`
}

func (o office) lines(number int, known map[uuid.UUID]bool) []jsonl.Line {
	var lines []jsonl.Line
	var parent *uuid.UUID
	for _, name := range []string{o.Organisation, o.Unit} {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		unit := organisationEntry{ID: id("unit", name), Name: german(name), ParentID: parent}
		if !known[unit.ID] {
			known[unit.ID] = true
			lines = append(lines, entry(number, "organisation", unit))
		}
		parent = &unit.ID
	}
	name := o.DisplayName
	if name == "" {
		name = o.Name
	}
	e := organisationEntry{ID: OrganisationID(o.ID), Name: german(shortened(name)), ParentID: parent, Phone: o.Contact.Phone}
	var warnings []string
	if o.Address.Street != "" {
		e.Address = &addressEntry{o.Address.Street, o.Address.HouseNumber, o.Address.PostalCode, o.Address.City}
	}
	lat, errLat := strconv.ParseFloat(o.Geo.Lat, 64)
	lon, errLon := strconv.ParseFloat(o.Geo.Lon, 64)
	if errLat == nil && errLon == nil {
		e.Position = &position{lat, lon}
	} else {
		warnings = append(warnings, "has no position")
	}
	if e.Email = strings.TrimSpace(o.Contact.Email); e.Email != "" {
		if a, err := mail.ParseAddress(e.Email); err != nil || a.Address != e.Email {
			warnings = append(warnings, fmt.Sprintf("%.60q is no mail address", e.Email))
			e.Email = ""
		}
	}
	if u, err := url.Parse(strings.TrimSpace(o.Contact.WebInfo)); err == nil && u.Host != "" && strings.HasPrefix(u.Scheme, "http") {
		e.URL = u.String()
	}
	line := entry(number, "organisation", e)
	line.Warnings = warnings
	return append(lines, line)
}

func shortened(name string) string {
	if r := []rune(name); len(r) > maxLabel {
		return string(r[:maxLabel])
	}
	return name
}

package catalog

import (
	"time"

	"github.com/google/uuid"
)

// OnlineServiceEntry is a way to apply online that stands on its own (Onlinedienst).
type OnlineServiceEntry struct {
	ID          uuid.UUID         `json:"id"`
	Title       Text              `json:"title"`
	Teaser      Text              `json:"teaser,omitempty"`
	Description Text              `json:"description,omitempty"` // HTML
	Links       []OnlineLinkEntry `json:"links"`
	TrustLevel  string            `json:"trustLevel,omitempty"` // low, substantial, high; empty: not said
	Payments    []CodeEntry       `json:"payments,omitempty"`   // how one can pay there
	SourceEntry
	Publisher        *PublisherEntry `json:"publisher,omitempty"`
	Validity         []PeriodEntry   `json:"validity,omitempty"`
	LanguageVersions []LanguageEntry `json:"languageVersions,omitempty"`
	UpdatedAt        time.Time       `json:"updatedAt"`
}

// OnlineLinkEntry is an address of an online service.
type OnlineLinkEntry struct {
	Type     string       `json:"type,omitempty"` // of urn:xoev-de:fim:codeliste:onlinedienstlinktyp; 01 is the service itself
	Language string       `json:"language,omitempty"`
	URL      string       `json:"url"`
	Title    string       `json:"title,omitempty"`
	Extras   []ExtraEntry `json:"extras,omitempty"`
}

// OnlineCompetenceEntry states that an online service takes applications for a service in some areas.
type OnlineCompetenceEntry struct {
	ID              uuid.UUID `json:"id"`
	ServiceID       uuid.UUID `json:"serviceId"`
	OnlineServiceID uuid.UUID `json:"onlineServiceId"`
	Areas           []string  `json:"areas"` // ARS without padding; 000000000000 for the whole country
	SourceEntry
}

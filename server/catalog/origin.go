package catalog

import (
	"github.com/google/uuid"
)

// SourceEntry is where an entry comes from, and what its source says of it that has no use here.
type SourceEntry struct {
	Origin     *IdentifierEntry  `json:"origin,omitempty"`
	FurtherIDs []IdentifierEntry `json:"furtherIds,omitempty"`
	Extras     []ExtraEntry      `json:"extras,omitempty"`
}

// IdentifierEntry is an identifier of another system (XZuFi Identifikator). Agency (the editorial office, as L100042) and
// Value together are unique for a kind.
type IdentifierEntry struct {
	Agency        string `json:"agency,omitempty"`
	AgencyName    string `json:"agencyName,omitempty"`
	Scheme        string `json:"scheme,omitempty"`
	SchemeName    string `json:"schemeName,omitempty"`
	SchemeURI     string `json:"schemeUri,omitempty"`
	SchemeVersion string `json:"schemeVersion,omitempty"`
	DataURI       string `json:"dataUri,omitempty"`
	Value         string `json:"value"`
}

// ExtraEntry is an element of the source's format that the catalog keeps for those who collect its entries again, and reads
// nothing from. It is never shown.
type ExtraEntry struct {
	Name       string            `json:"name"`
	Bare       bool              `json:"bare,omitempty"` // in no namespace, as code and name in code lists
	Attributes map[string]string `json:"attributes,omitempty"`
	Text       string            `json:"text,omitempty"`
	Elements   []ExtraEntry      `json:"elements,omitempty"`
}

// EntryID derives the id of an entry from the identifier that its origin gave it, so that importing it again hits the same
// row (UUID version 5 over kind, agency and value).
func EntryID(kind string, id IdentifierEntry) uuid.UUID {
	namespace := uuid.MustParse("8f4e0c52-6d0b-4f5e-9a55-0f6f7d1f4a83")
	return uuid.NewSHA1(namespace, []byte(kind+"\x00"+id.Agency+"\x00"+id.Value))
}

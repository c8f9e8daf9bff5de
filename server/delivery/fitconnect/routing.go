package fitconnect

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/uuid"
)

const (
	serviceURN = "urn:de:fim:leika:leistung:"
	areaURN    = "urn:de:bund:destatis:bevoelkerungsstatistik:schluessel:rs:"
	jsonData   = "application/json"
)

// Destination is where an application goes.
type Destination struct {
	ID      uuid.UUID
	Key     jose.JSONWebKey // checked
	Service string          // as the destination calls it: urn:de:fim:leika:leistung:…
	Schema  string          // of the data
}

// Find gives the destination that takes a service for a place, with its checked key. leikaKey has 14 digits, ars 12.
func (c *Client) Find(ctx context.Context, leikaKey, ars string) (Destination, error) {
	if leikaKey == "" {
		return Destination{}, fmt.Errorf("%w: the service has no LeiKa key", ErrRouting)
	}
	for _, pin := range c.o.Destinations {
		if pin.LeikaKey == leikaKey && covers(pin.ARS, ars) {
			id, err := uuid.Parse(pin.Destination)
			if err != nil {
				return Destination{}, fmt.Errorf("%w: the stated one has no valid id", ErrRouting)
			}
			return c.destination(ctx, id, leikaKey)
		}
	}
	if c.o.RoutingURL == "" {
		return Destination{}, fmt.Errorf("%w: none is stated for service %s in %s", ErrRouting, leikaKey, ars)
	}
	id, err := c.route(ctx, leikaKey, ars)
	if err != nil {
		return Destination{}, err
	}
	return c.destination(ctx, id, leikaKey)
}

// route asks who is competent. The answer counts when it is one, and the destination's signed address says the same.
func (c *Client) route(ctx context.Context, leikaKey, ars string) (uuid.UUID, error) {
	query := url.Values{"leikaKey": {leikaKey}, "ars": {ars}, "limit": {"2"}}
	var answer struct {
		TotalCount int `json:"totalCount"`
		Routes     []struct {
			DestinationID uuid.UUID `json:"destinationId"`
			Signature     string    `json:"destinationSignature"`
		} `json:"routes"`
	}
	err := c.do(ctx, call{step: "routes", method: http.MethodGet, url: c.o.RoutingURL + "/routes?" + query.Encode(), open: true}, &answer)
	if err != nil {
		return uuid.Nil, err
	}
	if len(answer.Routes) != 1 || answer.TotalCount > 1 {
		return uuid.Nil, fmt.Errorf("%w: %d are competent for service %s in %s", ErrRouting, max(len(answer.Routes), answer.TotalCount), leikaKey, ars)
	}
	route := answer.Routes[0]
	return route.DestinationID, c.checkAddress(ctx, route.Signature, route.DestinationID, leikaKey, ars)
}

// address is what the Self-Service-Portal signs of a destination.
type address struct {
	Issuer   string    `json:"iss"`
	Host     string    `json:"submissionHost"`
	ID       uuid.UUID `json:"destinationId"`
	Services []struct {
		Areas    []string `json:"gebietIDs"`
		Services []string `json:"leistungIDs"`
	} `json:"services"`
}

// checkAddress checks that the Self-Service-Portal says that a destination takes a service for a place, at this submission API.
func (c *Client) checkAddress(ctx context.Context, token string, id uuid.UUID, leikaKey, ars string) error {
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.PS512})
	if err != nil || len(signed.Signatures) != 1 {
		return fmt.Errorf("%w: address of the destination", ErrSignature)
	}
	key, err := c.serviceKey(ctx, c.o.RoutingIssuer+wellKnownJWK, signed.Signatures[0].Header.KeyID)
	if err != nil {
		return err
	}
	payload, err := signed.Verify(key)
	if err != nil {
		return fmt.Errorf("%w: address of the destination", ErrSignature)
	}
	var a address
	if err := json.Unmarshal(payload, &a); err != nil {
		return fmt.Errorf("%w: address of the destination cannot be read", ErrSignature)
	}
	own, err := url.Parse(c.o.SubmissionURL)
	if err != nil {
		return err
	}
	switch {
	case strings.TrimRight(a.Issuer, "/") != c.o.RoutingIssuer:
		return fmt.Errorf("%w: address of the destination is signed by another portal", ErrSignature)
	case a.ID != id:
		return fmt.Errorf("%w: address is of another destination", ErrSignature)
	case a.Host != own.Host && !slices.Contains(c.o.Hosts, a.Host):
		return fmt.Errorf("%w: the destination is at another submission API", ErrRouting)
	}
	for _, s := range a.Services {
		if slices.Contains(s.Services, serviceURN+leikaKey) && slices.ContainsFunc(s.Areas, func(area string) bool {
			digits, known := strings.CutPrefix(area, areaURN)
			return known && covers(digits, ars)
		}) {
			return nil
		}
	}
	return fmt.Errorf("%w: the destination takes not this service for this place", ErrRouting)
}

// covers says whether an area has a place in it; an area may be written short, or filled up with zeros at the end.
func covers(area, place string) bool {
	if area == "" || len(area) > len(place) {
		return false
	}
	if len(area) == len(place) {
		for _, digits := range []int{2, 3, 5, 9} { // Land, Regierungsbezirk, Kreis, Gemeindeverband
			if strings.Trim(area[digits:], "0") == "" {
				area = area[:digits]
				break
			}
		}
	}
	return strings.HasPrefix(place, area)
}

// destination reads what a destination takes.
func (c *Client) destination(ctx context.Context, id uuid.UUID, leikaKey string) (Destination, error) {
	var answer struct {
		ID       uuid.UUID `json:"destinationId"`
		Status   string    `json:"status"`
		Kid      string    `json:"encryptionKid"`
		Services []struct {
			Identifier string `json:"identifier"`
			Schemas    []struct {
				URI      string `json:"schemaUri"`
				MimeType string `json:"mimeType"`
			} `json:"submissionSchemas"`
		} `json:"publicServices"`
	}
	err := c.do(ctx, call{step: "destination", method: http.MethodGet, url: c.o.SubmissionURL + "/v2/destinations/" + id.String()}, &answer)
	if err != nil {
		return Destination{}, err
	}
	if answer.ID != id || answer.Status != "active" || answer.Kid == "" {
		return Destination{}, fmt.Errorf("%w: the destination is not active", ErrRouting)
	}
	d := Destination{ID: id, Service: serviceURN + leikaKey}
	takes := false
	for _, s := range answer.Services {
		if s.Identifier != d.Service {
			continue
		}
		takes = true
		var schemas []string
		for _, schema := range s.Schemas {
			if schema.MimeType == jsonData && (c.o.Schemas[leikaKey] == "" || c.o.Schemas[leikaKey] == schema.URI) {
				schemas = append(schemas, schema.URI)
			}
		}
		if len(schemas) == 1 {
			d.Schema = schemas[0]
		}
	}
	switch {
	case !takes:
		return d, fmt.Errorf("%w: the destination takes not this service", ErrRouting)
	case d.Schema == "":
		return d, fmt.Errorf("%w: the destination has not exactly one schema for data in JSON; state one", ErrRouting)
	}
	d.Key, err = c.destinationKey(ctx, id, answer.Kid, string(jose.RSA_OAEP_256), opWrap)
	return d, err
}

package identity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"portalverbund/api/types"
	"portalverbund/server/identity/kept"
	"portalverbund/server/identity/openid"
	"portalverbund/server/identity/saml"
	"portalverbund/server/platform/keys"
)

// entry is one identity provider, as the file of identity providers lists it.
type entry struct {
	ID       string                         `json:"id"`       // in addresses: small letters, digits, hyphens
	Kind     string                         `json:"kind"`     // saml, oidc
	Profile  string                         `json:"profile"`  // bundid, muk, openid; none: attributes and levels say it all
	Name     map[string]string              `json:"name"`     // by language, as people know it
	Subjects types.IdentityProviderSubjects `json:"subjects"` // person (default), organisation

	Metadata            string `json:"metadata"`            // SAML: the provider's description, a file or an https address
	MetadataCertificate string `json:"metadataCertificate"` // SAML: file with the certificate that signs it, and with the next one
	Key                 string `json:"key"`                 // SAML: file with this portal's key and certificate (PEM)
	EntityID            string `json:"entityId"`            // SAML: of this portal; default: the address of its description
	AllowCBC            bool   `json:"allowCbc"`            // SAML: take AES-CBC in signed responses
	DisplayName         string `json:"displayName"`         // SAML, bundid: who asks; default: this portal's name
	OnlineServiceID     string `json:"onlineServiceId"`     // SAML, bundid: given by the BundID, such as BMI-4711

	Issuer       string   `json:"issuer"` // OpenID Connect
	ClientID     string   `json:"clientId"`
	ClientSecret string   `json:"clientSecret"`
	Scopes       []string `json:"scopes"` // default openid profile email

	Staff *staffEntry `json:"staff"` // OpenID Connect: a directory that staff sign in by

	Attributes map[string]string           `json:"attributes"`
	Levels     map[string]types.TrustLevel `json:"levels"`
	Ask        map[string]string           `json:"ask"`
}

// Loading is what a file of identity providers is read with.
type Loading struct {
	Self       types.PortalReference
	StaffOnly  bool // people have no accounts here: only directories of staff are taken
	Production bool
	Client     *http.Client // for what identity providers publish
	Log        *slog.Logger
	Now        func() time.Time
}

// Load reads the file of identity providers; none when path is empty. It holds secrets: one that others may read is refused.
func Load(path string, l Loading) ([]*Provider, error) {
	if path == "" {
		return nil, nil
	}
	data, err := keys.ReadPrivate(path)
	if err != nil {
		return nil, fmt.Errorf("read identity providers: %w", err)
	}
	return Parse(data, filepath.Dir(path), l)
}

// Parse reads what Load reads from a file; files that it names are relative to dir.
func Parse(data []byte, dir string, l Loading) ([]*Provider, error) {
	var list struct {
		Providers []entry `json:"providers"`
	}
	decoder := json.NewDecoder(strings.NewReader(string(data)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&list); err != nil {
		return nil, fmt.Errorf("read identity providers: %w", err)
	}
	var providers []*Provider
	seen := map[string]bool{}
	for _, e := range list.Providers {
		if seen[e.ID] {
			return nil, fmt.Errorf("identity provider %q: is there twice", e.ID)
		}
		seen[e.ID] = true
		if l.StaffOnly && e.Staff == nil {
			continue
		}
		p, err := e.provider(dir, l)
		if err != nil {
			return nil, fmt.Errorf("identity provider %q: %w", e.ID, err)
		}
		providers = append(providers, p)
	}
	return providers, nil
}

func validID(id string) bool { return regexp.MustCompile(`^[a-z][a-z0-9-]{0,39}$`).MatchString(id) }

func (e entry) provider(dir string, l Loading) (*Provider, error) {
	if !validID(e.ID) {
		return nil, errors.New("the id must be small letters, digits and hyphens")
	}
	if e.Name["de"] == "" {
		return nil, errors.New("name.de is missing")
	}
	if e.Staff != nil {
		return e.directory(l)
	}
	if e.Subjects == "" {
		e.Subjects = types.SubjectPerson
		if e.Profile == profileMUK {
			e.Subjects = types.SubjectOrganisation
		}
	}
	profile, ok := map[string]Mapping{"": {}, profileBundID: bundID(), profileMUK: muk(), profileOpenID: openID()}[e.Profile]
	if !ok {
		return nil, fmt.Errorf("profile %q is unknown", e.Profile)
	}
	p := &Provider{ID: e.ID, Name: e.Name, Subjects: e.Subjects, mapping: profile.merge(Mapping{Attributes: e.Attributes, Levels: e.Levels, Ask: e.Ask})}
	if err := p.mapping.check(); err != nil {
		return nil, err
	}
	switch e.Kind {
	case "saml":
		return p, e.linkSAML(p, dir, l)
	case "oidc":
		return p, e.linkOpenID(p, l)
	}
	return nil, fmt.Errorf("kind %q: must be saml or oidc", e.Kind)
}

func within(dir, path string) string {
	if filepath.IsAbs(path) || strings.Contains(path, "://") {
		return path
	}
	return filepath.Join(dir, path)
}

func (e entry) linkSAML(p *Provider, dir string, l Loading) error {
	if e.Metadata == "" || e.Key == "" {
		return errors.New("metadata and key are missing")
	}
	if l.Production && strings.HasPrefix(e.Metadata, "http://") {
		return errors.New("metadata without https")
	}
	pair, err := saml.LoadKey(within(dir, e.Key))
	if err != nil {
		return err
	}
	if l.Production && saml.Demonstration(pair.Certificate) {
		return errors.New("a key that was made for a demonstration; make one with: server admin identity-key")
	}
	source := &saml.Source{Location: within(dir, e.Metadata), Production: l.Production, Client: l.Client, Log: l.Log, Now: l.Now}
	if e.MetadataCertificate != "" {
		if source.Signers, err = saml.LoadCertificates(within(dir, e.MetadataCertificate)); err != nil {
			return err
		}
	}
	c := saml.Config{
		EntityID: e.EntityID, Consumer: l.Self.Url + protocolPath + e.ID + "/acs", Key: pair.Key, Certificate: pair.Certificate, Retired: pair.Retired,
		Metadata: source.Metadata, Contexts: p.mapping.Ask, AllowCBC: e.AllowCBC, Now: l.Now,
		Consume: func(ctx context.Context, id string, until time.Time) (bool, error) { return p.consume(ctx, id, until) },
	}
	if c.EntityID == "" {
		c.EntityID = l.Self.Url + protocolPath + e.ID + "/metadata"
	}
	if e.Profile == profileBundID {
		if e.DisplayName == "" {
			e.DisplayName = l.Self.Name
		}
		c.Extension = akdb(p.mapping, e.DisplayName, e.OnlineServiceID)
	}
	p.source = source
	p.own = own{id: c.EntityID, metadata: l.Self.Url + protocolPath + e.ID + "/metadata", answersTo: c.Consumer, certificates: kept.Of("portal", pair.Certificate)}
	p.saml, err = saml.New(c)
	return err
}

func (e entry) linkOpenID(p *Provider, l Loading) (err error) {
	if l.Production && !strings.HasPrefix(e.Issuer, "https://") {
		return errors.New("an issuer without https")
	}
	p.openid, err = openid.New(openid.Config{
		Issuer: e.Issuer, ClientID: e.ClientID, ClientSecret: e.ClientSecret, Scopes: e.Scopes, Redirect: l.Self.Url + protocolPath + e.ID + "/callback",
		Contexts: atLeast(p.mapping.Ask), Client: l.Client, Log: l.Log, Now: l.Now,
	})
	p.source, p.own = p.openid, own{id: e.ClientID, answersTo: l.Self.Url + protocolPath + e.ID + "/callback"}
	return err
}

// atLeast gives, by level that is needed, all acr_values that reach it, the lowest first (OpenID Connect Core 1.0, section 3.1.2.1); all there are
// when none is needed.
func atLeast(ask map[string]string) map[string]string {
	out := map[string]string{}
	order := []types.TrustLevel{types.Low, types.Substantial, types.High}
	for i, level := range order {
		var reach []string
		for _, higher := range order[i:] {
			if value := ask[string(higher)]; value != "" {
				reach = append(reach, value)
			}
		}
		out[string(level)] = strings.Join(reach, " ")
	}
	out[""] = out[string(types.Low)]
	return out
}

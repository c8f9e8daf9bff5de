package app

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"portalverbund/server/delivery"
	"portalverbund/server/delivery/fitconnect"
	"portalverbund/server/oidc"
	"portalverbund/server/platform/keys"
	"portalverbund/server/platform/mail"
	"portalverbund/server/platform/smime"
)

// providerEntry is a connected provider or app, as the file of providers lists it.
type providerEntry struct {
	ID            string                 `json:"id"`
	Name          string                 `json:"name"`
	DeliveryURL   string                 `json:"deliveryUrl"`   // takes Standard Webhooks; empty for one that fetches
	WebhookSecret string                 `json:"webhookSecret"` // whsec_ and base64
	ClientID      string                 `json:"clientId"`
	ClientSecret  string                 `json:"clientSecret"`
	URL           string                 `json:"url"` // of its own pages
	RedirectURIs  []string               `json:"redirectUris"`
	LogoutURI     string                 `json:"backChannelLogoutUri"` // learns when a session of a person ends
	Scopes        []string               `json:"scopes"`
	FITConnect    *fitconnect.Settings   `json:"fitConnect"` // a connection to FIT-Connect, in place of all the others but id and name
	Mail          *delivery.MailSettings `json:"mail"`       // an office that gets encrypted mail, in the same way
}

type providerList struct {
	Providers []providerEntry `json:"providers"`
}

// providers reads the file of providers. It holds secrets: one that others may read is refused.
func (c Config) providers() (providerList, error) {
	var list providerList
	if c.Providers == "" {
		return list, nil
	}
	data, err := keys.ReadPrivate(c.Providers)
	if err != nil {
		return list, fmt.Errorf("read providers: %w", err)
	}
	if err := json.Unmarshal(data, &list); err != nil {
		return list, fmt.Errorf("read providers: %s is not valid JSON of the expected form", c.Providers)
	}
	return list, nil
}

// clients gives those that the file brings with it. An entry that names a client without its secret means one that administrators have
// registered.
func (l providerList) clients() []oidc.Client {
	var clients []oidc.Client
	for _, p := range l.Providers {
		if p.ClientID == "" || p.ClientSecret == "" {
			continue
		}
		client := oidc.Client{
			ID: p.ClientID, Name: p.Name, URL: p.URL, Secret: p.ClientSecret, RedirectURIs: p.RedirectURIs, Scopes: p.Scopes,
			LogoutURI: p.LogoutURI,
		}
		if p.URL != "" { // a program has no pages
			client.PostLogoutRedirectURIs = []string{p.URL + "/"}
		}
		clients = append(clients, client)
	}
	return clients
}

func (l providerList) deliveries() []delivery.Provider {
	var providers []delivery.Provider
	for _, p := range l.Providers {
		providers = append(providers, delivery.Provider{ID: p.ID, Name: p.Name, DeliveryURL: p.DeliveryURL, WebhookSecret: p.WebhookSecret, ClientID: p.ClientID, FITConnect: p.FITConnect, Mail: p.Mail})
	}
	return providers
}

// dkim reads the key that mails are signed with; nil when there is none.
func (c Config) dkim() (*mail.DKIM, error) {
	if c.DKIMKey == "" && c.DKIMSelector == "" {
		return nil, nil
	}
	key, err := keys.ReadPrivate(c.DKIMKey)
	if err != nil {
		return nil, fmt.Errorf("PORTAL_DKIM_KEY: %w", err)
	}
	signer, err := mail.ParseDKIM(c.DKIMSelector, key)
	if err != nil {
		return nil, fmt.Errorf("PORTAL_DKIM_SELECTOR, PORTAL_DKIM_KEY: %w", err)
	}
	return signer, nil
}

// mailSigner reads certificate and key for mails to offices; nil when there are none.
func (c Config) mailSigner() (*smime.Signer, error) {
	if c.MailCert == "" && c.MailKey == "" {
		return nil, nil
	}
	key, err := keys.ReadPrivate(c.MailKey)
	if err != nil {
		return nil, fmt.Errorf("PORTAL_MAIL_KEY: %w", err)
	}
	certificate, err := os.ReadFile(c.MailCert)
	if err != nil {
		return nil, fmt.Errorf("PORTAL_MAIL_CERTIFICATE: %w", err)
	}
	return smime.ParseSigner(certificate, key)
}

// PublicEntry is what the anchor's administrator enters into the list of members for a portal.
type PublicEntry struct {
	ID   string             `json:"id"`
	Name string             `json:"name"`
	URL  string             `json:"url"`
	JWKS jose.JSONWebKeySet `json:"jwks"`
}

func (c Config) publicEntry(keys jose.JSONWebKeySet) PublicEntry {
	return PublicEntry{ID: c.PublicURL, Name: strings.TrimSpace(c.Name), URL: c.PublicURL, JWKS: keys}
}

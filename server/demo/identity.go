package demo

import (
	"encoding/json"
	"errors"
	"io/fs"
	"path/filepath"
	"strconv"

	"portalverbund/server/app"
)

// Names of the programs that play the national accounts. Both are the same one.
const (
	bundIDName = "bundid"
	mukName    = "muk"
)

// The national accounts are at another site than the portals, as in production: cookies of "localhost" are not theirs.
func (a *association) bundIDURL() string { return a.loopback(a.ports.BundID) }
func (a *association) mukURL() string    { return a.loopback(a.ports.MUK) }

func (a *association) identityFile() string { return filepath.Join(a.dir, "identity.json") }

func (a *association) nationalAccount(name, kind, url string, port int) *program {
	return &program{
		name: name, ready: a.loopback(port) + "/healthz",
		env: []string{
			"ACCOUNT_KIND=" + kind, "ACCOUNT_LISTEN=127.0.0.1:" + strconv.Itoa(port), "ACCOUNT_PUBLIC_URL=" + url,
			"ACCOUNT_PORTAL=" + a.url(a.sites[0]) + "/identity/" + kind + "/metadata", "ACCOUNT_DATA=" + filepath.Join(a.dir, name), "ACCOUNT_WITH_PARENT=true",
		},
	}
}

// identityEntry links the account home with an identity provider.
type identityEntry struct {
	ID              string            `json:"id"`
	Kind            string            `json:"kind"`
	Profile         string            `json:"profile"`
	Name            map[string]string `json:"name"`
	Metadata        string            `json:"metadata"`
	Key             string            `json:"key"`
	OnlineServiceID string            `json:"onlineServiceId,omitempty"`
}

// prepareIdentity writes what an operator would: a key for each national account, and the list of both, with those that are given beside them.
func (a *association) prepareIdentity() error {
	entries := []identityEntry{
		{
			ID: "bundid", Kind: "saml", Profile: "bundid", Name: map[string]string{"de": "BundID", "en": "BundID"}, Metadata: a.bundIDURL() + "/metadata",
			Key: "identity-bundid.pem", OnlineServiceID: "BMI-4711",
		},
		{
			ID: "muk", Kind: "saml", Profile: "muk", Name: map[string]string{"de": "Mein Unternehmenskonto", "en": "Mein Unternehmenskonto (business account)"},
			Metadata: a.mukURL() + "/metadata", Key: "identity-muk.pem",
		},
	}
	for _, e := range entries {
		err := app.MakeIdentityKey(app.Config{Mode: app.Demonstration, PublicURL: a.url(a.sites[0])}, filepath.Join(a.dir, e.Key))
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	var more struct {
		Providers []json.RawMessage `json:"providers"`
	}
	if a.Identity != "" {
		if err := readJSON(a.Identity, &more); err != nil {
			return err
		}
	}
	all := make([]any, 0, len(entries)+len(more.Providers))
	for _, e := range entries {
		all = append(all, e)
	}
	for _, e := range more.Providers {
		all = append(all, e)
	}
	return writeJSON(a.identityFile(), map[string]any{"providers": all})
}

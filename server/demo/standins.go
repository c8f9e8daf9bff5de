package demo

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"

	"portalverbund/server/app"
	"portalverbund/server/catalog/infodienste"
)

// addStandIns adds the programs that play the outside world.
func (a *association) addStandIns(folder string) error {
	var file providersFile
	if err := readJSON(a.providersFile(), &file); err != nil {
		return err
	}
	entry := file.Providers[0]
	for _, p := range []*program{
		{
			name: "mail", ready: a.loopback(a.ports.Mail) + "/",
			args: []string{
				"--smtp", "127.0.0.1:" + strconv.Itoa(a.ports.SMTP), "--http", "127.0.0.1:" + strconv.Itoa(a.ports.Mail),
				"--folder", filepath.Join(a.dir, "mail"), "--with-parent",
			},
		},
		{
			name: ProviderID, ready: a.loopback(a.ports.Provider) + "/healthz",
			env: []string{
				"WASTE_LISTEN=127.0.0.1:" + strconv.Itoa(a.ports.Provider), "WASTE_PUBLIC_URL=" + a.providerURL(),
				"WASTE_DATA=" + filepath.Join(a.dir, ProviderID), "WASTE_PORTAL_URL=" + a.url(a.sites[0]),
				"WASTE_CLIENT_ID=" + entry.ClientID, "WASTE_CLIENT_SECRET=" + entry.ClientSecret,
				"WASTE_WEBHOOK_SECRET=" + entry.WebhookSecret, "WASTE_STAFF_PASSWORD=" + staffPassword, "WASTE_WITH_PARENT=true",
			},
		},
		{
			name: finderName, ready: a.loopback(a.ports.Finder) + "/healthz",
			env: []string{
				"FINDER_LISTEN=127.0.0.1:" + strconv.Itoa(a.ports.Finder), "FINDER_API_KEY=" + finderKey, "FINDER_CLIENT_ID=" + finderClient,
				"FINDER_CLIENT_SECRET=" + finderSecret, "FINDER_WITH_PARENT=true",
			},
		},
		a.nationalAccount(bundIDName, "bundid", a.bundIDURL(), a.ports.BundID),
		a.nationalAccount(mukName, "muk", a.mukURL(), a.ports.MUK),
		a.paymentService(),
		a.fitConnect(),
	} {
		file := p.name
		switch p.name {
		case ProviderID:
			file = "wastedisposal"
		case mukName:
			file = bundIDName
		case paymentName:
			file = "payment"
		}
		path, err := exec.LookPath(filepath.Join(folder, file))
		if err != nil {
			return fmt.Errorf("the stand-in %s is not beside this program; build ./server/standins/... into %s, too", file, folder)
		}
		p.path = path
		a.add(p)
	}
	return nil
}

// What a source needs to collect from the stand-in for the directories of public services.
const (
	finderName   = "behoerdenfinder"
	finderKey    = "beispiel-schluessel"
	finderClient = "beispiel-portal"
	finderSecret = "beispiel-geheimnis"
	finderArea   = "10345" // the Landkreis Emsland, in the directory's own numbers
)

func (a *association) finderURL() string { return "http://localhost:" + strconv.Itoa(a.ports.Finder) }

const staffPassword = "Abfuhr-im-Emsland" //nolint:gosec // of the demonstration, and shown by it

// directories are what the county's portal collects from.
func (a *association) directories() []app.SeedSource {
	return []app.SeedSource{{
		Kind: infodienste.ID, Name: "Behördenfinder (Beispiel)",
		Settings: map[string]string{
			"url": a.finderURL() + "/infodienste", "areasUrl": a.finderURL() + "/gebiete", "apiKey": finderKey, "areaIds": finderArea, "languages": "en_GB",
			"agency": "L100042", "rate": "100",
		},
	}}
}

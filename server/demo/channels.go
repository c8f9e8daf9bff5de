package demo

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"portalverbund/server/delivery"
	"portalverbund/server/delivery/fitconnect"
	"portalverbund/server/standins/fitconnect/service"
)

// Two of Lathen's services go neither to its clerks nor to a provider, as the catalog's channels fit-connect:fit and mail:kaemmerei say.
const (
	fitName    = "fitconnect" // plays FIT-Connect, and the software of an authority behind it
	fitClient  = "samtgemeinde-lathen"
	fitSecret  = "beispiel-geheimnis"
	fitService = "99050012104000" // Gewerbe anmelden
	fitARS     = "034545404000"

	officeID   = "kaemmerei"
	officeMail = "kaemmerei@lathen.example"

	officeKeyBits = 2048
	officeKeyLife = 365 * 24 * time.Hour
	renewBefore   = 60 * 24 * time.Hour
)

// FIT-Connect is at another site than the portals, as in production.
func (a *association) fitURL() string    { return a.loopback(a.ports.FIT) }
func (a *association) fitKeys() string   { return filepath.Join(a.dir, fitName, "keys.pem") }
func (a *association) fitRoots() string  { return filepath.Join(a.dir, fitName, "roots.pem") }
func (a *association) officeKey() string { return filepath.Join(a.dir, officeID+".key") }

func (a *association) officeCertificate() string { return filepath.Join(a.dir, officeID+".pem") }
func (a *association) channelsFile() string      { return filepath.Join(a.dir, "providers-lathen.json") }

// fitConnect plays FIT-Connect for Lathen. Its keys are kept: the portal reads their root at its start.
func (a *association) fitConnect() *program {
	return &program{
		name: fitName, ready: a.fitURL() + "/", // its page
		env: []string{
			"FIT_LISTEN=127.0.0.1:" + strconv.Itoa(a.ports.FIT), "FIT_PUBLIC_URL=" + a.fitURL(), "FIT_CLIENTS=" + fitClient + ":" + fitSecret,
			"FIT_LEIKA_KEYS=" + fitService, "FIT_ARS=" + fitARS, "FIT_ROOTS=" + a.fitRoots(), "FIT_KEYS=" + a.fitKeys(), "FIT_WITH_PARENT=true",
		},
	}
}

// channelEntry is one of Lathen's ways to an office.
type channelEntry struct {
	ID         string                 `json:"id"`
	Name       string                 `json:"name"`
	FITConnect *fitconnect.Settings   `json:"fitConnect,omitempty"`
	Mail       *delivery.MailSettings `json:"mail,omitempty"`
}

// prepareChannels writes what Lathen's operator would: where FIT-Connect is, and to which certificate applications are encrypted for an office that has
// nothing else than mail. Of that office the key is here, too, so that its mails can be opened.
func (a *association) prepareChannels() error {
	keys, err := service.KeepKeys(a.fitKeys())
	if err != nil {
		return err
	}
	if err := os.WriteFile(a.fitRoots(), keys.RootPEM(), 0o600); err != nil {
		return fmt.Errorf("write roots of FIT-Connect: %w", err)
	}
	if err := a.prepareOffice(); err != nil {
		return err
	}
	return writeJSON(a.channelsFile(), map[string][]channelEntry{"providers": {
		{ID: "fit", Name: "FIT-Connect (Beispiel)", FITConnect: &fitconnect.Settings{
			TokenURL: a.fitURL() + "/token", SubmissionURL: a.fitURL() + "/submission-api", RoutingURL: a.fitURL() + "/routing/v1", RoutingIssuer: a.fitURL() + "/portal",
			ClientID: fitClient, ClientSecret: fitSecret, Roots: a.fitRoots(),
		}},
		{ID: officeID, Name: "Kämmerei Lathen (Beispiel)", Mail: &delivery.MailSettings{To: officeMail, Certificate: a.officeCertificate()}},
	}})
}

// prepareOffice makes the office's key and certificate, once for most of a year.
func (a *association) prepareOffice() error {
	if text, err := os.ReadFile(a.officeCertificate()); err == nil {
		if block, _ := pem.Decode(text); block != nil {
			known, err := x509.ParseCertificate(block.Bytes)
			if err == nil && time.Now().Add(renewBefore).Before(known.NotAfter) {
				return nil
			}
		}
	}
	key, err := rsa.GenerateKey(rand.Reader, officeKeyBits)
	if err != nil {
		return fmt.Errorf("make key of an office: %w", err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 62))
	if err != nil {
		return fmt.Errorf("make certificate of an office: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "Kämmerei Lathen (Beispiel)"}, EmailAddresses: []string{officeMail},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(officeKeyLife),
		KeyUsage: x509.KeyUsageKeyEncipherment | x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return fmt.Errorf("make certificate of an office: %w", err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("make key of an office: %w", err)
	}
	for path, block := range map[string]*pem.Block{a.officeKey(): {Type: "PRIVATE KEY", Bytes: private}, a.officeCertificate(): {Type: "CERTIFICATE", Bytes: der}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			return fmt.Errorf("write what an office has: %w", err)
		}
	}
	return nil
}

package demo

import (
	"path/filepath"
	"strconv"

	"portalverbund/server/payments"
	"portalverbund/server/payments/xbezahldienste"
)

// paymentName is the program that plays the payment service.
const paymentName = "bezahldienst"

const (
	paymentEndPoint = "kasse"
	paymentSecret   = "beispiel-geheimnis"
	paymentIBAN     = "DE02120300000000202051" // of the examples that banks publish
)

// The payment service is at another site than the portals, as in production.
func (a *association) paymentURL() string { return a.loopback(a.ports.Payment) }

func (a *association) paymentFile(s Site) string {
	return filepath.Join(a.dir, "payment-"+s.Name+".json")
}

// paymentService plays the payment service for all portals.
func (a *association) paymentService() *program {
	clients := ""
	for i, s := range a.sites {
		if i > 0 {
			clients += ","
		}
		clients += s.Name + ":portal-" + s.Name + ":" + paymentSecret
	}
	return &program{
		name: paymentName, ready: a.loopback(a.ports.Payment) + "/healthz",
		env: []string{
			"PAYMENT_LISTEN=127.0.0.1:" + strconv.Itoa(a.ports.Payment), "PAYMENT_PUBLIC_URL=" + a.paymentURL(), "PAYMENT_CLIENTS=" + clients,
			"PAYMENT_FILE=" + filepath.Join(a.dir, paymentName, "transactions.json"), "PAYMENT_WITH_PARENT=true",
		},
	}
}

// preparePayment writes what an operator would: where a portal's payment service is, and how the portal proves itself there.
func (a *association) preparePayment(s Site) error {
	return writeJSON(a.paymentFile(s), struct {
		Kind     string `json:"kind"`
		FourEyes int64  `json:"fourEyes"`

		Account payments.BankAccount `json:"account"`

		xbezahldienste.Settings
	}{Kind: "xbezahldienste", FourEyes: 2500, Account: payments.BankAccount{Holder: s.Title, IBAN: paymentIBAN}, Settings: xbezahldienste.Settings{
		URL: a.paymentURL(), OriginatorID: s.Name, EndPointID: paymentEndPoint, TokenURL: a.paymentURL() + "/oauth/token", ClientID: "portal-" + s.Name,
		ClientSecret: paymentSecret, ListURL: a.paymentURL() + "/liste/" + s.Name + "/" + paymentEndPoint,
	}})
}

package xbezahldienste_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"portalverbund/server/payments"
	"portalverbund/server/payments/xbezahldienste"
	"portalverbund/server/platform/outbound"
	"portalverbund/server/standins/payment/service"
)

// certificate makes a client certificate with its key, and writes both.
func certificate(t *testing.T) (certificateFile, keyFile, fingerprint string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, key.Public(), key)
	require.NoError(t, err)
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	certificateFile, keyFile = filepath.Join(t.TempDir(), "portal.pem"), filepath.Join(t.TempDir(), "portal.key")
	require.NoError(t, os.WriteFile(certificateFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	require.NoError(t, os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}), 0o600))
	return certificateFile, keyFile, service.Fingerprint(der)
}

// bezahldienst is the payment service behind HTTPS, and how it is reached.
type bezahldienst struct {
	*service.Service

	url     string
	options outbound.Options
}

func newBezahldienst(t *testing.T, clients ...service.Client) bezahldienst {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	b := bezahldienst{url: "https://" + server.Listener.Addr().String()}
	var err error
	b.Service, err = service.New(service.Options{PublicURL: b.url, Clients: clients})
	require.NoError(t, err)
	server.Config.Handler, server.Config.ErrorLog = b.Handler(), slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.TLS = &tls.Config{MinVersion: tls.VersionTLS12, ClientAuth: tls.RequestClientCert}
	server.StartTLS()
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	b.options = outbound.Options{AllowLoopback: true, TLS: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
	return b
}

func (b bezahldienst) dial(t *testing.T, change func(s *xbezahldienste.Settings)) *xbezahldienste.Client {
	t.Helper()
	s := xbezahldienste.Settings{URL: b.url, OriginatorID: "meppen", EndPointID: "kasse", ListURL: b.url + "/liste/meppen/kasse"}
	change(&s)
	client, err := xbezahldienste.New(s, b.options)
	require.NoError(t, err)
	return client
}

func order() payments.Order {
	return payments.Order{
		RequestID: uuid.New(), At: time.Now(), Amount: 3070, Reference: "900000000017", Budget: "12200.43110", Purpose: "Gebühr für den Bewohnerparkausweis",
		ReturnURL: "https://meppen.example/zahlungen/1",
	}
}

func TestOpenAskList_EachWayToProveThePortal_PaysOnceAndOnlyThatWayCounts(t *testing.T) {
	t.Parallel()
	certificateFile, keyFile, fingerprint := certificate(t)
	otherFile, otherKey, _ := certificate(t)
	ways := map[string]struct {
		client      service.Client
		right, half func(s *xbezahldienste.Settings) // half is what nearly proves it
	}{
		"access token (pmPayment)": {
			client: service.Client{ID: "portal", Secret: "geheim", Originator: "meppen"},
			right: func(s *xbezahldienste.Settings) {
				s.TokenURL, s.ClientID, s.ClientSecret = s.URL+"/oauth/token", "portal", "geheim"
			},
			half: func(s *xbezahldienste.Settings) { s.User, s.Password = "portal", "geheim" },
		},
		"HTTP Basic (epay21)": {
			client: service.Client{ID: "portal", Secret: "geheim", Originator: "meppen", By: service.ByPassword},
			right:  func(s *xbezahldienste.Settings) { s.User, s.Password = "portal", "geheim" },
			half:   func(s *xbezahldienste.Settings) { s.User, s.Password = "portal", "geheimer" },
		},
		"client certificate (ePayBL)": {
			client: service.Client{Secret: fingerprint, Originator: "meppen", By: service.ByCertificate},
			right:  func(s *xbezahldienste.Settings) { s.Certificate, s.Key = certificateFile, keyFile },
			half:   func(s *xbezahldienste.Settings) { s.Certificate, s.Key = otherFile, otherKey },
		},
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBezahldienst(t, way.client)
			client := b.dial(t, way.right)
			o := order()
			placed, err := client.Open(t.Context(), o)
			require.NoError(t, err)
			_, err = client.Open(t.Context(), o)
			require.ErrorIs(t, err, payments.ErrPlaced)
			_, ok := b.Finish(placed.ID, service.Paid, "CREDITCARD", 0)
			require.True(t, ok)
			got, err := client.Ask(t.Context(), placed.ID)
			require.NoError(t, err)
			require.Equal(t, payments.Paid, got.Status)
			require.Equal(t, o.Amount, got.Amount)
			list, err := client.List(t.Context(), time.Now().AddDate(0, 0, -1), time.Now().AddDate(0, 0, 1))
			require.NoError(t, err)
			require.Len(t, list, 1)

			for _, wrong := range []func(s *xbezahldienste.Settings){way.half, func(*xbezahldienste.Settings) {}} {
				stranger := b.dial(t, wrong)
				_, err = stranger.Open(t.Context(), order())
				require.ErrorContains(t, err, "401")
				require.NotErrorIs(t, err, payments.ErrRefused) // the credentials may be set right, and the same order be taken
				require.NotContains(t, err.Error(), "geheim")
				_, err = stranger.Ask(t.Context(), placed.ID)
				require.ErrorContains(t, err, "401")
			}
			require.Empty(t, b.Service.Open())

			elsewhere := b.dial(t, func(s *xbezahldienste.Settings) { way.right(s); s.OriginatorID = "landkreis" })
			_, err = elsewhere.Open(t.Context(), order()) // proven, for another portal
			require.ErrorIs(t, err, payments.ErrRefused)
		})
	}
}

func TestNew_CertificateThatIsNone_RefusedWithoutItsContent(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "portal.pem")
	require.NoError(t, os.WriteFile(file, []byte("geheim"), 0o600))
	_, err := xbezahldienste.New(xbezahldienste.Settings{URL: "https://bezahldienst.example", OriginatorID: "meppen", EndPointID: "kasse", Certificate: file, Key: file}, outbound.Options{})
	require.ErrorContains(t, err, "read client certificate")
	require.NotContains(t, err.Error(), "geheim")
}

func TestNew_ServiceThatNobodyVouchesFor_NotBelieved(t *testing.T) {
	t.Parallel()
	b := newBezahldienst(t, service.Client{ID: "portal", Secret: "geheim", Originator: "meppen", By: service.ByPassword})
	b.options.TLS = nil // the machine's authorities
	_, err := b.dial(t, func(s *xbezahldienste.Settings) { s.User, s.Password = "portal", "geheim" }).Open(t.Context(), order())
	require.ErrorContains(t, err, "certificate")
}

package association

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"portalverbund/server/federation/chain"
	"portalverbund/server/platform/outbound"
)

// answersOddly puts something between a portal and those who call it; nil takes it away.
func (p *portal) answersOddly(odd http.HandlerFunc) {
	if odd == nil {
		p.odd.Store(nil)
		return
	}
	p.odd.Store(&odd)
}

// found gives the finding about somebody or something that says these words. Every one that is not good says what to do.
func found(t *testing.T, findings []Finding, about, words string) Finding {
	t.Helper()
	for _, f := range findings {
		if f.Level != Good {
			require.NotEmpty(t, f.Do, f.What)
		}
		if f.About == about && strings.Contains(f.What, words) {
			return f
		}
	}
	require.Failf(t, "nothing was found", "%s: %s in %+v", about, words, findings)
	return Finding{}
}

func TestDoctor_AllIsWell_SaysSo(t *testing.T) {
	t.Parallel()
	anchor, q, r, _ := threePortals(t)
	for _, p := range []*portal{anchor, q, r} {
		findings, err := p.Examine(t.Context())
		require.NoError(t, err)
		for _, f := range findings {
			require.Equal(t, Good, f.Level, "%s: %s", f.About, f.What)
		}
		require.Len(t, findings, 4, "three portals, and the keys")
	}
}

func TestDoctor_EachTrouble_SaysWhatToDo(t *testing.T) {
	t.Parallel()
	anchor, q, r, _ := threePortals(t)
	for name, test := range map[string]struct {
		odd         http.HandlerFunc
		level       Level
		words, help string
	}{
		"clock an hour ahead": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Date", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat))
			q.own.ServeHTTP(w, r)
		}, Wrong, "its clock differs", "NTP"},
		"clock half a minute behind": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Date", time.Now().Add(-30*time.Second).UTC().Format(http.TimeFormat))
			q.own.ServeHTTP(w, r)
		}, Warning, "its clock differs", "NTP"},
		"another portal at its address":  {func(w http.ResponseWriter, r *http.Request) { anchor.own.ServeHTTP(w, r) }, Wrong, "entity configuration is not good", "PORTAL_PUBLIC_URL there must be exactly " + q.id},
		"a proxy that passes nothing on": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }, Wrong, "status 502", "/.well-known/"},
		"a website":                      {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }, Wrong, "entity configuration is not good", "PORTAL_PUBLIC_URL"},
		"nobody":                         {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, Wrong, "cannot be reached", "firewall"},
	} {
		q.answersOddly(test.odd)
		findings, err := r.Examine(t.Context())
		require.NoError(t, err)
		f := found(t, findings, q.id, test.words)
		require.Equal(t, test.level, f.Level, name)
		require.Contains(t, f.Do, test.help, name)
	}
	q.answersOddly(nil)
}

func TestDoctor_AnotherPortalAtOnesOwnAddress_IsNoticed(t *testing.T) {
	t.Parallel()
	p := newPortal(t, &clock{}, "Meppen", "034540035035")
	twin := newPortal(t, p.clock, "Meppen", "034540035035")
	twin.Service.id = p.id
	text, err := twin.Configuration(t.Context())
	require.NoError(t, err)
	p.answersOddly(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", chain.MediaType)
		_, _ = w.Write([]byte(text))
	})
	findings, err := p.Examine(t.Context())
	require.NoError(t, err)
	require.Contains(t, found(t, findings, p.id, "another portal answers").Do, "database")
}

// withCertificate serves with a certificate, and gives its address.
func withCertificate(t *testing.T, name string, until time.Time) (address string, roots *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-90 * 24 * time.Hour), NotAfter: until, DNSNames: []string{name}, IsCA: true, BasicConstraintsValid: true,
	}
	if address := net.ParseIP(name); address != nil {
		template.DNSNames, template.IPAddresses = nil, []net.IP{address}
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, key.Public(), key)
	require.NoError(t, err)
	certificate, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = nil
	server.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	server.StartTLS()
	t.Cleanup(server.Close)
	roots = x509.NewCertPool()
	roots.AddCert(certificate)
	return server.URL, roots
}

func TestDoctor_Certificates_SaysWhatIsWrongWithThem(t *testing.T) {
	t.Parallel()
	day := 24 * time.Hour
	for name, test := range map[string]struct {
		host        string
		until       time.Time
		known       bool
		words, help string
	}{
		"runs out in three days":  {"127.0.0.1", time.Now().Add(3 * day), true, "its certificate ends at", "Renew"},
		"has run out":             {"127.0.0.1", time.Now().Add(-3 * day), true, "cannot be reached", "Renew it there"},
		"of an unknown authority": {"127.0.0.1", time.Now().Add(90 * day), false, "cannot be reached", "public authority"},
		"for another name":        {"portal.example", time.Now().Add(90 * day), true, "cannot be reached", "names this host"},
	} {
		address, roots := withCertificate(t, test.host, test.until)
		o := outbound.Options{AllowLoopback: true}
		if test.known {
			o.TLS = &tls.Config{RootCAs: roots}
		}
		s := &Service{client: chain.HTTP{Client: outbound.Client(o)}, now: time.Now}
		require.Contains(t, found(t, s.examineEntity(t.Context(), address, false), address, test.words).Do, test.help, name)
	}
	guarded := &Service{client: chain.HTTP{Client: outbound.Client(outbound.Options{})}, now: time.Now}
	require.Contains(t, found(t, guarded.examineEntity(t.Context(), "https://10.0.0.1", false), "https://10.0.0.1", "cannot be reached").Do, "not public")
}

func TestDoctor_QueueCatalogKeysAndChain_SaysWhatToDo(t *testing.T) {
	t.Parallel()
	_, q, r, c := threePortals(t)
	from := r.db.From(t.Context())
	for _, m := range []struct {
		state string
		since time.Duration
	}{{"queued", 2 * time.Hour}, {"parked", 15 * 24 * time.Hour}} {
		require.NoError(t, from.Exec(`INSERT INTO federation_outbox (id, recipient, kind, subject, seq, content_hash, state, head, attempts, next_at, last_error, created_at, since)
			VALUES (?, ?, 'test.note', ?, 1, ?, ?, true, 3, ?, 'status 503', ?, ?)`,
			uuid.New(), q.id, uuid.New(), []byte("x"), m.state, time.Now(), time.Now().Add(-m.since), time.Now().Add(-m.since)).Error)
	}
	require.NoError(t, from.Exec("INSERT INTO federation_replicas (owner, cursor, failure) VALUES (?, 'x', 'page: digest does not fit')", q.id).Error)
	findings, err := r.Examine(t.Context())
	require.NoError(t, err)
	require.Contains(t, found(t, findings, q.id, "1 messages wait for it").Do, "14 days")
	require.Contains(t, found(t, findings, q.id, "1 messages are parked: status 503").Do, "/verwaltung/verbund")
	require.Contains(t, found(t, findings, q.id, "digest does not fit").Do, "cursor")

	c.forward(6 * 24 * time.Hour)
	findings, err = r.Examine(t.Context())
	require.NoError(t, err)
	require.Equal(t, Warning, found(t, findings, q.id, "its trust chain expires at").Level)

	c.forward(messageKeyLife + 3*24*time.Hour)
	findings, err = r.Examine(t.Context())
	require.NoError(t, err)
	require.Contains(t, found(t, findings, "keys", "days old").Do, "running")
}

package revocation_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ocsp"

	"portalverbund/server/platform/outbound"
	"portalverbund/server/platform/revocation"
)

// party has a certificate and its key.
type party struct {
	*x509.Certificate

	key *ecdsa.PrivateKey
}

// certified makes a party whose certificate another one has made; its own where there is none.
func certified(t *testing.T, by *party, change ...func(*x509.Certificate)) *party {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: serial, Subject: pkix.Name{CommonName: serial.String()}, NotBefore: time.Now().AddDate(0, -1, 0), NotAfter: time.Now().AddDate(1, 0, 0), BasicConstraintsValid: true}
	for _, fn := range change {
		fn(template)
	}
	issuer := &party{template, key}
	if by != nil {
		issuer = by
	}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer.Certificate, key.Public(), issuer.key)
	require.NoError(t, err)
	c, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return &party{c, key}
}

func authority(c *x509.Certificate) {
	c.IsCA, c.KeyUsage = true, x509.KeyUsageCertSign|x509.KeyUsageCRLSign
}

func pemOf(t *testing.T, folder string, p *party) (certificate, key string) {
	t.Helper()
	name := filepath.Join(folder, p.SerialNumber.String())
	der, err := x509.MarshalPKCS8PrivateKey(p.key)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(name+".pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.Raw}), 0o600))
	require.NoError(t, os.WriteFile(name+".key", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600))
	return name + ".pem", name + ".key"
}

func here() outbound.Options { return outbound.Options{AllowLoopback: true} }

// TestCheck_OpenSSLAnswers asks another program than this one.
func TestCheck_OpenSSLAnswers(t *testing.T) {
	t.Parallel()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	port := listener.Addr().(*net.TCPAddr).Port
	require.NoError(t, listener.Close())
	at := func(c *x509.Certificate) { c.OCSPServer = []string{fmt.Sprintf("http://127.0.0.1:%d", port)} }
	ca := certified(t, nil, authority)
	good, bad, unknown := certified(t, ca, at), certified(t, ca, at), certified(t, ca, at)
	responder := certified(t, ca, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning} })

	folder := t.TempDir()
	index := filepath.Join(folder, "index.txt")
	line := func(state, revoked string, p *party) string {
		serial := strings.ToUpper(p.SerialNumber.Text(16))
		if len(serial)%2 == 1 {
			serial = "0" + serial
		}
		return strings.Join([]string{state, p.NotAfter.UTC().Format("060102150405Z"), revoked, serial, "unknown", "/CN=" + p.Subject.CommonName}, "\t") + "\n"
	}
	require.NoError(t, os.WriteFile(index, []byte(line("V", "", good)+line("R", time.Now().Add(-time.Hour).UTC().Format("060102150405Z"), bad)), 0o600))
	caFile, _ := pemOf(t, folder, ca)
	signer, key := pemOf(t, folder, responder)
	server := exec.CommandContext(t.Context(), "openssl", "ocsp", "-index", index, "-port", fmt.Sprint(port), "-CA", caFile, "-rsigner", signer, "-rkey", key, "-nmin", "5")
	require.NoError(t, server.Start(), "this test needs OpenSSL")
	t.Cleanup(func() { _ = server.Process.Kill(); _ = server.Wait() })

	c := revocation.New(here(), time.Now)
	require.Eventually(t, func() bool { return c.Check(t.Context(), []*x509.Certificate{good.Certificate, ca.Certificate}) == nil }, 30*time.Second, 50*time.Millisecond)
	require.ErrorIs(t, c.Check(t.Context(), []*x509.Certificate{bad.Certificate, ca.Certificate}), revocation.ErrRevoked)
	require.ErrorIs(t, c.Check(t.Context(), []*x509.Certificate{unknown.Certificate, ca.Certificate}), revocation.ErrUnknown)
}

// asked is a server that answers as it is told to, and counts.
type asked struct {
	*httptest.Server

	answer func(r *http.Request, question *ocsp.Request) []byte
	calls  atomic.Int32
}

func ask(t *testing.T) *asked {
	t.Helper()
	a := &asked{}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.calls.Add(1)
		body, _ := io.ReadAll(r.Body)
		question, _ := ocsp.ParseRequest(body)
		answer := a.answer(r, question)
		if answer == nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write(answer)
	}))
	t.Cleanup(a.Close)
	return a
}

func TestCheck_AnswersThatCannotCount_NothingPasses(t *testing.T) {
	t.Parallel()
	now := time.Now()
	ca, foreign := certified(t, nil, authority), certified(t, nil, authority)
	delegate := func(by *party, change ...func(*x509.Certificate)) *party { return certified(t, by, change...) }
	forOCSP := func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning} }
	past := func(c *x509.Certificate) { c.NotAfter = now.Add(-time.Hour) }
	good := func(q *ocsp.Request) ocsp.Response {
		return ocsp.Response{Status: ocsp.Good, SerialNumber: q.SerialNumber, ThisUpdate: now.Add(-time.Minute), NextUpdate: now.Add(time.Hour)}
	}
	signed := func(issuer, by *party, r ocsp.Response) []byte {
		if by != issuer {
			r.Certificate = by.Certificate
		}
		der, err := ocsp.CreateResponse(issuer.Certificate, by.Certificate, r, by.key)
		require.NoError(t, err)
		return der
	}
	rightful, unfit, expired := delegate(ca, forOCSP), delegate(ca), delegate(ca, forOCSP, past)
	strangers := delegate(foreign, forOCSP)
	for name, c := range map[string]struct {
		answer func(q *ocsp.Request) []byte
		want   error
	}{
		"good":                {func(q *ocsp.Request) []byte { return signed(ca, ca, good(q)) }, nil},
		"good, by a delegate": {func(q *ocsp.Request) []byte { return signed(ca, rightful, good(q)) }, nil},
		"no end, of today":    {func(q *ocsp.Request) []byte { r := good(q); r.NextUpdate = time.Time{}; return signed(ca, ca, r) }, nil},
		"revoked": {func(q *ocsp.Request) []byte {
			r := good(q)
			r.Status, r.RevokedAt = ocsp.Revoked, now
			return signed(ca, ca, r)
		}, revocation.ErrRevoked},
		"not known":              {func(q *ocsp.Request) []byte { r := good(q); r.Status = ocsp.Unknown; return signed(ca, ca, r) }, revocation.ErrUnknown},
		"by somebody of the CA":  {func(q *ocsp.Request) []byte { return signed(ca, unfit, good(q)) }, revocation.ErrUnknown},
		"by an expired delegate": {func(q *ocsp.Request) []byte { return signed(ca, expired, good(q)) }, revocation.ErrUnknown},
		"by a stranger":          {func(q *ocsp.Request) []byte { return signed(foreign, foreign, good(q)) }, revocation.ErrUnknown},
		"by a stranger's":        {func(q *ocsp.Request) []byte { return signed(foreign, strangers, good(q)) }, revocation.ErrUnknown},
		"of another certificate": {func(q *ocsp.Request) []byte { r := good(q); r.SerialNumber = big.NewInt(7); return signed(ca, ca, r) }, revocation.ErrUnknown},
		"of yesterday": {func(q *ocsp.Request) []byte {
			r := good(q)
			r.ThisUpdate, r.NextUpdate = now.Add(-48*time.Hour), now.Add(-time.Hour)
			return signed(ca, ca, r)
		}, revocation.ErrUnknown},
		"no end, of the day before": {func(q *ocsp.Request) []byte {
			r := good(q)
			r.ThisUpdate, r.NextUpdate = now.Add(-25*time.Hour), time.Time{}
			return signed(ca, ca, r)
		}, revocation.ErrUnknown},
		"of tomorrow": {func(q *ocsp.Request) []byte {
			r := good(q)
			r.ThisUpdate = now.Add(time.Hour)
			return signed(ca, ca, r)
		}, revocation.ErrUnknown},
		"later":               {func(*ocsp.Request) []byte { return ocsp.TryLaterErrorResponse }, revocation.ErrUnknown},
		"nothing that is one": {func(*ocsp.Request) []byte { return []byte("<html>") }, revocation.ErrUnknown},
		"too much":            {func(*ocsp.Request) []byte { return bytes.Repeat([]byte{0x30}, 1<<20) }, revocation.ErrUnknown},
		"none":                {func(*ocsp.Request) []byte { return nil }, revocation.ErrUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := ask(t)
			a.answer = func(_ *http.Request, q *ocsp.Request) []byte { return c.answer(q) }
			leaf := certified(t, ca, func(x *x509.Certificate) { x.OCSPServer = []string{a.URL} })
			chain := []*x509.Certificate{leaf.Certificate, ca.Certificate}
			checker := revocation.New(here(), time.Now)
			for range 2 {
				err := checker.Check(t.Context(), chain)
				if c.want == nil {
					require.NoError(t, err)
				} else {
					require.ErrorIs(t, err, c.want)
				}
			}
			calls := int32(1)                    // an answer that counts is remembered
			if c.want == revocation.ErrUnknown { //nolint:errorlint // it is the value itself
				calls = 2
			}
			require.Equal(t, calls, a.calls.Load())
		})
	}
}

func TestCheck_Lists_WhatTheyAreAboutCounts(t *testing.T) {
	t.Parallel()
	now := time.Now()
	ca, other := certified(t, nil, authority), certified(t, nil, authority)
	point := func(tag byte, value ...byte) pkix.Extension {
		content := append([]byte{0x80 | tag, byte(len(value))}, value...)
		return pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 28}, Critical: true, Value: append([]byte{0x30, byte(len(content))}, content...)}
	}
	for name, c := range map[string]struct {
		change func(l *x509.RevocationList, leaf *x509.Certificate)
		by     *party
		want   error
	}{
		"not on it": {func(*x509.RevocationList, *x509.Certificate) {}, ca, nil},
		"of users only": {func(l *x509.RevocationList, _ *x509.Certificate) {
			l.ExtraExtensions = []pkix.Extension{point(1, 0xff)}
		}, ca, nil},
		"on it": {func(l *x509.RevocationList, leaf *x509.Certificate) {
			l.RevokedCertificateEntries = []x509.RevocationListEntry{{SerialNumber: leaf.SerialNumber, RevocationTime: now}}
		}, ca, revocation.ErrRevoked},
		"of another issuer": {func(*x509.RevocationList, *x509.Certificate) {}, other, revocation.ErrUnknown},
		"run out": {func(l *x509.RevocationList, _ *x509.Certificate) {
			l.ThisUpdate, l.NextUpdate = now.Add(-2*time.Hour), now.Add(-time.Hour)
		}, ca, revocation.ErrUnknown},
		"of authorities only": {func(l *x509.RevocationList, _ *x509.Certificate) {
			l.ExtraExtensions = []pkix.Extension{point(2, 0xff)}
		}, ca, revocation.ErrUnknown},
		"of some reasons only": {func(l *x509.RevocationList, _ *x509.Certificate) {
			l.ExtraExtensions = []pkix.Extension{point(3, 0x01, 0x40)}
		}, ca, revocation.ErrUnknown},
		"of several issuers": {func(l *x509.RevocationList, _ *x509.Certificate) {
			l.ExtraExtensions = []pkix.Extension{point(4, 0xff)}
		}, ca, revocation.ErrUnknown},
		"of changes only": {func(l *x509.RevocationList, _ *x509.Certificate) {
			l.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 27}, Critical: true, Value: []byte{2, 1, 1}}}
		}, ca, revocation.ErrUnknown},
		"what cannot be read": {func(l *x509.RevocationList, _ *x509.Certificate) {
			l.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 28}, Critical: true, Value: []byte{1}}}
		}, ca, revocation.ErrUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := ask(t)
			leaf := certified(t, ca, func(x *x509.Certificate) {
				x.OCSPServer, x.CRLDistributionPoints = []string{a.URL + "/ocsp"}, []string{"ldap://nowhere", a.URL + "/crl"}
			})
			list := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: now.Add(-time.Minute), NextUpdate: now.Add(time.Hour)}
			c.change(list, leaf.Certificate)
			der, err := x509.CreateRevocationList(rand.Reader, list, c.by.Certificate, c.by.key)
			require.NoError(t, err)
			a.answer = func(r *http.Request, _ *ocsp.Request) []byte { // OCSP is away, so the list is asked
				if r.URL.Path == "/crl" {
					return der
				}
				return nil
			}
			err = revocation.New(here(), time.Now).Check(t.Context(), []*x509.Certificate{leaf.Certificate, ca.Certificate})
			if c.want == nil {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, c.want)
			}
		})
	}
}

func TestCheck_EachOfTheChainIsAskedAbout_AndWhoNamesNobodyPasses(t *testing.T) {
	t.Parallel()
	a := ask(t)
	root := certified(t, nil, authority)
	between := certified(t, root, authority, func(c *x509.Certificate) { c.OCSPServer = []string{a.URL} })
	leaf := certified(t, between)
	a.answer = func(_ *http.Request, q *ocsp.Request) []byte {
		der, err := ocsp.CreateResponse(root.Certificate, root.Certificate, ocsp.Response{Status: ocsp.Revoked, RevokedAt: time.Now(), SerialNumber: q.SerialNumber, ThisUpdate: time.Now(), NextUpdate: time.Now().Add(time.Hour)}, root.key)
		require.NoError(t, err)
		return der
	}
	c := revocation.New(here(), time.Now)
	require.NoError(t, c.Check(t.Context(), []*x509.Certificate{leaf.Certificate, between.Certificate}))
	require.ErrorIs(t, c.Check(t.Context(), []*x509.Certificate{leaf.Certificate, between.Certificate, root.Certificate}), revocation.ErrRevoked)
	require.NoError(t, c.Check(t.Context(), nil))
	require.NoError(t, (*revocation.Checker)(nil).Check(t.Context(), []*x509.Certificate{between.Certificate, root.Certificate}))
	require.EqualValues(t, 1, a.calls.Load())
}

func TestCheck_AddressInside_IsNotCalled(t *testing.T) {
	t.Parallel()
	a := ask(t)
	a.answer = func(*http.Request, *ocsp.Request) []byte { return nil }
	root := certified(t, nil, authority)
	leaf := certified(t, root, func(c *x509.Certificate) { c.OCSPServer = []string{a.URL, "http://10.0.0.1/"} })
	err := revocation.New(outbound.Options{}, time.Now).Check(t.Context(), []*x509.Certificate{leaf.Certificate, root.Certificate})
	require.ErrorIs(t, err, revocation.ErrUnknown)
	require.ErrorIs(t, err, outbound.ErrAddressRefused)
	require.Zero(t, a.calls.Load())
}

func TestCheck_AnswerRunsOut_IsAskedForAgain(t *testing.T) {
	t.Parallel()
	a := ask(t)
	now := time.Now()
	root := certified(t, nil, authority)
	leaf := certified(t, root, func(c *x509.Certificate) { c.OCSPServer = []string{a.URL} })
	a.answer = func(_ *http.Request, q *ocsp.Request) []byte {
		der, err := ocsp.CreateResponse(root.Certificate, root.Certificate, ocsp.Response{Status: ocsp.Good, SerialNumber: q.SerialNumber, ThisUpdate: now, NextUpdate: now.Add(30 * time.Minute)}, root.key)
		require.NoError(t, err)
		return der
	}
	c := revocation.New(here(), func() time.Time { return now })
	chain := []*x509.Certificate{leaf.Certificate, root.Certificate}
	require.NoError(t, c.Check(t.Context(), chain))
	now = now.Add(29 * time.Minute)
	require.NoError(t, c.Check(t.Context(), chain))
	require.EqualValues(t, 1, a.calls.Load())
	now = now.Add(2 * time.Minute)
	require.NoError(t, c.Check(t.Context(), chain))
	require.EqualValues(t, 2, a.calls.Load())
}

package saml_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/beevik/etree"
	crewjam "github.com/crewjam/saml"
	dsig "github.com/russellhaering/goxmldsig"
	"github.com/stretchr/testify/require"

	"portalverbund/server/identity/kept"
	"portalverbund/server/identity/saml"
	"portalverbund/server/platform/outbound"
)

// published is an identity provider that publishes its description, and a portal that reads it.
type published struct {
	t      *testing.T
	now    time.Time
	answer http.HandlerFunc
	source *saml.Source
	log    *bytes.Buffer
	reads  atomic.Int32
}

// publish starts both; the description must be signed by one of signers, if there are any.
func publish(t *testing.T, signers ...saml.KeyPair) *published {
	t.Helper()
	p := &published{t: t, now: time.Now().UTC(), log: &bytes.Buffer{}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.reads.Add(1)
		p.answer(w, r)
	}))
	t.Cleanup(server.Close)
	p.source = &saml.Source{
		Location: server.URL + "/metadata", Client: clientWaiting(t, 30*time.Second), Log: slog.New(slog.NewTextHandler(p.log, nil)), Now: func() time.Time { return p.now },
	}
	for _, pair := range signers {
		p.source.Signers = append(p.source.Signers, pair.Certificate)
	}
	return p
}

// clientWaiting makes a client that gives an answer up after a while.
func clientWaiting(t *testing.T, patience time.Duration) *http.Client {
	t.Helper()
	client := outbound.Client(outbound.Options{AllowLoopback: true, Timeout: patience})
	t.Cleanup(client.CloseIdleConnections)
	return client
}

// says lets the identity provider answer a text.
func (p *published) says(text string) {
	p.answer = func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(text)) }
}

// signedBy writes a description with a signature.
func signedBy(t *testing.T, pair saml.KeyPair, d *crewjam.EntityDescriptor) string {
	t.Helper()
	d.ID = "description"
	text, err := xml.Marshal(d)
	require.NoError(t, err)
	document := etree.NewDocument()
	require.NoError(t, document.ReadFromBytes(text))
	context, err := dsig.NewSigningContext(pair.Key, [][]byte{pair.Certificate.Raw})
	require.NoError(t, err)
	context.Canonicalizer = dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList("")
	require.NoError(t, context.SetSignatureMethod(dsig.RSASHA256SignatureMethod))
	signed, err := context.SignEnveloped(document.Root())
	require.NoError(t, err)
	signature := signed.RemoveChildAt(len(signed.Child) - 1)
	signed.InsertChildAt(0, signature)
	document.SetRoot(signed)
	out, err := document.WriteToString()
	require.NoError(t, err)
	return out
}

func unsigned(t *testing.T, d *crewjam.EntityDescriptor) string {
	t.Helper()
	text, err := xml.Marshal(d)
	require.NoError(t, err)
	return string(text)
}

func expiring(at time.Time, pairs ...saml.KeyPair) *crewjam.EntityDescriptor {
	d := describe(pairs...)
	d.ValidUntil = at
	return d
}

func TestMetadata_Signed_IsUsed(t *testing.T) {
	t.Parallel()
	pairs := keyOnce()
	p := publish(t, pairs[0])
	p.says(signedBy(t, pairs[0], expiring(p.now.Add(time.Hour), pairs[1])))
	d, err := p.source.Metadata(t.Context())
	require.NoError(t, err, p.log.String())
	require.Equal(t, issuer, d.EntityID)
	about := p.source.About(t.Context())
	require.Equal(t, []kept.Certificate{kept.Of("signer", pairs[0].Certificate)[0], kept.Of("provider", pairs[1].Certificate)[0]}, about.Certificates)
	require.Equal(t, kept.State{ReadAt: p.now}, p.source.State())
	require.EqualValues(t, 1, p.reads.Load(), "once an hour")
}

// TestMetadata_NotRight_IsRefused_AndTheLastGoodOneStays: each is refused with a reason in log and state, where nothing was known before and where something was.
func TestMetadata_NotRight_IsRefused_AndTheLastGoodOneStays(t *testing.T) {
	t.Parallel()
	pairs := keyOnce()
	good := func(t *testing.T) string { t.Helper(); return signedBy(t, pairs[0], describe(pairs[1])) }
	for name, c := range map[string]struct {
		text   func(t *testing.T, p *published) string
		answer http.HandlerFunc
		reason kept.Reason
	}{
		"expired": {text: func(t *testing.T, p *published) string {
			t.Helper()
			return signedBy(t, pairs[0], expiring(p.now.Add(-time.Second), pairs[1]))
		}, reason: kept.Expired},
		"unsigned":         {text: func(t *testing.T, _ *published) string { t.Helper(); return unsigned(t, describe(pairs[1])) }, reason: kept.Unsigned},
		"signed by others": {text: func(t *testing.T, _ *published) string { t.Helper(); return signedBy(t, pairs[2], describe(pairs[1])) }, reason: kept.WrongSigner},
		"changed after it was signed": {text: func(t *testing.T, _ *published) string {
			t.Helper()
			return strings.Replace(good(t), signOn, "https://evil.example/sso", 1)
		}, reason: kept.WrongSigner},
		"a document type": {text: func(t *testing.T, _ *published) string {
			t.Helper()
			return `<!DOCTYPE x [<!ENTITY a "b">]>` + good(t)
		}, reason: kept.Malformed},
		"something else": {text: func(*testing.T, *published) string { return "<html></html>" }, reason: kept.Unsigned},
		"no XML":         {text: func(*testing.T, *published) string { return "<" }, reason: kept.Malformed},
		"too large": {answer: func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(bytes.Repeat([]byte("<!-- -->"), 1<<18))
		}, reason: kept.TooLarge},
		"slow":     {answer: func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, reason: kept.Slow},
		"an error": {answer: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }, reason: kept.Unreachable},
		"sent to an address of the network within": {answer: func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://169.254.169.254/latest/meta-data", http.StatusFound)
		}, reason: kept.Redirected},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := publish(t, pairs[0])
			bad := c.answer
			if bad == nil {
				text := c.text(t, p)
				bad = func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(text)) }
			}
			p.answer = bad
			patient, hasty := p.source.Client, p.source.Client
			if c.reason == kept.Slow {
				hasty = clientWaiting(t, 300*time.Millisecond)
			}
			p.source.Client = hasty
			_, err := p.source.Metadata(t.Context())
			require.Error(t, err)
			require.Equal(t, kept.State{FailedAt: p.now, Reason: c.reason}, p.source.State(), err)
			require.Contains(t, p.log.String(), "reason="+string(c.reason))
			require.Contains(t, p.log.String(), "keptTheLast=false")

			p.now = p.now.Add(time.Minute)
			p.says(good(t))
			p.source.Client = patient
			_, err = p.source.Metadata(t.Context())
			require.NoError(t, err, "it is read again soon")
			p.source.Client = hasty
			readAt := p.now
			p.now = p.now.Add(2 * time.Hour)
			if name == "expired" {
				p.says(signedBy(t, pairs[0], expiring(p.now.Add(-time.Second), pairs[1])))
			} else {
				p.answer = bad
			}
			d, err := p.source.Metadata(t.Context())
			require.NoError(t, err, "what was good stays")
			require.Equal(t, issuer, d.EntityID)
			require.Equal(t, kept.State{ReadAt: readAt, FailedAt: p.now, Reason: c.reason}, p.source.State())
			require.Contains(t, p.log.String(), "keptTheLast=true")
		})
	}
}

// TestMetadata_PrivateAddress_IsNotCalled: with the client of production a name that leads to this machine is not dialled.
func TestMetadata_PrivateAddress_IsNotCalled(t *testing.T) {
	t.Parallel()
	p := publish(t)
	p.says(unsigned(t, describe(keyOnce()[1])))
	p.source.Client = outbound.Client(outbound.Options{})
	p.source.Location = strings.Replace(p.source.Location, "http://", "https://", 1)
	_, err := p.source.Metadata(t.Context())
	require.ErrorIs(t, err, outbound.ErrAddressRefused)
	require.Equal(t, kept.PrivateAddress, p.source.State().Reason)
	require.Zero(t, p.reads.Load())
}

// TestMetadata_SignerChanges_OldAndNewCountWhileBothAreConfigured is the change of the key that signs the description, with an overlap.
func TestMetadata_SignerChanges_OldAndNewCountWhileBothAreConfigured(t *testing.T) {
	t.Parallel()
	pairs := keyOnce()
	file := filepath.Join(t.TempDir(), "signers.pem")
	var text []byte
	for _, pair := range []saml.KeyPair{pairs[0], pairs[2]} {
		text = append(text, pemOf(pair.Certificate)...)
	}
	require.NoError(t, os.WriteFile(file, text, 0o600))
	signers, err := saml.LoadCertificates(file)
	require.NoError(t, err)
	require.Len(t, signers, 2)
	p := publish(t)
	read := func(by saml.KeyPair, signers ...*x509.Certificate) error {
		p.source = &saml.Source{Location: p.source.Location, Client: p.source.Client, Log: p.source.Log, Now: p.source.Now, Signers: signers}
		p.says(signedBy(t, by, describe(pairs[1])))
		_, err := p.source.Metadata(t.Context())
		return err
	}
	require.NoError(t, read(pairs[0], signers...))
	require.NoError(t, read(pairs[2], signers...))
	require.Error(t, read(pairs[0], signers[1]), "once the old one is taken out")
}

// TestMetadata_KeyChanges_IsSeenAtTheNextReading: an assertion signed by the next key counts once the description names it, and the old one as long as it does.
func TestMetadata_KeyChanges_IsSeenAtTheNextReading(t *testing.T) {
	t.Parallel()
	pairs := keyOnce()
	p := publish(t, pairs[0])
	p.says(signedBy(t, pairs[0], describe(pairs[1])))
	w := newWorld(t, func(c *saml.Config) { c.Metadata, c.Now = p.source.Metadata, func() time.Time { return p.now } })
	send := func(by saml.KeyPair) error {
		w.now = p.now
		_, err := w.provider.Finish(t.Context(), w.respond(request, lie{by: &by}), request)
		return err
	}
	require.NoError(t, send(pairs[1]))
	p.says(signedBy(t, pairs[0], describe(pairs[1], pairs[2])))
	require.ErrorIs(t, send(pairs[2]), saml.ErrRefused, "not read yet")
	p.now = p.now.Add(time.Hour)
	require.NoError(t, send(pairs[2]))
	require.NoError(t, send(pairs[1]))
	p.says(signedBy(t, pairs[0], describe(pairs[2])))
	p.now = p.now.Add(time.Hour)
	require.ErrorIs(t, send(pairs[1]), saml.ErrRefused)
	require.NoError(t, send(pairs[2]))
}

// TestMetadata_KeptOneRunsOut_NobodySignsIn: what was good is kept for as long as it says itself, and no longer.
func TestMetadata_KeptOneRunsOut_NobodySignsIn(t *testing.T) {
	t.Parallel()
	pairs := keyOnce()
	p := publish(t, pairs[0])
	p.says(signedBy(t, pairs[0], expiring(p.now.Add(90*time.Minute), pairs[1])))
	w := newWorld(t, func(c *saml.Config) { c.Metadata, c.Now = p.source.Metadata, func() time.Time { return p.now } })
	send := func() error {
		w.now = p.now
		_, err := w.provider.Finish(t.Context(), w.respond(request, lie{}), request)
		return err
	}
	require.NoError(t, send())
	p.answer = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }
	p.now = p.now.Add(80 * time.Minute)
	require.NoError(t, send(), "kept")
	p.now = p.now.Add(time.Hour)
	require.Error(t, send())
}

// TestMetadata_WhileItIsRead_NobodyWaits: a slow identity provider holds nobody up who can work with what is known.
func TestMetadata_WhileItIsRead_NobodyWaits(t *testing.T) {
	t.Parallel()
	p := publish(t)
	p.says(unsigned(t, describe(keyOnce()[1])))
	_, err := p.source.Metadata(t.Context())
	require.NoError(t, err)
	p.now = p.now.Add(2 * time.Hour)
	asked, release := make(chan struct{}), make(chan struct{})
	p.answer = func(w http.ResponseWriter, _ *http.Request) {
		close(asked)
		<-release
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	done := make(chan error)
	go func() {
		_, err := p.source.Metadata(context.WithoutCancel(t.Context()))
		done <- err
	}()
	<-asked
	_, err = p.source.Metadata(t.Context()) // would wait for ever
	require.NoError(t, err)
	close(release)
	require.NoError(t, <-done)
}

func TestMetadata_Production_RefusesWhatBelongsToADemonstration(t *testing.T) {
	t.Parallel()
	p := publish(t)
	p.source.Production = true
	p.says(unsigned(t, describe(keyOnce()[1])))
	_, err := p.source.Metadata(t.Context())
	require.Error(t, err)
	require.Equal(t, kept.NotAllowed, p.source.State().Reason)
	plain := describe(keyOnce()[1])
	plain.IDPSSODescriptors[0].SingleSignOnServices[0].Location = "http://konto.example/sso"
	p.says(unsigned(t, plain))
	require.Equal(t, kept.NotAllowed, p.source.Refresh(t.Context()).Reason)
}

func TestReasonOf_WithoutOne_IsUnreachable(t *testing.T) {
	t.Parallel()
	require.Equal(t, kept.Unreachable, kept.ReasonOf(errors.New("x")))
	require.Equal(t, kept.Slow, kept.ReasonOf(fmt.Errorf("x: %w", kept.Because(kept.Slow, context.DeadlineExceeded))))
}

package app

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"

	"portalverbund/api/types"
	"portalverbund/db/dbtest"
	"portalverbund/server/platform/mail"
)

// senders is a mail server that notes the senders of envelopes.
type senders chan string

func (s senders) NewSession(*smtp.Conn) (smtp.Session, error) { return noting{s}, nil }

type noting struct{ to senders }

func (e noting) Mail(from string, _ *smtp.MailOptions) error {
	e.to <- from
	return nil
}
func (noting) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (noting) Data(r io.Reader) error               { _, err := io.Copy(io.Discard, r); return err }
func (noting) Reset()                               {}
func (noting) Logout() error                        { return nil }

// TestTakeReturned_AsTheMailServerHandsItOver_ThePersonSeesIt goes the way of a mail that comes back: out by SMTP, back through the command's function.
func TestTakeReturned_AsTheMailServerHandsItOver_ThePersonSeesIt(t *testing.T) {
	t.Parallel()
	from := make(senders, 10)
	server := smtp.NewServer(from)
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go func() { _ = server.Serve(listener) }() // ends with Close
	t.Cleanup(func() { _ = server.Close() })
	work, owner := dbtest.Roles(t)
	if work == "" {
		work, owner = owner, ""
	}
	c := Config{
		Mode: "demonstration", PublicURL: testOrigin, Name: "Landkreis Emsland", Kind: "county", Areas: []string{"03454"}, Database: work, DatabaseOwner: owner, Data: t.TempDir(),
		SMTP: "smtp+plain://" + listener.Addr().String(), MailFrom: "portal@emsland.example", MailReturns: "returns@emsland.example",
		NumberPrefix: "EL", Timeout: time.Minute, UploadTimeout: time.Minute, MaxConcurrent: 64, Rate: 10000, RateBurst: 10000, LogLevel: "error", LogFormat: "text",
	}
	a, err := Open(t.Context(), c, c.Logger())
	require.NoError(t, err)
	t.Cleanup(a.Close)
	require.NoError(t, a.oidc.BeginKeys(t.Context()))
	portal, err := a.server()
	require.NoError(t, err)
	clara, err := a.accounts.CreateCitizen(t.Context(), "clara@example.org", testPassword, types.ProfileData{GivenName: "Clara", FamilyName: "Beispiel"})
	require.NoError(t, err)
	b := signedIn(t, a, portal.Echo, clara)
	profile := func() (p types.Profile) {
		w := b.call(t.Context(), http.MethodGet, "/api/v1/account/profile", nil)
		require.Equal(t, http.StatusOK, w.Code, w.Body)
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &p))
		return p
	}

	require.NoError(t, a.post.Send(t.Context(), mail.Message{To: "clara@example.org", Subject: "Neue Nachricht", Text: "Guten Tag"}))
	back := <-from
	report := "From: MAILER-DAEMON@mx.example.org\r\nTo: " + back + "\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n" +
		"--b\r\nContent-Type: text/plain\r\n\r\nunknown\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.org\r\n\r\n" +
		"Final-Recipient: rfc822; clara@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n"
	var said strings.Builder
	require.NoError(t, TakeReturned(t.Context(), c, "", strings.NewReader("Subject: Viagra\r\n\r\n"), &said))
	require.Contains(t, said.String(), "nothing noted")
	require.Nil(t, profile().EmailReturned)
	require.NoError(t, TakeReturned(t.Context(), c, back, strings.NewReader(report), io.Discard))
	require.NotNil(t, profile().EmailReturned)
	var rows int
	require.NoError(t, a.db.From(t.Context()).Raw("SELECT count(*) FROM mail_returns").Scan(&rows).Error)
	require.Equal(t, 1, rows)
	require.Empty(t, remains(t, a, "viagra"))

	w := b.call(t.Context(), http.MethodPost, "/api/v1/account/deletion", []byte(`{"when": "now"}`))
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	require.NoError(t, a.db.From(t.Context()).Raw("SELECT count(*) FROM mail_returns").Scan(&rows).Error)
	require.Zero(t, rows, "what came back of an address stays when its account goes")
}

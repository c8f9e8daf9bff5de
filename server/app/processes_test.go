package app

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"portalverbund/api/types"
)

// childConfig is the configuration of a portal that this test binary runs as when it is started again.
const childConfig = "PORTALVERBUND_TEST_PORTAL"

// startProcess runs a portal in a process of its own, until the test ends.
func startProcess(t *testing.T, c Config) {
	t.Helper()
	text, err := json.Marshal(c)
	require.NoError(t, err)
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestTwoProcesses_")
	command.Env = append(os.Environ(), childConfig+"="+string(text))
	_, err = command.StdinPipe() // it ends when this is closed
	require.NoError(t, err)
	var said bytes.Buffer
	command.Stdout, command.Stderr = &said, &said
	require.NoError(t, command.Start())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = command.Wait() // its end is all that is wanted
	}()
	t.Cleanup(func() {
		_ = command.Process.Signal(os.Interrupt)
		<-ended
		if t.Failed() {
			t.Log(said.String())
		}
	})
	require.Eventually(t, func() bool {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+c.Listen+"/readyz", nil)
		require.NoError(t, err)
		w, err := http.DefaultClient.Do(r)
		if err != nil {
			return false
		}
		_ = w.Body.Close()
		return w.StatusCode == http.StatusOK
	}, time.Minute, 20*time.Millisecond, "the portal at %s does not start", c.Listen)
}

// freeAddress is one at which nobody listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	return listener.Addr().String()
}

// client is a browser that a load balancer leads to one process or the other.
type client struct {
	t    *testing.T
	http *http.Client
	csrf string
}

func newClient(t *testing.T) *client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return &client{t: t, http: &http.Client{Jar: jar, Timeout: time.Minute}}
}

// ask sends a request to a process, and gives the status.
func (c *client) ask(process, method, path string, body any, into any) int {
	c.t.Helper()
	text, err := json.Marshal(body)
	require.NoError(c.t, err)
	if body == nil {
		text = nil
	}
	r, err := http.NewRequestWithContext(c.t.Context(), method, "http://"+process+path, bytes.NewReader(text))
	require.NoError(c.t, err)
	r.Host = "localhost:8080"
	r.Header.Set("Origin", testOrigin)
	r.Header.Set("X-CSRF-Token", c.csrf)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	w, err := c.http.Do(r)
	require.NoError(c.t, err)
	defer func() { _ = w.Body.Close() }()
	answer, err := io.ReadAll(w.Body)
	require.NoError(c.t, err)
	if into != nil && w.StatusCode < http.StatusMultipleChoices {
		require.NoError(c.t, json.Unmarshal(answer, into), "%s", answer)
	}
	return w.StatusCode
}

// signIn signs in at a process; what comes next may go to another.
func (c *client) signIn(process, email string) {
	c.t.Helper()
	var session types.Session
	require.Equal(c.t, http.StatusOK, c.ask(process, http.MethodGet, "/api/v1/session", nil, &session))
	c.csrf = session.CsrfToken
	require.Equal(c.t, http.StatusOK, c.ask(process, http.MethodPost, "/api/v1/session", types.SignIn{Email: email, Password: testPassword}, &session))
	c.csrf = session.CsrfToken
}

// TestTwoProcesses_OneDatabase_WhatEndsAtOneEndsAtTheOther runs two processes of a portal, as behind a load balancer. A session counts at both; signing
// out, another password, a role that is taken, an account that is deleted, and time that has run out end it at the next request to either.
func TestTwoProcesses_OneDatabase_WhatEndsAtOneEndsAtTheOther(t *testing.T) {
	if text := os.Getenv(childConfig); text != "" {
		var c Config
		require.NoError(t, json.Unmarshal([]byte(text), &c))
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin) // until the test has ended
			os.Exit(0)
		}()
		require.NoError(t, Serve(t.Context(), c))
		return
	}
	t.Parallel()
	a, _ := newApp(t) // makes the database and the keys
	first, second := freeAddress(t), freeAddress(t)
	for _, address := range []string{first, second} {
		c := a.config
		c.Listen, c.SPA, c.DrainTimeout = address, "", time.Second
		startProcess(t, c)
	}
	citizen := func(email string) *client {
		_, err := a.accounts.CreateCitizen(t.Context(), email, testPassword, types.ProfileData{GivenName: "Clara", FamilyName: "Beispiel"})
		require.NoError(t, err)
		c := newClient(t)
		c.signIn(first, email)
		require.Equal(t, http.StatusOK, c.ask(second, http.MethodGet, "/api/v1/account/profile", nil, nil), "the session of one process at the other")
		return c
	}
	gone := func(c *client, why string) {
		t.Helper()
		for _, process := range []string{second, first} {
			require.Equal(t, http.StatusUnauthorized, c.ask(process, http.MethodGet, "/api/v1/account/profile", nil, nil), why)
		}
	}

	c := citizen("abmeldung@example.org")
	require.Equal(t, http.StatusOK, c.ask(first, http.MethodDelete, "/api/v1/session", nil, nil))
	gone(c, "signed out")

	c = citizen("kennwort@example.org")
	elsewhere := newClient(t)
	elsewhere.signIn(second, "kennwort@example.org")
	require.Equal(t, http.StatusNoContent, elsewhere.ask(second, http.MethodPut, "/api/v1/account/credentials/password", types.PasswordBody{Password: "zwei Störche auf dem Kirchturm"}, nil))
	gone(c, "the password was changed at the other process")

	c = citizen("gestohlen@example.org")
	require.NoError(t, a.accounts.EndSessionsByOperator(t.Context(), "gestohlen@example.org"))
	gone(c, "the operator has ended it")
	require.Error(t, a.accounts.EndSessionsByOperator(t.Context(), "niemand@example.org"))
	require.Error(t, a.accounts.EndSessionsByOperator(t.Context(), uuid.NewString()))

	c = citizen("geloescht@example.org")
	require.Equal(t, http.StatusOK, c.ask(second, http.MethodPost, "/api/v1/account/deletion", types.DeletionRequest{When: types.DeleteNow}, nil))
	gone(c, "the account was deleted")

	c = citizen("untaetig@example.org")
	require.NoError(t, a.db.From(t.Context()).Exec("UPDATE sessions SET last_seen_at = last_seen_at - interval '1 day' WHERE account_id = (SELECT id FROM accounts WHERE email = 'untaetig@example.org')").Error)
	gone(c, "nobody has used it for a day")

	clerk, err := a.accounts.CreateStaff(t.Context(), "amt@example.org", "Kim Klar", testPassword, []string{"clerk", "editor"})
	require.NoError(t, err)
	_, err = a.accounts.CreateStaff(t.Context(), "leitung@example.org", "Lena Landrat", testPassword, []string{"admin"})
	require.NoError(t, err)
	admin := newClient(t)
	admin.signIn(first, "leitung@example.org")
	staff := newClient(t)
	staff.signIn(second, "amt@example.org")
	require.Equal(t, http.StatusOK, staff.ask(second, http.MethodGet, "/api/v1/cases", nil, nil))
	roles := types.StaffRoles{Roles: []types.Role{types.Editor}}
	require.Equal(t, http.StatusOK, admin.ask(first, http.MethodPut, fmt.Sprintf("/api/v1/admin/staff/%s/roles", clerk), roles, nil))
	require.Equal(t, http.StatusUnauthorized, staff.ask(second, http.MethodGet, "/api/v1/cases", nil, nil), "the role was taken at the other process")
	staff.signIn(second, "amt@example.org")
	require.Equal(t, http.StatusForbidden, staff.ask(second, http.MethodGet, "/api/v1/cases", nil, nil))
}

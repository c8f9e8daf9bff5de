package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"portalverbund/api/types"
)

// person is somebody with a browser's cookies, who repeats what failed for no fault of theirs, as the pages do.
type person struct {
	t      *testing.T
	client *http.Client
	csrf   map[string]string // by portal
	at     string            // where the browser stands
}

func newPerson(t *testing.T) *person {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return &person{t: t, csrf: map[string]string{}, client: &http.Client{Jar: jar, Timeout: 20 * time.Second}}
}

// in is the same person in a part of the test.
func (p *person) in(t *testing.T) *person {
	return &person{t: t, client: p.client, csrf: p.csrf, at: p.at}
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
}

const patience = 90 * time.Second

// call makes a request until it is answered by something else than a failure of the portal.
func (p *person) call(method, address string, body any, headers ...string) answer {
	p.t.Helper()
	deadline := time.Now().Add(patience)
	for {
		a, err := p.once(method, address, body, headers...)
		if err == nil && a.status < http.StatusInternalServerError && a.status != http.StatusTooManyRequests {
			return a
		}
		if time.Now().After(deadline) {
			require.FailNow(p.t, "no answer", "%s %s: %v %d %s", method, address, err, a.status, a.body)
		}
		pause(p.t.Context(), 100*time.Millisecond)
	}
}

// pause waits before something is asked for again.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// rawFile is a body that is sent as it is.
type rawFile []byte

func (p *person) once(method, address string, body any, headers ...string) (answer, error) {
	var content io.Reader
	kind := "application/json"
	if file, is := body.(rawFile); is {
		content, kind = bytes.NewReader(file), "application/octet-stream"
	} else if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return answer{}, err
		}
		content = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(p.t.Context(), method, address, content)
	if err != nil {
		return answer{}, err
	}
	if body != nil {
		req.Header.Set("Content-Type", kind)
	}
	origin := req.URL.Scheme + "://" + req.URL.Host
	if method != http.MethodGet {
		req.Header.Set("X-CSRF-Token", p.csrf[origin])
		req.Header.Set("Origin", origin)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := p.client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(io.LimitReader(res.Body, 10<<20))
	return answer{status: res.StatusCode, header: res.Header, body: data}, err
}

// get reads JSON.
func (p *person) get(address string, into any) {
	p.t.Helper()
	a := p.call(http.MethodGet, address, nil)
	require.Equal(p.t, http.StatusOK, a.status, "%s: %s", address, a.body)
	require.NoError(p.t, json.Unmarshal(a.body, into))
}

// post changes something, with a key, so that repeating it has no further effect.
func (p *person) post(address string, body, into any) answer {
	p.t.Helper()
	a := p.call(http.MethodPost, address, body, "Idempotency-Key", uuid.NewString())
	require.Less(p.t, a.status, 300, "%s: %s", address, a.body)
	if into != nil {
		require.NoError(p.t, json.Unmarshal(a.body, into))
	}
	return a
}

func (p *person) session(portal string) types.Session {
	p.t.Helper()
	var s types.Session
	p.get(portal+"/api/v1/session", &s)
	p.csrf[portal] = s.CsrfToken
	return s
}

// signInHere signs in with a local account.
func (p *person) signInHere(portal, email, password string) {
	p.t.Helper()
	p.session(portal)
	a := p.call(http.MethodPost, portal+"/api/v1/session", types.SignIn{Email: email, Password: password})
	require.Equal(p.t, http.StatusOK, a.status, "%s", a.body)
	require.True(p.t, p.session(portal).SignedIn)
}

// signInByHome signs in at a portal through the account home, as the pages do: there, to the sign-in page, and back.
func (p *person) signInByHome(portal, home, email, password string) {
	p.t.Helper()
	p.follow(portal + "/api/v1/signin/start?returnTo=%2Fwieder-da&home=" + url.QueryEscape(home))
	if request := p.pendingRequest(); request != "" {
		p.session(home)
		if !p.session(home).SignedIn {
			p.signInHere(home, email, password)
		}
		var r types.SignInRequest
		p.get(home+"/api/v1/signin/requests/"+request, &r)
		require.Equal(p.t, types.SignInRequestStepContinue, r.Step)
		p.follow(absolute(home, *r.RedirectTo))
	}
	require.True(p.t, strings.HasPrefix(p.at, portal+"/wieder-da"), "back at %s, not %s", portal, p.at)
	require.True(p.t, p.session(portal).SignedIn)
}

func absolute(base, address string) string {
	if strings.HasPrefix(address, "/") {
		return base + address
	}
	return address
}

// follow goes to an address and along its redirects; p.at is where it ended.
func (p *person) follow(address string) {
	p.t.Helper()
	p.at = address
	for range 15 {
		req, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.at, nil)
		require.NoError(p.t, err)
		client := *p.client
		client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		res, err := client.Do(req)
		require.NoError(p.t, err)
		_ = res.Body.Close()
		if res.StatusCode/100 != 3 {
			require.Equal(p.t, http.StatusOK, res.StatusCode, p.at)
			return
		}
		next, err := res.Location()
		require.NoError(p.t, err)
		p.at = next.String()
	}
	require.FailNow(p.t, "redirects without end", p.at)
}

// pendingRequest is the id of the sign-in request when the browser stands at the sign-in page.
func (p *person) pendingRequest() string {
	u, err := url.Parse(p.at)
	require.NoError(p.t, err)
	return u.Query().Get("request")
}

// startApplication finds a service by words, takes its offer for a place, and fills the draft.
func (p *person) startApplication(portal, words, ars string, answers map[string]json.RawMessage) types.Application {
	p.t.Helper()
	var found types.ServiceList
	p.get(portal+"/api/v1/services?q="+url.QueryEscape(words)+"&ars="+ars, &found)
	require.NotEmpty(p.t, found.Items, words)
	return p.startService(portal, found.Items[0].Id.String(), ars, answers)
}

// startService takes the offer of a service for a place, and fills the draft.
func (p *person) startService(portal, service, ars string, answers map[string]json.RawMessage) types.Application {
	p.t.Helper()
	var offers types.OfferList
	p.get(fmt.Sprintf("%s/api/v1/services/%s/offers?ars=%s", portal, service, ars), &offers)
	require.Equal(p.t, types.Found, offers.Resolution, service)
	var a types.Application
	first := p.post(portal+"/api/v1/applications", types.NewApplication{OfferId: offers.Items[0].Id, Ars: ars}, &a)
	sample, ok := answers[a.FormId.String()]
	require.True(p.t, ok, "sample answers for form %s", a.FormId)
	saved := p.call(http.MethodPatch, fmt.Sprintf("%s/api/v1/applications/%s", portal, a.Id), map[string]any{"data": sample}, "If-Match", first.header.Get("ETag"))
	require.Equal(p.t, http.StatusOK, saved.status, "%s", saved.body)
	return a
}

// providerOrders counts the provider's orders by application number, as its staff sees them.
func (p *person) providerOrders(demo *running) map[string]int {
	p.t.Helper()
	staff := newPerson(p.t)
	form := url.Values{"passwort": {demo.places.StaffWord}}
	req, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, demo.places.Provider+"/dienst/anmelden", strings.NewReader(form.Encode()))
	require.NoError(p.t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := staff.client.Do(req)
	require.NoError(p.t, err)
	defer res.Body.Close()
	page, err := io.ReadAll(res.Body)
	require.NoError(p.t, err)
	require.Equal(p.t, http.StatusOK, res.StatusCode)
	orders := map[string]int{}
	for _, match := range regexp.MustCompile(`<dt>Antragsnummer</dt><dd>([^<]+)</dd>`).FindAllSubmatch(page, -1) {
		orders[string(match[1])]++
	}
	return orders
}

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"sync"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/app"
	"portalverbund/server/demo"
)

const (
	wanted = "hund anmelden" // a service with a form, decided by this portal's own clerks
	place  = "034540035035"
)

// citizen is somebody signed in at the portal.
type citizen struct {
	client *http.Client
	config app.Config
	csrf   string
}

// draft makes n drafts of the same application, ready to be submitted, and gives the requests that submit them, and the
// answers in the form.
func (b *bench) draft(ctx context.Context, n int) (requests [][]byte, answers []byte, err error) {
	requests = make([][]byte, n)
	failed := make(chan error, citizens)
	var wait sync.WaitGroup
	var once sync.Once
	for i := range citizens {
		wait.Go(func() {
			c, err := signIn(ctx, b.config, email(i))
			if err != nil {
				failed <- err
				return
			}
			for at := i; at < n; at += citizens {
				request, data, err := c.draft(ctx)
				if err != nil {
					failed <- err
					return
				}
				requests[at] = request
				once.Do(func() { answers = data })
			}
		})
	}
	wait.Wait()
	close(failed)
	for e := range failed {
		err = errors.Join(err, e)
	}
	return requests, answers, err
}

func signIn(ctx context.Context, config app.Config, email string) (*citizen, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	c := &citizen{client: &http.Client{Jar: jar}, config: config}
	var s types.Session
	if err := c.call(ctx, http.MethodGet, "/api/v1/session", nil, &s); err != nil {
		return nil, err
	}
	c.csrf = s.CsrfToken
	if err := c.call(ctx, http.MethodPost, "/api/v1/session", types.SignIn{Email: email, Password: password}, &s); err != nil {
		return nil, err
	}
	c.csrf = s.CsrfToken
	return c, nil
}

// call makes a request as the pages do.
func (c *citizen) call(ctx context.Context, method, path string, body, into any, headers ...string) error {
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		content = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.config.PublicURL+path, content)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Origin", c.config.PublicURL)
	req.Header.Set("X-CSRF-Token", c.csrf)
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := c.client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %s: %s", method, path, res.Status, text)
	}
	return json.Unmarshal(text, into)
}

// offer gives the offer that applications are made for.
func (c *citizen) offer(ctx context.Context) (types.Offer, error) {
	var found types.ServiceList
	if err := c.call(ctx, http.MethodGet, "/api/v1/services?q="+url.QueryEscape(wanted)+"&ars="+place, nil, &found); err != nil {
		return types.Offer{}, err
	}
	for _, item := range found.Items { // the portal holds the catalogs of several: the first may be a neighbour's service
		var offers types.OfferList
		if err := c.call(ctx, http.MethodGet, fmt.Sprintf("/api/v1/services/%s/offers?ars=%s", item.Id, place), nil, &offers); err != nil {
			return types.Offer{}, err
		}
		if len(offers.Items) == 1 && offers.Items[0].FormId != nil {
			return offers.Items[0], nil
		}
	}
	return types.Offer{}, fmt.Errorf("%q has no form at %s", wanted, place)
}

// draft starts an application, fills it in, and gives the request that submits it.
func (c *citizen) draft(ctx context.Context) (request, answers []byte, err error) {
	offer, err := c.offer(ctx)
	if err != nil {
		return nil, nil, err
	}
	all, err := demo.Answers()
	if err != nil {
		return nil, nil, err
	}
	answers = all[*offer.FormId]
	var a types.Application
	err = c.call(ctx, http.MethodPost, "/api/v1/applications", types.NewApplication{OfferId: offer.Id, Ars: place}, &a, "Idempotency-Key", uuid.NewString())
	if err != nil {
		return nil, nil, err
	}
	if err := c.call(ctx, http.MethodPatch, "/api/v1/applications/"+a.Id.String(), map[string]json.RawMessage{"data": answers}, &a, "If-Match", "*"); err != nil {
		return nil, nil, err
	}
	if a.Errors != nil && len(*a.Errors) > 0 {
		return nil, nil, fmt.Errorf("the draft is not complete: %v", *a.Errors)
	}
	host, own, err := c.browser()
	if err != nil {
		return nil, nil, err
	}
	return post(host, "/api/v1/applications/"+a.Id.String()+"/submit", nil, append(own, "Idempotency-Key", uuid.NewString())...), answers, nil
}

// browser gives the host of the portal, and the headers by which it knows the citizen.
func (c *citizen) browser() (host string, headers []string, err error) {
	portal, err := url.Parse(c.config.PublicURL)
	if err != nil {
		return "", nil, err
	}
	cookies := ""
	for _, cookie := range c.client.Jar.Cookies(portal) {
		cookies += cookie.Name + "=" + cookie.Value + "; "
	}
	return portal.Host, []string{"Cookie", cookies, "X-CSRF-Token", c.csrf, "Origin", c.config.PublicURL}, nil
}

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/google/uuid"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

const (
	callTimeout = 10 * time.Second
	firstPause  = 500 * time.Millisecond
	longPause   = 5 * time.Second
)

// portal is the county's portal as its integrators see it.
type portal struct {
	url    string
	client *http.Client
	token  func(ctx context.Context) oauth2.TokenSource
	source oauth2.TokenSource
}

func newPortal(c config) *portal {
	credentials := &clientcredentials.Config{
		ClientID: c.ClientID, ClientSecret: c.ClientSecret, TokenURL: c.PortalURL + "/oauth2/token",
		Scopes: []string{"deliveries:read", "deliveries:write"}, AuthStyle: oauth2.AuthStyleInHeader,
	}
	client := &http.Client{Timeout: callTimeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return &portal{url: c.PortalURL, client: client, token: func(ctx context.Context) oauth2.TokenSource {
		return credentials.TokenSource(context.WithValue(ctx, oauth2.HTTPClient, client))
	}}
}

// errRefused is for a report that the portal will never take.
var errRefused = errors.New("refused by the portal")

// setStatus reports a status of a delivery. The same report may be sent any number of times.
func (p *portal) setStatus(ctx context.Context, id uuid.UUID, reference string, r report) error {
	status := map[string]any{"status": r.Status, "text": r.Text, "reference": reference}
	if r.Notice != nil {
		status["documents"] = []uuid.UUID{r.Notice.DocumentID}
	}
	body, err := json.Marshal(status)
	if err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	response, err := p.do(ctx, http.MethodPost, "/api/v1/deliveries/"+id.String()+"/status", bytes.NewReader(body), http.Header{
		"Content-Type": {"application/json"}, "Idempotency-Key": {r.Key},
	})
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }() // it was only read
	answer, _ := io.ReadAll(io.LimitReader(response.Body, 64<<10))
	return p.read(response.StatusCode, answer)
}

// do sends a request with an access token. The body of the answer is for the caller to close.
func (p *portal) do(ctx context.Context, method, path string, body io.Reader, header http.Header) (*http.Response, error) {
	if p.source == nil {
		p.source = p.token(ctx)
	}
	token, err := p.source.Token()
	if err != nil {
		return nil, fmt.Errorf("get access token: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, method, p.url+path, body)
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	request.Header = header
	token.SetAuthHeader(request)
	return p.client.Do(request)
}

func (p *portal) read(status int, answer []byte) error {
	switch status {
	case http.StatusOK, http.StatusCreated:
		return nil
	case http.StatusUnauthorized:
		p.source = nil // the token was withdrawn, or the portal has new keys
	case http.StatusBadRequest, http.StatusNotFound, http.StatusConflict, http.StatusUnprocessableEntity:
		var problem struct {
			Title string `json:"title"`
		}
		_ = json.Unmarshal(answer, &problem) // the status alone will do
		return fmt.Errorf("%w: %d %s", errRefused, status, problem.Title)
	}
	return fmt.Errorf("portal answered with status %d", status)
}

// report sends what is to be reported, oldest first, until ctx ends. What fails is tried again, after a restart too.
func (c *company) report(ctx context.Context) {
	pause := firstPause
	for {
		if err := errors.Join(c.fetchAll(ctx), c.reportAll(ctx)); err != nil {
			c.log.Warn("not everything fetched and reported, trying again", "in", pause, "error", err)
			select {
			case <-ctx.Done():
				return
			case <-time.After(pause):
			}
			pause = min(pause*2, longPause)
			continue
		}
		pause = firstPause
		select {
		case <-ctx.Done():
			return
		case <-c.wake:
		}
	}
}

// reportAll sends every open report; within an order one after the other.
func (c *company) reportAll(ctx context.Context) error {
	var failed error
	for _, kept := range c.orders.all() {
		for i, r := range kept.Reports {
			if !r.open() {
				continue
			}
			r, answer := c.withNotice(ctx, kept, i)
			if answer == nil {
				answer = c.portal.setStatus(ctx, kept.ID, kept.Reference, r)
			}
			if answer != nil && !errors.Is(answer, errRefused) {
				failed = errors.Join(failed, answer)
				break
			}
			if err := c.noteReport(kept.ID, i, answer); err != nil {
				return err
			}
		}
	}
	return failed
}

func (c *company) noteReport(id uuid.UUID, index int, refused error) error {
	now := c.now().UTC()
	return c.orders.change(id, func(o *order) error {
		if refused == nil {
			o.Reports[index].SentAt = &now
		} else {
			o.Reports[index].RefusedAs = refused.Error()
		}
		return nil
	})
}

// addReport puts a status on its way to the portal.
func (c *company) addReport(o *order, status, text string, n *notice) {
	o.Reports = append(o.Reports, report{Key: uuid.NewString(), Status: status, Text: text, Notice: n})
}

// nudge wakes the sender of reports.
func (c *company) nudge() {
	select {
	case c.wake <- struct{}{}:
	default: // awake already
	}
}

// Package collect fetches data from other systems' APIs: one request after the other at a measured pace, again after a
// pause while the other side is busy or broken, and with an end to everything: to a request, an answer, the pauses, and
// the number of requests of one run.
package collect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"portalverbund/server/platform/outbound"
)

// Defaults of Options.
const (
	DefaultRate         = 4 // requests a second
	DefaultTries        = 6
	DefaultFirstPause   = time.Second
	DefaultLongestPause = time.Minute
	DefaultLongestWait  = 10 * time.Minute
	DefaultMaxRequests  = 500_000
)

const (
	userAgent = "Portalverbund"
	maxDrain  = 64 << 10 // what is read of an answer that is not wanted, so that its connection can be used again
)

var (
	// ErrNotFound says that the other side has nothing under an address (404, 410) or nothing to say (204).
	ErrNotFound = errors.New("nothing there")
	// ErrAnswer says that an answer is not what the API promises: another kind of content, or content that can't be read.
	ErrAnswer = errors.New("the answer can't be used")
	// ErrRefused says that the other side does not let this portal in (401, 403): a key or secret is wrong or has ended.
	ErrRefused = errors.New("access is refused")
	// ErrUnavailable says that the other side did not answer in all tries.
	ErrUnavailable = errors.New("not available")
	// ErrTooMany says that a run asked more often than a run may: the other side's paging has no end.
	ErrTooMany = errors.New("too many requests in one run")
)

// Doer sends requests: an http.Client, in production one of platform/outbound, which limits time and size.
type Doer interface {
	Do(request *http.Request) (*http.Response, error)
}

// Access lets a request in, by a header. Renew is called once after a refusal, to get a new token where there are tokens;
// it reports whether there is something new to try with.
type Access interface {
	Grant(ctx context.Context, request *http.Request) error
	Renew() bool
}

// Options tune a Client. Zero values mean the defaults.
type Options struct {
	HTTP         Doer
	Header       http.Header   // sent with every request
	Access       Access        // none: everyone is let in
	Rate         float64       // requests a second
	Tries        int           // of one request
	FirstPause   time.Duration // after the first failure; doubles with each
	LongestPause time.Duration
	LongestWait  time.Duration // Retry-After beyond it ends the run
	MaxRequests  int           // of one run

	Now   func() time.Time
	Sleep func(ctx context.Context, pause time.Duration) error
}

// Client asks one API in one run. It is not safe for use by several goroutines.
type Client struct {
	options Options
	pace    *rate.Limiter
	asked   *int
}

// New makes a Client.
func New(o Options) *Client {
	if o.Rate <= 0 {
		o.Rate = DefaultRate
	}
	if o.Tries <= 0 {
		o.Tries = DefaultTries
	}
	if o.FirstPause <= 0 {
		o.FirstPause = DefaultFirstPause
	}
	if o.LongestPause <= 0 {
		o.LongestPause = DefaultLongestPause
	}
	if o.LongestWait <= 0 {
		o.LongestWait = DefaultLongestWait
	}
	if o.MaxRequests <= 0 {
		o.MaxRequests = DefaultMaxRequests
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	return &Client{options: o, pace: rate.NewLimiter(rate.Limit(o.Rate), 1), asked: new(int)}
}

// With gives a client that sends a header besides, and shares pace and count with this one.
func (c *Client) With(name, value string) *Client {
	other := *c
	other.options.Header = c.options.Header.Clone()
	if other.options.Header == nil {
		other.options.Header = http.Header{}
	}
	other.options.Header.Set(name, value)
	return &other
}

// JSON gets a JSON document.
func (c *Client) JSON(ctx context.Context, address string, into any) error {
	body, err := c.get(ctx, address, "application/json", isJSON)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("%s: %w: %w", shown(address), ErrAnswer, err)
	}
	return nil
}

// CSV gets a list of values separated by commas or semicolons.
func (c *Client) CSV(ctx context.Context, address string) ([]byte, error) {
	return c.get(ctx, address, "text/csv, text/plain;q=0.9", isCSV)
}

func isJSON(mediaType string) bool {
	return mediaType == "application/json" || strings.HasSuffix(mediaType, "+json")
}

func isCSV(mediaType string) bool {
	return mediaType == "text/csv" || mediaType == "text/plain" || mediaType == "application/csv" || mediaType == "application/octet-stream"
}

// get asks until there is an answer that is final.
func (c *Client) get(ctx context.Context, address, accept string, wanted func(mediaType string) bool) ([]byte, error) {
	renewed := false
	var last error
	for try := 1; try <= c.options.Tries; try++ {
		if *c.asked++; *c.asked > c.options.MaxRequests {
			return nil, fmt.Errorf("%s: %w (%d)", shown(address), ErrTooMany, c.options.MaxRequests)
		}
		if err := c.pace.WaitN(ctx, 1); err != nil {
			return nil, fmt.Errorf("%s: %w", shown(address), err)
		}
		body, again, err := c.once(ctx, address, accept, wanted)
		switch {
		case err == nil:
			return body, nil
		case ctx.Err() != nil:
			return nil, fmt.Errorf("%s: %w", shown(address), ctx.Err())
		case errors.Is(err, ErrRefused) && !renewed && c.options.Access != nil && c.options.Access.Renew():
			renewed = true
			continue
		case again == nil:
			return nil, fmt.Errorf("%s: %w", shown(address), err)
		case again.after > c.options.LongestWait:
			return nil, fmt.Errorf("%s: %w: asks to wait for %s", shown(address), ErrUnavailable, again.after.Round(time.Second))
		}
		last = err
		if try == c.options.Tries {
			break
		}
		if err := c.options.Sleep(ctx, max(again.after, c.pause(try))); err != nil {
			return nil, fmt.Errorf("%s: %w", shown(address), err)
		}
	}
	return nil, fmt.Errorf("%s: %w after %d tries: %w", shown(address), ErrUnavailable, c.options.Tries, last)
}

// again says that a request may succeed later, and after how long the other side wants it.
type again struct{ after time.Duration }

// once asks once.
func (c *Client) once(ctx context.Context, address, accept string, wanted func(string) bool) ([]byte, *again, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, nil, err
	}
	for name, values := range c.options.Header {
		request.Header[name] = values
	}
	request.Header.Set("Accept", accept)
	request.Header.Set("User-Agent", userAgent)
	if c.options.Access != nil {
		if err := c.options.Access.Grant(ctx, request); err != nil {
			if errors.Is(err, ErrRefused) {
				return nil, nil, err
			}
			return nil, &again{}, err
		}
	}
	response, err := c.options.HTTP.Do(request)
	if err != nil {
		return nil, retryable(err), withoutAddress(err)
	}
	defer func() { _ = response.Body.Close() }() // it was only read
	if response.StatusCode != http.StatusOK {
		_, _ = io.CopyN(io.Discard, response.Body, maxDrain)
		return c.judge(response)
	}
	mediaType, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if !wanted(mediaType) {
		_, _ = io.CopyN(io.Discard, response.Body, maxDrain)
		return nil, nil, fmt.Errorf("%w: it is %.60q", ErrAnswer, response.Header.Get("Content-Type"))
	}
	body, err := io.ReadAll(response.Body) // limited by the client
	if err != nil {
		return nil, retryable(err), err
	}
	return body, nil, nil
}

// retryable tells failures that pass by themselves from those that would come again: an address that must not be called,
// an answer that is larger than allowed.
func retryable(err error) *again {
	if errors.Is(err, outbound.ErrAddressRefused) || errors.Is(err, outbound.ErrSchemeRefused) || errors.Is(err, outbound.ErrResponseTooLarge) {
		return nil
	}
	return &again{}
}

// judge says what a status means.
func (c *Client) judge(response *http.Response) ([]byte, *again, error) {
	err := fmt.Errorf("answered with status %d", response.StatusCode)
	switch response.StatusCode {
	case http.StatusNotFound, http.StatusGone, http.StatusNoContent:
		return nil, nil, ErrNotFound
	case http.StatusUnauthorized, http.StatusForbidden:
		return nil, nil, fmt.Errorf("%w: %w", ErrRefused, err)
	case http.StatusTooManyRequests, http.StatusRequestTimeout, http.StatusInternalServerError, http.StatusBadGateway,
		http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return nil, &again{retryAfter(response.Header.Get("Retry-After"), c.options.Now())}, err
	}
	return nil, nil, err
}

// pause doubles with every try up to the longest, and varies by a quarter so that many do not come at once.
func (c *Client) pause(try int) time.Duration {
	pause := c.options.LongestPause
	if try < 20 {
		pause = min(c.options.FirstPause<<(try-1), pause)
	}
	return pause - pause/4 + rand.N(pause/2+1) //nolint:gosec // no secret
}

// retryAfter reads seconds or a date (RFC 9110 section 10.2.3).
func retryAfter(value string, now time.Time) time.Duration {
	value = strings.TrimSpace(value)
	if seconds, err := strconv.ParseInt(value, 10, 32); err == nil {
		return time.Duration(max(seconds, 0)) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}

func sleep(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// withoutAddress leaves out what http.Client adds: the address is named once, and without its query.
func withoutAddress(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// shown is an address for a report: without user, query and fragment, where keys may stand.
func shown(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "address"
	}
	return u.Scheme + "://" + u.Host + u.Path
}

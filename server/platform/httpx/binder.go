package httpx

import (
	"encoding/json"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"

	"portalverbund/server/platform/problem"
)

// binder decodes the body and nothing else: echo's own also lets path and query parameters into the value.
type binder struct{}

// Bind decodes the JSON body of a request that has been validated.
func (binder) Bind(into any, c echo.Context) error {
	if err := json.NewDecoder(c.Request().Body).Decode(into); err != nil {
		return problem.BadRequest("json", "Der Inhalt ist kein gültiges JSON.", "The body is not valid JSON.").Because(err)
	}
	return nil
}

type serializer struct{}

// Serialize writes JSON.
func (serializer) Serialize(c echo.Context, value any, _ string) error {
	return json.NewEncoder(c.Response()).Encode(value)
}

// Deserialize reads JSON.
func (serializer) Deserialize(c echo.Context, into any) error {
	return json.NewDecoder(c.Request().Body).Decode(into)
}

// ipExtractor takes the peer's address, or X-Forwarded-For where the peer is a trusted proxy.
func ipExtractor(trusted []string) (echo.IPExtractor, error) {
	if len(trusted) == 0 {
		return echo.ExtractIPDirect(), nil
	}
	options := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, cidr := range trusted {
		_, network, err := net.ParseCIDR(cidr)
		if err != nil {
			return nil, fmt.Errorf("trusted proxies: %w", err)
		}
		options = append(options, echo.TrustIPRange(network))
	}
	return echo.ExtractIPFromXFFHeader(options...), nil
}

const (
	maxAddresses = 20_000 // buckets kept; the oldest half goes when there are more
	forgetAfter  = 10 * time.Minute
)

// rates is a token bucket for each address.
type rates struct {
	mu      sync.Mutex
	perSec  rate.Limit
	burst   int
	buckets map[string]*bucket
}

type bucket struct {
	limiter *rate.Limiter
	seen    time.Time
}

func newRates(config Config) *rates {
	return &rates{perSec: rate.Limit(config.RatePerSecond), burst: config.RateBurst, buckets: map[string]*bucket{}}
}

func (r *rates) allow(address string, now time.Time) (wait time.Duration, ok bool) {
	if r.perSec == 0 {
		return 0, true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	b := r.buckets[address]
	if b == nil {
		if len(r.buckets) >= maxAddresses {
			r.forget(now)
		}
		b = &bucket{limiter: rate.NewLimiter(r.perSec, r.burst)}
		r.buckets[address] = b
	}
	b.seen = now
	if b.limiter.AllowN(now, 1) {
		return 0, true
	}
	return time.Second, false
}

func (r *rates) forget(now time.Time) {
	for address, b := range r.buckets {
		if now.Sub(b.seen) > forgetAfter {
			delete(r.buckets, address)
		}
	}
	for address := range r.buckets { // still too many: drop any, the map's order is random
		if len(r.buckets) < maxAddresses/2 {
			return
		}
		delete(r.buckets, address)
	}
}

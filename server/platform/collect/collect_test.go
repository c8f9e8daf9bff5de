package collect_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"portalverbund/server/platform/collect"
	"portalverbund/server/platform/outbound"
)

// pauses keeps what a client would have waited for, without waiting.
type pauses []time.Duration

func (p *pauses) sleep(ctx context.Context, d time.Duration) error {
	*p = append(*p, d)
	return ctx.Err()
}

func client(t *testing.T, o collect.Options) (*collect.Client, *pauses) {
	t.Helper()
	var slept pauses
	if o.HTTP == nil {
		o.HTTP = outbound.Client(outbound.Options{AllowLoopback: true, MaxResponse: 1 << 16})
	}
	o.Rate, o.Sleep = 10_000, slept.sleep
	return collect.New(o), &slept
}

// serve answers each request with the next of the answers, the last one again and again.
func serve(t *testing.T, answers ...func(http.ResponseWriter, *http.Request)) (url string, calls *atomic.Int64) {
	t.Helper()
	calls = new(atomic.Int64)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answers[min(int(calls.Add(1)), len(answers))-1](w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL + "/x?secret=abc", calls
}

func status(code int, header ...string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		if len(header) == 2 {
			w.Header().Set(header[0], header[1])
		}
		w.WriteHeader(code)
	}
}

func good(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	_, _ = io.WriteString(w, `{"a":1}`)
}

func TestJSON_BusyThenGood_WaitsAsLongAsAsked(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"7":                             7 * time.Second,
		"Sun, 01 Mar 2026 12:00:40 GMT": 40 * time.Second,
		"soon":                          0,
		"-5":                            0,
	} {
		url, calls := serve(t, status(http.StatusTooManyRequests, "Retry-After", header), good)
		c, slept := client(t, collect.Options{Now: func() time.Time { return now }})
		var got struct{ A int }
		if err := c.JSON(t.Context(), url, &got); err != nil || got.A != 1 {
			t.Fatalf("%s: %v, %v", header, got, err)
		}
		if calls.Load() != 2 || len(*slept) != 1 || (*slept)[0] < want || want == 0 && (*slept)[0] > 2*collect.DefaultFirstPause {
			t.Errorf("%s: %d calls, slept %v, want %s", header, calls.Load(), *slept, want)
		}
	}
}

func TestJSON_BrokenForAWhile_PausesGrowAndItRecovers(t *testing.T) {
	t.Parallel()
	url, calls := serve(t, status(500), status(502), status(503), status(504), good)
	c, slept := client(t, collect.Options{})
	var got struct{ A int }
	if err := c.JSON(t.Context(), url, &got); err != nil || got.A != 1 || calls.Load() != 5 {
		t.Fatalf("%v after %d calls: %v", got, calls.Load(), err)
	}
	for i, pause := range *slept {
		middle := collect.DefaultFirstPause << i
		if pause < middle*3/4 || pause > middle*5/4+1 {
			t.Errorf("pause %d is %s, want about %s", i, pause, middle)
		}
	}
}

func TestJSON_BrokenForGood_EndsAndNamesNoQuery(t *testing.T) {
	t.Parallel()
	url, calls := serve(t, status(503))
	c, slept := client(t, collect.Options{Tries: 3})
	err := c.JSON(t.Context(), url, &struct{}{})
	if !errors.Is(err, collect.ErrUnavailable) || calls.Load() != 3 || len(*slept) != 2 || strings.Contains(err.Error(), "secret") {
		t.Errorf("%v after %d calls", err, calls.Load())
	}
}

func TestJSON_AsksToWaitForTooLong_Ends(t *testing.T) {
	t.Parallel()
	url, calls := serve(t, status(503, "Retry-After", "86400"))
	c, slept := client(t, collect.Options{})
	if err := c.JSON(t.Context(), url, &struct{}{}); !errors.Is(err, collect.ErrUnavailable) || calls.Load() != 1 || len(*slept) != 0 {
		t.Errorf("%v after %d calls", err, calls.Load())
	}
}

func TestJSON_FinalAnswers_AreNotAskedForAgain(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		answer func(http.ResponseWriter, *http.Request)
		want   error
	}{
		"nothing there": {status(404), collect.ErrNotFound},
		"no content":    {status(204), collect.ErrNotFound},
		"bad key":       {status(403), collect.ErrRefused},
		"HTML": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, "<p>Wartung")
		}, collect.ErrAnswer},
		"no JSON": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"a":`)
		}, collect.ErrAnswer},
		"too large": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `"`+strings.Repeat("x", 1<<17)+`"`)
		}, outbound.ErrResponseTooLarge},
		"redirect": {status(302, "Location", "http://127.0.0.1:1/"), nil},
	} {
		url, calls := serve(t, tt.answer)
		c, _ := client(t, collect.Options{})
		err := c.JSON(t.Context(), url, &struct{}{})
		if err == nil || tt.want != nil && !errors.Is(err, tt.want) || calls.Load() != 1 {
			t.Errorf("%s: %v after %d calls", name, err, calls.Load())
		}
	}
}

func TestJSON_ConnectionBreaksInTheAnswer_AskedAgain(t *testing.T) {
	t.Parallel()
	url, calls := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, `{"a":`)
	}, good)
	c, _ := client(t, collect.Options{})
	var got struct{ A int }
	if err := c.JSON(t.Context(), url, &got); err != nil || got.A != 1 || calls.Load() != 2 {
		t.Errorf("%v after %d calls: %v", got, calls.Load(), err)
	}
}

func TestJSON_InternalAddress_RefusedAtOnce(t *testing.T) {
	t.Parallel()
	url, calls := serve(t, good)
	c, slept := client(t, collect.Options{HTTP: outbound.Client(outbound.Options{})})
	err := c.JSON(t.Context(), strings.Replace(url, "http:", "https:", 1), &struct{}{})
	if !errors.Is(err, outbound.ErrAddressRefused) || calls.Load() != 0 || len(*slept) != 0 {
		t.Errorf("%v after %d calls", err, calls.Load())
	}
}

func TestJSON_Cancelled_EndsInThePause(t *testing.T) {
	t.Parallel()
	url, _ := serve(t, status(503))
	ctx, cancel := context.WithCancel(t.Context())
	c := collect.New(collect.Options{
		HTTP: outbound.Client(outbound.Options{AllowLoopback: true}),
		Sleep: func(ctx context.Context, _ time.Duration) error {
			cancel()
			return ctx.Err()
		},
	})
	if err := c.JSON(ctx, url, &struct{}{}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestJSON_EndlessRun_EndsAtTheLimit(t *testing.T) {
	t.Parallel()
	url, calls := serve(t, good)
	c, _ := client(t, collect.Options{MaxRequests: 5})
	var err error
	for range 10 {
		if err = c.JSON(t.Context(), url, &struct{}{}); err != nil {
			break
		}
	}
	if !errors.Is(err, collect.ErrTooMany) || calls.Load() != 5 {
		t.Errorf("%v after %d calls", err, calls.Load())
	}
}

func TestKey_EveryRequest_CarriesIt(t *testing.T) {
	t.Parallel()
	url, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("api_key") != "k" || r.Header.Get("Accept-Language") != "de_DE" || r.Header.Get("Accept") != "application/json" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		good(w, r)
	})
	c, _ := client(t, collect.Options{Access: collect.Key{Header: "api_key", Value: "k"}, Header: http.Header{"Accept-Language": {"de_DE"}}})
	if err := c.JSON(t.Context(), url, &struct{}{}); err != nil {
		t.Error(err)
	}
}

// issuer gives tokens, and says how often.
func issuer(t *testing.T, body func(n int64) string) (url string, issued *atomic.Int64) {
	t.Helper()
	issued = new(atomic.Int64)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("grant_type") != "client_credentials" || r.FormValue("client_id") != "id" || r.FormValue("client_secret") != "geheim" {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, `{"error":"invalid_client","error_description":"geheim"}`)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, body(issued.Add(1)))
	}))
	t.Cleanup(server.Close)
	return server.URL, issued
}

func bearer(want *string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+*want {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		good(w, r)
	}
}

func TestTokens_UsedUntilTheyEnd(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	ending := func(at time.Time) string {
		token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.RegisteredClaims{ExpiresAt: jwt.NewNumericDate(at)}).SignedString([]byte("key"))
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	for name, body := range map[string]string{
		"by the answer":    `{"access_token":"t","token_type":"Bearer","expires_in":300}`,
		"by the token":     fmt.Sprintf(`{"access_token":%q,"token_type":"Bearer"}`, ending(now.Add(5*time.Minute))),
		"nothing is known": `{"access_token":"t","token_type":"Bearer"}`,
	} {
		clock := now
		tokenURL, issued := issuer(t, func(int64) string { return body })
		tokens := collect.NewTokens(tokenURL, "id", "geheim", nil, http.DefaultClient, func() time.Time { return clock })
		for _, step := range []struct {
			after time.Duration
			want  int64
		}{{0, 1}, {time.Second, 1}, {6 * time.Minute, 2}} {
			clock = now.Add(step.after)
			request := httptest.NewRequest(http.MethodGet, "/", nil)
			if err := tokens.Grant(t.Context(), request); err != nil || issued.Load() != step.want {
				t.Errorf("%s after %s: %d tokens, want %d, %v", name, step.after, issued.Load(), step.want, err)
			}
		}
	}
}

func TestTokens_RefusedBeforeTheirTime_RenewedOnce(t *testing.T) {
	t.Parallel()
	tokenURL, issued := issuer(t, func(n int64) string {
		return fmt.Sprintf(`{"access_token":"t%d","token_type":"Bearer","expires_in":300}`, n)
	})
	want := "t2"
	url, calls := serve(t, bearer(&want))
	c, _ := client(t, collect.Options{Access: collect.NewTokens(tokenURL, "id", "geheim", nil, http.DefaultClient, nil)})
	if err := c.JSON(t.Context(), url, &struct{}{}); err != nil || issued.Load() != 2 || calls.Load() != 2 {
		t.Fatalf("%v, %d tokens, %d calls", err, issued.Load(), calls.Load())
	}
	want = "none"
	if err := c.JSON(t.Context(), url, &struct{}{}); !errors.Is(err, collect.ErrRefused) || issued.Load() != 3 || calls.Load() != 4 {
		t.Errorf("%v, %d tokens, %d calls", err, issued.Load(), calls.Load())
	}
}

func TestTokens_WrongSecret_RefusedWithoutTellingIt(t *testing.T) {
	t.Parallel()
	tokenURL, _ := issuer(t, func(int64) string { return "" })
	url, calls := serve(t, good)
	c, slept := client(t, collect.Options{Access: collect.NewTokens(tokenURL, "id", "falsch", nil, http.DefaultClient, nil)})
	err := c.JSON(t.Context(), url, &struct{}{})
	if !errors.Is(err, collect.ErrRefused) || strings.Contains(err.Error(), "geheim") || calls.Load() != 0 || len(*slept) != 0 {
		t.Errorf("%v, %d calls", err, calls.Load())
	}
}

func TestTokens_IssuerBroken_TriedAgain(t *testing.T) {
	t.Parallel()
	tokenURL, asked := serve(t, status(503), func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"access_token":"t","token_type":"Bearer","expires_in":300}`)
	})
	want := "t"
	url, _ := serve(t, bearer(&want))
	c, slept := client(t, collect.Options{Access: collect.NewTokens(tokenURL, "id", "geheim", nil, http.DefaultClient, nil)})
	if err := c.JSON(t.Context(), url, &struct{}{}); err != nil || asked.Load() != 2 || len(*slept) != 1 {
		t.Errorf("%v, %d requests for tokens, slept %v", err, asked.Load(), *slept)
	}
}

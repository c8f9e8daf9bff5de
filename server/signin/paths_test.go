package signin

import (
	"net/http"
	"testing"
)

func TestCookies_BoundToTheHostWithHTTPS_AndToThePortWithout(t *testing.T) {
	t.Parallel()
	secure := newCookies("https://portal.example.de").sessionCookie("value")
	if secure.Name != "__Host-session" || !secure.Secure || secure.Path != "/" || secure.Domain != "" {
		t.Errorf("https: %s", secure)
	}
	loopback := newCookies("http://localhost:8081").sessionCookie("value")
	if loopback.Name != "session_8081" || loopback.Secure {
		t.Errorf("loopback: %s", loopback)
	}
	for _, c := range []*http.Cookie{secure, loopback} {
		if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.MaxAge != 0 {
			t.Errorf("%s", c)
		}
	}
}

func TestBrowserOf_NamesWhatAPersonRecognises(t *testing.T) {
	t.Parallel()
	for agent, want := range map[string]string{
		"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0":                                                           "Firefox · Linux",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36":                  "Chrome · Windows",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36 Edg/156.0":        "Edge · Windows",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile Safari/604.1": "Safari · iPhone",
		"curl/8.5.0": "",
	} {
		r := &http.Request{Header: http.Header{"User-Agent": {agent}}}
		if got := browserOf(r); got != want {
			t.Errorf("%q: %q, want %q", agent, got, want)
		}
	}
}

package httpx

import (
	"strings"
	"testing"
)

func TestLocalPath_OnlyPagesOfThisPortal(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]bool{
		"/":                             true,
		"/leistungen/1/antrag?ars=0345": true,
		"/suche?q=//evil.example":       true,
		"/a#b":                          true,
		"":                              false,
		"leistungen":                    false,
		"//evil.example":                false,
		"///evil.example":               false,
		"/\\evil.example":               false,
		"/\t/evil.example":              false,
		"/\n/evil.example":              false,
		"\\\\evil.example":              false,
		"/a\\b":                         false,
		"https://evil.example/":         false,
		"javascript:alert(1)":           false,
		" /":                            false,
		"/%zz":                          false,
		"/api/v1/session":               false,
		"/oauth2/authorize?x":           false,
		"/identity/bundid/metadata":     false,
		"/\x00":                         false,
		"/" + strings.Repeat("a", 500):  false,
	} {
		if got := LocalPath(path); got != want {
			t.Errorf("LocalPath(%q) = %v", path, got)
		}
	}
}

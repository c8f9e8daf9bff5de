package files

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

type closing struct {
	*strings.Reader

	closed bool
}

func (c *closing) Close() error { c.closed = true; return nil }

func TestServe_WholeAndInParts_WithTheHashOfAllOfIt(t *testing.T) {
	t.Parallel()
	const body = "%PDF-1.7 ein Abholschein"
	sum := sha256.Sum256([]byte(body))
	tag := `"` + hex.EncodeToString(sum[:]) + `"`
	for name, c := range map[string]struct {
		header map[string]string
		status int
		want   string
	}{
		"whole":            {nil, http.StatusOK, body},
		"the rest":         {map[string]string{"Range": "bytes=9-"}, http.StatusPartialContent, body[9:]},
		"a part":           {map[string]string{"Range": "bytes=1-3"}, http.StatusPartialContent, body[1:4]},
		"beyond":           {map[string]string{"Range": "bytes=900-"}, http.StatusRequestedRangeNotSatisfiable, ""},
		"still the same":   {map[string]string{"Range": "bytes=9-", "If-Range": tag}, http.StatusPartialContent, body[9:]},
		"another file now": {map[string]string{"Range": "bytes=9-", "If-Range": `"other"`}, http.StatusOK, body},
		"known":            {map[string]string{"If-None-Match": tag}, http.StatusNotModified, ""},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		for k, v := range c.header {
			r.Header.Set(k, v)
		}
		w, content := httptest.NewRecorder(), &closing{Reader: strings.NewReader(body)}
		if err := Serve(w, r, "Abholschein.pdf", hex.EncodeToString(sum[:]), content); err != nil {
			t.Fatal(err)
		}
		got, _ := io.ReadAll(w.Body)
		if w.Code != c.status || c.want != "" && string(got) != c.want || !content.closed {
			t.Errorf("%s: %d %q, closed %v, want %d %q", name, w.Code, got, content.closed, c.status, c.want)
		}
		h := w.Header()
		if w.Code < 300 && (h.Get("ETag") != tag || h.Get("Repr-Digest") != "sha-256=:"+base64.StdEncoding.EncodeToString(sum[:])+":" || h.Get("X-Content-Type-Options") != "nosniff" ||
			!strings.HasPrefix(h.Get("Content-Disposition"), "attachment") || h.Get("Accept-Ranges") != "bytes") {
			t.Errorf("%s: headers %v", name, h)
		}
	}
}

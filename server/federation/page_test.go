package federation

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"portalverbund/api/types"
)

func pageLines(t *testing.T, p *portal, reader string) []string {
	t.Helper()
	zipped, err := p.CatalogPage(t.Context(), reader, "", 0)
	require.NoError(t, err)
	unzipped, err := gzip.NewReader(bytes.NewReader(zipped))
	require.NoError(t, err)
	data, err := io.ReadAll(unzipped)
	require.NoError(t, err)
	return strings.SplitAfter(strings.TrimSuffix(string(data), "\n"), "\n")
}

func zipped(text string) *bytes.Buffer {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return &b
}

func TestReadPage_NotWhatTheOwnerSigned_Refused(t *testing.T) {
	t.Parallel()
	ps := portals(t, 3, harness{idle: true})
	a, b, c := ps[0], ps[1], ps[2]
	for i := range 3 {
		a.publishTitle(t.Context(), fmt.Sprint(i), "x")
	}
	a.settled()
	lines := pageLines(t, a, b.id)
	require.Len(t, lines, 4)
	end := func(change func(e *types.CatalogPageEnd)) string {
		var e types.CatalogPageEnd
		require.NoError(t, json.Unmarshal([]byte(lines[3]), &e))
		change(&e)
		data, err := json.Marshal(e)
		require.NoError(t, err)
		return lines[0] + lines[1] + lines[2] + string(data) + "\n"
	}
	signed := func(by *portal, change func(c *pageClaims)) string {
		return end(func(e *types.CatalogPageEnd) {
			var claims pageClaims
			require.NoError(t, b.verify(t.Context(), e.Digest, typPage, b.id, 0, &claims))
			claims.stamp = by.newStamp(b.id)
			change(&claims)
			digest, err := by.sign(typPage, claims)
			require.NoError(t, err)
			e.Digest, e.Cursor, e.More, e.Snapshot = digest, claims.Cursor, claims.More, &claims.Snapshot
		})
	}
	whole := strings.Join(lines, "")
	if !strings.HasSuffix(whole, "\n") {
		whole += "\n"
	}
	_, err := b.readPage(t.Context(), zipped(whole), a.id, "")
	require.NoError(t, err, "the page itself")
	_, err = b.readPage(t.Context(), zipped(signed(a, func(*pageClaims) {})), a.id, "")
	require.NoError(t, err, "signed anew")
	for name, text := range map[string]string{
		"empty":                  "",
		"no end":                 lines[0] + lines[1] + lines[2],
		"cut in a line":          strings.TrimSuffix(whole, "\n"),
		"a line missing":         lines[0] + lines[2] + lines[3] + "\n",
		"lines swapped":          lines[1] + lines[0] + lines[2] + lines[3] + "\n",
		"a line twice":           lines[0] + lines[0] + lines[1] + lines[2] + lines[3] + "\n",
		"a letter changed":       strings.Replace(whole, `"title":"x"`, `"title":"y"`, 1),
		"a space more":           strings.Replace(whole, `"title":"x"`, `"title": "x"`, 1),
		"more after the end":     whole + lines[0],
		"no JSON":                "x\n" + whole,
		"digest flipped":         end(func(e *types.CatalogPageEnd) { e.Digest = flip(e.Digest, 2, 8) }),
		"digest of nobody":       end(func(e *types.CatalogPageEnd) { e.Digest = "" }),
		"another cursor":         end(func(e *types.CatalogPageEnd) { e.Cursor += "1" }),
		"pretends more":          end(func(e *types.CatalogPageEnd) { e.More = true }),
		"no snapshot":            end(func(e *types.CatalogPageEnd) { e.Snapshot = nil }),
		"signed by another":      signed(c, func(*pageClaims) {}),
		"for another reader":     signed(a, func(p *pageClaims) { p.Audience = c.id }),
		"from another cursor on": signed(a, func(p *pageClaims) { p.After = "x" }),
		"of last week":           signed(a, func(p *pageClaims) { p.IssuedAt -= 7 * 24 * 3600 }),
		"other count":            signed(a, func(p *pageClaims) { p.Count++ }),
		"without cursor":         signed(a, func(p *pageClaims) { p.Cursor = "" }),
		"endless cursor":         signed(a, func(p *pageClaims) { p.Cursor = strings.Repeat("x", 101) }),
		"first of nothing":       signed(a, func(p *pageClaims) { p.Snapshot = false }),
		"from the middle":        signed(a, func(p *pageClaims) { p.First = false }),
		"a line too long":        `{"kind":"service","id":"1","deleted":true,"x":"` + strings.Repeat("x", maxLine) + "\"}\n" + whole,
		"a bomb":                 strings.Repeat(" ", maxPageSize) + "\n" + whole,
		"many short lines":       strings.Repeat(`{"kind":"a","id":"b","deleted":true}`+"\n", 1_000_000),
		"without a payload":      `{"kind":"service","id":"9","deleted":false}` + "\n" + whole,
		"deleted with a payload": `{"kind":"service","id":"9","deleted":true,"payload":{}}` + "\n" + whole,
		"without an id":          `{"kind":"service","id":"","deleted":true}` + "\n" + whole,
		"with NUL":               `{"kind":"service","id":"a\u0000","deleted":true}` + "\n" + whole,
	} {
		_, err := b.readPage(t.Context(), zipped(text), a.id, "")
		require.ErrorIs(t, err, errPage, name)
	}
	_, err = b.readPage(t.Context(), strings.NewReader(whole), a.id, "")
	require.ErrorIs(t, err, errPage, "not compressed")
}

func TestReadCatalog_OverHTTP_MembersOnlyAndPlainOnRequest(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{idle: true})
	a, b := ps[0], ps[1]
	a.publishTitle(t.Context(), "1", "x")
	a.settled()
	get := func(token, encoding string) *http.Response {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.id+"/federation/v1/catalog", nil)
		require.NoError(t, err)
		r.Header.Set("Accept-Encoding", encoding)
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		response, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		t.Cleanup(func() { _ = response.Body.Close() })
		return response
	}
	require.Equal(t, http.StatusUnauthorized, get("", "gzip").StatusCode)
	token, err := b.Token(a.id)
	require.NoError(t, err)
	plain := get(token, "identity")
	require.Equal(t, http.StatusOK, plain.StatusCode)
	require.Equal(t, "application/x-ndjson", plain.Header.Get("Content-Type"))
	require.Empty(t, plain.Header.Get("Content-Encoding"))
	text, err := io.ReadAll(plain.Body)
	require.NoError(t, err)
	require.Contains(t, string(text), `{"kind":"service","id":"1","deleted":false,"payload":{"title":"x"}}`+"\n")
	packed := get(token, "br, gzip;q=0.5")
	require.Equal(t, "gzip", packed.Header.Get("Content-Encoding"))
	require.Empty(t, get(token, "gzip;q=0").Header.Get("Content-Encoding"))
}

func FuzzReadPage(f *testing.F) {
	s := offline(f)
	p := feedPage{claims: pageClaims{Cursor: "e.0.0", Snapshot: true, First: true}, limit: 10}
	p.begin()
	text := "{}"
	require.NoError(f, p.add(feedRow{Kind: "service", ID: "1", Payload: &text}))
	data, err := p.end(s, s.id)
	require.NoError(f, err)
	_, err = s.readPage(f.Context(), bytes.NewReader(data), s.id, "")
	require.NoError(f, err, "the page itself")
	unzipped, err := gzip.NewReader(bytes.NewReader(data))
	require.NoError(f, err)
	right, err := io.ReadAll(unzipped)
	require.NoError(f, err)
	for _, seed := range []string{"", "\n", "{}\n", `{"end":true}` + "\n", string(right[:len(right)-1]), string(right) + "x", "null\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, lines []byte) {
		got, err := s.readPage(context.Background(), zipped(string(lines)), s.id, "")
		if err == nil && (len(got.entries) != 1 || got.cursor != "e.0.0") {
			t.Fatalf("took %q", lines)
		}
	})
}

func TestPageLine_HoweverItIsWritten_SaysTheSame(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{"kind":"service","id":"1","deleted":false,"payload":{"title":"x","list":[1,{"a":null}]}}`,
		`{"kind":"service","id":"1","deleted":false,"payload":{}}`,
		`{"kind":"service","id":"1","deleted":false,"payload":{"title":"x"},"deleted":true}`,
		`{"kind":"service","id":"1","deleted":false,"payload":{"title":"x"},"payload":{"title":"y"}}`,
		`{"kind":"service","id":"1","deleted":false,"payload":{"title":"x"}} `,
		`{"kind":"service","id":"1","deleted":false,"payload":{"title":"x"}`,
		`{"kind":"service","id":"1","deleted":false,"payload":{"title":"x"}}}`,
		`{"kind":"service","id":"1","deleted":false,"payload":{"title":"x"}}{}`,
		`{"kind":"service","id":"1","deleted":false,"payload":{"title":"x}}`,
		`{"kind":"service","id":"1","deleted":false,"payload":[]}`,
		`{"kind":"service","id":"1","deleted":true,"payload":{}}`,
		`{"kind":"service","id":"1","deleted":true}`,
		`{"kind":"serv\u0069ce","id":"a\"b","deleted":false,"payload":{}}`,
		`{ "id":"1","kind":"service","payload":{"a":1}}`,
		`{"end":true,"cursor":"x","more":false,"digest":"y","snapshot":true}`,
		`null`, `x`, ``,
	} {
		var want, got pageLine
		wantErr := json.Unmarshal([]byte(text+"\n"), &want)
		gotErr := got.read([]byte(text + "\n"))
		require.Equal(t, wantErr == nil, gotErr == nil, "%s: %v, %v", text, wantErr, gotErr)
		if wantErr == nil {
			require.Equal(t, want, got, text)
		}
	}
}

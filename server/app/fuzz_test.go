package app

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"portalverbund/api/types"
)

const fuzzChecks = "8" // of each operation, where the command does not say it (-rapid.checks 500)

// outOfFuzz are the operations that are not sent anything here, with the reason.
func outOfFuzz() map[string]string {
	return map[string]string{
		"signOut": "ends the session that all others need", "endSession": "ends the session that all others need",
		"deleteAccount":    "nobody could do anything afterwards",
		"watchApplication": "goes on", "watchCases": "goes on", "watchPayment": "goes on",
		"leaveAssociation": "the portal is another one afterwards", "rotateAssociationKeys": "takes the server's keys from it",
	}
}

// TestContract_AnythingSent_IsAnsweredAsTheContractSays sends every operation what its schemas allow, and that with something wrong in it, for somebody
// who may call it. No answer is a failure of the server, what is wrong is never taken, and every answer is one that the contract has: its status, its
// headers, its body.
func TestContract_AnythingSent_IsAnsweredAsTheContractSays(t *testing.T) {
	t.Parallel()
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue {
		require.NoError(t, f.Value.Set(fuzzChecks))
	}
	a, handler := newApp(t)
	ctx := t.Context()
	doc, err := types.GetSwagger()
	require.NoError(t, err)
	kim, err := a.accounts.CreateStaff(ctx, "alle@example.org", "Kim Klar", testPassword, []string{"clerk", "editor", "publisher", "admin", "auditor", "treasurer"})
	require.NoError(t, err)
	clara, err := a.accounts.CreateCitizen(ctx, "clara@example.org", testPassword, types.ProfileData{GivenName: "Clara", FamilyName: "Beispiel"})
	require.NoError(t, err)
	signedIn(t, a, handler, clara) // a session is one of the things
	ids := belongings(t, a, clara)
	for _, table := range []string{"account_proposals", "powers", "safe_documents", "application_attachments", "application_co_applicants", "passkeys"} { // what is sealed in them is nothing
		require.NoError(t, a.db.From(ctx).Exec("DELETE FROM "+table).Error)
	}
	require.NoError(t, a.db.From(ctx).Exec("UPDATE applications SET portal = ?", fmt.Sprintf(`{"id": %q, "name": "Landkreis Emsland", "kind": "county"}`, a.self.Id)).Error)
	ids["caseId"] = uuid.New()
	caseFor(t, a, ids["caseId"])
	go func() { _ = a.catalog.Run(ctx) }() // the index of the search; it ends with the test
	reached := map[string]bool{}
	for _, path := range slices.Sorted(maps.Keys(doc.Paths.Map())) {
		for _, method := range slices.Sorted(maps.Keys(doc.Paths.Value(path).Operations())) {
			op := doc.Paths.Value(path).Operations()[method]
			row := allowed()[name(op.OperationID)]
			if outOfFuzz()[name(op.OperationID)] != "" || !strings.ContainsAny(row, "ckerdut") {
				continue
			}
			account := kim
			if strings.ContainsRune(row, 'c') {
				account = clara
			}
			t.Run(name(op.OperationID), func(t *testing.T) {
				g := &fuzzed{doc: doc, route: &routers.Route{Spec: doc, Path: path, PathItem: doc.Paths.Value(path), Method: method, Operation: op}, ids: ids}
				who := signedIn(t, a, handler, account)
				rapid.Check(t, func(rt *rapid.T) {
					if g.send(ctx, rt, who) < http.StatusBadRequest {
						reached[name(op.OperationID)] = true
					}
				})
			})
		}
	}
	t.Logf("%d operations have done something", len(reached))
	require.Greater(t, len(reached), 100)
}

// fuzzed makes requests of one operation.
type fuzzed struct {
	doc   *openapi3.T
	route *routers.Route
	ids   map[string]uuid.UUID
	wrong bool // what was made is not what the contract takes
}

// send makes a request, and looks at the answer.
func (g *fuzzed) send(ctx context.Context, rt *rapid.T, who *browser) int {
	g.wrong = false
	op := g.route.Operation
	address := parameter.ReplaceAllStringFunc(g.route.Path, func(name string) string {
		if id, known := g.ids[strings.Trim(name, "{}")]; known && rapid.IntRange(0, 3).Draw(rt, "mine") > 0 {
			return id.String()
		}
		if name == "{ars}" {
			return rapid.SampledFrom([]string{"034540035035", "03454", "9", "%00"}).Draw(rt, "ars")
		}
		return rapid.SampledFrom([]string{uuid.NewString(), "x", "%00", "..%2F"}).Draw(rt, "id")
	})
	values := url.Values{}
	header := http.Header{"If-Match": {rapid.SampledFrom([]string{`"1"`, "*", `"2"`, "x"}).Draw(rt, "If-Match")}, "Idempotency-Key": {"key-" + uuid.NewString()}}
	for _, p := range op.Parameters {
		switch in := p.Value; {
		case in.In == openapi3.ParameterInPath || in.Name == "If-Match" || in.Name == "Idempotency-Key":
		case !in.Required && rapid.Bool().Draw(rt, "without "+in.Name):
		default:
			value := g.value(rt, in.Schema.Value, 0)
			text := fmt.Sprint(value)
			if list, is := value.([]any); is {
				text = strings.Trim(strings.Join(strings.Fields(fmt.Sprint(list)), ","), "[]")
			}
			if in.In == openapi3.ParameterInHeader {
				header.Set(in.Name, strings.Map(func(r rune) rune {
					if r < ' ' || r > '~' {
						return -1
					}
					return r
				}, text))
			} else {
				values.Set(in.Name, text)
			}
		}
	}
	body := g.body(rt, header)
	r := httptest.NewRequestWithContext(ctx, g.route.Method, address+"?"+values.Encode(), bytes.NewReader(body))
	r.Host = "localhost:8080"
	r.AddCookie(who.cookie)
	for name := range header {
		r.Header.Set(name, header.Get(name))
	}
	r.Header.Set("Origin", testOrigin)
	r.Header.Set("X-CSRF-Token", who.csrf)
	w := httptest.NewRecorder()
	who.handler.ServeHTTP(w, r)
	said := fmt.Sprintf("%s %s %q %.2000s\n%d %.2000s", r.Method, r.URL, header, body, w.Code, w.Body)
	if w.Code >= http.StatusInternalServerError && (w.Code == http.StatusInternalServerError || op.Responses.Status(w.Code) == nil && w.Code != http.StatusServiceUnavailable) {
		rt.Fatalf("the server fails: %s", said)
	}
	if g.wrong && w.Code < http.StatusMultipleChoices {
		rt.Fatalf("what is wrong is taken: %s", said)
	}
	if err := g.check(ctx, r, w); err != nil {
		rt.Fatalf("not an answer of the contract: %v\n%s", err, said)
	}
	return w.Code
}

// check compares an answer with the contract.
func (g *fuzzed) check(ctx context.Context, r *http.Request, w *httptest.ResponseRecorder) error {
	isJSON := strings.Contains(w.Header().Get("Content-Type"), "json")
	input := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: r, Route: g.route},
		Status:                 w.Code, Header: w.Header(), Body: io.NopCloser(bytes.NewReader(w.Body.Bytes())),
		Options: &openapi3filter.Options{IncludeResponseStatus: true, ExcludeResponseBody: !isJSON},
	}
	return openapi3filter.ValidateResponse(ctx, input)
}

// body makes one of the kinds that the operation takes.
func (g *fuzzed) body(rt *rapid.T, header http.Header) []byte {
	if g.route.Operation.RequestBody == nil {
		return nil
	}
	content := g.route.Operation.RequestBody.Value.Content
	kind := rapid.SampledFrom(slices.Sorted(maps.Keys(content))).Draw(rt, "kind")
	header.Set("Content-Type", kind)
	if !strings.Contains(kind, "json") {
		return append([]byte(rapid.SampledFrom([]string{"%PDF-1.7\n", "PK\x03\x04", "<a/>", ""}).Draw(rt, "head")), rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(rt, "file")...)
	}
	schema := content[kind].Schema.Value
	value := g.value(rt, schema, 0)
	if example := content[kind].Example; example != nil && rapid.Bool().Draw(rt, "example") {
		value = plain(example)
	}
	if rapid.IntRange(0, 2).Draw(rt, "spoil") == 0 {
		value = spoil(rt, value)
	}
	g.wrong = g.wrong || schema.VisitJSON(plain(value), openapi3.VisitAsRequest()) != nil
	text, err := json.Marshal(value)
	if err != nil {
		rt.Fatalf("make a body: %v", err)
	}
	return text
}

// value makes a value of a schema.
func (g *fuzzed) value(rt *rapid.T, s *openapi3.Schema, depth int) any {
	if len(s.OneOf)+len(s.AnyOf) > 0 {
		return g.value(rt, rapid.SampledFrom(slices.Concat(s.OneOf, s.AnyOf)).Draw(rt, "one of").Value, depth)
	}
	if len(s.AllOf) > 0 {
		merged := map[string]any{}
		for _, part := range s.AllOf {
			inner := g.value(rt, part.Value, depth)
			object, is := inner.(map[string]any)
			if !is {
				return inner
			}
			for k, v := range object {
				merged[k] = v
			}
		}
		return merged
	}
	if len(s.Enum) > 0 {
		return rapid.SampledFrom(s.Enum).Draw(rt, "of the list")
	}
	switch {
	case s.Type.Is("boolean"):
		return rapid.Bool().Draw(rt, "boolean")
	case s.Type.Is("integer"):
		low, high := bounds(s)
		return rapid.Int64Range(int64(low), int64(high)).Draw(rt, "integer")
	case s.Type.Is("number"):
		low, high := bounds(s)
		return rapid.Float64Range(low, high).Draw(rt, "number")
	case s.Type.Is("array"):
		list := []any{}
		for range rapid.IntRange(int(s.MinItems), int(max(s.MinItems, 3))).Draw(rt, "items") {
			list = append(list, g.value(rt, s.Items.Value, depth+1))
		}
		return list
	case s.Type.Is("object"):
		object := map[string]any{}
		for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
			inner := s.Properties[name].Value
			if inner.ReadOnly || !slices.Contains(s.Required, name) && (depth > 3 || rapid.Bool().Draw(rt, "without "+name)) {
				continue
			}
			object[name] = g.value(rt, inner, depth+1)
		}
		if s.AdditionalProperties.Schema != nil {
			object["de"] = g.value(rt, s.AdditionalProperties.Schema.Value, depth+1)
		}
		return object
	case s.Type.Is("string"):
		return g.text(rt, s)
	}
	return rapid.SampledFrom([]any{"text", 1.0, true, nil, map[string]any{}, []any{}}).Draw(rt, "anything")
}

func bounds(s *openapi3.Schema) (low, high float64) {
	low, high = -1000, 1000
	if s.Min != nil {
		low, high = *s.Min, *s.Min+1000
	}
	if s.Max != nil {
		high = *s.Max
		low = min(low, high)
	}
	return low, min(high, math.MaxInt32)
}

func (g *fuzzed) text(rt *rapid.T, s *openapi3.Schema) string {
	switch s.Format {
	case "uuid":
		ids := []string{uuid.NewString()}
		for _, name := range slices.Sorted(maps.Keys(g.ids)) {
			ids = append(ids, g.ids[name].String())
		}
		return rapid.SampledFrom(ids).Draw(rt, "id")
	case "date":
		return rapid.SampledFrom([]string{"2026-02-28", "2024-02-29", "0001-01-01", "9999-12-31"}).Draw(rt, "date")
	case "date-time":
		return rapid.SampledFrom([]string{"2026-02-28T12:00:00Z", "2024-02-29T23:59:59.999+14:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"}).Draw(rt, "time")
	case "uri":
		return rapid.SampledFrom([]string{"https://portal.invalid", "http://127.0.0.1:1/x", "https://[::1]/", "https://portal.invalid/?a=b#c"}).Draw(rt, "address")
	case "email":
		return rapid.SampledFrom([]string{"jemand@example.org", "a@b.invalid"}).Draw(rt, "mail")
	case "byte":
		return rapid.SampledFrom([]string{"", "AA==", "JVBERi0xLjc="}).Draw(rt, "bytes")
	}
	if s.Pattern != "" {
		return rapid.StringMatching(s.Pattern).Draw(rt, "of the pattern")
	}
	most := 40
	if s.MaxLength != nil {
		most = int(min(*s.MaxLength, 200))
	}
	odd := rapid.SampledFrom([]string{
		"Hund", "Ä ö ß", "a\u202eb", "<script>alert(1)</script>", "'; DROP TABLE x; --", "%_\\", "=1+1", "a\x00b", "\r\nX: y",
	})
	fits := func(text string) bool {
		n := len([]rune(text))
		return n >= int(s.MinLength) && n <= most
	}
	return rapid.OneOf(odd, rapid.StringN(int(s.MinLength), most, -1)).Filter(fits).Draw(rt, "text")
}

// spoil puts something wrong somewhere into a value.
func spoil(rt *rapid.T, value any) any {
	switch v := value.(type) {
	case map[string]any:
		names := slices.Sorted(maps.Keys(v))
		if len(names) == 0 || rapid.IntRange(0, 3).Draw(rt, "here") == 0 {
			v["unknown field"] = "x"
			return v
		}
		name := rapid.SampledFrom(names).Draw(rt, "field")
		if rapid.Bool().Draw(rt, "leave out") {
			delete(v, name)
			return v
		}
		v[name] = spoil(rt, v[name])
		return v
	case []any:
		if len(v) > 0 {
			v[0] = spoil(rt, v[0])
			return v
		}
	}
	return rapid.SampledFrom([]any{nil, "", 1e300, -1.0, true, []any{}, map[string]any{}, strings.Repeat("x", 5000)}).Draw(rt, "instead")
}

// plain is a value as it arrives.
func plain(value any) (arrives any) {
	text, err := json.Marshal(value)
	if err == nil {
		err = json.Unmarshal(text, &arrives)
	}
	if err != nil {
		panic(err) // it is made of what JSON has
	}
	return arrives
}

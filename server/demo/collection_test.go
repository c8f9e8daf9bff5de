package demo

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"

	"portalverbund/api/types"
)

// collection is as much of Postman's format 2.1 as is generated: a field of another name fails.
type collection struct {
	Info     struct{ Name, Description, Schema string }
	Item     []folder
	Variable []setting
}

type folder struct {
	Name, Description string
	Item              []entry
}

type setting struct {
	Key, Value, Type, Description string
	Disabled                      bool
}

type entry struct {
	Name     string
	Response []json.RawMessage
	Request  struct {
		Auth struct {
			Type   string
			OAuth2 []setting
		}
		Method, Description string
		Header              []setting
		URL                 struct {
			Raw             string
			Host, Path      []string
			Query, Variable []setting
		}
		Body *struct {
			Mode, Raw string
			Options   struct{ Raw struct{ Language string } }
			File      *struct{ Src string }
		}
	}
}

func readCollection(t *testing.T) (c collection, all []entry) {
	t.Helper()
	text, err := os.ReadFile("../../api/postman.json")
	require.NoError(t, err)
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	require.NoError(t, d.Decode(&c))
	require.Equal(t, "https://schema.getpostman.com/json/collection/v2.1.0/collection.json", c.Info.Schema)
	for _, f := range c.Item {
		all = append(all, f.Item...)
	}
	return c, all
}

// fill puts values in the place of variables, as Postman does: {{name}} of the collection, and :name of the address.
func (c collection) fill(t *testing.T, text string, own ...setting) string {
	t.Helper()
	words := strings.Split(text, "/")
	for i, word := range words {
		for _, s := range own {
			if word == ":"+s.Key {
				words[i] = s.Value
			}
		}
	}
	return regexp.MustCompile(`\{\{\$?(\w+)\}\}`).ReplaceAllStringFunc(strings.Join(words, "/"), func(name string) string {
		if name == "{{$guid}}" {
			return "018f7d5e-5a4e-7c6d-9c1b-2f1c0a9b8d7e"
		}
		for _, s := range c.Variable {
			if "{{"+s.Key+"}}" == name {
				return s.Value
			}
		}
		t.Errorf("%s: no variable %s", text, name)
		return ""
	})
}

// TestCollection_EveryRequest_IsOneOfTheContract compares each request of the collection with the operation that it is for.
func TestCollection_EveryRequest_IsOneOfTheContract(t *testing.T) {
	t.Parallel()
	doc, err := types.GetSwagger()
	require.NoError(t, err)
	c, all := readCollection(t)
	require.Greater(t, len(all), 40)
	for _, e := range all {
		r := e.Request
		c.fill(t, r.URL.Raw, r.URL.Variable...)
		require.Equal(t, []string{"{{baseUrl}}"}, r.URL.Host, e.Name)
		path, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Raw, "{{baseUrl}}"), "?")
		require.Equal(t, path, "/"+strings.Join(r.URL.Path, "/"))
		path = regexp.MustCompile(`:(\w+)`).ReplaceAllString(path, "{$1}")
		item := doc.Paths.Value(path)
		require.NotNil(t, item, path)
		op := item.GetOperation(r.Method)
		require.NotNil(t, op, "%s %s", r.Method, path)
		checkParameters(t, c, e, append(append(openapi3.Parameters{}, item.Parameters...), op.Parameters...))
		require.Equal(t, len(*op.Security) == 0, r.Auth.Type == "noauth", e.Name)
		if op.RequestBody == nil {
			require.Nil(t, r.Body, e.Name)
			continue
		}
		require.NotNil(t, r.Body, e.Name)
		if content := op.RequestBody.Value.Content["application/json"]; content != nil {
			var body any
			require.NoError(t, json.Unmarshal([]byte(r.Body.Raw), &body), e.Name)
			require.NoError(t, content.Schema.Value.VisitJSON(body, openapi3.VisitAsRequest()), e.Name)
		}
	}
}

// checkParameters looks whether a request has what the operation needs, with values that it takes, and nothing else.
func checkParameters(t *testing.T, c collection, e entry, parameters openapi3.Parameters) {
	t.Helper()
	places := map[string][]setting{"query": e.Request.URL.Query, "path": e.Request.URL.Variable}
	for _, h := range e.Request.Header {
		if h.Key != "Accept-Language" && h.Key != "Content-Type" {
			places["header"] = append(places["header"], h)
		}
	}
	for place, given := range places {
		for _, s := range given {
			p := parameters.GetByInAndName(place, s.Key)
			require.NotNil(t, p, "%s: %s", e.Name, s.Key)
			value := c.fill(t, s.Value)
			if place == "path" || s.Disabled || !p.Schema.Value.Type.Is("string") {
				continue // to be filled in, or not sent
			}
			require.NoError(t, p.Schema.Value.VisitJSON(value), "%s: %s", e.Name, s.Key)
		}
	}
	for _, ref := range parameters {
		p := ref.Value
		found := false
		for _, s := range places[p.In] {
			found = found || s.Key == p.Name && !s.Disabled
		}
		require.True(t, found || !p.Required, "%s lacks %s", e.Name, p.Name)
	}
}

// collects sends what can be sent of the collection without ids that only answers tell: what everybody may read, and a provider's list.
func (g *guided) collects(clientID, clientSecret string) {
	g.t.Helper()
	c, all := readCollection(g.t)
	for i, s := range c.Variable {
		switch s.Key {
		case "baseUrl":
			c.Variable[i].Value = g.config.PublicURL
		case "clientId":
			c.Variable[i].Value = clientID
		case "clientSecret":
			c.Variable[i].Value = clientSecret
		}
	}
	sent := 0
	for _, e := range all {
		r := e.Request
		if r.Method != http.MethodGet || len(r.URL.Variable) > 0 || r.Auth.Type != "noauth" && !strings.HasSuffix(r.URL.Raw, "/deliveries") {
			continue
		}
		request, err := http.NewRequestWithContext(g.t.Context(), r.Method, c.fill(g.t, r.URL.Raw), nil)
		require.NoError(g.t, err)
		for _, h := range r.Header {
			request.Header.Set(h.Key, c.fill(g.t, h.Value))
		}
		if r.Auth.Type == "oauth2" {
			request.Header.Set("Authorization", "Bearer "+g.token(c, r.Auth.OAuth2))
		}
		res, err := http.DefaultClient.Do(request)
		require.NoError(g.t, err)
		body, err := io.ReadAll(res.Body)
		require.NoError(g.t, err)
		require.NoError(g.t, res.Body.Close())
		require.Equal(g.t, http.StatusOK, res.StatusCode, "%s: %s", e.Name, body)
		sent++
	}
	require.Greater(g.t, sent, 8)
}

// token gets an access token as the collection says.
func (g *guided) token(c collection, auth []setting) string {
	g.t.Helper()
	of := func(key string) string {
		for _, s := range auth {
			if s.Key == key {
				return c.fill(g.t, s.Value)
			}
		}
		require.FailNow(g.t, "not in the collection", key)
		return ""
	}
	form := strings.NewReader("grant_type=" + of("grant_type") + "&scope=" + strings.ReplaceAll(of("scope"), " ", "+"))
	request, err := http.NewRequestWithContext(g.t.Context(), http.MethodPost, of("accessTokenUrl"), form)
	require.NoError(g.t, err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	require.Equal(g.t, "header", of("client_authentication"))
	request.SetBasicAuth(of("clientId"), of("clientSecret"))
	res, err := http.DefaultClient.Do(request)
	require.NoError(g.t, err)
	var got struct {
		Token string `json:"access_token"`
	}
	require.NoError(g.t, json.NewDecoder(res.Body).Decode(&got))
	require.NoError(g.t, res.Body.Close())
	return got.Token
}

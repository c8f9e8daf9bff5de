package pvog

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"portalverbund/server/catalog/adapter"
	"portalverbund/server/platform/collect"
	"portalverbund/server/platform/outbound"
	"portalverbund/server/standins/behoerdenfinder/finder"
)

// plainReader reads of a message only which ids are written and deleted: what a block holds is the XZuFi reader's part.
func plainReader() adapter.Format {
	return adapter.Format{Read: func(_ context.Context, name string, content io.Reader) iter.Seq2[adapter.Record, error] {
		return func(yield func(adapter.Record, error) bool) {
			decoder := xml.NewDecoder(content)
			deleting, kind := false, ""
			for {
				token, err := decoder.Token()
				if errors.Is(err, io.EOF) {
					return
				}
				if err != nil {
					yield(adapter.Record{}, err)
					return
				}
				start, ok := token.(xml.StartElement)
				if !ok {
					continue
				}
				switch start.Name.Local {
				case "schreibe":
					deleting, kind = false, ""
				case "loesche":
					deleting, kind = true, start.Attr[0].Value
				case "id":
					var id string
					if err := decoder.DecodeElement(&id, &start); err != nil {
						yield(adapter.Record{}, err)
						return
					}
					if !yield(adapter.Record{Kind: kind, ID: id, Deleted: deleting, At: name, Cursor: "of the message"}, nil) {
						return
					}
				default:
					if kind == "" {
						kind = start.Name.Local
					}
				}
			}
		}
	}}
}

func (g *gateway) delivery(t *testing.T, more ...string) adapter.Source {
	t.Helper()
	s, err := DeliveryKind(plainReader()).New(with(adapter.Settings{
		"url": g.url + "/bereitstelldienst/api/v3/verwaltungsobjekte/xzufi-2-3-1", "tokenUrl": g.url + "/token", "clientId": clientID, "clientSecret": clientSecret,
		"rate": "10000",
	}, more), tools())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (c collected) short() []string {
	var list []string
	for _, r := range c.records {
		text := r.Kind + " " + r.ID
		if r.Deleted {
			text = "- " + text
		}
		list = append(list, text)
	}
	return list
}

func change(inner string) string {
	return `<x:transfer xmlns:x="http://xoev.de/schemata/xzufi/2_3_1"><x:nachrichtenkopf/>` + inner + `</x:transfer>`
}

func TestDelivery_WholeStockThenOnlyChanges(t *testing.T) {
	t.Parallel()
	g := newGateway(t, finder.Options{})
	s := g.delivery(t, "ars", "03454, 034540035035")
	first := collectAll(t.Context(), s, "")
	want := []string{"leistung 101", "organisationseinheit 201", "zustaendigkeitTransferObjekt 301", "- Zustaendigkeit 299"}
	if first.err != nil || !reflect.DeepEqual(first.short(), want) || first.next == "" || !s.Whole("") || s.Whole(first.next) {
		t.Fatalf("%v, %v, next %q", first.short(), first.err, first.next)
	}
	if first.records[0].At == "" || first.records[0].Cursor != "" {
		t.Errorf("%+v", first.records[0])
	}
	if g.requests("ars=034540000000&ars=034540035035") != 1 {
		t.Errorf("the filter was not sent: %v", g.asked)
	}
	g.Deliver(change(`<x:loesche klasse="Leistung"><x:id>101</x:id></x:loesche>`))
	second := collectAll(t.Context(), s, first.next)
	if second.err != nil || !reflect.DeepEqual(second.short(), []string{"- Leistung 101"}) {
		t.Fatalf("%v, %v", second.short(), second.err)
	}
	third := collectAll(t.Context(), s, second.next)
	if third.err != nil || len(third.records) != 0 || third.next != second.next {
		t.Errorf("nothing has changed, and yet %v, %v", third.short(), third.err)
	}
	if n := g.requests("/token"); n != 3 {
		t.Errorf("%d tokens for three runs", n)
	}
}

func TestDelivery_DiesHalfWay_GoesOnFromItsCursor(t *testing.T) {
	t.Parallel()
	g := newGateway(t, finder.Options{})
	g.before = func(w http.ResponseWriter, r *http.Request, _ int) bool {
		if r.URL.Query().Get("index") != "1" {
			return false
		}
		w.WriteHeader(http.StatusServiceUnavailable)
		return true
	}
	first := collectAll(t.Context(), g.delivery(t), "")
	if !errors.Is(first.err, collect.ErrUnavailable) || len(first.records) != 2 || first.cursor == "" || first.next != "" {
		t.Fatalf("%v, %v", first.short(), first.err)
	}
	g.before = nil
	second := collectAll(t.Context(), g.delivery(t), first.cursor)
	if second.err != nil || len(second.records) != 2 {
		t.Errorf("%v, %v", second.short(), second.err)
	}
}

func TestDelivery_TokenEndsInTheRun_RenewedAndNothingIsMissing(t *testing.T) {
	t.Parallel()
	g := newGateway(t, finder.Options{})
	refused := false
	g.before = func(w http.ResponseWriter, r *http.Request, _ int) bool {
		if refused || r.URL.Query().Get("index") != "1" {
			return false
		}
		refused = true
		w.WriteHeader(http.StatusUnauthorized)
		return true
	}
	c := collectAll(t.Context(), g.delivery(t), "")
	if c.err != nil || len(c.records) != 4 || g.requests("/token") != 2 {
		t.Errorf("%v, %v, %d tokens", c.short(), c.err, g.requests("/token"))
	}
}

func TestDelivery_NextAddressElsewhere_TheTokenDoesNotGoThere(t *testing.T) {
	t.Parallel()
	stolen := 0
	for _, next := range []string{
		"http://evil.example/bereitstelldienst/api/v3/verwaltungsobjekte/xzufi-2-3-1?index=1", "https://127.0.0.1/bereitstelldienst/api/v3/verwaltungsobjekte/xzufi-2-3-1",
		"%URL%/other", "%URL%/bereitstelldienst/api/v3/verwaltungsobjekte/xzufi-2-3-1/../../admin", "%URL%/bereitstelldienst/api/v3/verwaltungsobjekte/xzufi-2-3-10",
		"//evil.example/", "", "::", "file:///etc/passwd", "http://x@%HOST%/bereitstelldienst/api/v3/verwaltungsobjekte/xzufi-2-3-1",
	} {
		g := newGateway(t, finder.Options{})
		next = strings.NewReplacer("%URL%", g.url, "%HOST%", strings.TrimPrefix(g.url, "http://")).Replace(next)
		g.before = func(w http.ResponseWriter, r *http.Request, _ int) bool {
			if !strings.Contains(r.URL.Path, "/bereitstelldienst/") {
				if !strings.Contains(r.URL.Path, "/token") {
					stolen++
				}
				return false
			}
			w.Header().Set("Content-Type", "application/json")
			_, _ = fmt.Fprintf(w, `{"xzufiObjekte":"","vollstaendig":false,"naechsterIndex":1,"naechsteAnfrageUrl":%q}`, next)
			return true
		}
		if c := collectAll(t.Context(), g.delivery(t), ""); !errors.Is(c.err, errElsewhere) || c.cursor != "" || g.requests("/bereitstelldienst/") != 1 {
			t.Errorf("%s: %v", next, c.err)
		}
		g.before = nil
		if c := collectAll(t.Context(), g.delivery(t), "http://evil.example/"); !errors.Is(c.err, errElsewhere) {
			t.Errorf("a kept cursor: %v", c.err)
		}
	}
	if stolen != 0 {
		t.Errorf("%d requests went elsewhere", stolen)
	}
}

func TestDelivery_BadAnswers_SaidClearly(t *testing.T) {
	t.Parallel()
	envelope := func(g *gateway, objects string, complete any, index int) string {
		text, err := json.Marshal(map[string]any{
			"xzufiObjekte": objects, "vollstaendig": complete, "naechsteAnfrageUrl": fmt.Sprintf("%s/bereitstelldienst/api/v3/verwaltungsobjekte/xzufi-2-3-1?index=%d", g.url, index),
		})
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	good := change(`<x:schreibe><x:leistung><x:id>1</x:id></x:leistung></x:schreibe>`)
	var syntax *xml.SyntaxError
	for name, tt := range map[string]struct {
		contentType string
		body        func(g *gateway, n int) string
		is          func(error) bool
		records     int
	}{
		"no JSON":            {"application/json", func(*gateway, int) string { return "{" }, func(err error) bool { return errors.Is(err, collect.ErrAnswer) }, 0},
		"XML itself":         {"application/xml", func(*gateway, int) string { return good }, func(err error) bool { return errors.Is(err, collect.ErrAnswer) }, 0},
		"end is not told":    {"application/json", func(g *gateway, _ int) string { return envelope(g, good, nil, 1) }, func(err error) bool { return errors.Is(err, collect.ErrAnswer) }, 0},
		"broken XML inside":  {"application/json", func(g *gateway, _ int) string { return envelope(g, strings.TrimSuffix(good, "transfer>"), true, 1) }, func(err error) bool { return errors.As(err, &syntax) }, 1},
		"too large":          {"application/json", func(g *gateway, _ int) string { return envelope(g, strings.Repeat(" ", 2<<20), true, 1) }, func(err error) bool { return errors.Is(err, outbound.ErrResponseTooLarge) }, 0},
		"the same for ever":  {"application/json", func(g *gateway, _ int) string { return envelope(g, good, false, 1) }, func(err error) bool { return errors.Is(err, collect.ErrTooMany) }, 2},
		"objects are a list": {"application/json", func(*gateway, int) string { return `{"xzufiObjekte":["x"],"vollstaendig":true}` }, func(err error) bool { return errors.Is(err, collect.ErrAnswer) }, 0},
	} {
		g := newGateway(t, finder.Options{})
		g.before = func(w http.ResponseWriter, r *http.Request, n int) bool {
			if !strings.Contains(r.URL.Path, "/bereitstelldienst/") {
				return false
			}
			w.Header().Set("Content-Type", tt.contentType)
			_, _ = io.WriteString(w, tt.body(g, n))
			return true
		}
		c := collectAll(t.Context(), g.delivery(t), "")
		if !tt.is(c.err) || len(c.records) != tt.records || c.next != "" || strings.Contains(fmt.Sprint(c.err), clientSecret) {
			t.Errorf("%s: %v, %d records", name, c.err, len(c.records))
		}
	}
}

func TestDelivery_WrongSecret_Refused(t *testing.T) {
	t.Parallel()
	g := newGateway(t, finder.Options{})
	c := collectAll(t.Context(), g.delivery(t, "clientSecret", "falsch"), "")
	if !errors.Is(c.err, collect.ErrRefused) || strings.Contains(c.err.Error(), "falsch") || g.requests("/bereitstelldienst/") != 0 {
		t.Errorf("%v", c.err)
	}
}

func TestDelivery_Cancelled_Ends(t *testing.T) {
	t.Parallel()
	g := newGateway(t, finder.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	g.before = func(http.ResponseWriter, *http.Request, int) bool {
		cancel()
		return false
	}
	if c := collectAll(ctx, g.delivery(t), ""); !errors.Is(c.err, context.Canceled) {
		t.Errorf("%v", c.err)
	}
}

func TestKinds_Settings_HaveWords(t *testing.T) {
	t.Parallel()
	for _, k := range []adapter.Kind{SearchKind(), DeliveryKind(plainReader())} {
		for _, f := range k.Fields {
			if f.Label.De == "" || f.Label.En == "" || f.Help.De == "" || f.Help.En == "" {
				t.Errorf("%s.%s: no words", k.ID, f.Name)
			}
		}
		if _, err := k.New(adapter.Settings{}, adapter.Tools{}); err == nil {
			t.Errorf("%s: a source without settings was made", k.ID)
		}
	}
}

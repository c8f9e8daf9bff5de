package catalog

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	jsonv1 "github.com/go-json-experiment/json/v1"
)

// TestPrepare_DecoderOfItsOwn_ReadsAndWritesAsTheUsualOne puts entries together at random: digests are of what is written, so another
// decoder must not write a byte otherwise, nor read what the usual one refuses.
func TestPrepare_DecoderOfItsOwn_ReadsAndWritesAsTheUsualOne(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	words := []string{
		`"x"`, `"Straße & <p>\"Zahl\"</p>"`, `"\u2028\u2029\u0000\u007f"`, `"\ud83d\ude00 \ud800 \udc00x"`, "\"\xff\xc3\"", `"\/\b\f\n\r\t"`, `"034545404"`, `"2026-01-02T03:04:05Z"`,
		`"2026-01-02T03:04:05.123456789+02:00"`, `"00000000-0000-7000-8000-000000000001"`, `"form"`, `""`, `"ä\u00e4 \u{1}"`, "\"a\nb\"",
	}
	other := []string{`null`, `true`, `1`, `-1.5e3`, `01`, `1e999`, `{}`, `[]`, `{"de":"x","en":"y","a":"z","fr":"ü","it":"u"}`, `{"de":null}`, `{"de":1}`, `[1,"x",null]`, `{"de":"x","de":"y"}`, ` { "de" : "x" } `, `tru`, `{`}
	var value func(depth int) string
	names := memberNames()
	value = func(depth int) string {
		switch n := random.IntN(10); {
		case n < 5 || depth > 3:
			return words[random.IntN(len(words))]
		case n < 7:
			return other[random.IntN(len(other))]
		case n == 7:
			return "[" + value(depth+1) + "]"
		default:
			var b strings.Builder
			b.WriteByte('{')
			for i := range 1 + random.IntN(6) {
				if i > 0 {
					b.WriteByte(',')
				}
				name := names[random.IntN(len(names))]
				if random.IntN(20) == 0 {
					name = strings.ToUpper(name)
				}
				b.WriteString(`"` + name + `":` + value(depth+1))
			}
			b.WriteByte('}')
			return b.String()
		}
	}
	taken := 0
	for range 30_000 {
		kind := catalogKinds()[random.IntN(len(catalogKinds()))]
		text := value(0)
		want, got := newEntry(kind), newEntry(kind)
		wantErr, gotErr := json.Unmarshal([]byte(text), want), jsonv1.Unmarshal([]byte(text), got)
		if (wantErr == nil) != (gotErr == nil) {
			t.Fatalf("%s as %s: %v, by the usual decoder %v", text, kind, gotErr, wantErr)
		}
		if wantErr != nil {
			continue
		}
		taken++
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%s becomes %+v, by the usual decoder %+v", text, got, want)
		}
		wrote, err := json.Marshal(want)
		wroteOwn, ownErr := jsonv1.Marshal(got)
		if err != nil || ownErr != nil || string(wrote) != string(wroteOwn) {
			t.Fatalf("%s is written\n%s, by the usual encoder\n%s\n%v %v", text, wroteOwn, wrote, ownErr, err)
		}
	}
	if taken < 1000 {
		t.Errorf("only %d entries could be read", taken)
	}
}

// memberNames are those of all entries, at any depth.
func memberNames() []string {
	seen, names := map[reflect.Type]bool{}, []string{"unknown"}
	var look func(t reflect.Type)
	look = func(t reflect.Type) {
		switch t.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Map:
			look(t.Elem())
		case reflect.Struct:
			if seen[t] {
				return
			}
			seen[t] = true
			for i := range t.NumField() {
				name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
				if name != "" {
					names = append(names, name)
				}
				look(t.Field(i).Type)
			}
		default:
		}
	}
	for _, kind := range catalogKinds() {
		look(reflect.TypeOf(newEntry(kind)))
	}
	return names
}

package canonical_test

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"testing"

	"portalverbund/server/platform/canonical"
)

// Numbers of RFC 8785, appendix B: the bits of the double and how it is written.
func TestMarshal_NumbersOfTheStandard_AreWrittenAsThere(t *testing.T) {
	t.Parallel()
	for bits, want := range map[uint64]string{
		0x0000000000000000: "0",
		0x8000000000000000: "0",
		0x0000000000000001: "5e-324",
		0x8000000000000001: "-5e-324",
		0x7fefffffffffffff: "1.7976931348623157e+308",
		0xffefffffffffffff: "-1.7976931348623157e+308",
		0x4340000000000000: "9007199254740992",
		0xc340000000000000: "-9007199254740992",
		0x4430000000000000: "295147905179352830000",
		0x44b52d02c7e14af5: "9.999999999999997e+22",
		0x44b52d02c7e14af6: "1e+23",
		0x44b52d02c7e14af7: "1.0000000000000001e+23",
		0x444b1ae4d6e2ef4e: "999999999999999700000",
		0x444b1ae4d6e2ef4f: "999999999999999900000",
		0x444b1ae4d6e2ef50: "1e+21",
		0x3eb0c6f7a0b5ed8c: "9.999999999999997e-7",
		0x3eb0c6f7a0b5ed8d: "0.000001",
		0x41b3de4355555553: "333333333.3333332",
		0x41b3de4355555554: "333333333.33333325",
		0x41b3de4355555555: "333333333.3333333",
		0x41b3de4355555556: "333333333.3333334",
		0x41b3de4355555557: "333333333.33333343",
		0xbecbf647612f3696: "-0.0000033333333333333333",
		0x43143ff3c1cb0959: "1424953923781206.2",
	} {
		number := json.Number(strconv.FormatFloat(math.Float64frombits(bits), 'e', -1, 64))
		got, err := canonical.Marshal(number)
		if err != nil || string(got) != want {
			t.Errorf("%016x is %s, %v, want %s", bits, got, err, want)
		}
	}
}

func TestTransform_ExamplesOfTheStandard_AreWrittenAsThere(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ in, want string }{
		"section 3.2.2": {
			in: `{
  "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
  "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
  "literals": [null, true, false]
}`,
			want: "{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],\"string\":\"\u20ac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}",
		},
		"section 3.2.3": {
			in: `{"\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh", "1": "One",
				"\ud83d\ude00": "Emoji: Grinning Face", "\u0080": "Control", "\u00f6": "Latin Small Letter O With Diaeresis"}`,
			want: "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u0080\":\"Control\",\"\u00f6\":\"Latin Small Letter O With Diaeresis\",\"\u20ac\":\"Euro Sign\",\"\U0001f600\":\"Emoji: Grinning Face\",\"\ufb33\":\"Hebrew Letter Dalet With Dagesh\"}",
		},
		"empty parts":                  {in: ` { "b" : [ ] , "a" : { } , "" : "" } `, want: `{"":"","a":{},"b":[]}`},
		"what HTML and scripts escape": {in: `"<a>&\u2028\u2029\u007f"`, want: "\"<a>&\u2028\u2029\u007f\""},
		"short escapes":                {in: `"\u0008\u0009\u000a\u000c\u000d\u0000\u001f"`, want: `"\b\t\n\f\r\u0000\u001f"`},
		"words with umlauts in place":  {in: `{"ü":1,"u":2,"z":3}`, want: `{"u":2,"z":3,"ü":1}`},
		"fraction of a whole number":   {in: `[1.0, -0, 1e2]`, want: `[1,0,100]`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := canonical.Transform([]byte(c.in))
			if err != nil || string(got) != c.want {
				t.Errorf("got  %s, %v\nwant %s", got, err, c.want)
			}
		})
	}
}

func TestTransform_NotOneJSONValue_IsRefused(t *testing.T) {
	t.Parallel()
	for _, in := range []string{"", "{", `{"a":1} {"b":2}`, "NaN", "1e400", `{a:1}`} {
		if got, err := canonical.Transform([]byte(in)); err == nil {
			t.Errorf("%q became %s", in, got)
		}
	}
}

func FuzzTransform_ItsOwnResult_StaysTheSame(f *testing.F) {
	for _, seed := range []string{`{"b":1,"a":[1e-7,"\ud800","\u2028"]}`, `[1e21,-0.0,"ä"]`, `null`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		once, err := canonical.Transform(in)
		if err != nil {
			return
		}
		twice, err := canonical.Transform(once)
		if err != nil || !bytes.Equal(once, twice) {
			t.Errorf("%s became %s, %v", once, twice, err)
		}
	})
}

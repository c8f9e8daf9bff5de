package federation

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// exportedLog has the lines of a log with some messages in both directions, and the list of members' public keys.
func exportedLog(t *testing.T) ([]string, *TrustFile) {
	t.Helper()
	ps := portals(t, 2, harness{})
	a, b := ps[0], ps[1]
	for range 3 {
		a.send(b, uuid.New(), "there")
		b.send(a, uuid.New(), "back")
	}
	until(t, "all have arrived and have their receipts", func() bool { return a.wholeLog() == 6 })
	var file bytes.Buffer
	require.NoError(t, a.ExportLog(t.Context(), &file))
	return strings.Split(strings.TrimSpace(file.String()), "\n"), a.trust
}

func TestVerifyLogFile_PublicKeysOnly_ProvesTheExchange(t *testing.T) {
	t.Parallel()
	lines, trust := exportedLog(t)
	portal, report, err := VerifyLogFile(t.Context(), trust, strings.NewReader(strings.Join(lines, "\n")))
	require.NoError(t, err)
	require.Equal(t, LogReport{Entries: 6, Receipts: 6, Hash: report.Hash}, report)
	require.NotEmpty(t, portal)
	require.NotContains(t, strings.Join(lines, ""), "there", "no content in the log")
}

func TestVerifyLogFile_RowChangedOrMissing_NamesTheGap(t *testing.T) {
	t.Parallel()
	lines, trust := exportedLog(t)
	change := func(at int, edit func(e *exportedEntry)) []string {
		changed := append([]string(nil), lines...)
		var line logLine
		require.NoError(t, json.Unmarshal([]byte(changed[at]), &line))
		edit(line.Entry)
		text, err := json.Marshal(line)
		require.NoError(t, err)
		changed[at] = string(text)
		return changed
	}
	without := func(at int) []string { return append(append([]string(nil), lines[:at]...), lines[at+1:]...) }
	for name, tc := range map[string]struct {
		lines []string
		want  string
	}{
		"a row less":            {without(3), "entry 3: is missing"},
		"the first row less":    {without(1), "entry 1: is missing"},
		"the last row less":     {without(6), "entry 6: is missing"},
		"rows exchanged":        {append(append([]string(nil), lines[0], lines[2], lines[1]), lines[3:]...), "entry 1: is missing"},
		"another peer":          {change(2, func(e *exportedEntry) { e.Peer = "https://other.example" }), "entry 2: was changed"},
		"another time":          {change(4, func(e *exportedEntry) { e.At = e.At.Add(1) }), "entry 4: was changed"},
		"another hash of its":   {change(5, func(e *exportedEntry) { e.ContentHash = strings.Repeat("00", 32) }), "entry 5: was changed"},
		"no hash":               {change(5, func(e *exportedEntry) { e.Hash = "zz" }), "entry 5: cannot be read"},
		"no receipt":            {change(1, func(e *exportedEntry) { e.Receipt = "" }), "entry 1: was changed"},
		"without the end":       {lines[:7], "no signed end"},
		"not a log":             {[]string{`{"format":"other"}`}, "no exported message log"},
		"empty":                 {nil, "no exported message log"},
		"of another portal":     {append([]string{strings.Replace(lines[0], "127.0.0.1", "127.0.0.2", 1)}, lines[1:]...), "entry 1"},
		"a row that is no JSON": {append(append([]string(nil), lines[:3]...), "x"), "entry 3: cannot be read"},
	} {
		_, _, err := VerifyLogFile(t.Context(), trust, strings.NewReader(strings.Join(tc.lines, "\n")))
		require.ErrorContains(t, err, tc.want, name)
	}
}

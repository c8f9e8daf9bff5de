package camt_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"portalverbund/server/payments/camt"
	"portalverbund/server/payments/camt/camttest"
)

const account = "DE02120300000000202051"

func read(t testing.TB, content string) ([]camt.Entry, error) {
	t.Helper()
	var list []camt.Entry
	err := camt.Read(strings.NewReader(content), int64(len(content)), func(_ camt.Statement, e camt.Entry) error {
		list = append(list, e)
		return nil
	})
	return list, err
}

func zipped(t testing.TB, files map[string]string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, content := range files {
		f, err := w.Create(name)
		require.NoError(t, err)
		_, err = f.Write([]byte(content))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return b.String()
}

var some = []camttest.Entry{
	{Cents: 3070, Reference: "A1", Day: "2026-11-27", Name: "Clara Beispiel", IBAN: "DE89370400440532013000", Text: "Kassenzeichen 2600 0000 0014"},
	{Cents: -1250, Reference: "A2", Day: "2026-11-27", Name: "Rolf Rückgabe", IBAN: "DE12500105170648489890", Text: "Erstattung"},
	{Cents: 99, Reference: "A3", Day: "2026-11-28", Pending: true},
	{Cents: 500, Reference: "A4", Day: "2026-11-28", Parts: []camttest.Entry{{Cents: 200, Name: "Eins", Text: "eins"}, {Cents: 300, Name: "Zwei", Text: "zwei", EndToEnd: "E2E-7"}}},
	{Cents: 10, Reference: "NONREF", Day: "2026-11-28", Name: "Ohne", Text: "Referenz"},
	{Cents: 10, Reference: "NONREF", Day: "2026-11-28", Name: "Ohne", Text: "Referenz"},
}

func TestRead_BothVersions_BookedEntriesWithTheirReferences(t *testing.T) {
	t.Parallel()
	var first []camt.Entry
	for _, version := range []string{camttest.V02, camttest.V08} {
		list, err := read(t, camttest.Write(version, account, "S1", 1000, some...))
		require.NoError(t, err)
		require.Len(t, list, 6, "a pending one is none, a batch is taken apart")
		day := time.Date(2026, 11, 27, 0, 0, 0, 0, time.UTC)
		require.Equal(t, camt.Entry{Account: account, Key: "2026-11-27/A1", Amount: 3070, Credit: true, Day: day, Name: "Clara Beispiel", IBAN: "DE89370400440532013000", Text: "Kassenzeichen 2600 0000 0014"}, list[0])
		require.Equal(t, []any{int64(1250), false, "Rolf Rückgabe"}, []any{list[1].Amount, list[1].Credit, list[1].Name})
		require.Equal(t, []any{"2026-11-28/A4/1", "2026-11-28/A4/2", "zwei E2E-7", int64(300)}, []any{list[2].Key, list[3].Key, list[3].Text, list[3].Amount})
		require.Equal(t, list[4].Key+"#2", list[5].Key, "two alike without a reference are two")
		require.Contains(t, list[4].Key, "2026-11-28/~")
		if first == nil {
			first = list
		}
		for i := range list {
			require.Equal(t, first[i].Key, list[i].Key, "the same in every statement that has it")
		}
	}
	archive := zipped(t, map[string]string{"b.xml": camttest.Write(camttest.V08, account, "S2", 0, some[1]), "a.xml": camttest.Write(camttest.V02, account, "S1", 0, some[0]), "__MACOSX/a.xml": "x", ".DS_Store": "y"})
	list, err := read(t, archive)
	require.NoError(t, err)
	require.Equal(t, []string{"2026-11-27/A1", "2026-11-27/A2"}, []string{list[0].Key, list[1].Key})
}

func TestRead_WhatIsNoStatement_IsRefused(t *testing.T) {
	t.Parallel()
	fine := camttest.Write(camttest.V02, account, "S1", 1000, some...)
	change := func(from, to string) string {
		changed := strings.Replace(fine, from, to, 1)
		require.NotEqual(t, fine, changed, from)
		return changed
	}
	for name, c := range map[string]struct {
		content string
		want    error
	}{
		"entity":            {change("<Document", `<!DOCTYPE d [<!ENTITY x "y">]><Document`), camt.ErrForbidden},
		"external":          {change("<Document", `<!DOCTYPE d SYSTEM "file:///etc/passwd"><Document`), camt.ErrForbidden},
		"unknown entity":    {change("Clara", "&clara;"), camt.ErrFile},
		"encoding":          {change("UTF-8", "ISO-8859-1"), camt.ErrFile},
		"another version":   {change("camt.053.001.02", "camt.053.001.04"), camt.ErrVersion},
		"notification":      {change("camt.053.001.02", "camt.054.001.02"), camt.ErrVersion},
		"another format":    {"<html/>", camt.ErrFile},
		"nothing":           {"", camt.ErrFile},
		"cut off":           {fine[:len(fine)-40], camt.ErrFile},
		"an entry is gone":  {change(`<Amt Ccy="EUR">30.70`, `<Amt Ccy="EUR">30.71`), camt.ErrIncomplete},
		"francs":            {change(`<Amt Ccy="EUR">30.70`, `<Amt Ccy="CHF">30.70`), camt.ErrCurrency},
		"a third of a cent": {change("30.70", "30.703"), camt.ErrFile},
		"exponent":          {change("30.70", "3.07e1"), camt.ErrFile},
		"negative":          {change("30.70", "-30.70"), camt.ErrFile},
		"long text":         {change("Clara", strings.Repeat("x", 200_000)), camt.ErrTooLarge},
		"deep":              {change("<GrpHdr>", strings.Repeat("<x>", 40)), camt.ErrTooLarge},
		"empty archive":     {zipped(t, nil) + "", camt.ErrFile},
		"archive of others": {zipped(t, map[string]string{"a.txt": "Guten Tag"}), camt.ErrFile},
		"bomb":              {zipped(t, map[string]string{"a.xml": change("Clara", strings.Repeat("x", 20<<20))}), camt.ErrTooLarge},
	} {
		_, err := read(t, c.content)
		require.ErrorIs(t, err, c.want, name)
	}
	require.ErrorIs(t, camt.Read(strings.NewReader(fine), camt.MaxFile+1, nil), camt.ErrTooLarge)
	stop := errors.New("stop")
	require.ErrorIs(t, camt.Read(strings.NewReader(fine), int64(len(fine)), func(camt.Statement, camt.Entry) error { return stop }), stop)
}

func FuzzRead(f *testing.F) {
	f.Add(camttest.Write(camttest.V02, account, "S1", 1000, some...))
	f.Add(camttest.Write(camttest.V08, account, "S1", 1000, some...))
	f.Fuzz(func(t *testing.T, content string) {
		list, _ := read(t, content) // whatever it is: no panic
		for _, e := range list {
			if e.Amount <= 0 || e.Key == "" {
				t.Fatalf("%+v", e)
			}
		}
	})
}

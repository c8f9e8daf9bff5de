package xzufi

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"portalverbund/server/catalog/adapter"
	"portalverbund/server/platform/collect"
)

// collected asks a delivery until its end, or until an error.
func collected(t *testing.T, address, token string) (records []adapter.Record, err error) {
	t.Helper()
	kind := DeliveryKind(ownAgency)
	settings := adapter.Settings{"url": address + "/delivery/index.txt", "token": token}
	if problems := kind.Check(settings); len(problems) != 0 {
		t.Fatal(problems)
	}
	source, err := kind.New(settings, adapter.Tools{HTTP: http.DefaultClient})
	if err != nil {
		t.Fatal(err)
	}
	if !source.Whole("") {
		t.Error("a delivery is not taken for all that its source has")
	}
	for r, err := range source.Collect(t.Context(), "") {
		if err != nil {
			return records, err
		}
		records = append(records, r)
	}
	return records, nil
}

func TestDelivery_Collected_FilesInTheOrderOfTheIndex(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer geheim" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		content, there := map[string]string{
			"/delivery/index.txt": "b.xml\nteil/a.xml\n", "/delivery/b.xml": message(leistung("1", "Eins")), "/delivery/teil/a.xml": message(leistung("2", "Zwei")),
		}[r.URL.Path]
		if !there {
			w.WriteHeader(http.StatusNotFound)
		}
		_, _ = io.WriteString(w, content)
	}))
	defer server.Close()
	records, err := collected(t, server.URL, "geheim")
	if err != nil || len(records) != 2 || records[0].At != "b.xml" || serviceOf(t, records[1]).Designation["de"] != "Zwei" {
		t.Errorf("%+v, %v", records, err)
	}
	if records, err := collected(t, server.URL, "falsch"); !errors.Is(err, collect.ErrRefused) || len(records) != 0 {
		t.Errorf("with a wrong token: %+v, %v", records, err)
	}
}

func TestDelivery_Troubled_SaysWhetherToTryAgain(t *testing.T) {
	t.Parallel()
	half := message(leistung("1", "Eins") + leistung("2", "Zwei"))
	for name, c := range map[string]struct {
		answer func(w http.ResponseWriter)
		want   error
		before int
	}{
		"busy":    {func(w http.ResponseWriter) { w.WriteHeader(http.StatusServiceUnavailable) }, collect.ErrUnavailable, 0},
		"missing": {func(w http.ResponseWriter) { w.WriteHeader(http.StatusNotFound) }, collect.ErrAnswer, 0},
		"no XML":  {func(w http.ResponseWriter) { _, _ = io.WriteString(w, "<html/>") }, collect.ErrAnswer, 0},
		"breaks off in the middle": {func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "100000")
			_, _ = io.WriteString(w, half)
		}, collect.ErrUnavailable, 2},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/delivery/index.txt" {
				_, _ = io.WriteString(w, "a.xml\n")
				return
			}
			c.answer(w)
		}))
		records, err := collected(t, server.URL, "")
		server.Close()
		if !errors.Is(err, c.want) || len(records) != c.before {
			t.Errorf("%s: %d records, %v", name, len(records), err)
		}
	}
}

package app

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"portalverbund/api/types"
	"portalverbund/db"
	"portalverbund/db/dbtest"
)

// noted are the tables that reading writes to, by operation: that somebody has read, or that a browser has begun to sign in. Everything else
// that a GET writes is a mistake: a link in a mail or another site's picture could cause it.
func noted() map[string][]string {
	return map[string][]string{
		"getCase":          {"audit_entries", "accesses", "case_reads"},
		"listAuditEntries": {"audit_entries"},
		"getMessage":       {"mailbox_messages"}, // when it was first read

		"getApplicationDocument": {"application_documents"}, // when it was first opened
		"prepareDecision":        {"audit_entries", "accesses", "case_reads"},
		"getDecisionPaper":       {"audit_entries"},
		"exportCase":             {"audit_entries", "accesses", "case_reads"},
	}
}

// watchWrites makes each table note when a row of it is written, and gives what was noted since the last time.
func watchWrites(t *testing.T, a *App) func() []string {
	t.Helper()
	ctx := t.Context()
	owner, err := db.Open(ctx, cmp.Or(a.config.DatabaseOwner, a.config.Database), db.Options{})
	require.NoError(t, err)
	t.Cleanup(owner.Close)
	exec := func(statement string) {
		t.Helper()
		require.NoError(t, owner.From(ctx).Exec(statement).Error, statement)
	}
	names := tables(t, a)
	exec("CREATE TABLE written (name text NOT NULL)")
	exec("CREATE FUNCTION note_write() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN INSERT INTO written VALUES (TG_TABLE_NAME); RETURN NULL; END'")
	for name := range names {
		exec(`CREATE TRIGGER note_write AFTER INSERT OR UPDATE OR DELETE ON "` + name + `" FOR EACH ROW EXECUTE FUNCTION note_write()`)
	}
	return func() (out []string) {
		t.Helper()
		require.NoError(t, owner.From(ctx).Raw("WITH gone AS (DELETE FROM written RETURNING name) SELECT DISTINCT name FROM gone ORDER BY name").Scan(&out).Error)
		return out
	}
}

var parameterOfPath = regexp.MustCompile(`\{([A-Za-z]+)\}`)

// TestContract_NoGET_Writes goes through every GET of the contract, as a citizen with one thing of each kind and as staff with all roles, and looks
// which rows are written.
func TestContract_NoGET_Writes(t *testing.T) {
	t.Parallel()
	a, handler := newApp(t)
	ctx := t.Context()
	clara, err := a.accounts.CreateCitizen(ctx, "clara@example.org", testPassword, types.ProfileData{GivenName: "Clara", FamilyName: "Beispiel"})
	require.NoError(t, err)
	kim, err := a.accounts.CreateStaff(ctx, "alle@example.org", "Kim Klar", testPassword, []string{"clerk", "editor", "publisher", "admin", "auditor"})
	require.NoError(t, err)
	people := []*browser{signedIn(t, a, handler, clara), signedIn(t, a, handler, kim)}
	ids := belongings(t, a, clara)
	ids["caseId"] = uuid.New()
	caseFor(t, a, ids["caseId"])
	go func() { _ = a.catalog.Run(ctx) }() // the index of the search; it ends with the test
	require.Equal(t, http.StatusOK, people[0].call(ctx, http.MethodGet, "/api/v1/categories", nil).Code)
	written := watchWrites(t, a)
	doc, err := types.GetSwagger()
	require.NoError(t, err)
	reached, wrote := map[string]bool{}, map[string][]string{}
	for path, item := range doc.Paths.Map() {
		if item.Get == nil {
			continue
		}
		operation := name(item.Get.OperationID)
		address := parameterOfPath.ReplaceAllStringFunc(path, func(parameter string) string {
			if id, known := ids[strings.Trim(parameter, "{}")]; known {
				return id.String()
			}
			return uuid.NewString()
		})
		for _, who := range people {
			limited, cancel := context.WithCancel(ctx)
			if strings.HasPrefix(operation, "watch") { // it goes on until the browser leaves
				cancel()
			}
			w := who.call(limited, http.MethodGet, address, nil)
			cancel()
			if w.Code < http.StatusBadRequest {
				reached[operation] = true
			}
			for _, table := range written() {
				if !slices.Contains(noted()[operation], table) {
					wrote[operation] = append(wrote[operation], table)
				}
			}
		}
	}
	require.Greater(t, len(reached), 40, "%v", slices.Sorted(maps.Keys(reached)))
	require.Empty(t, wrote, "operations that write, and where")
}

// TestLog_WhatPeopleSend_MakesNoLineOfItsOwn: line breaks, control characters and JSON in what comes from outside are in one line of JSON, or in none; a
// refused access is one line, with who, what and when in UTC.
func TestLog_WhatPeopleSend_MakesNoLineOfItsOwn(t *testing.T) {
	t.Parallel()
	var lines bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&lines, nil))
	c := Config{
		Mode: "demonstration", PublicURL: testOrigin, Name: "Landkreis Emsland", Areas: []string{"03454"}, Database: dbtest.URL(t), Data: t.TempDir(),
		NumberPrefix: "EL", Timeout: time.Minute, UploadTimeout: time.Minute, MaxConcurrent: 64, Rate: 10000, RateBurst: 10000,
	}
	a, err := Open(t.Context(), c, log)
	require.NoError(t, err)
	t.Cleanup(a.Close)
	server, err := a.server()
	require.NoError(t, err)
	clara, err := a.accounts.CreateCitizen(t.Context(), "clara@example.org", testPassword, types.ProfileData{GivenName: "Clara", FamilyName: "Beispiel"})
	require.NoError(t, err)
	b := signedIn(t, a, server.Echo, clara)
	const evil = "x\r\n{\"level\":\"ERROR\",\"msg\":\"gefälscht\"}\x1b[31m"
	refused := map[string]int{}
	before := lines.Len()
	for what, send := range map[string]func(r *http.Request){
		"user agent": func(r *http.Request) { r.Header.Set("User-Agent", evil) },
		"request id": func(r *http.Request) { r.Header.Set("X-Request-Id", evil) },
		"language":   func(r *http.Request) { r.Header.Set("Accept-Language", evil) },
		"forwarded":  func(r *http.Request) { r.Header.Set("X-Forwarded-For", evil) },
		"query":      func(r *http.Request) { r.URL.RawQuery = "cursor=" + "x%0d%0a%7b%22level%22%3a%22ERROR%22%7d%1b" },
		"path":       func(r *http.Request) { r.URL.Path += "/x\r\n{\"level\":\"ERROR\"}\x1b"; r.URL.RawPath = "" },
	} {
		from := lines.Len()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/v1/cases", nil)
		r.Host = "localhost:8080"
		r.AddCookie(b.cookie)
		send(r)
		w := httptest.NewRecorder()
		server.Echo.ServeHTTP(w, r)
		require.GreaterOrEqual(t, w.Code, 400, what)
		for line := range strings.Lines(lines.String()[from:]) {
			refused[what]++
			require.NotContains(t, line, "gefälscht", what)
			require.NotContains(t, line, "\x1b", what)
		}
		require.Equal(t, 1, refused[what], "%s: %s", what, lines.String()[from:])
	}
	sign := `{"email": "clara@example.org\r\n{\"level\":\"ERROR\"}", "password": "` + strings.Repeat("x", 20) + `"}`
	require.GreaterOrEqual(t, b.call(t.Context(), http.MethodPost, "/api/v1/session", []byte(sign)).Code, 400)
	require.Equal(t, http.StatusUnauthorized, b.call(t.Context(), http.MethodPost, "/api/v1/session", []byte(`{"email": "clara@example.org", "password": "falsch und lang genug"}`)).Code)
	signIns := 0
	for line := range strings.Lines(lines.String()[before:]) {
		var entry struct {
			Time      time.Time `json:"time"`
			Level     string    `json:"level"`
			Msg       string    `json:"msg"`
			RequestID string    `json:"requestId"`
			Account   string    `json:"account"`
			Operation string    `json:"operation"`
			Status    int       `json:"status"`
		}
		require.NoError(t, json.Unmarshal([]byte(line), &entry), line)
		require.NotEqual(t, "ERROR", entry.Level, line)
		require.NotEmpty(t, entry.RequestID, line)
		require.False(t, entry.Time.IsZero(), line)
		require.NotContains(t, line, "clara@example.org")
		if entry.Msg == "sign-in refused" && entry.Account == clara.String() {
			signIns++
		}
	}
	require.Equal(t, 1, signIns, "a refused sign-in is noted once, with whose account it was")
}

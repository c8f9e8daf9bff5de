package app

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"portalverbund/api/types"
	"portalverbund/db/dbtest"
	"portalverbund/server/platform/httpx"
)

const (
	testOrigin   = "http://localhost:8080"
	testPassword = "vier Kühe grasen am Emsdeich"
)

// newApp opens a portal that stands alone, on a database of its own.
func newApp(t *testing.T) (*App, http.Handler) {
	t.Helper()
	work, owner := dbtest.Roles(t)
	if work == "" {
		work, owner = owner, ""
	}
	c := Config{
		Mode: "demonstration", PublicURL: testOrigin, Name: "Landkreis Emsland", Kind: "county", Areas: []string{"03454"}, Database: work, DatabaseOwner: owner, Data: t.TempDir(),
		NumberPrefix: "EL", Timeout: time.Minute, UploadTimeout: time.Minute, MaxConcurrent: 64, Rate: 10000, RateBurst: 10000, LogLevel: "error", LogFormat: "text",
	}
	a, err := Open(t.Context(), c, c.Logger())
	require.NoError(t, err)
	t.Cleanup(a.Close)
	require.NoError(t, a.oidc.BeginKeys(t.Context()))
	server, err := a.server()
	require.NoError(t, err)
	return a, server.Echo
}

// browser is somebody's browser that is signed in.
type browser struct {
	handler http.Handler
	cookie  *http.Cookie
	csrf    string
}

func signedIn(t *testing.T, a *App, handler http.Handler, account uuid.UUID) *browser {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/api/v1/session", nil)
	cookie, err := a.signin.SignInAccount(httpx.WithRequest(t.Context(), r), account, []string{"pwd"})
	require.NoError(t, err)
	b := &browser{handler: handler, cookie: cookie}
	var session types.Session
	w := b.call(t.Context(), http.MethodGet, "/api/v1/session", nil)
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &session))
	require.NotEmpty(t, session.CsrfToken, w.Body.String())
	b.csrf = session.CsrfToken
	return b
}

// call sends a request, with an If-Match of "1" if no other is given.
func (b *browser) call(ctx context.Context, method, path string, body []byte, ifMatch ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(ctx, method, path, bytes.NewReader(body))
	r.Host = "localhost:8080"
	r.AddCookie(b.cookie)
	r.Header.Set("Origin", testOrigin)
	r.Header.Set("X-CSRF-Token", b.csrf)
	r.Header.Set("Idempotency-Key", "key-"+uuid.NewString())
	r.Header.Set("If-Match", strings.Join(append(ifMatch, `"1"`)[:1], ""))
	if len(body) > 0 {
		r.Header.Set("Content-Type", "application/json")
	}
	if strings.Contains(path, "/uploads") {
		for name, value := range map[string]string{
			"Tus-Resumable": "1.0.0", "Upload-Length": "100", "Upload-Offset": "0", "Upload-Metadata": "filename YS5wZGY=,field L2EvYg==", "Content-Type": "application/offset+octet-stream",
		} {
			r.Header.Set(name, value)
		}
	}
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, r)
	return w
}

// belongings are one thing of each kind that a person can have, by the parameter that names it in addresses.
func belongings(t *testing.T, a *App, account uuid.UUID) map[string]uuid.UUID {
	t.Helper()
	ctx, now := t.Context(), time.Now().UTC()
	person := httpx.Person{Issuer: a.self.Id, Subject: account.String()}
	ids := map[string]uuid.UUID{}
	for _, name := range []string{"proposalId", "passkeyId", "applicationId", "attachmentId", "identityId", "powerId", "documentId", "uploadId", "coApplicantId"} {
		ids[name] = uuid.New()
	}
	exec := func(statement string, args ...any) {
		t.Helper()
		require.NoError(t, a.db.From(ctx).Exec(statement, args...).Error)
	}
	require.NoError(t, a.accounts.RecordConsent(ctx, account, "https://meppen.example", "Stadt Meppen", uuid.NewString(), map[string]string{"de": "Hund"},
		[]types.ProfileItem{types.ProfileItemGivenName}))
	application := ids["applicationId"]
	require.NoError(t, a.accounts.RecordAccess(ctx, person, types.MessageAccess{
		Id: uuid.New(), At: now, Who: "Amt", Kind: types.ReadByClerk, Items: []string{"application"}, Ground: "law", ApplicationId: &application,
	}))
	require.NoError(t, a.mailbox.Notify(ctx, person, types.MessageMailbox{Id: uuid.New(), Subject: "Bescheid", Sender: "Amt", At: now, Text: "Bewilligt"}))
	exec(`INSERT INTO account_proposals (id, account_id, origin, entry_id, from_name, purpose, data, at, expires_at)
		VALUES (?, ?, 'https://meppen.example', ?, 'Meppen', '{}', ?, ?, ?)`, ids["proposalId"], account, uuid.New(), []byte("x"), now, now.Add(time.Hour))
	exec(`INSERT INTO powers (id, principal_id, kind, state, sealed, services, groups, last_day, valid_until, address, token_until, created_at)
		VALUES (?, ?, 'represent', 'invited', ?, '[]', '[]', ?, ?, ?, ?, ?)`, ids["powerId"], account, []byte("x"), now, now.Add(time.Hour), []byte("x"), now.Add(time.Hour), now)
	exec(`INSERT INTO safe_documents (id, account_id, ready, sealed, media_type, size, wrapped, master, created_at)
		VALUES (?, ?, true, ?, 'application/pdf', 1, ?, '1', ?)`, ids["documentId"], account, []byte("x"), []byte("x"), now)
	exec("INSERT INTO identity_links (id, account_id, provider, subject, level, linked_at) VALUES (?, ?, 'bundid', ?, 'high', ?)",
		ids["identityId"], account, []byte(ids["identityId"].String()), now)
	exec("INSERT INTO passkeys (id, account_id, credential_id, record, name, synced, created_at) VALUES (?, ?, ?, ?, 'Telefon', false, ?)",
		ids["passkeyId"], account, []byte(ids["passkeyId"].String()), []byte("x"), now)
	exec(`INSERT INTO applications (id, issuer, subject, state, revision, offer_id, service_id, organisation_id, form_id, form_version, portal_id, portal, place,
			service_title, authority_name, needed_level, language, created_at, changed_at)
		VALUES (?, ?, ?, 'draft', 1, ?, ?, ?, ?, 1, ?, '{}', '{}', '{"de": "Hund"}', '{"de": "Amt"}', 'low', 'de', ?, ?)`,
		application, person.Issuer, person.Subject, uuid.New(), uuid.New(), uuid.New(), uuid.New(), a.self.Id, now, now)
	exec(`INSERT INTO application_attachments (id, application_id, ready, field, name, media_type, size, created_at)
		VALUES (?, ?, true, '/a/b', ?, 'application/pdf', 1, ?)`, ids["attachmentId"], application, []byte("x"), now)
	exec(`INSERT INTO application_attachments (id, application_id, ready, field, name, media_type, size, created_at, received, delete_at)
		VALUES (?, ?, false, '/a/b', ?, '', 100, ?, 0, ?)`, ids["uploadId"], application, []byte("x"), now, now.Add(time.Hour))
	// Somebody makes Clara's draft with her, and she makes that of somebody else.
	exec("INSERT INTO application_co_applicants (id, application_id, state, sealed, inviter, created_at) VALUES (?, ?, 'invited', ?, ?, ?)", ids["coApplicantId"], application, []byte("x"), []byte("x"), now)
	elsewhere := uuid.New()
	exec(`INSERT INTO applications (id, issuer, subject, state, revision, offer_id, service_id, organisation_id, form_id, form_version, portal_id, portal, place,
			service_title, authority_name, needed_level, language, created_at, changed_at)
		VALUES (?, ?, ?, 'granted', 1, ?, ?, ?, ?, 1, ?, '{}', '{}', '{"de": "Fest"}', '{"de": "Amt"}', 'low', 'de', ?, ?)`,
		elsewhere, person.Issuer, uuid.NewString(), uuid.New(), uuid.New(), uuid.New(), uuid.New(), a.self.Id, now, now)
	exec(`INSERT INTO application_co_applicants (id, application_id, state, sealed, inviter, issuer, subject, trust_level, content_hash, consented_at, created_at)
		VALUES (?, ?, 'consented', ?, ?, ?, ?, 'low', 'hash', ?, ?)`, uuid.New(), elsewhere, []byte("x"), []byte("x"), person.Issuer, person.Subject, now, now)
	exec("INSERT INTO oidc_subjects (client_id, subject, account_id) VALUES ('https://meppen.example', ?, ?)", "pairwise-"+account.String(), account)
	exec("INSERT INTO idempotency_keys (scope, key, request_hash) VALUES (?, 'k', ?)", "applications.create "+person.Issuer+" "+person.Subject, []byte("x"))
	for parameter, table := range map[string]string{"consentId": "consents", "accessId": "accesses", "messageId": "mailbox_messages", "sessionId": "sessions"} {
		var id string
		require.NoError(t, a.db.From(ctx).Raw("SELECT id FROM "+table+" WHERE account_id = ?", account).Row().Scan(&id), table)
		ids[parameter] = uuid.MustParse(id)
	}
	return ids
}

// tables lists the tables of the database, with the names of their columns.
func tables(t *testing.T, a *App) map[string][]string {
	t.Helper()
	var rows []struct{ TableName, ColumnName string }
	require.NoError(t, a.db.From(t.Context()).Raw(`SELECT c.table_name, c.column_name FROM information_schema.columns c
		JOIN information_schema.tables t USING (table_schema, table_name) WHERE table_schema = 'public' AND t.table_type = 'BASE TABLE'`).Scan(&rows).Error)
	out := map[string][]string{}
	for _, r := range rows {
		out[r.TableName] = append(out[r.TableName], r.ColumnName)
	}
	return out
}

// remains counts, for each table, the rows in which any of some words stands.
func remains(t *testing.T, a *App, words ...string) map[string]int {
	t.Helper()
	found := map[string]int{}
	for table := range tables(t, a) {
		for _, word := range words {
			var n int
			require.NoError(t, a.db.From(t.Context()).Raw(fmt.Sprintf("SELECT count(*) FROM %q r WHERE r::text ILIKE ?", table), "%"+word+"%").Row().Scan(&n))
			if n > 0 {
				found[table] += n
			}
		}
	}
	return found
}

// TestDelete_NothingOfThePersonRemains looks for the person in every row of every table. Where somebody else's name stands,
// nothing is gone.
func TestDelete_NothingOfThePersonRemains(t *testing.T) {
	t.Parallel()
	a, handler := newApp(t)
	clara, err := a.accounts.CreateCitizen(t.Context(), "clara.kanarienvogel@example.org", testPassword, types.ProfileData{GivenName: "Clara", FamilyName: "Kanarienvogel"})
	require.NoError(t, err)
	bernd, err := a.accounts.CreateCitizen(t.Context(), "bernd@example.org", testPassword, types.ProfileData{GivenName: "Bernd", FamilyName: "Beispiel"})
	require.NoError(t, err)
	b := signedIn(t, a, handler, clara)
	signedIn(t, a, handler, bernd)
	belongings(t, a, clara)
	belongings(t, a, bernd)
	submitted := handIn(t, a, clara)
	before := remains(t, a, bernd.String())
	require.Greater(t, len(remains(t, a, clara.String(), "kanarienvogel")), 8)

	w := b.call(t.Context(), http.MethodPost, "/api/v1/account/deletion", []byte(`{"when": "now"}`))
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	require.Empty(t, remains(t, a, clara.String(), "kanarienvogel"))
	require.Equal(t, before, remains(t, a, bernd.String()), "somebody else has lost something")
	var documents int
	require.NoError(t, a.db.From(t.Context()).Raw("SELECT count(*) FROM application_documents WHERE application_id = ?", submitted).Row().Scan(&documents))
	require.Zero(t, documents, "what came with the decision is still there")
	for table, key := range map[string]string{"applications": "id", "application_events": "application_id"} {
		kept := map[string]any{}
		require.NoError(t, a.db.From(t.Context()).Table(table).Where(key+" = ?", submitted).Take(&kept).Error, "the proof of %s is gone", table)
		for column, value := range kept { // what is sealed cannot be searched: none of it may be left
			_, sealed := value.([]byte)
			require.False(t, sealed, "%s.%s is still there", table, column)
		}
	}
	w = b.call(t.Context(), http.MethodGet, "/api/v1/account/profile", nil)
	require.Equal(t, http.StatusUnauthorized, w.Code, "the session still works")
}

// handIn makes an application of a person that was decided, with everything that is sealed of it.
func handIn(t *testing.T, a *App, account uuid.UUID) uuid.UUID {
	t.Helper()
	id, now := uuid.New(), time.Now().UTC()
	require.NoError(t, a.db.From(t.Context()).Exec(`INSERT INTO applications (id, issuer, subject, state, revision, number, offer_id, service_id, organisation_id, form_id,
			form_version, portal_id, portal, place, service_title, authority_name, needed_level, language, created_at, changed_at, submitted_at, data, acts_for)
		VALUES (?, ?, ?, 'granted', 1, ?, ?, ?, ?, ?, 1, ?, '{}', '{}', '{"de": "Hund"}', '{"de": "Amt"}', 'low', 'de', ?, ?, ?, ?, ?)`,
		id, a.self.Id, account.String(), "EL-"+id.String(), uuid.New(), uuid.New(), uuid.New(), uuid.New(), a.self.Id, now, now, now, []byte("answers"), []byte("whom")).Error)
	require.NoError(t, a.db.From(t.Context()).Exec("INSERT INTO application_events (application_id, id, at, kind, by, text) VALUES (?, ?, ?, 'granted', 'authority', ?)",
		id, uuid.New(), now, []byte("decision")).Error)
	require.NoError(t, a.db.From(t.Context()).Exec(`INSERT INTO application_documents (id, application_id, event_id, position, remote_id, state, name, media_type, size, sha256, created_at)
		VALUES (?, ?, ?, 0, ?, 'ready', ?, 'application/pdf', 1, '', ?)`, uuid.New(), id, uuid.New(), uuid.New(), []byte("name"), now).Error)
	return id
}

// TestDelete_EveryTableThatNamesAPersonIsKnown fails when a table gets a column that names people and nobody has thought of what
// becomes of it when the person goes.
func TestDelete_EveryTableThatNamesAPersonIsKnown(t *testing.T) {
	t.Parallel()
	a, _ := newApp(t)
	erased := map[string]bool{
		"applications": true, "application_co_applicants": true, "sessions": true, "mailbox_messages": true,
		"oidc_auth_requests": true, "oidc_families": true, "oidc_subjects": true, "oidc_visits": true,
		"federation_outbox": true, "federation_inbox": true, "federation_inbox_lanes": true, "federation_outbox_lanes": true, // a message's thread, no person
		"federation_statements": true, // a portal
	}
	for table, columns := range tables(t, a) {
		for _, column := range columns {
			if column != "account_id" && column != "subject" || erased[table] {
				continue
			}
			var cascades int
			require.NoError(t, a.db.From(t.Context()).Raw(`SELECT count(*) FROM pg_constraint
				WHERE conrelid = ?::regclass AND confrelid = 'accounts'::regclass AND confdeltype = 'c'`, table).Row().Scan(&cascades))
			require.Positive(t, cascades, "%s.%s names a person: have it deleted with the account", table, column)
		}
	}
}

// TestOwnership_EveryAddressOfAPersonsThing_IsUnknownToEverybodyElse asks, for every operation of the contract that names a
// thing of a person, as somebody else and as each kind of staff. The answer is the same as for a thing that does not exist.
func TestOwnership_EveryAddressOfAPersonsThing_IsUnknownToEverybodyElse(t *testing.T) {
	t.Parallel()
	a, handler := newApp(t)
	doc, err := types.GetSwagger()
	require.NoError(t, err)
	clara, err := a.accounts.CreateCitizen(t.Context(), "clara@example.org", testPassword, types.ProfileData{GivenName: "Clara", FamilyName: "Beispiel"})
	require.NoError(t, err)
	signedIn(t, a, handler, clara)
	ids := belongings(t, a, clara)
	others := map[string]*browser{}
	bernd, err := a.accounts.CreateCitizen(t.Context(), "bernd@example.org", testPassword, types.ProfileData{GivenName: "Bernd", FamilyName: "Beispiel"})
	require.NoError(t, err)
	others["citizen"] = signedIn(t, a, handler, bernd)
	for _, role := range []string{"clerk", "editor", "publisher", "admin"} {
		id, err := a.accounts.CreateStaff(t.Context(), role+"@example.org", "Kim Klar", testPassword, []string{role})
		require.NoError(t, err)
		others[role] = signedIn(t, a, handler, id)
	}
	before := remains(t, a, clara.String())
	asked := 0
	for path, item := range doc.Paths.Map() {
		if !isPersonal(path) || !strings.Contains(path, "{") {
			continue
		}
		for method, op := range item.Operations() {
			if len(*op.Security) == 0 {
				continue // says the same of everything
			}
			asked++
			for who, b := range others {
				theirs := b.call(t.Context(), method, fill(t, path, ids)+query(op), example(op))
				none := b.call(t.Context(), method, fill(t, path, nil)+query(op), example(op))
				require.Contains(t, []int{http.StatusNotFound, http.StatusForbidden, http.StatusUnauthorized}, theirs.Code, "%s as %s: %s", op.OperationID, who, theirs.Body)
				require.Equal(t, none.Code, theirs.Code, "%s as %s", op.OperationID, who)
				require.Equal(t, blank(none.Body.String()), blank(theirs.Body.String()), "%s as %s tells what exists", op.OperationID, who)
			}
		}
	}
	require.Greater(t, asked, 18)
	require.Equal(t, before, remains(t, a, clara.String()), "somebody else has changed something")
}

func isPersonal(path string) bool {
	for _, prefix := range []string{"/api/v1/account/", "/api/v1/mailbox/", "/api/v1/applications/", "/api/v1/documents/"} {
		if strings.HasPrefix(path, prefix) {
			return true
		}
	}
	return false
}

var parameter = regexp.MustCompile(`\{([^}]+)\}`)

// fill puts ids into an address: those given, or ones that name nothing.
func fill(t *testing.T, path string, ids map[string]uuid.UUID) string {
	t.Helper()
	return parameter.ReplaceAllStringFunc(path, func(name string) string {
		if ids == nil {
			return uuid.NewString()
		}
		id, ok := ids[strings.Trim(name, "{}")]
		require.True(t, ok, "%s: belongings make no thing for %s", path, name)
		return id.String()
	})
}

// query gives the parameters that an operation cannot do without.
func query(op *openapi3.Operation) string {
	values := url.Values{}
	for _, p := range op.Parameters {
		if p.Value.In == "query" && p.Value.Required {
			values.Set(p.Value.Name, "/a/b")
		}
	}
	return "?" + values.Encode()
}

// example is a body that the contract gives for an operation.
func example(op *openapi3.Operation) []byte {
	if op.RequestBody == nil {
		return nil
	}
	media := op.RequestBody.Value.Content["application/json"]
	var value any = map[string]any{}
	if media != nil && media.Example != nil {
		value = media.Example
	} else if media != nil && len(media.Examples) > 0 { // of several, the one whose name is first
		value = media.Examples[slices.Sorted(maps.Keys(media.Examples))[0]].Value.Value
	}
	text, _ := json.Marshal(value) // it has been read from the contract
	return text
}

var identifier = regexp.MustCompile(`"requestId":"[^"]*"|[0-9a-f]{8}-[0-9a-f-]{27}`)

// blank takes out of an answer what differs from request to request.
func blank(body string) string { return identifier.ReplaceAllString(body, "") }

package app

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"portalverbund/api/types"
)

// act is one administrative operation, done in the order of the list. What earlier ones answered is in names, by a word of the test's.
type act struct {
	operation, path string
	body            any
	ifMatch         string // "etag": that of the answer before
	keep            string // the word for the id that is answered
}

const (
	ourEntry = "/api/v1/admin/catalog/entries/organisation/{entry}"
	ourForm  = "/api/v1/admin/forms/{form}"
)

func administrativeActs() []act {
	office := map[string]any{"name": map[string]string{"de": "Fundbüro"}, "openingHours": []any{}}
	synonym := map[string]any{"says": []string{"maxi-cosi"}, "means": []string{"familienkarte"}}
	template := map[string]any{"use": "question", "title": "Nachweis fehlt", "text": "Bitte senden Sie uns den Nachweis."}
	source := map[string]any{"name": "Behördenfinder", "settings": map[string]string{"apiKey": "geheim", "areaIds": "10345"}, "enabled": false, "complete": false}
	newSource := map[string]any{"kind": "infodienste", "schedule": map[string]any{"every": "day", "at": "03:00", "weekday": 1}}
	for key, value := range source {
		newSource[key] = value
	}
	source["schedule"] = newSource["schedule"]
	client := map[string]any{
		"name": "Bibliothek", "purpose": map[string]string{"de": "Ihre Ausleihen"}, "authentication": "clientSecret", "scopes": []string{"openid"},
		"redirectUris": []string{"https://bibliothek.example/zurueck"}, "postLogoutRedirectUris": []string{}, "active": true,
	}
	newClient := map[string]any{"kind": "web"}
	for key, value := range client {
		newClient[key] = value
	}
	payment := map[string]any{
		"url": "https://127.0.0.1:1", "originatorId": "meppen", "endPointId": "kasse", "authentication": "basic", "clientId": "portal", "secret": "geheim",
	}
	none := map[string]any{}
	found := map[string]any{"type": "object", "properties": map[string]any{"what": map[string]any{"type": "string"}}}
	return []act{
		{"createEditorialEntry", "/api/v1/admin/catalog/entries", map[string]any{"kind": "organisation", "content": office}, "", "entry"},
		{"submitEditorialDraft", ourEntry + "/submit", none, "etag", ""},
		{"reopenEditorialDraft", ourEntry + "/reopen", nil, "etag", ""},
		{"submitEditorialDraft", ourEntry + "/submit", none, "etag", ""},
		{"returnEditorialDraft", ourEntry + "/return", map[string]string{"reason": "Die Gebühr fehlt."}, "etag", ""},
		{"releaseEditorialDraft", ourEntry + "/release", none, "etag", ""},
		// a draft is one entry for each who writes it, and not one for each time that the page saves
		{"saveEditorialDraft", ourEntry + "/draft", map[string]any{"content": office}, "etag", ""},
		{"restoreEntryVersion", ourEntry + "/versions/1/restore", nil, "etag", ""},
		{"discardEditorialDraft", ourEntry + "/draft", nil, "etag", ""},
		{"withdrawEditorialEntry", ourEntry + "/withdraw", none, "etag", ""},
		{"deleteEditorialEntry", ourEntry, nil, "etag", ""},
		{"undeleteEditorialEntry", ourEntry + "/undelete", nil, "etag", ""},
		{"commentEditorialEntry", ourEntry + "/comments", map[string]string{"reason": "Bitte klären."}, "", ""},
		{"createForm", "/api/v1/admin/forms", map[string]any{"title": map[string]string{"de": "Fund anzeigen"}, "schema": found}, "", "form"},
		{"submitFormDraft", ourForm + "/submit", none, "etag", ""},
		{"reopenFormDraft", ourForm + "/reopen", none, "etag", ""},
		{"releaseFormDraft", ourForm + "/release", none, "etag", ""},
		{"withdrawForm", ourForm + "/withdraw", none, "etag", ""},
		{"discardFormDraft", ourForm + "/draft", nil, "etag", ""},
		{"updateEditingSettings", "/api/v1/admin/catalog/settings", map[string]any{"fourEyes": false, "languages": []string{"de"}, "staleAfterDays": 365, "warnDaysBefore": 60}, "settings", ""},
		{"createSearchSynonym", "/api/v1/admin/search/synonyms", synonym, "", "synonym"},
		{"updateSearchSynonym", "/api/v1/admin/search/synonyms/{synonym}", synonym, "body", ""},
		{"deleteSearchSynonym", "/api/v1/admin/search/synonyms/{synonym}", nil, "body", ""},
		{"dismissMissedSearch", "/api/v1/admin/search/missed/{missed}", nil, "", ""},
		{"createSource", "/api/v1/admin/sources", newSource, "", "source"},
		{"updateSource", "/api/v1/admin/sources/{source}", source, "etag", ""},
		{"startImportRun", "/api/v1/admin/sources/{source}/runs", map[string]bool{"dryRun": true, "fromTheBeginning": false}, "", "run"},
		{"cancelImportRun", "/api/v1/admin/import-runs/{run}/cancel", nil, "", ""},
		{"deleteSource", "/api/v1/admin/sources/{source}", nil, "source", ""},
		{"createClient", "/api/v1/admin/clients", newClient, "", "client"},
		{"updateClient", "/api/v1/admin/clients/{client}", client, "client", ""},
		{"rotateClientSecret", "/api/v1/admin/clients/{client}/secrets", map[string]int{"overlapHours": 24}, "", ""},
		{"endClientSecret", "/api/v1/admin/clients/{client}/secrets/{secret}", nil, "", ""},
		{"checkClient", "/api/v1/admin/clients/{client}/checks", nil, "", ""},
		{"deleteClient", "/api/v1/admin/clients/{client}", nil, "client", ""},
		{"replaceSigningKeys", "/api/v1/admin/signing-keys", nil, "", ""},
		{"inviteStaff", "/api/v1/admin/staff", map[string]any{"email": "neu@example.org", "name": "Kim Neu", "roles": []string{"clerk"}}, "", "staff"},
		{"setStaffRoles", "/api/v1/admin/staff/{staff}/roles", map[string]any{"roles": []string{"editor"}}, "", ""},
		{"resetStaffFactors", "/api/v1/admin/staff/{staff}/factors", nil, "", ""},
		{"endStaff", "/api/v1/admin/staff/{staff}", nil, "", ""},
		{"startCase", "/api/v1/cases/{case}/start", nil, "", ""},
		{"planCase", "/api/v1/cases/{case}", map[string]any{"assignee": "nobody"}, "etag", ""},
		{"noteCase", "/api/v1/cases/{case}/notes", map[string]any{"text": "Rücksprache gehalten."}, "", ""},
		{"holdCase", "/api/v1/cases/{case}/hold", map[string]any{"reason": "Klage beim Verwaltungsgericht"}, "", ""},
		{"endCaseHold", "/api/v1/cases/{case}/hold", nil, "", ""},
		{"setCaseRule", "/api/v1/admin/case-rules", map[string]any{"keepMonths": 60}, "", ""},
		{"endDeputy", "/api/v1/cases/deputies", nil, "", ""},
		{"createCaseTemplate", "/api/v1/cases/templates", template, "", "template"},
		{"changeCaseTemplate", "/api/v1/cases/templates/{template}", template, "", ""},
		{"deleteCaseTemplate", "/api/v1/cases/templates/{template}", nil, "", ""},
		{"askQuestion", "/api/v1/cases/{case}/questions", map[string]string{"text": "Wie heißt er?"}, "", ""},
		{"writeCaseMessage", "/api/v1/cases/{case}/message", map[string]string{"text": "Wir melden uns bis Freitag."}, "", ""},
		{"closeCase", "/api/v1/cases/{other}/close", map[string]string{"text": "Der Sperrmüll ist abgeholt."}, "", ""},
		{"previewDecision", "/api/v1/cases/{case}/decision/preview", map[string]string{"outcome": "granted", "text": "Bewilligt."}, "", ""},
		{"decideCase", "/api/v1/cases/{case}/decision", map[string]string{"outcome": "granted", "text": "Bewilligt."}, "", ""},
		{"explainDifference", "/api/v1/treasury/reconciliation/explanations", map[string]any{"transactionId": "4f0d6c1e", "kind": "amount", "ours": 3070, "theirs": 3000, "note": "Die Liste wird berichtigt."}, "", ""},
		{"setPaymentService", "/api/v1/admin/payment-services", payment, "", "payment"},
		{"checkPaymentService", "/api/v1/admin/payment-services/{payment}/check", nil, "", ""},
		{"endPaymentService", "/api/v1/admin/payment-services/{payment}", nil, "", ""},
		{"closeDay", "/api/v1/treasury/closings", map[string]string{"day": "2026-01-31"}, "", ""},
	}
}

// inPayments is where the treasury's acts are looked for: they need a fee that is paid.
const inPayments = "server/payments: TestTreasury_EveryAct_IsInTheAudit"

// notDoneHere are writing operations of those who work here that the list above cannot do alone, each with the reason.
func notDoneHere() map[string]string {
	return map[string]string{
		"setDeputy":     "needs a second clerk: server/cases: TestSetDeputy_*",
		"agreeDecision": "needs two clerks: server/cases: TestDecide_FourEyes_NothingReachesTheCitizenUntilAnotherAgrees", "returnDecision": "needs a decision that waits: server/cases: TestReturn_*",
		"payCash": "needs a fee: server/payments: TestCash_*", "importStatement": "needs an account: server/payments: TestStatement_*", "assignTransfer": inPayments, "undoTransfer": inPayments, "giveBackTransfer": inPayments,
		"setFee": "needs a fee to set: server/payments: TestSetFee_*", "setNoFee": "needs a fee to set: server/payments: TestSetNoFee_*", "reducePayment": "needs a fee: server/payments: TestReduce_*", "askRefund": inPayments, "approveRefund": inPayments, "executeRefund": inPayments, "refuseRefund": inPayments, "writeOffPayment": inPayments, "resolveDifference": inPayments,
		"previewSearchSynonym": "writes nothing", "tryFormDraft": "writes nothing",
		"saveFormDraft":     "one entry for each who writes, as of createForm",
		"saveCaseViews":     "how somebody looks at their own list",
		"saveDeskSettings":  "how somebody works with their own keyboard",
		"followEntrySource": "needs an import", "uploadImport": "needs a file", "applyImportRun": "needs a run that was read", "resumeImportRun": "needs a run that broke",
		"undoImportRun": "needs a run that is done", "checkIdentityLink": "needs an identity provider",
		"lookAtAnchor": "changes nothing", "joinAssociation": "needs an anchor: TestJoin_GrantedByTheAnchor_AllTrustOneAnother", "leaveAssociation": "needs an anchor",
		"grantMembership": "needs an association: TestJoin_GrantedByTheAnchor_AllTrustOneAnother", "refuseMembership": "needs an association", "removeMember": "needs an association",
		"rotateAssociationKeys": "needs an association", "resendMessage": "needs a message that is stuck",
		"testProvider":       "needs a provider: TestTest_ProviderGetsAMarkedDelivery_NobodyElseHearsOfIt",
		"setProviderAddress": "needs a provider: TestSettings_*", "replaceWebhookSecret": "needs a provider: TestSettings_*", "setFitConnectCredentials": "needs a connection: TestFIT_Credentials_*",
		"replayDelivery": "needs a delivery: TestReplay_GivenUpOrLost_DeliveredAgainUnderTheSameId_CitizenHearsOnce",
	}
}

// TestAudit_EveryAdministrativeAct_IsAnEntryOfWhoDidIt does every writing operation of the contract that asks for a role, and looks for
// its entry. An operation that is neither done nor named in notDoneHere fails.
func TestAudit_EveryAdministrativeAct_IsAnEntryOfWhoDidIt(t *testing.T) {
	t.Parallel()
	a, handler := newApp(t)
	ctx := t.Context()
	id, err := a.accounts.CreateStaff(ctx, "alle@example.org", "Kim Klar", testPassword, []string{"clerk", "editor", "publisher", "admin", "treasurer"})
	require.NoError(t, err)
	b := signedIn(t, a, handler, id)
	names := map[string]string{"missed": uuid.NewString(), "case": uuid.NewString()}
	require.NoError(t, a.db.From(ctx).Exec("INSERT INTO catalog_missed_searches (id, digest, words, searches, days, first_day, last_day) VALUES (?, ?, 'hund', 9, 3, now(), now())",
		names["missed"], []byte("x")).Error)
	caseFor(t, a, uuid.MustParse(names["case"]))
	names["other"] = uuid.NewString()
	caseFor(t, a, uuid.MustParse(names["other"]))
	done, etag := map[string]bool{}, ""
	for _, do := range administrativeActs() {
		path := do.path
		for word, value := range names {
			path = strings.ReplaceAll(path, "{"+word+"}", url.PathEscape(value))
		}
		body, err := json.Marshal(do.body)
		require.NoError(t, err)
		if do.body == nil {
			body = nil
		}
		ifMatch := []string{etag}
		switch do.ifMatch {
		case "etag", "":
		case "body":
			ifMatch[0] = names["etag"]
		case "settings":
			ifMatch[0] = b.call(ctx, http.MethodGet, path, nil).Header().Get("ETag")
		default:
			ifMatch[0] = b.call(ctx, http.MethodGet, strings.TrimSuffix(path, "/draft"), nil).Header().Get("ETag")
		}
		before := entriesOf(t, a, id)
		w := b.call(ctx, methodOf(t, do.operation), path, body, ifMatch...)
		require.Less(t, w.Code, 300, "%s: %d %s", do.operation, w.Code, w.Body)
		require.Greater(t, entriesOf(t, a, id), before, "%s is not in the audit", do.operation)
		done[do.operation] = true
		if tag := w.Header().Get("ETag"); tag != "" {
			etag = tag
		}
		remember(names, do.keep, w.Body.Bytes())
	}
	doc, err := types.GetSwagger()
	require.NoError(t, err)
	for _, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			if _, staff := op.Extensions["x-roles"]; !staff || method == http.MethodGet {
				continue
			}
			_, excused := notDoneHere()[name(op.OperationID)]
			require.NotEqual(t, excused, done[name(op.OperationID)], "%s: is it in the audit?", op.OperationID)
		}
	}
}

// remember keeps the id that an answer names, and the secret of an application.
func remember(names map[string]string, word string, body []byte) {
	var answer struct {
		ID     string `json:"id"`
		ETag   string `json:"etag"`
		Client struct {
			ID      string                `json:"id"`
			Secrets []struct{ ID string } `json:"secrets"`
		} `json:"client"`
	}
	_ = json.Unmarshal(body, &answer) // an answer without a body names nothing
	if answer.ETag != "" {
		names["etag"] = answer.ETag
	}
	if secrets := answer.Client.Secrets; len(secrets) > 0 {
		names["secret"] = secrets[0].ID
	}
	for _, value := range []string{answer.ID, answer.Client.ID} {
		if word != "" && value != "" {
			names[word] = value
		}
	}
}

func entriesOf(t *testing.T, a *App, actor uuid.UUID) (n int) {
	t.Helper()
	require.NoError(t, a.db.From(t.Context()).Raw("SELECT count(*) FROM audit_entries WHERE actor = ? AND actor_kind = 'staff' AND action <> 'audit.read'", actor.String()).Row().Scan(&n))
	return n
}

func methodOf(t *testing.T, operation string) string {
	t.Helper()
	doc, err := types.GetSwagger()
	require.NoError(t, err)
	for _, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			if name(op.OperationID) == operation {
				return method
			}
		}
	}
	t.Fatalf("there is no operation %s", operation)
	return ""
}

// caseFor makes a case of an application that was handed in here.
func caseFor(t *testing.T, a *App, id uuid.UUID) {
	t.Helper()
	o := furnish(t, a, "Ordnungsamt", nil)
	person, err := a.accounts.CreateCitizen(t.Context(), id.String()+"@example.org", testPassword, types.ProfileData{GivenName: "Insa", FamilyName: "Muster"})
	require.NoError(t, err)
	application := handIn(t, a, person)
	now := time.Now().UTC()
	require.NoError(t, a.db.From(t.Context()).Exec("UPDATE applications SET state = 'submitted', data = NULL, acts_for = NULL WHERE id = ?", application).Error)
	require.NoError(t, a.db.From(t.Context()).Exec("DELETE FROM case_attachments WHERE case_id = ?", o.caseID).Error)
	require.NoError(t, a.db.From(t.Context()).Exec("UPDATE cases SET id = ?, application_id = ?, changed_at = ? WHERE id = ?", id, application, now, o.caseID).Error)
	sealed, err := a.keys.Seal("cases content", []byte(`{"data": {}}`), id[:])
	require.NoError(t, err)
	require.NoError(t, a.db.From(t.Context()).Exec("UPDATE cases SET content = ? WHERE id = ?", sealed, id).Error)
}

var testName = regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z0-9_]*)(\\*?)`")

// TestSecurity_TestsThatAreNamed_AreThere looks for every test that SECURITY.md and ARCHITECTURE.md name.
func TestSecurity_TestsThatAreNamed_AreThere(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	var code strings.Builder
	for _, folder := range []string{"server", "db"} {
		require.NoError(t, filepath.WalkDir(filepath.Join(root, folder), func(path string, _ os.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			code.Write(text)
			return err
		}))
	}
	named := 0
	for _, document := range []string{"SECURITY.md", "ARCHITECTURE.md"} {
		text, err := os.ReadFile(filepath.Join(root, document))
		require.NoError(t, err)
		for _, match := range testName.FindAllStringSubmatch(string(text), -1) {
			named++
			want := "func " + match[1]
			if match[2] == "" {
				want += "("
			}
			if !strings.Contains(code.String(), want) {
				t.Errorf("%s names %s, which there is not", document, match[1])
			}
		}
	}
	require.Greater(t, named, 150)
}

package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/uuid"
	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
)

// who may call an operation: n nobody known, c citizen, k clerk, e editor, r publisher (who releases), d administrator, u auditor, t treasurer, each
// without the other roles, a app on behalf of a citizen with all scopes, p provider with its scopes, m linked portal. Every
// operation has its row; one without fails. Capital letters are the same roles for one unit only: they come in where everybody with
// a session does, and where the operation keeps to units by itself (perUnit).
func allowed() map[string]string {
	everybody, person := "nckerdapmut", "ckerdaut"
	session := "ckerdut"
	return map[string]string{
		"getPortal": everybody, "listPlaces": everybody, "getPlace": everybody, "listServices": everybody, "suggestServices": everybody,
		"searchCatalog": everybody, "suggestSearch": everybody, "listDeliveryFiles": everybody, "getDeliveryFile": everybody, "browseServices": everybody, "listPopularServices": everybody,
		"getService": everybody, "listServiceAlternatives": everybody, "listOffers": everybody, "listCategories": everybody, "getOrganisation": everybody, "getForm": everybody,
		"listOwnForms": "erd", "createForm": "e", "getEditedForm": "erd", "saveFormDraft": "e", "discardFormDraft": "e", "tryFormDraft": "erd", "submitFormDraft": "e",
		"reopenFormDraft": "er", "releaseFormDraft": "r", "withdrawForm": "r", "listFormVersions": "erd", "getFormVersion": "erd",
		"listEditorialEntries": "erd", "listEditorialForms": "erd", "createEditorialEntry": "e", "getEditorialEntry": "erd", "deleteEditorialEntry": "er", "undeleteEditorialEntry": "er",
		"saveEditorialDraft": "e", "discardEditorialDraft": "e", "submitEditorialDraft": "e", "reopenEditorialDraft": "er", "returnEditorialDraft": "r",
		"releaseEditorialDraft": "r", "withdrawEditorialEntry": "r", "followEntrySource": "r", "commentEditorialEntry": "er", "previewEditorialEntry": "erd",
		"listEntryVersions": "erd", "getEntryVersion": "erd", "restoreEntryVersion": "e", "listEditorialTasks": "erd",
		"getEditingSettings": "erd", "updateEditingSettings": "d",
		"listSourceKinds": "erd", "listSources": "erd", "createSource": "d", "getSource": "erd", "updateSource": "d", "deleteSource": "d", "startImportRun": "d", "uploadImport": "d", "getImportDifference": "erd",
		"listImportRuns": "erd", "getImportRun": "erd", "listImportNotes": "erd", "listImportDifferences": "erd", "applyImportRun": "d", "resumeImportRun": "d",
		"undoImportRun": "d", "cancelImportRun": "d",
		"getEntityConfiguration": everybody, "getSubordinateStatement": everybody, "listSubordinates": everybody, "listHistoricalKeys": everybody, "tellMembership": everybody,
		"getAssociation": "d", "getAssociationHistory": "d", "lookAtAnchor": "d", "joinAssociation": "d", "leaveAssociation": "d", "grantMembership": "d", "refuseMembership": "d", "removeMember": "d",
		"rotateAssociationKeys": "d", "listStuckMessages": "d", "resendMessage": "d",
		"listStaff": "d", "inviteStaff": "d", "setStaffRoles": "d", "endStaff": "d", "resetStaffFactors": "d", "listAuditEntries": "u",
		"listClients": "d", "createClient": "d", "getClient": "d", "updateClient": "d", "deleteClient": "d", "rotateClientSecret": "d", "endClientSecret": "d",
		"checkClient": "d", "getMailState": "d", "listSigningKeys": "d", "replaceSigningKeys": "d",
		"listSearchSynonyms": "erd", "createSearchSynonym": "erd", "updateSearchSynonym": "erd", "deleteSearchSynonym": "erd", "previewSearchSynonym": "erd",
		"listMissedSearches": "erd", "dismissMissedSearch": "erd", "explainSearch": "erd",
		"explainOffers": everybody, "listOrganisations": everybody, "listOrganisationServices": everybody, "listPlacesAround": everybody,
		"getSession": "nckerdut", "signIn": "nckerdut", "signOut": session, "startSignIn": "nckerdut", "finishSignIn": "nckerdut",
		"getSignInRequest": "nckerdut", "approveSignInRequest": session, "denySignInRequest": session,
		"registerAccount": "nckerdut", "confirmRegistration": "nckerdut", "requestPasswordReset": "nckerdut", "confirmPasswordReset": "nckerdut",
		"beginRegistrationPasskey": "nckerdut", "beginRecovery": "nckerdut", "recoverAccount": "nckerdut",
		"listCredentials": session, "setPassword": session, "removePassword": session, "beginPasskey": session, "addPasskey": session,
		"renamePasskey": session, "removePasskey": session, "beginOneTimeCodes": session, "confirmOneTimeCodes": session,
		"removeOneTimeCodes": session, "replaceRecoveryCodes": session,
		"proveSecondFactor": "nckerdut", "beginPasskeySignIn": "nckerdut", "signInWithPasskey": "nckerdut", "reauthenticate": session,
		"listIdentityProviders": everybody, "listDirectories": everybody, "startIdentity": "nckerdut", "finishIdentity": "nckerdut", "getArrival": "nckerdut",
		"createAccountOfArrival": "nckerdut", "linkArrival": session, "takeOverData": session, "listIdentities": session, "unlinkIdentity": session,
		"listIdentityLinks": "d", "checkIdentityLink": "d", "getOrganisationAccount": session,
		"requestEmailChange": session, "confirmEmailChange": "nckerdut",
		"getProfile": person, "updateProfile": session, "getPrefill": session, "listConsents": session, "keepAnswers": session, "objectToAccess": session, "exportAccount": session,
		"getDeletion": session, "deleteAccount": session, "keepAccount": session, "readPersonalData": "m", "listProposals": session,
		"acceptProposal": session, "discardProposal": session, "giveConsent": session,
		"withdrawConsent": session, "listAccesses": session, "listSessions": session, "endSession": session,
		"listPowers": session, "grantPower": session, "getPower": session, "endPower": session, "confirmPower": session, "listActingFor": person,
		"usePower": "a", "readPrincipalProfile": "a", "openPowerInvitation": session, "acceptPower": session, "declinePower": session,
		"listDocuments": person, "releaseDocument": "a", "addAttachmentFromSafe": session, "keepMessage": person, "addDocument": session, "changeDocument": session, "deleteDocument": session, "restoreDocument": session, "readDocument": session,
		"listCoApplicants": person, "inviteCoApplicant": session, "removeCoApplicant": session, "remindCoApplicant": session, "consentToApplication": session, "refuseApplication": session, "leaveApplication": session,
		"openApplicationInvitation": session, "acceptApplicationInvitation": session,
		"startActing": session, "stopActing": session, "handOverDraft": person,
		"listApplications": person, "createApplication": person, "getApplication": person, "saveDraft": person, "deleteDraft": person,
		"describeUploads": everybody, "createUpload": person, "getUploadOffset": person, "continueUpload": person, "endUpload": person,
		"addAttachment": person, "getAttachment": person, "getApplicationDocument": person, "deleteAttachment": person, "submitApplication": person,
		"withdrawApplication": person, "answerAuthority": person, "watchApplication": person, "getReceipt": person, "getReceiptPaper": person,
		"listCases": "k", "watchCases": "k", "getCase": "k", "startCase": "k", "askQuestion": "k", "writeCaseMessage": "k", "closeCase": "k", "decideCase": "k", "prepareDecision": "k", "previewDecision": "k", "getDecisionPaper": "k", "getCaseAttachment": "k",
		"planCase": "k", "noteCase": "k", "listColleagues": "k", "listCaseViews": "k", "saveCaseViews": "k", "getDeskSettings": "k", "saveDeskSettings": "k", "getCaseStatistics": "k", "exportCaseStatistics": "k",
		"listCaseTemplates": "k", "createCaseTemplate": "k", "changeCaseTemplate": "k", "deleteCaseTemplate": "k",
		"getCaseRules": "d", "setCaseRule": "d", "holdCase": "k", "endCaseHold": "k", "exportCase": "k", "listDeputies": "kd", "setDeputy": "k", "endDeputy": "k", "agreeDecision": "k", "returnDecision": "k",
		"listDeliveries": "p", "getDelivery": "p", "reportDeliveryStatus": "p", "getDeliveryAttachment": "p", "addDeliveryDocument": "p", "listDeliveryMessages": "p", "writeDeliveryMessage": "p",
		"listProviders": "d", "listProviderDeliveries": "d", "testProvider": "d", "setProviderAddress": "d", "replaceWebhookSecret": "d", "setFitConnectCredentials": "d", "replayDelivery": "d",
		"getMailboxSettings": session, "setMailboxSettings": session,
		"listPayments": person, "getPayment": person, "startPayment": person, "checkPayment": person, "watchPayment": person, "getPaymentReceipt": person, "getPaymentNotice": person,
		"notifyPayment": everybody, "listCasePayments": "k", "setFee": "k", "setNoFee": "k", "payCash": "k", "getCasePaymentReceipt": "k", "listStatements": "t", "importStatement": "t", "listTransfers": "t",
		"assignTransfer": "t", "undoTransfer": "t", "giveBackTransfer": "t", "reducePayment": "k", "getTreasury": "t", "listTreasuryPayments": "t", "explainDifference": "t", "askRefund": "t", "writeOffPayment": "t", "listRefunds": "t",
		"approveRefund": "t", "executeRefund": "t", "refuseRefund": "t", "reconcilePayments": "t", "resolveDifference": "t", "exportLedger": "t",
		"listClosings": "t", "closeDay": "t", "listTreasuryServices": "t",
		"listPaymentServices": "d", "setPaymentService": "d", "endPaymentService": "d", "checkPaymentService": "d",
		"listMessages": person, "getMessage": person, "deleteMessage": person,
		"receiveMessage": everybody, "receiveNudge": "m", "readCatalog": "m", "fetchAttachment": "m",
	}
}

// perUnit are the operations at which a role for one unit is enough. Each of them must be in TestUnits_*, which shows that it keeps to the
// unit.
func perUnit() []string {
	return []string{
		"listCases", "watchCases", "getCase", "startCase", "askQuestion", "writeCaseMessage", "closeCase", "decideCase", "prepareDecision", "previewDecision", "getDecisionPaper", "getCaseAttachment", "listCasePayments", "setFee", "setNoFee", "reducePayment", "payCash", "getCasePaymentReceipt",
		"planCase", "noteCase", "listColleagues", "listCaseViews", "saveCaseViews", "getDeskSettings", "saveDeskSettings", "getCaseStatistics", "exportCaseStatistics",
		"listCaseTemplates", "createCaseTemplate", "changeCaseTemplate", "deleteCaseTemplate", "holdCase", "endCaseHold", "exportCase", "listDeputies", "setDeputy", "endDeputy", "agreeDecision", "returnDecision",
		"listEditorialEntries", "listEditorialForms", "createEditorialEntry", "getEditorialEntry", "deleteEditorialEntry", "undeleteEditorialEntry",
		"saveEditorialDraft", "discardEditorialDraft", "submitEditorialDraft", "reopenEditorialDraft", "returnEditorialDraft", "releaseEditorialDraft",
		"withdrawEditorialEntry", "followEntrySource", "commentEditorialEntry", "previewEditorialEntry", "listEntryVersions", "getEntryVersion",
		"restoreEntryVersion", "listEditorialTasks", "getEditingSettings", "listStaff", "inviteStaff", "setStaffRoles", "endStaff", "resetStaffFactors", "listAuditEntries",
	}
}

// wanted says whether an operation with a row of the table lets somebody in.
func wanted(operation, row string, who rune) bool {
	if !unicode.IsUpper(who) {
		return strings.ContainsRune(row, who)
	}
	return strings.ContainsRune(row, unicode.ToLower(who)) && (strings.Contains(row, "c") || slices.Contains(perUnit(), operation))
}

// name gives an operation's id as the contract writes it; the generator begins it with a capital letter.
func name(operationID string) string { return strings.ToLower(operationID[:1]) + operationID[1:] }

type callers struct{}

func (callers) Session(r *http.Request) (httpx.Caller, bool, error) {
	cookie, err := r.Cookie("who")
	if errors.Is(err, http.ErrNoCookie) {
		return httpx.Caller{}, false, nil
	}
	c := httpx.Caller{Kind: httpx.SessionCaller, CSRFToken: "token"}
	role := map[string]string{"k": "clerk", "e": "editor", "r": "publisher", "d": "admin", "u": "auditor", "t": "treasurer"}[strings.ToLower(cookie.Value)]
	switch {
	case role == "":
	case unicode.IsUpper(rune(cookie.Value[0])):
		c.UnitRoles = []httpx.UnitRole{{Role: role, Unit: uuid.New()}}
	default:
		c.Roles = []string{role}
	}
	return c, true, nil
}

func (callers) Token(r *http.Request) (httpx.Caller, error) {
	c := httpx.Caller{Kind: httpx.TokenCaller}
	switch strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ") {
	case "a":
		c.Scopes = []string{"person:read", "mailbox:read", "mailbox:write", "applications:read", "applications:write", "powers:read", "powers:use", "documents:read", "documents:use"}
	case "p":
		c.Scopes = []string{"deliveries:read", "deliveries:write"}
	default:
		return c, errors.New("not a token of this portal")
	}
	return c, nil
}

func (callers) Member(_ context.Context, token string) (httpx.Caller, error) {
	if token != "m" {
		return httpx.Caller{}, errors.New("not a member")
	}
	return httpx.Caller{Kind: httpx.MemberCaller}, nil
}

func request(ctx context.Context, method, path string, who rune) *http.Request {
	path = strings.NewReplacer("{ars}", "034540035035").Replace(path)
	path = regexp.MustCompile(`\{[^}]+\}`).ReplaceAllString(path, uuid.NewString())
	r := httptest.NewRequestWithContext(ctx, method, path, strings.NewReader("{}"))
	r.Header.Set("Content-Type", "application/json")
	switch who {
	case 'c', 'k', 'e', 'r', 'd', 'u', 't', 'K', 'E', 'R', 'D', 'U', 'T':
		r.AddCookie(&http.Cookie{Name: "who", Value: string(who)})
		r.Header.Set("X-CSRF-Token", "token")
	case 'a', 'p', 'm':
		r.Header.Set("Authorization", "Bearer "+string(who))
	}
	return r
}

// contractServer answers every operation that gets past the contract with 200.
func contractServer(t *testing.T) (*openapi3.T, *httpx.Server) {
	t.Helper()
	doc, err := types.GetSwagger()
	require.NoError(t, err)
	contract, err := httpx.NewContract(doc)
	require.NoError(t, err)
	server, err := httpx.New(httpx.Config{Origin: "https://portal.example", MaxConcurrent: 10}, contract, callers{}, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	require.NoError(t, err)
	for path, item := range doc.Paths.Map() {
		for method := range item.Operations() {
			server.Echo.Add(method, regexp.MustCompile(`\{([^}]+)\}`).ReplaceAllString(path, ":$1"), func(c echo.Context) error { return c.NoContent(http.StatusOK) })
		}
	}
	return doc, server
}

// TestContract_EveryOperation_LetsInWhomItShould asks every operation as everybody. What comes after authorisation
// (validation, ownership) is not looked at here.
func TestContract_EveryOperation_LetsInWhomItShould(t *testing.T) {
	t.Parallel()
	doc, server := contractServer(t)
	table, seen := allowed(), 0
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			want, ok := table[name(op.OperationID)]
			require.True(t, ok, "%s has no row", op.OperationID)
			seen++
			for _, who := range "nckerdutKERDUTapm" {
				w := httptest.NewRecorder()
				server.Echo.ServeHTTP(w, request(t.Context(), method, path, who))
				let := w.Code != http.StatusUnauthorized && w.Code != http.StatusForbidden
				require.Equal(t, wanted(name(op.OperationID), want, who), let, "%s as %c: %d %s", op.OperationID, who, w.Code, w.Body)
			}
		}
	}
	require.Len(t, table, seen, "a row for an operation that is gone")
}

// TestContract_EveryChange_NeedsTheForgeryToken sends every change with a session but without its token, and from elsewhere.
func TestContract_EveryChange_NeedsTheForgeryToken(t *testing.T) {
	t.Parallel()
	doc, server := contractServer(t)
	changes := 0
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			if method == http.MethodGet || method == http.MethodHead || !strings.Contains(allowed()[name(op.OperationID)], "k") || allowed()[name(op.OperationID)] == "nckerdapmut" {
				continue
			}
			changes++
			elsewhere := request(t.Context(), method, path, 'k')
			elsewhere.Header.Set("Origin", "https://evil.example")
			refused := []*http.Request{elsewhere}
			if takesSession(op) {
				without := request(t.Context(), method, path, 'k')
				without.Header.Del("X-CSRF-Token")
				refused = append(refused, without)
			}
			for _, r := range refused {
				w := httptest.NewRecorder()
				server.Echo.ServeHTTP(w, r)
				require.Equal(t, http.StatusForbidden, w.Code, "%s: %s", op.OperationID, w.Body)
				require.Contains(t, w.Body.String(), `"csrf"`)
			}
		}
	}
	require.Greater(t, changes, 20)
}

func takesSession(op *openapi3.Operation) bool {
	return slices.ContainsFunc(*op.Security, func(r openapi3.SecurityRequirement) bool { return r["session"] != nil })
}

// TestContract_EveryBody_TakesNoFieldOfAnotherSchema adds to the example of every JSON body, at each of its objects that is not free by the contract,
// each field that any schema has and this object has not: nobody sets what is not theirs to set (state, roles, owner, dates of the server).
func TestContract_EveryBody_TakesNoFieldOfAnotherSchema(t *testing.T) {
	t.Parallel()
	doc, server := contractServer(t)
	fields := map[string]bool{}
	for _, schema := range doc.Components.Schemas {
		for field := range schema.Value.Properties {
			fields[field] = true
		}
	}
	bodies, tried, takes := 0, 0, map[string][]string{}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			if op.RequestBody == nil || op.RequestBody.Value.Content["application/json"] == nil {
				continue
			}
			schema := op.RequestBody.Value.Content["application/json"].Schema.Value
			who := rune(strings.TrimLeft(allowed()[name(op.OperationID)], "n")[0])
			send := func(body any) int {
				text, err := json.Marshal(body)
				require.NoError(t, err)
				r := request(t.Context(), method, path, who)
				r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
				r.Header.Set("Idempotency-Key", uuid.NewString())
				r.Header.Set("If-Match", `"1"`)
				w := httptest.NewRecorder()
				server.Echo.ServeHTTP(w, r)
				return w.Code
			}
			var body any
			require.NoError(t, json.Unmarshal(example(op), &body))
			if send(body) != http.StatusOK {
				continue
			}
			bodies++
			for _, object := range closedObjects(schema, body) {
				for field := range fields {
					if _, own := object.schema[field]; own {
						continue
					}
					object.value[field] = "x"
					if send(body) < http.StatusBadRequest {
						takes[op.OperationID] = append(takes[op.OperationID], field)
					}
					delete(object.value, field)
					tried++
				}
			}
		}
	}
	t.Logf("%d bodies, %d foreign fields", bodies, tried)
	require.Empty(t, takes, "fields that are taken, and by what")
	require.Greater(t, bodies, 50)
	require.Greater(t, tried, 10000)
}

// closedObject is an object in a body, and the fields that its schema has.
type closedObject struct {
	value  map[string]any
	schema openapi3.Schemas
}

// closedObjects finds the objects in a value whose schema names its fields, and those within them. What the contract leaves free (answers to a
// form, content of an entry) is not looked into: the room checks it against a schema of its own.
func closedObjects(schema *openapi3.Schema, value any) (out []closedObject) {
	switch v := value.(type) {
	case map[string]any:
		if len(schema.Properties) == 0 {
			return nil
		}
		out = append(out, closedObject{v, schema.Properties})
		for field, inner := range schema.Properties {
			out = append(out, closedObjects(inner.Value, v[field])...)
		}
	case []any:
		if schema.Items == nil {
			return nil
		}
		for _, element := range v {
			out = append(out, closedObjects(schema.Items.Value, element)...)
		}
	}
	return out
}

package app

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"portalverbund/api/types"
	"portalverbund/server/catalog"
	"portalverbund/server/platform/httpx"
)

// exampleUnit is the organisational unit in the contract's examples.
const exampleUnit = "0b7a4f0e-5f0e-5c41-9d6c-3f3a5e0b7a11"

// office is an organisational unit with everything that can belong to one.
type office struct {
	unit, caseID, attachmentID, competence, service, staff, template uuid.UUID
}

// furnish puts a unit into the catalog, below another, and gives it a service, a case with a file, and a clerk.
func furnish(t *testing.T, a *App, name string, parent *uuid.UUID) office {
	t.Helper()
	ctx, now := t.Context(), time.Now().UTC()
	o := office{unit: uuid.New(), caseID: uuid.New(), attachmentID: uuid.New(), competence: uuid.New(), service: uuid.New(), template: uuid.New()}
	organisation := map[string]any{"id": o.unit, "name": map[string]string{"de": name}, "openingHours": []any{}}
	if parent != nil {
		organisation["parentId"] = *parent
	}
	write := func(kind string, content map[string]any) {
		t.Helper()
		text, err := json.Marshal(content)
		require.NoError(t, err)
		require.NoError(t, a.db.Tx(ctx, func(ctx context.Context) error { return a.catalog.Write(ctx, kind, catalog.SourceManual, text) }))
	}
	write(catalog.KindOrganisation, organisation)
	write(catalog.KindService, map[string]any{"id": o.service, "title": map[string]string{"de": "Leistung von " + name}, "updatedAt": now.Format(time.RFC3339)})
	write(catalog.KindCompetence, map[string]any{"id": o.competence, "serviceId": o.service, "organisationId": o.unit, "area": "03454"})
	require.NoError(t, a.db.From(ctx).Exec(`INSERT INTO cases (id, origin, application_id, number, state, service_id, service_title, organisation_id, organisation_name, applicant_name,
			ars, form_id, form_version, language, trust_level, content_hash, content, search, submitted_at, received_at, complete_at, changed_at, due_on)
		VALUES (?, ?, ?, ?, 'received', ?, '{"de": "Hund"}', ?, '{"de": "Amt"}', 'Clara', '034540035035', ?, 1, 'de', 'low', 'aa', ?, 'clara', ?, ?, ?, ?, ?)`,
		o.caseID, a.self.Id, uuid.New(), "EL-"+name, o.service, o.unit, uuid.New(), []byte("sealed"), now, now, now, now, now).Error)
	require.NoError(t, a.db.From(ctx).Exec("INSERT INTO case_attachments (case_id, id, size, sha256, state) VALUES (?, ?, 1, 'aa', 'pending')", o.caseID, o.attachmentID).Error)
	require.NoError(t, a.db.From(ctx).Exec("INSERT INTO case_templates (id, unit, use, title, text) VALUES (?, ?, 'note', 'Vorlage', 'Text')", o.template, o.unit).Error)
	var err error
	o.staff, err = a.accounts.CreateStaff(ctx, "clerk."+o.unit.String()+"@example.org", "Kim "+name, testPassword, []string{httpx.UnitRole{Role: "clerk", Unit: o.unit}.Word()})
	require.NoError(t, err)
	return o
}

// state is everything that the operations for single units could change.
func state(t *testing.T, a *App) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, table := range []string{
		"cases", "case_events", "case_reads", "case_notes", "case_holds", "case_proposals", "case_templates", "accounts", "account_resets", "catalog_editing", "catalog_versions", "catalog_comments", "catalog_organisations",
		"catalog_competences", "catalog_services",
	} {
		var sum string
		require.NoError(t, a.db.From(t.Context()).Raw(fmt.Sprintf("SELECT coalesce(md5(string_agg(r::text, '' ORDER BY r::text)), '') FROM %q r", table)).Row().Scan(&sum))
		all[table] = sum
	}
	return all
}

// addresses are all that an operation's path can mean of an office: one for each kind of entry.
func (o office) addresses(path string) []string {
	path = strings.NewReplacer("{caseId}", o.caseID.String(), "{attachmentId}", o.attachmentID.String(), "{staffId}", o.staff.String(), "{templateId}", o.template.String(), "{paymentId}", o.caseID.String(), "{number}", "1").Replace(path)
	if !strings.Contains(path, "{kind}") {
		return []string{path}
	}
	var all []string
	for kind, id := range map[string]uuid.UUID{"organisation": o.unit, "competence": o.competence, "service": o.service} {
		all = append(all, strings.NewReplacer("{kind}", kind, "{entryId}", id.String()).Replace(path))
	}
	return all
}

func reading(method string) bool { return method == http.MethodGet }

// refused says whether an answer is that for what belongs to another unit. Texts of the catalog are there for everybody to read.
func refused(w *httptest.ResponseRecorder) bool {
	body := w.Body.String()
	return w.Code == http.StatusForbidden && (strings.Contains(body, `"unit-other"`) || strings.Contains(body, `"role-missing"`)) ||
		w.Code == http.StatusNotFound && (strings.Contains(body, `"case-unknown"`) || strings.Contains(body, `"account-unknown"`) || strings.Contains(body, `"template-unknown"`))
}

// TestUnits_EveryOperation_AnotherUnitsObject_IsOutOfReach asks, for every operation of the contract at which a role for one unit is
// enough, with each role for the Ordnungsamt, about what belongs to the Bauamt, about what belongs to an office below the Ordnungsamt,
// and about what does not exist.
func TestUnits_EveryOperation_AnotherUnitsObject_IsOutOfReach(t *testing.T) {
	t.Parallel()
	a, handler := newApp(t)
	own := furnish(t, a, "Ordnungsamt", nil)
	below := furnish(t, a, "Hundestelle", &own.unit)
	other := furnish(t, a, "Bauamt", nil)
	browsers := map[string]*browser{}
	for _, role := range []string{"clerk", "editor", "publisher", "admin", "auditor"} {
		id, err := a.accounts.CreateStaff(t.Context(), role+"@example.org", "Kim Klar", testPassword, []string{httpx.UnitRole{Role: role, Unit: own.unit}.Word()})
		require.NoError(t, err)
		browsers[role] = signedIn(t, a, handler, id)
	}
	body := func(op *openapi3.Operation) []byte {
		return []byte(strings.ReplaceAll(string(example(op)), exampleUnit, own.unit.String()))
	}
	before, asked := state(t, a), 0
	perUnitOperations(t, func(path, method string, op *openapi3.Operation) {
		if !strings.Contains(path, "{") {
			return
		}
		asked++
		for role, b := range browsers {
			allowedHere := slices.Contains(rolesOfOperation(op), role)
			for i, address := range other.addresses(path) {
				w := b.call(t.Context(), method, address, body(op))
				if texts := strings.Contains(path, "{kind}"); texts && reading(method) {
					require.Equal(t, allowedHere, !refused(w), "%s of another unit as %s: %d %s", op.OperationID, role, w.Code, w.Body)
					continue
				}
				require.True(t, refused(w), "%s of another unit as %s (%d): %d %s", op.OperationID, role, i, w.Code, w.Body)
			}
			if allowedHere && strings.Contains(path, "{caseId}") { // others' cases answer as none at all
				none := b.call(t.Context(), method, office{caseID: uuid.New(), attachmentID: uuid.New()}.addresses(path)[0], example(op))
				theirs := b.call(t.Context(), method, other.addresses(path)[0], example(op))
				require.Equal(t, blank(none.Body.String()), blank(theirs.Body.String()), "%s as %s tells what exists", op.OperationID, role)
			}
		}
	})
	require.Greater(t, asked, 20)
	require.Equal(t, before, state(t, a), "something has changed")

	perUnitOperations(t, func(path, method string, op *openapi3.Operation) {
		if !strings.Contains(path, "{") || op.OperationID == "SaveEditorialDraft" { // whose example is of another kind
			return
		}
		for role, b := range browsers {
			for _, address := range below.addresses(path) {
				if method == http.MethodDelete && (strings.Contains(path, "{staffId}") || strings.Contains(path, "{templateId}")) || strings.HasSuffix(path, "/roles") {
					continue // below, as it would end what the others need
				}
				w := b.call(t.Context(), method, address, body(op))
				denied := refused(w) && !strings.Contains(w.Body.String(), "wer freigeben darf")
				require.Equal(t, slices.Contains(rolesOfOperation(op), role), !denied, "%s of a unit below as %s: %d %s", op.OperationID, role, w.Code, w.Body)
			}
		}
	})
	w := browsers["admin"].call(t.Context(), http.MethodDelete, "/api/v1/admin/staff/"+below.staff.String(), nil)
	require.Equal(t, http.StatusNoContent, w.Code, w.Body)
}

// perUnitOperations goes through the operations of the contract at which a role for one unit is enough.
func perUnitOperations(t *testing.T, do func(path, method string, op *openapi3.Operation)) {
	t.Helper()
	doc, err := types.GetSwagger()
	require.NoError(t, err)
	seen := 0
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			if op.Extensions["x-per-unit"] != true {
				continue
			}
			seen++
			require.Contains(t, perUnit(), name(op.OperationID))
			do(path, method, op)
		}
	}
	require.Len(t, perUnit(), seen)
}

func rolesOfOperation(op *openapi3.Operation) (roles []string) {
	for _, role := range op.Extensions["x-roles"].([]any) {
		roles = append(roles, role.(string))
	}
	return roles
}

// TestUnits_Lists_HoldWhatBelongsToTheUnit reads every list with roles for one unit, and makes new things in it.
func TestUnits_Lists_HoldWhatBelongsToTheUnit(t *testing.T) {
	t.Parallel()
	a, handler := newApp(t)
	own := furnish(t, a, "Ordnungsamt", nil)
	below := furnish(t, a, "Hundestelle", &own.unit)
	other := furnish(t, a, "Bauamt", nil)
	as := func(role string) *browser {
		id, err := a.accounts.CreateStaff(t.Context(), role+"@example.org", "Kim Klar", testPassword, []string{httpx.UnitRole{Role: role, Unit: own.unit}.Word()})
		require.NoError(t, err)
		return signedIn(t, a, handler, id)
	}
	clerk, editor, admin, auditor := as("clerk"), as("editor"), as("admin"), as("auditor")
	for _, query := range []string{"", "?q=clara", "?state=received", "?limit=1"} {
		w := clerk.call(t.Context(), http.MethodGet, "/api/v1/cases"+query, nil)
		require.Equal(t, http.StatusOK, w.Code, w.Body)
		var list types.CaseList
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &list))
		require.Equal(t, map[string]int{"received": 2}, *list.Counts, "statistics of %q", query)
		numbers := []string{list.Items[0].Number}
		if list.NextCursor != nil {
			w = clerk.call(t.Context(), http.MethodGet, "/api/v1/cases?limit=1&cursor="+*list.NextCursor, nil)
			require.NoError(t, json.Unmarshal(w.Body.Bytes(), &list))
		}
		for _, item := range list.Items {
			if !slices.Contains(numbers, item.Number) {
				numbers = append(numbers, item.Number)
			}
		}
		require.ElementsMatch(t, []string{"EL-Ordnungsamt", "EL-Hundestelle"}, numbers, query)
	}
	w := clerk.call(t.Context(), http.MethodPost, "/api/v1/cases/"+below.caseID.String()+"/start", nil)
	require.Contains(t, w.Body.String(), "application-unknown", "the office is not asked") // there is none behind the case

	for _, tt := range []struct {
		kind    string
		content map[string]any
		status  int
	}{
		{"organisation", map[string]any{"name": map[string]string{"de": "Fundbüro"}, "parentId": below.unit}, http.StatusCreated},
		{"organisation", map[string]any{"name": map[string]string{"de": "Fundbüro"}, "parentId": other.unit}, http.StatusForbidden},
		{"organisation", map[string]any{"name": map[string]string{"de": "Fundbüro"}}, http.StatusForbidden},
		{"competence", map[string]any{"organisationId": below.unit}, http.StatusCreated},
		{"competence", map[string]any{"organisationId": other.unit}, http.StatusForbidden},
		{"service", map[string]any{"title": map[string]string{"de": "Neu"}}, http.StatusForbidden},
		{"category", map[string]any{"id": "neu"}, http.StatusForbidden},
		{"onlineService", map[string]any{"title": map[string]string{"de": "Neu"}}, http.StatusForbidden},
	} {
		body, err := json.Marshal(map[string]any{"kind": tt.kind, "content": tt.content})
		require.NoError(t, err)
		w := editor.call(t.Context(), http.MethodPost, "/api/v1/admin/catalog/entries", body)
		require.Equal(t, tt.status, w.Code, "%s %v: %s", tt.kind, tt.content, w.Body)
	}
	// An office is not moved elsewhere, and none is brought in: who belongs to whom says who sees which cases.
	for id, parent := range map[uuid.UUID]uuid.UUID{below.unit: other.unit, own.unit: other.unit} {
		body := []byte(fmt.Sprintf(`{"content": {"name": {"de": "Amt"}, "openingHours": [], "parentId": %q}}`, parent))
		w := editor.call(t.Context(), http.MethodPut, "/api/v1/admin/catalog/entries/organisation/"+id.String()+"/draft", body, `"0"`)
		require.Equal(t, http.StatusForbidden, w.Code, w.Body)
		require.Contains(t, w.Body.String(), "unit-other")
	}
	w = editor.call(t.Context(), http.MethodPut, "/api/v1/admin/catalog/entries/organisation/"+below.unit.String()+"/draft",
		[]byte(fmt.Sprintf(`{"content": {"name": {"de": "Hundestelle Nord"}, "openingHours": [], "parentId": %q}}`, own.unit)), `"0"`)
	require.Equal(t, http.StatusOK, w.Code, w.Body)

	w = admin.call(t.Context(), http.MethodGet, "/api/v1/admin/staff", nil)
	require.Contains(t, w.Body.String(), below.staff.String())
	require.NotContains(t, w.Body.String(), other.staff.String())
	for unit, status := range map[uuid.UUID]int{below.unit: http.StatusCreated, other.unit: http.StatusForbidden} {
		w = admin.call(t.Context(), http.MethodPost, "/api/v1/admin/staff",
			[]byte(fmt.Sprintf(`{"email": "%s@example.org", "name": "Kim Neu", "roles": [], "unitRoles": [{"role": "clerk", "organisationId": %q}]}`, unit, unit)))
		require.Equal(t, status, w.Code, w.Body)
	}
	w = admin.call(t.Context(), http.MethodGet, "/api/v1/admin/clients", nil)
	require.Equal(t, http.StatusForbidden, w.Code, "who administers a unit administers the portal")

	w = auditor.call(t.Context(), http.MethodGet, "/api/v1/admin/audit", nil)
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	require.Contains(t, w.Body.String(), "catalog.draft")
	require.Contains(t, w.Body.String(), "staff.invite")
	require.NotContains(t, w.Body.String(), other.unit.String())
}

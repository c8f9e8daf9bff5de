package accounts

import (
	"context"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
)

const meppen = "https://meppen.example"

// clerkRead is a message that says that a clerk has read an application.
func (w *world) clerkRead(person uuid.UUID) types.MessageAccess {
	subject, application, number := person.String(), uuid.New(), "MEP-2026-1"
	purpose := types.LocalizedText{"de": "Hund anmelden", "en": "Register a dog"}
	return types.MessageAccess{
		Id: uuid.New(), At: w.now.Add(time.Hour), Who: "Stadt Meppen, Steueramt", Kind: types.ReadByClerk, Items: []string{"application"}, Ground: "law",
		ApplicationId: &application, Person: &subject, Purpose: &purpose, Reference: &number,
	}
}

func TestAccess_FromALinkedPortalTwice_IsThereOnceAndNotInTheFuture(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	clara := w.citizen("clara@example.org")
	m := w.clerkRead(clara)
	must(t, w.receive(meppen, kindAccessed, m))
	must(t, w.receive(meppen, kindAccessed, m))
	list, err := w.service.Accesses(w.as(clara), 10, "")
	must(t, err)
	if len(list.Items) != 1 {
		t.Fatalf("%d entries", len(list.Items))
	}
	a := list.Items[0]
	if a.Who != m.Who || a.Kind != types.ReadByClerk || a.Purpose != "Hund anmelden" || *a.Reference != "MEP-2026-1" || a.At.After(w.now) || !*a.MayObject {
		t.Errorf("%+v", a)
	}
	nobody := "nobody"
	m.Person = &nobody
	if code(w.receive(meppen, kindAccessed, m)) != "subject-unknown" {
		t.Error("an entry for nobody is taken")
	}
}

func TestAccess_OfAPersonOfAnotherAccountHome_IsSentThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.clerkRead(uuid.New())
	must(t, w.service.RecordAccess(t.Context(), httpx.Person{Issuer: "https://other.example", Subject: "s"}, m))
	if len(w.sent) != 1 || w.sent[0].to != "https://other.example" || w.sent[0].kind != kindAccessed || *w.sent[0].payload.(types.MessageAccess).Person != "s" {
		t.Errorf("%+v", w.sent)
	}
	must(t, w.service.RecordAccess(t.Context(), httpx.Person{}, m)) // of a deleted account
	if len(w.sent) != 1 {
		t.Error("a deleted account is told of")
	}
}

func TestObject_ReachesTheAuthorityOnceAndOnlyFromItsOwner(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	clara, bernd := w.citizen("clara@example.org"), w.citizen("bernd@example.org")
	m := w.clerkRead(clara)
	must(t, w.receive(meppen, kindAccessed, m))
	list, err := w.service.Accesses(w.as(clara), 10, "")
	must(t, err)
	id := list.Items[0].Id
	if code(w.service.Object(w.as(bernd), id, "Nein")) != "access-unknown" {
		t.Error("somebody else can object")
	}
	if code(w.service.Object(w.as(clara), id, "  ")) != "invalid" {
		t.Error("an empty objection is taken")
	}
	must(t, w.service.Object(w.as(clara), id, "Ich widerspreche."))
	if code(w.service.Object(w.as(clara), id, "Noch einmal")) != "objection-not-here" {
		t.Error("an objection counts twice")
	}
	if len(w.sent) != 1 || w.sent[0].to != meppen || w.sent[0].payload.(types.MessageObjection).ApplicationId != *m.ApplicationId {
		t.Fatalf("%+v", w.sent)
	}
	must(t, w.receive(w.service.Self.Id, kindObjection, w.sent[0].payload))
	if len(w.objections) != 1 || w.objections[0] != m.ApplicationId.String()+" Ich widerspreche." {
		t.Errorf("%v", w.objections)
	}
}

func (w *world) export(ctx context.Context, format types.ExportAccountParamsFormat) (string, error) {
	r, err := w.service.Export(ctx, format)
	if err != nil {
		return "", err
	}
	defer func() { _ = r.Close() }()
	text, err := io.ReadAll(r)
	return string(text), err
}

func TestExport_NeedsAFreshProof(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	clara := w.citizen("clara@example.org")
	if _, err := w.export(w.as(clara), types.ExportJSON); code(err) != "reauthentication-needed" {
		t.Errorf("export: %v", err)
	}
	if _, err := w.service.Delete(w.as(clara), types.DeleteNow); code(err) != "reauthentication-needed" {
		t.Errorf("deletion: %v", err)
	}
}

func TestExport_HoldsAllSectionsHereAndThere_AndNamesAPortalThatIsAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	clara := w.citizen("clara@example.org")
	must(t, w.receive(meppen, kindAccessed, w.clerkRead(clara)))
	_, err := w.service.GiveConsent(w.as(clara), uuid.New())
	must(t, err)
	text, err := w.export(w.proved(clara, 0), types.ExportJSON)
	must(t, err)
	var out struct {
		Items []struct {
			Portal, Section string
			Data            map[string]any
		}
		Unreachable []string
	}
	must(t, json.Unmarshal([]byte(text), &out))
	var sections []string
	for _, item := range out.Items {
		sections = append(sections, item.Portal+" "+item.Section)
	}
	want := []string{"Landkreis Emsland profile", "Landkreis Emsland consents", "Landkreis Emsland accesses", "Landkreis Emsland messages", "Stadt Meppen applications"}
	if !slices.Equal(sections, want) || len(out.Unreachable) != 0 || out.Items[0].Data["email"] != "clara@example.org" {
		t.Errorf("%v %v", sections, out.Unreachable)
	}
	page, err := w.export(w.proved(clara, 0), types.ExportHTML)
	must(t, err)
	if !strings.Contains(page, "&lt;b&gt;Hund") || strings.Contains(page, "<b>") || !strings.Contains(page, "clara@example.org") || !strings.HasSuffix(page, "</html>\n") {
		t.Error(page)
	}
	w.away = true
	text, err = w.export(w.proved(clara, 0), types.ExportJSON)
	must(t, err)
	must(t, json.Unmarshal([]byte(text), &out))
	if !slices.Equal(out.Unreachable, []string{"Stadt Meppen"}) {
		t.Errorf("away: %v", out.Unreachable)
	}
}

func TestDelete_LaterCanBeCalledOff_AndIsDoneWhenItIsDue(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	clara := w.citizen("clara@example.org")
	d, err := w.service.Delete(w.proved(clara, 0), types.DeleteLater)
	must(t, err)
	if d.State != types.DeletionScheduled || !d.DueAt.Equal(w.now.Add(DeletionGrace)) || len(d.OpenApplications) != 1 || (*d.Portals)[0] != "Stadt Meppen" {
		t.Errorf("%+v", d)
	}
	must(t, w.service.KeepAccount(w.as(clara)))
	w.now = w.now.Add(DeletionGrace)
	if n, err := w.service.DeleteDue(t.Context()); n != 0 || err != nil {
		t.Fatalf("called off: %d %v", n, err)
	}
	_, err = w.service.Delete(w.proved(clara, 0), types.DeleteLater)
	must(t, err)
	w.now = w.now.Add(DeletionGrace - time.Second)
	if n, err := w.service.DeleteDue(t.Context()); n != 0 || err != nil {
		t.Fatalf("too early: %d %v", n, err)
	}
	w.now = w.now.Add(time.Second)
	if n, err := w.service.DeleteDue(t.Context()); n != 1 || err != nil {
		t.Fatalf("due: %d %v", n, err)
	}
	if _, err := w.service.account(t.Context(), clara); code(err) != "account-unknown" {
		t.Errorf("the account is there: %v", err)
	}
	if len(w.sent) != 1 || w.sent[0].to != meppen || w.sent[0].kind != kindClosed || len(w.erased) != 1 || len(w.ended) != 1 {
		t.Errorf("sent %+v, erased %v, ended %v", w.sent, w.erased, w.ended)
	}
	must(t, w.receive("https://other.example", kindClosed, types.MessageClosed{Id: uuid.New(), Person: "p"}))
	if last := w.erased[len(w.erased)-1]; last != (httpx.Person{Issuer: "https://other.example", Subject: "p"}) {
		t.Errorf("a portal closes somebody of another one: %+v", last)
	}
}

package cases_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"portalverbund/server/cases"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/mail"
)

// Enqueue notes a mail.
func (r *rooms) Enqueue(ctx context.Context, m mail.Message) error {
	return r.say(ctx, said{What: "mail", Who: m.To, Kind: m.Subject, Body: m.Text})
}

// StaffAddresses gives everybody an address with their name.
func (r *rooms) StaffAddresses(_ context.Context, ids []uuid.UUID) (map[uuid.UUID]string, error) {
	addresses := map[uuid.UUID]string{}
	for _, id := range ids {
		if c, ok := r.staff[id]; ok {
			addresses[id] = strings.ToLower(strings.Fields(c.name)[0]) + "@amt.example"
		}
	}
	return addresses, nil
}

// employ gives clerks accounts, which rows about them belong to.
func (x setup) employ(t *testing.T, ids ...uuid.UUID) {
	t.Helper()
	for _, id := range ids {
		err := x.d.From(t.Context()).Exec("INSERT INTO accounts (id, email, password_hash, roles, profile, created_at, confirmed_at) VALUES (?, ?, '', 'clerk', '', now(), now())", id, id.String()+"@amt.example").Error
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestSetDeputy_ShownToBothAndAdministrators_EndsByItself(t *testing.T) {
	t.Parallel()
	c := &clock{now: atNoon(2026, 11, 30)} // a Monday
	x := newSetupAt(t, c.Now)
	inge, ingeCtx := x.hire(t, "Inge Innen", x.offerID)
	_, olafCtx := x.hire(t, "Olaf Oben", x.above)
	fred, _ := x.hire(t, "Fred Fremd", uuid.New())
	x.employ(t, inge, httpx.CallerOf(x.clerk).AccountID)
	id := x.open(t, x.application())
	x.plan(t, id, cases.Plan{Assignee: &inge})
	for name, err := range map[string]error{
		"/deputy unknown": x.s.SetDeputy(ingeCtx, fred, *day("2026-12-01"), *day("2026-12-08")),
		"/from date":      x.s.SetDeputy(ingeCtx, httpx.CallerOf(x.clerk).AccountID, *day("2026-11-29"), *day("2026-12-08")),
		"/to date":        x.s.SetDeputy(olafCtx, inge, *day("2026-12-01"), *day("2026-11-30")),
	} {
		wantField(t, name, err)
	}
	wantField(t, "/deputy unknown", x.s.SetDeputy(ingeCtx, inge, *day("2026-12-01"), *day("2026-12-08")))
	bernd := httpx.CallerOf(x.clerk).AccountID
	if err := x.s.SetDeputy(ingeCtx, bernd, *day("2026-12-01"), *day("2026-12-08")); err != nil {
		t.Fatal(err)
	}
	mails := x.told(t, "mail")
	if len(mails) != 1 || mails[0].Who != "bernd@amt.example" || !strings.Contains(mails[0].Body, "Inge Innen vom 01.12.2026 bis 08.12.2026") {
		t.Errorf("mails %+v", mails)
	}
	deputies := func(ctx context.Context) cases.Deputies {
		t.Helper()
		d, err := x.s.Deputies(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	if d := deputies(ingeCtx); d.Own == nil || d.Own.Deputy != bernd || d.Own.Active || d.All != nil {
		t.Errorf("Inge sees %+v", d)
	}
	admin := httpx.WithCaller(t.Context(), httpx.Caller{Kind: httpx.SessionCaller, AccountID: uuid.New(), Roles: []string{"admin"}})
	if d := deputies(admin); len(d.All) != 1 || d.All[0].OfName != "Inge Innen" || d.All[0].DeputyName != "Bernd Beispiel" {
		t.Errorf("an administrator sees %+v", d)
	}
	c.set(atNoon(2026, 12, 8))
	if d := deputies(x.clerk); len(d.ForOthers) != 1 || !d.ForOthers[0].Active || d.ForOthers[0].Of != inge || d.ForOthers[0].Open != 1 {
		t.Errorf("Bernd sees %+v", d)
	}
	if d := deputies(olafCtx); d.Own != nil || d.ForOthers != nil {
		t.Errorf("Olaf sees %+v", d)
	}
	c.set(atNoon(2026, 12, 9))
	if d := deputies(x.clerk); d.ForOthers != nil {
		t.Errorf("when it is over Bernd sees %+v", d)
	}
	if n, err := x.s.Remind(t.Context()); err != nil || n != 1 {
		t.Errorf("%d have run out, %v", n, err)
	}
}

func TestRemind_OnceADay_TheDeputyInstead(t *testing.T) {
	t.Parallel()
	c := &clock{now: atNoon(2026, 11, 30)} // a Monday
	x := newSetupAt(t, c.Now)
	inge, ingeCtx := x.hire(t, "Inge Innen", x.offerID)
	bernd := httpx.CallerOf(x.clerk).AccountID
	x.employ(t, inge, bernd)
	id := x.open(t, x.application())
	x.plan(t, id, cases.Plan{Assignee: &inge, DueOn: day("2026-12-05")}) // a Saturday
	remind := func(at time.Time, want int) {
		t.Helper()
		c.set(at)
		before := len(x.told(t, "mail"))
		if _, err := x.s.Remind(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := len(x.told(t, "mail")) - before; got != want {
			t.Errorf("%s: %d mails, want %d", at, got, want)
		}
	}
	remind(atNoon(2026, 12, 4), 0)
	remind(atNoon(2026, 12, 5), 0)
	remind(time.Date(2026, 12, 7, 4, 0, 0, 0, time.UTC), 0) // before six
	remind(atNoon(2026, 12, 7), 1)
	remind(atNoon(2026, 12, 7), 0)
	remind(atNoon(2026, 12, 8), 0) // nothing new
	mails := x.told(t, "mail")
	if mails[0].Who != "inge@amt.example" || !strings.Contains(mails[0].Body, "Bei Ihnen: heute fällig 0, überfällig 1") {
		t.Errorf("mail %+v", mails[0])
	}
	if err := x.s.SetDeputy(ingeCtx, bernd, *day("2026-12-08"), *day("2026-12-31")); err != nil {
		t.Fatal(err)
	}
	x.plan(t, id, cases.Plan{DueOn: day("2026-12-10")})
	remind(atNoon(2026, 12, 10), 1)
	mails = x.told(t, "mail")
	if last := mails[len(mails)-1]; last.Who != "bernd@amt.example" || !strings.Contains(last.Body, "In Vertretung für Inge Innen: heute fällig 1, überfällig 0") {
		t.Errorf("mail %+v", last)
	}
}

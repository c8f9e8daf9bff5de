package powers

import (
	"context"
	"crypto/ecdsa"
	"encoding/json"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
	openapi "github.com/oapi-codegen/runtime/types"
	"github.com/stretchr/testify/require"

	"portalverbund/api/types"
	"portalverbund/db"
	"portalverbund/db/dbtest"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/keys"
	"portalverbund/server/platform/mail"
	"portalverbund/server/platform/problem"
)

const (
	home   = "https://landkreis.example"
	meppen = "https://meppen.example"
	lathen = "https://lathen.example"
)

// world is an account home with people, services and linked portals.
type world struct {
	t            *testing.T
	s            *Service
	db           *db.DB
	keys         *keys.Set
	mu           sync.Mutex
	now          time.Time
	people       map[uuid.UUID]string // name by account
	address      map[uuid.UUID]string
	dog          uuid.UUID // in the group pets
	waste        uuid.UUID
	dogElsewhere uuid.UUID // the same service at another portal
	mails        []mail.Message
	letters      map[string][]string // subjects by account
	reads        []string
	ended        []uuid.UUID // what the rooms of this portal were told
	sent         []string    // portals told of ended powers
	clara        uuid.UUID
	bernd        uuid.UUID
	stranger     uuid.UUID
}

func newWorld(t *testing.T) *world {
	t.Helper()
	set, err := keys.New(true)
	require.NoError(t, err)
	w := &world{
		t: t, db: dbtest.New(t), keys: set, now: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC), dog: uuid.New(), waste: uuid.New(), dogElsewhere: uuid.New(),
		people: map[uuid.UUID]string{}, address: map[uuid.UUID]string{}, letters: map[string][]string{},
	}
	w.clara, w.bernd, w.stranger = w.person("Clara Beispiel", "clara@example.org"), w.person("Bernd Beispiel", "bernd@example.org"), w.person("Kim Fremd", "kim@example.org")
	w.s = w.at(home)
	return w
}

// at is the room at a portal.
func (w *world) at(portal string) *Service {
	ref := types.PortalReference{Id: portal, Url: portal, Name: strings.TrimPrefix(portal, "https://")}
	s := New(Config{
		DB: w.db, Keys: w.keys, Self: ref, IsHome: ref.Id == home, Accounts: w, Services: w, Forms: w, Mail: w,
		Mailbox: w, Subjects: w, Portals: w, HomeKeys: w, Messages: w, Log: slog.New(slog.DiscardHandler),
		Now: func() time.Time { w.mu.Lock(); defer w.mu.Unlock(); return w.now },
	})
	s.Listen(w)
	return s
}

func (w *world) person(name, email string) uuid.UUID {
	id := uuid.New()
	require.NoError(w.t, w.db.From(w.t.Context()).Exec(`INSERT INTO accounts (id, email, kind, password_hash, roles, profile, revision, created_at, confirmed_at)
		VALUES (?, ?, 'person', '', '', ?, 1, now(), now())`, id, email, []byte("x")).Error)
	w.people[id], w.address[id] = name, email
	return id
}

func (w *world) Names(_ context.Context, ids ...uuid.UUID) (map[uuid.UUID]string, error) {
	out := map[uuid.UUID]string{}
	for _, id := range ids {
		out[id] = w.people[id]
	}
	return out, nil
}

func (w *world) OwnAddress(_ context.Context, id uuid.UUID, email string) (bool, error) {
	return w.address[id] == email, nil
}

func (w *world) ReadForRepresentative(_ context.Context, principal, representative uuid.UUID, where, _ string, _ map[string]string, items []types.ProfileItem) (types.Profile, error) {
	w.reads = append(w.reads, w.people[representative]+" reads "+w.people[principal]+" at "+where)
	given := w.people[principal]
	if len(items) != 1 || items[0] != types.ProfileItemGivenName {
		w.t.Errorf("reads %v", items)
	}
	return types.Profile{GivenName: &given}, nil
}

func (w *world) ServiceTitles(_ context.Context, ids []uuid.UUID) (map[uuid.UUID]map[string]string, error) {
	all, out := map[uuid.UUID]map[string]string{w.dog: {"de": "Hund anmelden"}, w.waste: {"de": "Sperrmüll"}}, map[uuid.UUID]map[string]string{}
	for _, id := range ids {
		if title, ok := all[id]; ok {
			out[id] = title
		}
	}
	return out, nil
}

func (w *world) GroupTitles(_ context.Context, ids []string) (map[string]map[string]string, error) {
	out := map[string]map[string]string{}
	for _, id := range ids {
		if id == "pets" {
			out[id] = map[string]string{"de": "Haustiere"}
		}
	}
	return out, nil
}

func (w *world) Belongs(_ context.Context, id uuid.UUID) ([]uuid.UUID, []string, error) {
	switch id {
	case w.dog:
		return []uuid.UUID{id}, []string{"pets"}, nil
	case w.dogElsewhere:
		return []uuid.UUID{id, w.dog}, nil, nil
	}
	return []uuid.UUID{id}, nil, nil
}

func (w *world) ProfileItems(context.Context, uuid.UUID) ([]types.ProfileItem, error) {
	return []types.ProfileItem{types.ProfileItemGivenName, types.ProfileItemCity}, nil
}

func (w *world) Enqueue(_ context.Context, m mail.Message) error {
	w.mails = append(w.mails, m)
	return nil
}

func (w *world) Notify(_ context.Context, p httpx.Person, m types.MessageMailbox) error {
	w.letters[p.Subject] = append(w.letters[p.Subject], m.Subject)
	return nil
}

func (w *world) Introduce(_ context.Context, client string, account uuid.UUID) (string, error) {
	return client + "#" + account.String(), nil
}

func (w *world) SubjectsOf(context.Context, uuid.UUID) (map[string]string, error) {
	return map[string]string{meppen: "x", "an-app": "y"}, nil
}

func (w *world) Member(id string) (types.PortalReference, bool) {
	return types.PortalReference{Id: id, Name: strings.TrimPrefix(id, "https://")}, strings.HasPrefix(id, "https://")
}

func (w *world) HomeKey(issuer, keyID string) (*ecdsa.PublicKey, bool) {
	if issuer != home || keyID != w.keys.Signing.KeyID {
		return nil, false
	}
	return &w.keys.Private().PublicKey, true
}

func (w *world) Send(_ context.Context, to, kind string, _ uuid.UUID, _ any) (uuid.UUID, error) {
	w.sent = append(w.sent, kind+" to "+to)
	return uuid.New(), nil
}

func (w *world) Handle(string, func(context.Context, string, json.RawMessage) error) {}

func (w *world) PowerEnded(_ context.Context, _ string, id uuid.UUID, _ time.Time) error {
	w.ended = append(w.ended, id)
	return nil
}

// as is a request of somebody with a session at the account home, who has just proved who they are.
func (w *world) as(account uuid.UUID, level string) context.Context {
	return httpx.WithCaller(w.t.Context(), httpx.Caller{
		Kind: httpx.SessionCaller, AccountID: account, Person: httpx.Person{Issuer: home, Subject: account.String()}, TrustLevel: level, AuthTime: w.now,
	})
}

// through is a request of a linked portal for somebody who is signed in there.
func (w *world) through(portal string, account uuid.UUID, level string) context.Context {
	return httpx.WithCaller(w.t.Context(), httpx.Caller{Kind: httpx.TokenCaller, ClientID: portal, AccountID: account, TrustLevel: level, Scopes: []string{"powers:use"}})
}

func (w *world) wish() types.NewPower {
	return types.NewPower{
		Kind: types.PowerRepresent, Name: "Bernd", Email: "bernd@example.org", ServiceIds: []uuid.UUID{w.dog}, GroupIds: []string{},
		ProfileItems: []types.ProfileItem{types.ProfileItemGivenName, types.ProfileItemIban}, ValidUntil: openapi.Date{Time: time.Date(2027, 6, 30, 0, 0, 0, 0, time.UTC)},
	}
}

// token is that of the last invitation.
func (w *world) token() string {
	w.t.Helper()
	require.NotEmpty(w.t, w.mails)
	_, after, found := strings.Cut(w.mails[len(w.mails)-1].Text, "#token=")
	require.True(w.t, found)
	return strings.Fields(after)[0]
}

// granted is a power of Clara's for Bernd that counts.
func (w *world) granted(n types.NewPower, level string) uuid.UUID {
	w.t.Helper()
	p, err := w.s.Grant(w.as(w.clara, level), n)
	require.NoError(w.t, err)
	_, err = w.s.Accept(w.as(w.bernd, "low"), w.token())
	require.NoError(w.t, err)
	p, err = w.s.Confirm(w.as(w.clara, level), p.Id)
	require.NoError(w.t, err)
	require.Equal(w.t, types.PowerActive, p.State)
	return p.Id
}

func (w *world) use(act types.PowerAct, service uuid.UUID, needed types.TrustLevel) types.PowerUse {
	return types.PowerUse{Act: act, ServiceId: service, ApplicationId: uuid.New(), Authority: lathen, NeededLevel: needed}
}

func refuses(t *testing.T, err error, status int, code string) {
	t.Helper()
	p := problem.From(err)
	require.Error(t, err)
	require.Equal(t, code, p.Code, "%v", err)
	require.Equal(t, status, p.Status)
}

func TestGrant_AcceptedAndConfirmed_CountsAndEndsAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p, err := w.s.Grant(w.as(w.clara, "low"), w.wish())
	require.NoError(t, err)
	require.Equal(t, types.PowerInvited, p.State)
	require.Equal(t, "Bernd", p.Representative)
	require.Equal(t, "bernd@example.org", w.mails[0].To)
	require.NotContains(t, w.mails[0].Text, "Bernd Beispiel", "the mail says what the account is called")
	_, err = w.s.Use(w.through(meppen, w.bernd, "low"), p.Id, w.use(types.ActSubmit, w.dog, types.Low))
	refuses(t, err, 404, "power-unknown")

	token := w.token()
	seen, err := w.s.Invitation(w.as(w.bernd, "low"), token)
	require.NoError(t, err)
	require.Equal(t, "Clara Beispiel", seen.Principal)
	require.Nil(t, seen.Email)
	_, err = w.s.Accept(w.as(w.bernd, "low"), token)
	require.NoError(t, err)
	_, err = w.s.Use(w.through(meppen, w.bernd, "low"), p.Id, w.use(types.ActSubmit, w.dog, types.Low))
	refuses(t, err, 403, "power-ended") // not confirmed
	_, err = w.s.Accept(w.as(w.stranger, "low"), token)
	refuses(t, err, 410, "token-used")

	p, err = w.s.Confirm(w.as(w.clara, "low"), p.Id)
	require.NoError(t, err)
	require.Equal(t, "Bernd Beispiel", p.Representative)
	list, err := w.s.ActingFor(w.through(meppen, w.bernd, "low"))
	require.NoError(t, err)
	require.Len(t, list, 1)
	_, err = w.s.Use(w.through(meppen, w.bernd, "low"), p.Id, w.use(types.ActSubmit, w.dog, types.Low))
	require.NoError(t, err)
	p, err = w.s.Get(w.as(w.clara, "low"), p.Id)
	require.NoError(t, err)
	require.Len(t, *p.Uses, 1)
	require.Equal(t, "meppen.example", (*p.Uses)[0].Portal)

	require.NoError(t, w.s.End(w.as(w.clara, "low"), p.Id))
	_, err = w.s.Use(w.through(meppen, w.bernd, "low"), p.Id, w.use(types.ActSubmit, w.dog, types.Low))
	refuses(t, err, 403, "power-ended")
	require.Equal(t, []uuid.UUID{p.Id}, w.ended)
	require.Equal(t, []string{"power.ended to " + meppen}, w.sent, "only linked portals learn of it")
	require.NoError(t, w.s.End(w.as(w.bernd, "low"), p.Id), "again has no effect")
	require.Len(t, w.sent, 1)
	require.Len(t, w.letters[w.bernd.String()], 2)
	require.Len(t, w.letters[w.clara.String()], 1)
}

func TestGrant_WhatIsNotAllowed_IsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, c := range map[string]struct {
		change func(*types.NewPower)
		field  string
	}{
		"own address":      {func(n *types.NewPower) { n.Email = "Clara@example.org" }, "/email"},
		"past":             {func(n *types.NewPower) { n.ValidUntil.Time = w.now.AddDate(0, 0, -1) }, "/validUntil"},
		"over three years": {func(n *types.NewPower) { n.ValidUntil.Time = w.now.AddDate(3, 0, 2) }, "/validUntil"},
		"no services":      {func(n *types.NewPower) { n.ServiceIds = nil }, "/serviceIds"},
		"unknown service":  {func(n *types.NewPower) { n.ServiceIds = []uuid.UUID{w.dog, uuid.New()} }, "/serviceIds/1"},
		"unknown group":    {func(n *types.NewPower) { n.GroupIds = []string{"x"} }, "/groupIds/0"},
		"no name":          {func(n *types.NewPower) { n.Name = " \n " }, "/name"},
	} {
		n := w.wish()
		c.change(&n)
		_, err := w.s.Grant(w.as(w.clara, "low"), n)
		refuses(t, err, 422, "invalid")
		require.Equal(t, c.field, problem.From(err).Fields[0].Pointer, name)
	}
	old := httpx.CallerOf(w.as(w.clara, "low"))
	old.AuthTime = w.now.Add(-11 * time.Minute)
	_, err := w.s.Grant(httpx.WithCaller(t.Context(), old), w.wish())
	refuses(t, err, 403, "reauthentication-needed")
	acting := httpx.CallerOf(w.as(w.clara, "low"))
	acting.Acting = &httpx.Acting{PowerID: uuid.New()}
	_, err = w.s.Grant(httpx.WithCaller(t.Context(), acting), w.wish())
	refuses(t, err, 409, "power-chain")
	staff := httpx.CallerOf(w.as(w.clara, "low"))
	staff.Roles = []string{"clerk"}
	_, err = w.s.Grant(httpx.WithCaller(t.Context(), staff), w.wish())
	refuses(t, err, 404, "staff-account")
	_, err = w.at(meppen).Grant(w.as(w.clara, "low"), w.wish())
	refuses(t, err, 404, "not-account-home")
	require.Empty(t, w.mails)

	_, err = w.s.Grant(w.as(w.clara, "low"), w.wish())
	require.NoError(t, err)
	_, err = w.s.Accept(w.as(w.clara, "low"), w.token())
	refuses(t, err, 409, "power-for-oneself")
}

func TestGrant_ManyInvitations_AreSlowedDown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range perAddressDay {
		_, err := w.s.Grant(w.as([]uuid.UUID{w.clara, w.stranger, w.clara}[i], "low"), w.wish())
		require.NoError(t, err)
	}
	_, err := w.s.Grant(w.as(w.clara, "low"), w.wish())
	refuses(t, err, 429, "too-many-requests")
	n := w.wish()
	for i := range perDay - 2 {
		n.Email = string(rune('a'+i)) + "@example.org"
		_, err := w.s.Grant(w.as(w.clara, "low"), n)
		require.NoError(t, err)
	}
	n.Email = "z@example.org"
	_, err = w.s.Grant(w.as(w.clara, "low"), n)
	refuses(t, err, 429, "too-many-requests")
	w.now = w.now.Add(25 * time.Hour)
	for i := range MaxGranted - perDay {
		n.Email = string(rune('a'+i)) + "2@example.org"
		_, err := w.s.Grant(w.as(w.clara, "low"), n)
		require.NoError(t, err)
	}
	w.now = w.now.Add(25 * time.Hour)
	_, err = w.s.Grant(w.as(w.clara, "low"), n)
	refuses(t, err, 409, "too-many-powers")
}

func TestPower_OfOthers_IsUnknown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.granted(w.wish(), "low")
	for _, who := range []context.Context{w.as(w.stranger, "high"), w.through(meppen, w.stranger, "high")} {
		_, err := w.s.Use(who, id, w.use(types.ActSubmit, w.dog, types.Low))
		refuses(t, err, 404, "power-unknown")
	}
	_, err := w.s.Get(w.as(w.stranger, "high"), id)
	refuses(t, err, 404, "power-unknown")
	refuses(t, w.s.End(w.as(w.stranger, "high"), id), 404, "power-unknown")
	_, err = w.s.Confirm(w.as(w.stranger, "high"), id)
	refuses(t, err, 404, "power-unknown")
	_, err = w.s.Confirm(w.as(w.bernd, "high"), id) // the representative confirms nothing
	refuses(t, err, 404, "power-unknown")
	_, _, err = w.s.Held(w.as(w.clara, "high"), id) // the principal does not act for themselves
	refuses(t, err, 404, "power-unknown")
	_, err = w.s.Use(w.through("an-app", w.bernd, "high"), id, w.use(types.ActSubmit, w.dog, types.Low))
	refuses(t, err, 403, "portal-needed")
}

func TestUse_ServiceLevelTime_AreChecked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.granted(w.wish(), "low")
	_, err := w.s.Use(w.through(meppen, w.bernd, "low"), id, w.use(types.ActSubmit, w.waste, types.Low))
	refuses(t, err, 403, "power-other-service")
	_, err = w.s.Use(w.through(meppen, w.bernd, "high"), id, w.use(types.ActSubmit, w.dog, types.Substantial))
	refuses(t, err, 403, "power-level")
	_, err = w.s.Use(w.through(meppen, w.bernd, "low"), id, w.use(types.ActBegin, w.dog, types.Substantial))
	require.NoError(t, err, "a draft may be begun with any level")

	_, err = w.s.Use(w.through(meppen, w.bernd, "low"), id, w.use(types.ActSubmit, w.dogElsewhere, types.Low))
	require.NoError(t, err, "the same service under its id at another portal")

	group := w.wish()
	group.ServiceIds, group.GroupIds = nil, []string{"pets"}
	strong := w.granted(group, "substantial")
	_, err = w.s.Use(w.through(meppen, w.bernd, "low"), strong, w.use(types.ActSubmit, w.dog, types.Substantial))
	refuses(t, err, 403, "step-up-needed")
	_, err = w.s.Use(w.through(meppen, w.bernd, "substantial"), strong, w.use(types.ActSubmit, w.dog, types.Substantial))
	require.NoError(t, err, "by its group")
	_, err = w.s.Use(w.through(meppen, w.bernd, "substantial"), strong, w.use(types.ActSubmit, w.waste, types.Low))
	refuses(t, err, 403, "power-other-service")

	w.now = time.Date(2027, 6, 30, 21, 59, 59, 0, time.UTC) // the last second of its last day in Germany
	_, err = w.s.Use(w.through(meppen, w.bernd, "low"), id, w.use(types.ActSubmit, w.dog, types.Low))
	require.NoError(t, err)
	w.now = w.now.Add(time.Second)
	_, err = w.s.Use(w.through(meppen, w.bernd, "low"), id, w.use(types.ActSubmit, w.dog, types.Low))
	refuses(t, err, 403, "power-ended")
	require.Contains(t, problem.From(err).Detail.De, "abgelaufen")
	list, err := w.s.ActingFor(w.as(w.bernd, "low"))
	require.NoError(t, err)
	require.Empty(t, list)
	p, err := w.s.Get(w.as(w.bernd, "low"), id)
	require.NoError(t, err)
	require.Equal(t, types.PowerExpired, p.State)
}

func TestUse_ByAHelper_FillsInOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.wish()
	n.Kind = types.PowerHelp
	id := w.granted(n, "low")
	for act, allowed := range map[types.PowerAct]bool{types.ActBegin: true, types.ActHandOver: true, types.ActSubmit: false, types.ActAnswer: false, types.ActWithdraw: false} {
		_, err := w.s.Use(w.through(meppen, w.bernd, "low"), id, w.use(act, w.dog, types.High))
		if allowed {
			require.NoError(t, err, act)
			continue
		}
		refuses(t, err, 403, "helper-cannot-submit")
	}
}

func TestInvitation_OldOrDeclined_IsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.s.Grant(w.as(w.clara, "low"), w.wish())
	require.NoError(t, err)
	token := w.token()
	require.NoError(t, w.s.Decline(w.as(w.bernd, "low"), token))
	_, err = w.s.Invitation(w.as(w.bernd, "low"), token)
	refuses(t, err, 410, "token-used")
	require.Equal(t, []string{"Ihre Vollmacht wurde abgelehnt"}, w.letters[w.clara.String()])

	p, err := w.s.Grant(w.as(w.clara, "low"), w.wish())
	require.NoError(t, err)
	require.NoError(t, w.s.End(w.as(w.clara, "low"), p.Id))
	_, err = w.s.Accept(w.as(w.bernd, "low"), w.token())
	refuses(t, err, 410, "token-used") // withdrawn before it was answered

	_, err = w.s.Grant(w.as(w.clara, "low"), w.wish())
	require.NoError(t, err)
	w.now = w.now.Add(InvitationLife)
	_, err = w.s.Accept(w.as(w.bernd, "low"), w.token())
	refuses(t, err, 410, "token-used")
}

func TestProfile_OnlyWhatPowerAndFormsName(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.granted(w.wish(), "low")
	data, ok, err := w.s.Profile(w.through(meppen, w.bernd, "low"), id, w.dog)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, "Clara Beispiel", *data.GivenName)
	require.Equal(t, []string{"Bernd Beispiel reads Clara Beispiel at meppen.example"}, w.reads)
	_, _, err = w.s.Profile(w.through(meppen, w.bernd, "low"), id, w.waste)
	refuses(t, err, 403, "power-other-service")
	_, _, err = w.s.Profile(w.through(meppen, w.stranger, "low"), id, w.dog)
	refuses(t, err, 404, "power-unknown")
	require.NoError(t, w.s.End(w.as(w.bernd, "low"), id))
	_, _, err = w.s.Profile(w.through(meppen, w.bernd, "low"), id, w.dog)
	refuses(t, err, 403, "power-ended")
	n := w.wish()
	n.ProfileItems = nil
	id = w.granted(n, "low")
	_, ok, err = w.s.Profile(w.through(meppen, w.bernd, "low"), id, w.dog)
	require.NoError(t, err)
	require.False(t, ok)
	require.Len(t, w.reads, 1)
}

// TestVerify_AnythingElseThanItIsFor_IsRefused replays a proof at another portal, application, service and time, and forges it.
func TestVerify_AnythingElseThanItIsFor_IsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.granted(w.wish(), "substantial")
	use := w.use(types.ActSubmit, w.dog, types.Substantial)
	proof, err := w.s.Use(w.through(meppen, w.bernd, "substantial"), id, use)
	require.NoError(t, err)
	require.Equal(t, meppen+"#"+w.clara.String(), proof.Principal, "the principal as the asking portal knows them")
	competent := w.at(lathen)
	app := types.MessageApplication{ApplicationId: use.ApplicationId, ServiceId: w.dog, SubmittedAt: w.now.Add(time.Second), Power: &proof.Proof}
	said, err := competent.Verify(t.Context(), meppen, app, types.Substantial)
	require.NoError(t, err)
	require.Equal(t, "Clara Beispiel", said.Name)
	require.Equal(t, "Bernd Beispiel", said.Person)
	require.Equal(t, types.ActingPower, *said.Kind)

	refused := func(what string, s *Service, origin string, needed types.TrustLevel, change func(*types.MessageApplication)) {
		t.Helper()
		changed := app
		change(&changed)
		_, err := s.Verify(t.Context(), origin, changed, needed)
		require.Error(t, err, what)
		refuses(t, err, 422, "power-proof")
	}
	same := func(*types.MessageApplication) {}
	refused("another competent portal", w.at(meppen), meppen, types.Low, same)
	refused("another portal of origin", competent, home, types.Low, same)
	refused("a higher level", competent, meppen, types.High, same)
	refused("another service", competent, meppen, types.Low, func(a *types.MessageApplication) { a.ServiceId = w.waste })
	refused("another application", competent, meppen, types.Low, func(a *types.MessageApplication) { a.ApplicationId = uuid.New() })
	refused("submitted much later", competent, meppen, types.Low, func(a *types.MessageApplication) { a.SubmittedAt = w.now.Add(11 * time.Minute) })
	refused("submitted before", competent, meppen, types.Low, func(a *types.MessageApplication) { a.SubmittedAt = w.now.Add(-2 * time.Minute) })
	kind := types.ActingPower
	refused("said without proof", competent, meppen, types.Low, func(a *types.MessageApplication) {
		a.Power, a.ActsFor = nil, &types.ActsFor{Name: "Clara", Person: "Bernd", Kind: &kind}
	})
	begun, err := w.s.Use(w.through(meppen, w.bernd, "substantial"), id, types.PowerUse{Act: types.ActBegin, ServiceId: w.dog, ApplicationId: use.ApplicationId, Authority: lathen, NeededLevel: types.Low})
	require.NoError(t, err)
	refused("proof of another act", competent, meppen, types.Low, func(a *types.MessageApplication) { a.Power = &begun.Proof })
	other, err := keys.New(true)
	require.NoError(t, err)
	for what, forged := range map[string]func() string{
		"another key":  func() string { return w.forge(other, w.keys.Signing.KeyID, typProof, home, use) },
		"another type": func() string { return w.forge(w.keys, w.keys.Signing.KeyID, "pv-receipt+jwt", home, use) },
		"not an account home": func() string {
			return w.forge(w.keys, w.keys.Signing.KeyID, typProof, meppen, use)
		},
	} {
		token := forged()
		refused(what, competent, meppen, types.Low, func(a *types.MessageApplication) { a.Power = &token })
	}
	right := w.forge(w.keys, w.keys.Signing.KeyID, typProof, home, use)
	_, err = competent.Verify(t.Context(), meppen, types.MessageApplication{ApplicationId: use.ApplicationId, ServiceId: w.dog, SubmittedAt: w.now, Power: &right}, types.Low)
	require.NoError(t, err, "the forger makes right ones too")
}

func (w *world) forge(set *keys.Set, keyID, typ, issuer string, use types.PowerUse) string {
	token := jwt.NewWithClaims(jwt.SigningMethodES256, claims{
		RegisteredClaims: jwt.RegisteredClaims{Issuer: issuer, Subject: uuid.NewString(), Audience: jwt.ClaimStrings{lathen}, IssuedAt: jwt.NewNumericDate(w.now)},
		Origin:           meppen, Application: use.ApplicationId, Service: use.ServiceId, Act: types.ActSubmit, Kind: types.PowerRepresent, Principal: "A", Representative: "B",
		Level: types.High, PowerLevel: types.High, Until: w.now.Add(time.Hour).Unix(),
	})
	token.Header["kid"], token.Header["typ"] = keyID, typ
	signed, err := token.SignedString(set.Private())
	require.NoError(w.t, err)
	return signed
}

func TestErasePerson_EndsAndDeletes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.granted(w.wish(), "low")
	found := 0
	require.NoError(t, w.s.PersonalData(t.Context(), httpx.Person{Issuer: home, Subject: w.bernd.String()}, func(string, any) error { found++; return nil }))
	require.Equal(t, 1, found)
	require.NoError(t, w.s.ErasePerson(t.Context(), httpx.Person{Issuer: home, Subject: w.bernd.String()}))
	require.Equal(t, []uuid.UUID{id}, w.ended)
	_, err := w.s.Get(w.as(w.clara, "low"), id)
	refuses(t, err, 404, "power-unknown")
	require.Contains(t, w.letters[w.clara.String()], "Eine Vollmacht wurde zurückgezogen")
}

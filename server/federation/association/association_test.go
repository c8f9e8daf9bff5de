package association

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	api "portalverbund/api/association"
	fedapi "portalverbund/api/federation"
	"portalverbund/api/types"
	"portalverbund/db"
	"portalverbund/db/dbtest"
	"portalverbund/server/federation"
	"portalverbund/server/federation/chain"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/jobs"
	"portalverbund/server/platform/keys"
	"portalverbund/server/platform/outbound"
	"portalverbund/server/platform/problem"

	"log/slog"
)

// clock is the machine's clock, moved. All portals of a test share it.
type clock struct{ offset atomic.Int64 }

func (c *clock) now() time.Time          { return time.Now().Add(time.Duration(c.offset.Load())) }
func (c *clock) forward(d time.Duration) { c.offset.Add(int64(d)) }

type audited struct {
	mu   sync.Mutex
	acts []string
}

func (a *audited) Record(_ context.Context, action, object, _ string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.acts = append(a.acts, action+" "+object)
	return nil
}

func (a *audited) all() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]string(nil), a.acts...)
}

// portal is a portal on a database and a port of its own, with the link to others.
type portal struct {
	*Service
	t      *testing.T
	id     string
	db     *db.DB
	clock  *clock
	audit  *audited
	link   *federation.Service
	server *httptest.Server
	own    http.Handler // what the portal itself answers
	down   atomic.Bool
	odd    atomic.Pointer[http.HandlerFunc] // answers in place of the portal
	client *jobs.Client

	mu    sync.Mutex
	notes []string
}

func newPortal(t *testing.T, c *clock, name string, areas ...string) *portal {
	t.Helper()
	p := &portal{t: t, clock: c, audit: &audited{}, server: httptest.NewUnstartedServer(nil)}
	p.id = "http://" + p.server.Listener.Addr().String()
	set, err := keys.New(true)
	require.NoError(t, err)
	p.db, err = db.Open(t.Context(), dbtest.URL(t), db.Options{MaxConns: 12})
	require.NoError(t, err)
	t.Cleanup(p.db.Close)
	calls := outbound.Options{AllowLoopback: true}
	p.Service, err = New(t.Context(), Config{
		ID: p.id, DB: p.db, Keys: set, Title: "Verbund " + name, Version: "test", Outbound: calls, Audit: p.audit, Now: c.now,
		Own: Profile{Name: name, Kind: "municipality", Areas: areas, Roles: []string{"anchor", "accountHome", "portal"}},
	})
	require.NoError(t, err)
	p.client, err = jobs.New(p.db, slog.New(slog.DiscardHandler), jobs.Options{})
	require.NoError(t, err)
	p.link, err = federation.New(t.Context(), federation.Config{
		ID: p.id, DB: p.db, Keys: set, Keyring: p.Ring(), Trust: p.Service, Jobs: p.client, Now: c.now, Outbound: calls, Metrics: prometheus.NewRegistry(),
	})
	require.NoError(t, err)
	p.Connect(p.link.Announce, func() map[string]any { return map[string]any{"issuer": p.id} })
	p.link.Handle("test.note", func(_ context.Context, _ string, payload json.RawMessage) error {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.notes = append(p.notes, string(payload))
		return nil
	})
	federation.Register(p.client, p.link)
	routes := p.routes()
	p.own = routes
	p.server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p.down.Load() {
			panic(http.ErrAbortHandler)
		}
		if odd := p.odd.Load(); odd != nil {
			(*odd)(w, r)
			return
		}
		routes.ServeHTTP(w, r)
	})
	p.server.Start()
	t.Cleanup(p.server.Close)
	return p
}

func (p *portal) routes() http.Handler {
	doc, err := types.GetSwagger()
	require.NoError(p.t, err)
	contract, err := httpx.NewContract(doc)
	require.NoError(p.t, err)
	server, err := httpx.New(httpx.Config{Origin: p.id, MaxConcurrent: 2000, RequestTimeout: 20 * time.Second}, contract, auth{p}, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	require.NoError(p.t, err)
	e := server.Echo
	api.RegisterHandlers(e, api.NewStrictHandler(NewHandlers(p.Service, p.link, noNames{}, noHealth{}), nil))
	fedapi.RegisterHandlers(e, fedapi.NewStrictHandler(federation.NewHandlers(p.link), nil))
	return e
}

type noNames struct{}

func (noNames) NamesOf(context.Context, []string) (map[string]string, error) {
	return map[string]string{"034540035035": "Meppen"}, nil
}

func (noNames) PositionsOf(context.Context, []string) (map[string]types.Position, error) {
	return map[string]types.Position{"034540035035": {Lat: 52.69, Lon: 7.29}}, nil
}

type noHealth struct{}

func (noHealth) History(context.Context, types.HistorySpan, string) (types.AssociationHistory, error) {
	return types.AssociationHistory{}, nil
}
func (noHealth) Alerts(context.Context) ([]types.LinkAlert, bool, error) { return nil, false, nil }

type auth struct{ p *portal }

func (auth) Session(*http.Request) (httpx.Caller, bool, error) { return httpx.Caller{}, false, nil }
func (auth) Token(*http.Request) (httpx.Caller, error) {
	return httpx.Caller{}, errors.New("no tokens here")
}

func (a auth) Member(ctx context.Context, token string) (httpx.Caller, error) {
	return a.p.link.VerifyMember(ctx, token)
}

// asks asks an anchor for membership.
func (p *portal) asks(anchor *portal, areas ...string) {
	p.t.Helper()
	print, err := anchor.Fingerprint(p.t.Context())
	require.NoError(p.t, err)
	require.NoError(p.t, p.Join(p.t.Context(), Wish{
		Anchor: anchor.id, Fingerprint: strings.ToLower(print), Words: "Guten Tag",
		Profile: Profile{Name: p.config.Own.Name, Kind: "municipality", Areas: areas, Roles: []string{"portal", "anchor"}},
	}))
}

// admits grants what a portal has asked for.
func (p *portal) admits(who *portal) {
	p.t.Helper()
	row, err := p.store.member(p.t.Context(), who.id)
	require.NoError(p.t, err)
	print, err := who.Fingerprint(p.t.Context())
	require.NoError(p.t, err)
	require.NoError(p.t, p.Grant(p.t.Context(), row.ID, Decision{Fingerprint: print, Areas: row.Areas}))
}

func (p *portal) looks() {
	p.t.Helper()
	require.NoError(p.t, p.Refreshed(p.t.Context()))
}

func (p *portal) sees(who *portal) bool {
	_, err := p.Member(p.t.Context(), who.id)
	return err == nil
}

func (p *portal) idOf(who *portal) uuid.UUID {
	p.t.Helper()
	row, err := p.store.member(p.t.Context(), who.id)
	require.NoError(p.t, err)
	return row.ID
}

// association makes an anchor with two members that know one another.
func threePortals(t *testing.T) (anchor, q, r *portal, c *clock) {
	t.Helper()
	c = &clock{}
	anchor, q, r = newPortal(t, c, "Landkreis", "03454"), newPortal(t, c, "Meppen", "034540035035"), newPortal(t, c, "Lathen", "034545404")
	q.asks(anchor, "034540035035")
	r.asks(anchor, "034545404")
	anchor.admits(q)
	anchor.admits(r)
	for range 2 {
		for _, p := range []*portal{anchor, q, r} {
			p.looks()
		}
	}
	return anchor, q, r, c
}

func TestJoin_GrantedByTheAnchor_AllTrustOneAnother(t *testing.T) {
	t.Parallel()
	anchor, q, r, _ := threePortals(t)
	for _, p := range []*portal{anchor, q, r} {
		members, err := p.Members(t.Context())
		require.NoError(t, err)
		require.Len(t, members, 3, p.config.Own.Name)
		require.Equal(t, anchor.id, members[0].ID)
		title, _ := p.Association(t.Context())
		require.Equal(t, "Verbund Landkreis", title)
	}
	m, err := r.Member(t.Context(), q.id)
	require.NoError(t, err)
	require.Equal(t, []string{"034540035035"}, m.Areas)
	require.Equal(t, []string{"portal"}, m.Roles, "nobody makes themselves an anchor")
	require.True(t, r.link.MayClaim(q.id, "034540035035"))
	require.False(t, r.link.MayClaim(q.id, "03454"))
	require.Contains(t, anchor.audit.all(), "association.member-member portal:"+q.id)
	require.Contains(t, q.audit.all(), "association.ask portal:"+anchor.id)
	select {
	case <-q.Outdated():
	default:
		t.Fatal("the new member is put together again")
	}
	token, err := q.link.Token(r.id)
	require.NoError(t, err)
	caller, err := r.link.VerifyMember(t.Context(), token)
	require.NoError(t, err)
	require.Equal(t, q.id, caller.MemberID)
}

func TestJoin_WrongFingerprint_AsksNobody(t *testing.T) {
	t.Parallel()
	c := &clock{}
	anchor, q := newPortal(t, c, "Landkreis", "03454"), newPortal(t, c, "Meppen", "034540035035")
	other, err := q.Fingerprint(t.Context())
	require.NoError(t, err)
	err = q.Join(t.Context(), Wish{Anchor: anchor.id, Fingerprint: other, Profile: Profile{Name: "Meppen", Kind: "municipality", Areas: []string{"034540035035"}}})
	require.Equal(t, 422, problem.From(err).Status)
	n, err := anchor.store.countAsked(t.Context())
	require.NoError(t, err)
	require.Zero(t, n)
}

func TestGrant_WrongFingerprint_Refused(t *testing.T) {
	t.Parallel()
	c := &clock{}
	anchor, q := newPortal(t, c, "Landkreis", "03454"), newPortal(t, c, "Meppen", "034540035035")
	q.asks(anchor, "034540035035")
	wrong, err := anchor.Fingerprint(t.Context())
	require.NoError(t, err)
	err = anchor.Grant(t.Context(), anchor.idOf(q), Decision{Fingerprint: wrong, Areas: []string{"034540035035"}})
	require.Equal(t, 422, problem.From(err).Status)
	require.False(t, anchor.sees(q))
}

func TestDecide_TwoAtTheSameTime_TheSecondLearnsOfIt(t *testing.T) {
	t.Parallel()
	c := &clock{}
	anchor, q := newPortal(t, c, "Landkreis", "03454"), newPortal(t, c, "Meppen", "034540035035")
	q.asks(anchor, "034540035035")
	id := anchor.idOf(q)
	one, err := anchor.memberIn(t.Context(), id, Asked)
	require.NoError(t, err)
	other, err := anchor.memberIn(t.Context(), id, Asked) // both have read that nobody has decided
	require.NoError(t, err)
	require.NoError(t, anchor.settle(t.Context(), one, Joined, ""))
	err = anchor.settle(t.Context(), other, Refused, "Nein")
	require.Equal(t, http.StatusConflict, problem.From(err).Status)
	row, err := anchor.store.member(t.Context(), q.id)
	require.NoError(t, err)
	require.Equal(t, Joined, row.State)
}

func TestRefuse_WithWords_TheOtherSideReadsThem(t *testing.T) {
	t.Parallel()
	c := &clock{}
	anchor, q := newPortal(t, c, "Landkreis", "03454"), newPortal(t, c, "Meppen", "034540035035")
	q.asks(anchor, "034540035035")
	require.Equal(t, 422, problem.From(anchor.Refuse(t.Context(), anchor.idOf(q), " ")).Status, "not without a reason")
	require.NoError(t, anchor.Refuse(t.Context(), anchor.idOf(q), "Bitte rufen Sie an."))
	q.looks()
	j := q.current.Load().joined
	require.Equal(t, Refused, j.State)
	require.Equal(t, "Bitte rufen Sie an.", j.Reason)
	q.asks(anchor, "034540035035") // and again
	anchor.admits(q)
	q.looks()
	require.True(t, q.sees(anchor))
}

// A removed member is refused by everybody who has asked the anchor since, though the statements about it would last for
// days; and everybody asks each minute.
func TestRemove_WithinFiveMinutes_RefusedEverywhere(t *testing.T) {
	t.Parallel()
	require.Less(t, listEvery+callTimeout, 5*time.Minute)
	anchor, q, r, c := threePortals(t)
	waits, err := r.link.Send(t.Context(), q.id, "test.note", uuid.New(), "an Q")
	require.NoError(t, err)
	token, err := q.link.Token(r.id)
	require.NoError(t, err)
	require.NoError(t, anchor.Remove(t.Context(), anchor.idOf(q), "Abgeschaltet"))
	c.forward(listEvery)
	require.NoError(t, r.refresh(t.Context(), true))
	require.False(t, r.sees(q))
	require.False(t, anchor.sees(q))
	_, err = r.link.VerifyMember(t.Context(), token)
	require.Error(t, err)
	_, err = q.link.Token(r.id)
	require.NoError(t, err)
	require.False(t, r.link.MayClaim(q.id, "034540035035"))
	_, err = r.link.Send(t.Context(), q.id, "test.note", uuid.New(), "noch eine")
	require.Error(t, err)
	require.NoError(t, r.link.Deliver(t.Context(), q.id))
	var state string
	require.NoError(t, r.db.From(t.Context()).Raw("SELECT state FROM federation_outbox WHERE id = ?", waits).Scan(&state).Error)
	require.Equal(t, "queued", state, "what waits for it is kept")
	listed, err := r.Listed(t.Context())
	require.NoError(t, err)
	require.NotContains(t, listed, q.id, "its catalog is dropped")
	q.looks()
	require.Equal(t, Removed, q.current.Load().joined.State)
	require.Equal(t, "Abgeschaltet", q.current.Load().joined.Reason)
	require.False(t, q.sees(r), "and it is one of its own again")
}

func TestLeave_TheAnchorIsTold(t *testing.T) {
	t.Parallel()
	anchor, q, r, _ := threePortals(t)
	anchor.down.Store(true)
	require.Equal(t, 503, problem.From(q.Leave(t.Context(), "")).Status)
	require.True(t, q.sees(r), "nothing has changed")
	anchor.down.Store(false)
	require.NoError(t, q.Leave(t.Context(), "Zusammenschluss"))
	r.looks()
	require.False(t, anchor.sees(q))
	require.False(t, r.sees(q))
	require.False(t, q.sees(anchor))
}

func TestAnchorAway_ChainsLastForAWeek(t *testing.T) {
	t.Parallel()
	anchor, q, r, c := threePortals(t)
	anchor.down.Store(true)
	c.forward(6 * 24 * time.Hour)
	require.Error(t, q.Refreshed(t.Context()))
	require.True(t, q.sees(r))
	c.forward(25 * time.Hour)
	require.False(t, q.sees(r), "10.4: an expired chain is no chain")
	listed, err := q.Listed(t.Context())
	require.NoError(t, err)
	require.Contains(t, listed, r.id, "what is kept of it is not dropped")
	anchor.down.Store(false)
	for range 2 {
		anchor.looks()
		q.looks()
	}
	require.True(t, q.sees(r))
}

func TestChangeAreas_TakesEffectAtTheOthers(t *testing.T) {
	t.Parallel()
	anchor, q, r, _ := threePortals(t)
	require.NoError(t, anchor.ChangeAreas(t.Context(), anchor.idOf(q), []string{"034540017017"}))
	r.looks()
	q.looks()
	require.False(t, r.link.MayClaim(q.id, "034540035035"))
	require.True(t, r.link.MayClaim(q.id, "034540017017"))
	require.Equal(t, []string{"034540017017"}, q.current.Load().self.Areas)
}

// Q changes its keys while messages flow: none is lost or refused. When the time of the former key is over, it is refused.
func TestRotate_WhileMessagesFlow_NoneLostOrRefused(t *testing.T) {
	t.Parallel()
	anchor, q, r, c := threePortals(t)
	sent := 0
	exchange := func(n int) {
		t.Helper()
		for range n {
			for _, way := range [][2]*portal{{q, r}, {r, q}} {
				id, err := way[0].link.Send(t.Context(), way[1].id, "test.note", uuid.New(), "eine Nachricht")
				require.NoError(t, err)
				require.NoError(t, way[0].link.Deliver(t.Context(), way[1].id))
				var row struct {
					State    string
					Attempts int
				}
				require.NoError(t, way[0].db.From(t.Context()).Raw("SELECT state, attempts FROM federation_outbox WHERE id = ?", id).Scan(&row).Error)
				require.Equal(t, "delivered", row.State)
				require.Equal(t, 1, row.Attempts, "at the first attempt")
			}
			sent++
		}
	}
	exchange(5)
	former, err := q.ring.active(t.Context(), useSignature)
	require.NoError(t, err)
	require.NoError(t, q.RotateKeys(t.Context(), false, false))
	exchange(5) // the next key is published
	c.forward(publishAhead + time.Minute)
	require.NoError(t, q.Reload(t.Context()))
	r.looks()
	current, err := q.ring.active(t.Context(), useSignature)
	require.NoError(t, err)
	require.NotEqual(t, former.Public.KeyID, current.Public.KeyID)
	exchange(5)
	m, err := r.Member(t.Context(), q.id)
	require.NoError(t, err)
	require.Len(t, m.Keys.Key(former.Public.KeyID), 1, "still published: what it has signed may be under way")
	c.forward(publishAfter + time.Hour)
	q.ring.forget()
	for range 2 {
		for _, p := range []*portal{anchor, q, r} {
			p.looks()
		}
	}
	exchange(5)
	m, err = r.Member(t.Context(), q.id)
	require.NoError(t, err)
	require.Empty(t, m.Keys.Key(former.Public.KeyID), "its time is over")
	require.Len(t, q.notes, sent)
	require.Len(t, r.notes, sent)
	past, err := q.HistoricalKeys(t.Context())
	require.NoError(t, err)
	var history struct {
		Keys []struct {
			KeyID string `json:"kid"`
		} `json:"keys"`
	}
	_, set, err := q.ring.federation(t.Context())
	require.NoError(t, err)
	require.NoError(t, chain.VerifyAs(past, typHistorical, set, &history))
	require.Equal(t, former.Public.KeyID, history.Keys[0].KeyID, "8.7: and its receipts can still be verified")
}

// faulty lets requests to the portal go wrong: connections break before it, answers are lost after it, something in front of it answers.
func (p *portal) faulty(random *rand.Rand) (faults *atomic.Int64) {
	faults = &atomic.Int64{}
	var mu sync.Mutex
	luck := func() float64 {
		mu.Lock()
		defer mu.Unlock()
		return random.Float64()
	}
	answer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := luck()
		if r.URL.Path != "/federation/v1/inbox" {
			x *= 4 // what trust is read by is asked for more often
		}
		switch {
		case x < 0.15:
			faults.Add(1)
			panic(http.ErrAbortHandler)
		case x < 0.35:
			faults.Add(1)
			p.own.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		case x < 0.4:
			faults.Add(1)
			w.WriteHeader(http.StatusBadGateway)
		default:
			p.own.ServeHTTP(w, r)
		}
	})
	p.odd.Store(&answer)
	return faults
}

// arrived counts what a portal has accepted, and how many different messages that are.
func (p *portal) arrived() (all, different int) {
	p.t.Helper()
	var n struct{ All, Different int }
	require.NoError(p.t, p.db.From(p.t.Context()).Raw(`SELECT count(*) AS all, count(DISTINCT (peer, message_id)) AS different
		FROM federation_log WHERE direction = 'received' AND outcome = 'accepted'`).Scan(&n).Error)
	return n.All, n.Different
}

// Keys change at both levels, those of a member's messages, a member's own and the anchor's, while messages flow over links that
// break, lose answers and come back. Afterwards each message is there exactly once, and none was refused.
func TestRotate_BothLevelsWhileLinksBreak_NothingLostNothingTwice(t *testing.T) {
	t.Parallel()
	anchor, q, r, c := threePortals(t)
	all := []*portal{anchor, q, r}
	ways := [][2]*portal{{q, r}, {r, q}, {q, anchor}, {anchor, r}}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	var faults []*atomic.Int64
	for i, p := range all {
		faults = append(faults, p.faulty(rand.New(rand.NewPCG(seed, uint64(i)))))
	}
	sent := 0
	work := func(send int) {
		t.Helper()
		for _, way := range ways {
			for range send {
				_, err := way[0].link.Send(t.Context(), way[1].id, "test.note", uuid.New(), "eine Nachricht")
				require.NoError(t, err)
				sent++
			}
			_ = way[0].link.Deliver(t.Context(), way[1].id) // what does not arrive is tried again
		}
		for _, p := range all {
			for range 20 {
				if p.Refreshed(t.Context()) == nil {
					break
				}
			}
		}
	}
	ofMessages, err := q.ring.active(t.Context(), useSignature)
	require.NoError(t, err)
	ofAnchor, err := anchor.Fingerprint(t.Context())
	require.NoError(t, err)
	require.NoError(t, q.RotateKeys(t.Context(), false, false))
	work(2)
	require.NoError(t, q.RotateKeys(t.Context(), true, false))
	require.NoError(t, anchor.RotateKeys(t.Context(), true, false))
	for range 4 {
		work(1)
		c.forward(publishAhead/2 + time.Minute)
		_ = q.Reload(t.Context())
	}
	work(2)
	for range 6 {
		c.forward(publishAfter/6 + time.Hour)
		for _, p := range all {
			p.ring.forget()
		}
		work(1)
	}
	for _, p := range all {
		p.odd.Store(nil)
	}
	waiting := func() (n int) {
		for _, p := range all {
			var open int
			require.NoError(t, p.db.From(t.Context()).Raw("SELECT count(*) FROM federation_outbox WHERE state <> 'delivered'").Scan(&open).Error)
			n += open
		}
		return n
	}
	for range 50 {
		for _, p := range all { // what was given up in these weeks, somebody sends again
			for _, other := range all {
				given, err := p.link.Stuck(t.Context(), other.id, sent)
				require.NoError(t, err)
				for _, m := range given {
					if m.State == "parked" {
						_, err := p.link.Resend(t.Context(), m.ID)
						require.NoError(t, err)
					}
				}
			}
		}
		work(0)
		if waiting() == 0 {
			break
		}
		c.forward(10 * time.Minute)
	}
	if waiting() > 0 {
		for _, p := range all {
			var left []string
			require.NoError(t, p.db.From(t.Context()).Raw("SELECT r::text FROM federation_outbox r WHERE state <> 'delivered'").Scan(&left).Error)
			for _, row := range left {
				t.Errorf("%s still holds %s", p.id, row)
			}
		}
		t.FailNow()
	}
	messages, broken := 0, int64(0)
	for i, p := range all {
		arrived, different := p.arrived()
		require.Equal(t, arrived, different, "a message twice")
		messages += arrived
		broken += faults[i].Load()
		_, err := p.link.VerifyLog(t.Context())
		require.NoError(t, err)
	}
	require.Equal(t, sent, messages, "messages were lost")
	t.Logf("%d messages, %d faults, 0 lost, 0 doubled", messages, broken)
	require.Positive(t, broken)
	now, err := q.ring.active(t.Context(), useSignature)
	require.NoError(t, err)
	require.NotEqual(t, ofMessages.Public.KeyID, now.Public.KeyID, "the member's key for messages is a new one")
	fingerprint, err := anchor.Fingerprint(t.Context())
	require.NoError(t, err)
	require.NotEqual(t, ofAnchor, fingerprint, "and so is the anchor's")
}

// A receiver that has not read the new key yet reads it when it is used.
func TestRotate_AtOnce_TheOthersReadTheNewKeyWhenTheyMeetIt(t *testing.T) {
	t.Parallel()
	_, q, r, _ := threePortals(t)
	old, err := q.link.Token(r.id)
	require.NoError(t, err)
	require.NoError(t, q.RotateKeys(t.Context(), false, true))
	token, err := q.link.Token(r.id)
	require.NoError(t, err)
	_, err = r.link.VerifyMember(t.Context(), token)
	require.NoError(t, err)
	_, err = r.link.VerifyMember(t.Context(), old)
	require.Error(t, err, "what the withdrawn key has signed")
}

// Keys of the federation change at both levels: a member's and the anchor's own.
func TestRotate_FederationKeys_MemberAndAnchor_NoGap(t *testing.T) {
	t.Parallel()
	anchor, q, r, c := threePortals(t)
	before, err := anchor.Fingerprint(t.Context())
	require.NoError(t, err)
	everybody := func() {
		t.Helper()
		for range 3 {
			for _, p := range []*portal{anchor, q, r} {
				require.NoError(t, p.Refreshed(t.Context()))
			}
		}
		require.True(t, q.sees(r) && r.sees(q) && q.sees(anchor) && anchor.sees(q))
	}
	require.NoError(t, anchor.RotateKeys(t.Context(), true, false))
	require.NoError(t, q.RotateKeys(t.Context(), true, false))
	everybody()
	for range 2 {
		c.forward(publishAhead + time.Minute)
		everybody()
	}
	after, err := anchor.Fingerprint(t.Context())
	require.NoError(t, err)
	require.NotEqual(t, before, after)
	for range 4 {
		c.forward(5 * 24 * time.Hour)
		for _, p := range []*portal{anchor, q, r} {
			p.ring.forget()
		}
		everybody()
	}
	require.Equal(t, []string{after}, q.current.Load().joined.Pins, "the former key of the anchor is good no more")
}

// A member that lies about itself in its own configuration: what the anchor has granted counts.
func TestClaims_OfAMemberAboutItself_AreNotBelieved(t *testing.T) {
	t.Parallel()
	_, q, r, _ := threePortals(t)
	require.NoError(t, q.store.db.Tx(t.Context(), func(ctx context.Context) error {
		if err := q.db.From(ctx).Exec("UPDATE federation_association SET areas = '{03,034545404}', roles = '{portal,anchor,accountHome}', name = 'Landkreis'").Error; err != nil {
			return err
		}
		return q.store.changed(ctx)
	}))
	require.NoError(t, q.Reload(t.Context()))
	text, err := q.Configuration(t.Context())
	require.NoError(t, err)
	lie, err := chain.Read(text)
	require.NoError(t, err)
	require.Contains(t, lie.Metadata[PortalType]["areas"], "034545404", "it does not lie")
	r.looks()
	stored, err := r.store.statements(t.Context())
	require.NoError(t, err)
	require.True(t, slices.ContainsFunc(stored, func(s statementRow) bool {
		said, err := chain.Read(s.Text)
		return err == nil && s.Issuer == q.id && fmt.Sprint(said.Metadata[PortalType]["name"]) == "Landkreis"
	}), "the lie has not been read")
	m, err := r.Member(t.Context(), q.id)
	require.NoError(t, err)
	require.Equal(t, []string{"034540035035"}, m.Areas)
	require.Equal(t, []string{"portal"}, m.Roles)
	require.Equal(t, "Meppen", m.Name)
	require.False(t, r.link.MayClaim(q.id, "034545404"), "another's area")
	require.False(t, r.link.MayClaim(q.id, "03"))
}

// Who has a key of two members could speak for both.
func TestView_AKeyOfAnother_TheSecondIsNotTrusted(t *testing.T) {
	t.Parallel()
	anchor, q, _, _ := threePortals(t)
	m, err := anchor.Member(t.Context(), q.id)
	require.NoError(t, err)
	v, owners := &view{members: map[string]known{}, problems: map[string]error{}}, map[string]string{}
	v.add(q.id, judged{known: known{member: m}}, owners)
	thief := m
	thief.ID = "https://dieb.example"
	v.add(thief.ID, judged{known: known{member: thief}}, owners)
	require.Contains(t, v.members, q.id)
	require.NotContains(t, v.members, thief.ID)
	require.ErrorContains(t, v.problems[thief.ID], "is also a key of "+q.id)
	v.add("https://anders.example", judged{known: known{member: m}}, owners)
	require.ErrorContains(t, v.problems["https://anders.example"], "the chain is about")
}

func TestTold_RequestsThatAreNotRight_Refused(t *testing.T) {
	t.Parallel()
	c := &clock{}
	anchor, q, other := newPortal(t, c, "Landkreis", "03454"), newPortal(t, c, "Meppen", "034540035035"), newPortal(t, c, "Fremd", "01")
	signer, _, err := q.ring.federation(t.Context())
	require.NoError(t, err)
	foreign, _, err := other.ring.federation(t.Context())
	require.NoError(t, err)
	good := func() request {
		now := c.now().Unix()
		return request{
			Issuer: q.id, Audience: anchor.id, ID: uuid.NewString(), IssuedAt: now, Expires: now + 60, Act: actAsk, Name: "Meppen", Kind: "municipality",
			Areas: []string{"034540035035"},
		}
	}
	for name, test := range map[string]struct {
		status int
		change func(r *request)
	}{
		"right":             {0, func(*request) {}},
		"for another":       {403, func(r *request) { r.Audience = other.id }},
		"long ago":          {401, func(r *request) { r.IssuedAt, r.Expires = r.IssuedAt-200, r.Expires-200 }},
		"in the future":     {401, func(r *request) { r.IssuedAt, r.Expires = r.IssuedAt+90, r.Expires+90 }},
		"valid for a year":  {401, func(r *request) { r.Expires += 365 * 24 * 3600 }},
		"no area":           {422, func(r *request) { r.Areas = nil }},
		"area of letters":   {422, func(r *request) { r.Areas = []string{"Meppen"} }},
		"kind":              {422, func(r *request) { r.Kind = "kingdom" }},
		"act":               {400, func(r *request) { r.Act = "rule" }},
		"another's name":    {401, func(r *request) { r.Issuer = other.id }},
		"of the anchor":     {400, func(r *request) { r.Issuer = anchor.id }},
		"from inside":       {422, func(r *request) { r.Issuer = "https://10.0.0.1" }},
		"status of nobody":  {404, func(r *request) { r.Issuer, r.Act = other.id, actStatus }},
		"leaves, as nobody": {404, func(r *request) { r.Issuer, r.Act = other.id, actLeave }},
	} {
		r := good()
		test.change(&r)
		claims, err := json.Marshal(r)
		require.NoError(t, err)
		text, err := chain.SignAs(typMembership, claims, signer)
		require.NoError(t, err)
		_, err = anchor.Told(t.Context(), text)
		if test.status == 0 {
			require.NoError(t, err, name)
			continue
		}
		require.Equal(t, test.status, problem.From(err).Status, name)
	}
	claims, err := json.Marshal(good())
	require.NoError(t, err)
	forged, err := chain.SignAs(typMembership, claims, foreign)
	require.NoError(t, err)
	_, err = anchor.Told(t.Context(), forged)
	require.Equal(t, 401, problem.From(err).Status, "signed by another")
}

func TestState_MembersHavePositionsTrustAndKeysDue(t *testing.T) {
	t.Parallel()
	anchor, q, r, c := threePortals(t)
	state, err := NewHandlers(anchor.Service, anchor.link, noNames{}, noHealth{}).state(t.Context())
	require.NoError(t, err)
	for _, m := range state.Members {
		require.Equal(t, m.Entity == q.id, m.Position != nil, m.Name)
		require.Equal(t, m.Self, m.KeysDue == nil, m.Name)
	}
	for _, s := range anchor.Standings(t.Context()) {
		require.True(t, s.Trusted)
		require.WithinDuration(t, c.now().Add(messageKeyLife+overdueAfter), s.KeysDue, time.Hour, "the first of its keys to be changed")
	}
	r.down.Store(true)
	c.forward(5 * time.Minute)
	anchor.looks()
	state, err = NewHandlers(anchor.Service, anchor.link, noNames{}, noHealth{}).state(t.Context())
	require.NoError(t, err)
	for _, m := range state.Members {
		if m.Entity == r.id {
			require.Equal(t, types.LinkFaultCodeUnreachable, m.StatementsFault.Code)
			require.True(t, m.Trusted, "what it said before still counts")
		} else {
			require.Nil(t, m.StatementsFault)
		}
	}
}

func TestState_ShowsWhoAsksForWhatAndWhomItOverlaps(t *testing.T) {
	t.Parallel()
	c := &clock{}
	anchor, q := newPortal(t, c, "Landkreis", "03454"), newPortal(t, c, "Meppen", "034540035035")
	q.asks(anchor, "034540035035")
	state, err := NewHandlers(anchor.Service, anchor.link, noNames{}, noHealth{}).state(t.Context())
	require.NoError(t, err)
	require.Len(t, state.Requests, 1)
	asked := state.Requests[0]
	print, err := q.Fingerprint(t.Context())
	require.NoError(t, err)
	require.Equal(t, print, asked.Fingerprint)
	require.Equal(t, "Meppen", *asked.Areas[0].Name)
	require.Equal(t, []string{"Landkreis"}, asked.Areas[0].Overlaps)
	require.Equal(t, "Guten Tag", *asked.Words)
}

func TestNormalised_KeysAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"03454", "034540035035", "03"}, normalised([]string{"034540000000", " 034540035035", "03454", "030000000000", ""}))
}

// Package association is trust between portals by OpenID Federation 1.0: what this portal says of itself, what the anchor
// says of its members, chains of statements up to the anchor, keys that change without a gap, and how a portal joins an
// association, leaves it or is removed.
//
// A portal without a row in federation_association is an association of its own, and becomes an anchor the moment it
// admits somebody. What others have said is kept in the database, so that an association goes on while its anchor is
// away, until the statements expire. Who is a member is what the anchor lists, read each minute: a removed member is
// refused although its statements would last longer.
package association

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-jose/go-jose/v4"

	"portalverbund/api/types"
	"portalverbund/db"
	"portalverbund/server/federation"
	"portalverbund/server/federation/chain"
	"portalverbund/server/federation/fault"
	"portalverbund/server/platform/keys"
	"portalverbund/server/platform/outbound"
)

// State is where somebody stands on the way into an association and out of it.
type State string

// The states.
const (
	Asked   State = "asked"
	Joined  State = "member"
	Refused State = "declined"
	Removed State = "removed"
	Left    State = "left"
)

const (
	callTimeout   = 8 * time.Second
	reloadEvery   = time.Second      // a process looks for changes so often
	listEvery     = time.Minute      // the anchor is asked so often who is a member
	askedEvery    = 3 * time.Second  // and whether it has decided
	statementsAge = 4 * time.Minute  // statements are read again after that, later in large associations (ageOf)
	againAfter    = 10 * time.Second // and not sooner, whatever unknown keys are named
	fetchAtOnce   = 8

	statementsRate = 200            // a second, that all members together ask the anchor for
	statementsLast = 24 * time.Hour // what a statement says for a week is read again after that in any case
)

// Profile is what a portal is, as it says or as the anchor has granted it.
type Profile struct {
	Name  string
	Kind  string
	Areas []string
	Roles []string
}

// Audit records who did what, in the transaction of ctx.
type Audit interface {
	Record(ctx context.Context, action, object, detail string) error
}

// Config is what a Service is made of.
type Config struct {
	ID       string // entity id of this portal
	DB       *db.DB
	Keys     *keys.Set
	Own      Profile          // what it is as long as it is an association of its own
	Title    string           // of the association whose anchor it is
	Version  string           // of the program
	Fixed    bool             // the members are a fixed list, which is kept elsewhere
	Outbound outbound.Options // how others are called
	Audit    Audit
	Now      func() time.Time // default: the machine's clock
	Log      *slog.Logger
}

// Service knows the association. It implements federation.Trust.
type Service struct {
	config   Config
	id       string
	store    store
	ring     *Ring
	client   chain.HTTP
	now      func() time.Time
	log      *slog.Logger
	announce func()                // tells the others that something has changed
	provider func() map[string]any // metadata of the OpenID Provider

	current atomic.Pointer[view]
	reload  sync.Mutex
	soon    chan struct{}
	mu      sync.Mutex
	tried   map[string]time.Time // when somebody's statements were last asked for because of an unknown key
	wanted  map[string]bool      // whose statements are to be read again
	opened  string               // what the rooms were made with
	restart chan struct{}
	once    sync.Once
}

// view is what was known at a revision.
type view struct {
	revision int64
	joined   *joinedRow
	title    string
	self     federation.Member
	order    []string
	members  map[string]known
	listed   []string
	problems map[string]error // why somebody who is listed is not trusted
}

// known is a member with its chain.
type known struct {
	member  federation.Member
	expires time.Time
	version string
	keysDue time.Time // when its keys should have been changed; zero: it does not say
}

// New makes the Service and reads what is kept.
func New(ctx context.Context, c Config) (*Service, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	o := c.Outbound
	o.Timeout, o.MaxResponse = callTimeout, 1<<20
	s := &Service{
		config: c, id: c.ID, store: store{c.DB}, client: chain.HTTP{Client: outbound.Client(o)}, now: c.Now, log: c.Log,
		announce: func() {}, provider: func() map[string]any { return nil },
		soon: make(chan struct{}, 1), tried: map[string]time.Time{}, wanted: map[string]bool{}, restart: make(chan struct{}),
	}
	s.ring = &Ring{store: s.store, set: c.Keys, now: c.Now}
	if err := s.Reload(ctx); err != nil {
		return nil, err
	}
	s.opened = s.current.Load().essence()
	return s, nil
}

// Connect tells how others are told of a change, and what the portal is as an OpenID Provider (nil for none).
func (s *Service) Connect(announce func(), provider func() map[string]any) {
	s.announce, s.provider = announce, provider
}

// Ring gives the portal's keys.
func (s *Service) Ring() *Ring { return s.ring }

// Outdated is closed when this portal has become something else than what its rooms were made with: a member, or none
// any more, an account home or none, with another name or other areas. It then starts anew.
func (s *Service) Outdated() <-chan struct{} { return s.restart }

// essence is what the rooms are made with.
func (v *view) essence() string {
	return strings.Join([]string{v.self.Name, v.self.Kind, strings.Join(v.self.Areas, ","), strings.Join(v.self.Roles, ",")}, "|")
}

// Association gives the association's name.
func (s *Service) Association(context.Context) (string, error) { return s.current.Load().title, nil }

// Member gives the member with an entity id, or federation.ErrNotMember: nobody knows it, it was removed, or its chain has
// run out.
func (s *Service) Member(_ context.Context, id string) (federation.Member, error) {
	v := s.current.Load()
	if id == s.id {
		return v.self, nil
	}
	k, ok := v.members[id]
	switch {
	case !ok && v.problems[id] != nil:
		return federation.Member{}, fmt.Errorf("%q: %w: %w", id, federation.ErrNotMember, v.problems[id])
	case !ok:
		return federation.Member{}, fmt.Errorf("%q: %w", id, federation.ErrNotMember)
	case !s.now().Before(k.expires.Add(chain.ClockSkew)):
		return federation.Member{}, fmt.Errorf("%q: %w: its trust chain has expired", id, federation.ErrNotMember)
	}
	return k.member, nil
}

// Members gives all members whose chains are good, this portal included: the anchor first.
func (s *Service) Members(context.Context) ([]federation.Member, error) {
	v, now := s.current.Load(), s.now()
	out := make([]federation.Member, 0, len(v.order))
	for _, id := range v.order {
		switch k := v.members[id]; {
		case id == s.id:
			out = append(out, v.self)
		case now.Before(k.expires.Add(chain.ClockSkew)):
			out = append(out, k.member)
		}
	}
	return out, nil
}

// Listed gives the ids of all who belong to the association, also of those whose chain is not good at the moment: what
// is kept of them is not dropped for that.
func (s *Service) Listed(context.Context) ([]string, error) {
	return slices.Clone(s.current.Load().listed), nil
}

// Standing is how trust in another member stands.
type Standing struct {
	Entity  string
	Name    string
	Trusted bool
	Until   time.Time // its chain runs out then, unless it is read again
	KeysDue time.Time // its keys should have been changed by then; zero: it does not say
}

// Standings gives how trust in the other members stands; nothing where they are a fixed list.
func (s *Service) Standings(context.Context) []Standing {
	if s.config.Fixed {
		return nil
	}
	v, now := s.current.Load(), s.now()
	var out []Standing
	for _, id := range v.listed {
		if id == s.id {
			continue
		}
		k, found := v.members[id]
		out = append(out, Standing{
			Entity: id, Name: k.member.Name, Trusted: found && now.Before(k.expires.Add(chain.ClockSkew)), Until: k.expires, KeysDue: k.keysDue,
		})
	}
	return out
}

// Refresh reads somebody's statements again because it uses a key that is not known here, or is not known itself. It
// says whether anything was asked for; not more often than each ten seconds.
func (s *Service) Refresh(ctx context.Context, id string) bool {
	if chain.CheckID(id) != nil || id == s.id {
		return false
	}
	s.mu.Lock()
	now := time.Now()
	wait := now.Sub(s.tried[id]) < againAfter || len(s.tried) > 1000 && s.tried[id].IsZero()
	if !wait {
		s.tried[id] = now
	}
	for other, at := range s.tried {
		if now.Sub(at) > againAfter {
			delete(s.tried, other)
		}
	}
	if !wait {
		s.wanted[id] = true
	}
	s.mu.Unlock()
	if wait {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	if err := s.refresh(ctx, true); err != nil {
		s.log.WarnContext(ctx, "read statements again", "portal", id, "error", err)
	}
	return true
}

// Nudged takes the word of a member that something has changed. At the anchor's word its list of members is read, and what it says
// of this portal; what it says of the others is read when it is due. Else each change of the anchor's catalog would have every
// member ask it about every member.
func (s *Service) Nudged(id string) {
	v := s.current.Load()
	s.mu.Lock()
	s.wanted[id] = true
	if v.joined != nil && id == v.joined.Anchor {
		s.wanted[s.id] = true
	}
	s.mu.Unlock()
	select {
	case s.soon <- struct{}{}:
	default:
	}
}

// Watch keeps the view fresh until ctx ends.
func (s *Service) Watch(ctx context.Context) {
	ticker := time.NewTicker(reloadEvery)
	defer ticker.Stop()
	var next time.Time
	for {
		now := time.Now()
		if err := s.Reload(ctx); err != nil && ctx.Err() == nil {
			s.log.ErrorContext(ctx, "read the association", "error", err)
		}
		if !now.Before(next) {
			if err := s.refresh(ctx, false); err != nil && ctx.Err() == nil {
				s.log.WarnContext(ctx, "read the statements of the association", "error", err)
			}
			pause := listEvery
			if j := s.current.Load().joined; j != nil && j.State == Asked {
				pause = askedEvery
			}
			next = now.Add(pause)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-s.soon:
			next = time.Time{}
		}
	}
}

// Reload looks whether anything has changed in the database, and makes the view anew.
func (s *Service) Reload(ctx context.Context) error {
	s.reload.Lock()
	defer s.reload.Unlock()
	revision, err := s.store.revision(ctx)
	if err != nil {
		return fmt.Errorf("read the association: %w", err)
	}
	if v := s.current.Load(); v != nil && v.revision == revision {
		published, err := s.ring.Published(ctx) // keys take over by time
		if err != nil || sameKeys(published, v.self.Keys) {
			return err
		}
	}
	v, err := s.view(ctx, revision)
	if err != nil {
		return fmt.Errorf("read the association: %w", err)
	}
	s.current.Store(v)
	if s.opened != "" && s.opened != v.essence() {
		s.once.Do(func() { close(s.restart) })
	}
	return nil
}

func sameKeys(a, b jose.JSONWebKeySet) bool {
	return slices.EqualFunc(a.Keys, b.Keys, func(x, y jose.JSONWebKey) bool { return x.KeyID == y.KeyID })
}

// view reads everything and judges the chains.
func (s *Service) view(ctx context.Context, revision int64) (*view, error) {
	joined, err := s.store.joined(ctx)
	if err != nil {
		return nil, err
	}
	published, err := s.ring.Published(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := s.store.statements(ctx)
	if err != nil {
		return nil, err
	}
	said := map[[2]string]string{}
	for _, r := range rows {
		said[[2]string{r.Issuer, r.Subject}] = r.Text
	}
	v := &view{revision: revision, joined: joined, members: map[string]known{}, problems: map[string]error{}}
	if joined != nil && joined.State == Joined {
		s.viewAsMember(v, published, said)
		return v, nil
	}
	return v, s.viewAsAnchor(ctx, v, published, said)
}

func (s *Service) selfMember(p Profile, published jose.JSONWebKeySet) federation.Member {
	return federation.Member{ID: s.id, URL: s.id, Name: p.Name, Kind: p.Kind, Areas: p.Areas, Roles: p.Roles, Keys: published}
}

// viewAsMember judges what the anchor lists.
func (s *Service) viewAsMember(v *view, published jose.JSONWebKeySet, said map[[2]string]string) {
	j := v.joined
	v.title = j.Title
	v.self = s.selfMember(Profile{Name: j.Name, Kind: j.Kind, Areas: j.Areas, Roles: j.Roles}, published)
	v.listed = union([]string{j.Anchor, s.id}, j.Listed)
	anchor := chain.Anchor{ID: j.Anchor, Pins: j.Pins}
	top := said[[2]string{j.Anchor, j.Anchor}]
	owners := map[string]string{}
	for _, id := range v.listed {
		if id == s.id {
			v.order = append(v.order, id)
			continue
		}
		texts := []string{said[[2]string{id, id}], said[[2]string{j.Anchor, id}], top}
		if id == j.Anchor {
			texts = []string{top}
		}
		v.add(id, s.judge(texts, anchor), owners)
	}
}

// viewAsAnchor judges those whom this portal has admitted, by the same rules.
func (s *Service) viewAsAnchor(ctx context.Context, v *view, published jose.JSONWebKeySet, said map[[2]string]string) error {
	v.title = s.config.Title
	v.self = s.selfMember(s.config.Own, published)
	v.order, v.listed = []string{s.id}, []string{s.id}
	rows, err := s.store.members(ctx, string(Joined))
	if err != nil || len(rows) == 0 {
		return err
	}
	top, err := s.configuration(ctx, v)
	if err != nil {
		return err
	}
	anchor, err := s.anchorSelf(ctx)
	if err != nil {
		return err
	}
	owners := map[string]string{}
	for _, r := range rows {
		v.listed = append(v.listed, r.Entity)
		about, err := s.subordinate(ctx, r)
		if err != nil {
			return err
		}
		v.add(r.Entity, s.judge([]string{said[[2]string{r.Entity, r.Entity}], about, top}, anchor), owners)
	}
	return nil
}

// anchorSelf is this portal as the anchor of its own association.
func (s *Service) anchorSelf(ctx context.Context) (chain.Anchor, error) {
	_, set, err := s.ring.federation(ctx)
	if err != nil {
		return chain.Anchor{}, err
	}
	pins, err := fingerprints(set)
	return chain.Anchor{ID: s.id, Pins: pins}, err
}

func fingerprints(set jose.JSONWebKeySet) ([]string, error) {
	var out []string
	for _, key := range set.Keys {
		print, err := chain.Fingerprint(key)
		if err != nil {
			return nil, err
		}
		out = append(out, print)
	}
	return out, nil
}

// judged is the outcome of a chain.
type judged struct {
	known
	err error
}

var errNothingSaid = fault.As(types.LinkFaultCodeNotRead, errors.New("its statements have not been read yet"))

// judge validates a chain of texts and reads the member out of it.
func (s *Service) judge(texts []string, anchor chain.Anchor) judged {
	c := make(chain.Chain, 0, len(texts))
	for _, text := range texts {
		if text == "" {
			return judged{err: errNothingSaid}
		}
		statement, err := chain.Read(text)
		if err != nil {
			return judged{err: err}
		}
		c = append(c, statement)
	}
	r, err := c.Validate(anchor, s.now())
	if err != nil {
		return judged{err: err}
	}
	m, said, err := memberOf(r)
	k := known{member: m, expires: r.Expires, version: said.Version}
	if said.KeysDue > 0 {
		k.keysDue = time.Unix(said.KeysDue, 0).UTC()
	}
	return judged{k, fault.As(types.LinkFaultCodeStatement, err)}
}

// add takes a member whose chain is good. No two members share a key: whoever has it could speak for both.
func (v *view) add(id string, j judged, owners map[string]string) {
	if j.err == nil && j.member.ID != id {
		j.err = fault.As(types.LinkFaultCodeStatement, fmt.Errorf("the chain is about %s", j.member.ID))
	}
	if j.err == nil {
		for _, key := range j.member.Keys.Keys {
			print, err := chain.Fingerprint(key)
			if owner := owners[print]; err != nil || owner != "" {
				j.err = fault.As(types.LinkFaultCodeSharedKey, fmt.Errorf("key %q is also a key of %s", key.KeyID, owner))
				break
			}
			owners[print] = id
		}
	}
	if j.err != nil {
		v.problems[id] = j.err
		return
	}
	v.members[id] = j.known
	v.order = append(v.order, id)
}

func union(a, b []string) []string {
	out := slices.Clone(a)
	for _, word := range b {
		if !slices.Contains(out, word) {
			out = append(out, word)
		}
	}
	return out
}

// httpClient is how others are called.
func (s *Service) httpClient() *http.Client { return s.client.Client }

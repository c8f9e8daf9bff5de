package association

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/federation"
	"portalverbund/server/federation/chain"
	"portalverbund/server/federation/fault"
)

// Links tells how the links to the others are doing (federation.Service).
type Links interface {
	Status(ctx context.Context) ([]federation.PeerStatus, error)
	Stuck(ctx context.Context, recipient string, n int) ([]federation.StuckMessage, error)
	Resend(ctx context.Context, id uuid.UUID) (uuid.UUID, error)
}

// Places knows what areas are called and where they are, by their keys.
type Places interface {
	NamesOf(ctx context.Context, areas []string) (map[string]string, error)
	PositionsOf(ctx context.Context, areas []string) (map[string]types.Position, error)
}

// Health knows how the links were doing, and what is wrong for long enough to be told of.
type Health interface {
	History(ctx context.Context, span types.HistorySpan, portal string) (types.AssociationHistory, error)
	Alerts(ctx context.Context) (list []types.LinkAlert, byMail bool, err error)
}

// claimant is somebody with areas, for finding overlaps.
type claimant struct {
	entity, name string
	areas        []string
}

// state puts together what an administrator sees.
func (h *Handlers) state(ctx context.Context) (types.AssociationState, error) {
	s := h.service
	if err := s.Reload(ctx); err != nil {
		return types.AssociationState{}, err
	}
	v := s.current.Load()
	out := types.AssociationState{
		Title: v.title, Self: v.self.Reference(), Leads: s.isAnchor(), Keys: []types.AssociationKey{}, Requests: []types.MembershipRequest{},
	}
	managed := !s.config.Fixed
	out.Managed = &managed
	var err error
	if out.Fingerprint, err = s.Fingerprint(ctx); err != nil {
		return out, err
	}
	if out.Keys, err = s.keysForPeople(ctx); err != nil {
		return out, err
	}
	rows, err := s.store.members(ctx, string(Asked), string(Joined), string(Refused), string(Removed), string(Left))
	if err != nil {
		return out, err
	}
	areas, err := h.describer(ctx, v, rows)
	if err != nil {
		return out, err
	}
	self := areas(s.id, v.self.Areas)
	out.Areas, out.Joined = &self, v.joinedForPeople()
	if out.Members, err = h.members(ctx, v, rows, areas); err != nil {
		return out, err
	}
	if err := h.locate(ctx, out.Members); err != nil {
		return out, err
	}
	alerts, byMail, err := h.health.Alerts(ctx)
	if err != nil {
		return out, err
	}
	out.Alerts, out.AlertsByMail = &alerts, &byMail
	for _, r := range rows {
		if r.State == Joined {
			continue
		}
		set, err := r.keys()
		if err != nil {
			return out, err
		}
		prints, err := fingerprints(set)
		if err != nil {
			return out, err
		}
		kind := types.PortalKind(r.Kind)
		out.Requests = append(out.Requests, types.MembershipRequest{
			Id: r.ID, Entity: r.Entity, Name: r.Name, Kind: &kind, Areas: areas(r.Entity, r.Areas), AccountHome: contains(r.Roles, federation.RoleAccountHome),
			Words: optional(r.Words), Reason: optional(r.Reason), Fingerprint: prints[0], AskedAt: r.AskedAt, DecidedAt: r.DecidedAt, State: types.MembershipState(r.State),
		})
	}
	return out, nil
}

func (v *view) joinedForPeople() *types.AssociationJoined {
	j := v.joined
	if j == nil {
		return nil
	}
	return &types.AssociationJoined{
		Anchor: j.Anchor, Title: j.Title, State: types.MembershipState(j.State), Reason: optional(j.Reason), Fingerprints: j.Pins, AskedAt: j.AskedAt,
		ListedAt: j.ListedAt, Failure: fault.Read(j.Failure),
	}
}

// describer gives who names areas and finds the others that claim them too. Areas that contain one another overlap.
func (h *Handlers) describer(ctx context.Context, v *view, rows []memberRow) (func(entity string, areas []string) []types.AreaClaim, error) {
	claims := []claimant{{v.self.ID, v.self.Name, v.self.Areas}}
	keys := slices.Clone(v.self.Areas)
	for _, id := range v.order {
		if k, ok := v.members[id]; ok {
			claims = append(claims, claimant{id, k.member.Name, k.member.Areas})
			keys = append(keys, k.member.Areas...)
		}
	}
	for _, r := range rows {
		keys = append(keys, r.Areas...)
	}
	names, err := h.places.NamesOf(ctx, keys)
	if err != nil {
		return nil, err
	}
	return func(entity string, areas []string) []types.AreaClaim {
		out := make([]types.AreaClaim, 0, len(areas))
		for _, area := range areas {
			claim := types.AreaClaim{Ars: area, Name: optional(names[area]), Overlaps: []string{}}
			for _, c := range claims {
				if c.entity != entity && slices.ContainsFunc(c.areas, func(a string) bool { return strings.HasPrefix(a, area) || strings.HasPrefix(area, a) }) {
					claim.Overlaps = append(claim.Overlaps, c.name)
				}
			}
			out = append(out, claim)
		}
		return out
	}, nil
}

// members joins what is known of the members with how the links to them are doing.
func (h *Handlers) members(ctx context.Context, v *view, rows []memberRow, areas func(string, []string) []types.AreaClaim) ([]types.AssociationMember, error) {
	peers, err := h.links.Status(ctx)
	if err != nil {
		return nil, err
	}
	ids := union(v.listed, nil)
	for _, p := range peers { // somebody for whom messages still wait
		ids = union(ids, []string{p.Portal.Id})
	}
	failures, err := h.service.store.failures(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]types.AssociationMember, 0, len(ids))
	for _, id := range ids {
		m := types.AssociationMember{Entity: id, Name: id, Self: id == h.service.id, Areas: []types.AreaClaim{}}
		if i := slices.IndexFunc(rows, func(r memberRow) bool { return r.Entity == id }); i >= 0 {
			if m.Name = rows[i].Name; rows[i].State == Joined {
				m.Id = member(rows[i].ID)
			}
		}
		h.describe(&m, v, areas)
		if f, failed := failures[id]; failed {
			m.StatementsFault = fault.Read(f.Failure)
		}
		if i := slices.IndexFunc(peers, func(p federation.PeerStatus) bool { return p.Portal.Id == id }); i >= 0 {
			addHealth(&m, peers[i])
		}
		out = append(out, m)
	}
	return out, nil
}

func (h *Handlers) describe(m *types.AssociationMember, v *view, areas func(string, []string) []types.AreaClaim) {
	known, found := v.members[m.Entity]
	if m.Self {
		known.member, found = v.self, true
		known.version = h.service.config.Version
	}
	if !found {
		if err := v.problems[m.Entity]; err != nil {
			m.Problem = fault.Read(fault.Text(err))
		}
		return
	}
	kind := types.PortalKind(known.member.Kind)
	m.Name, m.Kind, m.Areas = known.member.Name, &kind, areas(m.Entity, known.member.Areas)
	m.AccountHome, m.Anchor = known.member.HasRole(federation.RoleAccountHome), known.member.HasRole(federation.RoleAnchor)
	m.Version = optional(known.version)
	m.Trusted = m.Self || h.service.now().Before(known.expires)
	if !m.Self {
		m.TrustedUntil = &known.expires
		if !known.keysDue.IsZero() {
			m.KeysDue = &known.keysDue
		}
	}
}

// locate says where members are: in the middle of their areas.
func (h *Handlers) locate(ctx context.Context, members []types.AssociationMember) error {
	var keys []string
	for _, m := range members {
		for _, area := range m.Areas {
			keys = append(keys, area.Ars)
		}
	}
	positions, err := h.places.PositionsOf(ctx, keys)
	if err != nil {
		return err
	}
	for i, m := range members {
		var middle types.Position
		n := 0.0
		for _, area := range m.Areas {
			if p, ok := positions[area.Ars]; ok {
				middle.Lat, middle.Lon, n = middle.Lat+p.Lat, middle.Lon+p.Lon, n+1
			}
		}
		if n > 0 {
			members[i].Position = &types.Position{Lat: middle.Lat / n, Lon: middle.Lon / n}
		}
	}
	return nil
}

func addHealth(m *types.AssociationMember, p federation.PeerStatus) {
	if m.Name == m.Entity {
		m.Name = p.Portal.Name
	}
	m.LastContact, m.Failures, m.LastError = p.LastContact, &p.Failures, fault.Read(p.LastError)
	m.Queued, m.Parked, m.Refused, m.OldestQueued = &p.Queued, &p.Parked, &p.Refused, p.OldestQueued
	m.CatalogReadAt, m.CatalogEntries, m.CatalogError = p.CatalogReadAt, &p.CatalogEntries, fault.Read(p.CatalogError)
	m.CertificateUntil = p.CertificateUntil
}

// keysForPeople lists the portal's keys that are published.
func (s *Service) keysForPeople(ctx context.Context) ([]types.AssociationKey, error) {
	all, err := s.ring.all(ctx, ringPause)
	if err != nil {
		return nil, err
	}
	words := map[string]types.AssociationKeyUse{
		useFederation: types.AssociationKeyUseFederation, useSignature: types.AssociationKeyUseSignature, useEncryption: types.AssociationKeyUseEncryption,
	}
	out, seen, now := []types.AssociationKey{}, map[string]bool{}, s.now()
	for _, key := range all {
		if !key.published(now) {
			continue
		}
		print, err := chain.Fingerprint(key.Public)
		if err != nil {
			return nil, err
		}
		active := !seen[key.Use] && !key.ActiveFrom.After(now)
		seen[key.Use] = seen[key.Use] || active
		out = append(out, types.AssociationKey{
			Id: key.Public.KeyID, Use: words[key.Use], Fingerprint: print, ActiveFrom: key.ActiveFrom, PublishedUntil: key.Until, Active: active,
		})
	}
	return out, nil
}

// RotateKeys makes the next keys on an administrator's word: of the federation, or for messages.
func (s *Service) RotateKeys(ctx context.Context, ofFederation, atOnce bool) error {
	uses := []string{useSignature, useEncryption}
	if ofFederation {
		uses = []string{useFederation}
	}
	err := s.store.db.Tx(ctx, func(ctx context.Context) error {
		if _, err := s.ring.Rotate(ctx, atOnce, uses...); err != nil {
			return err
		}
		detail := "overlap"
		if atOnce {
			detail = "at-once"
		}
		return s.config.Audit.Record(ctx, "association.keys", "portal:"+s.id, detail)
	})
	if err != nil {
		return err
	}
	s.ring.forget()
	if err := s.Reload(ctx); err != nil {
		return err
	}
	s.announce()
	return nil
}

package identity

import (
	"context"
	"sync"
	"time"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
)

// Audit keeps who did what.
type Audit interface {
	Record(ctx context.Context, action, object, detail string) error
}

// Links says how the links to the identity providers stand, as this process sees it. Descriptions that are due are read first, all at once.
func (s *Service) Links(ctx context.Context) []types.IdentityLink {
	out := make([]types.IdentityLink, len(s.Providers))
	var reading sync.WaitGroup
	for i, p := range s.Providers {
		reading.Go(func() { out[i] = p.state(ctx) })
	}
	reading.Wait()
	return out
}

// CheckLink reads an identity provider's description now, and says how the link stands.
func (s *Service) CheckLink(ctx context.Context, id string) (types.IdentityLink, error) {
	p, err := s.provider(id)
	if err != nil {
		return types.IdentityLink{}, err
	}
	if s.Audit != nil {
		if err := s.Audit.Record(ctx, "identity.check", "identity:"+id, ""); err != nil {
			return types.IdentityLink{}, err
		}
	}
	p.source.Refresh(ctx)
	return p.state(ctx), nil
}

// state describes the link for those who run the portal.
func (p *Provider) state(ctx context.Context) types.IdentityLink {
	about := p.source.About(ctx)
	state := p.source.State()
	out := types.IdentityLink{
		Id: p.ID, Name: httpx.Localized(ctx, p.Name), Kind: types.LinkOidc, Subjects: types.IdentityLinkSubjects(p.Subjects), Levels: p.levels(),
		State: types.LinkUsable, AnswersTo: p.own.answersTo, OwnEntityId: given(p.own.id), MetadataUrl: given(p.own.metadata), EntityId: given(about.ID),
		ReadAt: when(state.ReadAt), FailedAt: when(state.FailedAt), ValidUntil: when(about.ValidUntil), Certificates: []types.LinkCertificate{},
	}
	if p.saml != nil {
		out.Kind = types.LinkSaml
	}
	if !state.FailedAt.IsZero() {
		reason := types.IdentityLinkReason(state.Reason)
		out.State, out.Reason = types.LinkKept, &reason
	}
	if out.ValidUntil != nil && !p.service.Now().Before(*out.ValidUntil) { // what was kept has run out as well: no answer counts any more
		reason := types.LinkExpired
		out.State, out.Reason = types.LinkUnusable, &reason
	}
	if state.ReadAt.IsZero() {
		out.State = types.LinkUnusable
	}
	for _, c := range append(about.Certificates, p.own.certificates...) {
		out.Certificates = append(out.Certificates, types.LinkCertificate{Of: types.LinkCertificateOf(c.Of), Sha256: c.Fingerprint, NotAfter: c.NotAfter})
	}
	return out
}

func given(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func when(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

package identity

import (
	"context"
	"errors"
	"time"

	"portalverbund/api/types"
	"portalverbund/server/identity/kept"
	"portalverbund/server/identity/openid"
	"portalverbund/server/identity/saml"
	"portalverbund/server/platform/httpx"
)

// Provider is one identity provider. It speaks one of both protocols.
type Provider struct {
	ID       string
	Name     map[string]string // by language
	Subjects types.IdentityProviderSubjects

	mapping Mapping
	staff   *staffRules // of a directory of staff; nil: people sign in with it
	saml    *saml.Provider
	openid  *openid.Provider
	source  described
	own     own
	service *Service
}

// described is what an identity provider publishes about itself.
type described interface {
	Refresh(ctx context.Context) kept.State
	State() kept.State
	// About tells of what is in use, and reads it first when that is due.
	About(ctx context.Context) kept.About
}

// own is how this portal appears to an identity provider.
type own struct {
	id           string // entityID, client_id
	metadata     string // SAML: where it describes itself
	answersTo    string
	certificates []kept.Certificate
}

func (p *Provider) connect(s *Service) { p.service = s }

// levels are those that can be asked for, the lowest first.
func (p *Provider) levels() []types.TrustLevel {
	out := []types.TrustLevel{}
	for _, level := range []types.TrustLevel{types.Low, types.Substantial, types.High} {
		for _, reached := range p.mapping.Levels {
			if reached == level {
				out = append(out, level)
				break
			}
		}
	}
	return out
}

func (p *Provider) consume(ctx context.Context, id string, until time.Time) (bool, error) {
	return p.service.noteAssertion(ctx, p.ID, id, until)
}

// errLevel is the cause of an error when less was proved than was asked for.
var errLevel = errors.New("a lower trust level than asked for")

// outgoing is what the browser carries to an identity provider: a form to send, or an address to go to.
type outgoing struct {
	Address  string
	Document string // SAMLRequest; empty: go to Address
	State    string // RelayState
}

// begin makes the request for a flow, and notes in it what the answer must fit.
func (p *Provider) begin(ctx context.Context, f *flow, state string) (outgoing, error) {
	force := f.Intent == types.IntentProve
	if p.saml != nil {
		r, err := p.saml.Start(ctx, f.Level, force)
		f.RequestID = r.ID
		return outgoing{Address: r.Address, Document: r.Document, State: state}, err
	}
	r, err := p.openid.Start(ctx, state, f.Level, force)
	f.Nonce, f.Verifier = r.Nonce, r.Verifier
	return outgoing{Address: r.Address}, err
}

// read turns a checked answer into this portal's words, and refuses one below the level that was asked for.
func (p *Provider) read(attributes map[string][]string, class string, f flow) (Statement, error) {
	st, err := p.mapping.statement(p.ID, attributes, class)
	if err != nil {
		return st, err
	}
	if st.organisation() != (p.Subjects == types.SubjectOrganisation) {
		return st, errors.New("not the kind of account that is expected there")
	}
	if f.Level != "" && httpx.LevelRank(string(st.Level)) < httpx.LevelRank(f.Level) {
		return st, errLevel
	}
	return st, nil
}

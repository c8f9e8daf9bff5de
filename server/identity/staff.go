package identity

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/identity/openid"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

// staffEntry makes an entry of the file of identity providers a directory that staff sign in by.
type staffEntry struct {
	Claim        string              `json:"claim"`        // that has the groups; default groups. A dot leads into an object: realm_access.roles
	Roles        map[string][]string `json:"roles"`        // value of the claim → roles here: clerk, editor@<id of a unit>
	SecondFactor factorEntry         `json:"secondFactor"` // by what the directory shows that it asked for one
}

type factorEntry struct {
	AMR      []string `json:"amr"`      // methods (RFC 8176), one of which will do; default mfa
	ACR      []string `json:"acr"`      // classes, one of which will do; they are asked for
	Required bool     `json:"required"` // the directory must show it; without, the account's second factor here will do
}

// staffRules say what the words of a directory mean here.
type staffRules struct {
	claim    string
	roles    map[string][]string
	amr, acr []string
	required bool
}

// itemName is how a directory calls somebody in one.
const itemName = "name"

const (
	methodMultiFactor = "mfa" // RFC 8176
	maxDirectoryName  = 100
)

// errFactor is the cause of an error when a directory must show a second factor, and does not.
var errFactor = errors.New("the directory does not say that it asked for a second factor")

// directory makes a directory of staff.
func (e entry) directory(l Loading) (*Provider, error) {
	if e.Kind != "oidc" {
		return nil, fmt.Errorf("kind %q: staff sign in by oidc", e.Kind)
	}
	if e.Profile != "" || e.Subjects != "" || len(e.Levels) > 0 || len(e.Ask) > 0 {
		return nil, errors.New("staff: profile, subjects, levels and ask are of people's accounts")
	}
	rules, err := e.Staff.rules()
	if err != nil {
		return nil, err
	}
	p := &Provider{ID: e.ID, Name: e.Name, Subjects: types.IdentityProviderSubjects(types.LinkSubjectStaff), staff: rules, mapping: Mapping{
		Attributes: map[string]string{itemGivenName: "given_name", itemFamilyName: "family_name", itemName: "name", itemEmail: "email"},
	}.merge(Mapping{Attributes: e.Attributes})}
	if len(rules.acr) > 0 {
		p.mapping.Ask = map[string]string{string(types.Low): strings.Join(rules.acr, " ")}
	}
	return p, e.linkOpenID(p, l)
}

func (e staffEntry) rules() (*staffRules, error) {
	word := regexp.MustCompile(`^(clerk|editor|publisher|admin|auditor|treasurer)(@[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})?$`)
	if len(e.Roles) == 0 {
		return nil, errors.New("staff.roles: none")
	}
	for value, roles := range e.Roles {
		if len(roles) == 0 {
			return nil, fmt.Errorf("staff.roles: %q gives none", value)
		}
		for _, role := range roles {
			if !word.MatchString(role) {
				return nil, fmt.Errorf("staff.roles: %q gives %q, which is no role; such as clerk, or clerk@ with the id of a unit", value, role)
			}
		}
	}
	rules := &staffRules{claim: e.Claim, roles: e.Roles, amr: e.SecondFactor.AMR, acr: e.SecondFactor.ACR, required: e.SecondFactor.Required}
	if rules.claim == "" {
		rules.claim = "groups"
	}
	if len(rules.amr) == 0 && len(rules.acr) == 0 {
		rules.amr = []string{methodMultiFactor}
	}
	return rules, nil
}

// given are the roles that values of the claim give, and how many values give none.
func (r *staffRules) given(values []string) (roles []string, unknown int) {
	for _, value := range values {
		gives, known := r.roles[value]
		if !known {
			unknown++
		}
		roles = append(roles, gives...)
	}
	return roles, unknown
}

// shown says whether a directory has said that it asked for a second factor.
func (r *staffRules) shown(c openid.Claims) bool {
	return slices.Contains(r.acr, c.Context) || slices.ContainsFunc(r.amr, func(method string) bool { return slices.Contains(c.Methods, method) })
}

// readStaff turns a checked answer of a directory into this portal's words. Who somebody is hangs on issuer and subject alone.
func (s *Service) readStaff(ctx context.Context, p *Provider, c openid.Claims, f flow) (Statement, error) {
	subject := first(c.Attributes["sub"])
	if subject == "" {
		return Statement{}, errors.New("no identifier of the person")
	}
	if f.Intent == types.IntentProve && c.AuthTime.Before(f.Begun.Add(-time.Minute)) {
		return Statement{}, errors.New("asked to prove again who it is, the directory did not")
	}
	st := Statement{Subject: c.Issuer + " " + subject, Level: types.Low, Methods: []string{}, Data: map[string]string{}}
	for item, name := range p.mapping.Attributes {
		if value := clean(first(c.Attributes[name])); value != "" && len([]rune(value)) <= maxDirectoryName {
			st.Data[item] = value
		}
	}
	if p.staff.shown(c) {
		st.Methods = append(st.Methods, methodMultiFactor)
	} else if p.staff.required {
		return Statement{}, errFactor
	}
	values := c.Values(p.staff.claim)
	roles, unknown := p.staff.given(values)
	st.Roles = roles
	if unknown > 0 || len(values) == 0 {
		s.Log.InfoContext(ctx, "what a directory says of somebody gives no role", "provider", p.ID, "claim", p.staff.claim,
			"values", len(values), "unknown", unknown, "requestId", httpx.RequestIDOf(ctx))
	}
	return st, nil
}

// colleague is how to call somebody who works here.
func (st Statement) colleague() string {
	if name := st.person(); name != "" {
		return name
	}
	return st.Data[itemName]
}

// arriveStaff signs in who comes from a directory, in a transaction: with an account that is theirs by issuer and subject, and the roles that
// the directory gives now.
func (s *Service) arriveStaff(ctx context.Context, f flow) (location string, cookies []*http.Cookie, err error) {
	account, works, err := s.colleagueAccount(ctx, f)
	if problem.Is(err, "account-closed") {
		return f.failed(reasonClosed), nil, nil
	}
	if err != nil {
		return "", nil, err
	}
	if !works {
		s.Log.InfoContext(ctx, "a directory gives somebody no role here", "provider", f.Provider, "requestId", httpx.RequestIDOf(ctx))
		return f.failed(reasonNoRole), nil, nil
	}
	pending, cookies, err := s.rooms.Sessions.SignInDirectory(ctx, account, f.Provider, f.Statement.Methods)
	if err != nil {
		return "", nil, err
	}
	if pending {
		return f.failed(""), cookies, nil
	}
	s.Log.InfoContext(ctx, "signed in by a directory", "provider", f.Provider, "account", account, "requestId", httpx.RequestIDOf(ctx))
	return f.next(), cookies, nil
}

// colleagueAccount finds or makes the account of who comes from a directory, with the roles that it gives; works is false when there are none.
func (s *Service) colleagueAccount(ctx context.Context, f flow) (account uuid.UUID, works bool, err error) {
	st := f.Statement
	if err := s.lockSubject(ctx, f.Provider, st.Subject); err != nil {
		return uuid.Nil, false, err
	}
	link, linked, err := s.linkOf(ctx, f.Provider, st.Subject)
	if err != nil {
		return uuid.Nil, false, err
	}
	if linked {
		if err := s.usedLink(ctx, link.ID, st.Level); err != nil {
			return uuid.Nil, false, err
		}
		works, err = s.rooms.Accounts.UpdateFromDirectory(ctx, link.AccountID, f.Provider, st.colleague(), st.Data[itemEmail], st.Roles)
		return link.AccountID, works, err
	}
	account, works, err = s.rooms.Accounts.CreateFromDirectory(ctx, f.Provider, st.colleague(), st.Data[itemEmail], st.Roles)
	if err != nil || !works {
		return account, works, err
	}
	return account, true, s.link(ctx, account, f)
}

// lockSubject makes one who comes twice at once wait, until the transaction ends: they get one account.
func (s *Service) lockSubject(ctx context.Context, provider, subject string) error {
	err := s.DB.From(ctx).Exec("SELECT pg_advisory_xact_lock(hashtextextended(?, 440))", hex.EncodeToString(s.subjectOf(provider, subject))).Error
	if err != nil {
		return fmt.Errorf("lock identity: %w", err)
	}
	return nil
}

// Directories gives the directories that staff sign in by.
func (s *Service) Directories(ctx context.Context) []types.Directory {
	out := []types.Directory{}
	for _, p := range s.Providers {
		if p.staff != nil {
			out = append(out, types.Directory{Id: p.ID, Name: httpx.Localized(ctx, p.Name)})
		}
	}
	return out
}

// DirectoryName names a directory; its id when it is no longer configured.
func (s *Service) DirectoryName(ctx context.Context, id string) string {
	if p, err := s.provider(id); err == nil {
		return httpx.Localized(ctx, p.Name)
	}
	return id
}

package chain

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Chain is a trust chain (section 4): the subject's entity configuration first, then the statements of its superiors
// about the one before, the anchor's configuration last. An anchor's chain to itself is its configuration alone.
type Chain []Statement

// Anchor is where a chain must end. Pins are fingerprints of its keys: one that has signed its configuration must be
// among them. What the configuration then lists is good too, so that keys can change (section 11.2).
type Anchor struct {
	ID   string
	Pins []string
}

// Resolved is what an anchor vouches for, through its chain.
type Resolved struct {
	Subject  string
	Metadata Metadata
	Keys     jose.JSONWebKeySet // of the federation, as the superior knows them
	Expires  time.Time          // the earliest of all statements (section 10.4)
	Chain    Chain
}

// CheckAnchor reads an anchor's configuration: signed by itself, with a key that is pinned.
func (a Anchor) CheckAnchor(text string, now time.Time) (Statement, error) {
	s, err := Read(text)
	if err != nil {
		return s, err
	}
	if !s.IsConfiguration() || s.Subject != a.ID {
		return s, fmt.Errorf("%w: %.80q speaks of %.80q", ErrAnchor, s.Issuer, s.Subject)
	}
	if err := s.Verify(s.Keys, now); err != nil {
		return s, err
	}
	signer := s.Keys.Key(s.keyID)
	print, err := Fingerprint(signer[0])
	if err != nil {
		return s, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if !slices.ContainsFunc(a.Pins, func(pin string) bool { return SameFingerprint(pin, print) }) {
		return s, fmt.Errorf("%w: signed with the key %s, which is not pinned", ErrAnchor, print)
	}
	return s, nil
}

// Validate judges a chain (section 10.2) and gives what it proves.
func (c Chain) Validate(anchor Anchor, now time.Time) (Resolved, error) {
	if len(c) == 0 {
		return Resolved{}, fmt.Errorf("%w: empty", ErrAnchor)
	}
	last, err := anchor.CheckAnchor(c[len(c)-1].text, now)
	if err != nil {
		return Resolved{}, err
	}
	first := c[0]
	if !first.IsConfiguration() {
		return Resolved{}, fmt.Errorf("%w: it does not begin with an entity configuration", ErrIssuer)
	}
	if err := first.Verify(first.Keys, now); err != nil {
		return Resolved{}, fmt.Errorf("configuration of %s: %w", first.Subject, err)
	}
	if len(c) == 1 {
		return Resolved{Subject: first.Subject, Metadata: first.Metadata, Keys: first.Keys, Expires: first.Expires(), Chain: c}, nil
	}
	if len(c) == 2 { // a superior's statement is missing
		return Resolved{}, fmt.Errorf("%w: nobody speaks of %s", ErrIssuer, first.Subject)
	}
	if err := c.checkLinks(last, now); err != nil {
		return Resolved{}, err
	}
	if err := c.checkConstraints(); err != nil {
		return Resolved{}, err
	}
	metadata, err := c.metadata()
	if err != nil {
		return Resolved{}, err
	}
	expires := first.Expires()
	for _, s := range c {
		if s.Expires().Before(expires) {
			expires = s.Expires()
		}
	}
	return Resolved{Subject: first.Subject, Metadata: metadata, Keys: c[1].Keys, Expires: expires, Chain: c}, nil
}

// checkLinks: each statement is signed by a key that the one above it lists, and speaks of the one below; nobody comes
// twice.
func (c Chain) checkLinks(last Statement, now time.Time) error {
	seen := map[string]bool{}
	for i := range len(c) - 1 {
		s, above := c[i], c[i+1]
		switch {
		case seen[s.Subject] || s.Subject == last.Subject:
			return fmt.Errorf("%w: at %s", ErrLoop, s.Subject)
		case i > 0 && s.IsConfiguration():
			return fmt.Errorf("%w: %s speaks of itself in the middle", ErrIssuer, s.Subject)
		case i == 0 && above.Subject != s.Subject, i > 0 && above.Subject != s.Issuer:
			return fmt.Errorf("%w: %s is followed by a statement about %s", ErrIssuer, s.Issuer, above.Subject)
		}
		seen[s.Subject] = i > 0 // the first two speak of the same
		keys := above.Keys
		if i == len(c)-2 {
			keys = last.Keys
		}
		if err := s.Verify(keys, now); err != nil {
			return fmt.Errorf("statement of %s about %s: %w", s.Issuer, s.Subject, err)
		}
	}
	if !slices.Contains(c[0].AuthorityHints, c[1].Issuer) {
		return fmt.Errorf("%w: %s does not name %s as its superior", ErrIssuer, c[0].Subject, c[1].Issuer)
	}
	return nil
}

// checkConstraints holds each superior's constraints against all that is below it (section 6.2).
func (c Chain) checkConstraints() error {
	for i := 1; i < len(c)-1; i++ {
		limits := c[i].Constraints
		if limits == nil {
			continue
		}
		if limits.MaxPathLength != nil && i-1 > *limits.MaxPathLength { // intermediates between its issuer and the subject
			return fmt.Errorf("%w: max_path_length of %s", ErrConstraint, c[i].Issuer)
		}
		for below := 1; below <= i; below++ {
			if err := limits.Naming.check(c[below].Subject); err != nil {
				return fmt.Errorf("%s of %s: %w", c[below].Subject, c[i].Issuer, err)
			}
		}
	}
	return nil
}

// check holds an identifier's host against the constraint.
func (n *Naming) check(id string) error {
	if n == nil {
		return nil
	}
	u, err := url.Parse(id)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrConstraint, err)
	}
	host := strings.ToLower(u.Hostname())
	fits := func(rule string) bool {
		rule = strings.ToLower(rule)
		return host == rule || strings.HasPrefix(rule, ".") && strings.HasSuffix(host, rule)
	}
	if slices.ContainsFunc(n.Excluded, fits) || len(n.Permitted) > 0 && !slices.ContainsFunc(n.Permitted, fits) {
		return fmt.Errorf("%w: naming_constraints", ErrConstraint)
	}
	return nil
}

// metadata applies what the superiors say to the subject's metadata (section 6.1.4): values of the immediate superior
// first, then the joined policy from the anchor down, then the entity types that are allowed.
func (c Chain) metadata() (Metadata, error) {
	metadata := Metadata{}
	for kind, claims := range c[0].Metadata {
		metadata[kind] = map[string]any{}
		for name, value := range claims {
			metadata[kind][name] = value
		}
		for name, value := range c[1].Metadata[kind] {
			metadata[kind][name] = value
		}
	}
	policy := Policy{}
	for i := len(c) - 2; i >= 1; i-- {
		var err error
		if policy, err = policy.Merge(c[i].Policy); err != nil {
			return nil, fmt.Errorf("policy of %s: %w", c[i].Issuer, err)
		}
		if limits := c[i].Constraints; limits != nil && limits.AllowedEntityTypes != nil {
			for kind := range metadata {
				if kind != FederationEntity && !slices.Contains(limits.AllowedEntityTypes, kind) {
					delete(metadata, kind)
				}
			}
		}
	}
	return policy.Apply(metadata)
}

// Fetcher reads statements where entities publish them.
type Fetcher interface {
	// Fetch gives the statement at an address; ErrNotFound where there is none, ErrUnreachable for the rest.
	Fetch(ctx context.Context, address string) (string, error)
}

// DefaultMaxPath is how many intermediates may stand between anchor and subject.
const DefaultMaxPath = 3

// maxFetches is how many statements are read for one chain: superiors that name many others are no endless maze.
const maxFetches = 64

// counted is a Fetcher that ends after maxFetches.
type counted struct {
	Fetcher
	left *int
}

func (c counted) Fetch(ctx context.Context, address string) (string, error) {
	if *c.left--; *c.left < 0 {
		return "", fmt.Errorf("%w: more than %d statements", ErrTooLong, maxFetches)
	}
	return c.Fetcher.Fetch(ctx, address)
}

// Resolver finds the chain of an entity to an anchor (section 10.1).
type Resolver struct {
	Anchor  Anchor
	Fetcher Fetcher
	Now     func() time.Time
	MaxPath int // 0: DefaultMaxPath
}

// Resolve fetches the statements of an entity and its superiors, and validates the chain.
func (r Resolver) Resolve(ctx context.Context, subject string) (Resolved, error) {
	left := maxFetches
	r.Fetcher = counted{r.Fetcher, &left}
	top, err := r.Fetcher.Fetch(ctx, r.Anchor.ID+WellKnown)
	if err != nil {
		return Resolved{}, fmt.Errorf("configuration of the anchor: %w", err)
	}
	anchor, err := r.Anchor.CheckAnchor(top, r.Now())
	if err != nil {
		return Resolved{}, err
	}
	if subject == r.Anchor.ID {
		return Chain{anchor}.Validate(r.Anchor, r.Now())
	}
	leaf, err := r.configuration(ctx, subject)
	if err != nil {
		return Resolved{}, err
	}
	c, err := r.climb(ctx, Chain{leaf}, leaf, anchor, map[string]bool{subject: true})
	if err != nil {
		return Resolved{}, err
	}
	return c.Validate(r.Anchor, r.Now())
}

func (r Resolver) maxPath() int {
	if r.MaxPath > 0 {
		return r.MaxPath
	}
	return DefaultMaxPath
}

// configuration fetches what an entity says of itself.
func (r Resolver) configuration(ctx context.Context, id string) (Statement, error) {
	if err := CheckID(id); err != nil {
		return Statement{}, err
	}
	text, err := r.Fetcher.Fetch(ctx, id+WellKnown)
	if err != nil {
		return Statement{}, fmt.Errorf("configuration of %s: %w", id, err)
	}
	s, err := Read(text)
	if err != nil {
		return s, fmt.Errorf("configuration of %s: %w", id, err)
	}
	if !s.IsConfiguration() || s.Subject != id {
		return s, fmt.Errorf("%w: at %s somebody speaks of %.80q", ErrIssuer, id, s.Subject)
	}
	if err := s.Verify(s.Keys, r.Now()); err != nil {
		return s, fmt.Errorf("configuration of %s: %w", id, err)
	}
	return s, nil
}

// climb goes up from the entity that at describes, superior by superior, until the anchor is reached.
func (r Resolver) climb(ctx context.Context, c Chain, at, anchor Statement, seen map[string]bool) (Chain, error) {
	failed := fmt.Errorf("%w: %s names no superior", ErrAnchor, at.Subject)
	if len(c)-1 > r.maxPath() {
		return nil, fmt.Errorf("%w: more than %d between", ErrTooLong, r.maxPath())
	}
	hints := slices.Clone(at.AuthorityHints)
	slices.SortStableFunc(hints, func(a, b string) int { // the anchor itself first
		return btoi(b == anchor.Subject) - btoi(a == anchor.Subject)
	})
	for _, hint := range hints {
		if seen[hint] {
			failed = fmt.Errorf("%w: at %s", ErrLoop, hint)
			continue
		}
		superior, err := anchor, error(nil)
		if hint != anchor.Subject {
			superior, err = r.configuration(ctx, hint)
		}
		var statement Statement
		if err == nil {
			statement, err = r.subordinate(ctx, superior, at.Subject)
		}
		if errors.Is(err, ErrTooLong) {
			return nil, err
		}
		if err != nil {
			failed = err
			continue
		}
		up := append(slices.Clone(c), statement)
		if hint == anchor.Subject {
			return append(up, anchor), nil
		}
		seen[hint] = true
		found, err := r.climb(ctx, up, superior, anchor, seen)
		delete(seen, hint)
		if err == nil {
			return found, nil
		}
		failed = err
		if errors.Is(err, ErrTooLong) {
			return nil, err // and not every way that is too long
		}
	}
	return nil, failed
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// subordinate fetches what a superior says of an entity (section 8.1).
func (r Resolver) subordinate(ctx context.Context, superior Statement, subject string) (Statement, error) {
	endpoint := superior.Endpoint("federation_fetch_endpoint")
	u, err := url.Parse(endpoint)
	if err != nil || endpoint == "" || u.Fragment != "" {
		return Statement{}, fmt.Errorf("%w: %s has no federation_fetch_endpoint", ErrMalformed, superior.Subject)
	}
	query := u.Query()
	query.Set("sub", subject)
	u.RawQuery = query.Encode()
	text, err := r.Fetcher.Fetch(ctx, u.String())
	if err != nil {
		return Statement{}, fmt.Errorf("statement of %s about %s: %w", superior.Subject, subject, err)
	}
	s, err := Read(text)
	if err != nil {
		return s, fmt.Errorf("statement of %s about %s: %w", superior.Subject, subject, err)
	}
	if s.Issuer != superior.Subject || s.Subject != subject {
		return s, fmt.Errorf("%w: asked %s about %s, got %.80q about %.80q", ErrIssuer, superior.Subject, subject, s.Issuer, s.Subject)
	}
	return s, nil
}

package association

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"portalverbund/server/federation/chain"
	"portalverbund/server/platform/outbound"
)

// Level says how bad a finding is.
type Level int

// The levels.
const (
	Good Level = iota
	Warning
	Wrong
)

// Finding is something that Examine has looked at.
type Finding struct {
	Level Level
	About string
	What  string
	Do    string // what to do about it
}

const (
	nearExpiry   = 14 * 24 * time.Hour // of a certificate
	chainWarning = 48 * time.Hour      // before a chain expires unless it is read again
	queueOld     = time.Hour
	catalogOld   = 15 * time.Minute
	clockWarning = 5 * time.Second
)

// Examine looks at everything that the link to others depends on: this portal's own address, clock, certificate and keys,
// the anchor and each member, what waits and why.
func (s *Service) Examine(ctx context.Context) ([]Finding, error) {
	if err := s.Reload(ctx); err != nil {
		return nil, err
	}
	v := s.current.Load()
	out := s.examineEntity(ctx, s.id, true)
	if j := v.joined; j != nil {
		out = append(out, s.examineAnchor(j)...)
	}
	for _, id := range v.listed {
		if id == s.id {
			continue
		}
		out = append(out, s.examineEntity(ctx, id, false)...)
		if why := v.problems[id]; why != nil {
			out = append(out, Finding{Wrong, id, "its trust chain is not good: " + why.Error(), "If it has changed its keys or moved: its administrator asks to be admitted again. Otherwise wait for the anchor's next statement."})
		} else if k := v.members[id]; k.expires.Before(s.now().Add(chainWarning)) {
			out = append(out, Finding{Warning, id, "its trust chain expires at " + k.expires.UTC().Format(time.RFC3339), "See why its statements cannot be read."})
		}
	}
	queue, err := s.examineQueue(ctx)
	if err != nil {
		return nil, err
	}
	keys, err := s.examineKeys(ctx)
	return append(append(out, queue...), keys...), err
}

// examineEntity calls an entity as others do.
func (s *Service) examineEntity(ctx context.Context, id string, own bool) []Finding {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, id+chain.WellKnown, http.NoBody)
	if err != nil {
		return []Finding{{Wrong, id, err.Error(), "Correct the address."}}
	}
	began := time.Now()
	response, err := s.httpClient().Do(request)
	if err != nil {
		return []Finding{{Wrong, id, "cannot be reached: " + err.Error(), whatToDo(err, own)}}
	}
	defer func() { _ = response.Body.Close() }()
	out := []Finding{}
	if date, err := http.ParseTime(response.Header.Get("Date")); err == nil {
		if off := date.Sub(began).Abs(); off > chain.ClockSkew {
			out = append(out, Finding{Wrong, id, fmt.Sprintf("its clock differs from this one by %s", off.Round(time.Second)), "Set the clock by NTP (timedatectl, chronyc tracking) on the machine that is wrong."})
		} else if off > clockWarning {
			out = append(out, Finding{Warning, id, fmt.Sprintf("its clock differs from this one by %s", off.Round(time.Second)), "Set the clock by NTP before it is a minute."})
		}
	}
	if response.TLS != nil && len(response.TLS.PeerCertificates) > 0 {
		if end := response.TLS.PeerCertificates[0].NotAfter; end.Before(time.Now().Add(nearExpiry)) {
			out = append(out, Finding{Warning, id, "its certificate ends at " + end.UTC().Format(time.RFC3339), "Renew the certificate."})
		}
	}
	if response.StatusCode != http.StatusOK {
		return append(out, Finding{Wrong, id, fmt.Sprintf("answers with status %d", response.StatusCode), "Is a portal behind this address, or a proxy that does not pass on /.well-known/ and /federation/?"})
	}
	statement, err := s.lookAt(ctx, id)
	if err != nil {
		return append(out, Finding{Wrong, id, "its entity configuration is not good: " + err.Error(), "If it speaks of another address: PORTAL_PUBLIC_URL there must be exactly " + id + "."})
	}
	if own {
		print, _ := signerPrint(statement)
		if mine, err := s.Fingerprint(context.Background()); err == nil && mine != print {
			return append(out, Finding{Wrong, id, "another portal answers at this portal's address", "PORTAL_PUBLIC_URL or the proxy leads to another portal or database."})
		}
	}
	return append(out, Finding{Good, id, "reachable, clock and entity configuration are good", ""})
}

// whatToDo says what helps when an entity cannot be called.
func whatToDo(err error, own bool) string {
	var (
		name      *net.DNSError
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
		invalid   x509.CertificateInvalidError
	)
	switch {
	case errors.As(err, &name):
		return "No address is known under this name. Is it written correctly, and is it entered in the DNS?"
	case errors.Is(err, outbound.ErrAddressRefused):
		return "The name leads to an address that is not public. Portals are called at public addresses only: correct the entry in the DNS."
	case errors.As(err, &authority):
		return "Nobody here knows who has issued its certificate. Install a certificate of a public authority there, with all those between."
	case errors.As(err, &host):
		return "Its certificate is for another name. Install one there that names this host."
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "Its certificate is not valid at this time. Renew it there; if it is new, look at the clock of this machine."
	case errors.As(err, &invalid):
		return "Its certificate cannot be used. Install another one there."
	case own:
		return "Others cannot reach this portal either. Is it running, and does PORTAL_PUBLIC_URL lead to it?"
	}
	return "Is it running, and can it be reached from here? Look at its address and the firewall."
}

func (s *Service) examineAnchor(j *joinedRow) []Finding {
	switch {
	case j.State == Asked:
		return []Finding{{Warning, j.Anchor, "has not decided on the request yet", "Ask its administrator; the request is on the page /verwaltung/verbund there."}}
	case j.State != Joined:
		return []Finding{{Warning, j.Anchor, "membership: " + string(j.State) + " " + j.Reason, "The portal stands alone. It may ask again."}}
	case strings.Contains(j.Failure, chain.ErrAnchor.Error()):
		return []Finding{{Wrong, j.Anchor, j.Failure, "Compare the fingerprint with the anchor's administrator. If it is right, leave and join again: this portal was away while the anchor's key changed."}}
	case j.Failure != "":
		return []Finding{{Wrong, j.Anchor, "could not be read the last time: " + j.Failure, "Nothing changes in the association until it can be read; after a week chains expire."}}
	}
	return nil
}

// examineQueue looks at what waits for others, and at how far their catalogs were read.
func (s *Service) examineQueue(ctx context.Context) ([]Finding, error) {
	type row struct {
		Recipient string
		State     string
		N         int
		Oldest    time.Time
		Reason    string
	}
	rows, err := collect[row](ctx, s.store, `SELECT recipient, state, count(*)::int, min(created_at), max(last_error)
		FROM federation_outbox WHERE state <> 'delivered' AND resent_as IS NULL GROUP BY recipient, state ORDER BY recipient, state`)
	if err != nil {
		return nil, err
	}
	var out []Finding
	for _, r := range rows {
		switch {
		case r.State == "queued" && s.now().Sub(r.Oldest) > queueOld:
			out = append(out, Finding{Wrong, r.Recipient, fmt.Sprintf("%d messages wait for it, the oldest since %s: %s", r.N, r.Oldest.UTC().Format(time.RFC3339), r.Reason), "They are sent as soon as it answers. After 14 days they are parked."})
		case r.State != "queued":
			out = append(out, Finding{Wrong, r.Recipient, fmt.Sprintf("%d messages are %s: %s", r.N, r.State, r.Reason), "Send them again on the page /verwaltung/verbund once the reason is gone."})
		}
	}
	type replica struct {
		Owner    string
		PulledAt *time.Time
		Failure  string
	}
	replicas, err := collect[replica](ctx, s.store, "SELECT owner, pulled_at, failure FROM federation_replicas ORDER BY owner")
	if err != nil {
		return nil, err
	}
	for _, r := range replicas {
		if r.Failure != "" || r.PulledAt == nil || s.now().Sub(*r.PulledAt) > catalogOld {
			out = append(out, Finding{Warning, r.Owner, "its catalog was not read lately: " + r.Failure, "Is this portal running? When its cursor is no longer known there, all is read anew by itself."})
		}
	}
	return out, nil
}

func (s *Service) examineKeys(ctx context.Context) ([]Finding, error) {
	all, err := s.ring.all(ctx, 0)
	if err != nil {
		return nil, err
	}
	var out []Finding
	for _, use := range []string{useFederation, useSignature, useEncryption} {
		life := messageKeyLife
		if use == useFederation {
			life = federationKeyLife
		}
		for _, key := range all {
			if key.Use != use || key.private == nil || !key.published(s.now()) {
				continue
			}
			if age := s.now().Sub(key.ActiveFrom); age > life+7*24*time.Hour {
				out = append(out, Finding{Warning, "keys", fmt.Sprintf("the key for %s is %d days old", use, int(age.Hours()/24)), "Jobs change it by themselves: is the portal running?"})
			}
			break
		}
	}
	if len(out) == 0 {
		out = append(out, Finding{Good, "keys", "none is too old", ""})
	}
	return out, nil
}

// Report writes where the portal stands.
func (s *Service) Report(ctx context.Context, w io.Writer) error {
	if err := s.Reload(ctx); err != nil {
		return err
	}
	v := s.current.Load()
	print, err := s.Fingerprint(ctx)
	if err != nil {
		return err
	}
	line := func(format string, args ...any) { _, err = fmt.Fprintf(w, format+"\n", args...) }
	line("%s (%s)\nFingerprint of its key: %s\nAssociation: %s", v.self.Name, s.id, print, v.title)
	if j := v.joined; j != nil {
		line("Anchor: %s, membership: %s %s", j.Anchor, j.State, j.Reason)
	}
	for _, id := range v.listed {
		if k, ok := v.members[id]; ok {
			line("member   %s  %s  areas %s", id, k.member.Name, strings.Join(k.member.Areas, ", "))
		} else if id != s.id {
			line("member   %s  not trusted: %s", id, v.problems[id])
		}
	}
	rows, err2 := s.store.members(ctx, string(Asked))
	for _, r := range rows {
		set, _ := r.keys()
		prints, _ := fingerprints(set)
		line("asks     %s  %s  areas %s\n         fingerprint %s", r.Entity, r.Name, strings.Join(r.Areas, ", "), strings.Join(prints, " / "))
	}
	return errors.Join(err, err2)
}

// Find gives the id of a portal that has asked, or is a member, and what it has asked for.
func (s *Service) Find(ctx context.Context, entity string) (uuid.UUID, Profile, error) {
	row, err := s.store.member(ctx, entity)
	if err != nil {
		return uuid.Nil, Profile{}, err
	}
	if row == nil {
		return uuid.Nil, Profile{}, fmt.Errorf("%s has not asked this portal to be admitted", entity)
	}
	return row.ID, Profile{Name: row.Name, Kind: row.Kind, Areas: row.Areas, Roles: row.Roles}, nil
}

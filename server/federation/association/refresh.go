package association

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"portalverbund/server/federation/chain"
	"portalverbund/server/federation/fault"
)

// Refreshed reads now what the anchor and the members say, however fresh what is kept may be.
func (s *Service) Refreshed(ctx context.Context) error {
	s.mu.Lock()
	s.wanted["*"] = true
	s.mu.Unlock()
	return s.refresh(ctx, true)
}

// refresh reads what is due: who is a member, and the statements of those that were not read lately or are wanted. One
// process of a portal at a time does it; patient waits for another one.
func (s *Service) refresh(ctx context.Context, patient bool) error {
	for {
		release, ok, err := s.store.alone(ctx, "association refresh")
		if err != nil {
			return err
		}
		if ok {
			err := s.refreshAlone(ctx)
			release()
			return errors.Join(err, s.Reload(ctx))
		}
		if !patient {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (s *Service) takeWanted() map[string]bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	wanted := s.wanted
	s.wanted = map[string]bool{}
	return wanted
}

func (s *Service) refreshAlone(ctx context.Context) error {
	joined, err := s.store.joined(ctx)
	if err != nil {
		return err
	}
	wanted := s.takeWanted()
	switch {
	case joined != nil && joined.State == Asked:
		return errors.Join(s.askAgain(ctx, *joined), s.refreshAdmitted(ctx, wanted))
	case joined != nil && joined.State == Joined:
		return s.refreshJoined(ctx, *joined, wanted)
	default:
		return s.refreshAdmitted(ctx, wanted)
	}
}

// anchorOf reads and checks the configuration of the anchor that this portal has joined, or asks to join.
func (s *Service) anchorOf(ctx context.Context, j joinedRow) (chain.Statement, error) {
	text, err := s.client.Fetch(ctx, j.Anchor+chain.WellKnown)
	if err != nil {
		return chain.Statement{}, err
	}
	return chain.Anchor{ID: j.Anchor, Pins: j.Pins}.CheckAnchor(text, s.now())
}

// refreshJoined reads as a member: the anchor's configuration, its list, and what is due of the others.
func (s *Service) refreshJoined(ctx context.Context, j joinedRow, wanted map[string]bool) error {
	anchor, err := s.anchorOf(ctx, j)
	if err != nil {
		return errors.Join(err, s.store.saveFailure(ctx, fault.Text(err)))
	}
	pins, err := fingerprints(anchor.Keys)
	if err != nil {
		return err
	}
	listed, err := s.client.List(ctx, anchor.Endpoint("federation_list_endpoint"))
	if err != nil {
		return errors.Join(err, s.store.saveFailure(ctx, fault.Text(err)))
	}
	title, _ := anchor.Metadata[PortalType]["association"].(string)
	if !slices.Contains(listed, s.id) {
		return s.noLongerListed(ctx, j)
	}
	fetched, failures, err := s.fetchDue(ctx, j.Anchor, listed, wanted, anchor.Endpoint("federation_fetch_endpoint"))
	if err != nil {
		return err
	}
	now := s.now()
	fetched = append(fetched, statementRow{Issuer: j.Anchor, Subject: j.Anchor, Text: anchor.Text()})
	return s.store.db.Tx(ctx, func(ctx context.Context) error {
		if err := s.store.saveStatements(ctx, fetched, failures, now); err != nil {
			return err
		}
		if err := s.store.forgetStatements(ctx, append(slices.Clone(listed), j.Anchor)); err != nil {
			return err
		}
		if err := s.store.saveListed(ctx, j.Anchor, pins, title, listed, now); err != nil {
			return err
		}
		if err := s.takeGranted(ctx, j, fetched, anchor); err != nil {
			return err
		}
		return s.store.changed(ctx)
	})
}

// takeGranted takes over what the anchor now says of this portal: its name, kind, areas and roles.
func (s *Service) takeGranted(ctx context.Context, j joinedRow, fetched []statementRow, anchor chain.Statement) error {
	for _, r := range fetched {
		if r.Issuer != j.Anchor || r.Subject != s.id {
			continue
		}
		own, err := s.Configuration(ctx)
		if err != nil {
			return err
		}
		found := s.judge([]string{own, r.Text, anchor.Text()}, chain.Anchor{ID: j.Anchor, Pins: j.Pins})
		if found.err != nil {
			return s.store.saveFailure(ctx, fault.Write(fault.Of(found.err), "what the anchor says of this portal: "+found.err.Error()))
		}
		m := found.member
		if m.Name == j.Name && m.Kind == j.Kind && slices.Equal(m.Areas, j.Areas) && slices.Equal(m.Roles, j.Roles) && j.State == Joined {
			return nil
		}
		j.Name, j.Kind, j.Areas, j.Roles = m.Name, m.Kind, m.Areas, m.Roles
		if j.State != Joined {
			j.State, j.Since = Joined, s.now()
		}
		return s.store.saveJoined(ctx, j)
	}
	return nil
}

// fetchDue fetches the statements of those that are due, some at a time.
func (s *Service) fetchDue(ctx context.Context, anchor string, listed []string, wanted map[string]bool, fetchEndpoint string) ([]statementRow, map[string]string, error) {
	rows, err := s.store.statements(ctx)
	if err != nil {
		return nil, nil, err
	}
	age, now := map[[2]string]time.Time{}, s.now()
	for _, r := range rows {
		age[[2]string{r.Issuer, r.Subject}] = r.FetchedAt
	}
	type task struct{ issuer, subject, address string }
	var tasks []task
	for _, id := range listed {
		due := func(issuer string) bool {
			return wanted["*"] || wanted[id] || now.Sub(age[[2]string{issuer, id}]) >= ageOf(len(listed))
		}
		if id != s.id && id != anchor && due(id) {
			tasks = append(tasks, task{id, id, id + chain.WellKnown})
		}
		if fetchEndpoint != "" && id != anchor && due(anchor) {
			tasks = append(tasks, task{anchor, id, withSubject(fetchEndpoint, id)})
		}
	}
	var mu sync.Mutex
	var all sync.WaitGroup
	var fetched []statementRow
	failures, slots := map[string]string{}, make(chan struct{}, fetchAtOnce)
	for _, t := range tasks {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			text, err := s.client.Fetch(ctx, t.address)
			if err == nil {
				err = fits(text, t.issuer, t.subject)
			}
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				failures[t.subject] = fault.Text(err)
				return
			}
			fetched = append(fetched, statementRow{Issuer: t.issuer, Subject: t.subject, Text: text})
		})
	}
	all.Wait()
	return fetched, failures, ctx.Err()
}

// ageOf is after which time statements are read again in an association of so many members: all of them ask the anchor about all,
// which it shall not be asked for more often than statementsRate. Who is a member is in its list, which is read each minute.
func ageOf(members int) time.Duration {
	return min(max(statementsAge, time.Duration(members*members)*time.Second/statementsRate), statementsLast)
}

// fits keeps out what is not even the statement that was asked for. Whether it is to be believed, its chain says.
func fits(text, issuer, subject string) error {
	statement, err := chain.Read(text)
	if err != nil {
		return err
	}
	if statement.Issuer != issuer || statement.Subject != subject {
		return fmt.Errorf("%w: %s about %s was asked for", chain.ErrIssuer, issuer, subject)
	}
	return nil
}

// refreshAdmitted reads as an anchor: the configurations of those it has admitted. Keys that a member announces with one
// that is known are taken over, so that the next statements about it name them too.
func (s *Service) refreshAdmitted(ctx context.Context, wanted map[string]bool) error {
	rows, err := s.store.members(ctx, string(Joined))
	if err != nil || len(rows) == 0 {
		return err
	}
	ids := make([]string, 0, len(rows))
	for _, r := range rows {
		ids = append(ids, r.Entity)
	}
	fetched, failures, err := s.fetchDue(ctx, s.id, ids, wanted, "")
	if err != nil || len(fetched)+len(failures) == 0 {
		return err
	}
	now := s.now()
	return s.store.db.Tx(ctx, func(ctx context.Context) error {
		if err := s.store.saveStatements(ctx, fetched, failures, now); err != nil {
			return err
		}
		if err := s.store.forgetStatements(ctx, ids); err != nil {
			return err
		}
		for _, f := range fetched {
			if err := s.takeKeys(ctx, rows, f); err != nil {
				return err
			}
		}
		return s.store.changed(ctx)
	})
}

func (s *Service) takeKeys(ctx context.Context, rows []memberRow, f statementRow) error {
	i := slices.IndexFunc(rows, func(r memberRow) bool { return r.Entity == f.Subject })
	if i < 0 {
		return nil
	}
	set, err := rows[i].keys()
	if err != nil {
		return err
	}
	statement, err := chain.Read(f.Text)
	if err != nil || statement.Verify(set, s.now()) != nil || sameKeys(statement.Keys, set) {
		return nil //nolint:nilerr // its chain says what is wrong
	}
	jwks, err := json.Marshal(statement.Keys)
	if err != nil {
		return err
	}
	if err := s.store.saveMemberKeys(ctx, f.Subject, jwks); err != nil {
		return err
	}
	return s.config.Audit.Record(ctx, "association.member-keys", "portal:"+f.Subject, "")
}

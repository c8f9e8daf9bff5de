package federation

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"portalverbund/api/types"
	"portalverbund/server/federation/fault"
	"portalverbund/server/platform/problem"
)

const (
	pullsAtOnce  = 4
	pageTimeout  = 30 * time.Second
	maxPages     = 10_000     // in one go
	maxEntries   = 10_000_000 // of one portal
	askedEntries = 1000       // of a page: while they are taken in, the next are checked and those after them fetched
	handOver     = 1000       // entries that receivers get at once when they are gone
)

// follow reads the catalogs of all members at the start, and then each in its turn.
func (s *Service) follow(ctx context.Context) {
	for started := false; ; {
		ids, err := s.others(ctx)
		if err == nil {
			err = s.forgetStrangers(ctx, ids)
		}
		if err != nil && ctx.Err() == nil {
			s.log.ErrorContext(ctx, "follow the catalogs of the others", "error", err)
		}
		due := s.rota.due(ids, time.Now())
		if !started { // nobody knows what has happened meanwhile
			s.pulls.add(due...)
			due, started = nil, err == nil
		}
		pause := time.Duration(float64(readEvery)*(0.9+s.jitter()/5)) / time.Duration(len(due)+1)
		for turn := range len(due) + 1 {
			select {
			case <-ctx.Done():
				return
			case <-time.After(pause):
			}
			if turn < len(due) {
				s.pulls.add(due[turn])
			}
		}
	}
}

func (s *Service) pullAndLog(ctx context.Context, owner string) {
	err := s.Pull(ctx, owner)
	if err == nil {
		s.rota.read(owner, time.Now(), s.jitter())
		return
	}
	s.rota.forget(owner)
	if ctx.Err() == nil {
		s.log.WarnContext(ctx, "read catalog", "portal", owner, "error", err)
	}
}

// Pull reads what is new in a member's catalog and hands it to the receivers of catalogs, page by page. One process of this
// portal at a time reads a member's catalog; others wait.
func (s *Service) Pull(ctx context.Context, owner string) error {
	member, err := s.trust.Member(ctx, owner)
	if err != nil {
		return err
	}
	state, unlock, err := s.store.lockReplica(ctx, owner)
	if err != nil {
		return fmt.Errorf("read catalog of %s: %w", owner, err)
	}
	defer unlock()
	if err := s.pullPages(ctx, member, state); err != nil {
		note, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTime)
		defer cancel()
		if ctx.Err() == nil {
			err = errors.Join(err, s.store.replicaFailed(note, owner, s.now(), fault.Text(err)))
		}
		return fmt.Errorf("read catalog of %s: %w", owner, err)
	}
	return nil
}

// fetched is a page, or why there is none.
type fetched struct {
	page  page
	after string                            // the cursor that it was asked for with
	take  []func(ctx context.Context) error // what the receivers have made of its entries
	err   error
}

// pullPages takes pages from the cursor on until there are no more. While one is taken in, the next is read and checked, and the one
// after that is fetched.
func (s *Service) pullPages(ctx context.Context, member Member, state replicaRow) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // what is fetched ahead when one can't be taken in is of no use
	taken := false
	for next := s.readAhead(ctx, member.ID, s.fetchAhead(ctx, member, state.Cursor)); ; {
		f, err := received(ctx, next)
		if err == nil {
			err = f.err
		}
		if err != nil {
			return err
		}
		if f.page.nothingAfter(f.after) {
			err = s.store.replicaCurrent(ctx, member.ID, f.page.certificateUntil, s.now())
		} else {
			state, err = s.takePage(ctx, state, f)
			taken = true
		}
		if err != nil {
			return err
		}
		s.metrics.entries.Add(float64(len(f.page.entries)))
		if !f.page.more {
			s.reached(ctx, member.ID, true, false)
			break
		}
	}
	if taken { // by now all can find it; should the disk not have it, the catalog counts as not read
		return s.db.Flushed(ctx)
	}
	return nil
}

func received(ctx context.Context, pages <-chan fetched) (fetched, error) {
	select {
	case f := <-pages:
		return f, nil
	case <-ctx.Done():
		return fetched{}, ctx.Err()
	}
}

// fetchAhead fetches pages one after another, each when the one before is taken out of the channel: there are never more than
// two here. The last one has no more behind it, or an error.
func (s *Service) fetchAhead(ctx context.Context, member Member, after string) <-chan fetched {
	return ahead(ctx, func(give func(fetched) bool) {
		for range maxPages {
			p, err := s.fetchPage(ctx, member, after)
			if !give(fetched{page: p, after: after, err: err}) || err != nil || !p.more {
				return
			}
			after = p.cursor
		}
		give(fetched{err: fmt.Errorf("%w: no end after %d pages", errPage, maxPages)})
	})
}

// readAhead lets the receivers read and check pages, each when the one before is taken out of the channel.
func (s *Service) readAhead(ctx context.Context, owner string, pages <-chan fetched) <-chan fetched {
	return ahead(ctx, func(give func(fetched) bool) {
		for {
			f, err := received(ctx, pages)
			if err == nil && f.err == nil {
				f.take = s.readEntries(ctx, owner, f.page.entries)
			}
			if err != nil || !give(f) || f.err != nil || !f.page.more {
				return
			}
		}
	})
}

// ahead runs something beside its reader. give waits until that takes a page, and is false when it takes no more.
func ahead(ctx context.Context, run func(give func(fetched) bool)) <-chan fetched {
	pages := make(chan fetched)
	go run(func(f fetched) bool {
		select {
		case pages <- f:
			return true
		case <-ctx.Done():
			return false
		}
	})
	return pages
}

// fetchPage asks a member for the page after a cursor.
func (s *Service) fetchPage(ctx context.Context, member Member, after string) (page, error) {
	ctx, cancel := context.WithTimeout(ctx, pageTimeout)
	defer cancel()
	query := url.Values{"limit": {strconv.Itoa(askedEntries)}}
	if after != "" {
		query.Set("after", after)
	}
	header := http.Header{"Accept": {"application/x-ndjson"}, "Accept-Encoding": {"gzip"}}
	response, err := s.call(ctx, s.transfers, http.MethodGet, member, "/federation/v1/catalog?"+query.Encode(), header)
	if err != nil {
		return page{}, err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return page{}, unexpected(response)
	}
	if encoding := response.Header.Get("Content-Encoding"); encoding != "gzip" {
		return page{}, fmt.Errorf("%w: encoding %q", errPage, shortened(encoding))
	}
	p, err := s.readPage(ctx, response.Body, member.ID, after)
	if response.TLS != nil && len(response.TLS.PeerCertificates) > 0 {
		p.certificateUntil = &response.TLS.PeerCertificates[0].NotAfter
	}
	return p, err
}

// takePage lets the receivers take a page in and moves the cursor, in one transaction. Entries of a snapshot are marked with
// its generation; at the snapshot's end those without the mark are gone.
func (s *Service) takePage(ctx context.Context, before replicaRow, f fetched) (replicaRow, error) {
	p := f.page
	state := replicaRow{Owner: before.Owner, Cursor: p.cursor, Generation: before.Generation, Snapshot: p.snapshot && p.more}
	if p.first {
		state.Generation++
	}
	return state, s.db.Tx(ctx, func(ctx context.Context) error {
		s.db.Lazily(ctx) // the cursor gets lost with the rows; pullPages waits for the disk at the end
		if err := takeAll(ctx, f.take); err != nil {
			return err
		}
		count, moved, err := s.store.advance(ctx, state, f.after, p.entries, p.certificateUntil, s.now())
		switch {
		case err != nil:
			return err
		case !moved: // cannot happen under the lock, unless its connection broke
			return fmt.Errorf("read by another process from %q on meanwhile", f.after)
		}
		if p.snapshot && !p.more {
			gone, err := s.dropUnseen(ctx, state.Owner, state.Generation)
			if err != nil {
				return err
			}
			if count -= gone; gone > 0 {
				if err := s.store.fewer(ctx, state.Owner, gone); err != nil {
					return err
				}
			}
		}
		if count > maxEntries {
			return fmt.Errorf("%w: more than %d entries", errPage, maxEntries)
		}
		return nil
	})
}

// readEntries gives entries to all receivers of catalogs, and what takes in what they have read.
func (s *Service) readEntries(ctx context.Context, owner string, entries []types.CatalogEntry) []func(context.Context) error {
	if len(entries) == 0 {
		return nil
	}
	take := make([]func(context.Context) error, 0, len(s.catalog))
	for _, read := range s.catalog {
		take = append(take, read(ctx, owner, entries))
	}
	return take
}

func takeAll(ctx context.Context, take []func(context.Context) error) error {
	for _, take := range take {
		if err := take(ctx); err != nil {
			var refusal *problem.Error
			if errors.As(err, &refusal) && refusal.Status < http.StatusInternalServerError {
				err = fault.As(types.LinkFaultCodeContent, err)
			}
			return fmt.Errorf("take entries: %w", err)
		}
	}
	return nil
}

// dropUnseen tells the receivers that entries of generations before this one are gone, and how many they are.
func (s *Service) dropUnseen(ctx context.Context, owner string, generation int64) (int64, error) {
	gone, err := s.store.dropEntries(ctx, owner, generation)
	if err != nil {
		return 0, err
	}
	for part := range slices.Chunk(gone, handOver) {
		if err := takeAll(ctx, s.readEntries(ctx, owner, part)); err != nil {
			return 0, err
		}
	}
	return int64(len(gone)), nil
}

// forgetStrangers drops the entries of portals that are no members any more.
func (s *Service) forgetStrangers(ctx context.Context, members []string) error {
	members, err := s.listed(ctx, members)
	if err != nil {
		return err
	}
	owners, err := s.store.replicaOwners(ctx, members)
	if err != nil {
		return err
	}
	for _, owner := range owners {
		if err := s.forgetOwner(ctx, owner); err != nil {
			return fmt.Errorf("drop the catalog of %s: %w", owner, err)
		}
		s.rota.forget(owner)
		s.log.WarnContext(ctx, "dropped the catalog of a portal that is no member any more", "portal", owner)
	}
	return nil
}

func (s *Service) forgetOwner(ctx context.Context, owner string) error {
	state, unlock, err := s.store.lockReplica(ctx, owner)
	if err != nil {
		return err
	}
	defer unlock()
	return s.db.Tx(ctx, func(ctx context.Context) error {
		if _, err := s.dropUnseen(ctx, owner, state.Generation+1); err != nil {
			return err
		}
		return s.store.removeReplica(ctx, owner)
	})
}

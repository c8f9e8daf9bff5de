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
	pullsAtOnce = 4
	pageTimeout = 30 * time.Second
	maxPages    = 10_000     // in one go
	maxEntries  = 10_000_000 // of one portal
	handOver    = 1000       // entries that handlers get at once
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

// Pull reads what is new in a member's catalog and hands it to the catalog handlers, page by page. One process of this
// portal at a time reads a member's catalog; others wait.
func (s *Service) Pull(ctx context.Context, owner string) error {
	member, err := s.trust.Member(ctx, owner)
	if err != nil {
		return err
	}
	unlock, err := s.store.lockReplica(ctx, owner)
	if err != nil {
		return fmt.Errorf("read catalog of %s: %w", owner, err)
	}
	defer unlock()
	if err := s.pullPages(ctx, member); err != nil {
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
	after string // the cursor that it was asked for with
	err   error
}

// pullPages takes pages from the cursor on until there are no more. While one is taken in, the next is fetched.
func (s *Service) pullPages(ctx context.Context, member Member) error {
	state, err := s.store.replica(ctx, member.ID)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // what is fetched ahead when one can't be taken in is of no use
	for next := s.fetchAhead(ctx, member, state.Cursor); ; {
		var f fetched
		select {
		case f = <-next:
		case <-ctx.Done():
			return ctx.Err()
		}
		if f.err != nil {
			return f.err
		}
		if f.page.nothingAfter(f.after) {
			err = s.store.replicaCurrent(ctx, member.ID, f.page.certificateUntil, s.now())
		} else {
			err = s.takePage(ctx, member.ID, f.after, f.page)
		}
		if err != nil {
			return err
		}
		s.metrics.entries.Add(float64(len(f.page.entries)))
		if !f.page.more {
			s.reached(ctx, member.ID, true, false)
			return nil
		}
	}
}

// fetchAhead fetches pages one after another, each when the one before is taken out of the channel: there are never more than
// two. The last one has no more behind it, or an error.
func (s *Service) fetchAhead(ctx context.Context, member Member, after string) <-chan fetched {
	pages := make(chan fetched)
	go func() {
		for range maxPages {
			p, err := s.fetchPage(ctx, member, after)
			select {
			case pages <- fetched{p, after, err}:
			case <-ctx.Done():
				return
			}
			if err != nil || !p.more {
				return
			}
			after = p.cursor
		}
		select {
		case pages <- fetched{err: fmt.Errorf("%w: no end after %d pages", errPage, maxPages)}:
		case <-ctx.Done():
		}
	}()
	return pages
}

// fetchPage asks a member for the page after a cursor.
func (s *Service) fetchPage(ctx context.Context, member Member, after string) (page, error) {
	ctx, cancel := context.WithTimeout(ctx, pageTimeout)
	defer cancel()
	query := url.Values{"limit": {strconv.Itoa(pageEntries)}}
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

// takePage hands a page to the handlers and moves the cursor, in one transaction. Entries of a snapshot are marked with
// its generation; at the snapshot's end those without the mark are gone.
func (s *Service) takePage(ctx context.Context, owner, after string, p page) error {
	return s.db.Tx(ctx, func(ctx context.Context) error {
		state, err := s.store.lockedReplica(ctx, owner)
		if err != nil {
			return err
		}
		if state.Cursor != after { // cannot happen under the lock, unless its connection broke
			return fmt.Errorf("read by another process up to %q meanwhile", state.Cursor)
		}
		if p.first {
			state.Generation++
		}
		if err := s.handOver(ctx, owner, p.entries); err != nil {
			return err
		}
		grown, err := s.store.markEntries(ctx, owner, state.Generation, p.entries)
		if err != nil {
			return err
		}
		var gone int64
		if p.snapshot && !p.more {
			if gone, err = s.dropUnseen(ctx, owner, state.Generation); err != nil {
				return err
			}
		}
		if state.Entries += grown - gone; state.Entries > maxEntries {
			return fmt.Errorf("%w: more than %d entries", errPage, maxEntries)
		}
		state.Cursor, state.Snapshot = p.cursor, p.snapshot && p.more
		return s.store.saveReplica(ctx, state, p.certificateUntil, s.now())
	})
}

// handOver gives entries to all catalog handlers.
func (s *Service) handOver(ctx context.Context, owner string, entries []types.CatalogEntry) error {
	if len(entries) == 0 {
		return nil
	}
	for _, handle := range s.catalog {
		if err := handle(ctx, owner, entries); err != nil {
			var refusal *problem.Error
			if errors.As(err, &refusal) && refusal.Status < http.StatusInternalServerError {
				err = fault.As(types.LinkFaultCodeContent, err)
			}
			return fmt.Errorf("take entries: %w", err)
		}
	}
	return nil
}

// dropUnseen tells the handlers that entries of generations before this one are gone, and how many they are.
func (s *Service) dropUnseen(ctx context.Context, owner string, generation int64) (int64, error) {
	gone, err := s.store.dropEntries(ctx, owner, generation)
	if err != nil {
		return 0, err
	}
	for part := range slices.Chunk(gone, handOver) {
		if err := s.handOver(ctx, owner, part); err != nil {
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
	unlock, err := s.store.lockReplica(ctx, owner)
	if err != nil {
		return err
	}
	defer unlock()
	return s.db.Tx(ctx, func(ctx context.Context) error {
		state, err := s.store.lockedReplica(ctx, owner)
		if err != nil {
			return err
		}
		if _, err := s.dropUnseen(ctx, owner, state.Generation+1); err != nil {
			return err
		}
		return s.store.removeReplica(ctx, owner)
	})
}

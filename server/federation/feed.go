package federation

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"portalverbund/api/types"
)

const (
	pageEntries    = 2000      // of a page when the reader does not say
	maxPageEntries = 5000      // as in the contract
	pageBytes      = 2 << 20   // a page ends with the entry that reaches it; before compression
	maxEntry       = 512 << 10 // of one entry's payload
	maxEntryID     = 200
	pagesAtOnce    = 4
	keepDeleted    = 90 * 24 * time.Hour
)

// PublishCatalog puts the latest state of an entry of this portal's catalog into the feed, in the transaction of ctx (or
// one of its own); payload nil means deleted. The payload is an object of at most 512 KiB as JSON. An entry that has not
// changed is left alone. Other members are nudged after the commit.
func (s *Service) PublishCatalog(ctx context.Context, kind, id string, payload any) error {
	entry, err := feedEntry(kind, id, payload)
	if err != nil {
		return err
	}
	return s.publish(ctx, []feedRow{entry})
}

// PublishCatalogEntries does for many entries what PublishCatalog does for one. No two may have the same kind and id.
func (s *Service) PublishCatalogEntries(ctx context.Context, entries []types.CatalogEntry) error {
	rows := make([]feedRow, 0, len(entries))
	for _, e := range entries {
		var payload any
		if !e.Deleted && e.Payload != nil {
			payload = *e.Payload
		}
		row, err := feedEntry(e.Kind, e.Id, payload)
		if err != nil {
			return err
		}
		rows = append(rows, row)
	}
	return s.publish(ctx, rows)
}

func (s *Service) publish(ctx context.Context, rows []feedRow) error {
	if len(rows) == 0 {
		return nil
	}
	changed, err := s.store.publish(ctx, rows, s.now())
	if err != nil {
		return fmt.Errorf("publish catalog: %w", err)
	}
	if changed > 0 {
		s.db.AfterCommit(ctx, s.signalChange)
	}
	return nil
}

func feedEntry(kind, id string, payload any) (feedRow, error) {
	if kind == "" || len(kind) > maxKind || id == "" || len(id) > maxEntryID {
		return feedRow{}, fmt.Errorf("publish catalog: %q %q is no kind and id", kind, id)
	}
	row := feedRow{Kind: kind, ID: id}
	if payload == nil {
		return row, nil
	}
	data, err := json.Marshal(payload)
	if err != nil {
		return feedRow{}, fmt.Errorf("publish catalog: %s %s: %w", kind, id, err)
	}
	if !bytes.HasPrefix(data, []byte("{")) || len(data) > maxEntry {
		return feedRow{}, fmt.Errorf("publish catalog: %s %s: not an object, or larger than %d bytes", kind, id, maxEntry)
	}
	text := string(data)
	row.Payload = &text
	return row, nil
}

// pageClaims sign a page: the lines before its end, where it begins and ends, and for whom it was made.
type pageClaims struct {
	stamp

	After    string `json:"after"`
	Cursor   string `json:"cursor"`
	More     bool   `json:"more"`
	Snapshot bool   `json:"snapshot"`
	First    bool   `json:"first"` // the page that begins a snapshot
	Count    int    `json:"count"`
	Hash     string `json:"sha256"` // hex, of the lines with their line ends
}

// CatalogPage makes a page of the feed for a member, compressed with gzip. after is the cursor of its last page; a full
// snapshot begins when it is empty or no longer known. limit is the largest number of entries, 0 for the usual one.
func (s *Service) CatalogPage(ctx context.Context, reader, after string, limit int) ([]byte, error) {
	select { // each page takes a connection and memory while it is made
	case s.pages <- struct{}{}:
		defer func() { <-s.pages }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if limit <= 0 {
		limit = pageEntries
	}
	page := feedPage{claims: pageClaims{stamp: s.newStamp(reader), After: after}, limit: min(limit, maxPageEntries)}
	page.begin()
	err := s.store.readFeed(ctx, func(feed feedReader) error { return page.read(ctx, feed) })
	if err != nil {
		return nil, fmt.Errorf("read catalog feed: %w", err)
	}
	return page.end(s)
}

// read fills the page, from the cursor in its claims on, or from the beginning.
func (p *feedPage) read(ctx context.Context, feed feedReader) error {
	epoch, err := feed.epoch(ctx)
	if err != nil {
		return err
	}
	from, known := parseCursor(p.claims.After)
	if !known || from.epoch != epoch.Epoch || from.before(epoch.Horizon) {
		from = cursor{epoch: epoch.Epoch, snapshot: true}
		p.claims.First = true
	}
	p.claims.Snapshot = from.snapshot
	if err := feed.entries(ctx, from.xid, from.seq, p.limit+1, p.add); err != nil && !errors.Is(err, errPageFull) {
		return err
	}
	if p.claims.Count > 0 {
		from.xid, from.seq = p.last.XID, p.last.Seq
	}
	if !p.claims.More {
		from = from.settled(epoch.Horizon)
	}
	p.claims.Cursor = from.String()
	return nil
}

// errPageFull ends the reading of rows.
var errPageFull = errors.New("page is full")

// feedPage collects the lines of a page, compressed, and their hash.
type feedPage struct {
	claims pageClaims
	limit  int
	size   int
	last   feedRow
	buffer bytes.Buffer
	zip    *gzip.Writer
	lines  io.Writer
	hash   interface{ Sum([]byte) []byte }
}

func (p *feedPage) begin() {
	hash := sha256.New()
	p.zip, _ = gzip.NewWriterLevel(&p.buffer, gzip.BestSpeed) // the level is a valid one
	p.lines, p.hash = io.MultiWriter(hash, p.zip), hash
}

// add takes the next row; the one that no longer fits only says that there is more.
func (p *feedPage) add(row feedRow) error {
	if p.claims.Count == p.limit || p.size >= pageBytes {
		p.claims.More = true
		return errPageFull
	}
	line, err := row.line()
	if err != nil {
		return err
	}
	if _, err := p.lines.Write(line); err != nil {
		return err
	}
	p.size += len(line)
	p.claims.Count++
	p.last = row
	return nil
}

// end writes the last line and gives the page.
func (p *feedPage) end(s *Service) ([]byte, error) {
	p.claims.Hash = hex.EncodeToString(p.hash.Sum(nil))
	digest, err := s.sign(typPage, p.claims)
	if err != nil {
		return nil, err
	}
	end := types.CatalogPageEnd{End: true, Cursor: p.claims.Cursor, More: p.claims.More, Digest: digest, Snapshot: &p.claims.Snapshot}
	line, err := json.Marshal(end)
	if err != nil {
		return nil, err
	}
	if _, err := p.zip.Write(append(line, '\n')); err != nil {
		return nil, err
	}
	if err := p.zip.Close(); err != nil {
		return nil, err
	}
	return p.buffer.Bytes(), nil
}

// line gives a row as a CatalogEntry with a line end. Its payload is JSON in one line already, as feedEntry made it.
func (r feedRow) line() ([]byte, error) {
	kind, err := json.Marshal(r.Kind)
	if err != nil {
		return nil, err
	}
	id, err := json.Marshal(r.ID)
	if err != nil {
		return nil, err
	}
	payload := ""
	if r.Payload != nil {
		payload = `,"payload":` + *r.Payload
	}
	return fmt.Appendf(nil, "{\"kind\":%s,\"id\":%s,\"deleted\":%t%s}\n", kind, id, r.Payload == nil, payload), nil
}

// startEpoch begins a new epoch when the database is not the one in which the cursors were given out.
func (s *Service) startEpoch(ctx context.Context) error {
	origin, err := s.store.origin(ctx)
	if err != nil {
		return err
	}
	begun, err := s.store.startEpoch(ctx, strings.ToLower(rand.Text()[:12]), origin)
	if err == nil && begun {
		s.log.InfoContext(ctx, "a new epoch of the catalog feed begins; other portals read it anew")
	}
	return err
}

// ForgetDeleted drops entries from the feed that were deleted long ago, at most n. A reader that has not come since
// gets a full snapshot.
func (s *Service) ForgetDeleted(ctx context.Context, n int) (int64, error) {
	return s.store.forgetDeleted(ctx, s.now().Add(-keepDeleted), n)
}

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
	"sync"
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
	if limit <= 0 {
		limit = pageEntries
	}
	lines, err := s.lines.read(ctx, pageKey{after, min(limit, maxPageEntries)}, s.readLines)
	if err != nil {
		return nil, fmt.Errorf("read catalog feed: %w", err)
	}
	return s.endPage(lines, reader)
}

// feedLines are the lines of a page before its end, compressed. They are the same for all who ask from the same cursor on.
type feedLines struct {
	claims pageClaims // without a stamp
	zipped []byte
}

// readLines reads the lines of a page.
func (s *Service) readLines(ctx context.Context, key pageKey) (feedLines, error) {
	select { // each page takes a connection and memory while it is made
	case s.pages <- struct{}{}:
		defer func() { <-s.pages }()
	case <-ctx.Done():
		return feedLines{}, ctx.Err()
	}
	page := feedPage{claims: pageClaims{After: key.after}, limit: key.limit}
	page.begin()
	if err := page.read(ctx, s.store); err != nil {
		return feedLines{}, err
	}
	return page.finish()
}

// errOtherEpoch says that a cursor means nothing (any more).
var errOtherEpoch = errors.New("cursor is not of this epoch, or too old")

// read fills the page, from the cursor in its claims on, or from the beginning.
func (p *feedPage) read(ctx context.Context, st store) error {
	from, known := parseCursor(p.claims.After)
	err := errOtherEpoch
	if known {
		err = p.readFrom(ctx, st, from, true)
	}
	if errors.Is(err, errOtherEpoch) {
		p.claims.First = true
		err = p.readFrom(ctx, st, cursor{snapshot: true}, false)
	}
	return err
}

// readFrom fills the page from a place on; if that is one in an epoch, only in that one.
func (p *feedPage) readFrom(ctx context.Context, st store, from cursor, ofEpoch bool) error {
	horizon := int64(0)
	err := st.feed(ctx, from.xid, from.seq, p.limit+1, func(epoch epochRow, row *feedRow) error {
		if ofEpoch && (from.epoch != epoch.Epoch || from.before(epoch.Horizon)) {
			return errOtherEpoch
		}
		from.epoch, horizon = epoch.Epoch, epoch.Horizon
		if row == nil {
			return nil
		}
		return p.add(*row)
	})
	if err != nil && !errors.Is(err, errPageFull) {
		return err
	}
	p.claims.Snapshot = from.snapshot
	if p.claims.Count > 0 {
		from.xid, from.seq = p.last.XID, p.last.Seq
	}
	if !p.claims.More {
		from = from.settled(horizon)
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

// Compressors that nobody uses: each takes most of a megabyte. What is at the end of a page is a signature, which does not shrink.
//
//nolint:gochecknoglobals // they know nothing of what they compressed
var (
	zips  = sync.Pool{New: func() any { return newZip(gzip.BestSpeed) }}
	packs = sync.Pool{New: func() any { return newZip(gzip.NoCompression) }}
)

func newZip(level int) *gzip.Writer {
	w, err := gzip.NewWriterLevel(io.Discard, level)
	if err != nil {
		panic(err) // the level is a valid one
	}
	return w
}

func (p *feedPage) begin() {
	hash := sha256.New()
	p.zip = zips.Get().(*gzip.Writer) //nolint:forcetypeassert // it holds no others
	p.zip.Reset(&p.buffer)
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

// finish gives the lines.
func (p *feedPage) finish() (feedLines, error) {
	p.claims.Hash = hex.EncodeToString(p.hash.Sum(nil))
	if err := p.zip.Close(); err != nil {
		return feedLines{}, err
	}
	zips.Put(p.zip)
	return feedLines{p.claims, p.buffer.Bytes()}, nil
}

// endPage gives a page for a reader: the lines, and a last one that signs them. That one is a member of its own of the gzip
// file (RFC 1952, 2.2), so that the others are compressed once for all readers.
func (s *Service) endPage(lines feedLines, reader string) ([]byte, error) {
	claims := lines.claims
	claims.stamp = s.newStamp(reader)
	digest, err := s.sign(typPage, claims)
	if err != nil {
		return nil, err
	}
	end := types.CatalogPageEnd{End: true, Cursor: claims.Cursor, More: claims.More, Digest: digest, Snapshot: &claims.Snapshot}
	line, err := json.Marshal(end)
	if err != nil {
		return nil, err
	}
	page := bytes.NewBuffer(make([]byte, 0, len(lines.zipped)+len(line)+64))
	page.Write(lines.zipped)
	pack := packs.Get().(*gzip.Writer) //nolint:forcetypeassert // it holds no others
	pack.Reset(page)
	if _, err := pack.Write(append(line, '\n')); err != nil {
		return nil, err
	}
	if err := pack.Close(); err != nil {
		return nil, err
	}
	packs.Put(pack)
	return page.Bytes(), nil
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

package federation

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	jsonv1 "github.com/go-json-experiment/json/v1"

	"portalverbund/api/types"
	"portalverbund/server/federation/fault"
)

// Limits on what another portal may send as a page of its catalog.
const (
	maxPageWire = 8 << 20 // compressed
	maxPageSize = 8 << 20
	maxLine     = 1 << 20
)

// errPage is returned for a page that is not what its owner may send.
var errPage = fault.As(types.LinkFaultCodeAnswer, errors.New("page of the catalog is not valid"))

// page is a verified page of another portal's catalog.
type page struct {
	entries  []types.CatalogEntry
	cursor   string
	more     bool
	snapshot bool
	first    bool

	certificateUntil *time.Time // of the address that it came from
}

// nothingAfter says whether the page only says that there is nothing new after a cursor.
func (p page) nothingAfter(after string) bool {
	return len(p.entries) == 0 && p.cursor == after && !p.more && !p.snapshot
}

// readPage reads a page, and checks that its owner signed just these lines for this portal, from this cursor on.
func (s *Service) readPage(ctx context.Context, body io.Reader, owner, after string) (page, error) {
	unzipped, err := gzip.NewReader(io.LimitReader(body, maxPageWire))
	if err != nil {
		return page{}, fmt.Errorf("%w: %w", errPage, err)
	}
	var p page
	end, hash, err := p.readLines(io.LimitReader(unzipped, maxPageSize+1))
	if err != nil {
		return page{}, fmt.Errorf("%w: %w", errPage, err)
	}
	var c pageClaims
	if err := s.verify(ctx, end.Digest, typPage, s.id, envelopeWindow, &c); err != nil {
		return page{}, fmt.Errorf("%w: digest: %w", errPage, err)
	}
	snapshot := end.Snapshot != nil && *end.Snapshot
	switch {
	case c.Issuer != owner:
		return page{}, fmt.Errorf("%w: signed by %s", errPage, c.Issuer)
	case c.Hash != hash || c.Count != len(p.entries):
		return page{}, fmt.Errorf("%w: the lines are not those that were signed", errPage)
	case c.After != after || c.Cursor != end.Cursor || c.More != end.More || c.Snapshot != snapshot:
		return page{}, fmt.Errorf("%w: its end is not the one that was signed", errPage)
	case c.Cursor == "" || len(c.Cursor) > maxCursor || c.More && (c.Cursor == after || c.Count == 0):
		return page{}, fmt.Errorf("%w: its cursor does not move on", errPage)
	case after == "" && !c.First, c.First && !c.Snapshot:
		return page{}, fmt.Errorf("%w: neither from the start nor from the cursor on", errPage)
	}
	p.cursor, p.more, p.snapshot, p.first = c.Cursor, c.More, c.Snapshot, c.First
	return p, nil
}

const maxCursor = 100 // as in the contract

// pageLine is either a CatalogEntry or a CatalogPageEnd.
type pageLine struct {
	types.CatalogEntry
	types.CatalogPageEnd
}

// read takes a line apart. Most are written as this product writes them, and need not be taken apart as any JSON would.
func (l *pageLine) read(text []byte) error {
	e, ok := usualEntry(text)
	if !ok {
		return json.Unmarshal(text, l)
	}
	l.CatalogEntry = e
	return nil
}

// usualEntry reads an entry from a line as this product writes it. ok is false for every other one.
func usualEntry(text []byte) (e types.CatalogEntry, ok bool) {
	kind, text, ok := cutWord(text, `{"kind":"`)
	if !ok {
		return e, false
	}
	id, text, ok := cutWord(text, `","id":"`)
	if !ok || len(kind) > maxKind || len(id) > maxEntryID {
		return e, false
	}
	text, ok = bytes.CutPrefix(text, []byte(`","deleted":false,"payload":`))
	body, whole := bytes.CutSuffix(text, []byte("}\n"))
	if !ok || !whole || len(body) == 0 || body[0] != '{' || !jsonv1.Valid(body) {
		return e, false
	}
	payload := json.RawMessage(bytes.Clone(body))
	return types.CatalogEntry{Kind: string(kind), Id: string(id), Payload: &payload}, true
}

// cutWord gives the letters that follow a prefix and mean themselves in JSON, at least one, and the rest.
func cutWord(text []byte, prefix string) (word, rest []byte, ok bool) {
	text, ok = bytes.CutPrefix(text, []byte(prefix))
	n := 0
	for n < len(text) && isWordLetter(text[n]) {
		n++
	}
	return text[:n], text[n:], ok && n > 0
}

func isWordLetter(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '-' && c <= ':' || c == '_' // '-' to ':' are - . / and digits
}

// readLines reads entries up to the end of the page and gives the hash of their lines.
func (p *page) readLines(body io.Reader) (types.CatalogPageEnd, string, error) {
	lines := bufio.NewScanner(body)
	lines.Buffer(make([]byte, 0, 64<<10), maxLine)
	lines.Split(wholeLines)
	hash := sha256.New()
	seen := map[[2]string]bool{}
	size := 0
	for lines.Scan() {
		var line pageLine
		if size += len(lines.Bytes()); size > maxPageSize {
			return types.CatalogPageEnd{}, "", errors.New("too large")
		}
		if err := line.read(lines.Bytes()); err != nil {
			return types.CatalogPageEnd{}, "", err
		}
		if line.End {
			if lines.Scan() || lines.Err() != nil {
				return types.CatalogPageEnd{}, "", errors.New("there is more after its end")
			}
			return line.CatalogPageEnd, hex.EncodeToString(hash.Sum(nil)), nil
		}
		e := line.CatalogEntry
		if err := checkEntry(e); err != nil {
			return types.CatalogPageEnd{}, "", err
		}
		if seen[[2]string{e.Kind, e.Id}] || len(p.entries) == maxPageEntries {
			return types.CatalogPageEnd{}, "", fmt.Errorf("%s %q is there twice, or there are too many entries", e.Kind, e.Id)
		}
		seen[[2]string{e.Kind, e.Id}] = true
		_, _ = hash.Write(lines.Bytes()) // a hash takes every write
		p.entries = append(p.entries, e)
	}
	if err := lines.Err(); err != nil {
		return types.CatalogPageEnd{}, "", err
	}
	return types.CatalogPageEnd{}, "", io.ErrUnexpectedEOF
}

func checkEntry(e types.CatalogEntry) error {
	switch {
	case e.Kind == "" || len(e.Kind) > maxKind || e.Id == "" || len(e.Id) > maxEntryID:
		return fmt.Errorf("%q %q is no kind and id", shortened(e.Kind), shortened(e.Id))
	case strings.IndexByte(e.Kind, 0) >= 0 || strings.IndexByte(e.Id, 0) >= 0:
		return errors.New("kind or id with a NUL character")
	case e.Deleted != (e.Payload == nil):
		return fmt.Errorf("%s %q is neither deleted nor has it a payload", e.Kind, e.Id)
	case e.Payload != nil && !bytes.HasPrefix(*e.Payload, []byte("{")):
		return fmt.Errorf("%s %q is no object", e.Kind, e.Id)
	}
	return nil
}

// wholeLines splits into lines with their line ends; a last line without one is an error, because it may be cut.
func wholeLines(data []byte, atEOF bool) (advance int, token []byte, err error) {
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return i + 1, data[:i+1], nil
	}
	if atEOF && len(data) > 0 {
		return 0, nil, io.ErrUnexpectedEOF
	}
	return 0, nil, nil
}

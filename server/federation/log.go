package federation

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Directions of the message log.
const (
	directionSent     = "sent"
	directionReceived = "received"
)

// logEntry is one link of the message log. Its hash covers all other fields and the hash before.
type logEntry struct {
	Seq         int64
	At          time.Time
	Direction   string
	Outcome     string
	Peer        string
	MessageID   uuid.UUID
	Kind        string
	SubjectHash []byte
	ContentHash []byte
	Receipt     string
	PrevHash    []byte
	Hash        []byte
}

// sum computes the entry's hash: SHA-256 over its fields, each with its length in front, so that nothing can move from
// one field to another.
func (e logEntry) sum() []byte {
	hash := sha256.New()
	for _, field := range []string{
		strconv.FormatInt(e.Seq, 10), e.At.UTC().Format(time.RFC3339Nano), e.Direction, e.Outcome, e.Peer,
		e.MessageID.String(), e.Kind, string(e.SubjectHash), string(e.ContentHash), e.Receipt, string(e.PrevHash),
	} {
		_, _ = fmt.Fprintf(hash, "%d:%s", len(field), field) // a hash takes every write
	}
	return hash.Sum(nil)
}

// logHeadClaims sign the end of the chain: whoever can write to the database but has no key cannot write a chain anew.
type logHeadClaims struct {
	stamp

	Seq  int64  `json:"seq"`
	Hash string `json:"hash"` // hex
}

// appendLog runs the statements that note what became of a message and adds it to the log, in the transaction of ctx. It locks the
// end of the chain until the transaction ends, so it comes last.
func (s *Service) appendLog(ctx context.Context, noted *pgx.Batch, direction, outcome, peer string, m message, receipt string) error {
	head, err := s.store.lockLogHead(ctx, noted)
	if err != nil {
		return fmt.Errorf("append to message log: %w", err)
	}
	subject := sha256.Sum256([]byte(m.Subject.String()))
	e := logEntry{
		Seq: head.Seq + 1, At: s.now().UTC().Truncate(time.Microsecond), Direction: direction, Outcome: outcome,
		Peer: peer, MessageID: m.ID, Kind: m.Kind, SubjectHash: subject[:], ContentHash: m.Hash[:], Receipt: receipt,
		PrevHash: head.Hash,
	}
	e.Hash = e.sum()
	claims := logHeadClaims{stamp: s.newStamp(""), Seq: e.Seq, Hash: hex.EncodeToString(e.Hash)}
	signature, err := s.sign(typLogHead, claims)
	if err != nil {
		return err
	}
	if err := s.store.appendLog(ctx, e, signature); err != nil {
		return fmt.Errorf("append to message log: %w", err)
	}
	return nil
}

// LogReport says what VerifyLog has checked.
type LogReport struct {
	Entries     int64
	Receipts    int64  // signatures checked and right
	UnknownKeys int64  // receipts signed with keys that are no longer published; the chain still covers them
	Hash        string // of the last entry, hex: the same again later proves that nothing before it was changed
}

// LogError names the first entry of the message log that is not as it was written.
type LogError struct {
	Seq    int64
	Reason string
}

// Error says which entry, and what is wrong.
func (e *LogError) Error() string { return fmt.Sprintf("message log: entry %d: %s", e.Seq, e.Reason) }

// VerifyLog reads the message log from its beginning and checks that no entry was changed, added, moved or removed, that
// its end is the one this portal signed last, and that the receipts belong to their entries. The error is a *LogError
// when the log is not whole. What it cannot see is a database set back to an earlier state of its own as a whole; the
// receipts and logs of the other portals show that.
func (s *Service) VerifyLog(ctx context.Context) (LogReport, error) {
	check := newLogCheck(s)
	head, err := s.store.walkLog(ctx, func(e logEntry) error { return check.add(ctx, e) })
	if err != nil {
		return check.report, err
	}
	return check.report, check.end(ctx, head)
}

// logCheck goes through a message log, entry by entry. Of the service it uses who it is, whom it trusts and its clock.
type logCheck struct {
	service *Service
	report  LogReport
	last    logEntry
}

func newLogCheck(s *Service) *logCheck { return &logCheck{service: s} }

func (c *logCheck) portal() string { return c.service.id }

// add checks the next entry.
func (c *logCheck) add(ctx context.Context, e logEntry) error {
	if err := follows(c.last, e); err != nil {
		return err
	}
	if e.Receipt != "" {
		known, err := c.service.checkLoggedReceipt(ctx, e)
		if err != nil {
			return &LogError{e.Seq, err.Error()}
		}
		if known {
			c.report.Receipts++
		} else {
			c.report.UnknownKeys++
		}
	}
	c.last = e
	c.report.Entries++
	c.report.Hash = hex.EncodeToString(e.Hash)
	return nil
}

// end checks that the last entry is the signed end of the chain.
func (c *logCheck) end(ctx context.Context, head logHead) error {
	return c.service.checkLogHead(ctx, head, c.last)
}

func follows(last, e logEntry) error {
	switch {
	case e.Seq != last.Seq+1:
		return &LogError{last.Seq + 1, "is missing"}
	case !bytes.Equal(e.PrevHash, last.Hash):
		return &LogError{e.Seq, "does not follow the entry before"}
	case !bytes.Equal(e.Hash, e.sum()):
		return &LogError{e.Seq, "was changed"}
	}
	return nil
}

// checkLogHead compares the last entry with the signed end of the chain.
func (s *Service) checkLogHead(ctx context.Context, head logHead, last logEntry) error {
	if head.Seq != last.Seq || !bytes.Equal(head.Hash, last.Hash) {
		return &LogError{last.Seq + 1, fmt.Sprintf("is missing: the log ends at %d", head.Seq)}
	}
	if head.Seq == 0 {
		return nil
	}
	var c logHeadClaims
	if err := s.verify(ctx, head.Signature, typLogHead, "", 0, &c); err != nil {
		return &LogError{head.Seq, "the end is not signed by this portal: " + err.Error()}
	}
	if c.Issuer != s.id || c.Seq != head.Seq || c.Hash != hex.EncodeToString(head.Hash) {
		return &LogError{head.Seq, "the end is not the one that this portal signed"}
	}
	return nil
}

// checkLoggedReceipt checks that a receipt is the one for its entry. known is false when the key is not published any
// more, so that only its content could be compared.
func (s *Service) checkLoggedReceipt(ctx context.Context, e logEntry) (known bool, err error) {
	issuer, audience := e.Peer, s.id // of a message sent, the receiver's receipt; of one received, our own
	if e.Direction == directionReceived {
		issuer, audience = s.id, e.Peer
	}
	var c receiptClaims
	err = s.verify(ctx, e.Receipt, typReceipt, audience, 0, &c)
	if errors.Is(err, errNoKey) || errors.Is(err, ErrNotMember) {
		if _, _, err := jwt.NewParser().ParseUnverified(e.Receipt, &c); err != nil {
			return false, err
		}
	} else if err != nil {
		return false, err
	}
	if c.Issuer != issuer || c.Message != e.MessageID || c.Hash != hex.EncodeToString(e.ContentHash) {
		return false, errReceipt
	}
	return err == nil, nil
}

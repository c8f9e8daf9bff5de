package federation

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"
)

// logFormat names the form of an exported message log.
const logFormat = "portalverbund-message-log/1"

// longestLogLine bounds what is read of an exported log at once: an entry has a receipt of about a kilobyte.
const longestLogLine = 64 << 10

// logLine is one line of an exported message log: the first names the portal, the last is the signed end, all between
// are entries in their order.
type logLine struct {
	Format string `json:"format,omitempty"`
	Portal string `json:"portal,omitempty"`

	Entry *exportedEntry `json:"entry,omitempty"`
	End   *exportedEnd   `json:"end,omitempty"`
}

type exportedEntry struct {
	Seq         int64     `json:"seq"`
	At          time.Time `json:"at"`
	Direction   string    `json:"direction"`
	Outcome     string    `json:"outcome"`
	Peer        string    `json:"peer"`
	MessageID   uuid.UUID `json:"message"`
	Kind        string    `json:"kind"`
	SubjectHash string    `json:"subjectSha256"`
	ContentHash string    `json:"contentSha256"`
	Receipt     string    `json:"receipt,omitempty"`
	PrevHash    string    `json:"previous"`
	Hash        string    `json:"hash"`
}

type exportedEnd struct {
	Seq       int64  `json:"seq"`
	Hash      string `json:"hash"`
	Signature string `json:"signature"`
}

func exported(e logEntry) *exportedEntry {
	return &exportedEntry{
		Seq: e.Seq, At: e.At.UTC(), Direction: e.Direction, Outcome: e.Outcome, Peer: e.Peer, MessageID: e.MessageID, Kind: e.Kind,
		SubjectHash: hex.EncodeToString(e.SubjectHash), ContentHash: hex.EncodeToString(e.ContentHash), Receipt: e.Receipt,
		PrevHash: hex.EncodeToString(e.PrevHash), Hash: hex.EncodeToString(e.Hash),
	}
}

func (x exportedEntry) entry() (logEntry, error) {
	e := logEntry{
		Seq: x.Seq, At: x.At, Direction: x.Direction, Outcome: x.Outcome, Peer: x.Peer, MessageID: x.MessageID, Kind: x.Kind, Receipt: x.Receipt,
	}
	var errs [4]error
	e.SubjectHash, errs[0] = hex.DecodeString(x.SubjectHash)
	e.ContentHash, errs[1] = hex.DecodeString(x.ContentHash)
	e.PrevHash, errs[2] = hex.DecodeString(x.PrevHash)
	e.Hash, errs[3] = hex.DecodeString(x.Hash)
	return e, errors.Join(errs[:]...)
}

// ExportLog writes the message log as JSON Lines, as it was at one moment: no content, only what proves the exchange. It
// can be verified without this portal, by VerifyLogFile.
func (s *Service) ExportLog(ctx context.Context, w io.Writer) error {
	buffered := bufio.NewWriter(w)
	lines := json.NewEncoder(buffered)
	if err := lines.Encode(logLine{Format: logFormat, Portal: s.id}); err != nil {
		return fmt.Errorf("export message log: %w", err)
	}
	head, err := s.store.walkLog(ctx, func(e logEntry) error { return lines.Encode(logLine{Entry: exported(e)}) })
	if err != nil {
		return err
	}
	end := &exportedEnd{Seq: head.Seq, Hash: hex.EncodeToString(head.Hash), Signature: head.Signature}
	if err := errors.Join(lines.Encode(logLine{End: end}), buffered.Flush()); err != nil {
		return fmt.Errorf("export message log: %w", err)
	}
	return nil
}

// VerifyLogFile checks an exported message log with the members' public keys alone: no database, no private key, no
// network. Errors are those of VerifyLog; portal is whose log it is.
func VerifyLogFile(ctx context.Context, trust Trust, r io.Reader) (portal string, report LogReport, err error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, longestLogLine)
	var line logLine
	if !lines.Scan() || json.Unmarshal(lines.Bytes(), &line) != nil || line.Format != logFormat {
		return "", report, errors.Join(fmt.Errorf("this is no exported message log (%s)", logFormat), lines.Err())
	}
	check := newLogCheck(&Service{id: line.Portal, trust: trust})
	for lines.Scan() {
		line = logLine{}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			return check.portal(), check.report, &LogError{check.last.Seq + 1, "cannot be read: " + err.Error()}
		}
		switch {
		case line.Entry != nil:
			e, err := line.Entry.entry()
			if err != nil {
				return check.portal(), check.report, &LogError{line.Entry.Seq, "cannot be read: " + err.Error()}
			}
			if err := check.add(ctx, e); err != nil {
				return check.portal(), check.report, err
			}
		case line.End != nil:
			hash, err := hex.DecodeString(line.End.Hash)
			if err != nil {
				return check.portal(), check.report, &LogError{line.End.Seq, "cannot be read: " + err.Error()}
			}
			return check.portal(), check.report, check.end(ctx, logHead{Seq: line.End.Seq, Hash: hash, Signature: line.End.Signature})
		}
	}
	if err := lines.Err(); err != nil {
		return check.portal(), check.report, fmt.Errorf("read the exported message log: %w", err)
	}
	return check.portal(), check.report, &LogError{check.last.Seq + 1, "is missing: the file has no signed end"}
}

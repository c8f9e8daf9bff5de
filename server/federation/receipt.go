package federation

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
)

const outcomeAccepted = "accepted"
const outcomeRefused = "refused"

// errReceipt is returned for a receipt that does not prove what it should.
var errReceipt = errors.New("receipt does not fit the message")

// receiptClaims are what a receiver signs: this content, of this message, arrived at this time. The hash is over the
// content before encryption, so that whoever has the content and the receiver's public key can verify the receipt.
type receiptClaims struct {
	stamp

	Message   uuid.UUID `json:"message"`
	Kind      string    `json:"kind"`
	Subject   uuid.UUID `json:"subject"`
	Hash      string    `json:"contentSha256"` // hex
	ArrivedAt time.Time `json:"arrivedAt"`
	Outcome   string    `json:"outcome"`
}

// receiptFor signs the receipt for a message that arrived.
func (s *Service) receiptFor(m message, arrivedAt time.Time) (string, error) {
	return s.sign(typReceipt, receiptClaims{
		stamp: s.newStamp(m.From), Message: m.ID, Kind: m.Kind, Subject: m.Subject,
		Hash: hex.EncodeToString(m.Hash[:]), ArrivedAt: arrivedAt, Outcome: outcomeAccepted,
	})
}

// checkReceipt verifies that a text is the recipient's receipt for a message of ours. It may be of any age: a receiver
// answers a repeated message with the receipt of its first arrival.
func (s *Service) checkReceipt(ctx context.Context, text, recipient string, id uuid.UUID, hash [sha256.Size]byte) (receiptClaims, error) {
	var c receiptClaims
	if err := s.verify(ctx, text, typReceipt, s.id, 0, &c); err != nil {
		return c, fmt.Errorf("receipt for message %s: %w", id, err)
	}
	switch {
	case c.Issuer != recipient:
		return c, fmt.Errorf("message %s: signed by %s: %w", id, c.Issuer, errReceipt)
	case c.Message != id:
		return c, fmt.Errorf("message %s: for message %s: %w", id, c.Message, errReceipt)
	case c.Hash != hex.EncodeToString(hash[:]):
		return c, fmt.Errorf("message %s: for other content: %w", id, errReceipt)
	case c.Outcome != outcomeAccepted || c.ArrivedAt.IsZero():
		return c, fmt.Errorf("message %s: outcome %q: %w", id, c.Outcome, errReceipt)
	}
	return c, nil
}

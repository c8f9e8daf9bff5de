package federation

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
)

const outcomeAccepted = "accepted"
const outcomeRefused = "refused"

// errReceipt is returned for a receipt that does not prove what it should.
var errReceipt = errors.New("receipt does not fit the message")

// receiptClaims are what a receiver signs: this content, of this message, arrived at this time. The hash is over the
// content before encryption, so that whoever has the content and the receiver's public key can verify the receipt. When
// the content states a hash of its own (contentHash, as applications do), the receipt repeats it: so it speaks of the
// application also to somebody who has that and not the message.
type receiptClaims struct {
	stamp

	Message   uuid.UUID `json:"message"`
	Kind      string    `json:"kind"`
	Subject   uuid.UUID `json:"subject"`
	Hash      string    `json:"contentSha256"` // hex
	Stated    string    `json:"statedSha256,omitempty"`
	ArrivedAt time.Time `json:"arrivedAt"`
	Outcome   string    `json:"outcome"`
}

// receiptFor signs the receipt for a message that arrived.
func (s *Service) receiptFor(m message, arrivedAt time.Time) (string, error) {
	return s.sign(typReceipt, receiptClaims{
		stamp: s.newStamp(m.From), Message: m.ID, Kind: m.Kind, Subject: m.Subject,
		Hash: hex.EncodeToString(m.Hash[:]), Stated: statedHash(m.Content), ArrivedAt: arrivedAt, Outcome: outcomeAccepted,
	})
}

// statedHash reads the hash that a content states of itself; none when it does not.
func statedHash(content json.RawMessage) string {
	var c struct {
		ContentHash string `json:"contentHash"`
	}
	if err := json.Unmarshal(content, &c); err != nil || len(c.ContentHash) != hex.EncodedLen(sha256.Size) {
		return ""
	}
	return c.ContentHash
}

// Proof is what a verified receipt says.
type Proof struct {
	Receiver  string // entity id of the portal that signed it
	Sender    string // to whom it was given
	Message   uuid.UUID
	Kind      string
	Subject   uuid.UUID // of application messages, the application
	Hash      string    // SHA-256 of the message's content, hex
	Stated    string    // hash that the content states of itself, hex; empty when it does not
	ArrivedAt time.Time
}

// VerifyReceipt checks a receipt with the members' public keys alone, and says what it proves.
func VerifyReceipt(ctx context.Context, trust Trust, text string) (Proof, error) {
	var c receiptClaims
	if _, _, err := jwt.NewParser().ParseUnverified(text, &c); err != nil {
		return Proof{}, fmt.Errorf("receipt: %w: %w", errMalformed, err)
	}
	sender := c.Audience // whoever it is for: it is not for the one who verifies
	c = receiptClaims{}
	s := &Service{trust: trust}
	if err := s.verify(ctx, text, typReceipt, sender, 0, &c); err != nil {
		return Proof{}, fmt.Errorf("receipt: %w", err)
	}
	if c.Outcome != outcomeAccepted || c.ArrivedAt.IsZero() {
		return Proof{}, fmt.Errorf("receipt: outcome %q: %w", shortened(c.Outcome), errReceipt)
	}
	return Proof{
		Receiver: c.Issuer, Sender: c.Audience, Message: c.Message, Kind: c.Kind, Subject: c.Subject, Hash: c.Hash, Stated: c.Stated, ArrivedAt: c.ArrivedAt,
	}, nil
}

// checkReceipt verifies that a text is the recipient's receipt for a message of ours. It may be of any time: a receiver
// answers a repeated message with the receipt of its first arrival, and its clock may have been ahead then.
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

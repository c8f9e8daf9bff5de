package federation

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/uuid"
)

const (
	envelopeVersion = 1
	// envelopeWindow is how old a message's signature may be. Messages are signed anew at each try.
	envelopeWindow = 10 * time.Minute
	// MaxContent is the largest content of a message in bytes: encrypted and signed it stays below the contract's limit.
	MaxContent  = 2 << 20
	maxEnvelope = 4 << 20 // the contract's x-max-body
	maxKind     = 64
)

var (
	errVersion    = errors.New("envelope of another version")
	errUnreadable = errors.New("content cannot be decrypted")
	errKeyUnknown = errors.New("content is encrypted to a key that is not ours")
)

// envelope is a message on its way, as the claims of a JWS. The stamp's ID is the message's id.
//
// Seq numbers the messages to one portal about one subject, without end. Prev is the number of the one delivered before:
// numbers between them belong to messages that were refused. So the receiver tells a gap from a refusal.
type envelope struct {
	stamp

	Kind    string    `json:"kind"`
	Subject uuid.UUID `json:"subject"`
	Seq     int64     `json:"seq"`
	Prev    int64     `json:"prev"`
	Version int       `json:"version"`
	Content string    `json:"content"` // compact JWE to the audience
}

// message is an envelope that was opened and verified.
type message struct {
	ID      uuid.UUID
	From    string
	Kind    string
	Subject uuid.UUID
	Seq     int64
	Prev    int64
	Content json.RawMessage
	Hash    [sha256.Size]byte // of the content
}

// seal encrypts and signs a message for a member.
func (s *Service) seal(to Member, m message) (string, error) {
	content, err := encrypt(to, s.id, m.ID, m.Content)
	if err != nil {
		return "", fmt.Errorf("encrypt message %s: %w", m.ID, err)
	}
	e := envelope{
		stamp: s.newStamp(to.ID), Kind: m.Kind, Subject: m.Subject, Seq: m.Seq, Prev: m.Prev,
		Version: envelopeVersion, Content: content,
	}
	e.ID = m.ID.String()
	return s.sign(typMessage, e)
}

// open verifies an envelope and decrypts it. The message is what its sender, a member, said to this portal just now.
func (s *Service) open(ctx context.Context, text string) (message, error) {
	var e envelope
	if err := s.verify(ctx, text, typMessage, s.id, envelopeWindow, &e); err != nil {
		return message{From: e.Issuer}, err
	}
	m := message{From: e.Issuer, Kind: e.Kind, Subject: e.Subject, Seq: e.Seq, Prev: e.Prev}
	id, err := uuid.Parse(e.ID)
	switch {
	case e.Version != envelopeVersion:
		return m, fmt.Errorf("version %d: %w", e.Version, errVersion)
	case err != nil || id == uuid.Nil || id.String() != e.ID:
		return m, fmt.Errorf("jti %q: %w", e.ID, errMalformed)
	case e.Issuer == s.id:
		return m, fmt.Errorf("from this portal itself: %w", errMalformed)
	case e.Kind == "" || len(e.Kind) > maxKind || e.Seq < 1 || e.Prev < 0 || e.Prev >= e.Seq:
		return m, fmt.Errorf("kind, seq or prev: %w", errMalformed)
	}
	m.ID = id
	content, err := s.decrypt(ctx, e.Issuer, id, e.Content)
	if err != nil {
		return m, err
	}
	m.Content, m.Hash = content, sha256.Sum256(content)
	return m, nil
}

// Header parameters that tie encrypted content to its message: nobody else can put it into an envelope of their own
// (RFC 7519, 5.3: replicating claims as header parameters).
const (
	headerIssuer  = jose.HeaderKey("iss")
	headerMessage = jose.HeaderKey("jti")
)

func encrypt(to Member, from string, id uuid.UUID, content []byte) (string, error) {
	key, ok := to.encryptionKey()
	if !ok {
		return "", fmt.Errorf("%s has no key to encrypt to", to.ID)
	}
	options := (&jose.EncrypterOptions{}).WithHeader(headerIssuer, from).WithHeader(headerMessage, id.String())
	recipient := jose.Recipient{Algorithm: jose.ECDH_ES_A256KW, Key: key.Key, KeyID: key.KeyID}
	encrypter, err := jose.NewEncrypter(jose.A256GCM, recipient, options)
	if err != nil {
		return "", err
	}
	sealed, err := encrypter.Encrypt(content)
	if err != nil {
		return "", err
	}
	return sealed.CompactSerialize()
}

func (s *Service) decrypt(ctx context.Context, from string, id uuid.UUID, text string) ([]byte, error) {
	if !onlyTokenLetters(text) {
		return nil, errUnreadable
	}
	var header struct {
		KeyID   string           `json:"kid"`
		Issuer  string           `json:"iss"`
		Message string           `json:"jti"`
		Zip     *json.RawMessage `json:"zip"` // nothing of ours is compressed, and nothing may unfold
	}
	first, _, _ := strings.Cut(text, ".")
	raw, err := base64.RawURLEncoding.Strict().DecodeString(first)
	if err != nil || json.Unmarshal(raw, &header) != nil || header.Zip != nil {
		return nil, errUnreadable
	}
	private, found, err := s.ring.Decryption(ctx, header.KeyID)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, fmt.Errorf("kid %q: %w", header.KeyID, errKeyUnknown)
	}
	if header.Issuer != from || header.Message != id.String() {
		return nil, fmt.Errorf("content belongs to another message: %w", errUnreadable)
	}
	sealed, err := jose.ParseEncryptedCompact(text, []jose.KeyAlgorithm{jose.ECDH_ES_A256KW}, []jose.ContentEncryption{jose.A256GCM})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUnreadable, err)
	}
	content, err := sealed.Decrypt(private)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUnreadable, err)
	}
	if len(content) > MaxContent || !json.Valid(content) {
		return nil, fmt.Errorf("content is no JSON or too large: %w", errUnreadable)
	}
	return content, nil
}

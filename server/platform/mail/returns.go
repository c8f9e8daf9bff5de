package mail

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"regexp"
	"strings"
	"time"

	"portalverbund/db"
	"portalverbund/server/platform/jobs"
	"portalverbund/server/platform/keys"
)

const (
	hashBytes  = 16
	dayBytes   = 2
	proofBytes = 8

	// returnWithin is how long a mail may take to come back: mail servers give up after five days.
	returnWithin = 30 * 24 * time.Hour
	// softLimit is on how many days mails come back for reasons that may pass (a full mailbox, say) until none goes there any more.
	softLimit  = 3
	softApart  = 20 * time.Hour       // what comes back sooner is of the same day
	softWithin = 30 * 24 * time.Hour  // what is longer ago counts no more
	keepReturn = 730 * 24 * time.Hour // after the last mail that came back
)

// Returns knows from which addresses mails came back, and to which none goes any more. It keeps addresses as keyed hashes only.
type Returns struct {
	db  *db.DB
	key [32]byte
	now func() time.Time
}

// NewReturns makes Returns of a portal.
func NewReturns(d *db.DB, k *keys.Set, now func() time.Time) *Returns {
	return &Returns{db: d, key: k.Derive("mail/returns"), now: func() time.Time { return now().UTC().Truncate(time.Microsecond) }}
}

type returnRow struct {
	AddressHash []byte `gorm:"primaryKey"`
	Failures    int
	Status      string
	LastAt      time.Time
	StoppedAt   *time.Time
}

func (returnRow) TableName() string { return "mail_returns" }

// Counts says how many addresses no mail goes to, and from how many some came back within 30 days.
type Counts struct{ Stopped, Returned int }

func (r *Returns) mac(purpose string, data []byte) []byte {
	m := hmac.New(sha256.New, r.key[:])
	m.Write([]byte(purpose + "\x00"))
	m.Write(data)
	return m.Sum(nil)
}

func (r *Returns) hash(address string) []byte {
	return r.mac("address", []byte(strings.ToLower(address)))[:hashBytes]
}

// token names an address in the sender of a mail's envelope, so that a report says by its recipient which address it is about (VERP). Nobody else can
// make one. It is of letters and digits that survive any mail server, and together with a short name no longer than a local part may be.
func (r *Returns) token(address string) string {
	day := uint16(r.now().Unix() / (24 * 60 * 60)) // until the year 2149
	raw := binary.BigEndian.AppendUint16(r.hash(address), day)
	raw = append(raw, r.mac("return", raw)[:proofBytes]...)
	return strings.ToLower(tokenText().EncodeToString(raw))
}

func tokenText() *base32.Encoding { return base32.StdEncoding.WithPadding(base32.NoPadding) }

var tokenIn = regexp.MustCompile(`(?i)\+([a-z2-7]{42})@`)

// addressOf gives the hash of the address that a token in some text names; false when there is none of this portal's, or an old one.
func (r *Returns) addressOf(text string) ([]byte, bool) {
	for _, found := range tokenIn.FindAllStringSubmatch(text, -1) {
		raw, err := tokenText().DecodeString(strings.ToUpper(found[1]))
		if err != nil || len(raw) != hashBytes+dayBytes+proofBytes {
			continue
		}
		named := raw[:hashBytes+dayBytes]
		if subtle.ConstantTimeCompare(raw[hashBytes+dayBytes:], r.mac("return", named)[:proofBytes]) != 1 {
			continue
		}
		sent := time.Unix(int64(binary.BigEndian.Uint16(named[hashBytes:]))*24*60*60, 0)
		if r.now().Sub(sent) > returnWithin {
			continue
		}
		return raw[:hashBytes], true
	}
	return nil, false
}

// weight says what a status (RFC 3463) tells of an address.
type weight int

const (
	aboutUs weight = iota // says nothing of the address: the mail server does not want this portal, or this mail
	passing               // may pass
	lasting               // the address does not exist, or takes nothing any more
)

func weigh(status string) weight {
	switch status {
	case "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1":
		return lasting
	case "5.1.7", "5.1.8", "5.2.3", "5.2.4": // the sender's address; the size; a list
		return aboutUs
	case "", "5.0.0":
		return passing
	}
	for _, start := range []string{"5.1.", "5.2.", "5.4."} {
		if strings.HasPrefix(status, start) {
			return passing
		}
	}
	return aboutUs
}

// returned notes that a mail to an address has not arrived and never will.
func (r *Returns) returned(ctx context.Context, hash []byte, status string) error {
	w := weigh(status)
	if w == aboutUs {
		return nil
	}
	return r.db.Tx(ctx, func(ctx context.Context) error {
		now := r.now()
		err := r.db.From(ctx).Exec("INSERT INTO mail_returns (failures, status, last_at, address_hash) VALUES (0, '', ?, ?) ON CONFLICT DO NOTHING", time.Unix(0, 0).UTC(), hash).Error
		if err != nil {
			return fmt.Errorf("note mail that came back: %w", err)
		}
		var row returnRow
		if err := r.db.From(ctx).Raw("SELECT * FROM mail_returns WHERE address_hash = ? FOR UPDATE", hash).Take(&row).Error; err != nil {
			return fmt.Errorf("read mails that came back: %w", err)
		}
		switch since := now.Sub(row.LastAt); {
		case since > softWithin:
			row.Failures = 1
		case since > softApart:
			row.Failures++
		}
		if row.StoppedAt == nil && (w == lasting || row.Failures >= softLimit) {
			row.StoppedAt = &now
		}
		row.Status, row.LastAt = status, now
		if err := r.db.From(ctx).Save(&row).Error; err != nil {
			return fmt.Errorf("note mail that came back: %w", err)
		}
		return nil
	})
}

// Stopped says since when no mail goes to an address, because mails came back; nil when they go.
func (r *Returns) Stopped(ctx context.Context, address string) (*time.Time, error) {
	var rows []returnRow
	if err := r.db.From(ctx).Raw("SELECT stopped_at FROM mail_returns WHERE address_hash = ? AND stopped_at IS NOT NULL", r.hash(address)).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read mails that came back: %w", err)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	return rows[0].StoppedAt, nil
}

// Arrives forgets what came back from an address: somebody has opened a link that was sent there, or has no account any more.
func (r *Returns) Arrives(ctx context.Context, address string) error {
	if err := r.db.From(ctx).Exec("DELETE FROM mail_returns WHERE address_hash = ?", r.hash(address)).Error; err != nil {
		return fmt.Errorf("forget mails that came back: %w", err)
	}
	return nil
}

// Counts counts addresses.
func (r *Returns) Counts(ctx context.Context) (c Counts, err error) {
	err = r.db.From(ctx).Raw(`SELECT (SELECT count(*) FROM mail_returns WHERE stopped_at IS NOT NULL) AS stopped,
		(SELECT count(*) FROM mail_returns WHERE last_at > ?) AS returned`, r.now().Add(-softWithin)).Scan(&c).Error
	if err != nil {
		return c, fmt.Errorf("count mails that came back: %w", err)
	}
	return c, nil
}

// Sweep forgets addresses from which nothing has come back for two years.
func (r *Returns) Sweep(ctx context.Context) (int64, error) {
	res := r.db.From(ctx).Exec("DELETE FROM mail_returns WHERE address_hash IN (SELECT address_hash FROM mail_returns WHERE last_at < ? LIMIT ?)", r.now().Add(-keepReturn), jobs.SweepBatch)
	if res.Error != nil {
		return 0, fmt.Errorf("sweep mails that came back: %w", res.Error)
	}
	return res.RowsAffected, nil
}

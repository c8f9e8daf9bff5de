package accounts

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"portalverbund/db"
	"portalverbund/server/platform/problem"
)

// limits of a leaky bucket: so many attempts at once, and one more after each interval.
type limits struct {
	capacity float64
	interval time.Duration
}

// The limits that slow down guessing. None is on an account alone, so nobody can keep the owner out from elsewhere.

// perAccount limits failures for one account from one network.
func perAccount() limits { return limits{capacity: 10, interval: 3 * time.Minute} }

// perAddress limits failures for any account from one network.
func perAddress() limits { return limits{capacity: 50, interval: 30 * time.Second} }

// perNewcomer limits registrations and resets from one network.
func perNewcomer() limits { return limits{capacity: 30, interval: 2 * time.Minute} }

// perMailbox limits mails to one address, so that nobody floods a mailbox; it is never answered with an error.
func perMailbox() limits { return limits{capacity: 5, interval: 12 * time.Minute} }

type bucket struct {
	key    []byte
	limits limits
}

// charge takes one attempt from each bucket before it is made, so that attempts at the same time count too. When a bucket
// is full it answers 429 with the time to wait.
func (s *Service) charge(ctx context.Context, buckets []bucket) error {
	for _, b := range buckets {
		wait, err := take(s.DB.Outside(ctx), s.DB, b, s.Now())
		if err != nil {
			return err
		}
		if wait > 0 {
			return problem.TooMany(wait)
		}
	}
	return nil
}

// take adds to a bucket what it still holds room for. It answers how long to wait when it is full.
func take(ctx context.Context, d *db.DB, b bucket, now time.Time) (time.Duration, error) {
	const leaked = "GREATEST(0, b.level - EXTRACT(EPOCH FROM (EXCLUDED.at - b.at)) / ?)"
	every := b.limits.interval.Seconds()
	res := d.From(ctx).Exec(`INSERT INTO account_buckets AS b (level, key, at) VALUES (1, ?, ?)
		ON CONFLICT (key) DO UPDATE SET level = `+leaked+` + 1, at = EXCLUDED.at WHERE `+leaked+` + 1 <= ?`,
		b.key, now, every, every, b.limits.capacity)
	if res.Error != nil {
		return 0, fmt.Errorf("count attempts: %w", res.Error)
	}
	if res.RowsAffected == 1 {
		return 0, nil
	}
	var row struct {
		Level float64
		At    time.Time
	}
	if err := d.From(ctx).Raw("SELECT level, at FROM account_buckets WHERE key = ?", b.key).Scan(&row).Error; err != nil {
		return 0, fmt.Errorf("count attempts: %w", err)
	}
	over := row.Level + 1 - b.limits.capacity
	wait := row.At.Add(time.Duration(over * float64(b.limits.interval))).Sub(now)
	return max(wait, time.Second), nil
}

// refund gives an attempt back that turned out right: only failures count.
func (s *Service) refund(ctx context.Context, buckets []bucket) error {
	keys := make([][]byte, 0, len(buckets))
	for _, b := range buckets {
		keys = append(keys, b.key)
	}
	err := s.DB.From(s.DB.Outside(ctx)).Exec("UPDATE account_buckets SET level = GREATEST(0, level - 1) WHERE key IN ?", keys).Error
	if err != nil {
		return fmt.Errorf("count attempts: %w", err)
	}
	return nil
}

// mayMail says whether another mail may go to an address now.
func (s *Service) mayMail(ctx context.Context, email string) (bool, error) {
	wait, err := take(ctx, s.DB, bucket{key: s.mac("bucket", "mail", email), limits: perMailbox()}, s.Now())
	return wait == 0, err
}

// networkOf gives what counts as one network: an IPv4 address, or the /64 of an IPv6 address.
func networkOf(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	a = a.Unmap().WithZone("")
	if a.Is4() {
		return a.String()
	}
	prefix, err := a.Prefix(64)
	if err != nil {
		return a.String()
	}
	return prefix.String()
}

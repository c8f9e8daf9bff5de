package delivery

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/idempotency"
	"portalverbund/server/platform/outbound"
	"portalverbund/server/platform/problem"
)

const (
	sealSecret   = "deliveries webhook secret"
	secretBytes  = 32
	fetchedEvery = time.Minute // how exactly it is known when a provider was last heard of
)

// settings are what administrators have set for a provider in place of the configuration.
type settings struct {
	Provider     string
	Basis        string // hash of the configuration that they replace
	DeliveryURL  string
	Secret       []byte
	Former       []byte
	FormerUntil  *time.Time
	FetchedAt    *time.Time
	ClientID     string // of FIT-Connect
	ClientSecret []byte
}

func (settings) TableName() string { return "provider_settings" }

// basis is a hash of what the configuration says of a provider.
func basis(p Provider) string {
	text := p.DeliveryURL + "\n" + p.WebhookSecret
	if p.FITConnect != nil {
		text += "\n" + p.FITConnect.ClientID + "\n" + p.FITConnect.ClientSecret
	}
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// current gives a provider as it is connected now; false when it is not configured.
func (s *Service) current(ctx context.Context, id string) (provider, bool, error) {
	p, known := s.providers[id]
	if !known {
		return p, false, nil
	}
	var rows []settings
	if err := s.db.From(ctx).Raw("SELECT * FROM provider_settings WHERE provider = ?", id).Scan(&rows).Error; err != nil {
		return p, true, fmt.Errorf("read settings of provider: %w", err)
	}
	if len(rows) == 0 {
		return p, true, nil
	}
	p, err := s.with(p, rows[0])
	return p, true, err
}

// with lays what administrators have set over the configuration, unless that has changed since.
func (s *Service) with(p provider, set settings) (provider, error) {
	p.fetchedAt = set.FetchedAt
	if set.Basis != basis(p.Provider) {
		return p, nil
	}
	p.DeliveryURL = set.DeliveryURL
	if p.fit != nil && set.ClientSecret != nil {
		p.clientID, p.login = set.ClientID, true
	}
	for _, sealed := range []struct {
		value []byte
		into  **standardwebhooks.Webhook
		wants bool
	}{{set.Secret, &p.webhook, set.Secret != nil}, {set.Former, &p.former, set.Former != nil && set.FormerUntil != nil && set.FormerUntil.After(s.now())}} {
		if !sealed.wants {
			continue
		}
		plain, err := s.keys.Open(sealSecret, sealed.value, []byte(p.ID))
		if err != nil {
			return p, err
		}
		if *sealed.into, err = standardwebhooks.NewWebhook(string(plain)); err != nil {
			return p, fmt.Errorf("webhook secret of %s: %w", p.ID, err)
		}
	}
	if p.former != nil {
		p.formerUntil = set.FormerUntil
	}
	return p, nil
}

// sign gives the signatures of a push: by the present secret, and by the former one while that lasts.
func (p provider) sign(id string, at time.Time, body []byte) (string, error) {
	signature, err := p.webhook.Sign(id, at, body)
	if err != nil || p.former == nil {
		return signature, err
	}
	former, err := p.former.Sign(id, at, body)
	return signature + " " + former, err
}

// lockSettings gives what is set for a provider, made from the configuration where that has changed, and keeps others from changing it.
func (s *Service) lockSettings(ctx context.Context, p provider) (set settings, err error) {
	if err := s.db.From(ctx).Exec("INSERT INTO provider_settings (provider) VALUES (?) ON CONFLICT DO NOTHING", p.ID).Error; err != nil {
		return set, fmt.Errorf("lock provider: %w", err)
	}
	if err := s.db.From(ctx).Raw("SELECT * FROM provider_settings WHERE provider = ? FOR UPDATE", p.ID).Scan(&set).Error; err != nil {
		return set, fmt.Errorf("lock provider: %w", err)
	}
	if set.Basis == basis(p.Provider) {
		return set, nil
	}
	set.Basis, set.DeliveryURL, set.Secret, set.Former, set.FormerUntil = basis(p.Provider), p.DeliveryURL, nil, nil, nil
	set.ClientID, set.ClientSecret = "", nil
	if p.WebhookSecret != "" {
		set.Secret, err = s.keys.Seal(sealSecret, []byte(p.WebhookSecret), []byte(p.ID))
	}
	return set, err
}

func (s *Service) saveSettings(ctx context.Context, set settings) error {
	err := s.db.From(ctx).Exec("UPDATE provider_settings SET basis = ?, delivery_url = ?, secret = ?, former = ?, former_until = ?, client_id = ?, client_secret = ? WHERE provider = ?",
		set.Basis, set.DeliveryURL, set.Secret, set.Former, set.FormerUntil, set.ClientID, set.ClientSecret, set.Provider).Error
	if err != nil {
		return fmt.Errorf("write settings of provider: %w", err)
	}
	return nil
}

// SetAddress has deliveries pushed to another address, or fetched when it is empty. What waits goes there by itself.
func (s *Service) SetAddress(ctx context.Context, id, address string) (State, error) {
	if err := administrator(ctx); err != nil {
		return State{}, err
	}
	p, known := s.providers[id]
	if !known {
		return State{}, errNoProvider
	}
	if err := noWebhooks(p); err != nil {
		return State{}, err
	}
	address = strings.TrimSpace(address)
	if err := s.checkAddress(address); err != nil {
		return State{}, err
	}
	err := s.db.Tx(ctx, func(ctx context.Context) error {
		set, err := s.lockSettings(ctx, p)
		if err != nil {
			return err
		}
		if address != "" && set.Secret == nil {
			return problem.Conflict("secret-missing", "Dieser Anbieter hat noch kein Geheimnis für Webhooks.", "This provider has no webhook secret yet.").
				With(problem.Text{De: "Erzeugen Sie zuerst ein Geheimnis.", En: "Make a secret first."})
		}
		fetched := set.DeliveryURL == ""
		set.DeliveryURL = address
		if err := s.saveSettings(ctx, set); err != nil {
			return err
		}
		if address != "" { // it may have been gone there once
			if err := s.db.From(ctx).Exec("DELETE FROM delivery_gone WHERE provider = ? AND url = ?", id, address).Error; err != nil {
				return fmt.Errorf("ask %s again: %w", id, err)
			}
		}
		if fetched && address != "" {
			if err := s.jobs.Insert(ctx, pushWaitingArgs{Provider: id}, nil); err != nil {
				return err
			}
		}
		return s.audit.Record(ctx, "provider.address", "provider:"+id, outbound.Host(address))
	})
	if err != nil {
		return State{}, err
	}
	return s.state(ctx, id)
}

// noWebhooks refuses settings of webhooks for what goes another way.
func noWebhooks(p provider) error {
	switch {
	case p.fit != nil:
		return errByFIT()
	case p.mail != nil:
		return errByMail()
	}
	return nil
}

// checkAddress wants https, or http to this machine where that is allowed, and no number of a network that is not public. Where a name leads is
// seen at each push.
func (s *Service) checkAddress(address string) error {
	if address == "" {
		return nil
	}
	return outbound.Options{AllowLoopback: s.loopback}.CheckChosen("/deliveryUrl", address)
}

// ReplaceSecret makes another webhook secret, once for a key, and gives it once; the former one signs beside it for a while.
func (s *Service) ReplaceSecret(ctx context.Context, id, key string, overlap time.Duration) (state State, secret string, err error) {
	if err := administrator(ctx); err != nil {
		return state, "", err
	}
	p, known := s.providers[id]
	if !known {
		return state, "", errNoProvider
	}
	if err := noWebhooks(p); err != nil {
		return state, "", err
	}
	caller := httpx.CallerOf(ctx)
	_, err = idempotency.Do(ctx, s.db, "provider.secret:"+caller.Person.Issuer+" "+caller.Person.Subject, key, []any{id, overlap}, func(ctx context.Context) (struct{}, error) {
		set, err := s.lockSettings(ctx, p)
		if err != nil {
			return struct{}{}, err
		}
		raw := make([]byte, secretBytes)
		_, _ = rand.Read(raw) // never fails
		secret = "whsec_" + base64.StdEncoding.EncodeToString(raw)
		until := s.now().Add(overlap)
		set.Former, set.FormerUntil = set.Secret, &until
		if set.Secret, err = s.keys.Seal(sealSecret, []byte(secret), []byte(id)); err != nil {
			return struct{}{}, err
		}
		if err := s.saveSettings(ctx, set); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, s.audit.Record(ctx, "provider.secret", "provider:"+id, "")
	})
	if err != nil {
		return state, "", err
	}
	state, err = s.state(ctx, id)
	return state, secret, err
}

// fetched notes that a provider reads deliveries, to the minute.
func (s *Service) fetched(ctx context.Context, id string) error {
	err := s.db.From(ctx).Exec(`INSERT INTO provider_settings (provider, fetched_at) VALUES (?, ?) ON CONFLICT (provider) DO UPDATE SET fetched_at = EXCLUDED.fetched_at
		WHERE provider_settings.fetched_at IS NULL OR provider_settings.fetched_at < ?`, id, s.now(), s.now().Add(-fetchedEvery)).Error
	if err != nil {
		return fmt.Errorf("note that %s has fetched: %w", id, err)
	}
	return nil
}

// pushWaiting starts the jobs for what a provider would have fetched before it had an address.
func (s *Service) pushWaiting(ctx context.Context, id string) error {
	var rows []row
	err := s.db.From(ctx).Raw("SELECT id FROM deliveries WHERE provider = ? AND state = ? AND attempts = 0 ORDER BY id LIMIT 1000", id, types.Pending).Scan(&rows).Error
	if err != nil {
		return fmt.Errorf("read deliveries that wait: %w", err)
	}
	for _, r := range rows { // a push that is begun twice is one push
		if err := s.jobs.Insert(ctx, pushArgs{DeliveryID: r.ID}, nil); err != nil {
			return err
		}
	}
	return nil
}

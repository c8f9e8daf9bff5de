package app

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"portalverbund/server/applications"
	"portalverbund/server/audit"
	"portalverbund/server/payments"
	"portalverbund/server/payments/xbezahldienste"
	"portalverbund/server/platform/keys"
	"portalverbund/server/platform/outbound"
)

// usualFourEyes is the refund in cents above which two people must agree, unless the operator says otherwise.
const usualFourEyes = 10_000

// paymentFile is the file that names the payment service.
type paymentFile struct {
	Kind     string `json:"kind"`     // xbezahldienste
	FourEyes *int64 `json:"fourEyes"` // cents above which a refund needs a second person; default 10000

	xbezahldienste.Settings
}

// paymentProvider reads the file that names the payment service; nil where there is none. It holds secrets: one that others may read is refused.
func (c Config) paymentProvider() (payments.Provider, payments.Cents, error) {
	if c.Payment == "" {
		return nil, usualFourEyes, nil
	}
	data, err := keys.ReadPrivate(c.Payment)
	if err != nil {
		return nil, 0, fmt.Errorf("read payment service: %w", err)
	}
	f := paymentFile{}
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, 0, fmt.Errorf("read payment service: %s is not valid JSON of the expected form", c.Payment)
	}
	limit := payments.Cents(usualFourEyes)
	if f.FourEyes != nil {
		limit = payments.Cents(*f.FourEyes)
	}
	if f.Kind != "xbezahldienste" {
		return nil, 0, fmt.Errorf("payment service: kind %q is not known; there is xbezahldienste", f.Kind)
	}
	provider, err := xbezahldienste.New(f.Settings, outbound.Options{AllowLoopback: !c.production()})
	return provider, limit, err
}

func (a *App) plugPayments() error {
	provider, limit, err := a.config.paymentProvider()
	if err != nil {
		return err
	}
	a.payments = payments.New(payments.Config{
		DB: a.db, Keys: a.keys, Jobs: a.jobs, Hub: a.hub, Provider: provider, Messages: messages{a.federation}, Mailbox: a.mailbox, Portals: a.federation,
		Audit: audit.New(a.db, time.Now), FourEyes: limit, Log: a.log, Now: time.Now,
	})
	return nil
}

// payers knows who applied.
type payers struct{ applications *applications.Service }

// PayerOf says who applied, of an application that was handed to a portal.
func (p payers) PayerOf(ctx context.Context, of string, id uuid.UUID) (payments.Payer, error) {
	a, err := p.applications.PayerOf(ctx, of, id)
	if err != nil {
		return payments.Payer{}, err
	}
	return payments.Payer{Person: a.Person, Language: a.Language, Number: a.Number, ServiceTitle: a.ServiceTitle}, nil
}

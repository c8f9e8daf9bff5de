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
	Kind     string `json:"kind"`     // xbezahldienste; empty where fees are paid by transfer only
	FourEyes *int64 `json:"fourEyes"` // cents above which a refund needs a second person; default 10000

	Account *payments.BankAccount `json:"account"` // to which fees can be transferred

	xbezahldienste.Settings
}

// ways are the ways in which fees are paid.
type ways struct {
	provider payments.Provider     // nil: not online
	place    string                // of provider
	account  *payments.BankAccount // nil: not by transfer
	fourEyes payments.Cents
}

// payment reads the file that names the payment service and the account; there is no way where there is no file. It holds secrets: one that others may read is refused.
func (c Config) payment() (w ways, err error) {
	w.fourEyes = usualFourEyes
	if c.Payment == "" {
		return w, nil
	}
	data, err := keys.ReadPrivate(c.Payment)
	if err != nil {
		return w, fmt.Errorf("read payment service: %w", err)
	}
	f := paymentFile{}
	if err := json.Unmarshal(data, &f); err != nil {
		return w, fmt.Errorf("read payment service: %s is not valid JSON of the expected form", c.Payment)
	}
	if f.FourEyes != nil {
		w.fourEyes = payments.Cents(*f.FourEyes)
	}
	if f.Account != nil {
		account, err := f.Account.Checked()
		if err != nil {
			return w, fmt.Errorf("payment service: %w", err)
		}
		w.account = &account
	}
	switch f.Kind {
	case "":
		if w.account == nil {
			return w, fmt.Errorf("payment service: %s names neither a service nor an account", c.Payment)
		}
		return w, nil
	case "xbezahldienste":
		w.place = payments.Place(f.URL, f.OriginatorID, f.EndPointID)
		w.provider, err = xbezahldienste.New(f.Settings, c.paymentCalls())
		return w, err
	}
	return w, fmt.Errorf("payment service: kind %q is not known; there is xbezahldienste", f.Kind)
}

// paymentCalls are the options of calls to payment services.
func (c Config) paymentCalls() outbound.Options {
	return outbound.Options{AllowLoopback: !c.production()}
}

// dialPayment makes the client of a service that administrators have set.
func (c Config) dialPayment(to payments.Connection) (payments.Provider, error) {
	return xbezahldienste.Dial(to, c.paymentCalls())
}

func (a *App) plugPayments() error {
	w, err := a.config.payment()
	if err != nil {
		return err
	}
	a.payments = payments.New(payments.Config{
		DB: a.db, Keys: a.keys, Jobs: a.jobs, Hub: a.hub, Provider: w.provider, Place: w.place, Account: w.account, Dial: a.config.dialPayment, Outbound: a.config.paymentCalls(), Units: a.catalog, Messages: messages{a.federation}, Mailbox: a.mailbox, Portals: a.federation,
		Audit: audit.New(a.db, time.Now), FourEyes: w.fourEyes, Log: a.log, Now: time.Now,
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

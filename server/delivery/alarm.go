package delivery

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/mail"
)

// alarmEvery is how often somebody is told at most that deliveries to the same provider have failed.
const alarmEvery = time.Hour

// Mail sends mails once the transaction of ctx is committed.
type Mail interface {
	Enqueue(ctx context.Context, m mail.Message) error
}

// alarm tells whoever gets this portal's alerts that a delivery was given up, in ctx's transaction; of several within an hour once. Nothing of
// the application is in the mail.
func (s *Service) alarm(ctx context.Context, p provider, id uuid.UUID) error {
	if s.alertTo == "" || s.mail == nil {
		return nil
	}
	var told bool
	err := s.db.From(ctx).Raw("SELECT EXISTS (SELECT FROM deliveries WHERE provider = ? AND state = ? AND changed_at > ? AND id <> ?)",
		p.ID, types.Parked, s.now().Add(-alarmEvery), id).Scan(&told).Error
	if err != nil {
		return fmt.Errorf("look for failed deliveries: %w", err)
	}
	if told {
		return nil
	}
	page := s.self + "/verwaltung/anbieter/" + p.ID
	err = s.mail.Enqueue(ctx, mail.Message{
		To: s.alertTo, Subject: "Eine Lieferung ist gescheitert: " + p.Name + " / A delivery has failed",
		Text: "Ein Antrag konnte nicht übergeben werden (" + p.Name + "). Er ist nicht verloren. Der Grund steht hier, und dort können Sie ihn erneut liefern:\n" + page +
			"\n\nAn application could not be handed over (" + p.Name + "). It is not lost. The reason is here, where you can deliver it again:\n" + page + "\n",
	})
	if err != nil {
		return fmt.Errorf("tell of a failed delivery: %w", err)
	}
	return nil
}

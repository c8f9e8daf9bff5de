package main

import (
	"encoding/json"
	"io"
	"net/http"

	"github.com/google/uuid"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

const (
	maxDelivery       = 1 << 20
	maxWebhookID      = 200
	deliveryCancelled = "cancelled"
)

// delivery is what the company reads of the portal's schema Delivery.
type delivery struct {
	ID           uuid.UUID `json:"id"`
	State        string    `json:"state"`
	Number       string    `json:"number"`
	ServiceTitle string    `json:"serviceTitle"`
	Data         answers   `json:"data"`
	Attachments  []photo   `json:"attachments"`
}

// takeDelivery answers the portal's webhook: 200 once the order is on the disk. The signature covers id, time and body; a
// message older than five minutes is refused, the same id again is answered in the same way and has no other effect.
func (c *company) takeDelivery(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxDelivery))
	if err != nil {
		http.Error(w, "too large, or broken off", http.StatusRequestEntityTooLarge)
		return
	}
	if err := c.webhook.Verify(body, r.Header); err != nil {
		c.log.Warn("delivery refused", "error", err)
		http.Error(w, "signature or time is not valid", http.StatusUnauthorized)
		return
	}
	var d delivery
	id := r.Header.Get(standardwebhooks.HeaderWebhookID)
	if err := json.Unmarshal(body, &d); err != nil || d.ID == uuid.Nil || d.Number == "" || len(id) > maxWebhookID {
		http.Error(w, "not a delivery", http.StatusUnprocessableEntity)
		return
	}
	kept, err := c.orders.take(id, d, c.now().UTC())
	if err != nil {
		c.log.Error("order not kept", "error", err)
		http.Error(w, "not kept, try again", http.StatusInternalServerError)
		return
	}
	c.nudge() // there may be photos to fetch
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]string{"reference": kept.Reference}) // the portal asks again when it did not get it
}

package payments

import (
	"context"

	"github.com/google/uuid"
)

// What the jobs do, for tests that run them themselves.
var (
	OpenAttempt = (*Service).open
	AskAttempt  = (*Service).ask
	CheckDigit  = checkDigit
	Itemise     = itemise
	Itemised    = itemised
)

// Under is an attempt as tests see it.
type Under struct {
	ID          uuid.UUID
	State       string
	Transaction *string
	Final       bool
	Received    Cents
}

// AttemptsOf gives the attempts of a payment, the oldest first.
func AttemptsOf(ctx context.Context, s *Service, payment uuid.UUID) ([]Under, error) {
	return many[Under](ctx, s, "attempts", "SELECT id, state, transaction_id, final, received FROM payment_attempts WHERE payment_id = $1 ORDER BY created_at, id", payment)
}

package payments

import (
	"context"

	"github.com/google/uuid"

	"portalverbund/api/types"
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

// TransfersLike gives transfers whose entry is like a pattern.
func TransfersLike(ctx context.Context, s *Service, pattern string) ([]types.Transfer, error) {
	list, err := many[transfer](ctx, s, "transfers", selectTransfers+"WHERE t.entry LIKE $1 ORDER BY t.id", pattern)
	out := make([]types.Transfer, 0, len(list))
	for _, t := range list {
		item, wrong := s.wireTransfer(t)
		if err = firstOf(err, wrong); err != nil {
			return nil, err
		}
		out = append(out, item)
	}
	return out, err
}

package applications

import (
	"context"
	"net/http"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/problem"
)

// feeOf gives what an application by an offer costs with these answers; nil when nothing. Of an offer that is gone nothing is said: it cannot be
// submitted anyway. A fee that the answers make impossible has its place among their errors.
func (s *Service) feeOf(ctx context.Context, offerID uuid.UUID, answers map[string]any) (*types.ApplicationFee, error) {
	if s.fees == nil {
		return nil, nil
	}
	offer, _, _, _, err := s.offers.OfferByID(ctx, offerID)
	if err != nil {
		if problem.From(err).Status == http.StatusNotFound {
			return nil, nil
		}
		return nil, err
	}
	return s.fees.FeeOf(ctx, offer, answers)
}

// agreed reckons the fee anew and compares it with what the person was shown, in cents: empty where nothing is asked, without an amount where
// the authority sets it later.
func (s *Service) agreed(ctx context.Context, offerID uuid.UUID, answers map[string]any, shown *int64) (types.ApplicationFee, error) {
	fee, err := s.feeOf(ctx, offerID, answers)
	if err != nil {
		return types.ApplicationFee{}, err
	}
	due, seen := int64(0), int64(0)
	if fee != nil && fee.Amount != nil {
		due = fee.Amount.Amount
	}
	if shown != nil {
		seen = *shown
	}
	if due != seen {
		return types.ApplicationFee{}, problem.Conflict("fee-changed", "Die Gebühr ist nicht mehr die, die Ihnen angezeigt wurde.", "The fee is no longer the one that you were shown.").
			With(problem.Text{De: "Sehen Sie sich die Gebühr noch einmal an. Es wurde nichts eingereicht.", En: "Please look at the fee again. Nothing has been submitted."})
	}
	if fee == nil || (due == 0 && fee.Range == nil) {
		return types.ApplicationFee{}, nil
	}
	return *fee, nil
}

// PayerOf says who applied, and in which language, of an application that is handed to the portal of (in ctx's transaction, it may be a draft still);
// problem.NotFound for any other.
func (s *Service) PayerOf(ctx context.Context, of string, id uuid.UUID) (Application, error) {
	return s.find(ctx, "SELECT "+withoutContent+" FROM applications WHERE id = $1 AND portal_id = $2", id, of)
}

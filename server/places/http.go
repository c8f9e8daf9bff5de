package places

import (
	"context"

	api "portalverbund/api/places"
	"portalverbund/api/types"
)

// Handlers answers the operations of the tag places.
type Handlers struct{ service *Service }

// NewHandlers makes the Handlers.
func NewHandlers(s *Service) *Handlers { return &Handlers{s} }

var _ api.StrictServerInterface = (*Handlers)(nil)

// ListPlaces answers GET /api/v1/places.
func (h *Handlers) ListPlaces(ctx context.Context, r api.ListPlacesRequestObject) (api.ListPlacesResponseObject, error) {
	limit := 0
	if r.Params.Limit != nil {
		limit = *r.Params.Limit
	}
	found, err := h.service.Find(ctx, r.Params.Q, limit, h.service.near)
	if err != nil {
		return nil, err
	}
	return api.ListPlaces200JSONResponse(types.PlaceList{Attribution: Attribution, Items: found}), nil
}

// GetPlace answers GET /api/v1/places/{ars}.
func (h *Handlers) GetPlace(ctx context.Context, r api.GetPlaceRequestObject) (api.GetPlaceResponseObject, error) {
	place, err := h.service.Place(ctx, r.Ars)
	if err != nil {
		return nil, err
	}
	return api.GetPlace200JSONResponse(place), nil
}

// ListPlacesAround answers GET /api/v1/places/around.
func (h *Handlers) ListPlacesAround(ctx context.Context, r api.ListPlacesAroundRequestObject) (api.ListPlacesAroundResponseObject, error) {
	limit := 0
	if r.Params.Limit != nil {
		limit = *r.Params.Limit
	}
	found, err := h.service.Around(ctx, r.Params.Lat, r.Params.Lon, limit)
	if err != nil {
		return nil, err
	}
	return api.ListPlacesAround200JSONResponse(types.NearbyPlaceList{Attribution: Attribution, Items: found}), nil
}

// Package portal says who this portal is, and which association it belongs to.
package portal

import (
	"context"

	api "portalverbund/api/portal"
	"portalverbund/api/types"
)

// Association names the linked portals.
type Association interface {
	Name() string
	Members() []types.PortalReference
}

// Service answers with what was configured.
type Service struct {
	portal      types.Portal
	association Association
}

// New makes the room. self is what does not change while the portal runs; the members of its association may.
func New(self types.Portal, association Association) *Service {
	return &Service{portal: self, association: association}
}

// Portal describes this portal and its association as it is now.
func (s *Service) Portal() types.Portal {
	p := s.portal
	p.Association = types.Association{Name: s.association.Name(), Members: s.association.Members()}
	return p
}

// Handlers implement the contract's tag portal.
type Handlers struct{ service *Service }

// NewHandlers makes the handlers of a Service.
func NewHandlers(s *Service) *Handlers { return &Handlers{service: s} }

// GetPortal answers who this portal is.
func (h *Handlers) GetPortal(context.Context, api.GetPortalRequestObject) (api.GetPortalResponseObject, error) {
	return api.GetPortal200JSONResponse(h.service.Portal()), nil
}

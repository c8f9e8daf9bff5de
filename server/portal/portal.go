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
	// AccountHomes are those that keep accounts; this portal first when it is one.
	AccountHomes() []types.PortalReference
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
	p.AccountHomes = s.association.AccountHomes()
	p.AccountHome = types.PortalReference{Id: p.Id, Name: p.Name, Url: p.Id, Kind: p.Kind} // while no account home is trusted
	if len(p.AccountHomes) > 0 {
		p.AccountHome = p.AccountHomes[0]
	}
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

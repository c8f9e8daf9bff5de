package applications

import (
	"context"
	"net/http"

	"github.com/google/uuid"

	"portalverbund/server/platform/notify"
)

// Watch begins to watch one of the caller's applications; what is there is its ETag. problem.NotFound for others'.
func (s *Service) Watch(ctx context.Context, id uuid.UUID) (notify.Events, error) {
	caller, err := person(ctx)
	if err != nil {
		return notify.Events{}, err
	}
	return s.hub.Watch(ctx, Topic(id), func() (string, error) {
		a, err := s.find(ctx, presentVisible, id, caller.Person.Issuer, caller.Person.Subject)
		return a.ETag(), err
	})
}

// watch is a stream of the changes of an application.
type watch struct{ notify.Events }

// VisitWatchApplicationResponse writes the stream.
func (v watch) VisitWatchApplicationResponse(w http.ResponseWriter) error { return v.Write(w) }

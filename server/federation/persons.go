package federation

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"

	api "portalverbund/api/federation"
	"portalverbund/server/platform/problem"
)

// FetchPerson asks a member what it holds about a person that it knows by subject; to be closed. The whole answer is read as it comes.
func (s *Service) FetchPerson(ctx context.Context, member, subject string) (io.ReadCloser, error) {
	to, err := s.trust.Member(ctx, member)
	if err != nil {
		return nil, err
	}
	response, err := s.call(ctx, s.transfers, http.MethodGet, to, "/federation/v1/persons/"+url.PathEscape(subject)+"/data", http.Header{})
	if err != nil {
		return nil, fmt.Errorf("fetch person from %s: %w", member, err)
	}
	if response.StatusCode != http.StatusOK {
		_ = response.Body.Close() // it was only read
		return nil, fmt.Errorf("fetch person from %s: status %d", member, response.StatusCode)
	}
	return response.Body, nil
}

// ReadPersonalData answers GET /federation/v1/persons/{subject}/data: a member learns of people whose account home it is, and of nobody else.
func (h *Handlers) ReadPersonalData(ctx context.Context, request api.ReadPersonalDataRequestObject) (api.ReadPersonalDataResponseObject, error) {
	member, err := memberOf(ctx)
	if err != nil {
		return nil, err
	}
	if h.service.persons == nil {
		return nil, problem.NotFound("not-found", "Das gibt es hier nicht.", "There is no such thing here.")
	}
	reader, writer := io.Pipe()
	go func() { // ends when all is written, or when the reader is closed
		_ = writer.CloseWithError(h.service.persons(ctx, member, request.Subject, writer)) // never fails
	}()
	return api.ReadPersonalData200ApplicationxNdjsonResponse{Body: reader}, nil
}

package catalog

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	api "portalverbund/api/catalog"
	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
)

// Handlers answers the operations of the tag catalog.
type Handlers struct{ service *Service }

// NewHandlers makes the Handlers.
func NewHandlers(s *Service) *Handlers { return &Handlers{s} }

var _ api.StrictServerInterface = (*Handlers)(nil)

// ListServices answers GET /api/v1/services.
func (h *Handlers) ListServices(ctx context.Context, r api.ListServicesRequestObject) (api.ListServicesResponseObject, error) {
	q := ListQuery{
		Words: value(r.Params.Q), ARS: value(r.Params.Ars), Category: value(r.Params.Category), Audience: string(value(r.Params.Audience)),
		Online: value(r.Params.Online), AllWords: r.Params.PlaceInQuery != nil && !*r.Params.PlaceInQuery, Limit: value(r.Params.Limit), Cursor: value(r.Params.Cursor),
	}
	key := []string{"list", q.Words, q.ARS, q.Category, q.Audience, strconv.FormatBool(q.Online), strconv.Itoa(q.Limit), q.Cursor, strconv.FormatBool(q.AllWords)}
	return h.remembered(ctx, key, func() (any, string, error) {
		list, err := h.service.List(ctx, q)
		return list, "", err
	})
}

// SuggestServices answers GET /api/v1/services/suggest.
func (h *Handlers) SuggestServices(ctx context.Context, r api.SuggestServicesRequestObject) (api.SuggestServicesResponseObject, error) {
	q, ars := r.Params.Q, value(r.Params.Ars)
	return h.remembered(ctx, []string{"suggest", q, ars}, func() (any, string, error) {
		items, err := h.service.Suggest(ctx, q, ars)
		return types.SuggestionList{Items: items}, "", err
	})
}

// SearchCatalog answers GET /api/v1/search.
func (h *Handlers) SearchCatalog(ctx context.Context, r api.SearchCatalogRequestObject) (api.SearchCatalogResponseObject, error) {
	p := r.Params
	q := SearchQuery{Kind: value(p.Kind), AsTyped: p.Corrected != nil && !*p.Corrected, ListQuery: ListQuery{
		Words: value(p.Q), ARS: value(p.Ars), Category: value(p.Category), Audience: string(value(p.Audience)), Online: value(p.Online),
		AllWords: p.PlaceInQuery != nil && !*p.PlaceInQuery, Limit: value(p.Limit), Cursor: value(p.Cursor),
	}}
	key := []string{
		"search", q.Words, string(q.Kind), q.ARS, q.Category, q.Audience, strconv.FormatBool(q.Online), strconv.FormatBool(q.AllWords),
		strconv.FormatBool(q.AsTyped), strconv.Itoa(q.Limit), q.Cursor,
	}
	return h.remembered(ctx, key, func() (any, string, error) {
		result, err := h.service.Search(ctx, q)
		return result, "", err
	})
}

// SuggestSearch answers GET /api/v1/search/suggestions.
func (h *Handlers) SuggestSearch(ctx context.Context, r api.SuggestSearchRequestObject) (api.SuggestSearchResponseObject, error) {
	q, ars := r.Params.Q, value(r.Params.Ars)
	return h.remembered(ctx, []string{"suggestions", q, ars}, func() (any, string, error) {
		list, err := h.service.SuggestAll(ctx, q, ars)
		return list, "", err
	})
}

// BrowseServices answers GET /api/v1/services/a-z.
func (h *Handlers) BrowseServices(ctx context.Context, r api.BrowseServicesRequestObject) (api.BrowseServicesResponseObject, error) {
	letter, limit, cursor := value(r.Params.Letter), value(r.Params.Limit), value(r.Params.Cursor)
	return h.remembered(ctx, []string{"a-z", letter, strconv.Itoa(limit), cursor}, func() (any, string, error) {
		register, err := h.service.Register(ctx, letter, limit, cursor)
		return register, "", err
	})
}

// ListPopularServices answers GET /api/v1/services/popular.
func (h *Handlers) ListPopularServices(ctx context.Context, r api.ListPopularServicesRequestObject) (api.ListPopularServicesResponseObject, error) {
	ars := value(r.Params.Ars)
	return h.remembered(ctx, []string{"popular", ars}, func() (any, string, error) {
		items, err := h.service.Popular(ctx, ars)
		return types.PopularServices{Items: items}, "", err
	})
}

// GetService answers GET /api/v1/services/{serviceId}.
func (h *Handlers) GetService(ctx context.Context, r api.GetServiceRequestObject) (api.GetServiceResponseObject, error) {
	h.service.views.add(r.ServiceId)
	ars := value(r.Params.Ars)
	if r.Params.Language != nil {
		ctx = httpx.WithLanguage(ctx, *r.Params.Language)
	}
	return h.remembered(ctx, []string{"service", r.ServiceId.String(), ars}, func() (any, string, error) {
		service, err := h.service.Service(ctx, r.ServiceId, ars)
		return service, service.Language, err
	})
}

// ListServiceAlternatives answers GET /api/v1/services/{serviceId}/alternatives.
func (h *Handlers) ListServiceAlternatives(ctx context.Context, r api.ListServiceAlternativesRequestObject) (api.ListServiceAlternativesResponseObject, error) {
	ars := value(r.Params.Ars)
	return h.remembered(ctx, []string{"alternatives", r.ServiceId.String(), ars}, func() (any, string, error) {
		alternatives, err := h.service.Alternatives(ctx, r.ServiceId, ars)
		return alternatives, "", err
	})
}

// ListOffers answers GET /api/v1/services/{serviceId}/offers.
func (h *Handlers) ListOffers(ctx context.Context, r api.ListOffersRequestObject) (api.ListOffersResponseObject, error) {
	ars, who := value(r.Params.Ars), askerOf(r.Params.Audience, r.Params.Surname, r.Params.Age)
	return h.remembered(ctx, append([]string{"offers", r.ServiceId.String(), ars}, who.key()...), func() (any, string, error) {
		offers, err := h.service.Offers(ctx, r.ServiceId, ars, who)
		return offers, "", err
	})
}

// ExplainOffers answers GET /api/v1/services/{serviceId}/offers/explanation.
func (h *Handlers) ExplainOffers(ctx context.Context, r api.ExplainOffersRequestObject) (api.ExplainOffersResponseObject, error) {
	who := askerOf(r.Params.Audience, r.Params.Surname, r.Params.Age)
	return h.remembered(ctx, append([]string{"explanation", r.ServiceId.String(), r.Params.Ars}, who.key()...), func() (any, string, error) {
		explanation, err := h.service.Explain(ctx, r.ServiceId, r.Params.Ars, who)
		return explanation, "", err
	})
}

func askerOf(audience *types.Audience, surname *string, age *int) Asker {
	return Asker{Audience: string(value(audience)), Surname: value(surname), Age: age}
}

// key names the asker among remembered answers.
func (a Asker) key() []string {
	age := ""
	if a.Age != nil {
		age = strconv.Itoa(*a.Age)
	}
	return []string{a.Audience, foldSurname(a.Surname), age}
}

// ListCategories answers GET /api/v1/categories.
func (h *Handlers) ListCategories(ctx context.Context, _ api.ListCategoriesRequestObject) (api.ListCategoriesResponseObject, error) {
	return h.remembered(ctx, []string{"categories"}, func() (any, string, error) {
		items, err := h.service.Categories(ctx)
		return types.CategoryList{Items: items}, "", err
	})
}

// GetOrganisation answers GET /api/v1/organisations/{organisationId}.
func (h *Handlers) GetOrganisation(ctx context.Context, r api.GetOrganisationRequestObject) (api.GetOrganisationResponseObject, error) {
	return h.remembered(ctx, []string{"organisation", r.OrganisationId.String()}, func() (any, string, error) {
		organisation, err := h.service.Organisation(ctx, r.OrganisationId)
		return organisation, "", err
	})
}

// ListOrganisations answers GET /api/v1/organisations.
func (h *Handlers) ListOrganisations(ctx context.Context, r api.ListOrganisationsRequestObject) (api.ListOrganisationsResponseObject, error) {
	q := OfficeQuery{Words: strings.TrimSpace(value(r.Params.Q)), ARS: value(r.Params.Ars), Letter: value(r.Params.Letter), Limit: value(r.Params.Limit), Cursor: value(r.Params.Cursor)}
	return h.remembered(ctx, []string{"organisations", q.Words, q.ARS, q.Letter, strconv.Itoa(q.Limit), q.Cursor}, func() (any, string, error) {
		list, err := h.service.Organisations(ctx, q)
		return list, "", err
	})
}

// ListOrganisationServices answers GET /api/v1/organisations/{organisationId}/services.
func (h *Handlers) ListOrganisationServices(ctx context.Context, r api.ListOrganisationServicesRequestObject) (api.ListOrganisationServicesResponseObject, error) {
	limit, cursor := value(r.Params.Limit), value(r.Params.Cursor)
	return h.remembered(ctx, []string{"organisation services", r.OrganisationId.String(), strconv.Itoa(limit), cursor}, func() (any, string, error) {
		list, err := h.service.OrganisationServices(ctx, r.OrganisationId, limit, cursor)
		return list, "", err
	})
}

func (h *Handlers) remembered(ctx context.Context, key []string, make func() (any, string, error)) (response, error) {
	a, err := h.service.answers.of(ctx, key, make)
	if err != nil {
		return response{}, err
	}
	return response{answer: a, request: httpx.RequestOf(ctx)}, nil
}

func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// response writes an answer that is JSON already. A reader that has this very answer gets 304 without it.
type response struct {
	answer
	request *http.Request
}

func (r response) write(w http.ResponseWriter) error {
	header := w.Header()
	header.Set("ETag", r.etag)
	if r.language != "" {
		header.Set("Content-Language", r.language)
	}
	if r.request != nil && matches(r.request.Header.Get("If-None-Match"), r.etag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	header.Set("Content-Type", "application/json")
	header.Set("Content-Length", strconv.Itoa(len(r.body)))
	w.WriteHeader(http.StatusOK)
	_, err := w.Write(r.body)
	return err
}

// matches compares weakly, as RFC 9110 section 13.1.2 asks for.
func matches(header, etag string) bool {
	for tag := range strings.SplitSeq(header, ",") {
		if tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/"); tag == etag || tag == "*" {
			return true
		}
	}
	return false
}

// VisitListServicesResponse writes the list.
func (r response) VisitListServicesResponse(w http.ResponseWriter) error { return r.write(w) }

// VisitSearchCatalogResponse writes what was found.
func (r response) VisitSearchCatalogResponse(w http.ResponseWriter) error { return r.write(w) }

// VisitSuggestSearchResponse writes the suggestions.
func (r response) VisitSuggestSearchResponse(w http.ResponseWriter) error { return r.write(w) }

// VisitSuggestServicesResponse writes the suggestions.
func (r response) VisitSuggestServicesResponse(w http.ResponseWriter) error { return r.write(w) }

// VisitBrowseServicesResponse writes the services from A to Z.
func (r response) VisitBrowseServicesResponse(w http.ResponseWriter) error { return r.write(w) }

// VisitListServiceAlternativesResponse writes what there is instead.
func (r response) VisitListServiceAlternativesResponse(w http.ResponseWriter) error {
	return r.write(w)
}

// VisitListPopularServicesResponse writes the services that many need.
func (r response) VisitListPopularServicesResponse(w http.ResponseWriter) error { return r.write(w) }

// VisitGetServiceResponse writes the service.
func (r response) VisitGetServiceResponse(w http.ResponseWriter) error { return r.write(w) }

// VisitListOffersResponse writes the offers.
func (r response) VisitListOffersResponse(w http.ResponseWriter) error { return r.write(w) }

// VisitListCategoriesResponse writes the life situations.
func (r response) VisitListCategoriesResponse(w http.ResponseWriter) error { return r.write(w) }

// VisitGetOrganisationResponse writes the office.
func (r response) VisitGetOrganisationResponse(w http.ResponseWriter) error { return r.write(w) }

// VisitExplainOffersResponse writes the explanation.
func (r response) VisitExplainOffersResponse(w http.ResponseWriter) error { return r.write(w) }

// VisitListOrganisationsResponse writes the offices.
func (r response) VisitListOrganisationsResponse(w http.ResponseWriter) error { return r.write(w) }

// VisitListOrganisationServicesResponse writes the services.
func (r response) VisitListOrganisationServicesResponse(w http.ResponseWriter) error {
	return r.write(w)
}

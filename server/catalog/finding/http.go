package finding

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"

	"github.com/google/uuid"
	openapi "github.com/oapi-codegen/runtime/types"

	api "portalverbund/api/search"
	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/paging"
	"portalverbund/server/platform/problem"
)

const defaultLimit = 20

// Handlers answers the operations of the tag search.
type Handlers struct{ s *Service }

var _ api.StrictServerInterface = (*Handlers)(nil)

// NewHandlers makes the Handlers of a Service.
func NewHandlers(s *Service) *Handlers { return &Handlers{s: s} }

// editors refuses everybody else. The contract has done so before; here it protects against a contract that forgets.
func editors(ctx context.Context) error {
	if !slices.ContainsFunc([]string{"editor", "publisher", "admin"}, httpx.CallerOf(ctx).HasRole) {
		return problem.Forbidden("role-missing", "Dafür haben Sie an diesem Portal keine Berechtigung.", "You are not allowed to do this at this portal.")
	}
	return nil
}

// ListSearchSynonyms answers GET /api/v1/admin/search/synonyms.
func (h *Handlers) ListSearchSynonyms(ctx context.Context, r api.ListSearchSynonymsRequestObject) (api.ListSearchSynonymsResponseObject, error) {
	if err := editors(ctx); err != nil {
		return nil, err
	}
	var after Position
	if err := readCursor(r.Params.Cursor, &after); err != nil {
		return nil, err
	}
	limit := limitOf(r.Params.Limit)
	list, total, err := h.s.Synonyms(ctx, after, limit+1)
	if err != nil {
		return nil, err
	}
	out := types.SearchSynonymList{Items: []types.SearchSynonym{}, Total: total, BuiltIn: h.s.catalog.BuiltInSynonyms()}
	for i, s := range list {
		if i == limit {
			last := list[limit-1]
			out.NextCursor = writeCursor(Position{Words: strings.ToLower(last.Says[0]), ID: last.ID})
			break
		}
		out.Items = append(out.Items, wire(s))
	}
	return api.ListSearchSynonyms200JSONResponse(out), nil
}

// CreateSearchSynonym answers POST /api/v1/admin/search/synonyms.
func (h *Handlers) CreateSearchSynonym(ctx context.Context, r api.CreateSearchSynonymRequestObject) (api.CreateSearchSynonymResponseObject, error) {
	if err := editors(ctx); err != nil {
		return nil, err
	}
	s, err := h.s.Add(ctx, r.Params.IdempotencyKey, r.Body.Says, r.Body.Means)
	return api.CreateSearchSynonym201JSONResponse(wire(s)), err
}

// UpdateSearchSynonym answers PUT /api/v1/admin/search/synonyms/{synonymId}.
func (h *Handlers) UpdateSearchSynonym(ctx context.Context, r api.UpdateSearchSynonymRequestObject) (api.UpdateSearchSynonymResponseObject, error) {
	if err := editors(ctx); err != nil {
		return nil, err
	}
	s, err := h.s.Change(ctx, r.SynonymId, r.Params.IfMatch, r.Body.Says, r.Body.Means)
	return api.UpdateSearchSynonym200JSONResponse(wire(s)), err
}

// DeleteSearchSynonym answers DELETE /api/v1/admin/search/synonyms/{synonymId}.
func (h *Handlers) DeleteSearchSynonym(ctx context.Context, r api.DeleteSearchSynonymRequestObject) (api.DeleteSearchSynonymResponseObject, error) {
	if err := editors(ctx); err != nil {
		return nil, err
	}
	return api.DeleteSearchSynonym204Response{}, h.s.Remove(ctx, r.SynonymId, r.Params.IfMatch)
}

// PreviewSearchSynonym answers POST /api/v1/admin/search/synonym-preview.
func (h *Handlers) PreviewSearchSynonym(ctx context.Context, r api.PreviewSearchSynonymRequestObject) (api.PreviewSearchSynonymResponseObject, error) {
	if err := editors(ctx); err != nil {
		return nil, err
	}
	id := uuid.Nil
	if r.Body.Replaces != nil {
		id = *r.Body.Replaces
	}
	effects, err := h.s.Try(ctx, id, r.Body.Says, r.Body.Means)
	return api.PreviewSearchSynonym200JSONResponse{Items: effects}, err
}

// ListMissedSearches answers GET /api/v1/admin/search/missed.
func (h *Handlers) ListMissedSearches(ctx context.Context, r api.ListMissedSearchesRequestObject) (api.ListMissedSearchesResponseObject, error) {
	if err := editors(ctx); err != nil {
		return nil, err
	}
	after := FirstMissed()
	if err := readCursor(r.Params.Cursor, &after); err != nil {
		return nil, err
	}
	limit := limitOf(r.Params.Limit)
	list, err := h.s.Missed(ctx, after, limit+1)
	if err != nil {
		return nil, err
	}
	out := types.MissedSearchList{Items: []types.MissedSearch{}}
	for i, m := range list {
		if i == limit {
			last := list[limit-1]
			out.NextCursor = writeCursor(MissedPosition{Searches: last.Searches, ID: last.ID})
			break
		}
		out.Items = append(out.Items, types.MissedSearch{
			Id: m.ID, Words: m.Words, Searches: int(m.Searches), FirstDay: openapi.Date{Time: m.FirstDay}, LastDay: openapi.Date{Time: m.LastDay}, FindsNow: m.FindsNow,
		})
	}
	return api.ListMissedSearches200JSONResponse(out), nil
}

// DismissMissedSearch answers DELETE /api/v1/admin/search/missed/{missedId}.
func (h *Handlers) DismissMissedSearch(ctx context.Context, r api.DismissMissedSearchRequestObject) (api.DismissMissedSearchResponseObject, error) {
	if err := editors(ctx); err != nil {
		return nil, err
	}
	return api.DismissMissedSearch204Response{}, h.s.Dismiss(ctx, r.MissedId)
}

// ExplainSearch answers GET /api/v1/admin/search/explanation.
func (h *Handlers) ExplainSearch(ctx context.Context, r api.ExplainSearchRequestObject) (api.ExplainSearchResponseObject, error) {
	if err := editors(ctx); err != nil {
		return nil, err
	}
	ars := ""
	if r.Params.Ars != nil {
		ars = *r.Params.Ars
	}
	e, err := h.s.catalog.ExplainSearch(ctx, r.Params.Q, ars, r.Params.ServiceId)
	return api.ExplainSearch200JSONResponse(e), err
}

func wire(s Synonym) types.SearchSynonym {
	out := types.SearchSynonym{Id: s.ID, Says: s.Says, Means: s.Means, Etag: s.ETag(), ChangedAt: s.ChangedAt}
	if s.ChangedBy != "" {
		out.ChangedBy = &s.ChangedBy
	}
	return out
}

func limitOf(limit *int) int {
	if limit == nil {
		return defaultLimit
	}
	return *limit
}

// writeCursor says where a list goes on; readCursor reads it.
func writeCursor(position any) *string {
	b, err := json.Marshal(position)
	if err != nil {
		panic(err) // words and numbers can always be written
	}
	text := base64.RawURLEncoding.EncodeToString(b)
	return &text
}

func readCursor(cursor *string, position any) error {
	if cursor == nil || *cursor == "" {
		return nil
	}
	b, err := base64.RawURLEncoding.DecodeString(*cursor)
	if err != nil || json.Unmarshal(b, position) != nil || strings.Contains(string(b), `\u0000`) {
		return paging.NoSuchPage()
	}
	return nil
}

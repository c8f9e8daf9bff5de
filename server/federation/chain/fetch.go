package chain

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
)

const (
	maxList    = 1 << 20
	maxListed  = 20_000
	listAccept = "application/json"
)

// HTTP fetches over the network. Client limits time and size, follows no redirects and reaches no private addresses
// (platform/outbound).
type HTTP struct{ Client *http.Client }

// Fetch implements Fetcher.
func (h HTTP) Fetch(ctx context.Context, address string) (string, error) {
	body, err := h.get(ctx, address, MediaType, MaxStatement)
	return string(body), err
}

// List reads the identifiers of a superior's immediate subordinates (section 8.2).
func (h HTTP) List(ctx context.Context, address string) ([]string, error) {
	body, err := h.get(ctx, address, listAccept, maxList)
	if err != nil {
		return nil, err
	}
	var ids []string
	if err := json.Unmarshal(body, &ids); err != nil || len(ids) > maxListed {
		return nil, fmt.Errorf("%w: list of subordinates", ErrMalformed)
	}
	for _, id := range ids {
		if err := CheckID(id); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

func (h HTTP) get(ctx context.Context, address, mediaType string, limit int64) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	request.Header.Set("Accept", mediaType)
	response, err := h.Client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	defer func() { _ = response.Body.Close() }()
	switch {
	case response.StatusCode == http.StatusNotFound:
		return nil, fmt.Errorf("%w: %s", ErrNotFound, address)
	case response.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("%w: %s answered with status %d", ErrUnreachable, address, response.StatusCode)
	}
	if kind, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type")); kind != mediaType {
		return nil, fmt.Errorf("%w: %s answered %.60q", ErrMalformed, address, kind)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, limit+1))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	if int64(len(body)) > limit {
		return nil, fmt.Errorf("%w: %s answered more than %d bytes", ErrMalformed, address, limit)
	}
	return body, nil
}

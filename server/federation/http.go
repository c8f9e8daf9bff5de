package federation

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"portalverbund/api/federation"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

// Handlers answers the contract's operations of the tag federation.
type Handlers struct{ service *Service }

// NewHandlers makes the handlers.
func NewHandlers(s *Service) *Handlers { return &Handlers{service: s} }

var _ federation.StrictServerInterface = (*Handlers)(nil)

// ReceiveMessage takes an envelope and answers its receipt.
func (h *Handlers) ReceiveMessage(ctx context.Context, request federation.ReceiveMessageRequestObject) (federation.ReceiveMessageResponseObject, error) {
	body, err := io.ReadAll(io.LimitReader(request.Body, maxEnvelope+1))
	if err != nil {
		return nil, problem.BadRequest("message-malformed", "Die Nachricht ist nicht vollständig angekommen.", "The message did not arrive completely.").Because(err)
	}
	receipt, err := h.service.Receive(ctx, string(body))
	if err != nil {
		return nil, err
	}
	return federation.ReceiveMessage200ApplicationjoseResponse{Body: strings.NewReader(receipt), ContentLength: int64(len(receipt))}, nil
}

// ReceiveNudge notes that a member has something new.
func (h *Handlers) ReceiveNudge(ctx context.Context, _ federation.ReceiveNudgeRequestObject) (federation.ReceiveNudgeResponseObject, error) {
	member, err := memberOf(ctx)
	if err != nil {
		return nil, err
	}
	if err := h.service.Nudged(ctx, member); err != nil {
		return nil, err
	}
	return federation.ReceiveNudge204Response{}, nil
}

// ReadCatalog answers a page of the feed.
func (h *Handlers) ReadCatalog(ctx context.Context, request federation.ReadCatalogRequestObject) (federation.ReadCatalogResponseObject, error) {
	member, err := memberOf(ctx)
	if err != nil {
		return nil, err
	}
	after, limit := "", 0
	if request.Params.After != nil {
		after = *request.Params.After
	}
	if request.Params.Limit != nil {
		limit = *request.Params.Limit
	}
	page, err := h.service.CatalogPage(ctx, member, after, limit)
	if err != nil {
		return nil, err
	}
	return catalogPage{zipped: page, asZip: takesGzip(httpx.RequestOf(ctx))}, nil
}

// FetchAttachment answers a file, or the range of it that was asked for.
func (h *Handlers) FetchAttachment(ctx context.Context, request federation.FetchAttachmentRequestObject) (federation.FetchAttachmentResponseObject, error) {
	member, err := memberOf(ctx)
	if err != nil {
		return nil, err
	}
	r := httpx.RequestOf(ctx)
	if r == nil {
		return nil, problem.Internal(errors.New("no request in the context"))
	}
	a, err := h.service.openAttachment(ctx, member, request.AttachmentId)
	if err != nil {
		return nil, err
	}
	return file{attachment: a, request: r}, nil
}

// memberOf gives the member that calls.
func memberOf(ctx context.Context) (string, error) {
	caller := httpx.CallerOf(ctx)
	if caller.Kind != httpx.MemberCaller || caller.MemberID == "" {
		return "", problem.Unauthorized("member-required", "Nur für verbundene Portale.", "For linked portals only.")
	}
	return caller.MemberID, nil
}

// catalogPage writes a page compressed, or plain for a reader that does not take gzip.
type catalogPage struct {
	zipped []byte
	asZip  bool
}

// VisitReadCatalogResponse writes the answer.
func (p catalogPage) VisitReadCatalogResponse(w http.ResponseWriter) error {
	header := w.Header()
	header.Set("Content-Type", "application/x-ndjson")
	header.Set("Cache-Control", "no-store")
	header.Set("Vary", "Accept-Encoding")
	if p.asZip {
		header.Set("Content-Encoding", "gzip")
		header.Set("Content-Length", strconv.Itoa(len(p.zipped)))
		w.WriteHeader(http.StatusOK)
		_, err := w.Write(p.zipped)
		return err
	}
	plain, err := gzip.NewReader(bytes.NewReader(p.zipped))
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusOK)
	_, err = io.Copy(w, plain) //nolint:gosec // what we have packed ourselves
	return err
}

// takesGzip reads Accept-Encoding as far as needed: gzip is named and not ruled out.
func takesGzip(r *http.Request) bool {
	if r == nil {
		return false
	}
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.TrimSpace(name) == "gzip" && strings.ReplaceAll(weight, " ", "") != "q=0" {
			return true
		}
	}
	return false
}

// file writes an attachment, or a range of it (RFC 9110, 14).
type file struct {
	attachment
	request *http.Request
}

// VisitFetchAttachmentResponse writes the answer.
func (f file) VisitFetchAttachmentResponse(w http.ResponseWriter) error {
	defer func() { _ = f.content.Close() }()
	end, err := f.content.Seek(0, io.SeekEnd)
	if err != nil || end != f.size {
		return fmt.Errorf("attachment %s: has %d bytes instead of %d: %w", f.id, end, f.size, errors.Join(err, io.ErrUnexpectedEOF))
	}
	header := w.Header()
	header.Set("Content-Type", "application/octet-stream") // the receiver knows the type from the message
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": f.name}))
	header.Set("Cache-Control", "no-store")
	header.Set("ETag", `"`+f.id.String()+`"`) // content never changes
	http.ServeContent(w, f.request, "", time.Time{}, f.content)
	return nil
}

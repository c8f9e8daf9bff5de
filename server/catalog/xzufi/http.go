package xzufi

import (
	"context"
	"net/http"
	"slices"
	"strings"

	api "portalverbund/api/export"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

// Handlers answer those who collect the portal's delivery.
type Handlers struct{ exporter *Exporter }

// NewHandlers makes the handlers of the part export of the contract.
func NewHandlers(x *Exporter) *Handlers { return &Handlers{x} }

// ListDeliveryFiles answers GET /export/xzufi/2.2/index.txt.
func (h *Handlers) ListDeliveryFiles(ctx context.Context, _ api.ListDeliveryFilesRequestObject) (api.ListDeliveryFilesResponseObject, error) {
	files, err := h.exporter.Files(ctx)
	if err != nil {
		return nil, err
	}
	tags := make([]string, 0, len(files))
	for _, f := range files {
		tags = append(tags, f.Tag)
	}
	index := Index(files)
	return response{ctx: ctx, tag: h.exporter.tag(strings.Join(tags, " "), nil), kind: "text/plain; charset=utf-8", write: func(w http.ResponseWriter) error {
		_, err := w.Write([]byte(index))
		return err
	}}, nil
}

// GetDeliveryFile answers GET /export/xzufi/2.2/{file}.
func (h *Handlers) GetDeliveryFile(ctx context.Context, r api.GetDeliveryFileRequestObject) (api.GetDeliveryFileResponseObject, error) {
	files, err := h.exporter.Files(ctx)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(files, func(f File) bool { return f.Name == r.File })
	if at < 0 {
		return nil, problem.NotFound("delivery-file-unknown", "Diese Datei gehört nicht zur Lieferung.", "This file is not part of the delivery.").
			With(problem.Text{De: "Welche Dateien es gibt, steht in index.txt.", En: "index.txt says which files there are."})
	}
	return response{ctx: ctx, tag: files[at].Tag, kind: "application/xml; charset=utf-8", write: func(w http.ResponseWriter) error {
		if _, err := h.exporter.Write(ctx, files[at], w); err != nil {
			panic(http.ErrAbortHandler) // the collector must not take half a file for a whole one
		}
		return nil
	}}, nil
}

// response is written while it is made. The time in each message makes its bytes differ, so the tag is weak.
type response struct {
	ctx   context.Context //nolint:containedctx // of the request that is answered
	tag   string
	kind  string
	write func(http.ResponseWriter) error
}

func (r response) visit(w http.ResponseWriter) error {
	tag := `W/"` + r.tag + `"`
	w.Header().Set("ETag", tag)
	if request := httpx.RequestOf(r.ctx); request != nil {
		for known := range strings.SplitSeq(request.Header.Get("If-None-Match"), ",") {
			if known = strings.TrimSpace(known); known == tag || known == "*" {
				w.WriteHeader(http.StatusNotModified)
				return nil
			}
		}
	}
	w.Header().Set("Content-Type", r.kind)
	w.WriteHeader(http.StatusOK)
	return r.write(w)
}

// VisitListDeliveryFilesResponse writes the index.
func (r response) VisitListDeliveryFilesResponse(w http.ResponseWriter) error { return r.visit(w) }

// VisitGetDeliveryFileResponse writes a file.
func (r response) VisitGetDeliveryFileResponse(w http.ResponseWriter) error { return r.visit(w) }

package applications

import (
	"context"
	"encoding/base64"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	api "portalverbund/api/applications"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

// What tus 1.0 calls this server.
const (
	tusVersion    = "1.0.0"
	tusExtensions = "creation,expiration,termination,checksum"
	tusAlgorithms = "sha256,sha1"
	tusMediaType  = "application/offset+octet-stream"
)

var (
	errTusVersion = &problem.Error{Status: http.StatusPreconditionFailed, Code: "tus-version", Title: problem.Text{
		De: "Uploads in Teilen gehen nur mit tus 1.0.0.", En: "Uploads in parts take tus 1.0.0 only.",
	}}
	errMetadata = problem.BadRequest("upload-metadata", "Der Name der Datei oder das Feld fehlt.", "The name of the file or the field is missing.").
			With(problem.Text{De: "Upload-Metadata nennt filename und field, jeweils in Base64.", En: "Upload-Metadata names filename and field, each in base64."})
)

// tusRefused is a problem as an answer to a tus client: with the version, as every answer has it.
type tusRefused struct{ error }

func refuse(err error) tusRefused { return tusRefused{err} }

func (r tusRefused) visit(w http.ResponseWriter) error {
	w.Header().Set("Tus-Resumable", tusVersion)
	if problem.Is(r.error, errTusVersion.Code) {
		w.Header().Set("Tus-Version", tusVersion)
	}
	return r.error
}

// VisitCreateUploadResponse hands the problem on.
func (r tusRefused) VisitCreateUploadResponse(w http.ResponseWriter) error { return r.visit(w) }

// VisitGetUploadOffsetResponse hands the problem on.
func (r tusRefused) VisitGetUploadOffsetResponse(w http.ResponseWriter) error { return r.visit(w) }

// VisitContinueUploadResponse hands the problem on.
func (r tusRefused) VisitContinueUploadResponse(w http.ResponseWriter) error { return r.visit(w) }

// VisitEndUploadResponse hands the problem on.
func (r tusRefused) VisitEndUploadResponse(w http.ResponseWriter) error { return r.visit(w) }

func checkTus(version *string) error {
	if version == nil || *version != tusVersion {
		return errTusVersion
	}
	return nil
}

// DescribeUploads answers OPTIONS /api/v1/applications/{applicationId}/uploads.
func (h *Handlers) DescribeUploads(context.Context, api.DescribeUploadsRequestObject) (api.DescribeUploadsResponseObject, error) {
	return api.DescribeUploads204Response{Headers: api.DescribeUploads204ResponseHeaders{
		TusResumable: tusVersion, TusVersion: tusVersion, TusExtension: tusExtensions, TusMaxSize: MaxUpload, TusChecksumAlgorithm: tusAlgorithms,
	}}, nil
}

// CreateUpload answers POST /api/v1/applications/{applicationId}/uploads.
func (h *Handlers) CreateUpload(ctx context.Context, request api.CreateUploadRequestObject) (api.CreateUploadResponseObject, error) {
	if err := checkTus(request.Params.TusResumable); err != nil {
		return refuse(err), nil
	}
	n, err := newUploadOf(request.Params.UploadMetadata)
	if err != nil {
		return refuse(err), nil
	}
	n.Length = request.Params.UploadLength
	id, state, err := h.service.CreateUpload(ctx, request.ApplicationId, n)
	if err != nil {
		return refuse(err), nil
	}
	return api.CreateUpload201Response{Headers: api.CreateUpload201ResponseHeaders{
		Location: uploadAddress(request.ApplicationId, id), TusResumable: tusVersion, UploadExpires: state.expires(),
	}}, nil
}

func uploadAddress(applicationID, id uuid.UUID) string {
	return "/api/v1/applications/" + applicationID.String() + "/uploads/" + id.String()
}

func (u UploadState) expires() string { return u.Expires.UTC().Format(http.TimeFormat) }

// newUploadOf reads Upload-Metadata: pairs of a key and its value in base64.
func newUploadOf(text string) (n NewUpload, err error) {
	for pair := range strings.SplitSeq(text, ",") {
		key, encoded, _ := strings.Cut(strings.TrimSpace(pair), " ")
		value, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			return n, errMetadata.Because(err)
		}
		switch key {
		case "filename":
			n.Name = string(value)
		case "field":
			n.Field = string(value)
		case "fingerprint":
			n.Fingerprint = string(value)
		}
	}
	if n.Name == "" || n.Field == "" || !utf8.ValidString(n.Field) {
		return n, errMetadata
	}
	return n, nil
}

// GetUploadOffset answers HEAD /api/v1/applications/{applicationId}/uploads/{uploadId}.
func (h *Handlers) GetUploadOffset(ctx context.Context, request api.GetUploadOffsetRequestObject) (api.GetUploadOffsetResponseObject, error) {
	if err := checkTus(request.Params.TusResumable); err != nil {
		return refuse(err), nil
	}
	state, err := h.service.UploadState(ctx, request.ApplicationId, request.UploadId)
	if err != nil {
		return refuse(err), nil
	}
	return api.GetUploadOffset200Response{Headers: api.GetUploadOffset200ResponseHeaders{
		TusResumable: tusVersion, UploadExpires: state.expires(), UploadLength: state.Length, UploadOffset: state.Offset,
	}}, nil
}

// ContinueUpload answers PATCH /api/v1/applications/{applicationId}/uploads/{uploadId}.
func (h *Handlers) ContinueUpload(ctx context.Context, request api.ContinueUploadRequestObject) (api.ContinueUploadResponseObject, error) {
	if err := checkTus(request.Params.TusResumable); err != nil {
		return refuse(err), nil
	}
	p := Part{Offset: request.Params.UploadOffset, Length: -1, Content: request.Body}
	if sum := request.Params.UploadChecksum; sum != nil {
		p.Checksum = *sum
	}
	if r := httpx.RequestOf(ctx); r != nil {
		p.Length = r.ContentLength
		if mediaType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); mediaType != tusMediaType { // none where it cannot be read
			return refuse(errPartType), nil
		}
	}
	state, err := h.service.ContinueUpload(ctx, request.ApplicationId, request.UploadId, p)
	if err != nil {
		return refuse(err), nil
	}
	return api.ContinueUpload204Response{Headers: api.ContinueUpload204ResponseHeaders{
		TusResumable: tusVersion, UploadExpires: state.expires(), UploadOffset: state.Offset,
	}}, nil
}

var errPartType = problem.UnsupportedMediaType("content-type", "Diese Art von Inhalt wird hier nicht angenommen.", "This kind of content is not taken here.").
	With(problem.Text{De: "Teile eines Uploads kommen als " + tusMediaType + ".", En: "Parts of an upload come as " + tusMediaType + "."})

// EndUpload answers DELETE /api/v1/applications/{applicationId}/uploads/{uploadId}.
func (h *Handlers) EndUpload(ctx context.Context, request api.EndUploadRequestObject) (api.EndUploadResponseObject, error) {
	if err := checkTus(request.Params.TusResumable); err != nil {
		return refuse(err), nil
	}
	if err := h.service.EndUpload(ctx, request.ApplicationId, request.UploadId); err != nil {
		return refuse(err), nil
	}
	return api.EndUpload204Response{Headers: api.EndUpload204ResponseHeaders{TusResumable: tusVersion}}, nil
}

package mailbox

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/files"
	"portalverbund/server/platform/problem"
)

const (
	maxDocuments    = 10 // with one message
	maxDocumentName = 300
)

// fitting says whether documents are fit to be shown.
func fitting(list []types.EventDocument) bool {
	if len(list) > maxDocuments {
		return false
	}
	for _, d := range list {
		if d.Id == uuid.Nil || strings.TrimSpace(d.Name) == "" || !utf8.ValidString(d.Name) || utf8.RuneCountInString(d.Name) > maxDocumentName ||
			d.Size < 0 || !files.ValidHash(d.Sha256) || files.OfType(d.MediaType) == (files.Kind{}) {
			return false
		}
	}
	return true
}

// keepDocuments puts what came with a message into an account's safe, each document once. One that the sending portal does not have yet is
// 503: again later.
func (s *Service) keepDocuments(ctx context.Context, account uuid.UUID, m Message) error {
	for _, d := range m.Documents {
		if err := s.keepDocument(ctx, account, m, d); err != nil && !problem.Is(err, "document-there") {
			return err
		}
	}
	return nil
}

func (s *Service) keepDocument(ctx context.Context, account uuid.UUID, m Message, d types.EventDocument) error {
	content, err := s.papers.OpenDocument(ctx, m.origin, d.Id)
	if err != nil {
		return &problem.Error{
			Status: http.StatusServiceUnavailable, Code: "document-not-yet",
			Title:  problem.Text{De: "Ein Dokument konnte noch nicht geholt werden.", En: "A document could not be fetched yet."},
			Detail: problem.Text{De: "Bitte versuchen Sie es in einem Moment noch einmal.", En: "Please try again in a moment."},
		}
	}
	defer func() { _ = content.Close() }()         // it was only read
	source := uuid.NewSHA1(d.Id, []byte(m.origin)) // two portals may call a file the same
	if _, err := s.safe.KeepLetter(ctx, account, source, strings.TrimSuffix(d.Name, files.OfType(d.MediaType).Extension), m.Sender, m.At, io.LimitReader(content, d.Size+1)); err != nil {
		return fmt.Errorf("keep document: %w", err)
	}
	return nil
}

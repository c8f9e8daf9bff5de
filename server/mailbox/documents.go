package mailbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/files"
	"portalverbund/server/platform/problem"
	"portalverbund/server/platform/scan"
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

// errNotYet is for a document that the sending portal does not have yet, or that cannot be read there at this moment.
var errNotYet = errors.New("the sending portal does not have the document yet")

// keepDocuments puts what came with a message into an account's safe, each document once, and gives those that the sending portal does not have
// yet. What is refused (for want of room, or as it is harmful) ends it.
func (s *Service) keepDocuments(ctx context.Context, account uuid.UUID, m Message) (missing []uuid.UUID, err error) {
	for _, d := range m.Documents {
		switch err := s.keepDocument(ctx, account, m, d); {
		case errors.Is(err, errNotYet):
			missing = append(missing, d.Id)
		case err != nil && !problem.Is(err, "document-there"):
			return missing, err
		}
	}
	return missing, nil
}

func (s *Service) keepDocument(ctx context.Context, account uuid.UUID, m Message, d types.EventDocument) error {
	content, err := s.papers.OpenDocument(ctx, m.origin, d.Id)
	switch {
	case errors.Is(err, files.ErrRefused): // there was something harmful in it
		return scan.ErrHarmful.Because(err)
	case err != nil:
		return fmt.Errorf("%w: %w", errNotYet, err)
	}
	defer func() { _ = content.Close() }()         // it was only read
	source := uuid.NewSHA1(d.Id, []byte(m.origin)) // two portals may call a file the same
	_, err = s.safe.KeepLetter(ctx, account, source, strings.TrimSuffix(d.Name, files.OfType(d.MediaType).Extension), m.Sender, m.At, io.LimitReader(content, d.Size+1))
	switch {
	case problem.Is(err, "upload-broken"): // on the way from the sending portal
		return fmt.Errorf("%w: %w", errNotYet, err)
	case err != nil:
		return fmt.Errorf("keep document: %w", err)
	}
	return nil
}

// inSafe is what is said of a message that lies in the safe.
func inSafe(missing []uuid.UUID) types.MessageSafe {
	if len(missing) > 0 {
		return types.MessageSafe{State: types.SafeFetching, Missing: &missing}
	}
	return types.MessageSafe{State: types.SafeKept}
}

func fetching(safe *types.MessageSafe) bool { return safe != nil && safe.State == types.SafeFetching }

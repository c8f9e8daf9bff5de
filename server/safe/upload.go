package safe

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/blob"
	"portalverbund/server/platform/envelope"
	"portalverbund/server/platform/files"
	"portalverbund/server/platform/problem"
	"portalverbund/server/platform/scan"
)

// Upload is a document on its way in.
type Upload struct {
	Name    string    // as the person's device calls it
	Length  int64     // bytes as announced; -1 when not announced
	Content io.Reader // the file itself
}

// File is a document on its way out, to be closed.
type File struct {
	Name    string
	Size    int64
	Content io.ReadSeekCloser
}

// Add puts a document into the caller's safe. It is refused before it is read whole when it is too large (413), of another kind than PDF,
// JPEG and PNG (415), whatever it is called, or more than there is room for (409).
func (s *Service) Add(ctx context.Context, u Upload) (types.SafeDocument, error) {
	account, err := s.citizen(ctx)
	if err != nil {
		return types.SafeDocument{}, err
	}
	return s.add(ctx, account, u, label{Kind: types.DocumentOther})
}

// add keeps a document of an account with a label, whose name and hash come from the file.
func (s *Service) add(ctx context.Context, account uuid.UUID, u Upload, l label) (types.SafeDocument, error) {
	if u.Length > MaxDocument {
		return types.SafeDocument{}, errTooLarge
	}
	source := &files.Watched{R: u.Content}
	kind, content, known, err := source.Sniff()
	if err != nil {
		return types.SafeDocument{}, errBroken(err)
	}
	if !known {
		return types.SafeDocument{}, errKind
	}
	l.Name = files.CleanName(u.Name, kind)
	r, key, err := s.newRow(account, u.Length, kind)
	if err != nil {
		return types.SafeDocument{}, err
	}
	r.Source = l.source
	if r.Sealed, err = s.seal(r.ID, l); err != nil {
		return types.SafeDocument{}, err
	}
	if err := s.reserve(ctx, r); err != nil {
		return types.SafeDocument{}, err
	}
	kept := false
	defer func() {
		if !kept {
			s.discard(ctx, r.ID)
		}
	}()
	info, err := s.Store.Under(key).Put(ctx, objectKey(r.ID), content, min(r.Size, MaxDocument))
	switch {
	case errors.Is(err, blob.ErrTooLarge):
		return types.SafeDocument{}, errTooLarge
	case err != nil && source.Err != nil:
		return types.SafeDocument{}, errBroken(source.Err)
	case err != nil:
		return types.SafeDocument{}, fmt.Errorf("store document: %w", err)
	}
	if err := scan.Problem(s.Scanner.CheckKept(ctx, s.Store.Under(key), objectKey(r.ID))); err != nil {
		return types.SafeDocument{}, err
	}
	l.SHA256 = hex.EncodeToString(info.SHA256[:])
	r.Ready, r.Size, r.DeleteAt = true, info.Size, nil
	if r.Sealed, err = s.seal(r.ID, l); err != nil {
		return types.SafeDocument{}, err
	}
	there, err := s.finish(ctx, r)
	if err == nil && !there {
		err = errBroken(errors.New("the upload took too long, or the account is gone"))
	}
	if err != nil {
		return types.SafeDocument{}, err
	}
	kept = true
	return s.document(r)
}

// errBroken is for an upload whose sender, or whose limit, ended it.
func errBroken(cause error) error { return files.Broken(cause, errTooLarge) }

// newRow makes the row of a document, with a random key for its file.
func (s *Service) newRow(account uuid.UUID, length int64, kind files.Kind) (r row, key [envelope.KeySize]byte, err error) {
	id, err := uuid.NewV7()
	if err != nil {
		return r, key, fmt.Errorf("make id: %w", err)
	}
	_, _ = rand.Read(key[:]) // never fails
	now := s.Now()
	until := now.Add(uploadTime)
	if length < 0 {
		length = MaxDocument
	}
	r = row{ID: id, AccountID: account, MediaType: kind.MediaType, Size: length, CreatedAt: now, DeleteAt: &until}
	if r.Master, err = s.Master.Current(); err != nil {
		return r, key, err
	}
	r.Wrapped, err = s.Master.Wrap(key, id[:])
	return r, key, err
}

// reserve sets room aside for a document that is being uploaded. When the upload breaks without a trace, the sweeping job removes it.
func (s *Service) reserve(ctx context.Context, r row) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		if err := s.lockSafe(ctx, r.AccountID); err != nil {
			return err
		}
		if err := s.checkRoom(ctx, r.AccountID, r.Size, false); err != nil {
			return err
		}
		return s.create(ctx, r)
	})
}

// discard removes what is left of an upload that failed, also when the caller has gone.
func (s *Service) discard(ctx context.Context, id uuid.UUID) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUpTime)
	defer cancel()
	err := s.Store.Delete(ctx, objectKey(id))
	if err == nil {
		err = s.remove(ctx, id)
	}
	if err != nil {
		s.Log.WarnContext(ctx, "broken upload is left to the sweeping job", "document", id, "error", err)
	}
}

// Open opens one of the caller's documents; somebody else's, and a deleted one, is unknown (404).
func (s *Service) Open(ctx context.Context, id uuid.UUID) (File, error) {
	account, err := s.citizen(ctx)
	if err != nil {
		return File{}, err
	}
	r, err := s.one(ctx, account, id)
	if err != nil {
		return File{}, err
	}
	return s.open(ctx, r)
}

func (s *Service) open(ctx context.Context, r row) (File, error) {
	l, err := s.label(r)
	if err != nil {
		return File{}, err
	}
	key, err := s.Master.Unwrap(r.Wrapped, r.ID[:])
	if err != nil {
		return File{}, err
	}
	content, size, err := s.Store.Under(key).Open(ctx, objectKey(r.ID))
	if err != nil {
		return File{}, fmt.Errorf("open document: %w", err)
	}
	return File{Name: l.Name, Size: size, Content: content}, nil
}

// Change names and labels a document of the caller; the extension of its name stays what the file is.
func (s *Service) Change(ctx context.Context, id uuid.UUID, to types.SafeDocumentLabel) (d types.SafeDocument, err error) {
	account, err := s.citizen(ctx)
	if err != nil {
		return d, err
	}
	if strings.TrimSpace(to.Name) == "" || !utf8.ValidString(to.Name) {
		return d, problem.Invalid(problem.FieldError{Pointer: "/name", Code: "required"})
	}
	if to.ValidUntil != nil && (to.ValidUntil.Year() < 1900 || to.ValidUntil.Year() > s.Now().Year()+100) {
		return d, problem.Invalid(problem.FieldError{Pointer: "/validUntil", Code: "date", Message: problem.Text{
			De: "Bitte prüfen Sie das Datum.", En: "Please check the date.",
		}})
	}
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		r, err := s.lock(ctx, account, id)
		if err != nil {
			return err
		}
		if r.DeletedAt != nil {
			return errUnknown
		}
		l, err := s.label(r)
		if err != nil {
			return err
		}
		l.Name, l.Kind, l.ValidUntil = files.CleanName(to.Name, files.OfType(r.MediaType)), to.Kind, ""
		if to.ValidUntil != nil {
			l.ValidUntil = to.ValidUntil.Format(time.DateOnly)
		}
		if r.Sealed, err = s.seal(r.ID, l); err != nil {
			return err
		}
		if err := s.save(ctx, r); err != nil {
			return err
		}
		d, err = s.document(r)
		return err
	})
	return d, err
}

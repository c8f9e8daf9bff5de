package accounts

import (
	"archive/zip"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"portalverbund/server/platform/httpx"
)

// Files gives the files that a person keeps at this portal, one after the other. What add returns ends it.
type Files interface {
	PersonFiles(ctx context.Context, person httpx.Person, add func(name string, at time.Time, content io.Reader) error) error
}

// Names of what is in an exported archive.
const (
	pageInArchive   = "meine-daten.html"
	folderInArchive = "dokumente/"
)

// exportArchive writes all that is held about a person as a page, and beside it the files of their safe, as a ZIP archive. An archive that breaks
// off has no directory at its end, so that nobody takes it for whole.
func (s *Service) exportArchive(ctx context.Context, id uuid.UUID, w io.Writer, language string) error {
	archive := zip.NewWriter(w)
	page, err := archive.CreateHeader(&zip.FileHeader{Name: pageInArchive, Method: zip.Deflate, Modified: s.Now()})
	if err != nil {
		return fmt.Errorf("write archive: %w", err)
	}
	if err := s.export(ctx, id, newHTMLExport(page, language)); err != nil {
		return err
	}
	if s.rooms.Files != nil {
		if err := s.archiveFiles(ctx, id, archive); err != nil {
			return err
		}
	}
	if err := archive.Close(); err != nil {
		return fmt.Errorf("write archive: %w", err)
	}
	return nil
}

func (s *Service) archiveFiles(ctx context.Context, id uuid.UUID, archive *zip.Writer) error {
	taken := map[string]bool{}
	return s.rooms.Files.PersonFiles(ctx, httpx.Person{Issuer: s.Self.Id, Subject: id.String()}, func(name string, at time.Time, content io.Reader) error {
		path := nameInArchive(name, taken)
		file, err := archive.CreateHeader(&zip.FileHeader{Name: path, Method: zip.Store, Modified: at}) // PDF and pictures are compressed
		if err != nil {
			return fmt.Errorf("write archive: %w", err)
		}
		if _, err := io.Copy(file, content); err != nil {
			return fmt.Errorf("write archive: %w", err)
		}
		return nil
	})
}

// nameInArchive gives a path that no other file of the archive has, whatever the case of letters, and that leads nowhere else.
func nameInArchive(name string, taken map[string]bool) string {
	name = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, r) || r < ' ' {
			return '_'
		}
		return r
	}, name)
	path := folderInArchive + name
	for n := 2; taken[strings.ToLower(path)]; n++ {
		path = folderInArchive + strconv.Itoa(n) + " " + name
	}
	taken[strings.ToLower(path)] = true
	return path
}

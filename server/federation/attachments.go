package federation

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/google/uuid"

	"portalverbund/server/platform/files"
	"portalverbund/server/platform/problem"
)

const (
	resumeTries = 5                // in a row without a byte
	stallTime   = 30 * time.Second // without a byte, then the transfer counts as broken
)

// ErrAttachmentGone is returned by FetchAttachment when the other portal does not have the file for us (any more).
var ErrAttachmentGone = errors.New("the other portal does not give this file")

// FetchAttachment opens a file that a member's message refers to, from an offset on. When the transfer breaks, it goes
// on where it broke, by itself for a few times and then by the caller, with another offset. Whether the content is the
// right one is for the caller to check by its hash.
func (s *Service) FetchAttachment(ctx context.Context, member string, id uuid.UUID, offset int64) (io.ReadCloser, error) {
	from, err := s.trust.Member(ctx, member)
	if err != nil {
		return nil, err
	}
	t := &transfer{service: s, ctx: ctx, from: from, path: "/federation/v1/attachments/" + id.String(), offset: offset}
	if err := t.open(); err != nil {
		return nil, fmt.Errorf("fetch attachment %s from %s: %w", id, member, err)
	}
	return t, nil
}

// transfer reads a file and resumes where it broke.
type transfer struct {
	service *Service
	ctx     context.Context //nolint:containedctx // a reader has no other way to be ended
	from    Member
	path    string
	offset  int64
	tag     string // of the file at the first answer: a changed one is not continued

	body   io.ReadCloser
	cancel context.CancelFunc
	stall  *time.Timer
	tries  int
}

// open asks for the rest of the file.
func (t *transfer) open() error {
	ctx, cancel := context.WithCancel(t.ctx)
	header := http.Header{"Accept-Encoding": {"identity"}}
	if t.offset > 0 {
		header.Set("Range", fmt.Sprintf("bytes=%d-", t.offset))
	}
	response, err := t.service.call(ctx, t.service.transfers, http.MethodGet, t.from, t.path, header)
	if err != nil {
		cancel()
		return err
	}
	if err := t.check(response); err != nil {
		_ = response.Body.Close()
		cancel()
		return err
	}
	t.body, t.cancel = response.Body, cancel
	if response.StatusCode == http.StatusRequestedRangeNotSatisfiable { // the offset is the file's end
		_ = response.Body.Close()
		t.body = http.NoBody
	}
	t.stall = time.AfterFunc(stallTime, cancel)
	return nil
}

// check wants the rest of the same file.
func (t *transfer) check(response *http.Response) error {
	switch response.StatusCode {
	case http.StatusOK:
		if t.offset > 0 {
			return errors.New("the other portal does not resume")
		}
	case http.StatusPartialContent:
		var from, to int64
		_, err := fmt.Sscanf(response.Header.Get("Content-Range"), "bytes %d-%d/", &from, &to)
		if err != nil || from != t.offset {
			return fmt.Errorf("asked from byte %d on, got %q", t.offset, shortened(response.Header.Get("Content-Range")))
		}
	case http.StatusRequestedRangeNotSatisfiable:
		var size int64
		if _, err := fmt.Sscanf(response.Header.Get("Content-Range"), "bytes */%d", &size); err != nil || size != t.offset {
			return fmt.Errorf("no byte %d in this file", t.offset)
		}
		return nil
	case http.StatusGone:
		return fmt.Errorf("%w: %w: %w", ErrAttachmentGone, files.ErrRefused, unexpected(response))
	case http.StatusNotFound, http.StatusForbidden:
		return fmt.Errorf("%w: %w", ErrAttachmentGone, unexpected(response))
	default:
		return unexpected(response)
	}
	tag := response.Header.Get("ETag")
	if t.tag != "" && tag != t.tag {
		return errors.New("the file has changed meanwhile")
	}
	t.tag = tag
	return nil
}

// Read gives the next bytes; a broken transfer is resumed.
func (t *transfer) Read(p []byte) (int, error) {
	for {
		n, err := t.body.Read(p)
		t.offset += int64(n)
		if n > 0 {
			t.tries = 0
			t.stall.Reset(stallTime)
			return n, nil // an error comes again with the next call
		}
		if err == nil || errors.Is(err, io.EOF) {
			return 0, err
		}
		if err := t.resume(err); err != nil {
			return 0, err
		}
	}
}

func (t *transfer) resume(cause error) error {
	for {
		t.close()
		t.body = http.NoBody
		if t.tries++; t.tries > resumeTries || t.ctx.Err() != nil {
			return fmt.Errorf("transfer broke at byte %d: %w", t.offset, errors.Join(cause, t.ctx.Err()))
		}
		select {
		case <-t.ctx.Done():
			return t.ctx.Err()
		case <-time.After(time.Duration(t.tries*t.tries) * 50 * time.Millisecond):
		}
		err := t.open()
		if err == nil {
			return nil
		}
		if errors.Is(err, ErrAttachmentGone) {
			return err
		}
		cause = err
	}
}

// Close ends the transfer.
func (t *transfer) Close() error {
	t.close()
	return nil
}

func (t *transfer) close() {
	t.stall.Stop()
	t.cancel()
	_ = t.body.Close() // nothing to learn from it
}

// attachment is an opened file for a member.
type attachment struct {
	id        uuid.UUID
	name      string
	mediaType string
	size      int64
	content   io.ReadSeekCloser
}

// openAttachment opens a file for a member, as far as the source gives it.
func (s *Service) openAttachment(ctx context.Context, member string, id uuid.UUID) (attachment, error) {
	unknown := problem.NotFound("attachment-unknown", "Diese Datei ist nicht bekannt.", "This file is not known.")
	if s.attachments == nil {
		return attachment{}, unknown
	}
	a := attachment{id: id}
	var err error
	a.name, a.mediaType, a.size, a.content, err = s.attachments(ctx, member, id)
	return a, err
}

package blob

import (
	"bytes"
	"errors"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

func TestS3_PutOpenDelete_AsInAFolder(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	backend := s3mem.New()
	if err := backend.CreateBucket("objects"); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(gofakes3.New(backend).Server())
	defer server.Close()
	s, err := New(t.Context(), "s3://objects?region=eu-central-1&use_path_style=true&endpoint="+url.QueryEscape(server.URL), secret(1))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()

	content := randomBytes(5, 2*pieceSize+99)
	put(t, s, content)
	if got, err := read(t, s, testKey); err != nil || !bytes.Equal(got, content) {
		t.Errorf("read back %d bytes, %v", len(got), err)
	}
	if _, err := s.Put(t.Context(), "attachments/large", zeros{}, 1<<20); !errors.Is(err, ErrTooLarge) {
		t.Errorf("err = %v, want ErrTooLarge", err)
	}
	if _, err := read(t, s, "attachments/large"); !errors.Is(err, ErrNotFound) {
		t.Errorf("err = %v, want ErrNotFound", err)
	}
	for range 2 {
		if err := s.Delete(t.Context(), testKey); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := read(t, s, testKey); !errors.Is(err, ErrNotFound) {
		t.Errorf("err = %v, want ErrNotFound", err)
	}
}

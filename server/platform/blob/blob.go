// Package blob keeps files that are too large for rows: in a folder of this machine, or in an S3 bucket. What is kept is
// encrypted; reading and writing take the memory of one piece (64 KiB), however large the file.
package blob

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
	"gocloud.dev/blob/s3blob"
	"gocloud.dev/gcerrors"
)

// tempSuffix ends the names of files that are still being written to a folder.
const tempSuffix = ".tmp"

// ErrNotFound is returned for a key that holds nothing.
var ErrNotFound = errors.New("no such object")

// ErrTooLarge is returned by Put when there is more to read than the limit allows.
var ErrTooLarge = errors.New("larger than the limit")

var validKey = regexp.MustCompile(`^[a-z0-9]+(?:[/-][a-z0-9]+)*$`)

// Info says what was kept.
type Info struct {
	Size   int64    // bytes of the plain content
	SHA256 [32]byte // of the plain content
}

// Store is where objects are kept. Keys are small letters and digits in parts separated by / or -, such as
// attachments/0197a3c2-7c3e-7d41-9a53-0f6f5a1c2b3d. It is safe for use by several goroutines.
type Store struct {
	bucket *blob.Bucket
	folder *os.Root // nil for S3
	secret [32]byte
}

// New opens the store at a location: the path of a folder, which is made when it is not there (0700), or the URL of an S3
// bucket (s3://name?region=…&endpoint=…&use_path_style=true; credentials from the environment as AWS describes them). The
// secret encrypts what is kept; without it nothing can be read again.
func New(ctx context.Context, location string, secret [32]byte) (*Store, error) {
	if strings.HasPrefix(location, s3blob.Scheme+"://") {
		u, err := url.Parse(location)
		if err != nil {
			return nil, errors.New("open object store: the address is not valid")
		}
		bucket, err := (&s3blob.URLOpener{}).OpenBucketURL(ctx, u)
		if err != nil {
			return nil, fmt.Errorf("open object store: %w", err)
		}
		return &Store{bucket: bucket, secret: secret}, nil
	}
	folder, err := filepath.Abs(location)
	if err != nil {
		return nil, fmt.Errorf("open object store: %w", err)
	}
	bucket, err := fileblob.OpenBucket(folder, &fileblob.Options{
		CreateDir:   true,
		DirFileMode: 0o700,
		NoTempDir:   true, // a rename must not cross devices
		Metadata:    fileblob.MetadataDontWrite,
	})
	if err != nil {
		return nil, fmt.Errorf("open object store: %w", err)
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, fmt.Errorf("open object store: %w", err)
	}
	return &Store{bucket: bucket, folder: root, secret: secret}, nil
}

// Close ends the store's connections.
func (s *Store) Close() error {
	if s.folder != nil {
		_ = s.folder.Close() // nothing is written by it
	}
	return s.bucket.Close()
}

// Under is the same store, with what is kept encrypted by another secret.
func (s *Store) Under(secret [32]byte) *Store {
	return &Store{bucket: s.bucket, folder: s.folder, secret: secret}
}

// Put reads content to its end and keeps it under key, replacing what was there. More than limit bytes are ErrTooLarge.
// After any error nothing is kept, and what was there stays. When it returns without one, the content is on the disk.
func (s *Store) Put(ctx context.Context, key string, content io.Reader, limit int64) (Info, error) {
	if !validKey.MatchString(key) {
		return Info{}, fmt.Errorf("put object: %q is not a key", key)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // before Close, it takes the object back
	var file *os.File
	w, err := s.bucket.NewWriter(ctx, key, &blob.WriterOptions{
		ContentType: "application/octet-stream",
		BeforeWrite: func(as func(any) bool) error {
			if s.folder != nil && as(&file) {
				return file.Chmod(0o600)
			}
			return nil
		},
	})
	if err != nil {
		return Info{}, fmt.Errorf("put object: %w", err)
	}
	info, err := s.write(w, key, content, limit)
	if err == nil && file != nil {
		err = file.Sync()
	}
	if err != nil {
		cancel()
		_ = w.Close()
		return Info{}, fmt.Errorf("put object: %w", err)
	}
	if err := w.Close(); err != nil {
		return Info{}, fmt.Errorf("put object: %w", err)
	}
	if s.folder != nil {
		if err := s.syncFolder(path.Dir(key)); err != nil {
			return Info{}, fmt.Errorf("put object: %w", err)
		}
	}
	return info, nil
}

func (s *Store) write(w io.Writer, key string, content io.Reader, limit int64) (Info, error) {
	sealed, err := newSealer(w, s.secret, key)
	if err != nil {
		return Info{}, err
	}
	hash := sha256.New()
	size, err := io.CopyBuffer(io.MultiWriter(hash, sealed), struct{ io.Reader }{io.LimitReader(content, limit+1)}, make([]byte, 32<<10))
	if err != nil {
		return Info{}, err
	}
	if size > limit {
		return Info{}, ErrTooLarge
	}
	if err := sealed.Close(); err != nil {
		return Info{}, err
	}
	return Info{Size: size, SHA256: [32]byte(hash.Sum(nil))}, nil
}

// Open gives the content under key, and its size in bytes. Any part of it can be read by seeking. ErrNotFound when there is
// none. The context must live as long as the content is read.
func (s *Store) Open(ctx context.Context, key string) (io.ReadSeekCloser, int64, error) {
	if !validKey.MatchString(key) {
		return nil, 0, fmt.Errorf("open object: %q is not a key", key)
	}
	head, err := s.bucket.NewRangeReader(ctx, key, 0, headerSize, nil)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil, 0, fmt.Errorf("open object: %w", ErrNotFound)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("open object: %w", err)
	}
	defer func() { _ = head.Close() }()
	header := make([]byte, headerSize)
	if _, err := io.ReadFull(head, header); err != nil {
		return nil, 0, fmt.Errorf("open object: %w", errChanged)
	}
	aead, err := openHeader(header, s.secret, key)
	if err != nil {
		return nil, 0, fmt.Errorf("open object: %w", err)
	}
	size, pieces, err := plainSize(head.Size())
	if err != nil {
		return nil, 0, fmt.Errorf("open object: %w", err)
	}
	from := func(offset int64) (io.ReadCloser, error) { return s.bucket.NewRangeReader(ctx, key, offset, -1, nil) }
	return &reader{from: from, aead: aead, size: size, pieces: pieces, loaded: -1}, size, nil
}

// Holds says whether what is kept under a key has a size and a hash (SHA-256, hexadecimal). It reads all of it.
func Holds(ctx context.Context, store interface {
	Open(ctx context.Context, key string) (io.ReadSeekCloser, int64, error)
}, key string, size int64, hash string,
) bool {
	content, kept, err := store.Open(ctx, key)
	if err != nil {
		return false
	}
	defer func() { _ = content.Close() }() // it was only read
	sum := sha256.New()
	_, err = io.Copy(sum, struct{ io.Reader }{content})
	return err == nil && kept == size && hex.EncodeToString(sum.Sum(nil)) == hash
}

// Delete removes what is under key. Nothing there is no error.
func (s *Store) Delete(ctx context.Context, key string) error {
	if !validKey.MatchString(key) {
		return fmt.Errorf("delete object: %q is not a key", key)
	}
	if err := s.bucket.Delete(ctx, key); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
		return fmt.Errorf("delete object: %w", err)
	}
	return nil
}

// DeleteAll removes what lies under a prefix, which is a key and a slash. Nothing there is no error.
func (s *Store) DeleteAll(ctx context.Context, prefix string) error {
	folder, is := strings.CutSuffix(prefix, "/")
	if !is || !validKey.MatchString(folder) {
		return fmt.Errorf("delete objects: %q is not a key and a slash", prefix)
	}
	list := s.bucket.List(&blob.ListOptions{Prefix: prefix})
	for {
		object, err := list.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("delete objects: %w", err)
		}
		if !validKey.MatchString(object.Key) {
			continue // being written; what a killed writer leaves is swept
		}
		if err := s.Delete(ctx, object.Key); err != nil {
			return err
		}
	}
	if s.folder != nil {
		_ = s.folder.Remove(folder) // an empty one would stay; one that is not empty does
	}
	return nil
}

// Sweep removes what writers that were killed have left half written before a time, and says how many. An S3 bucket has a
// rule of its own for that (AbortIncompleteMultipartUpload).
func (s *Store) Sweep(ctx context.Context, before time.Time) (int, error) {
	if s.folder == nil {
		return 0, nil
	}
	swept := 0
	err := fs.WalkDir(s.folder.FS(), ".", func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, tempSuffix) {
			return errors.Join(err, ctx.Err())
		}
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) || err == nil && !info.ModTime().Before(before) {
			return nil // it has just been finished, or is being written
		}
		if err != nil {
			return err
		}
		if err := s.folder.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		swept++
		return nil
	})
	if err != nil {
		return swept, fmt.Errorf("sweep object store: %w", err)
	}
	return swept, nil
}

// syncFolder makes a rename last.
func (s *Store) syncFolder(path string) error {
	folder, err := s.folder.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = folder.Close() }()
	return folder.Sync()
}

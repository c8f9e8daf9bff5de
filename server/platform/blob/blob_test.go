package blob

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

const testKey = "attachments/0197a3c2-7c3e-7d41-9a53-0f6f5a1c2b3d"

func secret(b byte) (out [32]byte) {
	for i := range out {
		out[i] = b
	}
	return out
}

func newStore(t *testing.T) (*Store, string) {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "objects")
	s, err := New(t.Context(), folder, secret(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, folder
}

func randomBytes(seed uint64, n int) []byte {
	b := make([]byte, n)
	r := rand.New(rand.NewPCG(seed, 7))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func put(t *testing.T, s *Store, content []byte) Info {
	t.Helper()
	info, err := s.Put(t.Context(), testKey, bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	return info
}

func read(t *testing.T, s *Store, key string) ([]byte, error) {
	t.Helper()
	r, size, err := s.Open(t.Context(), key)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	content, err := io.ReadAll(r)
	if err == nil && int64(len(content)) != size {
		t.Errorf("read %d bytes, size said %d", len(content), size)
	}
	return content, err
}

func TestPut_AnySize_ReadsBackTheSame(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, pieceSize - 1, pieceSize, pieceSize + 1, 2 * pieceSize, 3*pieceSize + 77} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			t.Parallel()
			s, _ := newStore(t)
			content := randomBytes(uint64(size), size)
			info := put(t, s, content)
			if info.Size != int64(size) || info.SHA256 != sha256.Sum256(content) {
				t.Errorf("info = %d bytes, %x", info.Size, info.SHA256)
			}
			got, err := read(t, s, testKey)
			if err != nil || !bytes.Equal(got, content) {
				t.Errorf("read back %d bytes, %v", len(got), err)
			}
			r, _, err := s.Open(t.Context(), testKey)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = r.Close() }()
			if err := iotest.TestReader(r, content); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestPut_KeptContent_IsUnreadableAndPrivate(t *testing.T) {
	t.Parallel()
	s, folder := newStore(t)
	put(t, s, []byte(strings.Repeat("Clara Beispiel ", 1000)))
	path := filepath.Join(folder, testKey)
	kept, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(kept, []byte("Clara")) {
		t.Error("the content can be read on the disk")
	}
	for path, want := range map[string]fs.FileMode{folder: 0o700, filepath.Dir(path): 0o700, path: 0o600} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s has mode %o, want %o", filepath.Base(path), info.Mode().Perm(), want)
		}
	}
}

func TestPut_AboveLimit_KeepsWhatWasThereAndStopsReading(t *testing.T) {
	t.Parallel()
	s, folder := newStore(t)
	put(t, s, []byte("before"))
	endless := &counting{r: zeros{}}
	if _, err := s.Put(t.Context(), testKey, endless, 1<<20); !errors.Is(err, ErrTooLarge) {
		t.Fatalf("err = %v, want ErrTooLarge", err)
	}
	if endless.n > 1<<20+64<<10 {
		t.Errorf("read %d bytes of an endless upload", endless.n)
	}
	if got, err := read(t, s, testKey); err != nil || string(got) != "before" {
		t.Errorf("read %q, %v", got, err)
	}
	if n := files(t, folder); n != 1 {
		t.Errorf("%d files are left, want 1", n)
	}
}

func TestPut_SourceBreaks_KeepsNothing(t *testing.T) {
	t.Parallel()
	s, folder := newStore(t)
	broken := io.MultiReader(bytes.NewReader(make([]byte, 200<<10)), iotest.ErrReader(io.ErrUnexpectedEOF))
	if _, err := s.Put(t.Context(), testKey, broken, 1<<20); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatalf("err = %v", err)
	}
	if _, err := read(t, s, testKey); !errors.Is(err, ErrNotFound) {
		t.Errorf("err = %v, want ErrNotFound", err)
	}
	if n := files(t, folder); n != 0 {
		t.Errorf("%d files are left", n)
	}
}

func TestPut_LargeFile_TakesLittleMemory(t *testing.T) { // not parallel: it counts what the process allocates
	s, _ := newStore(t)
	const size = 64 << 20
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := s.Put(t.Context(), testKey, io.LimitReader(zeros{}, size), size); err != nil {
		t.Fatal(err)
	}
	r, _, err := s.Open(t.Context(), testKey)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, struct{ io.Reader }{r}); err != nil || n != size {
		t.Fatalf("read %d, %v", n, err)
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 2<<20 {
		t.Errorf("writing and reading %d MiB allocated %d KiB", size>>20, used>>10)
	}
}

func TestOpen_AnyPart_ReadsThatPart(t *testing.T) {
	t.Parallel()
	s, _ := newStore(t)
	content := randomBytes(3, 5*pieceSize+1234)
	put(t, s, content)
	r, _, err := s.Open(t.Context(), testKey)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		from := random.IntN(len(content))
		length := random.IntN(min(len(content)-from, 2*pieceSize)) + 1
		if _, err := r.Seek(int64(from), io.SeekStart); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, length)
		if _, err := io.ReadFull(r, got[:min(length, len(content)-from)]); err != nil {
			t.Fatalf("read %d at %d: %v", length, from, err)
		}
		if !bytes.Equal(got, content[from:from+length]) {
			t.Fatalf("%d bytes at %d differ", length, from)
		}
	}
}

func TestOpen_ChangedObject_IsRefused(t *testing.T) {
	t.Parallel()
	flip := func(at int) func([]byte) []byte {
		return func(b []byte) []byte { b[(at+len(b))%len(b)] ^= 1; return b }
	}
	cut := func(n int) func([]byte) []byte { return func(b []byte) []byte { return b[:len(b)-n] } }
	changes := map[string]func([]byte) []byte{
		"magic":               flip(0),
		"salt":                flip(10),
		"first piece":         flip(int(headerSize) + 5),
		"last byte":           flip(-1),
		"one byte less":       cut(1),
		"last piece less":     cut(100 + tagSize),
		"last piece emptied":  cut(100),
		"all but header less": func(b []byte) []byte { return b[:headerSize] },
		"header broken":       func(b []byte) []byte { return b[:10] },
		"empty":               func([]byte) []byte { return nil },
		"pieces swapped": func(b []byte) []byte {
			first := bytes.Clone(b[headerSize : headerSize+sealedSize])
			copy(b[headerSize:], b[headerSize+sealedSize:headerSize+2*sealedSize])
			copy(b[headerSize+sealedSize:], first)
			return b
		},
		"a piece left out": func(b []byte) []byte { return append(b[:headerSize], b[headerSize+sealedSize:]...) },
	}
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, folder := newStore(t)
			put(t, s, randomBytes(9, 3*pieceSize+100))
			path := filepath.Join(folder, testKey)
			kept, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, change(kept), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := read(t, s, testKey); err == nil {
				t.Error("a changed object was read without an error")
			}
		})
	}
}

func TestOpen_OtherNameOrSecret_IsRefused(t *testing.T) {
	t.Parallel()
	s, folder := newStore(t)
	put(t, s, []byte("for one row only"))
	if err := os.Rename(filepath.Join(folder, testKey), filepath.Join(folder, "attachments", "other")); err != nil {
		t.Fatal(err)
	}
	if _, err := read(t, s, "attachments/other"); err == nil {
		t.Error("an object opened under another name")
	}
	put(t, s, []byte("for one row only"))
	stranger, err := New(t.Context(), folder, secret(2))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := read(t, stranger, testKey); err == nil {
		t.Error("an object opened with another secret")
	}
}

func TestKeys_ThatLeadElsewhere_AreRefused(t *testing.T) {
	t.Parallel()
	s, _ := newStore(t)
	for _, key := range []string{"", "/etc/passwd", "../up", "a/../b", "a//b", "a/", ".hidden", "Großes", "a.tmp"} {
		if _, err := s.Put(t.Context(), key, strings.NewReader("x"), 10); err == nil {
			t.Errorf("Put(%q) was accepted", key)
		}
		if _, _, err := s.Open(t.Context(), key); err == nil || errors.Is(err, ErrNotFound) {
			t.Errorf("Open(%q) = %v", key, err)
		}
		if err := s.Delete(t.Context(), key); err == nil {
			t.Errorf("Delete(%q) was accepted", key)
		}
	}
}

func TestDelete_Twice_IsNoError(t *testing.T) {
	t.Parallel()
	s, _ := newStore(t)
	put(t, s, []byte("x"))
	for range 2 {
		if err := s.Delete(t.Context(), testKey); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := read(t, s, testKey); !errors.Is(err, ErrNotFound) {
		t.Errorf("err = %v, want ErrNotFound", err)
	}
}

func TestSweep_HalfWrittenFiles_GoAndOthersStay(t *testing.T) {
	t.Parallel()
	s, folder := newStore(t)
	put(t, s, []byte("stays"))
	now := time.Now()
	old, young := filepath.Join(folder, "attachments", "a.1.tmp"), filepath.Join(folder, "attachments", "b.2.tmp")
	for path, at := range map[string]time.Time{old: now.Add(-25 * time.Hour), young: now, filepath.Join(folder, testKey): now.Add(-48 * time.Hour)} {
		if path != filepath.Join(folder, testKey) {
			if err := os.WriteFile(path, []byte("half"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := s.Sweep(t.Context(), now.Add(-24*time.Hour)); err != nil || n != 1 {
		t.Fatalf("swept %d, %v, want 1", n, err)
	}
	if _, err := os.Stat(old); !errors.Is(err, fs.ErrNotExist) {
		t.Error("the old half is still there")
	}
	if _, err := os.Stat(young); err != nil {
		t.Error("the young half, which may still be written, is gone")
	}
	if got, err := read(t, s, testKey); err != nil || string(got) != "stays" {
		t.Errorf("read %q, %v", got, err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

type counting struct {
	r io.Reader
	n int
}

func (c *counting) Read(p []byte) (int, error) { n, err := c.r.Read(p); c.n += n; return n, err }

func files(t *testing.T, folder string) (n int) {
	t.Helper()
	err := filepath.WalkDir(folder, func(_ string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			n++
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

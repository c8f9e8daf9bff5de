package sources

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path"
	"slices"
	"strings"
	"sync"

	"portalverbund/server/catalog"
	"portalverbund/server/catalog/adapter"
)

// Limits of an archive.
const (
	maxDirectory = 8 << 20  // bytes of the list of its files
	maxMembers   = 20_000   // files in it
	maxUnpacked  = 16 << 30 // bytes of all its files, unpacked; they are read one after the other and never kept
)

var errArchive = errors.New("the ZIP archive can't be read")

// isArchive says by the beginning of a file whether it is a ZIP archive.
func isArchive(head []byte) bool {
	return bytes.HasPrefix(head, []byte("PK\x03\x04")) || bytes.HasPrefix(head, []byte("PK\x05\x06"))
}

// archive is a ZIP archive of files that can be imported.
type archive struct {
	name     string
	members  []*zip.File // in the order in which they are read
	unlisted []string    // names of those that an index leaves out
	close    func()
}

// openArchive opens an archive. What can't be read at any place is put into a temporary file first.
func openArchive(ctx context.Context, name string, content io.Reader) (a *archive, err error) {
	at, size, closeIt, err := readAt(ctx, content)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			closeIt()
		}
	}()
	directory := &budget{from: at, left: maxDirectory}
	z, err := zip.NewReader(directory, size)
	if err != nil {
		return nil, fmt.Errorf("%w: %w: %w", errFile, errArchive, err)
	}
	directory.end()
	a = &archive{name: name, close: closeIt}
	if err := a.take(z.File); err != nil {
		return nil, fmt.Errorf("%w: %w", errFile, err)
	}
	return a, nil
}

// take chooses the files that are read, by an index if there is one, else by their names.
func (a *archive) take(all []*zip.File) error {
	if len(all) > maxMembers {
		return fmt.Errorf("%w: it holds more than %d files", errArchive, maxMembers)
	}
	var unpacked uint64
	var index *zip.File
	byName := make(map[string]*zip.File, len(all))
	for _, f := range all {
		if !f.Mode().IsRegular() || hidden(f.Name) {
			continue
		}
		if unpacked += f.UncompressedSize64; f.UncompressedSize64 > maxUnpacked || unpacked > maxUnpacked {
			return fmt.Errorf("%w: unpacked it is larger than %d GiB", errArchive, maxUnpacked>>30)
		}
		if byName[f.Name] != nil {
			return fmt.Errorf("%w: it holds %.100q twice", errArchive, f.Name)
		}
		byName[f.Name] = f
		if path.Base(f.Name) == adapter.IndexName && (index == nil || strings.Count(f.Name, "/") < strings.Count(index.Name, "/")) {
			index = f
		}
		a.members = append(a.members, f)
	}
	slices.SortFunc(a.members, func(x, y *zip.File) int { return strings.Compare(x.Name, y.Name) })
	if index == nil {
		return nil
	}
	return a.order(index, byName)
}

// hidden says whether a file is not meant for others: systems put such files into archives.
func hidden(name string) bool {
	return slices.ContainsFunc(strings.Split(name, "/"), func(part string) bool { return strings.HasPrefix(part, ".") || part == "__MACOSX" })
}

// order brings the files into the order of an index.
func (a *archive) order(index *zip.File, byName map[string]*zip.File) error {
	content, err := index.Open()
	if err != nil {
		return fmt.Errorf("%w: %w", errArchive, err)
	}
	defer func() { _ = content.Close() }() // it was only read
	names, err := adapter.ReadIndex(content)
	if err != nil {
		return err
	}
	listed := map[*zip.File]bool{index: true}
	var members []*zip.File
	for _, name := range names {
		f := byName[path.Join(path.Dir(index.Name), name)]
		if f == nil {
			return fmt.Errorf("%s names %.100q, which is not there", adapter.IndexName, name)
		}
		listed[f] = true
		members = append(members, f)
	}
	for _, f := range a.members {
		if !listed[f] {
			a.unlisted = append(a.unlisted, a.place(f))
		}
	}
	a.members = members
	return nil
}

func (a *archive) place(f *zip.File) string { return a.name + "/" + f.Name }

// files gives what is in the archive.
func (a *archive) files() iter.Seq[file] {
	return func(yield func(file) bool) {
		for _, f := range a.members {
			one := file{name: a.place(f), packed: true, open: func(context.Context) (io.ReadCloser, error) { return openMember(f) }}
			if !yield(one) {
				return
			}
		}
	}
}

// openMember opens a file of an archive. It gives no more than the archive says that there is.
func openMember(f *zip.File) (io.ReadCloser, error) {
	content, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("%w: %w: %w", errFile, errArchive, err)
	}
	return struct {
		io.Reader
		io.Closer
	}{&upTo{r: content, left: f.UncompressedSize64}, content}, nil
}

// unknownFile is what the report says of a file that is not read.
func unknownFile(name, why string) adapter.Record {
	return adapter.Record{Kind: catalog.KindService, At: name, Skip: why}
}

// upTo gives so many bytes, and an error if there are more.
type upTo struct {
	r    io.Reader
	left uint64
}

// Read reads on.
func (u *upTo) Read(p []byte) (int, error) {
	n, err := u.r.Read(p)
	if uint64(n) > u.left {
		return 0, fmt.Errorf("%w: %w: a file in it is larger than it says", errFile, errArchive)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = fmt.Errorf("%w: %w: %w", errFile, errArchive, err)
	}
	u.left -= uint64(n)
	return n, err
}

// budget lets so many bytes be read until end is called: an archive can list files without end.
type budget struct {
	from  io.ReaderAt
	mu    sync.Mutex
	left  int
	ended bool
}

// ReadAt reads what is at a position.
func (b *budget) ReadAt(p []byte, at int64) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.ended {
		if b.left -= len(p); b.left < 0 {
			return 0, errors.New("the list of its files is too long")
		}
	}
	return b.from.ReadAt(p, at)
}

func (b *budget) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ended = true
}

// readAt gives a content that can be read at any place, its size, and what closes it.
func readAt(ctx context.Context, content io.Reader) (io.ReaderAt, int64, func(), error) {
	if seeker, ok := content.(io.ReadSeeker); ok {
		size, err := seeker.Seek(0, io.SeekEnd)
		if err != nil {
			return nil, 0, nil, fmt.Errorf("open archive: %w", err)
		}
		return &seeking{from: seeker}, size, func() {}, nil
	}
	spool, err := os.CreateTemp("", "portalverbund-import-*")
	if err != nil {
		return nil, 0, nil, fmt.Errorf("open archive: %w", err)
	}
	closeIt := func() {
		_ = spool.Close()
		_ = os.Remove(spool.Name())
	}
	size, err := io.Copy(spool, io.LimitReader(whileWanted{ctx, content}, MaxUpload+1))
	if err == nil && size > MaxUpload {
		err = fmt.Errorf("%w: %w: it is larger than %d GiB", errFile, errArchive, MaxUpload>>30)
	}
	if err != nil {
		closeIt()
		return nil, 0, nil, err
	}
	return spool, size, closeIt, nil
}

// seeking reads at any place by going there first.
type seeking struct {
	mu   sync.Mutex
	from io.ReadSeeker
}

// ReadAt reads what is at a position.
func (s *seeking) ReadAt(p []byte, at int64) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.from.Seek(at, io.SeekStart); err != nil {
		return 0, err
	}
	n, err := io.ReadFull(s.from, p)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	return n, err
}

// whileWanted reads until nobody wants it any more.
type whileWanted struct {
	ctx context.Context //nolint:containedctx // for one reading
	r   io.Reader
}

// Read reads on.
func (w whileWanted) Read(p []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	return w.r.Read(p)
}

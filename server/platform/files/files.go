// Package files knows the files that people hand in: their kinds, names that are safe, and how they are given back.
package files

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"path"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"portalverbund/server/platform/problem"
)

// ErrRefused is for a file that another portal, or another room, does not give because something harmful was found in it.
var ErrRefused = errors.New("something harmful was found in the file where it came from")

// Kind is a kind of file that is taken.
type Kind struct {
	MediaType string
	Extension string
	start     string // the bytes that such a file begins with
}

// SniffLength is how many bytes are enough to know a kind.
const SniffLength = 16

// KindOf finds the kind of a file from its first bytes, whatever its name says.
func KindOf(head []byte) (Kind, bool) {
	for _, k := range kinds() {
		if bytes.HasPrefix(head, []byte(k.start)) {
			return k, true
		}
	}
	return Kind{}, false
}

// OfType gives the kind of a media type; an empty one when none is taken.
func OfType(mediaType string) Kind {
	for _, k := range kinds() {
		if k.MediaType == mediaType {
			return k
		}
	}
	return Kind{}
}

// Announced gives the kind that a name says; an empty one when it says none that is taken.
func Announced(name string) Kind {
	extension := strings.ToLower(path.Ext(name))
	if extension == ".jpeg" {
		extension = ".jpg"
	}
	for _, k := range kinds() {
		if k.Extension == extension {
			return k
		}
	}
	return Kind{}
}

func kinds() []Kind {
	return []Kind{
		{"application/pdf", ".pdf", "%PDF-"},
		{"image/jpeg", ".jpg", "\xff\xd8\xff"},
		{"image/png", ".png", "\x89PNG\r\n\x1a\n"},
	}
}

// maxNameBytes is the longest file name, as UTF-8 and without its extension.
const maxNameBytes = 150

var shortExtension = regexp.MustCompile(`^\.[A-Za-z][A-Za-z0-9]{0,4}$`)

// CleanName makes a file name that is safe to show and to save anywhere: no folders, no signs that control or turn the text,
// none that file systems refuse, not too long, and with the extension of what the file really is.
func CleanName(name string, kind Kind) string {
	name = norm.NFC.String(strings.ToValidUTF8(name, ""))
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	name = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), r == utf8.RuneError:
			return -1
		case strings.ContainsRune(`/<>:"|?*`, r):
			return '_'
		}
		return r
	}, name)
	if extension := path.Ext(name); shortExtension.MatchString(extension) {
		name = strings.TrimSuffix(name, extension)
	}
	name = strings.Trim(strings.Join(strings.Fields(name), " "), ". ")
	for len(name) > maxNameBytes {
		_, size := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-size]
	}
	if strings.Trim(name, "_. ") == "" {
		name = "Anlage"
	}
	return strings.TrimRight(name, ". ") + kind.Extension
}

// Disposition is the Content-Disposition of a download (RFC 6266): always an attachment, with the name in a form that every
// browser understands (RFC 8187).
func Disposition(name string) string {
	ascii := strings.Map(func(r rune) rune {
		if r < 0x20 || r > 0x7e || r == '"' || r == '\\' || r == '%' {
			return '_'
		}
		return r
	}, name)
	value := mime.FormatMediaType("attachment", map[string]string{"filename": name})
	if i := strings.Index(value, "filename*="); i >= 0 {
		return `attachment; filename="` + ascii + `"; ` + value[i:]
	}
	return `attachment; filename="` + ascii + `"`
}

// Watched remembers that reading failed: then it is the sender's upload that broke, and not the store.
type Watched struct {
	R   io.Reader
	Err error
}

// Read reads on.
func (w *Watched) Read(p []byte) (int, error) {
	n, err := w.R.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		w.Err = err
	}
	return n, err
}

// Sniff finds the kind of a file from its beginning and gives all of it to read on; false for one that is not taken. An error is the sender's.
func (w *Watched) Sniff() (kind Kind, content io.Reader, known bool, err error) {
	head := make([]byte, SniffLength)
	n, err := io.ReadFull(w, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return kind, nil, false, err
	}
	kind, known = KindOf(head[:n])
	return kind, io.MultiReader(bytes.NewReader(head[:n]), w), known, nil
}

// Send answers with a file of size bytes: never shown by the browser itself, never taken for something else, and kept by nobody on the way.
func Send(w http.ResponseWriter, name string, size int64, content io.Reader) error {
	header := w.Header()
	header.Set("Content-Type", "application/octet-stream")
	header.Set("Content-Length", strconv.FormatInt(size, 10))
	header.Set("Content-Disposition", Disposition(name))
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "private, no-store")
	w.WriteHeader(http.StatusOK)
	_, err := io.Copy(w, content)
	return err
}

// Broken is the problem of an upload whose sender ended it; tooLarge when a limit did.
func Broken(cause, tooLarge error) error {
	var limit *http.MaxBytesError
	if errors.As(cause, &limit) {
		return tooLarge
	}
	return problem.BadRequest("upload-broken", "Die Datei ist nicht vollständig angekommen.", "The file has not arrived completely.").
		With(problem.Text{De: "Bitte versuchen Sie es noch einmal.", En: "Please try again."}).Because(cause)
}

package xzufi

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// headSize is how much of a document is looked at to find out its encoding.
const headSize = 1 << 10

// declared finds the encoding that an XML declaration names.
var declared = regexp.MustCompile(`^<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._:-]+)["']`)

// toUTF8 gives the content as UTF-8, whatever of UTF-8, UTF-16, ISO-8859-1, ISO-8859-15 and Windows-1252 it is in. ISO-8859-1
// is read as Windows-1252, which has letters where the other has nothing.
func toUTF8(content io.Reader) (io.Reader, error) {
	r := bufio.NewReaderSize(content, 64<<10)
	head, err := r.Peek(headSize)
	if err != nil && !errors.Is(err, io.EOF) { // comes again after what is there
		r = bufio.NewReader(io.MultiReader(bytes.NewReader(bytes.Clone(head)), failing{err}))
	}
	wide := func(order unicode.Endianness, bom unicode.BOMPolicy) (io.Reader, error) {
		return transform.NewReader(r, unicode.UTF16(order, bom).NewDecoder()), nil
	}
	switch {
	case bytes.HasPrefix(head, []byte{0xEF, 0xBB, 0xBF}):
		_, err := r.Discard(3)
		return r, err
	case bytes.HasPrefix(head, []byte{0xFF, 0xFE}), bytes.HasPrefix(head, []byte{0xFE, 0xFF}):
		return wide(unicode.BigEndian, unicode.ExpectBOM)
	case bytes.HasPrefix(head, []byte{'<', 0}):
		return wide(unicode.LittleEndian, unicode.IgnoreBOM)
	case bytes.HasPrefix(head, []byte{0, '<'}):
		return wide(unicode.BigEndian, unicode.IgnoreBOM)
	}
	name := "utf-8"
	if m := declared.FindSubmatch(bytes.TrimLeft(head, " \t\r\n")); m != nil {
		name = strings.ToLower(string(m[1]))
	}
	var e encoding.Encoding
	switch name {
	case "utf-8", "utf8", "us-ascii", "ascii", "utf-16", "utf16", "utf-16le", "utf-16be": // that it is no UTF-16 is known by now
		return r, nil
	case "iso-8859-1", "iso8859-1", "latin1", "latin-1", "windows-1252", "cp1252":
		e = charmap.Windows1252
	case "iso-8859-15", "latin9", "latin-9":
		e = charmap.ISO8859_15
	default:
		return nil, fmt.Errorf("is written in %.40q: UTF-8, UTF-16, ISO-8859-1 and Windows-1252 can be read", name)
	}
	return transform.NewReader(r, e.NewDecoder()), nil
}

// failing is a source that has broken.
type failing struct{ err error }

// Read gives the error.
func (f failing) Read([]byte) (int, error) { return 0, f.err }

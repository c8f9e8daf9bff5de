package xzufi

import (
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

const maxToken = 4 << 20 // bytes of one text or tag

// errDoctype refuses documents that bring definitions of their own: an entity in them can grow without end.
var errDoctype = errors.New("has a DOCTYPE: documents with definitions of their own are not read")

// where the guard is in a document.
type place int

const (
	inText  place = iota
	atOpen        // after <
	atBang        // after <!
	inTag         // and after </
	inCDATA       // a text without markup
	inComment
	inInstruction // <? … ?>
)

// guard stands before the XML decoder, which holds one token in memory whatever its size. It cuts texts that are too long,
// refuses DOCTYPE, leaves out comments and instructions, and mends what real files have: control characters, and letters of
// Windows-1252 among UTF-8.
type guard struct {
	r      io.Reader
	buffer []byte
	rest   []byte // the beginning of a character
	out    []byte // ready to be read
	err    error

	place  place
	size   int    // of the text or tag so far
	opened []byte // after <!
	run    int    // of the bytes that a section ends with
	line   int    // from 1

	// cut counts texts that were too long, mended the places that were no UTF-8, dropped the lines that the decoder does not see.
	cut, mended, dropped int
	mendedLine           int
}

func newGuard(r io.Reader) *guard {
	return &guard{r: r, buffer: make([]byte, 64<<10), line: 1}
}

// Read gives what is safe to decode.
func (g *guard) Read(p []byte) (int, error) {
	for len(g.out) == 0 {
		if g.err != nil {
			return 0, g.err
		}
		n := copy(g.buffer, g.rest)
		m, err := g.r.Read(g.buffer[n:])
		g.out, g.rest = g.out[:0], g.rest[:0]
		if e := g.pass(g.buffer[:n+m], err != nil); e != nil {
			err = fmt.Errorf("line %d: %w", g.line, e)
		}
		g.err = err
	}
	n := copy(p, g.out)
	g.out = g.out[n:]
	return n, nil
}

// pass looks at each character. At the end, one that is not whole is one that is broken.
func (g *guard) pass(b []byte, end bool) error {
	for i := 0; i < len(b); {
		c := b[i]
		if c >= utf8.RuneSelf {
			if !end && !utf8.FullRune(b[i:]) {
				g.rest = append(g.rest, b[i:]...)
				return nil
			}
			r, width := utf8.DecodeRune(b[i:])
			if r == utf8.RuneError && width == 1 {
				g.mend(c)
			} else if r != 0xFFFE && r != 0xFFFF {
				g.keep(b[i : i+width]...)
			}
			i += width
			continue
		}
		i++
		if c == '\n' {
			g.line++
		}
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' {
			continue
		}
		if err := g.step(c); err != nil {
			return err
		}
	}
	if end && g.place != inText && g.place != inTag && g.place != inCDATA {
		g.out = append(g.out, '<') // what began and does not end: the decoder will say so
	}
	if g.place == inTag && g.size > maxToken {
		return fmt.Errorf("a tag is larger than %d MiB", maxToken>>20)
	}
	return nil
}

func (g *guard) mend(c byte) {
	if g.mended++; g.mended == 1 {
		g.mendedLine = g.line
	}
	g.keep(utf8.AppendRune(nil, charmap.Windows1252.DecodeByte(c))...)
}

// keep hands on bytes of a text or tag that are no markup.
func (g *guard) keep(b ...byte) {
	if g.place == atOpen || g.place == atBang {
		g.place = inTag // of a strange name
		g.out = append(g.out, '<')
	}
	if g.place == inComment || g.place == inInstruction {
		return
	}
	g.run = 0
	if g.size += len(b); g.size > maxToken && g.place != inTag {
		if g.size-len(b) <= maxToken {
			g.cut++
		}
		if b[0] == '\n' {
			g.dropped++
		}
		return
	}
	g.out = append(g.out, b...)
}

// step takes an ASCII character.
func (g *guard) step(c byte) error {
	switch g.place {
	case inText:
		if c == '<' {
			g.place, g.size, g.opened = atOpen, 0, g.opened[:0]
			return nil
		}
		g.keep(c)
	case atOpen:
		switch c {
		case '!':
			g.place = atBang
		case '?':
			g.place, g.run = inInstruction, 0
		default:
			g.place = inTag
			g.out = append(g.out, '<')
			g.tag(c)
		}
	case atBang:
		return g.bang(c)
	case inTag:
		g.tag(c)
	case inCDATA:
		g.section(c, ']', 2, "]]>")
	case inComment:
		g.section(c, '-', 2, "")
	case inInstruction:
		g.section(c, '?', 1, "")
	}
	return nil
}

func (g *guard) tag(c byte) {
	g.keep(c)
	if c == '>' {
		g.place, g.size = inText, 0
	}
}

func (g *guard) bang(c byte) error {
	g.opened = append(g.opened, c)
	switch word := string(g.opened); word {
	case "--":
		g.place, g.run = inComment, 0
	case "[CDATA[":
		g.place, g.run, g.size = inCDATA, 0, 0
		g.out = append(g.out, "<![CDATA["...)
	case "-", "[", "[C", "[CD", "[CDA", "[CDAT", "[CDATA":
	default:
		return errDoctype
	}
	return nil
}

// section goes on until so many of a byte stand before >. Of what is left out only the line breaks remain.
func (g *guard) section(c, mark byte, times int, end string) {
	switch {
	case c == '>' && g.run >= times:
		g.place = inText
		if end != "" {
			if g.size > maxToken { // its end was cut off
				g.out = append(g.out, end...)
			} else {
				g.out = append(g.out, '>')
			}
		}
		g.size = 0
		return
	case c == mark:
		run := g.run
		g.keep(c)
		g.run = run + 1
		return
	case c == '\n' && end == "":
		g.out = append(g.out, c)
	default:
		g.keep(c)
	}
	g.run = 0
}

package pdf

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"codeberg.org/go-fonts/liberation/liberationsansbold"
	"codeberg.org/go-fonts/liberation/liberationsansregular"
	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// stands is what is seen where the fonts have no letter; what it stands for is told to those who listen.
const stands = '□'

// face is a font, and what of it a paper uses. Each letter gets a number of its own, which is the number of its glyph in what is embedded.
type face struct {
	name   string // in the content of pages
	font   *sfnt.Font
	data   []byte
	called string // PostScript name
	buffer sfnt.Buffer
	em     float64
	known  map[rune]glyph
	used   []rune // by number, from 1; glyph 0 is the one for what is missing
	codes  map[rune]int
}

// glyph is where a letter is in the font, and how far it leads, in parts of the size.
type glyph struct {
	index   sfnt.GlyphIndex // 0: the font does not have it
	advance float64
}

// faces gives the fonts, Liberation Sans, which have all letters of DIN 91379, Greek and Cyrillic.
func faces() (regular, bold *face, err error) {
	if regular, err = newFace("R", "LiberationSans", liberationsansregular.TTF); err != nil {
		return nil, nil, err
	}
	bold, err = newFace("B", "LiberationSans-Bold", liberationsansbold.TTF)
	return regular, bold, err
}

func newFace(name, called string, data []byte) (*face, error) {
	f, err := sfnt.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("read font %s: %w", called, err)
	}
	return &face{name: name, called: called, font: f, data: data, em: float64(f.UnitsPerEm()), known: map[rune]glyph{}, codes: map[rune]int{}}, nil
}

func (f *face) glyph(r rune) glyph {
	g, seen := f.known[r]
	if seen {
		return g
	}
	index, err := f.font.GlyphIndex(&f.buffer, r)
	if err != nil {
		index = 0
	}
	ppem := fixed.I(int(f.em)) // so that one unit of the font is one of what is answered
	if advance, err := f.font.GlyphAdvance(&f.buffer, index, ppem, font.HintingNone); err == nil {
		g = glyph{index, float64(advance) / 64 / f.em}
	}
	f.known[r] = g
	return g
}

// advance is how far a letter leads, in parts of the size.
func (f *face) advance(r rune) float64 {
	if g := f.glyph(r); g.index != 0 {
		return g.advance
	}
	return f.glyph(stands).advance
}

// code gives the number of a letter that the font has.
func (f *face) code(r rune) int {
	n, there := f.codes[r]
	if !there {
		f.used = append(f.used, r)
		n = len(f.used)
		f.codes[r] = n
	}
	return n
}

// show writes the operators that show a text. A letter that the font does not have is shown by another sign, and told by its name in Unicode.
func (f *face) show(b *bytes.Buffer, text string) {
	open := false
	for _, r := range text {
		has := f.glyph(r).index != 0
		if !has {
			if open {
				b.WriteString("> Tj ")
				open = false
			}
			fmt.Fprintf(b, "/Span <</ActualText %s>> BDC <%04X> Tj EMC ", unicodeText(string(r)), f.code(stands))
			continue
		}
		if !open {
			b.WriteByte('<')
			open = true
		}
		fmt.Fprintf(b, "%04X", f.code(r))
	}
	if open {
		b.WriteString("> Tj ")
	}
}

// widths of the glyphs that are embedded, in thousandths of the size.
func (f *face) widths() string {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%.0f", 1000*f.notdef())
	for _, r := range f.used {
		fmt.Fprintf(&b, " %.0f", 1000*f.glyph(r).advance)
	}
	return b.String()
}

func (f *face) notdef() float64 {
	advance, err := f.font.GlyphAdvance(&f.buffer, 0, fixed.I(int(f.em)), font.HintingNone)
	if err != nil {
		return 0
	}
	return float64(advance) / 64 / f.em
}

// toUnicode says which letter each number is (ISO 32000-1, 9.10.3).
func (f *face) toUnicode() string {
	var b bytes.Buffer
	b.WriteString("/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def\n" +
		"/CMapName /Adobe-Identity-UCS def /CMapType 2 def\n1 begincodespacerange <0000> <FFFF> endcodespacerange\n")
	const most = 100 // in a block
	for from := 0; from < len(f.used); from += most {
		block := f.used[from:min(from+most, len(f.used))]
		fmt.Fprintf(&b, "%d beginbfchar\n", len(block))
		for i, r := range block {
			text := unicodeText(string(r)) // <FEFF…>
			fmt.Fprintf(&b, "<%04X> <%s\n", from+i+1, text[len("<FEFF"):])
		}
		b.WriteString("endbfchar\n")
	}
	b.WriteString("endcmap CMapName currentdict /CMap defineresource pop end end\n")
	return b.String()
}

var errFont = errors.New("font is not as TrueType fonts are")

// Flags of the parts of a glyph that is made of others.
const (
	wordArguments   = 1 << 0
	oneScale        = 1 << 3
	moreParts       = 1 << 5
	twoScales       = 1 << 6
	fourScales      = 1 << 7
	hasInstructions = 1 << 8
)

// subset makes a TrueType font of the letters that were used, without hints.
func (f *face) subset() ([]byte, error) {
	tables := tablesOf(f.data)
	for _, need := range []string{"head", "hhea", "hmtx", "maxp", "loca", "glyf"} {
		if tables[need] == nil {
			return nil, errFont
		}
	}
	from := []int{0} // by new number
	for _, r := range f.used {
		from = append(from, int(f.glyph(r).index))
	}
	parts := map[int]int{} // new numbers of what other glyphs are made of
	var glyf, loca, hmtx []byte
	for i := 0; i < len(from); i++ { // grows
		data, err := outline(tables, from[i])
		if err != nil {
			return nil, err
		}
		data, err = withParts(data, func(old int) int {
			if parts[old] == 0 {
				parts[old] = len(from)
				from = append(from, old)
			}
			return parts[old]
		})
		if err != nil {
			return nil, err
		}
		loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf)))
		glyf = append(glyf, data...)
		for len(glyf)%4 != 0 {
			glyf = append(glyf, 0)
		}
		hmtx = append(hmtx, metric(tables, from[i])...)
	}
	loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf)))
	count := uint16(len(from))
	head, hhea, maxp := bytes.Clone(tables["head"]), bytes.Clone(tables["hhea"]), bytes.Clone(tables["maxp"])
	binary.BigEndian.PutUint32(head[8:], 0)  // checksum
	binary.BigEndian.PutUint16(head[50:], 1) // long offsets
	binary.BigEndian.PutUint16(hhea[34:], count)
	binary.BigEndian.PutUint16(maxp[4:], count)
	return fontFile([]table{{"glyf", glyf}, {"head", head}, {"hhea", hhea}, {"hmtx", hmtx}, {"loca", loca}, {"maxp", maxp}}), nil
}

type table struct {
	tag  string
	data []byte
}

func tablesOf(data []byte) map[string][]byte {
	tables := map[string][]byte{}
	n := int(binary.BigEndian.Uint16(data[4:]))
	for i := range n {
		entry := data[12+16*i:]
		offset, length := binary.BigEndian.Uint32(entry[8:]), binary.BigEndian.Uint32(entry[12:])
		tables[string(entry[:4])] = data[offset : offset+length]
	}
	return tables
}

// outline gives the data of a glyph, without hints.
func outline(tables map[string][]byte, index int) ([]byte, error) {
	loca := tables["loca"]
	var start, end int
	if binary.BigEndian.Uint16(tables["head"][50:]) == 0 {
		start, end = 2*int(binary.BigEndian.Uint16(loca[2*index:])), 2*int(binary.BigEndian.Uint16(loca[2*index+2:]))
	} else {
		start, end = int(binary.BigEndian.Uint32(loca[4*index:])), int(binary.BigEndian.Uint32(loca[4*index+4:]))
	}
	data := bytes.Clone(tables["glyf"][start:end])
	if len(data) == 0 {
		return nil, nil
	}
	contours := int(int16(binary.BigEndian.Uint16(data)))
	if contours < 0 {
		return data, nil
	}
	hints := 10 + 2*contours
	if len(data) < hints+2 {
		return nil, errFont
	}
	length := int(binary.BigEndian.Uint16(data[hints:]))
	rest := data[hints+2+length:]
	data = append(data[:hints:hints], 0, 0)
	return append(data, rest...), nil
}

// withParts gives the parts of a glyph their new numbers.
func withParts(data []byte, number func(old int) int) ([]byte, error) {
	if len(data) == 0 || int16(binary.BigEndian.Uint16(data)) >= 0 {
		return data, nil
	}
	at := 10
	for {
		if len(data) < at+4 {
			return nil, errFont
		}
		flags := binary.BigEndian.Uint16(data[at:])
		binary.BigEndian.PutUint16(data[at:], flags&^hasInstructions)
		binary.BigEndian.PutUint16(data[at+2:], uint16(number(int(binary.BigEndian.Uint16(data[at+2:])))))
		at += 6
		if flags&wordArguments != 0 {
			at += 2
		}
		switch {
		case flags&oneScale != 0:
			at += 2
		case flags&twoScales != 0:
			at += 4
		case flags&fourScales != 0:
			at += 8
		}
		if flags&moreParts == 0 {
			return data[:at], nil
		}
	}
}

// metric gives advance and left side bearing of a glyph.
func metric(tables map[string][]byte, index int) []byte {
	hmtx, long := tables["hmtx"], int(binary.BigEndian.Uint16(tables["hhea"][34:]))
	if index < long {
		return hmtx[4*index : 4*index+4]
	}
	bearing := 4*long + 2*(index-long)
	return append(bytes.Clone(hmtx[4*(long-1):4*(long-1)+2]), hmtx[bearing:bearing+2]...)
}

// fontFile puts tables, which are in the order of their names, together.
func fontFile(tables []table) []byte {
	power, log := 1, 0
	for power*2 <= len(tables) {
		power, log = power*2, log+1
	}
	out := binary.BigEndian.AppendUint32(nil, 0x00010000)
	for _, n := range []int{len(tables), power * 16, log, (len(tables) - power) * 16} {
		out = binary.BigEndian.AppendUint16(out, uint16(n))
	}
	offset := 12 + 16*len(tables)
	for _, t := range tables {
		out = append(out, t.tag...)
		for _, n := range []int{int(checksum(t.data)), offset, len(t.data)} {
			out = binary.BigEndian.AppendUint32(out, uint32(n))
		}
		offset += (len(t.data) + 3) &^ 3
	}
	for _, t := range tables {
		out = append(out, t.data...)
		for len(out)%4 != 0 {
			out = append(out, 0)
		}
	}
	return out
}

func checksum(data []byte) (sum uint32) {
	for len(data) >= 4 {
		sum += binary.BigEndian.Uint32(data)
		data = data[4:]
	}
	if len(data) > 0 {
		var last [4]byte
		copy(last[:], data)
		sum += binary.BigEndian.Uint32(last[:])
	}
	return sum
}

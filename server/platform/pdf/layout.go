package pdf

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// page is a page that is being set.
type page struct {
	content bytes.Buffer
	marked  []*element // by the number of the marked content
}

// element is an element of the structure tree (ISO 32000-1, 14.7).
type element struct {
	role       string
	attributes string // of its attribute object
	language   string // where it is another than the paper's
	parent     *element
	kids       []kid
	object     int
}

// kid is what an element holds: another element, marked content of a page, or the annotation of a link.
type kid struct {
	element *element
	page    int // from 1; 0 for none
	mark    int
	link    int // from 1; 0 for none
}

func (e *element) add(child *element) *element {
	child.parent = e
	e.kids = append(e.kids, kid{element: child})
	return child
}

// link is where a link can be followed.
type link struct {
	page                     int
	left, right, top, bottom float64
	address, text            string
	element                  *element
	object                   int
}

// turn begins a page.
func (p *Paper) turn() {
	p.pages = append(p.pages, &page{})
	p.y = top
}

func (p *Paper) page() *page { return p.pages[len(p.pages)-1] }

// room turns the page where there is less room than that.
func (p *Paper) room(height float64) {
	if p.y-height < bottom && p.y < top {
		p.turn()
	}
}

// mark writes content that belongs to an element.
func (p *Paper) mark(e *element, write func(*bytes.Buffer)) {
	at := p.page()
	fmt.Fprintf(&at.content, "/%s <</MCID %d>> BDC\n", e.role, len(at.marked))
	write(&at.content)
	at.content.WriteString("EMC\n")
	e.kids = append(e.kids, kid{page: len(p.pages), mark: len(at.marked)})
	at.marked = append(at.marked, e)
}

// artifact writes content that is no part of what the paper says.
func (*Paper) artifact(at *page, kind string, write func(*bytes.Buffer)) {
	fmt.Fprintf(&at.content, "/Artifact <<%s>> BDC\n", kind)
	write(&at.content)
	at.content.WriteString("EMC\n")
}

// rule draws a line over the whole width.
func (p *Paper) rule(y float64) {
	p.artifact(p.page(), "/Type /Layout", func(b *bytes.Buffer) {
		fmt.Fprintf(b, "0.6 G 0.5 w %.2f %.2f m %.2f %.2f l S 0 G\n", left, y, right, y)
	})
}

// line is a line of a text.
type line struct {
	text  string
	joint bool // the word goes on in the next line
}

// lines sets lines of an element from x on, over as many pages as it takes, and leaves room after them.
func (p *Paper) lines(e *element, s style, all []line, x, after float64) {
	for len(all) > 0 {
		p.room(s.line())
		n := min(max(int((p.y-bottom)/s.line()), 1), len(all))
		p.mark(e, func(b *bytes.Buffer) { s.write(b, all[:n], x, p.y, n == len(all)) })
		p.y -= float64(n) * s.line()
		all = all[n:]
	}
	p.y -= after
}

// write writes lines below y. Between the words of two lines stands a space, for those who do not see the lines.
func (s style) write(b *bytes.Buffer, lines []line, x, y float64, last bool) {
	for i, l := range lines {
		text := l.text
		if !l.joint && (i < len(lines)-1 || !last) {
			text += " "
		}
		base := y - float64(i)*s.line() - s.size*0.25 - s.size*(lead-1)/2 - s.size*0.55
		fmt.Fprintf(b, "BT /%s %.2f Tf 1 0 0 1 %.2f %.2f Tm ", s.face.name, s.size, x, base)
		s.face.show(b, text)
		b.WriteString("ET\n")
	}
}

// width is how wide a line is, in points.
func (s style) width(text string) float64 {
	var units float64
	for _, r := range text {
		units += s.face.advance(r)
	}
	return units * s.size
}

// tidy takes out what cannot be set, and puts letters and their marks together.
func tidy(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t':
			return ' '
		case r == 0xAD, unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs):
			return -1
		}
		return r
	}, norm.NFC.String(strings.ToValidUTF8(text, "")))
}

// broken breaks a text into lines of a width. A word that is too long for a line is broken anywhere.
func (s style) broken(text string, width float64) []line {
	var all []line
	for hard := range strings.SplitSeq(tidy(text), "\n") {
		all = append(all, s.wrapped(hard, width)...)
	}
	return all
}

func (s style) wrapped(text string, width float64) []line {
	var all []line
	now, used, space := "", 0.0, s.width(" ")
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ' ' }) {
		wide := s.width(word)
		if now != "" && used+space+wide <= width {
			now, used = now+" "+word, used+space+wide
			continue
		}
		if now != "" {
			all = append(all, line{text: now})
		}
		for wide > width {
			n := s.fitting(word, width)
			all = append(all, line{text: word[:n], joint: true})
			word = word[n:]
			wide = s.width(word)
		}
		now, used = word, wide
	}
	return append(all, line{text: now})
}

// fitting is how many bytes of a word fit into a width, at least those of one letter.
func (s style) fitting(word string, width float64) int {
	used := 0.0
	for i, r := range word {
		if used += s.face.advance(r) * s.size; used > width && i > 0 {
			return i
		}
	}
	return len(word)
}

// cell is a cell of a table; scope says of a heading what it is the heading of.
type cell struct {
	text  string
	style style
	scope string
}

const padding = 3.0 // above and below the text of a row

// table sets a table. Where it goes on on another page, its head stands there again, for those who see it.
func (p *Paper) table(head []cell, rows [][]cell, widths []float64) {
	table := p.root.add(&element{role: "Table", language: p.foreign()})
	body := table
	if head != nil {
		p.row(table.add(&element{role: "THead"}), head, widths, nil)
		body = table.add(&element{role: "TBody"})
	}
	for _, row := range rows {
		p.row(body, row, widths, head)
	}
	p.y -= between
}

func (p *Paper) row(parent *element, cells []cell, widths []float64, again []cell) {
	row := parent.add(&element{role: "TR"})
	elements, texts, step, most := make([]*element, len(cells)), make([][]line, len(cells)), 0.0, 0
	for i, c := range cells {
		elements[i] = row.add(&element{role: "TD"})
		if c.scope != "" {
			elements[i].role, elements[i].attributes = "TH", "/O /Table /Scope /"+c.scope
		}
		texts[i] = c.style.broken(c.text, widths[i]*(right-left)-gutter)
		step, most = max(step, c.style.line()), max(most, len(texts[i]))
	}
	whole := float64(most)*step + 2*padding
	for from := 0; from < most; {
		before := len(p.pages)
		if from > 0 || whole < (top-bottom)/2 {
			p.room(min(whole, float64(most-from)*step+2*padding))
		} else {
			p.room(step + 2*padding)
		}
		if len(p.pages) > before && again != nil {
			p.headAgain(again, widths)
		}
		p.y -= padding
		n := max(min(int((p.y-bottom)/step), most-from), 1)
		x := left
		for i, c := range cells {
			if mine := texts[i][min(from, len(texts[i])):min(from+n, len(texts[i]))]; len(mine) > 0 {
				last := from+n >= len(texts[i])
				p.mark(elements[i], func(b *bytes.Buffer) { c.style.write(b, mine, x, p.y, last) })
			}
			x += widths[i] * (right - left)
		}
		p.y -= float64(n)*step + padding
		from += n
		if from < most {
			p.turn()
		}
	}
	p.rule(p.y)
}

func (p *Paper) headAgain(head []cell, widths []float64) {
	x, lowest := left, p.y
	p.artifact(p.page(), "/Type /Pagination", func(b *bytes.Buffer) {
		for i, c := range head {
			lines := c.style.broken(c.text, widths[i]*(right-left)-gutter)
			c.style.write(b, lines, x, p.y-padding, true)
			lowest = min(lowest, p.y-2*padding-float64(len(lines))*c.style.line())
			x += widths[i] * (right - left)
		}
	})
	p.y = lowest
	p.rule(p.y)
}

// feet sets what stands at the foot of each page.
func (p *Paper) feet() {
	s := style{p.regular, smallSize}
	number := "Seite %d von %d"
	if !strings.HasPrefix(p.head.Language, "de") {
		number = "Page %d of %d"
	}
	for i, at := range p.pages {
		count := fmt.Sprintf(number, i+1, len(p.pages))
		p.artifact(at, "/Type /Pagination /Subtype /Footer", func(b *bytes.Buffer) {
			room := right - left - s.width(count) - gutter
			if note := s.broken(p.note, room)[:1]; note[0].text != "" {
				s.write(b, note, left, footer+s.line(), true)
			}
			s.write(b, []line{{text: count}}, right-s.width(count), footer+s.line(), true)
		})
	}
}

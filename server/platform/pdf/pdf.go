// Package pdf sets papers that people get: letters, receipts, notices, decisions. Each is a tagged PDF with the marks of PDF/UA-1 (ISO 14289-1): what is
// seen stands in a tree of headings, paragraphs, lists and tables, in the order in which it is read; what only decorates is marked as such; language and title
// are named; fonts are embedded. The same paper gives the same bytes.
package pdf

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Head is what a reader is told of a paper.
type Head struct {
	Title    string // also what the window is called
	Author   string // may be empty
	Language string // BCP 47
	At       time.Time
}

// Fact is a label with a value.
type Fact struct{ Label, Value string }

// Sizes, in points.
const (
	millimetre = 72 / 25.4

	pageWidth  = 210 * millimetre
	pageHeight = 297 * millimetre
	left       = 25 * millimetre
	right      = pageWidth - 20*millimetre
	top        = pageHeight - 20*millimetre
	bottom     = 25 * millimetre
	footer     = 12 * millimetre // of the footer's base line
	recipient  = pageHeight - 50*millimetre
	afterIt    = pageHeight - 92*millimetre // where a letter goes on below the window of the envelope (DIN 5008, form B)

	textSize  = 11.0
	smallSize = 8.5
	lead      = 1.4  // of the size, from line to line
	between   = 7.0  // paragraphs
	gutter    = 10.0 // columns
)

// style is how a text looks.
type style struct {
	face *face
	size float64
}

func (s style) line() float64 { return s.size * lead }

// Paper is a document that is being set. Its methods set one part after the other.
type Paper struct {
	head     Head
	language string // of what is set now
	regular  *face
	bold     *face
	root     *element
	pages    []*page
	y        float64 // of the upper edge of what comes next
	note     string  // at the foot of each page
	links    []link
	headed   bool // there is a heading
}

// New begins a paper.
func New(head Head) (*Paper, error) {
	p := &Paper{head: head, language: head.Language, root: &element{role: "Document"}}
	var err error
	if p.regular, p.bold, err = faces(); err != nil {
		return nil, fmt.Errorf("load fonts: %w", err)
	}
	p.turn()
	return p, nil
}

// In says in which language the parts that follow are; empty for the paper's own.
func (p *Paper) In(language string) {
	if language == "" {
		language = p.head.Language
	}
	p.language = language
}

// Footer stands at the foot of each page, beside its number. One short line.
func (p *Paper) Footer(text string) { p.note = text }

// Letterhead sets who writes, with address and the like below it, and a line under it.
func (p *Paper) Letterhead(name string, lines ...string) {
	p.paragraph("P", style{p.bold, 13}, name)
	if len(lines) > 0 {
		p.paragraph("P", style{p.regular, smallSize + 0.5}, strings.Join(lines, "\n"))
	}
	p.y -= 3
	p.rule(p.y)
	p.y -= between * 2
}

// Recipient sets to whom a letter goes, where envelopes have their window, with the sender's address above it in small print.
func (p *Paper) Recipient(sender string, lines ...string) {
	p.y = min(p.y, recipient)
	if sender != "" {
		p.paragraph("P", style{p.regular, 7}, sender)
	}
	p.paragraph("P", p.plain(), strings.Join(lines, "\n"))
	p.y = min(p.y, afterIt)
}

// Heading sets the paper's heading the first time, and headings below it after that.
func (p *Paper) Heading(text string) {
	role, size := "H2", 12.0
	if !p.headed {
		role, size = "H1", 15.0
	}
	p.headed = true
	p.y -= between
	p.room(size*lead + 3*textSize*lead) // not alone at the foot of a page
	p.paragraph(role, style{p.bold, size}, text)
}

// Text sets paragraphs, which empty lines part.
func (p *Paper) Text(text string) { p.paragraphs(p.plain(), text) }

// Small sets paragraphs in small print.
func (p *Paper) Small(text string) { p.paragraphs(style{p.regular, smallSize}, text) }

// Facts sets labels with their values, as a table. Those without a value are left out.
func (p *Paper) Facts(facts ...Fact) {
	var rows [][]cell
	for _, f := range facts {
		if f.Value != "" {
			rows = append(rows, []cell{{text: f.Label, style: style{p.bold, textSize}, scope: "Row"}, {text: f.Value, style: p.plain()}})
		}
	}
	if rows != nil {
		p.table(nil, rows, []float64{0.36, 0.64})
	}
}

// Table sets a table. widths are the columns' shares of the width, which add up to 1.
func (p *Paper) Table(widths []float64, head []string, rows ...[]string) {
	names := make([]cell, len(head))
	for i, text := range head {
		names[i] = cell{text: text, style: style{p.bold, textSize}, scope: "Column"}
	}
	body := make([][]cell, len(rows))
	for i, row := range rows {
		body[i] = make([]cell, len(head))
		for j := range head {
			body[i][j] = cell{style: p.plain()}
			if j < len(row) {
				body[i][j].text = row[j]
			}
		}
	}
	p.table(names, body, widths)
}

// List sets a list with bullets.
func (p *Paper) List(items ...string) {
	list := p.root.add(&element{role: "L", attributes: "/O /List /ListNumbering /Disc", language: p.foreign()})
	const indent = 14
	for _, text := range items {
		item := list.add(&element{role: "LI"})
		p.room(p.plain().line())
		p.lines(item.add(&element{role: "Lbl"}), p.plain(), []line{{text: "•"}}, left, 0)
		p.y += p.plain().line()
		p.lines(item.add(&element{role: "LBody"}), p.plain(), p.plain().broken(text, right-left-indent), left+indent, 2)
	}
	p.y -= between - 2
}

// Link sets an address that can be followed.
func (p *Paper) Link(text, address string) {
	e := p.root.add(&element{role: "P", language: p.foreign()}).add(&element{role: "Link"})
	for _, l := range p.plain().broken(text, right-left) {
		p.room(p.plain().line())
		at := link{page: len(p.pages) - 1, left: left, right: left + p.plain().width(l.text), top: p.y, bottom: p.y - p.plain().line(), address: address, text: text, element: e}
		p.lines(e, p.plain(), []line{l}, left, 0)
		e.kids = append(e.kids, kid{link: len(p.links) + 1})
		p.links = append(p.links, at)
	}
	p.y -= between
}

// Write writes the PDF. Nothing can be set afterwards.
func (p *Paper) Write(w io.Writer) error {
	p.feet()
	content, err := p.file()
	if err != nil {
		return err
	}
	if _, err := w.Write(content); err != nil {
		return fmt.Errorf("write paper: %w", err)
	}
	return nil
}

func (p *Paper) plain() style { return style{p.regular, textSize} }

// foreign is the language of what is set now, where it is another than the paper's.
func (p *Paper) foreign() string {
	if p.language == p.head.Language {
		return ""
	}
	return p.language
}

func (p *Paper) paragraphs(s style, text string) {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	for paragraph := range strings.SplitSeq(text, "\n\n") {
		if paragraph = strings.Trim(paragraph, "\n"); strings.TrimSpace(paragraph) != "" {
			p.paragraph("P", s, paragraph)
		}
	}
}

func (p *Paper) paragraph(role string, s style, text string) {
	e := p.root.add(&element{role: role, language: p.foreign()})
	p.lines(e, s, s.broken(text, right-left), left, between)
}

// Package letter sets a message as a PDF on A4, so that it can be kept and handed in.
package letter

import (
	"fmt"
	"io"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
)

// Sizes, in millimetres and points.
const (
	margin   = 25.0
	lineSize = 5.5
	textSize = 11.0
	headSize = 15.0
	noteSize = 8.5
	noteLine = 4.5
	face     = "go"
)

// Letter is what is set. Texts may be in all scripts of Europe.
type Letter struct {
	Subject string
	Sender  string
	At      time.Time
	Text    string // paragraphs, with line breaks
	Link    string // may be empty
	Note    string // small print at the end: where it comes from
	English bool
}

// Write writes the PDF. The same letter gives the same bytes.
func Write(w io.Writer, l Letter) error {
	p := fpdf.New("P", "mm", "A4", "")
	p.SetCreationDate(l.At.UTC())
	p.SetModificationDate(l.At.UTC())
	p.SetCatalogSort(true)
	p.SetTitle(l.Subject, true)
	p.SetAuthor(l.Sender, true)
	p.SetLang(map[bool]string{false: "de-DE", true: "en"}[l.English])
	p.SetMargins(margin, margin, margin)
	p.SetAutoPageBreak(true, margin)
	p.AddUTF8FontFromBytes(face, "", goregular.TTF)
	p.AddUTF8FontFromBytes(face, "B", gobold.TTF)
	p.AddPage()
	set := func(style string, size, line float64, text string) {
		p.SetFont(face, style, size)
		p.MultiCell(0, line, text, "", "L", false)
	}
	set("", textSize, lineSize, l.Sender)
	set("", textSize, lineSize, day(l.At, l.English))
	p.Ln(lineSize)
	set("B", headSize, lineSize*1.3, l.Subject)
	p.Ln(lineSize / 2)
	set("", textSize, lineSize, strings.ReplaceAll(l.Text, "\r\n", "\n"))
	if l.Link != "" {
		p.Ln(lineSize)
		set("", textSize, lineSize, l.Link)
	}
	if l.Note != "" {
		p.Ln(lineSize)
		set("", noteSize, noteLine, l.Note)
	}
	if err := p.Output(w); err != nil {
		return fmt.Errorf("set letter: %w", err)
	}
	return nil
}

func day(at time.Time, english bool) string {
	if berlin, err := time.LoadLocation("Europe/Berlin"); err == nil {
		at = at.In(berlin)
	}
	if english {
		return at.Format("2 January 2006")
	}
	return at.Format("02.01.2006")
}

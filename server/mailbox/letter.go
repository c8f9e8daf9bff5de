package mailbox

import (
	"bytes"
	"time"

	"portalverbund/server/platform/pdf"
	"portalverbund/server/platform/problem"
)

// letter sets a message as a paper, so that it can be kept and handed in. What the sender wrote may be in another language than the reader's.
func letter(m Message, language string) ([]byte, error) {
	p, err := pdf.New(pdf.Head{Title: m.Subject, Author: m.Sender, Language: language, At: m.At})
	if err != nil {
		return nil, err
	}
	p.Letterhead(m.Sender)
	p.Text(day(m.At, language))
	p.Heading(m.Subject)
	p.Text(m.Text)
	if m.Link != "" {
		p.Link(m.Link, m.Link)
	}
	note := problem.Text{
		De: "Abschrift einer Nachricht aus dem Postfach. Nachricht " + m.ID.String() + ".",
		En: "Copy of a message from the mailbox. Message " + m.ID.String() + ".",
	}
	p.Small(note.In(language))
	p.Footer(m.Sender)
	var b bytes.Buffer
	err = p.Write(&b)
	return b.Bytes(), err
}

func day(at time.Time, language string) string {
	if berlin, err := time.LoadLocation("Europe/Berlin"); err == nil {
		at = at.In(berlin)
	}
	if language == "en" {
		return at.Format("2 January 2006")
	}
	return at.Format("02.01.2006")
}

package payments

import (
	"io"
	"time"

	"portalverbund/server/platform/pdf"
)

// paper is what is set for the person of a claim.
type paper struct {
	title, text, note string
	items             []string  // what a fee is for
	remedy            [2]string // heading and words on how one can object, in German
	labels, values    []string  // a value that is empty is left out
	at                time.Time
}

// set sets a paper of a claim's creditor.
func (p paper) set(w io.Writer, creditor, language string) error {
	out, err := pdf.New(pdf.Head{Title: p.title, Author: creditor, Language: language, At: p.at})
	if err != nil {
		return err
	}
	day := "02.01.2006"
	if language == "en" {
		day = "2 January 2006"
	}
	out.Letterhead(creditor)
	out.Text(p.at.In(berlin()).Format(day))
	out.Heading(p.title)
	out.Text(p.text)
	if len(p.items) > 0 {
		out.List(p.items...)
	}
	facts := make([]pdf.Fact, len(p.labels))
	for i, label := range p.labels {
		facts[i] = pdf.Fact{Label: label, Value: p.values[i]}
	}
	out.Facts(facts...)
	if p.remedy[1] != "" {
		out.Heading(p.remedy[0])
		out.In("de")
		out.Text(p.remedy[1])
		out.In("")
	}
	out.Small(p.note)
	out.Footer(creditor)
	return out.Write(w)
}

// writeReceipt writes the receipt of a paid fee.
func (s *Service) writeReceipt(w io.Writer, c claim, english bool) error {
	language, layout := "de", "02.01.2006, 15:04 Uhr"
	p := paper{
		title: "Quittung über eine bezahlte Gebühr", note: "Ausgestellt vom Portal nach Auskunft des Zahlungsdienstes. Sie gilt ohne Unterschrift.", at: *c.PaidAt,
		labels: []string{"Betrag", "Wofür", "Rechtsgrundlage", "Leistung", "Antrag", "Kassenzeichen", "Bezahlt am", "Davon erstattet"},
	}
	if english {
		language, layout = "en", "2 January 2006, 15:04"
		p.title, p.note = "Receipt for a paid fee", "Issued by the portal as the payment service has said. It is valid without a signature."
		p.labels = []string{"Amount", "For", "Legal basis", "Service", "Application", "Reference", "Paid on", "Of this refunded"}
	}
	if c.words.Method == methodCash || c.words.Method == methodTransfer { // no service has said so
		p.note = "Ausgestellt vom Portal. Sie gilt ohne Unterschrift."
		if english {
			p.note = "Issued by the portal. It is valid without a signature."
		}
	}
	back := ""
	if c.Refunded > 0 {
		back = c.Refunded.Words(language)
	}
	p.values = []string{
		c.Amount.Words(language), localized(c.words.Purpose, language), localized(c.words.LegalBasis, language), localized(c.words.ServiceTitle, language),
		c.words.Number, c.words.Reference, c.PaidAt.In(berlin()).Format(layout), back,
	}
	return p.set(w, localized(c.words.Creditor, language), language)
}

// writeNotice writes the fee notice, with how one can object in the words of the authority that it came with.
func (s *Service) writeNotice(w io.Writer, c claim, english bool) error {
	language, day := "de", "02.01.2006"
	subject, note := "Gebührenbescheid", "Dieser Bescheid wurde automatisch erstellt und gilt ohne Unterschrift."
	ask, nothing := "Für Ihren Antrag wird folgende Gebühr festgesetzt.", "Die Gebühr für Ihren Antrag wird erlassen. Sie müssen nichts bezahlen."
	labels := []string{"Betrag", "Zuvor", "Grund der Ermäßigung", "Begründung", "Wofür", "Rechtsgrundlage", "Leistung", "Antrag", "Kassenzeichen", "Bitte bezahlen bis", "Bezahlt am"}
	if english {
		language, day = "en", "2 January 2006"
		subject, note = "Fee notice", "This notice was made automatically and is valid without a signature. The German notice counts."
		ask, nothing = "The following fee is set for your application.", "The fee for your application is waived. You do not have to pay anything."
		labels = []string{"Amount", "Before", "Reason of the reduction", "Reason", "For", "Legal basis", "Service", "Application", "Reference", "Please pay by", "Paid on"}
	}
	amount, before, reason, due, paidOn := c.Amount, "", "", c.DueAt.In(berlin()).Format(day), ""
	if r := c.words.Reduction; r != nil {
		amount, before, reason = Cents(r.To.Amount), Cents(r.From.Amount).Words(language), r.Reason
	}
	if waived(c.words.Reduction) {
		ask, due = nothing, ""
	}
	if c.PaidAt != nil {
		due, paidOn = "", c.PaidAt.In(berlin()).Format(day)
	}
	p := paper{title: subject, text: ask, items: itemLines(c.words.Items, language), note: note, labels: labels, at: c.CreatedAt}
	if p.remedy = [2]string{"Rechtsbehelfsbelehrung", c.words.Remedy}; english {
		p.remedy[0] = "How you can object"
	}
	p.values = []string{
		amount.Words(language), before, reason, c.words.Reason, localized(c.words.Purpose, language), localized(c.words.LegalBasis, language), localized(c.words.ServiceTitle, language),
		c.words.Number, c.words.Reference, due, paidOn,
	}
	return p.set(w, localized(c.words.Creditor, language), language)
}

package payments

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Letters set a text as PDF: subject, sender and small print apart. at is its date.
type Letters interface {
	Write(w io.Writer, subject, sender, text, note string, at time.Time, english bool) error
}

// writeReceipt writes the receipt of a paid fee.
func (s *Service) writeReceipt(w io.Writer, c claim, english bool) error {
	language, layout := "de", "02.01.2006, 15:04 Uhr"
	subject, note := "Quittung über eine bezahlte Gebühr", "Ausgestellt vom Portal nach Auskunft des Zahlungsdienstes. Sie gilt ohne Unterschrift."
	labels := []string{"Betrag", "Wofür", "Rechtsgrundlage", "Leistung", "Antrag", "Kassenzeichen", "Bezahlt am", "Davon erstattet"}
	if english {
		language, layout = "en", "2 January 2006, 15:04"
		subject, note = "Receipt for a paid fee", "Issued by the portal as the payment service has said. It is valid without a signature."
		labels = []string{"Amount", "For", "Legal basis", "Service", "Application", "Reference", "Paid on", "Of this refunded"}
	}
	back := ""
	if c.Refunded > 0 {
		back = c.Refunded.Words(language)
	}
	values := []string{
		c.Amount.Words(language), localized(c.words.Purpose, language), localized(c.words.LegalBasis, language), localized(c.words.ServiceTitle, language),
		c.words.Number, c.words.Reference, c.PaidAt.In(berlin()).Format(layout), back,
	}
	return s.Letters.Write(w, subject, localized(c.words.Creditor, language), facts(labels, values), note, *c.PaidAt, english)
}

// facts sets a line for each value that there is.
func facts(labels, values []string) string {
	var text strings.Builder
	for i, label := range labels {
		if values[i] != "" {
			fmt.Fprintf(&text, "%s: %s\n", label, values[i])
		}
	}
	return text.String()
}

// writeNotice writes the fee notice. How people can object is the authority's to say.
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
	if lines := itemLines(c.words.Items, language); len(lines) > 0 {
		ask += "\n\n" + strings.Join(lines, "\n")
	}
	text := ask + "\n\n" + facts(labels, []string{
		amount.Words(language), before, reason, c.words.Reason, localized(c.words.Purpose, language), localized(c.words.LegalBasis, language), localized(c.words.ServiceTitle, language),
		c.words.Number, c.words.Reference, due, paidOn,
	})
	return s.Letters.Write(w, subject, localized(c.words.Creditor, language), text, note, c.CreatedAt, english)
}

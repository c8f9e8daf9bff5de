package applications

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

// letter is what is written to a person about their application. {service}, {authority} and {number} are those of the
// application, {text} is what the authority wrote.
type letter struct {
	subject, text problem.Text

	person    string                // who is spoken of; empty: who acts
	decision  bool                  // on the application
	final     bool                  // it ends the application
	gone      bool                  // who gets it cannot see the application
	documents []types.EventDocument // that came with it
}

func confirmation() letter {
	return letter{
		subject: problem.Text{De: "Antrag eingereicht: {service}", En: "Application submitted: {service}"},
		text: problem.Text{
			De: "Guten Tag,\n\nwir haben Ihren Antrag „{service}“ entgegengenommen. Zuständig ist: {authority}.\n\nIhre Antragsnummer lautet {number}. Bitte geben Sie sie an, wenn Sie nachfragen.\n\nWie es mit Ihrem Antrag steht, sehen Sie jederzeit im Portal.",
			En: "Hello,\n\nwe have taken in your application “{service}”. The competent office is: {authority}.\n\nYour application number is {number}. Please name it when you have questions.\n\nYou can see at any time in the portal how your application is going.",
		},
	}
}

// undeliverable says that the competent portal does not take an application.
func undeliverable() letter {
	return letter{
		final:   true,
		subject: problem.Text{De: "Ihr Antrag wurde nicht angenommen: {service}", En: "Your application was not taken: {service}"},
		text: problem.Text{
			De: "Guten Tag,\n\nIhr Antrag „{service}“ konnte nicht zugestellt werden. Das Portal der zuständigen Stelle nimmt ihn so nicht mehr an, zum Beispiel weil es das Angebot geändert hat. Zuständig ist: {authority}.\n\nIhre Angaben sind nicht verloren. Bitte stellen Sie den Antrag neu oder wenden Sie sich an die zuständige Stelle.\n\nAntragsnummer: {number}",
			En: "Hello,\n\nyour application “{service}” could not be delivered. The portal of the competent office does not take it in this form any more, for example because it has changed its offer. Competent is: {authority}.\n\nWhat you entered is not lost. Please apply again or contact the competent office.\n\nApplication number: {number}",
		},
	}
}

// letterFor gives the words for an event of the authority; false when it is not worth a letter.
func letterFor(kind types.EventKind, moved bool) (letter, bool) {
	const number = "\n\nAntragsnummer: {number}"
	const numberEn = "\n\nApplication number: {number}"
	switch kind {
	case types.InProgress:
		return letter{
			subject: problem.Text{De: "Antrag in Bearbeitung: {service}", En: "Application in progress: {service}"},
			text: problem.Text{
				De: "Guten Tag,\n\nIhr Antrag „{service}“ wird jetzt bearbeitet. Zuständig ist: {authority}.{text}" + number,
				En: "Hello,\n\nyour application “{service}” is now being processed by: {authority}.{text}" + numberEn,
			},
		}, moved
	case types.Question:
		return letter{
			subject: problem.Text{De: "Rückfrage zu Ihrem Antrag: {service}", En: "Question about your application: {service}"},
			text: problem.Text{
				De: "Guten Tag,\n\nzu Ihrem Antrag „{service}“ gibt es eine Rückfrage von: {authority}.{text}\n\nBitte antworten Sie im Portal." + number,
				En: "Hello,\n\nthere is a question about your application “{service}” from: {authority}.{text}\n\nPlease answer in the portal." + numberEn,
			},
		}, true
	case types.Message:
		return letter{
			subject: problem.Text{De: "Nachricht zu Ihrem Antrag: {service}", En: "Message about your application: {service}"},
			text: problem.Text{
				De: "Guten Tag,\n\nzu Ihrem Antrag „{service}“ gibt es eine Nachricht von: {authority}.{text}" + number,
				En: "Hello,\n\nthere is a message about your application “{service}” from: {authority}.{text}" + numberEn,
			},
		}, true
	case types.Granted:
		return letter{
			decision: true, final: true,
			subject: problem.Text{De: "Entscheidung: Ihr Antrag ist bewilligt: {service}", En: "Decision: your application is granted: {service}"},
			text: problem.Text{
				De: "Guten Tag,\n\nIhr Antrag „{service}“ ist bewilligt. Entschieden hat: {authority}.{text}" + number,
				En: "Hello,\n\nyour application “{service}” has been granted by: {authority}.{text}" + numberEn,
			},
		}, true
	case types.Refused:
		return letter{
			decision: true, final: true,
			subject: problem.Text{De: "Entscheidung: Ihr Antrag ist abgelehnt: {service}", En: "Decision: your application is refused: {service}"},
			text: problem.Text{
				De: "Guten Tag,\n\nIhr Antrag „{service}“ ist abgelehnt. Entschieden hat: {authority}.{text}" + number,
				En: "Hello,\n\nyour application “{service}” has been refused by: {authority}.{text}" + numberEn,
			},
		}, true
	case types.Undeliverable:
		return undeliverable(), true
	case types.Closed:
		return letter{
			final:   true,
			subject: problem.Text{De: "Antrag abgeschlossen: {service}", En: "Application finished: {service}"},
			text: problem.Text{
				De: "Guten Tag,\n\nIhr Antrag „{service}“ ist abgeschlossen. Zuständig war: {authority}.{text}" + number,
				En: "Hello,\n\nyour application “{service}” has been finished by: {authority}.{text}" + numberEn,
			},
		}, true
	}
	return letter{}, false
}

// confirm writes to the person that their application was submitted.
func (s *Service) confirm(ctx context.Context, a Application) error {
	if err := s.writeTo(ctx, a, a.Person, confirmation(), s.portals.Self().Name, ""); err != nil {
		return err
	}
	for _, c := range a.CoApplicants {
		if c.Person.Subject == "" {
			continue
		}
		if err := s.writeTo(ctx, a, c.Person, confirmation(), s.portals.Self().Name, ""); err != nil {
			return err
		}
	}
	if a.Principal.Subject == "" {
		return nil
	}
	return s.writeTo(ctx, a, a.Principal, madeForYou(), s.portals.Self().Name, "")
}

// tell writes to the person what the authority has done, where it is worth a letter.
func (s *Service) tell(ctx context.Context, a Application, e types.TimelineEvent, moved bool) error {
	l, worth := letterFor(e.Kind, moved)
	if !worth && e.Documents != nil {
		l, worth = letterFor(types.Message, moved)
	}
	if !worth {
		return nil
	}
	sender := localized(a.AuthorityName, a.Language)
	if e.Name != nil && *e.Name != "" {
		sender = *e.Name
	}
	text := ""
	if e.Text != nil && *e.Text != "" {
		text = "\n\n" + *e.Text
	}
	asked, err := s.askedFor(ctx, a, e.Requested)
	if err != nil {
		return err
	}
	text += asked
	if e.Documents != nil {
		l.documents = *e.Documents
		text += "\n\n" + problem.Text{De: "Beigefügt (im Portal beim Antrag):", En: "Enclosed (in the portal, with the application):"}.In(a.Language)
		for _, d := range l.documents {
			text += "\n– " + d.Name
		}
	}
	return s.write(ctx, a, l, sender, text)
}

// write puts a letter into the mailboxes of all whom an application concerns. Who makes it together with another hears how it ends, as a decision is
// announced to everybody whom it is for (§ 41 VwVfG); the authority talks with the one who filled it in.
func (s *Service) write(ctx context.Context, a Application, l letter, sender, text string) error {
	for _, p := range s.told(a) {
		if err := s.writeTo(ctx, a, p, l, sender, text); err != nil {
			return err
		}
	}
	if !l.final {
		return nil
	}
	return s.tellCoApplicants(ctx, a, l, sender, text)
}

// writeTo puts a letter into a person's mailbox, in the language of the application, with its address. Where somebody acts for another person, it
// says so.
func (s *Service) writeTo(ctx context.Context, a Application, to httpx.Person, l letter, sender, text string) error {
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("make id: %w", err)
	}
	title, authority := localized(a.ServiceTitle, a.Language), localized(a.AuthorityName, a.Language)
	if sender == "" {
		sender = s.portals.Self().Name
	}
	words := strings.NewReplacer("{service}", title, "{authority}", authority, "{number}", a.Number, "{text}", text,
		"{person}", cmp.Or(l.person, a.actor()), "{for}", a.principalName())
	if a.ActsFor != nil && a.Principal.Subject != "" && slices.Contains(a.concerned(), to) {
		text := forAnother(to == a.Principal).In(a.Language)
		l.text.De, l.text.En = l.text.De+text, l.text.En+text
	}
	m := types.MessageMailbox{
		Id: id, Person: to.Subject, Sender: sender, At: s.now(),
		Subject: words.Replace(l.subject.In(a.Language)), Text: words.Replace(l.text.In(a.Language)),
	}
	if !l.gone {
		link := s.url + "/antraege/" + a.ID.String()
		m.Link = &link
	}
	if l.decision {
		kind := types.MailboxDecision
		m.Kind = &kind
	}
	if len(l.documents) > 0 {
		m.Documents = &l.documents
	}
	if err := s.mailbox.Notify(ctx, to, m); err != nil {
		return fmt.Errorf("write to mailbox: %w", err)
	}
	return nil
}

// localized gives a text in a language, else in German.
func localized(text map[string]string, language string) string {
	if t := text[language]; t != "" {
		return t
	}
	return text["de"]
}

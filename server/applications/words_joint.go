package applications

import (
	"context"
	"strings"

	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/mail"
	"portalverbund/server/platform/problem"
)

// pageInvitation is the page that an invitation leads to; the token stands behind it, where browsers send it to nobody.
const pageInvitation = "/antraege/einladung#token="

// mailInvitation sends the link of an invitation. The mail says who invites, and nothing of the application.
func (s *Service) mailInvitation(ctx context.Context, c CoApplicant, link string) error {
	subject := problem.Text{De: "{person} lädt Sie zu einem gemeinsamen Antrag ein", En: "{person} invites you to apply together"}
	text := problem.Text{
		De: "Guten Tag,\n\n{person} möchte mit Ihnen gemeinsam einen Antrag bei {portal} stellen. Dafür braucht es Ihre Zustimmung.\n\nSehen Sie sich den Antrag an, und stimmen Sie zu, oder lehnen Sie ab:\n\n{link}\n\nSie melden sich dafür mit Ihrem Konto an, oder Sie legen eines an. Der Link gilt 14 Tage und nur für eine Person.\n\nSie kennen {person} nicht? Dann öffnen Sie den Link bitte nicht. Sie müssen nichts tun.\n\nFreundliche Grüße\n{portal}\n",
		En: "Hello,\n\n{person} wants to make an application at {portal} together with you. It needs your consent.\n\nLook at the application, and consent or refuse:\n\n{link}\n\nYou sign in with your account for it, or register one. The link is valid for 14 days and for one person only.\n\nYou do not know {person}? Then please do not open the link. You need not do anything.\n\nKind regards\n{portal}\n",
	}
	inviter := strings.Join(strings.Fields(c.InvitedBy), " ")
	if inviter == "" {
		inviter = problem.Text{De: "Jemand", En: "Somebody"}.In(httpx.LanguageOf(ctx))
	}
	words := strings.NewReplacer("{person}", inviter, "{portal}", s.portals.Self().Name, "{link}", link)
	language := httpx.LanguageOf(ctx)
	return s.mail.Enqueue(ctx, mail.Message{To: c.Email, Subject: words.Replace(subject.In(language)), Text: words.Replace(text.In(language))})
}

// consentGiven tells the person who fills in that another has consented.
func consentGiven(name string) letter {
	return letter{
		person:  name,
		subject: problem.Text{De: "{person} hat zugestimmt: {service}", En: "{person} has consented: {service}"},
		text: problem.Text{
			De: "Guten Tag,\n\n{person} hat Ihrem gemeinsamen Antrag „{service}“ zugestimmt, so wie er jetzt ist. Wenn Sie ihn noch ändern, braucht es die Zustimmung noch einmal.\n\nWer noch fehlt, sehen Sie beim Antrag. Sobald alle zugestimmt haben, können Sie ihn absenden.",
			En: "Hello,\n\n{person} has consented to the application “{service}” that you make together, as it is now. If you change it, the consent is needed once more.\n\nYou see with the application who is missing. As soon as all have consented you can send it.",
		},
	}
}

// consentRefused tells the person who fills in that another does not consent.
func consentRefused(name string) letter {
	return letter{
		person:  name,
		subject: problem.Text{De: "{person} stimmt nicht zu: {service}", En: "{person} does not consent: {service}"},
		text: problem.Text{
			De: "Guten Tag,\n\n{person} stimmt dem gemeinsamen Antrag „{service}“ nicht zu.\n\nSprechen Sie miteinander. Sie können den Antrag ändern und um Zustimmung bitten, oder ihn ohne diese Person stellen, wo das möglich ist.",
			En: "Hello,\n\n{person} does not consent to the application “{service}” that you wanted to make together.\n\nTalk to each other. You can change the application and ask for consent again, or make it without this person where that is possible.",
		},
	}
}

// consentLapsed tells somebody that what they have consented to was changed.
func consentLapsed() letter {
	return letter{
		subject: problem.Text{De: "Bitte stimmen Sie noch einmal zu: {service}", En: "Please consent once more: {service}"},
		text: problem.Text{
			De: "Guten Tag,\n\nder gemeinsame Antrag „{service}“ wurde geändert. Ihre Zustimmung galt dem Inhalt davor und gilt deshalb nicht mehr.\n\nBitte lesen Sie den Antrag noch einmal, und stimmen Sie zu, oder lehnen Sie ab.",
			En: "Hello,\n\nthe application “{service}” that you make together has been changed. You had consented to its content before, so your consent no longer counts.\n\nPlease read the application once more, and consent or refuse.",
		},
	}
}

// reminder asks somebody for their consent.
func reminder(by string) letter {
	return letter{
		person:  by,
		subject: problem.Text{De: "Ihre Zustimmung fehlt noch: {service}", En: "Your consent is still missing: {service}"},
		text: problem.Text{
			De: "Guten Tag,\n\n{person} wartet auf Ihre Zustimmung zum gemeinsamen Antrag „{service}“.\n\nBitte lesen Sie den Antrag, und stimmen Sie zu, oder lehnen Sie ab.",
			En: "Hello,\n\n{person} is waiting for your consent to the application “{service}” that you make together.\n\nPlease read the application, and consent or refuse.",
		},
	}
}

// removed tells somebody that they do not take part any more.
func removed(by string) letter {
	return letter{
		person: by, gone: true,
		subject: problem.Text{De: "Sie gehören nicht mehr zu diesem Antrag: {service}", En: "You take part in this application no longer: {service}"},
		text: problem.Text{
			De: "Guten Tag,\n\n{person} stellt den Antrag „{service}“ jetzt ohne Sie. Ihre Zustimmung braucht es nicht mehr, und Sie sehen den Antrag nicht mehr.",
			En: "Hello,\n\n{person} makes the application “{service}” without you now. Your consent is not needed any more, and you no longer see the application.",
		},
	}
}

// discarded tells somebody that there is no such draft any more.
func discarded() letter {
	return letter{
		gone:    true,
		subject: problem.Text{De: "Der gemeinsame Antrag wird nicht gestellt: {service}", En: "The application is not made: {service}"},
		text: problem.Text{
			De: "Guten Tag,\n\nder Entwurf für den gemeinsamen Antrag „{service}“ wurde gelöscht. Es wurde nichts abgesendet.",
			En: "Hello,\n\nthe draft of the application “{service}” that you wanted to make together has been deleted. Nothing was sent.",
		},
	}
}

// takenBack tells somebody that what they have applied for together was withdrawn.
func takenBack() letter {
	return letter{
		subject: problem.Text{De: "Gemeinsamer Antrag zurückgezogen: {service}", En: "Application withdrawn: {service}"},
		text: problem.Text{
			De: "Guten Tag,\n\nder gemeinsame Antrag „{service}“ wurde zurückgezogen, von der Person, die ihn ausgefüllt hat. Zuständig war: {authority}.\n\nAntragsnummer: {number}",
			En: "Hello,\n\nthe application “{service}” that you made together has been withdrawn by the person who filled it in. Competent was: {authority}.\n\nApplication number: {number}",
		},
	}
}

package applications

import (
	"context"
	"strings"
	"time"

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
	return s.mail.Enqueue(ctx, mail.Message{To: c.Email, Language: language, Subject: words.Replace(subject.In(language)), Text: words.Replace(text.In(language))})
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

// left tells the person who fills in that another takes part no longer.
func left(name string) letter {
	return letter{
		person:  name,
		subject: problem.Text{De: "{person} macht nicht mehr mit: {service}", En: "{person} takes part no longer: {service}"},
		text: problem.Text{
			De: "Guten Tag,\n\n{person} möchte den gemeinsamen Antrag „{service}“ nicht mehr mit Ihnen stellen. Die Zustimmung, falls es eine gab, gilt nicht mehr, und die Person sieht den Antrag nicht mehr.\n\nBeim Antrag sehen Sie, ob Sie ihn so absenden können. Soll die Person doch wieder dazugehören, laden Sie sie noch einmal ein.",
			En: "Hello,\n\n{person} does not want to make the application “{service}” together with you any more. Their consent, if there was one, no longer counts, and they no longer see the application.\n\nYou see with the application whether you can send it like this. If the person is to take part again, invite them once more.",
		},
	}
}

// wentAway tells those who make a draft together that one of them has no account any more. It names nobody, as the name is deleted.
func wentAway() letter {
	return letter{
		subject: problem.Text{De: "Eine Person gehört nicht mehr dazu: {service}", En: "One person takes part no longer: {service}"},
		text: problem.Text{
			De: "Guten Tag,\n\nzum Entwurf für den gemeinsamen Antrag „{service}“ gehört jetzt eine Person weniger, weil ihr Konto gelöscht wurde. Ihre Zustimmung, falls es eine gab, gilt nicht mehr.\n\nWer noch dazugehört, sehen Sie beim Antrag.",
			En: "Hello,\n\none person less takes part in the draft of the application “{service}” that you make together, as their account was deleted. Their consent, if there was one, no longer counts.\n\nYou see with the application who still takes part.",
		},
	}
}

// runsOut tells those who make a draft together when it is deleted unless it is changed.
func runsOut(at time.Time) letter {
	if berlin, err := time.LoadLocation("Europe/Berlin"); err == nil {
		at = at.In(berlin)
	}
	return letter{
		subject: problem.Text{De: "Gemeinsamer Entwurf läuft bald ab: {service}", En: "Draft runs out soon: {service}"},
		text: problem.Text{
			De: "Guten Tag,\n\nder Entwurf für den gemeinsamen Antrag „{service}“ wird am " + at.Format("02.01.2006") + " gelöscht, wenn bis dahin niemand mehr daran arbeitet. Noch ist nichts abgesendet.\n\nEr bleibt länger, sobald jemand etwas daran ändert oder zustimmt. Absenden kann ihn, wer ihn ausfüllt.",
			En: "Hello,\n\nthe draft of the application “{service}” that you make together is deleted on " + at.Format("2 January 2006") + " if nobody works on it until then. Nothing has been sent yet.\n\nIt stays longer as soon as somebody changes something or consents. Whoever fills it in can send it.",
		},
	}
}

// ranOut tells those who made a draft together that its time has passed.
func ranOut() letter {
	return letter{
		gone:    true,
		subject: problem.Text{De: "Gemeinsamer Entwurf abgelaufen: {service}", En: "Draft has run out: {service}"},
		text: problem.Text{
			De: "Guten Tag,\n\nder Entwurf für den gemeinsamen Antrag „{service}“ wurde gelöscht, weil 30 Tage lang niemand daran gearbeitet hat. Es wurde nichts abgesendet.\n\nWenn Sie den Antrag noch stellen möchten, beginnen Sie ihn neu.",
			En: "Hello,\n\nthe draft of the application “{service}” that you wanted to make together has been deleted, as nobody had worked on it for 30 days. Nothing was sent.\n\nIf you still want to make the application, start it anew.",
		},
	}
}

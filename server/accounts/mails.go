package accounts

import (
	"context"
	"strings"
	"time"

	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/mail"
	"portalverbund/server/platform/problem"
)

// letter is a mail in German and English. {portal} and {link} are filled in.
type letter struct {
	subject, text problem.Text
	asked         bool // somebody waits for it
}

// mailConfirm asks to confirm an address.
func mailConfirm() letter {
	return letter{
		asked:   true,
		subject: problem.Text{De: "Bitte bestätigen Sie Ihre E-Mail-Adresse", En: "Please confirm your e-mail address"},
		text: problem.Text{
			De: `Guten Tag,

mit dieser E-Mail-Adresse wurde ein Konto bei {portal} angelegt.

Bitte bestätigen Sie die Adresse. Öffnen Sie dazu diesen Link:

{link}

Der Link gilt 24 Stunden und nur einmal.

Sie haben kein Konto angelegt? Dann öffnen Sie den Link bitte nicht.
Ohne Bestätigung entsteht kein Konto, und Sie müssen nichts weiter tun.

Freundliche Grüße
{portal}
`,
			En: `Hello,

an account at {portal} was registered with this e-mail address.

Please confirm the address by opening this link:

{link}

The link is valid for 24 hours, and once only.

You did not register an account? Then please do not open the link.
Without a confirmation there will be no account, and you need not do anything.

Kind regards
{portal}
`,
		},
	}
}

// mailKnown goes to who has an account already.
func mailKnown() letter {
	return letter{
		asked:   true,
		subject: problem.Text{De: "Sie haben schon ein Konto", En: "You already have an account"},
		text: problem.Text{
			De: `Guten Tag,

gerade wollte jemand mit dieser E-Mail-Adresse ein Konto bei {portal} anlegen.
Zu dieser Adresse gibt es schon ein Konto. Melden Sie sich einfach an:

{link}

Wenn Sie Ihr Passwort nicht mehr wissen, können Sie dort ein neues setzen.

Das waren nicht Sie? Dann müssen Sie nichts tun. An Ihrem Konto wurde nichts geändert.

Freundliche Grüße
{portal}
`,
			En: `Hello,

someone has just tried to register an account at {portal} with this e-mail address.
There is an account for this address already. Just sign in:

{link}

If you no longer know your password, you can set a new one there.

That was not you? Then you need not do anything. Nothing was changed in your account.

Kind regards
{portal}
`,
		},
	}
}

// mailReset leads to a new password.
func mailReset() letter {
	return letter{
		asked:   true,
		subject: problem.Text{De: "Neues Passwort setzen", En: "Set a new password"},
		text: problem.Text{
			De: `Guten Tag,

für Ihr Konto bei {portal} wurde ein neues Passwort angefordert.

Öffnen Sie diesen Link, um es zu setzen:

{link}

Der Link gilt 10 Minuten und nur einmal.

Das waren nicht Sie? Dann öffnen Sie den Link bitte nicht. Ihr Passwort bleibt, wie es ist.

Freundliche Grüße
{portal}
`,
			En: `Hello,

a new password was requested for your account at {portal}.

Open this link to set it:

{link}

The link is valid for 10 minutes, and once only.

That was not you? Then please do not open the link. Your password stays as it is.

Kind regards
{portal}
`,
		},
	}
}

// mailChanged tells that the password was changed.
func mailChanged() letter {
	return letter{
		subject: problem.Text{De: "Ihr Passwort wurde geändert", En: "Your password was changed"},
		text: problem.Text{
			De: `Guten Tag,

das Passwort Ihres Kontos bei {portal} wurde gerade geändert.
Alle Anmeldungen mit dem Konto wurden beendet. Bitte melden Sie sich neu an.

Das waren nicht Sie? Dann setzen Sie bitte sofort ein neues Passwort:

{link}

Freundliche Grüße
{portal}
`,
			En: `Hello,

the password of your account at {portal} has just been changed.
All sign-ins with the account were ended. Please sign in again.

That was not you? Then please set a new password at once:

{link}

Kind regards
{portal}
`,
		},
	}
}

// send puts a letter into the outgoing queue, in the language of ctx.
func (s *Service) send(ctx context.Context, to string, l letter, link string) error {
	if to == "" { // an account of a national account without an address that is confirmed
		return nil
	}
	language := httpx.LanguageOf(ctx)
	fill := strings.NewReplacer("{portal}", s.Self.Name, "{link}", link)
	return s.Mail.Enqueue(ctx, mail.Message{To: to, Language: language, Subject: l.subject.In(language), Text: fill.Replace(l.text.In(language)), Asked: l.asked})
}

// deletionScheduled tells when the account is deleted, and how to call it off.
func deletionScheduled(due time.Time) letter {
	day := due.Format("02.01.2006")
	return letter{
		subject: problem.Text{De: "Ihr Konto wird gelöscht", En: "Your account will be deleted"},
		text: problem.Text{
			De: `Guten Tag,

Sie haben die Löschung Ihres Kontos bei {portal} beantragt.
Es wird am ` + day + ` gelöscht.

Sie wollen das Konto behalten, oder das waren nicht Sie? Bis dahin können
Sie die Löschung hier zurücknehmen:

{link}

Freundliche Grüße
{portal}
`,
			En: `Hello,

you asked for your account at {portal} to be deleted.
It will be deleted on ` + due.Format(time.DateOnly) + `.

You want to keep the account, or this was not you? Until then you can call
the deletion off here:

{link}

Kind regards
{portal}
`,
		},
	}
}

// accountDeleted is the last mail that an account gets.
func accountDeleted() letter {
	return letter{
		subject: problem.Text{De: "Ihr Konto ist gelöscht", En: "Your account has been deleted"},
		text: problem.Text{
			De: `Guten Tag,

Ihr Konto bei {portal} ist gelöscht. Die verbundenen Portale löschen,
was sie von Ihnen gespeichert haben.

Anträge, die Sie gestellt haben, bewahren die Behörden so lange auf, wie
das Gesetz es verlangt.

Freundliche Grüße
{portal}
`,
			En: `Hello,

your account at {portal} has been deleted. The linked portals delete what
they keep of you.

Authorities keep applications that you made for as long as the law
requires.

Kind regards
{portal}
`,
		},
	}
}

package accounts

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/mail"
	"portalverbund/server/platform/problem"
)

// PageMailbox is where the person reads the mailbox.
const PageMailbox = "/postfach"

// noticeLetter tells of a message without saying what is in it.
func noticeLetter() letter {
	return letter{
		subject: problem.Text{De: "Neue Nachricht in Ihrem Postfach", En: "New message in your mailbox"},
		text: problem.Text{
			De: `Guten Tag,

{sender} hat Ihnen eine Nachricht geschickt. Sie liegt in Ihrem Postfach bei
{portal}:

{link}

Freundliche Grüße
{portal}
`,
			En: `Hello,

{sender} has sent you a message. It is in your mailbox at
{portal}:

{link}

Kind regards
{portal}
`,
		},
	}
}

// Notice tells a person by mail that a message waits in the mailbox, and who it is from; not what it says. The mail server
// has it when it returns: this is for jobs.
func (s *Service) Notice(ctx context.Context, accountID uuid.UUID, senderName string) error {
	row, err := s.account(ctx, accountID)
	if err != nil || row.Email == "" {
		return err
	}
	l, language := noticeLetter(), httpx.LanguageOf(ctx)
	fill := strings.NewReplacer("{portal}", s.Self.Name, "{link}", s.Self.Url+PageMailbox, "{sender}", senderName)
	return s.Post.Send(ctx, mail.Message{To: row.Email, Language: language, Subject: l.subject.In(language), Text: fill.Replace(l.text.In(language))})
}

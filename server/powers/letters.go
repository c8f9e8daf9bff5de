package powers

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/mail"
	"portalverbund/server/platform/problem"
)

// letter is what is written about a power. {principal}, {representative}, {portal} and {link} are filled in.
type letter struct{ subject, text problem.Text }

func letterInvitation(kind types.PowerKind) letter {
	l := letter{
		subject: problem.Text{De: "{principal} möchte Ihnen eine Vollmacht erteilen", En: "{principal} wants to grant you a power of attorney"},
		text: problem.Text{
			De: "Guten Tag,\n\n{principal} möchte, dass Sie auf {portal} Anträge für {principal} stellen können.\n\nSehen Sie sich die Vollmacht an und nehmen Sie sie an, oder lehnen Sie sie ab:\n\n{link}\n\nSie melden sich dafür mit Ihrem Konto an, oder Sie legen eines an. Der Link gilt 14 Tage.\n\nSie kennen {principal} nicht? Dann öffnen Sie den Link bitte nicht. Sie müssen nichts tun.\n\nFreundliche Grüße\n{portal}\n",
			En: "Hello,\n\n{principal} wants you to be able to make applications for {principal} at {portal}.\n\nLook at the power of attorney and accept or decline it:\n\n{link}\n\nYou sign in with your account for it, or register one. The link is valid for 14 days.\n\nYou do not know {principal}? Then please do not open the link. You need not do anything.\n\nKind regards\n{portal}\n",
		},
	}
	if kind == types.PowerHelp {
		l.subject = problem.Text{De: "{principal} bittet Sie um Hilfe bei Anträgen", En: "{principal} asks you for help with applications"}
		l.text.De = strings.Replace(l.text.De, "Anträge für {principal} stellen können", "Anträge für {principal} ausfüllen können. Einreichen wird {principal} sie selbst", 1)
		l.text.En = strings.Replace(l.text.En, "make applications for {principal} at {portal}", "fill in applications for {principal} at {portal}. {principal} will submit them", 1)
	}
	return l
}

func letterAccepted() letter {
	return letter{
		subject: problem.Text{De: "{representative} hat Ihre Vollmacht angenommen", En: "{representative} has accepted your power of attorney"},
		text: problem.Text{
			De: "Guten Tag,\n\n{representative} hat Ihre Vollmacht angenommen. Sie gilt erst, wenn Sie bestätigen, dass das die richtige Person ist.\n\nSehen Sie sich an, wer angenommen hat, und bestätigen Sie unter „Vollmachten“. Ist es nicht die richtige Person, ziehen Sie die Vollmacht dort zurück.",
			En: "Hello,\n\n{representative} has accepted your power of attorney. It counts only when you have confirmed that this is the right person.\n\nLook at who has accepted, and confirm under “Powers of attorney”. If it is not the right person, withdraw it there.",
		},
	}
}

func letterDeclined() letter {
	return letter{
		subject: problem.Text{De: "Ihre Vollmacht wurde abgelehnt", En: "Your power of attorney was declined"},
		text: problem.Text{
			De: "Guten Tag,\n\n{representative} hat Ihre Vollmacht abgelehnt. Niemand kann für Sie handeln.",
			En: "Hello,\n\n{representative} has declined your power of attorney. Nobody can act for you by it.",
		},
	}
}

func letterConfirmed() letter {
	return letter{
		subject: problem.Text{De: "Die Vollmacht von {principal} gilt jetzt", En: "The power of attorney of {principal} counts now"},
		text: problem.Text{
			De: "Guten Tag,\n\n{principal} hat die Vollmacht bestätigt. Sie können jetzt auf allen verbundenen Portalen für {principal} handeln: Wählen Sie dort „Handeln für …“.",
			En: "Hello,\n\n{principal} has confirmed the power of attorney. You can now act for {principal} at all linked portals: choose “Act for …” there.",
		},
	}
}

func letterEnded() letter {
	return letter{
		subject: problem.Text{De: "Eine Vollmacht wurde zurückgezogen", En: "A power of attorney was withdrawn"},
		text: problem.Text{
			De: "Guten Tag,\n\ndie Vollmacht von {principal} für {representative} wurde zurückgezogen. Sie gilt ab sofort nicht mehr. Was damit eingereicht wurde, bleibt eingereicht; um alles Weitere kümmert sich {principal}.",
			En: "Hello,\n\nthe power of attorney of {principal} for {representative} was withdrawn. It no longer counts. What was submitted by it stays submitted; everything further is up to {principal}.",
		},
	}
}

// invite sends the invitation.
func (s *Service) invite(ctx context.Context, to, principal string, r row, token string) error {
	l, language := letterInvitation(r.Kind), httpx.LanguageOf(ctx)
	words := strings.NewReplacer("{principal}", plain(principal), "{portal}", s.Self.Name, "{link}", s.Self.Url+pageAccept+"token="+token)
	return s.Mail.Enqueue(ctx, mail.Message{To: to, Language: language, Subject: words.Replace(l.subject.In(language)), Text: words.Replace(l.text.In(language))})
}

// tell writes to the mailbox of one of the two, in ctx's transaction.
func (s *Service) tell(ctx context.Context, to uuid.UUID, r row, l letter) error {
	n, err := s.openNames(r)
	if err != nil {
		return err
	}
	ids := []uuid.UUID{r.PrincipalID}
	if r.RepresentativeID != nil {
		ids = append(ids, *r.RepresentativeID)
	}
	known, err := s.Accounts.Names(ctx, ids...)
	if err != nil {
		return err
	}
	representative := n.Name
	if r.RepresentativeID != nil && known[*r.RepresentativeID] != "" {
		representative = known[*r.RepresentativeID]
	}
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("make id: %w", err)
	}
	words, language := strings.NewReplacer("{principal}", plain(known[r.PrincipalID]), "{representative}", plain(representative)), httpx.LanguageOf(ctx)
	link := s.Self.Url + pagePower + r.ID.String()
	return s.Mailbox.Notify(ctx, httpx.Person{Issuer: s.Self.Id, Subject: to.String()}, types.MessageMailbox{
		Id: id, Person: to.String(), Sender: s.Self.Name, At: s.Now(), Link: &link,
		Subject: words.Replace(l.subject.In(language)), Text: words.Replace(l.text.In(language)),
	})
}

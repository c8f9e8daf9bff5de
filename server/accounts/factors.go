package accounts

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"portalverbund/server/platform/problem"
	"portalverbund/server/platform/secret"
)

// againWithin is how long the link is good by which somebody sets up their sign-in again; after it, they ask for another as for a forgotten
// password.
const againWithin = 24 * time.Hour

// ResetFactors sets back what somebody who works here signs in with, for an administrator: they have lost it, or somebody else may have it.
// Passkeys, one-time codes, recovery codes and the password go, all sessions end, and a mail leads to a new password; the second factor is
// set up after it. The password goes, too, so that whoever knows it does not set one up first. Errors as EndStaff, and access-ended (409).
func (s *Service) ResetFactors(ctx context.Context, id uuid.UUID) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		row, err := s.checkOther(ctx, id)
		if err != nil {
			return err
		}
		return s.resetFactors(ctx, row)
	})
}

// ResetFactorsByOperator does the same by the program's own command, for anybody who works here: also for the last administrator. who is
// a mail address or an account's id; 404 when nobody who works here has it.
func (s *Service) ResetFactorsByOperator(ctx context.Context, who string) error {
	id, err := s.idOf(ctx, who)
	if err != nil {
		return err
	}
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		row, found, err := s.accountShared(ctx, id)
		if err != nil {
			return err
		}
		if !found || !row.worksHere() {
			return errNoAccount()
		}
		return s.resetFactors(ctx, row)
	})
}

// idOf finds an account that an operator names by its mail address or id.
func (s *Service) idOf(ctx context.Context, who string) (uuid.UUID, error) {
	if id, err := uuid.Parse(who); err == nil {
		return id, nil
	}
	return s.AccountID(ctx, who)
}

// EndSessionsByOperator ends all sessions of an account, of a citizen or of staff, with their tokens; who is a mail address or an id.
func (s *Service) EndSessionsByOperator(ctx context.Context, who string) error {
	id, err := s.idOf(ctx, who)
	if err != nil {
		return err
	}
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		if _, found, err := s.accountShared(ctx, id); err != nil {
			return err
		} else if !found {
			return errNoAccount()
		}
		if err := s.rooms.Sessions.EndAccountSessions(ctx, id); err != nil {
			return err
		}
		return s.record(ctx, "account.end-sessions", id, "")
	})
}

func (s *Service) resetFactors(ctx context.Context, row accountRow) error {
	if row.DisabledAt != nil {
		return problem.Conflict("access-ended", "Der Zugang dieser Person ist beendet.", "The access of this person has ended.")
	}
	p, err := s.openProfile(row)
	if err != nil {
		return err
	}
	if err := s.rooms.Passkeys.DropFactors(ctx, row.ID); err != nil {
		return err
	}
	if err := s.RemovePassword(ctx, row.ID); err != nil {
		return err
	}
	if err := s.dropResets(ctx, row.ID); err != nil {
		return err
	}
	if err := s.rooms.Sessions.EndAccountSessions(ctx, row.ID); err != nil {
		return err
	}
	if row.Directory != "" {
		err = s.send(ctx, p.StaffEmail, mailFactorsOfDirectory(), s.Self.Url+pageStaffSignIn)
	} else {
		err = s.sendAgain(ctx, row)
	}
	if err != nil {
		return err
	}
	return s.record(aboutRoles(ctx, strings.Fields(row.Roles)), "staff.factors", row.ID, "")
}

// sendAgain sends the link to a new password.
func (s *Service) sendAgain(ctx context.Context, row accountRow) error {
	token, hash := secret.New()
	if err := s.DB.From(ctx).Create(&resetRow{TokenHash: hash, AccountID: row.ID, ExpiresAt: s.Now().Add(againWithin)}).Error; err != nil {
		return fmt.Errorf("keep link to a new password: %w", err)
	}
	return s.send(ctx, row.Email, mailFactors(), s.Self.Url+PageNewPassword+"#token="+token)
}

const pageStaffSignIn = "/mitarbeit/anmelden"

// mailFactors leads somebody who works here to a new password, after which they set up a second factor.
func mailFactors() letter {
	return letter{
		subject: problem.Text{De: "Ihre Anmeldung wurde zurückgesetzt", En: "Your sign-in was set back"},
		text: problem.Text{
			De: `Guten Tag,

Ihre Anmeldung für Beschäftigte bei {portal} wurde zurückgesetzt: Ihr Passwort,
Ihre Passkeys und Ihre Einmal-Codes gelten nicht mehr, und alle Anmeldungen
wurden beendet.

Öffnen Sie diesen Link und wählen Sie ein neues Passwort. Danach melden Sie
sich an und richten einen zweiten Faktor ein:

{link}

Der Link gilt 24 Stunden und nur einmal. Ist er abgelaufen? Dann fordern Sie
auf der Seite zum Anmelden mit „Passwort vergessen“ einen neuen an.

Sie haben darum nicht gebeten? Dann wenden Sie sich bitte sofort an die
Verwaltung des Portals.

Freundliche Grüße
{portal}
`,
			En: `Hello,

your sign-in for staff at {portal} was set back: your password, your passkeys
and your one-time codes no longer count, and all sign-ins were ended.

Open this link and choose a new password. Then sign in and set up a second
factor:

{link}

The link is valid for 24 hours, and once only. It has run out? Then ask for
another one on the page for signing in, by "Forgotten password".

You did not ask for this? Then please turn at once to those who administer the
portal.

Kind regards
{portal}
`,
		},
	}
}

// mailFactorsOfDirectory tells somebody who signs in by a directory.
func mailFactorsOfDirectory() letter {
	return letter{
		subject: mailFactors().subject,
		text: problem.Text{
			De: `Guten Tag,

Ihre Anmeldung für Beschäftigte bei {portal} wurde zurückgesetzt: Ihre Passkeys
und Ihre Einmal-Codes an diesem Portal gelten nicht mehr, und alle Anmeldungen
wurden beendet.

Melden Sie sich über das Verzeichnis Ihrer Behörde an:

{link}

Sie haben darum nicht gebeten? Dann wenden Sie sich bitte sofort an die
Verwaltung des Portals.

Freundliche Grüße
{portal}
`,
			En: `Hello,

your sign-in for staff at {portal} was set back: your passkeys and your one-time
codes at this portal no longer count, and all sign-ins were ended.

Sign in by the directory of your authority:

{link}

You did not ask for this? Then please turn at once to those who administer the
portal.

Kind regards
{portal}
`,
		},
	}
}

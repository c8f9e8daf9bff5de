package applications

import (
	"context"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/canonical"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
	"portalverbund/server/platform/secret"
)

// Where a form provides for it, several people make an application: the one who fills it in invites the others, each of whom signs in with an account
// of their own, reads the draft and consents to its content. A consent is for the content with one hash. Whatever changes the content ends it, and
// submission looks once more.

// Limits of co-applicants.
const (
	InvitationLife  = 14 * 24 * time.Hour // in which an invitation is accepted
	RemindEvery     = 24 * time.Hour      // between two things that are sent to somebody
	MaxJoint        = 100                 // drafts of others that one person takes part in
	mailsPerDay     = 20                  // invitations by mail of one person
	mailsPerAddress = 3                   // to one address in a day, by all people
	maxEmail        = 254
)

// CoApplicant (Mitantragstellende) makes an application together with the person who fills it in.
type CoApplicant struct {
	ID          uuid.UUID
	State       types.CoApplicantState // as it was last written; stateAt says what it is now
	Name        string                 // of the account; what the person who fills in calls them before they have signed in
	Email       string                 // where the invitation went, until it is accepted
	InvitedBy   string
	Person      httpx.Person // zero until the invitation is accepted, and when the account was deleted
	TrustLevel  types.TrustLevel
	ContentHash string // of what was consented to
	ConsentedAt *time.Time
	TokenUntil  *time.Time
	CreatedAt   time.Time
	RemindedAt  *time.Time // when something was last sent

	tokenHash []byte
}

// consents says whether somebody has consented to the content with a hash.
func (c CoApplicant) consents(hash string) bool {
	return c.State == types.CoApplicantConsented && hash != "" && c.ContentHash == hash
}

// stateAt is the state at a moment, for the content with a hash.
func (c CoApplicant) stateAt(now time.Time, hash string) types.CoApplicantState {
	switch {
	case c.State == types.CoApplicantInvited && (c.TokenUntil == nil || !now.Before(*c.TokenUntil)):
		return types.CoApplicantExpired
	case c.State == types.CoApplicantConsented && !c.consents(hash):
		return types.CoApplicantLapsed
	}
	return c.State
}

// remindFrom says when something can be sent to somebody again; nil where it can be now. Who was only given a link is sent nothing.
func (c CoApplicant) remindFrom(now time.Time) *time.Time {
	if c.RemindedAt == nil || c.Person.Subject == "" && c.Email == "" {
		return nil
	}
	if from := c.RemindedAt.Add(RemindEvery); now.Before(from) {
		return &from
	}
	return nil
}

// coApplicant finds a person among those who make an application together with another.
func (a Application) coApplicant(p httpx.Person) (CoApplicant, bool) {
	i := slices.IndexFunc(a.CoApplicants, func(c CoApplicant) bool { return p.Subject != "" && c.Person == p })
	if i < 0 {
		return CoApplicant{}, false
	}
	return a.CoApplicants[i], true
}

// consented is the proof of who has made an application together; nil where one person has.
func (a Application) consented() *[]types.ConsentedApplicant {
	if len(a.CoApplicants) == 0 {
		return nil
	}
	list := make([]types.ConsentedApplicant, 0, len(a.CoApplicants))
	for _, c := range a.CoApplicants {
		proof := types.ConsentedApplicant{Name: c.Name, TrustLevel: c.TrustLevel, ContentHash: c.ContentHash}
		if c.Name == "" {
			proof.Name = "–" // the account was deleted
		}
		if c.ConsentedAt != nil {
			proof.ConsentedAt = *c.ConsentedAt
		}
		list = append(list, proof)
	}
	return &list
}

// ConsentHash is the hash of what co-applicants consent to: as ContentHash, of the same object without number and submittedAt, which only
// submission adds. Whoever has the message can compute it.
func ConsentHash(m types.MessageApplication) (string, error) {
	text, err := canonical.Marshal(hashed(m))
	if err != nil {
		return "", fmt.Errorf("hash content: %w", err)
	}
	return sum(text), nil
}

// consentHash is ConsentHash of what would be submitted of a draft.
func consentHash(a Application, c content) (string, error) {
	return ConsentHash(types.MessageApplication{
		ApplicationId: a.ID, Ars: a.Place.Ars, Attachments: c.attachments, Data: c.data, FormId: a.FormID, FormVersion: a.FormVersion, OfferId: a.OfferID, ServiceId: a.ServiceID,
	})
}

var (
	errNotJoint      = problem.NotFound("not-joint", "Diesen Antrag stellt eine Person allein.", "One person makes this application alone.")
	errInvitationOld = problem.Gone("token-used", "Diese Einladung gilt nicht mehr.", "This invitation is no longer valid.").
				With(problem.Text{De: "Sie wurde schon angenommen, zurückgezogen oder ist älter als 14 Tage.", En: "It has been accepted, withdrawn, or is older than 14 days."})
	errOwnInvitation = problem.Conflict("own-invitation", "Das ist Ihr eigener Antrag.", "This is your own application.").
				With(problem.Text{De: "Geben Sie den Link der Person, die mit Ihnen den Antrag stellt.", En: "Give the link to the person who applies together with you."})
	errJoinedAlready  = problem.Conflict("joined-already", "Sie gehören schon zu diesem Antrag.", "You take part in this application already.")
	errContentChanged = problem.Conflict("content-changed", "Der Antrag wurde inzwischen geändert.", "The application has been changed meanwhile.").
				With(problem.Text{De: "Bitte lesen Sie ihn noch einmal, bevor Sie zustimmen.", En: "Please read it once more before you consent."})
	errIncomplete = problem.Conflict("content-incomplete", "Der Antrag ist noch nicht fertig ausgefüllt.", "The application has not been filled in completely yet.").
			With(problem.Text{De: "Zustimmen können Sie, sobald alle Angaben da sind.", En: "You can consent once all answers are there."})
	errActingConsent = problem.Conflict("acting-for-another", "Zustimmen können Sie nur für sich selbst.", "You can consent for yourself only.").
				With(problem.Text{De: "Wechseln Sie zurück zu „für mich selbst“.", En: "Switch back to acting for yourself."})
	errHelperInvites = problem.Conflict("helper-cannot-invite", "Als Helferin oder Helfer können Sie niemanden einladen.", "As a helper you cannot invite anybody.").
				With(problem.Text{De: "Übergeben Sie den Entwurf. Die Person lädt die anderen selbst ein.", En: "Hand the draft over. The person invites the others themselves."})
	errConsentedAlready = problem.Conflict("consented-already", "Diese Person hat schon zugestimmt.", "This person has consented already.")
)

// themselves gives who the caller is, who must not act for anybody else.
func themselves(ctx context.Context) (httpx.Caller, error) {
	caller, err := person(ctx)
	if err == nil && caller.Acting != nil {
		err = errActingConsent
	}
	return caller, err
}

// Joint is what there is to know of the people who make an application together.
type Joint struct {
	Application Application
	Rules       types.FormApplicants
	Hash        string // of the content as it is; empty while it is not complete
	Complete    bool   // whether all consents are there
}

// CoApplicants gives those who make one of the caller's applications together; problem.NotFound for others', and for what one person makes alone.
func (s *Service) CoApplicants(ctx context.Context, id uuid.UUID) (Joint, error) {
	caller, err := person(ctx)
	if err != nil {
		return Joint{}, err
	}
	a, err := s.readVisible(ctx, caller.Person, id)
	if err != nil {
		return Joint{}, err
	}
	return s.joint(ctx, a)
}

func (s *Service) joint(ctx context.Context, a Application) (Joint, error) {
	form, err := s.forms.Form(ctx, a.FormID, a.FormVersion)
	if err != nil {
		return Joint{}, fmt.Errorf("read form of a joint application: %w", err)
	}
	if form.Layout.Applicants == nil {
		return Joint{}, errNotJoint
	}
	j := Joint{Application: a, Rules: *form.Layout.Applicants}
	if a.State != types.ApplicationStateDraft {
		j.Complete = true
		return j, nil
	}
	c, refused := s.judge(form, a)
	if len(refused) > 0 {
		return j, nil
	}
	if j.Hash, err = consentHash(a, c); err != nil {
		return j, err
	}
	j.Complete = s.missing(form, a, j.Hash, a.NeededLevel) == nil
	return j, nil
}

// missing refuses to submit content for which consents are missing.
func (s *Service) missing(form types.Form, a Application, hash string, needed types.TrustLevel) error {
	rules := form.Layout.Applicants
	if rules == nil {
		return nil
	}
	refused := problem.Conflict("consents-missing", "Es fehlen noch Zustimmungen.", "Consents are still missing.")
	open := 0
	for _, c := range a.CoApplicants {
		if !c.consents(hash) || !reached(string(c.TrustLevel), needed) {
			open++
		}
	}
	switch {
	case open == 1:
		return refused.With(problem.Text{De: "Eine eingeladene Person hat diesem Inhalt noch nicht zugestimmt. Erinnern Sie sie, oder entfernen Sie sie.", En: "One person whom you invited has not consented to this content yet. Remind or remove them."})
	case open > 1:
		return refused.With(problem.Text{
			De: fmt.Sprintf("%d eingeladene Personen haben diesem Inhalt noch nicht zugestimmt. Erinnern Sie sie, oder entfernen Sie sie.", open),
			En: fmt.Sprintf("%d people whom you invited have not consented to this content yet. Remind or remove them.", open),
		})
	case len(a.CoApplicants)+1 < rules.From:
		return refused.With(problem.Text{
			De: fmt.Sprintf("Diesen Antrag stellen mindestens %d Personen gemeinsam. Laden Sie die anderen ein.", rules.From),
			En: fmt.Sprintf("This application is made by %d people at least. Invite the others.", rules.From),
		})
	}
	return nil
}

// ownDraft locks a draft of the caller's that several people make.
func (s *Service) ownDraft(ctx context.Context, p httpx.Person, id uuid.UUID) (Joint, error) {
	a, err := s.whole(ctx, ofPerson+" FOR UPDATE", id, p.Issuer, p.Subject)
	if err != nil {
		return Joint{}, err
	}
	if a.State != types.ApplicationStateDraft {
		return Joint{}, errSubmitted
	}
	return s.joint(ctx, a)
}

// wanted checks how somebody is to be invited (422).
func wanted(n types.NewCoApplicant) (name, email string, err error) {
	name = strings.Join(strings.FieldsFunc(n.Name, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
	var wrong []problem.FieldError
	if name == "" || utf8.RuneCountInString(name) > maxApplicantName {
		wrong = append(wrong, problem.FieldError{Pointer: "/name", Code: "required", Message: problem.Text{De: "Bitte geben Sie einen Namen an.", En: "Please enter a name."}})
	}
	if n.Email != nil {
		email = strings.ToLower(strings.TrimSpace(*n.Email))
		if to, err := mail.ParseAddress(email); err != nil || to.Address != email || len(email) > maxEmail {
			wrong = append(wrong, problem.FieldError{Pointer: "/email", Code: "format", Message: problem.Text{De: "Das ist keine E-Mail-Adresse.", En: "This is not an e-mail address."}})
		}
	}
	if len(wrong) > 0 {
		return "", "", problem.Invalid(wrong...)
	}
	return name, email, nil
}

// Invite adds somebody to a draft of the caller's, and gives the link by which they accept. With an address it goes there by mail.
func (s *Service) Invite(ctx context.Context, id uuid.UUID, n types.NewCoApplicant) (c CoApplicant, link string, err error) {
	caller, err := person(ctx)
	if err != nil {
		return c, "", err
	}
	name, email, err := wanted(n)
	if err != nil {
		return c, "", err
	}
	cid, err := uuid.NewV7()
	if err != nil {
		return c, "", fmt.Errorf("make id: %w", err)
	}
	err = s.db.Tx(ctx, func(ctx context.Context) error {
		j, err := s.ownDraft(ctx, caller.Person, id)
		if err != nil {
			return err
		}
		a := j.Application
		if a.byPower() && *a.ActsFor.Kind == types.ActingHelp {
			return errHelperInvites
		}
		if most := j.Rules.To; len(a.CoApplicants)+1 >= most {
			return problem.Conflict("too-many-applicants", "Mehr Personen können diesen Antrag nicht gemeinsam stellen.", "No more people can make this application together.").
				With(problem.Text{De: fmt.Sprintf("Möglich sind %d, mit Ihnen.", most), En: fmt.Sprintf("%d are possible, with you.", most)})
		}
		c = CoApplicant{ID: cid, State: types.CoApplicantInvited, Name: name, Email: email, InvitedBy: caller.DisplayName, CreatedAt: s.now()}
		if link, err = s.sendInvitation(ctx, caller.Person, &c); err != nil {
			return err
		}
		if err := s.writeCoApplicant(ctx, a.ID, c); err != nil {
			return err
		}
		if err := s.touch(ctx, a.ID); err != nil {
			return err
		}
		return s.changed(ctx, a)
	})
	return c, link, err
}

// sendInvitation gives somebody another token, with its link, and sends that where they have an address.
func (s *Service) sendInvitation(ctx context.Context, sender httpx.Person, c *CoApplicant) (link string, err error) {
	token, hash := secret.New()
	now := s.now()
	until := now.Add(InvitationLife)
	c.tokenHash, c.TokenUntil, c.RemindedAt = hash, &until, nil
	link = s.url + pageInvitation + token
	if c.Email == "" {
		return link, nil
	}
	if s.mail == nil {
		return "", problem.Unavailable("no-mail", "Zurzeit können keine E-Mails verschickt werden.", "No mails can be sent at the moment.")
	}
	if err := s.mayMail(ctx, sender, c.Email, now); err != nil {
		return "", err
	}
	c.RemindedAt = &now
	return link, s.mailInvitation(ctx, *c, link)
}

// find gives one of the co-applicants of an application by id; problem.NotFound for others.
func (a Application) find(id uuid.UUID) (CoApplicant, error) {
	for _, c := range a.CoApplicants {
		if c.ID == id {
			return c, nil
		}
	}
	return CoApplicant{}, errUnknown
}

// Remind asks somebody once more who has not consented: a person by a message, and who has not signed in yet by another invitation.
func (s *Service) Remind(ctx context.Context, id, coApplicantID uuid.UUID) (c CoApplicant, link string, err error) {
	caller, err := person(ctx)
	if err != nil {
		return c, "", err
	}
	err = s.db.Tx(ctx, func(ctx context.Context) error {
		j, err := s.ownDraft(ctx, caller.Person, id)
		if err != nil {
			return err
		}
		a := j.Application
		if c, err = a.find(coApplicantID); err != nil {
			return err
		}
		if j.Hash != "" && c.consents(j.Hash) {
			return errConsentedAlready
		}
		now := s.now()
		if from := c.remindFrom(now); from != nil {
			return problem.TooMany(from.Sub(now)).With(problem.Text{De: "Erinnern können Sie einmal am Tag.", En: "You can remind once a day."})
		}
		if c.State == types.CoApplicantInvited {
			if link, err = s.sendInvitation(ctx, caller.Person, &c); err != nil {
				return err
			}
		} else {
			c.RemindedAt = &now
			if err := s.writeTo(ctx, a, c.Person, reminder(caller.DisplayName), "", ""); err != nil {
				return err
			}
		}
		if err := s.writeCoApplicant(ctx, a.ID, c); err != nil {
			return err
		}
		return s.changed(ctx, a)
	})
	return c, link, err
}

// RemoveCoApplicant takes somebody out of a draft of the caller's. Who has signed in is told.
func (s *Service) RemoveCoApplicant(ctx context.Context, id, coApplicantID uuid.UUID) error {
	caller, err := person(ctx)
	if err != nil {
		return err
	}
	return s.db.Tx(ctx, func(ctx context.Context) error {
		j, err := s.ownDraft(ctx, caller.Person, id)
		if err != nil {
			return err
		}
		a := j.Application
		c, err := a.find(coApplicantID)
		if err != nil {
			return err
		}
		if err := s.db.Later(ctx, "remove co-applicant", "DELETE FROM application_co_applicants WHERE id = $1", c.ID); err != nil {
			return err
		}
		if c.Person.Subject != "" {
			if err := s.writeTo(ctx, a, c.Person, removed(c.InvitedBy), "", ""); err != nil {
				return err
			}
		}
		return s.changed(ctx, a)
	})
}

// Invitation says to whoever is signed in and holds the token of an invitation what it is for.
func (s *Service) Invitation(ctx context.Context, token string) (Application, CoApplicant, error) {
	if _, err := person(ctx); err != nil {
		return Application{}, CoApplicant{}, err
	}
	return s.invited(ctx, secret.Hash(token), "")
}

// AcceptInvitation has the caller take part in the draft that the token of an invitation is for. Of two people with one token the first does.
func (s *Service) AcceptInvitation(ctx context.Context, token string) (id uuid.UUID, err error) {
	caller, err := themselves(ctx)
	if err != nil {
		return uuid.Nil, err
	}
	err = s.db.Tx(ctx, func(ctx context.Context) error {
		a, c, err := s.invited(ctx, secret.Hash(token), " FOR UPDATE")
		if err != nil {
			return err
		}
		if a.Person == caller.Person {
			return errOwnInvitation
		}
		if _, there := a.coApplicant(caller.Person); there {
			return errJoinedAlready
		}
		joined, err := s.countJoint(ctx, caller.Person)
		if err != nil {
			return err
		}
		if joined >= MaxJoint {
			return problem.Conflict("too-many-drafts", "Sie gehören schon zu sehr vielen Anträgen.", "You take part in a great many applications already.")
		}
		c.State, c.Person, c.Email, c.tokenHash, c.TokenUntil, c.RemindedAt = types.CoApplicantJoined, caller.Person, "", nil, nil, nil
		if caller.DisplayName != "" {
			c.Name = caller.DisplayName
		}
		id = a.ID
		if err := s.writeCoApplicant(ctx, a.ID, c); err != nil {
			return err
		}
		if err := s.touch(ctx, a.ID); err != nil {
			return err
		}
		return s.changed(ctx, a)
	})
	return id, err
}

// Consent notes that the caller consents to a draft that they take part in. hash is that of the content that they have read: problem.Conflict when it is
// another one by now.
func (s *Service) Consent(ctx context.Context, id uuid.UUID, hash string) (Application, error) {
	return s.asCoApplicant(ctx, id, func(ctx context.Context, caller httpx.Caller, a Application, c CoApplicant) error {
		j, err := s.joint(ctx, a)
		switch {
		case err != nil:
			return err
		case j.Hash == "":
			return errIncomplete
		case j.Hash != hash:
			return errContentChanged
		case c.consents(hash) && reached(string(c.TrustLevel), types.TrustLevel(caller.TrustLevel)):
			return nil
		}
		if err := checkLevel(caller, a.NeededLevel); err != nil {
			return err
		}
		now := s.now()
		c.State, c.ContentHash, c.ConsentedAt, c.TrustLevel, c.RemindedAt = types.CoApplicantConsented, hash, &now, types.TrustLevel(caller.TrustLevel), nil
		if err := s.writeCoApplicant(ctx, a.ID, c); err != nil {
			return err
		}
		if err := s.touch(ctx, a.ID); err != nil {
			return err
		}
		return s.writeTo(ctx, a, a.Person, consentGiven(c.Name), "", "")
	})
}

// Refuse notes that the caller does not consent to a draft that they take part in, or not any more.
func (s *Service) Refuse(ctx context.Context, id uuid.UUID) (Application, error) {
	return s.asCoApplicant(ctx, id, func(ctx context.Context, _ httpx.Caller, a Application, c CoApplicant) error {
		if c.State == types.CoApplicantRefused {
			return nil
		}
		c.State, c.ContentHash, c.ConsentedAt, c.TrustLevel, c.RemindedAt = types.CoApplicantRefused, "", nil, "", nil
		if err := s.writeCoApplicant(ctx, a.ID, c); err != nil {
			return err
		}
		return s.writeTo(ctx, a, a.Person, consentRefused(c.Name), "", "")
	})
}

// Leave takes the caller out of a draft that they take part in, with what they have said to it. The person who fills it in is told.
func (s *Service) Leave(ctx context.Context, id uuid.UUID) error {
	return s.whileUnchanged(ctx, id, func(ctx context.Context, _ httpx.Caller, a Application, c CoApplicant) error {
		if err := s.db.Later(ctx, "leave draft", "DELETE FROM application_co_applicants WHERE id = $1", c.ID); err != nil {
			return err
		}
		return s.writeTo(ctx, a, a.Person, left(c.Name), "", "")
	})
}

// asCoApplicant has a co-applicant say something of a draft, while nobody changes it.
func (s *Service) asCoApplicant(ctx context.Context, id uuid.UUID, say func(ctx context.Context, caller httpx.Caller, a Application, c CoApplicant) error) (Application, error) {
	if err := s.whileUnchanged(ctx, id, say); err != nil {
		return Application{}, err
	}
	return s.Get(ctx, id)
}

// whileUnchanged has a co-applicant do something with a draft, while nobody changes it.
func (s *Service) whileUnchanged(ctx context.Context, id uuid.UUID, do func(ctx context.Context, caller httpx.Caller, a Application, c CoApplicant) error) error {
	caller, err := themselves(ctx)
	if err != nil {
		return err
	}
	return s.db.Tx(ctx, func(ctx context.Context) error {
		a, err := s.whole(ctx, ofCoApplicant+" FOR UPDATE", id, caller.Person.Issuer, caller.Person.Subject)
		if err != nil {
			return err
		}
		c, there := a.coApplicant(caller.Person)
		if !there { // removed while this waited
			return errUnknown
		}
		if a.State != types.ApplicationStateDraft {
			return errSubmitted
		}
		if err := do(ctx, caller, a, c); err != nil {
			return err
		}
		return s.changed(ctx, a)
	})
}

// lapse ends the consents to a draft whose content is not what it was, tells these people, and has all who look at it look again. It belongs into
// each transaction that changes the content.
func (s *Service) lapse(ctx context.Context, form types.Form, a Application) error {
	if form.Layout.Applicants == nil {
		return nil
	}
	var err error
	if a, err = s.reread(ctx, a.ID); err != nil || len(a.CoApplicants) == 0 {
		return err
	}
	if slices.ContainsFunc(a.CoApplicants, func(c CoApplicant) bool { return c.State == types.CoApplicantConsented }) {
		c, _ := s.judge(form, a)
		hash, err := consentHash(a, c)
		if err != nil {
			return err
		}
		lapsed, err := s.endConsents(ctx, a.ID, hash)
		if err != nil {
			return err
		}
		for _, p := range lapsed {
			if err := s.writeTo(ctx, a, p, consentLapsed(), "", ""); err != nil {
				return err
			}
		}
	}
	return s.changed(ctx, a)
}

// tellCoApplicants writes to everybody who makes an application together with another, as far as they have signed in.
func (s *Service) tellCoApplicants(ctx context.Context, a Application, l letter, sender, text string) error {
	people, err := s.coPeople(ctx, a.ID)
	if err != nil {
		return err
	}
	for _, p := range people {
		if err := s.writeTo(ctx, a, p, l, sender, text); err != nil {
			return err
		}
	}
	return nil
}

package applications

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/idempotency"
	"portalverbund/server/platform/problem"
)

// Somebody may act for another person by a power of attorney. A draft begun so is theirs, and names the power. When they submit it, the account
// home is asked at that moment, and its proof goes along; from then on the application is the other person's too. A helper's draft is handed over
// instead.

// actingFor says for whom the session of a caller acts.
func actingFor(caller httpx.Caller) *types.ActsFor {
	if caller.Acting == nil {
		return nil
	}
	kind := types.ActingPower
	if caller.Acting.Kind == string(types.PowerHelp) {
		kind = types.ActingHelp
	}
	until, id := caller.Acting.Until, caller.Acting.PowerID
	return &types.ActsFor{Name: caller.Acting.Name, Person: caller.DisplayName, Kind: &kind, PowerId: &id, ValidUntil: &until}
}

// powerID names the power by which a draft was begun; nil for people who act for themselves.
func (a Application) powerID() *uuid.UUID {
	if a.ActsFor == nil || a.ActsFor.Kind == nil || *a.ActsFor.Kind == types.ActingOrganisation {
		return nil
	}
	return a.ActsFor.PowerId
}

// byPower says whether the person a draft or application belongs to acts in it for somebody else.
func (a Application) byPower() bool { return a.powerID() != nil && !a.handedOver() }

// handedOver says whether a draft was filled in by a helper and is the person's now.
func (a Application) handedOver() bool {
	return a.ActsFor != nil && a.ActsFor.Kind != nil && *a.ActsFor.Kind == types.ActingHelp && a.ActsFor.ValidUntil == nil
}

// isOf says whether an application is a person's own matter.
func (a Application) isOf(p httpx.Person) bool {
	if a.Principal.Subject != "" {
		return a.Principal == p
	}
	return a.Person == p && !a.byPower()
}

// actedBy names the caller where they act for somebody else.
func (a Application) actedBy(caller httpx.Caller) *string {
	if !a.byPower() || a.Person != caller.Person {
		return nil
	}
	return &a.ActsFor.Person
}

func (a Application) actor() string {
	if a.ActsFor == nil {
		return ""
	}
	return a.ActsFor.Person
}

func (a Application) principalName() string {
	if a.ActsFor == nil {
		return ""
	}
	return a.ActsFor.Name
}

// concerned are the people whose application it is: who made it, and for whom.
func (a Application) concerned() []httpx.Person {
	people := []httpx.Person{}
	for _, p := range []httpx.Person{a.Person, a.Principal} {
		if p.Subject != "" { // who has deleted their account is told nothing more
			people = append(people, p)
		}
	}
	return people
}

// told are the people who are written to: who acts, while their power counts, and always the one whom it is for.
func (s *Service) told(a Application) []httpx.Person {
	if a.Principal.Subject == "" {
		return a.concerned()
	}
	if a.Person.Subject == "" || a.PowerEndedAt != nil || a.PowerUntil != nil && !s.now().Before(*a.PowerUntil) {
		return []httpx.Person{a.Principal}
	}
	return a.concerned()
}

// checkActing refuses to do something with a draft while the session acts for somebody else than it is for.
func checkActing(caller httpx.Caller, a Application) error {
	power := a.powerID()
	if a.handedOver() {
		power = nil
	}
	switch {
	case caller.Kind != httpx.SessionCaller && power == nil, caller.Acting == nil && power == nil:
		return nil
	case caller.Acting != nil && power != nil && caller.Acting.PowerID == *power:
		return nil
	case power == nil:
		return problem.Conflict("acting-for-another", "Dieser Entwurf ist für Sie selbst.", "This draft is for yourself.").
			With(problem.Text{De: "Sie handeln gerade für eine andere Person. Wechseln Sie zurück zu „für mich selbst“.", En: "You are acting for somebody else at the moment. Switch back to acting for yourself."})
	}
	return problem.Conflict("acting-for-another", "Dieser Entwurf ist für eine andere Person.", "This draft is for somebody else.").
		With(problem.Text{De: "Wählen Sie „Handeln für " + a.ActsFor.Name + "“. Wenn das nicht angeboten wird, gilt die Vollmacht nicht mehr; der Entwurf bleibt gespeichert.", En: "Choose to act for " + a.ActsFor.Name + ". If that is not offered, the power of attorney no longer counts; the draft stays saved."})
}

var errNoPowers = problem.Conflict("power-ended", "An diesem Portal gelten keine Vollmachten.", "No powers of attorney count at this portal.")

// use asks the account home whether the caller may do something by the power of an application, now.
func (s *Service) use(ctx context.Context, a Application, act types.PowerAct, needed types.TrustLevel) (*types.PowerProof, error) {
	if s.powers == nil {
		return nil, errNoPowers
	}
	proof, err := s.powers.Use(ctx, *a.powerID(), types.PowerUse{
		Act: act, ServiceId: a.ServiceID, ApplicationId: a.ID, Authority: a.Portal.Id, NeededLevel: needed,
	})
	return &proof, err
}

// mayBegin checks that the power by which the caller acts covers the service of a new draft.
func (s *Service) mayBegin(ctx context.Context, caller httpx.Caller, n types.NewApplication) error {
	if caller.Acting == nil {
		return nil
	}
	offer, _, _, _, err := s.offers.OfferByID(ctx, n.OfferId)
	if err != nil {
		return err
	}
	_, err = s.use(ctx, Application{ID: uuid.Nil, ServiceID: offer.ServiceId, Portal: offer.Portal, ActsFor: actingFor(caller)}, types.ActBegin, types.Low)
	return err
}

// proved gets, outside of any transaction, the proof that the caller may submit a draft by a power; nil for people who act for themselves, and
// for what is submitted already. What submission would refuse anyway is refused before the account home is asked.
func (s *Service) proved(ctx context.Context, caller httpx.Caller, id uuid.UUID) (*types.PowerProof, error) {
	a, err := s.read(ctx, caller.Person, id)
	if err != nil || a.State != types.ApplicationStateDraft {
		return nil, err
	}
	if err := checkActing(caller, a); err != nil {
		if a.byPower() { // that the power has ended says more
			if _, ended := s.use(ctx, a, types.ActBegin, types.Low); ended != nil {
				return nil, ended
			}
		}
		return nil, err
	}
	if !a.byPower() {
		return nil, nil
	}
	if *a.ActsFor.Kind == types.ActingHelp {
		return nil, errHelper
	}
	_, needed, err := s.checkOffer(ctx, caller, a)
	if err != nil {
		return nil, err
	}
	form, err := s.forms.Form(ctx, a.FormID, a.FormVersion)
	if err != nil {
		return nil, fmt.Errorf("read form of draft: %w", err)
	}
	if _, refused := s.judge(form, a); len(refused) > 0 {
		return nil, problem.Invalid(refused...)
	}
	return s.use(ctx, a, types.ActSubmit, needed)
}

var errHelper = problem.Forbidden("helper-cannot-submit", "Als Helferin oder Helfer können Sie nicht einreichen.", "As a helper you cannot submit.").
	With(problem.Text{De: "Übergeben Sie den Entwurf. Die Person prüft ihn und reicht ihn selbst ein.", En: "Hand the draft over. The person checks it and submits it themselves."})

// represented notes on an application that is being submitted for whom it is.
func (a *Application) represented(caller httpx.Caller, proof *types.PowerProof) error {
	switch {
	case a.byPower() && proof == nil:
		return errors.New("submitted by a power without its proof")
	case !a.byPower():
		if a.ActsFor == nil && caller.ActsFor != "" {
			a.ActsFor = &types.ActsFor{Name: caller.ActsFor, Person: caller.DisplayName}
		}
		return nil
	}
	kind, until, id := types.ActingPower, proof.ValidUntil, *a.ActsFor.PowerId
	a.ActsFor = &types.ActsFor{Name: proof.PrincipalName, Person: proof.Representative, Kind: &kind, PowerId: &id, ValidUntil: &until}
	a.Principal, a.PowerUntil = httpx.Person{Issuer: caller.Person.Issuer, Subject: proof.Principal}, &until
	return nil
}

// actsStill checks at the account home, outside of any transaction, that somebody who made an application by a power may still act in it.
func (s *Service) actsStill(ctx context.Context, caller httpx.Caller, id uuid.UUID, act types.PowerAct) error {
	a, err := s.read(ctx, caller.Person, id)
	if err != nil {
		return err
	}
	if a.Person != caller.Person || a.Principal.Subject == "" || !a.byPower() {
		return nil
	}
	_, err = s.use(ctx, a, act, types.Low)
	return err
}

// HandOver gives a helper's draft, with its files, to the person it is for, who is told. The helper no longer sees it.
func (s *Service) HandOver(ctx context.Context, id uuid.UUID, key string) error {
	caller, err := person(ctx)
	if err != nil {
		return err
	}
	request := struct{ ApplicationID uuid.UUID }{id}
	a, err := s.read(ctx, caller.Person, id)
	if err != nil {
		return err
	}
	if a.State != types.ApplicationStateDraft {
		return errSubmitted
	}
	if !a.byPower() || *a.ActsFor.Kind != types.ActingHelp {
		return problem.Conflict("not-a-helpers-draft", "Diesen Entwurf füllen Sie nicht für jemand anderen aus.", "You are not filling in this draft for somebody else.")
	}
	proof, err := s.use(ctx, a, types.ActHandOver, types.Low)
	if err != nil {
		return err
	}
	to := httpx.Person{Issuer: caller.Person.Issuer, Subject: proof.Principal}
	_, err = idempotency.Do(ctx, s.db, scope("handOver", caller.Person), key, request, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, s.handOver(ctx, caller, id, to, *proof)
	})
	return err
}

func (s *Service) handOver(ctx context.Context, caller httpx.Caller, id uuid.UUID, to httpx.Person, proof types.PowerProof) error {
	a, err := s.lock(ctx, caller.Person, id)
	if err != nil {
		return err
	}
	if drafts, err := s.countDrafts(ctx, to); err != nil || drafts >= MaxDrafts {
		if err == nil {
			err = problem.Conflict("too-many-drafts", "Die Person hat schon sehr viele Entwürfe.", "The person already has a great many drafts.")
		}
		return err
	}
	a.ActsFor.Name, a.ActsFor.Person, a.ActsFor.ValidUntil = proof.PrincipalName, proof.Representative, nil
	a.Person, a.ChangedAt = to, s.now()
	a.Revision++
	sealed, err := s.sealActsFor(a)
	if err != nil {
		return err
	}
	err = s.db.Later(ctx, "hand draft over", "UPDATE applications SET issuer = $2, subject = $3, acts_for = $4, power_id = NULL, revision = $5, changed_at = $6 WHERE id = $1",
		a.ID, to.Issuer, to.Subject, sealed, a.Revision, a.ChangedAt)
	if err != nil {
		return err
	}
	// Who it is for now does not consent beside themselves.
	if err := s.db.Later(ctx, "hand draft over", "DELETE FROM application_co_applicants WHERE application_id = $1 AND issuer = $2 AND subject = $3", a.ID, to.Issuer, to.Subject); err != nil {
		return err
	}
	if err := s.writeTo(ctx, a, to, preparedForYou(), s.portals.Self().Name, ""); err != nil {
		return err
	}
	return s.changed(ctx, a)
}

// PowerEnded has those who acted by a power see no more of what they submitted, in ctx's transaction. Only the account home that they come
// from says so.
func (s *Service) PowerEnded(ctx context.Context, issuer string, powerID uuid.UUID, at time.Time) error {
	_, err := s.db.Pgx(ctx).Exec(ctx, `UPDATE applications SET power_ended_at = $3, revision = revision + 1
		WHERE power_id = $1 AND issuer = $2 AND state <> 'draft' AND power_ended_at IS NULL`, powerID, issuer, at)
	if err != nil {
		return fmt.Errorf("end acting: %w", err)
	}
	return nil
}

// madeForYou tells a person that somebody applied for them.
func madeForYou() letter {
	return letter{
		subject: problem.Text{De: "{person} hat für Sie beantragt: {service}", En: "{person} has applied for you: {service}"},
		text: problem.Text{
			De: "Guten Tag,\n\n{person} hat mit Ihrer Vollmacht für Sie den Antrag „{service}“ gestellt. Zuständig ist: {authority}.\n\nSie sehen den Antrag und die Entscheidung im Portal. Sie können dort auch selbst antworten oder den Antrag zurückziehen.\n\nAntragsnummer: {number}\n\nWar das nicht so gewollt? Ziehen Sie die Vollmacht unter „Vollmachten“ sofort zurück.",
			En: "Hello,\n\n{person} has applied for you for “{service}” by your power of attorney. The competent office is: {authority}.\n\nYou see the application and the decision in the portal. You can answer there yourself, or withdraw the application.\n\nApplication number: {number}\n\nIs this not what you wanted? Withdraw the power of attorney at once under “Powers of attorney”.",
		},
	}
}

// preparedForYou tells a person that a helper has filled in a draft for them.
func preparedForYou() letter {
	return letter{
		subject: problem.Text{De: "{person} hat einen Antrag für Sie vorbereitet: {service}", En: "{person} has prepared an application for you: {service}"},
		text: problem.Text{
			De: "Guten Tag,\n\n{person} hat den Antrag „{service}“ für Sie ausgefüllt. Er ist noch nicht eingereicht.\n\nPrüfen Sie den Entwurf im Portal, ändern Sie ihn, wenn nötig, und reichen Sie ihn selbst ein. Wenn Sie nichts tun, wird er nach 30 Tagen gelöscht.",
			En: "Hello,\n\n{person} has filled in the application “{service}” for you. It has not been submitted yet.\n\nCheck the draft in the portal, change it if need be, and submit it yourself. If you do nothing, it is deleted after 30 days.",
		},
	}
}

// forAnother is added to letters about an application that somebody made for another person.
func forAnother(theirs bool) problem.Text {
	if theirs {
		return problem.Text{De: "\n\nGestellt von {person} mit Ihrer Vollmacht.", En: "\n\nMade by {person} by your power of attorney."}
	}
	return problem.Text{De: "\n\nSie handeln mit Vollmacht für {for}. {for} erhält diese Nachricht auch.", En: "\n\nYou act for {for} by a power of attorney. {for} gets this message too."}
}

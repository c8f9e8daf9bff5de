package applications

import (
	"context"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/idempotency"
	"portalverbund/server/platform/problem"
)

const (
	maxEventText = 20000           // characters of what an authority writes
	maxEventName = 300             // characters
	clockSkew    = 5 * time.Minute // by which the clock of another portal may be ahead
)

func (s *Service) ownEvent(kind types.EventKind, by types.EventAuthor) types.TimelineEvent {
	id, err := uuid.NewV7()
	if err != nil {
		panic(err) // only when the machine has no randomness
	}
	return types.TimelineEvent{Id: id, At: s.now(), Kind: kind, By: by}
}

// finished says whether nothing can follow on a state.
func finished(state types.ApplicationState) bool {
	switch state {
	case types.ApplicationStateGranted, types.ApplicationStateRefused, types.ApplicationStateClosed, types.ApplicationStateWithdrawn:
		return true
	}
	return false
}

// stateOf says which state an event of the authority leads to; empty for one that leads to none.
func stateOf(kind types.EventKind) types.ApplicationState {
	switch kind {
	case types.Received, types.Transmitted:
		return types.ApplicationStateReceived
	case types.InProgress:
		return types.ApplicationStateInProgress
	case types.Question:
		return types.ApplicationStateQuestion
	case types.Granted:
		return types.ApplicationStateGranted
	case types.Refused:
		return types.ApplicationStateRefused
	case types.Closed:
		return types.ApplicationStateClosed
	case types.Withdrawn:
		return types.ApplicationStateWithdrawn
	}
	return ""
}

// follows says whether an event of the authority changes the state. Finished stays finished, whatever comes late; finishing
// ends everything else; received (also: transmitted to a provider) only follows on submitted; and between inProgress and question the later event counts,
// by the authority's own clock, in whatever order they come.
func follows(a Application, e types.TimelineEvent) bool {
	next := stateOf(e.Kind)
	switch {
	case next == "" || next == a.State || finished(a.State):
		return false
	case finished(next):
		return true
	case next == types.ApplicationStateReceived:
		return a.State == types.ApplicationStateSubmitted
	}
	return a.authorityAt == nil || !e.At.Before(*a.authorityAt)
}

// ApplyEvent puts an event of the authority on an application, once, in ctx's transaction. from must be the portal that the
// application was handed to: problem.NotFound else. What an authority cannot do is problem.Unprocessable. An event that comes
// late is kept in the timeline and changes no state that it should not.
func (s *Service) ApplyEvent(ctx context.Context, from string, applicationID uuid.UUID, event types.TimelineEvent) error {
	event, err := s.checkEvent(event)
	if err != nil {
		return err
	}
	return s.db.Tx(ctx, func(ctx context.Context) error {
		a, err := s.lockHanded(ctx, from, applicationID)
		if err != nil {
			return err
		}
		added, err := s.addEvent(ctx, a.ID, event)
		if err != nil || !added {
			return err
		}
		documents, err := s.expectDocuments(ctx, a, event)
		if err != nil {
			return err
		}
		if len(documents) > 0 {
			event.Documents = &documents // as they are called here
		}
		if err := s.remindLater(ctx, a, event); err != nil {
			return err
		}
		moved := follows(a, event)
		if moved {
			a.State, a.authorityAt = stateOf(event.Kind), &event.At
		}
		if a.ArrivedAt == nil && stateOf(event.Kind) == types.ApplicationStateReceived {
			a.ArrivedAt = &event.At // this portal's own authority gives no signed receipt
		}
		return s.heard(ctx, a, event, moved)
	})
}

// heard writes that something was heard of an application, and tells those whom it concerns.
func (s *Service) heard(ctx context.Context, a Application, event types.TimelineEvent, moved bool) error {
	a.Revision++
	a.ChangedAt = s.now()
	if err := s.updateState(ctx, a); err != nil {
		return err
	}
	if err := s.tell(ctx, a, event, moved); err != nil {
		return err
	}
	return s.changed(ctx, a)
}

// checkEvent refuses what no authority says, and takes a clock that is ahead for what it is.
func (s *Service) checkEvent(e types.TimelineEvent) (types.TimelineEvent, error) {
	refused := func(what string) (types.TimelineEvent, error) {
		return e, problem.Unprocessable("event-invalid", "Diese Nachricht kann nicht von einer Behörde sein.", "This message cannot be an authority's.").
			Because(fmt.Errorf("%s", what))
	}
	kinds := []types.EventKind{
		types.Received, types.Transmitted, types.InProgress, types.Question, types.Message, types.Granted, types.Refused, types.Closed, types.Withdrawn,
	}
	authors := []types.EventAuthor{types.EventAuthorAuthority, types.EventAuthorProvider, types.EventAuthorPortal}
	switch {
	case e.Id == uuid.Nil || e.At.IsZero():
		return refused("no id or time")
	case !slices.Contains(kinds, e.Kind):
		return refused("kind " + string(e.Kind))
	case !slices.Contains(authors, e.By):
		return refused("by " + string(e.By))
	case e.Text != nil && utf8.RuneCountInString(*e.Text) > maxEventText:
		return refused("text too long")
	case e.Name != nil && utf8.RuneCountInString(*e.Name) > maxEventName:
		return refused("name too long")
	case checkDocuments(e.Documents) != "":
		return refused(checkDocuments(e.Documents))
	}
	if wrong := checkAsked(&e); wrong != "" {
		return refused(wrong)
	}
	e.At = e.At.UTC().Truncate(time.Microsecond)
	if latest := s.now().Add(clockSkew); e.At.After(latest) {
		e.At = latest // the order of events from one clock stays
	}
	return e, nil
}

// Arrived keeps the receipt of the portal that an application was handed to, in ctx's transaction, once. From then on the
// content is only there: the answers go from here at once, the files when that portal has them (AttachmentFor). Of this
// portal's own applications the content stays.
func (s *Service) Arrived(ctx context.Context, from string, applicationID uuid.UUID, receipt string, at time.Time) error {
	return s.db.Tx(ctx, func(ctx context.Context) error {
		a, err := s.lockHanded(ctx, from, applicationID)
		if err != nil || a.Receipt != "" {
			return err
		}
		at = at.UTC().Truncate(time.Microsecond)
		a.Receipt, a.ArrivedAt = receipt, &at
		if a.State == types.ApplicationStateSubmitted {
			a.State = types.ApplicationStateReceived
		}
		event := s.ownEvent(types.Transmitted, types.EventAuthorPortal)
		event.Name = &a.Portal.Name
		if event.At, err = s.beforeTheirs(ctx, a.ID, at); err != nil {
			return err
		}
		if _, err := s.addEvent(ctx, a.ID, event); err != nil {
			return err
		}
		if a.Portal.Id != s.portals.Self().Id {
			if err := s.purge(ctx, a.ID); err != nil {
				return err
			}
		}
		return s.heard(ctx, a, event, true)
	})
}

// Undeliverable tells the person, in ctx's transaction, that the competent portal does not take their application: it is not
// lost, the content stays here, and people look after it. It happens when an offer is taken back while an application for
// it is on its way.
func (s *Service) Undeliverable(ctx context.Context, applicationID uuid.UUID) error {
	return s.db.Tx(ctx, func(ctx context.Context) error {
		a, err := s.lockSubmitted(ctx, applicationID)
		if err != nil {
			return err
		}
		event := s.ownEvent(types.Undeliverable, types.EventAuthorPortal)
		event.Name = &a.Portal.Name
		if _, err := s.addEvent(ctx, a.ID, event); err != nil {
			return err
		}
		return s.heard(ctx, a, event, false)
	})
}

// Withdraw takes an application back, until it is finished (409), and tells the authority. Doing so again has no effect.
func (s *Service) Withdraw(ctx context.Context, id uuid.UUID, key string) (Application, error) {
	caller, err := person(ctx)
	if err != nil {
		return Application{}, err
	}
	if err := s.actsStill(ctx, caller, id, types.ActWithdraw); err != nil {
		return Application{}, err
	}
	request := struct{ ApplicationID uuid.UUID }{id}
	_, err = idempotency.Do(ctx, s.db, scope("withdraw", caller.Person), key, request, func(ctx context.Context) (struct{}, error) {
		a, err := s.lock(ctx, caller.Person, id)
		if err != nil || a.State == types.ApplicationStateWithdrawn {
			return struct{}{}, err
		}
		event := s.ownEvent(types.Withdrawn, types.EventAuthorCitizen)
		event.Name = a.actedBy(caller)
		if err := s.say(ctx, a, event, types.ApplicationStateWithdrawn); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, s.tellCoApplicants(ctx, a, takenBack(), "", "")
	})
	if err != nil {
		return Application{}, err
	}
	return s.Get(ctx, id)
}

// say puts an event of the citizen on their application and hands it to the authority.
func (s *Service) say(ctx context.Context, a Application, event types.TimelineEvent, next types.ApplicationState) error {
	if a.State == types.ApplicationStateDraft {
		return errDraft
	}
	if finished(a.State) {
		return errFinished
	}
	if _, err := s.addEvent(ctx, a.ID, event); err != nil {
		return err
	}
	a.State, a.ChangedAt = next, s.now()
	a.Revision++
	if err := s.updateState(ctx, a); err != nil {
		return err
	}
	if err := s.delivery.CitizenEvent(ctx, a.Portal.Id, a.ID, event); err != nil {
		return fmt.Errorf("hand over %s: %w", event.Kind, err)
	}
	return s.changed(ctx, a)
}

// event gives one entry of a person's timeline.
func (s *Service) event(ctx context.Context, p httpx.Person, id, eventID uuid.UUID) (types.TimelineEvent, error) {
	a, err := s.read(ctx, p, id)
	if err != nil {
		return types.TimelineEvent{}, err
	}
	for _, e := range a.Timeline {
		if e.Id == eventID {
			return e, nil
		}
	}
	return types.TimelineEvent{}, errUnknown
}

package cases

import (
	"cmp"
	"context"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/idempotency"
	"portalverbund/server/platform/problem"
)

// maxMessage is the longest text from a citizen that is taken, in characters.
const maxMessage = 4000

// done is what is kept of a clerk's request under its key: no content.
type done struct {
	Version int `json:"version"`
}

// step is what a clerk does with a case.
type step struct {
	action string          // for the audit
	to     types.CaseState // empty: it stays as it is
	event  types.EventKind
	text   string
	legal  func(types.CaseState) bool
	takes  bool // a case that nobody has becomes the caller's

	more    func(ctx context.Context, r caseRow, e *types.TimelineEvent) error // checks the step, and puts on its event what goes with it; nil: nothing
	request any                                                                // what the caller asks for beside all that; nil: nothing

	decision *types.Decision // that goes out as a paper
	author   uuid.UUID       // who has written the decision that the caller releases; uuid.Nil: the caller
}

// Start takes a case into work. Only a case that has just arrived can be taken: else problem.Conflict.
func (s *Service) Start(ctx context.Context, id uuid.UUID, key string) (Case, error) {
	return s.act(ctx, id, key, step{
		action: "case.start", to: types.CaseStateInProgress, event: types.InProgress, takes: true,
		legal: func(state types.CaseState) bool { return state == types.CaseStateReceived },
	})
}

// Decide ends a case with a decision (Bescheid), or has it wait for a second clerk where that is asked. It is final: problem.Conflict when the case
// is finished already.
func (s *Service) Decide(ctx context.Context, id uuid.UUID, key string, d types.Decision) (Case, error) {
	return s.act(ctx, id, key, decision(d))
}

// decision is the step that a decision is.
func decision(d types.Decision) step {
	st := step{action: "case.decide", to: types.CaseStateGranted, event: types.Granted, text: d.Text, legal: open, decision: &d}
	if d.Outcome == types.DecisionOutcomeRefused {
		st.to, st.event = types.CaseStateRefused, types.Refused
	}
	return st
}

// act does a step once for the caller's key, with its event, its report to the citizen and its audit entry.
func (s *Service) act(ctx context.Context, id uuid.UUID, key string, st step) (Case, error) {
	caller := httpx.CallerOf(ctx).AccountID
	scope := st.action + ":" + caller.String()
	request := struct {
		ID       string
		To       types.CaseState
		Text     string
		Decision *types.Decision
		More     any `json:",omitempty"`
	}{id.String(), st.to, st.text, st.decision, st.request}
	_, err := idempotency.Do(ctx, s.db, scope, key, request, func(ctx context.Context) (done, error) {
		r, err := s.lockCase(ctx, id)
		if err != nil {
			return done{}, err
		}
		if ctx, err = s.within(ctx, r); err != nil {
			return done{}, err
		}
		if !st.legal(r.State) {
			return done{}, errFinished(r.State)
		}
		if st.takes && r.Assignee == nil {
			r.Assignee = &caller
		}
		if err := s.take(ctx, r, st); err != nil {
			return done{}, err
		}
		return done{Version: r.Version + 1}, s.changed(ctx, r)
	})
	if err != nil {
		return Case{}, err
	}
	return s.again(ctx, id)
}

// take does a step on a locked case, unless a decision waits; a decision that needs a second clerk waits.
func (s *Service) take(ctx context.Context, r caseRow, st step) error {
	waits, err := s.proposalOf(ctx, r.ID)
	if err != nil {
		return err
	}
	if waits != nil {
		return errProposed
	}
	if st.decision != nil {
		asked, err := s.fourEyes(ctx, r)
		if err != nil {
			return err
		}
		if asked {
			return s.propose(ctx, r, st)
		}
	}
	return s.finishStep(ctx, r, st)
}

// finishStep makes a step effective: state, timeline, report to the citizen, audit.
func (s *Service) finishStep(ctx context.Context, r caseRow, st step) error {
	e, err := authorityEvent(r, st.event, s.now())
	if err != nil {
		return err
	}
	e.Text = optional(st.text)
	if st.more != nil {
		if err := st.more(ctx, r, &e); err != nil {
			return err
		}
	}
	if err := s.setState(ctx, r, cmp.Or(st.to, r.State)); err != nil {
		return err
	}
	if st.decision != nil {
		papers, err := s.issue(ctx, r, *st.decision, st.author)
		if err != nil {
			return err
		}
		e.Documents = &papers
	}
	if err := s.tellEvent(ctx, r, e); err != nil {
		return err
	}
	return s.audit.Record(ctx, st.action, object(r.ID), string(st.to))
}

// again reads a case for the answer to a request.
func (s *Service) again(ctx context.Context, id uuid.UUID) (Case, error) {
	r, err := s.readCase(ctx, id)
	if err != nil {
		return Case{}, err
	}
	if ctx, err = s.within(ctx, r); err != nil { // the answer to a request before may be read no longer
		return Case{}, err
	}
	return s.full(ctx, r)
}

// tell puts an event of the authority on the timeline here, and reports it to the citizen.
func (s *Service) tell(ctx context.Context, r caseRow, kind types.EventKind, text string) error {
	e, err := authorityEvent(r, kind, s.now())
	if err != nil {
		return err
	}
	e.Text = optional(text)
	return s.tellEvent(ctx, r, e)
}

func (s *Service) tellEvent(ctx context.Context, r caseRow, e types.TimelineEvent) error {
	if _, err := s.addEvent(ctx, r.ID, e); err != nil {
		return err
	}
	if err := s.reports.Report(ctx, r.Origin, r.ApplicationID, e); err != nil {
		return fmt.Errorf("report %s: %w", e.Kind, err)
	}
	return nil
}

// authorityEvent is an event of the office that a case belongs to.
func authorityEvent(r caseRow, kind types.EventKind, at time.Time) (types.TimelineEvent, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return types.TimelineEvent{}, fmt.Errorf("make id: %w", err)
	}
	office := localized(r.OrganisationName, r.Language)
	return types.TimelineEvent{Id: id, At: at, Kind: kind, By: types.EventAuthorAuthority, Name: &office}, nil
}

// changed tells those who watch the inbox, once the transaction is committed.
func (s *Service) changed(ctx context.Context, r caseRow) error {
	return s.hub.Hint(ctx, Topic, r.ID.String()+" "+r.OrganisationID.String())
}

// reach says in which organisational units the caller of ctx is a clerk.
func (s *Service) reach(ctx context.Context) (httpx.Reach, error) {
	return httpx.ReachOf(ctx, s.units, roleClerk)
}

// within answers as for a case that does not exist when the caller is no clerk of its unit, else ctx with the unit, for the audit.
func (s *Service) within(ctx context.Context, r caseRow) (context.Context, error) {
	reach, err := s.reach(ctx)
	if err == nil && !reach.Has(r.OrganisationID) {
		err = errUnknown
	}
	return httpx.WithUnit(ctx, r.OrganisationID), err
}

// ApplyCitizenEvent puts an answer or a withdrawal of the citizen on the case of their application, once, in ctx's
// transaction, with the files and values that it brings. An answer ends the state question. What arrives after the decision is kept on the
// timeline and changes nothing. problem.NotFound when there is no case, problem.Unprocessable for anything that a citizen cannot do.
func (s *Service) ApplyCitizenEvent(ctx context.Context, origin string, applicationID uuid.UUID, event types.TimelineEvent) error {
	if err := checkCitizenEvent(&event); err != nil {
		return err
	}
	return s.db.Tx(ctx, func(ctx context.Context) error {
		r, err := s.lockApplication(ctx, origin, applicationID)
		if err != nil {
			return err
		}
		event.By = types.EventAuthorCitizen
		if event.Name, err = s.whoActed(r, event.Name); err != nil {
			return err
		}
		added, err := s.addEvent(ctx, r.ID, event)
		if err != nil || !added {
			return err
		}
		if err := s.takeAnswer(ctx, r, event); err != nil {
			return err
		}
		if err := s.setState(ctx, r, afterCitizen(r.State, event.Kind)); err != nil {
			return err
		}
		return s.changed(ctx, r)
	})
}

// whoActed names who wrote for the applicant by their power of attorney, where the portal of origin says so and the proof has named them.
func (s *Service) whoActed(r caseRow, said *string) (*string, error) {
	if said == nil {
		return nil, nil
	}
	c, err := s.openContent(r.ID, r.Content)
	if err != nil {
		return nil, err
	}
	if proved := actedBy(c.ActsFor); proved != nil && *proved == *said {
		return proved, nil
	}
	return nil, nil
}

func checkCitizenEvent(e *types.TimelineEvent) error {
	if err := checkAnswer(e); err != nil {
		return err
	}
	bare := e.Attachments == nil && e.Values == nil
	switch {
	case e.Kind != types.Message && e.Kind != types.Withdrawn, e.By != types.EventAuthorCitizen, e.Id == uuid.Nil:
		return problem.Unprocessable("event-kind", "Dieses Ereignis kann nicht von einer Bürgerin oder einem Bürger kommen.", "This event cannot come from a citizen.")
	case e.Kind == types.Message && bare && (e.Text == nil || *e.Text == ""), e.Text != nil && utf8.RuneCountInString(*e.Text) > maxMessage:
		return problem.Unprocessable("event-text", "Die Nachricht ist leer oder zu lang.", "The message is empty or too long.")
	}
	return nil
}

func afterCitizen(state types.CaseState, kind types.EventKind) types.CaseState {
	switch {
	case !open(state):
		return state
	case kind == types.Withdrawn:
		return types.CaseStateWithdrawn
	case state == types.CaseStateQuestion:
		return types.CaseStateInProgress
	}
	return state
}

// Read gives a case, and records that the caller has read it.
func (s *Service) Read(ctx context.Context, id uuid.UUID) (Case, error) {
	r, err := s.readCase(ctx, id)
	if err != nil {
		return Case{}, err
	}
	if ctx, err = s.within(ctx, r); err != nil {
		return Case{}, err
	}
	if err := s.audit.Record(ctx, "case.read", object(id), ""); err != nil {
		return Case{}, err
	}
	if err := s.clerkReads(ctx, r, itemApplication); err != nil {
		return Case{}, err
	}
	return s.full(ctx, r)
}

// ApplicationOf gives portal of origin and id of the application of a case that the caller may see; problem.NotFound for others.
func (s *Service) ApplicationOf(ctx context.Context, id uuid.UUID) (origin string, applicationID uuid.UUID, err error) {
	r, err := s.readCase(ctx, id)
	if err != nil {
		return "", uuid.Nil, err
	}
	_, err = s.within(ctx, r)
	return r.Origin, r.ApplicationID, err
}

// object names a case in the audit.
func object(id uuid.UUID) string { return "case:" + id.String() }

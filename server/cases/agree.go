package cases

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/idempotency"
	"portalverbund/server/platform/problem"
)

// Proposal is a decision that waits until a second clerk agrees. The citizen hears nothing of it.
type Proposal struct {
	types.Decision
	By uuid.UUID
	At time.Time
}

const sealProposal = "cases proposal"

type proposalRow struct {
	CaseID     uuid.UUID `gorm:"primaryKey"`
	Content    []byte
	ProposedBy uuid.UUID
	At         time.Time
}

func (proposalRow) TableName() string { return "case_proposals" }

var errProposed = problem.Conflict("decision-waits", "Zu diesem Vorgang wartet eine Entscheidung auf Zustimmung.", "A decision of this case waits for agreement.").
	With(problem.Text{De: "Erst muss jemand zustimmen oder sie zurückgeben.", En: "First somebody has to agree, or to return it."})

var errNoProposal = problem.Conflict("no-decision-waits", "Zu diesem Vorgang wartet keine Entscheidung mehr auf Zustimmung.", "No decision of this case waits for agreement any more.")

var errOwnProposal = problem.Forbidden("four-eyes", "Ihrer eigenen Entscheidung können Sie nicht zustimmen.", "You cannot agree to your own decision.").
	With(problem.Text{De: "Eine zweite Person muss sie prüfen.", En: "A second person has to check it."})

// proposalOf gives the decision of a case that waits; nil when none does.
func (s *Service) proposalOf(ctx context.Context, caseID uuid.UUID) (*Proposal, error) {
	var r proposalRow
	err := s.db.From(ctx).Raw("SELECT * FROM case_proposals WHERE case_id = ?", caseID).Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read proposal: %w", err)
	}
	plain, err := s.keys.Open(sealProposal, r.Content, caseID[:])
	if err != nil {
		return nil, err
	}
	p := &Proposal{By: r.ProposedBy, At: r.At}
	if err := json.Unmarshal(plain, &p.Decision); err != nil {
		return nil, fmt.Errorf("read proposal: %w", err)
	}
	return p, nil
}

// fourEyes says whether a decision of a case needs a second clerk.
func (s *Service) fourEyes(ctx context.Context, r caseRow) (bool, error) {
	rules, err := s.rulesOf(ctx, r.ServiceID, r.OrganisationID)
	return fourEyesOf(rules, competence{Unit: r.OrganisationID, Service: r.ServiceID}), err
}

// propose keeps a decision of a locked case until a second clerk agrees.
func (s *Service) propose(ctx context.Context, r caseRow, st step) error {
	plain, err := json.Marshal(st.decision)
	if err != nil {
		return err
	}
	sealed, err := s.keys.Seal(sealProposal, plain, r.ID[:])
	if err != nil {
		return err
	}
	row := proposalRow{CaseID: r.ID, Content: sealed, ProposedBy: httpx.CallerOf(ctx).AccountID, At: s.now()}
	if err := s.db.From(ctx).Create(&row).Error; err != nil {
		return fmt.Errorf("insert proposal: %w", err)
	}
	if err := s.setState(ctx, r, types.CaseStateInProgress); err != nil {
		return err
	}
	if r.State == types.CaseStateReceived { // as of any case that is taken into work
		if err := s.tell(ctx, r, types.InProgress, ""); err != nil {
			return err
		}
	}
	return s.audit.Record(ctx, "case.propose", object(r.ID), string(st.to))
}

// Agree sends a decision of somebody else that waits. ifMatch is the ETag of the case that the caller has seen; another one is refused (412).
func (s *Service) Agree(ctx context.Context, id uuid.UUID, key, ifMatch string) (Case, error) {
	return s.onProposal(ctx, id, key, "case.agree", nil, func(ctx context.Context, r caseRow, p Proposal, caller uuid.UUID) error {
		if p.By == caller {
			return errOwnProposal
		}
		if ifMatch != tag(r.Version) && ifMatch != "*" {
			return problem.Changed()
		}
		st := decision(p.Decision)
		st.action, st.author = "case.agree", p.By
		return s.finishStep(ctx, r, st)
	})
}

// Return gives a decision back that waits, with words that become an internal note. Who has written it can take it back.
func (s *Service) Return(ctx context.Context, id uuid.UUID, key, words string) (Case, error) {
	return s.onProposal(ctx, id, key, "case.return", []string{words}, func(ctx context.Context, r caseRow, p Proposal, caller uuid.UUID) error {
		if err := s.db.From(ctx).Exec("DELETE FROM case_proposals WHERE case_id = ?", id).Error; err != nil {
			return fmt.Errorf("delete proposal: %w", err)
		}
		if err := s.insertNote(ctx, r, caller, localized(returned(p.Outcome), "de")+words); err != nil {
			return err
		}
		if err := s.setState(ctx, r, r.State); err != nil {
			return err
		}
		return s.audit.Record(ctx, "case.return", object(id), "")
	})
}

// returned begins the note of a decision that was given back. Notes are in German, as the file is.
func returned(outcome types.DecisionOutcome) map[string]string {
	if outcome == types.DecisionOutcomeRefused {
		return map[string]string{"de": "Entscheidung „Ablehnen“ zurückgegeben: "}
	}
	return map[string]string{"de": "Entscheidung „Bewilligen“ zurückgegeben: "}
}

// onProposal does something once for the caller's key with the decision of a case that waits.
func (s *Service) onProposal(ctx context.Context, id uuid.UUID, key, action string, request []string, fn func(context.Context, caseRow, Proposal, uuid.UUID) error) (Case, error) {
	caller := httpx.CallerOf(ctx).AccountID
	_, err := idempotency.Do(ctx, s.db, action+":"+caller.String(), key, append([]string{id.String()}, request...), func(ctx context.Context) (done, error) {
		r, err := s.lockCase(ctx, id)
		if err != nil {
			return done{}, err
		}
		if ctx, err = s.within(ctx, r); err != nil {
			return done{}, err
		}
		p, err := s.proposalOf(ctx, id)
		if err != nil {
			return done{}, err
		}
		if p == nil || !open(r.State) {
			return done{}, errNoProposal
		}
		if err := fn(ctx, r, *p, caller); err != nil {
			return done{}, err
		}
		return done{Version: r.Version + 1}, s.changed(ctx, r)
	})
	if err != nil {
		return Case{}, err
	}
	return s.again(ctx, id)
}

// waiting gives a page of the cases in which a decision of somebody else waits. They are few, so they are found by what waits, and not by the
// indexes of the lists.
func (s *Service) waiting(ctx context.Context, f Filter, reach httpx.Reach) (List, error) {
	q := &query{}
	where := append(s.where(q, f, reach), "proposed_by <> "+q.arg(httpx.CallerOf(ctx).AccountID), "open")
	if f.byUnit(reach) {
		where = append(where, "organisation_id = ANY ("+q.arg(reach.Units)+"::uuid[])")
	}
	// OFFSET 0: these first, whatever the planner thinks that the index of words could do
	text := "SELECT id, state, received_at, due_on FROM (SELECT cases.* FROM case_proposals JOIN cases ON id = case_id WHERE " + strings.Join(where, " AND ") + " OFFSET 0) AS waiting"
	if words := searched(f.Search); len(words) > 0 {
		titles, err := s.titles(ctx, f, reach)
		if err != nil {
			return List{}, err
		}
		years, err := s.years(ctx, words)
		if err != nil {
			return List{}, err
		}
		text += " WHERE words @@ " + q.arg(asked(words, titles, years)) + "::tsquery"
	}
	rows, err := s.db.Pgx(ctx).Query(ctx, text+fmt.Sprintf(" ORDER BY %s LIMIT %d", f.order().by, maxCount+1), q.args...)
	if err != nil {
		return List{}, fmt.Errorf("list proposals: %w", err)
	}
	hits, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (h hit, err error) {
		err = row.Scan(&h.id, &h.state, &h.receivedAt, &h.dueOn)
		return h, err
	})
	if err != nil {
		return List{}, fmt.Errorf("list proposals: %w", err)
	}
	return s.page(ctx, f, hits, countHits(hits))
}

package accounts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

const (
	// kindClosed is the message by which an account home tells a linked portal that a person's account is deleted.
	kindClosed = "account.closed"
	// DeletionGrace is how long a deletion can be called off.
	DeletionGrace = 14 * 24 * time.Hour
	// pageDeletion is where the person calls it off.
	pageDeletion = "/konto/daten"
	// deletionBatch is how many accounts one run deletes, each in a transaction of its own.
	deletionBatch = 50
)

// Deletion says what deleting the caller's account means, and whether it is deleted already.
func (s *Service) Deletion(ctx context.Context) (types.Deletion, error) {
	id, err := s.citizen(ctx)
	if err != nil {
		return types.Deletion{}, err
	}
	person := httpx.Person{Issuer: s.Self.Id, Subject: id.String()}
	out := types.Deletion{State: types.DeletionNone, Kept: []types.DeletionKept{types.KeptCases, types.KeptReceipts, types.KeptAudit}}
	if out.OpenApplications, out.Drafts, out.Applications, err = s.rooms.Applications.Standing(ctx, person); err != nil {
		return out, err
	}
	if out.JointDrafts, out.JointApplications, err = s.rooms.Applications.JointStanding(ctx, person); err != nil {
		return out, err
	}
	if out.Messages, err = s.rooms.Mailbox.Count(ctx, person); err != nil {
		return out, err
	}
	subjects, err := s.rooms.Subjects.SubjectsOf(ctx, id)
	if err != nil {
		return out, err
	}
	portals := []string{}
	for portal := range subjects {
		if member, ok := s.member(portal); ok && portal != s.Self.Id {
			portals = append(portals, member.Name)
		}
	}
	out.Portals = &portals
	row, found, err := s.deletionOf(ctx, id)
	if found {
		out.State, out.DueAt = types.DeletionScheduled, &row.DueAt
	}
	return out, err
}

// Delete has the caller's account deleted, at once or after the grace. It needs a fresh proof of who the caller is.
func (s *Service) Delete(ctx context.Context, when types.DeletionRequestWhen) (types.Deletion, error) {
	id, err := s.citizen(ctx)
	if err != nil {
		return types.Deletion{}, err
	}
	if err := httpx.CallerOf(ctx).CheckRecentProof(s.Now()); err != nil {
		return types.Deletion{}, err
	}
	out, err := s.Deletion(ctx)
	if err != nil {
		return out, err
	}
	due := s.Now().Add(DeletionGrace)
	if when == types.DeleteNow {
		due = s.Now()
	}
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		row, err := s.lockedAccount(ctx, id)
		if err != nil {
			return err
		}
		if err := s.scheduleDeletion(ctx, deletionRow{AccountID: id, RequestedAt: s.Now(), DueAt: due}); err != nil {
			return err
		}
		if when == types.DeleteNow {
			return s.erase(ctx, row)
		}
		return s.send(ctx, row.Email, deletionScheduled(due), s.Self.Url+pageDeletion)
	})
	out.State, out.DueAt = types.DeletionScheduled, &due
	return out, err
}

// KeepAccount calls off the deletion of the caller's account.
func (s *Service) KeepAccount(ctx context.Context) error {
	id, err := s.citizen(ctx)
	if err != nil {
		return err
	}
	return s.DB.From(ctx).Where("account_id = ?", id).Delete(&deletionRow{}).Error
}

// DeleteDue deletes accounts whose time has come, and says how many.
func (s *Service) DeleteDue(ctx context.Context) (int, error) {
	ids, err := s.dueDeletions(ctx, deletionBatch)
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		err := s.DB.Tx(ctx, func(ctx context.Context) error {
			row, err := s.lockedAccount(ctx, id)
			if problem.Is(err, errNoAccount().Code) {
				return nil // by another process
			}
			if err != nil {
				return err
			}
			deletion, found, err := s.deletionOf(ctx, id)
			if err != nil || !found || deletion.DueAt.After(s.Now()) {
				return err // called off meanwhile
			}
			return s.erase(ctx, row)
		})
		if err != nil {
			return 0, fmt.Errorf("delete account %s: %w", id, err)
		}
	}
	return len(ids), nil
}

// erase deletes an account and all that this portal holds of the person, and has linked portals do the same, in ctx's
// transaction. What the law has the portal keep no longer names the person.
func (s *Service) erase(ctx context.Context, row accountRow) error {
	subjects, err := s.rooms.Subjects.SubjectsOf(ctx, row.ID)
	if err != nil {
		return err
	}
	for portal, subject := range subjects {
		if _, ok := s.member(portal); !ok || portal == s.Self.Id {
			continue
		}
		id, err := uuid.NewV7()
		if err != nil {
			return fmt.Errorf("make id: %w", err)
		}
		if _, err := s.rooms.Messages.Send(ctx, portal, kindClosed, id, types.MessageClosed{Id: id, Person: subject}); err != nil {
			return fmt.Errorf("tell of deletion: %w", err)
		}
	}
	if err := s.send(ctx, row.Email, accountDeleted(), ""); err != nil {
		return err
	}
	if err := s.rooms.Sessions.EndAccountSessions(ctx, row.ID); err != nil {
		return err
	}
	person := httpx.Person{Issuer: s.Self.Id, Subject: row.ID.String()}
	if err := errors.Join(s.noteErasure(ctx, person), s.eraseAtHolders(ctx, person)); err != nil {
		return err
	}
	return s.deleteAccountRows(ctx, row)
}

func (s *Service) eraseAtHolders(ctx context.Context, person httpx.Person) error {
	for _, holder := range s.rooms.Holders {
		if err := holder.ErasePerson(ctx, person); err != nil {
			return err
		}
	}
	return nil
}

// receiveClosed deletes what this portal holds of a person whose account home has deleted their account. A portal can only
// close accounts of its own.
func (s *Service) receiveClosed(ctx context.Context, from string, payload json.RawMessage) error {
	var m types.MessageClosed
	if err := json.Unmarshal(payload, &m); err != nil || m.Person == "" {
		return problem.Unprocessable("message-invalid", "Die Nachricht ist nicht lesbar.", "The message cannot be read.").Because(err)
	}
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		person := httpx.Person{Issuer: from, Subject: m.Person}
		return errors.Join(s.noteErasure(ctx, person), s.eraseAtHolders(ctx, person))
	})
}

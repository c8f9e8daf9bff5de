package applications

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
)

// What becomes of a draft that several people make when its time runs out, or one of them goes: the others are told.

// WarnBefore is how long before a joint draft runs out those who make it are told.
const WarnBefore = 7 * 24 * time.Hour

// jointRow is an application that several people make, without its content, and the accounts of those who take part.
type jointRow struct {
	Application

	together []httpx.Person
}

// everybody is the person who fills in, and those who take part.
func (j jointRow) everybody() []httpx.Person { return append([]httpx.Person{j.Person}, j.together...) }

// jointOf gives those of some applications in which somebody takes part with an account.
func (s *Service) jointOf(ctx context.Context, ids []uuid.UUID) ([]jointRow, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	rows, _ := s.db.Pgx(ctx).Query(ctx, "SELECT application_id, issuer, subject FROM application_co_applicants WHERE application_id = ANY ($1) AND subject <> '' ORDER BY application_id, created_at, id", ids)
	together := map[uuid.UUID][]httpx.Person{}
	var id uuid.UUID
	var p httpx.Person
	_, err := pgx.ForEachRow(rows, []any{&id, &p.Issuer, &p.Subject}, func() error {
		together[id] = append(together[id], p)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read co-applicants: %w", err)
	}
	if len(together) == 0 {
		return nil, nil
	}
	rows, _ = s.db.Pgx(ctx).Query(ctx, "SELECT "+withoutContent+" FROM applications WHERE id = ANY ($1) ORDER BY id", ids)
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[applicationRow])
	if err != nil {
		return nil, fmt.Errorf("read joint applications: %w", err)
	}
	joint := make([]jointRow, 0, len(together))
	for _, r := range found {
		if len(together[r.ID]) == 0 {
			continue
		}
		a, err := s.unsealed(r)
		if err != nil {
			return nil, err
		}
		joint = append(joint, jointRow{a, together[r.ID]})
	}
	return joint, nil
}

// tellAll writes to people about an application that they make together.
func (s *Service) tellAll(ctx context.Context, a Application, people []httpx.Person, l letter) error {
	for _, p := range people {
		if err := s.writeTo(ctx, a, p, l, "", ""); err != nil {
			return err
		}
	}
	return nil
}

// tellEnded tells those who make drafts together that these have run out.
func (s *Service) tellEnded(ctx context.Context, ids []uuid.UUID) error {
	joint, err := s.jointOf(ctx, ids)
	if err != nil {
		return err
	}
	for _, j := range joint {
		if err := s.tellAll(ctx, j.Application, j.everybody(), ranOut()); err != nil {
			return err
		}
	}
	return nil
}

// WarnJoint tells those who make a draft together that it runs out within WarnBefore, once for each time that it was changed, and says of how many
// drafts.
func (s *Service) WarnJoint(ctx context.Context) (int, error) {
	warned := 0
	err := s.db.Tx(ctx, func(ctx context.Context) error {
		rows, _ := s.db.Pgx(ctx).Query(ctx, `SELECT id FROM applications a WHERE state = 'draft' AND changed_at <= $1 AND (warned_at IS NULL OR warned_at < changed_at)
			AND EXISTS (SELECT FROM application_co_applicants x WHERE x.application_id = a.id AND x.subject <> '') ORDER BY changed_at LIMIT $2 FOR UPDATE SKIP LOCKED`,
			s.now().Add(WarnBefore-DraftLife), sweepBatch)
		ids, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
		if err != nil || len(ids) == 0 {
			return err
		}
		warned = len(ids)
		joint, err := s.jointOf(ctx, ids)
		if err != nil {
			return err
		}
		for _, j := range joint {
			if err := s.tellAll(ctx, j.Application, j.everybody(), runsOut(j.DeleteAt())); err != nil {
				return err
			}
		}
		_, err = s.db.Pgx(ctx).Exec(ctx, "UPDATE applications SET warned_at = $2 WHERE id = ANY ($1)", ids, s.now())
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("warn of the end of drafts: %w", err)
	}
	return warned, nil
}

// tellErased tells the others of the drafts that a person makes together with them that the person goes: of those of others, that somebody takes
// part no longer; of the person's own, that there are none any more. Nobody is named.
func (s *Service) tellErased(ctx context.Context, p httpx.Person) error {
	rows, _ := s.db.Pgx(ctx).Query(ctx, `SELECT id FROM applications WHERE issuer = $1 AND subject = $2 AND state = 'draft'
		UNION SELECT a.id FROM application_co_applicants x JOIN applications a ON a.id = x.application_id WHERE x.issuer = $1 AND x.subject = $2 AND a.state = 'draft'`, p.Issuer, p.Subject)
	ids, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return fmt.Errorf("read drafts of a person: %w", err)
	}
	joint, err := s.jointOf(ctx, ids)
	if err != nil {
		return err
	}
	for _, j := range joint {
		l := wentAway()
		if j.Person == p {
			l = discarded()
		}
		others := make([]httpx.Person, 0, len(j.together))
		for _, other := range j.everybody() {
			if other != p {
				others = append(others, other)
			}
		}
		if err := s.tellAll(ctx, j.Application, others, l); err != nil {
			return err
		}
		if err := s.changed(ctx, j.Application); err != nil {
			return err
		}
	}
	return nil
}

// JointStanding names the drafts of others that a person takes part in, and counts what was handed in with their consent.
func (s *Service) JointStanding(ctx context.Context, p httpx.Person) (drafts []string, handedIn int, err error) {
	rows, _ := s.db.Pgx(ctx).Query(ctx, `SELECT a.state, a.service_title FROM application_co_applicants x JOIN applications a ON a.id = x.application_id
		WHERE x.issuer = $1 AND x.subject = $2 ORDER BY a.changed_at DESC, a.id`, p.Issuer, p.Subject)
	drafts = []string{}
	var state types.ApplicationState
	var title map[string]string
	_, err = pgx.ForEachRow(rows, []any{&state, &title}, func() error {
		if state == types.ApplicationStateDraft {
			drafts = append(drafts, httpx.Localized(ctx, title))
		} else {
			handedIn++
		}
		title = nil
		return nil
	})
	if err != nil {
		return nil, 0, fmt.Errorf("count joint applications: %w", err)
	}
	return drafts, handedIn, nil
}

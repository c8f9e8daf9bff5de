package cases

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

// deletedAtOnce is how many cases one run of the job deletes; what is then left waits for the next one.
const deletedAtOnce = 500

// deleteFilesArgs asks to delete the files of a deleted case from the object store.
type deleteFilesArgs struct {
	Keys []string `json:"keys"`
}

// Kind names the job.
func (deleteFilesArgs) Kind() string { return "cases.delete_files" }

type deleteFilesWorker struct {
	river.WorkerDefaults[deleteFilesArgs]
	s *Service
}

// Work deletes the files; those that are gone already are no error.
func (w *deleteFilesWorker) Work(ctx context.Context, job *river.Job[deleteFilesArgs]) error {
	for _, key := range job.Args.Keys {
		if err := w.s.store.Delete(ctx, key); err != nil {
			return fmt.Errorf("delete files of a case: %w", err)
		}
	}
	return nil
}

// dueQuery gives closed cases that nothing holds, of each competence those that were closed before its day.
const dueQuery = `SELECT due.id FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) AS kept (unit, service, before),
	LATERAL (SELECT id FROM cases WHERE NOT open AND organisation_id = kept.unit AND service_id = kept.service AND coalesce(closed_at, changed_at) < kept.before
		AND NOT EXISTS (SELECT FROM case_holds WHERE case_id = cases.id) ORDER BY coalesce(closed_at, changed_at) LIMIT $4) AS due LIMIT $4`

// DeleteDue deletes closed cases whose period has passed, each in a transaction of its own, and says how many. What stays of a case is its
// number and what figures count.
func (s *Service) DeleteDue(ctx context.Context) (int64, error) {
	ids, err := s.due(ctx)
	if err != nil {
		return 0, err
	}
	var deleted int64
	for _, id := range ids {
		gone, err := s.deleteCase(ctx, id)
		if err != nil {
			return deleted, fmt.Errorf("delete case %s: %w", id, err)
		}
		if gone {
			deleted++
		}
	}
	return deleted, nil
}

func (s *Service) due(ctx context.Context) ([]uuid.UUID, error) {
	rules, err := s.allRules(ctx)
	if err != nil {
		return nil, err
	}
	all, err := s.competences(ctx)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	today := s.dayOf(s.now())
	units, services, before := make([]uuid.UUID, len(all)), make([]uuid.UUID, len(all)), make([]time.Time, len(all))
	for i, c := range all {
		units[i], services[i] = c.Unit, c.Service
		before[i] = s.beginOf(today.AddDate(0, -keepingOf(rules, c).months, 1))
	}
	rows, err := s.db.Pgx(ctx).Query(ctx, dueQuery, units, services, before, deletedAtOnce)
	if err != nil {
		return nil, fmt.Errorf("look for cases to delete: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return nil, fmt.Errorf("look for cases to delete: %w", err)
	}
	return ids, nil
}

// deleteCase deletes one case that is due, unless somebody has held it meanwhile.
func (s *Service) deleteCase(ctx context.Context, id uuid.UUID) (gone bool, err error) {
	err = s.db.Tx(ctx, func(ctx context.Context) error {
		r, err := s.lockCase(ctx, id)
		if problem.Is(err, errUnknown.Code) {
			return nil // by another process
		}
		if err != nil || open(r.State) {
			return err
		}
		rules, err := s.rulesOf(ctx, r.ServiceID, r.OrganisationID)
		if err != nil {
			return err
		}
		k := keepingOf(rules, competence{Unit: r.OrganisationID, Service: r.ServiceID})
		if s.deleteOn(r.closedAt(), k).After(s.dayOf(s.now())) { // months differ in length, and a period may have been changed just now
			return nil
		}
		hold, err := s.holdOf(ctx, id)
		if err != nil || hold != nil {
			return err
		}
		if err := s.remove(ctx, r); err != nil {
			return err
		}
		gone = true
		return s.audit.Record(httpx.WithUnit(ctx, r.OrganisationID), "case.delete", object(id), fmt.Sprintf("%d months", k.months))
	})
	return gone && err == nil, err
}

// remove takes a locked case and all that belongs to it out of the database, and has a job delete its files.
func (s *Service) remove(ctx context.Context, r caseRow) error {
	files, err := s.attachmentRows(ctx, r.ID)
	if err != nil {
		return err
	}
	if len(files) > 0 {
		keys := make([]string, 0, len(files))
		for id := range files {
			keys = append(keys, blobKey(r.ID, id))
		}
		if err := s.jobs.Insert(ctx, deleteFilesArgs{Keys: keys}, nil); err != nil {
			return err
		}
	}
	err = s.db.From(ctx).Exec(`INSERT INTO case_remains (id, number, content_hash, state, service_id, service_title, organisation_id, received_at, decided_at, deleted_at)
		SELECT id, number, content_hash, state, service_id, service_title, organisation_id, received_at, decided_at, ? FROM cases WHERE id = ?`, s.now(), r.ID).Error
	if err != nil {
		return fmt.Errorf("keep what remains: %w", err)
	}
	if err := s.db.From(ctx).Exec("DELETE FROM cases WHERE id = ?", r.ID).Error; err != nil {
		return fmt.Errorf("delete rows: %w", err)
	}
	return s.changed(ctx, r)
}

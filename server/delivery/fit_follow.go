package delivery

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"portalverbund/api/types"
	"portalverbund/server/delivery/fitconnect"
)

const (
	followQueue = "fit-connect-events"
	followers   = 4
	// FollowFor is how long a submission is followed. FIT-Connect itself rejects what nobody fetches for 14 days.
	FollowFor   = 60 * 24 * time.Hour
	followFirst = 5 * time.Second
	followMost  = time.Hour
)

// followPause is how long until the event log is read again: soon at first, later by the hour.
func followPause(age time.Duration) time.Duration {
	return min(max(age/10, followFirst), followMost)
}

var (
	errForged   = errors.New("the event log has entries whose signature or content is not valid; they have no effect")
	errRejected = errors.New("the destination rejected the submission")
	errDeleted  = errors.New("FIT-Connect deleted the submission before anybody accepted it")
	errSilent   = errors.New("nobody has accepted or rejected the submission")
)

// followArgs reads what became of a submission.
type followArgs struct {
	DeliveryID   uuid.UUID `json:"deliveryId"`
	SubmissionID uuid.UUID `json:"submissionId"`
}

// Kind names the job.
func (followArgs) Kind() string { return "delivery.fit_connect_follow" }

// InsertOpts keeps a slow service from holding up other jobs.
func (followArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: followQueue, MaxAttempts: maxAttempts}
}

type followWorker struct {
	river.WorkerDefaults[followArgs]
	s *Service
}

// Work looks once.
func (w *followWorker) Work(ctx context.Context, job *river.Job[followArgs]) error {
	return w.s.follow(ctx, job.Args)
}

// NextRetry is after the room's own pause.
func (w *followWorker) NextRetry(job *river.Job[followArgs]) time.Time {
	return time.Now().Add(w.s.backoff(job.Attempt))
}

// follow reads the event log of a submission until it is decided. An error, or a snooze, means: again later.
func (s *Service) follow(ctx context.Context, a followArgs) error {
	sub, err := s.submission(ctx, a.DeliveryID)
	if err != nil {
		return err
	}
	if sub.SubmissionID == nil || *sub.SubmissionID != a.SubmissionID || sub.over() || sub.SentAt == nil {
		return nil
	}
	name, found, err := s.providerOf(ctx, a.DeliveryID)
	if err != nil || !found {
		return err
	}
	age := s.now().Sub(*sub.SentAt)
	p, known := s.providers[name]
	if !known || p.fit == nil {
		return errors.Join(fmt.Errorf("follow %s: %w", a.DeliveryID, errNotConfigured), s.noteFollowed(ctx, a.DeliveryID, errNotConfigured))
	}
	events, forged, err := p.fit.Events(ctx, sub.subject())
	if ctx.Err() != nil {
		return ctx.Err() // the process is ending
	}
	if err != nil && age <= FollowFor {
		var answer *fitconnect.StatusError
		if errors.As(err, &answer) && answer.After > 0 {
			return errors.Join(river.JobSnooze(patience(answer.After)), s.noteFollowed(ctx, a.DeliveryID, err))
		}
		return errors.Join(fmt.Errorf("follow %s at %s: %w", a.DeliveryID, name, err), s.noteFollowed(ctx, a.DeliveryID, err))
	}
	o := s.judge(sub, events, forged)
	if !o.decided() && age > FollowFor {
		o = outcome{state: fitLost, cause: errors.Join(errSilent, err)}
	}
	if err := s.apply(ctx, p, a, o); err != nil || o.decided() {
		return err
	}
	return river.JobSnooze(s.followAgain(age))
}

// outcome is what an event log says.
type outcome struct {
	state    string
	at       time.Time
	problems []fitconnect.Problem
	cause    error // of a failure, or of entries that are not believed
}

func (o outcome) decided() bool {
	return o.state == fitAccepted || o.state == fitRejected || o.state == fitLost
}

// judge reads verified events as a set, in whatever order they stand in the log: the first decision counts. Who accepts something else than
// what was sent has not accepted.
func (s *Service) judge(sub fitRow, events []fitconnect.Event, forged int) outcome {
	o := outcome{state: fitSent}
	deleted := false
	for _, e := range events {
		switch e.Kind {
		case fitconnect.EventSubmitted, fitconnect.EventAccepted:
			if !e.Tags.Equal(sub.tags()) {
				forged++
				continue
			}
			if e.Kind == fitconnect.EventAccepted && !o.decided() {
				o.state, o.at = fitAccepted, e.At
			} else if o.state == fitSent {
				o.state = fitSubmitted
			}
		case fitconnect.EventForwarded:
			if !o.decided() {
				o.state = fitForwarded
			}
		case fitconnect.EventRejected:
			if !o.decided() {
				o.state, o.at, o.problems, o.cause = fitRejected, e.At, e.Problems, rejection(e.Problems)
			}
		case fitconnect.EventDeleted:
			deleted = true
		}
	}
	if deleted && !o.decided() {
		o.state, o.cause = fitLost, errDeleted
	}
	if forged > 0 && o.cause == nil {
		o.cause = errForged
	}
	return o
}

// rejection says why, for technicians.
func rejection(problems []fitconnect.Problem) error {
	var titles []string
	for _, p := range problems {
		titles = append(titles, p.Title)
	}
	if len(titles) == 0 {
		return errRejected
	}
	return fmt.Errorf("%w: %s", errRejected, strings.Join(titles, "; "))
}

// apply puts what the log says on the delivery, once, and tells the citizen.
func (s *Service) apply(ctx context.Context, p provider, a followArgs, o outcome) error {
	return s.db.Tx(ctx, func(ctx context.Context) error {
		r, err := s.read(ctx, p.ID, a.DeliveryID, true)
		if err != nil {
			return err
		}
		sub, err := s.lockSubmission(ctx, a.DeliveryID)
		if err != nil || sub.SubmissionID == nil || *sub.SubmissionID != a.SubmissionID || sub.over() {
			return err
		}
		if err := s.setFIT(ctx, r.ID, o.state, o.problems); err != nil {
			return err
		}
		if err := s.noteFollowed(ctx, r.ID, o.cause); err != nil {
			return err
		}
		switch o.state {
		case fitAccepted:
			if err := s.setReported(ctx, r.ID, types.Finished, nil); err != nil {
				return err
			}
			if err := s.filesOver(ctx, r.ID, types.Finished); err != nil {
				return err
			}
			return s.tell(ctx, types.EventAuthorAuthority, sub.office(r.Language, p.Name), r, types.Received, nil)
		case fitRejected, fitLost:
			s.log.ErrorContext(ctx, "submission by FIT-Connect not taken", "delivery", r.ID, "connection", p.ID, "state", o.state)
			if err := s.parkDelivered(ctx, r.ID); err != nil {
				return err
			}
			return s.tellNotTaken(ctx, p, r)
		}
		return nil
	})
}

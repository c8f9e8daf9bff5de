package cases

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"portalverbund/api/types"
	"portalverbund/server/platform/problem"
)

// What a message from another portal may bring.
const (
	maxAttachments = 100
	maxNumber      = 64  // bytes
	maxName        = 300 // characters
	maxFileName    = 255 // characters
)

// Open makes a case of an application, in ctx's transaction: one for each application of a portal of origin, however
// often it is called. Without attachments all is here, and the event that says so to the citizen is given; it is for the caller
// to pass it on. Attachments are fetched later, by jobs; once all are here the event is reported. The offer decides which
// office the case belongs to: problem.Unprocessable when it is unknown here, or when what was sent cannot be an application.
func (s *Service) Open(ctx context.Context, origin string, app types.MessageApplication) (received *types.TimelineEvent, err error) {
	if err := check(app); err != nil {
		return nil, err
	}
	err = s.db.Tx(ctx, func(ctx context.Context) error {
		r, files, err := s.newCase(ctx, origin, app)
		if err != nil {
			return err
		}
		events, err := firstEvents(r, actedBy(app.ActsFor))
		if err != nil {
			return err
		}
		added, err := s.insertCase(ctx, r, files)
		if err != nil || !added {
			return err
		}
		if err := s.addEventsLater(ctx, r.ID, events...); err != nil {
			return err
		}
		if r.CompleteAt != nil {
			received = &events[len(events)-1]
		}
		if err := s.fetchLater(ctx, r.ID, files); err != nil {
			return err
		}
		return s.changed(ctx, r)
	})
	return received, err
}

func (s *Service) newCase(ctx context.Context, origin string, app types.MessageApplication) (caseRow, []attachmentRow, error) {
	offer, _, title, office, err := s.offers.OfferByID(ctx, app.OfferId)
	if err != nil && problem.From(err).Status == http.StatusNotFound {
		return caseRow{}, nil, problem.Unprocessable("offer-unknown", "Dieses Angebot gibt es an diesem Portal nicht.", "There is no such offer at this portal.").Because(err)
	}
	if err != nil {
		return caseRow{}, nil, fmt.Errorf("read offer: %w", err)
	}
	if len(title) == 0 {
		title = app.ServiceTitle
	}
	id, err := uuid.NewV7()
	if err != nil {
		return caseRow{}, nil, fmt.Errorf("make id: %w", err)
	}
	now := s.now()
	r := caseRow{
		ID: id, Origin: origin, ApplicationID: app.ApplicationId, Number: app.Number, State: types.CaseStateReceived,
		ServiceID: offer.ServiceId, ServiceTitle: title, OrganisationID: offer.Organisation.Id, OrganisationName: office,
		ApplicantName: strings.TrimSpace(app.ApplicantName), ARS: app.Ars, FormID: app.FormId, FormVersion: app.FormVersion,
		Language: app.Language, TrustLevel: app.TrustLevel, ContentHash: app.ContentHash,
		SubmittedAt: app.SubmittedAt.UTC(), ReceivedAt: now, ChangedAt: now, DueOn: s.dayOf(now).AddDate(0, 0, dueWithin), Version: 1,
	}
	if len(office) == 0 {
		r.OrganisationName = map[string]string{"de": offer.Organisation.Name}
	}
	r.Search = searchText(r)
	kept := content{Data: app.Data, ActsFor: app.ActsFor, CoApplicants: app.CoApplicants}
	for _, a := range app.Attachments {
		kept.Attachments = append(kept.Attachments, contentOf(a))
	}
	files := fileRows(id, app.Attachments)
	if len(files) == 0 {
		r.CompleteAt = &now
	}
	if r.Content, err = s.sealContent(id, kept); err != nil {
		return caseRow{}, nil, fmt.Errorf("seal application: %w", err)
	}
	return r, files, nil
}

// actedBy names who submitted by a power of attorney.
func actedBy(a *types.ActsFor) *string {
	if a == nil || a.Kind == nil || *a.Kind != types.ActingPower {
		return nil
	}
	return &a.Person
}

// firstEvents begin the timeline: what the citizen did and, when all is here, that it was received.
func firstEvents(r caseRow, by *string) ([]types.TimelineEvent, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return nil, fmt.Errorf("make id: %w", err)
	}
	events := []types.TimelineEvent{{Id: id, At: r.SubmittedAt, Kind: types.Submitted, By: types.EventAuthorCitizen, Name: by}}
	if r.CompleteAt == nil {
		return events, nil
	}
	received, err := authorityEvent(r, types.Received, *r.CompleteAt)
	return append(events, received), err
}

// fetchLater starts a job for each file.
func (s *Service) fetchLater(ctx context.Context, id uuid.UUID, files []attachmentRow) error {
	fetches := make([]river.InsertManyParams, 0, len(files))
	for _, f := range files {
		fetches = append(fetches, river.InsertManyParams{Args: fetchArgs{CaseID: id, AttachmentID: f.ID}})
	}
	return s.jobs.InsertMany(ctx, fetches)
}

// check refuses what cannot be an application. The answers were checked against the form where they were given; the
// clerk sees them as they are.
func check(app types.MessageApplication) error {
	refused := func(what string) error {
		return problem.Unprocessable("application-invalid", "Der Antrag ist nicht vollständig.", "The application is not complete.").Because(errors.New(what))
	}
	switch {
	case app.ApplicationId == uuid.Nil:
		return refused("no id")
	case app.Number == "" || len(app.Number) > maxNumber:
		return refused("number")
	case strings.TrimSpace(app.ApplicantName) == "" || utf8.RuneCountInString(app.ApplicantName) > maxName:
		return refused("name of the applicant")
	case app.SubmittedAt.IsZero():
		return refused("time")
	case len(app.Attachments) > maxAttachments:
		return refused("too many attachments")
	}
	seen := make(map[uuid.UUID]bool, len(app.Attachments))
	for _, a := range app.Attachments {
		if seen[a.Id] || !plausible(a) || types.AnswersQuestion(a.Field) {
			return refused("attachment")
		}
		seen[a.Id] = true
	}
	return nil
}

func plausible(a types.Attachment) bool {
	hash, err := hex.DecodeString(a.Sha256)
	named := a.Name != "" && utf8.RuneCountInString(a.Name) <= maxFileName
	return err == nil && len(hash) == sha256.Size && a.Id != uuid.Nil && named && a.Size >= 0 && a.Size <= MaxAttachment
}

// finish says, once all files of the application are here, that it was received completely. It does so once; files of answers come later.
func (s *Service) finish(ctx context.Context, id uuid.UUID) error {
	return s.db.Tx(ctx, func(ctx context.Context) error {
		r, err := s.lockCase(ctx, id)
		if problem.Is(err, errUnknown.Code) {
			return nil
		}
		if err != nil || r.CompleteAt != nil {
			return err
		}
		var missing bool
		err = s.db.From(ctx).Raw("SELECT EXISTS (SELECT FROM case_attachments WHERE case_id = ? AND announced_at IS NULL AND state NOT IN (?, ?))", id, AttachmentAvailable, AttachmentRefused).Scan(&missing).Error
		if err != nil || missing {
			return err
		}
		if err := s.db.From(ctx).Exec("UPDATE cases SET complete_at = ? WHERE id = ?", s.now(), id).Error; err != nil {
			return fmt.Errorf("complete case: %w", err)
		}
		if err := s.tell(ctx, r, types.Received, ""); err != nil {
			return err
		}
		return s.changed(ctx, r)
	})
}

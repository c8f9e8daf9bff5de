package delivery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/idempotency"
	"portalverbund/server/platform/problem"
)

// Delivery is an application in the hands of a provider.
type Delivery struct {
	ID           uuid.UUID
	Provider     string
	State        types.DeliveryState
	Number       string
	ServiceID    uuid.UUID
	ServiceTitle map[string]string
	ARS          string
	SubmittedAt  time.Time
	Data         map[string]any
	ContentHash  string
	FormID       uuid.UUID // uuid.Nil: not kept, or a test delivery
	FormVersion  int
	Applicant    string
	ActsFor      *types.ActsFor // who applied for whom; nil for people who act for themselves
	CoApplicants *[]types.ConsentedApplicant
	Attachments  []types.Attachment // with whether the file is here
	Reference    string             // the provider's own number
	Test         bool               // invented, to try the connection
}

// Filter chooses deliveries of a provider.
type Filter struct {
	State  types.DeliveryState // empty: all
	Limit  int
	Cursor string
}

// content is what is sealed of a delivery.
type content struct {
	Data        map[string]any `json:"data"`
	FormID      uuid.UUID      `json:"formId,omitzero"`
	FormVersion int            `json:"formVersion,omitempty"`
	Applicant   string         `json:"applicant,omitempty"`
	ActsFor     *types.ActsFor `json:"actsFor,omitempty"`

	CoApplicants *[]types.ConsentedApplicant `json:"coApplicants,omitempty"`

	Attachments []types.Attachment `json:"attachments"`
}

const sealContent = "deliveries content"

func (s *Service) seal(id uuid.UUID, c content) ([]byte, error) {
	plain, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	return s.keys.Seal(sealContent, plain, id[:])
}

// handOver keeps an application for a provider, once, and starts the job that delivers it.
func (s *Service) handOver(ctx context.Context, p provider, origin string, serviceID uuid.UUID, title, office map[string]string, app types.MessageApplication) error {
	if app.ApplicationId == uuid.Nil || app.Number == "" || app.SubmittedAt.IsZero() {
		return refused("application-invalid", "Der Antrag ist nicht vollständig.", "The application is not complete.")
	}
	if err := checkAttachments(app.Attachments); err != nil {
		return err
	}
	leikaKey := ""
	if p.fit != nil {
		var err error
		if leikaKey, err = s.offers.LeikaKey(ctx, serviceID); err != nil {
			return fmt.Errorf("read key of the service: %w", err)
		}
		if len(app.Attachments) > maxFitFiles {
			return refused("application-invalid", "Der Antrag hat zu viele Anlagen.", "The application has too many attachments.")
		}
	}
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("make id: %w", err)
	}
	now := s.now()
	r := row{
		ID: id, Provider: p.ID, Origin: origin, ApplicationID: app.ApplicationId, Number: app.Number, ServiceID: serviceID, ServiceTitle: title,
		ARS: app.Ars, Language: app.Language, SubmittedAt: app.SubmittedAt.UTC(), ContentHash: app.ContentHash, State: types.Pending, CreatedAt: now, ChangedAt: now,
	}
	if r.Content, err = s.seal(id, content{
		FormID: app.FormId, FormVersion: app.FormVersion, Applicant: app.ApplicantName, Data: app.Data, ActsFor: app.ActsFor, CoApplicants: app.CoApplicants, Attachments: app.Attachments,
	}); err != nil {
		return fmt.Errorf("seal application: %w", err)
	}
	return s.db.Tx(ctx, func(ctx context.Context) error {
		added, err := s.insert(ctx, r)
		if err != nil || !added {
			return err
		}
		if err := s.expect(ctx, r, app.Attachments); err != nil {
			return err
		}
		if p.fit != nil {
			return s.expectFIT(ctx, id, leikaKey, office)
		}
		return s.pushAgain(ctx, p, id)
	})
}

// cancel takes an application back from its provider, who is told unless it cannot know of it. What is finished stays.
func (s *Service) cancel(ctx context.Context, r row) error {
	if s.providers[r.Provider].fit != nil {
		return s.cancelFIT(ctx, r)
	}
	if over(r.State) {
		return nil
	}
	if err := s.setState(ctx, r.ID, types.Cancelled); err != nil {
		return err
	}
	if err := s.filesOver(ctx, r.ID, types.Cancelled); err != nil {
		return err
	}
	p, _, err := s.current(ctx, r.Provider)
	if err != nil || r.Attempts == 0 {
		return err
	}
	if p.mail != nil {
		return s.jobs.Insert(ctx, mailArgs{DeliveryID: r.ID, Cancelled: true}, nil)
	}
	if p.DeliveryURL == "" {
		return nil
	}
	return s.jobs.Insert(ctx, pushArgs{DeliveryID: r.ID, Cancelled: true}, nil)
}

// open refuses what is over.
func open(state types.DeliveryState) error {
	switch state {
	case types.Finished:
		return problem.Conflict("delivery-finished", "Diese Lieferung ist schon abgeschlossen.", "This delivery is finished already.")
	case types.Cancelled:
		return problem.Conflict("delivery-cancelled", "Der Antrag wurde zurückgezogen.", "The application has been withdrawn.")
	}
	return nil
}

func over(state types.DeliveryState) bool { return state == types.Finished || state == types.Cancelled }

// of finds the provider that an access token belongs to.
func (s *Service) of(caller httpx.Caller) (provider, error) {
	id, known := s.clients[caller.ClientID]
	if caller.Kind != httpx.TokenCaller || !known || caller.Person != (httpx.Person{}) {
		return provider{}, problem.Forbidden("provider-unknown", "Dieser Zugang gehört zu keinem Anbieter.", "This client belongs to no provider.")
	}
	return s.providers[id], nil
}

var errUnknown = problem.NotFound("delivery-unknown", "Diese Lieferung gibt es nicht.", "There is no such delivery.")

// List gives the deliveries of the caller's provider, oldest first, and the cursor of the next page.
func (s *Service) List(ctx context.Context, f Filter) (items []Delivery, next string, err error) {
	p, err := s.of(httpx.CallerOf(ctx))
	if err != nil {
		return nil, "", err
	}
	if err := s.fetched(ctx, p.ID); err != nil {
		return nil, "", err
	}
	rows, err := s.page(ctx, p.ID, f)
	if err != nil {
		return nil, "", err
	}
	if len(rows) > f.Limit {
		rows = rows[:f.Limit]
		next = rows[f.Limit-1].ID.String()
	}
	for _, r := range rows {
		d, err := s.full(r)
		if err != nil {
			return nil, "", err
		}
		items = append(items, d)
	}
	return items, next, s.available(ctx, items)
}

// Get gives one delivery of the caller's provider; problem.NotFound also for another's.
func (s *Service) Get(ctx context.Context, id uuid.UUID) (Delivery, error) {
	p, err := s.of(httpx.CallerOf(ctx))
	if err != nil {
		return Delivery{}, err
	}
	r, err := s.read(ctx, p.ID, id, false)
	if err != nil {
		return Delivery{}, err
	}
	if err := errors.Join(s.fetched(ctx, p.ID), s.providerReads(ctx, p, r)); err != nil {
		return Delivery{}, err
	}
	d, err := s.full(r)
	if err != nil {
		return Delivery{}, err
	}
	return d, s.available(ctx, []Delivery{d})
}

// SetStatus takes what the caller's provider reports, once for a key, and reports it to the citizen. Granted, refused and
// closed are final: problem.Conflict after them, and after the citizen has taken the application back.
func (s *Service) SetStatus(ctx context.Context, id uuid.UUID, key string, status types.DeliveryStatus) (Delivery, error) {
	p, err := s.of(httpx.CallerOf(ctx))
	if err != nil {
		return Delivery{}, err
	}
	request := struct {
		ID     uuid.UUID
		Status types.DeliveryStatus
	}{id, status}
	_, err = idempotency.Do(ctx, s.db, "delivery.status:"+p.ID, key, request, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, s.setStatus(ctx, p, id, status)
	})
	if err != nil {
		return Delivery{}, err
	}
	return s.Get(ctx, id)
}

func (s *Service) setStatus(ctx context.Context, p provider, id uuid.UUID, status types.DeliveryStatus) error {
	r, err := s.read(ctx, p.ID, id, true)
	if err != nil {
		return err
	}
	if err := open(r.State); err != nil {
		return err
	}
	kind, final, err := meaning(status.Status)
	if err != nil {
		return err
	}
	state := types.Delivered // whoever reports has it
	if final {
		state = types.Finished
	}
	if err := s.setReported(ctx, id, state, status.Reference); err != nil {
		return err
	}
	if err := s.filesOver(ctx, id, state); err != nil {
		return err
	}
	documents, err := s.name(ctx, r, status.Documents)
	if err != nil {
		return err
	}
	return s.tell(ctx, types.EventAuthorProvider, p.Name, r, kind, status.Text, documents...)
}

// meaning says which event a reported status is, and whether it is the last one.
func meaning(status types.DeliveryStatusStatus) (kind types.EventKind, final bool, err error) {
	switch status {
	case types.DeliveryStatusStatusReceived:
		return types.Received, false, nil
	case types.DeliveryStatusStatusInProgress:
		return types.InProgress, false, nil
	case types.DeliveryStatusStatusGranted:
		return types.Granted, true, nil
	case types.DeliveryStatusStatusRefused:
		return types.Refused, true, nil
	case types.DeliveryStatusStatusClosed:
		return types.Closed, true, nil
	}
	return "", false, problem.Invalid(problem.FieldError{Pointer: "/status", Code: "enum"})
}

// tell reports an event to the citizen, in the name of the provider.
// Nobody waits for news of a test delivery.
func (s *Service) tell(ctx context.Context, by types.EventAuthor, name string, r row, kind types.EventKind, text *string, documents ...types.EventDocument) error {
	if r.Test {
		return nil
	}
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("make id: %w", err)
	}
	e := types.TimelineEvent{Id: id, At: s.now(), Kind: kind, By: by, Name: &name}
	if text != nil && strings.TrimSpace(*text) != "" {
		e.Text = text
	}
	if len(documents) > 0 {
		e.Documents = &documents
	}
	return s.Report(ctx, r.Origin, r.ApplicationID, e)
}

func (s *Service) full(r row) (Delivery, error) {
	var c content
	plain, err := s.keys.Open(sealContent, r.Content, r.ID[:])
	if err != nil {
		return Delivery{}, err
	}
	if err := json.Unmarshal(plain, &c); err != nil {
		return Delivery{}, fmt.Errorf("read delivery: %w", err)
	}
	return Delivery{
		ID: r.ID, Provider: r.Provider, State: r.State, Number: r.Number, ServiceID: r.ServiceID, ServiceTitle: r.ServiceTitle, ARS: r.ARS,
		SubmittedAt: r.SubmittedAt, Data: c.Data, ContentHash: r.ContentHash, FormID: c.FormID, FormVersion: c.FormVersion, Applicant: c.Applicant, ActsFor: c.ActsFor, CoApplicants: c.CoApplicants, Attachments: c.Attachments, Reference: r.Reference, Test: r.Test,
	}, nil
}

package applications

import (
	"context"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/paging"
	"portalverbund/server/platform/problem"
)

// AccessLog tells people who has read their data, in ctx's transaction.
type AccessLog interface {
	RecordAccess(ctx context.Context, person httpx.Person, m types.MessageAccess) error
}

// exportPage is how many applications are read at once when a person exports their data.
const exportPage = 20

// Accessed enters in the person's access log that the authority of their application, at the portal from, or a provider there has read it.
func (s *Service) Accessed(ctx context.Context, from string, m types.MessageAccess) error {
	if m.ApplicationId == nil {
		return errUnknown
	}
	a, err := s.find(ctx, "SELECT "+applicationColumns+" FROM applications WHERE id = $1 AND portal_id = $2 AND state <> 'draft'", *m.ApplicationId, from)
	if err != nil || s.accesses == nil {
		return err
	}
	purpose := types.LocalizedText(a.ServiceTitle)
	m.Purpose, m.Reference = &purpose, &a.Number
	if a.Portal.Name != "" && a.Portal.Name != m.Who && m.Kind != types.ReadByProvider {
		m.Who = a.Portal.Name + ", " + m.Who
	}
	together, err := s.coPeople(ctx, a.ID)
	if err != nil {
		return err
	}
	id := m.Id
	for i, p := range append(a.concerned(), together...) {
		if i > 0 { // an entry of its own, the same each time
			m.Id = uuid.NewSHA1(id, []byte(p.Subject))
		}
		if err := s.accesses.RecordAccess(ctx, p, m); err != nil {
			return err
		}
	}
	return nil
}

// Objection hands an objection of a person to the authority of their application, also when it is decided, once for an id.
func (s *Service) Objection(ctx context.Context, p httpx.Person, applicationID, id uuid.UUID, at time.Time, text string) error {
	if utf8.RuneCountInString(text) > MaxText {
		return problem.Invalid(problem.FieldError{Pointer: "/text", Code: "maxLength", Params: map[string]any{"limit": MaxText}})
	}
	return s.db.Tx(ctx, func(ctx context.Context) error {
		a, err := s.lock(ctx, p, applicationID)
		if err != nil {
			return err
		}
		if a.State == types.ApplicationStateDraft {
			return errDraft
		}
		text = localized(map[string]string{"de": "Widerspruch gegen die Verarbeitung meiner Daten: ", "en": "Objection to the processing of my data: "}, a.Language) + text
		event := types.TimelineEvent{Id: id, At: at.UTC().Truncate(time.Microsecond), Kind: types.Message, By: types.EventAuthorCitizen, Text: &text}
		if latest := s.now(); event.At.After(latest) {
			event.At = latest
		}
		added, err := s.addEvent(ctx, a.ID, event)
		if err != nil || !added {
			return err
		}
		a.ChangedAt = s.now()
		a.Revision++
		if err := s.updateState(ctx, a); err != nil {
			return err
		}
		if err := s.delivery.CitizenEvent(ctx, a.Portal.Id, a.ID, event); err != nil {
			return fmt.Errorf("hand over objection: %w", err)
		}
		return s.changed(ctx, a)
	})
}

// Standing counts a person's drafts and applications, and names those that are open, by title and number.
func (s *Service) Standing(ctx context.Context, p httpx.Person) (open []string, drafts, handedIn int, err error) {
	rows, _ := s.db.Pgx(ctx).Query(ctx, `SELECT state, count(*), coalesce(jsonb_agg(jsonb_build_object('t', service_title, 'n', number)) FILTER (WHERE state = ANY ($3)), '[]')
		FROM applications WHERE issuer = $1 AND subject = $2 AND principal_subject = '' OR principal_issuer = $1 AND principal_subject = $2 GROUP BY state`, p.Issuer, p.Subject,
		[]string{string(types.ApplicationStateSubmitted), string(types.ApplicationStateReceived), string(types.ApplicationStateInProgress), string(types.ApplicationStateQuestion)})
	open = []string{}
	var state types.ApplicationState
	var count int
	var named []struct {
		T map[string]string
		N *string
	}
	_, err = pgx.ForEachRow(rows, []any{&state, &count, &named}, func() error {
		if state == types.ApplicationStateDraft {
			drafts += count
			return nil
		}
		handedIn += count
		for _, n := range named {
			name := httpx.Localized(ctx, n.T)
			if n.N != nil {
				name += " (" + *n.N + ")"
			}
			open = append(open, name)
		}
		named = nil
		return nil
	})
	if err != nil {
		return nil, 0, 0, fmt.Errorf("count applications: %w", err)
	}
	return open, drafts, handedIn, nil
}

// exported is an application as it is given to the person whose it is.
type exported struct {
	ID          uuid.UUID      `json:"id"`
	Number      string         `json:"number,omitempty"`
	Service     string         `json:"service"`
	Authority   string         `json:"authority"`
	State       string         `json:"state"`
	CreatedAt   time.Time      `json:"createdAt"`
	SubmittedAt *time.Time     `json:"submittedAt,omitempty"`
	Answers     map[string]any `json:"answers,omitempty"`
	ContentHash string         `json:"contentHash,omitempty"`
	Receipt     string         `json:"receipt,omitempty"`

	Attachments []types.Attachment    `json:"attachments,omitempty"`
	Timeline    []types.TimelineEvent `json:"timeline,omitempty"`
}

// PersonalData gives a person's drafts and applications, as far as they are here, one after the other.
func (s *Service) PersonalData(ctx context.Context, p httpx.Person, add func(section string, data any) error) error {
	f := Filter{Limit: exportPage}
	for {
		items, err := s.page(ctx, p, f)
		if err != nil {
			return err
		}
		more := len(items) > f.Limit
		items = items[:min(len(items), f.Limit)]
		if err := s.addJoint(ctx, p, items, add); err != nil {
			return err
		}
		for _, item := range items { // each with its timeline and files in one go: what is in memory is one of them
			if !item.isOf(p) {
				continue // it is somebody else's, for whom or with whom they act
			}
			a, err := s.read(ctx, p, item.ID)
			if problem.Is(err, errUnknown.Code) {
				continue // deleted meanwhile
			}
			if err != nil {
				return err
			}
			err = add("applications", exported{
				ID: a.ID, ContentHash: a.ContentHash, Number: a.Number, Service: httpx.Localized(ctx, a.ServiceTitle), Authority: httpx.Localized(ctx, a.AuthorityName), State: string(a.State),
				CreatedAt: a.CreatedAt, SubmittedAt: a.SubmittedAt, Answers: a.Data, Receipt: a.Receipt, Attachments: a.Attachments, Timeline: a.Timeline,
			})
			if err != nil {
				return err
			}
		}
		if !more {
			return nil
		}
		last := items[len(items)-1]
		f.Cursor = paging.Cursor(last.ChangedAt, last.ID)
	}
}

// exportedJoint is an application that somebody else has filled in, as it is given to a person who makes it with them: what they have said to it.
type exportedJoint struct {
	ID          uuid.UUID  `json:"id"`
	Number      string     `json:"number,omitempty"`
	Service     string     `json:"service"`
	Authority   string     `json:"authority"`
	State       string     `json:"state"`
	Consent     string     `json:"consent"`
	ConsentedAt *time.Time `json:"consentedAt,omitempty"`
	TrustLevel  string     `json:"trustLevel,omitempty"`
	ContentHash string     `json:"contentHash,omitempty"`
}

// addJoint gives what a person makes together with others, of a page of their list.
func (s *Service) addJoint(ctx context.Context, p httpx.Person, items []Application, add func(section string, data any) error) error {
	ids := []uuid.UUID{}
	for _, item := range items {
		if item.takesPart != "" {
			ids = append(ids, item.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	rows, _ := s.db.Pgx(ctx).Query(ctx, "SELECT "+coApplicantColumns+" FROM application_co_applicants WHERE application_id = ANY ($1) AND issuer = $2 AND subject = $3", ids, p.Issuer, p.Subject)
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[coApplicantRow])
	if err != nil {
		return fmt.Errorf("read co-applicants: %w", err)
	}
	for _, item := range items {
		for _, r := range found {
			if r.ApplicationID != item.ID {
				continue
			}
			err := add("jointApplications", exportedJoint{
				ID: item.ID, Number: item.Number, Service: httpx.Localized(ctx, item.ServiceTitle), Authority: httpx.Localized(ctx, item.AuthorityName), State: string(item.State),
				Consent: string(r.State), ConsentedAt: r.ConsentedAt, TrustLevel: string(r.TrustLevel), ContentHash: r.ContentHash,
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// ErasePerson deletes a person's drafts, and takes the person, the answers and all texts out of what was handed in: that it
// was, when, and the receipt stay as proof. Files that the authority has not fetched yet stay for it until it has them.
func (s *Service) ErasePerson(ctx context.Context, p httpx.Person) error {
	return s.db.Tx(ctx, func(ctx context.Context) error {
		rows, _ := s.db.Pgx(ctx).Query(ctx, `DELETE FROM application_attachments t USING applications a
			WHERE a.id = t.application_id AND (a.issuer = $1 AND a.subject = $2 AND a.principal_subject = '' OR a.principal_issuer = $1 AND a.principal_subject = $2) AND (a.state = 'draft' OR t.fetched_at IS NOT NULL OR t.deleted_at IS NOT NULL)
			RETURNING t.id, t.ready, t.received`, p.Issuer, p.Subject)
		var objects []string
		var r attachmentRow
		_, err := pgx.ForEachRow(rows, []any{&r.ID, &r.Ready, &r.Received}, func() error {
			objects = append(objects, r.objects()...)
			return nil
		})
		if err != nil {
			return fmt.Errorf("erase files: %w", err)
		}
		if err := s.tellErased(ctx, p); err != nil {
			return err
		}
		if err := s.eraseCoApplicant(ctx, p); err != nil {
			return err
		}
		documents, err := s.eraseDocuments(ctx, p.Issuer, p.Subject)
		if err != nil {
			return err
		}
		if err := s.deleteObjectsLater(ctx, append(objects, documents...)); err != nil {
			return err
		}
		for _, statement := range []string{
			`UPDATE application_events e SET name = '' FROM applications a
				WHERE a.id = e.application_id AND a.issuer = $1 AND a.subject = $2 AND e.by = 'citizen' AND e.name <> ''`,
			"DELETE FROM applications WHERE issuer = $1 AND subject = $2 AND state = 'draft'",
			`UPDATE application_events e SET text = NULL, name = CASE WHEN e.by = 'citizen' THEN '' ELSE e.name END FROM applications a
				WHERE a.id = e.application_id AND (a.issuer = $1 AND a.subject = $2 AND a.principal_subject = '' OR a.principal_issuer = $1 AND a.principal_subject = $2)
					AND (e.text IS NOT NULL OR e.name <> '')`,
			"UPDATE applications SET issuer = '', subject = '', data = NULL, acts_for = NULL, step = '' WHERE issuer = $1 AND subject = $2 AND principal_subject = ''",
			// Where somebody acted for another person: who acted is taken out, and the application stays that person's; or the person it was for.
			"UPDATE applications SET issuer = '', subject = '', acts_for = NULL WHERE issuer = $1 AND subject = $2",
			`UPDATE applications SET principal_issuer = '', principal_subject = '', issuer = '', subject = '', data = NULL, acts_for = NULL, step = ''
				WHERE principal_issuer = $1 AND principal_subject = $2`,
		} {
			if _, err := s.db.Pgx(ctx).Exec(ctx, statement, p.Issuer, p.Subject); err != nil {
				return fmt.Errorf("erase applications: %w", err)
			}
		}
		_, err = s.db.Pgx(ctx).Exec(ctx, "DELETE FROM idempotency_keys WHERE scope = ANY ($1)", scopes(p))
		if err != nil {
			return fmt.Errorf("erase applications: %w", err)
		}
		return nil
	})
}

// scopes are those of a person's requests.
func scopes(p httpx.Person) []string {
	return []string{scope("create", p), scope("submit", p), scope("answer", p), scope("withdraw", p), scope("handOver", p)}
}

package cases

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"
	"golang.org/x/text/unicode/norm"
	"gorm.io/gorm"

	"portalverbund/api/types"
	"portalverbund/server/platform/problem"
)

type caseRow struct {
	ID               uuid.UUID `gorm:"primaryKey"`
	Origin           string
	ApplicationID    uuid.UUID
	Number           string
	State            types.CaseState
	ServiceID        uuid.UUID
	ServiceTitle     map[string]string `gorm:"serializer:json"`
	OrganisationID   uuid.UUID
	OrganisationName map[string]string `gorm:"serializer:json"`
	ApplicantName    string
	ARS              string `gorm:"column:ars"`
	FormID           uuid.UUID
	FormVersion      int
	Language         string
	TrustLevel       types.TrustLevel
	ContentHash      string
	Content          []byte
	Search           string
	SubmittedAt      time.Time
	ReceivedAt       time.Time
	CompleteAt       *time.Time
	ChangedAt        time.Time `gorm:"autoUpdateTime:false"`
	Version          int
	Assignee         *uuid.UUID
	DueOn            time.Time
	ClosedAt         *time.Time
}

func (caseRow) TableName() string { return "cases" }

type eventRow struct {
	CaseID uuid.UUID `gorm:"primaryKey"`
	ID     uuid.UUID `gorm:"primaryKey"`
	At     time.Time
	Kind   types.EventKind
	By     types.EventAuthor
	Name   string
	Text   []byte
	More   []byte
}

func (eventRow) TableName() string { return "case_events" }

type attachmentRow struct {
	CaseID   uuid.UUID `gorm:"primaryKey"`
	ID       uuid.UUID `gorm:"primaryKey"`
	Size     int64
	SHA256   string `gorm:"column:sha256"`
	State    AttachmentState
	Attempts int

	AnnouncedAt *time.Time // of a file of an answer; nil: it came with the application
}

func (attachmentRow) TableName() string { return "case_attachments" }

const insertCase = `
	INSERT INTO cases (id, origin, application_id, number, state, service_id, service_title, organisation_id, organisation_name, applicant_name, ars,
		form_id, form_version, language, trust_level, content_hash, content, search, submitted_at, received_at, complete_at, changed_at, version, due_on)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)
	ON CONFLICT (origin, application_id) DO NOTHING`

// insertCase adds a case; false when there is one of this application already.
func (s *Service) insertCase(ctx context.Context, r caseRow, files []attachmentRow) (bool, error) {
	tag, err := s.db.Pgx(ctx).Exec(ctx, insertCase, r.ID, r.Origin, r.ApplicationID, r.Number, r.State, r.ServiceID, r.ServiceTitle, r.OrganisationID,
		r.OrganisationName, r.ApplicantName, r.ARS, r.FormID, r.FormVersion, r.Language, r.TrustLevel, r.ContentHash, r.Content, r.Search, r.SubmittedAt,
		r.ReceivedAt, r.CompleteAt, r.ChangedAt, r.Version, r.DueOn)
	if err != nil {
		return false, fmt.Errorf("insert case: %w", err)
	}
	if tag.RowsAffected() == 0 || len(files) == 0 {
		return tag.RowsAffected() == 1, nil
	}
	if err := s.db.From(ctx).Create(&files).Error; err != nil {
		return false, fmt.Errorf("insert attachments: %w", err)
	}
	return true, nil
}

// lockCase reads a case, and keeps others from changing it until the transaction ends.
func (s *Service) lockCase(ctx context.Context, id uuid.UUID) (caseRow, error) {
	return s.one(ctx, "SELECT * FROM cases WHERE id = ? FOR UPDATE", id)
}

func (s *Service) lockApplication(ctx context.Context, origin string, applicationID uuid.UUID) (caseRow, error) {
	return s.one(ctx, "SELECT * FROM cases WHERE origin = ? AND application_id = ? FOR UPDATE", origin, applicationID)
}

func (s *Service) readCase(ctx context.Context, id uuid.UUID) (caseRow, error) {
	return s.one(ctx, "SELECT * FROM cases WHERE id = ?", id)
}

func (s *Service) one(ctx context.Context, query string, args ...any) (caseRow, error) {
	var r caseRow
	err := s.db.From(ctx).Raw(query, args...).Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return r, errUnknown
	}
	if err != nil {
		return r, fmt.Errorf("read case: %w", err)
	}
	return r, nil
}

// setState changes a locked case, and who has it; every change makes a new version.
func (s *Service) setState(ctx context.Context, r caseRow, state types.CaseState) error {
	var decided, closed *time.Time
	now := s.now()
	if state == types.CaseStateGranted || state == types.CaseStateRefused {
		decided = &now
	}
	if open(r.State) && !open(state) {
		closed = &now
	}
	err := s.db.From(ctx).Exec(`UPDATE cases SET state = ?, changed_at = ?, decided_at = COALESCE(decided_at, ?::timestamptz), closed_at = COALESCE(closed_at, ?::timestamptz),
		assignee = ?, version = version + 1 WHERE id = ?`, state, now, decided, closed, r.Assignee, r.ID).Error
	if err != nil {
		return fmt.Errorf("change case: %w", err)
	}
	if closed != nil {
		return s.db.Later(ctx, "end proposal", "DELETE FROM case_proposals WHERE case_id = $1", r.ID)
	}
	return nil
}

const insertEvents = `
	INSERT INTO case_events (case_id, id, at, kind, by, name, text, more)
	SELECT $1, id, at, kind, by, name, text, more
	FROM unnest($2::uuid[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::bytea[], $8::bytea[]) AS event (id, at, kind, by, name, text, more)
	ON CONFLICT DO NOTHING`

// eventsOf gives the arguments of insertEvents.
func (s *Service) eventsOf(caseID uuid.UUID, events ...types.TimelineEvent) ([]any, error) {
	n := len(events)
	ids, times, kinds, authors, names, texts, mores := make([]uuid.UUID, n), make([]time.Time, n), make([]string, n), make([]string, n), make([]string, n), make([][]byte, n), make([][]byte, n)
	for i, e := range events {
		ids[i], times[i], kinds[i], authors[i] = e.Id, e.At.UTC(), string(e.Kind), string(e.By)
		if e.Name != nil {
			names[i] = *e.Name
		}
		var err error
		if mores[i], err = s.sealMore(caseID, e); err != nil {
			return nil, err
		}
		if e.Text == nil {
			continue
		}
		if texts[i], err = s.keys.Seal(sealEvent, []byte(*e.Text), eventContext(caseID, e.Id)); err != nil {
			return nil, err
		}
	}
	return []any{caseID, ids, times, kinds, authors, names, texts, mores}, nil
}

// addEvent puts an event on the timeline; false when it is there already.
func (s *Service) addEvent(ctx context.Context, caseID uuid.UUID, e types.TimelineEvent) (bool, error) {
	args, err := s.eventsOf(caseID, e)
	if err != nil {
		return false, err
	}
	tag, err := s.db.Pgx(ctx).Exec(ctx, insertEvents, args...)
	if err != nil {
		return false, fmt.Errorf("insert event: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

// addEventsLater puts events of a new case on its timeline, in this order.
func (s *Service) addEventsLater(ctx context.Context, caseID uuid.UUID, events ...types.TimelineEvent) error {
	args, err := s.eventsOf(caseID, events...)
	if err != nil {
		return err
	}
	return s.db.Later(ctx, "insert events", insertEvents, args...)
}

func eventContext(caseID, id uuid.UUID) []byte { return append(caseID[:], id[:]...) }

func (s *Service) timeline(ctx context.Context, caseID uuid.UUID) ([]types.TimelineEvent, error) {
	var rows []eventRow
	if err := s.db.From(ctx).Raw("SELECT * FROM case_events WHERE case_id = ? ORDER BY position", caseID).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read timeline: %w", err)
	}
	events := make([]types.TimelineEvent, 0, len(rows))
	for _, r := range rows {
		e := types.TimelineEvent{Id: r.ID, At: r.At, Kind: r.Kind, By: r.By}
		if r.Name != "" {
			e.Name = &r.Name
		}
		if r.Text != nil {
			plain, err := s.keys.Open(sealEvent, r.Text, eventContext(caseID, r.ID))
			if err != nil {
				return nil, err
			}
			text := string(plain)
			e.Text = &text
		}
		if err := s.openMore(caseID, r.More, &e); err != nil {
			return nil, err
		}
		events = append(events, e)
	}
	return events, nil
}

func (s *Service) attachmentRows(ctx context.Context, caseID uuid.UUID) (map[uuid.UUID]attachmentRow, error) {
	var rows []attachmentRow
	if err := s.db.From(ctx).Raw("SELECT * FROM case_attachments WHERE case_id = ?", caseID).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read attachments: %w", err)
	}
	byID := make(map[uuid.UUID]attachmentRow, len(rows))
	for _, r := range rows {
		byID[r.ID] = r
	}
	return byID, nil
}

func (s *Service) readAttachment(ctx context.Context, caseID, id uuid.UUID) (attachmentRow, error) {
	var r attachmentRow
	err := s.db.From(ctx).Raw("SELECT * FROM case_attachments WHERE case_id = ? AND id = ?", caseID, id).Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return r, problem.NotFound("attachment-unknown", "Diese Anlage gibt es nicht.", "There is no such attachment.")
	}
	if err != nil {
		return r, fmt.Errorf("read attachment: %w", err)
	}
	return r, nil
}

// full puts a case together from its rows.
func (s *Service) full(ctx context.Context, r caseRow) (Case, error) {
	opened, err := s.openContent(r.ID, r.Content)
	if err != nil {
		return Case{}, err
	}
	events, err := s.timeline(ctx, r.ID)
	if err != nil {
		return Case{}, err
	}
	files, err := s.attachmentRows(ctx, r.ID)
	if err != nil {
		return Case{}, err
	}
	notes, err := s.notes(ctx, r.ID)
	if err != nil {
		return Case{}, err
	}
	hold, err := s.holdOf(ctx, r.ID)
	if err != nil {
		return Case{}, err
	}
	decision, err := s.decisionOf(ctx, r.ID)
	if err != nil {
		return Case{}, err
	}
	proposal, err := s.proposalOf(ctx, r.ID)
	if err != nil {
		return Case{}, err
	}
	rules, err := s.rulesOf(ctx, r.ServiceID, r.OrganisationID)
	if err != nil {
		return Case{}, err
	}
	of := competence{Unit: r.OrganisationID, Service: r.ServiceID}
	c := Case{
		Decision: decision, Hold: hold, Proposal: proposal, FourEyes: fourEyesOf(rules, of), Assignee: r.Assignee, DueOn: r.DueOn, Notes: notes, ID: r.ID, Origin: r.Origin, ApplicationID: r.ApplicationID, Number: r.Number, State: r.State, ServiceID: r.ServiceID,
		ServiceTitle: r.ServiceTitle, OrganisationID: r.OrganisationID, OrganisationName: r.OrganisationName,
		ApplicantName: r.ApplicantName, ARS: r.ARS, FormID: r.FormID, FormVersion: r.FormVersion, Language: r.Language,
		TrustLevel: r.TrustLevel, ContentHash: r.ContentHash, Data: opened.Data, ActsFor: opened.ActsFor, CoApplicants: opened.CoApplicants, Timeline: events,
		SubmittedAt: r.SubmittedAt, ReceivedAt: r.ReceivedAt, ChangedAt: r.ChangedAt, Version: r.Version,
	}
	for _, f := range opened.Attachments {
		row := files[f.ID]
		c.Attachments = append(c.Attachments, Attachment{
			ID: f.ID, Name: f.Name, Field: f.Field, MediaType: f.MediaType, Size: row.Size, SHA256: row.SHA256, State: row.State, Origin: f.Origin,
		})
	}
	nameFiles(c.Timeline, c.Attachments)
	if !open(r.State) {
		day := s.deleteOn(r.closedAt(), keepingOf(rules, of))
		c.DeleteOn = &day
	}
	return c, nil
}

// fold makes texts comparable: small letters without accents.
func fold(text string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(strings.ReplaceAll(strings.ToLower(text), "ß", "ss")) {
		if !unicode.Is(unicode.Mn, r) {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// searchText is what a case is found by, beside the title of its service.
func searchText(r caseRow) string {
	return fold(strings.Join([]string{r.Number, strings.ReplaceAll(r.Number, "-", ""), r.ApplicantName}, " "))
}

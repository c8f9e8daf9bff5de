package applications

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

// Purposes of what is sealed.
const (
	sealData = "applications.data"
	sealText = "applications.text"
	sealName = "applications.name"
)

type applicationRow struct {
	ID             uuid.UUID
	Issuer         string
	Subject        string
	State          types.ApplicationState
	Revision       int64
	Number         *string
	OfferID        uuid.UUID
	ServiceID      uuid.UUID
	OrganisationID uuid.UUID
	FormID         uuid.UUID
	FormVersion    int
	PortalID       string
	Portal         types.PortalReference `gorm:"serializer:json"`
	Place          types.PlaceReference  `gorm:"serializer:json"`
	ServiceTitle   map[string]string     `gorm:"serializer:json"`
	AuthorityName  map[string]string     `gorm:"serializer:json"`
	NeededLevel    types.TrustLevel
	TrustLevel     types.TrustLevel
	Language       string
	Step           string
	Data           []byte
	ContentHash    string
	Receipt        string
	ArrivedAt      *time.Time
	AuthorityAt    *time.Time
	CreatedAt      time.Time
	ChangedAt      time.Time
	SubmittedAt    *time.Time
}

func (applicationRow) TableName() string { return "applications" }

type eventRow struct {
	ApplicationID uuid.UUID
	ID            uuid.UUID
	At            time.Time
	Kind          types.EventKind
	By            types.EventAuthor
	Name          string
	Text          []byte
}

func (eventRow) TableName() string { return "application_events" }

// unsealed turns a row into an Application without attachments and timeline.
func (s *Service) unsealed(r applicationRow) (Application, error) {
	a := Application{
		ID: r.ID, Person: httpx.Person{Issuer: r.Issuer, Subject: r.Subject}, State: r.State, Revision: r.Revision,
		OfferID: r.OfferID, ServiceID: r.ServiceID, OrganisationID: r.OrganisationID, FormID: r.FormID, FormVersion: r.FormVersion,
		Portal: r.Portal, Place: r.Place, ServiceTitle: r.ServiceTitle, AuthorityName: r.AuthorityName, NeededLevel: r.NeededLevel,
		TrustLevel: r.TrustLevel, Language: r.Language, Step: r.Step, ContentHash: r.ContentHash, Receipt: r.Receipt,
		ArrivedAt: r.ArrivedAt, SubmittedAt: r.SubmittedAt, CreatedAt: r.CreatedAt, ChangedAt: r.ChangedAt, authorityAt: r.AuthorityAt,
	}
	if r.Number != nil {
		a.Number = *r.Number
	}
	if member, ok := s.portals.Member(r.PortalID); ok {
		a.Portal = member // its present name
	}
	if r.Data == nil {
		return a, nil
	}
	plain, err := s.keys.Open(sealData, r.Data, r.ID[:])
	if err != nil {
		return Application{}, err
	}
	if err := json.Unmarshal(plain, &a.Data); err != nil {
		return Application{}, fmt.Errorf("read application %s: %w", r.ID, err)
	}
	return a, nil
}

func (s *Service) sealData(id uuid.UUID, data map[string]any) ([]byte, error) {
	plain, err := json.Marshal(data)
	if err != nil {
		return nil, fmt.Errorf("seal application: %w", err)
	}
	return s.keys.Seal(sealData, plain, id[:])
}

// insertDraft writes a new draft and the first event of its timeline.
func (s *Service) insertDraft(ctx context.Context, a Application) error {
	sealed, err := s.sealData(a.ID, a.Data)
	if err != nil {
		return err
	}
	r := applicationRow{
		ID: a.ID, Issuer: a.Person.Issuer, Subject: a.Person.Subject, State: a.State, Revision: a.Revision, OfferID: a.OfferID,
		ServiceID: a.ServiceID, OrganisationID: a.OrganisationID, FormID: a.FormID, FormVersion: a.FormVersion, PortalID: a.Portal.Id,
		Portal: a.Portal, Place: a.Place, ServiceTitle: a.ServiceTitle, AuthorityName: a.AuthorityName, NeededLevel: a.NeededLevel,
		Language: a.Language, Data: sealed, CreatedAt: a.CreatedAt, ChangedAt: a.ChangedAt,
	}
	if err := s.db.From(ctx).Create(&r).Error; err != nil {
		return fmt.Errorf("write draft: %w", err)
	}
	_, err = s.addEvent(ctx, a.ID, s.ownEvent(types.Created, types.EventAuthorCitizen))
	return err
}

func (s *Service) updateDraft(ctx context.Context, a Application) error {
	sealed, err := s.sealData(a.ID, a.Data)
	if err != nil {
		return err
	}
	err = s.db.From(ctx).Exec("UPDATE applications SET data = ?, step = ?, language = ?, revision = ?, changed_at = ? WHERE id = ?",
		sealed, a.Step, a.Language, a.Revision, a.ChangedAt, a.ID).Error
	if err != nil {
		return fmt.Errorf("write draft: %w", err)
	}
	return nil
}

// updateState writes state, revision and what was heard of the application.
func (s *Service) updateState(ctx context.Context, a Application) error {
	err := s.db.From(ctx).Exec(`UPDATE applications SET state = ?, revision = ?, changed_at = ?, authority_at = ?, receipt = ?, arrived_at = ? WHERE id = ?`,
		a.State, a.Revision, a.ChangedAt, a.authorityAt, a.Receipt, a.ArrivedAt, a.ID).Error
	if err != nil {
		return fmt.Errorf("write state of application: %w", err)
	}
	return nil
}

func (s *Service) countDrafts(ctx context.Context, p httpx.Person) (n int, err error) {
	err = s.db.From(ctx).Raw("SELECT count(*) FROM applications WHERE issuer = ? AND subject = ? AND state = 'draft'", p.Issuer, p.Subject).Scan(&n).Error
	if err != nil {
		return 0, fmt.Errorf("count drafts: %w", err)
	}
	return n, nil
}

// read gives an application of a person with all that belongs to it.
func (s *Service) read(ctx context.Context, p httpx.Person, id uuid.UUID) (Application, error) {
	a, err := s.find(s.db.From(ctx).Where("id = ? AND issuer = ? AND subject = ?", id, p.Issuer, p.Subject))
	if err != nil {
		return Application{}, err
	}
	return s.complete(ctx, a)
}

// lock gives an application of a person, and keeps others from changing it until the transaction ends.
func (s *Service) lock(ctx context.Context, p httpx.Person, id uuid.UUID) (Application, error) {
	locked := s.db.From(ctx).Clauses(clause.Locking{Strength: clause.LockingStrengthUpdate})
	return s.find(locked.Where("id = ? AND issuer = ? AND subject = ?", id, p.Issuer, p.Subject))
}

// lockHanded locks an application that was handed to a portal.
func (s *Service) lockHanded(ctx context.Context, portalID string, id uuid.UUID) (Application, error) {
	locked := s.db.From(ctx).Clauses(clause.Locking{Strength: clause.LockingStrengthUpdate})
	return s.find(locked.Where("id = ? AND portal_id = ? AND state <> 'draft'", id, portalID))
}

// lockSubmitted locks an application that was handed to any portal.
func (s *Service) lockSubmitted(ctx context.Context, id uuid.UUID) (Application, error) {
	locked := s.db.From(ctx).Clauses(clause.Locking{Strength: clause.LockingStrengthUpdate})
	return s.find(locked.Where("id = ? AND state <> 'draft'", id))
}

func (s *Service) find(query *gorm.DB) (Application, error) {
	var rows []applicationRow
	if err := query.Limit(1).Find(&rows).Error; err != nil {
		return Application{}, fmt.Errorf("read application: %w", err)
	}
	if len(rows) == 0 {
		return Application{}, errUnknown
	}
	return s.unsealed(rows[0])
}

// complete adds attachments and timeline.
func (s *Service) complete(ctx context.Context, a Application) (_ Application, err error) {
	if a.Attachments, err = s.attachments(ctx, a.ID); err != nil {
		return Application{}, err
	}
	if a.Timeline, err = s.timeline(ctx, a.ID); err != nil {
		return Application{}, err
	}
	return a, nil
}

// page gives one more than the filter asks for, if there are more.
func (s *Service) page(ctx context.Context, p httpx.Person, f Filter) ([]Application, error) {
	query := s.db.From(ctx).Omit("data", "receipt").Where("issuer = ? AND subject = ?", p.Issuer, p.Subject)
	if f.State != "" {
		query = query.Where("state = ?", f.State)
	}
	if f.Cursor != "" {
		at, id, err := decodeCursor(f.Cursor)
		if err != nil {
			return nil, err
		}
		query = query.Where("(changed_at, id) < (?, ?)", at, id)
	}
	var rows []applicationRow
	if err := query.Order("changed_at DESC, id DESC").Limit(f.Limit + 1).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("list applications: %w", err)
	}
	items := make([]Application, 0, len(rows))
	for _, r := range rows {
		a, err := s.unsealed(r)
		if err != nil {
			return nil, err
		}
		items = append(items, a)
	}
	return items, nil
}

func encodeCursor(a Application) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(a.ChangedAt.UnixMicro(), 10) + " " + a.ID.String()))
}

func decodeCursor(cursor string) (time.Time, uuid.UUID, error) {
	refused := problem.BadRequest("cursor-invalid", "Diese Seite der Liste gibt es nicht.", "There is no such page of the list.")
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return time.Time{}, uuid.Nil, refused
	}
	micros, name, _ := strings.Cut(string(text), " ")
	at, err := strconv.ParseInt(micros, 10, 64)
	if err != nil {
		return time.Time{}, uuid.Nil, refused
	}
	id, err := uuid.Parse(name)
	if err != nil {
		return time.Time{}, uuid.Nil, refused
	}
	return time.UnixMicro(at).UTC(), id, nil
}

// lockOldDrafts gives drafts that were not changed since a time; those that somebody is changing now are passed over.
func (s *Service) lockOldDrafts(ctx context.Context, before time.Time, limit int) (ids []uuid.UUID, err error) {
	err = s.db.From(ctx).Raw("SELECT id FROM applications WHERE state = 'draft' AND changed_at <= ? ORDER BY changed_at LIMIT ? FOR UPDATE SKIP LOCKED",
		before, limit).Scan(&ids).Error
	return ids, err
}

func (s *Service) deleteRows(ctx context.Context, ids []uuid.UUID) error {
	if err := s.db.From(ctx).Exec("DELETE FROM applications WHERE id IN ?", ids).Error; err != nil {
		return fmt.Errorf("delete drafts: %w", err)
	}
	return nil
}

// addEvent appends to the timeline; false when the event is there already.
func (s *Service) addEvent(ctx context.Context, id uuid.UUID, e types.TimelineEvent) (bool, error) {
	r := eventRow{ApplicationID: id, ID: e.Id, At: e.At.UTC().Truncate(time.Microsecond), Kind: e.Kind, By: e.By}
	if e.Name != nil {
		r.Name = *e.Name
	}
	if e.Text != nil {
		sealed, err := s.keys.Seal(sealText, []byte(*e.Text), append(id[:], e.Id[:]...))
		if err != nil {
			return false, err
		}
		r.Text = sealed
	}
	result := s.db.From(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&r)
	if result.Error != nil {
		return false, fmt.Errorf("write timeline: %w", result.Error)
	}
	return result.RowsAffected == 1, nil
}

// timeline gives the events of an application, oldest first.
func (s *Service) timeline(ctx context.Context, id uuid.UUID) ([]types.TimelineEvent, error) {
	var rows []eventRow
	err := s.db.From(ctx).Where("application_id = ?", id).Order("at, position").Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read timeline: %w", err)
	}
	events := make([]types.TimelineEvent, 0, len(rows))
	for _, r := range rows {
		e := types.TimelineEvent{Id: r.ID, At: r.At, Kind: r.Kind, By: r.By}
		if r.Name != "" {
			e.Name = &r.Name
		}
		if r.Text != nil {
			plain, err := s.keys.Open(sealText, r.Text, append(id[:], r.ID[:]...))
			if err != nil {
				return nil, err
			}
			text := string(plain)
			e.Text = &text
		}
		events = append(events, e)
	}
	return events, nil
}

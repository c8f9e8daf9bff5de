package applications

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/paging"
)

// Purposes of what is sealed.
const (
	sealData = "applications.data"
	sealText = "applications.text"
	sealName = "applications.name"
	sealActs = "applications.acts-for"
)

// applicationRow is scanned by position: its fields are in the order of applicationColumns.
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
	Portal         types.PortalReference
	Place          types.PlaceReference
	ServiceTitle   map[string]string
	AuthorityName  map[string]string
	NeededLevel    types.TrustLevel
	TrustLevel     types.TrustLevel
	Language       string
	Step           string
	ContentHash    string
	ArrivedAt      *time.Time
	AuthorityAt    *time.Time
	CreatedAt      time.Time
	ChangedAt      time.Time
	SubmittedAt    *time.Time
	Data           []byte
	Receipt        string
	ActsFor        []byte

	PowerUntil       *time.Time
	PowerEndedAt     *time.Time
	PrincipalIssuer  string
	PrincipalSubject string
}

// listedRow is an application in the list of a person, who may make it together with another.
type listedRow struct {
	applicationRow
	CoState types.CoApplicantState
}

const (
	summaryColumns = `id, issuer, subject, state, revision, number, offer_id, service_id, organisation_id, form_id, form_version, portal_id, portal, place,
		service_title, authority_name, needed_level, trust_level, language, step, content_hash, arrived_at, authority_at, created_at, changed_at, submitted_at`
	powerColumns       = ", power_until, power_ended_at, principal_issuer, principal_subject"
	applicationColumns = summaryColumns + ", data, receipt, acts_for" + powerColumns
	withoutContent     = summaryColumns + ", NULL::bytea, '', acts_for" + powerColumns
)

type eventRow struct {
	ApplicationID uuid.UUID
	ID            uuid.UUID
	At            time.Time
	Kind          types.EventKind
	By            types.EventAuthor
	Name          string
	Text          []byte
	More          []byte // sealed
}

// unsealed turns a row into an Application without attachments and timeline.
func (s *Service) unsealed(r applicationRow) (Application, error) {
	a := Application{
		ID: r.ID, Person: httpx.Person{Issuer: r.Issuer, Subject: r.Subject}, State: r.State, Revision: r.Revision,
		OfferID: r.OfferID, ServiceID: r.ServiceID, OrganisationID: r.OrganisationID, FormID: r.FormID, FormVersion: r.FormVersion,
		Portal: r.Portal, Place: r.Place, ServiceTitle: r.ServiceTitle, AuthorityName: r.AuthorityName, NeededLevel: r.NeededLevel,
		TrustLevel: r.TrustLevel, Language: r.Language, Step: r.Step, ContentHash: r.ContentHash, Receipt: r.Receipt,
		ArrivedAt: r.ArrivedAt, SubmittedAt: r.SubmittedAt, CreatedAt: r.CreatedAt, ChangedAt: r.ChangedAt, authorityAt: r.AuthorityAt,
		Principal: httpx.Person{Issuer: r.PrincipalIssuer, Subject: r.PrincipalSubject}, PowerUntil: r.PowerUntil, PowerEndedAt: r.PowerEndedAt,
	}
	if r.Number != nil {
		a.Number = *r.Number
	}
	if member, ok := s.portals.Member(r.PortalID); ok {
		a.Portal = member // its present name
	}
	if r.ActsFor != nil {
		plain, err := s.keys.Open(sealActs, r.ActsFor, r.ID[:])
		if err != nil {
			return Application{}, err
		}
		if err := json.Unmarshal(plain, &a.ActsFor); err != nil {
			return Application{}, fmt.Errorf("read application %s: %w", r.ID, err)
		}
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

// sealActsFor seals for whom an application is made; nil for people who act for themselves.
func (s *Service) sealActsFor(a Application) ([]byte, error) {
	if a.ActsFor == nil {
		return nil, nil
	}
	plain, err := json.Marshal(a.ActsFor)
	if err != nil {
		return nil, fmt.Errorf("seal application: %w", err)
	}
	return s.keys.Seal(sealActs, plain, a.ID[:])
}

// insertDraft writes a new draft and the first event of its timeline.
func (s *Service) insertDraft(ctx context.Context, a Application) error {
	sealed, err := s.sealData(a.ID, a.Data)
	if err != nil {
		return err
	}
	actsFor, err := s.sealActsFor(a)
	if err != nil {
		return err
	}
	err = s.db.Later(ctx, "write draft", `INSERT INTO applications (id, issuer, subject, state, revision, offer_id, service_id, organisation_id, form_id,
			form_version, portal_id, portal, place, service_title, authority_name, needed_level, language, data, created_at, changed_at, acts_for, power_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)`,
		a.ID, a.Person.Issuer, a.Person.Subject, a.State, a.Revision, a.OfferID, a.ServiceID, a.OrganisationID, a.FormID, a.FormVersion, a.Portal.Id, a.Portal,
		a.Place, a.ServiceTitle, a.AuthorityName, a.NeededLevel, a.Language, sealed, a.CreatedAt, a.ChangedAt, actsFor, a.powerID())
	if err != nil {
		return err
	}
	event, err := s.eventsOf(a.ID, s.ownEvent(types.Created, types.EventAuthorCitizen))
	if err != nil {
		return err
	}
	return s.db.Later(ctx, "write timeline", insertEvents, event...)
}

func (s *Service) updateDraft(ctx context.Context, a Application) error {
	sealed, err := s.sealData(a.ID, a.Data)
	if err != nil {
		return err
	}
	return s.db.Later(ctx, "write draft", "UPDATE applications SET data = $2, step = $3, language = $4, revision = $5, changed_at = $6 WHERE id = $1",
		a.ID, sealed, a.Step, a.Language, a.Revision, a.ChangedAt)
}

// updateState writes state, revision and what was heard of the application.
func (s *Service) updateState(ctx context.Context, a Application) error {
	return s.db.Later(ctx, "write state of application",
		`UPDATE applications SET state = $2, revision = $3, changed_at = $4, authority_at = $5, receipt = $6, arrived_at = $7 WHERE id = $1`,
		a.ID, a.State, a.Revision, a.ChangedAt, a.authorityAt, a.Receipt, a.ArrivedAt)
}

func (s *Service) countDrafts(ctx context.Context, p httpx.Person) (n int, err error) {
	err = s.db.Pgx(ctx).QueryRow(ctx, "SELECT count(*) FROM applications WHERE issuer = $1 AND subject = $2 AND state = 'draft'", p.Issuer, p.Subject).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count drafts: %w", err)
	}
	return n, nil
}

// draftBytes says how many bytes the files of a person's drafts have, and of answers that were not sent yet; those being uploaded count as what was set aside.
func (s *Service) draftBytes(ctx context.Context, p httpx.Person) (n int64, err error) {
	err = s.db.Pgx(ctx).QueryRow(ctx, `SELECT coalesce(sum(t.size), 0)::bigint FROM applications a JOIN application_attachments t ON t.application_id = a.id
		WHERE a.issuer = $1 AND a.subject = $2 AND (a.state = 'draft' OR starts_with(t.field, '#') AND t.event_id IS NULL)`, p.Issuer, p.Subject).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count files of drafts: %w", err)
	}
	return n, nil
}

const (
	// Who acts by a power of attorney sees what they submitted while it counts; the one it is for sees it from submission on.
	actsStill   = "(power_id IS NULL OR state = 'draft' OR power_ended_at IS NULL AND power_until > now())"
	theirs      = "(issuer = $2 AND subject = $3 AND " + actsStill + " OR principal_issuer = $2 AND principal_subject = $3)"
	ofPerson    = "SELECT " + applicationColumns + " FROM applications WHERE id = $1 AND " + theirs
	handedTo    = "SELECT " + applicationColumns + " FROM applications WHERE id = $1 AND portal_id = $2 AND state <> 'draft' FOR UPDATE"
	handedToAny = "SELECT " + applicationColumns + " FROM applications WHERE id = $1 AND state <> 'draft' FOR UPDATE"
)

// read gives an application of a person with all that belongs to it.
func (s *Service) read(ctx context.Context, p httpx.Person, id uuid.UUID) (Application, error) {
	return s.whole(ctx, ofPerson, id, p.Issuer, p.Subject)
}

// lock gives an application of a person, and keeps others from changing it until the transaction ends.
func (s *Service) lock(ctx context.Context, p httpx.Person, id uuid.UUID) (Application, error) {
	return s.find(ctx, ofPerson+" FOR UPDATE", id, p.Issuer, p.Subject)
}

// lockHanded locks an application that was handed to a portal.
func (s *Service) lockHanded(ctx context.Context, portalID string, id uuid.UUID) (Application, error) {
	return s.find(ctx, handedTo, id, portalID)
}

// lockSubmitted locks an application that was handed to any portal.
func (s *Service) lockSubmitted(ctx context.Context, id uuid.UUID) (Application, error) {
	return s.find(ctx, handedToAny, id)
}

func (s *Service) find(ctx context.Context, query string, args ...any) (Application, error) {
	rows, _ := s.db.Pgx(ctx).Query(ctx, query, args...) // the error comes with the row
	r, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[applicationRow])
	if errors.Is(err, pgx.ErrNoRows) {
		return Application{}, errUnknown
	}
	if err != nil {
		return Application{}, fmt.Errorf("read application: %w", err)
	}
	return s.unsealed(r)
}

// wholeRows are an application, its attachments and its timeline, as they are read in one go.
type wholeRows struct {
	found     []applicationRow
	files     []attachmentRow
	events    []eventRow
	documents []documentRow
	joint     []coApplicantRow
}

// queue puts what reads them into a batch. The first argument of the query is the id of the application.
func (r *wholeRows) queue(batch *pgx.Batch, query string, args ...any) {
	batch.Queue(query, args...).Query(into(&r.found))
	batch.Queue(attachmentsQuery, args[0]).Query(into(&r.files))
	batch.Queue(timelineQuery, args[0]).Query(into(&r.events))
	batch.Queue(documentsQuery, args[0]).Query(into(&r.documents))
	batch.Queue(coApplicantsQuery, args[0]).Query(into(&r.joint))
}

// queueLocked queues the application of a person, and keeps others from changing it until the transaction ends.
func (r *wholeRows) queueLocked(batch *pgx.Batch, p httpx.Person, id uuid.UUID) {
	r.queue(batch, ofPerson+" FOR UPDATE", id, p.Issuer, p.Subject)
}

// whole reads an application, its attachments and its timeline. The first argument of the query is its id.
func (s *Service) whole(ctx context.Context, query string, args ...any) (Application, error) {
	var r wholeRows
	batch := &pgx.Batch{}
	r.queue(batch, query, args...)
	if err := s.db.Pgx(ctx).SendBatch(ctx, batch).Close(); err != nil {
		return Application{}, fmt.Errorf("read application: %w", err)
	}
	return s.opened(r)
}

func (s *Service) opened(r wholeRows) (Application, error) {
	if len(r.found) == 0 {
		return Application{}, errUnknown
	}
	a, err := s.unsealed(r.found[0])
	if err != nil {
		return Application{}, err
	}
	var submitted, answers []attachmentRow
	for _, f := range r.files {
		if types.AnswersQuestion(f.Field) {
			answers = append(answers, f)
		} else {
			submitted = append(submitted, f)
		}
	}
	if a.Attachments, err = s.openAttachments(submitted); err != nil {
		return Application{}, err
	}
	if a.Uploads, err = s.openUploads(submitted); err != nil {
		return Application{}, err
	}
	if a.Timeline, err = s.openEvents(a.ID, r.events); err != nil {
		return Application{}, err
	}
	if a.Answer, err = s.openAnswers(a.Timeline, answers); err != nil {
		return Application{}, err
	}
	if a.CoApplicants, err = s.openCoApplicants(r.joint); err != nil {
		return Application{}, err
	}
	return a, s.addDocuments(a.Timeline, r.documents)
}

// into collects rows of a batch.
func into[T any](list *[]T) func(pgx.Rows) error {
	return func(rows pgx.Rows) (err error) {
		*list, err = pgx.CollectRows(rows, pgx.RowToStructByPos[T])
		return err
	}
}

// page gives one more than the filter asks for, if there are more.
func (s *Service) page(ctx context.Context, p httpx.Person, f Filter) ([]Application, error) {
	args, narrowed := []any{p.Issuer, p.Subject}, ""
	if f.State != "" {
		args = append(args, f.State)
		narrowed += fmt.Sprintf(" AND state = $%d", len(args))
	}
	if f.Cursor != "" {
		at, id, err := paging.Position(f.Cursor)
		if err != nil {
			return nil, err
		}
		args = append(args, at, id)
		narrowed += fmt.Sprintf(" AND (changed_at, id) < ($%d, $%d)", len(args)-1, len(args))
	}
	narrowed += fmt.Sprintf(" ORDER BY changed_at DESC, id DESC LIMIT %d", f.Limit+1)
	query := "(SELECT " + withoutContent + ", '' FROM applications WHERE issuer = $1 AND subject = $2 AND " + actsStill + narrowed + ")" +
		" UNION ALL (SELECT " + withoutContent + ", '' FROM applications WHERE principal_issuer = $1 AND principal_subject = $2 AND principal_subject <> ''" + narrowed + ")" +
		" UNION ALL (SELECT " + withoutContent + ", co_state FROM applications JOIN (SELECT application_id, state AS co_state FROM application_co_applicants" +
		" WHERE issuer = $1 AND subject = $2 AND subject <> '') x ON x.application_id = id WHERE true" + narrowed + ")" +
		fmt.Sprintf(" ORDER BY changed_at DESC, id DESC LIMIT %d", f.Limit+1)
	rows, _ := s.db.Pgx(ctx).Query(ctx, query, args...) // the error comes with the rows
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[listedRow])
	if err != nil {
		return nil, fmt.Errorf("list applications: %w", err)
	}
	items := make([]Application, 0, len(found))
	for _, r := range found {
		a, err := s.unsealed(r.applicationRow)
		if err != nil {
			return nil, err
		}
		a.takesPart = r.CoState
		items = append(items, a)
	}
	return items, nil
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

const insertEvents = `
	INSERT INTO application_events (application_id, id, at, kind, by, name, text, more)
	SELECT $1, id, at, kind, by, name, text, more
	FROM unnest($2::uuid[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::bytea[], $8::bytea[]) AS event (id, at, kind, by, name, text, more)
	ON CONFLICT DO NOTHING`

// eventsOf gives the arguments of insertEvents.
func (s *Service) eventsOf(id uuid.UUID, events ...types.TimelineEvent) ([]any, error) {
	n := len(events)
	ids, times, kinds, authors, names, texts, mores := make([]uuid.UUID, n), make([]time.Time, n), make([]string, n), make([]string, n), make([]string, n), make([][]byte, n), make([][]byte, n)
	for i, e := range events {
		ids[i], times[i], kinds[i], authors[i] = e.Id, e.At.UTC().Truncate(time.Microsecond), string(e.Kind), string(e.By)
		if e.Name != nil {
			names[i] = *e.Name
		}
		var err error
		if mores[i], err = s.sealMore(id, e); err != nil {
			return nil, err
		}
		if e.Text == nil {
			continue
		}
		if texts[i], err = s.keys.Seal(sealText, []byte(*e.Text), append(id[:], e.Id[:]...)); err != nil {
			return nil, err
		}
	}
	return []any{id, ids, times, kinds, authors, names, texts, mores}, nil
}

// addEvent appends to the timeline; false when the event is there already.
func (s *Service) addEvent(ctx context.Context, id uuid.UUID, e types.TimelineEvent) (bool, error) {
	args, err := s.eventsOf(id, e)
	if err != nil {
		return false, err
	}
	tag, err := s.db.Pgx(ctx).Exec(ctx, insertEvents, args...)
	if err != nil {
		return false, fmt.Errorf("write timeline: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

// beforeTheirs gives a moment, or one just before the first that the competent side has told of: they work on an application
// before they sign its receipt, and its handing over comes before all that.
func (s *Service) beforeTheirs(ctx context.Context, id uuid.UUID, at time.Time) (time.Time, error) {
	err := s.db.Pgx(ctx).QueryRow(ctx, `SELECT least($2, min(at) - interval '1 microsecond') FROM application_events
		WHERE application_id = $1 AND by IN ('authority', 'provider')`, id, at).Scan(&at)
	if err != nil {
		return at, fmt.Errorf("read timeline: %w", err)
	}
	return at.UTC(), nil
}

// timelineQuery gives the events of an application, oldest first.
const timelineQuery = "SELECT application_id, id, at, kind, by, name, text, more FROM application_events WHERE application_id = $1 ORDER BY at, position"

func (s *Service) openEvents(id uuid.UUID, rows []eventRow) ([]types.TimelineEvent, error) {
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
		if err := s.openMore(id, r.More, &e); err != nil {
			return nil, err
		}
		events = append(events, e)
	}
	return events, nil
}

package safe

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/db"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

const (
	releaseTime = 180 * 24 * time.Hour // how long a release can be used: longer than a draft lies
	maxPurpose  = 300                  // characters in a language
	itemOfLog   = "documents"          // what the access log calls it
	pathOf      = "/api/v1/account/documents"
)

// AtHome asks the account home of the caller, with their access token. What it refuses comes as problem.Error with its code.
type AtHome interface {
	Get(ctx context.Context, path string, into any) error
	Ask(ctx context.Context, method, path string, body, into any) error
}

// Portals knows the members of the association, and fetches files that they release.
type Portals interface {
	Member(id string) (types.PortalReference, bool)
	FetchAttachment(ctx context.Context, member string, id uuid.UUID, offset int64) (io.ReadCloser, error)
}

// AccessLog enters a read of a person's data, in ctx's transaction; the same entry (by its id) is there once.
type AccessLog interface {
	RecordAccess(ctx context.Context, person httpx.Person, m types.MessageAccess) error
}

// Rooms are the other rooms that this one works with.
type Rooms struct {
	AtHome   AtHome
	Portals  Portals
	Accesses AccessLog
}

// Connect tells the Service its neighbours.
func (s *Service) Connect(r Rooms) { s.rooms = r }

// release is a document that a portal may read for an application.
type release struct {
	ID         uuid.UUID
	DocumentID uuid.UUID
	Recipient  string
	Purpose    map[string]string `gorm:"serializer:json"`
	CreatedAt  time.Time
	EndsAt     time.Time
	ReadAt     *time.Time
}

func (release) TableName() string { return "safe_releases" }

// elsewhere says whether the caller is a citizen whose account is at another portal.
func (s *Service) elsewhere(ctx context.Context) bool {
	c := httpx.CallerOf(ctx)
	return c.Person.Issuer != "" && c.Person.Issuer != s.Self.Id
}

// portal gives the account and the linked portal of a caller who comes with a token that the account home has given that portal.
func (s *Service) portal(ctx context.Context) (account uuid.UUID, member types.PortalReference, err error) {
	c := httpx.CallerOf(ctx)
	if !s.IsHome {
		return uuid.Nil, member, errNotHome
	}
	member, known := s.rooms.Portals.Member(c.ClientID)
	if c.Kind != httpx.TokenCaller || c.AccountID == uuid.Nil || !known {
		return uuid.Nil, member, problem.Forbidden("portal-needed", "Das geht nur für verbundene Portale.", "This is for linked portals only.")
	}
	return c.AccountID, member, nil
}

// Release lets this portal read a document of the caller for an application: at the account home itself, or by asking there. Somebody else's
// document is unknown (404).
func (s *Service) Release(ctx context.Context, documentID uuid.UUID, use types.DocumentUse) (out types.DocumentRelease, err error) {
	if s.elsewhere(ctx) {
		err = s.rooms.AtHome.Ask(ctx, http.MethodPost, pathOf+"/"+documentID.String()+"/releases", use, &out)
		return out, err
	}
	account, err := s.citizen(ctx)
	if err != nil {
		return out, err
	}
	return s.release(ctx, account, documentID, s.Self.Id, use)
}

// ReleaseTo is Release for the linked portal whose token the caller has.
func (s *Service) ReleaseTo(ctx context.Context, documentID uuid.UUID, use types.DocumentUse) (types.DocumentRelease, error) {
	account, member, err := s.portal(ctx)
	if err != nil {
		return types.DocumentRelease{}, err
	}
	return s.release(ctx, account, documentID, member.Id, use)
}

func (s *Service) release(ctx context.Context, account, documentID uuid.UUID, recipient string, use types.DocumentUse) (out types.DocumentRelease, err error) {
	for _, text := range use.Purpose {
		if utf8.RuneCountInString(text) > maxPurpose {
			return out, problem.Invalid(problem.FieldError{Pointer: "/purpose", Code: "maxLength", Params: map[string]any{"maxLength": maxPurpose}})
		}
	}
	r, err := s.one(ctx, account, documentID)
	if err != nil {
		return out, err
	}
	d, err := s.document(r)
	if err != nil {
		return out, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return out, fmt.Errorf("make id: %w", err)
	}
	now := s.Now()
	given := release{ID: id, DocumentID: documentID, Recipient: recipient, Purpose: use.Purpose, CreatedAt: now, EndsAt: now.Add(releaseTime)}
	if err := s.DB.From(ctx).Create(&given).Error; err != nil {
		return out, fmt.Errorf("write release: %w", err)
	}
	return types.DocumentRelease{
		Id: id, Name: d.Name, MediaType: string(d.MediaType), Size: d.Size, Sha256: d.Sha256, CreatedAt: d.CreatedAt, Origin: d.Origin,
	}, nil
}

// OpenReleased reads what was released to this portal, from a person's account home; problem.NotFound when it is not there any more.
func (s *Service) OpenReleased(ctx context.Context, home string, id uuid.UUID) (io.ReadCloser, error) {
	if home != s.Self.Id {
		return s.rooms.Portals.FetchAttachment(ctx, home, id, 0)
	}
	_, _, _, content, err := s.Released(ctx, home, id)
	return content, err
}

// Released opens a document for the portal that it was released to, and nobody else (404 document-unknown), while the person has not deleted
// it. The first read is entered in the person's access log, in one transaction with noting it.
func (s *Service) Released(ctx context.Context, recipient string, id uuid.UUID) (name, mediaType string, size int64, content io.ReadSeekCloser, err error) {
	if !s.IsHome {
		return "", "", 0, nil, errUnknown
	}
	var r row
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		given, err := s.usable(ctx, recipient, id)
		if err != nil {
			return err
		}
		if r, err = s.find(ctx, "SELECT * FROM safe_documents WHERE id = ? AND ready AND deleted_at IS NULL", given.DocumentID); err != nil {
			return err
		}
		return s.noteRead(ctx, given, r.AccountID)
	})
	if err != nil {
		return "", "", 0, nil, err
	}
	f, err := s.open(ctx, r)
	return f.Name, r.MediaType, f.Size, f.Content, err
}

func (s *Service) usable(ctx context.Context, recipient string, id uuid.UUID) (release, error) {
	var found []release
	err := s.DB.From(ctx).Raw("SELECT * FROM safe_releases WHERE id = ? AND recipient = ? AND ends_at > ? FOR UPDATE", id, recipient, s.Now()).Find(&found).Error
	if err != nil {
		return release{}, fmt.Errorf("read release: %w", err)
	}
	if len(found) == 0 {
		return release{}, errUnknown
	}
	return found[0], nil
}

func (s *Service) noteRead(ctx context.Context, given release, account uuid.UUID) error {
	if given.ReadAt != nil {
		return nil
	}
	now, who := s.Now(), s.Self.Name
	if member, known := s.rooms.Portals.Member(given.Recipient); known {
		who = member.Name
	}
	if err := s.DB.From(ctx).Exec("UPDATE safe_releases SET read_at = ? WHERE id = ?", now, given.ID).Error; err != nil {
		return fmt.Errorf("note read: %w", err)
	}
	purpose := types.LocalizedText(given.Purpose)
	return s.rooms.Accesses.RecordAccess(ctx, httpx.Person{Issuer: s.Self.Id, Subject: account.String()}, types.MessageAccess{
		Id: given.ID, At: now, Who: who, Kind: types.ReadByPortal, Items: []string{itemOfLog}, Ground: string(types.AccessGroundConsent), Purpose: &purpose,
	})
}

// sweepReleases deletes releases that have ended.
func (s *Service) sweepReleases(ctx context.Context) (int64, error) {
	res := s.DB.From(ctx).Exec("DELETE FROM safe_releases WHERE ends_at <= ?", s.Now())
	if res.Error != nil {
		return 0, fmt.Errorf("delete releases: %w", res.Error)
	}
	return res.RowsAffected, nil
}

// origin is where a letter comes from, as it is sealed with its label.
type origin struct {
	Sender string    `json:"sender"`
	At     time.Time `json:"at"`
}

// KeepLetter puts a letter, a PDF, into an account's safe, once: the same message answers the same document. There may be no room (409).
func (s *Service) KeepLetter(ctx context.Context, account, message uuid.UUID, name, sender string, at time.Time, content io.Reader) (types.SafeDocument, error) {
	if !s.IsHome {
		return types.SafeDocument{}, errNotHome
	}
	if r, err := s.bySource(ctx, account, message); !problem.Is(err, errUnknown.Code) {
		if err != nil {
			return types.SafeDocument{}, err
		}
		return s.document(r)
	}
	kept := label{Kind: types.DocumentNotice, Origin: &origin{Sender: sender, At: at}, source: &message}
	d, err := s.add(ctx, account, Upload{Name: name + ".pdf", Length: -1, Content: content}, kept)
	if there(err) {
		return d, errThere.Because(err) // put there by another request at this moment
	}
	return d, err
}

// there says whether a letter lies in the safe already.
func there(err error) bool {
	constraint, taken := db.UniqueViolation(err)
	return taken && constraint == "safe_documents_source"
}

func (s *Service) bySource(ctx context.Context, account, message uuid.UUID) (row, error) {
	return s.find(ctx, "SELECT * FROM safe_documents WHERE account_id = ? AND source = ? AND ready AND deleted_at IS NULL", account, message)
}

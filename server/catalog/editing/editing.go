// Package editing is the desk at which a portal's catalog is written: drafts, review by a second person, release at once or at
// a date, and the versions that were released.
//
// A draft is an entry in the catalog's own model and may be incomplete; the catalog's checks decide whether it can be released.
// A release writes through the catalog, in one transaction with the version, the audit entry and what linked portals are told.
// All changes carry the revision last read: two editors never overwrite each other unseen.
//
// Entries that come from an import stay the source's: what editors change is a correction, which the catalog lays over each
// later import (catalog.Correction).
package editing

import (
	"context"
	"encoding/json"
	"log/slog"
	"strconv"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/db"
	"portalverbund/server/catalog"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/jobs"
	"portalverbund/server/platform/problem"
)

// Roles of those who work on the catalog.
const (
	RoleEditor    = "editor"
	RolePublisher = "publisher"
	RoleAdmin     = "admin"
)

// Audit keeps who did what.
type Audit interface {
	Record(ctx context.Context, action, object, detail string) error
}

// Forms knows the forms by which one can apply.
type Forms interface {
	// Offered lists forms whose title has the words, or whose id they are, in the order of the titles.
	Offered(ctx context.Context, words string, limit int) ([]types.EditorialForm, error)
}

// Config is what New needs.
type Config struct {
	DB      *db.DB
	Catalog *catalog.Service
	Jobs    *jobs.Client
	Audit   Audit
	Forms   Forms
	Log     *slog.Logger     // default: nothing is logged
	Now     func() time.Time // default: the machine's clock
}

// Service is the desk. It is safe for use by several goroutines.
type Service struct {
	store   store
	db      *db.DB
	catalog *catalog.Service
	jobs    *jobs.Client
	audit   Audit
	forms   Forms
	log     *slog.Logger
	now     func() time.Time
}

// New makes the Service.
func New(c Config) *Service {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Service{store: store{c.DB}, db: c.DB, catalog: c.Catalog, jobs: c.Jobs, audit: c.Audit, forms: c.Forms, log: c.Log, now: c.Now}
}

// Ref names an entry of this portal.
type Ref struct{ Kind, ID string }

func (r Ref) object() string { return "catalog-" + r.Kind + ":" + r.ID }

// draftState is what a draft is waiting for.
type draftState string

const (
	none      draftState = "none"      // there is no draft
	writing   draftState = "writing"   // its authors
	returned  draftState = "returned"  // its authors, to whom a reviewer has given it back
	failed    draftState = "failed"    // its authors, as it could not be released at its date
	review    draftState = "review"    // somebody who may release
	scheduled draftState = "scheduled" // its date
)

// Entry is an entry as its editors see it.
type Entry struct {
	Ref
	Title             string
	State             types.EditorialState
	Revision          int64
	Content           json.RawMessage // of the draft, else what is released
	HasDraft          bool
	Base, Released    json.RawMessage
	ReleasedTag       string
	ReleasedMeanwhile bool
	Source            string
	Correction        *catalog.Correction
	Note              string
	ChangedAt         *time.Time
	ChangedBy         string
	SubmittedAt       *time.Time
	SubmittedBy       string
	ReleaseAt         *time.Time
	Findings          []Finding
	Comments          []Comment
	Rights            types.EditorialRights
}

// ETag names the state of the entry, for If-Match.
func (e Entry) ETag() string { return etag(e.Revision) }

func etag(revision int64) string { return strconv.Quote(strconv.FormatInt(revision, 10)) }

// Finding is something that the checks found; errors keep the entry from being released.
type Finding struct {
	catalog.Fault
	Warning bool
}

// Comment is what somebody said about an entry.
type Comment struct {
	ID   uuid.UUID
	At   time.Time
	By   string
	What types.EditorialCommentKind
	Text string
}

// who is the caller of ctx as versions and comments name them.
func who(ctx context.Context) (uuid.UUID, string) {
	c := httpx.CallerOf(ctx)
	return c.AccountID, c.DisplayName
}

func unknownEntry() error {
	return problem.NotFound("entry-unknown", "Diesen Eintrag gibt es an diesem Portal nicht.", "There is no such entry at this portal.").
		With(problem.Text{De: "Einträge verbundener Portale ändert deren eigene Redaktion.", En: "Entries of linked portals are changed by their own editors."})
}

func noDraft() error {
	return problem.Conflict("draft-missing", "Zu diesem Eintrag gibt es keinen Entwurf.", "There is no draft of this entry.")
}

func draftFixed(state draftState) error {
	if state == scheduled {
		return problem.Conflict("draft-fixed", "Der Entwurf ist zur Freigabe vorgemerkt.", "The draft is scheduled for release.").
			With(problem.Text{De: "Holen Sie ihn zurück, um ihn zu ändern.", En: "Take it back to change it."})
	}
	return problem.Conflict("draft-fixed", "Der Entwurf wird gerade geprüft.", "The draft is in review.").
		With(problem.Text{De: "Holen Sie ihn zurück, um ihn zu ändern.", En: "Take it back to change it."})
}

func needsReview() error {
	return problem.Conflict("review-needed", "An diesem Portal gibt eine zweite Person frei.", "At this portal a second person releases.").
		With(problem.Text{De: "Geben Sie den Entwurf zuerst zur Prüfung.", En: "Hand the draft in for review first."})
}

func sameEyes() error {
	return problem.Forbidden("four-eyes", "Sie haben an diesem Entwurf mitgeschrieben.", "You have written part of this draft.").
		With(problem.Text{De: "Freigeben muss ihn eine andere Person.", En: "Somebody else must release it."})
}

func releasedMeanwhile() error {
	return problem.Conflict("released-meanwhile", "Was veröffentlicht ist, hat sich geändert, seit der Entwurf begonnen wurde.", "What is released has changed since the draft was begun.").
		With(problem.Text{De: "Vergleichen Sie beide Fassungen und übernehmen Sie, was gelten soll.", En: "Compare the two and choose what is to stand."})
}

func putAside() error {
	return problem.Conflict("entry-deleted", "Dieser Eintrag ist gelöscht.", "This entry is deleted.").
		With(problem.Text{De: "Machen Sie das Löschen rückgängig, um ihn zu ändern.", En: "Undo the deletion to change it."})
}

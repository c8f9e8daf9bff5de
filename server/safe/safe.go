// Package safe keeps a person's documents at the account home: put in, labelled, taken out, deleted with a way back. Each file has a key of
// its own, wrapped by the portal's master key; deleting the row deletes the key.
package safe

import (
	"context"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/db"
	"portalverbund/server/platform/blob"
	"portalverbund/server/platform/envelope"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/jobs"
	"portalverbund/server/platform/keys"
	"portalverbund/server/platform/problem"
	"portalverbund/server/platform/scan"
)

// Limits of this room.
const (
	MaxDocument  = 10 << 20    // bytes of a document
	MaxDocuments = 200         // of a person
	Quota        = 100_000_000 // bytes of a person's documents
	maxKept      = 2           // times as much may lie there together with what can still be taken back
	UndoTime     = time.Hour   // in which a deleted document can be taken back
	uploadTime   = time.Hour   // what is not ready then was broken off
	cleanUpTime  = 10 * time.Second
)

// Config is what a Service works with. Master is needed at an account home only, everything else everywhere.
type Config struct {
	DB     *db.DB
	Keys   *keys.Set
	Master *envelope.Ring
	Store  *blob.Store
	// Scanner checks documents; nil: they are not checked.
	Scanner *scan.Scanner
	Jobs    *jobs.Client
	Self    types.PortalReference // this portal
	IsHome  bool                  // whether citizens have accounts at this portal
	Log     *slog.Logger
	Now     func() time.Time
}

// Service holds the rules of the safe.
type Service struct {
	Config
	rooms Rooms
}

// New makes a Service. Connect it before it serves requests.
func New(c Config) *Service {
	now := c.Now
	c.Now = func() time.Time { return now().UTC().Truncate(time.Microsecond) } // as the database keeps it
	return &Service{Config: c}
}

// Problems that people meet.
var (
	errUnknown  = problem.NotFound("document-unknown", "Dieses Dokument gibt es nicht.", "There is no such document.")
	errNotHome  = problem.NotFound("not-account-home", "An diesem Portal gibt es keine Konten.", "There are no accounts at this portal.")
	errTooLarge = problem.TooLarge("document-too-large", "Die Datei ist zu groß.", "The file is too large.").
			With(problem.Text{De: "Eine Datei darf höchstens 10 MB haben.", En: "A file may have 10 MB at most."})
	errKind = problem.UnsupportedMediaType("document-kind", "Dateien dieser Art werden hier nicht angenommen.", "Files of this kind are not taken here.").
		With(problem.Text{De: "Bitte laden Sie ein PDF, ein JPEG oder ein PNG hoch.", En: "Please upload a PDF, JPEG or PNG."})
	errFull = problem.Conflict("safe-full", "Der Dokumentensafe ist voll.", "The documents safe is full.").
		With(problem.Text{De: "Löschen Sie zuerst Dokumente, die Sie nicht mehr brauchen.", En: "Delete documents first that you do not need any more."})
	errThere   = problem.Conflict("document-there", "Dieses Schreiben liegt schon im Dokumentensafe.", "This letter lies in the documents safe already.")
	errDeleted = problem.Conflict("safe-emptying", "Gelöschte Dokumente brauchen noch Platz.", "Deleted documents still need room.").
			With(problem.Text{De: "Sie werden eine Stunde lang aufgehoben. Bitte versuchen Sie es später noch einmal.", En: "They are kept for an hour. Please try again later."})
)

// citizen gives the account of the citizen who calls with a session at their account home.
func (s *Service) citizen(ctx context.Context) (uuid.UUID, error) {
	c := httpx.CallerOf(ctx)
	switch {
	case s.elsewhere(ctx):
		home, known := s.rooms.Portals.Member(c.Person.Issuer)
		if !known {
			return uuid.Nil, errNotHome
		}
		return uuid.Nil, errNotHome.With(problem.Text{De: "Ihr Konto liegt bei: " + home.Name + ".", En: "Your account is at: " + home.Name + "."})
	case !s.IsHome:
		return uuid.Nil, errNotHome
	case c.Kind != httpx.SessionCaller || c.AccountID == uuid.Nil:
		return uuid.Nil, problem.Unauthorized("not-signed-in", "Bitte melden Sie sich an.", "Please sign in.")
	case c.IsStaff():
		return uuid.Nil, problem.NotFound("staff-account", "Mit einem Dienstkonto gibt es keinen Dokumentensafe.", "There is no documents safe with a staff account.").
			With(problem.Text{De: "Melden Sie sich mit Ihrem persönlichen Konto an.", En: "Sign in with your personal account."})
	}
	return c.AccountID, nil
}

// List gives the caller's documents, the newest first; those of a person whose account is elsewhere from there.
func (s *Service) List(ctx context.Context) (list types.SafeDocumentList, err error) {
	switch c := httpx.CallerOf(ctx); {
	case c.Kind == httpx.TokenCaller:
		account, _, err := s.portal(ctx)
		if err != nil {
			return list, err
		}
		return s.listOf(ctx, account)
	case s.elsewhere(ctx):
		err = s.rooms.AtHome.Get(ctx, pathOf, &list)
		return list, err
	}
	account, err := s.citizen(ctx)
	if err != nil {
		return types.SafeDocumentList{}, err
	}
	return s.listOf(ctx, account)
}

func (s *Service) listOf(ctx context.Context, account uuid.UUID) (types.SafeDocumentList, error) {
	rows, err := s.all(ctx, account)
	if err != nil {
		return types.SafeDocumentList{}, err
	}
	list := types.SafeDocumentList{Items: make([]types.SafeDocument, 0, len(rows)), QuotaBytes: Quota}
	for _, r := range rows {
		d, err := s.document(r)
		if err != nil {
			return types.SafeDocumentList{}, err
		}
		list.Items = append(list.Items, d)
		list.UsedBytes += d.Size
	}
	return list, nil
}

// Delete takes a document out of the safe. For an hour it can be taken back. Doing so again has no effect; somebody else's is unknown (404).
func (s *Service) Delete(ctx context.Context, id uuid.UUID) error {
	account, err := s.citizen(ctx)
	if err != nil {
		return err
	}
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		r, err := s.lock(ctx, account, id)
		if err != nil || r.DeletedAt != nil {
			return err
		}
		now := s.Now()
		until := now.Add(UndoTime)
		r.DeletedAt, r.DeleteAt = &now, &until
		return s.save(ctx, r)
	})
}

// Restore takes a deleted document back, while it can be and there is room for it (409). Doing so again has no effect.
func (s *Service) Restore(ctx context.Context, id uuid.UUID) (d types.SafeDocument, err error) {
	account, err := s.citizen(ctx)
	if err != nil {
		return d, err
	}
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		if err := s.lockSafe(ctx, account); err != nil {
			return err
		}
		r, err := s.lock(ctx, account, id)
		if err != nil {
			return err
		}
		if r.DeletedAt != nil {
			if err := s.checkRoom(ctx, account, r.Size, true); err != nil {
				return err
			}
			r.DeletedAt, r.DeleteAt = nil, nil
			if err := s.save(ctx, r); there(err) {
				return errThere.Because(err)
			} else if err != nil {
				return err
			}
		}
		d, err = s.document(r)
		return err
	})
	return d, err
}

// checkRoom refuses what the safe has no room for, in a transaction that has locked the safe. restoring is for what lies there already.
func (s *Service) checkRoom(ctx context.Context, account uuid.UUID, size int64, restoring bool) error {
	u, err := s.usage(ctx, account)
	switch {
	case err != nil:
		return err
	case u.Documents >= MaxDocuments || u.Bytes+size > Quota:
		return errFull
	case !restoring && (u.AllDocuments >= maxKept*MaxDocuments || u.AllBytes+size > maxKept*Quota):
		return errDeleted
	}
	return nil
}

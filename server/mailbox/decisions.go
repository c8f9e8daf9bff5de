package mailbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

// AccessLog enters a read of a person's data, in ctx's transaction; the same entry (by its id) is there once.
type AccessLog interface {
	RecordAccess(ctx context.Context, person httpx.Person, m types.MessageAccess) error
}

const itemOfLog = "documents" // what the access log calls the safe

var errNotHome = problem.NotFound("not-account-home", "An diesem Portal gibt es keine Konten.", "There are no accounts at this portal.")

// own gives the account of the citizen who calls with a session at their account home.
func (s *Service) own(ctx context.Context) (uuid.UUID, error) {
	c := httpx.CallerOf(ctx)
	switch {
	case c.IsStaff():
		return uuid.Nil, problem.NotFound("staff-account", "Mit einem Dienstkonto gibt es kein Postfach.", "There is no mailbox with a staff account.")
	case c.AccountID == uuid.Nil || c.Person.Issuer != s.self:
		return uuid.Nil, errNotHome
	}
	return c.AccountID, nil
}

// Settings gives what the caller wants done with messages.
func (s *Service) Settings(ctx context.Context) (types.MailboxSettings, error) {
	account, err := s.own(ctx)
	if err != nil {
		return types.MailboxSettings{}, err
	}
	keeps, err := s.keepsDecisions(ctx, account)
	return types.MailboxSettings{KeepDecisions: keeps}, err
}

// SetSettings writes what the caller wants done with messages that come from now on.
func (s *Service) SetSettings(ctx context.Context, to types.MailboxSettings) (types.MailboxSettings, error) {
	account, err := s.own(ctx)
	if err != nil {
		return types.MailboxSettings{}, err
	}
	err = s.db.From(ctx).Exec(`INSERT INTO mailbox_settings (account_id, keep_decisions) VALUES (?, ?)
		ON CONFLICT (account_id) DO UPDATE SET keep_decisions = EXCLUDED.keep_decisions`, account, to.KeepDecisions).Error
	if err != nil {
		return types.MailboxSettings{}, fmt.Errorf("write settings: %w", err)
	}
	return to, nil
}

func (s *Service) keepsDecisions(ctx context.Context, account uuid.UUID) (keeps bool, err error) {
	err = s.db.From(ctx).Raw("SELECT EXISTS (SELECT 1 FROM mailbox_settings WHERE account_id = ? AND keep_decisions)", account).Scan(&keeps).Error
	if err != nil {
		return false, fmt.Errorf("read settings: %w", err)
	}
	return keeps, nil
}

// keepArgs puts a decision into the safe of a person who wants that, or what is still missing of a message that a person has put there.
type keepArgs struct {
	MessageID uuid.UUID `json:"messageId"`

	DocumentsOnly bool `json:"documentsOnly,omitempty"` // it is no decision, but something came with it
	Asked         bool `json:"asked,omitempty"`         // the person has put the message there, whatever they want done with decisions
}

// Kind names the job.
func (keepArgs) Kind() string { return "mailbox.keep" }

type keepWorker struct {
	river.WorkerDefaults[keepArgs]
	s *Service
}

// Timeout leaves time to store the file.
func (*keepWorker) Timeout(*river.Job[keepArgs]) time.Duration { return time.Minute }

// Work keeps the decision, once.
func (w *keepWorker) Work(ctx context.Context, job *river.Job[keepArgs]) error {
	return w.s.keepDecision(ctx, job.Args, job.CreatedAt)
}

const (
	fetchedFor = 30 * 24 * time.Hour // how long what came with a message is waited for
	roomAgain  = 15 * time.Minute    // deleted documents make room within an hour
	soonest    = 3 * time.Second     // until what is missing is asked for again
	latest     = time.Hour           // the same, after days
	paceOf     = 10                  // a tenth of what was waited so far is waited again
)

// again is when to ask once more for what has been waited for: soon at first, then ever more rarely.
func again(waited time.Duration) time.Duration { return min(max(waited/paceOf, soonest), latest) }

// keepDecision puts a decision and what came with it into the safe, or only that, with an entry in the access log, when its person wants that. One that came before (then by
// another id), was deleted, or was kept already has nothing left to do. What is not at the sending portal yet is asked for again; what cannot be kept is told by another message.
func (s *Service) keepDecision(ctx context.Context, a keepArgs, since time.Time) error {
	r, err := s.readAny(ctx, a.MessageID)
	if problem.Is(err, errUnknown.Code) {
		return nil
	}
	if err != nil || r.DeletedAt != nil || r.KeptAt != nil && !a.Asked {
		return err
	}
	if !a.Asked && !fetching(r.Safe) {
		if wants, err := s.keepsDecisions(ctx, r.AccountID); err != nil || !wants {
			return err
		}
	}
	m, err := s.message(r)
	if err != nil {
		return err
	}
	if !a.DocumentsOnly {
		if _, err = s.keepAsLetter(ctx, r.AccountID, m); problem.Is(err, "document-there") { // by the person, at this moment
			err = nil
		}
	}
	var missing []uuid.UUID
	if err == nil {
		missing, err = s.keepDocuments(ctx, r.AccountID, m)
	}
	waited := s.now().Sub(since)
	var p *problem.Error
	switch {
	case problem.Is(err, "safe-emptying"): // what was deleted there still takes room, for an hour
		return river.JobSnooze(roomAgain)
	case problem.Is(err, "safe-full"):
		return s.notKept(ctx, r, types.SafeNoRoom, noRoomLetter(m))
	case errors.As(err, &p) && p.Status < http.StatusInternalServerError:
		return s.notKept(ctx, r, types.SafeFailed, failedLetter(m, p.Title))
	case err != nil:
		return fmt.Errorf("keep decision: %w", err)
	case len(missing) > 0 && waited >= fetchedFor:
		return s.notKept(ctx, r, types.SafeFailed, failedLetter(m, problem.Text{De: "Das Portal, von dem es kommt, hat es nicht.", En: "The portal that it comes from does not have it."}))
	case len(missing) > 0:
		return errors.Join(river.JobSnooze(again(waited)), s.noteInSafe(ctx, r.ID, inSafe(missing)))
	}
	return s.db.Tx(ctx, func(ctx context.Context) error {
		if err := s.noteInSafe(ctx, r.ID, inSafe(nil)); err != nil || a.Asked {
			return err
		}
		first, err := s.noteKept(ctx, r.ID)
		if err != nil || !first {
			return err
		}
		purpose := types.LocalizedText{"de": "Bescheid in Ihren Dokumentensafe gelegt: " + m.Subject, "en": "Decision put into your documents safe: " + m.Subject}
		if a.DocumentsOnly {
			purpose = types.LocalizedText{"de": "Dokumente in Ihren Dokumentensafe gelegt: " + m.Subject, "en": "Documents put into your documents safe: " + m.Subject}
		}
		return s.accesses.RecordAccess(ctx, httpx.Person{Issuer: s.self, Subject: r.AccountID.String()}, types.MessageAccess{
			Id: r.ID, At: s.now(), Who: s.name, Kind: types.ReadByJob, Items: []string{itemOfLog}, Ground: string(types.AccessGroundOwn), Purpose: &purpose,
		})
	})
}

// safeLetter tells of something that is not in the safe.
type safeLetter struct{ subject, text problem.Text }

// noRoomLetter says that the safe has no room for a message.
func noRoomLetter(m Message) safeLetter {
	return safeLetter{
		problem.Text{De: "Kein Platz im Dokumentensafe", En: "No room in the documents safe"},
		problem.Text{
			De: "Guten Tag,\n\ndieses Schreiben konnte nicht ganz in Ihren Dokumentensafe gelegt werden, weil dort kein Platz mehr ist: „" + m.Subject +
				"“ von " + m.Sender + ".\n\nDie Nachricht liegt weiter in Ihrem Postfach. Wenn Sie im Safe Platz geschaffen haben, legen Sie sie von dort selbst hinein.",
			En: "Hello,\n\nnot all of this letter could be put into your documents safe, as there is no room left: “" + m.Subject + "” from " + m.Sender +
				".\n\nThe message stays in your mailbox. Once you have made room in the safe, put it there yourself.",
		},
	}
}

// failedLetter says that something of a message cannot be kept, and why.
func failedLetter(m Message, reason problem.Text) safeLetter {
	return safeLetter{
		problem.Text{De: "Nicht im Dokumentensafe", En: "Not in the documents safe"},
		problem.Text{
			De: "Guten Tag,\n\ndieses Schreiben konnte nicht ganz in Ihren Dokumentensafe gelegt werden: „" + m.Subject + "“ von " + m.Sender + ". " + reason.De +
				"\n\nDie Nachricht liegt weiter in Ihrem Postfach. Wenn Sie das Dokument brauchen, wenden Sie sich an die zuständige Stelle.",
			En: "Hello,\n\nnot all of this letter could be put into your documents safe: “" + m.Subject + "” from " + m.Sender + ". " + reason.En +
				"\n\nThe message stays in your mailbox. If you need the document, please contact the competent office.",
		},
	}
}

// notKept notes that not all of a message could be kept, and tells its person once of each reason.
func (s *Service) notKept(ctx context.Context, r row, state types.MessageSafeState, letter safeLetter) error {
	language := httpx.LanguageOf(ctx)
	return s.db.Tx(ctx, func(ctx context.Context) error {
		if err := s.noteInSafe(ctx, r.ID, types.MessageSafe{State: state}); err != nil {
			return err
		}
		if _, err := s.noteKept(ctx, r.ID); err != nil {
			return err
		}
		return s.keep(ctx, s.self, r.AccountID, types.MessageMailbox{
			Id: uuid.NewSHA1(r.ID, []byte("not kept: "+state)), Sender: s.name, At: s.now(), Subject: letter.subject.In(language), Text: letter.text.In(language),
		})
	})
}

// noteInSafe notes what became of a message in the safe.
func (s *Service) noteInSafe(ctx context.Context, id uuid.UUID, state types.MessageSafe) error {
	kept, err := json.Marshal(state)
	if err != nil {
		return err
	}
	if err := s.db.From(ctx).Exec("UPDATE mailbox_messages SET safe = ? WHERE id = ? AND deleted_at IS NULL", string(kept), id).Error; err != nil {
		return fmt.Errorf("note message in safe: %w", err)
	}
	return nil
}

// noteKept notes that a message needs nothing more; first is false when that was noted before.
func (s *Service) noteKept(ctx context.Context, id uuid.UUID) (first bool, err error) {
	res := s.db.From(ctx).Exec("UPDATE mailbox_messages SET kept_at = ? WHERE id = ? AND kept_at IS NULL", s.now(), id)
	if res.Error != nil {
		return false, fmt.Errorf("note kept message: %w", res.Error)
	}
	return res.RowsAffected == 1, nil
}

// startKeeping starts the job that keeps a decision, in ctx's transaction.
func (s *Service) startKeeping(ctx context.Context, id uuid.UUID, m types.MessageMailbox) error {
	decision := m.Kind != nil && *m.Kind == types.MailboxDecision
	if !decision && m.Documents == nil {
		return nil
	}
	return s.jobs.Insert(ctx, keepArgs{MessageID: id, DocumentsOnly: !decision}, nil) // finds nothing when the message came before, by another id
}

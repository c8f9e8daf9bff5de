package applications

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

// Purposes of what is sealed of co-applicants.
const (
	sealCoApplicant = "applications.co-applicant"
	sealInviter     = "applications.inviter"
)

const (
	coApplicantColumns = "id, application_id, state, sealed, inviter, issuer, subject, token_hash, token_until, trust_level, content_hash, consented_at, created_at, reminded_at"
	// coApplicantsQuery gives the co-applicants of an application, in the order in which they were invited.
	coApplicantsQuery = "SELECT " + coApplicantColumns + " FROM application_co_applicants WHERE application_id = $1 ORDER BY created_at, id"

	takesPart = "EXISTS (SELECT FROM application_co_applicants x WHERE x.application_id = applications.id AND x.issuer = $2 AND x.subject = $3)"
	// ofCoApplicant gives an application that somebody else has filled in.
	ofCoApplicant = "SELECT " + applicationColumns + " FROM applications WHERE id = $1 AND " + takesPart
	// What a person may read: what is theirs, and what they make together with another. Only what is theirs they may change.
	visible        = "SELECT " + applicationColumns + " FROM applications WHERE id = $1 AND (" + theirs + " OR " + takesPart + ")"
	presentVisible = "SELECT " + withoutContent + " FROM applications WHERE id = $1 AND (" + theirs + " OR " + takesPart + ")"
)

// coApplicantRow is scanned by position: its fields are in the order of coApplicantColumns.
type coApplicantRow struct {
	ID            uuid.UUID
	ApplicationID uuid.UUID
	State         types.CoApplicantState
	Sealed        []byte
	Inviter       []byte
	Issuer        string
	Subject       string
	TokenHash     []byte
	TokenUntil    *time.Time
	TrustLevel    types.TrustLevel
	ContentHash   string
	ConsentedAt   *time.Time
	CreatedAt     time.Time
	RemindedAt    *time.Time
}

// called is what is sealed of a co-applicant.
type called struct {
	Name  string `json:"name"`
	Email string `json:"email,omitempty"`
}

func (s *Service) openCoApplicants(rows []coApplicantRow) ([]CoApplicant, error) {
	items := make([]CoApplicant, 0, len(rows))
	for _, r := range rows {
		c := CoApplicant{
			ID: r.ID, State: r.State, Person: httpx.Person{Issuer: r.Issuer, Subject: r.Subject}, TrustLevel: r.TrustLevel, ContentHash: r.ContentHash, ConsentedAt: r.ConsentedAt,
			TokenUntil: r.TokenUntil, CreatedAt: r.CreatedAt, RemindedAt: r.RemindedAt, tokenHash: r.TokenHash,
		}
		if r.Sealed != nil { // else the account was deleted
			plain, err := s.keys.Open(sealCoApplicant, r.Sealed, r.ID[:])
			if err != nil {
				return nil, err
			}
			var names called
			if err := json.Unmarshal(plain, &names); err != nil {
				return nil, fmt.Errorf("read co-applicant: %w", err)
			}
			c.Name, c.Email = names.Name, names.Email
		}
		if r.Inviter != nil {
			plain, err := s.keys.Open(sealInviter, r.Inviter, r.ID[:])
			if err != nil {
				return nil, err
			}
			c.InvitedBy = string(plain)
		}
		items = append(items, c)
	}
	return items, nil
}

// writeCoApplicant writes somebody who is new, or has changed.
func (s *Service) writeCoApplicant(ctx context.Context, applicationID uuid.UUID, c CoApplicant) error {
	plain, err := json.Marshal(called{c.Name, c.Email})
	if err != nil {
		return fmt.Errorf("seal co-applicant: %w", err)
	}
	sealed, err := s.keys.Seal(sealCoApplicant, plain, c.ID[:])
	if err != nil {
		return err
	}
	inviter, err := s.keys.Seal(sealInviter, []byte(c.InvitedBy), c.ID[:])
	if err != nil {
		return err
	}
	return s.db.Later(ctx, "write co-applicant", "INSERT INTO application_co_applicants ("+coApplicantColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
		ON CONFLICT (id) DO UPDATE SET state = EXCLUDED.state, sealed = EXCLUDED.sealed, issuer = EXCLUDED.issuer, subject = EXCLUDED.subject, token_hash = EXCLUDED.token_hash,
			token_until = EXCLUDED.token_until, trust_level = EXCLUDED.trust_level, content_hash = EXCLUDED.content_hash, consented_at = EXCLUDED.consented_at, reminded_at = EXCLUDED.reminded_at`,
		c.ID, applicationID, c.State, sealed, inviter, c.Person.Issuer, c.Person.Subject, c.tokenHash, c.TokenUntil, c.TrustLevel, c.ContentHash, c.ConsentedAt, c.CreatedAt, c.RemindedAt)
}

// readVisible gives an application that a person may read, with all that belongs to it.
func (s *Service) readVisible(ctx context.Context, p httpx.Person, id uuid.UUID) (Application, error) {
	return s.whole(ctx, visible, id, p.Issuer, p.Subject)
}

// reread gives an application that the transaction has locked as it is now.
func (s *Service) reread(ctx context.Context, id uuid.UUID) (Application, error) {
	return s.whole(ctx, "SELECT "+applicationColumns+" FROM applications WHERE id = $1", id)
}

// invited gives the draft, and who is invited, by the hash of a token; problem.Gone when it was used, or is too old.
func (s *Service) invited(ctx context.Context, hash []byte, lock string) (Application, CoApplicant, error) {
	var id uuid.UUID
	err := s.db.Pgx(ctx).QueryRow(ctx, "SELECT application_id FROM application_co_applicants WHERE token_hash = $1", hash).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return Application{}, CoApplicant{}, errInvitationOld
	}
	if err != nil {
		return Application{}, CoApplicant{}, fmt.Errorf("read invitation: %w", err)
	}
	a, err := s.whole(ctx, "SELECT "+applicationColumns+" FROM applications WHERE id = $1 AND state = 'draft'"+lock, id)
	if problem.Is(err, errUnknown.Code) {
		return a, CoApplicant{}, errInvitationOld
	}
	if err != nil {
		return a, CoApplicant{}, err
	}
	for _, c := range a.CoApplicants { // as it is now that the draft is locked
		if c.stateAt(s.now(), "") == types.CoApplicantInvited && hmac.Equal(c.tokenHash, hash) {
			return a, c, nil
		}
	}
	return a, CoApplicant{}, errInvitationOld
}

// countJoint counts the drafts of others that a person takes part in.
func (s *Service) countJoint(ctx context.Context, p httpx.Person) (n int, err error) {
	err = s.db.Pgx(ctx).QueryRow(ctx, `SELECT count(*) FROM application_co_applicants x JOIN applications a ON a.id = x.application_id
		WHERE x.issuer = $1 AND x.subject = $2 AND a.state = 'draft'`, p.Issuer, p.Subject).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count joint drafts: %w", err)
	}
	return n, nil
}

// endConsents notes that consents to other content than that with a hash have lapsed, and whose they were.
func (s *Service) endConsents(ctx context.Context, id uuid.UUID, hash string) ([]httpx.Person, error) {
	rows, _ := s.db.Pgx(ctx).Query(ctx, `UPDATE application_co_applicants SET state = 'lapsed', reminded_at = $3
		WHERE application_id = $1 AND state = 'consented' AND content_hash <> $2 RETURNING issuer, subject`, id, hash, s.now())
	people, err := pgx.CollectRows(rows, pgx.RowToStructByPos[httpx.Person])
	if err != nil {
		return nil, fmt.Errorf("end consents: %w", err)
	}
	return people, nil
}

// coPeople gives the accounts of those who make an application together with another.
func (s *Service) coPeople(ctx context.Context, id uuid.UUID) ([]httpx.Person, error) {
	rows, _ := s.db.Pgx(ctx).Query(ctx, "SELECT issuer, subject FROM application_co_applicants WHERE application_id = $1 AND subject <> '' ORDER BY created_at, id", id)
	people, err := pgx.CollectRows(rows, pgx.RowToStructByPos[httpx.Person])
	if err != nil {
		return nil, fmt.Errorf("read co-applicants: %w", err)
	}
	return people, nil
}

// mac names a person or an address in the list of mails that have invited, without telling who it is.
func (s *Service) mac(of string) []byte {
	key := s.keys.Derive("applications/invitations")
	h := hmac.New(sha256.New, key[:])
	_, _ = h.Write([]byte(of)) // never fails
	return h.Sum(nil)
}

func (s *Service) macOf(p httpx.Person) []byte { return s.mac("person " + p.Issuer + " " + p.Subject) }

// mayMail counts an invitation by mail, and refuses more of them in a day than people need, by one person or to one address.
func (s *Service) mayMail(ctx context.Context, sender httpx.Person, email string, now time.Time) error {
	by, to := s.macOf(sender), s.mac("address "+email)
	err := s.db.Later(ctx, "have one invitation at a time", "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", "invitations "+hex.EncodeToString(by))
	if err != nil {
		return err
	}
	since := now.Add(-24 * time.Hour)
	var sent, same int
	err = s.db.Pgx(ctx).QueryRow(ctx, `SELECT (SELECT count(*) FROM application_invitation_mails WHERE sender = $1 AND at > $3),
		(SELECT count(*) FROM application_invitation_mails WHERE address = $2 AND at > $3)`, by, to, since).Scan(&sent, &same)
	if err != nil {
		return fmt.Errorf("count invitations: %w", err)
	}
	if sent >= mailsPerDay || same >= mailsPerAddress {
		return problem.TooMany(time.Hour).With(problem.Text{De: "Heute können Sie keine Einladung mehr an diese Adresse schicken. Geben Sie der Person den Link selbst.", En: "You can send no more invitations to this address today. Give the person the link yourself."})
	}
	return s.db.Later(ctx, "count invitation", "INSERT INTO application_invitation_mails (sender, address, at) VALUES ($1, $2, $3)", by, to, now)
}

// sweepInvitations forgets mails that have invited more than a day ago.
func (s *Service) sweepInvitations(ctx context.Context) (int, error) {
	if _, err := s.db.Pgx(ctx).Exec(ctx, "DELETE FROM application_invitation_mails WHERE at <= $1", s.now().Add(-24*time.Hour)); err != nil {
		return 0, fmt.Errorf("sweep invitations: %w", err)
	}
	return 0, nil // in one go
}

// eraseCoApplicant takes a person out of what they make together with others: out of drafts altogether, and out of what was submitted as a person.
// That somebody consented, when and to what stays as proof.
func (s *Service) eraseCoApplicant(ctx context.Context, p httpx.Person) error {
	for _, statement := range []string{
		`DELETE FROM application_co_applicants x USING applications a
			WHERE a.id = x.application_id AND a.state = 'draft' AND x.issuer = $1 AND x.subject = $2`,
		"UPDATE application_co_applicants SET issuer = '', subject = '', sealed = NULL WHERE issuer = $1 AND subject = $2",
		`UPDATE application_co_applicants x SET inviter = NULL FROM applications a
			WHERE a.id = x.application_id AND a.issuer = $1 AND a.subject = $2`,
	} {
		if _, err := s.db.Pgx(ctx).Exec(ctx, statement, p.Issuer, p.Subject); err != nil {
			return fmt.Errorf("erase co-applicant: %w", err)
		}
	}
	if _, err := s.db.Pgx(ctx).Exec(ctx, "DELETE FROM application_invitation_mails WHERE sender = $1", s.macOf(p)); err != nil {
		return fmt.Errorf("erase invitations: %w", err)
	}
	return nil
}

package accounts

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"
	"gorm.io/gorm/clause"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

// Kinds of messages about reads of a person's data.
const (
	kindAccessed  = "account.accessed"  // to the account home
	kindObjection = "account.objection" // to the portal of origin
)

// What an entry of the access log may hold at most, when it comes from another portal.
const (
	maxWho       = 300 // characters
	maxReference = 64  // bytes
	maxItems     = 50
)

// RecordAccess enters a read of a person's data in their access log, in ctx's transaction: here when their account is here, else by
// a message to their account home. The same entry (by its id) is there once. Somebody without an account is nobody's entry.
func (s *Service) RecordAccess(ctx context.Context, person httpx.Person, m types.MessageAccess) error {
	if person.Subject == "" {
		return nil // the account is deleted
	}
	m.Person = &person.Subject
	if person.Issuer != s.Self.Id {
		if _, err := s.rooms.Messages.Send(ctx, person.Issuer, kindAccessed, m.Id, m); err != nil {
			return fmt.Errorf("tell of access: %w", err)
		}
		return nil
	}
	account, err := uuid.Parse(person.Subject)
	if err != nil {
		return fmt.Errorf("person %q has no account here", person.Subject)
	}
	return s.keepAccess(ctx, s.Self.Id, account, m)
}

// receiveAccess takes an entry from a linked portal. One that is not fit to be shown, or means nobody here, is refused for good.
func (s *Service) receiveAccess(ctx context.Context, from string, payload json.RawMessage) error {
	var m types.MessageAccess
	err := json.Unmarshal(payload, &m)
	if err != nil || m.Id == uuid.Nil || m.Person == nil || strings.TrimSpace(m.Who) == "" || utf8.RuneCountInString(m.Who) > maxWho ||
		len(m.Items) > maxItems || m.Reference != nil && len(*m.Reference) > maxReference {
		return problem.Unprocessable("message-invalid", "Die Nachricht ist nicht lesbar.", "The message cannot be read.").Because(err)
	}
	account, err := s.rooms.Subjects.AccountOf(ctx, from, *m.Person)
	if err != nil {
		return fmt.Errorf("find account: %w", err)
	}
	return s.keepAccess(ctx, from, account, m)
}

func (s *Service) keepAccess(ctx context.Context, origin string, account uuid.UUID, m types.MessageAccess) error {
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("make id: %w", err)
	}
	row := accessRow{
		ID: id, AccountID: account, At: s.notLater(m.At), Who: origin, WhoName: m.Who, WhoKind: string(m.Kind), Items: strings.Join(m.Items, " "),
		Ground: ground(m.Ground), Origin: origin, EntryID: &m.Id, ApplicationID: m.ApplicationId, PurposeTitle: map[string]string{},
	}
	if m.Purpose != nil {
		row.PurposeTitle = *m.Purpose
	}
	if m.Reference != nil {
		row.Reference = *m.Reference
	}
	res := s.DB.From(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&row)
	if res.Error != nil {
		return fmt.Errorf("write access log: %w", res.Error)
	}
	return nil
}

// ground takes what another portal says to be its ground; law, where it says nothing that is known.
func ground(said string) string {
	switch g := types.AccessGround(said); g {
	case types.AccessGroundConsent, types.AccessGroundOwn:
		return said
	}
	return string(types.AccessGroundLaw)
}

// Object tells the authority that the caller objects to what it does with their application, once: its portal of origin hands it
// over like an answer. An entry of somebody else is unknown (404); one that is about no application cannot be objected to here
// (409).
func (s *Service) Object(ctx context.Context, accessID uuid.UUID, text string) error {
	id, err := s.citizen(ctx)
	if err != nil {
		return err
	}
	if text = strings.TrimSpace(text); text == "" {
		return problem.Invalid(problem.FieldError{Pointer: "/text", Code: "required"})
	}
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		row, found, err := one[accessRow](s.DB.From(ctx).Raw("SELECT * FROM accesses WHERE id = ? AND account_id = ? FOR UPDATE", accessID, id), "access")
		if err != nil {
			return err
		}
		if !found {
			return problem.NotFound("access-unknown", "Diesen Zugriff gibt es nicht.", "There is no such access.")
		}
		if !row.mayObject() {
			return problem.Conflict("objection-not-here", "Gegen diesen Zugriff können Sie hier nicht widersprechen.", "You cannot object to this access here.").
				With(problem.Text{De: "Was auf einer Einwilligung beruht, endet mit ihrem Widerruf.", En: "What rests on a consent ends when you withdraw it."})
		}
		if err := s.DB.From(ctx).Exec("UPDATE accesses SET objected_at = ? WHERE id = ?", s.Now(), row.ID).Error; err != nil {
			return fmt.Errorf("note objection: %w", err)
		}
		return s.handObjection(ctx, id, row, text)
	})
}

func (s *Service) handObjection(ctx context.Context, account uuid.UUID, row accessRow, text string) error {
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("make id: %w", err)
	}
	m := types.MessageObjection{Id: id, ApplicationId: *row.ApplicationID, At: s.Now(), Text: text}
	if row.Origin == s.Self.Id {
		m.Person = account.String()
		return s.rooms.Applications.Objection(ctx, httpx.Person{Issuer: s.Self.Id, Subject: m.Person}, m.ApplicationId, m.Id, m.At, text)
	}
	if m.Person, err = s.rooms.Subjects.SubjectFor(ctx, row.Origin, account); err != nil {
		return err
	}
	if _, err := s.rooms.Messages.Send(ctx, row.Origin, kindObjection, m.ApplicationId, m); err != nil {
		return fmt.Errorf("send objection: %w", err)
	}
	return nil
}

// receiveObjection hands an objection from the account home to the authority of the application.
func (s *Service) receiveObjection(ctx context.Context, from string, payload json.RawMessage) error {
	var m types.MessageObjection
	if err := json.Unmarshal(payload, &m); err != nil || strings.TrimSpace(m.Text) == "" {
		return problem.Unprocessable("message-invalid", "Die Nachricht ist nicht lesbar.", "The message cannot be read.").Because(err)
	}
	return s.rooms.Applications.Objection(ctx, httpx.Person{Issuer: from, Subject: m.Person}, m.ApplicationId, m.Id, m.At, m.Text)
}

func (r accessRow) mayObject() bool {
	return r.Ground == string(types.AccessGroundLaw) && r.ApplicationID != nil && r.ObjectedAt == nil
}

func (r accessRow) toAPI(ctx context.Context) types.Access {
	may := r.mayObject()
	out := types.Access{
		Id: r.ID, At: r.At, Who: r.WhoName, Kind: types.AccessKind(r.WhoKind), Purpose: httpx.Localized(ctx, r.PurposeTitle),
		Items: strings.Fields(r.Items), Ground: types.AccessGround(r.Ground), ObjectedAt: r.ObjectedAt, MayObject: &may,
	}
	if r.Reference != "" {
		out.Reference = &r.Reference
	}
	return out
}

// recipientKind says what a recipient of a consent is.
func (s *Service) recipientKind(recipient string) types.AccessKind {
	if _, member := s.member(recipient); member || recipient == s.Self.Id {
		return types.ReadByPortal
	}
	return types.ReadByProvider
}

func (s *Service) member(id string) (types.PortalReference, bool) {
	if s.rooms.Portals == nil {
		return types.PortalReference{}, false
	}
	return s.rooms.Portals.Member(id)
}

package applications

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/db"
	"portalverbund/server/platform/canonical"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/idempotency"
	"portalverbund/server/platform/problem"
)

// numberAttempts is how often a number is drawn when it is taken already.
const numberAttempts = 3

// maxApplicantName is the longest name that is handed over, in characters.
const maxApplicantName = 200

// Submit makes a draft final: it checks the whole content (422 names each field), numbers it, writes the receipt's hash and
// hands it over to the competent authority, all in one transaction. Submitting again, with the same key or another, answers
// the same and has no further effect.
func (s *Service) Submit(ctx context.Context, id uuid.UUID, key string) (Application, error) {
	caller, err := person(ctx)
	if err != nil {
		return Application{}, err
	}
	request := struct{ ApplicationID uuid.UUID }{id}
	for attempt := 1; ; attempt++ {
		_, err = idempotency.Do(ctx, s.db, scope("submit", caller.Person), key, request, func(ctx context.Context) (struct{}, error) {
			return struct{}{}, s.submit(ctx, caller, id)
		})
		if constraint, taken := db.UniqueViolation(err); !taken || constraint != "applications_number" || attempt == numberAttempts {
			break
		}
	}
	if err != nil {
		return Application{}, err
	}
	return s.Get(ctx, id)
}

// submit runs in a transaction. The hand-over comes last: it may already report back.
func (s *Service) submit(ctx context.Context, caller httpx.Caller, id uuid.UUID) error {
	a, err := s.lock(ctx, caller.Person, id)
	if err != nil || a.State != types.ApplicationStateDraft {
		return err
	}
	channel, err := s.checkOffer(ctx, caller, a)
	if err != nil {
		return err
	}
	form, err := s.forms.Form(ctx, a.FormID, a.FormVersion)
	if err != nil {
		return fmt.Errorf("read form of draft: %w", err)
	}
	if a.Attachments, err = s.attachments(ctx, id); err != nil {
		return err
	}
	c, refused := s.judge(form, a)
	if len(refused) > 0 {
		return problem.Invalid(refused...)
	}
	now := s.now()
	a.State, a.SubmittedAt, a.ChangedAt = types.ApplicationStateSubmitted, &now, now
	a.Data, a.Attachments, a.Language, a.TrustLevel = c.data, c.attachments, httpx.LanguageOf(ctx), types.TrustLevel(caller.TrustLevel)
	a.Revision++
	if a.Number, err = newNumber(s.prefix, now.Year(), s.random); err != nil {
		return err
	}
	m := message(a, applicantName(a.Data, caller.DisplayName))
	if m.ContentHash, err = ContentHash(m); err != nil {
		return err
	}
	a.ContentHash = m.ContentHash
	if err := s.writeSubmitted(ctx, a, c.unused); err != nil {
		return err
	}
	if err := s.confirm(ctx, a); err != nil {
		return err
	}
	if err := s.delivery.Submit(ctx, a.Portal.Id, channel, m); err != nil {
		return fmt.Errorf("hand over application: %w", err)
	}
	return s.changed(ctx, a)
}

// checkOffer checks that the offer is still the one that the draft was started for, and gives its channel.
func (s *Service) checkOffer(ctx context.Context, caller httpx.Caller, a Application) (channel string, err error) {
	offer, channel, _, _, err := s.offers.OfferByID(ctx, a.OfferID)
	if err != nil && problem.From(err).Status != http.StatusNotFound {
		return "", err
	}
	if err != nil || offer.Portal.Id != a.Portal.Id || offer.FormId == nil || *offer.FormId != a.FormID || !contains(offer.Area.Ars, a.Place.Ars) {
		return "", problem.Conflict("offer-changed", "Dieser Online-Antrag wird so nicht mehr angeboten.", "This online application is not offered like this any more.").
			With(problem.Text{De: "Beginnen Sie bitte auf der Seite der Leistung neu. Ihr Entwurf bleibt, bis er abläuft.", En: "Please start again on the page of the service. Your draft stays until it expires."}).
			Because(err)
	}
	needed := a.NeededLevel
	if offer.TrustLevel != nil {
		needed = *offer.TrustLevel
	}
	return channel, checkLevel(caller, needed)
}

// writeSubmitted writes the final content, the timeline, and lets files go that no answer names.
func (s *Service) writeSubmitted(ctx context.Context, a Application, unused []uuid.UUID) error {
	sealed, err := s.sealData(a.ID, a.Data)
	if err != nil {
		return err
	}
	err = s.db.From(ctx).Exec(`UPDATE applications SET state = ?, revision = ?, number = ?, data = ?, step = '', language = ?, trust_level = ?,
		content_hash = ?, submitted_at = ?, changed_at = ? WHERE id = ?`,
		a.State, a.Revision, a.Number, sealed, a.Language, a.TrustLevel, a.ContentHash, a.SubmittedAt, a.ChangedAt, a.ID).Error
	if err != nil {
		return fmt.Errorf("write application: %w", err)
	}
	if err := s.setFields(ctx, a.Attachments); err != nil {
		return err
	}
	if err := s.deleteAttachmentRows(ctx, unused); err != nil {
		return err
	}
	objects := make([]string, 0, len(unused))
	for _, id := range unused {
		objects = append(objects, objectKey(id))
	}
	if err := s.deleteObjectsLater(ctx, objects); err != nil {
		return err
	}
	_, err = s.addEvent(ctx, a.ID, s.ownEvent(types.Submitted, types.EventAuthorCitizen))
	return err
}

// message is what the competent portal gets of an application.
func message(a Application, applicant string) types.MessageApplication {
	attachments := a.Attachments
	if attachments == nil {
		attachments = []types.Attachment{}
	}
	return types.MessageApplication{
		ApplicationId: a.ID, Number: a.Number, SubmittedAt: *a.SubmittedAt, ServiceId: a.ServiceID, ServiceTitle: a.ServiceTitle,
		OfferId: a.OfferID, OrganisationId: a.OrganisationID, Ars: a.Place.Ars, FormId: a.FormID, FormVersion: a.FormVersion,
		Language: a.Language, TrustLevel: a.TrustLevel, ApplicantName: applicant, Data: a.Data, Attachments: attachments,
	}
}

// applicantName is the name in the step applicant, else the one of the account.
func applicantName(data map[string]any, displayName string) string {
	applicant, _ := data["applicant"].(map[string]any)
	given, _ := applicant["givenName"].(string)
	family, _ := applicant["familyName"].(string)
	name := strings.Join(strings.Fields(given+" "+family), " ")
	if name == "" {
		name = strings.Join(strings.Fields(displayName), " ")
	}
	if name == "" {
		return "–"
	}
	if utf8.RuneCountInString(name) > maxApplicantName {
		name = string([]rune(name)[:maxApplicantName])
	}
	return name
}

// ContentHash is the hash that a receipt speaks of: SHA-256, in hexadecimal, over this object in canonical JSON (RFC 8785):
//
//	{"applicationId", "ars", "attachments": [{"field", "id", "sha256"} …], "data", "formId", "formVersion", "number",
//	 "offerId", "serviceId", "submittedAt"}
//
// with the values of the message; ids in small letters, the attachments in the order of the message, submittedAt in UTC as RFC
// 3339 without trailing zeros. Whoever has the message can compute it.
func ContentHash(m types.MessageApplication) (string, error) {
	attachments := make([]map[string]string, 0, len(m.Attachments))
	for _, a := range m.Attachments {
		attachments = append(attachments, map[string]string{"field": a.Field, "id": a.Id.String(), "sha256": strings.ToLower(a.Sha256)})
	}
	text, err := canonical.Marshal(map[string]any{
		"applicationId": m.ApplicationId.String(),
		"ars":           m.Ars,
		"attachments":   attachments,
		"data":          m.Data,
		"formId":        m.FormId.String(),
		"formVersion":   m.FormVersion,
		"number":        m.Number,
		"offerId":       m.OfferId.String(),
		"serviceId":     m.ServiceId.String(),
		"submittedAt":   m.SubmittedAt.UTC().Format(time.RFC3339Nano),
	})
	if err != nil {
		return "", fmt.Errorf("hash application: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

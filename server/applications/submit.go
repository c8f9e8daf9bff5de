package applications

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

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
// the same and has no further effect. It is for what costs nothing.
func (s *Service) Submit(ctx context.Context, id uuid.UUID, key string) (Application, error) {
	return s.SubmitFor(ctx, id, key, nil)
}

// SubmitFor is Submit of what may cost something. shown is the fee in cents that the person has seen: when it is not what the answers lead to now, it
// is a problem.Conflict (fee-changed), and nothing is submitted.
func (s *Service) SubmitFor(ctx context.Context, id uuid.UUID, key string, shown *int64) (a Application, err error) {
	caller, err := person(ctx)
	if err != nil {
		return Application{}, err
	}
	a, done, err := s.submitOnce(ctx, caller, id, key, submission{shown: shown})
	if errors.Is(err, errAskHome) {
		asked := submission{shown: shown, asked: true}
		if asked.proof, err = s.proved(ctx, caller, id); err != nil {
			return Application{}, err
		}
		if err := s.takeOverUsed(ctx, caller, id); err != nil {
			return Application{}, err
		}
		a, done, err = s.submitOnce(ctx, caller, id, key, asked)
	}
	if err != nil {
		return Application{}, err
	}
	if !done { // by an earlier request
		return s.Get(ctx, id)
	}
	return a, nil
}

// submission is what comes with the request, or was asked of the account home before.
type submission struct {
	shown *int64            // the fee that the person has seen, in cents
	asked bool              // the account home was asked, where it has to be
	proof *types.PowerProof // of who acts for another
}

// errAskHome says that a submission needs something of the account home first, which is asked outside of any transaction.
var errAskHome = errors.New("the account home has to be asked")

// submitOnce submits in one transaction. done is false when an earlier request with the key did.
func (s *Service) submitOnce(ctx context.Context, caller httpx.Caller, id uuid.UUID, key string, with submission) (a Application, done bool, err error) {
	request := struct{ ApplicationID uuid.UUID }{id}
	for attempt := 1; ; attempt++ {
		var rows wholeRows
		read := func(batch *pgx.Batch) {
			rows = wholeRows{}
			rows.queueLocked(batch, caller.Person, id)
		}
		_, err = idempotency.DoReading(ctx, s.db, scope("submit", caller.Person), key, request, read, func(ctx context.Context) (_ struct{}, err error) {
			a, err = s.submit(ctx, caller, rows, with)
			done = true
			return struct{}{}, err
		})
		if constraint, taken := db.UniqueViolation(err); !taken || constraint != "applications_number" || attempt == numberAttempts {
			return a, done, err
		}
	}
}

// submit runs in a transaction that has read and locked the application, and gives it as it is then.
func (s *Service) submit(ctx context.Context, caller httpx.Caller, rows wholeRows, with submission) (Application, error) {
	a, err := s.opened(rows)
	if err != nil || a.State != types.ApplicationStateDraft {
		return a, err
	}
	if !with.asked && asksHome(caller, a) {
		return a, errAskHome
	}
	channel, needed, err := s.checkOffer(ctx, caller, a)
	if err != nil {
		return a, err
	}
	c, err := s.ready(ctx, a, needed)
	if err != nil {
		return a, err
	}
	fee, err := s.agreed(ctx, a.OfferID, c.data, with.shown)
	if err != nil {
		return a, err
	}
	now := s.now()
	a.State, a.SubmittedAt, a.ChangedAt = types.ApplicationStateSubmitted, &now, now
	a.Data, a.Attachments, a.Language, a.TrustLevel, a.Step = c.data, c.attachments, httpx.LanguageOf(ctx), types.TrustLevel(caller.TrustLevel), ""
	a.Revision++
	if a.Number, err = newNumber(s.prefix, now.Year(), s.random); err != nil {
		return a, err
	}
	if err := a.represented(caller, with.proof); err != nil {
		return a, err
	}
	m := message(a, applicantName(a, caller.DisplayName))
	m.Fee, m.FeeRange = fee.Amount, fee.Range
	m.CoApplicants = a.consented()
	if with.proof != nil {
		m.Power = &with.proof.Proof
	}
	if m.ContentHash, err = ContentHash(m); err != nil {
		return a, err
	}
	a.ContentHash = m.ContentHash
	events := []types.TimelineEvent{s.ownEvent(types.Submitted, types.EventAuthorCitizen)}
	events[0].Name = a.actedBy(caller)
	heard, err := s.delivery.Submit(ctx, a.Portal.Id, channel, m)
	if err != nil {
		return a, fmt.Errorf("hand over application: %w", err)
	}
	if heard != nil {
		a.State, a.ArrivedAt, a.authorityAt = types.ApplicationStateReceived, &heard.At, &heard.At
		events = append(events, *heard)
	}
	a.Timeline = append(a.Timeline, events...)
	if err := s.writeSubmitted(ctx, a, c.unused, events); err != nil {
		return a, err
	}
	if err := s.confirm(ctx, a); err != nil {
		return a, err
	}
	return a, s.changed(ctx, a)
}

// ready gives what is submitted of a draft, when it is right and all who make it have consented to it.
func (s *Service) ready(ctx context.Context, a Application, needed types.TrustLevel) (content, error) {
	form, err := s.forms.Form(ctx, a.FormID, a.FormVersion)
	if err != nil {
		return content{}, fmt.Errorf("read form of draft: %w", err)
	}
	c, refused := s.judge(form, a)
	if len(refused) > 0 {
		return c, problem.Invalid(refused...)
	}
	if form.Layout.Applicants == nil {
		return c, nil
	}
	hash, err := consentHash(a, c)
	if err != nil {
		return c, err
	}
	return c, s.missing(form, a, hash, needed)
}

// asksHome says whether the account home has a say in the submission of a draft: somebody acts for another, or is about to by mistake, or
// documents of a safe go with it.
func asksHome(caller httpx.Caller, a Application) bool {
	return a.byPower() || checkActing(caller, a) != nil || slices.ContainsFunc(a.Attachments, func(f types.Attachment) bool { return f.Origin != nil })
}

// checkOffer checks that the offer is still the one that the draft was started for, and gives its channel and the trust level that it
// needs.
func (s *Service) checkOffer(ctx context.Context, caller httpx.Caller, a Application) (channel string, needed types.TrustLevel, err error) {
	offer, channel, _, _, err := s.offers.OfferByID(ctx, a.OfferID)
	if err != nil && problem.From(err).Status != http.StatusNotFound {
		return "", "", err
	}
	if err != nil || offer.Portal.Id != a.Portal.Id || offer.FormId == nil || *offer.FormId != a.FormID || !contains(offer.Area.Ars, a.Place.Ars) {
		return "", "", problem.Conflict("offer-changed", "Dieser Online-Antrag wird so nicht mehr angeboten.", "This online application is not offered like this any more.").
			With(problem.Text{De: "Beginnen Sie bitte auf der Seite der Leistung neu. Ihr Entwurf bleibt, bis er abläuft.", En: "Please start again on the page of the service. Your draft stays until it expires."}).
			Because(err)
	}
	if err := s.offers.CheckOffer(ctx, a.OfferID, s.now()); err != nil {
		return "", "", err
	}
	needed = a.NeededLevel
	if offer.TrustLevel != nil {
		needed = *offer.TrustLevel
	}
	return channel, needed, checkLevel(caller, needed)
}

// writeSubmitted writes the final content and the timeline, and lets files go that no answer names.
func (s *Service) writeSubmitted(ctx context.Context, a Application, unused []uuid.UUID, events []types.TimelineEvent) error {
	sealed, err := s.sealData(a.ID, a.Data)
	if err != nil {
		return err
	}
	actsFor, err := s.sealActsFor(a)
	if err != nil {
		return err
	}
	err = s.db.Later(ctx, "write application", `UPDATE applications SET state = $2, revision = $3, number = $4, data = $5, step = $6, language = $7,
		trust_level = $8, content_hash = $9, submitted_at = $10, arrived_at = $11, authority_at = $12, changed_at = $13, acts_for = $14,
		power_until = $15, principal_issuer = $16, principal_subject = $17 WHERE id = $1`,
		a.ID, a.State, a.Revision, a.Number, sealed, a.Step, a.Language, a.TrustLevel, a.ContentHash, a.SubmittedAt, a.ArrivedAt, a.authorityAt, a.ChangedAt, actsFor,
		a.PowerUntil, a.Principal.Issuer, a.Principal.Subject)
	if err != nil {
		return err
	}
	written, err := s.eventsOf(a.ID, events...)
	if err != nil {
		return err
	}
	if err := s.db.Later(ctx, "write timeline", insertEvents, written...); err != nil {
		return err
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
	return s.deleteObjectsLater(ctx, objects)
}

// message is what the competent portal gets of an application.
func message(a Application, applicant string) types.MessageApplication {
	attachments := make([]types.Attachment, 0, len(a.Attachments))
	for _, f := range a.Attachments {
		f.Check = nil // of this portal's scanner; who gets the file asks their own
		attachments = append(attachments, f)
	}
	return types.MessageApplication{
		ApplicationId: a.ID, Number: a.Number, SubmittedAt: *a.SubmittedAt, ServiceId: a.ServiceID, ServiceTitle: a.ServiceTitle,
		OfferId: a.OfferID, OrganisationId: a.OrganisationID, Ars: a.Place.Ars, FormId: a.FormID, FormVersion: a.FormVersion,
		Language: a.Language, TrustLevel: a.TrustLevel, ApplicantName: applicant, ActsFor: a.ActsFor, Data: a.Data, Attachments: attachments,
	}
}

// applicantName is the organisation that somebody acts for, else the name in the step applicant, else the one of the account.
func applicantName(a Application, displayName string) string {
	applicant, _ := a.Data["applicant"].(map[string]any)
	given, _ := applicant["givenName"].(string)
	family, _ := applicant["familyName"].(string)
	name := strings.Join(strings.Fields(given+" "+family), " ")
	if a.ActsFor != nil {
		name = strings.Join(strings.Fields(a.ActsFor.Name), " ")
	}
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
	object := hashed(m)
	object["number"], object["submittedAt"] = m.Number, m.SubmittedAt.UTC().Format(time.RFC3339Nano)
	text, err := canonical.Marshal(object)
	if err != nil {
		return "", fmt.Errorf("hash application: %w", err)
	}
	return sum(text), nil
}

func sum(text []byte) string {
	hash := sha256.Sum256(text)
	return hex.EncodeToString(hash[:])
}

// hashed is the object over which hashes are made, without what submission adds.
func hashed(m types.MessageApplication) map[string]any {
	attachments := make([]map[string]string, 0, len(m.Attachments))
	for _, a := range m.Attachments {
		attachments = append(attachments, map[string]string{"field": a.Field, "id": a.Id.String(), "sha256": strings.ToLower(a.Sha256)})
	}
	return map[string]any{
		"applicationId": m.ApplicationId.String(),
		"ars":           m.Ars,
		"attachments":   attachments,
		"data":          m.Data,
		"formId":        m.FormId.String(),
		"formVersion":   m.FormVersion,
		"offerId":       m.OfferId.String(),
		"serviceId":     m.ServiceId.String(),
	}
}

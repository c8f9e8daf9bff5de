package delivery

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/problem"
)

// What a message says at most of those who make an application together.
const (
	maxCoApplicants    = 100
	maxCoApplicantName = 300 // characters
)

// refused is for a message that this portal will never take.
func refused(code, de, en string) *problem.Error { return problem.Unprocessable(code, de, en) }

func decode(payload json.RawMessage, into any) error {
	if err := json.Unmarshal(payload, into); err != nil {
		return refused("message-invalid", "Die Nachricht ist nicht lesbar.", "The message cannot be read.").Because(err)
	}
	return nil
}

// receiveSubmitted takes an application that was submitted at a linked portal.
func (s *Service) receiveSubmitted(ctx context.Context, from string, payload json.RawMessage) error {
	var app types.MessageApplication
	if err := decode(payload, &app); err != nil {
		return err
	}
	if err := s.checkHash(app); err != nil {
		return err
	}
	if err := s.checkConsents(app); err != nil {
		return err
	}
	received, err := s.accept(ctx, from, app)
	if err != nil || received == nil {
		return err
	}
	return s.Report(ctx, from, app.ApplicationId, *received)
}

// checkHash wants what an application says of itself to be true: the receipt repeats it.
func (s *Service) checkHash(app types.MessageApplication) error {
	if s.hash == nil {
		return nil
	}
	hash, err := s.hash(app)
	if err != nil || hash != app.ContentHash {
		return refused("content-hash", "Die Prüfsumme passt nicht zum Antrag.", "The hash does not fit the application.").Because(err)
	}
	return nil
}

// checkConsents wants everybody who is named to have consented to what was submitted.
func (s *Service) checkConsents(app types.MessageApplication) error {
	if app.CoApplicants == nil || s.consentHash == nil {
		return nil
	}
	hash, err := s.consentHash(app)
	wrong := err != nil || len(*app.CoApplicants) > maxCoApplicants
	for _, c := range *app.CoApplicants {
		wrong = wrong || c.ContentHash != hash || c.Name == "" || utf8.RuneCountInString(c.Name) > maxCoApplicantName || c.ConsentedAt.IsZero()
	}
	if wrong {
		return refused("consent-hash", "Eine Zustimmung passt nicht zum Antrag.", "A consent does not fit the application.").Because(err)
	}
	return nil
}

// receiveEvent takes an event of an application. Who caused it says which side of the application it is for.
func (s *Service) receiveEvent(ctx context.Context, from string, payload json.RawMessage) error {
	var m types.MessageEvent
	if err := decode(payload, &m); err != nil {
		return err
	}
	if m.Event.By == types.EventAuthorCitizen {
		return s.applyCitizenEvent(ctx, from, m.ApplicationId, m.Event)
	}
	return s.applications.ApplyEvent(ctx, from, m.ApplicationId, m.Event)
}

// refused tells the citizen that the competent portal does not take the application.
func (s *Service) refused(ctx context.Context, applicationID, _ uuid.UUID, _ string) error {
	return s.applications.Undeliverable(ctx, applicationID)
}

// receipted tells the citizen's side that an application has arrived at the portal that signed the receipt.
func (s *Service) receipted(ctx context.Context, subject, _ uuid.UUID, receipt string, arrivedAt time.Time) error {
	from, err := issuer(receipt)
	if err != nil {
		return err
	}
	return s.applications.Arrived(ctx, from, subject, receipt, arrivedAt)
}

// issuer reads who signed a receipt (a compact JWS, verified before it comes here).
func issuer(receipt string) (string, error) {
	parts := strings.Split(receipt, ".")
	if len(parts) != 3 {
		return "", errors.New("receipt is not a compact JWS")
	}
	claims, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return "", fmt.Errorf("read receipt: %w", err)
	}
	var c struct {
		Issuer string `json:"iss"`
	}
	if err := json.Unmarshal(claims, &c); err != nil {
		return "", fmt.Errorf("read receipt: %w", err)
	}
	return c.Issuer, nil
}

// accept takes an application for this portal's authorities, in ctx's transaction. The offer that it names must be one of
// this portal's own, with this form, for this place, and valid when it was submitted, however long it was under way; it is refused
// for good otherwise.
func (s *Service) accept(ctx context.Context, origin string, app types.MessageApplication) (received *types.TimelineEvent, err error) {
	offer, channel, title, office, err := s.offers.OfferByID(ctx, app.OfferId)
	if err != nil {
		if problem.From(err).Status == http.StatusNotFound {
			return nil, refused("offer-unknown", "Dieses Angebot gibt es an diesem Portal nicht.", "There is no such offer at this portal.").Because(err)
		}
		return nil, fmt.Errorf("read offer: %w", err)
	}
	switch {
	case offer.Portal.Id != s.self:
		return nil, refused("offer-foreign", "Für dieses Angebot ist ein anderes Portal zuständig.", "Another portal is competent for this offer.")
	case offer.FormId == nil || *offer.FormId != app.FormId:
		return nil, refused("offer-form", "Das Formular gehört nicht zu diesem Angebot.", "The form does not belong to this offer.")
	case !contains(offer.Area.Ars, app.Ars):
		return nil, refused("offer-area", "Dieses Angebot gilt nicht für diesen Ort.", "This offer is not for this place.")
	}
	if err := s.offers.CheckOffer(ctx, app.OfferId, app.SubmittedAt); err != nil {
		if p := problem.From(err); p.Status == http.StatusConflict {
			return nil, refused(p.Code, p.Title.De, p.Title.En).Because(err)
		}
		return nil, fmt.Errorf("check offer: %w", err)
	}
	if app.ActsFor, err = s.actsFor(ctx, origin, app, offer); err != nil {
		return nil, err
	}
	if err := s.assess(ctx, origin, offer, app); err != nil {
		return nil, err
	}
	switch {
	case channel == channelDesk:
		return s.cases.Open(ctx, origin, app)
	case !slices.ContainsFunc([]string{channelProvider, channelFIT, channelMail}, func(kind string) bool { return strings.HasPrefix(channel, kind) }):
		return nil, refused("offer-not-online", "Dieses Angebot kann nicht online beantragt werden.", "This offer cannot be applied for online.")
	}
	_, id, _ := strings.Cut(channel, ":")
	p, known, err := s.current(ctx, id)
	if err != nil {
		return nil, err
	}
	if !known || (p.fit != nil) != strings.HasPrefix(channel, channelFIT) || (p.mail != nil) != strings.HasPrefix(channel, channelMail) {
		return nil, fmt.Errorf("offer %s: channel %q names no configured provider", offer.Id, channel)
	}
	if len(title) == 0 {
		title = app.ServiceTitle
	}
	return nil, s.handOver(ctx, p, origin, offer.ServiceId, title, office, app)
}

// assess asks for the fee of an application, where it has one. What can never be a fee refuses the application for good.
func (s *Service) assess(ctx context.Context, origin string, offer types.Offer, app types.MessageApplication) error {
	if s.fees == nil || offer.Fee == nil {
		return nil
	}
	return s.fees.Assess(ctx, origin, offer, app)
}

// actsFor says who acts for whom, as far as it is proved.
func (s *Service) actsFor(ctx context.Context, origin string, app types.MessageApplication, offer types.Offer) (*types.ActsFor, error) {
	if s.powers == nil {
		if app.Power != nil {
			return nil, refused("power-proof", "Vollmachten werden hier nicht angenommen.", "Powers of attorney are not taken here.")
		}
		return app.ActsFor, nil
	}
	needed := types.Low
	if offer.TrustLevel != nil {
		needed = *offer.TrustLevel
	}
	return s.powers.Verify(ctx, origin, app, needed)
}

// applyCitizenEvent gives an event of the citizen to whoever has the application here: a provider, or the clerks.
func (s *Service) applyCitizenEvent(ctx context.Context, origin string, applicationID uuid.UUID, event types.TimelineEvent) error {
	return s.db.Tx(ctx, func(ctx context.Context) error {
		if s.fees != nil && event.By == types.EventAuthorCitizen && event.Kind == types.Withdrawn {
			if err := s.fees.Withdrawn(ctx, origin, applicationID); err != nil {
				return err
			}
		}
		r, found, err := s.lockApplication(ctx, origin, applicationID)
		if err != nil {
			return err
		}
		switch {
		case !found:
			return s.cases.ApplyCitizenEvent(ctx, origin, applicationID, event)
		case event.Attachments != nil && len(*event.Attachments) > 0, event.Values != nil && len(*event.Values) > 0: // only clerks ask for these
			return refused("event-answer", "Diese Antwort bringt etwas mit, wonach nicht gefragt wurde.", "This answer brings something that nobody has asked for.")
		case event.By == types.EventAuthorCitizen && event.Kind == types.Withdrawn:
			return s.cancel(ctx, r)
		case event.By == types.EventAuthorCitizen && event.Kind == types.Message:
			return s.answered(ctx, r, event)
		}
		return refused("event-kind", "Dieses Ereignis kann nicht von einer Bürgerin oder einem Bürger kommen.", "This event cannot come from a citizen.")
	})
}

// sendBack tells a citizen that their message does not reach the provider: at this portal at once, at another one by a
// message of this portal, since there it has been taken already.
func (s *Service) sendBack(ctx context.Context, r row) error {
	words := problem.Text{
		De: "Der Anbieter nimmt über das Portal keine Nachrichten an. Ihre Nachricht hat ihn nicht erreicht. Bitte wenden Sie sich direkt an ihn.",
		En: "The provider takes no messages through the portal. Your message has not reached it. Please contact the provider directly.",
	}
	if p := s.providers[r.Provider]; p.fit != nil || p.mail != nil {
		words = problem.Text{
			De: "Die zuständige Stelle nimmt über das Portal keine Nachrichten an. Ihre Nachricht hat sie nicht erreicht. Bitte wenden Sie sich direkt an sie.",
			En: "The competent office takes no messages through the portal. Your message has not reached it. Please contact it directly.",
		}
	}
	if r.Origin == s.self {
		return refused("provider-takes-no-messages", "Dieser Anbieter nimmt hier keine Nachrichten an.", "This provider takes no messages here.").With(words)
	}
	text := words.In(r.Language)
	return s.tell(ctx, types.EventAuthorPortal, s.providers[r.Provider].Name, r, types.Message, &text)
}

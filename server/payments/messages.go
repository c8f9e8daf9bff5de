package payments

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

// Kinds of messages between portals, and the version of their content.
const (
	kindRequested = "payment.requested" // to the portal of origin: a fee is asked for
	kindChanged   = "payment.changed"   // to the portal of origin
	kindStart     = "payment.start"     // from the portal of origin: the person wants to pay
	kindCheck     = "payment.check"     // from the portal of origin: the provider is to be asked

	schema = 1

	longestRemedy = 40_000 // bytes
)

// tell tells the person's portal how a payment is, in ctx's transaction; this portal itself at once.
func (s *Service) tell(ctx context.Context, kind string, p payment) error {
	m := types.MessagePayment{
		Schema: schema, PaymentId: p.ID, ApplicationId: p.ApplicationID, Version: p.Version, State: p.State, Amount: money(p.Amount), Refunded: int64(p.Refunded),
		Purpose: p.Purpose, LegalBasis: p.LegalBasis, Creditor: p.Creditor, Reference: p.Reference, CreatedAt: p.CreatedAt, DueAt: p.DueAt, PaidAt: p.PaidAt,
	}
	if p.Method != "" {
		m.Method = &p.Method
	}
	var err error
	if m.Reduction, err = s.reduction(p); err != nil {
		return err
	}
	set, err := s.assessed(p)
	if err != nil {
		return err
	}
	m.Items, m.Reason = set.wireItems(), optional(set.Reason)
	if kind == kindRequested {
		remedy, err := s.cases.Remedy(ctx, p.OrganisationID)
		if err != nil {
			return fmt.Errorf("read words about objecting: %w", err)
		}
		m.Remedy = optional(remedy)
	}
	if payable(p.State) {
		came := int64(p.Received)
		m.Received = &came
		account, err := s.accountFor(ctx, p.OrganisationID)
		if err != nil {
			return err
		}
		if account != nil {
			m.Account = &types.TransferAccount{Holder: account.Holder, Iban: account.IBAN, Bic: optional(account.BIC)}
		}
	}
	if p.State == started {
		a, found, err := s.underWay(ctx, p.ID)
		if err != nil {
			return err
		}
		if found {
			page, err := s.payURL(a)
			if err != nil {
				return err
			}
			if page != "" {
				m.PayUrl = &page
			}
		}
	}
	if p.Origin == s.self() {
		return s.takeClaim(ctx, p.Origin, p.Number, m)
	}
	_, err = s.Messages.Send(ctx, p.Origin, kind, p.ID, m)
	return wrap("send "+kind, err)
}

// request hands a wish of the person to the portal whose money it is, in ctx's transaction.
func (s *Service) request(ctx context.Context, portal, kind string, id uuid.UUID) error {
	if portal == s.self() {
		if kind == kindStart {
			return s.start(ctx, portal, id)
		}
		return s.check(ctx, portal, id)
	}
	_, err := s.Messages.Send(ctx, portal, kind, id, types.MessagePaymentAsk{Schema: schema, PaymentId: id})
	return wrap("send "+kind, err)
}

func decode(payload json.RawMessage, into any) error {
	if err := json.Unmarshal(payload, into); err != nil {
		return problem.Unprocessable("message-invalid", "Die Nachricht ist nicht lesbar.", "The message cannot be read.").Because(err)
	}
	return nil
}

func checkSchema(version int) error {
	if version != schema {
		return problem.Unprocessable("message-version", "Diese Fassung der Nachricht ist hier nicht bekannt.", "This version of the message is not known here.")
	}
	return nil
}

func (s *Service) receiveAsk(payload json.RawMessage) (uuid.UUID, error) {
	var m types.MessagePaymentAsk
	if err := decode(payload, &m); err != nil {
		return uuid.Nil, err
	}
	return m.PaymentId, checkSchema(m.Schema)
}

// receiveStart takes the wish to pay from a person's portal: only of payments of its own applications.
func (s *Service) receiveStart(ctx context.Context, from string, payload json.RawMessage) error {
	id, err := s.receiveAsk(payload)
	if err != nil {
		return err
	}
	return s.start(ctx, from, id)
}

func (s *Service) receiveCheck(ctx context.Context, from string, payload json.RawMessage) error {
	id, err := s.receiveAsk(payload)
	if err != nil {
		return err
	}
	return s.check(ctx, from, id)
}

// receiveClaim takes how a payment is from the portal whose money it is.
func (s *Service) receiveClaim(ctx context.Context, from string, payload json.RawMessage) error {
	var m types.MessagePayment
	if err := decode(payload, &m); err != nil {
		return err
	}
	if err := checkSchema(m.Schema); err != nil {
		return err
	}
	if m.Amount.Currency != Currency {
		return errCurrency
	}
	if Cents(m.Amount.Amount) < 1 || Cents(m.Amount.Amount) > MaxAmount || m.Refunded < 0 || m.Refunded > m.Amount.Amount || !possible(m.Reduction) || !wasSet(m) || !payableBy(m) {
		return problem.Unprocessable("message-invalid", "Der Betrag ist nicht möglich.", "The amount is not possible.")
	}
	return s.takeClaim(ctx, from, "", m)
}

// wasSet says whether items and reason that another portal tells of can be: they are of the amount that was asked at first.
func wasSet(m types.MessagePayment) bool {
	first := m.Amount
	if m.Reduction != nil {
		first = m.Reduction.From
	}
	return itemised(or(m.Items, nil), Cents(first.Amount)) && len(or(m.Reason, "")) <= longestReason
}

// payableBy says whether account and parts that another portal tells of can be.
func payableBy(m types.MessagePayment) bool {
	if came := or(m.Received, 0); came < 0 || came > m.Amount.Amount {
		return false
	}
	if m.Account == nil {
		return true
	}
	checked, err := bankAccount(m).Checked()
	return err == nil && checked == *bankAccount(m)
}

// bankAccount gives the account to which a payment can be transferred; nil where it cannot.
func bankAccount(m types.MessagePayment) *BankAccount {
	if m.Account == nil {
		return nil
	}
	return &BankAccount{Holder: m.Account.Holder, IBAN: m.Account.Iban, BIC: or(m.Account.Bic, "")}
}

// takeClaim writes the person's side of a payment, in ctx's transaction. The application must have been handed to the portal that asks. A message that is older
// than what is known changes nothing; a claim that is known is never another application's, or another portal's. number is
// the application's where this portal itself asks, which does so while the application is being submitted.
func (s *Service) takeClaim(ctx context.Context, from, number string, m types.MessagePayment) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		list, err := many[claim](ctx, s, "claim", "SELECT "+claimColumns+" FROM payment_claims WHERE id = $1 FOR UPDATE", m.PaymentId)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return s.firstClaim(ctx, from, number, m)
		}
		c := list[0]
		if c.Portal != from || c.ApplicationID != m.ApplicationId {
			return errUnknown
		}
		if m.Version < c.Version {
			return nil
		}
		before := c.State
		if c.words, err = s.openWords(c.ID, c.Content); err != nil {
			return err
		}
		came := c.words.Received
		reduced := m.Reduction != nil && (c.words.Reduction == nil || *c.words.Reduction != *m.Reduction)
		if err := s.fill(&c, m); err != nil {
			return err
		}
		if err := s.writeClaim(ctx, c); err != nil {
			return err
		}
		switch {
		case reduced:
			return s.letterReduced(ctx, c)
		case before == paid && payable(m.State):
			return s.letterReopened(ctx, c)
		case payable(m.State) && c.words.Received > came:
			return s.letterPart(ctx, c)
		case before != m.State && m.State != created:
			return s.letter(ctx, c)
		}
		return nil
	})
}

func (s *Service) firstClaim(ctx context.Context, from, number string, m types.MessagePayment) error {
	payer, err := s.applications.PayerOf(ctx, from, m.ApplicationId)
	if err != nil {
		if problem.From(err).Status == http.StatusNotFound && (m.Version > 1 || m.Items != nil) {
			return nil // the person has left since
		}
		return fmt.Errorf("find who pays: %w", err)
	}
	if payer.Person == (httpx.Person{}) { // as above, and the application's number stays as proof
		return nil
	}
	payer.Number, payer.Language = cmp.Or(payer.Number, number), cmp.Or(payer.Language, httpx.LanguageOf(ctx))
	c := claim{
		ID: m.PaymentId, Portal: from, ApplicationID: m.ApplicationId, Issuer: payer.Person.Issuer, Subject: payer.Person.Subject, CreatedAt: m.CreatedAt.UTC(),
		words: claimWords{Number: payer.Number, ServiceTitle: payer.ServiceTitle, Language: payer.Language},
	}
	if c.Content, err = s.sealWords(c.ID, c.words); err != nil {
		return err
	}
	if err := s.fill(&c, m); err != nil {
		return err
	}
	if err := s.writeClaim(ctx, c); err != nil {
		return err
	}
	return s.letter(ctx, c)
}

// fill brings a claim to what a message says.
func (s *Service) fill(c *claim, m types.MessagePayment) (err error) {
	if c.words, err = s.openWords(c.ID, c.Content); err != nil {
		return err
	}
	c.words.Purpose, c.words.LegalBasis, c.words.Creditor, c.words.Reference = m.Purpose, m.LegalBasis, m.Creditor, m.Reference
	c.words.PayURL, c.words.Method, c.words.Reduction = "", "", m.Reduction
	c.words.Items, c.words.Reason = or(m.Items, nil), or(m.Reason, "")
	if m.Remedy != nil && len(*m.Remedy) <= longestRemedy {
		c.words.Remedy = *m.Remedy
	}
	c.words.Received, c.words.Account = Cents(or(m.Received, 0)), bankAccount(m)
	if m.PayUrl != nil && safePage(*m.PayUrl) {
		c.words.PayURL = *m.PayUrl
	}
	if m.Method != nil {
		c.words.Method = *m.Method
	}
	c.State, c.Version, c.Amount, c.Refunded, c.DueAt, c.PaidAt = m.State, m.Version, Cents(m.Amount.Amount), Cents(m.Refunded), m.DueAt.UTC(), m.PaidAt
	c.Revision++
	c.ChangedAt = s.Now()
	if c.words.PayURL != "" || (m.State != started && m.State != created && m.State != expired) {
		c.WantedAt = nil
	}
	c.Content, err = s.sealWords(c.ID, c.words)
	return err
}

// letter writes to the person what is worth one, once for each state.
func (s *Service) letter(ctx context.Context, c claim) error {
	var subject, text problem.Text
	amount, how := problem.Text{De: c.Amount.Words("de"), En: c.Amount.Words("en")}, problem.Text{}
	if c.words.Account != nil {
		how = problem.Text{De: " oder überweisen", En: " or by bank transfer"}
	}
	switch c.State {
	case created:
		subject = problem.Text{De: "Bitte bezahlen Sie eine Gebühr", En: "Please pay a fee"}
		text = problem.Text{
			De: fmt.Sprintf("Für Ihren Antrag %s wird eine Gebühr von %s verlangt. Sie können sie online bezahlen%s.", c.words.Number, amount.De, how.De),
			En: fmt.Sprintf("A fee of %s is asked for your application %s. You can pay it online%s.", amount.En, c.words.Number, how.En),
		}
		if c.words.Reason != "" {
			text.De += " Begründung: " + c.words.Reason
			text.En += " Reason: " + c.words.Reason
		}
	case paid:
		subject = problem.Text{De: "Ihre Zahlung ist eingegangen", En: "Your payment has arrived"}
		text = problem.Text{
			De: fmt.Sprintf("Die Gebühr von %s für Ihren Antrag %s ist bezahlt. Eine Quittung finden Sie bei der Zahlung.", amount.De, c.words.Number),
			En: fmt.Sprintf("The fee of %s for your application %s has been paid. You find a receipt with the payment.", amount.En, c.words.Number),
		}
	case refunded:
		subject = problem.Text{De: "Eine Gebühr wurde erstattet", En: "A fee was refunded"}
		text = problem.Text{
			De: fmt.Sprintf("Die Gebühr für Ihren Antrag %s wurde erstattet.", c.words.Number), En: fmt.Sprintf("The fee for your application %s was refunded.", c.words.Number),
		}
	default:
		return nil
	}
	return s.notify(ctx, c, string(c.State), subject, text)
}

// letterPart writes that a part has come.
func (s *Service) letterPart(ctx context.Context, c claim) error {
	came, open := c.words.Received, c.Amount-c.words.Received
	return s.notify(ctx, c, fmt.Sprintf("part:%d:%d", came, c.Version), problem.Text{De: "Ein Teil Ihrer Gebühr ist eingegangen", En: "A part of your fee has arrived"}, problem.Text{
		De: fmt.Sprintf("Von der Gebühr für Ihren Antrag %s sind bisher %s eingegangen. Es fehlen noch %s.", c.words.Number, came.Words("de"), open.Words("de")),
		En: fmt.Sprintf("%s of the fee for your application %s have arrived so far. %s are still missing.", came.Words("en"), c.words.Number, open.Words("en")),
	})
}

// letterReopened writes that a fee that was taken for paid is not.
func (s *Service) letterReopened(ctx context.Context, c claim) error {
	open := c.Amount - c.words.Received
	return s.notify(ctx, c, fmt.Sprintf("reopened:%d", c.Version), problem.Text{De: "Eine Gebühr ist wieder offen", En: "A fee is open again"}, problem.Text{
		De: fmt.Sprintf("Eine Überweisung war Ihrem Antrag %s irrtümlich zugeordnet. Von der Gebühr sind noch %s offen.", c.words.Number, open.Words("de")),
		En: fmt.Sprintf("A transfer was assigned to your application %s by mistake. %s of the fee are still open.", c.words.Number, open.Words("en")),
	})
}

// letterReduced writes that less is asked than before, or nothing.
func (s *Service) letterReduced(ctx context.Context, c claim) error {
	r := c.words.Reduction
	from, to := Cents(r.From.Amount), Cents(r.To.Amount)
	subject := problem.Text{De: "Eine Gebühr wurde ermäßigt", En: "A fee was reduced"}
	text := problem.Text{
		De: fmt.Sprintf("Die Gebühr für Ihren Antrag %s wurde von %s auf %s ermäßigt. Grund: %s", c.words.Number, from.Words("de"), to.Words("de"), r.Reason),
		En: fmt.Sprintf("The fee for your application %s was reduced from %s to %s. Reason: %s", c.words.Number, from.Words("en"), to.Words("en"), r.Reason),
	}
	if waived(r) {
		subject = problem.Text{De: "Eine Gebühr wurde erlassen", En: "A fee was waived"}
		text = problem.Text{
			De: fmt.Sprintf("Die Gebühr von %s für Ihren Antrag %s wurde erlassen. Sie müssen nichts bezahlen. Grund: %s", from.Words("de"), c.words.Number, r.Reason),
			En: fmt.Sprintf("The fee of %s for your application %s was waived. You do not have to pay anything. Reason: %s", from.Words("en"), c.words.Number, r.Reason),
		}
	}
	return s.notify(ctx, c, fmt.Sprintf("reduced:%d", to), subject, text)
}

// notify writes to the person of a claim, once for what it is about.
func (s *Service) notify(ctx context.Context, c claim, about string, subject, text problem.Text) error {
	l := c.words.Language
	link := s.Portals.Self().Url + PagePayment + c.ID.String()
	return s.Mailbox.Notify(ctx, c.person(), types.MessageMailbox{
		Id: uuid.NewSHA1(c.ID, []byte(about)), Subject: subject.In(l), Sender: localized(c.words.Creditor, l), At: s.Now().Truncate(time.Second), Text: text.In(l), Link: &link,
	})
}

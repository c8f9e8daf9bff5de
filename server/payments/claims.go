package payments

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/idempotency"
	"portalverbund/server/platform/paging"
	"portalverbund/server/platform/problem"
)

const sealClaim = "payments/claim"

// claim is the person's side of a payment: a row of payment_claims.
type claim struct {
	ID            uuid.UUID
	Portal        string
	ApplicationID uuid.UUID
	Issuer        string
	Subject       string
	State         types.PaymentState
	Version       int
	Revision      int
	Amount        Cents
	Refunded      Cents
	Content       []byte
	WantedAt      *time.Time
	CreatedAt     time.Time
	ChangedAt     time.Time
	DueAt         time.Time
	PaidAt        *time.Time
	words         claimWords
}

const claimColumns = `id, portal, application_id, person_issuer, person_subject, state, version, revision, amount, refunded, content, wanted_at, created_at, changed_at,
	due_at, paid_at`

// claimWords is what is sealed of a claim.
type claimWords struct {
	Number       string            `json:"number"`
	ServiceTitle map[string]string `json:"serviceTitle"`
	Language     string            `json:"language"`
	Purpose      map[string]string `json:"purpose"`
	LegalBasis   map[string]string `json:"legalBasis"`
	Creditor     map[string]string `json:"creditor"`
	Reference    string            `json:"reference"`
	PayURL       string            `json:"payUrl"`
	Method       string            `json:"method"`

	Reduction *types.PaymentReduction `json:"reduction,omitempty"`

	// Of a fee that the authority has set.
	Items  []types.FeeItem `json:"items,omitempty"`
	Reason string          `json:"reason,omitempty"`

	Remedy string `json:"remedy,omitempty"` // how one can object, in the words of the authority

	Received Cents        `json:"received,omitempty"` // while it is owed, what came in parts
	Account  *BankAccount `json:"account,omitempty"`
}

func (c claim) person() httpx.Person { return httpx.Person{Issuer: c.Issuer, Subject: c.Subject} }

// Topic is what is told of the changes of a claim, with its new revision.
func Topic(id uuid.UUID) string { return "payment:" + id.String() }

func (s *Service) sealWords(id uuid.UUID, w claimWords) ([]byte, error) {
	plain, err := json.Marshal(w)
	if err != nil {
		return nil, fmt.Errorf("seal claim: %w", err)
	}
	return s.Keys.Seal(sealClaim, plain, id[:])
}

func (s *Service) openWords(id uuid.UUID, sealed []byte) (w claimWords, err error) {
	plain, err := s.Keys.Open(sealClaim, sealed, id[:])
	if err != nil {
		return w, err
	}
	return w, wrap("read claim", json.Unmarshal(plain, &w))
}

// safePage says whether people may be led to an address: a page on the web.
func safePage(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil {
		return false
	}
	return u.Scheme == "https" || (u.Scheme == "http" && (u.Hostname() == "localhost" || u.Hostname() == "127.0.0.1"))
}

const upsertClaim = `INSERT INTO payment_claims (` + claimColumns + `) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
	ON CONFLICT (id) DO UPDATE SET state = excluded.state, version = excluded.version, revision = excluded.revision, amount = excluded.amount,
		refunded = excluded.refunded, content = excluded.content, wanted_at = excluded.wanted_at, changed_at = excluded.changed_at, due_at = excluded.due_at,
		paid_at = excluded.paid_at`

func (s *Service) writeClaim(ctx context.Context, c claim) error {
	err := s.DB.Later(ctx, "write claim", upsertClaim, c.ID, c.Portal, c.ApplicationID, c.Issuer, c.Subject, c.State, c.Version, c.Revision, c.Amount, c.Refunded,
		c.Content, c.WantedAt, c.CreatedAt, c.ChangedAt, c.DueAt, c.PaidAt)
	if err != nil {
		return err
	}
	return s.Hub.Hint(ctx, Topic(c.ID), fmt.Sprint(c.Revision))
}

// payer gives who the caller is, as a citizen.
func payer(ctx context.Context) (httpx.Person, error) {
	p := httpx.CallerOf(ctx).Person
	if p == (httpx.Person{}) {
		return p, problem.Forbidden("person-needed", "Das geht nur mit einem Bürgerkonto.", "This needs a citizen's account.")
	}
	return p, nil
}

// mine reads a claim of the caller; errUnknown for others'.
func (s *Service) mine(ctx context.Context, id uuid.UUID, lock string) (claim, error) {
	p, err := payer(ctx)
	if err != nil {
		return claim{}, err
	}
	c, err := one[claim](ctx, s, "claim", "SELECT "+claimColumns+" FROM payment_claims WHERE id = $1 AND person_issuer = $2 AND person_subject = $3 "+lock,
		id, p.Issuer, p.Subject)
	if err != nil {
		return c, err
	}
	c.words, err = s.openWords(c.ID, c.Content)
	return c, err
}

// Get gives one of the caller's payments.
func (s *Service) Get(ctx context.Context, id uuid.UUID) (types.Payment, error) {
	c, err := s.mine(ctx, id, "")
	if err != nil {
		return types.Payment{}, err
	}
	return s.wire(ctx, c), nil
}

const listClaims = "SELECT " + claimColumns + ` FROM payment_claims WHERE person_issuer = $1 AND person_subject = $2
	AND ($3::uuid IS NULL OR application_id = $3) AND ($4::timestamptz IS NULL OR (created_at, id) < ($4, $5)) ORDER BY created_at DESC, id DESC LIMIT $6`

// List gives the caller's payments, the newest first, and the cursor of the next page.
func (s *Service) List(ctx context.Context, application *uuid.UUID, limit int, cursor string) (items []types.Payment, next string, err error) {
	p, err := payer(ctx)
	if err != nil {
		return nil, "", err
	}
	at, id, err := position(cursor)
	if err != nil {
		return nil, "", err
	}
	list, err := many[claim](ctx, s, "claims", listClaims, p.Issuer, p.Subject, application, at, id, limit+1)
	if err != nil {
		return nil, "", err
	}
	if len(list) > limit {
		list = list[:limit]
		next = paging.Cursor(list[limit-1].CreatedAt, list[limit-1].ID)
	}
	items = make([]types.Payment, 0, len(list))
	for _, c := range list {
		if c.words, err = s.openWords(c.ID, c.Content); err != nil {
			return nil, "", err
		}
		items = append(items, s.wire(ctx, c))
	}
	return items, next, nil
}

func position(cursor string) (at *time.Time, id *uuid.UUID, err error) {
	if cursor == "" {
		return nil, nil, nil
	}
	t, i, err := paging.Position(cursor)
	return &t, &i, err
}

// Start asks for a page to pay at; while one is open, for that one. What it leads to is heard by the events.
func (s *Service) Start(ctx context.Context, id uuid.UUID, key string) (types.Payment, error) {
	p, err := payer(ctx)
	if err != nil {
		return types.Payment{}, err
	}
	_, err = idempotency.Do(ctx, s.DB, "payments.start:"+p.Issuer+":"+p.Subject, key, id, func(ctx context.Context) (struct{}, error) {
		c, err := s.mine(ctx, id, "FOR UPDATE")
		if err != nil {
			return struct{}{}, err
		}
		if !payable(c.State) {
			return struct{}{}, errNotPayable
		}
		now := s.Now()
		c.WantedAt, c.ChangedAt = &now, now
		c.Revision++
		if err := s.writeClaim(ctx, c); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, s.request(ctx, c.Portal, kindStart, c.ID)
	})
	if err != nil {
		return types.Payment{}, err
	}
	return s.Get(ctx, id)
}

// Check has the provider asked whether the caller has paid.
func (s *Service) Check(ctx context.Context, id uuid.UUID) (types.Payment, error) {
	c, err := s.mine(ctx, id, "")
	if err != nil {
		return types.Payment{}, err
	}
	if payable(c.State) && c.State != created {
		if err := s.DB.Tx(ctx, func(ctx context.Context) error { return s.request(ctx, c.Portal, kindCheck, c.ID) }); err != nil {
			return types.Payment{}, err
		}
	}
	return s.wire(ctx, c), nil
}

// Receipt writes the receipt of a paid fee of the caller's.
func (s *Service) Receipt(ctx context.Context, id uuid.UUID) (write func(io.Writer) error, name string, err error) {
	c, err := s.mine(ctx, id, "")
	if err != nil {
		return nil, "", err
	}
	if c.PaidAt == nil {
		return nil, "", errNoReceipt
	}
	english := httpx.LanguageOf(ctx) == "en"
	return func(w io.Writer) error { return s.writeReceipt(w, c, english) }, receiptName(c, httpx.LanguageOf(ctx)), nil
}

func receiptName(c claim, language string) string {
	if language == "en" {
		return "receipt-" + c.words.Reference + ".pdf"
	}
	return "quittung-" + c.words.Reference + ".pdf"
}

// Notice writes the fee notice of a fee of the caller's that is asked, was paid, or was waived.
func (s *Service) Notice(ctx context.Context, id uuid.UUID) (write func(io.Writer) error, name string, err error) {
	c, err := s.mine(ctx, id, "")
	if err != nil {
		return nil, "", err
	}
	if c.State == writtenOff || (c.State == withdrawn && !waived(c.words.Reduction)) {
		return nil, "", errNoNotice
	}
	english := httpx.LanguageOf(ctx) == "en"
	name = "gebuehrenbescheid-" + c.words.Reference + ".pdf"
	if english {
		name = "fee-notice-" + c.words.Reference + ".pdf"
	}
	return func(w io.Writer) error { return s.writeNotice(w, c, english) }, name, nil
}

// PersonalData gives away the payments of a person.
func (s *Service) PersonalData(ctx context.Context, person httpx.Person, add func(section string, data any) error) error {
	list, err := many[claim](ctx, s, "claims", "SELECT "+claimColumns+" FROM payment_claims WHERE person_issuer = $1 AND person_subject = $2 ORDER BY created_at LIMIT 1000",
		person.Issuer, person.Subject)
	if err != nil {
		return err
	}
	for _, c := range list {
		if c.words, err = s.openWords(c.ID, c.Content); err != nil {
			return err
		}
		if err := add("payments", s.wire(ctx, c)); err != nil {
			return err
		}
	}
	return nil
}

// ErasePerson forgets who paid. The portal whose money it is keeps payment and bookings, in which nobody is named.
func (s *Service) ErasePerson(ctx context.Context, person httpx.Person) error {
	return s.DB.Later(ctx, "erase claims", "DELETE FROM payment_claims WHERE person_issuer = $1 AND person_subject = $2", person.Issuer, person.Subject)
}

// wire is a claim in the contract's words.
func (s *Service) wire(ctx context.Context, c claim) types.Payment {
	language := httpx.LanguageOf(ctx)
	portal := types.PortalReference{Id: c.Portal, Url: c.Portal, Name: localized(c.words.Creditor, language)}
	if c.Portal == s.self() {
		portal = s.Portals.Self()
	} else if member, known := s.Portals.Member(c.Portal); known {
		portal = member
	}
	out := types.Payment{
		Id: c.ID, Revision: c.Revision, State: c.State, Amount: money(c.Amount), Refunded: money(c.Refunded), Purpose: localized(c.words.Purpose, language),
		Reference: c.words.Reference, ApplicationId: c.ApplicationID, ApplicationNumber: c.words.Number, ServiceTitle: localized(c.words.ServiceTitle, language),
		Creditor: localized(c.words.Creditor, language), Portal: portal, Payable: payable(c.State), CreatedAt: c.CreatedAt, DueAt: c.DueAt, PaidAt: c.PaidAt,
	}
	waiting := c.WantedAt != nil && c.words.PayURL == ""
	out.Waiting = &waiting
	out.LegalBasis, out.Method, out.PayUrl = optional(localized(c.words.LegalBasis, language)), optional(c.words.Method), optional(c.words.PayURL)
	out.Reduction = c.words.Reduction
	out.Items, out.Reason = assessment{Items: c.words.Items}.wireItems(), optional(c.words.Reason)
	if out.Received = inParts(c.State, c.words.Received); payable(c.State) {
		out.Transfer = transferOf(c.words.Account, c.Amount-c.words.Received, c.words.Reference)
	}
	return out
}

func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

package payments

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	openapi "github.com/oapi-codegen/runtime/types"

	"portalverbund/api/types"
	"portalverbund/server/platform/idempotency"
	"portalverbund/server/platform/paging"
	"portalverbund/server/platform/problem"
)

// sealTransfer is the purpose for which it is sealed who has transferred money.
const sealTransfer = "payments/transfer"

// Ways that money comes, as payments have them; those of a provider are its own words.
const (
	methodTransfer = "TRANSFER"
	methodCash     = "CASH"
)

// Where money came in, and leaves again.
const (
	fromProvider = "provider"
	fromBank     = "bank"
	fromCash     = "cash"
)

// sourceOf says where the money of a payment came in.
func sourceOf(method string) string {
	switch method {
	case methodTransfer:
		return fromBank
	case methodCash:
		return fromCash
	}
	return fromProvider
}

// transfer is a row of payment_transfers.
type transfer struct {
	ID        uuid.UUID
	Account   string
	Entry     string
	Day       time.Time
	Amount    Cents
	Content   []byte
	PaymentID *uuid.UUID
	Used      Cents
	Given     Cents
	Version   int
	CreatedAt time.Time
	ChangedAt time.Time
	Reference *string // of the payment
}

const selectTransfers = `SELECT t.id, t.account, t.entry, t.day, t.amount, t.content, t.payment_id, t.used, t.given, t.version, t.created_at, t.changed_at, p.reference
	FROM payment_transfers t LEFT JOIN payments p ON p.id = t.payment_id `

// transferWords is what is sealed of a transfer.
type transferWords struct {
	Name string `json:"name"`
	IBAN string `json:"iban"`
	Text string `json:"text"`
}

func (t transfer) rest() Cents { return t.Amount - t.Used - t.Given }

// due is what is still owed of a payment.
func (p payment) due() Cents { return p.Amount - p.Received }

// numbers are runs of digits, which people write with blanks between.
var numbers = regexp.MustCompile(`[0-9](?:[ ]?[0-9])*`)

// referencesIn finds the Kassenzeichen in what somebody wrote with a transfer, each once: groups of digits that together are twelve, with a right check digit. A longer
// number with a Kassenzeichen in it is none.
func referencesIn(text string) []string {
	var found []string
	for _, run := range numbers.FindAllString(text, -1) {
		groups := strings.Fields(run)
		for from := range groups {
			digits := ""
			for _, g := range groups[from:] {
				if digits += g; len(digits) >= referenceDigits {
					break
				}
			}
			if ValidReference(digits) && !slices.Contains(found, digits) {
				found = append(found, digits)
			}
		}
	}
	return found
}

// take lets a transfer pay what is still owed of a payment, whose lock the caller has, in ctx's transaction; the rest of it stays open. lines are what is booked beside.
func (s *Service) take(ctx context.Context, p *payment, t *transfer) (used Cents, err error) {
	if !payable(p.State) {
		return 0, nil
	}
	if used = min(p.due(), t.rest()); used == 0 {
		return 0, nil
	}
	t.PaymentID, t.Used = &p.ID, used
	return used, s.part(ctx, p, used, methodTransfer)
}

// part counts money for a payment that is owed. A page of the provider that is open asks for too much then, and is given up.
func (s *Service) part(ctx context.Context, p *payment, used Cents, method string) error {
	if err := s.closePage(ctx, p, "paid-elsewhere"); err != nil {
		return err
	}
	p.Received += used
	if p.due() > 0 {
		return nil
	}
	now := s.Now()
	p.State, p.Method, p.PaidAt = paid, method, &now
	return nil
}

func partWord(p payment) string {
	if p.State == paid {
		return "paid"
	}
	return "paid-in-part"
}

// saveTransfer writes how a transfer is now.
func (s *Service) saveTransfer(ctx context.Context, t *transfer) error {
	t.Version++
	t.ChangedAt = s.Now()
	return s.DB.Later(ctx, "write transfer", "UPDATE payment_transfers SET payment_id = $2, used = $3, given = $4, version = $5, changed_at = $6 WHERE id = $1",
		t.ID, t.PaymentID, t.Used, t.Given, t.Version, t.ChangedAt)
}

// assign lets a transfer that is open pay a fee that is owed. The caller moves the payment.
func (s *Service) assign(ctx context.Context, p *payment, t *transfer) error {
	used, err := s.take(ctx, p, t)
	if err != nil || used == 0 {
		return err
	}
	if err := s.book(ctx, bookedAssigned, fmt.Sprintf("%s:%d", t.ID, t.Version), &p.ID, line{accountSuspense, used}, line{accountReceivable, -used}); err != nil {
		return err
	}
	return s.saveTransfer(ctx, t)
}

// release takes a transfer from the fee that it pays: a counter booking, after which it is open again and the fee is owed. The caller moves the payment.
func (s *Service) release(ctx context.Context, p *payment, t *transfer) error {
	used := t.Used
	if err := s.book(ctx, bookedReleased, fmt.Sprintf("%s:%d", t.ID, t.Version), &p.ID, line{accountReceivable, used}, line{accountSuspense, -used}); err != nil {
		return err
	}
	t.PaymentID, t.Used = nil, 0
	if p.State == paid {
		p.State, p.Method, p.PaidAt = created, "", nil
	}
	p.Received -= used
	return s.saveTransfer(ctx, t)
}

// releaseAll takes all transfers from a payment that is owed, and gives them. They have paid parts of it.
func (s *Service) releaseAll(ctx context.Context, p *payment) ([]transfer, error) {
	if p.Received == 0 {
		return nil, nil
	}
	list, err := many[transfer](ctx, s, "transfers", selectTransfers+"WHERE t.payment_id = $1 ORDER BY t.day, t.id FOR UPDATE OF t", p.ID)
	if err != nil {
		return nil, err
	}
	for i := range list {
		if err := s.release(ctx, p, &list[i]); err != nil {
			return nil, err
		}
	}
	return list, nil
}

var (
	errTransferUnknown = problem.NotFound("transfer-unknown", "Diesen Umsatz gibt es nicht.", "There is no such entry.")
	errTransferUsed    = problem.Conflict("transfer-used", "Dieser Umsatz ist schon zugeordnet oder wird zurückgegeben.", "This entry is assigned already, or is given back.").
				With(problem.Text{De: "Machen Sie die Zuordnung zuerst rückgängig.", En: "Undo the assignment first."})
	errTransferFixed = problem.Conflict("transfer-fixed", "Diese Zuordnung kann nicht rückgängig gemacht werden.", "This assignment cannot be undone.").
				With(problem.Text{De: "Der Umsatz ist keiner Gebühr zugeordnet, oder von der Gebühr wurde etwas erstattet oder auf anderem Weg bezahlt.", En: "The entry is assigned to no fee, or something of the fee was refunded or paid in another way."})
)

// changeTransfer changes a transfer, under the lock of the payment that find names before, if any. With the key nothing is kept of who has transferred.
func (s *Service) changeTransfer(ctx context.Context, id uuid.UUID, key, action string, request any, find func(ctx context.Context, t transfer) (*uuid.UUID, error),
	fn func(ctx context.Context, p *payment, t *transfer) error,
) (types.Transfer, error) {
	_, err := idempotency.Do(ctx, s.DB, "payments."+action+":"+staff(ctx)+":"+id.String(), key, request, func(ctx context.Context) (struct{}, error) {
		before, err := s.transfer(ctx, id, "")
		if err != nil {
			return struct{}{}, err
		}
		of, err := find(ctx, before)
		if err != nil {
			return struct{}{}, err
		}
		var p *payment
		if of != nil {
			locked, err := s.lock(ctx, *of)
			if err != nil {
				return struct{}{}, err
			}
			p = &locked
		}
		t, err := s.transfer(ctx, id, " FOR UPDATE OF t") // as it is under the lock
		if err != nil {
			return struct{}{}, err
		}
		if err := fn(ctx, p, &t); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, s.Audit.Record(ctx, "payment."+action, "transfer:"+id.String(), "")
	})
	if err != nil {
		return types.Transfer{}, err
	}
	t, err := s.transfer(ctx, id, "")
	if err != nil {
		return types.Transfer{}, err
	}
	return s.wireTransfer(t)
}

func (s *Service) transfer(ctx context.Context, id uuid.UUID, lock string) (transfer, error) {
	list, err := many[transfer](ctx, s, "transfer", selectTransfers+"WHERE t.id = $1"+lock, id)
	if err != nil || len(list) == 0 {
		return transfer{}, firstOf(err, errTransferUnknown)
	}
	return list[0], nil
}

// AssignTransfer lets a transfer pay the fee with a Kassenzeichen, by hand.
func (s *Service) AssignTransfer(ctx context.Context, id uuid.UUID, key, reference string) (types.Transfer, error) {
	plain := bare(reference)
	find := func(ctx context.Context, _ transfer) (*uuid.UUID, error) {
		list, err := many[struct{ ID uuid.UUID }](ctx, s, "payment", "SELECT id FROM payments WHERE reference = $1", plain)
		if err != nil || len(list) == 0 {
			return nil, firstOf(err, wrongReference("Zu diesem Kassenzeichen gibt es keine Gebühr.", "There is no fee with this reference."))
		}
		return &list[0].ID, nil
	}
	return s.changeTransfer(ctx, id, key, "transfer-assign", plain, find, func(ctx context.Context, p *payment, t *transfer) error {
		switch {
		case t.Used > 0 || t.rest() == 0:
			return errTransferUsed
		case !payable(p.State):
			return wrongReference("Diese Gebühr ist schon bezahlt oder wird nicht mehr verlangt.", "This fee has been paid already, or is not asked for any more.")
		}
		if err := s.assign(ctx, p, t); err != nil {
			return err
		}
		return s.move(ctx, p, step{what: partWord(*p), by: staff(ctx)})
	})
}

func wrongReference(de, en string) error {
	return problem.Invalid(problem.FieldError{Pointer: "/reference", Code: "format", Message: problem.Text{De: de, En: en}})
}

// UndoTransfer takes a transfer from the fee that it has paid: by a counter booking, never by deleting one.
func (s *Service) UndoTransfer(ctx context.Context, id uuid.UUID, key string) (types.Transfer, error) {
	find := func(_ context.Context, t transfer) (*uuid.UUID, error) {
		if t.PaymentID == nil {
			return nil, errTransferFixed
		}
		return t.PaymentID, nil
	}
	return s.changeTransfer(ctx, id, key, "transfer-undo", id, find, func(ctx context.Context, p *payment, t *transfer) error {
		if t.PaymentID == nil || *t.PaymentID != p.ID || (!payable(p.State) && (p.State != paid || p.Refunded > 0 || p.Method != methodTransfer)) {
			return errTransferFixed
		}
		if err := s.release(ctx, p, t); err != nil {
			return err
		}
		return s.move(ctx, p, step{what: "transfer-undone", by: staff(ctx)})
	})
}

// GiveBackTransfer asks for giving back what is open of a transfer.
func (s *Service) GiveBackTransfer(ctx context.Context, id uuid.UUID, key string) (types.Transfer, error) {
	none := func(context.Context, transfer) (*uuid.UUID, error) { return nil, nil }
	return s.changeTransfer(ctx, id, key, "transfer-give-back", id, none, func(ctx context.Context, _ *payment, t *transfer) error {
		rest := t.rest()
		if rest == 0 {
			return errTransferUsed
		}
		t.Given += rest
		err := s.addRefund(ctx, refundRow{
			Kind: refundStray, Amount: rest, Reason: reasonTransfer, AskedBy: staff(ctx), Reference: fmt.Sprintf("%s:%d", t.ID, t.Version), Source: fromBank, TransferID: &t.ID,
		})
		if err != nil {
			return err
		}
		return s.saveTransfer(ctx, t)
	})
}

const (
	listTransfers     = selectTransfers + "WHERE ($1::date IS NULL OR (t.day, t.id) < ($1, $2)) ORDER BY t.day DESC, t.id DESC LIMIT $3"
	listOpenTransfers = selectTransfers + "WHERE t.used + t.given < t.amount AND ($1::date IS NULL OR (t.day, t.id) < ($1, $2)) ORDER BY t.day DESC, t.id DESC LIMIT $3"
)

// Transfers lists what has come to the account, the latest first; open are those of which something has to be cleared up.
func (s *Service) Transfers(ctx context.Context, open bool, limit int, cursor string) (items []types.Transfer, next string, err error) {
	at, id, err := position(cursor)
	if err != nil {
		return nil, "", err
	}
	query := listTransfers
	if open {
		query = listOpenTransfers
	}
	list, err := many[transfer](ctx, s, "transfers", query, at, id, limit+1)
	if err != nil {
		return nil, "", err
	}
	if len(list) > limit {
		list = list[:limit]
		next = paging.Cursor(list[limit-1].Day, list[limit-1].ID)
	}
	items = make([]types.Transfer, 0, len(list))
	for _, t := range list {
		item, err := s.wireTransfer(t)
		if err != nil {
			return nil, "", err
		}
		items = append(items, item)
	}
	return items, next, nil
}

func (s *Service) transferWords(id uuid.UUID, sealed []byte) (w transferWords, err error) {
	plain, err := s.Keys.Open(sealTransfer, sealed, id[:])
	if err != nil {
		return w, err
	}
	return w, wrap("read transfer", json.Unmarshal(plain, &w))
}

func (s *Service) wireTransfer(t transfer) (types.Transfer, error) {
	w, err := s.transferWords(t.ID, t.Content)
	out := types.Transfer{
		Id: t.ID, Day: openapi.Date{Time: t.Day}, Amount: money(t.Amount), Used: money(t.Used), Given: money(t.Given), Open: money(t.rest()), Entry: t.Entry,
		Name: optional(w.Name), Iban: optional(w.IBAN), Text: optional(w.Text), PaymentId: t.PaymentID, Reference: t.Reference,
	}
	return out, err
}

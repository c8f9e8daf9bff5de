package payments

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	api "portalverbund/api/payments"
	"portalverbund/api/types"
	"portalverbund/server/platform/files"
	"portalverbund/server/platform/notify"
)

const defaultLimit = 20

// Handlers answers the operations with the tag payments.
type Handlers struct{ s *Service }

// NewHandlers makes the Handlers.
func NewHandlers(s *Service) *Handlers { return &Handlers{s} }

var _ api.StrictServerInterface = (*Handlers)(nil)

func or[T any](given *T, usual T) T {
	if given == nil {
		return usual
	}
	return *given
}

// ListPayments answers GET /api/v1/payments.
func (h *Handlers) ListPayments(ctx context.Context, r api.ListPaymentsRequestObject) (api.ListPaymentsResponseObject, error) {
	items, next, err := h.s.List(ctx, r.Params.ApplicationId, or(r.Params.Limit, defaultLimit), or(r.Params.Cursor, ""))
	if err != nil {
		return nil, err
	}
	return api.ListPayments200JSONResponse{Items: items, NextCursor: optional(next)}, nil
}

// GetPayment answers GET /api/v1/payments/{paymentId}.
func (h *Handlers) GetPayment(ctx context.Context, r api.GetPaymentRequestObject) (api.GetPaymentResponseObject, error) {
	p, err := h.s.Get(ctx, r.PaymentId)
	if err != nil {
		return nil, err
	}
	return api.GetPayment200JSONResponse(p), nil
}

// StartPayment answers POST /api/v1/payments/{paymentId}/start.
func (h *Handlers) StartPayment(ctx context.Context, r api.StartPaymentRequestObject) (api.StartPaymentResponseObject, error) {
	p, err := h.s.Start(ctx, r.PaymentId, r.Params.IdempotencyKey)
	if err != nil {
		return nil, err
	}
	return api.StartPayment202JSONResponse(p), nil
}

// CheckPayment answers POST /api/v1/payments/{paymentId}/check.
func (h *Handlers) CheckPayment(ctx context.Context, r api.CheckPaymentRequestObject) (api.CheckPaymentResponseObject, error) {
	p, err := h.s.Check(ctx, r.PaymentId)
	if err != nil {
		return nil, err
	}
	return api.CheckPayment202JSONResponse(p), nil
}

// NotifyPayment answers POST /api/v1/payment-notifications/{token}.
func (h *Handlers) NotifyPayment(ctx context.Context, r api.NotifyPaymentRequestObject) (api.NotifyPaymentResponseObject, error) {
	if err := h.s.Notified(ctx, r.Token); err != nil {
		return nil, err
	}
	return api.NotifyPayment202Response{}, nil
}

// file is a small file as an answer.
type file struct {
	name    string
	content []byte
}

func (f file) send(w http.ResponseWriter) error {
	return files.Send(w, f.name, int64(len(f.content)), bytes.NewReader(f.content))
}

// written is a PDF as a file: whole before it is sent, so that an error is still an answer.
func written(write func(io.Writer) error, name string, err error) (file, error) {
	if err != nil {
		return file{}, err
	}
	var pdf bytes.Buffer
	if err := write(&pdf); err != nil {
		return file{}, err
	}
	return file{name: name, content: pdf.Bytes()}, nil
}

// VisitGetPaymentReceiptResponse writes the receipt.
func (f file) VisitGetPaymentReceiptResponse(w http.ResponseWriter) error { return f.send(w) }

// GetPaymentReceipt answers GET /api/v1/payments/{paymentId}/receipt.
func (h *Handlers) GetPaymentReceipt(ctx context.Context, r api.GetPaymentReceiptRequestObject) (api.GetPaymentReceiptResponseObject, error) {
	f, err := written(h.s.Receipt(ctx, r.PaymentId))
	if err != nil {
		return nil, err
	}
	return f, nil
}

// VisitGetPaymentNoticeResponse writes the notice.
func (f file) VisitGetPaymentNoticeResponse(w http.ResponseWriter) error { return f.send(w) }

// GetPaymentNotice answers GET /api/v1/payments/{paymentId}/notice.
func (h *Handlers) GetPaymentNotice(ctx context.Context, r api.GetPaymentNoticeRequestObject) (api.GetPaymentNoticeResponseObject, error) {
	f, err := written(h.s.Notice(ctx, r.PaymentId))
	if err != nil {
		return nil, err
	}
	return f, nil
}

// watch is a stream of the changes of a payment.
type watch struct{ notify.Events }

// WatchPayment answers GET /api/v1/payments/{paymentId}/events.
func (h *Handlers) WatchPayment(ctx context.Context, r api.WatchPaymentRequestObject) (api.WatchPaymentResponseObject, error) {
	events, err := h.s.Hub.Watch(ctx, Topic(r.PaymentId), func() (string, error) {
		c, err := h.s.mine(ctx, r.PaymentId, "")
		return fmt.Sprint(c.Revision), err
	})
	if err != nil {
		return nil, err
	}
	return watch{events}, nil
}

// VisitWatchPaymentResponse writes the stream.
func (v watch) VisitWatchPaymentResponse(w http.ResponseWriter) error { return v.Write(w) }

// ListCasePayments answers GET /api/v1/cases/{caseId}/payments.
func (h *Handlers) ListCasePayments(ctx context.Context, r api.ListCasePaymentsRequestObject) (api.ListCasePaymentsResponseObject, error) {
	got, err := h.s.OfCase(ctx, r.CaseId)
	if err != nil {
		return nil, err
	}
	return api.ListCasePayments200JSONResponse(got), nil
}

// SetFee answers POST /api/v1/cases/{caseId}/payments.
func (h *Handlers) SetFee(ctx context.Context, r api.SetFeeRequestObject) (api.SetFeeResponseObject, error) {
	got, err := h.s.SetFee(ctx, r.CaseId, r.Params.IdempotencyKey, *r.Body)
	if err != nil {
		return nil, err
	}
	return api.SetFee201JSONResponse(got), nil
}

// SetNoFee answers POST /api/v1/cases/{caseId}/no-fee.
func (h *Handlers) SetNoFee(ctx context.Context, r api.SetNoFeeRequestObject) (api.SetNoFeeResponseObject, error) {
	got, err := h.s.SetNoFee(ctx, r.CaseId, r.Params.IdempotencyKey, *r.Body)
	if err != nil {
		return nil, err
	}
	return api.SetNoFee200JSONResponse(got), nil
}

// ReducePayment answers POST /api/v1/cases/{caseId}/payments/{paymentId}/reduction.
func (h *Handlers) ReducePayment(ctx context.Context, r api.ReducePaymentRequestObject) (api.ReducePaymentResponseObject, error) {
	got, err := h.s.Reduce(ctx, r.CaseId, r.PaymentId, r.Params.IdempotencyKey, *r.Body)
	if err != nil {
		return nil, err
	}
	return api.ReducePayment200JSONResponse(got), nil
}

// PayCash answers POST /api/v1/cases/{caseId}/payments/{paymentId}/cash.
func (h *Handlers) PayCash(ctx context.Context, r api.PayCashRequestObject) (api.PayCashResponseObject, error) {
	got, err := h.s.PayCash(ctx, r.CaseId, r.PaymentId, r.Params.IdempotencyKey, Cents(r.Body.Amount))
	if err != nil {
		return nil, err
	}
	return api.PayCash200JSONResponse(got), nil
}

// VisitGetCasePaymentReceiptResponse writes the receipt.
func (f file) VisitGetCasePaymentReceiptResponse(w http.ResponseWriter) error { return f.send(w) }

// GetCasePaymentReceipt answers GET /api/v1/cases/{caseId}/payments/{paymentId}/receipt.
func (h *Handlers) GetCasePaymentReceipt(ctx context.Context, r api.GetCasePaymentReceiptRequestObject) (api.GetCasePaymentReceiptResponseObject, error) {
	f, err := written(h.s.CaseReceipt(ctx, r.CaseId, r.PaymentId))
	if err != nil {
		return nil, err
	}
	return f, nil
}

// ListStatements answers GET /api/v1/treasury/statements.
func (h *Handlers) ListStatements(ctx context.Context, _ api.ListStatementsRequestObject) (api.ListStatementsResponseObject, error) {
	got, err := h.s.Statements(ctx)
	if err != nil {
		return nil, err
	}
	return api.ListStatements200JSONResponse(got), nil
}

// ImportStatement answers POST /api/v1/treasury/statements.
func (h *Handlers) ImportStatement(ctx context.Context, r api.ImportStatementRequestObject) (api.ImportStatementResponseObject, error) {
	got, err := h.s.ImportStatement(ctx, r.Params.Name, r.Body)
	if err != nil {
		return nil, err
	}
	return api.ImportStatement201JSONResponse(got), nil
}

// ListTransfers answers GET /api/v1/treasury/transfers.
func (h *Handlers) ListTransfers(ctx context.Context, r api.ListTransfersRequestObject) (api.ListTransfersResponseObject, error) {
	items, next, err := h.s.Transfers(ctx, or(r.Params.Open, false), or(r.Params.Limit, defaultLimit), or(r.Params.Cursor, ""))
	if err != nil {
		return nil, err
	}
	return api.ListTransfers200JSONResponse{Items: items, NextCursor: optional(next)}, nil
}

// AssignTransfer answers POST /api/v1/treasury/transfers/{transferId}/assign.
func (h *Handlers) AssignTransfer(ctx context.Context, r api.AssignTransferRequestObject) (api.AssignTransferResponseObject, error) {
	got, err := h.s.AssignTransfer(ctx, r.TransferId, r.Params.IdempotencyKey, r.Body.Reference)
	if err != nil {
		return nil, err
	}
	return api.AssignTransfer200JSONResponse(got), nil
}

// UndoTransfer answers POST /api/v1/treasury/transfers/{transferId}/undo.
func (h *Handlers) UndoTransfer(ctx context.Context, r api.UndoTransferRequestObject) (api.UndoTransferResponseObject, error) {
	got, err := h.s.UndoTransfer(ctx, r.TransferId, r.Params.IdempotencyKey)
	if err != nil {
		return nil, err
	}
	return api.UndoTransfer200JSONResponse(got), nil
}

// GiveBackTransfer answers POST /api/v1/treasury/transfers/{transferId}/give-back.
func (h *Handlers) GiveBackTransfer(ctx context.Context, r api.GiveBackTransferRequestObject) (api.GiveBackTransferResponseObject, error) {
	got, err := h.s.GiveBackTransfer(ctx, r.TransferId, r.Params.IdempotencyKey)
	if err != nil {
		return nil, err
	}
	return api.GiveBackTransfer200JSONResponse(got), nil
}

// GetTreasury answers GET /api/v1/treasury.
func (h *Handlers) GetTreasury(ctx context.Context, _ api.GetTreasuryRequestObject) (api.GetTreasuryResponseObject, error) {
	got, err := h.s.Overview(ctx)
	if err != nil {
		return nil, err
	}
	return api.GetTreasury200JSONResponse(got), nil
}

// ListTreasuryPayments answers GET /api/v1/treasury/payments.
func (h *Handlers) ListTreasuryPayments(ctx context.Context, r api.ListTreasuryPaymentsRequestObject) (api.ListTreasuryPaymentsResponseObject, error) {
	w := Wanted{Owed: or(r.Params.Owed, false), State: or(r.Params.State, types.PaymentState("")), Reference: or(r.Params.Reference, "")}
	items, next, err := h.s.Payments(ctx, w, or(r.Params.Limit, defaultLimit), or(r.Params.Cursor, ""))
	if err != nil {
		return nil, err
	}
	return api.ListTreasuryPayments200JSONResponse{Items: items, NextCursor: optional(next)}, nil
}

// AskRefund answers POST /api/v1/treasury/payments/{paymentId}/refunds.
func (h *Handlers) AskRefund(ctx context.Context, r api.AskRefundRequestObject) (api.AskRefundResponseObject, error) {
	got, err := h.s.AskRefund(ctx, r.PaymentId, r.Params.IdempotencyKey, *r.Body)
	if err != nil {
		return nil, err
	}
	return api.AskRefund201JSONResponse(got), nil
}

// WriteOffPayment answers POST /api/v1/treasury/payments/{paymentId}/write-off.
func (h *Handlers) WriteOffPayment(ctx context.Context, r api.WriteOffPaymentRequestObject) (api.WriteOffPaymentResponseObject, error) {
	got, err := h.s.WriteOff(ctx, r.PaymentId, r.Params.IdempotencyKey)
	if err != nil {
		return nil, err
	}
	return api.WriteOffPayment200JSONResponse(got), nil
}

// ListRefunds answers GET /api/v1/treasury/refunds.
func (h *Handlers) ListRefunds(ctx context.Context, _ api.ListRefundsRequestObject) (api.ListRefundsResponseObject, error) {
	items, err := h.s.Refunds(ctx)
	if err != nil {
		return nil, err
	}
	return api.ListRefunds200JSONResponse{Items: items}, nil
}

// ApproveRefund answers POST /api/v1/treasury/refunds/{refundId}/approve.
func (h *Handlers) ApproveRefund(ctx context.Context, r api.ApproveRefundRequestObject) (api.ApproveRefundResponseObject, error) {
	got, err := h.s.ApproveRefund(ctx, r.RefundId, r.Params.IdempotencyKey)
	if err != nil {
		return nil, err
	}
	return api.ApproveRefund200JSONResponse(got), nil
}

// ExecuteRefund answers POST /api/v1/treasury/refunds/{refundId}/execute.
func (h *Handlers) ExecuteRefund(ctx context.Context, r api.ExecuteRefundRequestObject) (api.ExecuteRefundResponseObject, error) {
	got, err := h.s.ExecuteRefund(ctx, r.RefundId, r.Params.IdempotencyKey)
	if err != nil {
		return nil, err
	}
	return api.ExecuteRefund200JSONResponse(got), nil
}

// RefuseRefund answers POST /api/v1/treasury/refunds/{refundId}/refuse.
func (h *Handlers) RefuseRefund(ctx context.Context, r api.RefuseRefundRequestObject) (api.RefuseRefundResponseObject, error) {
	got, err := h.s.RefuseRefund(ctx, r.RefundId, r.Params.IdempotencyKey)
	if err != nil {
		return nil, err
	}
	return api.RefuseRefund200JSONResponse(got), nil
}

// ReconcilePayments answers GET /api/v1/treasury/reconciliation.
func (h *Handlers) ReconcilePayments(ctx context.Context, r api.ReconcilePaymentsRequestObject) (api.ReconcilePaymentsResponseObject, error) {
	got, err := h.s.Reconcile(ctx, r.Params.Service, r.Params.From.Time, r.Params.To.Time)
	if err != nil {
		return nil, err
	}
	return api.ReconcilePayments200JSONResponse(got), nil
}

// ResolveDifference answers POST /api/v1/treasury/reconciliation/resolve.
func (h *Handlers) ResolveDifference(ctx context.Context, r api.ResolveDifferenceRequestObject) (api.ResolveDifferenceResponseObject, error) {
	got, err := h.s.Resolve(ctx, r.Params.IdempotencyKey, r.Body.Service, r.Body.TransactionId)
	if err != nil {
		return nil, err
	}
	return api.ResolveDifference200JSONResponse(got), nil
}

// ExplainDifference answers POST /api/v1/treasury/reconciliation/explanations.
func (h *Handlers) ExplainDifference(ctx context.Context, r api.ExplainDifferenceRequestObject) (api.ExplainDifferenceResponseObject, error) {
	got, err := h.s.Explain(ctx, r.Params.IdempotencyKey, *r.Body)
	if err != nil {
		return nil, err
	}
	return api.ExplainDifference201JSONResponse(got), nil
}

// export is the ledger of some days, streamed.
type export struct {
	ctx      context.Context
	s        *Service
	from, to time.Time
}

// VisitExportLedgerResponse writes the file; a stream that breaks off is no whole file.
func (e export) VisitExportLedgerResponse(w http.ResponseWriter) error {
	header := w.Header()
	header.Set("Content-Type", "text/csv; charset=utf-8")
	header.Set("Content-Disposition", files.Disposition("buchungen-"+e.from.Format(time.DateOnly)+".csv"))
	header.Set("Cache-Control", "no-store")
	return e.s.Export(e.ctx, w, e.from, e.to)
}

// ExportLedger answers GET /api/v1/treasury/export.
func (h *Handlers) ExportLedger(ctx context.Context, r api.ExportLedgerRequestObject) (api.ExportLedgerResponseObject, error) {
	return export{ctx: ctx, s: h.s, from: r.Params.From.Time, to: r.Params.To.Time}, nil
}

// ListClosings answers GET /api/v1/treasury/closings.
func (h *Handlers) ListClosings(ctx context.Context, _ api.ListClosingsRequestObject) (api.ListClosingsResponseObject, error) {
	got, err := h.s.Closings(ctx)
	if err != nil {
		return nil, err
	}
	return api.ListClosings200JSONResponse(got), nil
}

// CloseDay answers POST /api/v1/treasury/closings.
func (h *Handlers) CloseDay(ctx context.Context, r api.CloseDayRequestObject) (api.CloseDayResponseObject, error) {
	got, err := h.s.Close(ctx, r.Params.IdempotencyKey, r.Body.Day.Time)
	if err != nil {
		return nil, err
	}
	return api.CloseDay201JSONResponse(got), nil
}

// ListTreasuryServices answers GET /api/v1/treasury/payment-services.
func (h *Handlers) ListTreasuryServices(ctx context.Context, _ api.ListTreasuryServicesRequestObject) (api.ListTreasuryServicesResponseObject, error) {
	got, err := h.s.TreasuryServices(ctx)
	if err != nil {
		return nil, err
	}
	return api.ListTreasuryServices200JSONResponse(got), nil
}

// ListPaymentServices answers GET /api/v1/admin/payment-services.
func (h *Handlers) ListPaymentServices(ctx context.Context, _ api.ListPaymentServicesRequestObject) (api.ListPaymentServicesResponseObject, error) {
	got, err := h.s.PaymentServices(ctx)
	if err != nil {
		return nil, err
	}
	return api.ListPaymentServices200JSONResponse(got), nil
}

// SetPaymentService answers PUT /api/v1/admin/payment-services.
func (h *Handlers) SetPaymentService(ctx context.Context, r api.SetPaymentServiceRequestObject) (api.SetPaymentServiceResponseObject, error) {
	got, err := h.s.SetPaymentService(ctx, *r.Body)
	if err != nil {
		return nil, err
	}
	return api.SetPaymentService200JSONResponse(got), nil
}

// EndPaymentService answers DELETE /api/v1/admin/payment-services/{paymentServiceId}.
func (h *Handlers) EndPaymentService(ctx context.Context, r api.EndPaymentServiceRequestObject) (api.EndPaymentServiceResponseObject, error) {
	if err := h.s.EndPaymentService(ctx, r.PaymentServiceId); err != nil {
		return nil, err
	}
	return api.EndPaymentService204Response{}, nil
}

// CheckPaymentService answers POST /api/v1/admin/payment-services/{paymentServiceId}/check.
func (h *Handlers) CheckPaymentService(ctx context.Context, r api.CheckPaymentServiceRequestObject) (api.CheckPaymentServiceResponseObject, error) {
	got, err := h.s.CheckPaymentService(ctx, r.PaymentServiceId)
	if err != nil {
		return nil, err
	}
	return api.CheckPaymentService200JSONResponse(got), nil
}

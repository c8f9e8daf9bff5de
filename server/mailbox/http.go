package mailbox

import (
	"context"
	"net/http"

	"github.com/google/uuid"

	api "portalverbund/api/mailbox"
	"portalverbund/api/types"
)

const defaultLimit = 20

// Handlers answers the operations of the tag mailbox.
type Handlers struct{ s *Service }

var _ api.StrictServerInterface = (*Handlers)(nil)

// NewHandlers makes the Handlers of a Service.
func NewHandlers(s *Service) *Handlers { return &Handlers{s: s} }

// ListMessages answers GET /api/v1/mailbox.
func (h *Handlers) ListMessages(ctx context.Context, request api.ListMessagesRequestObject) (api.ListMessagesResponseObject, error) {
	limit, cursor := defaultLimit, ""
	if request.Params.Limit != nil {
		limit = *request.Params.Limit
	}
	if request.Params.Cursor != nil {
		cursor = *request.Params.Cursor
	}
	account, here, err := h.s.local(ctx)
	if err != nil {
		return nil, err
	}
	if !here {
		var list types.MailboxList
		if err := passOn(h.s.home.Get(ctx, listPath(limit, cursor), &list)); err != nil {
			return nil, err
		}
		if list.Items == nil {
			list.Items = []types.MailboxSummary{}
		}
		return api.ListMessages200JSONResponse(list), nil
	}
	l, err := h.s.List(ctx, account, limit, cursor)
	if err != nil {
		return nil, err
	}
	return api.ListMessages200JSONResponse(wireList(l)), nil
}

// GetMailboxSettings answers GET /api/v1/account/mailbox-settings.
func (h *Handlers) GetMailboxSettings(ctx context.Context, _ api.GetMailboxSettingsRequestObject) (api.GetMailboxSettingsResponseObject, error) {
	settings, err := h.s.Settings(ctx)
	return api.GetMailboxSettings200JSONResponse(settings), err
}

// SetMailboxSettings answers PUT /api/v1/account/mailbox-settings.
func (h *Handlers) SetMailboxSettings(ctx context.Context, request api.SetMailboxSettingsRequestObject) (api.SetMailboxSettingsResponseObject, error) {
	settings, err := h.s.SetSettings(ctx, *request.Body)
	return api.SetMailboxSettings200JSONResponse(settings), err
}

// GetMessage answers GET /api/v1/mailbox/{messageId}.
func (h *Handlers) GetMessage(ctx context.Context, request api.GetMessageRequestObject) (api.GetMessageResponseObject, error) {
	account, here, err := h.s.local(ctx)
	if err != nil {
		return nil, err
	}
	if !here {
		var m types.MailboxMessage
		if err := passOn(h.s.home.Get(ctx, messagePath(request.MessageId), &m)); err != nil {
			return nil, err
		}
		return api.GetMessage200JSONResponse(m), nil
	}
	m, err := h.s.Read(ctx, account, request.MessageId)
	if err != nil {
		return nil, err
	}
	return api.GetMessage200JSONResponse(wire(m)), nil
}

// KeepMessage answers POST /api/v1/mailbox/{messageId}.
func (h *Handlers) KeepMessage(ctx context.Context, request api.KeepMessageRequestObject) (api.KeepMessageResponseObject, error) {
	account, here, err := h.s.local(ctx)
	if err != nil {
		return nil, err
	}
	var d types.SafeDocument
	if here {
		d, err = h.s.Keep(ctx, account, request.MessageId)
	} else {
		err = h.s.home.Ask(ctx, http.MethodPost, messagePath(request.MessageId), nil, &d)
	}
	if err != nil {
		return nil, err
	}
	return api.KeepMessage201JSONResponse(d), nil
}

// DeleteMessage answers DELETE /api/v1/mailbox/{messageId}.
func (h *Handlers) DeleteMessage(ctx context.Context, request api.DeleteMessageRequestObject) (api.DeleteMessageResponseObject, error) {
	account, here, err := h.s.local(ctx)
	if err != nil {
		return nil, err
	}
	if here {
		err = h.s.Delete(ctx, account, request.MessageId)
	} else {
		err = passOn(h.s.home.Delete(ctx, messagePath(request.MessageId)))
	}
	if err != nil {
		return nil, err
	}
	return api.DeleteMessage204Response{}, nil
}

func messagePath(id uuid.UUID) string { return path + "/" + id.String() }

func wireList(l List) types.MailboxList {
	list := types.MailboxList{Items: make([]types.MailboxSummary, 0, len(l.Items)), Unread: l.Unread}
	if l.Next != "" {
		list.NextCursor = &l.Next
	}
	for _, m := range l.Items {
		list.Items = append(list.Items, types.MailboxSummary{Id: m.ID, Subject: m.Subject, Sender: m.Sender, At: m.At, Read: m.FirstReadAt != nil})
	}
	return list
}

func wire(m Message) types.MailboxMessage {
	w := types.MailboxMessage{Id: m.ID, Subject: m.Subject, Sender: m.Sender, Text: m.Text, At: m.At, FirstReadAt: m.FirstReadAt, Safe: m.Safe}
	if m.Link != "" {
		w.Link = &m.Link
	}
	if len(m.Documents) > 0 {
		w.Documents = &m.Documents
	}
	return w
}

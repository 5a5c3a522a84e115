package httpapi

import (
	"context"

	"chatsystem/adapters/httpapi/openapi/messagesapi"
	"chatsystem/application/messages"
	"chatsystem/domain"
)

// MessageUseCases are what the message service's endpoints drive.
type MessageUseCases struct {
	Send     *messages.Send
	History  *messages.History
	Get      *messages.Get
	MarkRead *messages.MarkRead
}

// MessageRoutes serves the operations tagged messages.
func MessageRoutes(uc MessageUseCases) Routes {
	return func(m *mount) {
		handlers := messagesapi.NewStrictHandlerWithOptions(messageHandlers{uc}, nil, messagesapi.StrictHTTPServerOptions{
			RequestErrorHandlerFunc: m.site.fail, ResponseErrorHandlerFunc: m.site.fail,
		})
		messagesapi.HandlerWithOptions(handlers, messagesapi.ChiServerOptions{BaseRouter: m.api, ErrorHandlerFunc: m.site.failBinding})
	}
}

type messageHandlers struct{ uc MessageUseCases }

var _ messagesapi.StrictServerInterface = messageHandlers{}

func (h messageHandlers) SendMessage(ctx context.Context, r messagesapi.SendMessageRequestObject) (messagesapi.SendMessageResponseObject, error) {
	out, err := h.uc.Send.Execute(ctx, messages.SendInput{
		Sender: callerOf(ctx).User, Conversation: r.ConversationID, ClientMsgID: r.Body.ClientMsgID, Body: r.Body.Body,
	})
	if err != nil {
		return nil, err
	}
	if out.Created {
		return messagesapi.SendMessage201JSONResponse(fullMessage(out.Message)), nil
	}
	return messagesapi.SendMessage200JSONResponse(fullMessage(out.Message)), nil
}

func (h messageHandlers) ListMessages(ctx context.Context, r messagesapi.ListMessagesRequestObject) (messagesapi.ListMessagesResponseObject, error) {
	page, err := h.uc.History.Execute(ctx, messages.HistoryInput{
		Viewer: callerOf(ctx).User, Conversation: r.ConversationID,
		AfterSeq: r.Params.AfterSeq, BeforeSeq: r.Params.BeforeSeq, Latest: r.Params.Latest, Limit: r.Params.Limit,
	})
	if err != nil {
		return nil, err
	}
	return historyPage(page), nil
}

func (h messageHandlers) GetMessage(ctx context.Context, r messagesapi.GetMessageRequestObject) (messagesapi.GetMessageResponseObject, error) {
	fields := r.Params.Fields
	if fields != nil && !fields.Valid() {
		return nil, domain.Invalid("fields", "unknown", "fields can only be full.")
	}
	m, err := h.uc.Get.Execute(ctx, messages.GetInput{
		Viewer: callerOf(ctx).User, Conversation: r.ConversationID, ID: r.MessageID, Full: fields != nil,
	})
	if err != nil {
		return nil, err
	}
	if fields != nil {
		return messagesapi.GetMessage200JSONResponse(fullMessage(m)), nil
	}
	return messagesapi.GetMessage200JSONResponse(pointer(m.Pointer)), nil
}

func (h messageHandlers) MarkRead(ctx context.Context, r messagesapi.MarkReadRequestObject) (messagesapi.MarkReadResponseObject, error) {
	mark, err := h.uc.MarkRead.Execute(ctx, callerOf(ctx).User, r.ConversationID, r.Body.LastReadSeq)
	if err != nil {
		return nil, err
	}
	return messagesapi.MarkRead200JSONResponse{
		LastReadSeq: int64(mark.LastRead), UnreadCount: mark.Unread, SettledSeq: int64(mark.Settled),
	}, nil
}

// pointer is a message as history shows it.
func pointer(p domain.Pointer) messagesapi.Message {
	return messagesapi.Message{
		ConversationID: string(p.Conversation), MessageID: string(p.ID), Seq: int64(p.Seq), SenderID: string(p.Sender),
		CreatedAt: p.CreatedAt, Preview: p.Preview, HasMore: p.HasMore, ClientMsgID: p.ClientMsgID,
	}
}

func fullMessage(m domain.Message) messagesapi.Message {
	out := pointer(m.Pointer)
	out.Body = &m.Body
	return out
}

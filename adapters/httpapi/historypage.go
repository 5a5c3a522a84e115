package httpapi

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"chatsystem/adapters/httpapi/openapi/messagesapi"
	"chatsystem/domain"
)

// historyPage is the answer to ListMessages, encoded by hand: pages are by far the largest answers, and the generated code
// finds the fields of two hundred messages by reflection.
type historyPage domain.HistoryPage

var _ messagesapi.ListMessagesResponseObject = historyPage{}

// pageBuffers hold encoded pages; one is about 100 kB.
var pageBuffers = sync.Pool{New: func() any { return new([]byte) }}

// VisitListMessagesResponse implements messagesapi.ListMessagesResponseObject.
func (p historyPage) VisitListMessagesResponse(w http.ResponseWriter) error {
	buffer := pageBuffers.Get().(*[]byte)
	defer pageBuffers.Put(buffer)
	body, err := p.appendTo((*buffer)[:0])
	if err != nil {
		return err
	}
	*buffer = body
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	_, err = w.Write(body)
	return err
}

func (p historyPage) appendTo(b []byte) (_ []byte, err error) {
	b = append(b, `{"first_seq":`...)
	b = strconv.AppendInt(b, int64(p.First), 10)
	b = append(b, `,"has_more":`...)
	b = strconv.AppendBool(b, p.HasMore)
	b = append(b, `,"messages":[`...)
	for i, m := range p.Messages {
		if i > 0 {
			b = append(b, ',')
		}
		if b, err = appendPointer(b, m); err != nil {
			return nil, err
		}
	}
	b = append(b, `],"next_seq":`...)
	b = strconv.AppendInt(b, int64(p.Next), 10)
	return append(b, '}', '\n'), nil
}

func appendPointer(b []byte, p domain.Pointer) (_ []byte, err error) {
	b = append(b, `{"client_msg_id":`...)
	if b, err = jsontext.AppendQuote(b, p.ClientMsgID); err != nil {
		return nil, err
	}
	b = append(b, `,"conversation_id":"`...) // ids need no escaping
	b = append(b, p.Conversation...)
	b = append(b, `","created_at":"`...)
	b = p.CreatedAt.AppendFormat(b, time.RFC3339Nano)
	b = append(b, `","has_more":`...)
	b = strconv.AppendBool(b, p.HasMore)
	b = append(b, `,"message_id":"`...)
	b = append(b, p.ID...)
	b = append(b, `","preview":`...)
	if b, err = jsontext.AppendQuote(b, p.Preview); err != nil {
		return nil, err
	}
	b = append(b, `,"sender_id":"`...)
	b = append(b, p.Sender...)
	b = append(b, `","seq":`...)
	b = strconv.AppendInt(b, int64(p.Seq), 10)
	return append(b, '}'), nil
}

package dynamo

import (
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"chatsystem/domain"
)

// The attributes of items. The first two are the table's key.
const (
	attrConversation   = "conversation_id"
	attrSeq            = "seq"
	attrKind           = "kind"
	attrMessageID      = "message_id"
	attrSender         = "sender_id"
	attrCreatedAt      = "created_at"
	attrPreview        = "preview"
	attrHasMore        = "has_more"
	attrClientMsgID    = "client_msg_id"
	attrMembersVersion = "members_version"
	attrBody           = "body"
)

// The kinds of head items. Others may come: readers count what they do not know.
const (
	kindMessage = "message"
	kindVoid    = "void"
)

// timeLayout is RFC 3339 in UTC with milliseconds, as in the API.
const timeLayout = "2006-01-02T15:04:05.000Z"

type item = map[string]types.AttributeValue

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func number[N ~int64](n N) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(int64(n), 10)}
}

// headKey is where the entry at a seq is.
func headKey(c domain.ConversationID, seq domain.Seq) item {
	return item{attrConversation: text(string(c)), attrSeq: number(seq)}
}

// bodyKey is where the text of the message at a seq is, if its head says that it has more than the preview.
func bodyKey(c domain.ConversationID, seq domain.Seq) item {
	return item{attrConversation: text(string(c) + "#body"), attrSeq: number(seq)}
}

func messageItem(p domain.Pointer) item {
	head := headKey(p.Conversation, p.Seq)
	head[attrKind] = text(kindMessage)
	head[attrMessageID] = text(string(p.ID))
	head[attrSender] = text(string(p.Sender))
	head[attrCreatedAt] = text(domain.StoredTime(p.CreatedAt).Format(timeLayout))
	head[attrPreview] = text(p.Preview)
	head[attrHasMore] = &types.AttributeValueMemberBOOL{Value: p.HasMore}
	head[attrClientMsgID] = text(p.ClientMsgID)
	head[attrMembersVersion] = number(p.MembersVersion)
	return head
}

// voidItem is a tombstone: it has no message_id, so no message can be taken for it.
func voidItem(c domain.ConversationID, seq domain.Seq) item {
	tombstone := headKey(c, seq)
	tombstone[attrKind] = text(kindVoid)
	return tombstone
}

func bodyItem(m domain.Message) item {
	body := bodyKey(m.Conversation, m.Seq)
	body[attrMessageID] = text(string(m.ID))
	body[attrBody] = text(m.Body)
	return body
}

// entryOf reads a head item.
func entryOf(head item) (domain.Entry, error) {
	r := reader{item: head}
	seq := domain.Seq(r.number(attrSeq))
	entry := domain.Entry{Seq: seq, Kind: domain.EntryUnknown}
	switch r.optionalText(attrKind) {
	case kindVoid:
		entry = domain.VoidEntry(seq)
	case kindMessage:
		entry = domain.MessageEntry(domain.Pointer{
			Conversation: domain.ConversationID(r.text(attrConversation)), ID: domain.MessageID(r.text(attrMessageID)), Seq: seq,
			Sender: domain.UserID(r.text(attrSender)), ClientMsgID: r.text(attrClientMsgID), CreatedAt: r.time(attrCreatedAt),
			Preview: r.text(attrPreview), HasMore: r.bool(attrHasMore), MembersVersion: r.number(attrMembersVersion),
		})
	}
	if r.err != nil {
		return domain.Entry{}, fmt.Errorf("item at seq %d: %w", seq, r.err)
	}
	return entry, nil
}

// reader reads the attributes of an item and keeps the first thing that is wrong with them.
type reader struct {
	item item
	err  error
}

func (r *reader) fail(attr string) {
	if r.err == nil {
		r.err = fmt.Errorf("attribute %s is missing or of another type", attr)
	}
}

func (r *reader) text(attr string) string {
	v, ok := r.item[attr].(*types.AttributeValueMemberS)
	if !ok {
		r.fail(attr)
		return ""
	}
	return v.Value
}

func (r *reader) optionalText(attr string) string {
	if r.item[attr] == nil {
		return ""
	}
	return r.text(attr)
}

func (r *reader) number(attr string) int64 {
	if v, ok := r.item[attr].(*types.AttributeValueMemberN); ok {
		if n, err := strconv.ParseInt(v.Value, 10, 64); err == nil {
			return n
		}
	}
	r.fail(attr)
	return 0
}

func (r *reader) bool(attr string) bool {
	v, ok := r.item[attr].(*types.AttributeValueMemberBOOL)
	if !ok {
		r.fail(attr)
		return false
	}
	return v.Value
}

func (r *reader) time(attr string) time.Time {
	t, err := time.Parse(timeLayout, r.text(attr))
	if err != nil {
		r.fail(attr)
	}
	return t
}

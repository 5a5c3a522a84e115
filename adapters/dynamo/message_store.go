package dynamo

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"chatsystem/domain"
	"chatsystem/ports"
)

var _ ports.MessageStore = (*MessageStore)(nil)

// MessageStore is the message table. Each of its calls ends within callTimeout.
type MessageStore struct {
	client    *dynamodb.Client
	transport *http.Transport
	table     *string
}

// Open returns the store. It does not connect; CheckTable does.
func Open(ctx context.Context, c Config) (*MessageStore, error) { return open(ctx, c) }

func open(ctx context.Context, c Config, options ...func(*dynamodb.Options)) (*MessageStore, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	transport := newTransport()
	client, err := c.client(ctx, transport, options...)
	if err != nil {
		return nil, err
	}
	return &MessageStore{client: client, transport: transport, table: aws.String(c.Table)}, nil
}

// Close lets go of idle connections. Calls under way are not disturbed.
func (s *MessageStore) Close() { s.transport.CloseIdleConnections() }

// Put implements ports.MessageStore. A long text is written before the head, under the same condition.
//
// If a text of another message is at the seq already, its head is either there and decides, or has never come: the
// process that wrote it died, or is about to write the head, of a message to which a counter that was restored to an
// earlier state had given the same seq. This message's text cannot be kept then, so the seq is buried: whichever of head
// and tombstone came first is the answer, and the caller takes another seq. A text whose head never came stays where
// it is, found by nobody.
func (s *MessageStore) Put(ctx context.Context, m domain.Message) (domain.Entry, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	if m.HasMore {
		there, err := s.putOnce(ctx, bodyItem(m))
		if err != nil {
			return domain.Entry{}, translate("put body", err)
		}
		if there != nil && !isOf(there, m.ID) {
			return s.add(ctx, voidItem(m.Conversation, m.Seq), domain.VoidEntry(m.Seq))
		}
	}
	return s.add(ctx, messageItem(m.Pointer), domain.MessageEntry(m.Pointer))
}

// Bury implements ports.MessageStore.
func (s *MessageStore) Bury(ctx context.Context, c domain.ConversationID, seq domain.Seq) (domain.Entry, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return s.add(ctx, voidItem(c, seq), domain.VoidEntry(seq))
}

// add puts a head item unless its seq is held, and returns what holds it.
func (s *MessageStore) add(ctx context.Context, head item, e domain.Entry) (domain.Entry, error) {
	there, err := s.putOnce(ctx, head)
	if err != nil {
		return domain.Entry{}, translate("put entry", err)
	}
	if there == nil {
		return e, nil
	}
	held, err := entryOf(there)
	if err != nil {
		return domain.Entry{}, fmt.Errorf("dynamo: put entry: %w", err)
	}
	return held, nil
}

// putOnce puts an item unless one is there with its key, which it returns then: perhaps the item itself, put by an
// attempt whose answer was lost.
func (s *MessageStore) putOnce(ctx context.Context, i item) (there item, err error) {
	_, err = s.client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: s.table, Item: i,
		ConditionExpression:                 aws.String("attribute_not_exists(#c)"),
		ExpressionAttributeNames:            map[string]string{"#c": attrConversation},
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	var held *types.ConditionalCheckFailedException
	if !errors.As(err, &held) {
		return nil, err
	}
	if held.Item == nil {
		return nil, fmt.Errorf("the item in the way was not returned: %w", err)
	}
	return held.Item, nil
}

// isOf tells whether an item carries this message's id.
func isOf(i item, id domain.MessageID) bool {
	v, ok := i[attrMessageID].(*types.AttributeValueMemberS)
	return ok && v.Value == string(id)
}

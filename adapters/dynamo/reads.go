package dynamo

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"chatsystem/domain"
)

// EntriesFrom implements ports.MessageReader.
func (s *MessageStore) EntriesFrom(ctx context.Context, c domain.ConversationID, from domain.Seq, limit int) ([]domain.Entry, error) {
	return s.query(ctx, c, "#s >= :s", from, true, limit)
}

// EntriesBelow implements ports.MessageReader.
func (s *MessageStore) EntriesBelow(ctx context.Context, c domain.ConversationID, below domain.Seq, limit int) ([]domain.Entry, error) {
	return s.query(ctx, c, "#s < :s", below, false, limit)
}

// query follows LastEvaluatedKey until it has limit entries or there are no more: DynamoDB may end a page early.
func (s *MessageStore) query(
	ctx context.Context, c domain.ConversationID, condition string, seq domain.Seq, ascending bool, limit int,
) ([]domain.Entry, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	input := &dynamodb.QueryInput{
		TableName: s.table, ConsistentRead: aws.Bool(true), ScanIndexForward: aws.Bool(ascending),
		KeyConditionExpression:    aws.String("#c = :c AND " + condition),
		ExpressionAttributeNames:  map[string]string{"#c": attrConversation, "#s": attrSeq},
		ExpressionAttributeValues: item{":c": text(string(c)), ":s": number(seq)},
	}
	var entries []domain.Entry
	for len(entries) < limit {
		input.Limit = aws.Int32(int32(limit - len(entries)))
		page, err := s.client.Query(ctx, input)
		if err != nil {
			return nil, translate("query entries", err)
		}
		for _, head := range page.Items {
			e, err := entryOf(head)
			if err != nil {
				return nil, fmt.Errorf("dynamo: query entries: %w", err)
			}
			entries = append(entries, e)
		}
		if page.LastEvaluatedKey == nil {
			break
		}
		input.ExclusiveStartKey = page.LastEvaluatedKey
	}
	return entries, nil
}

// EntryAt implements ports.MessageReader.
func (s *MessageStore) EntryAt(ctx context.Context, c domain.ConversationID, seq domain.Seq) (domain.Entry, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return s.entryAt(ctx, c, seq)
}

func (s *MessageStore) entryAt(ctx context.Context, c domain.ConversationID, seq domain.Seq) (domain.Entry, bool, error) {
	head, err := s.get(ctx, headKey(c, seq))
	if err != nil {
		return domain.Entry{}, false, translate("get entry", err)
	}
	if head == nil {
		return domain.Entry{}, false, nil
	}
	e, err := entryOf(head)
	if err != nil {
		return domain.Entry{}, false, fmt.Errorf("dynamo: get entry: %w", err)
	}
	return e, true, nil
}

// Body implements ports.MessageReader. The head decides whether there is such a message; the text of one that ends with
// its preview is the preview.
func (s *MessageStore) Body(ctx context.Context, c domain.ConversationID, seq domain.Seq, id domain.MessageID) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	entry, there, err := s.entryAt(ctx, c, seq)
	switch {
	case err != nil:
		return "", err
	case !there || !entry.Holds(id):
		return "", domain.ErrMessageNotFound
	case !entry.Pointer.HasMore:
		return entry.Pointer.Preview, nil
	}
	body, err := s.get(ctx, bodyKey(c, seq))
	if err != nil {
		return "", translate("get body", err)
	}
	if !isOf(body, id) {
		return "", fmt.Errorf("dynamo: the text of message %s is missing", id)
	}
	r := reader{item: body}
	return r.text(attrBody), r.err
}

// get returns the item with a key, nil if there is none.
func (s *MessageStore) get(ctx context.Context, key item) (item, error) {
	out, err := s.client.GetItem(ctx, &dynamodb.GetItemInput{TableName: s.table, Key: key, ConsistentRead: aws.Bool(true)})
	if err != nil {
		return nil, err
	}
	return out.Item, nil
}

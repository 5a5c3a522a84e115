package dynamo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

const (
	// tableTimeout is how long a new table may take to become usable.
	tableTimeout = 2 * time.Minute
	// setupTimeout bounds a call while setting up: the first one to an engine that has just been started is slow.
	setupTimeout = 30 * time.Second
)

// EnsureTable makes the table unless it is there, waits until it is usable and checks it. For the program that sets a
// system up: services only check. Racing calls make one table.
func (s *MessageStore) EnsureTable(ctx context.Context) error {
	var absent *types.ResourceNotFoundException
	if _, err := s.describe(ctx, setupTimeout); err != nil && !errors.As(err, &absent) {
		return translate("describe table", err)
	}
	if absent != nil {
		if err := s.createTable(ctx); err != nil {
			return err
		}
	}
	waiter := dynamodb.NewTableExistsWaiter(s.client, func(o *dynamodb.TableExistsWaiterOptions) {
		o.MinDelay, o.MaxDelay = 200*time.Millisecond, 5*time.Second
	})
	if err := waiter.Wait(ctx, &dynamodb.DescribeTableInput{TableName: s.table}, tableTimeout); err != nil {
		return translate("wait for table", err)
	}
	return s.CheckTable(ctx)
}

func (s *MessageStore) createTable(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, setupTimeout)
	defer cancel()
	_, err := s.client.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName: s.table, KeySchema: keySchema, AttributeDefinitions: keyTypes, BillingMode: types.BillingModePayPerRequest,
	})
	var racing *types.ResourceInUseException // somebody else makes it
	if err != nil && !errors.As(err, &racing) {
		return translate("create table", err)
	}
	return nil
}

var (
	keySchema = []types.KeySchemaElement{
		{AttributeName: aws.String(attrConversation), KeyType: types.KeyTypeHash},
		{AttributeName: aws.String(attrSeq), KeyType: types.KeyTypeRange},
	}
	keyTypes = []types.AttributeDefinition{
		{AttributeName: aws.String(attrConversation), AttributeType: types.ScalarAttributeTypeS},
		{AttributeName: aws.String(attrSeq), AttributeType: types.ScalarAttributeTypeN},
	}
)

// CheckTable tells whether the table can be used: it answers, it is ready, and its key is the conversation and the seq.
// For readiness.
func (s *MessageStore) CheckTable(ctx context.Context) error {
	table, err := s.describe(ctx, callTimeout)
	if err != nil {
		return translate("describe table", err)
	}
	if table.TableStatus != types.TableStatusActive && table.TableStatus != types.TableStatusUpdating {
		return translate("check table", fmt.Errorf("table %s is %s", *s.table, table.TableStatus))
	}
	if !hasKey(table) {
		return fmt.Errorf("dynamo: table %s must have the key conversation_id (HASH, S), seq (RANGE, N)", *s.table)
	}
	return nil
}

func (s *MessageStore) describe(ctx context.Context, timeout time.Duration) (*types.TableDescription, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	out, err := s.client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: s.table})
	if err != nil {
		return nil, err
	}
	return out.Table, nil
}

// hasKey tells whether the table's key is ours; it may have more attributes, of indexes that do not concern us.
func hasKey(table *types.TableDescription) bool {
	if len(table.KeySchema) != len(keySchema) {
		return false
	}
	typeOf := map[string]types.ScalarAttributeType{}
	for _, a := range table.AttributeDefinitions {
		typeOf[aws.ToString(a.AttributeName)] = a.AttributeType
	}
	for i, k := range table.KeySchema {
		name := aws.ToString(k.AttributeName)
		if name != *keySchema[i].AttributeName || k.KeyType != keySchema[i].KeyType || typeOf[name] != keyTypes[i].AttributeType {
			return false
		}
	}
	return true
}

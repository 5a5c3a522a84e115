//go:build integration

package dynamo_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"chatsystem/adapters/dynamo"
	"chatsystem/domain"
)

func TestEnsureTable(t *testing.T) {
	t.Run("however many ask at once, there is one table, and again it changes nothing", func(t *testing.T) {
		s := openStore(t, newConfig(t))
		var starters errgroup.Group
		for range 4 {
			starters.Go(func() error { return s.EnsureTable(t.Context()) })
		}
		require.NoError(t, starters.Wait())
		m := newMessage(1, "hello")
		put(t, s, m)
		require.NoError(t, s.EnsureTable(t.Context()))
		_, there, err := s.EntryAt(t.Context(), m.Conversation, 1)
		require.NoError(t, err)
		require.True(t, there)
	})

	t.Run("a table with another key is refused", func(t *testing.T) {
		c := newConfig(t)
		create(t, c, "conversation_id", "message_id", types.ScalarAttributeTypeS)
		require.ErrorContains(t, openStore(t, c).EnsureTable(t.Context()), "must have the key")
	})
}

func TestCheckTable(t *testing.T) {
	t.Run("no table: unavailable", func(t *testing.T) {
		s := openStore(t, newConfig(t))
		require.ErrorIs(t, s.CheckTable(t.Context()), domain.ErrUnavailable)
		_, err := s.EntriesFrom(t.Context(), "c", 1, 1)
		require.ErrorIs(t, err, domain.ErrUnavailable)
	})

	t.Run("a table made by the documented command will do", func(t *testing.T) {
		c := newConfig(t)
		create(t, c, "conversation_id", "seq", types.ScalarAttributeTypeN)
		s := openStore(t, c)
		require.NoError(t, s.CheckTable(t.Context()))
		require.NoError(t, s.EnsureTable(t.Context()))
		put(t, s, newMessage(1, "hello"))
	})

	wrong := map[string]struct {
		hash, sort string
		sortType   types.ScalarAttributeType
	}{
		"seqs that are texts will not do":   {"conversation_id", "seq", types.ScalarAttributeTypeS},
		"another partition key":             {"conversation", "seq", types.ScalarAttributeTypeN},
		"another sort key":                  {"conversation_id", "created_at", types.ScalarAttributeTypeN},
		"a table without a sort key at all": {"conversation_id", "", ""},
	}
	for name, tc := range wrong {
		t.Run(name, func(t *testing.T) {
			c := newConfig(t)
			create(t, c, tc.hash, tc.sort, tc.sortType)
			err := openStore(t, c).CheckTable(t.Context())
			require.ErrorContains(t, err, "must have the key")
			require.NotErrorIs(t, err, domain.ErrUnavailable)
		})
	}
}

// create makes a table as `aws dynamodb create-table` does.
func create(t *testing.T, c dynamo.Config, hash, sort string, sortType types.ScalarAttributeType) {
	t.Helper()
	in := &dynamodb.CreateTableInput{
		TableName: &c.Table, BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: &hash, AttributeType: types.ScalarAttributeTypeS}},
		KeySchema:            []types.KeySchemaElement{{AttributeName: &hash, KeyType: types.KeyTypeHash}},
	}
	if sort != "" {
		in.AttributeDefinitions = append(in.AttributeDefinitions, types.AttributeDefinition{AttributeName: aws.String(sort), AttributeType: sortType})
		in.KeySchema = append(in.KeySchema, types.KeySchemaElement{AttributeName: aws.String(sort), KeyType: types.KeyTypeRange})
	}
	_, err := rawClient().CreateTable(t.Context(), in)
	require.NoError(t, err)
}

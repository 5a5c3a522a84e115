//go:build integration

package dynamo_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	"github.com/stretchr/testify/require"

	"chatsystem/domain"
)

// seen lets a test look at every request, and change it.
func seen(look func(input any)) func(*dynamodb.Options) {
	m := middleware.InitializeMiddlewareFunc("seen", func(
		ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
	) (middleware.InitializeOutput, middleware.Metadata, error) {
		look(in.Parameters)
		return next.HandleInitialize(ctx, in)
	})
	return dynamodb.WithAPIOptions(func(s *middleware.Stack) error { return s.Initialize.Add(m, middleware.After) })
}

// answered lets a test lose answers: what lose returns for a request takes the place of what the table answered.
func answered(lose func(input any) error) func(*dynamodb.Options) {
	var input any
	inputs := seen(func(in any) { input = in }) // one request at a time
	m := middleware.DeserializeMiddlewareFunc("answered", func(
		ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler,
	) (middleware.DeserializeOutput, middleware.Metadata, error) {
		out, metadata, err := next.HandleDeserialize(ctx, in)
		if lost := lose(input); lost != nil {
			err = lost
		}
		return out, metadata, err
	})
	return func(o *dynamodb.Options) {
		inputs(o)
		o.APIOptions = append(o.APIOptions, func(s *middleware.Stack) error { return s.Deserialize.Add(m, middleware.Before) })
	}
}

func TestReads(t *testing.T) {
	var mu sync.Mutex
	var requests []any
	s := openTable(t, seen(func(in any) {
		mu.Lock()
		defer mu.Unlock()
		requests = append(requests, in)
	}))
	long := newMessage(1, strings.Repeat("long ", 100))
	put(t, s, long)
	short := newMessage(2, "short")
	short.Conversation = long.Conversation
	put(t, s, short)
	read := func(t *testing.T, call func() error) []any {
		t.Helper()
		requests = nil
		require.NoError(t, call())
		require.NotEmpty(t, requests)
		return requests
	}

	calls := map[string]func() error{
		"EntriesFrom":  func() error { _, err := s.EntriesFrom(t.Context(), long.Conversation, 1, 10); return err },
		"EntriesBelow": func() error { _, err := s.EntriesBelow(t.Context(), long.Conversation, 10, 10); return err },
		"EntryAt":      func() error { _, _, err := s.EntryAt(t.Context(), long.Conversation, 1); return err },
		"Body":         func() error { _, err := s.Body(t.Context(), long.Conversation, 1, long.ID); return err },
	}
	for name, call := range calls {
		t.Run(name+" is strongly consistent", func(t *testing.T) {
			for _, in := range read(t, call) {
				switch in := in.(type) {
				case *dynamodb.QueryInput:
					require.True(t, aws.ToBool(in.ConsistentRead))
				case *dynamodb.GetItemInput:
					require.True(t, aws.ToBool(in.ConsistentRead))
				default:
					require.Failf(t, "unexpected request", "%T", in)
				}
			}
		})
	}

	t.Run("history asks once, and not for texts", func(t *testing.T) {
		for _, name := range []string{"EntriesFrom", "EntriesBelow"} {
			requests := read(t, calls[name])
			require.Len(t, requests, 1, name)
			query, ok := requests[0].(*dynamodb.QueryInput)
			require.True(t, ok)
			require.Equal(t, &types.AttributeValueMemberS{Value: string(long.Conversation)}, query.ExpressionAttributeValues[":c"])
		}
		requests := read(t, calls["EntryAt"])
		require.Len(t, requests, 1)
	})

	t.Run("a text that ends with its preview takes one request", func(t *testing.T) {
		require.Len(t, read(t, func() error {
			_, err := s.Body(t.Context(), short.Conversation, 2, short.ID)
			return err
		}), 1)
	})
}

func TestPagesThatEndEarlyAreContinued(t *testing.T) {
	queries := 0
	s := openTable(t, seen(func(in any) {
		if q, ok := in.(*dynamodb.QueryInput); ok {
			queries++
			q.Limit = aws.Int32(min(*q.Limit, 3))
		}
	}))
	first := newMessage(1, "hello")
	put(t, s, first)
	for seq := domain.Seq(2); seq <= 10; seq++ {
		m := newMessage(seq, "hello")
		m.Conversation = first.Conversation
		put(t, s, m)
	}
	got, err := s.EntriesFrom(t.Context(), first.Conversation, 1, 8)
	require.NoError(t, err)
	require.Equal(t, []domain.Seq{1, 2, 3, 4, 5, 6, 7, 8}, seqsOf(got))
	got, err = s.EntriesBelow(t.Context(), first.Conversation, 11, 100)
	require.NoError(t, err)
	require.Equal(t, []domain.Seq{10, 9, 8, 7, 6, 5, 4, 3, 2, 1}, seqsOf(got))
	require.Equal(t, 3+4, queries)
}

func TestLostAnswers(t *testing.T) {
	t.Run("an attempt that finds what the one before it stored is a success", func(t *testing.T) {
		for _, body := range []string{"short", strings.Repeat("long ", 100)} {
			var puts int
			s := openTable(t, answered(func(in any) error {
				if _, ok := in.(*dynamodb.PutItemInput); ok {
					if puts++; puts%2 == 1 { // the first of every two
						return &smithy.GenericAPIError{Code: "RequestTimeout", Fault: smithy.FaultServer}
					}
				}
				return nil
			}))
			m := newMessage(1, body)
			put(t, s, m)
			got, err := s.Body(t.Context(), m.Conversation, 1, m.ID)
			require.NoError(t, err)
			require.Equal(t, body, got)
		}
	})

	t.Run("a message whose head was never stored is not there, and can be put again", func(t *testing.T) {
		broken := false
		s := openTable(t, seen(func(in any) {
			if p, ok := in.(*dynamodb.PutItemInput); ok && broken && p.Item["kind"] != nil {
				p.TableName = aws.String("no-such-table")
			}
		}))
		m := newMessage(1, strings.Repeat("long ", 100))
		broken = true
		_, err := s.Put(t.Context(), m)
		require.ErrorIs(t, err, domain.ErrUnavailable)
		require.NotEmpty(t, rawItem(t, s.Table(), string(m.Conversation)+"#body", 1), "the text is written first")
		_, there, err := s.EntryAt(t.Context(), m.Conversation, 1)
		require.NoError(t, err)
		require.False(t, there)
		_, err = s.Body(t.Context(), m.Conversation, 1, m.ID)
		require.ErrorIs(t, err, domain.ErrMessageNotFound)

		broken = false
		put(t, s, m)
		got, err := s.Body(t.Context(), m.Conversation, 1, m.ID)
		require.NoError(t, err)
		require.Equal(t, m.Body, got)
	})
}

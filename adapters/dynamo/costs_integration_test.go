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
	"github.com/aws/smithy-go/middleware"
	"github.com/stretchr/testify/require"

	"chatsystem/domain"
	"chatsystem/ports/portstest"
)

// writes adds up the write units of puts.
type writes struct {
	mu    sync.Mutex
	units float64
}

func (w *writes) options(o *dynamodb.Options) {
	m := middleware.InitializeMiddlewareFunc("writes", func(
		ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
	) (middleware.InitializeOutput, middleware.Metadata, error) {
		if put, ok := in.Parameters.(*dynamodb.PutItemInput); ok {
			put.ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
		}
		out, metadata, err := next.HandleInitialize(ctx, in)
		if put, ok := out.Result.(*dynamodb.PutItemOutput); ok && err == nil {
			w.mu.Lock()
			w.units += aws.ToFloat64(put.ConsumedCapacity.CapacityUnits)
			w.mu.Unlock()
		}
		return out, metadata, err
	})
	o.APIOptions = append(o.APIOptions, func(s *middleware.Stack) error { return s.Initialize.Add(m, middleware.After) })
}

func TestWhatAMessageCosts(t *testing.T) {
	spent, read := &writes{}, &bill{}
	s := openTable(t, spent.options, read.options)
	ordinary := portstest.Ordinary()
	for figure, body := range map[string]string{
		"dynamodb-write-units":      ordinary.Preview,
		"dynamodb-write-units-long": strings.Repeat("x", 2000),
	} {
		spent.units = 0
		_, err := s.Put(t.Context(), newMessage(1, body))
		require.NoError(t, err)
		portstest.Documented(t, figure, spent.units, 0)
	}
	c := fill(t, s, 50, ordinary.Preview)
	*read = bill{}
	page, err := s.EntriesFrom(t.Context(), c, 1, 50)
	require.NoError(t, err)
	require.Len(t, page, 50)
	portstest.Documented(t, "dynamodb-page-units", read.units, 0.15)

	p := page[0].Pointer
	// The names of the attributes count, numbers as half their digits, a boolean as one, and a hundred bytes for the index.
	names := "conversation_id" + "seq" + "kind" + "message_id" + "sender_id" + "created_at" + "preview" + "has_more" + "client_msg_id" + "members_version"
	values := string(p.Conversation) + "message" + string(p.ID) + string(p.Sender) + "2026-01-02T15:04:05.678Z" + p.Preview + ordinary.ClientMsgID
	portstest.Documented(t, "dynamodb-bytes", float64(100+len(names)+len(values)+4+2+1), 0.02)
	require.Equal(t, domain.EntryMessage, page[0].Kind)
}

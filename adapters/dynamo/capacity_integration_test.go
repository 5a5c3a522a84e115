//go:build integration

package dynamo_test

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"chatsystem/adapters/dynamo"
	"chatsystem/domain"
)

// bill adds up what queries cost, one after another.
type bill struct {
	queries int
	units   float64 // read capacity: 4 KB each
}

// options lets the table say what each query has cost.
func (b *bill) options(o *dynamodb.Options) {
	m := middleware.InitializeMiddlewareFunc("bill", func(
		ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
	) (middleware.InitializeOutput, middleware.Metadata, error) {
		if query, ok := in.Parameters.(*dynamodb.QueryInput); ok {
			query.ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
		}
		out, metadata, err := next.HandleInitialize(ctx, in)
		if page, ok := out.Result.(*dynamodb.QueryOutput); ok && err == nil {
			b.queries++
			b.units += aws.ToFloat64(page.ConsumedCapacity.CapacityUnits)
		}
		return out, metadata, err
	})
	o.APIOptions = append(o.APIOptions, func(s *middleware.Stack) error { return s.Initialize.Add(m, middleware.After) })
}

// TestWhatAPageCosts reads the largest page there is: it costs as much as the previews, however long the texts are.
func TestWhatAPageCosts(t *testing.T) {
	spent := &bill{}
	s := openTable(t, spent.options)
	units := func(body string) float64 {
		t.Helper()
		c := fill(t, s, domain.MaxPageLimit+1, body)
		*spent = bill{}
		for name, read := range map[string]func() ([]domain.Entry, error){
			"up": func() ([]domain.Entry, error) { return s.EntriesFrom(t.Context(), c, 1, domain.MaxPageLimit+1) },
			"down": func() ([]domain.Entry, error) {
				return s.EntriesBelow(t.Context(), c, domain.MaxSeq, domain.MaxPageLimit+1)
			},
		} {
			entries, err := read()
			require.NoError(t, err)
			require.Len(t, entries, domain.MaxPageLimit+1, name)
		}
		require.Equal(t, 2, spent.queries)
		require.NotZero(t, spent.units)
		return spent.units
	}
	short, long := units(strings.Repeat("x", domain.PreviewChars)), units(strings.Repeat("x", 10*domain.PreviewChars))
	t.Logf("%v read units for %d short messages, %v for long ones", short/2, domain.MaxPageLimit+1, long/2)
	require.InDelta(t, short, long, 2)
}

// fill stores n messages of one text and returns their conversation.
func fill(t *testing.T, s *dynamo.MessageStore, n int, body string) domain.ConversationID {
	t.Helper()
	c := newMessage(1, body).Conversation
	var storing errgroup.Group
	storing.SetLimit(16)
	for seq := domain.Seq(1); seq <= domain.Seq(n); seq++ {
		m := newMessage(seq, body)
		m.Conversation = c
		storing.Go(func() error {
			_, err := s.Put(t.Context(), m)
			return err
		})
	}
	require.NoError(t, storing.Wait())
	return c
}

//go:build integration

package dynamo_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
	"chatsystem/ports/portstest"
)

// BenchmarkFloorHistory reads the largest page there is, of messages of which it shows a fraction. What it is billed is a test.
func BenchmarkFloorHistory(b *testing.B) {
	s := openTable(b)
	read := func(length int) func() float64 {
		body := strings.Repeat("x", length)
		c := newMessage(1, body).Conversation
		for seq := domain.Seq(1); seq <= domain.MaxPageLimit; seq++ { // one after another: the texts are large
			m := newMessage(seq, body)
			m.Conversation = c
			_, err := s.Put(b.Context(), m)
			require.NoError(b, err)
		}
		return func() float64 {
			return 1e6 / portstest.Rate(b, 1, 2*time.Second, func(int) error {
				page, err := s.EntriesFrom(b.Context(), c, 1, domain.MaxPageLimit)
				if err == nil && len(page) != domain.MaxPageLimit {
					err = fmt.Errorf("a page of %d", len(page))
				}
				return err
			})
		}
	}
	portstest.Floor{
		Row: "history page, 200 previews, texts of 100,000 characters beside 200, DynamoDB", Unit: "µs", Target: 1.2, AtMost: true,
		Floor: read(domain.PreviewChars), Ours: read(domain.MaxBodyChars),
	}.Run(b)
}

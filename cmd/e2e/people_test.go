//go:build e2e

package e2e

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"strings"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/require"

	"chatsystem/sdk"
)

// account is a signed-in person.
type account struct {
	*sdk.Client
	id string
}

// person makes an account through the edge.
func (s *stack) person(ctx context.Context, t *testing.T) account {
	t.Helper()
	client, err := sdk.New(s.url)
	require.NoError(t, err)
	name := "e2e-" + strings.ToLower(rand.Text()[:12])
	user, err := client.Register(ctx, sdk.Registration{Email: name + "@example.org", Password: rand.Text(), Username: name})
	require.NoError(t, err)
	return account{client, user.UserID}
}

// setting returns one of the settings that all processes have.
func (s *stack) setting(name string) string {
	for _, e := range s.env {
		if value, ok := strings.CutPrefix(e, name+"="); ok {
			return value
		}
	}
	return ""
}

// announced reads the topic of messages from the beginning until one of the conversation comes, and returns its id.
func (s *stack) announced(ctx context.Context, t *testing.T, conversation string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	found := make(chan string, 3)
	for partition := range 3 {
		reader := kafkago.NewReader(kafkago.ReaderConfig{
			Brokers: []string{s.setting("KAFKA_BROKERS")}, Topic: s.setting("KAFKA_PREFIX") + "message.new", Partition: partition, MaxWait: 100 * time.Millisecond,
		})
		t.Cleanup(func() { _ = reader.Close() })
		go func() {
			for {
				m, err := reader.ReadMessage(ctx)
				if err != nil {
					return
				}
				var event struct {
					Payload struct {
						ConversationID string `json:"conversation_id"`
						MessageID      string `json:"message_id"`
					} `json:"payload"`
				}
				if json.Unmarshal(m.Value, &event) == nil && event.Payload.ConversationID == conversation {
					found <- event.Payload.MessageID
					return
				}
			}
		}()
	}
	select {
	case id := <-found:
		return id
	case <-ctx.Done():
		require.FailNow(t, "the message is not on the topic")
		return ""
	}
}

func deadline(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

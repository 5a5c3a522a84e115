package kafka

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"chatsystem/domain"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var silent = slog.New(slog.NewTextHandler(io.Discard, nil))

func eventOf(c domain.ConversationID, seq domain.Seq) domain.Event {
	return domain.Event{Name: domain.EventMessageNew, Conversation: c, Seq: seq, Payload: json.RawMessage(`{}`)}
}

func TestABrokerThatDoesNotAnswerIsAnErrorInTime(t *testing.T) {
	for name, listen := range map[string]func(*testing.T) string{"nobody there": nobody, "accepted and never answered": mute} {
		t.Run(name, func(t *testing.T) {
			producer, err := NewProducer(Config{Brokers: []string{listen(t)}, ClientID: "test"})
			require.NoError(t, err)
			defer func() { require.NoError(t, producer.Close()) }()
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			began := time.Now()
			require.Error(t, producer.Publish(ctx, []domain.Event{eventOf("c", 1)}))
			require.Less(t, time.Since(began), 3*time.Second)
		})
	}
}

// nobody returns an address that refuses connections.
func nobody(t *testing.T) string {
	ln := listener(t)
	require.NoError(t, ln.Close())
	return ln.Addr().String()
}

// mute returns an address that takes connections and says nothing.
func mute(t *testing.T) string {
	ln := listener(t)
	t.Cleanup(func() { ln.Close() })
	return ln.Addr().String()
}

func listener(t *testing.T) net.Listener {
	var cfg net.ListenConfig
	ln, err := cfg.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	return ln
}

func TestSettingsAreCheckedAllAtOnce(t *testing.T) {
	_, err := NewProducer(Config{})
	require.ErrorContains(t, err, "brokers")
	require.ErrorContains(t, err, "client id")
	_, err = NewConsumer(Config{Brokers: []string{"a:1", ""}, ClientID: "x"}, silent)
	require.ErrorContains(t, err, "brokers")
	require.Error(t, CreateTopics(t.Context(), Config{}, 1))
}

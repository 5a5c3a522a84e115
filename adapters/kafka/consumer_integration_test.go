//go:build integration

package kafka

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/require"

	"chatsystem/domain"
	"chatsystem/ports"
)

func TestAConsumerThatStartsAgainResumesAtTheFirstEventNotDone(t *testing.T) {
	cfg := newCluster(t)
	producer := newProducer(t, cfg)
	var events []domain.Event
	for seq := domain.Seq(1); seq <= 6; seq++ {
		events = append(events, eventOf("c", seq))
	}
	require.NoError(t, producer.Publish(t.Context(), events))

	first, stop := startConsumer(t, cfg)
	require.Equal(t, events, fetch(t, first, 6, func(e domain.Event) bool { return e.Seq != 3 && e.Seq != 5 }))
	stop()

	second, stop := startConsumer(t, cfg)
	require.Equal(t, events[2:], fetch(t, second, 4, all))
	stop()

	third, _ := startConsumer(t, cfg)
	last := eventOf("c", 7)
	require.NoError(t, producer.Publish(t.Context(), []domain.Event{last}))
	require.Equal(t, []domain.Event{last}, fetch(t, third, 1, all))
}

func TestMessagesAndOtherEventsTravelOnTheirOwnTopics(t *testing.T) {
	cfg := newCluster(t)
	other := eventOf("c", 0)
	require.NoError(t, newProducer(t, cfg).Publish(t.Context(), []domain.Event{eventOf("c", 1), other}))
	consumer, _ := startConsumer(t, cfg)
	require.ElementsMatch(t, []domain.Event{eventOf("c", 1), other}, fetch(t, consumer, 2, all))
	for topic, want := range map[string]domain.Event{cfg.messageTopic(): eventOf("c", 1), cfg.fanoutTopic(): other} {
		m := only(t, cfg, topic)
		require.Equal(t, "c", string(m.Key))
		got, err := decodeEvent(m.Value)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

func TestAMessageThatCannotBeReadIsParkedAndPassedBy(t *testing.T) {
	cfg := newCluster(t)
	producer := newProducer(t, cfg)
	poison := kafka.Message{Topic: cfg.messageTopic(), Key: []byte("c"), Value: []byte(`{"v":9}`)}
	require.NoError(t, producer.writer.WriteMessages(t.Context(), poison))
	require.NoError(t, producer.Publish(t.Context(), []domain.Event{eventOf("c", 1)}))

	consumer, stop := startConsumer(t, cfg)
	require.Equal(t, []domain.Event{eventOf("c", 1)}, fetch(t, consumer, 1, all))
	require.EqualValues(t, 1, consumer.Parked())
	stop()

	parked := only(t, cfg, cfg.parkedTopic())
	require.Equal(t, `{"v":9}`, string(parked.Value))
	require.Equal(t, "c", string(parked.Key))
	headers := map[string]string{}
	for _, h := range parked.Headers {
		headers[h.Key] = string(h.Value)
	}
	require.Equal(t, "decode event: version 9 is unknown", headers["error"])
	require.Equal(t, cfg.messageTopic(), headers["topic"])
	require.Equal(t, "0", headers["offset"])

	again, _ := startConsumer(t, cfg)
	require.NoError(t, producer.Publish(t.Context(), []domain.Event{eventOf("c", 2)}))
	require.Equal(t, []domain.Event{eventOf("c", 2)}, fetch(t, again, 1, all), "the poison was passed for good")
	require.Zero(t, again.Parked())
}

func TestACommitBeyondTheEndOfARestoredBrokerIsNotWaitedFor(t *testing.T) {
	cfg := newCluster(t)
	require.NoError(t, newProducer(t, cfg).Publish(t.Context(), []domain.Event{eventOf("c", 1)}))
	commitAll(t, cfg, 1000)
	for range 2 { // nothing done, nothing committed
		consumer, stop := startConsumer(t, cfg)
		require.Equal(t, []domain.Event{eventOf("c", 1)}, fetch(t, consumer, 1, func(domain.Event) bool { return false }))
		stop()
	}
}

// commitAll sets the group's offset in every partition of the messages' topic.
func commitAll(t *testing.T, cfg Config, offset int64) {
	t.Helper()
	transport := cfg.transport()
	defer transport.CloseIdleConnections()
	client := cfg.client(transport)
	var commits []kafka.OffsetCommit
	for p := range partitions {
		commits = append(commits, kafka.OffsetCommit{Partition: p, Offset: offset})
	}
	response, err := client.OffsetCommit(t.Context(), &kafka.OffsetCommitRequest{
		GroupID: cfg.group(), GenerationID: -1, Topics: map[string][]kafka.OffsetCommit{cfg.messageTopic(): commits},
	})
	require.NoError(t, err)
	for _, p := range response.Topics[cfg.messageTopic()] {
		require.NoError(t, p.Error)
	}
}

// only returns the one message on a topic.
func only(t *testing.T, cfg Config, topic string) kafka.Message {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var messages []kafka.Message
	for p := range partitions {
		conn, err := cfg.dialer().DialLeader(ctx, "tcp", cfg.Brokers[0], topic, p)
		require.NoError(t, err)
		first, last, err := conn.ReadOffsets()
		require.NoError(t, err)
		require.NoError(t, conn.SetDeadline(time.Now().Add(10*time.Second)))
		for range last - first {
			m, err := conn.ReadMessage(1e6)
			require.NoError(t, err)
			messages = append(messages, m)
		}
		require.NoError(t, conn.Close())
	}
	require.Len(t, messages, 1)
	return messages[0]
}

// TestASecondConsumerTakesOverPartitions: what the first had fetched and not done comes again, wherever its partition
// is now, and the first is told to forget it.
func TestASecondConsumerTakesOverPartitions(t *testing.T) {
	cfg := newCluster(t)
	producer := newProducer(t, cfg)
	const conversations = 30
	for i := range conversations {
		require.NoError(t, producer.Publish(t.Context(), []domain.Event{eventOf(conversation(i), 1)}))
	}
	first, _ := startConsumer(t, cfg)
	fetch(t, first, conversations, func(domain.Event) bool { return false })

	second, _ := startConsumer(t, cfg)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	type received struct {
		by    int
		batch ports.EventBatch
	}
	batches := make(chan received)
	var fetching sync.WaitGroup
	for by, c := range []*Consumer{first, second} {
		fetching.Go(func() {
			for batch, err := c.Fetch(ctx, 10); err == nil; batch, err = c.Fetch(ctx, 10) {
				select {
				case batches <- received{by, batch}:
				case <-ctx.Done():
				}
			}
		})
	}
	seen, by, told := map[domain.ConversationID]bool{}, map[int]int{}, false
	for len(seen) < conversations || by[0] == 0 {
		select {
		case r := <-batches:
			told = told || r.by == 0 && r.batch.Reassigned
			require.False(t, r.by == 0 && !told, "the first consumer hears of it before anything comes again")
			for _, e := range r.batch.Events {
				seen[e.Conversation] = true
				by[r.by]++
			}
		case <-ctx.Done():
			require.Fail(t, "not everything came again", "%d of %d", len(seen), conversations)
		}
	}
	cancel()
	fetching.Wait()
	require.Positive(t, by[1])
	require.GreaterOrEqual(t, first.Reassignments(), int64(2))
}

func conversation(i int) domain.ConversationID {
	return domain.ConversationID(fmt.Sprintf("conversation-%d", i))
}

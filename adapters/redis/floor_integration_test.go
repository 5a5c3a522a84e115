//go:build integration

package redis_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"chatsystem/adapters/redis"
	"chatsystem/application/fanout"
	"chatsystem/domain"
	"chatsystem/ports"
	"chatsystem/ports/portstest"
)

const (
	floorBatch         = 256 // events, as many as are fetched at once
	floorConversations = 64
	floorUsers         = 1000
	floorGateways      = 3
	floorLasting       = 3 * time.Second
)

// BenchmarkFloorFanOut routes messages to groups of 100 members beside the commands for it, recorded and sent in one pipeline a
// batch.
func BenchmarkFloorFanOut(b *testing.B) {
	client := open(b)
	bus, presence := newBus(b, client), redis.NewPresence(client)
	source := &backlog{batch: addCrowd(b, client, presence), wanted: make(chan struct{}, 1)}
	for g := range floorGateways {
		subscribe(b, client, gatewayID(g))
	}
	route := fanout.NewRoute(source, fanout.NewRecipients(redis.NewMembershipCache(client), nil, slog.Default()), presence, bus, time.Now, rand.N[time.Duration], slog.Default())
	var running sync.WaitGroup
	running.Go(func() { route.Run(b.Context()) })
	b.Cleanup(running.Wait)

	recorded := &recorder{}
	client.Raw().AddHook(recorded)
	source.drain(0) // one batch
	commands := recorded.stop()
	require.NotEmpty(b, commands)
	portstest.Floor{
		Row: "fan-out worker, events to groups of 100", Unit: "events/s", Target: 0.6,
		Floor: func() float64 {
			return floorBatch * portstest.Rate(b, 1, floorLasting, func(int) error { return replay(b.Context(), client, commands) })
		},
		Ours: func() float64 { return source.drain(floorLasting) },
	}.Run(b)
	require.Zero(b, route.Retries())
}

func gatewayID(n int) domain.GatewayID { return domain.GatewayID(fmt.Sprint("gateway-", n)) }

// addCrowd fills presence and the member cache, and returns a batch of messages to those groups.
func addCrowd(b *testing.B, client *redis.Client, presence *redis.Presence) (batch []ports.InboundEvent) {
	users := make([]domain.UserID, floorUsers)
	for i := range users {
		users[i] = domain.UserID(portstest.NewUUID())
		_, err := presence.Renew(b.Context(), gatewayID(i%floorGateways), []domain.Lease{{User: users[i], Connection: "1"}})
		require.NoError(b, err)
	}
	sets := map[domain.ConversationID]domain.MemberSet{}
	for n := range floorConversations {
		id := domain.ConversationID(portstest.NewUUID())
		members := make([]domain.UserID, domain.MaxActiveMembers)
		for i := range members {
			members[i] = users[(n*17+i)%floorUsers]
		}
		sets[id] = domain.MemberSet{Version: 1, Users: members}
		for range floorBatch / floorConversations {
			e := domain.MessageNew(domain.Pointer{
				Conversation: id, ID: "01HN8X00000000000000000000", Seq: 1, Sender: members[0], ClientMsgID: portstest.NewUUID(),
				CreatedAt: time.UnixMilli(1), Preview: "Hello, how are you today?", MembersVersion: 1,
			})
			e.Seq = 0 // in no order: the window is not what is measured
			batch = append(batch, ports.InboundEvent{Event: e, Done: func() {}})
		}
	}
	require.NoError(b, redis.NewMembershipCache(client).CacheMembers(b.Context(), sets))
	return batch
}

// subscribe has somebody receive what a gateway is sent, and look at none of it.
func subscribe(b *testing.B, client *redis.Client, gw domain.GatewayID) {
	channel := client.Raw().Subscribe(b.Context(), client.Raw().Options().ClientName+":gateway:"+string(gw)+":channel")
	_, err := channel.Receive(b.Context())
	require.NoError(b, err)
	var receiving sync.WaitGroup
	receiving.Go(func() {
		for {
			if _, err := channel.Receive(b.Context()); err != nil {
				return
			}
		}
	})
	b.Cleanup(func() {
		require.NoError(b, channel.Close())
		receiving.Wait()
	})
}

// backlog is a topic that always has another batch, while it is wanted.
type backlog struct {
	batch  []ports.InboundEvent
	wanted chan struct{}
}

func (s *backlog) Fetch(ctx context.Context, _ int) (ports.EventBatch, error) {
	select {
	case <-s.wanted:
		return ports.EventBatch{Events: s.batch}, nil
	case <-ctx.Done():
		return ports.EventBatch{}, ctx.Err()
	}
}

// drain wants one batch after another and returns how many events a second were dealt with.
func (s *backlog) drain(lasting time.Duration) float64 {
	done := make(chan struct{})
	s.batch[len(s.batch)-1].Done = func() { done <- struct{}{} }
	began, events := time.Now(), 0
	for more := true; more; more = time.Since(began) < lasting {
		s.wanted <- struct{}{}
		<-done
		events += len(s.batch)
	}
	return float64(events) / time.Since(began).Seconds()
}

// recorder keeps the commands that a client sends.
type recorder struct {
	mu       sync.Mutex
	stopped  bool
	commands [][]any
}

func (r *recorder) keep(cmds ...goredis.Cmder) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, cmd := range cmds {
		if !r.stopped && !greets(cmd) {
			r.commands = append(r.commands, cmd.Args())
		}
	}
}

func (r *recorder) stop() [][]any {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stopped = true
	return r.commands
}

func (r *recorder) DialHook(next goredis.DialHook) goredis.DialHook { return next }

func (r *recorder) ProcessHook(next goredis.ProcessHook) goredis.ProcessHook {
	return func(ctx context.Context, cmd goredis.Cmder) error {
		r.keep(cmd)
		return next(ctx, cmd)
	}
}

func (r *recorder) ProcessPipelineHook(next goredis.ProcessPipelineHook) goredis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []goredis.Cmder) error {
		r.keep(cmds...)
		return next(ctx, cmds)
	}
}

// replay sends recorded commands in one pipeline.
func replay(ctx context.Context, client *redis.Client, commands [][]any) error {
	_, err := client.Raw().Pipelined(ctx, func(p goredis.Pipeliner) error {
		for _, args := range commands {
			p.Do(ctx, args...)
		}
		return nil
	})
	return err
}

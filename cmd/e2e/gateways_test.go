//go:build e2e

package e2e

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"chatsystem/adapters/dynamo"
	"chatsystem/cmd/internal/scenario"
	"chatsystem/domain"
	"chatsystem/sdk"
)

// TestTwoGateways is the story of the design: A is on one gateway, B on the other, and what A sends reaches B.
func TestTwoGateways(t *testing.T) {
	ctx := deadline(t, 5*time.Minute)
	s := newStack(t)

	t.Run("the scenario, wherever nginx leads", func(t *testing.T) {
		require.NoError(t, scenario.TwoGateways(ctx, s.url, s.url))
	})
	t.Run("A on one gateway, B on the other", func(t *testing.T) { s.testCriticalPath(ctx, t) })
	t.Run("devices of one user on both gateways", func(t *testing.T) { s.testTwoDevices(ctx, t) })
	t.Run("a group of 100", func(t *testing.T) { s.testFullGroup(ctx, t) })
	t.Run("a change of members is effective on both at once", func(t *testing.T) { s.testMembershipChange(ctx, t) })
	t.Run("internal endpoints are closed to the outside", func(t *testing.T) { s.testClosed(ctx, t) })
}

// testCriticalPath follows one message through every part.
func (s *stack) testCriticalPath(ctx context.Context, t *testing.T) {
	a, b := s.person(ctx, t), s.person(ctx, t)
	dm, err := a.CreateDM(ctx, b.id)
	require.NoError(t, err)
	onA := s.subscribe(ctx, t, a, 0)
	onB := s.subscribe(ctx, t, b, 1)

	text := "Hello B" + strings.Repeat(", and much more", 50)
	sent, err := a.Send(ctx, dm.ConversationID, text)
	require.NoError(t, err)

	// 1. It is stored at its seq.
	store, err := dynamo.Open(ctx, dynamo.Config{Endpoint: s.setting("DYNAMODB_ENDPOINT"), Region: "us-east-1", Table: s.setting("DYNAMODB_TABLE")})
	require.NoError(t, err)
	defer store.Close()
	stored, there, err := store.EntryAt(ctx, domain.ConversationID(dm.ConversationID), domain.Seq(sent.Seq))
	require.NoError(t, err)
	require.True(t, there)
	require.EqualValues(t, sent.MessageID, stored.Pointer.ID)
	require.EqualValues(t, 1, sent.Seq)
	// 2. and 3. It is announced: another group of consumers finds it on the topic.
	require.Equal(t, sent.MessageID, s.announced(ctx, t, dm.ConversationID))
	// 4. B receives the pointer through the other gateway, and so does A's own device.
	for _, sub := range []*sdk.Subscription{onB, onA} {
		got, err := sub.Next(ctx)
		require.NoError(t, err)
		require.Equal(t, sent.MessageID, got.MessageID)
		require.True(t, got.HasMore)
		require.True(t, strings.HasPrefix(text, got.Preview))
	}
	// 5. B's history shows it.
	page, err := b.Page(ctx, dm.ConversationID, sdk.After(0))
	require.NoError(t, err)
	require.Len(t, page.Messages, 1)
	require.Equal(t, sent.MessageID, page.Messages[0].MessageID)
	// 6. "Read more".
	full, err := b.Message(ctx, dm.ConversationID, sent.MessageID)
	require.NoError(t, err)
	require.Equal(t, text, full.Body)
}

// testTwoDevices connects the same user to both gateways.
func (s *stack) testTwoDevices(ctx context.Context, t *testing.T) {
	a, b := s.person(ctx, t), s.person(ctx, t)
	dm, err := a.CreateDM(ctx, b.id)
	require.NoError(t, err)
	devices := []*sdk.Subscription{s.subscribe(ctx, t, b, 0), s.subscribe(ctx, t, b, 1)}
	for n := range 20 {
		sent, err := a.Send(ctx, dm.ConversationID, fmt.Sprint("number ", n))
		require.NoError(t, err)
		for _, d := range devices {
			got, err := d.Next(ctx)
			require.NoError(t, err)
			require.Equal(t, sent.MessageID, got.MessageID)
		}
	}
}

// testFullGroup sends to as many people as a group may have, on both gateways.
func (s *stack) testFullGroup(ctx context.Context, t *testing.T) {
	people := make([]account, domain.MaxActiveMembers)
	var ids []string
	for i := range people {
		people[i] = s.person(ctx, t)
		ids = append(ids, people[i].id)
	}
	group, err := people[0].CreateGroup(ctx, "Everybody", ids...)
	require.NoError(t, err)
	subs := make([]*sdk.Subscription, len(people))
	for i, p := range people {
		subs[i], err = p.Subscribe(ctx)
		require.NoError(t, err)
		defer subs[i].Close()
	}
	require.NotZero(t, s.connections(ctx, t, 0))
	require.NotZero(t, s.connections(ctx, t, 1))
	const messages = 5
	for n := range messages {
		_, err := people[n].Send(ctx, group.ConversationID, fmt.Sprint("to all, number ", n))
		require.NoError(t, err)
	}
	for i, sub := range subs {
		for n := range messages {
			got, err := sub.Next(ctx)
			require.NoError(t, err)
			require.EqualValues(t, n+1, got.Seq, "member %d", i)
		}
	}
}

// testMembershipChange removes a member with a device on each gateway: what is sent after the removal returned reaches
// neither. Invited back, the member receives again.
func (s *stack) testMembershipChange(ctx context.Context, t *testing.T) {
	admin, member := s.person(ctx, t), s.person(ctx, t)
	group, err := admin.CreateGroup(ctx, "Changing", member.id)
	require.NoError(t, err)
	dm, err := admin.CreateDM(ctx, member.id)
	require.NoError(t, err)
	own := s.subscribe(ctx, t, admin, 0)
	devices := []*sdk.Subscription{s.subscribe(ctx, t, member, 0), s.subscribe(ctx, t, member, 1)}
	send := func(conversation string) sdk.Message {
		m, err := admin.Send(ctx, conversation, "hello")
		require.NoError(t, err)
		require.Equal(t, m.MessageID, next(ctx, t, own).MessageID)
		return m
	}

	first := send(group.ConversationID)
	for _, d := range devices {
		require.Equal(t, first.MessageID, next(ctx, t, d).MessageID)
	}
	require.NoError(t, admin.RemoveMember(ctx, group.ConversationID, member.id))
	withoutMember := send(group.ConversationID)
	direct := send(dm.ConversationID)
	for _, d := range devices {
		require.Equal(t, direct.MessageID, next(ctx, t, d).MessageID)
	}

	_, err = member.Page(ctx, group.ConversationID, sdk.After(0))
	require.True(t, sdk.HasCode(err, sdk.CodeNotFound), "%v", err)
	_, err = admin.Invite(ctx, group.ConversationID, member.id)
	require.NoError(t, err)
	invites, err := member.Invites(ctx)
	require.NoError(t, err)
	require.Len(t, invites, 1)
	_, err = member.Join(ctx, group.ConversationID, invites[0].InviteID)
	require.NoError(t, err)
	again := send(group.ConversationID)
	for _, d := range devices {
		got := next(ctx, t, d)
		if got.MessageID == withoutMember.MessageID { // the whole history is a member's again
			got = next(ctx, t, d)
		}
		require.Equal(t, again.MessageID, got.MessageID)
	}
}

func next(ctx context.Context, t *testing.T, sub *sdk.Subscription) sdk.Message {
	t.Helper()
	m, err := sub.Next(ctx)
	require.NoError(t, err)
	return m
}

// testClosed asks the edge for what only insiders may.
func (s *stack) testClosed(ctx context.Context, t *testing.T) {
	a := s.person(ctx, t)
	group, err := a.CreateGroup(ctx, "Mine")
	require.NoError(t, err)
	for _, path := range []string{
		"/api/chats/conversations/" + group.ConversationID + "/allocate-seq", "/internal/allocations", "/metrics", "/readyz", "/debug/pprof/",
	} {
		assert.Equal(t, http.StatusNotFound, s.post(ctx, t, s.url+path), "%s from outside", path)
	}
	inner := s.running["chat-service"][0].url() + "/api/chats/conversations/" + group.ConversationID + "/allocate-seq"
	assert.Equal(t, http.StatusForbidden, s.post(ctx, t, inner), "from inside without the credential")
}

func (s *stack) post(ctx context.Context, t *testing.T, url string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader("{}"))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer answer.Body.Close()
	return answer.StatusCode
}

// subscribe connects a person through the edge to one gateway: nginx chooses, so it may take a few tries.
func (s *stack) subscribe(ctx context.Context, t *testing.T, a account, gateway int) *sdk.Subscription {
	t.Helper()
	for range 20 {
		s.awaitConnections(ctx, t, s.subscribed) // those that were closed are gone
		before := s.connections(ctx, t, gateway)
		sub, err := a.Subscribe(ctx)
		require.NoError(t, err)
		s.awaitConnections(ctx, t, s.subscribed+1)
		if s.connections(ctx, t, gateway) > before {
			s.subscribed++
			t.Cleanup(func() {
				sub.Close()
				s.subscribed--
			})
			return sub
		}
		sub.Close()
	}
	require.FailNow(t, "nginx never chose the gateway", "%d", gateway)
	return nil
}

// awaitConnections returns when the gateways have as many connections together.
func (s *stack) awaitConnections(ctx context.Context, t *testing.T, want int) {
	t.Helper()
	require.Eventually(t, func() bool {
		return s.connections(ctx, t, 0)+s.connections(ctx, t, 1) == want
	}, 20*time.Second, 5*time.Millisecond, "%d connections", want)
}

// connections returns how many connections a gateway says it has.
func (s *stack) connections(ctx context.Context, t *testing.T, gateway int) int {
	t.Helper()
	return s.metric(ctx, t, s.running["gateway"][gateway], "chat_gateway_connections")
}

// metric returns the value of a metric without labels.
func (s *stack) metric(ctx context.Context, t *testing.T, i *instance, name string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, i.url()+"/metrics", nil)
	require.NoError(t, err)
	answer, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer answer.Body.Close()
	lines := bufio.NewScanner(answer.Body)
	for lines.Scan() {
		if value, ok := strings.CutPrefix(lines.Text(), name+" "); ok {
			n, err := strconv.ParseFloat(value, 64)
			require.NoError(t, err)
			return int(n)
		}
	}
	require.FailNow(t, "no such metric", name)
	return 0
}

//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"chatsystem/cmd/internal/scenario"
	"chatsystem/sdk"
)

// outage is people who notice what works while a part is down.
type outage struct {
	*stack
	t            *testing.T
	ctx          context.Context
	ada, ben     account
	conversation string
	group        string
	before       int // sockets
}

// TestWhenAPartIsDown takes a store away under load, by ending it or by freezing it, looks at what users see, and gives it
// back: then every promise holds.
func TestWhenAPartIsDown(t *testing.T) {
	for name, row := range map[string]struct {
		store    string
		down, up string // what scripts/infra is told
		users    func(o outage)
	}{
		"Kafka ended":     {"kafka", "stop", "start", outage.onlyLiveEventsWait},
		"Kafka frozen":    {"kafka", "pause", "resume", outage.onlyLiveEventsWait},
		"Redis ended":     {"redis", "stop", "start", outage.everythingButLiveEventsWorks},
		"Redis frozen":    {"redis", "pause", "resume", outage.everythingButLiveEventsWorks},
		"DynamoDB frozen": {"dynamodb", "pause", "resume", outage.tellsToComeBack}, // ended, the local one forgets everything
		"Postgres ended":  {"postgres", "stop", "start", outage.tellsToComeBack},
		"Postgres frozen": {"postgres", "pause", "resume", outage.tellsToComeBack},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := deadline(t, 5*time.Minute)
			s := newStack(t)
			o := outage{stack: s, t: t, ctx: ctx, ada: s.person(ctx, t), ben: s.person(ctx, t)}
			dm, err := o.ada.CreateDM(ctx, o.ben.id)
			require.NoError(t, err)
			group, err := o.ada.CreateGroup(ctx, "Through the outage", o.ben.id)
			require.NoError(t, err)
			o.conversation, o.group = dm.ConversationID, group.ConversationID
			_, err = o.ada.Send(ctx, o.conversation, "before")
			require.NoError(t, err)
			load, err := scenario.StartLoad(ctx, scenario.Crowd{Senders: 2, Listeners: 2}, s.url)
			require.NoError(t, err)
			defer load.Close()
			awaitSent(t, load, 20)
			o.before = o.sockets()

			back := func() { infra(t, row.up, row.store) }
			infra(t, row.down, row.store)
			func() {
				defer back() // also when a check fails: the next test needs it
				row.users(o)
			}()
			awaitSent(t, load, 20)
			for _, i := range s.all() {
				i.awaitReady()
			}
			verdict, err := load.Finish(ctx)
			t.Log(verdict)
			require.NoError(t, err)
			require.NoError(t, verdict.Err())
		})
	}
}

func (o outage) sendsAndHistoryWork() {
	t := o.t
	sent, err := o.ada.Send(o.ctx, o.conversation, "meanwhile")
	require.NoError(t, err)
	page, err := o.ben.Page(o.ctx, o.conversation, sdk.After(0))
	require.NoError(t, err)
	require.Equal(t, sent.MessageID, page.Messages[len(page.Messages)-1].MessageID)
	require.Eventually(t, func() bool { // lists move
		c, err := o.ben.Conversation(o.ctx, o.conversation)
		return err == nil && c.LastPreview == sent.Body && c.UnreadCount == 2
	}, 10*time.Second, 50*time.Millisecond)
	require.Equal(t, o.before, o.sockets(), "sockets stay")
}

// onlyLiveEventsWait lasts until messages are left to the reconciler.
func (o outage) onlyLiveEventsWait() {
	o.sendsAndHistoryWork()
	o.awaitMetric("message-service", `chat_allocations_unfinished{state="STORED"}`)
}

func (o outage) everythingButLiveEventsWorks() {
	t := o.t
	o.sendsAndHistoryWork()
	members, err := o.ada.Members(o.ctx, o.group)
	require.NoError(t, err)
	require.Len(t, members, 2)
	sub, err := o.ben.Subscribe(o.ctx)
	require.NoError(t, err, "new sockets are accepted")
	sub.Close()
	require.NoError(t, o.ada.RemoveMember(o.ctx, o.group, o.ben.id), "members are removed")
	require.NoError(t, o.ben.Logout(o.ctx), "people sign out")
	o.awaitMetric("fanout-worker", "chat_fanout_retries_total")
}

func (o outage) tellsToComeBack() {
	t := o.t
	for name, ask := range map[string]func() *http.Response{
		"send": func() *http.Response {
			return o.ask(http.MethodPost, "messages", `{"client_msg_id":"during","body":"the outage"}`)
		},
		"history": func() *http.Response { return o.ask(http.MethodGet, "messages?latest=true", "") },
	} {
		began := time.Now()
		answer := ask()
		body, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		assert.Equal(t, http.StatusServiceUnavailable, answer.StatusCode, "%s: %s", name, body)
		assert.NotEmpty(t, answer.Header.Get("Retry-After"), name)
		var problem struct{ Code, Detail string }
		assert.NoError(t, json.Unmarshal(body, &problem), "%s", body)
		assert.Equal(t, "unavailable", problem.Code, name)
		assert.Less(t, time.Since(began), 12*time.Second, "%s waits for ever", name)
	}
	require.Equal(t, o.before, o.sockets(), "sockets stay")
}

// ask makes one request as Ada, without the retries of the SDK.
func (o outage) ask(method, path, body string) *http.Response {
	o.t.Helper()
	req, err := http.NewRequestWithContext(o.ctx, method, o.url+"/api/messages/conversations/"+o.conversation+"/"+path, strings.NewReader(body))
	require.NoError(o.t, err)
	req.Header.Set("Authorization", "Bearer "+o.ada.Tokens().AccessToken)
	req.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(req)
	require.NoError(o.t, err)
	return answer
}

// awaitMetric returns when an instance of a service shows more than zero.
func (o outage) awaitMetric(service, name string) {
	o.t.Helper()
	require.Eventually(o.t, func() bool {
		for _, i := range o.running[service] {
			if o.metric(o.ctx, o.t, i, name) > 0 {
				return true
			}
		}
		return false
	}, 60*time.Second, 50*time.Millisecond, name)
}

func (o outage) sockets() int {
	return o.connections(o.ctx, o.t, 0) + o.connections(o.ctx, o.t, 1)
}

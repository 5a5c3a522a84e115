package wiring_test

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const heard = "+"

// TestWhoHearsOfWhat makes each request of the table while every actor is connected.
func TestWhoHearsOfWhat(t *testing.T) {
	s := newSystem(t)
	expected := map[string]map[string][]string{} // by request and actor
	var requests []string
	for _, r := range rules(t, "authorisation-events.txt") {
		if expected[r.request] == nil {
			expected[r.request] = map[string][]string{}
			requests = append(requests, r.request)
		}
		for _, who := range actors {
			if r.outcome[who] == heard {
				expected[r.request][who] = append(expected[r.request][who], r.name)
			}
		}
	}
	for _, request := range requests {
		t.Run(request, func(t *testing.T) {
			p := s.cast(t).play()
			a := p.audience(t)
			a.settle()
			a.forget()
			who, what, _ := strings.Cut(request, " ")
			answer := p.do(who, what)
			require.Less(t, answer.status, 300, answer.body)
			a.settle()
			for _, who := range actors {
				assert.ElementsMatch(t, expected[request][who], a.sockets[who].heard(), who)
			}
		})
	}
}

// TestEveryEventHasItsRule fails for an event of the domain that the table forgets, or that nobody hears of.
func TestEveryEventHasItsRule(t *testing.T) {
	ruled := map[string]bool{}
	for _, r := range rules(t, "authorisation-events.txt") {
		for _, outcome := range r.outcome {
			ruled[r.name] = ruled[r.name] || outcome == heard
		}
	}
	events := 0
	parsed, err := parser.ParseFile(token.NewFileSet(), "../../../domain/event.go", nil, 0)
	require.NoError(t, err)
	ast.Inspect(parsed, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || fmt.Sprint(spec.Type) != "EventName" {
			return true
		}
		events++
		name := strings.Trim(spec.Values[0].(*ast.BasicLit).Value, `"`)
		assert.True(t, ruled[name], name)
		return true
	})
	require.Equal(t, 7, events)
}

// TestWhatClientsEmitReachesNobody: a client has no way to make an event of another's.
func TestWhatClientsEmitReachesNobody(t *testing.T) {
	p := newSystem(t).cast(t).play()
	a := p.audience(t)
	a.settle()
	a.forget()
	for _, who := range actors {
		for _, name := range []string{"message:new", "conversation:updated", "member:left", "resync", "authenticated", "join", "subscribe"} {
			a.sockets[who].emit(fmt.Sprintf(`42[%q,{"conversation_id":%q,"user_id":%q,"userId":%q}]`, name, p.group, p.people["admin"].id, p.people["admin"].id))
		}
	}
	a.settle()
	for _, who := range actors {
		assert.Empty(t, a.sockets[who].heard(), who)
	}
}

// TestAConnectionBelongsToItsToken: neither what is no token nor a token of somebody else makes a connection somebody's.
func TestAConnectionBelongsToItsToken(t *testing.T) {
	p := newSystem(t).cast(t).play()
	admin, member := p.people["admin"], p.people["member"]
	header, payload, _ := cutToken(admin.access)
	for name, token := range map[string]string{
		"nothing": "", "a refresh token": admin.refresh, "an unsigned one": header + "." + payload + ".", "an id": admin.id,
	} {
		for _, namespace := range []string{"", "/ws,"} {
			c := p.connect(t, namespace, "")
			c.emit(fmt.Sprintf(`42%s["authenticate",{"token":%q,"userId":%q}]`, namespace, token, admin.id))
			within(t, 5*time.Second, func() bool { return slices.Contains(c.heard(), "error") }, name)
			assert.NotContains(t, c.heard(), "authenticated", name)
		}
	}
	c := p.connect(t, "", member.access)
	within(t, 5*time.Second, func() bool { return slices.Contains(c.heard(), "authenticated") }, "authenticated")
	c.emit(fmt.Sprintf(`42["authenticate",{"token":%q}]`, admin.access))
	within(t, 5*time.Second, func() bool { return slices.Contains(c.heard(), "error") }, "another's token ends it")
}

// audience is a connection of every actor.
type audience struct {
	play
	sockets map[string]*listener
}

func (p play) audience(t *testing.T) audience {
	t.Helper()
	a := audience{p, map[string]*listener{}}
	for _, who := range actors {
		a.sockets[who] = p.connect(t, "", p.people[who].access)
	}
	return a
}

// settle returns when everybody has heard of whatever happened before. Messages and other events come by two queues, each
// of which keeps its order: so a new group of all, and then a message in it, come behind.
func (a audience) settle() {
	a.t.Helper()
	herald := a.register()
	ids := make([]string, 0, len(actors))
	for _, who := range actors[1:] {
		ids = append(ids, a.people[who].id)
	}
	encoded, err := json.Marshal(ids)
	require.NoError(a.t, err)
	group := a.get(fmt.Sprintf(`POST /api/chats/conversations/group {"title":"Fence","member_ids":%s}`, encoded), herald.access)["conversation_id"].(string)
	a.get(fmt.Sprintf(`POST /api/messages/conversations/%s/messages {"client_msg_id":"fence","body":"fence"}`, group), herald.access)
	for _, who := range actors[1:] {
		within(a.t, 5*time.Second, func() bool { return a.sockets[who].heardOf(group) == 2 }, "nothing reaches "+who)
	}
	nobody := a.sockets["anonymous"]
	before := nobody.pongs()
	nobody.emit(`42["ping"]`)
	within(a.t, 5*time.Second, func() bool { return nobody.pongs() > before }, "no pong")
}

func (a audience) forget() {
	for _, l := range a.sockets {
		l.mu.Lock()
		l.events = nil
		l.mu.Unlock()
	}
}

// listener is a Socket.IO client over long-polling.
type listener struct {
	t   *testing.T
	url string

	mu     sync.Mutex
	events []receivedEvent
}

type receivedEvent struct {
	name    string
	payload struct {
		Conversation string `json:"conversation_id"`
	}
	title string
}

// connect joins a namespace ("/ws,", or "" for the main one), with a token if there is one.
func (s *runningSystem) connect(t *testing.T, namespace, accessToken string) *listener {
	t.Helper()
	l := &listener{t: t, url: s.url + "/socket.io/?EIO=4&transport=polling"}
	var handshake struct{ SID string }
	require.NoError(t, json.Unmarshal([]byte(l.exchange(http.MethodGet, "")[1:]), &handshake))
	l.url += "&sid=" + handshake.SID
	hello := "40" + namespace
	if accessToken != "" {
		hello += fmt.Sprintf(`{"token":%q}`, accessToken)
	}
	l.emit(hello)
	var polling sync.WaitGroup
	t.Cleanup(polling.Wait)
	t.Cleanup(func() { l.exchange(http.MethodPost, "1") }) // the poll that waits is answered
	polling.Go(l.poll)
	if accessToken != "" {
		within(t, 5*time.Second, func() bool { return slices.Contains(l.heard(), "authenticated") }, "not authenticated")
	}
	return l
}

// exchange returns what a request was answered, "" once the session has ended.
func (l *listener) exchange(method, body string) string {
	req, err := http.NewRequest(method, l.url, strings.NewReader(body))
	if !assert.NoError(l.t, err) {
		return ""
	}
	res, err := http.DefaultClient.Do(req)
	if !assert.NoError(l.t, err) {
		return ""
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		return ""
	}
	return string(text)
}

func (l *listener) emit(packet string) { l.exchange(http.MethodPost, packet) }

// poll reads until the session ends.
func (l *listener) poll() {
	for {
		payload := l.exchange(http.MethodGet, "")
		if payload == "" {
			return
		}
		for packet := range strings.SplitSeq(payload, "\x1e") {
			if packet == "2" {
				l.emit("3")
			}
			if _, event, found := strings.Cut(packet, "["); found && strings.HasPrefix(packet, "42") {
				l.note("[" + event)
			}
		}
	}
}

func (l *listener) note(event string) {
	var parts []json.RawMessage
	var e receivedEvent
	if !assert.NoError(l.t, json.Unmarshal([]byte(event), &parts)) || !assert.NoError(l.t, json.Unmarshal(parts[0], &e.name)) {
		return
	}
	if len(parts) > 1 {
		assert.NoError(l.t, json.Unmarshal(parts[1], &e.payload))
		e.title = string(parts[1])
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.events = append(l.events, e)
}

// heard returns the names of what came, but for the fences of settle.
func (l *listener) heard() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var names []string
	for _, e := range l.events {
		if e.name != "pong" && !strings.Contains(e.title, `"title":"Fence"`) && !strings.Contains(e.title, `"preview":"fence"`) {
			names = append(names, e.name)
		}
	}
	return names
}

func (l *listener) heardOf(conversation string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, e := range l.events {
		if e.payload.Conversation == conversation {
			n++
		}
	}
	return n
}

func (l *listener) pongs() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, e := range l.events {
		if e.name == "pong" {
			n++
		}
	}
	return n
}

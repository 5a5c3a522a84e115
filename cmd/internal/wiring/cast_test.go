package wiring_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/fx"
	"go.uber.org/fx/fxtest"

	"chatsystem/cmd/internal/config"
	"chatsystem/cmd/internal/wiring"
)

// runningSystem is `chat serve --memory`, without limits on rates.
type runningSystem struct {
	t    *testing.T
	url  string
	made atomic.Int64
}

func newSystem(t *testing.T) *runningSystem {
	t.Helper()
	cfg := load[config.Chat](t, environment(t, "RATE_LIMITS", "off"))
	cfg.Memory, cfg.AdminAddr = true, ""
	s := &runningSystem{t: t}
	build := wiring.Chat(context.Background(), cfg, slog.New(slog.DiscardHandler), func(addr net.Addr) { s.url = "http://" + addr.String() })
	app := fxtest.New(t, build, fx.NopLogger)
	app.RequireStart()
	t.Cleanup(func() { app.RequireStop() })
	return s
}

// reply is what a request got.
type reply struct {
	status int
	body   string
}

// do makes a request, "METHOD path body".
func (s *runningSystem) do(request, token string) reply {
	s.t.Helper()
	method, rest, _ := strings.Cut(request, " ")
	path, body, _ := strings.Cut(rest, " ")
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(body))
	require.NoError(s.t, err)
	if body != "" && body[0] == '{' {
		req.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	require.NoError(s.t, err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	require.NoError(s.t, err)
	return reply{res.StatusCode, string(text)}
}

// get is a request that must succeed, and what it answered.
func (s *runningSystem) get(request, token string) map[string]any {
	s.t.Helper()
	a := s.do(request, token)
	require.Less(s.t, a.status, 300, "%s: %s", request, a.body)
	var object map[string]any
	if a.body != "" && a.body[0] == '{' {
		require.NoError(s.t, json.Unmarshal([]byte(a.body), &object))
	}
	return object
}

// fresh returns a name that nobody has.
func (s *runningSystem) fresh() string { return fmt.Sprintf("name%d", s.made.Add(1)) }

// actor is somebody with an account, or nobody.
type actor struct{ id, email, access, refresh, session string }

func (s *runningSystem) register() actor {
	s.t.Helper()
	name := s.fresh()
	signedIn := s.get(fmt.Sprintf(`POST /api/users/auth/register {"email":"%[1]s@example.org","password":"correct horse","username":"%[1]s"}`, name), "")
	a := actor{email: name + "@example.org", access: signedIn["access_token"].(string), refresh: signedIn["refresh_token"].(string)}
	a.id = signedIn["user"].(map[string]any)["user_id"].(string)
	var sessions []struct {
		ID string `json:"session_id"`
	}
	require.NoError(s.t, json.Unmarshal([]byte(s.do("GET /api/users/me/sessions", a.access).body), &sessions))
	a.session = sessions[0].ID
	return a
}

// cast is one person for each actor, and their direct conversation.
type cast struct {
	*runningSystem
	people     map[string]actor
	dm, direct string
}

const (
	saidInGroup = "what only the group may read"
	saidInDM    = "what only the two may read"
)

func (s *runningSystem) cast(t *testing.T) *cast {
	t.Helper()
	c := &cast{runningSystem: s, people: map[string]actor{"anonymous": {}}}
	for _, name := range actors[1:] {
		c.people[name] = s.register()
	}
	admin := c.people["admin"].access
	c.dm = s.get(fmt.Sprintf(`POST /api/chats/conversations/dm {"other_user_id":%q}`, c.people["member"].id), admin)["conversation_id"].(string)
	c.direct = c.say(c.dm, saidInDM)
	return c
}

// say lets the admin send a message.
func (c *cast) say(conversation, text string) string {
	c.t.Helper()
	return c.get(fmt.Sprintf(`POST /api/messages/conversations/%s/messages {"client_msg_id":%q,"body":%q}`, conversation, c.fresh(), text), c.people["admin"].access)["message_id"].(string)
}

// play is a group as the tables describe it, made for one request.
type play struct {
	*cast
	group, invite, message string
}

func (c *cast) play() play {
	c.t.Helper()
	admin, id := c.people["admin"].access, func(name string) string { return c.people[name].id }
	p := play{cast: c}
	p.group = c.get(fmt.Sprintf(`POST /api/chats/conversations/group {"title":"Team","member_ids":[%q,%q]}`, id("member"), id("removed")), admin)["conversation_id"].(string)
	p.invite = c.get(fmt.Sprintf(`POST /api/chats/conversations/%s/invite {"user_id":%q}`, p.group, id("invited")), admin)["invite_id"].(string)
	p.message = c.say(p.group, saidInGroup)
	c.get(fmt.Sprintf("DELETE /api/chats/conversations/%s/members/%s", p.group, id("removed")), admin)
	return p
}

// named puts what the names in braces stand for into a request of an actor.
func (p play) named(who, request string) string {
	pairs := []string{
		"{group}", p.group, "{dm}", p.dm, "{invite}", p.invite, "{message}", p.message, "{direct}", p.direct,
		"{session}", p.people["admin"].session, "{refresh}", p.people[who].refresh, "{fresh}", p.fresh(),
		"{self}", p.people[who].id,
	}
	for name, a := range p.people {
		pairs = append(pairs, "{"+name+"}", a.id, "{"+name+".email}", a.email)
	}
	if who == "anonymous" {
		pairs = append([]string{"{self}", p.people["member"].id}, pairs...) // a nobody has no id
	}
	return strings.NewReplacer(pairs...).Replace(request)
}

// do makes a request as an actor.
func (p play) do(who, request string) reply {
	p.t.Helper()
	return p.runningSystem.do(p.named(who, request), p.people[who].access)
}

// within polls until something is so.
func within(t *testing.T, d time.Duration, so func() bool, what string) {
	t.Helper()
	require.Eventually(t, so, d, 2*time.Millisecond, what)
}

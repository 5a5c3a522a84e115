package main

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestTheLogKeepsNoSecrets plants secrets wherever a client can put one, in what works and in what fails, and looks for
// them in all that the program writes at its most talkative.
func TestTheLogKeepsNoSecrets(t *testing.T) {
	for name, args := range map[string][]string{"durable": nil, "memory": {"--memory"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProcess(t, args...)
			p.env = []string{"LOG_LEVEL=debug"}
			p.start()
			c := planter{process: p, planted: map[string]string{}}
			c.signIn()
			c.talk()
			c.fail()
			c.connect()
			require.Zero(t, p.stop())

			log, err := os.ReadFile(p.logs)
			require.NoError(t, err)
			require.Greater(t, strings.Count(string(log), "msg=request"), 20, "the log was looked into")
			for what, secret := range c.planted {
				assert.NotContains(t, string(log), secret, what)
			}
		})
	}
}

// planter makes requests that hold secrets.
type planter struct {
	*process
	planted      map[string]string // by what it is
	access, user string
}

// secret returns a text that stands nowhere else, whatever an encoding makes of it.
func (c planter) secret(what string) string {
	if c.planted[what] == "" {
		c.planted[what] = "planted" + strings.ToLower(rand.Text())
	}
	return c.planted[what]
}

func (c planter) send(method, path, body string, header ...string) (int, map[string]any) {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.url()+path, strings.NewReader(body))
	require.NoError(c.t, err)
	req.Header.Set("Content-Type", "application/json")
	if c.access != "" {
		req.Header.Set("Authorization", "Bearer "+c.access)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	require.NoError(c.t, err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	require.NoError(c.t, err)
	answer := map[string]any{}
	_ = json.Unmarshal(text, &answer) // some are no objects
	return res.StatusCode, answer
}

// signIn takes what the server gives out for secrets, too.
func (c *planter) signIn() {
	email, password := c.secret("e-mail")+"@example.org", c.secret("password")
	account := fmt.Sprintf(`{"email":%q,"password":%q,"username":"ada"}`, email, password)
	status, answer := c.send("POST", "/api/users/auth/register", account)
	require.Equal(c.t, http.StatusCreated, status)
	c.send("POST", "/api/users/auth/register", account) // it is taken
	refresh := answer["refresh_token"].(string)
	status, next := c.send("POST", "/api/users/auth/refresh", "", "Cookie", "refresh_token="+refresh)
	require.Equal(c.t, http.StatusOK, status)
	c.access, c.user = next["access_token"].(string), next["user"].(map[string]any)["user_id"].(string)
	c.planted["refresh token"], c.planted["refresh token of a cookie"] = refresh, next["refresh_token"].(string)
	c.planted["access token"] = c.access[strings.LastIndex(c.access, ".")+1:]
	c.planted["first access token"] = answer["access_token"].(string)

	c.send("POST", "/api/users/auth/login", fmt.Sprintf(`{"email":%q,"password":%q}`, email, c.secret("wrong password")))
	c.send("POST", "/api/users/auth/login", fmt.Sprintf(`{"email":%q,"password":%q}`, c.secret("unknown e-mail")+"@example.org", password))
	c.send("POST", "/api/users/auth/login", fmt.Sprintf(`{"email":{"a":%q},"password":[%q]}`, c.secret("e-mail of a wrong type"), c.secret("password of a wrong type")))
	c.send("POST", "/api/users/me/password", fmt.Sprintf(`{"old_password":%q,"new_password":%q}`, c.secret("wrong old password"), c.secret("new password")))
	c.send("POST", "/api/users/me/password", fmt.Sprintf(`{"old_password":%q,"new_password":%q}`, password, c.secret("new password")))
	c.send("GET", "/api/users/search?q="+email, "")
	c.send("POST", "/api/users/auth/logout", fmt.Sprintf(`{"refresh_token":%q}`, c.secret("refresh token that is none")))
}

func (c *planter) talk() {
	status, group := c.send("POST", "/api/chats/conversations/group", fmt.Sprintf(`{"title":%q,"member_ids":[]}`, c.secret("title")))
	require.Equal(c.t, http.StatusCreated, status)
	path := "/api/messages/conversations/" + group["conversation_id"].(string) + "/messages"
	status, _ = c.send("POST", path, fmt.Sprintf(`{"client_msg_id":"one","body":%q}`, c.secret("message")))
	require.Equal(c.t, http.StatusCreated, status)
	c.send("POST", path, fmt.Sprintf(`{"client_msg_id":"one","body":%q}`, c.secret("another message of one id")))
	c.send("GET", path+"?latest=true", "")
}

func (c *planter) fail() {
	for _, body := range []string{`{"password":"%s"`, `{"password":"%[1]s","password":"%[1]s"}`, `%s`, `{"%s":1}`, "{\"password\":\"%s\xff\"}", `["%s"]`} {
		for _, path := range []string{"/api/users/auth/login", "/api/users/auth/refresh", "/api/users/me/password"} {
			status, _ := c.send("POST", path, fmt.Sprintf(body, c.secret("malformed body")))
			require.GreaterOrEqual(c.t, status, 400)
		}
	}
	for _, path := range []string{"/api/users/me", "/api/nothing", "/page", "/openapi.json", "/healthz", "/socket.io/"} {
		for _, name := range []string{"token", "access_token", "q", "%zz"} {
			c.send("GET", path+"?"+name+"="+c.secret("query"), "")
		}
		c.send("GET", path, "", "Authorization", "Bearer "+c.secret("Authorization"))
		c.send("GET", path, "", "Authorization", c.secret("Authorization of no scheme"))
		c.send("GET", path, "", "Cookie", "refresh_token="+c.secret("cookie")+"; session="+c.secret("other cookie"))
		c.send("GET", path, "", "X-Service-Credential", c.secret("service credential"), "User-Agent", c.secret("User-Agent"), "Referer", "http://x/"+c.secret("Referer"))
		c.send("POST", path, "{}", "Content-Type", c.secret("Content-Type"), "Origin", "http://"+c.secret("Origin"))
	}
	c.send("GET", "/api/users/"+c.secret("path"), "")
	c.send("GET", "/api/chats/conversations/"+c.secret("path"), "")
	c.send("POST", "/internal/"+c.secret("path"), "{}")
}

// connect authenticates over long-polling, well and badly.
func (c *planter) connect() {
	const open = "/socket.io/?EIO=4&transport=polling"
	for i, hello := range []string{
		fmt.Sprintf(`40{"token":%q}`, c.access), fmt.Sprintf(`40{"token":%q}`, c.secret("token of a connection")), "40" + c.secret("packet"),
		fmt.Sprintf("40\x1e42[\"authenticate\",{\"token\":%q}]", c.secret("token of an event")),
	} {
		sid := c.text("GET", open, "")
		var handshake struct{ SID string }
		require.NoError(c.t, json.Unmarshal([]byte(sid[1:]), &handshake))
		c.planted[fmt.Sprint("id of a connection ", i)] = handshake.SID
		c.text("POST", open+"&sid="+handshake.SID, hello)
		c.text("GET", open+"&sid="+handshake.SID, "")
	}
}

func (c *planter) text(method, path, body string) string {
	c.t.Helper()
	req, err := http.NewRequestWithContext(deadline(c.t, 5*time.Second), method, c.url()+path, strings.NewReader(body))
	require.NoError(c.t, err)
	res, err := http.DefaultClient.Do(req)
	require.NoError(c.t, err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	require.NoError(c.t, err)
	return string(text)
}

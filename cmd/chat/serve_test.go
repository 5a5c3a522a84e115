package main

import (
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"chatsystem/cmd/internal/scenario"
	"chatsystem/sdk"
)

func TestTwoPeopleChat(t *testing.T) {
	for name, args := range map[string][]string{"on the durable store": nil, "in memory": {"--memory"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProcess(t, args...)
			p.start()
			require.NoError(t, scenario.TwoGateways(deadline(t, time.Minute), p.url(), p.url()))
		})
	}
}

func TestStopping(t *testing.T) {
	t.Run("it lets connected clients go, exits with 0, and serves them again after a start", func(t *testing.T) {
		t.Parallel()
		ctx := deadline(t, time.Minute)
		p := newProcess(t)
		p.start()
		client, err := sdk.New(p.url())
		require.NoError(t, err)
		_, err = client.Register(ctx, sdk.Registration{Email: "ada@example.org", Password: "correct horse", Username: "ada"})
		require.NoError(t, err)
		group, err := client.CreateGroup(ctx, "Notes")
		require.NoError(t, err)
		sub, err := client.Subscribe(ctx)
		require.NoError(t, err)
		defer sub.Close()

		assert.Equal(t, 0, p.stop())
		p.start()
		sent, err := client.Send(ctx, group.ConversationID, "after the restart")
		require.NoError(t, err)
		got, err := sub.Next(ctx)
		require.NoError(t, err)
		assert.Equal(t, sent.MessageID, got.MessageID)
	})
	t.Run("a second process on the same data is refused", func(t *testing.T) {
		t.Parallel()
		p := newProcess(t)
		p.start()
		second := newProcess(t)
		second.dir = p.dir
		out, err := second.command(t).CombinedOutput()
		require.Error(t, err)
		assert.Contains(t, string(out), "another process")
	})
	t.Run("wrong settings are all named, and the exit code is 2", func(t *testing.T) {
		t.Parallel()
		cmd := newProcess(t).command(t)
		cmd.Env = append(cmd.Env, "BCRYPT_COST=x", "LOG_LEVEL=loud")
		out, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		require.ErrorAs(t, err, &exit)
		assert.Equal(t, 2, exit.ExitCode())
		assert.Contains(t, string(out), "BCRYPT_COST")
		assert.Contains(t, string(out), "LOG_LEVEL")
	})
}

// command is the program as a person would run it, to its end.
func (p *process) command(t *testing.T) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(deadline(t, 30*time.Second), self, append([]string{"serve"}, p.args...)...)
	cmd.Env = append(cmd.Environ(), "HTTP_ADDR="+p.addr, "DATA_DIR="+p.dir+"/data")
	return cmd
}

func TestWhatIsServed(t *testing.T) {
	p := newProcess(t)
	p.start()
	p.awaitReady() // the gateway subscribes a moment after the server listens
	for path, want := range map[string]string{
		"/":                      "<title>Chat</title>",
		"/c/some-chat":           "<title>Chat</title>",
		"/openapi.json":          `"openapi"`,
		"/healthz":               "ok",
		"/readyz":                "store",
		"/metrics":               "chat_gateway_connections",
		"/.well-known/jwks.json": `"keys"`,
	} {
		t.Run(path, func(t *testing.T) {
			req, err := http.NewRequestWithContext(deadline(t, 10*time.Second), http.MethodGet, p.url()+path, nil)
			require.NoError(t, err)
			answer, err := http.DefaultClient.Do(req)
			require.NoError(t, err)
			defer answer.Body.Close()
			var body strings.Builder
			_, err = io.Copy(&body, answer.Body)
			require.NoError(t, err)
			assert.Equal(t, http.StatusOK, answer.StatusCode)
			assert.Contains(t, body.String(), want)
		})
	}
	t.Run("the container's health check", func(t *testing.T) {
		self, err := os.Executable()
		require.NoError(t, err)
		cmd := exec.CommandContext(deadline(t, 10*time.Second), self, "healthcheck")
		cmd.Env = append(cmd.Environ(), "HTTP_ADDR="+p.addr)
		out, err := cmd.CombinedOutput()
		assert.NoError(t, err, string(out))
	})
}

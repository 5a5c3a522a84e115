//go:build e2e

package e2e

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestTheWebAppOnFiveServices runs the web app's own browser tests against the services behind nginx, which serves the app,
// too. `make web` builds it.
func TestTheWebAppOnFiveServices(t *testing.T) {
	for name, run := range map[string]struct {
		settings []string
		specs    []string
	}{
		"chats and trouble":   {nil, []string{"chat.spec.ts", "trouble.spec.ts", "history.spec.ts", "quality.spec.ts"}},
		"tokens that run out": {[]string{"ACCESS_TOKEN_TTL=4s"}, []string{"expiry.spec.ts"}},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := deadline(t, 12*time.Minute)
			s := newStack(t, run.settings...)
			orders := make(chan order)
			control := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				o := order{r.URL.Path, make(chan struct{})}
				orders <- o
				<-o.done
			}))
			defer control.Close()
			cmd := exec.CommandContext(ctx, "npx", append([]string{"playwright", "test", "--project=e2e"}, run.specs...)...)
			cmd.Dir = "../../web"
			cmd.Env = append(cmd.Environ(), "CHAT_URL="+s.url, "CHAT_CONTROL="+control.URL)
			cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
			tested := make(chan error, 1)
			go func() { tested <- cmd.Run() }()
			for {
				select {
				case o := <-orders:
					s.obey(o)
				case err := <-tested:
					require.NoError(t, err)
					return
				}
			}
		})
	}
}

// order is what the browser tests want done to the system: "/kill" or "/run".
type order struct {
	what string
	done chan struct{}
}

// obey kills everything at once, or starts it again.
func (s *stack) obey(o order) {
	s.t.Helper()
	defer close(o.done)
	if o.what == "/kill" {
		require.NoError(s.t, s.edge("down"))
		for _, i := range s.all() {
			i.end()
		}
		return
	}
	for _, i := range s.all() {
		i.start()
	}
	require.NoError(s.t, s.edge("up"))
	for _, i := range s.all() {
		i.awaitReady()
	}
}

// serveWebApp lets nginx serve the built web app besides.
func (s *stack) serveWebApp(edge string) {
	s.t.Helper()
	for link, target := range map[string]string{"site": "../../deploy/nginx/webapp", "webapp": "../../web/dist/app"} {
		full, err := filepath.Abs(target)
		require.NoError(s.t, err)
		require.NoError(s.t, os.Symlink(full, filepath.Join(edge, link)))
	}
}

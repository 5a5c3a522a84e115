//go:build e2e

package e2e

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"chatsystem/cmd/internal/scenario"
)

// TestServicesAreScaledUnderLoad does what `docker compose up --scale message-service=3 --scale gateway=2` does to one of
// each, and takes it back, while people send and listen: a name is there from when its container is started until it has ended.
func TestServicesAreScaledUnderLoad(t *testing.T) {
	ctx := deadline(t, 5*time.Minute)
	s := newProcesses(t)
	s.makeStores()
	messages, gateways := s.running["message-service"], s.running["gateway"]
	messages = append(messages, s.newInstance("message-service", 3, "127.0.1.33"))
	added := []*instance{messages[1], messages[2], gateways[1]}
	s.running["message-service"], s.running["gateway"] = messages[:1], gateways[:1]
	for _, i := range s.all() {
		i.start()
	}
	s.startEdge()
	for _, i := range s.all() {
		i.awaitReady()
	}
	load, err := scenario.StartLoad(ctx, scenario.Crowd{Senders: 3, Listeners: 2}, s.url)
	require.NoError(t, err)
	defer load.Close()
	awaitSent(t, load, 50)

	s.running["message-service"], s.running["gateway"] = messages, gateways
	for _, i := range added {
		i.start()
	}
	s.rename()
	for _, i := range added {
		i.awaitReady()
	}
	late, err := scenario.StartLoad(ctx, scenario.Crowd{Senders: 2, Listeners: 6}, s.url)
	require.NoError(t, err)
	defer late.Close()
	for _, i := range added[:2] {
		require.Eventually(t, func() bool { return s.served(i, http.StatusCreated) > 20 }, 20*time.Second, 50*time.Millisecond, "%s gets its share", i.host)
	}
	for s.connections(ctx, t, 1) == 0 { // nginx chooses
		_, err := s.person(ctx, t).Subscribe(ctx)
		require.NoError(t, err)
	}
	awaitSent(t, load, 50)

	for _, i := range slices.Backward(added) {
		i.stop()
	}
	s.running["message-service"], s.running["gateway"] = messages[:1], gateways[:1]
	s.rename()
	awaitSent(t, load, 50)
	awaitSent(t, late, 50)
	for name, l := range map[string]*scenario.Load{"who came first": load, "who came later": late} {
		verdict, err := l.Finish(ctx)
		t.Log(name, verdict)
		require.NoError(t, err)
		require.NoError(t, verdict.Err())
	}
	var brokenOff []access // on a connection that its instance had not taken: only the client may repeat such a POST, and did
	for _, a := range s.accesses() {
		if a.Method == http.MethodPost && a.Status == http.StatusBadGateway {
			brokenOff = append(brokenOff, a)
			continue
		}
		assert.Less(t, a.Status, http.StatusInternalServerError, "%v: another instance could have answered", a)
	}
	assert.Less(t, len(brokenOff), 10, "%v", brokenOff)
}

// rename has the name server know what runs.
func (s *stack) rename() {
	s.t.Helper()
	s.writeNames(s.all())
	require.NoError(s.t, s.edge("reload"))
}

// access is a line of the edge's log.
type access struct {
	Time, Method, Path, Upstream string
	Status                       int
}

func (s *stack) accesses() []access {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join(s.edgeDir, "log", "nginx.log"))
	require.NoError(s.t, err)
	var all []access
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "{") || !strings.HasSuffix(line, "\n") {
			continue
		}
		var a access
		require.NoError(s.t, json.Unmarshal([]byte(line), &a), line)
		all = append(all, a)
	}
	return all
}

// served returns how many requests an instance has answered like that.
func (s *stack) served(i *instance, status int) (n int) {
	s.t.Helper()
	for _, a := range s.accesses() {
		if a.Status == status && strings.HasSuffix(a.Upstream, i.host+":"+servicePort) {
			n++
		}
	}
	return n
}

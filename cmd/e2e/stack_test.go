//go:build e2e

package e2e

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	servicePort = "8080"
	edgePort    = "18090"
	dnsPort     = "18091"
)

// hosts are the loopback addresses of the instances, two of each service.
var hosts = map[string][]string{
	"user-service":    {"127.0.1.11", "127.0.1.12"},
	"chat-service":    {"127.0.1.21", "127.0.1.22"},
	"message-service": {"127.0.1.31", "127.0.1.32"},
	"gateway":         {"127.0.1.41", "127.0.1.42"},
	"fanout-worker":   {"127.0.1.51", "127.0.1.52"},
}

// inside are where services reach one another: like a cluster's service addresses, each spreads connections over the
// instances.
var inside = map[string]string{"user-service": "127.0.1.10", "chat-service": "127.0.1.20"}

// stack is the whole system with stores of its own.
type stack struct {
	t       *testing.T
	dir     string
	bin     string // where the programs are
	env     []string
	url     string // of the edge
	edgeDir string
	name    string // of the database and the table, and before topics and keys
	running map[string][]*instance

	subscribed int // by subscribe
}

// programs builds the programs, once, and returns the folder they are in.
var programs = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "e2e")
	if err != nil {
		return "", fmt.Errorf("folder for the programs: %w", err)
	}
	built = dir
	if out, err := exec.Command("go", "build", "-o", dir+"/", "chatsystem/cmd/...").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return dir, nil
})

var built string // what programs made

func TestMain(m *testing.M) {
	code := m.Run()
	if built != "" {
		_ = os.RemoveAll(built)
	}
	os.Exit(code)
}

// newStack starts everything and returns when all of it is ready. Settings besides the usual ones come as NAME=value.
func newStack(t *testing.T, settings ...string) *stack {
	t.Helper()
	s := newProcesses(t, settings...)
	s.start()
	return s
}

// start starts everything and returns when all of it is ready.
func (s *stack) start() {
	s.t.Helper()
	s.makeStores()
	for _, i := range s.all() {
		i.env = s.env
		i.start()
	}
	s.startEdge()
	for _, i := range s.all() {
		i.awaitReady()
	}
}

// newProcesses prepares everything and starts nothing.
func newProcesses(t *testing.T, settings ...string) *stack {
	t.Helper()
	bin, err := programs()
	require.NoError(t, err)
	s := &stack{t: t, dir: t.TempDir(), bin: bin, name: uniqueName(), running: map[string][]*instance{}}
	s.env = append(s.settings(), settings...)
	for service, address := range inside {
		balance(t, address+":"+servicePort, hosts[service])
	}
	for service, addresses := range hosts {
		for n, host := range addresses {
			s.running[service] = append(s.running[service], s.newInstance(service, n+1, host))
		}
	}
	t.Cleanup(s.end)
	return s
}

// newInstance prepares the n-th instance of a service.
func (s *stack) newInstance(service string, n int, host string) *instance {
	return &instance{
		t: s.t, service: service, host: host, program: filepath.Join(s.bin, service), env: s.env,
		log: filepath.Join(s.dir, fmt.Sprintf("%s-%d.log", service, n)),
	}
}

// settings are what all processes have, with a database that is still empty.
func (s *stack) settings() []string {
	s.t.Helper()
	secret := filepath.Join(s.dir, "secret")
	require.NoError(s.t, os.WriteFile(secret, []byte(rand.Text()+rand.Text()), 0o600))
	return []string{
		"POSTGRES_DSN=" + makeDatabase(s.t, s.name),
		"REDIS_ADDR=" + server("REDIS_ADDR"), "REDIS_PREFIX=" + s.name + ".",
		"KAFKA_BROKERS=" + server("KAFKA_BROKERS"), "KAFKA_PREFIX=" + s.name + ".",
		"DYNAMODB_ENDPOINT=" + server("DYNAMODB_ENDPOINT"), "DYNAMODB_TABLE=" + s.name,
		"CHAT_SERVICE_URL=http://" + inside["chat-service"] + ":" + servicePort,
		"USER_SERVICE_URL=http://" + inside["user-service"] + ":" + servicePort,
		"JWKS_URL=http://" + inside["user-service"] + ":" + servicePort + "/.well-known/jwks.json",
		"SERVICE_SECRET_FILE=" + secret, "JWT_PRIVATE_KEY_FILE=" + filepath.Join(s.dir, "key.pem"),
		"TRUSTED_PROXIES=127.0.0.0/8", "RATE_LIMITS=off", "BCRYPT_COST=4", "DRAIN_PERIOD=2s", "LOG_LEVEL=warn",
	}
}

// makeStores makes the schema, the topics and the table, as a person would.
func (s *stack) makeStores() {
	s.t.Helper()
	s.command("migrate", "up")
	s.command("init")
}

// command runs a program that ends by itself.
func (s *stack) command(name string, args ...string) string {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(s.bin, name), args...)
	cmd.Env = s.env
	out, err := cmd.CombinedOutput()
	require.NoError(s.t, err, "%s %v: %s", name, args, out)
	return string(out)
}

// startEdge starts nginx with its production configuration, and the name server that it finds the instances by.
func (s *stack) startEdge() {
	s.t.Helper()
	s.edgeDir = filepath.Join(s.dir, "edge")
	require.NoError(s.t, os.MkdirAll(s.edgeDir, 0o755))
	s.writeNames(s.all())
	s.serveWebApp(s.edgeDir)
	s.t.Cleanup(func() {
		if err := s.edge("down"); err != nil {
			s.t.Error(err)
		}
	})
	require.NoError(s.t, s.edge("up"))
	s.url = "http://127.0.0.1:" + edgePort
}

// writeNames makes these the instances that the name server of the edge knows, once it looks.
func (s *stack) writeNames(instances []*instance) {
	s.t.Helper()
	var names strings.Builder
	for _, i := range instances {
		fmt.Fprintln(&names, i.host, i.service)
	}
	require.NoError(s.t, os.WriteFile(filepath.Join(s.edgeDir, "hosts"), []byte(names.String()), 0o644))
}

// edge tells scripts/edge what to do.
func (s *stack) edge(verb string) error {
	cmd := exec.Command("sh", "../../scripts/edge", verb)
	cmd.Env = append(cmd.Environ(), "EDGE_DIR="+s.edgeDir, "EDGE_PORT="+edgePort, "EDGE_DNS_PORT="+dnsPort)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("edge %s: %w\n%s", verb, err, out)
	}
	return nil
}

// all returns every instance, in an order in which they may be started.
func (s *stack) all() []*instance {
	var all []*instance
	for _, service := range []string{"user-service", "chat-service", "message-service", "fanout-worker", "gateway"} {
		all = append(all, s.running[service]...)
	}
	return all
}

// end ends what runs, looks for secrets in the logs, and shows those of a test that failed.
func (s *stack) end() {
	defer s.requireNoSecrets()
	for _, i := range slices.Backward(s.all()) {
		i.end()
		if s.t.Failed() {
			log, _ := os.ReadFile(i.log) // what there is
			s.t.Logf("--- %s on %s\n%s", i.service, i.host, lastLines(string(log), 40))
		}
	}
}

func lastLines(text string, n int) string {
	lines := strings.Split(text, "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

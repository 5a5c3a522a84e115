//go:build e2e

package e2e

import (
	"encoding/json"
	"net/http"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestProgramsNameEveryMissingSetting starts each program without any.
func TestProgramsNameEveryMissingSetting(t *testing.T) {
	bin, err := programs()
	require.NoError(t, err)
	for name, missing := range map[string][]string{
		"user-service":    {"POSTGRES_DSN", "REDIS_ADDR", "SERVICE_SECRET_FILE", "JWT_PRIVATE_KEY_FILE"},
		"chat-service":    {"POSTGRES_DSN", "REDIS_ADDR", "KAFKA_BROKERS", "JWKS_URL", "SERVICE_SECRET_FILE"},
		"message-service": {"POSTGRES_DSN", "REDIS_ADDR", "KAFKA_BROKERS", "JWKS_URL", "SERVICE_SECRET_FILE", "CHAT_SERVICE_URL"},
		"gateway":         {"REDIS_ADDR", "JWKS_URL", "SERVICE_SECRET_FILE", "USER_SERVICE_URL"},
		"fanout-worker":   {"REDIS_ADDR", "KAFKA_BROKERS", "SERVICE_SECRET_FILE", "CHAT_SERVICE_URL"},
		"init":            {"KAFKA_BROKERS"},
		"migrate":         {"POSTGRES_DSN"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := deadline(t, 30*time.Second)
			args := map[string][]string{"migrate": {"up"}}[name]
			cmd := exec.CommandContext(ctx, filepath.Join(bin, name), args...)
			cmd.Env = []string{"LOG_LEVEL=info"}
			out, err := cmd.CombinedOutput()
			var exit *exec.ExitError
			require.ErrorAs(t, err, &exit)
			assert.Equal(t, 2, exit.ExitCode())
			help, err := exec.CommandContext(ctx, filepath.Join(bin, name), "--help").CombinedOutput()
			require.NoError(t, err)
			for _, variable := range missing {
				assert.Contains(t, string(out), variable+": is required")
				assert.Contains(t, string(help), variable)
			}
		})
	}
}

// TestReadinessNamesWhatIsMissing starts a service before anybody made schema, topics and table.
func TestReadinessNamesWhatIsMissing(t *testing.T) {
	s := newProcesses(t)
	for _, i := range s.running["user-service"] {
		i.start()
	}
	service := s.running["message-service"][0]
	service.start()
	require.Eventually(t, func() bool { return service.status("/healthz") == http.StatusOK }, 20*time.Second, 50*time.Millisecond)
	require.Eventually(t, func() bool { return s.readiness(service)["keys"] == "ok" }, 20*time.Second, 50*time.Millisecond)
	assert.Equal(t, map[string]string{
		"postgres": "ok", "schema": "failing", "table": "failing", "topics": "failing", "redis": "ok", "keys": "ok",
	}, s.readiness(service))
	assert.Equal(t, http.StatusServiceUnavailable, service.status("/readyz"))

	assert.Contains(t, s.command("migrate", "status"), "pending")
	s.makeStores()
	assert.NotContains(t, s.command("migrate", "status"), "pending")
	s.makeStores() // again: nothing is left to do
	service.awaitReady()
	assert.NotContains(t, s.readiness(service), "failing")
}

// readiness returns what a process says of each check.
func (s *stack) readiness(i *instance) map[string]string {
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, i.url()+"/readyz", nil)
	require.NoError(s.t, err)
	answer, err := http.DefaultClient.Do(req)
	require.NoError(s.t, err)
	defer answer.Body.Close()
	var health struct{ Checks map[string]string }
	require.NoError(s.t, json.NewDecoder(answer.Body).Decode(&health))
	return health.Checks
}

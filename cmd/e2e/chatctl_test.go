//go:build e2e

package e2e

import (
	"crypto/rand"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestChatctlAgainstTheServices has an operator look at the five services from outside, load them and check their stores.
func TestChatctlAgainstTheServices(t *testing.T) {
	s := newStack(t)
	s.env = append(s.env, "CHATCTL_SERVER="+s.url, "CHATCTL_HOME="+t.TempDir(), "CHATCTL_PASSWORD="+rand.Text())
	s.command("chatctl", "register", "operator@example.org", "operator")
	examined := s.command("chatctl", "doctor")
	assert.Contains(t, examined, "message over long-polling")
	assert.NotContains(t, examined, "failed")

	const kept = "Every promise was kept."
	assert.Contains(t, s.command("chatctl", "bench", "pairs", "--pairs", "10", "--rate", "50", "--duration", "5s"), kept)
	assert.Contains(t, s.command("chatctl", "bench", "group", "--members", "50", "--rate", "10", "--duration", "5s"), kept)
	assert.Contains(t, s.command("chatctl", "bench", "reconnect", "--connections", "200", "--users", "20", "--messages", "5"), kept)
	s.command("chatctl", "bench", "connections", "--connections", "200", "--users", "20", "--hold", "2s")
	s.command("chatctl", "bench", "history", "--messages", "400", "--rate", "20", "--duration", "3s")

	assert.Contains(t, s.command("chatctl", "verify"), "0 violations")
	assert.Contains(t, s.command("chatctl", "verify", "--store", "services", "--texts", "-1"), "0 violations")
}

//go:build e2e

package e2e

import (
	"os"
	"strings"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"chatsystem/adapters/httpapi"
)

// requireNoSecrets looks into what all processes wrote, whatever the test did.
func (s *stack) requireNoSecrets() {
	s.t.Helper()
	secret, err := os.ReadFile(s.setting("SERVICE_SECRET_FILE"))
	require.NoError(s.t, err)
	credential, err := httpapi.ServiceCredential(secret)
	require.NoError(s.t, err)
	secrets := map[string]string{
		"the secret of the services": string(secret), "what they show each other": credential, "an e-mail": "@example.org",
		"an access token": "eyJhbGciOi",
	}
	if key, err := os.ReadFile(s.setting("JWT_PRIVATE_KEY_FILE")); err == nil { // the user service has made it
		secrets["the signing key"] = strings.Split(string(key), "\n")[1]
	}
	for _, i := range s.all() {
		log, err := os.ReadFile(i.log)
		if err != nil { // it never started
			continue
		}
		for what, text := range secrets {
			assert.NotContains(s.t, string(log), text, "%s in the log of %s", what, i.service)
		}
	}
}

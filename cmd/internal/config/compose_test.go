package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Every program starts with the environment that docker-compose.yml gives it, and is given nothing that it does not read.
func TestComposeSetsWhatProgramsNeed(t *testing.T) {
	options, err := cli.NewProjectOptions([]string{"../../../docker-compose.yml"}, cli.WithEnv(nil), cli.WithProfiles([]string{"infra", "apps"}))
	require.NoError(t, err)
	compose, err := options.LoadProject(t.Context())
	require.NoError(t, err)
	secret := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(secret, []byte(strings.Repeat("s", 32)), 0o600))

	for name, program := range programs() {
		if name == "chat serve" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			reads := map[string]bool{"GOMEMLIMIT": true} // the runtime does
			for _, p := range program.params {
				reads[p.Key] = true
			}
			env := map[string]string{}
			for key, value := range compose.Services[name].Environment {
				assert.True(t, reads[key], "%s is not read", key)
				env[key] = *value
			}
			if _, set := env["SERVICE_SECRET_FILE"]; set {
				env["SERVICE_SECRET_FILE"] = secret // which is there in the container alone
			}
			assert.NoError(t, program.load(env))
		})
	}
}

//go:build integration

package previous_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"chatsystem/cmd/internal/previous"
)

// contract marks a migration that takes away what the one it names replaced.
var contract = regexp.MustCompile(`(?m)^-- contract: after (\S+\.sql)`)

// TestMigrationsOfTheReleaseBefore: what was applied to somebody's data is not written anew, and what a migration takes away
// was replaced a release ago, so that the programs of that release do without it.
func TestMigrationsOfTheReleaseBefore(t *testing.T) {
	for _, folder := range []string{"migrations/postgres", "migrations/sqlite"} {
		released, err := previous.Files(t.Context(), folder)
		require.NoError(t, err)
		require.NotEmpty(t, released)
		now := map[string]string{}
		files, err := filepath.Glob(filepath.Join("../../..", folder, "*.sql"))
		require.NoError(t, err)
		for _, file := range files {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			now[filepath.Base(file)] = string(text)
		}
		for name, text := range released {
			assert.Equal(t, text, now[name], "%s/%s", folder, name)
		}
		for name, text := range now {
			for _, mark := range contract.FindAllStringSubmatch(text, -1) {
				_, long := released[name]
				assert.True(t, long || released[mark[1]] != "", "%s/%s: %s was not in the release before", folder, name, mark[1])
			}
		}
	}
}

//go:build integration

package postgres_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Whoever knows an e-mail finds its account, even if more people than fit have names that begin with it.
func TestSearchKeepsAPlaceForTheEmail(t *testing.T) {
	t.Parallel()
	c := coreOf(open(t, newDatabase(t), time.Now))
	c.AddUser(t, "zoe")
	for _, name := range []string{"zoe@example.org 1", "zoe@example.org 2", "zoe@example.org 3"} {
		c.AddUser(t, name)
	}
	found, err := c.Directory.SearchUsers(t.Context(), "Zoe@example.org", 2)
	require.NoError(t, err)
	require.Len(t, found, 2)
	require.Equal(t, "zoe", found[0].Username)
	require.Equal(t, "zoe@example.org 1", found[1].Username)
}

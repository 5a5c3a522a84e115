//go:build integration

package postgres_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
	"chatsystem/ports/portstest"
)

// Tokens given out within the grace, after the first sibling was used, do not make each other stale: two tabs that both
// lost an answer both go on.
func TestLateSiblingsStayFresh(t *testing.T) {
	t.Parallel()
	clock := portstest.NewManualClock()
	c := coreOf(open(t, newDatabase(t), clock.Now))
	u := c.AddUser(t, "anna")
	s, root := portstest.NewSession(u.ID, clock.Now())
	require.NoError(t, c.Sessions.CreateSession(t.Context(), s, root))
	exchange := func(presented domain.RefreshToken) domain.RefreshToken {
		t.Helper()
		clock.Advance(time.Second)
		next := portstest.NewToken(s.ID, clock.Now())
		_, err := c.Sessions.Exchange(t.Context(), presented.Hash, next, clock.Now())
		require.NoError(t, err)
		return next
	}
	exchange(exchange(root)) // the first successor is used
	second, third := exchange(root), exchange(root)
	exchange(second)
	exchange(third)
}

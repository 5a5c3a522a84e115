package memory

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
)

// movingClock stands until it is moved.
type movingClock struct{ now time.Time }

func (c *movingClock) Now() time.Time { return c.now }

func TestWhatExpiredIsForgotten(t *testing.T) {
	t.Run("a member set nobody asks for again", func(t *testing.T) {
		clock := &movingClock{time.Unix(1_700_000_000, 0)}
		cache := NewMembershipCache(clock.Now)
		require.NoError(t, cache.CacheMembers(t.Context(), map[domain.ConversationID]domain.MemberSet{"old": {Version: 1}}))
		clock.now = clock.now.Add(memberSetTTL)
		require.NoError(t, cache.CacheMembers(t.Context(), map[domain.ConversationID]domain.MemberSet{"new": {Version: 1}}))
		require.Len(t, cache.sets, 1)
	})

	t.Run("the leases of a gateway that died", func(t *testing.T) {
		clock := &movingClock{time.Unix(1_700_000_000, 0)}
		presence := NewPresence(clock.Now)
		renew := func(gw domain.GatewayID, u domain.UserID) {
			_, err := presence.Renew(t.Context(), gw, []domain.Lease{{User: u, Connection: "c"}})
			require.NoError(t, err)
		}
		renew("dead", "anna")
		renew("dead", "bob")
		renew("alive", "bob")
		clock.now = clock.now.Add(domain.LeaseTTL / 2)
		renew("alive", "bob")
		clock.now = clock.now.Add(domain.LeaseTTL / 2)
		renew("alive", "bob")
		require.Len(t, presence.leases, 1)
		require.Len(t, presence.leases["bob"], 1)
	})

	t.Run("users without a connection", func(t *testing.T) {
		presence := NewPresence(time.Now)
		leases := []domain.Lease{{User: "anna", Connection: "c"}}
		_, err := presence.Renew(t.Context(), "gw", leases)
		require.NoError(t, err)
		require.NoError(t, presence.Leave(t.Context(), "gw", leases))
		require.Empty(t, presence.leases)
	})

	t.Run("everything of a purged allocation", func(t *testing.T) {
		clock := &movingClock{time.Unix(1_700_000_000, 0)}
		s := NewStore(clock.Now)
		s.users["anna"] = &domain.User{ID: "anna"}
		g, err := domain.NewGroup("g", "Team", "anna", nil, clock.now)
		require.NoError(t, err)
		require.NoError(t, s.CreateGroup(t.Context(), g))
		_, _, err = s.Allocate(t.Context(), domain.AllocationRequest{Conversation: "g", Sender: "anna", ClientMsgID: "1"})
		require.NoError(t, err)
		require.NoError(t, s.Settle(t.Context(), []domain.Settlement{{Conversation: "g", Seq: 1, State: domain.Published}}))
		clock.now = clock.now.Add(time.Hour)
		purged, err := s.PurgeAllocations(t.Context(), clock.now, 10)
		require.NoError(t, err)
		require.Equal(t, 1, purged)
		log := s.conversations["g"].log
		require.Empty(t, s.made)
		require.Empty(t, s.unfinished)
		require.Empty(t, log.bySeq)
		require.Empty(t, log.byDraft)
		require.Empty(t, log.pending)
	})
}

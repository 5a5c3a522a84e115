package portstest

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
	"chatsystem/ports"
)

// RunMembership is the contract of ports.MembershipReader.
func RunMembership(t *testing.T, open Open) {
	clock := NewManualClock()

	t.Run("the active members and their version are returned", func(t *testing.T) {
		c := open(t, clock.Now)
		admin, other, removed := c.AddUser(t, "anna"), c.AddUser(t, "bob"), c.AddUser(t, "carl")
		id := c.AddGroup(t, clock.Now(), admin, other, removed)
		after := c.Remove(t, id, admin, removed)
		set := c.members(t, id)
		require.Equal(t, after.MembersVersion, set.Version)
		require.ElementsMatch(t, idsOf(admin, other), set.Users)
	})

	t.Run("the version grows with every change of the members", func(t *testing.T) {
		c := open(t, clock.Now)
		admin, other := c.AddUser(t, "anna"), c.AddUser(t, "bob")
		id := c.AddGroup(t, clock.Now(), admin)
		last := int64(0)
		grown := func() {
			set := c.members(t, id)
			require.Greater(t, set.Version, last)
			last = set.Version
		}
		grown()
		c.Join(t, id, admin, other, clock.Now())
		grown()
		c.change(t, id, func(conv *domain.Conversation) error { return conv.SetRole(admin.ID, other.ID, domain.RoleAdmin) })
		grown()
		c.Remove(t, id, admin, other)
		grown()
	})

	t.Run("many are read at once, one that is absent is missing", func(t *testing.T) {
		c := open(t, clock.Now)
		admin, other := c.AddUser(t, "anna"), c.AddUser(t, "bob")
		alone, both := c.AddGroup(t, clock.Now(), admin), c.AddGroup(t, clock.Now(), admin, other)
		left, notAsked := c.AddGroup(t, clock.Now(), other), c.AddGroup(t, clock.Now(), admin)
		after := c.Remove(t, left, other, other)
		sets, err := c.Members.Members(t.Context(), []domain.ConversationID{both, newConversationID(), left, alone, both})
		require.NoError(t, err)
		require.Len(t, sets, 3)
		require.NotContains(t, sets, notAsked)
		require.Equal(t, idsOf(admin), sets[alone].Users)
		require.ElementsMatch(t, idsOf(admin, other), sets[both].Users)
		require.Equal(t, after.MembersVersion, sets[left].Version)
		require.Empty(t, sets[left].Users)
	})

	t.Run("asked for none it returns none", func(t *testing.T) {
		c := open(t, clock.Now)
		c.AddGroup(t, clock.Now(), c.AddUser(t, "anna"))
		sets, err := c.Members.Members(t.Context(), nil)
		require.NoError(t, err)
		require.Empty(t, sets)
	})

	t.Run("members and version belong together while they change", func(t *testing.T) {
		c := open(t, clock.Now)
		admin, other := c.AddUser(t, "anna"), c.AddUser(t, "bob")
		id := c.AddGroup(t, clock.Now(), admin)
		sizes := make(chan map[int64]int, 1)
		go func() {
			byVersion := map[int64]int{}
			for i := range 20 {
				after, err := c.Conversations.ChangeConversation(t.Context(), id, func(conv *domain.Conversation) error {
					if i%2 == 1 {
						return conv.Remove(admin.ID, other.ID)
					}
					invite := domain.NewInvite(domain.InviteID(NewUUID()), id, other.ID, admin.ID, clock.Now())
					return conv.Join(&invite, other.ID, clock.Now())
				})
				if err == nil {
					byVersion[after.MembersVersion] = len(after.Members)
				}
			}
			sizes <- byVersion
		}()
		seen := map[int64]int{}
		var byVersion map[int64]int
		for byVersion == nil {
			set := c.members(t, id)
			seen[set.Version] = len(set.Users)
			select {
			case byVersion = <-sizes:
			default:
			}
		}
		require.Len(t, byVersion, 20)
		for version, size := range seen {
			if want, changed := byVersion[version]; changed {
				require.Equal(t, want, size, "version %d", version)
			}
		}
	})
}

// members returns the members of one conversation, which must be there.
func (c Core) members(t testing.TB, id domain.ConversationID) domain.MemberSet {
	t.Helper()
	sets, err := c.Members.Members(t.Context(), []domain.ConversationID{id})
	require.NoError(t, err)
	require.Contains(t, sets, id)
	return sets[id]
}

// RunMembershipCache is the contract of ports.MembershipCache.
func RunMembershipCache(t *testing.T, open func(testing.TB) (ports.MembershipCache, Pass)) {
	type sets = map[domain.ConversationID]domain.MemberSet
	newID := newConversationID
	cached := func(t *testing.T, c ports.MembershipCache, ids ...domain.ConversationID) sets {
		t.Helper()
		found, err := c.CachedMembers(t.Context(), ids)
		require.NoError(t, err)
		for _, set := range found {
			slices.Sort(set.Users)
		}
		return found
	}
	set := func(version int64, users ...domain.UserID) domain.MemberSet {
		return domain.MemberSet{Version: version, Users: users}
	}

	t.Run("what was cached is found, the rest is missing", func(t *testing.T) {
		c, _ := open(t)
		a, b, absent := newID(), newID(), newID()
		require.NoError(t, c.CacheMembers(t.Context(), sets{a: set(3, "anna", "bob"), b: set(1, "carl")}))
		require.NoError(t, c.CacheMembers(t.Context(), nil))
		want := sets{a: set(3, "anna", "bob"), b: set(1, "carl")}
		require.Equal(t, want, cached(t, c, a, absent, b, a))
		require.Empty(t, cached(t, c))
	})

	t.Run("a later version replaces, an earlier one does not", func(t *testing.T) {
		c, _ := open(t)
		id := newID()
		require.NoError(t, c.CacheMembers(t.Context(), sets{id: set(5, "anna", "bob")}))
		require.NoError(t, c.CacheMembers(t.Context(), sets{id: set(4, "anna", "bob", "removed")}))
		require.Equal(t, set(5, "anna", "bob"), cached(t, c, id)[id])
		other := newID()
		require.NoError(t, c.CacheMembers(t.Context(), sets{id: set(4, "anna"), other: set(1, "carl")}))
		require.Equal(t, sets{id: set(5, "anna", "bob"), other: set(1, "carl")}, cached(t, c, id, other))
		require.NoError(t, c.CacheMembers(t.Context(), sets{id: set(6, "anna")}))
		require.Equal(t, set(6, "anna"), cached(t, c, id)[id])
	})

	t.Run("versions are compared as numbers", func(t *testing.T) {
		c, _ := open(t)
		id := newID()
		require.NoError(t, c.CacheMembers(t.Context(), sets{id: set(9, "anna", "removed")}))
		require.NoError(t, c.CacheMembers(t.Context(), sets{id: set(10, "anna")}))
		require.Equal(t, set(10, "anna"), cached(t, c, id)[id])
	})

	t.Run("a set without members is no miss", func(t *testing.T) {
		c, _ := open(t)
		id := newID()
		require.NoError(t, c.CacheMembers(t.Context(), sets{id: set(7)}))
		got, hit := cached(t, c, id)[id]
		require.True(t, hit)
		require.EqualValues(t, 7, got.Version)
		require.Empty(t, got.Users)
	})

	t.Run("after a minute a set is gone; caching it again makes it last", func(t *testing.T) {
		c, pass := open(t)
		once, again := newID(), newID()
		require.NoError(t, c.CacheMembers(t.Context(), sets{once: set(2, "anna")}))
		require.NoError(t, c.CacheMembers(t.Context(), sets{again: set(2, "anna")}))
		pass(40 * time.Second)
		require.Len(t, cached(t, c, once, again), 2)
		require.NoError(t, c.CacheMembers(t.Context(), sets{again: set(2, "anna")}))
		pass(30 * time.Second)
		require.Equal(t, sets{again: set(2, "anna")}, cached(t, c, once, again))
	})

	t.Run("of racing versions the latest stays", func(t *testing.T) {
		c, _ := open(t)
		id := newID()
		errs := race(30, func(i int) error { return c.CacheMembers(t.Context(), sets{id: set(int64(i+1), "anna")}) })
		require.Equal(t, 30, countErrors(errs, nil))
		require.EqualValues(t, 30, cached(t, c, id)[id].Version)
	})

	t.Run("sets are detached from what is stored", func(t *testing.T) {
		c, _ := open(t)
		id := newID()
		users := []domain.UserID{"anna", "bob"}
		require.NoError(t, c.CacheMembers(t.Context(), sets{id: set(1, users...)}))
		users[0] = "forged"
		cached(t, c, id)[id].Users[1] = "forged"
		require.Equal(t, set(1, "anna", "bob"), cached(t, c, id)[id])
	})
}

package domain_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
)

var founded = time.Date(2026, 1, 7, 12, 34, 56, 0, time.UTC)

// newGroup returns a group whose admin is "admin".
func newGroup(t *testing.T, others ...domain.UserID) *domain.Conversation {
	t.Helper()
	g, err := domain.NewGroup("g", "Team Chat", "admin", others, founded)
	require.NoError(t, err)
	return g
}

func newDM(t *testing.T) *domain.Conversation {
	t.Helper()
	dm, err := domain.NewDM("d", "admin", "bob", founded)
	require.NoError(t, err)
	return dm
}

// members returns "user ROLE" of each, longest-standing first.
func members(c *domain.Conversation) []string {
	var all []string
	for _, m := range c.Snapshot().Members {
		all = append(all, fmt.Sprintf("%s %s", m.UserID, m.Role))
	}
	return all
}

func people(n int) []domain.UserID {
	all := make([]domain.UserID, n)
	for i := range all {
		all[i] = domain.UserID(fmt.Sprintf("user-%03d", i))
	}
	return all
}

func TestNewDM(t *testing.T) {
	dm := newDM(t)
	require.Equal(t, []string{"admin MEMBER", "bob MEMBER"}, members(dm), "nobody is admin")
	_, err := domain.NewDM("d", "admin", "admin", founded)
	requireFields(t, err, "other_user_id self")
}

func TestADMKeyIsTheSameForBothAndDiffersForOthers(t *testing.T) {
	require.Equal(t, domain.DMKey("a", "b"), domain.DMKey("b", "a"))
	require.NotEqual(t, domain.DMKey("a", "b"), domain.DMKey("a", "c"))
}

func TestNewGroup(t *testing.T) {
	t.Run("its creator is the admin, doubles and the creator among the members are ignored", func(t *testing.T) {
		require.Equal(t, []string{"admin ADMIN", "bob MEMBER", "carl MEMBER"}, members(newGroup(t, "bob", "admin", "carl", "bob")))
	})

	t.Run("it may have 100 members, the creator included, not 101", func(t *testing.T) {
		_, err := domain.NewGroup("g", "Team", "admin", people(99), founded)
		require.NoError(t, err)
		_, err = domain.NewGroup("g", "Team", "admin", people(100), founded)
		requireFields(t, err, "member_ids too_many")
	})

	t.Run("it begins at version 1 with stored times", func(t *testing.T) {
		g, err := domain.NewGroup("g", "Team", "admin", nil, founded.Add(1234567*time.Nanosecond))
		require.NoError(t, err)
		s := g.Snapshot()
		require.EqualValues(t, 1, s.MembersVersion)
		require.Equal(t, founded.Add(time.Millisecond), s.CreatedAt)
		require.Equal(t, s.CreatedAt, s.Members[0].JoinedAt)
	})
}

func TestTitles(t *testing.T) {
	good := map[string]string{
		"Team":                               "Team",
		"  Team \u00a0":                      "Team",
		"👨\u200d👩\u200d👧 family":             "👨\u200d👩\u200d👧 family", // joined into one picture
		"山田\u3000太郎":                         "山田\u3000太郎",             // an ideographic space
		"می\u200cخواهم":                      "می\u200cخواهم",          // a joiner that Persian needs
		strings.Repeat("😀", 255):             strings.Repeat("😀", 255),
		" " + strings.Repeat("x", 255) + " ": strings.Repeat("x", 255),
	}
	for title, want := range good {
		g, err := domain.NewGroup("g", title, "admin", nil, founded)
		require.NoError(t, err)
		require.Equal(t, want, g.Snapshot().Title)
		require.NoError(t, newGroup(t).Rename("admin", title))
	}
	bad := map[string]string{
		"": "length", " \t\n": "length", strings.Repeat("😀", 256): "length", "a\nb": "printable", "a\x00b": "printable", "a\xffb": "printable",
		"a\u202eb": "printable", "a\u2028b": "printable", "a\u200bb": "printable", // turned round, broken, hidden
	}
	for title, code := range bad {
		_, err := domain.NewGroup("g", title, "admin", nil, founded)
		requireFields(t, err, "title "+code)
		requireFields(t, newGroup(t).Rename("admin", title), "title "+code)
	}
}

func TestGroupRules(t *testing.T) {
	rename := func(actor domain.UserID) func(*domain.Conversation) error {
		return func(c *domain.Conversation) error { return c.Rename(actor, "New") }
	}
	invite := func(actor, user domain.UserID) func(*domain.Conversation) error {
		return func(c *domain.Conversation) error { return c.CheckInvite(actor, user) }
	}
	remove := func(actor, target domain.UserID) func(*domain.Conversation) error {
		return func(c *domain.Conversation) error { return c.Remove(actor, target) }
	}
	role := func(actor, target domain.UserID, r domain.Role) func(*domain.Conversation) error {
		return func(c *domain.Conversation) error { return c.SetRole(actor, target, r) }
	}
	rules := map[string]struct {
		do   func(*domain.Conversation) error
		want error
	}{
		"a stranger may not rename, nor know":      {rename("stranger"), domain.ErrConversationNotFound},
		"a member may not rename":                  {rename("bob"), domain.ErrAdminOnly},
		"the admin renames":                        {rename("admin"), nil},
		"a stranger may not invite, nor know":      {invite("stranger", "x"), domain.ErrConversationNotFound},
		"a member may not invite":                  {invite("bob", "x"), domain.ErrAdminOnly},
		"the admin invites":                        {invite("admin", "x"), nil},
		"a member cannot be invited":               {invite("admin", "bob"), domain.ErrAlreadyMember},
		"a stranger may not remove, nor know":      {remove("stranger", "bob"), domain.ErrConversationNotFound},
		"a member may not remove another":          {remove("bob", "carl"), domain.ErrAdminOnly},
		"a member leaves":                          {remove("bob", "bob"), nil},
		"the admin removes a member":               {remove("admin", "bob"), nil},
		"the admin leaves":                         {remove("admin", "admin"), nil},
		"who is no member cannot be removed":       {remove("admin", "stranger"), domain.ErrMemberNotFound},
		"a stranger may not appoint, nor know":     {role("stranger", "bob", domain.RoleAdmin), domain.ErrConversationNotFound},
		"a member may not appoint":                 {role("bob", "carl", domain.RoleAdmin), domain.ErrAdminOnly},
		"the admin appoints":                       {role("admin", "bob", domain.RoleAdmin), nil},
		"who is no member cannot be appointed":     {role("admin", "stranger", domain.RoleAdmin), domain.ErrMemberNotFound},
		"the last admin cannot be demoted":         {role("admin", "admin", domain.RoleMember), domain.ErrLastAdmin},
		"the last admin can be made what they are": {role("admin", "admin", domain.RoleAdmin), nil},
	}
	for name, rule := range rules {
		t.Run(name, func(t *testing.T) {
			g := newGroup(t, "bob", "carl")
			before := g.Snapshot()
			err := rule.do(g)
			require.ErrorIs(t, err, rule.want)
			if rule.want != nil {
				require.Equal(t, before, g.Snapshot(), "what is refused changes nothing")
			}
		})
	}

	inDM := map[string]func(*domain.Conversation) error{
		"renaming": rename("admin"), "inviting": invite("admin", "x"), "leaving": remove("admin", "admin"),
		"removing": remove("admin", "bob"), "appointing": role("admin", "bob", domain.RoleAdmin),
	}
	for name, do := range inDM {
		t.Run(name+" does not work in a direct conversation", func(t *testing.T) {
			require.ErrorIs(t, do(newDM(t)), domain.ErrDMConversation)
		})
	}
}

func TestVersionsGrowWithTheMembersOnly(t *testing.T) {
	g := newGroup(t, "bob", "carl")
	version := func() int64 { return g.Snapshot().MembersVersion }
	require.NoError(t, g.Rename("admin", "New"))
	require.EqualValues(t, 1, version())
	require.Equal(t, "New", g.Snapshot().Title)
	require.NoError(t, g.SetRole("admin", "bob", domain.RoleMember))
	require.EqualValues(t, 1, version(), "the role they have")
	require.NoError(t, g.SetRole("admin", "bob", domain.RoleAdmin))
	require.EqualValues(t, 2, version())
	require.NoError(t, g.Remove("admin", "carl"))
	require.EqualValues(t, 3, version())
}

func TestTheLastAdminsLeavingPromotesTheLongestStanding(t *testing.T) {
	g := domain.RestoreConversation(domain.ConversationSnapshot{ID: "g", Type: domain.Group, Members: []domain.Membership{
		{UserID: "late", Role: domain.RoleMember, JoinedAt: founded.Add(2 * time.Hour)},
		{UserID: "admin", Role: domain.RoleAdmin, JoinedAt: founded.Add(time.Hour)},
		{UserID: "b-early", Role: domain.RoleMember, JoinedAt: founded},
		{UserID: "a-early", Role: domain.RoleMember, JoinedAt: founded},
	}})
	require.NoError(t, g.Remove("admin", "admin"))
	require.Equal(t, []string{"a-early ADMIN", "b-early MEMBER", "late MEMBER"}, members(g), "ties go by id")
	require.NoError(t, g.Remove("a-early", "late"))
	require.NoError(t, g.Remove("a-early", "a-early"))
	require.NoError(t, g.Remove("b-early", "b-early"))
	require.Empty(t, members(g), "the last one may leave, too")
}

func TestAnAdminsLeavingPromotesNobodyWhileAnotherIsThere(t *testing.T) {
	g := newGroup(t, "bob", "carl")
	require.NoError(t, g.SetRole("admin", "carl", domain.RoleAdmin))
	require.NoError(t, g.Remove("admin", "admin"))
	require.Equal(t, []string{"bob MEMBER", "carl ADMIN"}, members(g))
}

func TestSnapshotsAreDetached(t *testing.T) {
	g := newGroup(t, "bob")
	g.Snapshot().Members[0].Role = "forged"
	s := g.Snapshot()
	restored := domain.RestoreConversation(s)
	s.Members[0].Role = "forged"
	require.Equal(t, []string{"admin ADMIN", "bob MEMBER"}, members(g))
	require.Equal(t, []string{"admin ADMIN", "bob MEMBER"}, members(restored))
}

func TestRoomForOneMoreConversation(t *testing.T) {
	g := newGroup(t, "bob", "carl").Snapshot()
	for name, tc := range map[string]struct {
		counts map[domain.UserID]int
		field  string
		want   error
	}{
		"nobody has many":                        {map[domain.UserID]int{"admin": domain.MaxConversations - 1}, "", nil},
		"the creator is at the bound":            {map[domain.UserID]int{"admin": domain.MaxConversations}, "", domain.ErrTooManyConversations},
		"the creator is beyond it, from earlier": {map[domain.UserID]int{"admin": domain.MaxConversations + 9}, "", domain.ErrTooManyConversations},
		"a member is":                            {map[domain.UserID]int{"carl": domain.MaxConversations}, "member_ids", domain.ErrTooManyConversations},
		"somebody else is":                       {map[domain.UserID]int{"eve": domain.MaxConversations}, "", nil},
	} {
		err := g.CheckRoom(g.Members, tc.counts)
		require.ErrorIs(t, err, tc.want, name)
		var fault *domain.Fault
		if tc.field != "" {
			require.ErrorAs(t, err, &fault, name)
			require.Equal(t, tc.field, fault.Fields[0].Field, name)
		}
	}
	require.NoError(t, g.CheckRoom(nil, map[domain.UserID]int{"admin": domain.MaxConversations + 9}), "who stays needs no room")
}

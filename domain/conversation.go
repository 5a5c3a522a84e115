package domain

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// ConversationType tells a direct conversation from a group.
type ConversationType string

// The types of conversations.
const (
	DM    ConversationType = "DM"
	Group ConversationType = "GROUP"
)

// ConversationSnapshot is a conversation's state as stores keep it. Members are the active ones, longest-standing
// first.
type ConversationSnapshot struct {
	ID             ConversationID
	Type           ConversationType
	Title          string // empty for a DM
	CreatedBy      UserID
	CreatedAt      time.Time
	LastSeq        Seq
	MembersVersion int64
	Members        []Membership
}

// Conversation is a DM or a group with its active members. Its methods hold every rule of membership; a store runs
// them on a locked row, so that the rules hold however many requests race.
type Conversation struct{ s ConversationSnapshot }

// RestoreConversation returns the conversation of a stored snapshot.
func RestoreConversation(s ConversationSnapshot) *Conversation {
	s.Members = slices.Clone(s.Members)
	slices.SortFunc(s.Members, byStanding)
	return &Conversation{s}
}

// Snapshot returns a copy of the state.
func (c *Conversation) Snapshot() ConversationSnapshot {
	s := c.s
	s.Members = slices.Clone(s.Members)
	return s
}

// NewDM returns the direct conversation of two people.
func NewDM(id ConversationID, creator, other UserID, at time.Time) (*Conversation, error) {
	if creator == other {
		return nil, Invalid("other_user_id", "self", "other_user_id must be somebody else: a direct conversation needs two people.")
	}
	c := newConversation(id, DM, "", creator, at)
	c.add(creator, RoleMember, at)
	c.add(other, RoleMember, at)
	return c, nil
}

// DMKey is the same for both directions of a direct conversation and unique per pair of users.
func DMKey(a, b UserID) string {
	if b < a {
		a, b = b, a
	}
	return string(a) + ":" + string(b)
}

// NewGroup returns a group whose creator is its admin. Doubles and the creator among members are ignored.
func NewGroup(id ConversationID, title string, creator UserID, members []UserID, at time.Time) (*Conversation, error) {
	title, err := newTitle(title)
	if err != nil {
		return nil, err
	}
	c := newConversation(id, Group, title, creator, at)
	c.add(creator, RoleAdmin, at)
	for _, user := range members {
		if _, there := c.Member(user); !there {
			c.add(user, RoleMember, at)
		}
	}
	if len(c.s.Members) > MaxActiveMembers {
		return nil, Invalid("member_ids", "too_many", "A group has at most %d members, you included.", MaxActiveMembers)
	}
	return c, nil
}

func newConversation(id ConversationID, t ConversationType, title string, creator UserID, at time.Time) *Conversation {
	return &Conversation{ConversationSnapshot{
		ID: id, Type: t, Title: title, CreatedBy: creator, CreatedAt: StoredTime(at), MembersVersion: 1,
	}}
}

// newTitle validates and trims a group's title.
func newTitle(title string) (string, error) {
	title = strings.TrimSpace(title)
	switch n := utf8.RuneCountInString(title); {
	case n < 1 || n > MaxTitleChars:
		return "", Invalid("title", "length", "title must be 1 to %d characters long and more than white space.", MaxTitleChars)
	case isBlank(title):
		return "", Invalid("title", "blank", "title must contain something that can be seen.")
	case !isName(title):
		return "", Invalid("title", "printable", "title must consist of printable characters.")
	}
	return title, nil
}

// ID returns the conversation's id.
func (c *Conversation) ID() ConversationID { return c.s.ID }

// Member returns the active membership of a user.
func (c *Conversation) Member(user UserID) (Membership, bool) {
	if i := c.index(user); i >= 0 {
		return c.s.Members[i], true
	}
	return Membership{}, false
}

// Rename gives the group another title.
func (c *Conversation) Rename(actor UserID, title string) error {
	if err := c.requireAdmin(actor); err != nil {
		return err
	}
	title, err := newTitle(title)
	if err != nil {
		return err
	}
	c.s.Title = title
	return nil
}

// CheckInvite tells whether actor may invite user now.
func (c *Conversation) CheckInvite(actor, user UserID) error {
	if err := c.requireAdmin(actor); err != nil {
		return err
	}
	if _, there := c.Member(user); there {
		return ErrAlreadyMember
	}
	return nil
}

// Join makes the invited user a member by a pending invite; joining again while a member changes nothing but the
// invite. The first user who joins a group that everybody has left becomes its admin.
func (c *Conversation) Join(invite *Invite, user UserID, now time.Time) error {
	if invite.Conversation != c.s.ID || invite.Invited != user {
		return ErrInviteNotFound
	}
	_, there := c.Member(user)
	if there && invite.Status == InviteAccepted {
		return nil
	}
	if err := invite.checkOpen(now); err != nil {
		return err
	}
	if !there {
		if len(c.s.Members) >= MaxActiveMembers {
			return ErrGroupFull
		}
		c.add(user, RoleMember, now)
		c.KeepAdmin()
		c.s.MembersVersion++
	}
	invite.Status = InviteAccepted
	return nil
}

// Remove takes target out of the group: members take themselves out, admins anyone. When the last admin leaves, the
// longest-standing member becomes admin.
func (c *Conversation) Remove(actor, target UserID) error {
	me, there := c.Member(actor)
	switch {
	case !there:
		return ErrConversationNotFound
	case c.s.Type == DM:
		return ErrDMConversation
	case actor != target && me.Role != RoleAdmin:
		return ErrAdminOnly
	}
	i := c.index(target)
	if i < 0 {
		return ErrMemberNotFound
	}
	c.s.Members = slices.Delete(c.s.Members, i, i+1)
	c.KeepAdmin()
	c.s.MembersVersion++
	return nil
}

// KeepAdmin makes the longest-standing member admin if the group has members and no admin, and reports whether it did.
// Every change that adds or removes a member ends with it.
func (c *Conversation) KeepAdmin() bool {
	if c.s.Type == DM || len(c.s.Members) == 0 || c.admins() > 0 {
		return false
	}
	slices.SortFunc(c.s.Members, byStanding)
	c.s.Members[0].Role = RoleAdmin
	return true
}

// RepairAdmin does what KeepAdmin does as a change of its own: for groups that were stored without an admin.
func (c *Conversation) RepairAdmin() {
	if c.KeepAdmin() {
		c.s.MembersVersion++
	}
}

// SetRole gives target another role. The last admin cannot be demoted.
func (c *Conversation) SetRole(actor, target UserID, role Role) error {
	if err := c.requireAdmin(actor); err != nil {
		return err
	}
	i := c.index(target)
	switch {
	case i < 0:
		return ErrMemberNotFound
	case c.s.Members[i].Role == role:
		return nil
	case role == RoleMember && c.admins() == 1:
		return ErrLastAdmin
	}
	c.s.Members[i].Role = role
	c.s.MembersVersion++
	return nil
}

// requireAdmin checks, in this order, that actor may know of the conversation, that it is a group, and that actor
// is an admin of it.
func (c *Conversation) requireAdmin(actor UserID) error {
	me, there := c.Member(actor)
	switch {
	case !there:
		return ErrConversationNotFound
	case c.s.Type == DM:
		return ErrDMConversation
	case me.Role != RoleAdmin:
		return ErrAdminOnly
	}
	return nil
}

// CheckRoom checks that nobody of those who join is in too many other conversations; counts says in how many. Who is in
// more, from before there was a bound, keeps them.
func (s ConversationSnapshot) CheckRoom(joined []Membership, counts map[UserID]int) error {
	for _, m := range joined {
		switch {
		case counts[m.UserID] < MaxConversations:
		case m.UserID == s.CreatedBy || len(joined) == 1:
			return ErrTooManyConversations
		case s.Type == DM:
			return peopleInTooMany("other_user_id")
		default:
			return peopleInTooMany("member_ids")
		}
	}
	return nil
}

// peopleInTooMany is ErrTooManyConversations of other people than the caller.
func peopleInTooMany(field string) *Fault {
	f := *ErrTooManyConversations
	f.Detail = fmt.Sprintf("Somebody named in %s is in %d conversations and can be in no more.", field, MaxConversations)
	f.Fields = []FieldFault{{Field: field, Code: f.Code, Detail: f.Detail}}
	return &f
}

func (c *Conversation) add(user UserID, role Role, at time.Time) {
	c.s.Members = append(c.s.Members, Membership{UserID: user, Role: role, JoinedAt: StoredTime(at), JoinedSeq: c.s.LastSeq})
}

func (c *Conversation) index(user UserID) int {
	return slices.IndexFunc(c.s.Members, func(m Membership) bool { return m.UserID == user })
}

func (c *Conversation) admins() int {
	n := 0
	for _, m := range c.s.Members {
		if m.Role == RoleAdmin {
			n++
		}
	}
	return n
}

func byStanding(a, b Membership) int {
	if d := a.JoinedAt.Compare(b.JoinedAt); d != 0 {
		return d
	}
	return strings.Compare(string(a.UserID), string(b.UserID))
}

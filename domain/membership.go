package domain

import "time"

// Role is what a member may do.
type Role string

// The roles. An admin renames, invites, removes and appoints.
const (
	RoleAdmin  Role = "ADMIN"
	RoleMember Role = "MEMBER"
)

// ParseRole returns the role in s.
func ParseRole(s string) (Role, error) {
	switch r := Role(s); r {
	case RoleAdmin, RoleMember:
		return r, nil
	}
	return "", Invalid("role", "unknown", "role must be ADMIN or MEMBER.")
}

// Membership is an active member's place in a conversation.
type Membership struct {
	UserID    UserID
	Role      Role
	JoinedAt  time.Time
	JoinedSeq Seq // the conversation's last_seq when the member joined
}

// MembershipChanges is what a change of a conversation did to its members. A store writes exactly this.
type MembershipChanges struct {
	Joined  []Membership
	Left    []UserID
	Changed []Membership // another role
}

// DiffMembers returns what turns the members of before into those of after.
func DiffMembers(before, after []Membership) MembershipChanges {
	var diff MembershipChanges
	old := make(map[UserID]Membership, len(before))
	for _, m := range before {
		old[m.UserID] = m
	}
	for _, m := range after {
		was, there := old[m.UserID]
		delete(old, m.UserID)
		switch {
		case !there:
			diff.Joined = append(diff.Joined, m)
		case was.Role != m.Role:
			diff.Changed = append(diff.Changed, m)
		}
	}
	for _, m := range before {
		if _, gone := old[m.UserID]; gone {
			diff.Left = append(diff.Left, m.UserID)
		}
	}
	return diff
}

// MemberSet is who receives a conversation's events, as of one version of its membership.
type MemberSet struct {
	Version int64
	Users   []UserID
}

package domain

import "time"

// InviteStatus is what became of an invite.
type InviteStatus string

// The statuses. A pending invite whose time has run out counts as expired whatever is stored.
const (
	InvitePending  InviteStatus = "PENDING"
	InviteAccepted InviteStatus = "ACCEPTED"
	InviteDeclined InviteStatus = "DECLINED"
	InviteExpired  InviteStatus = "EXPIRED"
)

// Invite lets one user join one group, once.
type Invite struct {
	ID           InviteID
	Conversation ConversationID
	Invited      UserID
	InvitedBy    UserID
	Status       InviteStatus
	CreatedAt    time.Time
	ExpiresAt    time.Time
}

// NewInvite returns a pending invite.
func NewInvite(id InviteID, c ConversationID, invited, by UserID, now time.Time) Invite {
	at := StoredTime(now)
	return Invite{ID: id, Conversation: c, Invited: invited, InvitedBy: by, Status: InvitePending, CreatedAt: at, ExpiresAt: at.Add(InviteTTL)}
}

// Open tells whether the invite can be accepted or declined.
func (i *Invite) Open(now time.Time) bool { return i.checkOpen(now) == nil }

// Decline closes the invite on behalf of the invited user; declining twice changes nothing.
func (i *Invite) Decline(user UserID, now time.Time) error {
	if i.Invited != user {
		return ErrInviteNotFound
	}
	if i.Status == InviteDeclined {
		return nil
	}
	if err := i.checkOpen(now); err != nil {
		return err
	}
	i.Status = InviteDeclined
	return nil
}

func (i *Invite) checkOpen(now time.Time) error {
	switch {
	case i.Status == InviteAccepted || i.Status == InviteDeclined:
		return ErrInviteUsed
	case i.Status == InviteExpired || !now.Before(i.ExpiresAt):
		return ErrInviteExpired
	}
	return nil
}

// InviteView is a pending invite as the invited user sees it.
type InviteView struct {
	Invite
	Title         string
	MemberCount   int
	InvitedByName UserName
}

package memory

import (
	"context"
	"slices"
	"strings"

	"chatsystem/domain"
	"chatsystem/ports"
)

var _ ports.InviteStore = (*Store)(nil)

type inviteTables struct {
	invites   map[domain.InviteID]*domain.Invite
	pendingOf map[domain.UserID][]*domain.Invite // by invited user: those stored as pending
}

func newInviteTables() inviteTables {
	return inviteTables{invites: map[domain.InviteID]*domain.Invite{}, pendingOf: map[domain.UserID][]*domain.Invite{}}
}

// OpenInvite implements ports.InviteStore.
func (s *Store) OpenInvite(
	ctx context.Context, i domain.Invite, check func(*domain.Conversation) error,
) (domain.Invite, bool, error) {
	if err := s.begin(ctx); err != nil {
		return domain.Invite{}, false, err
	}
	defer s.mu.Unlock()
	row := s.conversations[i.Conversation]
	if row == nil {
		return domain.Invite{}, false, domain.ErrConversationNotFound
	}
	if err := check(domain.RestoreConversation(row.ConversationSnapshot)); err != nil {
		return domain.Invite{}, false, err
	}
	if err := s.requireAccount(i.Invited); err != nil {
		return domain.Invite{}, false, err
	}
	for _, there := range slices.Clone(s.pendingOf[i.Invited]) {
		if there.Conversation != i.Conversation {
			continue
		}
		if there.Open(i.CreatedAt) {
			return *there, false, nil
		}
		s.setInviteStatus(there, domain.InviteExpired)
	}
	open := 0
	for _, pending := range s.pendingOf[i.Invited] {
		if pending.Open(i.CreatedAt) {
			open++
		}
	}
	if open >= domain.MaxOpenInvites {
		return domain.Invite{}, false, domain.ErrTooManyInvites
	}
	s.invites[i.ID] = &i
	s.pendingOf[i.Invited] = append(s.pendingOf[i.Invited], &i)
	return i, true, nil
}

// ChangeInvite implements ports.InviteStore.
func (s *Store) ChangeInvite(
	ctx context.Context, id domain.InviteID, change func(*domain.Conversation, *domain.Invite) error,
) (domain.ConversationSnapshot, error) {
	if err := s.begin(ctx); err != nil {
		return domain.ConversationSnapshot{}, err
	}
	defer s.mu.Unlock()
	invite := s.invites[id]
	if invite == nil {
		return domain.ConversationSnapshot{}, domain.ErrInviteNotFound
	}
	row := s.conversations[invite.Conversation]
	c, changed := domain.RestoreConversation(row.ConversationSnapshot), *invite
	if err := change(c, &changed); err != nil {
		return domain.ConversationSnapshot{}, err
	}
	if err := s.checkRoom(c.Snapshot(), row.Members); err != nil {
		return domain.ConversationSnapshot{}, err
	}
	s.setInviteStatus(invite, changed.Status)
	return s.saveConversation(row, c), nil
}

// PendingInvites implements ports.InviteStore.
func (s *Store) PendingInvites(ctx context.Context, user domain.UserID) ([]domain.InviteView, error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	now := s.clock()
	var views []domain.InviteView
	for _, i := range s.pendingOf[user] {
		if i.Open(now) {
			row := s.conversations[i.Conversation]
			views = append(views, domain.InviteView{
				Invite: *i, Title: row.Title, MemberCount: len(row.Members), InvitedByName: s.name(i.InvitedBy),
			})
		}
	}
	slices.SortFunc(views, func(a, b domain.InviteView) int {
		if d := b.CreatedAt.Compare(a.CreatedAt); d != 0 {
			return d
		}
		return strings.Compare(string(b.ID), string(a.ID))
	})
	return views, nil
}

func (s *Store) setInviteStatus(i *domain.Invite, status domain.InviteStatus) {
	i.Status = status
	if status != domain.InvitePending {
		s.pendingOf[i.Invited] = slices.DeleteFunc(s.pendingOf[i.Invited], func(p *domain.Invite) bool { return p == i })
	}
}
